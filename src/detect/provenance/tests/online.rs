//! Registries on the loopback address that serve recorded documents and real files: what is asked,
//! what comes back, and what that proves.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::{super::statement::to_hex, *};
use crate::acquire::{
    AcquireError, Door, Settings, Target, acquire,
    live::Live,
    testing::{Response, Server},
};

const TARBALL: &str = "../npm/sigstore-5.0.0.tgz";
const WHEEL: &str = "../pypi/rfc8785-0.1.2-py3-none-any.whl";

fn settings(server: &Server) -> Settings {
    Settings {
        npm_registry: Some(server.url.to_string()),
        pypi_index: Some(server.at("simple/").to_string()),
        node_version: Some("24.20.2".into()),
        directory: std::env::temp_dir(),
        ..Settings::default()
    }
}

fn acquired(scheme: &'static str, name: &str, settings: &Settings) -> Result<Artifact, AcquireError> {
    let target = Target { name: name.into(), scheme, ..Target::default() };
    acquire(&target, &Door { web: &Live::impatient(), settings })
}

/// A registry with one version, further members of its `dist`, and an answer about attestations.
fn npm(dist: &Value, archive: Vec<u8>, status: u16, answer: &str) -> Server {
    let (dist, answer) = (dist.clone(), answer.to_owned());
    let integrity = format!("sha512-{}", BASE64.encode(Sha512::digest(read(TARBALL))));
    Server::start(move |request, _| match request.path.as_str() {
        "/sigstore-5.0.0.tgz" => Response::ok(archive.clone()),
        "/sigstore" => {
            let host = request.header("host").unwrap_or_default();
            let mut dist = dist.clone();
            dist["tarball"] = json!(format!("http://{host}/sigstore-5.0.0.tgz"));
            dist["integrity"] = json!(integrity);
            let version = json!({"name": "sigstore", "version": "5.0.0", "dist": dist});
            let document =
                json!({"dist-tags": {"latest": "5.0.0"}, "versions": {"5.0.0": version}, "time": {}});
            Response::ok(document.to_string())
        }
        "/-/npm/v1/attestations/sigstore@5.0.0" => Response::new(status, answer.clone()),
        _ => Response::new(404, ""),
    })
}

/// The recorded bundle as the registry would serve it.
fn recorded(predicate: &str) -> String {
    let bundle: Value = serde_json::from_slice(&read("npm/sigstore-5.0.0.provenance.sigstore.json")).unwrap();
    json!({"attestations": [{"predicateType": predicate, "bundle": bundle}]}).to_string()
}

#[test]
fn npm_is_never_verified_by_presence() {
    let slsa = "https://slsa.dev/provenance/v1";
    let offered =
        json!({"attestations": {"url": "http://elsewhere.example/", "provenance": {"predicateType": slsa}}});
    let signed = json!({"signatures": [{"keyid": "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA", "sig": "MAA="}]});
    let other = text("npm/sigstore-2.3.1.attestations.json");
    for (dist, status, answer, state) in [
        (&offered, 200, recorded(slsa), State::Verified),
        (&signed, 200, recorded(slsa), State::Verified),
        (&offered, 200, recorded("https://slsa.dev/provenance/v0.2"), State::Failed),
        (&offered, 200, other, State::Failed),
        (&offered, 404, String::new(), State::Unknown),
        (&offered, 500, String::new(), State::Unknown),
        (&signed, 404, String::new(), State::Absent),
        (&json!({}), 404, String::new(), State::Unknown),
    ] {
        let server = npm(dist, read(TARBALL), status, &answer);
        let examined = examine(&acquired("npm", "sigstore", &settings(&server)).unwrap());
        let states: Vec<State> =
            examined.iter().filter(|one| one.kind == Kind::NpmProvenance).map(|one| one.state).collect();
        assert_eq!(states, [state], "{dist} {status}");
    }
    let server = npm(&offered, read(TARBALL), 200, "{}");
    let examined = examine(&acquired("npm", "sigstore", &settings(&server)).unwrap());
    assert!(examined.iter().any(|one| one.rule == "provenance/invalid"), "{examined:#?}");
}

