//! What a policy asks for besides findings: allowed sources, release age, evidence, identities.

use super::{
    Unchecked,
    policy::{Policy, Requirement, fits, show_age},
};
use crate::{artifact::time, untrusted::excerpt};

/// What the gate may ask about a connector besides its findings.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The ecosystem, such as `npm`.
    pub ecosystem: &'static str,
    /// `ecosystem:name`, printable.
    pub connector: String,
    /// Whether a registry published it, so that it has an age.
    pub published_by_registry: bool,
    /// When it was published, RFC 3339, where the registry says so.
    pub published: Option<String>,
    /// What was verified.
    pub evidence: Vec<Verified>,
    /// The reference data that the answer rests on.
    pub references: Vec<Dated>,
}

/// Reference data, and how old it is.
#[derive(Clone, Debug, Default)]
pub struct Dated {
    /// What it is, in words.
    pub what: String,
    /// When it was brought up to date, in seconds since 1970-01-01 UTC, where that is known.
    pub date: Option<i64>,
    /// What brings it up to date.
    pub remedy: &'static str,
}

/// One thing that was verified, or could not be.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// What it is, as a stable name.
    pub kind: &'static str,
    /// `verified`, `failed`, `absent`, `unknown`, `not-applicable`.
    pub state: &'static str,
    /// What it says, by stable names.
    pub facts: Vec<(&'static str, String)>,
}

impl Verified {
    fn is(&self, wanted: &str) -> bool {
        self.kind == wanted
            || wanted == "provenance"
                && matches!(self.kind, "npm-provenance" | "pypi-provenance" | "github-provenance")
    }

    fn is_build(&self) -> bool {
        self.state == "verified" && self.facts.iter().any(|(name, _)| *name == "repository")
    }
}

/// Something that a policy asks for and does not get.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The rule that speaks.
    pub rule: &'static str,
    /// One printable line.
    pub message: String,
    /// What identifies it.
    pub evidence: String,
}

/// Compares a connector with what a policy asks for.
pub fn compare(policy: &Policy, about: &About) -> (Vec<Violation>, Vec<Unchecked>) {
    let mut answer = Answer::default();
    answer.allowed(policy, about);
    answer.age(policy, about);
    for dated in &about.references {
        answer.reference(policy, dated);
    }
    for requirement in &policy.requirements {
        let is_meant = |pattern: &String| fits(&about.connector, pattern);
        if requirement.connectors.is_empty() || requirement.connectors.iter().any(is_meant) {
            answer.evidence(requirement, about);
            answer.identity(requirement, about);
        }
    }
    (answer.violations, answer.unchecked)
}

#[derive(Default)]
struct Answer {
    violations: Vec<Violation>,
    unchecked: Vec<Unchecked>,
}

impl Answer {
    fn violation(&mut self, rule: &'static str, message: String, evidence: &str) {
        self.violations.push(Violation { rule, message, evidence: evidence.to_owned() });
    }

    fn unknown(&mut self, rule: &str, why: String) {
        self.unchecked.push(Unchecked { check: rule.to_owned(), why, needed: true });
    }

    fn allowed(&mut self, policy: &Policy, about: &About) {
        let rule = "policy/not-allowed";
        if let Some(sources) = &policy.sources
            && !sources.iter().any(|source| source == about.ecosystem)
        {
            let allowed = sources.join(", ");
            let message = format!("it comes from `{}`; the policy allows {allowed}", about.ecosystem);
            self.violation(rule, message, "source");
        }
        if let Some(connectors) = &policy.connectors
            && !connectors.iter().any(|pattern| fits(&about.connector, pattern))
        {
            let message = format!("`{}` is not among the connectors that the policy allows", about.connector);
            self.violation(rule, message, "connector");
        }
    }

    fn age(&mut self, policy: &Policy, about: &About) {
        let rule = "policy/release-too-young";
        let (Some(least), true) = (policy.minimum_release_age, about.published_by_registry) else { return };
        let published = about.published.as_deref();
        match (published.and_then(time::parse), policy.now) {
            (Some(at), Some(now)) if now - at < least => {
                let hours = ((now - at) / 3_600).max(0);
                let message = format!(
                    "it was published {hours} hours ago, at {}; the policy asks for {} hours",
                    time::show(at),
                    least / 3_600
                );
                self.violation(rule, message, published.unwrap_or_default());
            }
            (Some(_), Some(_)) => {}
            (None, _) => self.unknown(rule, "the registry does not say when it was published".to_owned()),
            (Some(_), None) => self.unknown(rule, "the age of the release needs a clock".to_owned()),
        }
    }

