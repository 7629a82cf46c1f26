//! Secrets as sources: credentials from the environment and from request headers, and constants
//! that stand where a secret belongs.

use std::sync::LazyLock;

use regex::Regex;

use super::{Tracer, sources::Source};
use crate::code::{
    graph::{CallId, NodeId, Value},
    resolve::At,
};

/// Names of variables that hold a credential.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i-u)(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|passw(?:or)?d|passphrase|(?:^|[_-])(?:token|pat)|credentials?|private[_-]?key|auth[_-]?token|jwt)$").ok()
});

/// Headers that hold a credential.
const HEADERS: [&str; 6] =
    ["authorization", "cookie", "x-api-key", "proxy-authorization", "x-auth-token", "x-access-token"];

/// Library functions that give back what they get, whole or in another form; not what shortens it.
const CARRIERS: [&str; 26] = [
    "stringify",
    "dumps",
    "dict",
    "list",
    "str",
    "String",
    "entries",
    "values",
    "items",
    "copy",
    "fromEntries",
    "assign",
    "concat",
    "join",
    "toString",
    "encode",
    "decode",
    "btoa",
    "from",
    "b64encode",
    "repr",
    "format",
    "structuredClone",
    "deepcopy",
    "strip",
    "trim",
];

/// What a node is to somebody who looks for secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Look {
    /// It is what is looked for.
    Found,
    /// It is not, and nothing behind it is.
    Nothing,
    /// What it is made of may be.
    Onward,
}

pub(super) fn names_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    // What proves a domain is shown to everybody.
    !upper.contains("CHALLENGE")
        && !upper.contains("PUBLIC")
        && NAME.as_ref().is_some_and(|regex| regex.is_match(name))
}

