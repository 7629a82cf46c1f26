//! Which part of an argument counts, looked for through the package's own wrappers: the address in
//! `request(path)` is put together inside, the dangerous part comes from the caller.

mod address;
mod list;

use list::Flags;

use regex::bytes::Regex;

use super::{Part, sources::Entries};
use crate::code::{
    flow::Flow,
    graph::{CallId, ExitKind, FunctionId, NodeId, Range, Value},
    guards::{Guards, Kinds, Place},
    literal,
    resolve::{At, Resolver},
};

/// Wrappers and helpers looked through.
const DEEPEST: u32 = 5;
/// Parts followed for one argument.
const MOST_STARTS: usize = 64;
/// Callers of one wrapper.
const MOST_CALLERS: usize = 32;

/// A part of an argument: where it is used, and what is known about it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// The node.
    pub(super) at: At,
    /// Where it is used.
    pub(super) place: Place,
    /// What is known about it from the wrappers between it and the sink.
    pub(super) kinds: Kinds,
    /// The call through which its function was entered.
    via: Option<Entered>,
}

/// A call of a local function that was looked into.
#[derive(Clone, Copy, Debug)]
struct Entered {
    unit: u32,
    function: FunctionId,
    caller: u32,
    call: CallId,
    place: Place,
}

impl Start {
    /// A part that is used at a place.
    pub(super) fn new(at: At, place: Place) -> Self {
        Self { at, place, kinds: Kinds::NONE, via: None }
    }

    /// Another node of the same place.
    pub(super) fn at_node(self, at: At) -> Self {
        self.here(at)
    }

    /// The same, by a shorter name.
    fn here(self, at: At) -> Self {
        Self { at, ..self }
    }
}

/// Finds parts of arguments.
pub(super) struct Parts<'a> {
    /// What nodes mean.
    pub(super) resolver: &'a Resolver<'a>,
    /// Who calls what.
    pub(super) flow: &'a Flow<'a>,
    /// What is known where.
    pub(super) guards: &'a Guards<'a>,
    /// Functions that somebody outside calls.
    pub(super) entries: &'a Entries,
}

