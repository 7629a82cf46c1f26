//! Reports to scan receipts for the `_meta` of a `server.json`: a verdict that is bound to the digest
//! of the artifact, the rules, the scope and a time until which it is fresh.

use std::io;

use serde_json::{Value, json};

use super::{ArtifactFacts, Format, Report, Run, subject};
use crate::{artifact::time, finding::Severity, gate::Verdict};

/// Seconds for which a receipt is fresh: rules and packages change.
const FRESH: i64 = 30 * 86_400;

/// Writes `receipt`.
pub struct Receipt;

impl Format for Receipt {
    fn name(&self) -> &'static str {
        "receipt"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut receipts = Vec::new();
        for report in &run.reports {
            if let Some(artifact) = &report.artifact {
                receipts.push(receipt(run, report, artifact, &subject::evidence(run, report)?));
            }
        }
        let key = format!("{}/security-scan", subject::NAMESPACE);
        serde_json::to_writer_pretty(&mut *out, &json!({ "_meta": { key: receipts } }))?;
        out.write_all(b"\n")
    }
}

fn receipt(run: &Run, report: &Report, artifact: &ArtifactFacts, evidence: &str) -> Value {
    let mut receipt = json!({
        "scanner": "mcp-vouch",
        "scanner_version": run.version,
        "rule_set_ref": format!("sha256:{}", run.rules_digest),
        "policy_profile": report.outcome.policy,
        "scanned_artifact_ref": subject::purl(artifact),
        "scanned_artifact_digest": subject::digest(artifact),
        "scan_scope": scope(report),
        "verdict": verdict(report),
        "scanned_at": subject::moment(run),
        "freshness_expires_at": time::show(subject::seconds(run).saturating_add(FRESH)),
        "evidence_digest": format!("sha256:{evidence}"),
        // Nobody else has signed it.
        "attestation": "publisher-asserted",
    });
    if receipt["verdict"] == "inconclusive" {
        receipt["inconclusive_reason"] = json!("evidence_unavailable");
    }
    receipt
}

fn verdict(report: &Report) -> &'static str {
    match report.outcome.verdict {
        Verdict::Fail if report.outcome.findings.iter().any(|judged| judged.gates) => "findings",
        Verdict::Fail | Verdict::Incomplete => "inconclusive",
        Verdict::Pass => {
            let warns = report.outcome.findings.iter().any(|judged| judged.finding.severity > Severity::Info);
            if warns { "warnings" } else { "clean" }
        }
    }
}

/// What was looked at, and nothing that was not.
fn scope(report: &Report) -> Vec<&'static str> {
    let knows = |one: &super::ProvenanceFacts| matches!(one.state, "verified" | "failed" | "absent");
    [
        (true, "package"),
        (report.coverage.read.contains_key("parsed"), "source-code"),
        (!report.tools.is_empty(), "tool-definitions"),
        (!report.dependencies.is_empty(), "declared-dependencies"),
        (report.provenance.iter().any(knows), "provenance"),
    ]
    .into_iter()
    .filter_map(|(looked, what)| looked.then_some(what))
    .collect()
}
