//! What was approved against what is there now, told as what it means.
//!
//! Two entries of a lock go in, which may come from two versions, two folders or a lock; what changed
//! comes out: which tool gained what, which host is new, who publishes it now. Asking for more widens
//! and fails the gate; other wording asks for a review; asking for less narrows. What means the same
//! is no change: order, layout, another version.

mod bounds;
mod capabilities;
mod dependencies;
mod identity;
mod now;
mod places;
mod rename;
mod schema;
mod scopes;
mod similar;
mod suspicious;
mod text;
mod tools;
mod words;

use std::collections::BTreeMap;

use super::{Asked, Check, Subject};
use crate::{
    baseline::{Edited, Entry, Lock, bounds::Bounds},
    finding::{Change, Class, Direction, Finding, Severity},
    untrusted::{excerpt, visible},
};

pub use now::entry;
use places::Place;

/// Findings of one rule; the rest would say the same.
const FINDINGS: usize = 300;

/// Longest text of a change, characters.
const LENGTH: usize = 2_000;

/// What a connector is measured against besides the rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measure<'a> {
    /// What was approved for it.
    pub approved: Option<&'a Entry>,
    /// The lock that the approval stands in.
    pub lock: Option<&'a Lock>,
    /// What any connector may ask for.
    pub bounds: &'a [Bounds],
}

/// Answers for the rules about changes since an approval.
pub(super) struct Drift;

impl Check for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let Some(approved) = subject.measure.approved else { return };
        let now = entry(subject);
        edited(subject.measure, approved, &now, asked, findings);
        for told in compare(approved, &now) {
            let location = told.place.find(subject);
            findings.extend(told.finding(asked).map(|finding| Finding { location, ..finding }));
        }
    }
}

/// Answers for the rules about what any connector may ask for.
pub(super) struct WithinBounds;

impl Check for WithinBounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let [first, others @ ..] = subject.measure.bounds else { return };
        let entry = entry(subject);
        bounds::judge(first, &entry, subject, asked, findings);
        // What several bounds forbid is told once.
        for limits in others {
            let mut more = Vec::new();
            bounds::judge(limits, &entry, subject, asked, &mut more);
            more.retain(|finding| !findings.contains(finding));
            findings.extend(more);
        }
    }
}

/// Findings about what changed between two entries, without places: nothing but the entries is known.
pub fn between(before: &Entry, now: &Entry) -> Vec<Finding> {
    let asked = Asked(super::catalogue::get().of_check("drift").collect());
    let mut findings = Vec::new();
    edited(Measure::default(), before, now, &asked, &mut findings);
    findings.extend(compare(before, now).into_iter().filter_map(|told| told.finding(&asked)));
    crate::finding::sort(&mut findings);
    findings
}

/// What could not be compared, with whether a verdict needs it.
pub fn gaps(before: &Entry, now: &Entry) -> Vec<(String, bool)> {
    let mut gaps = Vec::new();
    if before.has_code() != now.has_code() {
        let why = "a captured list of tools has no code and no manifest: tools and texts were compared alone";
        gaps.push((why.to_owned(), false));
    }
    if now.unread > before.unread && before.has_code() == now.has_code() {
        let more = now.unread - before.unread;
        let why =
            format!("{more} more registrations than approved could not be read: a tool may be new there");
        gaps.push((why, true));
    }
    gaps.extend(tools::unknown_handlers(before, now));
    gaps.extend(identity::unknown(before, now));
    gaps
}

/// One change, before a rule speaks for it.
struct Told {
    rule: &'static str,
    class: Class,
    direction: Direction,
    message: String,
    /// What identifies it among those of its rule: a name from the connector.
    about: String,
    before: String,
    now: String,
    tool: Option<String>,
    place: Place,
}

impl Told {
    fn new(rule: &'static str, class: Class, direction: Direction, message: impl Into<String>) -> Self {
        Self {
            rule,
            class,
            direction,
            message: message.into(),
            about: String::new(),
            before: String::new(),
            now: String::new(),
            tool: None,
            place: Place::None,
        }
    }

