//! Findings to a verdict. The only place that decides.

pub mod exceptions;
pub mod policy;
pub mod requirements;

use std::collections::BTreeMap;

use crate::{artifact::time, finding::Finding};
use exceptions::{Exception, Spent, SpentState};
use policy::Incomplete;
pub use policy::Policy;
pub use requirements::About;

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
    /// Who answers for it, where somebody does; then it does not fail the gate.
    pub accepted: Option<Exception>,
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
    /// Exceptions that accept nothing any more, sorted.
    pub spent: Vec<Spent>,
    /// What decided, in words: the profile, and the file where there is one.
    pub policy: String,
}

/// Rules of this family are the policy's own words: what they find always fails.
const OWN: &str = "policy/";

/// Judges findings and gaps. `comments` are exceptions out of the source, where the policy takes them.
pub fn judge(
    findings: Vec<Finding>,
    mut unchecked: Vec<Unchecked>,
    policy: &Policy,
    about: &About,
    comments: &[Exception],
) -> Outcome {
    let today = policy.now.map(|now| time::show(now).chars().take(10).collect::<String>());
    let exceptions: Vec<&Exception> = policy
        .exceptions
        .iter()
        .filter(|exception| exception.concerns(&about.connector))
        .chain(comments)
        .collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let findings: Vec<Judged> = findings
        .into_iter()
        .map(|finding| {
            let ordinal = seen.entry(finding.fingerprint(0)).or_default();
            let id = finding.fingerprint(*ordinal);
            *ordinal += 1;
            let holds =
                |exception: &&&Exception| exception.fits(&finding) && !exception.has_ended(today.as_deref());
            let accepted = exceptions.iter().find(holds).map(|exception| (*exception).clone());
            let fails =
                finding.rule.id.starts_with(OWN) || policy.threshold_of(&finding.rule.id).fails(&finding);
            Judged { gates: fails && accepted.is_none(), finding, id, accepted }
        })
        .collect();
    unchecked.sort();
    unchecked.dedup();
    let is_incomplete = unchecked.iter().any(|gap| gap.needed);
    let forbids = findings.iter().any(|judged| judged.gates);
    let verdict = match (is_incomplete, policy.incomplete) {
        (true, Incomplete::Fail) => Verdict::Fail,
        _ if forbids => Verdict::Fail,
        (true, Incomplete::Incomplete) => Verdict::Incomplete,
        (false, _) => Verdict::Pass,
    };
    let spent = spent(&exceptions, &findings, about, today.as_deref());
    Outcome { verdict, findings, unchecked, spent, policy: policy.words() }
}

/// Adds a finding that the set of all connectors of a run brought up.
pub fn add(outcome: &mut Outcome, finding: Finding, policy: &Policy, about: &About) {
    let more = judge(vec![finding], Vec::new(), policy, about, &[]);
    for mut judged in more.findings {
        let same = |known: &&Judged| known.finding.fingerprint(0) == judged.finding.fingerprint(0);
        let ordinal = outcome.findings.iter().filter(same).count();
        judged.id = judged.finding.fingerprint(ordinal);
        if let Some(accepted) = &judged.accepted {
            outcome.spent.retain(|spent| spent.line != accepted.line);
        }
        if judged.gates {
            outcome.verdict = Verdict::Fail;
        }
        let after = outcome.findings.partition_point(|known| {
            (known.finding.severity, known.finding.confidence)
                >= (judged.finding.severity, judged.finding.confidence)
        });
        outcome.findings.insert(after, judged);
    }
}

