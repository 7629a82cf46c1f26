//! The Python source against indexes on the loopback address.

use std::{collections::BTreeMap, io::Write as _};

use serde_json::{Value, json};

use super::*;
use crate::{
    acquire::{
        Settings, digest,
        live::Live,
        testing::{Response, Server},
    },
    artifact::Launch,
};

const WHEEL: &str = "x-1.0-py3-none-any.whl";
const SOURCE: &str = "x-1.0.tar.gz";

fn wheel(text: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("x/__init__.py", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn source(text: &str) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "x-1.0/x/__init__.py", text.as_bytes()).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

/// The page's entry for a file, with a relative address.
fn entry(filename: &str, bytes: &[u8]) -> Value {
    json!({"filename": filename, "url": format!("../../files/{filename}"),
           "hashes": {"sha256": digest::sha256(bytes).hex}, "upload-time": "2024-01-02T03:04:05Z"})
}

/// An index whose page is a text, with files.
fn index(page: String, files: &[(&str, Vec<u8>)]) -> Server {
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, bytes)| (format!("/files/{name}"), bytes.clone())).collect();
    Server::start(move |request, _| match files.get(&request.path) {
        Some(bytes) => Response::ok(bytes.clone()),
        None if request.path == "/simple/x/" => Response::ok(page.clone()),
        None => Response::new(404, ""),
    })
}

fn json_page(files: &[Value]) -> String {
    json!({"meta": {"api-version": "1.1"}, "name": "x", "files": files}).to_string()
}

fn settings(server: &Server) -> Settings {
    Settings { pypi_index: Some(server.at("simple").to_string()), ..Settings::default() }
}

fn acquired(wanted: &str, settings: &Settings) -> Result<Artifact, AcquireError> {
    launched(wanted, "", settings)
}

fn launched(wanted: &str, line: &str, settings: &Settings) -> Result<Artifact, AcquireError> {
    let launch = (!line.is_empty()).then(|| Launch { line: line.into(), ..Launch::default() });
    let target =
        Target { name: "X".into(), version: wanted.into(), scheme: "pypi", launch, ..Target::default() };
    let web = Live::impatient();
    let door = Door { web: &web, settings };
    Pypi.acquire(&Pypi.resolve(&target, &door)?, &door)
}

fn failure(wanted: &str, settings: &Settings) -> String {
    match acquired(wanted, settings) {
        Err(AcquireError::Hostile { message, rule }) => format!("{rule}: {message}"),
        Err(error) => error.to_string(),
        Ok(_) => "no failure".into(),
    }
}

