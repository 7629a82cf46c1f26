//! Reports to a CycloneDX 1.6 bill of materials: the connector, what it depends on, the hosts that
//! it talks to, and the weaknesses that were found.

use std::{collections::BTreeMap, io};

use serde_json::{Map, Value, json};

use super::{Format, Report, Run, subject};
use crate::{
    finding::{Confidence, Severity},
    gate::Judged,
};

/// Writes `cyclonedx`.
pub struct CycloneDx;

impl Format for CycloneDx {
    fn name(&self) -> &'static str {
        "cyclonedx"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut document = document(run);
        let serial = subject::uuid(document.to_string().as_bytes());
        document["serialNumber"] = json!(format!("urn:uuid:{serial}"));
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}

fn document(run: &Run) -> Value {
    let mut components = Vec::new();
    let mut services = Vec::new();
    let mut relations = Vec::new();
    let mut weaknesses = Vec::new();
    let mut connectors = Vec::new();
    for (at, report) in run.reports.iter().enumerate() {
        let dependencies = dependencies(at, report);
        let hosts = hosts(at, report);
        let needs: Vec<&str> =
            [&dependencies, &hosts].into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        relations.push(json!({ "ref": reference(at), "dependsOn": needs }));
        connectors.push(connector(at, report));
        components.extend(dependencies.into_values());
        services.extend(hosts.into_values());
        let found = report.outcome.findings.iter().filter(|judged| !judged.finding.rule.cwe.is_empty());
        weaknesses.extend(found.map(|judged| weakness(at, judged)));
    }
    let mut metadata = json!({
        "tools": { "components": [{
            "type": "application",
            "name": "mcp-vouch",
            "version": run.version,
            "properties": [property("rules-digest", &run.rules_digest)],
        }] },
    });
    if connectors.len() == 1 {
        metadata["component"] = connectors.remove(0);
    }
    components.splice(0..0, connectors);
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "services": services,
        "dependencies": relations,
        "vulnerabilities": weaknesses,
    })
}

fn reference(at: usize) -> String {
    format!("connector-{at}")
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": format!("{}:{name}", subject::NAMESPACE), "value": value })
}

fn connector(at: usize, report: &Report) -> Value {
    let mut properties =
        vec![property("target", &report.target), property("verdict", report.outcome.verdict.name())];
    properties.extend(report.tools.iter().map(|tool| property("tool", &tool.name)));
    properties
        .extend(report.provenance.iter().map(|one| property(&format!("evidence:{}", one.kind), one.state)));
    let mut component = json!({
        "type": "application",
        "bom-ref": reference(at),
        "name": report.target,
        "purl": subject::product(report),
        "properties": properties,
    });
    if let Some(artifact) = &report.artifact {
        component["name"] = json!(artifact.name);
        if !artifact.version.is_empty() {
            component["version"] = json!(artifact.version);
        }
        let hashes: Vec<Value> = subject::digests(artifact)
            .into_iter()
            .filter_map(|(algorithm, hex)| {
                Some(json!({ "alg": algorithm_name(&algorithm)?, "content": hex }))
            })
            .collect();
        if !hashes.is_empty() {
            component["hashes"] = json!(hashes);
        }
    }
    component
}

fn algorithm_name(algorithm: &str) -> Option<&'static str> {
    match algorithm {
        "sha1" => Some("SHA-1"),
        "sha256" => Some("SHA-256"),
        "sha384" => Some("SHA-384"),
        "sha512" => Some("SHA-512"),
        _ => None,
    }
}

/// Declared dependencies by reference; a requirement is no version, so none is claimed.
fn dependencies(at: usize, report: &Report) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    for dependency in &report.dependencies {
        let purl = subject::purl_of(&dependency.ecosystem, &dependency.name);
        let key = format!("{}/{purl}", reference(at));
        let requirement = property(&format!("requirement:{}", dependency.kind), &dependency.requirement);
        let component = found.entry(key.clone()).or_insert_with(|| {
            let scope = if dependency.kind == "normal" { "required" } else { "optional" };
            let name = if dependency.name.is_empty() { "(no name)" } else { &dependency.name };
            json!({
                "type": "library", "bom-ref": key, "name": name, "purl": purl, "scope": scope, "properties": [],
            })
        });
        if let Some(Value::Array(properties)) = component.get_mut("properties") {
            properties.push(requirement);
        }
    }
    found
}

/// Hosts that requests go to, by reference. Data flows to the service, and back from it.
fn hosts(at: usize, report: &Report) -> BTreeMap<String, Value> {
    let hosts = report.capabilities.hosts.iter();
    hosts
        .map(|(host, uses)| {
            let key = format!("{}/host/{}", reference(at), subject::encoded(host));
            let places = uses
                .places
                .iter()
                .map(|(place, what)| property("request", &format!("{}:{} {what}", place.path, place.line)));
            let service = json!({
                "bom-ref": key,
                "name": if host.is_empty() { "(no name)" } else { host },
                "endpoints": [format!("//{}", subject::encoded(host))],
                "x-trust-boundary": true,
                "data": [{ "flow": "bi-directional", "classification": "unknown" }],
                "properties": places.collect::<Vec<_>>(),
            });
            (key, service)
        })
        .collect()
}

fn weakness(at: usize, judged: &Judged) -> Value {
    let finding = &judged.finding;
    let mut properties = vec![
        property("rule", &finding.rule.id),
        property("confidence", finding.confidence.name()),
        property("gates", if judged.gates { "true" } else { "false" }),
    ];
    properties.extend(subject::place(finding).map(|place| property("place", &place)));
    properties.extend(finding.tool.as_ref().map(|tool| property("tool", tool)));
    let mut members = Map::new();
    let source = json!({ "name": "mcp-vouch", "url": subject::HOME });
    for (name, value) in [
        ("bom-ref", json!(format!("{}/finding/{}", reference(at), judged.id))),
        ("id", json!(format!("mcp-vouch:{}", judged.id))),
        ("source", source.clone()),
        ("ratings", json!([{ "source": source, "severity": severity(finding.severity), "method": "other" }])),
        ("cwes", json!(finding.rule.cwe)),
        ("description", json!(subject::message(finding))),
        ("detail", json!(finding.rule.why)),
        ("recommendation", json!(finding.rule.fix)),
        ("analysis", analysis(judged)),
        ("affects", json!([{ "ref": reference(at) }])),
        ("properties", json!(properties)),
    ] {
        members.insert(name.to_owned(), value);
    }
    Value::Object(members)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

/// How far it has been looked into: a person answers for it, or what is nearly always right counts as
/// it stands.
fn analysis(judged: &Judged) -> Value {
    if let Some(words) = subject::accepted(judged) {
        return json!({ "state": "not_affected", "detail": words });
    }
    match judged.finding.confidence {
        Confidence::High => {
            json!({ "state": "exploitable", "detail": "found by a rule that is hardly ever wrong" })
        }
        Confidence::Medium | Confidence::Low => {
            json!({ "state": "in_triage", "detail": "found by a rule that needs a person's look" })
        }
    }
}
