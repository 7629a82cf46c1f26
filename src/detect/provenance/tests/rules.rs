//! Every rule about signatures and provenance speaks in at least one case.

use std::collections::BTreeSet;

use super::{
    super::{
        facts::{Facts, Kind, State, Verified},
        identity,
    },
    policy::*,
    *,
};
use crate::{
    artifact::evidence::{Absence, BundleBlock, Expected, Level, Reach, Wanted},
    code, connector,
    detect::{self, catalogue},
};

const KEY: &str = "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA";
const SIGNATURE: &str =
    "MEUCIDrLNspFeU5NZ6d55ycVBZIMXnPJi/XnI1Y2dlJvK8P1AiEAnXjn1IOMUd+U7YfPH+FNjwfLq+jCwfH8uaxocq+mpPk=";

/// Findings about facts that no real bundle at hand shows.
fn about(facts: Facts, version: &str) -> Vec<&'static str> {
    let artifact = Artifact {
        coordinate: Coordinate { version: version.to_owned(), ..Coordinate::default() },
        ..Artifact::default()
    };
    let facts = Facts {
        repository: "https://github.com/acme/weather".to_owned(),
        issuer: if facts.issuer.is_empty() {
            "https://token.actions.githubusercontent.com".to_owned()
        } else {
            facts.issuer.clone()
        },
        ..facts
    };
    let provenance = [Verified::new(Kind::NpmProvenance, State::Verified, "x", "").with(facts)];
    let code = code::read(&artifact, &detect::sets::get().callees);
    let connector = connector::read(&artifact, &code);
    let subject = Subject {
        artifact: &artifact,
        code: &code,
        connector: &connector,
        provenance: &provenance,
        measure: crate::detect::drift::Measure::default(),
    };
    let mut found = Vec::new();
    let rules = catalogue::get().of_check("provenance").collect();
    identity::compare(&subject, &Asked(rules), &mut found);
    found.iter().map(|finding| finding.rule.id.as_str()).collect()
}

#[test]
fn builders_triggers_and_tags() {
    let text = |text: &str| text.to_owned();
    let facts = Facts::default;
    for (facts, expected) in [
        (facts(), None),
        (Facts { issuer: text("https://issuer.example"), ..facts() }, Some("provenance/builder-unknown")),
        (Facts { builder: text("https://builder.example"), ..facts() }, Some("provenance/builder-unknown")),
        (Facts { builder: text("https://github.com/actions/runner/github-hosted"), ..facts() }, None),
        (
            Facts { builder: text("https://github.com/actions/runner/self-hosted"), ..facts() },
            Some("provenance/runner-self-hosted"),
        ),
        (Facts { runner: text("self-hosted"), ..facts() }, Some("provenance/runner-self-hosted")),
        (Facts { runner: text("github-hosted"), trigger: text("push"), ..facts() }, None),
        (Facts { trigger: text("pull_request_target"), ..facts() }, Some("provenance/trigger-risky")),
        (Facts { reference: text("refs/pull/7/merge"), ..facts() }, Some("provenance/trigger-risky")),
        (Facts { visibility: text("private"), ..facts() }, Some("provenance/visibility-private")),
        (Facts { visibility: text("public"), ..facts() }, None),
        (Facts { reference: text("refs/tags/v1.0.0"), ..facts() }, None),
        (Facts { reference: text("refs/tags/v1.0.1"), ..facts() }, Some("provenance/tag-mismatch")),
        (Facts { reference: text("refs/heads/main"), ..facts() }, Some("provenance/branch-build")),
    ] {
        let shown = format!("{facts:?}");
        assert_eq!(about(facts, "1.0.0"), expected.into_iter().collect::<Vec<_>>(), "{shown}");
    }
}

