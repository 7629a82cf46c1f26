//! Findings to a verdict. The only place that decides.

use crate::finding::{Confidence, Finding, Severity};

/// The answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Verdict {
    /// Nothing that the gate forbids, and everything that it needs was looked at.
    Pass,
    /// Something that the gate needs could not be looked at.
    Incomplete,
    /// Something that the gate forbids.
    Fail,
}

impl Verdict {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Incomplete => "incomplete",
            Self::Fail => "fail",
        }
    }

    /// The exit code of the process; usage errors are 2.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Incomplete => 3,
        }
    }
}

/// What the gate forbids and needs.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Findings of this severity or worse fail; `None` for never.
    pub fail_on: Option<Severity>,
    /// Of these, only findings at least this sure.
    pub confidence: Confidence,
}

impl Default for Policy {
    fn default() -> Self {
        Self { fail_on: Some(Severity::High), confidence: Confidence::High }
    }
}

/// Something that could not be checked.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Unchecked {
    /// What: a rule id, `code`, `tools`, `acquire`.
    pub check: String,
    /// Why, printable.
    pub why: String,
    /// Whether the verdict needs it.
    pub needed: bool,
}

/// A finding with the gate's word on it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// Stable id of the finding, see [`Finding::fingerprint`].
    pub id: String,
    /// Whether it fails the gate.
    pub gates: bool,
}

/// The verdict with everything it rests on.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer.
    pub verdict: Verdict,
    /// Findings in report order.
    pub findings: Vec<Judged>,
    /// What could not be checked, sorted.
    pub unchecked: Vec<Unchecked>,
}

/// Judges findings and gaps.
pub fn judge(findings: Vec<Finding>, mut unchecked: Vec<Unchecked>, policy: &Policy) -> Outcome {
    let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let findings: Vec<Judged> = findings
        .into_iter()
        .map(|finding| {
            let ordinal = seen.entry(finding.fingerprint(0)).or_default();
            let id = finding.fingerprint(*ordinal);
            *ordinal += 1;
            let gates = policy.fail_on.is_some_and(|least| finding.severity >= least)
                && finding.confidence >= policy.confidence;
            Judged { finding, id, gates }
        })
        .collect();
    unchecked.sort();
    unchecked.dedup();
    let verdict = if findings.iter().any(|judged| judged.gates) {
        Verdict::Fail
    } else if unchecked.iter().any(|gap| gap.needed) {
        Verdict::Incomplete
    } else {
        Verdict::Pass
    };
    Outcome { verdict, findings, unchecked }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(needed: bool) -> Unchecked {
        Unchecked { check: "code".to_owned(), why: "too large".to_owned(), needed }
    }

    #[test]
    fn nothing_found_and_nothing_missing_passes() {
        assert_eq!(judge(Vec::new(), vec![gap(false)], &Policy::default()).verdict, Verdict::Pass);
    }

    #[test]
    fn a_needed_gap_is_never_a_pass() {
        let never = Policy { fail_on: None, ..Policy::default() };
        assert_eq!(judge(Vec::new(), vec![gap(true)], &never).verdict, Verdict::Incomplete);
    }
}
