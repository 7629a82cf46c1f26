//! `[[match]]` tables of rule files against resolved calls and values.

use super::{Asked, Check, Subject};
use crate::finding::Finding;

/// Answers for every rule with `[[match]]` tables.
pub struct Patterns;

impl Check for Patterns {
    fn name(&self) -> &'static str {
        "patterns"
    }

    fn run(&self, _subject: &Subject<'_>, _asked: &Asked, _findings: &mut Vec<Finding>) {}
}
