//! What changed since an approval, in words: first what asks for more, then what to review, then the
//! rest in a line each.

use std::fmt::Write as _;

use super::{Plain, Rows, some};
use crate::{
    finding::{Change, Class, Direction, Finding},
    gate::{Judged, Verdict},
    report::{Asked, Report},
};

/// Groups of changes that are shown in full: of those that ask for more, and of those to review.
const GROUPS: [usize; 2] = [14, 10];
/// Changes of one group that are shown one by one; of more, the first and the names of the rest.
const SINGLE: usize = 3;
/// Names in one group.
const NAMES: usize = 8;
/// Lines for what asks for less or means the same.
const LINES: usize = 6;
/// Characters of a passage that is quoted.
const QUOTED: usize = 200;

/// Why the verdict is what it is, where only changes were asked for.
pub(super) fn because(report: &Report) -> Option<String> {
    report.compared.as_ref().filter(|compared| compared.scope == Asked::Changes)?;
    let widening = report.outcome.findings.iter().filter(|judged| judged.gates).count();
    let needed = report.outcome.unchecked.iter().filter(|gap| gap.needed).count();
    let changes = report.outcome.findings.iter().filter_map(|judged| judged.finding.change.as_deref());
    let review = changes.filter(|change| change.direction == Direction::Review).count();
    let is_partial = report.coverage.registrations_seen > report.coverage.registrations_read;
    let nothing = if is_partial {
        "nothing asks for more than before, as far as tools can be read without running them"
    } else {
        "nothing asks for more than before"
    };
    Some(match (report.outcome.verdict, widening, needed) {
        (Verdict::Pass, ..) if review == 1 => format!("{nothing}; 1 change to review"),
        (Verdict::Pass, ..) if review > 1 => format!("{nothing}; {review} changes to review"),
        (Verdict::Pass, ..) => nothing.to_owned(),
        (Verdict::Fail, 1, _) => "1 change asks for more than before".to_owned(),
        (Verdict::Fail, count, _) => format!("{count} changes ask for more than before"),
        (Verdict::Incomplete, _, 1) => "1 thing could not be compared".to_owned(),
        (Verdict::Incomplete, _, count) => format!("{count} things could not be compared"),
    })
}

/// Adds the row of what was approved; where only changes were asked for, also that of what is there.
pub(super) fn compared(report: &Report, rows: &mut Rows) -> Asked {
    let Some(compared) = &report.compared else { return Asked::Everything };
    let name = |target: &str, name: &str, version: &str, digest: &str| {
        let what = format!("{name} {version}");
        let says_it = target.contains(name) && (version.is_empty() || target.contains(version));
        let what = if says_it { String::new() } else { format!(": {}", what.trim_end()) };
        format!("{target}{what}, {}", short(digest))
    };
    let mut before = name(&compared.target, &compared.name, &compared.version, &compared.digest);
    if let Some(reason) = &compared.reason {
        let _ = write!(before, "\naccepted: {reason}");
    }
    let Some(now) = report.artifact.as_ref().filter(|_| compared.scope == Asked::Changes) else {
        rows.push("approved", before);
        return Asked::Everything;
    };
    rows.push("before", before);
    rows.push("now", name(&report.target, &now.name, &now.version, &now.digest));
    Asked::Changes
}

/// The beginning of a digest: what a person compares.
fn short(digest: &str) -> String {
    let (algorithm, hex) = digest.split_once(':').unwrap_or(("", digest));
    let head: String = hex.chars().take(12).collect();
    if hex.len() > head.len() { format!("{algorithm}:{head}…") } else { digest.to_owned() }
}

impl Plain {
    /// Adds the rows of what changed.
    pub(super) fn changes(&self, report: &Report, rows: &mut Rows) {
        if report.compared.is_none() {
            return;
        }
        let changes: Vec<(&Judged, &Change)> = report
            .outcome
            .findings
            .iter()
            .filter_map(|judged| Some((judged, judged.finding.change.as_deref()?)))
            .collect();
        if changes.is_empty() {
            rows.push("changed", "nothing that has a meaning");
            return;
        }
        let of = |direction: Direction| -> Vec<(&Judged, &Change)> {
            changes.iter().filter(|(_, change)| change.direction == direction).copied().collect()
        };
        let headings = [
            (Direction::Widens, self.paint("asks for more", "31"), GROUPS[0]),
            (Direction::Review, self.paint("to review", "33"), GROUPS[1]),
        ];
        for (direction, heading, most) in headings {
            let groups = groups(&of(direction));
            for (at, group) in groups.iter().take(most).enumerate() {
                rows.push(if at == 0 { &heading } else { "" }, shown(group));
            }
            let more: usize = groups.iter().skip(most).map(Vec::len).sum();
            if more > 0 {
                rows.push("", format!("… and {more} more, see --output json=FILE"));
            }
        }
        for (direction, heading) in [(Direction::Narrows, "asks for less"), (Direction::Same, "otherwise")] {
            let mut lines: Vec<String> = groups(&of(direction)).iter().map(|group| brief(group)).collect();
            let more = lines.len().saturating_sub(LINES);
            lines.truncate(LINES);
            if more > 0 {
                lines.push(format!("… and {more} more, see --output json=FILE"));
            }
            if !lines.is_empty() {
                rows.push(heading, lines.join("\n"));
            }
        }
    }
}

