//! Whether the package is who it says it is, everywhere the same.
//!
//! The registry's document, the manifests inside and the MCP registry's file are compared; what
//! one of them does not say is not compared.

mod confusion;

use std::str::FromStr as _;

use serde_json::Value;

use super::{Asked, Check, Subject};
use crate::{
    artifact::{Artifact, Ecosystem},
    connector::manifest::{Document, Manifests, place, string},
    finding::{Finding, Location, Severity},
    untrusted::{Untrusted, excerpt, visible},
};

/// Findings that one rule reports.
const FINDINGS: usize = 20;

/// Answers for the rules about identity.
pub(super) struct Identity;

impl Check for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let (artifact, manifests) = (subject.artifact, &subject.connector.manifests);
        compare_names(artifact, manifests, asked, findings);
        confusion::compare(artifact, manifests, asked, findings);
        compare_mcp_names(manifests, asked, findings);
        compare_server_packages(artifact, manifests, asked, findings);
        ask_for_repository(artifact, manifests, asked, findings);
    }
}

/// A name or a version as its registry compares it.
fn same_name(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    if ecosystem != Ecosystem::Pypi {
        return a.trim() == b.trim();
    }
    let normal = |name: &str| {
        let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
    };
    normal(a) == normal(b)
}

fn same_version(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    if ecosystem == Ecosystem::Pypi {
        let parse = pep440_rs::Version::from_str;
        return a == b || matches!((parse(a), parse(b)), (Ok(a), Ok(b)) if a == b);
    }
    let plain = |version: &str| {
        let version = version.trim_start_matches(['v', '=', ' ']);
        version.split_once('+').map_or(version, |(version, _)| version).to_owned()
    };
    plain(a) == plain(b)
}

/// What the registry calls the package: its document, else what was asked for.
fn registry_says<'a>(artifact: &'a Artifact, key: &str, asked_for: &'a str) -> Option<&'a str> {
    let document = artifact.registry.as_ref().map(|registry| &registry.document);
    let said =
        document.and_then(|document| string(document, &[key]).or_else(|| string(document, &["info", key])));
    said.or(Some(asked_for)).filter(|said| !said.is_empty())
}

/// Whether two names, or two versions, are the same to a registry.
type Same = fn(Ecosystem, &str, &str) -> bool;

fn compare_names(artifact: &Artifact, manifests: &Manifests, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("identity/name-mismatch") else { return };
    let coordinate = &artifact.coordinate;
    if !matches!(coordinate.ecosystem, Ecosystem::Npm | Ecosystem::Pypi) {
        return;
    }
    let comparisons: [(&str, &str, &Option<Untrusted>, Same); 2] = [
        ("name", &coordinate.name, &manifests.name, same_name),
        ("version", &coordinate.version, &manifests.version, same_version),
    ];
    for (key, asked_for, inside, same) in comparisons {
        let (Some(said), Some(inside)) = (registry_says(artifact, key, asked_for), inside) else { continue };
        if same(coordinate.ecosystem, said, inside.raw()) {
            continue;
        }
        let message = format!(
            "the registry says {key} `{}`, the package inside says `{}`",
            excerpt(said, 80),
            inside.excerpt(80)
        );
        let finding = Finding::new(rule, message).because(format!("{key} {}", visible(inside.raw())));
        findings.push(match &manifests.package_json {
            Some(document) => finding.at(place(artifact, document, &[key])),
            None => finding,
        });
    }
}

fn compare_mcp_names(manifests: &Manifests, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("identity/mcp-name-mismatch") else { return };
    let server = manifests.server_json.as_ref().and_then(|document| string(&document.value, &["name"]));
    let mut claims = manifests.mcp_names.iter();
    let reference = server.or_else(|| claims.next().map(|(name, _)| name.raw()));
    let Some(reference) = reference else { return };
    let origin = if server.is_some() { "`server.json`" } else { "the first claim" };
    for (name, location) in claims.filter(|(name, _)| name.raw() != reference).take(FINDINGS) {
        let message = format!(
            "claims the MCP name `{}`, but {origin} says `{}`",
            name.excerpt(80),
            excerpt(reference, 80)
        );
        findings.push(Finding::new(rule, message).at(location.clone()).because(visible(name.raw())));
    }
}

