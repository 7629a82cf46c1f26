//! Reports to events for a security data lake (OCSF 1.6): JSON lines, one Detection Finding for each
//! finding, and one Compliance Finding for each scan.

use std::io;

use serde_json::{Value, json};

use super::{Format, Report, Run, plain, subject};
use crate::{
    finding::{Confidence, Severity},
    gate::{Judged, Verdict},
};

/// The version of the schema that the events are written to.
const SCHEMA: &str = "1.6.0";
/// Class numbers of the two kinds of events.
const COMPLIANCE: u32 = 2003;
const DETECTION: u32 = 2004;

/// Writes `ocsf`.
pub struct Ocsf;

impl Format for Ocsf {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        for report in &run.reports {
            let evidence = subject::evidence(run, report)?;
            for judged in &report.outcome.findings {
                line(&detection(run, report, judged, &evidence), out)?;
            }
            line(&compliance(run, report, &evidence), out)?;
        }
        Ok(())
    }
}

fn line(event: &Value, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, event)?;
    out.write_all(b"\n")
}

/// What every event has.
fn event(run: &Run, report: &Report, class: u32, class_name: &str, severity: Severity) -> Value {
    let time = subject::seconds(run).saturating_mul(1_000);
    let (severity_id, severity) = match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
    };
    json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": class,
        "class_name": class_name,
        "type_uid": class * 100 + 1,
        "type_name": format!("{class_name}: Create"),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "time": time,
        "metadata": {
            "version": SCHEMA,
            "product": { "name": "mcp-vouch", "vendor_name": "mcp-vouch", "version": run.version, "url_string": subject::HOME },
        },
        "resources": [resource(report)],
    })
}

fn resource(report: &Report) -> Value {
    let mut resource =
        json!({ "uid": subject::product(report), "name": report.target, "type": "MCP connector" });
    if let Some(artifact) = &report.artifact {
        resource["name"] = json!(artifact.name);
        if !artifact.version.is_empty() {
            resource["version"] = json!(artifact.version);
        }
    }
    resource
}

/// Members of ours, which the schema has no place for.
fn unmapped(run: &Run, report: &Report, evidence: &str) -> Value {
    json!({
        "target": report.target,
        "verdict": report.outcome.verdict.name(),
        "artifact_digest": report.artifact.as_ref().map(subject::digest),
        "rules_digest": format!("sha256:{}", run.rules_digest),
        "evidence_digest": format!("sha256:{evidence}"),
    })
}

fn detection(run: &Run, report: &Report, judged: &Judged, evidence: &str) -> Value {
    let finding = &judged.finding;
    let mut event = event(run, report, DETECTION, "Detection Finding", finding.severity);
    let (confidence_id, confidence) = match finding.confidence {
        Confidence::Low => (1, "Low"),
        Confidence::Medium => (2, "Medium"),
        Confidence::High => (3, "High"),
    };
    let family = finding.rule.id.split('/').next().unwrap_or_default();
    let mut more = unmapped(run, report, evidence);
    more["gates"] = json!(judged.gates);
    more["tool"] = json!(finding.tool);
    for (key, value) in [
        ("message", json!(subject::message(finding))),
        ("confidence_id", json!(confidence_id)),
        ("confidence", json!(confidence)),
        ("is_alert", json!(judged.gates)),
        (
            "finding_info",
            json!({
                "uid": judged.id,
                "title": finding.rule.title,
                "desc": finding.rule.why,
                "types": [family],
                "analytic": { "type_id": 1, "type": "Rule", "uid": finding.rule.id, "name": finding.rule.title },
            }),
        ),
        ("remediation", json!({ "desc": finding.rule.fix })),
        ("evidences", json!([{ "data": places(judged) }])),
        ("unmapped", more),
    ] {
        event[key] = value;
    }
    if let Some(words) = subject::accepted(judged) {
        event["status_id"] = json!(3);
        event["status"] = json!("Suppressed");
        event["unmapped"]["accepted"] = json!(words);
    }
    let weaknesses: Vec<Value> = finding.rule.cwe.iter().map(|cwe| weakness(judged, *cwe)).collect();
    if !weaknesses.is_empty() {
        event["vulnerabilities"] = json!(weaknesses);
    }
    event
}

fn places(judged: &Judged) -> Value {
    let finding = &judged.finding;
    let place = |location: &crate::finding::Location, what: &str| json!({ "path": location.path, "line": location.line, "column": location.column, "what": what });
    let at = finding.location.as_ref().map(|location| place(location, subject::message(finding)));
    let steps: Vec<Value> = finding.steps.iter().map(|step| place(&step.location, &step.what)).collect();
    json!({ "at": at, "steps": steps })
}

fn weakness(judged: &Judged, cwe: u32) -> Value {
    let finding = &judged.finding;
    let mut weakness = json!({
        "cwe": { "uid": format!("CWE-{cwe}"), "src_url": format!("https://cwe.mitre.org/data/definitions/{cwe}.html") },
        "title": finding.rule.title,
        "severity": finding.severity.name(),
        "remediation": { "desc": finding.rule.fix },
    });
    if let Some(location) = &finding.location {
        let name = location.path.rsplit('/').next().unwrap_or(&location.path);
        weakness["affected_code"] = json!([{
            "file": { "name": name, "path": location.path, "type_id": 1 },
            "start_line": location.line,
            "end_line": location.line,
        }]);
    }
    weakness
}

fn compliance(run: &Run, report: &Report, evidence: &str) -> Value {
    let verdict = report.outcome.verdict;
    let (severity, status_id, status) = match verdict {
        Verdict::Pass => (Severity::Info, 1, "Pass"),
        Verdict::Incomplete => (Severity::Medium, 2, "Warning"),
        Verdict::Fail => (Severity::High, 3, "Fail"),
    };
    let because = plain::because(report);
    let mut event = event(run, report, COMPLIANCE, "Compliance Finding", severity);
    let mut more = unmapped(run, report, evidence);
    for severity in Severity::ALL {
        let count =
            report.outcome.findings.iter().filter(|judged| judged.finding.severity == severity).count();
        more["findings"][severity.name()] = json!(count);
    }
    more["not_checked"] = json!(report.outcome.unchecked.iter().filter(|gap| gap.needed).count());
    for (key, value) in [
        ("message", json!(format!("{} {}: {because}", verdict.name(), report.target))),
        (
            "compliance",
            json!({
                "control": "mcp-vouch gate",
                "standards": ["mcp-vouch"],
                "status_id": status_id,
                "status": status,
                "status_code": verdict.name(),
                "status_detail": because,
            }),
        ),
        (
            "finding_info",
            json!({
                "uid": format!("sha256:{evidence}"),
                "title": format!("Scan of {}", report.target),
                "types": ["scan"],
                "analytic": { "type_id": 1, "type": "Rule", "uid": format!("sha256:{}", run.rules_digest), "name": "mcp-vouch rules" },
            }),
        ),
        ("unmapped", more),
    ] {
        event[key] = value;
    }
    event
}
