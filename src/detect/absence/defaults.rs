//! What a setting is where nobody set it: constants behind environment look-ups, command-line
//! options, parameters and configuration classes.

mod truth;

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::{
    command_line::{Declared, declared, is_flag, plain},
    shape::{callee_name, definition_names, direct_name, option},
};
use crate::code::{
    flow::{Caller, Flow, Role},
    graph::{Call, CallId, ExitKind, FunctionId, NodeId, Unit, Value},
    resolve::At,
};

/// Values looked at for one question.
const MOST_STEPS: u32 = 400;
/// Values inside values.
const DEEPEST: u32 = 24;
/// Constants kept for one question.
const MOST_TEXTS: usize = 32;

/// What a setting may be where nobody set it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Defaults {
    /// Constant texts and numbers, in order of discovery.
    pub texts: Vec<String>,
    /// It may be `true`.
    pub yes: bool,
    /// It may be missing: an environment variable without a default, nothing at all.
    pub unset: bool,
    /// It may be something that is not known.
    pub unknown: bool,
}

impl Defaults {
    /// Whether nothing was learned.
    fn is_empty(&self) -> bool {
        self.texts.is_empty() && !self.yes && !self.unset && !self.unknown
    }

    /// Whether it is missing unless somebody sets it.
    fn is_unset(&self) -> bool {
        self.unset && self.texts.is_empty() && !self.yes && !self.unknown
    }

    fn push(&mut self, text: &str) {
        if self.texts.len() < MOST_TEXTS && !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
    }

    fn join(&mut self, other: &Self) {
        for text in &other.texts {
            self.push(text);
        }
        self.yes |= other.yes;
        self.unset |= other.unset;
        self.unknown |= other.unknown;
    }
}

/// A call that is being looked into, so that parameters mean its arguments.
struct Frame<'f> {
    unit: u32,
    call: CallId,
    target: u32,
    function: FunctionId,
    outer: Option<&'f Self>,
}

/// One question.
struct Question<'a, 'f> {
    flow: &'f Flow<'a>,
    steps: u32,
    seen: FxHashSet<(At, usize)>,
    declared: &'f OnceCell<Declared>,
}

/// What a value is where nobody set anything.
pub(super) fn of(flow: &Flow<'_>, declared: &OnceCell<Declared>, at: At) -> Defaults {
    let mut question = Question { flow, steps: 0, seen: FxHashSet::default(), declared };
    question.of(at, None, 0)
}

/// Whether a test holds where nobody set anything; `None` where that depends on more.
pub(super) fn truth(flow: &Flow<'_>, declared: &OnceCell<Declared>, at: At) -> Option<bool> {
    let mut question = Question { flow, steps: 0, seen: FxHashSet::default(), declared };
    question.truth(at, None, 0)
}

