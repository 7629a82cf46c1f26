//! Reports to the versioned JSON that machines read; `schema/report-1.schema.json` describes it.
//!
//! The structs here are the format. Internal types are never serialised.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Format, Report, Run, inventory};
use crate::{
    connector::{Annotations, capabilities::Uses},
    finding,
    gate::Judged,
};

/// The name of the format's version, the first member of every document.
pub const SCHEMA: &str = "mcp-vouch/report/1";

/// Writes `json`.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&text(run, &run.reports)?)
    }
}

/// The document about some reports of a run.
pub(super) fn text(run: &Run, reports: &[Report]) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(&document(run, reports))?;
    text.push(b'\n');
    Ok(text)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool<'a>,
    reports: Vec<Target<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'static str,
    rules_digest: &'a str,
}

#[derive(Serialize)]
struct Target<'a> {
    #[serde(rename = "target")]
    written: &'a str,
    artifact: Option<Artifact<'a>>,
    verdict: &'static str,
    policy: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<Exception<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provenance: Vec<Provenance<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline<'a>>,
    findings: Vec<Finding<'a>>,
    tools: Vec<ConnectorTool<'a>>,
    prompts: &'a [String],
    resources: &'a [String],
    capabilities: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<Scope<'a>>,
    dependencies: Vec<Dependency<'a>>,
    coverage: Coverage<'a>,
    unchecked: Vec<Unchecked<'a>>,
}

#[derive(Serialize)]
struct Artifact<'a> {
    ecosystem: &'a str,
    name: &'a str,
    version: &'a str,
    digest: &'a str,
    source: &'a str,
    resolution: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecated: Option<&'a str>,
}

#[derive(Serialize)]
struct Baseline<'a> {
    target: &'a str,
    ecosystem: &'a str,
    name: &'a str,
    version: &'a str,
    digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Provenance<'a> {
    kind: &'static str,
    state: &'static str,
    about: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    why: &'a str,
    facts: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'a str>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    gates: bool,
    message: &'a str,
    location: Option<Location<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Accepted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change<'a>>,
    fix: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    class: &'static str,
    direction: &'static str,
    before: &'a str,
    now: &'a str,
}

#[derive(Serialize)]
struct Accepted<'a> {
    reason: &'a str,
    owner: &'a str,
    until: &'a str,
}

#[derive(Serialize)]
struct Exception<'a> {
    rule: &'a str,
    line: usize,
    until: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Step<'a> {
    location: Location<'a>,
    what: &'a str,
}

#[derive(Serialize)]
struct ConnectorTool<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a super::Schema>,
    annotations: BTreeMap<&'static str, bool>,
    found: &'static str,
    location: Option<Location<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<Reach<'a>>,
}

#[derive(Serialize)]
struct Reach<'a> {
    uses: BTreeMap<&'static str, Location<'a>>,
    hosts: &'a BTreeSet<String>,
    unfollowed: usize,
}

#[derive(Serialize)]
struct Scope<'a> {
    kind: &'static str,
    name: &'a str,
    asked: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
struct Dependency<'a> {
    ecosystem: &'a str,
    name: &'a str,
    requirement: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
struct Coverage<'a> {
    files: usize,
    read: BTreeMap<&'static str, Amount>,
    skipped: Vec<Skipped<'a>>,
    tools: Registrations,
}

#[derive(Serialize)]
struct Amount {
    files: usize,
    bytes: u64,
}

#[derive(Serialize)]
struct Skipped<'a> {
    path: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Registrations {
    seen: usize,
    read: usize,
}

#[derive(Serialize)]
struct Unchecked<'a> {
    check: &'a str,
    why: &'a str,
    needed: bool,
}

fn document<'a>(run: &'a Run, reports: &'a [Report]) -> Document<'a> {
    Document {
        schema: SCHEMA,
        tool: Tool { name: "mcp-vouch", version: run.version, rules_digest: &run.rules_digest },
        reports: reports.iter().map(target).collect(),
    }
}

