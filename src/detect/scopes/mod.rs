//! What a connector asks for, held against what it needs.
//!
//! Scopes, tools and code go in; what is asked for in excess comes out.

mod grants;
mod variables;

use std::{collections::BTreeSet, fmt::Write as _};

use super::{Asked, Check, Subject};
use crate::{
    connector::{Scope, ScopeKind},
    finding::{Finding, Rule},
};

/// Answers for the rules about scopes.
pub(super) struct Scopes;

impl Check for Scopes {
    fn name(&self) -> &'static str {
        "scopes"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        if subject.connector.scopes.is_empty() {
            return;
        }
        for (id, question) in QUESTIONS {
            if let Some(rule) = asked.rule(id) {
                findings.extend(question(subject, rule));
            }
        }
    }
}

type Question = fn(&Subject<'_>, &'static Rule) -> Vec<Finding>;

const QUESTIONS: &[(&str, Question)] = &[
    ("scope/everything", grants::everything),
    ("scope/write-unneeded", grants::write_unneeded),
    ("scope/container", grants::container),
    ("scope/automatic-approval", grants::automatic_approval),
    ("scope/secret-unmarked", variables::unmarked),
    ("scope/undeclared-secret", variables::undeclared),
    ("scope/unused-secret", variables::unused),
];

/// The scopes of one kind.
fn of<'a>(subject: &Subject<'a>, kind: ScopeKind) -> impl Iterator<Item = &'a Scope> {
    subject.connector.scopes.iter().filter(move |scope| scope.kind == kind)
}

/// One finding about all of these scopes, at the place of the first.
fn about(rule: &'static Rule, scopes: &[&Scope], message: impl Fn(&str) -> String) -> Option<Finding> {
    let first = scopes.first()?;
    let names: BTreeSet<String> = scopes.iter().map(|scope| scope.name.excerpt(80)).collect();
    let mut shown = names.iter().take(6).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 6 {
        let _ = write!(shown, " and {} more", names.len() - 6);
    }
    let evidence = names.into_iter().collect::<Vec<_>>().join(" ");
    let mut finding = Finding::new(rule, message(&shown)).because(evidence);
    finding.location.clone_from(&first.location);
    Some(finding)
}
