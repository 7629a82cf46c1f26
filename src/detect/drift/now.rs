//! A connector as it is now, in the words of a lock.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use crate::{
    artifact::Ecosystem,
    baseline::{self, Annotations, Artifact, Claims, Entry, Form, Publisher},
    connector::{
        self, Asked, Connector, Found, ScopeKind,
        capabilities::{Capabilities, Uses},
        dependencies::{DependencyKind, Origin},
    },
    detect::provenance::{Kind, Verified},
    untrusted::Untrusted,
};

/// What a lock would hold of a connector, but for how it was asked for and how it was judged.
pub fn entry(subject: &Subject<'_>) -> Entry {
    let Subject { connector, .. } = subject;
    let form = form(subject);
    let mut entry = Entry {
        unread: connector.registrations.unread.len(),
        instructions: connector.instructions.iter().map(|one| one.text.clone()).collect(),
        scopes: scopes(connector),
        dependencies: dependencies(connector),
        artifact: artifact(subject, form),
        claims: claims(subject),
        publishers: publishers(subject.provenance),
        capabilities: capabilities(&connector.capabilities),
        tools: connector.tools.iter().map(tool).collect(),
        prompts: connector.prompts.iter().map(prompt).collect(),
        resources: connector.resources.iter().map(resource).collect(),
        ..Entry::default()
    };
    entry.instructions.sort();
    entry.instructions.dedup();
    entry.tools.sort_by_cached_key(|tool| (tool.name.clone(), format!("{tool:?}")));
    entry.tools.dedup();
    entry.prompts.sort_by_cached_key(|prompt| (prompt.name.clone(), format!("{prompt:?}")));
    entry.prompts.dedup();
    entry.resources.sort_by_cached_key(|resource| (resource.name.clone(), format!("{resource:?}")));
    entry.resources.dedup();
    entry
}

/// A captured list has no code and no manifest.
fn form(subject: &Subject<'_>) -> Form {
    let tools = &subject.connector.tools;
    let is_captured = !tools.is_empty() && tools.iter().all(|tool| tool.found == Found::Captured);
    let is_local = subject.artifact.coordinate.ecosystem == Ecosystem::Local;
    if is_captured && is_local && subject.artifact.files.len() == 1 { Form::ToolList } else { Form::Package }
}

fn artifact(subject: &Subject<'_>, form: Form) -> Artifact {
    let artifact = subject.artifact;
    let coordinate = &artifact.coordinate;
    let archive = artifact.evidence.archive.as_ref();
    // A Python version has a file for each platform: the same version, other bytes.
    let file =
        archive.filter(|_| coordinate.ecosystem == Ecosystem::Pypi).map(|archive| archive.name.clone());
    Artifact {
        ecosystem: coordinate.ecosystem.name().to_owned(),
        name: coordinate.name.clone(),
        version: coordinate.version.clone(),
        file: file.unwrap_or_default(),
        digest: artifact.digest.to_string(),
        form,
    }
}

fn claims(subject: &Subject<'_>) -> Claims {
    let document = subject.artifact.registry.as_ref().map(|registry| &registry.document);
    let uploader = document.and_then(|document| document.get("_npmUser")?.get("name")?.as_str());
    Claims {
        repository: subject.connector.manifests.repository.clone(),
        uploader: uploader.map(Untrusted::new),
    }
}

/// What verified, failed or was missing, by kind; without what changes with every version.
fn publishers(provenance: &[Verified]) -> Vec<Publisher> {
    let mut publishers: Vec<Publisher> =
        provenance.iter().filter(|one| is_about_people(one.kind)).map(publisher).collect();
    publishers.sort();
    publishers.dedup();
    publishers
}

fn is_about_people(kind: Kind) -> bool {
    match kind {
        Kind::RegistrySignature
        | Kind::NpmPublish
        | Kind::NpmProvenance
        | Kind::PypiPublish
        | Kind::PypiProvenance
        | Kind::GithubProvenance
        | Kind::GithubRelease
        | Kind::Bundle
        | Kind::McpbSignature => true,
        Kind::ServerJsonDigest | Kind::GitSignature | Kind::Source => false,
    }
}

fn publisher(one: &Verified) -> Publisher {
    let facts = &one.facts;
    let unversioned = |text: &str| text.split_once('@').map_or(text, |(path, _)| path).to_owned();
    // The registry changes its own keys as it likes; the key of a bundle is its publisher.
    let key = if one.kind == Kind::McpbSignature { facts.key.clone() } else { String::new() };
    let facts = [
        ("repository", facts.repository.clone()),
        ("repository_id", facts.repository_id.clone()),
        ("owner", facts.owner.clone()),
        ("owner_id", facts.owner_id.clone()),
        ("workflow", unversioned(&facts.workflow)),
        ("signer", unversioned(&facts.signer)),
        ("builder", unversioned(&facts.builder)),
        ("runner", facts.runner.clone()),
        ("issuer", facts.issuer.clone()),
        ("key", key),
    ];
    Publisher {
        kind: one.kind.name().to_owned(),
        state: one.state.name().to_owned(),
        facts: facts
            .into_iter()
            .filter(|(_, fact)| !fact.is_empty())
            .map(|(name, fact)| (name.to_owned(), Untrusted::new(fact)))
            .collect(),
    }
}