impl Tracer<'_> {
    /// Whether a value is a credential.
    pub(super) fn secret(&self, at: At, value: Value) -> Look {
        let unit = self.resolver.unit(at);
        match value {
            Value::Member { object, name } => {
                let name = unit.text(name);
                let outer = At { unit: at.unit, node: object };
                if self.is_environment(outer) {
                    return if names_secret(name) { Look::Found } else { Look::Nothing };
                }
                if self.is_whole_environment(at) {
                    return Look::Found;
                }
                if self.is_headers(outer) {
                    let known = HEADERS.contains(&name.to_ascii_lowercase().as_str());
                    return if known { Look::Found } else { Look::Nothing };
                }
                if self.is_headers(at) && self.is_request(outer) {
                    return Look::Found;
                }
                // A member of something that is not known: the whole may hold a secret, this may not.
                let known = self.resolver.definitions(at).iter().any(|&definition| definition != at);
                if known || self.is_record(outer) { Look::Onward } else { Look::Nothing }
            }
            Value::Call(call) => self.secret_call(at, call),
            // A part that is cut out.
            Value::Element { .. } | Value::Binary { .. } => Look::Nothing,
            _ => Look::Onward,
        }
    }

    fn secret_call(&self, at: At, id: CallId) -> Look {
        let unit = self.resolver.unit(at);
        let call = unit.call(id);
        let here = |node: NodeId| At { unit: at.unit, node };
        let first = unit.list(call.arguments).first().copied();
        if self.is_in(at.unit, id, "environment-read") {
            let name = first.and_then(|node| self.resolver.text(here(node)));
            return if name.is_some_and(|name| names_secret(&name)) { Look::Found } else { Look::Nothing };
        }
        if self.is_in(at.unit, id, "environment-all") {
            return Look::Found;
        }
        if let Value::Member { object, name } = unit.value(call.callee)
            && unit.text(name) == "get"
        {
            let key = first.and_then(|node| self.resolver.text(here(node)));
            let known = key.is_some_and(|key| HEADERS.contains(&key.to_ascii_lowercase().as_str()));
            return if known && (self.is_headers(here(object)) || self.is_headers_call(here(object))) {
                Look::Found
            } else {
                Look::Nothing
            };
        }
        let local = self
            .resolver
            .definitions(here(call.callee))
            .iter()
            .any(|&definition| matches!(self.resolver.value(definition), Value::Function(_)));
        let carries = self.resolver.last_name(here(call.callee)).is_some_and(|name| CARRIERS.contains(&name));
        if local || carries { Look::Onward } else { Look::Nothing }
    }

    /// Whether a value is a constant that stands where a secret belongs.
    pub(super) fn constant(&self, at: At, value: Value) -> Look {
        let unit = self.resolver.unit(at);
        match value {
            Value::Text(text) => {
                let text = unit.text(text);
                let secret = text.len() > 1 && !text.contains("BEGIN");
                if secret { Look::Found } else { Look::Nothing }
            }
            Value::Call(call) if self.is_in(at.unit, call, "environment-read") => {
                let default = unit.list(unit.call(call).arguments).get(1);
                let text = default.and_then(|&node| self.resolver.text(At { unit: at.unit, node }));
                if text.is_some_and(|text| text.len() > 1) { Look::Found } else { Look::Nothing }
            }
            Value::Call(call) => {
                let callee = At { unit: at.unit, node: unit.call(call).callee };
                let encodes = self
                    .resolver
                    .last_name(callee)
                    .is_some_and(|name| matches!(name, "encode" | "from" | "bytes" | "TextEncoder"));
                if encodes { Look::Onward } else { Look::Nothing }
            }
            Value::Or(..)
            | Value::Choice { .. }
            | Value::Variable(_)
            | Value::Join(_)
            | Value::Import { .. }
            | Value::Member { .. } => Look::Onward,
            _ => Look::Nothing,
        }
    }

    /// What a table that looks for secrets sees in a node.
    pub(super) fn look(&self, at: At, value: Value, from: &[Source]) -> Option<(Look, Source)> {
        match from {
            [Source::Secret] => Some((self.secret(at, value), Source::Secret)),
            [Source::Bearer] => Some((self.bearer(at, value), Source::Bearer)),
            [Source::Predictable] => Some((self.predictable(at, value), Source::Predictable)),
            [Source::Token] => Some((self.token(at, value), Source::Token)),
            [Source::Constant] => Some((self.constant(at, value), Source::Constant)),
            _ => None,
        }
    }

    /// Whether a value is an instance of a class of the package that only keeps what it is given.
    fn is_record(&self, at: At) -> bool {
        self.resolver.definitions(at).iter().any(|&definition| {
            let unit = self.resolver.unit(definition);
            let Value::Call(call) = unit.value(definition.node) else { return false };
            let callee = At { unit: definition.unit, node: unit.call(call).callee };
            self.resolver.definitions(callee).iter().any(|&class| match self.resolver.value(class) {
                Value::Class(id) => !self.resolver.unit(class).class(id).annotations.is_empty(),
                _ => false,
            })
        })
    }

    fn is_whole_environment(&self, at: At) -> bool {
        let unit = self.resolver.unit(at);
        matches!(unit.value(at.node), Value::Member { .. }) && self.is_environment(at)
    }

    pub(super) fn is_environment(&self, at: At) -> bool {
        let unit = self.resolver.unit(at);
        match unit.value(at.node) {
            Value::Member { object, name } => {
                let name = unit.text(name);
                matches!(name, "env" | "environ")
                    && matches!(
                        self.resolver.name(at).as_str(),
                        "process.env" | "os.environ" | "Bun.env" | "import.meta.env"
                    )
                    && !matches!(unit.value(object), Value::This(_))
            }
            Value::Import { name, .. } => {
                matches!(unit.text(name), "env" | "environ")
                    && matches!(self.resolver.name(at).as_str(), "process.env" | "os.environ")
            }
            Value::Variable(_) => self
                .resolver
                .definitions(at)
                .iter()
                .any(|&definition| definition != at && self.is_environment(definition)),
            _ => false,
        }
    }

    fn is_headers(&self, at: At) -> bool {
        let unit = self.resolver.unit(at);
        matches!(unit.value(at.node), Value::Member { name, .. } if unit.text(name) == "headers")
    }

    /// `get_http_headers()` of a server library.
    fn is_headers_call(&self, at: At) -> bool {
        let names = self.resolver.callee_names(at);
        names.iter().any(|name| name.ends_with("get_http_headers()"))
    }

    /// Whether a value is the request that a route gets.
    fn is_request(&self, at: At) -> bool {
        self.resolver.definitions(at).iter().any(|&definition| {
            let Value::Parameter(function, _) = self.resolver.value(definition) else { return false };
            self.entries.get(definition.unit, function).is_some_and(|entry| entry.source == Source::Http)
        })
    }

    pub(super) fn is_in(&self, unit: u32, call: CallId, set: &str) -> bool {
        let Some(site) = self.sites.get(&(unit, call)) else { return false };
        crate::detect::sets::get().callees.find(set).is_some_and(|set| site.is(set))
    }
}

#[cfg(test)]
mod tests {
    use super::names_secret;

    #[test]
    fn names_of_credentials_are_told_from_others() {
        for name in
            ["API_KEY", "GITHUB_PERSONAL_ACCESS_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "apiKey"]
        {
            assert!(names_secret(name), "{name}");
        }
        for name in ["MAX_TOKENS", "TOKEN_LIMIT", "KEY_FILE", "SECRET_PATH", "PORT", "MONKEY"] {
            assert!(!names_secret(name), "{name}");
        }
    }
}
