//! The words everything downstream speaks: rules, findings, places, severities.

mod change;
mod rule;

pub use change::{Change, Class, Direction};
pub use rule::{Confidence, Rule, Severity};

use sha2::{Digest as _, Sha256};

use crate::artifact::hex;

/// One thing that a rule says about a connector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The rule that speaks.
    pub rule: &'static Rule,
    /// How bad it is if true; the rule's own unless the evidence says less.
    pub severity: Severity,
    /// How sure the evidence makes us; the rule's own unless the evidence says less.
    pub confidence: Confidence,
    /// One printable line; connector text in it went through `Untrusted::visible`.
    pub message: String,
    /// Where it is; `None` for facts about the whole package.
    pub location: Option<Location>,
    /// Further places of the same cause, in order.
    pub also: Vec<Location>,
    /// The tool that it concerns, printable.
    pub tool: Option<String>,
    /// How the value travels, first step first.
    pub steps: Vec<Step>,
    /// What identifies the finding when lines move: the matched text or value.
    pub evidence: String,
    /// Digest of the text that a person looks at to judge it: the lines of its places, and the text
    /// of its tool. Sixteen hexadecimal digits; set once, after all checks.
    pub content: String,
    /// What changed since the approval, where that is what the finding is about.
    pub change: Option<Box<Change>>,
}

/// A place in a file.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Location {
    /// Path in the artifact.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One step of a flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// Where the value passes.
    pub location: Location,
    /// What happens there, printable.
    pub what: String,
}

impl Finding {
    /// A finding with the rule's own severity and confidence.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            message: message.into(),
            location: None,
            also: Vec::new(),
            tool: None,
            steps: Vec::new(),
            evidence: String::new(),
            content: String::new(),
            change: None,
        }
    }

    /// Every place, the first one first.
    pub fn places(&self) -> impl Iterator<Item = &Location> {
        self.location.iter().chain(&self.also)
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Sets the tool that it concerns.
    #[must_use]
    pub fn about(mut self, tool: impl Into<String>) -> Self {
        self.tool = Some(tool.into());
        self
    }

    /// Sets what identifies the finding when lines move.
    #[must_use]
    pub fn because(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = evidence.into();
        self
    }

    /// A stable identity: rule, path, tool and evidence, not the line. Sixteen hexadecimal digits.
    ///
    /// `ordinal` tells equal findings in one file apart, counted from 0 in report order.
    pub fn fingerprint(&self, ordinal: usize) -> String {
        let mut hash = Sha256::new();
        let path = self.location.as_ref().map_or("", |location| location.path.as_str());
        for part in [self.rule.id.as_str(), path, self.tool.as_deref().unwrap_or(""), &self.evidence] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update((ordinal as u64).to_le_bytes());
        hex(&hash.finalize()[..8])
    }
}

/// Findings in report order: severity, confidence, place, rule.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (b.severity, b.confidence)
            .cmp(&(a.severity, a.confidence))
            .then_with(|| a.location.cmp(&b.location))
            .then_with(|| a.rule.id.cmp(&b.rule.id))
            .then_with(|| a.tool.cmp(&b.tool))
            .then_with(|| a.message.cmp(&b.message))
    });
}
