//! Signatures and attestations through the real binary.

use std::fs;

use serde_json::Value;

use super::support::{Answer, Place, root};

fn fixture(path: &str) -> Vec<u8> {
    fs::read(root().join("fixtures").join(path)).unwrap()
}

/// The path of a fixture as an argument.
fn path(name: &str) -> String {
    root().join("fixtures").join(name).display().to_string()
}

/// Scans a file with these flags: exit code, states by kind, gating rules.
fn scanned(name: &str, bytes: &[u8], flags: &[&str]) -> (i32, Vec<String>, Vec<String>) {
    let place = Place::empty();
    place.write(name, bytes);
    let mut arguments = vec![name, "--output", "json=-", "--quiet"];
    arguments.extend(flags);
    let Answer { code, stdout, stderr } = place.check(&arguments);
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
    let report = &document["reports"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    let states = list("provenance")
        .iter()
        .map(|one| format!("{} {}", text(&one["kind"]), text(&one["state"])))
        .collect();
    let gating =
        list("findings").iter().filter(|one| one["gates"] == true).map(|one| text(&one["rule"])).collect();
    (code, states, gating)
}

const TARBALL: &str = "npm/sigstore-5.0.0.tgz";
const BUNDLE: &str = "sigstore/npm/sigstore-5.0.0.provenance.sigstore.json";

#[test]
fn a_real_archive_is_verified_against_its_attestation() {
    let attestations = path(BUNDLE);
    let flags = ["--attestations", attestations.as_str()];
    let (code, states, gating) = scanned("x.tgz", &fixture(TARBALL), &flags);
    assert_eq!((code, states, gating), (0, vec!["npm-provenance verified".to_owned()], Vec::new()));
    let folder = path("sigstore/npm");
    let (code, states, _) = scanned("x.tgz", &fixture(TARBALL), &["--attestations", &folder]);
    let verified = states.iter().filter(|state| *state == "npm-provenance verified").count();
    assert_eq!((code, verified), (0, 1), "{states:?}");
}

#[test]
fn one_flipped_byte_is_another_archive() {
    let attestations = path(BUNDLE);
    let mut bytes = fixture(TARBALL);
    // The operating system in the head of the stream: nothing that is unpacked changes.
    bytes[9] ^= 1;
    let (code, states, gating) = scanned("x.tgz", &bytes, &["--attestations", &attestations]);
    assert_eq!((code, states), (1, vec!["npm-provenance failed".to_owned()]));
    assert_eq!(gating, ["provenance/subject-mismatch"]);
}

#[test]
fn another_expectation_fails_although_the_signature_is_good() {
    let attestations = path(BUNDLE);
    for (flag, right, wrong) in [
        ("--expect-repo", "sigstore/sigstore-js", "somebody/sigstore-js"),
        ("--expect-workflow", "release.yml", "other.yml"),
        ("--expect-issuer", "https://token.actions.githubusercontent.com", "https://issuer.example"),
        ("--expect-builder", "https://github.com/actions/runner/github-hosted", "https://builder.example"),
    ] {
        for (expected, code) in [(right, 0), (wrong, 1)] {
            let flags = ["--attestations", attestations.as_str(), flag, expected];
            let (found, states, gating) = scanned("x.tgz", &fixture(TARBALL), &flags);
            assert_eq!(found, code, "{flag} {expected}: {gating:?}");
            assert_eq!(states, ["npm-provenance verified"]);
        }
    }
}

#[test]
fn a_good_bundle_about_another_archive_of_the_same_name_fails() {
    let attestations = path(BUNDLE);
    let manifest =
        r#"{"name": "sigstore", "version": "5.0.0", "repository": "https://github.com/acme/weather"}"#;
    let other = super::support::tarball(&[("package/package.json", manifest.as_bytes())]);
    let (code, _, gating) = scanned("x.tgz", &other, &["--attestations", &attestations]);
    assert_eq!((code, gating), (1, vec!["provenance/subject-mismatch".to_owned()]));
}

#[test]
fn another_trust_root_trusts_others() {
    let (attestations, staging) = (path(BUNDLE), path("sigstore/roots/staging.trusted_root.json"));
    let flags = ["--attestations", attestations.as_str(), "--trusted-root", staging.as_str()];
    let (code, states, _) = scanned("x.tgz", &fixture(TARBALL), &flags);
    assert_eq!((code, states), (1, vec!["npm-provenance failed".to_owned()]));
}

/// A bundle with a signature block behind it.
fn signed(content: &[u8]) -> Vec<u8> {
    let signature = fixture("mcpb/self-signed.p7s");
    let length = u32::try_from(signature.len()).unwrap().to_le_bytes();
    [content, b"MCPB_SIG_V1", &length, &signature, b"MCPB_SIG_END"].concat()
}

#[test]
fn bundles_signed_and_changed() {
    let content = fixture("mcpb/weather.zip");
    let block = signed(&content).len() - content.len();
    let mut stated = content.clone();
    let at = stated.len() - 2;
    stated[at..].copy_from_slice(&u16::try_from(block).unwrap().to_le_bytes());
    let mut flipped_content = signed(&content);
    // The time of the first entry: nothing that is unpacked changes.
    flipped_content[10] ^= 1;
    let mut flipped_signature = signed(&content);
    let at = flipped_signature.len() - 20;
    flipped_signature[at] ^= 1;
    let trailing = [signed(&content), b"x".to_vec()].concat();
    let second = [signed(&content), content.clone()].concat();
    for (what, bytes, code, state, gating) in [
        ("unsigned", content.clone(), 0, "absent", &[][..]),
        ("signed", signed(&content), 0, "unknown", &[]),
        ("signed and stated", signed(&stated), 0, "unknown", &[]),
        ("flipped content", flipped_content, 1, "failed", &["mcpb/signature-invalid"]),
        ("flipped signature", flipped_signature, 1, "failed", &["mcpb/signature-invalid"]),
        ("trailing bytes", trailing, 1, "failed", &["mcpb/signature-invalid"]),
        ("second archive", second, 1, "failed", &["mcpb/signature-invalid", "mcpb/zip-ambiguity"]),
    ] {
        let (found, shown, gates) = scanned("weather.mcpb", &bytes, &[]);
        assert_eq!(shown, [format!("mcpb-signature {state}")], "{what}");
        assert_eq!(gates, gating, "{what}");
        assert_eq!(found, code, "{what}");
    }
}

#[test]
fn speaks_the_protocol_of_the_conformance_suite() {
    let case = |case: &str, artifact: &str, flags: &[&str]| {
        let bundle = path(&format!("sigstore/conformance/{case}/bundle.sigstore.json"));
        let mut arguments = vec!["verify-bundle", "--bundle", bundle.as_str()];
        arguments.extend(flags);
        arguments.push(artifact);
        Place::empty().run(&arguments).code
    };
    let identity = [
        "--certificate-identity",
        "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
        "--certificate-oidc-issuer",
        "https://token.actions.githubusercontent.com",
    ];
    let artifact = path("sigstore/conformance/a.txt");
    let digest = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
    for (name, code) in
        [("happy-path-v0.3", 0), ("checkpoint-wrong-roothash_fail", 1), ("bundle-malformed-json_fail", 1)]
    {
        assert_eq!(case(name, &artifact, &identity), code, "{name}");
        assert_eq!(case(name, digest, &identity), code, "{name} by digest");
    }
    let key = path("sigstore/conformance/managed-key-happy-path/key.pub");
    assert_eq!(case("managed-key-happy-path", &artifact, &["--key", &key]), 0);
    assert_eq!(case("happy-path-v0.3", &artifact, &[]), 1, "no identity is expected");
    assert_eq!(case("happy-path-v0.3", "/nothing/there", &identity), 2);
}
