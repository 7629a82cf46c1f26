//! What it says about arguments that a local function came back, or came back with yes or no.

use std::rc::Rc;

use super::{Facts, Guards, Key, Kinds, Place, learn, normal, normalised, tests_of::common};
use crate::code::{
    graph::{Call, CallId, ContextId, Exit, ExitKind, FunctionId, NodeId, Operator, Strings, Value},
    resolve::At,
};

/// How a function ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub(super) enum Outcome {
    /// It came back.
    Returned,
    /// It came back with a true value.
    Yes,
    /// It came back with a false value.
    No,
}

/// Functions inside functions.
const DEEPEST: u32 = 6;
/// Ways out looked at.
const MOST_EXITS: usize = 32;

impl Guards<'_> {
    /// Facts from a call whose result was tested.
    pub(super) fn local_test(&self, unit: u32, call: CallId, holds: bool, level: u32, facts: &mut Facts) {
        let outcome = if holds { Outcome::Yes } else { Outcome::No };
        self.apply(unit, call, outcome, level, facts);
    }

    /// Facts from a call that came back.
    pub(super) fn came_back(&self, unit: u32, call: CallId, level: u32, facts: &mut Facts) {
        self.library_call(unit, call, facts);
        self.apply(unit, call, Outcome::Returned, level, facts);
    }

    /// Library calls that throw unless something holds.
    fn library_call(&self, unit: u32, call: CallId, facts: &mut Facts) {
        let file = &self.resolver.code().units[unit as usize];
        let call = file.call(call);
        let Value::Member { object, name } = file.value(call.callee) else { return };
        if file.text(name) == "relative_to" && !file.list(call.arguments).is_empty() {
            let at = At { unit, node: object };
            learn(self, at, normalised(self.resolver, at).contained(), facts);
        }
    }

    /// `result.ok` where a local function made `result`.
    pub(super) fn member_test(&self, object: At, name: &str, holds: bool, level: u32, facts: &mut Facts) {
        if level > DEEPEST {
            return;
        }
        for &definition in self.resolver.definitions(object).iter() {
            let unit = self.resolver.unit(definition);
            if let Value::Call(call) = unit.value(definition.node) {
                self.member_of_call(definition.unit, call, name, holds, level, facts);
            }
        }
        // A result object that was resolved to its literal: the call is what the object was read from.
        let unit = self.resolver.unit(object);
        if let Value::Call(call) = unit.value(object.node) {
            self.member_of_call(object.unit, call, name, holds, level, facts);
        }
    }

    fn member_of_call(&self, unit: u32, id: CallId, name: &str, holds: bool, level: u32, facts: &mut Facts) {
        let file = &self.resolver.code().units[unit as usize];
        for (target, function) in self.callees(unit, id) {
            let callee = &self.resolver.code().units[target as usize];
            let mut sets: Vec<Facts> = Vec::new();
            for exit in callee.function(function).exits.iter().take(MOST_EXITS) {
                if exit.kind != ExitKind::Return {
                    continue;
                }
                let mut found = Vec::new();
                let value = At { unit: target, node: exit.value };
                let mut members = Vec::new();
                for &definition in self.resolver.definitions(value).iter() {
                    self.resolver.member_of(definition, name, &mut members);
                }
                let opposite = members.iter().any(|&at| self.resolver.value(at) == Value::Bool(!holds));
                if opposite {
                    continue;
                }
                self.conditions(target, exit.context, level + 1, &mut found);
                sets.push(found);
            }
            self.translate(unit, file.call(id), target, function, &common(&sets), facts);
        }
    }

    /// Facts from a callback that says yes, or no for every element: about what it captures.
    pub(super) fn callback_test(&self, callback: At, holds: bool, level: u32, facts: &mut Facts) {
        let outcome = if holds { Outcome::Yes } else { Outcome::No };
        for &definition in self.resolver.definitions(callback).iter() {
            if let Value::Function(function) = self.resolver.value(definition)
                && function != FunctionId(0)
            {
                facts.extend(self.summary(definition.unit, function, outcome, level + 1).iter().cloned());
            }
        }
    }

    fn apply(&self, unit: u32, id: CallId, outcome: Outcome, level: u32, facts: &mut Facts) {
        if level > DEEPEST {
            return;
        }
        let file = &self.resolver.code().units[unit as usize];
        if level <= 2 && self.refuses(unit, id, outcome) {
            for &argument in file.list(file.call(id).arguments) {
                learn(self, At { unit, node: argument }, Kinds::EXAMINED, facts);
            }
        }
        for (target, function) in self.callees(unit, id) {
            if outcome == Outcome::Returned {
                self.learn_options(unit, file.list(file.call(id).arguments), (target, function), facts);
            }
            let summary = self.summary(target, function, outcome, level + 1);
            self.translate(unit, file.call(id), target, function, &summary, facts);
        }
    }

    /// Whether a call of a function of the package may have refused its arguments: its answer was
    /// tested, or it can throw.
    fn refuses(&self, unit: u32, id: CallId, outcome: Outcome) -> bool {
        self.callees(unit, id).iter().any(|&(target, function)| {
            let callee = self.resolver.code().units[target as usize].function(function);
            outcome != Outcome::Returned || callee.exits.iter().any(|exit| exit.kind == ExitKind::Throw)
        })
    }

    /// The local functions that a call may call, where it calls nothing else.
    pub(super) fn callees(&self, unit: u32, id: CallId) -> Vec<(u32, FunctionId)> {
        let file = &self.resolver.code().units[unit as usize];
        let definitions = self.resolver.definitions(At { unit, node: file.call(id).callee });
        let functions: Vec<(u32, FunctionId)> = definitions
            .iter()
            .filter_map(|&definition| match self.resolver.value(definition) {
                Value::Function(function) if function != FunctionId(0) => Some((definition.unit, function)),
                _ => None,
            })
            .collect();
        // A method that was found by its name alone stands beside the call as written.
        let written = definitions.contains(&At { unit, node: file.call(id).callee });
        let all = functions.len() + usize::from(written) == definitions.len();
        if all && functions.len() <= 2 { functions } else { Vec::new() }
    }

    /// What is known about parameters and captured values when a function ends in some way.
    fn summary(&self, unit: u32, function: FunctionId, outcome: Outcome, level: u32) -> Rc<Facts> {
        if let Some(known) = self.summaries.borrow().get(&(unit, function, outcome)) {
            return Rc::clone(known);
        }
        self.summaries.borrow_mut().insert((unit, function, outcome), Rc::new(Vec::new()));
        let file = &self.resolver.code().units[unit as usize];
        let function_data = file.function(function);
        let mut sets: Vec<Facts> = Vec::new();
        let mut optional = false;
        let mut unlimited: Vec<(At, Facts)> = Vec::new();
        if level <= DEEPEST {
            for exit in
                function_data.exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(MOST_EXITS)
            {
                if outcome != Outcome::No && self.is_unlimited(unit, function, exit) {
                    optional = true;
                } else if outcome != Outcome::No
                    && let Some(limit) = self.absent_limit(unit, exit)
                    && let Some(found) = self.exit(unit, function, exit, outcome, level)
                {
                    unlimited.push((limit, found));
                } else if let Some(found) = self.exit(unit, function, exit, outcome, level) {
                    sets.push(found);
                }
            }
            if let (Some(context), true) = (function_data.falls, outcome != Outcome::Yes) {
                let mut found = Vec::new();
                self.conditions(unit, context, level, &mut found);
                self.inner_calls(unit, function, context, level, &mut found);
                self.left_loops(Place::exit(unit, function, context), u32::MAX, level, &mut found);
                sets.push(found);
            }
        }
        let mut summary = common(&sets);
        // A way out where a limit is not given, of a function that checks something else against it.
        let about_limit = |(key, _): &(Key, Kinds)| unlimited.iter().any(|(limit, _)| key.root == *limit);
        if !unlimited.is_empty() && (summary.is_empty() || summary.iter().any(about_limit)) {
            sets.extend(unlimited.into_iter().map(|(_, found)| found));
            summary = common(&sets);
        } else {
            optional |= !unlimited.is_empty();
        }
        if optional {
            for (_, kinds) in &mut summary {
                *kinds |= Kinds::OPTIONAL;
            }
        }
        let summary = Rc::new(summary);
        self.summaries.borrow_mut().insert((unit, function, outcome), Rc::clone(&summary));
        summary
    }

    /// What one way out says; `None` where it cannot have the outcome.
    fn exit(
        &self,
        unit: u32,
        function: FunctionId,
        exit: &Exit,
        outcome: Outcome,
        level: u32,
    ) -> Option<Facts> {
        let file = &self.resolver.code().units[unit as usize];
        let at = At { unit, node: exit.value };
        let mut found = Vec::new();
        let wanted = match outcome {
            Outcome::Returned => None,
            Outcome::Yes => Some(true),
            Outcome::No => Some(false),
        };
        if let Some(wanted) = wanted {
            match file.value(exit.value) {
                Value::Bool(constant) if constant != wanted => return None,
                Value::Null if wanted => return None,
                Value::Object(_) | Value::Array(_) | Value::Concat(_) if !wanted => return None,
                Value::Text(text) if file.text(text).is_empty() == wanted => return None,
                _ => self.test(at, wanted, level + 1, &mut found),
            }
        }
        self.conditions(unit, exit.context, level, &mut found);
        self.inner_calls(unit, function, exit.context, level, &mut found);
        let place = Place::exit(unit, function, exit.context);
        self.left_loops_unless(place, exit.at, wanted.map(|wanted| !wanted), level, &mut found);
        Some(found)
    }

    /// The parameter that is nothing on a way out: `if allowed is None: return`.
    fn absent_limit(&self, unit: u32, exit: &Exit) -> Option<At> {
        let file = &self.resolver.code().units[unit as usize];
        let last = file.conditions(exit.context).next()?;
        let Value::Binary { operator: Operator::Equal, left, right } = file.value(last.test) else {
            return None;
        };
        let at = At { unit, node: left };
        let absent = last.holds && file.value(right) == Value::Null;
        (absent && matches!(file.value(left), Value::Parameter(..))).then_some(at)
    }

    /// Whether a way out is taken because no limit is configured: `if (!roots) return`.
    fn is_unlimited(&self, unit: u32, function: FunctionId, exit: &Exit) -> bool {
        let file = &self.resolver.code().units[unit as usize];
        let own = |node: NodeId| {
            let root = self.key(At { unit, node }).root;
            matches!(self.resolver.value(root), Value::Parameter(owner, _) if owner == function)
                || matches!(self.resolver.value(root), Value::Item(_))
        };
        let mut conditions = file.conditions(exit.context);
        let Some(last) = conditions.next() else { return false };
        match (file.value(last.test), last.holds) {
            (Value::Not(inner), true) => is_setting(file.value(inner)) && !own(inner),
            (Value::Binary { operator: Operator::Equal, left, right }, true) => {
                file.value(right) == Value::Null && !own(left)
            }
            (value @ Value::Member { .. }, false) => is_setting(value) && !own(last.test),
            _ => false,
        }
    }

    /// Facts about every element of a collection, from loops before a place that throw unless
    /// something holds for the element; `before` is where the place begins.
    pub(super) fn left_loops(&self, place: Place, before: u32, level: u32, facts: &mut Facts) {
        self.left_loops_unless(place, before, None, level, facts);
    }

    /// As [`Guards::left_loops`]; the function was not left by giving back `refused` either.
    fn left_loops_unless(
        &self,
        place: Place,
        before: u32,
        refused: Option<bool>,
        level: u32,
        facts: &mut Facts,
    ) {
        if level > DEEPEST {
            return;
        }
        let file = &self.resolver.code().units[place.unit as usize];
        let function = file.function(place.function);
        for exit in function.exits.iter().take(MOST_EXITS) {
            let is_refusal = match exit.kind {
                ExitKind::Throw => true,
                ExitKind::Return => file.value(exit.value) == Value::Bool(refused.unwrap_or(false)),
                ExitKind::Yield => false,
            };
            if !is_refusal || exit.context.0 == 0 || exit.at >= before {
                continue;
            }
            let condition = file.contexts[exit.context.index()];
            let mut optional = Kinds::NONE;
            if !self.encloses(place.unit, condition.parent, place.context) {
                // `if (limit) { if (!inside(x)) throw }`: the check can be left out by configuration.
                let outer = file.contexts[condition.parent.index()];
                let limit = At { unit: place.unit, node: outer.test };
                if !(outer.holds
                    && self.is_limit(limit)
                    && self.encloses(place.unit, outer.parent, place.context))
                {
                    continue;
                }
                optional = Kinds::OPTIONAL;
            }
            let mut found = Vec::new();
            let test = At { unit: place.unit, node: condition.test };
            self.test(test, !condition.holds, level + 1, &mut found);
            for (key, kinds) in found {
                if !optional.is_empty() {
                    facts.push((key, kinds | optional));
                    continue;
                }
                // What a public address was made of is what every element was made of.
                if kinds == Kinds::PUBLIC {
                    facts.push((key, kinds));
                    continue;
                }
                normal::learn_all(self, &key, kinds, facts);
            }
        }
    }

    /// Calls inside a function that had to come back before it could.
    fn inner_calls(
        &self,
        unit: u32,
        function: FunctionId,
        context: ContextId,
        level: u32,
        facts: &mut Facts,
    ) {
        let file = &self.resolver.code().units[unit as usize];
        for &id in self.calls_of(unit, function).iter().take(64) {
            if self.encloses(unit, file.call(id).context, context) {
                self.came_back(unit, id, level + 1, facts);
            }
        }
    }

    /// Turns facts about a function's parameters into facts about a call's arguments.
    fn translate(
        &self,
        unit: u32,
        call: &Call,
        target: u32,
        function: FunctionId,
        summary: &Facts,
        facts: &mut Facts,
    ) {
        let file = &self.resolver.code().units[unit as usize];
        let callee = &self.resolver.code().units[target as usize];
        let parameters = &callee.function(function).parameters;
        let shift = usize::from(
            parameters.first().is_some_and(|first| matches!(callee.value(first.node), Value::This(_))),
        );
        for (key, kinds) in summary {
            let position =
                parameters.iter().position(|parameter| At { unit: target, node: parameter.node } == key.root);
            match position {
                Some(position) if position >= shift => {
                    let name = callee.text(parameters[position].name);
                    let by_name = file
                        .entries(call.keywords)
                        .iter()
                        .find(|entry| entry.key != Strings::SPREAD && file.text(entry.key) == name);
                    let by_position = file.list(call.arguments).get(position - shift).copied();
                    let Some(argument) = by_position.or(by_name.map(|entry| entry.value)) else { continue };
                    let at = At { unit, node: argument };
                    if key.path.is_empty() {
                        if kinds.has_any(Kinds::PUBLIC) {
                            self.learn_public(at, facts);
                        }
                        learn(self, at, *kinds, facts);
                    } else {
                        let outer = self.key(at);
                        facts.push((Key { root: outer.root, path: outer.path + &key.path }, *kinds));
                    }
                }
                Some(_) => {}
                None => facts.push((key.clone(), *kinds)),
            }
        }
    }
}

/// Whether a value may hold a limit that somebody configures.
fn is_setting(value: Value) -> bool {
    matches!(
        value,
        Value::Variable(_) | Value::Member { .. } | Value::Call(_) | Value::Import { .. } | Value::Global(_)
    )
}
