//! Reports to in-toto statements that can be signed: JSON lines, one for each artifact, with a simple
//! verification result. What could not be acquired has no digest, so nothing is stated about it.

use std::io;

use serde_json::{Map, Value, json};

use super::{ArtifactFacts, Format, Report, Run, subject};
use crate::{finding::Severity, gate::Verdict};

/// Writes `intoto`.
pub struct InToto;

impl Format for InToto {
    fn name(&self) -> &'static str {
        "intoto"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        for report in &run.reports {
            let Some(artifact) = &report.artifact else { continue };
            let evidence = subject::evidence(run, report)?;
            serde_json::to_writer(&mut *out, &statement(run, report, artifact, &evidence))?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

fn statement(run: &Run, report: &Report, artifact: &ArtifactFacts, evidence: &str) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [about(artifact)],
        "predicateType": "https://in-toto.io/attestation/svr/v0.2",
        "predicate": {
            "verifier": {
                "id": format!("{}/tree/v{}", subject::HOME, run.version),
                "policies": [{
                    "name": "mcp-vouch rules",
                    "digest": { "sha256": run.rules_digest },
                    "annotations": { format!("{}/policy", subject::NAMESPACE): report.outcome.policy },
                }],
            },
            "timeCreated": subject::moment(run),
            "properties": properties(report),
            "evidence": { "name": "report", "mediaType": "application/json", "digest": { "sha256": evidence } },
        },
    })
}

/// The artifact by its digests. A folder has no bytes of its own: then it is the list of its files.
fn about(artifact: &ArtifactFacts) -> Value {
    let is_list = artifact.digests.is_empty() && artifact.digest.starts_with("sha256:");
    let digest: Map<String, Value> = subject::digests(artifact)
        .into_iter()
        .map(|(algorithm, hex)| {
            (if algorithm == "gitsha1" { "gitCommit".to_owned() } else { algorithm }, json!(hex))
        })
        .collect();
    let mut about = json!({ "name": subject::purl(artifact), "digest": digest });
    if is_list {
        let words =
            "SHA-256 over the lines that sha256sum writes for every file, in the order of their paths";
        about["annotations"] = json!({ format!("{}/digest", subject::NAMESPACE): words });
    }
    about
}

/// What holds. Anything that is not listed was not shown to hold.
fn properties(report: &Report) -> Vec<&'static str> {
    let outcome = &report.outcome;
    let verified = |kinds: &[&str]| {
        report.provenance.iter().any(|one| one.state == "verified" && kinds.contains(&one.kind))
    };
    let without =
        |severity: Severity| outcome.findings.iter().all(|judged| judged.finding.severity < severity);
    let complete = !outcome.unchecked.iter().any(|gap| gap.needed);
    [
        (outcome.verdict == Verdict::Pass, "MCP_VOUCH_GATE_PASSED"),
        (complete, "MCP_VOUCH_SCAN_COMPLETE"),
        (complete && without(Severity::High), "MCP_VOUCH_NO_HIGH_FINDINGS"),
        (complete && without(Severity::Medium), "MCP_VOUCH_NO_MEDIUM_OR_HIGH_FINDINGS"),
        (
            verified(&["npm-provenance", "pypi-provenance", "github-provenance"]),
            "MCP_VOUCH_BUILD_PROVENANCE_VERIFIED",
        ),
        (verified(&["registry-signature"]), "MCP_VOUCH_REGISTRY_SIGNATURE_VERIFIED"),
    ]
    .into_iter()
    .filter_map(|(holds, name)| holds.then_some(name))
    .collect()
}
