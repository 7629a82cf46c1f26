//! What a rule is, apart from how it matches.

use std::fmt;

/// A question with a stable name, why it matters, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// `family/name`, for ever.
    pub id: String,
    /// One line for lists.
    pub title: String,
    /// How bad it is if true.
    pub severity: Severity,
    /// How sure a match makes us.
    pub confidence: Confidence,
    /// For the person who would install the connector.
    pub why: String,
    /// Something they can do today.
    pub fix: String,
    /// Common Weakness Enumeration numbers.
    pub cwe: Vec<u32>,
    /// Ids in other lists, such as `OWASP MCP03:2025 Tool Poisoning`, `SAFE-T1001`, `AML.T0110`.
    pub references: Vec<String>,
}

/// How bad a finding is if it is true.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness that needs other things to go wrong.
    Low,
    /// A weakness that somebody should look at.
    Medium,
    /// Harm, or an open door to it.
    High,
}

/// How sure the evidence makes us.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Confidence {
    /// Often something else.
    Low,
    /// Usually right.
    Medium,
    /// Measured: hardly ever wrong.
    High,
}

impl Severity {
    /// All, from the least to the worst.
    pub const ALL: [Self; 4] = [Self::Info, Self::Low, Self::Medium, Self::High];

    /// The stable name used in rules, flags and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The severity with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

impl Confidence {
    /// All, from the least to the most sure.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The stable name used in rules and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The confidence with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|confidence| confidence.name() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
