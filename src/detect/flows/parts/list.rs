//! Elements of argument lists: what a program may read as an option, the script of a shell.

use super::{Parts, Start};
use crate::code::{
    graph::{NodeId, Value},
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
                Some("--") if !scripts => break,
                Some(text) if flags.has(text) && (position > 0 || scripts) => {
                    shell = true;
                    flag = true;
                }
                Some(text) => {
                    flag = text.starts_with('-');
                    shell = false;
                }
                None => {
                    let option = !scripts && !flag && !self.begins_constant(item.at);
                    if option || (scripts && shell) {
                        found.push(item);
                    }
                    flag = false;
                    shell = false;
                }
            }
        }
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
                for &part in unit.list(range) {
                    for list in self.expand(here(part), 2) {
                        self.elements(list, level + 1, found);
                    }
                }
            }
            _ => {}
        }
    }

    fn spread(&self, start: Start, level: u32, found: &mut Vec<Start>) {
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
