//! Parts of addresses: what chooses the host, what stands in the path.

use super::{Parts, Start};
use crate::code::{
    graph::{Call, NodeId, Value},
    resolve::At,
};

/// Texts inside texts.
const DEEPEST: u32 = 4;
/// Updates of one address looked through.
const MOST_UPDATES: usize = 64;

/// Whether a call puts an address together from its arguments.
fn is_address(name: &str) -> bool {
    matches!(name, "URL()" | "url.URL()" | "urllib.parse.urljoin()" | "httpx.URL()" | "yarl.URL()")
}

impl Parts<'_> {
    /// What stands at the beginning of an address, up to the end of its host.
    pub(super) fn host(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        let unit = self.resolver.unit(start.at);
        let here = |node: NodeId| start.here(At { unit: start.at.unit, node });
        match unit.value(start.at.node) {
            Value::Concat(range) if level < DEEPEST => {
                self.host_of_text(start, unit.list(range), level, found);
            }
            // An address whose members were set afterwards: the query, mostly.
            Value::With { .. } => {
                for root in self.before_updates(start) {
                    self.host(root, level + 1, found);
                }
            }
            Value::Concat(_) | Value::Or(..) if level >= DEEPEST => {}
            // The address of an options object is asked for by its name.
            Value::Object(_) | Value::Text(_) | Value::Null | Value::Number(_) | Value::Bool(_) => {}
            Value::Call(id) if level >= DEEPEST && self.same_text(start.at.unit, unit.call(id)).is_some() => {
            }
            Value::Call(id) if level < DEEPEST => {
                let call = unit.call(id);
                let name = self.resolver.name(start.at);
                if is_address(&name) {
                    // An absolute second part wins over the base.
                    for &argument in unit.list(call.arguments).iter().take(2) {
                        self.host_all(here(argument), level + 1, found);
                    }
                } else if let Some(inner) = self.same_text(start.at.unit, call) {
                    self.host_all(here(inner), level + 1, found);
                } else {
                    found.push(start);
                }
            }
            Value::Or(left, right) if level < DEEPEST => {
                self.host_all(here(left), level + 1, found);
                self.host_all(here(right), level + 1, found);
            }
            _ => found.push(start),
        }
    }

    /// What an object was before its members were set.
    fn before_updates(&self, start: Start) -> Vec<Start> {
        let mut roots = Vec::new();
        let mut seen = vec![start.at];
        let mut next = 0;
        while let Some(&at) = seen.get(next) {
            next += 1;
            let unit = self.resolver.unit(at);
            let Value::With { object, .. } = unit.value(at.node) else {
                roots.push(start.here(at));
                continue;
            };
            for &definition in self.resolver.definitions(At { unit: at.unit, node: object }).iter() {
                if seen.len() < MOST_UPDATES && !seen.contains(&definition) {
                    seen.push(definition);
                }
            }
        }
        roots
    }

    fn host_all(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        for start in self.expand(start, level) {
            self.host(start, level, found);
        }
    }

    fn host_of_text(&self, start: Start, parts: &[NodeId], level: u32, found: &mut Vec<Start>) {
        let mut before = String::new();
        for &node in parts {
            let part = start.here(At { unit: start.at.unit, node });
            match self.text(part.at) {
                Some(text) => before.push_str(&text),
                None if before.is_empty() => {
                    self.host_all(part, level + 1, found);
                    before.push('x');
                }
                // A path after a base that is a value of its own.
                None if before == "x" => return,
                None => {
                    found.push(part);
                    before.push('x');
                }
            }
            let rest = before.split_once("://").map_or(before.as_str(), |(_, rest)| rest);
            let opened = before.contains("://") || before.starts_with(['x', '/']);
            if opened && rest.contains(['/', '?', '#']) {
                return;
            }
        }
    }

    /// Variable parts of an address after its host: after constant text that has a path, or after a
    /// base that is a value of its own.
    pub(super) fn path(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        if level > DEEPEST {
            return;
        }
        let unit = self.resolver.unit(start.at);
        let here = |node: NodeId| start.here(At { unit: start.at.unit, node });
        match unit.value(start.at.node) {
            Value::Concat(range) => self.path_of_text(start, unit.list(range), level, found),
            Value::Call(id) => {
                let call = unit.call(id);
                let name = self.resolver.name(start.at);
                let arguments = unit.list(call.arguments);
                if is_address(&name) {
                    for &argument in arguments.iter().take(2) {
                        self.path_all(here(argument), level + 1, found);
                    }
                    return;
                }
                let Value::Member { object, name } = unit.value(call.callee) else { return };
                match unit.text(name) {
                    "replace" | "replaceAll" => {
                        if self.is_gap(here(object).at, arguments, start.at.unit) {
                            found.extend(arguments.get(1).map(|&node| here(node)));
                        }
                        self.path_all(here(object), level + 1, found);
                    }
                    "format" if self.text(here(object).at).is_some_and(|text| text.contains('/')) => {
                        found.extend(arguments.iter().map(|&node| here(node)));
                        found.extend(unit.entries(call.keywords).iter().map(|entry| here(entry.value)));
                    }
                    // `[base, "jobs", id].join("/")`
                    "join" => self.list_parts(here(object), found),
                    _ => {
                        if let Some(inner) = self.same_text(start.at.unit, call) {
                            self.path_all(here(inner), level + 1, found);
                        }
                    }
                }
            }
            Value::Or(left, right) => {
                self.path_all(here(left), level + 1, found);
                self.path_all(here(right), level + 1, found);
            }
            _ => {}
        }
    }

    fn path_all(&self, start: Start, level: u32, found: &mut Vec<Start>) {
        for start in self.expand(start, level) {
            self.path(start, level, found);
        }
    }

    fn path_of_text(&self, start: Start, parts: &[NodeId], level: u32, found: &mut Vec<Start>) {
        let mut before = String::new();
        for (position, &node) in parts.iter().enumerate() {
            let part = start.here(At { unit: start.at.unit, node });
            if let Some(text) = self.text(part.at) {
                before.push_str(&text);
                continue;
            }
            let after_host = before.split_once("://").map_or_else(
                || position > 0 && before.contains('/') || before.starts_with('/'),
                |(_, rest)| rest.contains('/'),
            );
            // What follows a question mark is a query value: another matter.
            let in_query = before.contains('?');
            let nested = found.len();
            if !in_query {
                for inner in self.expand(part, level + 1) {
                    if matches!(self.resolver.value(inner.at), Value::Concat(_) | Value::Call(_)) {
                        self.path(inner, level + 1, found);
                    }
                }
            }
            if found.len() == nested && after_host && !in_query {
                found.push(part);
            }
            before.push('x');
        }
    }

    /// The text that a call gives back with its ends or letters changed.
    pub(super) fn same_text(&self, index: u32, call: &Call) -> Option<NodeId> {
        let unit = &self.resolver.code().units[index as usize];
        if let Value::Member { object, name } = unit.value(call.callee) {
            matches!(
                unit.text(name),
                "trim"
                    | "strip"
                    | "lstrip"
                    | "rstrip"
                    | "toString"
                    | "lower"
                    | "toLowerCase"
                    | "replace"
                    | "replaceAll"
                    | "removeprefix"
                    | "removesuffix"
                    | "encode"
                    | "trimEnd"
                    | "trimStart"
            )
            .then_some(object)
        } else {
            let name = self.resolver.last_name(At { unit: index, node: call.callee })?;
            let same = matches!(name, "str" | "String");
            same.then(|| unit.list(call.arguments).first().copied()).flatten()
        }
    }
}
