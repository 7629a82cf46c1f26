//! Elements of argument lists: what a program may read as an option, the script of a shell.

use super::{Parts, Start};
use crate::code::{
    flow::Role,
    graph::{NodeId, ParameterKind, Value},
    resolve::At,
};

/// Lists inside lists.
const DEEPEST: u32 = 16;
/// Elements looked at.
const MOST_ITEMS: usize = 256;

/// After which flags of a list a script stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flags {
    /// None: the list's options are looked for.
    None,
    /// Those of shells.
    Shell,
    /// Those of interpreters.
    Interpreter,
}

impl Flags {
    fn has(self, text: &str) -> bool {
        match self {
            Self::None | Self::Shell => {
                matches!(text, "-c" | "/c" | "/C" | "-lc" | "-ic" | "-Command" | "-command")
            }
            Self::Interpreter => matches!(text, "-e" | "-E" | "-c" | "-p" | "-r" | "--eval" | "--print"),
        }
    }
}

impl Parts<'_> {
    /// The variable elements of a list that has constant elements as well.
    pub(super) fn list_parts(&self, start: Start, found: &mut Vec<Start>) {
        for list in self.expand(start, 1) {
            let mut items = Vec::new();
            self.elements(list, 0, &mut items);
            if items.iter().any(|item| self.text(item.at).is_some()) {
                found.extend(items.into_iter().filter(|item| self.text(item.at).is_none()));
            }
        }
    }

    /// Elements of an argument list: those that a program may read as options, or the script after `-c`.
    pub(super) fn options(&self, start: Start, flags: Flags, found: &mut Vec<Start>) {
        let scripts = flags != Flags::None;
        let mut items = Vec::new();
        self.elements(start, 0, &mut items);
        let other =
            matches!(self.resolver.value(start.at), Value::Object(_) | Value::Function(_) | Value::Null);
        if items.is_empty() && !scripts && !other {
            // A list that is not a literal: split from a text, or given as a whole.
            found.push(start);
            return;
        }
        let mut flag = false;
        let mut shell = false;
        for (position, &item) in items.iter().enumerate() {
            let text = self.text(item.at);
            match text.as_deref() {
                Some("--" | "--end-of-options") if !scripts => break,
                Some(text) if flags.has(text) && (position > 0 || scripts) => {
                    shell = true;
                    flag = true;
                }
                Some(text) => {
                    flag = text.starts_with('-');
                    shell = false;
                }
                None => {
                    let option =
                        !scripts && (!flag || self.is_split(item.at)) && !self.begins_constant(item.at);
                    if option || (scripts && shell) {
                        found.push(item);
                    }
                    flag = false;
                    shell = false;
                }
            }
        }
    }

    /// `text.split()`: several words, of which only the first can belong to an option before it.
    fn is_split(&self, at: At) -> bool {
        let unit = self.resolver.unit(at);
        matches!(unit.value(at.node), Value::Call(call)
            if self.resolver.last_name(At { unit: at.unit, node: unit.call(call).callee }) == Some("split"))
    }

    /// Whether a text begins with constant text, so that it cannot begin with a dash.
    pub(super) fn begins_constant(&self, at: At) -> bool {
        let definitions = self.resolver.definitions(at);
        !definitions.is_empty()
            && definitions.iter().all(|&definition| {
                let unit = self.resolver.unit(definition);
                let Value::Concat(range) = unit.value(definition.node) else { return false };
                unit.list(range).first().is_some_and(|&first| {
                    self.text(At { unit: definition.unit, node: first }).is_some_and(|text| !text.is_empty())
                })
            })
    }

    /// The elements of a list in order, with what was pushed to it.
    fn elements(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        if level > DEEPEST || found.len() > MOST_ITEMS {
            return;
        }
        let unit = self.resolver.unit(start.at);
        let here = |node: NodeId| start.here(At { unit: start.at.unit, node });
        match unit.value(start.at.node) {
            Value::Array(range) => {
                for &item in unit.list(range) {
                    match unit.value(item) {
                        Value::Spread(inner) => self.spread(here(inner), level, found),
                        _ => found.push(here(item)),
                    }
                }
            }
            Value::With { object, value, .. } => {
                for &definition in self.resolver.definitions(here(object).at).iter() {
                    self.elements(start.here(definition), level + 1, found);
                }
                // A list that is appended as a whole: `args.extend(["-n", x])`.
                let inner = match unit.value(value) {
                    Value::Spread(inner) => inner,
                    _ => value,
                };
                self.spread(here(inner), level, found);
            }
            Value::Concat(range) => {
                // `["git"] + args`
                let mut lists = false;
                for &part in unit.list(range) {
                    for list in self.expand(here(part), 2) {
                        lists |= matches!(self.resolver.value(list.at), Value::Array(_) | Value::With { .. });
                        let before = found.len();
                        self.elements(list, level + 1, found);
                        // `["git"] + text.split()`
                        if lists
                            && found.len() == before
                            && matches!(self.resolver.value(list.at), Value::Call(_))
                        {
                            found.push(list);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// `*args` of a wrapper: what each caller gives, up to where options end.
    fn spread_rest(&self, start: Start, found: &mut Vec<Start>) -> bool {
        let Value::Parameter(function, position) = self.resolver.value(start.at) else { return false };
        let unit = start.at.unit;
        let file = self.resolver.unit(start.at);
        let parameter = file.function(function).parameters.get(position as usize);
        let rest = parameter.is_some_and(|parameter| parameter.kind == ParameterKind::Rest);
        if !rest || self.entries.get(unit, function).is_some() {
            return false;
        }
        let mut any = false;
        for caller in self.flow.callers(unit, function).iter().filter(|caller| caller.role == Role::Callee) {
            for (at, place) in self.flow.passed_by(unit, function, position, caller.unit, caller.call) {
                any = true;
                if self.ends_options(at) {
                    break;
                }
                match self.resolver.value(at) {
                    Value::Spread(node) => found.push(Start::new(At { unit: at.unit, node }, place)),
                    _ => found.push(Start::new(at, place)),
                }
            }
        }
        any
    }

    /// Whether no options are read after a word.
    pub(super) fn ends_options(&self, at: At) -> bool {
        matches!(self.text(at).as_deref(), Some("--" | "--end-of-options"))
    }

    fn spread(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        if self.spread_rest(start, found) {
            return;
        }
        let before = found.len();
        for list in self.expand(start, 2) {
            if matches!(self.resolver.value(list.at), Value::Array(_) | Value::With { .. } | Value::Concat(_))
            {
                self.elements(list, level + 1, found);
            }
        }
        if found.len() == before {
            found.push(start);
        }
    }
}
