//! The coverage ledger: every file of the artifact exactly once, as read or as skipped.

use std::collections::{BTreeMap, BTreeSet};

use super::gaps;
use crate::{
    artifact::{File, Kind},
    code::{
        self,
        graph::{Loses, Unit},
    },
    detect::Subject,
    report::Coverage,
};

/// Counts what was done with every file.
pub(super) fn ledger(subject: &Subject<'_>) -> Coverage {
    let Subject { artifact, code, connector, .. } = subject;
    let reasons = reasons(subject);
    let parsed: BTreeMap<&str, &'static str> =
        code.units.iter().map(|unit| (unit.path.as_str(), code::covers(unit.language))).collect();
    let manifests = gaps::manifests_read(subject);
    let mut coverage = Coverage {
        files: artifact.files.len(),
        registrations_seen: connector.registrations.seen,
        registrations_read: connector.registrations.read,
        ..Coverage::default()
    };
    for file in &artifact.files {
        let path = file.path.as_str();
        let done = match reasons.get(path) {
            Some(why) => Err(why.clone()),
            None if let Some(how) = parsed.get(path) => Ok(*how),
            None if manifests.contains(path) => Ok("manifest"),
            None => looked_at(file),
        };
        match done {
            Ok(how) => {
                let (count, bytes) = coverage.read.entry(how).or_default();
                *count += 1;
                *bytes += file.size;
            }
            Err(why) => coverage.skipped.push((path.to_owned(), why)),
        }
    }
    coverage.skipped.extend(beside(subject));
    coverage
}

fn looked_at(file: &File) -> Result<&'static str, String> {
    let has_text = !file.bytes.is_empty() || file.size == 0;
    match file.kind {
        Kind::Source(_) | Kind::Data | Kind::Text if has_text => Ok("text"),
        Kind::Source(_) | Kind::Data | Kind::Text => Err("content was not kept".to_owned()),
        Kind::Declaration | Kind::SourceMap | Kind::Native(_) | Kind::Archive | Kind::Other => Ok("hashed"),
    }
}

/// Why files were not read, by path.
fn reasons<'a>(subject: &Subject<'a>) -> BTreeMap<&'a str, String> {
    let mut reasons = BTreeMap::new();
    for unread in &subject.artifact.unread {
        reasons.entry(unread.path.as_str()).or_insert_with(|| unread.why.clone());
    }
    for (path, why) in &subject.code.unread {
        reasons.entry(path.as_str()).or_insert_with(|| why.clone());
    }
    for unit in &subject.code.units {
        if let Some(why) = lost(unit) {
            reasons.entry(unit.path.as_str()).or_insert_with(|| format!("parsed in part: {why}"));
        }
    }
    for path in gaps::not_parsed(subject) {
        reasons.entry(path).or_insert_with(|| "no front end read it".to_owned());
    }
    for problem in gaps::unread_manifests(subject) {
        reasons.entry(problem.path.as_str()).or_insert_with(|| problem.why.clone());
    }
    reasons
}

/// Why code of a file may be missing from the graph.
pub(super) fn lost(unit: &Unit) -> Option<String> {
    let problem = unit.problems.iter().find(|problem| problem.loses == Loses::Code)?;
    Some(format!("{} (line {})", problem.why, unit.line(problem.at)))
}

/// What was not read and is not among the files: refused entries, links, folders.
fn beside(subject: &Subject<'_>) -> Vec<(String, String)> {
    let artifact = subject.artifact;
    let files: BTreeSet<&str> = artifact.files.iter().map(|file| file.path.as_str()).collect();
    let mut beside: Vec<(String, String)> = artifact
        .unread
        .iter()
        .filter(|unread| !files.contains(unread.path.as_str()))
        .map(|unread| (unread.path.clone(), unread.why.clone()))
        .collect();
    beside.extend(
        artifact.refused.iter().map(|refusal| (refusal.path.visible(), refusal.reason.describe().to_owned())),
    );
    beside.sort();
    beside.dedup();
    beside
}
