//! What is known about values at a place: conditions that hold there, and calls before it that
//! would not have come back otherwise. Judged by what a check does, never by its name.

pub mod kinds;
pub mod pattern;
mod summary;
#[cfg(test)]
mod tests;
mod tests_of;

use std::{cell::RefCell, rc::Rc};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    graph::{Call, CallId, ContextId, ExitKind, FunctionId, NodeId, Value},
    resolve::{At, Resolver},
};
pub use kinds::Kinds;

/// A value by the way to it: a root node and the members from there.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Key {
    /// Where the way begins: a parameter, a call, a variable.
    pub root: At,
    /// Member names with a dot before each; `[]` for elements.
    pub path: String,
}

/// What is known about values, by key, sorted.
pub type Facts = Vec<(Key, Kinds)>;

/// A place in a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
pub struct Place {
    /// The file.
    pub unit: u32,
    /// The function whose body it is in.
    pub function: FunctionId,
    /// What had to be true to get there.
    pub context: ContextId,
    /// What was evaluated before it: nodes below this one.
    pub before: NodeId,
}

impl Place {
    /// The top level of a file, where nothing is known.
    pub fn top(unit: u32) -> Self {
        Self { unit, function: FunctionId(0), context: ContextId(0), before: NodeId(0) }
    }

    /// A way out of a function.
    pub fn exit(unit: u32, function: FunctionId, context: ContextId) -> Self {
        Self { unit, function, context, before: NodeId(u32::MAX) }
    }

    /// A call.
    pub fn call(unit: u32, call: &Call) -> Self {
        Self { unit, function: call.function, context: call.context, before: call.node }
    }
}

/// Members on the way of a key.
const LONGEST_KEY: usize = 8;
/// Conditions looked at for one place.
const MOST_CONDITIONS: usize = 64;
/// Calls looked at before one place.
const MOST_CALLS: usize = 256;

/// What is known when a function ends in some way.
type Summaries = FxHashMap<(u32, FunctionId, summary::Outcome), Rc<Facts>>;

/// The calls of a function, in order.
type Calls = FxHashMap<(u32, FunctionId), Rc<[CallId]>>;

/// Answers what is known where; remembers answers. One per thread.
pub struct Guards<'a> {
    resolver: &'a Resolver<'a>,
    places: RefCell<FxHashMap<Place, Rc<Facts>>>,
    summaries: RefCell<Summaries>,
    calls: RefCell<Calls>,
}

impl<'a> Guards<'a> {
    /// Guards over the resolver's package.
    pub fn new(resolver: &'a Resolver<'a>) -> Self {
        Self {
            resolver,
            places: RefCell::default(),
            summaries: RefCell::default(),
            calls: RefCell::default(),
        }
    }

    /// What is known about a value at a place.
    pub fn known(&self, at: At, place: Place) -> Kinds {
        let facts = self.facts(place);
        if facts.is_empty() {
            return Kinds::NONE;
        }
        let key = self.key(at);
        facts.iter().filter(|(known, _)| *known == key).fold(Kinds::NONE, |all, &(_, kinds)| all | kinds)
    }

    /// Everything that is known at a place.
    pub fn facts(&self, place: Place) -> Rc<Facts> {
        if let Some(known) = self.places.borrow().get(&place) {
            return Rc::clone(known);
        }
        // A question that comes back to itself knows nothing.
        self.places.borrow_mut().insert(place, Rc::new(Vec::new()));
        let mut facts = Vec::new();
        self.conditions(place.unit, place.context, 0, &mut facts);
        self.returned_calls(place, &mut facts);
        facts.sort();
        facts.dedup();
        let facts = Rc::new(facts);
        self.places.borrow_mut().insert(place, Rc::clone(&facts));
        facts
    }

    /// Facts from a chain of conditions.
    fn conditions(&self, unit: u32, context: ContextId, level: u32, facts: &mut Facts) {
        let file = &self.resolver.code().units[unit as usize];
        for condition in file.conditions(context).take(MOST_CONDITIONS) {
            self.test(At { unit, node: condition.test }, condition.holds, level, facts);
        }
    }

    /// Facts from calls that come before a place on every way to it, and that throw unless
    /// something holds.
    fn returned_calls(&self, place: Place, facts: &mut Facts) {
        let file = &self.resolver.code().units[place.unit as usize];
        let calls = self.calls_of(place.unit, place.function);
        let before = calls.iter().rev().filter(|&&id| file.call(id).node < place.before);
        for &id in before.take(MOST_CALLS) {
            let call = file.call(id);
            if self.encloses(place.unit, call.context, place.context) {
                self.came_back(place.unit, id, 0, facts);
            }
        }
    }

