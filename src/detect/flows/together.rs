//! Findings of one cause as one: the same argument, unchecked in the same way, at many calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::sources::Source;
use crate::{code::guards::Kinds, connector::Connector, finding::Finding, untrusted};

/// Called functions that a message names.
const MOST_NAMES: usize = 3;

/// What is said about one call.
pub(super) struct Reported {
    pub(super) finding: Finding,
    pub(super) tools: BTreeSet<usize>,
    pub(super) source: Source,
    pub(super) label: &'static str,
    pub(super) parameter: String,
    pub(super) verb: &'static str,
    pub(super) name: String,
    /// Checks that do not hold.
    pub(super) weak: Kinds,
    /// Whether one of them is a declared limit that siblings of a folder pass.
    pub(super) broken: bool,
    /// Whether every tool says that it does this.
    pub(super) openly: bool,
    /// Whether a setting has to be on, which switches a check off.
    pub(super) opted: bool,
}

/// One finding for each rule, argument and verdict, with every place.
pub(super) fn findings(connector: &Connector, reported: Vec<Reported>) -> Vec<Finding> {
    let mut groups: Vec<Vec<Reported>> = Vec::new();
    let mut known = BTreeMap::new();
    for one in reported {
        let weak = one.weak.to_string();
        let finding = &one.finding;
        let judged = (finding.severity, finding.confidence, one.openly, one.opted, one.broken, weak);
        let key = (finding.rule.id.as_str(), judged, one.source, one.parameter.clone(), one.verb, one.label);
        let group = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(one);
    }
    groups.into_iter().filter_map(|group| finding(connector, group)).collect()
}

fn finding(connector: &Connector, mut group: Vec<Reported>) -> Option<Finding> {
    group.sort_by(|a, b| a.finding.location.cmp(&b.finding.location));
    group.dedup_by(|a, b| a.finding.location == b.finding.location && a.name == b.name);
    let tools: BTreeSet<usize> = group.iter().flat_map(|one| one.tools.iter().copied()).collect();
    let mut named = tools.iter().filter_map(|&tool| Some(connector.tools.get(tool)?.name.excerpt(60)));
    let tool = named.next();
    let mut callees: Vec<&str> = Vec::new();
    for one in &group {
        if !callees.contains(&one.name.as_str()) {
            callees.push(&one.name);
        }
    }
    let first = group.first()?;
    let mut message =
        format!("{} {} {}", who(first, tool.as_deref(), tools.len()), first.verb, listed(&callees));
    if group.len() > 1 {
        let _ = write!(message, " at {} places", group.len());
    }
    if first.broken {
        message.push_str(
            "; a check allows what begins with a folder's name: `/srv/notes-old` passes for `/srv/notes`",
        );
    } else if !first.weak.is_empty() {
        let _ = write!(message, "; a check is there but does not hold ({})", first.weak);
    }
    if first.openly {
        message.push_str(if tools.len() == 1 {
            "; the tool says that it does this"
        } else {
            "; the tools say that they do this"
        });
    }
    if first.opted {
        message.push_str("; only where a setting switches a check off");
    }
    let one_tool = if tools.len() == 1 { tool } else { None };
    let mut all = group.into_iter().map(|one| one.finding);
    let mut finding = all.next()?;
    finding.also = all.filter_map(|other| other.location).collect();
    finding.also.dedup();
    finding.message = message;
    finding.tool = one_tool;
    Some(finding)
}

/// `a`, `b` and how many more.
fn listed(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    let more = names.len() - shown.len();
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    let last = shown.pop().unwrap_or_default();
    if shown.is_empty() { last } else { format!("{} and {last}", shown.join(", ")) }
}

/// Whose value it is.
fn who(first: &Reported, tool: Option<&str>, tools: usize) -> String {
    let parameter = untrusted::excerpt(&first.parameter, 60);
    match (first.source, tool) {
        (Source::Tool, None) => format!("a {} argument", first.label),
        (Source::Tool, Some(tool)) => {
            let argument = if parameter.is_empty() {
                "an argument".to_owned()
            } else {
                format!("argument `{parameter}`")
            };
            if tools == 1 {
                format!("{argument} of tool `{tool}`")
            } else {
                format!("{argument} of {tools} tools (`{tool}`, …)")
            }
        }
        (Source::Http, _) => format!("request data (`{parameter}`)"),
        (Source::CommandLine, _) => "a command-line argument".to_owned(),
        (Source::Secret, _) if parameter.is_empty() => "a credential".to_owned(),
        (Source::Secret, _) => format!("the credential `{parameter}`"),
        (Source::Fetched, _) => "what another server answered".to_owned(),
        (Source::Bearer, _) => "the credential of whoever calls".to_owned(),
        (Source::Predictable, _) => "a number that can be guessed".to_owned(),
        (Source::Token, _) => "a token".to_owned(),
        (Source::Archive, _) => "a name in an archive".to_owned(),
        (Source::Open, _) => format!("parameter `{parameter}`"),
        (Source::Constant, _) => "a constant in the package".to_owned(),
        (Source::Caller, _) => format!("`{parameter}`, which callers of this library choose,"),
    }
}
