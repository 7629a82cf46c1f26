//! What was scanned, as a report shows it.

use std::collections::BTreeMap;

use crate::{
    acquire::Target,
    artifact::{Artifact, File},
    baseline::Entry,
    connector::{Connector, Scope, Tool, capabilities::Capabilities, dependencies::Dependency},
    detect::{provenance::Verified, reference},
    finding::Location,
    gate::{About, Outcome, requirements, requirements::Dated},
    report::{
        ArtifactFacts, Configured, Coverage, DependencyFacts, ProvenanceFacts, Report, Schema, ScopeFacts,
        ToolFacts,
    },
};

/// Most characters of a tool's description in a report.
const DESCRIPTION: usize = 4_000;

/// A report of which nothing but the outcome is known.
pub(super) fn empty(target: &Target, outcome: Outcome) -> Report {
    Report {
        target: target.written.clone(),
        configured: target.configured.as_ref().map(|asked| Configured {
            location: Location { path: asked.path.clone(), line: asked.line, column: asked.column },
            name: asked.name.clone(),
        }),
        artifact: None,
        outcome,
        provenance: Vec::new(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        capabilities: Capabilities::default(),
        scopes: Vec::new(),
        dependencies: Vec::new(),
        coverage: Coverage::default(),
        manifest: None,
        hints: Vec::new(),
        excerpts: BTreeMap::new(),
        compared: None,
    }
}

/// What was scanned and how it was pinned.
pub(super) fn artifact(artifact: &Artifact) -> ArtifactFacts {
    let registry = artifact.registry.as_ref();
    ArtifactFacts {
        ecosystem: artifact.coordinate.ecosystem.name().to_owned(),
        name: artifact.coordinate.name.clone(),
        version: artifact.coordinate.version.clone(),
        digest: artifact.digest.to_string(),
        digests: digests(artifact),
        source: artifact.source.clone(),
        resolution: artifact.resolution.clone(),
        published: registry.and_then(|registry| registry.published.clone()),
        deprecated: registry
            .and_then(|registry| registry.deprecated.as_ref())
            .map(|notice| notice.excerpt(DESCRIPTION)),
    }
}

/// Digests of the published file.
fn digests(artifact: &Artifact) -> BTreeMap<&'static str, String> {
    let Some(archive) = &artifact.evidence.archive else { return BTreeMap::new() };
    [("sha256", &archive.sha256), ("sha512", &archive.sha512)]
        .into_iter()
        .filter(|(_, hex)| !hex.is_empty())
        .map(|(algorithm, hex)| (algorithm, hex.clone()))
        .chain([(artifact.digest.algorithm, artifact.digest.hex.clone())])
        .collect()
}

/// What the gate may ask about it.
pub(super) fn about(artifact: &Artifact, provenance: &[Verified], given: &[Dated]) -> About {
    let ecosystem = artifact.coordinate.ecosystem.name();
    let evidence = provenance.iter().map(|one| requirements::Verified {
        kind: one.kind.name(),
        state: one.state.name(),
        facts: one.facts.list(),
    });
    About {
        ecosystem,
        connector: format!("{ecosystem}:{}", crate::untrusted::visible(&artifact.coordinate.name)),
        published_by_registry: artifact.registry.is_some(),
        published: artifact.registry.as_ref().and_then(|registry| registry.published.clone()),
        evidence: evidence.collect(),
        references: references(artifact).chain(given.iter().cloned()).collect(),
    }
}

/// The reference data that every answer rests on, and what this one rests on besides.
fn references(artifact: &Artifact) -> impl Iterator<Item = Dated> {
    let evidence = &artifact.evidence;
    let seconds = |time: u64| i64::try_from(time).ok();
    let root = evidence.trusted_root.as_ref();
    let built_in = reference::all().iter().filter(move |(name, _)| *name != "roots" || root.is_none()).map(
        |(_, reference)| Dated {
            what: format!("the {}", reference.what),
            date: reference.seconds(),
            remedy: "update mcp-vouch",
        },
    );
    let root = root.map(|root| Dated {
        what: format!("the keys in the trust root `{}`", crate::untrusted::excerpt(&root.name, 200)),
        date: root.changed.and_then(seconds),
        remedy: "fetch it again",
    });
    let answers = evidence.answered.map(|time| Dated {
        what: "the answers in the cache".to_owned(),
        date: seconds(time),
        remedy: "check with network",
    });
    built_in.chain(root).chain(answers)
}

/// What a lock says was looked at.
pub(super) fn approved(entry: &Entry) -> ArtifactFacts {
    let artifact = &entry.artifact;
    ArtifactFacts {
        ecosystem: artifact.ecosystem.clone(),
        name: artifact.name.clone(),
        version: artifact.version.clone(),
        digest: artifact.digest.clone(),
        source: format!("what a lock says of `{}`", entry.target),
        ..ArtifactFacts::default()
    }
}

/// A signature or attestation as shown.
pub(super) fn provenance(one: &Verified) -> ProvenanceFacts {
    ProvenanceFacts {
        kind: one.kind.name(),
        words: one.kind.describe(),
        state: one.state.name(),
        about: one.about.clone(),
        why: one.why.clone(),
        facts: one.facts.list(),
        limits: one.kind.limits(),
    }
}

/// A tool as shown.
pub(super) fn tool(tool: &Tool) -> ToolFacts {
    ToolFacts {
        name: tool.name.visible(),
        title: tool.title.as_ref().map(|title| title.excerpt(DESCRIPTION)),
        description: tool.description.as_ref().map(|description| description.excerpt(DESCRIPTION)),
        input: tool.input.as_ref().map(Schema::of),
        annotations: tool.annotations,
        found: tool.found.name(),
        location: tool.location.clone(),
        reach: tool.reach.clone(),
    }
}

/// A scope as shown.
pub(super) fn scope(scope: &Scope) -> ScopeFacts {
    ScopeFacts {
        kind: scope.kind.name(),
        name: scope.name.visible(),
        asked: scope.asked.name(),
        secret: scope.secret,
        required: scope.required,
        location: scope.location.clone(),
    }
}

/// A dependency as shown.
pub(super) fn dependency(dependency: &Dependency) -> DependencyFacts {
    DependencyFacts {
        ecosystem: dependency.ecosystem.name().to_owned(),
        name: dependency.name.visible(),
        requirement: dependency.requirement.visible(),
        kind: dependency.kind.name().to_owned(),
    }
}

/// The file that stands for the whole artifact.
pub(super) fn manifest(artifact: &Artifact, connector: &Connector) -> Option<String> {
    let manifests = &connector.manifests;
    let documents = [
        &manifests.package_json,
        &manifests.pyproject,
        &manifests.mcpb,
        &manifests.server_json,
        &manifests.cargo_toml,
    ];
    let document = documents.into_iter().flatten().map(|document| document.path.clone()).next();
    let metadata = || {
        let named = |file: &&File| ["METADATA", "PKG-INFO"].contains(&last(&file.path));
        artifact.files.iter().filter(named).map(|file| file.path.clone()).min_by_key(String::len)
    };
    document.or_else(metadata).or_else(|| artifact.files.first().map(|file| file.path.clone()))
}

/// The last segment of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
