//! Who vouches for the connector, in words: who built it, from what, where that is written down,
//! and what it does not prove.

use std::fmt::Write as _;

use super::Rows;
use crate::report::{ProvenanceFacts, Report, subject};

/// Pieces of evidence that are shown.
const MOST: usize = 8;

/// Adds the row of signatures and attestations.
pub(super) fn provenance(report: &Report, rows: &mut Rows) {
    let whole = subject::named(report);
    let mut lines: Vec<String> =
        report.provenance.iter().take(MOST).map(|facts| one(facts, &whole)).collect();
    if report.provenance.len() > MOST {
        lines.push(format!("… and {} more, see --output json=FILE", report.provenance.len() - MOST));
    }
    if !lines.is_empty() {
        rows.push("provenance", lines.join("\n"));
    }
}

/// One piece of evidence; what it is about is said where that is not the whole of what was scanned.
fn one(facts: &ProvenanceFacts, whole: &str) -> String {
    let mut text = format!("{}: {}", facts.state.to_uppercase(), facts.words);
    if facts.about != whole {
        let _ = write!(text, " of {}", facts.about);
    }
    if !facts.why.is_empty() {
        let _ = write!(text, ": {}", facts.why);
    }
    for line in [built(facts), by(facts), signed(facts), logged(facts)].into_iter().flatten() {
        let _ = write!(text, "\n· {line}");
    }
    for (name, note) in &facts.facts {
        if *name == "note" {
            let _ = write!(text, "\n· {note}");
        }
    }
    if facts.state == "verified" {
        let _ = write!(text, "\n· it {}", facts.limits);
    }
    text
}

fn built(facts: &ProvenanceFacts) -> Option<String> {
    let mut text = format!("from {}", facts.fact("repository")?);
    if let Some(commit) = facts.fact("commit") {
        let _ = write!(text, " at commit {commit}");
    }
    if let Some(reference) = facts.fact("reference") {
        let _ = write!(text, " ({reference})");
    }
    let ids = (facts.fact("repository_id"), facts.fact("owner_id"));
    if let (Some(repository), Some(owner)) = ids {
        let _ = write!(text, ", repository id {repository}, owner id {owner}");
    }
    Some(text)
}

fn by(facts: &ProvenanceFacts) -> Option<String> {
    let workflow = facts.fact("workflow")?;
    let mut text = format!("by {workflow}");
    for (name, words) in
        [("signer", "signed by"), ("builder", "builder"), ("runner", "runner"), ("trigger", "started by")]
    {
        if let Some(fact) = facts.fact(name).filter(|fact| *fact != workflow) {
            let _ = write!(text, ", {words} {fact}");
        }
    }
    Some(text)
}

fn signed(facts: &ProvenanceFacts) -> Option<String> {
    if facts.fact("workflow").is_some() {
        return None;
    }
    match (facts.fact("identity"), facts.fact("key")) {
        (Some(identity), Some(key)) => Some(format!("signed by {identity}, {key}")),
        (Some(identity), None) => Some(format!("signed by {identity}")),
        (None, Some(key)) => Some(format!("signed with key {key}")),
        (None, None) => None,
    }
}

fn logged(facts: &ProvenanceFacts) -> Option<String> {
    let mut text = format!("logged at {}", facts.fact("time")?);
    if let Some(index) = facts.fact("log_index") {
        let _ = write!(text, " as entry {index}");
    }
    if let Some(log) = facts.fact("log") {
        let _ = write!(text, ", {log}");
    }
    if let Some(root) = facts.fact("root") {
        let _ = write!(text, ", trusting {root}");
    }
    Some(text)
}