#[test]
fn an_archive_that_the_registry_did_not_promise_is_not_even_unpacked() {
    let mut changed = read(TARBALL);
    changed[9] ^= 1;
    let server = npm(&json!({}), changed, 404, "");
    match acquired("npm", "sigstore", &settings(&server)) {
        Err(AcquireError::Hostile { rule, .. }) => assert_eq!(rule, "artifact/digest-mismatch"),
        other => panic!("{other:?}"),
    }
}

/// An index with one wheel, and an answer about its provenance.
fn index(provenance: Value, status: u16, answer: String) -> Server {
    let (wheel, file) = (read(WHEEL), "rfc8785-0.1.2-py3-none-any.whl");
    let sha256 = to_hex(&Sha256::digest(&wheel));
    Server::start(move |request, _| match request.path.as_str() {
        "/f/rfc8785-0.1.2-py3-none-any.whl" => Response::ok(wheel.clone()),
        "/simple/rfc8785/" => {
            let file = json!({"filename": file, "url": format!("/f/{file}"), "hashes": {"sha256": sha256}, "provenance": provenance});
            let page = json!({"meta": {"api-version": "1.3"}, "name": "rfc8785", "files": [file]});
            Response::ok(page.to_string()).header("Content-Type", "application/vnd.pypi.simple.v1+json")
        }
        "/integrity/x" => Response::new(status, answer.clone()),
        _ => Response::new(404, ""),
    })
}

#[test]
fn python_is_never_verified_by_presence() {
    let attestation: Value =
        serde_json::from_slice(&read("pypi/rfc8785-0.1.2.wheel.publish.attestation.json")).unwrap();
    let object = |attestation: &Value| {
        json!({"version": 1, "attestation_bundles": [{"attestations": [attestation]}]}).to_string()
    };
    let other: Value =
        serde_json::from_slice(&read("pypi/spt3g-1.0.wheel.publish.attestation.json")).unwrap();
    let there = json!("https://elsewhere.example/integrity/x");
    let root = folder().join("roots/staging.trusted_root.json");
    for (provenance, status, answer, root, state) in [
        (&there, 200, object(&attestation), Some(&root), State::Verified),
        (&there, 200, object(&attestation), None, State::Failed),
        (&there, 200, object(&other), Some(&root), State::Failed),
        (&there, 404, String::new(), Some(&root), State::Unknown),
        (&there, 500, String::new(), Some(&root), State::Unknown),
        (&Value::Null, 200, object(&attestation), Some(&root), State::Absent),
    ] {
        let server = index(provenance.clone(), status, answer);
        let settings = Settings { trusted_root: root.cloned(), ..settings(&server) };
        let examined = examine(&acquired("pypi", "rfc8785", &settings).unwrap());
        let states: Vec<State> =
            examined.iter().filter(|one| one.kind == Kind::PypiPublish).map(|one| one.state).collect();
        assert_eq!(states, [state], "{provenance} {status}");
    }
}

#[test]
fn a_document_may_speak_about_the_other_file_of_the_version() {
    let row = &rows("pypi/pypi_attestations-0.0.19.sdist.prov")[0];
    let file = |name: &str, digest: &str| Artifact {
        coordinate: Coordinate {
            ecosystem: Ecosystem::Pypi,
            name: "pypi-attestations".into(),
            version: "0.0.19".into(),
        },
        evidence: Evidence { archive: Some(archive(name, digest)), ..Evidence::default() },
        ..Artifact::default()
    };
    let zeros = format!("sha256:{}", "0".repeat(64));
    for (digest, state) in [(row.digest.as_str(), State::Verified), (zeros.as_str(), State::Failed)] {
        let mut wheel =
            file("pypi_attestations-0.0.19-py3-none-any.whl", &format!("sha256:{}", "1".repeat(64)));
        wheel.evidence.documents = vec![document(read(&row.file))];
        wheel.companion = Some(Box::new(file("pypi_attestations-0.0.19.tar.gz", digest)));
        let examined = examine(&wheel);
        assert_eq!(examined.len(), 1);
        assert_eq!(
            (examined[0].state, examined[0].about.as_str()),
            (state, "pypi_attestations-0.0.19.tar.gz")
        );
    }
}
