//! What a connector is measured against besides the rules, and what follows for its report.

use std::collections::BTreeSet;

use super::facts;
use crate::{
    acquire::Target,
    artifact::Artifact,
    baseline::{Accepted, Entry, Lock, Unapproved, bounds::Bounds},
    detect::drift::{self, Measure},
    finding::{Finding, Severity},
    gate::{
        self, About, Policy, Unchecked,
        exceptions::{Exception, FOREVER},
        requirements::Dated,
    },
    report::{Asked, Compared, Report},
    untrusted::excerpt,
};

/// What targets are measured against besides the rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard<'a> {
    /// What was approved.
    pub approved: Approved<'a>,
    /// What any connector may ask for; all of it holds.
    pub bounds: &'a [Bounds],
    /// Data that this comes from, and how old it is.
    pub references: &'a [Dated],
    /// Whether what a lock would hold is wanted besides the report.
    pub entries: Entries,
}

/// Whether what a lock would hold is wanted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Entries {
    /// The report is enough.
    #[default]
    Dropped,
    /// For a lock, or a comparison.
    Kept,
}

/// What was approved.
#[derive(Clone, Copy, Debug, Default)]
pub enum Approved<'a> {
    /// Nothing is compared.
    #[default]
    Nothing,
    /// A lock, in which each target is looked up.
    Lock {
        /// The lock.
        lock: &'a Lock,
        /// What it means that a target is not in it.
        absent: Absent,
        /// What the report is to answer.
        asked: Asked,
    },
    /// One entry, which the target is compared with whatever it is called; only what changed is told.
    Entry {
        /// The entry.
        entry: &'a Entry,
        /// What its own scan said.
        known: &'a Known,
    },
}

/// What it means that a lock does not hold a target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Absent {
    /// Nobody approved it: a verdict needs that.
    Gap,
    /// It is about to be approved for the first time.
    New,
}

/// What the scan of another connector said: findings without places, and what it could not look at.
#[derive(Clone, Debug, Default)]
pub struct Known {
    findings: BTreeSet<(String, Option<String>, String)>,
    missed: Vec<Unchecked>,
}

impl Known {
    /// What a report says.
    pub fn of(report: &Report) -> Self {
        let needed = report.outcome.unchecked.iter().filter(|gap| gap.needed);
        Self {
            findings: report.outcome.findings.iter().map(|judged| key(&judged.finding)).collect(),
            missed: needed
                .map(|gap| Unchecked { why: format!("{}: {}", report.target, gap.why), ..gap.clone() })
                .collect(),
        }
    }
}

fn key(finding: &Finding) -> (String, Option<String>, String) {
    (finding.rule.id.clone(), finding.tool.clone(), finding.evidence.clone())
}

/// What was approved for one connector.
pub(super) enum Found<'a> {
    /// Nothing is compared.
    Nothing,
    /// It is not in the lock, and why.
    Missing(String),
    /// This was approved.
    Entry { entry: &'a Entry, lock: Option<&'a Lock>, asked: Asked, known: Option<&'a Known> },
}

/// Looks up what was approved.
pub(super) fn find<'a>(target: &Target, artifact: &Artifact, standard: &Standard<'a>) -> Found<'a> {
    match standard.approved {
        Approved::Nothing => Found::Nothing,
        Approved::Entry { entry, known } => {
            Found::Entry { entry, lock: None, asked: Asked::Changes, known: Some(known) }
        }
        Approved::Lock { lock, absent, asked } => {
            let coordinate = &artifact.coordinate;
            match lock.find(&target.written, coordinate.ecosystem.name(), &coordinate.name) {
                Ok(entry) => Found::Entry { entry, lock: Some(lock), asked, known: None },
                Err(_) if absent == Absent::New => Found::Nothing,
                Err(why) => Found::Missing(missing(&target.written, why)),
            }
        }
    }
}

fn missing(target: &str, why: Unapproved) -> String {
    let target = excerpt(target, 200);
    match why {
        Unapproved::None => format!("`{target}` is not in the lock: nobody approved it"),
        Unapproved::Several(count) => {
            format!("the lock has {count} connectors of that name, and none was asked for as `{target}`")
        }
    }
}