/// Capabilities that are counted, by their stable names.
pub(super) fn counted(found: &Capabilities) -> [(&'static str, &Uses); 6] {
    [
        ("dynamic-code", &found.dynamic_code),
        ("file-reads", &found.file_reads),
        ("file-writes", &found.file_writes),
        ("listens", &found.listens),
        ("network", &found.network),
        ("processes", &found.processes),
    ]
}

fn capabilities(found: &Capabilities) -> baseline::Capabilities {
    let used = counted(found).into_iter().filter(|(_, uses)| uses.count > 0);
    baseline::Capabilities {
        uses: used.map(|(name, _)| name.to_owned()).collect(),
        hosts: found.hosts.keys().map(Untrusted::new).collect(),
        mentioned_hosts: found.mentioned_hosts.keys().map(Untrusted::new).collect(),
        native: found.native.clone(),
        install_hooks: found
            .install_hooks
            .iter()
            .map(|(event, command)| (event.clone(), Untrusted::new(command)))
            .collect(),
    }
}

/// What it asks for, each thing once; variables that code reads and hosts that it talks to count too.
fn scopes(connector: &Connector) -> Vec<baseline::Scope> {
    let mut scopes: BTreeMap<(&'static str, Untrusted), baseline::Scope> = BTreeMap::new();
    let mut ask = |kind: &'static str, name: Untrusted, asked: Asked, secret, required| {
        let scope = scopes.entry((kind, name.clone())).or_insert_with(|| baseline::Scope {
            kind: kind.to_owned(),
            name,
            ..baseline::Scope::default()
        });
        let by = match asked {
            Asked::Manifest => "manifest",
            Asked::Code => "code",
        };
        scope.asked.push(by.to_owned());
        scope.secret = scope.secret.max(secret);
        scope.required = scope.required.max(required);
    };
    for scope in &connector.scopes {
        // Hosts that code talks to stand among its capabilities.
        if (scope.kind, scope.asked) != (ScopeKind::Host, Asked::Code) {
            ask(scope.kind.name(), scope.name.clone(), scope.asked, scope.secret, scope.required);
        }
    }
    for variable in &connector.manifests.environment {
        ask("environment", variable.name.clone(), Asked::Manifest, variable.secret, None);
    }
    for name in connector.capabilities.environment.keys() {
        ask("environment", Untrusted::new(name), Asked::Code, None, None);
    }
    let mut scopes: Vec<baseline::Scope> = scopes.into_values().collect();
    for scope in &mut scopes {
        scope.asked = scope.asked.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    }
    scopes
}

fn dependencies(connector: &Connector) -> Vec<baseline::Dependency> {
    let installed = connector.dependencies.iter().filter(|it| it.kind != DependencyKind::Development);
    let mut dependencies: Vec<baseline::Dependency> = installed
        .map(|dependency| baseline::Dependency {
            ecosystem: dependency.ecosystem.name().to_owned(),
            name: dependency.name.clone(),
            requirement: dependency.requirement.clone(),
            kind: dependency.kind.name().to_owned(),
            origin: origin(dependency.origin).to_owned(),
        })
        .collect();
    dependencies.sort();
    dependencies.dedup();
    dependencies
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Registry => "registry",
        Origin::Url => "url",
        Origin::GitPinned => "git-pinned",
        Origin::GitMoving => "git-moving",
        Origin::Path => "path",
    }
}

fn tool(tool: &connector::Tool) -> baseline::Tool {
    let hints = tool.annotations;
    baseline::Tool {
        name: tool.name.clone(),
        title: tool.title.clone(),
        description: tool.description.clone(),
        annotations: Annotations {
            read_only: hints.read_only,
            destructive: hints.destructive,
            idempotent: hints.idempotent,
            open_world: hints.open_world,
        },
        reach: tool.reach.as_ref().map(|reach| baseline::Reach {
            uses: reach.uses.keys().map(|kind| (*kind).to_owned()).collect(),
            hosts: reach.hosts.iter().map(Untrusted::new).collect(),
            unfollowed: reach.unfollowed,
        }),
        input: tool.input.as_ref().map(baseline::schema),
        output: tool.output.as_ref().map(baseline::schema),
    }
}

fn prompt(prompt: &connector::Prompt) -> baseline::Prompt {
    baseline::Prompt {
        name: prompt.name.clone(),
        description: prompt.description.clone(),
        arguments: prompt.arguments.clone(),
        text: prompt.text.clone(),
    }
}

fn resource(resource: &connector::Resource) -> baseline::Resource {
    baseline::Resource {
        name: resource.name.clone(),
        uri: resource.uri.clone(),
        description: resource.description.clone(),
    }
}