    fn calls_of(&self, unit: u32, function: FunctionId) -> Rc<[CallId]> {
        if let Some(known) = self.calls.borrow().get(&(unit, function)) {
            return Rc::clone(known);
        }
        let file = &self.resolver.code().units[unit as usize];
        let found: Rc<[CallId]> = (0..file.calls.len())
            .map(|index| CallId(u32::try_from(index).unwrap_or(u32::MAX)))
            .filter(|&id| file.call(id).function == function)
            .collect();
        self.calls.borrow_mut().insert((unit, function), Rc::clone(&found));
        found
    }

    /// Whether whatever happens under `inner` happens under `outer` as well.
    fn encloses(&self, unit: u32, outer: ContextId, inner: ContextId) -> bool {
        let file = &self.resolver.code().units[unit as usize];
        let mut at = inner;
        for _ in 0..512 {
            if at == outer {
                return true;
            }
            if at.0 == 0 {
                return false;
            }
            at = file.contexts[at.index()].parent;
        }
        false
    }

    /// The way to a value: members unwound, single-valued variables looked through.
    pub fn key(&self, at: At) -> Key {
        let mut at = at;
        let mut steps: Vec<String> = Vec::new();
        for _ in 0..LONGEST_KEY * 2 {
            let unit = self.resolver.unit(at);
            match unit.value(at.node) {
                Value::Member { object, name } if steps.len() < LONGEST_KEY => {
                    steps.push(format!(".{}", unit.text(name)));
                    at = At { unit: at.unit, node: object };
                }
                Value::Variable(variable) => {
                    let mut values = unit.variables[variable.index()]
                        .values
                        .iter()
                        .filter(|&&value| !matches!(unit.value(value), Value::Null));
                    let (Some(&only), None) = (values.next(), values.next()) else { break };
                    at = At { unit: at.unit, node: only };
                }
                Value::Spread(inner) => at = At { unit: at.unit, node: inner },
                Value::Or(left, right) if is_constant(unit.value(right)) => {
                    at = At { unit: at.unit, node: left };
                }
                _ => break,
            }
        }
        steps.reverse();
        Key { root: at, path: steps.concat() }
    }
}

/// Adds what is known about a value, and about what it was normalised from.
fn learn(guards: &Guards<'_>, at: At, kinds: Kinds, facts: &mut Facts) {
    let mut at = at;
    for _ in 0..6 {
        facts.push((guards.key(at), kinds));
        let Some(inner) = normalised_from(guards.resolver, at) else { return };
        at = inner;
    }
}

/// What a value was before it was normalised: `path.resolve(x)`, `x.trim()`, `str(x)`, and local
/// functions that give back their argument in another form.
fn normalised_from(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let at = made_by(resolver, at)?;
    let unit = resolver.unit(at);
    let Value::Call(call) = unit.value(at.node) else { return None };
    let call = unit.call(call);
    if let Some(position) = reformed_parameter(resolver, At { unit: at.unit, node: call.callee }, 0) {
        return unit.list(call.arguments).get(position).map(|&node| At { unit: at.unit, node });
    }
    let here = |node: NodeId| At { unit: at.unit, node };
    let arguments = unit.list(call.arguments);
    match unit.value(call.callee) {
        Value::Member { object, name } => match unit.text(name) {
            "trim" | "toLowerCase" | "toUpperCase" | "toString" | "strip" | "lower" | "upper" | "resolve"
            | "absolute" | "expanduser" | "casefold" | "as_posix"
                if arguments.is_empty() =>
            {
                Some(here(object))
            }
            "normalize" | "resolve" | "realpath" | "realpathSync" | "abspath" | "normpath" | "expanduser"
            | "join" | "native" | "normcase" | "parse" | "urlparse" | "urlsplit" => {
                arguments.last().map(|&node| here(node))
            }
            _ => None,
        },
        _ => match resolver.called(at.unit, call.callee) {
            "resolve" | "normalize" | "realpath" | "realpathSync" | "abspath" | "String" | "str" | "Path"
            | "URL" | "urlparse" | "urlsplit" | "normpath" | "expanduser" | "decodeURIComponent" => {
                arguments.last().map(|&node| here(node))
            }
            _ => None,
        },
    }
}