/// Changes that are told together, by class, then in report order.
fn groups<'a>(changes: &[(&'a Judged, &'a Change)]) -> Vec<Vec<(&'a Judged, &'a Change)>> {
    let mut groups: Vec<(usize, Vec<(&Judged, &Change)>)> = Vec::new();
    for &(judged, change) in changes {
        let key = key(&judged.finding);
        let is_known = |group: &[(&Judged, &Change)]| key.is_some() && self::key(&group[0].0.finding) == key;
        if let Some((_, group)) = groups.iter_mut().find(|(_, group)| is_known(group)) {
            group.push((judged, change));
        } else {
            let class = Class::ALL.iter().position(|class| *class == change.class).unwrap_or_default();
            groups.push((class, vec![(judged, change)]));
        }
    }
    groups.sort_by_key(|(class, _)| *class);
    let split = |group: Vec<(&'a Judged, &'a Change)>| {
        if group.len() > SINGLE { vec![group] } else { group.into_iter().map(|one| vec![one]).collect() }
    };
    groups.into_iter().flat_map(|(_, group)| split(group)).collect()
}

/// What a change has in common with others that it is told together with: the rule, and where that
/// is about one thing in many tools the thing, about many things in one tool the tool. A longer text
/// stands alone.
fn key(finding: &Finding) -> Option<(&str, Option<&str>, Option<&str>)> {
    let rule = finding.rule.id.as_str();
    let (tool, about) = (finding.tool.as_deref(), finding.evidence.as_str());
    let class = finding.change.as_ref().map(|change| change.class);
    match (class, tool) {
        (Some(Class::Text), _) if about != "title" => None,
        (Some(Class::Text | Class::Capability), Some(tool)) if about != tool => {
            Some((rule, None, Some(about)))
        }
        (Some(Class::Schema), _) => Some((rule, tool, None)),
        _ => Some((rule, None, None)),
    }
}

/// What the changes of a group after the first are about.
fn others(group: &[(&Judged, &Change)]) -> String {
    let first = &group[0].0.finding;
    let by_tool = group.iter().all(|(judged, _)| judged.finding.evidence == first.evidence);
    let names: Vec<&str> = group[1..]
        .iter()
        .map(|(judged, _)| match &judged.finding.tool {
            Some(tool) if by_tool => tool.as_str(),
            _ => judged.finding.evidence.as_str(),
        })
        .collect();
    some(&names, NAMES)
}

/// One group in full.
fn shown(group: &[(&Judged, &Change)]) -> String {
    let (judged, change) = group[0];
    let finding = &judged.finding;
    let mut text = format!("{}: {}", change.class.name(), finding.message);
    if let Some(location) = &finding.location {
        let _ = write!(text, " ({}:{})", location.path, location.line);
    }
    if group.len() > 1 {
        let _ = write!(text, "\nalso: {}", others(group));
    }
    if change.class == Class::Text && !(change.before.is_empty() && finding.message.contains(&change.now)) {
        for (mark, passage) in [('-', &change.before), ('+', &change.now)] {
            if !passage.is_empty() {
                let _ = write!(text, "\n{mark} {}", crate::untrusted::excerpt(passage, QUOTED));
            }
        }
    }
    if let Some(exception) = &judged.accepted {
        let _ = write!(text, "\naccepted: {}", exception.reason);
    }
    text
}

/// One group in a line.
fn brief(group: &[(&Judged, &Change)]) -> String {
    let (judged, change) = group[0];
    let mut text = format!("{}: {}", change.class.name(), judged.finding.message);
    if group.len() > 1 {
        let _ = write!(text, "; also {}", others(group));
    }
    text
}
