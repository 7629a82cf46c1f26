//! Reports to an OpenVEX document: what each finding says about the product, no more than is known.

use std::{collections::BTreeSet, io};

use serde_json::{Map, Value, json};

use super::{Format, Report, Run, subject};
use crate::{finding::Confidence, gate::Judged};

/// Writes `openvex`.
pub struct OpenVex;

impl Format for OpenVex {
    fn name(&self) -> &'static str {
        "openvex"
    }

    fn nothing(&self, run: &Run) -> Option<&'static str> {
        let is_empty = run.reports.iter().all(|report| subject::serious(report).next().is_none());
        is_empty.then_some("there is nothing to state, and a document without a statement is none")
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut statements: Vec<Value> = Vec::new();
        for report in unlike(run) {
            statements.extend(subject::serious(report).map(|judged| statement(report, judged)));
        }
        let id =
            subject::uuid(json!([run.rules_digest, subject::moment(run), statements]).to_string().as_bytes());
        let document = json!({
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": format!("urn:uuid:{id}"),
            "author": "mcp-vouch",
            "role": "static analysis of the published files; nothing was run",
            "timestamp": subject::moment(run),
            "version": 1,
            "tooling": format!("mcp-vouch {}, rules sha256:{}", run.version, run.rules_digest),
            "statements": statements,
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}

/// Reports about different products: the same one twice has nothing more to say.
fn unlike(run: &Run) -> impl Iterator<Item = &Report> {
    let mut seen = BTreeSet::new();
    run.reports.iter().filter(move |report| {
        let digest = report.artifact.as_ref().map_or("", |artifact| artifact.digest.as_str());
        seen.insert((subject::product(report), digest))
    })
}

fn statement(report: &Report, judged: &Judged) -> Value {
    let finding = &judged.finding;
    let name = format!("mcp-vouch:{}", judged.id);
    let mut aliases = vec![format!("mcp-vouch:{}", finding.rule.id)];
    aliases.extend(finding.rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")));
    let mut members = Map::new();
    let vulnerability = json!({
        "@id": subject::address(judged),
        "name": name,
        "description": subject::message(finding),
        "aliases": aliases,
    });
    members.insert("vulnerability".to_owned(), vulnerability);
    members.insert("products".to_owned(), json!([product(report)]));
    for (key, value) in status(judged) {
        members.insert(key.to_owned(), json!(value));
    }
    Value::Object(members)
}

/// Not affected where a person answers for it, in their words; affected where the rule is hardly ever
/// wrong; else it has not been looked into.
fn status(judged: &Judged) -> Vec<(&'static str, String)> {
    let finding = &judged.finding;
    let notes = format!(
        "{} severity, {} confidence{}",
        finding.severity,
        finding.confidence,
        subject::place(finding).map(|place| format!(", at {place}")).unwrap_or_default()
    );
    if let Some(words) = subject::accepted(judged) {
        return vec![
            ("status", "not_affected".to_owned()),
            ("status_notes", notes),
            ("impact_statement", words),
        ];
    }
    match finding.confidence {
        Confidence::High => vec![
            ("status", "affected".to_owned()),
            ("status_notes", notes),
            ("action_statement", finding.rule.fix.clone()),
        ],
        Confidence::Medium | Confidence::Low => {
            vec![("status", "under_investigation".to_owned()), ("status_notes", notes)]
        }
    }
}

fn product(report: &Report) -> Value {
    let purl = subject::product(report);
    let mut product = json!({ "@id": purl, "identifiers": { "purl": purl } });
    let hashes: Map<String, Value> = report
        .artifact
        .iter()
        .flat_map(|artifact| &artifact.digests)
        .filter_map(|(algorithm, hex)| {
            let name = match *algorithm {
                "sha1" => "sha1",
                "sha256" => "sha-256",
                "sha384" => "sha-384",
                "sha512" => "sha-512",
                _ => return None,
            };
            Some((name.to_owned(), json!(hex)))
        })
        .collect();
    if !hashes.is_empty() {
        product["hashes"] = Value::Object(hashes);
    }
    product
}
