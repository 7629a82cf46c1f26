//! What any connector may ask for, against what this one asks for.

use std::collections::BTreeSet;

use super::{Subject, name, names, places::Place};
use crate::{
    baseline::{
        Entry,
        bounds::{Bounds, fits},
    },
    detect::Asked,
    finding::{Finding, Location},
    untrusted::{Untrusted, excerpt},
};

/// Judges an entry.
pub(super) fn judge(
    bounds: &Bounds,
    entry: &Entry,
    subject: &Subject<'_>,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let mut report = |id: &str, message: String, evidence: &str, location: Option<Location>| {
        if let Some(rule) = asked.rule(id) {
            findings.push(Finding { location, ..Finding::new(rule, message).because(evidence) });
        }
    };
    let powers = powers(bounds, entry);
    for forbidden in bounds.forbid.iter().filter(|forbidden| forbidden.together.is_subset(&powers)) {
        let together: Vec<&str> = forbidden.together.iter().copied().collect();
        let why = forbidden.why.as_ref().map_or(String::new(), |why| format!(": {}", excerpt(why, 200)));
        let (id, message) = match together.as_slice() {
            [one] => ("bounds/capability", format!("it has {}, which no connector may have{why}", name(one))),
            several => (
                "bounds/combination",
                format!("it has {} together, which no connector may have{why}", names(several)),
            ),
        };
        let place = together.iter().find_map(|power| location(power, subject));
        report(id, message, &together.join(" "), place);
    }
    for host in outside(bounds, entry) {
        let message = format!("requests go to {}, which is not among the allowed hosts", name(host));
        report("bounds/host", message, host, Place::Host(host.to_owned()).find(subject));
    }
    for scope in &entry.scopes {
        let Some(allowed) = bounds.scopes.get(&scope.kind) else { continue };
        if !allowed.iter().any(|pattern| fits(pattern, scope.name.raw())) {
            let message = format!(
                "it asks for {} {}, which is not allowed",
                excerpt(&scope.kind, 40),
                name(scope.name.raw())
            );
            let evidence = format!("{} {}", scope.kind, scope.name.raw());
            let place = Place::Scope(scope.kind.clone(), scope.name.raw().to_owned()).find(subject);
            report("bounds/scope", message, &crate::untrusted::visible(&evidence), place);
        }
    }
}

fn location(power: &str, subject: &Subject<'_>) -> Option<Location> {
    let kinds = ["dynamic-code", "file-reads", "file-writes", "listens", "network", "processes"];
    kinds.into_iter().find(|kind| *kind == power).and_then(|kind| Place::Use(kind).find(subject))
}

/// Hosts that requests go to and that are not allowed.
fn outside<'a>(bounds: &Bounds, entry: &'a Entry) -> Vec<&'a str> {
    let Some(allowed) = &bounds.hosts else { return Vec::new() };
    let asked = entry.scopes.iter().filter(|scope| scope.kind == "host").map(|scope| scope.name.raw());
    let mut hosts: Vec<&str> = entry.capabilities.hosts.iter().map(Untrusted::raw).chain(asked).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.retain(|host| !allowed.iter().any(|pattern| fits(pattern, host)));
    hosts
}

/// What it has, by the names of bounds.
fn powers(bounds: &Bounds, entry: &Entry) -> BTreeSet<&'static str> {
    let found = &entry.capabilities;
    let in_tools = |kind: &str| {
        entry
            .tools
            .iter()
            .flat_map(|tool| &tool.reach)
            .any(|reach| reach.uses.iter().any(|known| known == kind))
    };
    let uses = |kind: &str| found.uses.iter().any(|known| known == kind) || in_tools(kind);
    let counted =
        ["dynamic-code", "file-deletes", "file-reads", "file-writes", "listens", "network", "processes"];
    let mut powers: BTreeSet<&'static str> = counted.into_iter().filter(|kind| uses(kind)).collect();
    if entry.scopes.iter().any(|scope| scope.kind == "environment") || uses("environment") {
        powers.insert("environment");
    }
    if entry.scopes.iter().any(super::scopes::is_secret) {
        powers.insert("secrets");
    }
    if !found.native.is_empty() {
        powers.insert("native");
    }
    if !found.install_hooks.is_empty() {
        powers.insert("install-hooks");
    }
    // Without a list of allowed hosts every host is outside; a host that is not known is as well.
    let is_open = bounds.hosts.is_none() || found.hosts.is_empty() || !outside(bounds, entry).is_empty();
    if powers.contains("network") && is_open {
        powers.insert("open-network");
    }
    powers
}
