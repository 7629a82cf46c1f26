//! Declared dependencies: where they come from and what they allow.
//!
//! The dependencies that a user's installation fetches go in; findings come out. Development
//! dependencies are never installed for a user and stay out of it.

use super::{Asked, Check, Subject};
use crate::{
    artifact::Ecosystem,
    connector::dependencies::{Dependency, DependencyKind, Origin},
    finding::Finding,
    untrusted::visible,
};

/// Findings that one rule reports.
const FINDINGS: usize = 50;

/// Names that a message lists.
const LISTED: usize = 5;

/// Answers for the rules about declared dependencies.
pub(super) struct Dependencies;

impl Check for Dependencies {
    fn name(&self) -> &'static str {
        "dependencies"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let installed: Vec<&Dependency> =
            subject.connector.dependencies.iter().filter(|it| is_installed(it)).collect();
        report_each(&installed, Origin::Url, "dependencies/url", asked, findings);
        report_each(&installed, Origin::GitMoving, "dependencies/git-moving", asked, findings);
        report_confusion(subject, &installed, asked, findings);
        report_wildcards(&installed, asked, findings);
    }
}

fn is_installed(dependency: &Dependency) -> bool {
    match dependency.kind {
        DependencyKind::Normal | DependencyKind::Optional | DependencyKind::Build => true,
        DependencyKind::Peer | DependencyKind::Development => false,
    }
}

fn report_each(
    installed: &[&Dependency],
    origin: Origin,
    id: &str,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule(id) else { return };
    for dependency in installed.iter().filter(|it| it.origin == origin).take(FINDINGS) {
        let (name, requirement) = (dependency.name.excerpt(80), dependency.requirement.excerpt(120));
        let message = match origin {
            Origin::GitMoving => {
                format!("`{name}` is fetched from a git reference that can move: `{requirement}`")
            }
            Origin::Url | Origin::Registry | Origin::GitPinned | Origin::Path => {
                format!("`{name}` is fetched from an address outside the registry: `{requirement}`")
            }
        };
        findings.push(
            Finding::new(rule, message)
                .at(dependency.location.clone())
                .because(visible(dependency.name.raw())),
        );
    }
}

/// A version that outbids every real one, with a dependency that the registry does not hold.
fn report_confusion(
    subject: &Subject<'_>,
    installed: &[&Dependency],
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule("dependencies/confusion") else { return };
    let coordinate = &subject.artifact.coordinate.version;
    let version =
        subject.connector.manifests.version.as_ref().map_or(coordinate.as_str(), |version| version.raw());
    let Some(outside) = installed.iter().find(|it| it.origin == Origin::Url).filter(|_| outbids(version))
    else {
        return;
    };
    let message = format!(
        "version `{}` outbids any real one, and `{}` is fetched from an address outside the registry",
        crate::untrusted::excerpt(version, 40),
        outside.name.excerpt(80)
    );
    findings
        .push(Finding::new(rule, message).at(outside.location.clone()).because(visible(outside.name.raw())));
}

/// Whether the first number is all nines: `99.0.1`, `9999.1.0`, but not `9.1` or a year.
fn outbids(version: &str) -> bool {
    let major = version.trim_start_matches(['v', '=']).split('.').next().unwrap_or("");
    major.len() >= 2 && major.bytes().all(|byte| byte == b'9')
}

fn report_wildcards(installed: &[&Dependency], asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("dependencies/wildcard") else { return };
    let open: Vec<&Dependency> = installed
        .iter()
        .copied()
        .filter(|it| it.kind == DependencyKind::Normal && accepts_anything(it))
        .collect();
    let Some(first) = open.first() else { return };
    let names: Vec<String> =
        open.iter().take(LISTED).map(|it| format!("`{}`", it.name.excerpt(60))).collect();
    let more = if open.len() > LISTED { format!(" and {} more", open.len() - LISTED) } else { String::new() };
    let message = format!("any version is accepted of {}{more}", names.join(", "));
    findings.push(Finding::new(rule, message).at(first.location.clone()).because("any version"));
}

fn accepts_anything(dependency: &Dependency) -> bool {
    let requirement = dependency.requirement.raw().trim();
    let is_open = match dependency.ecosystem {
        Ecosystem::Npm => matches!(requirement, "" | "*" | "x" | "X" | "latest" | "next" | ">=0" | ">=0.0.0"),
        Ecosystem::Pypi => matches!(requirement, "" | "*"),
        Ecosystem::Cargo => requirement == "*",
        Ecosystem::Git | Ecosystem::Mcpb | Ecosystem::Local => false,
    };
    is_open && dependency.origin == Origin::Registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_outbid_are_told_from_years() {
        for (version, expected) in [
            ("99.0.1", true),
            ("9999.1.0", true),
            ("v99.9.9", true),
            ("9.9.9", false),
            ("2026.8.31", false),
            ("199.0.0", false),
            ("", false),
        ] {
            assert_eq!(outbids(version), expected, "{version}");
        }
    }
}