fn target(report: &Report) -> Target<'_> {
    Target {
        written: &report.target,
        artifact: report.artifact.as_ref().map(|artifact| Artifact {
            ecosystem: &artifact.ecosystem,
            name: &artifact.name,
            version: &artifact.version,
            digest: &artifact.digest,
            source: &artifact.source,
            resolution: &artifact.resolution,
            published: artifact.published.as_deref(),
            deprecated: artifact.deprecated.as_deref(),
        }),
        verdict: report.outcome.verdict.name(),
        policy: &report.outcome.policy,
        exceptions: report
            .outcome
            .spent
            .iter()
            .map(|spent| Exception {
                rule: &spent.rule,
                line: spent.line,
                until: &spent.until,
                state: spent.state.name(),
            })
            .collect(),
        provenance: report.provenance.iter().map(provenance).collect(),
        baseline: report.compared.as_ref().map(|compared| Baseline {
            target: &compared.target,
            ecosystem: &compared.ecosystem,
            name: &compared.name,
            version: &compared.version,
            digest: &compared.digest,
            reason: compared.reason.as_deref(),
        }),
        findings: report.outcome.findings.iter().map(finding).collect(),
        tools: report.tools.iter().map(tool).collect(),
        prompts: &report.prompts,
        resources: &report.resources,
        capabilities: capabilities(report),
        scopes: report
            .scopes
            .iter()
            .map(|scope| Scope {
                kind: scope.kind,
                name: &scope.name,
                asked: scope.asked,
                secret: scope.secret,
                required: scope.required,
                location: scope.location.as_ref().map(location),
            })
            .collect(),
        dependencies: report
            .dependencies
            .iter()
            .map(|dependency| Dependency {
                ecosystem: &dependency.ecosystem,
                name: &dependency.name,
                requirement: &dependency.requirement,
                kind: &dependency.kind,
            })
            .collect(),
        coverage: coverage(&report.coverage),
        unchecked: report
            .outcome
            .unchecked
            .iter()
            .map(|gap| Unchecked { check: &gap.check, why: &gap.why, needed: gap.needed })
            .collect(),
    }
}

fn provenance(one: &super::ProvenanceFacts) -> Provenance<'_> {
    let (notes, facts): (Vec<_>, Vec<_>) = one.facts.iter().partition(|(name, _)| *name == "note");
    Provenance {
        kind: one.kind,
        state: one.state,
        about: &one.about,
        why: &one.why,
        facts: facts.into_iter().map(|(name, fact)| (*name, fact.as_str())).collect(),
        notes: notes.into_iter().map(|(_, note)| note.as_str()).collect(),
    }
}

fn finding(judged: &Judged) -> Finding<'_> {
    let finding = &judged.finding;
    Finding {
        id: &judged.id,
        rule: &finding.rule.id,
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        gates: judged.gates,
        message: &finding.message,
        location: finding.location.as_ref().map(location),
        tool: finding.tool.as_deref(),
        steps: finding
            .steps
            .iter()
            .map(|step| Step { location: location(&step.location), what: &step.what })
            .collect(),
        content: &finding.content,
        accepted: judged.accepted.as_ref().map(|exception| Accepted {
            reason: &exception.reason,
            owner: &exception.owner,
            until: &exception.until,
        }),
        change: finding.change.as_deref().map(|change| Change {
            class: change.class.name(),
            direction: change.direction.name(),
            before: &change.before,
            now: &change.now,
        }),
        fix: &finding.rule.fix,
    }
}

fn location(location: &finding::Location) -> Location<'_> {
    Location { path: &location.path, line: location.line, column: location.column }
}

fn tool(tool: &super::ToolFacts) -> ConnectorTool<'_> {
    ConnectorTool {
        name: &tool.name,
        title: tool.title.as_deref(),
        description: tool.description.as_deref(),
        input: tool.input.as_ref(),
        annotations: annotations(tool.annotations),
        found: tool.found,
        location: tool.location.as_ref().map(location),
        reach: tool.reach.as_ref().map(|reach| Reach {
            uses: reach.uses.iter().map(|(&name, place)| (name, location(place))).collect(),
            hosts: &reach.hosts,
            unfollowed: reach.unfollowed,
        }),
    }
}

fn annotations(annotations: Annotations) -> BTreeMap<&'static str, bool> {
    [
        ("read_only", annotations.read_only),
        ("destructive", annotations.destructive),
        ("idempotent", annotations.idempotent),
        ("open_world", annotations.open_world),
    ]
    .into_iter()
    .filter_map(|(name, hint)| hint.map(|hint| (name, hint)))
    .collect()
}

fn capabilities(report: &Report) -> Value {
    let mut members = serde_json::Map::new();
    for (key, _, one) in inventory::counted(&report.capabilities) {
        members.insert(key.to_owned(), uses(one));
    }
    for (key, _, named) in inventory::named(&report.capabilities) {
        let named = named.iter().map(|(name, one)| (name.clone(), uses(one)));
        members.insert(key.to_owned(), Value::Object(named.collect()));
    }
    for (key, _, described) in inventory::described(&report.capabilities) {
        members.insert(key.to_owned(), json!(described));
    }
    Value::Object(members)
}

fn uses(uses: &Uses) -> Value {
    let places: Vec<Value> = uses
        .places
        .iter()
        .map(|(place, what)| {
            json!({ "path": place.path, "line": place.line, "column": place.column, "what": what })
        })
        .collect();
    json!({ "count": uses.count, "bundled": uses.bundled, "places": places })
}

fn coverage(coverage: &super::Coverage) -> Coverage<'_> {
    Coverage {
        files: coverage.files,
        read: coverage.read.iter().map(|(&kind, &(files, bytes))| (kind, Amount { files, bytes })).collect(),
        skipped: coverage.skipped.iter().map(|(path, why)| Skipped { path, why }).collect(),
        tools: Registrations { seen: coverage.registrations_seen, read: coverage.registrations_read },
    }
}
