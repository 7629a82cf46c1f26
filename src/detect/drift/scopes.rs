//! What it asks to be granted.

use std::collections::BTreeMap;

use super::{Told, name, places::Place, similar::parts};
use crate::{
    baseline::{Entry, Scope},
    finding::{Class, Direction},
};

/// Words in the name of a variable that holds a secret.
const SECRETS: [&str; 16] = [
    "apikey",
    "auth",
    "cookie",
    "credential",
    "credentials",
    "key",
    "keys",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pat",
    "secret",
    "secrets",
    "token",
    "tokens",
];

/// Last words in the name of a variable that says where, how or whether, not what.
const PLACES: [&str; 20] = [
    "audience",
    "count",
    "dir",
    "directory",
    "domain",
    "enabled",
    "endpoint",
    "expiry",
    "file",
    "host",
    "issuer",
    "limit",
    "limits",
    "method",
    "mode",
    "path",
    "port",
    "type",
    "uri",
    "url",
];

/// Compares scopes.
pub(super) fn compare(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let (was, is) = (by_name(&before.scopes), by_name(&now.scopes));
    let mut gone: Vec<&Scope> =
        was.iter().filter(|(key, _)| !is.contains_key(*key)).map(|(_, scope)| *scope).collect();
    for (key, scope) in &is {
        if let Some(known) = was.get(key) {
            marks(known, scope, told);
            continue;
        }
        if let Some(at) = gone.iter().position(|old| old.kind == scope.kind && covers(scope, old)) {
            let old = gone.remove(at);
            let message = format!(
                "{} {} is asked for instead of {}",
                kind(scope),
                name(scope.name.raw()),
                name(old.name.raw())
            );
            told.push(tell("drift/scope-widened", Direction::Widens, message, scope).from(old.name.raw()));
            continue;
        }
        if let Some(wide) = was.values().find(|old| old.kind == scope.kind && covers(old, scope)) {
            let at = gone.iter().position(|old| old.name == wide.name && old.kind == wide.kind);
            if let Some(at) = at {
                gone.remove(at);
            }
            let message = format!(
                "{} {} is asked for, which {} covered",
                kind(scope),
                name(scope.name.raw()),
                name(wide.name.raw())
            );
            told.push(tell("drift/scope-narrowed", Direction::Narrows, message, scope).from(wide.name.raw()));
            continue;
        }
        told.push(added(scope));
    }
    for scope in gone {
        let message = format!("{} {} is no longer asked for", kind(scope), name(scope.name.raw()));
        let mut narrows = tell("drift/scope-removed", Direction::Narrows, message, scope);
        narrows.before = std::mem::take(&mut narrows.now);
        told.push(narrows);
    }
}

fn by_name(scopes: &[Scope]) -> BTreeMap<(&str, &str), &Scope> {
    scopes.iter().map(|scope| ((scope.kind.as_str(), scope.name.raw()), scope)).collect()
}

fn tell(rule: &'static str, direction: Direction, message: String, scope: &Scope) -> Told {
    Told::new(rule, Class::Scope, direction, message)
        .about(scope.name.raw())
        .at(Place::Scope(scope.kind.clone(), scope.name.raw().to_owned()))
        .to(scope.name.raw())
}

/// The kind in words.
fn kind(scope: &Scope) -> &'static str {
    match scope.kind.as_str() {
        "oauth" => "OAuth scope",
        "environment" => "variable",
        "user-config" => "setting",
        "path" => "path",
        "host" => "host",
        "port" => "port",
        "executable" => "program",
        "container" => "container option",
        "permission" => "permission",
        _ => "scope",
    }
}

fn added(scope: &Scope) -> Told {
    let is_setting = matches!(scope.kind.as_str(), "environment" | "user-config");
    let mut message = format!("{} {} is asked for", kind(scope), name(scope.name.raw()));
    match (is_secret(scope), scope.required) {
        (true, Some(true)) => message.push_str(": a secret that is required"),
        (true, _) => message.push_str(": a secret"),
        (false, Some(true)) => message.push_str(": it is required"),
        (false, _) => {}
    }
    if is_setting && !is_secret(scope) && scope.required != Some(true) && scope.name.raw() != "*" {
        return tell("drift/variable-added", Direction::Review, message, scope);
    }
    tell("drift/scope-added", Direction::Widens, message, scope)
}

