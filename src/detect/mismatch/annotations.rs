//! Hints of tools that their own code contradicts.

use std::fmt::Write as _;

use super::places::{Found, View};
use crate::{
    code::{
        graph::Value,
        literal,
        resolve::{At, place},
    },
    connector::{Tool, capabilities::Does},
    detect::Asked,
    finding::{Confidence, Finding, Rule, Severity},
    untrusted,
};

/// Tools named in one message.
const NAMED: usize = 6;

/// Programs, or their first arguments, that change what they are pointed at.
const CHANGING: &[&str] = &[
    "add",
    "apply",
    "apt",
    "checkout",
    "chmod",
    "chown",
    "clean",
    "commit",
    "cp",
    "create",
    "dd",
    "delete",
    "destroy",
    "drop",
    "install",
    "kill",
    "merge",
    "mkdir",
    "mv",
    "patch",
    "pkill",
    "publish",
    "pull",
    "push",
    "rebase",
    "reset",
    "restart",
    "rm",
    "rmdir",
    "scale",
    "shutdown",
    "stop",
    "tee",
    "touch",
    "truncate",
    "uninstall",
    "unlink",
    "write",
];

/// Asks every tool about its hints.
pub(super) fn ask(view: &View<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
    let deletes = Does::FILE_DELETES | Does::REMOTE_DELETES;
    if let Some(rule) = asked.rule("mismatch/read-only") {
        let kinds = Does::FILE_WRITES | Does::REMOTE_DELETES | Does::PROCESSES;
        let says = |tool: &Tool| tool.annotations.read_only == Some(true);
        one_finding(view, rule, kinds, says, changes, findings);
    }
    if let Some(rule) = asked.rule("mismatch/not-destructive") {
        let says = |tool: &Tool| {
            tool.annotations.destructive == Some(false) && tool.annotations.read_only != Some(true)
        };
        one_finding(view, rule, deletes, says, takes_away, findings);
    }
    if let Some(rule) = asked.rule("mismatch/closed-world") {
        let says = |tool: &Tool| tool.annotations.open_world == Some(false);
        one_finding(view, rule, Does::NETWORK, says, contacts, findings);
    }
}

/// What contradicts a hint, in words after "its code", and how bad it is.
type Contradiction = (String, Severity);

/// One finding for all tools whose hint is contradicted in the same way: they share their cause.
fn one_finding(
    view: &View<'_>,
    rule: &'static Rule,
    kinds: Does,
    says: impl Fn(&Tool) -> bool,
    judge: impl Fn(&View<'_>, usize, &Tool, &Found<'_>) -> Option<Contradiction>,
    findings: &mut Vec<Finding>,
) {
    let mut first: Option<Finding> = None;
    let mut more = Vec::new();
    for (index, tool) in view.reaching(kinds).filter(|(_, tool)| says(tool)) {
        let found = view.own(index, tool, kinds).into_iter().find_map(|found| {
            let judged = judge(view, index, tool, &found)?;
            Some((judged, found))
        });
        let Some(((what, severity), found)) = found else { continue };
        let message = format!(
            "tool `{}` says {}, but {what} at {}",
            tool.name.excerpt(60),
            hint(&rule.id),
            line(view, &found)
        );
        let mut finding = view.report(rule, tool, &found, message);
        finding.severity = finding.severity.min(severity);
        if view.code.units[found.one.unit as usize].bundled {
            finding.confidence = Confidence::Low;
        }
        match &mut first {
            Some(known) if finding.severity <= known.severity => more.push(tool.name.excerpt(40)),
            Some(known) => {
                more.extend(known.tool.clone());
                *known = finding;
            }
            None => first = Some(finding),
        }
    }
    let Some(mut finding) = first else { return };
    if !more.is_empty() {
        let count = more.len();
        more.truncate(NAMED);
        let _ = write!(finding.message, "; so do {count} more: {}", more.join(", "));
    }
    findings.push(finding);
}

fn hint(rule: &str) -> &'static str {
    match rule {
        "mismatch/read-only" => "that it changes nothing",
        "mismatch/not-destructive" => "that it destroys nothing",
        _ => "that it touches nothing outside",
    }
}

fn line(view: &View<'_>, found: &Found<'_>) -> String {
    let location = place(&view.code.units[found.one.unit as usize], found.one.node);
    format!("{}:{}", untrusted::excerpt(&location.path, 80), location.line)
}

/// Writing, deleting, or starting what changes something.
fn changes(view: &View<'_>, index: usize, tool: &Tool, found: &Found<'_>) -> Option<Contradiction> {
    let one = found.one;
    if one.does.has_any(Does::PROCESSES) {
        let command = command(view, found)?;
        return Some((format!("starts `{command}`"), Severity::Medium));
    }
    if one.does.has_any(Does::REMOTE_DELETES) {
        return Some(("sends a `DELETE` request".to_owned(), Severity::Medium));
    }
    if !one.does.has_any(Does::FILE_DELETES) && makes_room(&one.name) {
        return None;
    }
    writes_own(view, index, tool, found)
}

