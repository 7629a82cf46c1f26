//! Arguments, members and options of a definition.

use serde_json::{Map, Value as Json};

use super::Reader;
use crate::code::{
    graph::{Call, CallId, Value},
    resolve::At,
};

/// Hints by their name in the protocol, as an option, and as a member.
const NAMES: [(&str, &str, &str); 4] = [
    ("readOnlyHint", "WithReadOnlyHintAnnotation", "ReadOnlyHint"),
    ("destructiveHint", "WithDestructiveHintAnnotation", "DestructiveHint"),
    ("idempotentHint", "WithIdempotentHintAnnotation", "IdempotentHint"),
    ("openWorldHint", "WithOpenWorldHintAnnotation", "OpenWorldHint"),
];

impl Reader<'_> {
    /// The constant text of an argument by position, else of a member.
    pub(super) fn given(&self, unit: u32, call: &Call, position: usize, names: &[&str]) -> Option<String> {
        let file = &self.code.units[unit as usize];
        if call.keywords.len > 0 {
            return names.iter().find_map(|name| self.keyword_text(unit, call, name));
        }
        let &node = file.list(call.arguments).get(position)?;
        self.text(At { unit, node })
    }

    /// Constant text; of a lookup with a default, the default.
    pub(super) fn text(&self, at: At) -> Option<String> {
        if let Some(text) = self.resolver.text(at) {
            return Some(text);
        }
        let definition = *self.resolver.definitions(at).first()?;
        let unit = self.resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { return None };
        let &last = unit.list(unit.call(call).arguments).last()?;
        self.resolver.text(At { unit: definition.unit, node: last })
    }

    pub(super) fn keyword(&self, unit: u32, call: &Call, name: &str) -> Option<At> {
        let file = &self.code.units[unit as usize];
        let entry = file.entries(call.keywords).iter().find(|entry| file.text(entry.key) == name)?;
        Some(At { unit, node: entry.value })
    }

    pub(super) fn keyword_text(&self, unit: u32, call: &Call, name: &str) -> Option<String> {
        self.keyword(unit, call, name).and_then(|at| self.text(at))
    }

    /// The calls of a library's functions among the arguments of a call: `WithString("x", …)`.
    pub(super) fn option_calls(&self, unit: u32, call: &Call) -> Vec<(String, u32, CallId)> {
        let file = &self.code.units[unit as usize];
        let mut found = Vec::new();
        for &node in file.list(call.arguments).iter().take(64) {
            let node = match file.value(node) {
                Value::Spread(inner) => inner,
                _ => node,
            };
            let mut values = Vec::new();
            for &definition in self.resolver.definitions(At { unit, node }).iter() {
                match self.resolver.value(definition) {
                    Value::Array(_) | Value::With { .. } => {
                        self.resolver.elements_of(definition, &mut values);
                    }
                    _ => values.push(definition),
                }
            }
            for value in values {
                let file = self.resolver.unit(value);
                if let Value::Call(id) = file.value(value.node)
                    && let Some(name) = self.library(value.unit, file.call(id))
                {
                    found.push((name, value.unit, id));
                }
            }
        }
        found
    }

    pub(super) fn option_text(&self, unit: u32, call: &Call, names: &[&str]) -> Option<String> {
        self.option_calls(unit, call)
            .into_iter()
            .filter(|(name, ..)| names.contains(&name.as_str()))
            .find_map(|(_, unit, id)| {
                let file = &self.code.units[unit as usize];
                let &node = file.list(file.call(id).arguments).first()?;
                self.text(At { unit, node })
            })
    }

    /// Options of one name with the text of their first argument.
    pub(super) fn options(&self, unit: u32, call: &Call, wanted: &str) -> Vec<(String, (u32, CallId))> {
        let calls = self.option_calls(unit, call).into_iter().filter(|(name, ..)| name == wanted);
        calls
            .filter_map(|(_, unit, id)| {
                let file = &self.code.units[unit as usize];
                let &node = file.list(file.call(id).arguments).first()?;
                Some((self.text(At { unit, node })?, (unit, id)))
            })
            .collect()
    }

    /// What the tool claims about itself, by the names of the protocol.
    pub(super) fn hints(&self, unit: u32, call: &Call) -> Json {
        let mut hints = Map::new();
        let mut set = |name: &str, at: Option<At>| {
            let known = at.and_then(|at| self.truth(at, 0));
            if let Some(known) = known {
                hints.insert(name.to_owned(), Json::Bool(known));
            }
        };
        let options = self.option_calls(unit, call);
        for (name, option, _) in NAMES {
            let made = options.iter().find(|(known, ..)| known == option);
            let argument = made.and_then(|&(_, unit, id)| {
                let file = &self.code.units[unit as usize];
                file.list(file.call(id).arguments).first().map(|&node| At { unit, node })
            });
            set(name, argument);
        }
        let given =
            options.iter().find(|(known, ..)| known == "WithToolAnnotation").and_then(|&(_, unit, id)| {
                let file = &self.code.units[unit as usize];
                file.list(file.call(id).arguments).first().map(|&node| At { unit, node })
            });
        if let Some(whole) = given.or_else(|| self.keyword(unit, call, "Annotations")) {
            for &definition in self.resolver.definitions(whole).iter() {
                let file = self.resolver.unit(definition);
                if let Value::Call(id) = file.value(definition.node) {
                    for (name, _, member) in NAMES {
                        set(name, self.keyword(definition.unit, file.call(id), member));
                    }
                }
            }
        }
        Json::Object(hints)
    }

    /// A truth value, also behind a helper that makes a pointer to it.
    fn truth(&self, at: At, level: u32) -> Option<bool> {
        self.resolver.definitions(at).iter().find_map(|&definition| {
            let unit = self.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Bool(known) => Some(known),
                Value::Call(call) if level < 2 => {
                    let &node = unit.list(unit.call(call).arguments).first()?;
                    self.truth(At { unit: definition.unit, node }, level + 1)
                }
                _ => None,
            }
        })
    }
}