/// Exceptions that accept nothing any more. One without a connector may be meant for another target.
fn spent(exceptions: &[&Exception], findings: &[Judged], about: &About, today: Option<&str>) -> Vec<Spent> {
    let mut spent: Vec<Spent> = exceptions
        .iter()
        .filter_map(|exception| {
            let fits = |exception: &Exception| findings.iter().any(|judged| exception.fits(&judged.finding));
            let state = match fits(exception) {
                true if exception.has_ended(today) => SpentState::Ended,
                true => return None,
                false if fits(&Exception { content: None, ..(*exception).clone() }) => SpentState::Changed,
                false if exception.connector.is_empty() && about.ecosystem != "local" => return None,
                false => SpentState::Unused,
            };
            let (rule, until) = (exception.rule.clone(), exception.until.clone());
            Some(Spent { line: exception.line, rule, until, state })
        })
        .collect();
    spent.sort();
    spent.dedup();
    spent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Location, Rule, Severity};

    fn gap(needed: bool) -> Unchecked {
        Unchecked { check: "code".to_owned(), why: "too large".to_owned(), needed }
    }

    fn verdict(unchecked: Vec<Unchecked>, policy: &Policy) -> Verdict {
        judge(Vec::new(), unchecked, policy, &About::default(), &[]).verdict
    }

    fn policy(text: &str) -> Policy {
        let policy = Policy::read(text, &|_| true).unwrap();
        Policy { now: time::parse("2026-06-01T12:00:00Z"), ..policy }
    }

    fn finding(id: &str, severity: Severity, confidence: Confidence) -> Finding {
        let rule = Box::leak(Box::new(Rule {
            id: id.to_owned(),
            title: String::new(),
            severity,
            confidence,
            why: String::new(),
            fix: String::new(),
            cwe: Vec::new(),
            references: Vec::new(),
        }));
        let mut finding = Finding::new(rule, "").at(Location { path: "a.js".to_owned(), line: 1, column: 1 });
        "c0ffee".clone_into(&mut finding.content);
        finding
    }

    fn judged(finding: &Finding, policy: &Policy) -> (Verdict, Vec<SpentState>) {
        let about = About { ecosystem: "npm", connector: "npm:@acme/files".to_owned(), ..About::default() };
        let outcome = judge(vec![finding.clone()], Vec::new(), policy, &about, &[]);
        (outcome.verdict, outcome.spent.iter().map(|spent| spent.state).collect())
    }

    #[test]
    fn nothing_found_and_nothing_missing_passes() {
        assert_eq!(verdict(vec![gap(false)], &Policy::default()), Verdict::Pass);
    }

    #[test]
    fn a_needed_gap_is_never_a_pass() {
        assert_eq!(verdict(vec![gap(true)], &policy("[gate]\nfail-on = \"never\"")), Verdict::Incomplete);
        assert_eq!(verdict(vec![gap(true)], &policy("[gate]\nincomplete = \"fail\"")), Verdict::Fail);
        assert_eq!(verdict(vec![gap(true)], &policy("profile = \"strict\"")), Verdict::Fail);
    }

    #[test]
    fn the_nearest_threshold_counts() {
        let text = "[gate]\nfail-on = \"high\"\n[rules]\n\"text/*\" = { fail-on = \"medium\", confidence = \"medium\" }\n\
                    \"text/loud\" = { fail-on = \"never\" }\n";
        let policy = policy(text);
        for (id, severity, confidence, expected) in [
            ("text/quiet", Severity::Medium, Confidence::Medium, Verdict::Fail),
            ("text/quiet", Severity::Medium, Confidence::Low, Verdict::Pass),
            ("text/loud", Severity::High, Confidence::High, Verdict::Pass),
            ("other/one", Severity::Medium, Confidence::High, Verdict::Pass),
            ("other/one", Severity::High, Confidence::High, Verdict::Fail),
            ("policy/not-allowed", Severity::Low, Confidence::Low, Verdict::Fail),
        ] {
            assert_eq!(judged(&finding(id, severity, confidence), &policy).0, expected, "{id} {severity}");
        }
    }

    #[test]
    fn an_exception_holds_for_what_was_looked_at_until_its_day() {
        let exception = |more: &str| {
            policy(&format!(
                "[[exception]]\nrule = \"a/b\"\nreason = \"r\"\nowner = \"o\"\nbroad = true\n{more}"
            ))
        };
        let finding = finding("a/b", Severity::High, Confidence::High);
        for (more, verdict, spent) in [
            ("until = 2026-06-01", Verdict::Pass, vec![]),
            ("until = 2026-05-31", Verdict::Fail, vec![SpentState::Ended]),
            ("until = 2027-01-01\ncontent = \"c0ffee\"", Verdict::Pass, vec![]),
            ("until = 2027-01-01\ncontent = \"decaf0\"", Verdict::Fail, vec![SpentState::Changed]),
            ("until = 2027-01-01\npath = \"a.js\"\nconnector = \"npm:@acme/*\"", Verdict::Pass, vec![]),
            ("until = 2027-01-01\nconnector = \"npm:@other/*\"", Verdict::Fail, vec![]),
            ("until = 2027-01-01\npath = \"b.js\"", Verdict::Fail, vec![]),
            (
                "until = 2027-01-01\npath = \"b.js\"\nconnector = \"npm:@acme/files\"",
                Verdict::Fail,
                vec![SpentState::Unused],
            ),
            ("until = 2027-01-01\ntool = \"t\"", Verdict::Fail, vec![]),
        ] {
            assert_eq!(judged(&finding, &exception(more)), (verdict, spent), "{more}");
        }
    }
}