/// Deleting something.
fn takes_away(view: &View<'_>, index: usize, tool: &Tool, found: &Found<'_>) -> Option<Contradiction> {
    if found.one.does.has_any(Does::REMOTE_DELETES) {
        return Some(("sends a `DELETE` request".to_owned(), Severity::Medium));
    }
    writes_own(view, index, tool, found)
}

/// A request to a named host that is not this machine.
fn contacts(view: &View<'_>, _: usize, _: &Tool, found: &Found<'_>) -> Option<Contradiction> {
    let host = found.one.hosts.first()?;
    let own = host == "localhost"
        || host.starts_with("127.")
        || host.starts_with("0.0.0.0")
        || view.connector.manifests.name.as_ref().is_some_and(|name| is_service(name.raw(), host));
    (!own).then(|| (format!("requests `{}`", untrusted::excerpt(host, 80)), Severity::Low))
}

/// Whether a host is the service that the package is named after: its closed world.
fn is_service(package: &str, host: &str) -> bool {
    const GENERIC: [&str; 8] = ["api", "app", "com", "dev", "mcp", "net", "org", "server"];
    let labels = host.rsplit('.').take(2);
    package
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2 && !GENERIC.contains(word))
        .any(|word| labels.clone().any(|label| label.eq_ignore_ascii_case(word)))
}

/// A file that is written or deleted, and is not a temporary one.
fn writes_own(view: &View<'_>, index: usize, tool: &Tool, found: &Found<'_>) -> Option<Contradiction> {
    let one = found.one;
    let (unit, call) = view.call(one)?;
    let here = |node| At { unit: one.unit, node };
    let receiver = match unit.value(call.callee) {
        Value::Member { object, name }
            if matches!(unit.text(name), "write_text" | "write_bytes" | "unlink" | "rmdir") =>
        {
            Some(here(object))
        }
        _ => None,
    };
    let path = receiver.or_else(|| unit.list(call.arguments).first().map(|&node| here(node)))?;
    let passing = view.comes_from(path, |at, value| is_passing(view, at, value));
    // Where an argument names the file, another rule speaks of it.
    if passing || (view.comes_from_arguments(index, path) && tool.annotations.read_only == Some(true)) {
        return None;
    }
    let what = if one.does.has_any(Does::FILE_DELETES) { "deletes a file" } else { "writes a file" };
    Some((format!("{what} with `{}`", untrusted::excerpt(&one.name, 60)), Severity::Medium))
}

/// Whether a part of a path says that the file is temporary, a cache or a log.
fn is_passing(view: &View<'_>, at: At, value: Value) -> bool {
    let unit = view.resolver.unit(at);
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["tmp", "temp", "cache", "log", "lock", "history", "pid", "session"]
            .iter()
            .any(|word| text.contains(word))
    };
    match value {
        Value::Text(text) => speaks(unit.text(text)),
        Value::Member { name, .. } | Value::Global(name) | Value::Import { name, .. } => {
            speaks(unit.text(name))
        }
        Value::Call(call) => {
            view.resolver.last_name(At { unit: at.unit, node: unit.call(call).callee }).is_some_and(speaks)
        }
        _ => false,
    }
}

/// Making a directory, or changing rights.
fn makes_room(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(last, "mkdir" | "mkdirSync" | "makedirs" | "ensureDir" | "ensureDirSync" | "chmod" | "chmodSync")
}

/// The literal command that a place starts, where it changes something.
fn command(view: &View<'_>, found: &Found<'_>) -> Option<String> {
    let mut text = String::new();
    for at in view.arguments(found.one).into_iter().take(2) {
        let part = match view.resolver.value(at) {
            Value::Array(range) => {
                let unit = view.resolver.unit(at);
                let items = unit.list(range).iter().take(6);
                let parts: Vec<String> = items
                    .map(|&node| literal::template(&view.resolver, At { unit: at.unit, node }, "…", 0))
                    .collect();
                parts.join(" ")
            }
            _ => literal::template(&view.resolver, at, "…", 0),
        };
        if !part.is_empty() {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(&part);
        }
    }
    let mut words = text.split_whitespace().take(3);
    let changing = words.any(|word| {
        let word = word.rsplit('/').next().unwrap_or(word);
        CHANGING.binary_search(&word).is_ok()
    });
    changing.then(|| untrusted::excerpt(&text, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_what_the_package_is_named_after() {
        for (package, host, expected) in [
            ("mail-mcp", "api.mail.example", true),
            ("@mail/mcp-server", "mail.example", true),
            ("labs.mail-mcp", "global.api.mail", true),
            ("notes-mcp", "api.mail.example", false),
            ("api-server", "api.example.com", false),
        ] {
            assert_eq!(is_service(package, host), expected, "{package} {host}");
        }
    }

    #[test]
    fn the_list_of_programs_is_sorted() {
        assert!(CHANGING.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