    fn reference(&mut self, policy: &Policy, dated: &Dated) {
        let Some(most) = policy.maximum_database_age else { return };
        let Dated { what, date, remedy } = dated;
        let allowed = show_age(most);
        let why = match (date, policy.now) {
            (Some(date), Some(now)) if now.saturating_add(DAY) < *date => {
                format!("{what} of {} are newer than the clock says it is: set the clock", day(*date))
            }
            (Some(date), Some(now)) if now - date > most => {
                let days = (now - date) / DAY;
                format!("{what} of {} are {days} days old; the policy allows {allowed}: {remedy}", day(*date))
            }
            (Some(_), Some(_)) => return,
            (None, _) => format!("it is not known how old {what} are; the policy allows {allowed}: {remedy}"),
            (Some(_), None) => format!("the age of {what} needs a clock"),
        };
        self.unknown("reference-data", why);
    }

    fn evidence(&mut self, requirement: &Requirement, about: &About) {
        let rule = "policy/evidence-missing";
        for wanted in &requirement.evidence {
            let found: Vec<&Verified> = about.evidence.iter().filter(|one| one.is(wanted)).collect();
            if found.iter().any(|one| one.state == "verified") {
                continue;
            }
            let place = written(requirement);
            if found.iter().any(|one| one.state == "unknown") {
                self.unknown(rule, format!("`{wanted}`, which {place} asks for, could not be looked at"));
                continue;
            }
            let how = match found.first() {
                Some(one) if one.state == "failed" => "does not verify",
                _ => "is not there",
            };
            self.violation(rule, format!("`{wanted}`, which {place} asks for, {how}"), wanted);
        }
    }

    fn identity(&mut self, requirement: &Requirement, about: &About) {
        let rule = "policy/identity-mismatch";
        let builds: Vec<&Verified> = about.evidence.iter().filter(|one| one.is_build()).collect();
        for (name, wanted) in &requirement.facts {
            let said = |build: &Verified| {
                build.facts.iter().find(|(fact, _)| fact == name).map(|(_, said)| said.clone())
            };
            let what = name.replace('_', " ");
            let place = written(requirement);
            if builds.is_empty() {
                let message = format!(
                    "the {what} `{}` is asked for by {place}, but no build is verified",
                    excerpt(wanted, 120)
                );
                self.violation(rule, message, name);
            }
            for build in &builds {
                let said = said(build).unwrap_or_default();
                if !fits(&said, wanted) {
                    let message = format!(
                        "the {what} is `{}`; {place} asks for `{}`",
                        excerpt(&said, 120),
                        excerpt(wanted, 120)
                    );
                    self.violation(rule, message, name);
                }
            }
        }
    }
}

/// One day, seconds.
const DAY: i64 = 86_400;

/// `2026-11-23`.
fn day(seconds: i64) -> String {
    time::show(seconds).chars().take(10).collect()
}

