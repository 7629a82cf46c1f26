//! Collecting evidence: layouts of bundles, and registries on the loopback address.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use super::*;
use crate::{
    acquire::{
        Settings, Target, acquire,
        live::Live,
        testing::{Request, Response, Server},
    },
    artifact::evidence::{Document, Level, Origin, Reach},
};

fn fixture(path: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(root.join("fixtures").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The bundle with a signature block behind it.
fn signed(content: &[u8], signature: &[u8]) -> Vec<u8> {
    let length = u32::try_from(signature.len()).unwrap().to_le_bytes();
    [content, b"MCPB_SIG_V1", &length, signature, b"MCPB_SIG_END"].concat()
}

/// The same by the writer that also states the block as the archive's comment.
fn signed_and_stated(content: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    let length = u16::try_from(signature.len() + 27).unwrap().to_le_bytes();
    let at = content.len() - 2;
    content[at..].copy_from_slice(&length);
    signed(&content, signature)
}

#[test]
fn takes_bundles_apart_as_both_writers_make_them() {
    let (content, signature) = (fixture("mcpb/weather.zip"), fixture("mcpb/self-signed.p7s"));
    let own = digest::sha256(&content).hex;
    assert!(split(&content).block.is_none());
    for bytes in [signed(&content, &signature), signed_and_stated(&content, &signature)] {
        let split = split(&bytes);
        let block = split.block.unwrap();
        assert_eq!(split.content, content);
        assert_eq!(block.signature.as_ref(), Some(&signature));
        assert!(block.signed.contains(&own) && block.problem.is_none() && !block.is_ambiguous);
    }
}

#[test]
fn says_what_is_wrong_with_a_layout() {
    let (content, signature) = (fixture("mcpb/weather.zip"), fixture("mcpb/self-signed.p7s"));
    let bytes = signed(&content, &signature);
    let mut shortened = bytes.clone();
    let at = content.len() + 11;
    shortened[at] ^= 1;
    for (bytes, problem, is_ambiguous) in [
        ([bytes.clone(), b"x".to_vec()].concat(), "bytes stand behind the signature block", false),
        ([bytes.clone(), content.clone()].concat(), "bytes stand behind the signature block", true),
        ([bytes.clone(), bytes.clone()].concat(), "there is more than one signature block", true),
        (shortened, "the signature block does not begin where its length says", false),
        (
            [content.clone(), b"MCPB_SIG_END".to_vec()].concat(),
            "the signature block does not begin where its length says",
            false,
        ),
    ] {
        let split = split(&bytes);
        let block = split.block.unwrap();
        assert_eq!(block.problem.as_deref(), Some(problem));
        assert_eq!(block.is_ambiguous, is_ambiguous, "{problem}");
        assert_eq!(split.content, bytes, "what a program that knows no signatures would open");
    }
}

#[test]
fn markers_inside_of_files_mean_nothing() {
    for content in [
        &b"MCPB_SIG_V1\xff\xff\xff\xff"[..],
        b"MCPB_SIG_V1",
        b"",
        b"MCPB_SIG_ENDx",
        b"MCPB_SIG_V1\0\0\0\0MCPB_SIG_END.",
    ] {
        assert!(split(content).block.is_none(), "{content:?}");
    }
}

/// A tarball with a manifest.
fn tarball() -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let text = br#"{"name":"@s/x","version":"1.0.0"}"#;
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "package/package.json", &text[..]).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

/// A registry whose document has these further members of `dist`, and which answers everything
/// that is not the document or the archive with a function.
fn npm_registry(dist: Value, answer: impl Fn(&Request) -> Response + Send + 'static) -> Server {
    let archive = tarball();
    Server::start(move |request, _| match request.path.as_str() {
        "/x.tgz" => Response::ok(archive.clone()),
        "/@s%2fx" => {
            let host = request.header("host").unwrap_or_default();
            let mut version = json!({"name": "@s/x", "version": "1.0.0", "dist": dist});
            version["dist"]["tarball"] = json!(format!("http://{host}/x.tgz"));
            version["dist"]["integrity"] =
                json!(format!("sha512-{}", BASE64.encode(Sha512::digest(&archive))));
            let document = json!({
                "dist-tags": {"latest": "1.0.0"},
                "versions": {"1.0.0": version},
                "time": {"1.0.0": "2024-01-02T03:04:05.000Z"},
            });
            Response::ok(document.to_string())
        }
        _ => answer(request),
    })
}

fn settings(server: &Server) -> Settings {
    Settings {
        npm_registry: Some(server.url.to_string()),
        pypi_index: Some(server.at("simple/").to_string()),
        node_version: Some("20.20.2".into()),
        directory: std::env::temp_dir(),
        ..Settings::default()
    }
}

fn collected(scheme: &'static str, name: &str, settings: &Settings) -> Artifact {
    let target = Target { name: name.into(), version: String::new(), scheme, ..Target::default() };
    let web = Live::impatient();
    acquire(&target, &Door { web: &web, settings }).unwrap()
}

fn absences(artifact: &Artifact, what: Wanted) -> Vec<Absence> {
    artifact.evidence.missing.iter().filter(|one| one.what == what).map(|one| one.absence).collect()
}

#[test]
fn npm_attestations_are_had_absent_or_unknown() {
    let signature = json!([{"keyid": "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA", "sig": "AAAA"}]);
    let stated = json!({"url": "http://elsewhere.example/x", "provenance": {"predicateType": "x"}});
    for (dist, status, expected) in [
        (json!({"signatures": signature}), 404, vec![Absence::Absent]),
        (json!({}), 404, vec![Absence::Unknown]),
        (json!({"signatures": signature, "attestations": stated}), 404, vec![Absence::Unknown]),
        (json!({"signatures": signature}), 500, vec![Absence::Unknown]),
        (json!({"signatures": signature}), 403, vec![Absence::Unknown]),
        (json!({"signatures": signature, "attestations": stated}), 200, vec![]),
    ] {
        let server = npm_registry(dist.clone(), move |_| Response::new(status, "{}"));
        let artifact = collected("npm", "@s/x", &settings(&server));
        assert_eq!(absences(&artifact, Wanted::NpmAttestations), expected, "{dist} {status}");
        assert_eq!(artifact.evidence.documents.len(), usize::from(status == 200), "{dist} {status}");
        let is_signed = dist.get("signatures").is_some();
        assert_eq!(absences(&artifact, Wanted::NpmSignatures).is_empty(), is_signed);
        let asked: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
        assert!(asked.contains(&"/-/npm/v1/attestations/@s%2fx@1.0.0".to_owned()), "{asked:?}");
        assert_eq!(asked.contains(&"/-/npm/v1/keys".to_owned()), !is_signed, "{asked:?}");
    }
}

#[test]
fn keys_of_another_registry_are_asked_for_where_npms_own_do_not_explain_a_signature() {
    let signature = json!([{"keyid": "SHA256:own", "sig": "AAAA"}]);
    for (status, lists) in [(200, 2), (404, 1), (500, 0)] {
        let server = npm_registry(json!({"signatures": signature}), move |request| {
            let is_keys = request.path == "/-/npm/v1/keys";
            Response::new(if is_keys { status } else { 404 }, r#"{"keys":[]}"#)
        });
        let artifact = collected("npm", "@s/x", &settings(&server));
        assert_eq!(artifact.evidence.npm_keys.len(), lists, "{status}");
    }
}

#[test]
fn a_registry_that_signs_is_told_apart_from_one_that_leaves_signatures_out() {
    for (status, body, expected) in [
        (200, r#"{"keys":[{"keyid":"SHA256:own","key":"AAAA"}]}"#, Absence::Absent),
        (200, r#"{"keys":[]}"#, Absence::Unknown),
        (404, "", Absence::Unknown),
        (500, "", Absence::Unknown),
    ] {
        let server = npm_registry(json!({}), move |request| {
            let is_keys = request.path == "/-/npm/v1/keys";
            Response::new(if is_keys { status } else { 404 }, body)
        });
        let artifact = collected("npm", "@s/x", &settings(&server));
        assert_eq!(absences(&artifact, Wanted::NpmSignatures), [expected], "{status} {body}");
    }
}

#[test]
fn an_archive_is_known_by_both_digests() {
    let server = npm_registry(json!({}), |_| Response::new(404, ""));
    let archive = collected("npm", "@s/x", &settings(&server)).evidence.archive.unwrap();
    assert_eq!(archive.name, "x.tgz");
    assert_eq!((archive.sha256.len(), archive.sha512.len()), (64, 128));
    assert_eq!(archive.sha256, digest::sha256(&tarball()).hex);
}

#[test]
fn nothing_is_asked_where_the_user_gives_documents() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("b.json", "{}"), ("a.sigstore", "{}"), ("c.txt", "x")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let server = npm_registry(json!({}), |_| Response::new(200, "{}"));
    for (path, origin, count) in
        [(folder.path().to_path_buf(), Origin::Folder, 2), (folder.path().join("c.txt"), Origin::File, 1)]
    {
        let settings = Settings { attestations: Some(path), ..settings(&server) };
        let documents: Vec<Document> = collected("npm", "@s/x", &settings).evidence.documents;
        assert!(documents.iter().all(|document| document.origin == origin));
        assert_eq!(documents.len(), count);
    }
    assert!(server.requests().iter().all(|request| !request.path.contains("attestations")));
    let settings = Settings { attestations: Some(folder.path().join("none")), ..settings(&server) };
    let target = Target { name: "@s/x".into(), scheme: "npm", ..Target::default() };
    let error = acquire(&target, &Door { web: &Live::impatient(), settings: &settings }).unwrap_err();
    assert!(matches!(error, AcquireError::Usage { .. }), "{error}");
}

/// An index with one file, which says this about its provenance.
fn index(provenance: Option<Value>, status: u16) -> Server {
    let archive = tarball();
    let sha256 = digest::sha256(&archive).hex;
    Server::start(move |request, _| match request.path.as_str() {
        "/f/x-1.0.tar.gz" => Response::ok(archive.clone()),
        "/simple/x/" => {
            let mut file =
                json!({"filename": "x-1.0.tar.gz", "url": "/f/x-1.0.tar.gz", "hashes": {"sha256": sha256}});
            if let Some(provenance) = &provenance {
                file["provenance"] = provenance.clone();
            }
            let page = json!({"meta": {"api-version": "1.3"}, "name": "x", "files": [file]});
            Response::ok(page.to_string()).header("Content-Type", "application/vnd.pypi.simple.v1+json")
        }
        _ => Response::new(status, "{}"),
    })
}

#[test]
fn python_attestations_are_had_absent_or_unknown() {
    let usual = "/integrity/x/1.0/x-1.0.tar.gz/provenance";
    for (provenance, status, expected, path) in [
        (Some(json!("https://elsewhere.example/integrity/y")), 200, vec![], Some("/integrity/y")),
        (
            Some(json!("https://elsewhere.example/integrity/y")),
            404,
            vec![Absence::Unknown],
            Some("/integrity/y"),
        ),
        (Some(Value::Null), 200, vec![Absence::Absent], None),
        (None, 200, vec![], Some(usual)),
        (None, 404, vec![Absence::Unknown], Some(usual)),
        (None, 500, vec![Absence::Unknown], Some(usual)),
    ] {
        let server = index(provenance.clone(), status);
        let artifact = collected("pypi", "x", &settings(&server));
        assert_eq!(absences(&artifact, Wanted::PypiAttestations), expected, "{provenance:?} {status}");
        let asked: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
        let further: Vec<&str> =
            asked.iter().map(String::as_str).filter(|path| path.contains("integrity")).collect();
        assert!(
            path.map_or(further.is_empty(), |path| further.iter().all(|asked| *asked == path)),
            "{asked:?}"
        );
        assert_eq!(artifact.evidence.documents.len(), usize::from(status == 200 && path.is_some()));
        let said = provenance.as_ref().map(|value| !value.is_null());
        assert_eq!(artifact.evidence.files[0].is_attested, said);
    }
}

#[test]
fn github_is_asked_only_where_the_user_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weather.mcpb");
    std::fs::write(&path, fixture("mcpb/weather.zip")).unwrap();
    let bundle = fixture("sigstore/github/reusable-workflow.sigstore.json");
    let bundle: Value = serde_json::from_slice(&bundle).unwrap();
    let answer = json!({"attestations": [{"bundle": bundle, "repository_id": 1}]}).to_string();
    for (variables, expected, status, body, asked, documents, absence) in [
        (&[][..], None, 200, answer.as_str(), false, 0, vec![]),
        (&[("GH_TOKEN", "secret")], None, 200, &answer, false, 0, vec![]),
        (&[("GH_TOKEN", "secret")], Some("acme/weather"), 200, &answer, true, 1, vec![]),
        (&[], Some("acme/weather"), 404, "", true, 0, vec![Absence::Absent]),
        (&[], Some("acme/weather"), 200, r#"{"attestations":[]}"#, true, 0, vec![Absence::Absent]),
        (&[], Some("acme/weather"), 500, "", true, 0, vec![Absence::Unknown]),
    ] {
        let body = body.to_owned();
        let server = Server::start(move |_, _| Response::new(status, body.clone()));
        let mut settings = settings(&server);
        settings.environment =
            variables.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        settings.environment.insert("GITHUB_API_URL".into(), server.url.to_string());
        settings.expected.repository = expected.map(str::to_owned);
        let artifact = collected("archive", path.to_str().unwrap(), &settings);
        assert_eq!(server.requests().is_empty(), !asked, "{variables:?} {expected:?}");
        assert_eq!(artifact.evidence.documents.len(), documents);
        assert_eq!(absences(&artifact, Wanted::GithubAttestations), absence, "{status}");
        if let Some(request) = server.requests().first() {
            assert!(request.path.starts_with("/repos/acme/weather/attestations/sha256:"), "{}", request.path);
            let token = request.header("authorization");
            assert_eq!(token, variables.first().map(|_| "Bearer secret"));
        }
    }
}

#[test]
fn versions_are_ranked_by_what_the_registry_says_of_them() {
    let empty = json!({});
    let provenance = json!({"attestations": {"provenance": {"predicateType": "x"}}});
    let trusted = json!({"trustedPublisher": {"id": "github"}});
    let times = [("1.0.0", 1), ("1.1.0", 2), ("1.2.0", 3)]
        .map(|(version, day)| (version.to_owned(), json!(format!("2024-01-0{day}T00:00:00Z"))));
    let versions = [
        ("1.0.0", &empty, &trusted),
        ("1.1.0", &provenance, &empty),
        ("1.2.0", &provenance, &trusted),
        ("9.9.9", &provenance, &trusted),
    ];
    let levels: Vec<Level> =
        of_versions(versions.into_iter(), &times.into()).into_iter().map(|one| one.level).collect();
    assert_eq!(levels, [Level::None, Level::Provenance, Level::TrustedPublisher]);
}

/// A repository in a folder with these files in one commit behind another; both their names.
fn repository(folder: &std::path::Path, files: &[(&str, &str)]) -> (String, String) {
    let repository = git2::Repository::init(folder).unwrap();
    let author = git2::Signature::new("a", "a@example.com", &git2::Time::new(0, 0)).unwrap();
    let mut builder = repository.treebuilder(None).unwrap();
    for (path, text) in files {
        builder.insert(path, repository.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
    }
    let tree = repository.find_tree(builder.write().unwrap()).unwrap();
    let first = repository.commit(Some("refs/heads/main"), &author, &author, "a", &tree, &[]).unwrap();
    let parent = repository.find_commit(first).unwrap();
    repository.commit(Some("refs/heads/main"), &author, &author, "b", &tree, &[&parent]).unwrap();
    let stray = repository.commit(None, &author, &author, "c", &tree, &[]).unwrap();
    repository.set_head("refs/heads/main").unwrap();
    (first.to_string(), stray.to_string())
}

#[test]
fn the_source_of_the_attested_commit_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let (commit, stray) = repository(folder.path(), &[("index.js", "a\r\n")]);
    let url = format!("file://{}", folder.path().display());
    let statement = |commit: &str| {
        let predicate = json!({"buildDefinition": {
            "externalParameters": {"workflow": {"repository": url}},
            "resolvedDependencies": [{"digest": {"gitCommit": commit}}],
        }});
        let payload = BASE64.encode(json!({"predicate": predicate}).to_string());
        json!({"mediaType": "x", "dsseEnvelope": {"payload": payload}}).to_string()
    };
    let with = |commit: &str, expected: Option<&str>| {
        let bytes = statement(commit).into_bytes();
        let document = Document { name: "x".to_owned(), origin: Origin::File, bytes };
        let mut artifact = Artifact::default();
        artifact.evidence.documents = vec![document];
        let mut settings = Settings { offline: true, source: true, ..Settings::default() };
        settings.limits = crate::acquire::Limits::default();
        settings.expected.repository = expected.map(str::to_owned);
        source::collect(&mut artifact, &Door { web: &crate::acquire::web::Refused, settings: &settings });
        artifact.evidence
    };
    for (commit, reach) in [(&commit, Reach::Reached), (&stray, Reach::NotReached)] {
        let evidence = with(commit, Some(&url));
        let source = evidence.source.unwrap_or_else(|| panic!("{:?}", evidence.missing));
        assert_eq!(source.reach, reach, "{commit}");
        assert_eq!(source.files.len(), 1);
        assert_eq!(digest::hex(&source.files[0].1), digest::sha256(b"a\n").hex);
    }
    for (commit, expected) in [(commit.as_str(), None), (&"0".repeat(40), Some(url.as_str()))] {
        let evidence = with(commit, expected);
        assert!(evidence.source.is_none());
        assert_eq!(evidence.missing[0].absence, Absence::Unknown);
    }
}
