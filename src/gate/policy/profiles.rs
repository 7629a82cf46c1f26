//! The profiles: where settings begin.

use super::{Incomplete, Requirement, Threshold};
use crate::finding::{Confidence, Severity};

/// One day, seconds.
const DAY: i64 = 86_400;

/// Where settings begin that a policy does not write down.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// A person before an installation: certain harm fails.
    #[default]
    Laptop,
    /// A repository's own gate: probable harm fails, and a release of today is too young.
    Ci,
    /// Many connectors every night: weaknesses fail too where they are certain.
    Audit,
    /// Nothing without evidence: build provenance is needed, and what was not looked at fails.
    Strict,
}

impl Profile {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Laptop => "laptop",
            Self::Ci => "ci",
            Self::Audit => "audit",
            Self::Strict => "strict",
        }
    }

    /// The profile with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Laptop, Self::Ci, Self::Audit, Self::Strict].into_iter().find(|profile| profile.name() == name)
    }

    pub(super) fn threshold(self) -> Threshold {
        let (least, confidence) = match self {
            Self::Laptop => (Severity::High, Confidence::High),
            Self::Ci => (Severity::High, Confidence::Medium),
            Self::Audit => (Severity::Medium, Confidence::High),
            Self::Strict => (Severity::Medium, Confidence::Medium),
        };
        Threshold { fail_on: Some(least), confidence }
    }

    pub(super) fn incomplete(self) -> Incomplete {
        match self {
            Self::Laptop | Self::Ci | Self::Audit => Incomplete::Incomplete,
            Self::Strict => Incomplete::Fail,
        }
    }

    pub(super) fn minimum_release_age(self) -> Option<i64> {
        match self {
            Self::Laptop | Self::Audit => None,
            Self::Ci => Some(DAY),
            Self::Strict => Some(3 * DAY),
        }
    }

    pub(super) fn requirements(self) -> Vec<Requirement> {
        match self {
            Self::Laptop | Self::Ci | Self::Audit => Vec::new(),
            Self::Strict => vec![Requirement {
                line: 0,
                connectors: vec!["npm:*".to_owned(), "pypi:*".to_owned()],
                evidence: vec!["provenance".to_owned()],
                facts: Vec::new(),
            }],
        }
    }
}
