//! Reports to the versioned JSON that machines read; `schema/report-1.schema.json` describes it.
//!
//! The structs here are the format. Internal types are never serialised.

mod document;

use std::{collections::BTreeMap, io};

use serde_json::{Value, json};

pub use document::*;

use super::{Format, Report, Run, inventory};
use crate::{
    connector::{Annotations, capabilities::Uses},
    finding,
    gate::Judged,
    untrusted::excerpt,
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

/// Reads a report of this version, or of an earlier one that says the same.
///
/// # Errors
/// The words for why the text is none.
pub fn read(text: &str) -> Result<Document, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if document.schema == SCHEMA {
        Ok(document)
    } else {
        Err(format!("its `schema` is `{}`, not `{SCHEMA}`", excerpt(&document.schema, 60)))
    }
}

fn document(run: &Run, reports: &[Report]) -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "mcp-vouch".to_owned(),
            version: run.version.to_owned(),
            rules_digest: run.rules_digest.clone(),
            reference_data: run.reference_data.clone(),
        },
        reports: reports.iter().map(target).collect(),
    }
}

fn target(report: &Report) -> Target {
    Target {
        written: report.target.clone(),
        configured: report
            .configured
            .as_ref()
            .map(|asked| Configured { name: asked.name.clone(), location: location(&asked.location) }),
        artifact: report.artifact.as_ref().map(|artifact| Artifact {
            ecosystem: artifact.ecosystem.clone(),
            name: artifact.name.clone(),
            version: artifact.version.clone(),
            digest: artifact.digest.clone(),
            source: artifact.source.clone(),
            resolution: artifact.resolution.clone(),
            published: artifact.published.clone(),
            deprecated: artifact.deprecated.clone(),
        }),
        verdict: report.outcome.verdict.name().to_owned(),
        policy: report.outcome.policy.clone(),
        exceptions: report
            .outcome
            .spent
            .iter()
            .map(|spent| Exception {
                rule: spent.rule.clone(),
                line: spent.line,
                until: spent.until.clone(),
                state: spent.state.name().to_owned(),
            })
            .collect(),
        provenance: report.provenance.iter().map(provenance).collect(),
        baseline: report.compared.as_ref().map(|compared| Baseline {
            target: compared.target.clone(),
            ecosystem: compared.ecosystem.clone(),
            name: compared.name.clone(),
            version: compared.version.clone(),
            digest: compared.digest.clone(),
            reason: compared.reason.clone(),
        }),
        findings: report.outcome.findings.iter().map(finding).collect(),
        tools: report.tools.iter().map(tool).collect(),
        prompts: report.prompts.clone(),
        resources: report.resources.clone(),
        capabilities: capabilities(report),
        scopes: report
            .scopes
            .iter()
            .map(|scope| Scope {
                kind: scope.kind.to_owned(),
                name: scope.name.clone(),
                asked: scope.asked.to_owned(),
                secret: scope.secret,
                required: scope.required,
                location: scope.location.as_ref().map(location),
            })
            .collect(),
        dependencies: report
            .dependencies
            .iter()
            .map(|dependency| Dependency {
                ecosystem: dependency.ecosystem.clone(),
                name: dependency.name.clone(),
                requirement: dependency.requirement.clone(),
                kind: dependency.kind.clone(),
            })
            .collect(),
        coverage: coverage(&report.coverage),
        unchecked: report
            .outcome
            .unchecked
            .iter()
            .map(|gap| Unchecked { check: gap.check.clone(), why: gap.why.clone(), needed: gap.needed })
            .collect(),
    }
}

fn provenance(one: &super::ProvenanceFacts) -> Provenance {
    let (notes, facts): (Vec<_>, Vec<_>) = one.facts.iter().partition(|(name, _)| *name == "note");
    Provenance {
        kind: one.kind.to_owned(),
        state: one.state.to_owned(),
        about: one.about.clone(),
        why: one.why.clone(),
        facts: facts.into_iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect(),
        notes: notes.into_iter().map(|(_, note)| note.clone()).collect(),
    }
}

fn finding(judged: &Judged) -> Finding {
    let finding = &judged.finding;
    Finding {
        id: judged.id.clone(),
        rule: finding.rule.id.clone(),
        severity: finding.severity.name().to_owned(),
        confidence: finding.confidence.name().to_owned(),
        gates: judged.gates,
        message: finding.message.clone(),
        location: finding.location.as_ref().map(location),
        also: finding.also.iter().map(location).collect(),
        tool: finding.tool.clone(),
        steps: finding
            .steps
            .iter()
            .map(|step| Step { location: location(&step.location), what: step.what.clone() })
            .collect(),
        content: finding.content.clone(),
        accepted: judged.accepted.as_ref().map(|exception| Accepted {
            reason: exception.reason.clone(),
            owner: exception.owner.clone(),
            until: exception.until.clone(),
        }),
        change: finding.change.as_deref().map(|change| Change {
            class: change.class.name().to_owned(),
            direction: change.direction.name().to_owned(),
            before: change.before.clone(),
            now: change.now.clone(),
        }),
        fix: finding.rule.fix.clone(),
    }
}

fn location(location: &finding::Location) -> Location {
    Location { path: location.path.clone(), line: location.line, column: location.column }
}

fn tool(tool: &super::ToolFacts) -> ConnectorTool {
    ConnectorTool {
        name: tool.name.clone(),
        title: tool.title.clone(),
        description: tool.description.clone(),
        input: tool.input.clone(),
        annotations: annotations(tool.annotations),
        found: tool.found.to_owned(),
        location: tool.location.as_ref().map(location),
        reach: tool.reach.as_ref().map(|reach| Reach {
            uses: reach.uses.iter().map(|(&name, place)| (name.to_owned(), location(place))).collect(),
            hosts: reach.hosts.clone(),
            unfollowed: reach.unfollowed,
        }),
    }
}

fn annotations(annotations: Annotations) -> BTreeMap<String, bool> {
    [
        ("read_only", annotations.read_only),
        ("destructive", annotations.destructive),
        ("idempotent", annotations.idempotent),
        ("open_world", annotations.open_world),
    ]
    .into_iter()
    .filter_map(|(name, hint)| hint.map(|hint| (name.to_owned(), hint)))
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

fn coverage(coverage: &super::Coverage) -> Coverage {
    Coverage {
        files: coverage.files,
        read: coverage
            .read
            .iter()
            .map(|(&kind, &(files, bytes))| (kind.to_owned(), Amount { files, bytes }))
            .collect(),
        skipped: coverage
            .skipped
            .iter()
            .map(|(path, why)| Skipped { path: path.clone(), why: why.clone() })
            .collect(),
        tools: Registrations { seen: coverage.registrations_seen, read: coverage.registrations_read },
    }
}
