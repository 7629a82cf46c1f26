//! Recorded evidence of every form, with the result that the manifest states.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    super::{
        sigstore::{Parsed, Proof, Rejection, parse},
        statement::from_hex,
    },
    *,
};
use crate::artifact::{Registry, evidence::RegistrySignature};

/// `provenance=…;publish=…` to the state that each must have.
fn states(expected: &str) -> BTreeMap<&str, State> {
    let state = |text: &str| if text == "valid" { State::Verified } else { State::Failed };
    expected
        .split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(what, text)| (what, state(text)))
        .collect()
}

#[test]
fn npm_answers() {
    let mut checks = 0;
    for row in rows("npm/").iter().filter(|row| row.expected.contains("provenance=")) {
        let (name, version) = package(&row.what);
        let examined = examine(&npm_artifact(&name, &version, &row.digest, read(&row.file)));
        let expected = states(&row.expected);
        for (kind, what) in [(Kind::NpmProvenance, "provenance"), (Kind::NpmPublish, "publish")] {
            let found: Vec<&Verified> = examined.iter().filter(|one| one.kind == kind).collect();
            let [one] = found.as_slice() else { panic!("{}: {what}: {examined:#?}", row.file) };
            assert_eq!(one.state, expected[what], "{}: {what}: {}", row.file, one.why);
            assert_eq!(one.why.is_empty(), one.state == State::Verified, "{}", row.file);
            checks += 1;
        }
    }
    println!("npm answers: {checks} of {checks} checks");
    assert_eq!(checks, 60);
}

#[test]
fn npm_bundles() {
    for row in rows("npm/").iter().filter(|row| row.expected.starts_with("valid")) {
        let bytes = read(&row.file);
        let bundle: Value = serde_json::from_slice(&bytes).unwrap();
        let statement = parse(&bundle.to_string()).ok().unwrap().statement.unwrap();
        let name = statement.subjects[0].name.strip_prefix("pkg:npm/").unwrap().to_owned();
        let (name, version) = name.rsplit_once('@').unwrap();
        let examined = examine(&npm_artifact(name, version, &row.digest, bytes));
        let states: Vec<State> = examined.iter().map(|one| one.state).collect();
        assert_eq!(states, [State::Verified], "{}: {examined:#?}", row.file);
    }
}

#[test]
fn registry_signatures() {
    let entries: Value = serde_json::from_slice(&read("npm/registry-signatures.json")).unwrap();
    let mut right = 0;
    for entry in entries.as_array().unwrap() {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let mut artifact =
            npm_artifact(&text(entry, "name"), &text(entry, "version"), "sha512:00", Vec::new());
        artifact.evidence.documents.clear();
        artifact.evidence.registry_signatures = entry["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|signature| RegistrySignature {
                integrity: text(entry, "integrity"),
                key: crate::untrusted::Untrusted::new(text(signature, "keyid")),
                signature: text(signature, "sig"),
            })
            .collect();
        let examined = examine(&artifact);
        let rule = match entry["expected"].as_str().unwrap() {
            "valid" => "",
            "invalid (message differs)" => "npm/signature-invalid",
            "invalid (not DER)" => "npm/signature-malformed",
            "error: key not found" => "npm/signature-unknown-key",
            other => panic!("{other}"),
        };
        assert_eq!(examined.len(), 1);
        assert_eq!(examined[0].rule, rule, "{entry}: {}", examined[0].why);
        assert_eq!(examined[0].state == State::Verified, rule.is_empty());
        right += 1;
        if rule.is_empty() {
            let of = |published: &str| {
                Some(Registry { published: Some(published.to_owned()), ..Registry::default() })
            };
            artifact.registry = of("2023-06-01T00:00:00Z");
            assert_eq!(examine(&artifact)[0].state, State::Verified);
            artifact.registry = of("2025-06-01T00:00:00Z");
            assert_eq!(examine(&artifact)[0].rule, "npm/signature-expired-key");
        }
    }
    println!("registry signatures: {right} of 7");
    assert_eq!(right, 7);
}

/// An artifact of a Python index.
fn python_artifact(file: &str, digest: &str, bytes: Vec<u8>) -> Artifact {
    Artifact {
        coordinate: Coordinate { ecosystem: Ecosystem::Pypi, name: "x".to_owned(), version: "1".to_owned() },
        evidence: Evidence {
            archive: Some(archive(file, digest)),
            documents: vec![document(bytes)],
            ..Evidence::default()
        },
        ..Artifact::default()
    }
}

fn staging() -> crate::artifact::evidence::TrustedRoot {
    let text = text("roots/staging.trusted_root.json");
    crate::artifact::evidence::TrustedRoot { name: "staging".to_owned(), text, changed: None }
}