#[test]
fn reads_the_wheel_and_the_source_archive_beside_it() {
    let (built, packed) = (wheel("a = 1\n"), source("a = 2\n"));
    let page = json_page(&[entry(WHEEL, &built), entry(SOURCE, &packed)]);
    let server = index(page, &[(WHEEL, built), (SOURCE, packed)]);
    let artifact = acquired("==1.0", &settings(&server)).unwrap();
    assert_eq!((artifact.coordinate.name.as_str(), artifact.coordinate.version.as_str()), ("x", "1.0"));
    assert_eq!(artifact.files[0].path, "x/__init__.py");
    assert_eq!(artifact.source, format!("Python package index {}", server.at("simple/")));
    assert!(artifact.unread.is_empty(), "{:?}", artifact.unread);
    let registry = artifact.registry.unwrap();
    assert_eq!(registry.published.as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(registry.promised.unwrap().algorithm, "sha256");
    assert_eq!(registry.document["filename"], WHEEL);
    assert_eq!(artifact.companion.unwrap().files[0].bytes, b"a = 2\n");
    assert!(
        server.requests()[0].header("accept").unwrap().starts_with("application/vnd.pypi.simple.v1+json")
    );
}

#[test]
fn reads_the_html_form() {
    let built = wheel("a = 1\n");
    let page = format!(
        "<!DOCTYPE html><a href=\"../../files/{WHEEL}#sha256={}\">{WHEEL}</a>",
        digest::sha256(&built).hex
    );
    let server = index(page, &[(WHEEL, built)]);
    assert!(acquired("", &settings(&server)).unwrap().registry.unwrap().promised.is_some());
}

#[test]
fn a_missing_source_archive_is_reported_and_not_fatal() {
    let built = wheel("a = 1\n");
    let server = index(json_page(&[entry(WHEEL, &built), entry(SOURCE, b"")]), &[(WHEEL, built)]);
    let artifact = acquired("", &settings(&server)).unwrap();
    assert!(artifact.companion.is_none());
    assert!(
        artifact.unread[0]
            .why
            .starts_with("the source archive `x-1.0.tar.gz` of the same version was not read: ")
    );
    assert_eq!(artifact.unread[0].needed, Needed::No);
}

#[test]
fn refuses_bytes_that_are_not_the_promised_ones() {
    let built = wheel("a = 1\n");
    let server = index(json_page(&[entry(WHEEL, b"another")]), &[(WHEEL, built.clone())]);
    assert!(failure("", &settings(&server)).starts_with("artifact/digest-mismatch: "));
    let page = json_page(&[entry(WHEEL, &built), entry(SOURCE, b"another")]);
    let server = index(page, &[(WHEEL, built), (SOURCE, source(""))]);
    assert!(failure("", &settings(&server)).starts_with("artifact/digest-mismatch: "));
}

#[test]
fn lists_wheels_that_this_machine_does_not_take() {
    let built = wheel("a = 1\n");
    let other = "x-1.0-cp27-cp27m-win32.whl";
    let server = index(json_page(&[entry(WHEEL, &built), entry(other, b"")]), &[(WHEEL, built)]);
    let artifact = acquired("", &settings(&server)).unwrap();
    assert_eq!(
        artifact.unread.iter().map(|unread| unread.why.as_str()).collect::<Vec<_>>(),
        [format!("the wheel `{other}` of the same version was not read: this machine takes another")]
    );
}

#[test]
fn says_when_no_digest_is_promised() {
    let built = wheel("a = 1\n");
    let server = index(format!("<a href=../../files/{WHEEL}>{WHEEL}</a>"), &[(WHEEL, built)]);
    let artifact = acquired("", &settings(&server)).unwrap();
    assert_eq!(artifact.resolution.last().unwrap(), "the index promises no digest for the file");
}

#[test]
fn carries_the_reason_for_a_withdrawal() {
    let built = wheel("a = 1\n");
    let mut yanked = entry(WHEEL, &built);
    yanked["yanked"] = json!("leaks\u{7}");
    let server = index(json_page(&[yanked]), &[(WHEEL, built)]);
    assert!(failure("", &settings(&server)).ends_with("has no version left: 1.0 is yanked"));
    let artifact = acquired("==1.0", &settings(&server)).unwrap();
    assert_eq!(artifact.registry.unwrap().deprecated.unwrap().visible(), "leaks\\u{7}");
}

#[test]
fn credentials_reach_their_own_index_only() {
    let built = wheel("a = 1\n");
    let elsewhere = index(String::new(), &[(WHEEL, built.clone())]);
    let mut foreign = entry(WHEEL, &built);
    foreign["url"] = json!(elsewhere.at(&format!("files/{WHEEL}")).to_string());
    let own = index(json_page(&[foreign, entry(SOURCE, &source(""))]), &[(SOURCE, source(""))]);
    let mut url = own.at("simple/");
    url.set_username("me").unwrap();
    url.set_password(Some("pass")).unwrap();
    let settings = Settings { pypi_index: Some(url.to_string()), ..Settings::default() };
    let artifact = acquired("", &settings).unwrap();
    assert!(artifact.companion.is_some());
    assert!(!artifact.source.contains("pass"), "{}", artifact.source);
    let sent = |server: &Server| -> Vec<Option<String>> {
        server.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect()
    };
    let basic = Some("Basic bWU6cGFzcw==".to_owned());
    assert_eq!(sent(&own), [basic.clone(), basic]);
    assert_eq!(sent(&elsewhere), [None]);
}

#[test]
fn uv_takes_the_first_index_and_pip_the_best_version() {
    let (old, new) = (wheel("a = 1\n"), wheel("a = 2\n"));
    let newer = "x-2.0-py3-none-any.whl";
    let main = index(json_page(&[entry(newer, &new)]), &[(newer, new)]);
    let further = index(json_page(&[entry(WHEEL, &old)]), &[(WHEEL, old)]);
    let environment = |names: [&str; 2]| {
        let values = [main.at("simple").to_string(), further.at("simple").to_string()];
        names.into_iter().map(str::to_owned).zip(values).collect::<BTreeMap<_, _>>()
    };
    let uv = Settings { environment: environment(["UV_DEFAULT_INDEX", "UV_INDEX"]), ..Settings::default() };
    assert_eq!(launched("", "uvx x", &uv).unwrap().coordinate.version, "1.0");
    let mut environment = environment(["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"]);
    environment.insert("PIP_CONFIG_FILE".into(), "/dev/null".into());
    let pip = Settings { environment, ..Settings::default() };
    assert_eq!(launched("", "pipx run x", &pip).unwrap().coordinate.version, "2.0");
}

#[test]
fn survives_indexes_that_fail() {
    for (response, expected) in [
        (Response::new(404, ""), "nothing was fetched: no index has the Python package `x`"),
        (Response::new(500, ""), "could not be read: status 500"),
        (Response::ok("{\"files\":["), "the index's page could not be used: EOF"),
        (Response::ok("nothing"), "the index's page could not be used: it is neither JSON nor HTML"),
        (Response::ok("<html>"), "has no wheel and no source archive"),
        (Response::new(403, ""), "refused access (status 403)"),
    ] {
        let failure = failure("", &settings(&Server::always(response)));
        assert!(failure.contains(expected), "{failure}");
    }
}

#[test]
fn refuses_what_is_no_package_name() {
    for name in ["", "../x", "-x", "x y", "x/y"] {
        let target = Target { name: name.into(), scheme: "pypi", ..Target::default() };
        assert!(requested(&target).is_err(), "{name}");
    }
    let target = Target { name: "My.Server[cli]".into(), scheme: "pypi", ..Target::default() };
    assert_eq!(requested(&target).unwrap().0, "my-server");
}