/// Everything that speaks, once.
fn spoken() -> BTreeSet<&'static str> {
    let mut ids = BTreeSet::new();
    let unknown = Facts { issuer: "https://issuer.example".to_owned(), ..Facts::default() };
    let own = Facts {
        runner: "self-hosted".to_owned(),
        trigger: "pull_request_target".to_owned(),
        visibility: "private".to_owned(),
        reference: "refs/tags/v9".to_owned(),
        ..Facts::default()
    };
    ids.extend(about(unknown, "1"));
    ids.extend(about(own, "1"));
    let expected = Expected { repository: Some("a/b".to_owned()), ..Expected::default() };
    let mut unexpected = attested(TAGGED, r#"{"repository": "a/tuf-js", "mcpName": "io.github.a/x"}"#);
    unexpected.evidence.expected = expected;
    unexpected.registry = Some(crate::artifact::Registry {
        published: Some("2024-01-01T00:00:00Z".to_owned()),
        ..Default::default()
    });
    unexpected.evidence.registry_signatures = vec![crate::artifact::evidence::RegistrySignature::default()];
    let mut other = attested(TAGGED, "{}");
    other.coordinate.name = "x".to_owned();
    let mut kind = attested(TAGGED, "{}");
    kind.evidence.documents = vec![document(read("github/release-attestation.sigstore.json"))];
    let mut server = attested(TAGGED, r#"{"repository": "a/b"}"#);
    server.files.push(file(
        "server.json",
        r#"{"name": "com.example/x", "repository": {"url": "https://github.com/a/b"}, "packages": []}"#,
    ));
    let manifest = ("package.json", "{}");
    let hook = ("package.json", r#"{"scripts": {"install": "x"}}"#);
    let files_beside = vec![
        file(
            "server.json",
            r#"{"name": "a/b", "packages": [{"identifier": "x/w.mcpb", "fileSha256": "00"}]}"#,
        ),
        file("w.mcpb", ""),
    ];
    let digest = Artifact { files: files_beside, ..Artifact::default() };
    let ambiguous =
        BundleBlock { problem: Some("x".to_owned()), is_ambiguous: true, ..BundleBlock::default() };
    let artifacts = vec![
        unexpected,
        other,
        server,
        digest,
        predicate_of_unknown_kind(),
        attested(BRANCH, "{}"),
        attested("npm/sigstore-2.3.1.invalid-prov-sig", "{}"),
        without(Wanted::NpmAttestations, Absence::Absent),
        without(Wanted::NpmAttestations, Absence::Unknown),
        without(Wanted::NpmSignatures, Absence::Absent),
        files(&[Some(true), Some(false)]),
        versions(&[("1.1.0", "01", Level::Provenance), ("1.2.0", "02", Level::None)]),
        sourced(&[hook, ("a.js", "1"), ("b.js", "1")], &[manifest, ("a.js", "2")], Reach::NotReached),
        signed_by_registry(KEY, SIGNATURE, "2026-01-01T00:00:00Z"),
        signed_by_registry(KEY, "bogus", "2023-01-01T00:00:00Z"),
        signed_by_registry("SHA256:x", SIGNATURE, "2023-01-01T00:00:00Z"),
        signed_by_registry(KEY, "MAYCAQECAQE=", "2023-01-01T00:00:00Z"),
        bundle(None, 0),
        bundle(Some(block("expired.p7s")), 1_750_000_000),
        bundle(Some(block("issued.p7s")), 1_750_000_000),
        bundle(Some(ambiguous), 0),
    ];
    for artifact in artifacts {
        ids.extend(findings(&artifact));
    }
    ids
}

/// A verified statement whose predicate says nothing that is understood.
fn predicate_of_unknown_kind() -> Artifact {
    let row = &rows("formats/conda-attestation.sigstore")[0];
    Artifact {
        evidence: Evidence {
            archive: Some(archive("signed-package-2.1.0-hb0f4dca_0.conda", &row.digest)),
            documents: vec![document(read(&row.file))],
            ..Evidence::default()
        },
        ..Artifact::default()
    }
}

#[test]
fn every_rule_speaks() {
    let spoken = spoken();
    let rules: BTreeSet<&str> =
        catalogue::get().of_check("provenance").map(|rule| rule.id.as_str()).collect();
    let silent: Vec<&&str> = rules.difference(&spoken).collect();
    assert!(silent.is_empty(), "{silent:?}");
}
