//! A connector's facts to findings. Pure: no network, no files, no clock.
//!
//! A check asks one kind of question and speaks for the rules whose `check` names it. A rule that
//! needs no code of its own is a TOML file alone, answered by [`patterns`].

pub mod catalogue;
pub mod patterns;
pub mod precision;
pub mod set;
pub mod sets;

mod absence;
mod archive;
mod dependencies;
pub mod drift;
mod flows;
mod identity;
mod install;
mod launch;
mod malice;
mod mismatch;
mod names;
pub mod provenance;
pub mod reference;
mod regexes;
mod scopes;
mod secrets;
mod shapes;
pub mod text;

use rayon::prelude::*;

use crate::{
    artifact::Artifact,
    code::Code,
    connector::Connector,
    finding::{self, Confidence, Finding, Rule, Severity},
};

pub use catalogue::Catalogue;

/// Everything that a check may look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The bytes and registry facts.
    pub artifact: &'a Artifact,
    /// The value graph of its source.
    pub code: &'a Code,
    /// What it claims, offers and can do.
    pub connector: &'a Connector,
    /// What its signatures and attestations prove, see [`provenance::examine`].
    pub provenance: &'a [provenance::Verified],
    /// What it is measured against besides the rules.
    pub measure: drift::Measure<'a>,
}

/// One kind of question asked of a connector.
pub trait Check: Sync {
    /// The name that rule files use in `check = "…"`.
    fn name(&self) -> &'static str;

    /// Answers for the rules in `asked`, which are those of the catalogue that name this check.
    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>);

    /// As [`Check::run`]; gives the rules for which a bound on steps bit.
    fn run_bounded(
        &self,
        subject: &Subject<'_>,
        asked: &Asked,
        findings: &mut Vec<Finding>,
    ) -> Vec<&'static Rule> {
        self.run(subject, asked, findings);
        Vec::new()
    }
}

/// The rules of one check that are wanted.
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<&'static Rule>);

impl Asked {
    /// The rule with this id, where it is wanted.
    pub fn rule(&self, id: &str) -> Option<&'static Rule> {
        self.0.iter().copied().find(|rule| rule.id == id)
    }

    /// All wanted rules.
    pub fn rules(&self) -> &[&'static Rule] {
        &self.0
    }
}

/// Every check, in report order.
pub const CHECKS: &[&dyn Check] = &[
    &patterns::Patterns,
    &flows::Flows,
    &malice::Malice,
    &mismatch::Mismatch,
    &text::Text,
    &names::Names,
    &identity::Identity,
    &install::Install,
    &dependencies::Dependencies,
    &launch::LaunchLine,
    &archive::Archive,
    &scopes::Scopes,
    &secrets::Secrets,
    &absence::Absence,
    &provenance::Provenance,
    &drift::Drift,
    &drift::WithinBounds,
];

/// Findings, and the rules that could not be asked.
#[derive(Debug, Default)]
pub struct Detected {
    /// In report order.
    pub findings: Vec<Finding>,
    /// Rule ids whose check failed, with the reason.
    pub failed: Vec<(String, String)>,
    /// Rule ids whose check stopped at a bound on steps, in catalogue order.
    pub cut: Vec<String>,
}

/// The findings of one check, and the rules for which it stopped early.
type Answer = (Vec<Finding>, Vec<&'static Rule>);

/// Asks every check about the rules that `wanted` selects.
pub fn run(subject: &Subject<'_>, wanted: impl Fn(&Rule) -> bool + Sync) -> Detected {
    let catalogue = catalogue::get();
    let answers: Vec<Result<Answer, Vec<String>>> = CHECKS
        .par_iter()
        .map(|check| {
            let asked = Asked(catalogue.of_check(check.name()).filter(|rule| wanted(rule)).collect());
            if asked.rules().is_empty() {
                return Ok((Vec::new(), Vec::new()));
            }
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut findings = Vec::new();
                let cut = check.run_bounded(subject, &asked, &mut findings);
                (findings, cut)
            }))
            .map_err(|_| asked.rules().iter().map(|rule| rule.id.clone()).collect())
        })
        .collect();
    let mut detected = Detected::default();
    for answer in answers {
        match answer {
            Ok((mut findings, cut)) => {
                detected.findings.append(&mut findings);
                detected.cut.extend(cut.into_iter().map(|rule| rule.id.clone()));
            }
            Err(rules) => detected
                .failed
                .extend(rules.into_iter().map(|rule| (rule, "internal error in the check".to_owned()))),
        }
    }
    for finding in &mut detected.findings {
        // Tests and examples that nothing loads do not run for whoever installs the connector.
        if finding.location.as_ref().is_some_and(|location| subject.code.is_idle(&location.path)) {
            finding.confidence = Confidence::Low;
            finding.severity = finding.severity.min(Severity::Low);
        }
    }
    finding::sort(&mut detected.findings);
    detected.findings.dedup();
    detected
}