impl Parts<'_> {
    /// The parts of an argument that count; with `text`, only of arguments whose constant text matches.
    pub(super) fn select(&self, start: Start, part: Part, text: Option<&Regex>) -> Vec<Start> {
        let mut found = Vec::new();
        if part == Part::Any && text.is_none() {
            return vec![start];
        }
        for start in self.expand(start, 0) {
            if !text.is_none_or(|text| self.matches(start.at, text)) {
                continue;
            }
            match part {
                Part::Any | Part::Names => found.push(start),
                Part::Inside => self.inside(start, 0, &mut found),
                Part::Host => self.host(start, 0, &mut found),
                Part::Path => self.path(start, 0, &mut found),
                Part::Whole => {
                    if !matches!(self.resolver.value(start.at), Value::Concat(_)) {
                        found.push(start);
                    }
                }
                Part::Word => {
                    if !self.begins_constant(start.at) {
                        found.push(start);
                    }
                }
                Part::Program => found.extend(self.program(start)),
                Part::Result => self.results(start, &mut found),
                Part::Option => self.options(start, Flags::None, &mut found),
                Part::Script => self.options(start, Flags::Shell, &mut found),
                Part::Evaluated => self.options(start, Flags::Interpreter, &mut found),
            }
        }
        found.truncate(MOST_STARTS);
        found.into_iter().map(|start| self.returned(start)).collect()
    }

    fn matches(&self, at: At, text: &Regex) -> bool {
        let mut at = at;
        for _ in 0..4 {
            // `text.encode()` reads like the text.
            let unit = self.resolver.unit(at);
            let Value::Call(call) = unit.value(at.node) else { break };
            let Some(inner) = self.same_text(at.unit, unit.call(call)) else { break };
            let Some(&definition) = self.resolver.definitions(At { unit: at.unit, node: inner }).first()
            else {
                break;
            };
            at = definition;
        }
        text.is_match(literal::template(self.resolver, at, "\u{0}", 0).as_bytes())
    }

    fn text(&self, at: At) -> Option<String> {
        self.resolver.text(at)
    }

    /// What a value may be, with wrappers' parameters replaced by what their callers pass, and calls
    /// of local helpers by the texts and lists that they return.
    fn expand(&self, start: Start, level: u32) -> Vec<Start> {
        let mut found = Vec::new();
        self.expand_into(start, level, &mut found);
        found
    }

    fn expand_into(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        for &definition in self.resolver.definitions(start.at).iter() {
            if found.len() >= MOST_STARTS {
                return;
            }
            let mut here = start.here(definition);
            if let Value::Variable(variable) = self.resolver.value(start.at)
                && start.place.unit == start.at.unit
            {
                // A value of an outer function: what held where the inner one was made.
                let owner = self.resolver.unit(start.at).variables[variable.index()].function;
                here.place = self.flow.outward(start.place, owner);
            }
            if definition != start.at
                && let Some(place) = self.flow.set_in(definition, start.place)
            {
                here.place = place;
            }
            let known = match self.resolver.value(definition) {
                Value::Parameter(function, position) if level < DEEPEST => {
                    self.expand_parameter(start, definition, function, position, level, found)
                }
                Value::Call(call) if level < DEEPEST => self.expand_call(here, call, level, found),
                Value::Object(range) if level < DEEPEST => self.expand_text_member(here, range, level, found),
                _ => false,
            };
            if !known {
                found.push(here);
            }
        }
    }

    /// `{ query: text, params }`: the text is what counts.
    fn expand_text_member(&self, start: Start, members: Range, level: u32, found: &mut Vec<Start>) -> bool {
        let unit = self.resolver.unit(start.at);
        let text = unit.entries(members).iter().find(|entry| {
            matches!(unit.text(entry.key), "query" | "sql" | "text" | "statement" | "cypher" | "QueryString")
        });
        let Some(text) = text else { return false };
        self.expand_into(start.here(At { unit: start.at.unit, node: text.value }), level + 1, found);
        true
    }

    fn expand_parameter(
        &self,
        start: Start,
        definition: At,
        function: FunctionId,
        position: u32,
        level: u32,
        found: &mut Vec<Start>,
    ) -> bool {
        let unit = definition.unit;
        if self.entries.get(unit, function).is_some() {
            return false;
        }
        let mut known = self.guards.known(definition, start.place) | self.guards.known(start.at, start.place);
        if start.place.unit == unit && start.place.function != function {
            known |= self.guards.known(definition, self.flow.outward(start.place, function));
        }
        let kinds = start.kinds | known;
        if let Some(entered) = start.via.filter(|via| via.unit == unit && via.function == function) {
            let passed = self.flow.passed_by(unit, function, position, entered.caller, entered.call);
            for &(at, _) in &passed {
                let next = Start { at, place: entered.place, kinds, via: None };
                self.expand_into(next, level + 1, found);
            }
            return !passed.is_empty();
        }
        let passed = self.flow.passed(unit, function, position);
        for &(at, place) in passed.iter().take(MOST_CALLERS) {
            self.expand_into(Start { at, place, kinds, via: None }, level + 1, found);
        }
        !passed.is_empty()
    }

    fn expand_call(&self, start: Start, id: CallId, level: u32, found: &mut Vec<Start>) -> bool {
        let unit = self.resolver.unit(start.at);
        let callee = At { unit: start.at.unit, node: unit.call(id).callee };
        let mut any = false;
        for &target in self.resolver.definitions(callee).iter() {
            let Value::Function(function) = self.resolver.value(target) else { continue };
            if function == FunctionId(0) {
                continue;
            }
            let file = self.resolver.unit(target);
            let via =
                Entered { unit: target.unit, function, caller: start.at.unit, call: id, place: start.place };
            for exit in file.function(function).exits.iter().take(16) {
                if exit.kind == ExitKind::Return {
                    let place = Place::exit(target.unit, function, exit.context);
                    let at = At { unit: target.unit, node: exit.value };
                    let next = Start { at, place, kinds: start.kinds, via: Some(via) };
                    self.expand_into(next, level + 1, found);
                    any = true;
                }
            }
        }
        any
    }

    /// A part that is a helper's own parameter: what the helper was called with.
    fn returned(&self, start: Start) -> Start {
        let Some(via) = start.via else { return start };
        if let Value::Parameter(function, position) = self.resolver.value(start.at)
            && function == via.function
            && start.at.unit == via.unit
        {
            let passed = self.flow.passed_by(via.unit, function, position, via.caller, via.call);
            if let [(at, _)] = *passed.as_slice() {
                let kinds = start.kinds | self.guards.known(start.at, start.place);
                return Start { at, place: via.place, kinds, via: None };
            }
        }
        start
    }

    /// The program of an argument list, or what is not a list and has nothing constant around it.
    fn program(&self, start: Start) -> Option<Start> {
        let unit = self.resolver.unit(start.at);
        match unit.value(start.at.node) {
            Value::Array(range) => {
                let first = *unit.list(range).first()?;
                let whole =
                    !matches!(unit.value(first), Value::Spread(_) | Value::Text(_) | Value::Concat(_));
                whole.then(|| start.here(At { unit: start.at.unit, node: first }))
            }
            Value::Parameter(..) | Value::Member { .. } | Value::Item(_) | Value::Element { .. } => {
                Some(start)
            }
            _ => None,
        }
    }

    fn is_made(&self, at: At) -> bool {
        let unit = self.resolver.unit(at);
        let Value::Call(call) = unit.value(at.node) else { return false };
        let callee = At { unit: at.unit, node: unit.call(call).callee };
        let definitions = self.resolver.definitions(callee);
        definitions.iter().any(|&callee| matches!(self.resolver.value(callee), Value::Function(_)))
    }

    /// What a function that is handed over gives back.
    fn results(&self, start: Start, found: &mut Vec<Start>) {
        let Value::Function(function) = self.resolver.value(start.at) else { return };
        for exit in &self.resolver.unit(start.at).function(function).exits {
            let value = At { unit: start.at.unit, node: exit.value };
            // What a function of the package makes of it is another value.
            let made = self.resolver.definitions(value).iter().any(|&at| self.is_made(at));
            if exit.kind == ExitKind::Return && !made {
                let place = Place::exit(start.at.unit, function, exit.context);
                found.push(Start::new(At { unit: start.at.unit, node: exit.value }, place));
            }
        }
    }

    /// The variable parts of a text that has constant text of its own.
    fn inside(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        if level > 4 {
            return;
        }
        let unit = self.resolver.unit(start.at);
        let here = |node: NodeId| start.here(At { unit: start.at.unit, node });
        match unit.value(start.at.node) {
            Value::Concat(range) => {
                let parts = unit.list(range);
                let constant =
                    |&node: &NodeId| self.text(here(node).at).is_some_and(|text| !text.trim().is_empty());
                if parts.iter().any(constant) {
                    found.extend(parts.iter().filter(|node| !constant(node)).map(|&node| here(node)));
                } else {
                    for &node in parts {
                        self.inside_all(here(node), level + 1, found);
                    }
                }
            }
            Value::Call(call) => {
                let call = unit.call(call);
                let Value::Member { object, name } = unit.value(call.callee) else { return };
                let arguments = unit.list(call.arguments);
                match unit.text(name) {
                    "format" if self.text(here(object).at).is_some() => {
                        found.extend(arguments.iter().map(|&node| here(node)));
                        found.extend(unit.entries(call.keywords).iter().map(|entry| here(entry.value)));
                    }
                    // A text with a gap that is filled.
                    "replace" | "replaceAll" if self.is_gap(here(object).at, arguments, start.at.unit) => {
                        found.extend(arguments.get(1).map(|&node| here(node)));
                        self.inside_all(here(object), level + 1, found);
                    }
                    // A command that is joined from a list.
                    "join" => {
                        self.list_parts(here(object), found);
                        for &argument in arguments {
                            self.list_parts(here(argument), found);
                        }
                    }
                    "replace" | "replaceAll" | "trim" | "strip" | "rstrip" | "lstrip" | "dedent"
                    | "concat" | "encode" | "toString" => self.inside_all(here(object), level + 1, found),
                    _ => {}
                }
            }
            Value::Or(left, right) => {
                self.inside_all(here(left), level + 1, found);
                self.inside_all(here(right), level + 1, found);
            }
            _ => {}
        }
    }

    fn inside_all(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        for start in self.expand(start, level) {
            self.inside(start, level + 1, found);
        }
    }

    /// Whether `text.replace(gap, value)` fills a gap in a constant text: `{name}`, `:name`, `%s`.
    fn is_gap(&self, object: At, arguments: &[NodeId], unit: u32) -> bool {
        let Some(&gap) = arguments.first() else { return false };
        let gap = literal::template(self.resolver, At { unit, node: gap }, "x", 0);
        let marked = gap.starts_with(['{', ':', '%', '$', '<', '[', '_']);
        marked && gap.len() > 1 && !self.resolver.definitions(object).is_empty()
    }
}
