//! Hosts that get a tool's arguments and that nothing in the package names.

use super::places::{Found, View};
use crate::{
    artifact::{File, Kind},
    code::{
        graph::{NodeId, Unit, Value},
        literal,
        resolve::At,
    },
    connector::{Tool, capabilities::Does},
    finding::{Finding, Rule, Severity},
    untrusted,
};

/// Bytes of one text file that are searched for a name.
const MOST_BYTES: usize = 512 << 10;

/// Second-level names under which everybody can have a host.
const SHARED: [&str; 24] = [
    "amazonaws",
    "appspot",
    "azurewebsites",
    "blogspot",
    "cloudflareworkers",
    "cloudfront",
    "deno",
    "firebaseapp",
    "fly",
    "github",
    "gitlab",
    "herokuapp",
    "hf",
    "netlify",
    "ngrok",
    "ngrok-free",
    "onrender",
    "pages",
    "pipedream",
    "railway",
    "run",
    "vercel",
    "web",
    "workers",
];

/// Asks every tool that requests a literal host; `told` are the tools that another rule reports.
pub(super) fn ask(view: &View<'_>, rule: &'static Rule, told: &[usize], findings: &mut Vec<Finding>) {
    let mut named = Named { view, texts: None };
    for (index, tool) in view.reaching(Does::NETWORK) {
        let hosts = tool.reach.as_ref().map(|reach| &reach.hosts);
        let any = hosts.is_some_and(|hosts| hosts.iter().any(|host| !named.is_named(host)));
        if told.contains(&index) || !any {
            continue;
        }
        let hidden = view.own(index, tool, Does::NETWORK).into_iter().find_map(|found| {
            let host = address(view, &found).filter(|host| !named.is_named(host))?;
            // The address may hold arguments openly; what is sent besides it is what counts.
            let sent = view.arguments(found.one);
            let sends = sent.into_iter().any(|at| view.comes_from_arguments(index, at));
            sends.then_some((host, found))
        });
        let Some((host, found)) = hidden else { continue };
        findings.push(report(view, rule, tool, &host, &found));
    }
}

fn report(view: &View<'_>, rule: &'static Rule, tool: &Tool, host: &str, found: &Found<'_>) -> Finding {
    let unused = view.call(found.one).is_some_and(|(unit, call)| !is_used(unit, call.node));
    let message = format!(
        "arguments of tool `{}` go to `{}`, which neither its text nor anything else in the package names{}",
        tool.name.excerpt(60),
        untrusted::excerpt(host, 80),
        if unused { "; the answer is not used" } else { "" }
    );
    let mut finding = view.report(rule, tool, found, message).because(host);
    if !unused {
        finding.severity = finding.severity.min(Severity::Low);
    }
    finding
}

/// The literal host in the address of a request: its first argument, or the second of a method that
/// takes the verb first.
fn address(view: &View<'_>, found: &Found<'_>) -> Option<String> {
    let [host] = found.one.hosts.as_slice() else { return None };
    let named = |at: At| {
        literal::template(&view.resolver, at, "\u{0}", 0).contains(host.as_str())
            || view.comes_from(at, |at, value| {
                matches!(value, Value::Text(text) if view.resolver.unit(at).text(text).contains(host.as_str()))
            })
    };
    let last = found.one.name.rsplit('.').next().unwrap_or_default();
    let verb_first = matches!(last, "request" | "stream" | "build_request" | "Request" | "open");
    let arguments = view.arguments(found.one);
    arguments.into_iter().take(if verb_first { 2 } else { 1 }).any(named).then(|| host.clone())
}

/// Whether anything is done with the result of a call, other than looking away from its failure.
fn is_used(unit: &Unit, node: NodeId) -> bool {
    let is = |operand: NodeId| operand == node;
    let by_node = unit.nodes.iter().any(|other| match other.value {
        Value::Member { object, name } => is(object) && !matches!(unit.text(name), "catch" | "finally"),
        Value::Element { object, key } => is(object) || is(key),
        Value::Item(inner) | Value::Spread(inner) | Value::Not(inner) => is(inner),
        Value::With { object, value, .. } => is(object) || is(value),
        Value::Choice { test, yes, no } => is(test) || is(yes) || is(no),
        Value::Binary { left, right, .. } | Value::And(left, right) | Value::Or(left, right) => {
            is(left) || is(right)
        }
        _ => false,
    });
    by_node
        || unit.lists.iter().any(|&item| is(item))
        || unit.properties.iter().any(|entry| is(entry.value))
        || unit.contexts.iter().any(|context| is(context.test))
        || unit.functions.iter().any(|function| function.exits.iter().any(|exit| is(exit.value)))
        || unit.variables.iter().any(|variable| variable.values.iter().any(|&value| is(value)))
}

/// Everything that the package says about itself, lower-case.
struct Named<'a> {
    view: &'a View<'a>,
    texts: Option<String>,
}

impl Named<'_> {
    /// Whether anything in the package names who is behind a host.
    fn is_named(&mut self, host: &str) -> bool {
        if host == "*"
            || host.starts_with("127.")
            || matches!(host.rsplit('.').next(), Some("local" | "internal"))
        {
            return true;
        }
        let view = self.view;
        let texts = self.texts.get_or_insert_with(|| everything(view));
        let owner = owner(host);
        let start = &owner[..owner.len().min((owner.len() * 3 / 5).max(5))];
        texts.contains(start)
    }
}

/// The part of a host that says who it belongs to.
fn owner(host: &str) -> &str {
    let mut labels: Vec<&str> = host.split('.').collect();
    labels.pop();
    let is_middle = |label: &str| matches!(label, "co" | "com" | "org" | "net" | "gov" | "ac" | "edu");
    if labels.len() > 1 && labels.last().is_some_and(|label| is_middle(label)) {
        labels.pop();
    }
    if labels.len() > 1 && labels.last().is_some_and(|label| SHARED.contains(label)) {
        labels.pop();
    }
    labels.last().copied().unwrap_or(host)
}

fn everything(view: &View<'_>) -> String {
    let connector = view.connector;
    let mut all = String::new();
    let mut add = |text: &str| {
        all.push_str(&text.to_lowercase());
        all.push('\n');
    };
    for tool in &connector.tools {
        add(tool.name.raw());
        tool.title.iter().chain(&tool.description).for_each(|text| add(text.raw()));
        if let Some(input) = &tool.input {
            add(&input.to_string());
        }
    }
    connector.instructions.iter().for_each(|one| add(one.text.raw()));
    add(&view.subject.artifact.coordinate.name);
    connector.capabilities.environment.keys().for_each(|name| add(name));
    for file in view.subject.artifact.files.iter().filter(|file| speaks(file)) {
        let end = file.bytes.len().min(MOST_BYTES);
        add(&String::from_utf8_lossy(&file.bytes[..end]));
    }
    all
}

/// Whether a file is read by people or clients.
fn speaks(file: &File) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let manifest = matches!(
        name,
        "package.json"
            | "server.json"
            | "manifest.json"
            | "pyproject.toml"
            | "METADATA"
            | "PKG-INFO"
            | "smithery.yaml"
    );
    manifest || (file.kind == Kind::Text && name.to_ascii_lowercase().starts_with("readme"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_host_is_the_name_before_what_everybody_shares() {
        for (host, expected) in [
            ("api.service.example", "service"),
            ("service.co.uk", "service"),
            ("x.workers.dev", "x"),
            ("www.googleapis.com", "googleapis"),
            ("bucket.s3.amazonaws.com", "s3"),
            ("com", "com"),
        ] {
            assert_eq!(owner(host), expected, "{host}");
        }
    }
}
