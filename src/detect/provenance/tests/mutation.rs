//! Every single-field change of a valid bundle is refused, or changes nothing that is reported.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Everything that is reported about an artifact.
fn reported(artifact: &Artifact) -> Vec<(Kind, State, Facts)> {
    examine(artifact).into_iter().map(|one| (one.kind, one.state, one.facts)).collect()
}

/// Changes of one value: as gone, empty, of another type, and a little different.
fn changes(value: &Value) -> Vec<Value> {
    let mut changes = vec![Value::Null];
    match value {
        Value::String(text) => {
            changes.extend([json!(""), json!("AAAA"), json!(format!("{text}A"))]);
            if let Ok(mut bytes) = BASE64.decode(text)
                && !bytes.is_empty()
            {
                for at in [0, bytes.len() / 2, bytes.len() - 1] {
                    bytes[at] ^= 1;
                    changes.push(json!(BASE64.encode(&bytes)));
                    bytes[at] ^= 1;
                }
            }
            if let Ok(number) = text.parse::<u64>() {
                changes.extend([json!((number + 1).to_string()), json!("0"), json!("1")]);
            }
            if let Some(half) = text.get(..text.len() / 2) {
                changes.push(json!(half));
            }
        }
        Value::Array(items) => {
            changes.push(json!([]));
            if !items.is_empty() {
                changes.push(Value::Array(items[..items.len() - 1].to_vec()));
                changes.push(Value::Array(items[..1].to_vec()));
                let mut twice = items.clone();
                twice.push(items[0].clone());
                changes.push(Value::Array(twice));
                let mut turned = items.clone();
                turned.reverse();
                changes.push(Value::Array(turned));
            }
        }
        Value::Object(_) => changes.push(json!({})),
        Value::Null => changes.push(json!("x")),
        Value::Bool(is) => changes.push(json!(!is)),
        Value::Number(number) => changes.push(json!(number.as_u64().unwrap_or(0) + 1)),
    }
    changes.retain(|change| change != value);
    changes
}

/// Paths of all values below a value.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                paths(member, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                paths(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Every mutant of a document: what was changed, and the document.
fn mutants(original: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    paths(original, "", &mut found);
    let mut mutants = Vec::new();
    for path in found {
        for (number, change) in changes(original.pointer(&path).unwrap()).into_iter().enumerate() {
            let mut mutant = original.clone();
            *mutant.pointer_mut(&path).unwrap() = change;
            mutants.push((format!("{path} #{number}"), mutant));
        }
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut mutant = original.clone();
        let parent = if parent.is_empty() { Some(&mut mutant) } else { mutant.pointer_mut(parent) };
        if let Some(members) = parent.and_then(Value::as_object_mut) {
            members.shift_remove(key);
            mutants.push((format!("{path} gone"), mutant));
        }
    }
    mutants
}

/// The field that a mutant changed, without indices.
fn field(what: &str) -> String {
    let path = what.split(' ').next().unwrap_or_default();
    let parts = path.split('/').filter(|part| !part.is_empty() && part.parse::<usize>().is_err());
    parts.collect::<Vec<_>>().join(".")
}

/// Counts of one document: mutants, refused, and survivors by field.
fn count(artifact: &Artifact, original: &Value) -> (usize, usize, BTreeMap<String, usize>, Vec<String>) {
    let before = reported(artifact);
    assert!(before.iter().all(|(_, state, _)| *state == State::Verified), "{before:#?}");
    let mutants = mutants(original);
    let outcomes: Vec<(String, Option<bool>)> = mutants
        .into_par_iter()
        .map(|(what, mutant)| {
            let mut artifact = npm_or_other(artifact);
            artifact.evidence.documents = vec![document(mutant.to_string().into_bytes())];
            let after = reported(&artifact);
            let is_refused = after.iter().any(|(_, state, _)| *state == State::Failed)
                || after.iter().filter(|(_, state, _)| *state == State::Verified).count() < before.len();
            (what, (!is_refused).then(|| after == before))
        })
        .collect();
    let (mut refused, mut survivors, mut changed) = (0, BTreeMap::new(), Vec::new());
    for (what, survived) in &outcomes {
        match survived {
            None => refused += 1,
            Some(true) => *survivors.entry(field(what)).or_insert(0) += 1,
            Some(false) => changed.push(what.clone()),
        }
    }
    (outcomes.len(), refused, survivors, changed)
}

/// A copy of what `examine` looks at.
fn npm_or_other(artifact: &Artifact) -> Artifact {
    Artifact {
        coordinate: artifact.coordinate.clone(),
        evidence: artifact.evidence.clone(),
        ..Artifact::default()
    }
}