/// The call that made a value, not looked through; else the value's first definition.
fn made_by(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let mut at = at;
    for _ in 0..8 {
        let unit = resolver.unit(at);
        match unit.value(at.node) {
            Value::Call(_) => return Some(at),
            Value::Variable(variable) => {
                let values = &unit.variables[variable.index()].values;
                let mut values = values.iter().filter(|&&value| !matches!(unit.value(value), Value::Null));
                at = At { unit: at.unit, node: *values.next()? };
            }
            _ => break,
        }
    }
    let definitions = resolver.definitions(at);
    definitions.iter().copied().find(|&at| !matches!(resolver.value(at), Value::Null))
}

/// The parameter that a local function gives back in another form at every way out.
fn reformed_parameter(resolver: &Resolver<'_>, callee: At, level: u32) -> Option<usize> {
    if level > 3 {
        return None;
    }
    let definitions = resolver.definitions(callee);
    let [only] = *definitions else { return None };
    let Value::Function(function) = resolver.value(only) else { return None };
    let unit = resolver.unit(only);
    let function = unit.function(function);
    let mut given: Option<usize> = None;
    for exit in &function.exits {
        if exit.kind != ExitKind::Return {
            continue;
        }
        let mut seen = FxHashSet::default();
        let from = parameter_of(resolver, At { unit: only.unit, node: exit.value }, level, &mut seen)?;
        if given.is_some_and(|known| known != from) {
            return None;
        }
        given = Some(from);
    }
    given
}

/// The parameter that a value is made of, through joins and calls that only change its form.
fn parameter_of(resolver: &Resolver<'_>, at: At, level: u32, seen: &mut FxHashSet<At>) -> Option<usize> {
    if seen.len() > 64 || !seen.insert(at) {
        return None;
    }
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    match unit.value(at.node) {
        Value::Parameter(_, position) => usize::try_from(position).ok(),
        Value::Join(range) => {
            unit.list(range).iter().find_map(|&node| parameter_of(resolver, here(node), level, seen))
        }
        Value::Choice { yes, no, .. } => parameter_of(resolver, here(yes), level, seen)
            .or_else(|| parameter_of(resolver, here(no), level, seen)),
        Value::Concat(range) => {
            unit.list(range).iter().find_map(|&node| parameter_of(resolver, here(node), level, seen))
        }
        Value::Variable(_) => resolver
            .definitions(at)
            .iter()
            .find_map(|&definition| parameter_of(resolver, definition, level, seen)),
        Value::Call(call) => {
            let call = unit.call(call);
            let name = resolver.called(at.unit, call.callee);
            let object = match unit.value(call.callee) {
                Value::Member { object, .. } => Some(object),
                _ => None,
            };
            if !REFORMING.contains(&name) {
                let position = reformed_parameter(resolver, here(call.callee), level + 1)?;
                let argument = unit.list(call.arguments).get(position)?;
                return parameter_of(resolver, here(*argument), level, seen);
            }
            let arguments = unit.list(call.arguments).iter().copied();
            object
                .into_iter()
                .chain(arguments)
                .find_map(|node| parameter_of(resolver, here(node), level, seen))
        }
        _ => None,
    }
}

/// Library functions that give a text back in another form.
const REFORMING: [&str; 22] = [
    "replace",
    "replaceAll",
    "trim",
    "strip",
    "lstrip",
    "rstrip",
    "toLowerCase",
    "toUpperCase",
    "lower",
    "upper",
    "normalize",
    "normpath",
    "normcase",
    "resolve",
    "abspath",
    "join",
    "slice",
    "substring",
    "expanduser",
    "String",
    "str",
    "realpath",
];

/// Whether a value was resolved to its real or absolute place, so that a prefix says something.
fn is_normalised(resolver: &Resolver<'_>, at: At) -> bool {
    let mut at = at;
    for _ in 0..6 {
        let Some(definition) = made_by(resolver, at) else { return false };
        let unit = resolver.unit(definition);
        if let Value::Call(call) = unit.value(definition.node) {
            let name = resolver.called(definition.unit, unit.call(call).callee);
            if matches!(
                name,
                "resolve"
                    | "realpath"
                    | "realpathSync"
                    | "normalize"
                    | "abspath"
                    | "normpath"
                    | "absolute"
                    | "native"
            ) {
                return true;
            }
        }
        let Some(inner) = normalised_from(resolver, definition) else { return false };
        at = inner;
    }
    false
}

fn is_constant(value: Value) -> bool {
    matches!(value, Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null)
        || matches!(value, Value::Array(range) | Value::Object(range) if range.len == 0)
}