/// The packages that `server.json` names for this ecosystem, against the package that holds it.
fn compare_server_packages(
    artifact: &Artifact,
    manifests: &Manifests,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule("identity/server-json-package-mismatch") else { return };
    let (Some(server), Some((ecosystem, name))) = (&manifests.server_json, own_name(artifact, manifests))
    else {
        return;
    };
    let packages = server.value.get("packages").and_then(Value::as_array);
    let packages: Vec<(&str, Option<&str>)> =
        packages.into_iter().flatten().filter_map(|package| package_of(package, ecosystem)).collect();
    let Some(first) = packages.first() else { return };
    let Some((_, version)) = packages.iter().find(|(identifier, _)| same_name(ecosystem, identifier, name))
    else {
        let message = format!(
            "`server.json` names the package `{}`, but this is `{}`",
            excerpt(first.0, 80),
            excerpt(name, 80)
        );
        findings.push(
            Finding::new(rule, message)
                .at(place(artifact, server, &["packages", first.0]))
                .because(visible(first.0)),
        );
        return;
    };
    let own = manifests.version.as_ref().map(Untrusted::raw);
    if let (Some(version), Some(own)) = (version, own)
        && !same_version(ecosystem, version, own)
    {
        let message = format!(
            "`server.json` names version `{}`, but this is `{}`",
            excerpt(version, 40),
            excerpt(own, 40)
        );
        let mut finding = Finding::new(rule, message)
            .at(place(artifact, server, &["packages", version]))
            .because("version");
        finding.severity = finding.severity.min(Severity::Low);
        findings.push(finding);
    }
}

fn own_name<'a>(artifact: &Artifact, manifests: &'a Manifests) -> Option<(Ecosystem, &'a str)> {
    let name = manifests.name.as_ref()?.raw();
    match artifact.coordinate.ecosystem {
        ecosystem @ (Ecosystem::Npm | Ecosystem::Pypi | Ecosystem::Cargo) => Some((ecosystem, name)),
        Ecosystem::Git | Ecosystem::Local if manifests.package_json.is_some() => Some((Ecosystem::Npm, name)),
        Ecosystem::Git | Ecosystem::Local if manifests.pyproject.is_some() => Some((Ecosystem::Pypi, name)),
        Ecosystem::Git | Ecosystem::Local | Ecosystem::Mcpb => None,
    }
}

/// Identifier and version of a package of this ecosystem, in any schema version.
fn package_of(package: &Value, ecosystem: Ecosystem) -> Option<(&str, Option<&str>)> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| string(package, &[key]));
    let kind = text(&["registryType", "registry_type", "registry_name"])?;
    let is_this = kind.eq_ignore_ascii_case(ecosystem.name());
    is_this.then(|| Some((text(&["identifier", "name"])?, string(package, &["version"])))).flatten()
}

fn ask_for_repository(
    artifact: &Artifact,
    manifests: &Manifests,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule("identity/repository-missing") else { return };
    let is_published =
        matches!(artifact.coordinate.ecosystem, Ecosystem::Npm | Ecosystem::Pypi | Ecosystem::Cargo);
    if manifests.repository.is_some() || manifests.name.is_none() || !is_published {
        return;
    }
    let finding = Finding::new(rule, "the package does not say where its source is");
    findings.push(match &manifests.package_json {
        Some(Document { path, .. }) => finding.at(Location { path: path.clone(), line: 1, column: 1 }),
        None => finding,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_compare_as_their_registry_does() {
        for (ecosystem, a, b, expected) in [
            (Ecosystem::Pypi, "A_b.c", "a-b-c", true),
            (Ecosystem::Pypi, "a", "b", false),
            (Ecosystem::Npm, "a_b", "a-b", false),
        ] {
            assert_eq!(same_name(ecosystem, a, b), expected, "{a} {b}");
        }
        for (ecosystem, a, b, expected) in [
            (Ecosystem::Pypi, "1.0", "1.0.0", true),
            (Ecosystem::Pypi, "1.0rc1", "1.0.0-rc.1", true),
            (Ecosystem::Pypi, "1.0", "1.1", false),
            (Ecosystem::Npm, "v1.0.0", "1.0.0", true),
            (Ecosystem::Npm, "1.0.0+build.1", "1.0.0", true),
            (Ecosystem::Npm, "1.0.0", "1.0.1", false),
        ] {
            assert_eq!(same_version(ecosystem, a, b), expected, "{a} {b}");
        }
    }
}
