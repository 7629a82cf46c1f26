//! What verified evidence means for a connector: findings, one by one.

use crate::{
    artifact::{
        File, Kind as Content, Language, Registry,
        evidence::{
            Absence, BundleBlock, CommitClaim, Expected, FileEvidence, Level, Missing, Reach,
            RegistrySignature, SourceTree, VersionEvidence, Wanted,
        },
    },
    code, connector, detect,
};

use super::*;

/// The findings of all rules about provenance, as rule ids, sorted.
pub(super) fn findings(artifact: &Artifact) -> Vec<&'static str> {
    let code = code::read(artifact, &detect::sets::get().callees);
    let connector = connector::read(artifact, &code);
    let provenance = examine(artifact);
    let subject = Subject {
        artifact,
        code: &code,
        connector: &connector,
        provenance: &provenance,
        measure: crate::detect::drift::Measure::default(),
    };
    let is_own = |rule: &Rule| {
        rule.id.starts_with("provenance/") || rule.id.starts_with("npm/") || rule.id.starts_with("mcpb/")
    };
    let detected = detect::run(&subject, is_own);
    assert_eq!(detected.failed, []);
    for finding in &detected.findings {
        assert!(!finding.message.is_empty());
        assert!(!finding.message.chars().any(crate::untrusted::is_invisible), "{}", finding.message);
    }
    let mut ids: Vec<&'static str> =
        detected.findings.iter().map(|finding| finding.rule.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

pub(super) fn file(path: &str, text: &str) -> File {
    use sha2::{Digest as _, Sha256};
    let bytes = text.as_bytes().to_vec();
    let kind = if std::path::Path::new(path).extension().is_some_and(|end| end == "js") {
        Content::Source(Language::JavaScript)
    } else {
        Content::Data
    };
    File {
        path: path.to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        kind,
        bytes,
    }
}

/// A package with a real, verified attestation: built from one repository on a branch.
pub(super) fn attested(row: &str, manifest: &str) -> Artifact {
    let row = &rows(row)[0];
    let (name, version) = package(&row.what);
    let mut artifact = npm_artifact(&name, &version, &row.digest, read(&row.file));
    artifact.files = vec![file("package.json", manifest)];
    artifact
}

pub(super) const TAGGED: &str = "npm/tuf-js-1.0.0";
pub(super) const BRANCH: &str = "npm/sigstore-2.3.1.att";
pub(super) const MANUAL: &str = "npm/laurentsimon-provenance-npm-test-1.0.5.att";

#[test]
fn the_repository_that_a_package_claims_is_compared_with_the_attested_one() {
    for (claimed, expected) in [
        (r#""git+https://github.com/theupdateframework/tuf-js.git""#, &[][..]),
        (r#""theupdateframework/tuf-js""#, &[]),
        (r#"{"type": "git", "url": "ssh://git@github.com/TheUpdateFramework/TUF-js.git"}"#, &[]),
        (r#""https://github.com/somebody/tuf-js""#, &["provenance/fork"]),
        (r#""https://github.com/somebody/else""#, &["provenance/repository-mismatch"]),
        (r#""https://gitlab.com/theupdateframework/tuf-js""#, &["provenance/fork"]),
        (r#""somewhere""#, &[]),
    ] {
        let manifest = format!(r#"{{"name": "tuf-js", "version": "1.0.0", "repository": {claimed}}}"#);
        assert_eq!(findings(&attested(TAGGED, &manifest)), expected, "{claimed}");
    }
}

#[test]
fn other_names_for_the_source_are_compared_too() {
    let server = |text: &str| {
        let mut artifact = attested(TAGGED, r#"{"name": "tuf-js", "version": "1.0.0"}"#);
        artifact.files.push(file("server.json", text));
        findings(&artifact)
    };
    let ours = r#""repository": {"url": "https://github.com/theupdateframework/tuf-js"}, "packages": []"#;
    for (text, expected) in [
        (format!(r#"{{"name": "io.github.theupdateframework/tuf", {ours}}}"#), &[][..]),
        (format!(r#"{{"name": "io.github.TheUpdateFramework/tuf", {ours}}}"#), &[]),
        (format!(r#"{{"name": "io.github.somebody/tuf", {ours}}}"#), &["provenance/namespace-mismatch"]),
        (format!(r#"{{"name": "com.example/tuf", {ours}}}"#), &[]),
        (
            r#"{"name": "com.example/tuf", "repository": {"url": "https://github.com/a/b"}, "packages": []}"#
                .to_owned(),
            &["provenance/claim-mismatch"],
        ),
        (
            format!(
                r#"{{"name": "com.example/tuf", {}}}"#,
                r#""packages": [{"registryType": "mcpb", "identifier": "https://github.com/a/b/releases/download/v1/x.mcpb"}]"#
            ),
            &["provenance/claim-mismatch"],
        ),
    ] {
        assert_eq!(server(&text), expected, "{text}");
    }
    let named =
        attested(TAGGED, r#"{"name": "tuf-js", "version": "1.0.0", "mcpName": "io.github.evil/tuf"}"#);
    assert_eq!(findings(&named), ["provenance/namespace-mismatch"]);
}

#[test]
fn expectations_are_met_by_verified_builds_alone() {
    let expected = |expected: Expected| {
        let mut artifact = attested(TAGGED, "{}");
        artifact.evidence.expected = expected;
        findings(&artifact)
    };
    let some = |text: &str| Some(text.to_owned());
    let mismatch = &["provenance/expectation-mismatch"][..];
    for (repository, result) in [("theupdateframework/tuf-js", &[][..]), ("somebody/tuf-js", mismatch)] {
        let expectation = Expected { repository: some(repository), ..Expected::default() };
        assert_eq!(expected(expectation), result, "{repository}");
    }
    for (workflow, result) in [
        ("publish.yml", &[][..]),
        (".github/workflows/publish.yml", &[]),
        ("release.yml", mismatch),
        ("yml", mismatch),
    ] {
        let expectation = Expected { workflow: some(workflow), ..Expected::default() };
        assert_eq!(expected(expectation), result, "{workflow}");
    }
    for (issuer, result) in
        [("https://token.actions.githubusercontent.com", &[][..]), ("https://gitlab.com", mismatch)]
    {
        let expectation = Expected { issuer: some(issuer), ..Expected::default() };
        assert_eq!(expected(expectation), result, "{issuer}");
    }
    for (builder, result) in [
        ("https://github.com/npm/cli@9.4.2", &[][..]),
        ("https://github.com/npm/cli", &[]),
        ("npm", mismatch),
    ] {
        let expectation = Expected { builder: some(builder), ..Expected::default() };
        assert_eq!(expected(expectation), result, "{builder}");
    }
    let mut artifact = attested(TAGGED, "{}");
    artifact.evidence.documents.clear();
    artifact.evidence.expected.repository = some("theupdateframework/tuf-js");
    assert_eq!(findings(&artifact), mismatch, "nothing is attested");
}

#[test]
fn what_is_not_verified_says_nothing_about_identity() {
    let row = "npm/sigstore-2.3.1.invalid-prov-sig";
    let artifact = attested(row, r#"{"name": "sigstore", "version": "2.3.1", "repository": "a/b"}"#);
    assert_eq!(findings(&artifact), ["provenance/invalid"]);
}

#[test]
fn a_flipped_byte_or_another_name_or_version_is_another_subject() {
    let mut other = attested(TAGGED, "{}");
    other.evidence.archive = Some(archive("x.tgz", &format!("sha512:{}", "0".repeat(128))));
    assert_eq!(findings(&other), ["provenance/subject-mismatch", "provenance/subject-mismatch"]);
    for (name, version) in [("tuf-jz", "1.0.0"), ("tuf-js", "1.0.1")] {
        let mut other = attested(TAGGED, "{}");
        other.coordinate.name = name.to_owned();
        other.coordinate.version = version.to_owned();
        let found = findings(&other);
        assert!(found.iter().filter(|id| **id == "provenance/subject-mismatch").count() == 2, "{found:?}");
    }
}

#[test]
fn a_folder_of_attestations_may_speak_about_others() {
    let mut artifact = attested(TAGGED, "{}");
    let others = ["npm/sigstore-2.3.1.attestations.json", "npm/sigstore-1.0.0.attestations.json"];
    artifact.evidence.documents.extend(others.map(|path| document(read(path))));
    for document in &mut artifact.evidence.documents {
        document.origin = Origin::Folder;
    }
    assert_eq!(findings(&artifact), [] as [&str; 0]);
    assert_eq!(examine(&artifact).len(), 2);
}

#[test]
fn a_folder_has_no_digest_that_could_be_attested() {
    let mut artifact = attested(TAGGED, "{}");
    artifact.coordinate.ecosystem = Ecosystem::Local;
    artifact.evidence.archive = None;
    let states: Vec<State> = examine(&artifact).iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Unknown, State::Unknown]);
}

#[test]
fn documents_that_are_none_are_refused() {
    for text in [
        "",
        "{",
        "{}",
        "[]",
        "null",
        r#"{"attestations": []}"#,
        r#"{"attestations": [{}]}"#,
        r#"{"mediaType": "x"}"#,
    ] {
        let mut artifact = attested(TAGGED, "{}");
        artifact.evidence.documents = vec![document(text.as_bytes().to_vec())];
        assert_eq!(findings(&artifact), ["provenance/invalid"], "{text}");
    }
    let deep = "[".repeat(100_000);
    let many = format!(r#"{{"attestations": [{}]}}"#, vec![r#"{"bundle": 1}"#; 65].join(","));
    for text in [deep, many] {
        let mut artifact = attested(TAGGED, "{}");
        artifact.evidence.documents = vec![document(text.into_bytes())];
        assert_eq!(findings(&artifact), ["provenance/invalid"]);
    }
}

#[test]
fn what_breaks_a_parser_is_refused_and_takes_nothing_else_with_it() {
    let artifact = attested(TAGGED, "{}");
    let context = Context::of(&artifact);
    let examined = guarded(&context, || panic!("a parser broke"));
    assert_eq!((examined[0].state, examined[0].rule), (State::Failed, "provenance/invalid"));
}

#[test]
fn bundles_with_very_many_log_entries_are_refused() {
    let row = &rows("npm/sigstore-5.0.0")[0];
    let mut bundle: serde_json::Value = serde_json::from_slice(&read(&row.file)).unwrap();
    for (count, state) in [(16, State::Verified), (17, State::Failed)] {
        let entries = bundle["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap();
        let entry = entries[0].clone();
        *entries = vec![entry; count];
        let artifact = npm_artifact("sigstore", "5.0.0", &row.digest, bundle.to_string().into_bytes());
        assert_eq!(examine(&artifact)[0].state, state, "{count}");
    }
}

#[test]
fn times_and_tags_are_compared() {
    let published = |published: &str| {
        let mut artifact = attested(TAGGED, "{}");
        artifact.registry = Some(Registry { published: Some(published.to_owned()), ..Registry::default() });
        assert!(!findings(&artifact).contains(&"provenance/stale"), "a mirror's own time");
        artifact.evidence.registry_signatures = vec![RegistrySignature::default()];
        let mut found = findings(&artifact);
        found.retain(|id| id.starts_with("provenance/"));
        found
    };
    let signed = examine(&attested(TAGGED, "{}"))[0].facts.time.unwrap();
    for (offset, expected) in [
        (0, &[][..]),
        (3_600, &[]),
        (86_000, &[]),
        (90_000, &["provenance/stale"]),
        (-60, &[]),
        (-4_000, &["provenance/stale"]),
    ] {
        assert_eq!(published(&time::show(signed + offset)), expected, "{offset}");
    }
}

#[test]
fn an_old_root_of_trust_is_told() {
    for (now, expected) in [(0, 0), (1_770_000_000, 0), (2_000_000_000, 1)] {
        let mut artifact = attested(TAGGED, "{}");
        artifact.evidence.now = now;
        assert_eq!(examine(&artifact)[0].facts.notes.len(), expected, "{now}");
    }
}

#[test]
fn branches_and_hand_made_starts_are_told() {
    assert_eq!(findings(&attested(BRANCH, "{}")), ["provenance/branch-build"]);
    assert_eq!(findings(&attested(MANUAL, "{}")), ["provenance/branch-build"]);
}

pub(super) fn versions(list: &[(&str, &str, Level)]) -> Artifact {
    let mut artifact = npm_artifact("x", "1.2.0", "sha512:00", Vec::new());
    artifact.evidence.documents.clear();
    artifact.evidence.versions = list
        .iter()
        .map(|(version, day, level)| VersionEvidence {
            version: (*version).to_owned(),
            published: format!("2024-01-{day}T00:00:00Z"),
            level: *level,
        })
        .collect();
    artifact
}

#[test]
fn a_regression_is_earlier_lower_and_of_the_same_line() {
    let regression = &["provenance/regression"][..];
    for (list, expected) in [
        (&[("1.1.0", "01", Level::Provenance), ("1.2.0", "02", Level::None)][..], regression),
        (&[("1.1.0", "01", Level::TrustedPublisher), ("1.2.0", "02", Level::Provenance)], regression),
        (&[("1.1.0", "01", Level::Provenance), ("1.2.0", "02", Level::Provenance)], &[]),
        (&[("1.1.0", "03", Level::Provenance), ("1.2.0", "02", Level::None)], &[]),
        (&[("1.3.0", "01", Level::Provenance), ("1.2.0", "02", Level::None)], &[]),
        (&[("2.0.0", "01", Level::Provenance), ("1.2.0", "02", Level::None)], &[]),
        (&[("0.9.0", "01", Level::Provenance), ("1.2.0", "02", Level::None)], &[]),
        (&[("1.1.0-rc.1", "01", Level::Provenance), ("1.2.0", "02", Level::None)], &[]),
        (&[("1.1.0", "01", Level::Provenance)], &[]),
        (&[("x", "01", Level::Provenance), ("1.2.0", "xx", Level::None)], &[]),
    ] {
        assert_eq!(findings(&versions(list)), expected, "{list:?}");
    }
}

#[test]
fn versions_of_python_are_ordered_as_python_does() {
    let regression = &["provenance/regression"][..];
    for (earlier, expected) in
        [("1.1.post1", regression), ("1.1rc1", &[]), ("1.10", &[]), ("0.9", &[]), ("1!1.1", &[])]
    {
        let list = [(earlier, "01", Level::Provenance), ("1.2.0", "02", Level::None)];
        let mut artifact = versions(&list);
        artifact.coordinate.ecosystem = Ecosystem::Pypi;
        assert_eq!(findings(&artifact), expected, "{earlier}");
    }
}

/// A package whose source is at hand.
pub(super) fn sourced(files: &[(&str, &str)], tree: &[(&str, &str)], reach: Reach) -> Artifact {
    let mut artifact = Artifact {
        files: files.iter().map(|(path, text)| file(path, text)).collect(),
        ..Artifact::default()
    };
    artifact.files.sort_by(|a, b| a.path.cmp(&b.path));
    artifact.evidence.source = Some(SourceTree {
        repository: "https://github.com/acme/weather".to_owned(),
        commit: "0".repeat(40),
        claim: CommitClaim::Document,
        reach,
        files: tree
            .iter()
            .map(|(path, text)| ((*path).to_owned(), file(path, &text.replace('\r', "")).sha256))
            .collect(),
    });
    artifact
}

#[test]
fn a_package_is_compared_with_its_source() {
    let manifest = ("package.json", r#"{"name": "x"}"#);
    let hook = ("package.json", r#"{"name": "x", "scripts": {"postinstall": "node x.js"}}"#);
    for (files, tree, reach, expected) in [
        (
            &[("index.js", "a\r\n"), manifest][..],
            &[("index.js", "a\n"), manifest][..],
            Reach::Reached,
            &[][..],
        ),
        (&[("dist/index.js", "a"), manifest], &[manifest], Reach::Reached, &[]),
        (
            &[("index.js", "b"), manifest],
            &[("index.js", "a"), manifest],
            Reach::Reached,
            &["provenance/source-difference"],
        ),
        (&[("extra.js", "b"), manifest], &[manifest], Reach::Reached, &["provenance/code-not-in-source"]),
        (&[manifest], &[manifest], Reach::NotReached, &["provenance/commit-unreachable"]),
        (&[manifest], &[manifest], Reach::Unknown, &[]),
        (
            &[hook],
            &[manifest],
            Reach::Reached,
            &["provenance/install-script-not-in-source", "provenance/source-difference"],
        ),
        (&[hook], &[hook], Reach::Reached, &[]),
    ] {
        assert_eq!(findings(&sourced(files, tree, reach)), expected, "{files:?}");
    }
}

#[test]
fn a_package_of_a_larger_repository_is_compared_with_its_folder() {
    let mut artifact =
        sourced(&[("index.js", "a")], &[("packages/x/index.js", "a"), ("index.js", "b")], Reach::Reached);
    let document = serde_json::json!({"repository": {"directory": "packages/x"}});
    artifact.registry = Some(Registry { document, ..Registry::default() });
    let source = examine(&artifact).into_iter().find(|one| one.kind == Kind::Source).unwrap();
    assert!(!source.why.contains("differ"), "{source:?}");
}

pub(super) fn without(what: Wanted, absence: Absence) -> Artifact {
    let mut artifact = npm_artifact("x", "1.0.0", "sha512:00", Vec::new());
    artifact.evidence.documents.clear();
    artifact.evidence.missing = vec![Missing { what, absence, why: "why".to_owned() }];
    artifact
}

#[test]
fn absent_and_unknown_are_not_the_same() {
    for (what, absence, expected) in [
        (Wanted::NpmAttestations, Absence::Absent, &["provenance/absent"][..]),
        (Wanted::NpmAttestations, Absence::Unknown, &["provenance/unknown"]),
        (Wanted::PypiAttestations, Absence::Absent, &["provenance/absent"]),
        (Wanted::NpmSignatures, Absence::Absent, &["npm/signature-missing"]),
        (Wanted::NpmSignatures, Absence::Unknown, &[]),
        (Wanted::Source, Absence::Unknown, &[]),
    ] {
        assert_eq!(findings(&without(what, absence)), expected, "{what:?} {absence:?}");
    }
}

pub(super) fn files(attested: &[Option<bool>]) -> Artifact {
    let files = attested.iter().enumerate().map(|(at, is_attested)| FileEvidence {
        name: format!("x-1.{at}.tar.gz"),
        is_attested: *is_attested,
    });
    Artifact { evidence: Evidence { files: files.collect(), ..Evidence::default() }, ..Artifact::default() }
}

#[test]
fn some_files_with_attestations_and_others_without_are_told() {
    for (attested, expected) in [
        (&[Some(true), Some(false)][..], &["provenance/partial"][..]),
        (&[Some(true), Some(true)], &[]),
        (&[Some(false), Some(false)], &[]),
        (&[Some(true), None], &[]),
    ] {
        assert_eq!(findings(&files(attested)), expected);
    }
}

/// A bundle with the evidence that its file gives.
pub(super) fn bundle(block: Option<BundleBlock>, now: u64) -> Artifact {
    Artifact {
        coordinate: Coordinate {
            ecosystem: Ecosystem::Mcpb,
            name: "weather".to_owned(),
            version: "1.0.0".to_owned(),
        },
        evidence: Evidence { bundle: block, now, ..Evidence::default() },
        ..Artifact::default()
    }
}

/// SHA-256 of the content that the signatures beside it cover.
pub(super) fn content() -> String {
    use sha2::{Digest as _, Sha256};
    let bytes = fs::read(folder().join("../mcpb/weather.zip")).unwrap();
    statement::to_hex(&Sha256::digest(bytes))
}

pub(super) fn block(signature: &str) -> BundleBlock {
    let signature = fs::read(folder().join("../mcpb").join(signature)).unwrap();
    BundleBlock { signature: Some(signature), signed: vec![content()], ..BundleBlock::default() }
}

const NOW: u64 = 1_750_000_000;

#[test]
fn signatures_of_bundles() {
    for (signature, expected) in [
        ("self-signed.p7s", &["mcpb/self-signed"][..]),
        ("self-signed-sorted.p7s", &["mcpb/self-signed"]),
        ("issued.p7s", &["mcpb/untrusted-chain"]),
        ("expired.p7s", &["mcpb/expired", "mcpb/self-signed"]),
        ("self-signed-patched.p7s", &["mcpb/signature-invalid"]),
    ] {
        let artifact = bundle(Some(block(signature)), NOW);
        assert_eq!(findings(&artifact), expected, "{signature}");
        let examined = examine(&artifact);
        assert_eq!(examined[0].state == State::Unknown, !expected[0].ends_with("invalid"), "{signature}");
    }
    assert_eq!(findings(&bundle(None, NOW)), ["mcpb/unsigned"]);
    assert_eq!(examine(&bundle(None, NOW))[0].state, State::Absent);
    let ambiguous =
        BundleBlock { problem: Some("x".to_owned()), is_ambiguous: true, ..BundleBlock::default() };
    assert_eq!(findings(&bundle(Some(ambiguous), NOW)), ["mcpb/signature-invalid", "mcpb/zip-ambiguity"]);
}

#[test]
fn every_changed_byte_of_a_bundle_signature_is_refused_or_not_covered() {
    let good = block("self-signed.p7s");
    let signature = good.signature.clone().unwrap();
    let before = pkcs7::verify(&signature, &good.signed).unwrap();
    let mut survivors = Vec::new();
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        if let Ok(after) = pkcs7::verify(&changed, &good.signed) {
            // Bytes around what a certificate signs may change without changing what it says.
            let says_the_same =
                pkcs7::Signer { fingerprint: before.fingerprint.clone(), ..after.clone() } == before;
            assert!(says_the_same || !after.is_self_signed, "{at}");
            survivors.extend(says_the_same.then_some(at));
        }
    }
    assert!(survivors.len() < 30, "{survivors:?}");
    for end in [0, 1, 10, signature.len() / 2, signature.len() - 1] {
        assert!(pkcs7::verify(&signature[..end], &good.signed).is_err(), "{end}");
    }
}

#[test]
fn the_digest_in_server_json_is_compared() {
    let given = |digest: &str, name: &str| {
        let mut artifact = bundle(None, NOW);
        artifact.evidence.archive = Some(archive("weather.mcpb", &format!("sha256:{}", "ab".repeat(32))));
        let text = format!(
            r#"{{"name": "com.example/w", "packages": [
                {{"registryType": "mcpb", "identifier": "https://example.com/{name}", "fileSha256": "{digest}"}},
                {{"registryType": "mcpb", "identifier": "https://example.com/other.mcpb", "fileSha256": "00"}}]}}"#
        );
        artifact.evidence.documents = vec![document(text.into_bytes())];
        examine(&artifact).into_iter().find(|one| one.kind == Kind::ServerJsonDigest).unwrap().state
    };
    assert_eq!(given(&"AB".repeat(32), "weather.mcpb"), State::Verified);
    assert_eq!(given(&"cd".repeat(32), "weather.mcpb"), State::Failed);
    assert_eq!(given(&"ab".repeat(32), "elsewhere.mcpb"), State::Absent);
    let text = r#"{"name": "com.example/w", "packages": [
        {"registryType": "mcpb", "identifier": "https://example.com/weather.mcpb", "fileSha256": "00"}]}"#;
    let files = vec![file("server.json", text), file("weather.mcpb", "x")];
    assert_eq!(findings(&Artifact { files, ..Artifact::default() }), ["mcpb/digest-mismatch"]);
}

pub(super) fn signed_by_registry(key: &str, signature: &str, published: &str) -> Artifact {
    let mut artifact = npm_artifact("kms-demo", "1.0.0", "sha512:00", Vec::new());
    artifact.evidence.documents.clear();
    artifact.registry = Some(Registry { published: Some(published.to_owned()), ..Registry::default() });
    artifact.evidence.registry_signatures = vec![RegistrySignature {
        integrity:
            "sha512-QqZ7VJ/8xPkS9s2IWB7Shj3qTJdcRyeXKbPQnsZjsPEwvutGv0EGeVchPcauoiDFJlGbZMFq5GDCurAGNSghJQ=="
                .to_owned(),
        key: crate::untrusted::Untrusted::new(key),
        signature: signature.to_owned(),
    }];
    artifact
}