#[test]
fn python_attestations() {
    let mut right = 0;
    for row in rows("pypi/") {
        let subject = row.what.split_once("(subject ").unwrap().1.trim_end_matches(')').to_owned();
        let mut artifact = python_artifact(&subject, &row.digest, read(&row.file));
        let state = |artifact: &Artifact| {
            let examined = examine(artifact);
            assert_eq!(examined.len(), 1, "{}", row.file);
            (examined[0].state, examined[0].why.clone())
        };
        if row.expected.contains("staging") {
            assert_eq!(state(&artifact).0, State::Failed, "{} with the public root", row.file);
            artifact.evidence.trusted_root = Some(staging());
        }
        let (found, why) = state(&artifact);
        assert_eq!(found, State::Verified, "{}: {why}", row.file);
        right += 1;
        artifact.evidence.archive = Some(archive(&format!("other-{subject}"), &row.digest));
        assert_eq!(state(&artifact).0, State::Failed, "{}: another file", row.file);
        artifact.evidence.archive = Some(archive(&subject, &format!("sha256:{}", "0".repeat(64))));
        assert_eq!(state(&artifact).0, State::Failed, "{}: other bytes", row.file);
    }
    println!("Python: {right} of 9");
    assert_eq!(right, 9);
}

#[test]
fn a_publisher_that_the_certificate_does_not_name_is_refused() {
    let original = text("pypi/pypi_attestations-0.0.19.sdist.provenance.json");
    let row = &rows("pypi/pypi_attestations-0.0.19.sdist.prov")[0];
    for (from, to) in [
        ("trailofbits/pypi-attestations", "evil/pypi-attestations"),
        ("\"release.yml\"", "\"other.yml\""),
        ("\"GitHub\"", "\"GitLab\""),
        ("\"GitHub\"", "\"Google\""),
        ("\"GitHub\"", "\"Someone\""),
    ] {
        let changed = original.replace(from, to);
        assert_ne!(changed, original, "{from}");
        let examined =
            examine(&python_artifact("pypi_attestations-0.0.19.tar.gz", &row.digest, changed.into_bytes()));
        assert_eq!(examined[0].state, State::Failed, "{to}");
    }
    let mut versioned: Value = serde_json::from_str(&original).unwrap();
    versioned["version"] = serde_json::json!(2);
    let bytes = versioned.to_string().into_bytes();
    let examined = examine(&python_artifact("pypi_attestations-0.0.19.tar.gz", &row.digest, bytes));
    assert_eq!(examined[0].state, State::Failed);
}

#[test]
fn github_attestations() {
    let mut right = 0;
    for row in rows("github/") {
        let file = row.file.rsplit('/').next().unwrap().to_owned();
        let artifact = Artifact {
            evidence: Evidence {
                archive: Some(archive(&file, &row.digest)),
                documents: vec![document(read(&row.file))],
                ..Evidence::default()
            },
            ..Artifact::default()
        };
        let examined = examine(&artifact);
        assert_eq!(examined.len(), 1);
        assert_eq!(examined[0].state, State::Verified, "{}: {}", row.file, examined[0].why);
        if row.expected.contains("github root") {
            let public = crate::artifact::evidence::TrustedRoot {
                name: "public".to_owned(),
                text: text("roots/public-good.trusted_root.json"),
                changed: None,
            };
            let mut other = artifact;
            other.evidence.trusted_root = Some(public);
            assert_eq!(examine(&other)[0].state, State::Failed, "{}", row.file);
        }
        right += 1;
    }
    println!("GitHub: {right} of 4");
    assert_eq!(right, 4);
}

/// The verifier's answer for a bare bundle, with the root of its row.
fn verified(row: &Row) -> Result<Proof, Rejection> {
    let parsed: Parsed = parse(&text(&row.file))?;
    let hex = row.digest.split_once(':').unwrap().1;
    let bytes = from_hex(hex).unwrap();
    let digest = match row.digest.split_once(':').unwrap().0 {
        "sha512" => sigstore::Digest::Sha512(bytes),
        _ => sigstore::Digest::Sha256(bytes),
    };
    let root = Root::parse("", &text(&row.root)).unwrap();
    parsed.verify(&root, &digest)
}

#[test]
fn every_version_and_entry_kind() {
    let mut right = 0;
    for row in rows("formats/") {
        let answer = verified(&row);
        let why = answer.as_ref().err().cloned();
        assert_eq!(answer.is_ok(), row.expected.starts_with("valid"), "{}: {why:?}", row.file);
        right += 1;
    }
    println!("formats: {right} of 24");
    assert_eq!(right, 24);
}

#[test]
fn says_which_log_evidence_there_is() {
    for (file, log, has_index) in [
        ("formats/bundleV01-dsse-no-proof.sigstore.json", sigstore::Log::Promise, true),
        ("formats/bundleV01-dsse-with-proof.sigstore.json", sigstore::Log::Proof, true),
        ("formats/bundleV03-dsse.sigstore.json", sigstore::Log::Proof, true),
        ("formats/conda-attestation-rekor2.sigstore.json", sigstore::Log::Proof, true),
    ] {
        let rows = rows(file);
        let Ok(proof) = verified(&rows[0]) else { panic!("{file}") };
        assert_eq!((proof.log, proof.index.is_some()), (log, has_index), "{file}");
        assert!(proof.time.is_some(), "{file}");
    }
}