    fn about(mut self, name: &str) -> Self {
        self.about = visible(name);
        self
    }

    fn tool(mut self, name: &str) -> Self {
        self.tool = Some(excerpt(name, 120));
        if matches!(self.place, Place::None) {
            self.place = Place::Tool(name.to_owned());
        }
        self
    }

    fn from(mut self, before: &str) -> Self {
        self.before = excerpt(before, LENGTH);
        self
    }

    fn to(mut self, now: &str) -> Self {
        self.now = excerpt(now, LENGTH);
        self
    }

    fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    fn finding(self, asked: &Asked) -> Option<Finding> {
        let mut finding = Finding::new(asked.rule(self.rule)?, self.message).because(self.about);
        finding.severity = match self.direction {
            Direction::Widens => finding.severity,
            Direction::Review => finding.severity.min(Severity::Medium),
            Direction::Narrows | Direction::Same => finding.severity.min(Severity::Info),
        };
        finding.tool = self.tool;
        let Self { class, direction, before, now, .. } = self;
        finding.change = Some(Box::new(Change { class, direction, before, now }));
        Some(finding)
    }
}

/// Everything that changed, in the order of the classes.
fn compare(before: &Entry, now: &Entry) -> Vec<Told> {
    let mut told = Vec::new();
    let pairs = rename::pair(&before.tools, &now.tools);
    if before.has_code() && now.has_code() {
        identity::compare(before, now, &mut told);
        capabilities::compare(before, now, &pairs, &mut told);
        scopes::compare(before, now, &mut told);
        dependencies::compare(before, now, &mut told);
    }
    tools::compare(&pairs, &mut told);
    text::compare(before, now, &pairs, &mut told);
    suspicious::compare(before, now, &mut told);
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    told.retain(|one| {
        let count = counts.entry(one.rule).or_default();
        *count += 1;
        *count <= FINDINGS
    });
    told
}

/// An entry that somebody changed by hand since it was written.
fn edited(measure: Measure<'_>, approved: &Entry, now: &Entry, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("baseline/edited") else { return };
    let Some(edited) = measure.lock.map_or_else(|| approved.edited(), |lock| lock.edited(approved)) else {
        return;
    };
    let what = match &edited {
        Edited::Sections(sections) => sections.join(", "),
        Edited::Digests => "its digests".to_owned(),
        Edited::List => "the list of connectors".to_owned(),
    };
    let message =
        format!("the lock was edited by hand since it was written: {what}{}", allows(approved, now));
    findings.push(Finding::new(rule, message).because(what));
}

/// Whether an edited entry approves more than what was looked at asks for. The original is not known;
/// but where the bytes are the approved ones, what they ask for now is what they asked for then.
fn allows(approved: &Entry, now: &Entry) -> String {
    if approved.artifact.digest != now.artifact.digest {
        return "; whether the edit widens cannot be told, as these are not the approved bytes".to_owned();
    }
    let mut more: Vec<String> = compare(now, approved)
        .into_iter()
        .filter(|told| told.direction == Direction::Widens)
        .map(|told| told.message)
        .collect();
    more.sort();
    match more.as_slice() {
        [] => "; it approves nothing more than these bytes ask for".to_owned(),
        [one] => format!("; the edit widens: {one}"),
        [one, rest @ ..] => format!("; the edit widens: {one}, and {} more", rest.len()),
    }
}

/// A name from the connector, in backticks.
fn name(text: &str) -> String {
    format!("`{}`", excerpt(text, 80))
}

/// Names, in backticks, the first few.
fn names<T: AsRef<str>>(all: &[T]) -> String {
    const SHOWN: usize = 6;
    let mut shown: Vec<String> = all.iter().take(SHOWN).map(|one| name(one.as_ref())).collect();
    if all.len() > SHOWN {
        shown.push(format!("{} more", all.len() - SHOWN));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests;