pub(super) fn is_secret(scope: &Scope) -> bool {
    let is_setting = matches!(scope.kind.as_str(), "environment" | "user-config");
    let named = || {
        let parts = parts(scope.name.raw());
        let is_place = parts.last().is_some_and(|last| PLACES.contains(&last.as_str()));
        !is_place && parts.iter().any(|part| SECRETS.contains(&part.as_str()))
    };
    scope.secret == Some(true) || (is_setting && scope.secret.is_none() && named())
}

fn marks(was: &Scope, is: &Scope, told: &mut Vec<Told>) {
    let shown = |scope: &Scope| format!("{} {}", kind(scope), name(scope.name.raw()));
    if was.secret == Some(true) && is.secret != Some(true) {
        let message = format!("{} is no longer marked as a secret", shown(is));
        told.push(tell("drift/secret-unmarked", Direction::Review, message, is));
    }
    if was.required != Some(true) && is.required == Some(true) {
        let message = format!("{} is required now", shown(is));
        let direction = if is_secret(is) { Direction::Widens } else { Direction::Review };
        told.push(tell("drift/scope-required", direction, message, is).from("optional").to("required"));
    }
}

/// Whether one scope allows everything that another of its kind does.
fn covers(wide: &Scope, narrow: &Scope) -> bool {
    let (wide, narrow) = (wide.name.raw(), narrow.name.raw());
    if wide == narrow {
        return false;
    }
    if wide == "*" || wide == "/" {
        return true;
    }
    if let Some((head, tail)) = wide.split_once('*') {
        return narrow.starts_with(head) && narrow.ends_with(tail) && narrow.len() >= head.len() + tail.len();
    }
    let below = |separator: char| {
        narrow.strip_prefix(wide.trim_end_matches(separator)).is_some_and(|rest| rest.starts_with(separator))
    };
    below(':') || below('/') || below('.') || writes(wide, narrow)
}

/// Whether one scope is the other with writing for reading.
fn writes(wide: &str, narrow: &str) -> bool {
    const READS: [&str; 3] = ["read", "readonly", "ro"];
    const WRITES: [&str; 7] = ["write", "readwrite", "rw", "admin", "manage", "full", "all"];
    let split = |text: &str| -> Vec<String> {
        text.split([':', '.', '/', '_']).map(str::to_lowercase).filter(|part| !part.is_empty()).collect()
    };
    let (wide, narrow) = (split(wide), split(narrow));
    let without = |parts: &[String], words: &[&str]| -> Vec<String> {
        parts.iter().filter(|part| !words.contains(&part.as_str())).cloned().collect()
    };
    let reads = narrow.iter().any(|part| READS.contains(&part.as_str()));
    let only_reads = wide.iter().any(|part| READS.contains(&part.as_str()));
    reads && !only_reads && without(&wide, &WRITES) == without(&narrow, &READS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::untrusted::Untrusted;

    #[test]
    fn wide_scopes_cover_narrow_ones() {
        let scope = |name: &str| Scope { name: Untrusted::new(name), ..Scope::default() };
        for (wide, narrow, expected) in [
            ("*", "api.example", true),
            ("*.example", "api.example", true),
            ("api.example", "*.example", false),
            ("files:*", "files:read", true),
            ("repo", "repo:status", true),
            ("repo:status", "repo", false),
            ("write:org", "read:org", true),
            ("read:org", "write:org", false),
            ("drive", "drive.readonly", true),
            ("https://www.example/auth/drive", "https://www.example/auth/drive.readonly", true),
            ("/home/user", "/home/user/notes", true),
            ("/home/user", "/home/username", false),
            ("/home/user", "/home/user", false),
            ("user:email", "user:mail", false),
        ] {
            assert_eq!(covers(&scope(wide), &scope(narrow)), expected, "{wide} over {narrow}");
        }
    }
}