/// Compares two locks, without looking at any connector: a report for each entry of `now`.
pub fn compare(before: &Lock, now: &Lock, policy: &Policy) -> Vec<Report> {
    let one = |entry: &Entry| {
        let artifact = &entry.artifact;
        let found = match before.find(&entry.target, &artifact.ecosystem, &artifact.name) {
            Ok(known) => {
                Found::Entry { entry: known, lock: Some(before), asked: Asked::Changes, known: None }
            }
            Err(why) => Found::Missing(missing(&entry.target, why)),
        };
        let findings = match &found {
            Found::Entry { entry: known, .. } => drift::between(known, entry),
            Found::Nothing | Found::Missing(_) => Vec::new(),
        };
        let mut unchecked = Vec::new();
        found.gaps(entry, &mut unchecked);
        Report {
            artifact: Some(facts::approved(entry)),
            compared: found.compared(),
            ..facts::empty(
                &Target { written: entry.target.clone(), ..Target::default() },
                gate::judge(findings, unchecked, policy, &About::default(), &[]),
            )
        }
    };
    now.connectors.iter().map(one).collect()
}

/// Who answers for what was accepted together with an approval.
pub const OWNER: &str = "the lock";

/// What a lock accepted: bound to what was looked at, without an end.
fn exception(accepted: &Accepted) -> Exception {
    Exception {
        rule: accepted.rule.clone(),
        path: accepted.path.as_ref().map(|path| path.raw().to_owned()),
        tool: accepted.tool.as_ref().map(|tool| tool.raw().to_owned()),
        content: Some(accepted.content.clone()),
        reason: accepted.reason.clone(),
        owner: OWNER.to_owned(),
        until: FOREVER.to_owned(),
        ..Exception::default()
    }
}

impl<'a> Found<'a> {
    /// What checks look at.
    pub(super) fn measure(&self, standard: &Standard<'a>) -> Measure<'a> {
        let bounds = standard.bounds;
        match *self {
            Self::Nothing | Self::Missing(_) => Measure { bounds, ..Measure::default() },
            Self::Entry { entry, lock, .. } => Measure { approved: Some(entry), lock, bounds },
        }
    }

    /// Adds what could not be compared.
    pub(super) fn gaps(&self, now: &Entry, unchecked: &mut Vec<Unchecked>) {
        let gap = |why: String, needed: bool| Unchecked { check: "baseline".to_owned(), why, needed };
        match self {
            Self::Nothing => {}
            Self::Missing(why) => unchecked.push(gap(why.clone(), true)),
            Self::Entry { entry, known, .. } => {
                unchecked.extend(known.iter().flat_map(|known| known.missed.iter().cloned()));
                unchecked.extend(drift::gaps(entry, now).into_iter().map(|(why, needed)| gap(why, needed)));
            }
        }
    }

    /// The findings that the report is about: all, or what is new where only changes are asked for.
    pub(super) fn relevant(&self, findings: Vec<Finding>, policy: &Policy) -> Vec<Finding> {
        let Self::Entry { asked: Asked::Changes, known, .. } = self else { return findings };
        let told: BTreeSet<String> = findings
            .iter()
            .filter(|finding| finding.rule.id == "drift/text-suspicious")
            .map(|finding| finding.evidence.clone())
            .collect();
        let is_new = |finding: &Finding| match known {
            Some(known) => finding.severity >= Severity::Medium && !known.findings.contains(&key(finding)),
            None => policy.threshold_of(&finding.rule.id).fails(finding),
        };
        let is_measured = |finding: &Finding| {
            let family = finding.rule.id.split('/').next();
            finding.change.is_some() || matches!(family, Some("baseline" | "bounds"))
        };
        let is_told = |finding: &Finding| {
            told.contains(&crate::untrusted::visible(&format!("{} {}", finding.rule.id, finding.evidence)))
        };
        let is_relevant = |finding: &Finding| is_measured(finding) || (is_new(finding) && !is_told(finding));
        findings.into_iter().filter(is_relevant).collect()
    }

    /// The policy with what was accepted together with the approval.
    pub(super) fn policy(&self, policy: &Policy) -> Policy {
        let mut policy = policy.clone();
        if let Self::Entry { entry, .. } = self {
            policy.exceptions.extend(entry.accepted.iter().map(exception));
        }
        policy
    }

    /// What the report says about the approval.
    pub(super) fn compared(&self) -> Option<Compared> {
        let Self::Entry { entry, asked, .. } = self else { return None };
        let artifact = &entry.artifact;
        Some(Compared {
            target: entry.target.clone(),
            ecosystem: artifact.ecosystem.clone(),
            name: artifact.name.clone(),
            version: artifact.version.clone(),
            digest: artifact.digest.clone(),
            reason: entry.reason.clone(),
            scope: *asked,
        })
    }
}