fn written(requirement: &Requirement) -> String {
    match requirement.line {
        0 => "the profile".to_owned(),
        line => format!("the policy in line {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(state: &'static str, repository: &str) -> About {
        About {
            ecosystem: "npm",
            connector: "npm:@acme/files".to_owned(),
            published_by_registry: true,
            published: Some("2026-01-01T00:00:00Z".to_owned()),
            evidence: vec![Verified {
                kind: "npm-provenance",
                state,
                facts: vec![("repository", repository.to_owned())],
            }],
            references: Vec::new(),
        }
    }

    fn asked(text: &str) -> Policy {
        let policy = Policy::read(text, &|_| true).unwrap();
        Policy { now: time::parse("2026-01-02T00:00:00Z"), ..policy }
    }

    fn rules(policy: &Policy, about: &About) -> (Vec<&'static str>, usize) {
        let (violations, unchecked) = compare(policy, about);
        (violations.iter().map(|violation| violation.rule).collect(), unchecked.len())
    }

    #[test]
    fn evidence_that_is_asked_for_must_verify() {
        let policy = asked("[[require]]\nconnectors = [\"npm:@acme/*\"]\nevidence = [\"provenance\"]\n");
        for (state, expected) in [
            ("verified", (vec![], 0)),
            ("failed", (vec!["policy/evidence-missing"], 0)),
            ("absent", (vec!["policy/evidence-missing"], 0)),
            ("not-applicable", (vec!["policy/evidence-missing"], 0)),
            ("unknown", (vec![], 1)),
        ] {
            assert_eq!(
                rules(&policy, &about(state, "https://forge.example/acme/files")),
                expected,
                "{state}"
            );
        }
        let other = About { connector: "npm:other".to_owned(), ..about("absent", "") };
        assert_eq!(rules(&policy, &other), (vec![], 0));
    }

    #[test]
    fn verified_builds_must_say_what_is_asked_for() {
        let text =
            "[[require]]\nevidence = [\"npm-provenance\"]\nrepository = \"https://forge.example/acme/*\"\n";
        let policy = asked(text);
        let named = |repository: &str| rules(&policy, &about("verified", repository)).0;
        assert_eq!(named("https://forge.example/acme/files"), Vec::<&str>::new());
        assert_eq!(named("https://forge.example/acme-evil/files"), ["policy/identity-mismatch"]);
        assert_eq!(
            rules(&policy, &about("unknown", "https://forge.example/acme/files")),
            (vec!["policy/identity-mismatch"], 1)
        );
    }

    #[test]
    fn young_releases_and_unknown_ages_are_told_apart() {
        let policy = asked("[gate]\nminimum-release-age = \"3 days\"\n");
        assert_eq!(rules(&policy, &about("verified", "")), (vec!["policy/release-too-young"], 0));
        let old = Policy { now: time::parse("2026-02-01T00:00:00Z"), ..policy.clone() };
        assert_eq!(rules(&old, &about("verified", "")), (vec![], 0));
        let silent = About { published: None, ..about("verified", "") };
        assert_eq!(rules(&old, &silent), (vec![], 1));
        let folder = About { published_by_registry: false, ..silent };
        assert_eq!(rules(&old, &folder), (vec![], 0));
        assert_eq!(rules(&Policy { now: None, ..policy }, &about("verified", "")), (vec![], 1));
    }

    #[test]
    fn old_reference_data_leaves_the_answer_open() {
        let policy = asked("[gate]\nmaximum-database-age = \"30 days\"\n");
        let why = |date: Option<&str>, policy: &Policy| {
            let dated = Dated {
                what: "the rules".to_owned(),
                date: date.and_then(time::parse),
                remedy: "update mcp-vouch",
            };
            let about = About { references: vec![dated], ..about("verified", "") };
            let (violations, unchecked) = compare(policy, &about);
            assert!(violations.is_empty() && unchecked.iter().all(|gap| gap.needed));
            unchecked.into_iter().map(|gap| gap.why).collect::<Vec<_>>()
        };
        let old = "the rules of 2025-12-01 are 32 days old; the policy allows 30 days: update mcp-vouch";
        assert_eq!(why(Some("2025-12-01T00:00:00Z"), &policy), [old]);
        for fresh in ["2025-12-03T00:00:00Z", "2026-01-02T23:59:59Z"] {
            assert_eq!(why(Some(fresh), &policy), [""; 0], "{fresh}");
        }
        let future = "the rules of 2026-01-04 are newer than the clock says it is: set the clock";
        assert_eq!(why(Some("2026-01-04T00:00:00Z"), &policy), [future]);
        let unknown = "it is not known how old the rules are; the policy allows 30 days: update mcp-vouch";
        assert_eq!(why(None, &policy), [unknown]);
        let timeless = Policy { now: None, ..policy.clone() };
        assert_eq!(why(Some("2025-12-03T00:00:00Z"), &timeless), ["the age of the rules needs a clock"]);
        assert_eq!(why(None, &Policy { maximum_database_age: None, ..policy }), [""; 0]);
    }

    #[test]
    fn only_what_is_allowed_may_be_scanned() {
        let policy = asked("[allow]\nsources = [\"pypi\"]\nconnectors = [\"pypi:*\"]\n");
        let both = vec!["policy/not-allowed", "policy/not-allowed"];
        assert_eq!(rules(&policy, &about("verified", "")), (both, 0));
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (text, pattern, expected) in [
            ("npm:@acme/files", "npm:@acme/*", true),
            ("npm:@acme/files", "npm:@acme/files", true),
            ("npm:@acme/files", "npm:@acme/file", false),
            ("npm:@acme/files", "*files", true),
            ("npm:@acme/files", "*", true),
            ("npm:@acme/files", "npm:*/f*s", true),
            ("npm:@acme/files", "npm:*/f*x", false),
            ("ab", "ab*b", false),
            ("", "*", true),
            ("a", "", false),
        ] {
            assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
        }
    }
}
