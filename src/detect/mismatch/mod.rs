//! What tools say, held against what the code behind them does.
//!
//! Claims and reach go in; contradictions come out, with the calls from the handler to the place.
//! What most tools of a server share (logs, caches, a session) is nobody's purpose and is left out.

mod annotations;
mod claims;
mod hosts;
mod places;

use self::places::View;
use super::{Asked, Check, Subject};
use crate::finding::Finding;

/// Answers for the rules about contradictions between text and code.
pub(super) struct Mismatch;

impl Check for Mismatch {
    fn name(&self) -> &'static str {
        "mismatch"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        if subject.connector.tools.iter().all(|tool| tool.reach.is_none()) {
            return;
        }
        let view = View::new(subject);
        let mut told = Vec::new();
        if let Some(rule) = asked.rule("mismatch/claimed-computation") {
            claims::ask(&view, rule, &mut told, findings);
        }
        annotations::ask(&view, asked, findings);
        if let Some(rule) = asked.rule("mismatch/hidden-host") {
            hosts::ask(&view, rule, &told, findings);
        }
    }
}
