//! Secrets that manifests declare and the code reads.

use std::collections::BTreeSet;

use super::{about, of};
use crate::{
    artifact::Kind,
    connector::{Asked, Scope, ScopeKind, scopes::is_secret_name},
    detect::Subject,
    finding::{Finding, Rule},
};

/// Variables that build services and clouds set for everybody.
const AMBIENT: [&str; 6] = [
    "GITHUB_TOKEN",
    "CI_JOB_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "NPM_TOKEN",
];

/// Secrets that are not marked so, where the form has a mark.
pub(super) fn unmarked(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let open: Vec<&Scope> = subject
        .connector
        .scopes
        .iter()
        .filter(|scope| matches!(scope.kind, ScopeKind::Environment | ScopeKind::UserConfig))
        .filter(|scope| scope.asked == Asked::Manifest && scope.secret == Some(false))
        .filter(|scope| is_secret_name(&spaced(scope.name.raw())))
        .collect();
    about(rule, &open, |names| {
        format!("{names} is asked for like any other text: clients show and keep it openly")
    })
    .into_iter()
    .collect()
}

/// Secrets that the code reads and no manifest declares, where one declares any.
pub(super) fn undeclared(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let declared: BTreeSet<&str> = of(subject, ScopeKind::Environment)
        .filter(|scope| scope.asked == Asked::Manifest)
        .map(|scope| scope.name.raw())
        .collect();
    if declared.is_empty() {
        return Vec::new();
    }
    let environment = &subject.connector.capabilities.environment;
    let hidden: Vec<&Scope> = of(subject, ScopeKind::Environment)
        .filter(|scope| scope.asked == Asked::Code && !declared.contains(scope.name.raw()))
        .filter(|scope| !AMBIENT.contains(&scope.name.raw()))
        .filter(|scope| environment.get(scope.name.raw()).is_some_and(|uses| uses.count > uses.bundled))
        .filter(|scope| scope.location.as_ref().is_some_and(|location| !subject.code.is_idle(&location.path)))
        .collect();
    about(rule, &hidden, |names| format!("the code reads {names}, which no manifest declares"))
        .into_iter()
        .collect()
}

/// Secrets that a manifest requires and nothing in the package mentions again.
pub(super) fn unused(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let artifact = subject.artifact;
    let whole = subject.code.unread.is_empty()
        && !subject.code.units.is_empty()
        && artifact.unread.is_empty()
        && !artifact.files.iter().any(|file| matches!(file.kind, Kind::Native(_) | Kind::Archive));
    // A library may read the variable under its own name.
    if !whole || !subject.connector.dependencies.is_empty() {
        return Vec::new();
    }
    let said = |name: &str| {
        subject.code.units.iter().any(|unit| unit.strings.iter().any(|(_, text)| text.contains(name)))
    };
    let idle: Vec<&Scope> = of(subject, ScopeKind::Environment)
        .filter(|scope| scope.asked == Asked::Manifest && scope.secret == Some(true))
        .filter(|scope| !scope.name.raw().ends_with(" header") && !said(scope.name.raw()))
        .take(16)
        .collect();
    about(rule, &idle, |names| format!("asks for {names}, which nothing in its code mentions"))
        .into_iter()
        .collect()
}

/// `apiKey` as words.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            out.push('_');
        }
        out.push(c);
        before = c;
    }
    out
}
