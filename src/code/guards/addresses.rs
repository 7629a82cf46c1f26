//! Checks that keep requests out of private networks.

use regex::Regex;

use super::{Facts, Guards, Kinds};
use crate::code::{
    flow::Role,
    graph::{FunctionId, NodeId, Value},
    resolve::At,
};

/// Values looked through between an address and the text that it was made of.
const DEEPEST: u32 = 16;
/// Entries of a list looked at.
const MOST_ENTRIES: usize = 64;

/// Addresses that a list of private ones has, and one that it does not have.
const PRIVATE: [&str; 4] = ["10.0.0.1", "192.168.0.1", "169.254.169.254", "127.0.0.1"];
const PUBLIC: &str = "93.184.216.34";

impl Guards<'_> {
    /// Adds that an address is public, and with it everything that it was made of.
    pub(super) fn learn_public(&self, at: At, facts: &mut Facts) {
        let mut at = at;
        for _ in 0..DEEPEST {
            facts.push((self.key(at), Kinds::PUBLIC));
            match self.address_from(at) {
                Some(inner) if inner != at => at = inner,
                _ => return,
            }
        }
    }

    /// What an address was made of: parsed, looked up, cut out.
    fn address_from(&self, at: At) -> Option<At> {
        for &definition in self.resolver.definitions(at).iter().take(4) {
            let unit = self.resolver.unit(definition);
            let inner = match unit.value(definition.node) {
                Value::Member { object, .. } | Value::Element { object, .. } => Some(object),
                Value::Item(inner) | Value::Spread(inner) | Value::Or(inner, _) => Some(inner),
                Value::Call(call) => {
                    let call = unit.call(call);
                    let first = unit.list(call.arguments).first().copied();
                    match unit.value(call.callee) {
                        Value::Member { object, name } if first.is_none() || is_text(unit.text(name)) => {
                            Some(object)
                        }
                        _ => first,
                    }
                }
                _ => None,
            };
            if let Some(node) = inner {
                return Some(At { unit: definition.unit, node });
            }
        }
        None
    }

    /// `ip.is_private`, `ip.is_global`.
    pub(super) fn address_member(&self, object: At, name: &str, holds: bool, facts: &mut Facts) {
        let public = match name {
            "is_private" | "is_link_local" | "isPrivate" => !holds,
            "is_global" => holds,
            _ => return,
        };
        if public {
            self.learn_public(object, facts);
        }
    }

    /// `address.range() !== "unicast"`, `octets[0] === 10`.
    pub(super) fn address_compared(&self, value: At, other: At, equal: bool, facts: &mut Facts) {
        let Some(text) = self.resolver.text(other) else { return };
        let known = match text.as_str() {
            "unicast" => equal && self.is_range(value),
            "private" | "loopback" | "linkLocal" => !equal && self.is_range(value),
            "10" | "127" | "169" | "192" => !equal && self.is_octet(value),
            other => !equal && other.len() > 4 && is_private(other),
        };
        if known {
            self.learn_public(value, facts);
        }
    }

    fn is_range(&self, at: At) -> bool {
        self.resolver.definitions(at).iter().any(|&definition| {
            let unit = self.resolver.unit(definition);
            matches!(unit.value(definition.node), Value::Call(call)
                if matches!(unit.value(unit.call(call).callee), Value::Member { name, .. } if unit.text(name) == "range"))
        })
    }

    fn is_octet(&self, at: At) -> bool {
        self.resolver.definitions(at).iter().any(|&definition| {
            let unit = self.resolver.unit(definition);
            let split = |node: NodeId| {
                let name = self.resolver.name(At { unit: definition.unit, node });
                name.contains("split()") || name.contains("map()")
            };
            match unit.value(definition.node) {
                Value::Element { object, .. } | Value::Member { object, .. } => split(object),
                Value::Item(inner) => split(inner),
                _ => false,
            }
        })
    }

    /// A check against a list that failed: `host in BLOCKED`, `PRIVATE.test(host)`.
    pub(super) fn not_private(&self, value: At, list: At, facts: &mut Facts) {
        if self.names_private(list, 0) {
            self.learn_public(value, facts);
        }
    }

    /// `isPrivate(address)` of a library.
    pub(super) fn library_says(&self, callee: At, name: &str, value: At, holds: bool, facts: &mut Facts) {
        let lower = name.to_ascii_lowercase();
        let asks = ["private", "loopback", "internal", "reserved"].iter().any(|word| lower.contains(word));
        let local = self.resolver.definitions(callee).iter().any(|&definition| {
            matches!(self.resolver.value(definition), Value::Function(_) | Value::Parameter(..))
        });
        if asks && !holds && !local {
            self.learn_public(value, facts);
        }
    }

    /// Whether a value names private addresses: a text, a pattern, a network, a list of these, or one
    /// element of such a list.
    fn names_private(&self, at: At, level: u32) -> bool {
        if level > 4 {
            return false;
        }
        self.resolver.definitions(at).iter().take(8).any(|&definition| {
            let unit = self.resolver.unit(definition);
            let here = |node: NodeId| At { unit: definition.unit, node };
            match unit.value(definition.node) {
                Value::Text(text) => is_private(unit.text(text)),
                Value::Regex(pattern, _) => matches_private(unit.text(pattern)),
                Value::Array(range) => unit
                    .list(range)
                    .iter()
                    .take(MOST_ENTRIES)
                    .any(|&node| self.names_private(here(node), level + 1)),
                Value::Call(call) => unit
                    .list(unit.call(call).arguments)
                    .first()
                    .is_some_and(|&node| self.names_private(here(node), level + 1)),
                Value::Item(collection) => self.names_private(here(collection), level + 1),
                Value::Member { object, .. } | Value::Element { object, .. } => {
                    self.names_private(here(object), level + 1)
                }
                Value::Parameter(function, 0) => self
                    .mapped(definition.unit, function)
                    .is_some_and(|collection| self.names_private(collection, level + 1)),
                _ => false,
            }
        })
    }

    /// The collection whose elements a callback gets.
    pub(super) fn mapped(&self, unit: u32, function: FunctionId) -> Option<At> {
        let callers = self.resolver.code().callers.get(&(unit, function))?;
        callers.iter().find_map(|caller| {
            let file = &self.resolver.code().units[caller.unit as usize];
            let Value::Member { object, .. } = file.value(file.call(caller.call).callee) else { return None };
            matches!(caller.role, Role::Callback(_)).then_some(At { unit: caller.unit, node: object })
        })
    }
}

/// Methods that give a text, or a part of it, back.
fn is_text(name: &str) -> bool {
    matches!(
        name,
        "strip"
            | "lstrip"
            | "rstrip"
            | "trim"
            | "lower"
            | "toLowerCase"
            | "replace"
            | "slice"
            | "substring"
            | "split"
            | "range"
            | "match"
            | "map"
    )
}

fn is_private(text: &str) -> bool {
    ["10.", "127.", "192.168", "169.254", "172.16", "::1", "fe80", "fc00", "fd00", "localhost"]
        .iter()
        .any(|start| text.starts_with(start))
}

fn matches_private(pattern: &str) -> bool {
    let pattern = pattern.replace("\\/", "/");
    match Regex::new(&pattern) {
        Ok(regex) => PRIVATE.iter().any(|address| regex.is_match(address)) && !regex.is_match(PUBLIC),
        Err(_) => pattern.contains("192\\.168") || pattern.contains("169\\.254"),
    }
}