impl<'a> Question<'a, '_> {
    fn unit(&self, at: At) -> &'a Unit {
        self.flow.resolver().unit(at)
    }

    fn of(&mut self, at: At, frame: Option<&Frame<'_>>, level: u32) -> Defaults {
        let mut found = Defaults::default();
        self.steps += 1;
        let depth = std::iter::successors(frame, |frame| frame.outer).count();
        if level > DEEPEST || self.steps > MOST_STEPS || depth > 6 || !self.seen.insert((at, depth)) {
            found.unknown = true;
            return found;
        }
        self.add(at, frame, level, &mut found);
        self.seen.remove(&(at, depth));
        found
    }

    fn all(
        &mut self,
        unit: u32,
        nodes: &[NodeId],
        frame: Option<&Frame<'_>>,
        level: u32,
        out: &mut Defaults,
    ) {
        for &node in nodes.iter().take(16) {
            let inner = self.of(At { unit, node }, frame, level + 1);
            out.join(&inner);
        }
    }

    fn add(&mut self, at: At, frame: Option<&Frame<'_>>, level: u32, out: &mut Defaults) {
        let unit = self.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Text(text) | Value::Number(text) => out.push(unit.text(text)),
            Value::Bool(true) => out.yes = true,
            Value::Bool(false) | Value::Null => out.unset = true,
            Value::Global(name) if unit.text(name) == "undefined" => out.unset = true,
            Value::Variable(variable) => {
                self.all(at.unit, &unit.variables[variable.index()].values, frame, level, out);
            }
            Value::Join(range) | Value::Array(range) => {
                self.all(at.unit, unit.list(range), frame, level, out);
            }
            Value::Concat(_) => match self.flow.resolver().text(at) {
                Some(text) => out.push(&text),
                None => out.unknown = true,
            },
            Value::Choice { test, yes, no } => match self.truth(here(test), frame, level + 1) {
                Some(true) => self.all(at.unit, &[yes], frame, level, out),
                Some(false) => self.all(at.unit, &[no], frame, level, out),
                None => self.all(at.unit, &[yes, no], frame, level, out),
            },
            Value::Or(left, right) => {
                let first = self.of(here(left), frame, level + 1);
                if first.unset
                    || first.unknown
                    || first.is_empty()
                    || first.texts.iter().any(String::is_empty)
                {
                    self.all(at.unit, &[right], frame, level, out);
                }
                out.texts.extend(first.texts);
                out.yes |= first.yes;
            }
            Value::And(left, right) => match self.truth(here(left), frame, level + 1) {
                Some(false) => out.unset = true,
                _ => self.all(at.unit, &[right], frame, level, out),
            },
            Value::Item(inner) | Value::Spread(inner) => self.all(at.unit, &[inner], frame, level, out),
            Value::Function(_) | Value::Class(_) | Value::Object(_) => out.unknown = true,
            Value::With { object, value, .. } => self.all(at.unit, &[object, value], frame, level, out),
            Value::Call(call) => self.call(at, call, frame, level, out),
            Value::Parameter(function, position) => {
                self.parameter(at, function, position, frame, level, out);
            }
            Value::Member { .. } | Value::Element { .. } | Value::Import { .. } => {
                self.place(at, frame, level, out);
            }
            _ => match self.truth(at, frame, level + 1) {
                Some(true) => out.yes = true,
                Some(false) => out.unset = true,
                None => out.unknown = true,
            },
        }
    }

    /// A member, element or import: what the package says it is, else a setting from outside.
    fn place(&mut self, at: At, frame: Option<&Frame<'_>>, level: u32, out: &mut Defaults) {
        let definitions = self.flow.resolver().definitions(at);
        let mut known = false;
        for &definition in definitions.iter().filter(|&&definition| definition != at).take(8) {
            known = true;
            let inner = self.of(definition, frame, level + 1);
            out.join(&inner);
        }
        if known {
            return;
        }
        let unit = self.unit(at);
        let (object, name) = match unit.value(at.node) {
            Value::Member { object, name } => (object, Some(unit.text(name))),
            Value::Element { object, .. } => (object, None),
            _ => {
                out.unknown = true;
                return;
            }
        };
        let holder = At { unit: at.unit, node: object };
        if is_of_request(direct_name(unit, object)) {
            out.unknown = true;
            return;
        }
        let from_outside = |name: &str| {
            let name = name.to_ascii_lowercase();
            matches!(name.as_str(), "env" | "environ" | "argv") || name.ends_with("env")
        };
        if from_outside(direct_name(unit, object))
            || definition_names(self.flow.resolver(), holder).iter().any(|name| from_outside(name))
        {
            out.unset = true;
            return;
        }
        let given = name.and_then(|name| self.constructed_with(holder, name));
        let declared = given.or_else(|| name.and_then(|name| self.command_line(at.unit, name)));
        match declared {
            Some(default) => {
                let inner = self.of(default, None, level + 1);
                out.join(&inner);
            }
            None => out.unknown = true,
        }
    }

    /// `settings.host` where `settings = Settings(host=…)`.
    fn constructed_with(&self, holder: At, name: &str) -> Option<At> {
        let resolver = self.flow.resolver();
        resolver.definitions(holder).iter().take(4).find_map(|&definition| {
            let unit = resolver.unit(definition);
            let Value::Call(call) = unit.value(definition.node) else { return None };
            let entries = unit.entries(unit.call(call).keywords);
            let entry = entries.iter().find(|entry| unit.text(entry.key) == name)?;
            Some(At { unit: definition.unit, node: entry.value })
        })
    }

    /// The default of a command-line option that the package declares under this name.
    fn command_line(&self, near: u32, name: &str) -> Option<At> {
        let declared = self.declared.get_or_init(|| declared(self.flow));
        let places = declared.get(&plain(name))?;
        places.iter().find(|at| at.unit == near).or_else(|| places.first()).copied()
    }

    fn call(&mut self, at: At, id: CallId, frame: Option<&Frame<'_>>, level: u32, out: &mut Defaults) {
        let unit = self.unit(at);
        let call = unit.call(id);
        let arguments = unit.list(call.arguments);
        let name = callee_name(unit, call);
        let receiver = super::shape::receiver(unit, call);
        match name {
            "getenv" | "get_env" => return self.with_default(at, call, 1, frame, level, out),
            "get" | "pop" | "setdefault"
                if receiver.is_some_and(|object| {
                    matches!(direct_name(unit, object), "environ" | "env" | "config" | "settings")
                }) =>
            {
                return self.with_default(at, call, 1, frame, level, out);
            }
            "split" | "trim" | "strip" | "lower" | "toLowerCase" | "upper" | "toString" | "filter"
            | "map" | "rstrip" | "lstrip" => {
                if let Some(object) = receiver {
                    return self.all(at.unit, &[object], frame, level, out);
                }
            }
            "String" | "str" | "list" | "set" | "Set" | "Array" | "from" | "tuple" | "Number" | "int"
            | "parseInt" | "freeze" | "cast" => return self.all(at.unit, arguments, frame, level, out),
            "Field" | "Option" | "Argument" => return self.with_default(at, call, 0, frame, level, out),
            _ => {}
        }
        let mut local = false;
        for &callee in
            self.flow.resolver().definitions(At { unit: at.unit, node: call.callee }).iter().take(4)
        {
            let Value::Function(function) = self.flow.resolver().value(callee) else { continue };
            if function == FunctionId(0) {
                continue;
            }
            local = true;
            let inner = Frame { unit: at.unit, call: id, target: callee.unit, function, outer: frame };
            let exits = &self.unit(callee).function(function).exits;
            for exit in exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(8) {
                let value = self.of(At { unit: callee.unit, node: exit.value }, Some(&inner), level + 1);
                out.join(&value);
            }
        }
        if !local {
            out.unknown = true;
        }
    }

    /// A look-up whose argument at `position`, or `default`, counts where nothing is set.
    fn with_default(
        &mut self,
        at: At,
        call: &Call,
        position: usize,
        frame: Option<&Frame<'_>>,
        level: u32,
        out: &mut Defaults,
    ) {
        let unit = self.unit(at);
        let given = option(self.flow.resolver(), at.unit, call, "default")
            .or_else(|| unit.list(call.arguments).get(position).map(|&node| At { unit: at.unit, node }));
        match given {
            Some(given) => self.all(given.unit, &[given.node], frame, level, out),
            None => out.unset = true,
        }
    }

    fn parameter(
        &mut self,
        at: At,
        function: FunctionId,
        position: u32,
        frame: Option<&Frame<'_>>,
        level: u32,
        out: &mut Defaults,
    ) {
        let unit = self.unit(at);
        let Some(parameter) = unit.function(function).parameters.get(position as usize) else { return };
        if let Some(frame) = frame
            && (frame.target, frame.function) == (at.unit, function)
        {
            match argument(self.flow, at, function, position, frame.unit, frame.call) {
                Some(given) => self.all(given.unit, &[given.node], frame.outer, level, out),
                None => match parameter.default {
                    Some(default) => self.all(at.unit, &[default], None, level, out),
                    None => out.unset = true,
                },
            }
            return;
        }
        let name = unit.text(parameter.name);
        for &decorator in unit.function(function).decorators.iter().take(32) {
            let Value::Call(call) = unit.value(decorator) else { continue };
            let call = unit.call(call);
            let named = unit.list(call.arguments).iter().any(
                |&argument| matches!(unit.value(argument), Value::Text(text) if is_flag(unit.text(text), name)),
            );
            if named {
                return self.with_default(at, call, usize::MAX, None, level, out);
            }
        }
        let mut passed = false;
        for &Caller { unit: other, call, role } in self.flow.callers(at.unit, function).iter().take(8) {
            if role == Role::Callee
                && let Some(given) = argument(self.flow, at, function, position, other, call)
            {
                passed = true;
                self.all(given.unit, &[given.node], None, level, out);
            }
        }
        match parameter.default {
            Some(default) => self.all(at.unit, &[default], None, level, out),
            None if !passed => out.unknown = true,
            None => {}
        }
    }
}

/// The argument that a call gives to a parameter.
fn argument(
    flow: &Flow<'_>,
    at: At,
    function: FunctionId,
    position: u32,
    from: u32,
    call: CallId,
) -> Option<At> {
    let callee = flow.resolver().unit(at);
    let file = &flow.resolver().code().units[from as usize];
    let call = file.call(call);
    let parameters = &callee.function(function).parameters;
    let parameter = parameters.get(position as usize)?;
    let name = callee.text(parameter.name);
    if let Some(entry) = file.entries(call.keywords).iter().find(|entry| file.text(entry.key) == name) {
        return Some(At { unit: from, node: entry.value });
    }
    let shift = usize::from(
        parameters.first().is_some_and(|first| matches!(callee.value(first.node), Value::This(_))),
    );
    let node = *file.list(call.arguments).get((position as usize).checked_sub(shift)?)?;
    Some(At { unit: from, node })
}

/// Whether a value's members come with a request.
fn is_of_request(name: &str) -> bool {
    matches!(name, "query" | "body" | "params" | "query_params" | "scope")
        || super::words::is_request(name)
        || name.to_ascii_lowercase().contains("header")
}