/// Ends of fields whose changes may have no effect, and why that is harmless.
const HARMLESS: &[(&str, &str)] = &[
    (
        "mediaType",
        "unsigned; what it announces is verified as it is found, and the log's evidence is reported",
    ),
    ("timestampVerificationData", "empty: the log gives the time"),
    ("rfc3161Timestamps", "empty: the log gives the time"),
    ("signatures.keyid", "a hint; the key is the certificate's, or named by the other hint"),
    ("tlogEntries", "the same entry twice"),
    ("transparency_entries", "the same entry twice"),
    ("tlogEntries.inclusionProof", "gone where the log's promise was all that is reported"),
    (
        "inclusionProof.treeSize",
        "one more leaf on the far side gives the same root, and the root is what is signed",
    ),
    ("x509CertificateChain.certificates", "certificates behind the first are not taken on trust"),
    ("certificates.rawBytes", "certificates behind the first are not taken on trust"),
    ("attestation_bundles", "the same bundle twice"),
    ("attestation_bundles.attestations", "the same attestation twice"),
    (
        "attestation_bundles.publisher",
        "unsigned: compared with the certificate where it is there, never reported",
    ),
    ("publisher.environment", "unsigned: never reported"),
    ("publisher.claims", "unsigned: never reported"),
    ("attestations.predicateType", "gone: then there is nothing to compare with the signed type"),
];

/// Changes after which something else is reported, which is true: the order and number of
/// attestations, and weaker evidence of the log as weaker.
const TRUE: &[&str] = &[
    "attestations",
    "attestation_bundles",
    "attestation_bundles.attestations",
    "verificationMaterial.tlogEntries.inclusionProof",
];

/// Every artifact with valid evidence, and its file.
fn valid() -> Vec<(String, Artifact)> {
    let mut valid = Vec::new();
    for row in rows("npm/") {
        let is_valid = ["valid", "valid with npm key", "provenance=valid;publish=valid"];
        if is_valid.contains(&row.expected.as_str()) {
            let (name, version) = match row.what.split_once("(subject pkg:npm/") {
                Some(_) => package(&row.what),
                None => ("sigstore".to_owned(), version_in(&row.file).to_owned()),
            };
            let artifact = npm_artifact(&name, &version, &row.digest, read(&row.file));
            valid.push((row.file, artifact));
        }
    }
    for row in rows("pypi/").into_iter().chain(rows("github/")) {
        let subject = row.what.split_once("(subject ").unwrap().1;
        let name = subject.split([';', ')']).next().unwrap();
        let mut artifact = Artifact::default();
        if row.file.starts_with("pypi/") {
            artifact.coordinate.ecosystem = Ecosystem::Pypi;
        }
        artifact.evidence.archive = Some(archive(name, &row.digest));
        artifact.evidence.documents = vec![document(read(&row.file))];
        if row.expected.contains("staging") {
            let text = text("roots/staging.trusted_root.json");
            let root =
                crate::artifact::evidence::TrustedRoot { name: "staging".to_owned(), text, changed: None };
            artifact.evidence.trusted_root = Some(root);
        }
        valid.push((row.file, artifact));
    }
    valid
}

#[test]
fn every_change_of_a_valid_bundle_is_refused_or_changes_nothing() {
    let (mut all, mut refused) = (0, 0);
    let mut survivors: BTreeMap<String, usize> = BTreeMap::new();
    let mut changed = Vec::new();
    for (file, artifact) in valid() {
        let original: Value = serde_json::from_slice(&artifact.evidence.documents[0].bytes).unwrap();
        let counts = count(&artifact, &original);
        all += counts.0;
        refused += counts.1;
        for (field, times) in counts.2 {
            *survivors.entry(field).or_insert(0) += times;
        }
        changed.extend(counts.3.into_iter().map(|what| format!("{file}: {what}")));
    }
    let unchanged: usize = survivors.values().sum();
    println!(
        "mutants: {all}, refused: {refused}, without effect: {unchanged}, told as it is: {}",
        changed.len()
    );
    for (field, times) in &survivors {
        println!("  without effect {times:>4}  {field}");
    }
    for what in &changed {
        println!("  told as it is {what}");
    }
    assert!(all > 5_000 && refused * 100 > all * 90, "{refused} of {all}");
    for field in survivors.keys() {
        assert!(HARMLESS.iter().any(|(end, _)| field.ends_with(end)), "{field} may be changed");
    }
    for what in &changed {
        let field = field(what.split_once(": ").unwrap().1);
        assert!(TRUE.contains(&field.as_str()), "{what}");
    }
}

fn version_in(file: &str) -> &str {
    file.trim_start_matches("npm/sigstore-").split(".p").next().unwrap()
}

#[test]
fn forged_log_evidence_is_refused() {
    let row = &rows("npm/sigstore-5.0.0")[0];
    let original: Value = serde_json::from_slice(&read(&row.file)).unwrap();
    let entry = "/verificationMaterial/tlogEntries/0";
    let hashes = original.pointer(&format!("{entry}/inclusionProof/hashes")).unwrap();
    for (path, forged) in [
        ("/integratedTime", json!("1781000000")),
        ("/inclusionPromise/signedEntryTimestamp", json!("AAAA")),
        ("/inclusionProof/hashes", json!([hashes[0]])),
        ("/inclusionProof/logIndex", json!("1")),
        ("/logIndex", json!("1")),
    ] {
        let mut mutant = original.clone();
        *mutant.pointer_mut(&format!("{entry}{path}")).unwrap() = forged;
        let bytes = mutant.to_string().into_bytes();
        let examined = examine(&npm_artifact("sigstore", "5.0.0", &row.digest, bytes));
        assert_eq!((examined[0].state, examined[0].rule), (State::Failed, "provenance/invalid"), "{path}");
    }
}
