//! Findings, grouped, in words.

use std::{collections::BTreeMap, fmt::Write as _};

use super::some;
use crate::{finding::Severity, gate::Judged};

/// Further places of one group that are shown.
const PLACES: usize = 4;

/// Findings of the same rule, severity and gate, in report order.
pub(in crate::report) fn groups<'a>(findings: impl IntoIterator<Item = &'a Judged>) -> Vec<Vec<&'a Judged>> {
    let mut groups: Vec<Vec<&Judged>> = Vec::new();
    let mut places = BTreeMap::new();
    for judged in findings {
        let key = (judged.finding.rule.id.as_str(), judged.finding.severity, judged.gates);
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(judged);
    }
    groups.sort_by_key(|group| std::cmp::Reverse((group[0].gates, group[0].finding.severity)));
    groups
}

/// How many findings there are of each severity, the worst first.
pub(in crate::report) fn counts<'a>(findings: impl IntoIterator<Item = &'a Judged>) -> String {
    let findings: Vec<&Judged> = findings.into_iter().collect();
    let by_severity: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| {
            (severity, findings.iter().filter(|judged| judged.finding.severity == severity).count())
        })
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    by_severity.join(", ")
}

/// One group: rule, place, message, further places; why and fix where it is serious.
pub(super) fn shown(group: &[&Judged]) -> String {
    let finding = &group[0].finding;
    let mut text = format!("{}: {}", finding.rule.id, finding.rule.title);
    if group[0].gates {
        let _ = write!(text, " (fails the gate, id {})", group[0].id);
    } else {
        let _ = write!(text, " (confidence {})", finding.confidence);
    }
    // What could not be verified stands above, piece by piece.
    if finding.severity == Severity::Info && finding.rule.id.starts_with("provenance/") {
        return text;
    }
    let _ = write!(text, "\n{}", place(group[0]));
    if finding.message != finding.rule.title {
        let _ = write!(text, ": {}", finding.message);
    }
    let others: Vec<String> = group.iter().flat_map(|judged| places(judged)).skip(1).collect();
    if !others.is_empty() {
        let _ = write!(text, "\nalso: {}", some(&others, PLACES));
    }
    if group[0].gates || finding.severity >= Severity::Medium {
        let _ = write!(text, "\nwhy: {}\nfix: {}", finding.rule.why, finding.rule.fix);
    }
    text
}

fn places(judged: &Judged) -> Vec<String> {
    let also = judged.finding.also.iter().map(|at| format!("{}:{}", at.path, at.line));
    std::iter::once(place(judged)).chain(also).collect()
}

fn place(judged: &Judged) -> String {
    let finding = &judged.finding;
    let file = finding.location.as_ref().map_or_else(
        || "whole package".to_owned(),
        |location| format!("{}:{}", location.path, location.line),
    );
    match &finding.tool {
        Some(tool) => format!("{file} in `{tool}`"),
        None => file,
    }
}
