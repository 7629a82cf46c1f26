//! How the name of a folder ends: what begins with a name without a separator at its end may be a
//! sibling, `/srv/notes-old` of `/srv/notes`.

use super::Guards;
use crate::code::{
    graph::{CallId, ExitKind, FunctionId, NodeId, Value},
    resolve::At,
};

/// Values inside values.
const DEEPEST: u32 = 10;
/// Elements of one list of folders.
const MOST_ELEMENTS: usize = 32;
/// Values looked at for one name.
const MOST_STEPS: u32 = 200;

/// How a name ends.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Ending {
    /// In no separator.
    Bare,
    /// In a separator.
    Separator,
}

impl Guards<'_> {
    /// Whether a name may end in a separator, where the code writes one.
    pub(super) fn ends_in_separator(&self, at: At) -> bool {
        self.ending_steps.set(0);
        self.may_end_in_separator(at)
    }

    fn may_end_in_separator(&self, at: At) -> bool {
        self.resolver.definitions(at).iter().any(|&definition| {
            let unit = self.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Text(text) => unit.text(text).ends_with(['/', '\\']),
                Value::Concat(range) => unit.list(range).last().is_some_and(|&last| {
                    let last = At { unit: definition.unit, node: last };
                    self.resolver.callee_names(last).iter().any(|name| name.rsplit('.').next() == Some("sep"))
                        || self.resolver.text(last).is_some_and(|text| text.ends_with(['/', '\\']))
                }),
                Value::Member { name, .. } | Value::Import { name, .. } => unit.text(name) == "sep",
                // `dir.replace(/\\?$/, "\\")`
                Value::Call(call) => unit.list(unit.call(call).arguments).last().is_some_and(|&last| {
                    let last = At { unit: definition.unit, node: last };
                    self.resolver.text(last).is_some_and(|text| text.ends_with(['/', '\\']))
                }),
                Value::Choice { yes, no, .. } => [yes, no]
                    .iter()
                    .any(|&node| self.may_end_in_separator(At { unit: definition.unit, node })),
                Value::Item(collection) => {
                    let collection = At { unit: definition.unit, node: collection };
                    self.elements_end(collection, Ending::Separator, 0)
                }
                Value::Parameter(function, 0) => self
                    .mapped(definition.unit, function)
                    .is_some_and(|collection| self.elements_end(collection, Ending::Separator, 0)),
                _ => false,
            }
        })
    }

    /// Whether a name surely ends in no separator: that of a resolved path, or an element of a list of these.
    pub(super) fn ends_bare(&self, at: At) -> bool {
        self.ending_steps.set(0);
        self.ends(at, Ending::Bare, 0)
    }

    fn ends(&self, at: At, wanted: Ending, level: u32) -> bool {
        let steps = self.ending_steps.get();
        if level >= DEEPEST || steps >= MOST_STEPS {
            return false;
        }
        self.ending_steps.set(steps + 1);
        let definitions = self.resolver.definitions(at);
        let mut all = definitions.iter().take(8);
        (!definitions.is_empty() && all.all(|&inner| self.definition_ends(inner, wanted, level + 1)))
            // What a function of the package gives back as it was given.
            || super::normalised_from(self.resolver, at)
                .is_some_and(|inner| inner != at && self.ends(inner, wanted, level + 1))
    }

    fn definition_ends(&self, at: At, wanted: Ending, level: u32) -> bool {
        let unit = self.resolver.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Text(text) if unit.text(text).ends_with(['/', '\\']) => wanted == Ending::Separator,
            Value::Text(text) => wanted == Ending::Bare && !unit.text(text).is_empty(),
            Value::Concat(_) => wanted == Ending::Separator && self.may_end_in_separator(at),
            Value::Call(call) => self.call_ends(at, call, wanted, level),
            Value::Item(collection) => self.elements_end(here(collection), wanted, level),
            Value::Parameter(function, 0) => self
                .mapped(at.unit, function)
                .is_some_and(|collection| self.elements_end(collection, wanted, level)),
            _ => false,
        }
    }

    fn call_ends(&self, at: At, call: CallId, wanted: Ending, level: u32) -> bool {
        let unit = self.resolver.unit(at);
        let call = unit.call(call);
        let here = |node: NodeId| At { unit: at.unit, node };
        let arguments = unit.list(call.arguments);
        let object = match unit.value(call.callee) {
            Value::Member { object, .. } => Some(object),
            _ => None,
        };
        match self.resolver.last_name(here(call.callee)) {
            Some(
                "resolve" | "realpath" | "realpathSync" | "abspath" | "normpath" | "cwd" | "getcwd"
                | "homedir",
            ) => wanted == Ending::Bare,
            Some("toLowerCase" | "toUpperCase" | "lower" | "upper" | "trim" | "strip") => {
                object.is_some_and(|object| self.ends(here(object), wanted, level))
            }
            // What keeps a separator that was there.
            Some("normalize" | "String" | "str" | "join" | "normcase" | "fspath") => {
                arguments.last().is_some_and(|&last| self.ends(here(last), wanted, level))
            }
            _ => false,
        }
    }

    /// Whether every element of a collection ends so.
    fn elements_end(&self, collection: At, wanted: Ending, level: u32) -> bool {
        let definitions = self.resolver.definitions(collection);
        level < DEEPEST
            && !definitions.is_empty()
            && definitions.iter().take(4).all(|&definition| {
                let unit = self.resolver.unit(definition);
                if let Value::Call(call) = unit.value(definition.node) {
                    return self.mapped_end(definition, call, wanted, level + 1);
                }
                let mut elements = Vec::new();
                self.resolver.elements_of(definition, &mut elements);
                !elements.is_empty()
                    && elements
                        .iter()
                        .take(MOST_ELEMENTS)
                        .all(|&element| self.definition_ends(element, wanted, level + 1))
            })
    }

    /// `folders.map(folder => path.resolve(folder))`, also behind `filter` and `await Promise.all(…)`.
    fn mapped_end(&self, at: At, call: CallId, wanted: Ending, level: u32) -> bool {
        let unit = self.resolver.unit(at);
        let call = unit.call(call);
        let here = |node: NodeId| At { unit: at.unit, node };
        let first = unit.list(call.arguments).first().copied();
        let Value::Member { object, name } = unit.value(call.callee) else { return false };
        match unit.text(name) {
            "filter" | "slice" | "sort" | "concat" => self.elements_end(here(object), wanted, level),
            "all" => first.is_some_and(|first| self.elements_end(here(first), wanted, level)),
            "map" => first.is_some_and(|first| {
                self.resolver.definitions(here(first)).iter().any(|&definition| {
                    let Value::Function(function) = self.resolver.value(definition) else { return false };
                    self.returns_end(definition.unit, function, wanted, level)
                })
            }),
            _ => false,
        }
    }

    fn returns_end(&self, unit: u32, function: FunctionId, wanted: Ending, level: u32) -> bool {
        let file = &self.resolver.code().units[unit as usize];
        let mut returns = file
            .function(function)
            .exits
            .iter()
            .filter(|exit| exit.kind == ExitKind::Return)
            .take(8)
            .peekable();
        returns.peek().is_some()
            && returns.all(|exit| self.ends(At { unit, node: exit.value }, wanted, level))
    }
}
