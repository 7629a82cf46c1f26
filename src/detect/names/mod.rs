//! The package's name against the names of well-known MCP packages.
//!
//! A coordinate goes in; at most one finding comes out, about the closest well-known name. Pure:
//! the list is part of the binary.

mod compare;
pub(super) mod known;

use super::{Asked, Check, Subject};
use crate::{
    artifact::{Artifact, Ecosystem},
    connector::{Connector, manifest::Manifests},
    finding::{Finding, Severity},
    untrusted::{excerpt, visible},
};
use compare::Likeness;
use known::Name;

/// Characters of a name that are compared; the registries allow fewer.
const LONGEST: usize = 214;

/// Answers for the rule about look-alike names.
pub(super) struct Names;

impl Check for Names {
    fn name(&self) -> &'static str {
        "names"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let Some(rule) = asked.rule("names/look-alike") else { return };
        let Some((ecosystem, name)) = published(subject.artifact, subject.connector) else { return };
        let short: String = name.chars().take(LONGEST).collect();
        let Some((known, likeness)) = closest(&Name::parse(ecosystem, &short)) else { return };
        let (severity, confidence, how) = likeness.judge();
        let message = format!(
            "`{}` {how} the well-known {} package `{}`",
            excerpt(&short, 80),
            known.ecosystem.name(),
            known.full
        );
        let mut finding = Finding::new(rule, message).because(visible(&short));
        finding.severity = finding.severity.min(severity);
        finding.confidence = finding.confidence.min(confidence);
        if claims(&subject.connector.manifests, known) && severity == Severity::High {
            finding.confidence = rule.confidence;
        }
        findings.push(finding);
    }
}

/// The name under which the package is published, or would be.
fn published<'a>(artifact: &'a Artifact, connector: &'a Connector) -> Option<(Ecosystem, &'a str)> {
    let manifests = &connector.manifests;
    let own = manifests.name.as_ref().map(crate::untrusted::Untrusted::raw);
    match artifact.coordinate.ecosystem {
        ecosystem @ (Ecosystem::Npm | Ecosystem::Pypi) => {
            Some((ecosystem, artifact.coordinate.name.as_str()))
        }
        Ecosystem::Git | Ecosystem::Local | Ecosystem::Mcpb if manifests.package_json.is_some() => {
            Some((Ecosystem::Npm, own?))
        }
        Ecosystem::Git | Ecosystem::Local | Ecosystem::Mcpb
            if !manifests.metadata.is_empty() || manifests.pyproject.is_some() =>
        {
            Some((Ecosystem::Pypi, own?))
        }
        Ecosystem::Git | Ecosystem::Local | Ecosystem::Mcpb | Ecosystem::Cargo => None,
    }
}

/// The well-known name that looks most like this one; `None` for names that are well known.
fn closest(name: &Name) -> Option<(&'static Name, Likeness)> {
    let known = known::all();
    if known.iter().any(|known| known.ecosystem == name.ecosystem && known.full == name.full) {
        return None;
    }
    let likenesses = known.iter().filter_map(|known| Some((known, compare::compare(name, known)?)));
    likenesses
        .max_by_key(|(known, likeness)| (*likeness, known.base == name.base, std::cmp::Reverse(&known.full)))
}

/// Whether the package inside calls itself by the well-known name.
fn claims(manifests: &Manifests, known: &Name) -> bool {
    manifests.name.as_ref().is_some_and(|name| Name::parse(known.ecosystem, name.raw()).full == known.full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Confidence;

    fn judged(ecosystem: Ecosystem, name: &str) -> Option<(Severity, Confidence)> {
        closest(&Name::parse(ecosystem, name)).map(|(_, likeness)| {
            let (severity, confidence, _) = likeness.judge();
            (severity, confidence)
        })
    }

    #[test]
    fn look_alikes_are_found() {
        for (name, severity, confidence) in [
            ("@modelcontextprotoco1/server-filesystem", Severity::High, Confidence::High),
            ("@modelcontextprotoсol/server-filesystem", Severity::High, Confidence::High),
            ("@modelcontext-protocol/server-filesystem", Severity::High, Confidence::High),
            ("@playwrigth/mcp", Severity::High, Confidence::High),
            ("@upstash-mcp/context7", Severity::High, Confidence::Medium),
            ("@modelcontextprotocols/server-anything", Severity::High, Confidence::Medium),
            ("chrome-devtool-mcp", Severity::High, Confidence::Medium),
            ("mcp-remot", Severity::High, Confidence::Medium),
            ("figma-developer-mpc", Severity::High, Confidence::Medium),
            ("firecrawl-mpc", Severity::High, Confidence::Medium),
            ("fire-crawl-mcp", Severity::High, Confidence::Medium),
            ("f1recrawl-mcp", Severity::High, Confidence::Medium),
            ("mcp-server-fi1esystem", Severity::Medium, Confidence::Medium),
            ("mcp-server-filesystem", Severity::Medium, Confidence::Medium),
            ("context7-mcp", Severity::Medium, Confidence::Medium),
            ("@modelcontextprotocol/server-filesytem", Severity::Medium, Confidence::Low),
        ] {
            assert_eq!(judged(Ecosystem::Npm, name), Some((severity, confidence)), "{name}");
        }
    }

    #[test]
    fn names_of_their_own_are_silent() {
        for name in [
            "mcp-server",
            "server",
            "my-mcp",
            "mcp-server-mysql",
            "@acme/mcp",
            "@acme/mcp-server",
            "weather-mcp",
            "express",
            "",
            "@",
            "@/",
        ] {
            assert_eq!(judged(Ecosystem::Npm, name), None, "{name}");
        }
        for name in [
            "mcp-server-mysql",
            "mcp-server-sqlite3",
            "my-mcp-clickhouse",
            "fast-api",
            "mcp_server_git",
            "MCP.Proxy",
            "requests",
        ] {
            assert_eq!(judged(Ecosystem::Pypi, name), None, "{name}");
        }
    }

    #[test]
    fn well_known_names_are_never_look_alikes() {
        for known in known::all() {
            assert!(closest(known).is_none(), "{}", known.full);
        }
    }
}
