//! npm against registries on the loopback address.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use super::*;
use crate::{
    acquire::{
        Settings,
        live::Live,
        testing::{Request, Response, Server},
    },
    artifact::Launch,
};

/// A tarball with one file.
fn tarball(text: &str) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "package/index.js", text.as_bytes()).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", BASE64.encode(Sha512::digest(bytes)))
}

/// A document with `latest` and versions; `TARBALLS` in it stands for the server's address.
fn document(latest: &str, versions: &Value) -> String {
    json!({"name": "x", "dist-tags": {"latest": latest, "next": "2.0.0-rc.1"}, "versions": versions,
           "time": {"1.0.0": "2024-01-02T03:04:05.000Z"}})
    .to_string()
}

fn version(bytes: &[u8]) -> Value {
    json!({"name": "x", "dist": {"tarball": "TARBALLS/x/-/x.tgz", "integrity": integrity(bytes)}})
}

/// A registry with one document and one tarball.
fn registry(document: String, tarball: Vec<u8>) -> Server {
    Server::start(move |request, _| match request.path.as_str() {
        "/x.tgz" | "/x/-/x.tgz" => Response::ok(tarball.clone()),
        "/x" | "/@s%2fx" => {
            let host = format!("http://{}", request.header("host").unwrap_or_default());
            Response::ok(document.replace("TARBALLS", &host))
        }
        _ => Response::new(404, "{}"),
    })
}

fn settings(server: &Server) -> Settings {
    Settings {
        npm_registry: Some(server.url.to_string()),
        node_version: Some("20.20.2".into()),
        directory: std::env::temp_dir(),
        ..Settings::default()
    }
}

fn acquired(name: &str, wanted: &str, settings: &Settings) -> Result<Artifact, AcquireError> {
    let target = Target { name: name.into(), version: wanted.into(), scheme: "npm", ..Target::default() };
    let web = Live::impatient();
    let door = Door { web: &web, settings };
    Npm.acquire(&Npm.resolve(&target, &door)?, &door)
}

fn failure(name: &str, wanted: &str, settings: &Settings) -> String {
    match acquired(name, wanted, settings) {
        Err(AcquireError::Hostile { message, rule }) => format!("{rule}: {message}"),
        Err(error) => error.to_string(),
        Ok(_) => "no failure".into(),
    }
}

fn authorizations(server: &Server) -> Vec<Option<String>> {
    server.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect()
}

/// A home whose `.npmrc` has these lines, and settings that use it.
fn home(lines: &str) -> (tempfile::TempDir, Settings) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".npmrc"), lines).unwrap();
    let settings = Settings {
        home: Some(home.path().into()),
        directory: home.path().into(),
        environment: [("PREFIX".to_owned(), home.path().join("usr").display().to_string())].into(),
        node_version: Some("20.20.2".into()),
        ..Settings::default()
    };
    (home, settings)
}

#[test]
fn pins_checks_and_unpacks() {
    let bytes = tarball("let a;");
    let mut newest = version(&bytes);
    newest["deprecated"] = json!("use\u{1b} y");
    newest["scripts"] = json!({"postinstall": "node x"});
    let server = registry(document("1.0.0", &json!({"1.0.0": newest, "0.9.0": version(b"")})), bytes);
    let artifact = acquired("x", "1.0.0", &settings(&server)).unwrap();
    assert_eq!(artifact.coordinate.version, "1.0.0");
    assert_eq!(artifact.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["index.js"]);
    assert_eq!(artifact.source, format!("npm registry {}", server.url));
    assert_eq!(artifact.resolution, ["version 1.0.0 (as asked)"]);
    let registry = artifact.registry.unwrap();
    assert_eq!(registry.document["scripts"]["postinstall"], "node x");
    assert_eq!(registry.published.as_deref(), Some("2024-01-02T03:04:05.000Z"));
    assert_eq!(registry.deprecated.unwrap().visible(), "use\\u{1b} y");
    assert_eq!(registry.promised.unwrap().algorithm, "sha512");
    assert_eq!(artifact.digest.algorithm, "sha256");
}

#[test]
fn takes_what_fits_the_runtime() {
    let bytes = tarball("let a;");
    let mut newest = version(&bytes);
    newest["engines"] = json!({"node": ">=22"});
    let server = registry(document("2.0.0", &json!({"1.0.0": version(&bytes), "2.0.0": newest})), bytes);
    let artifact = acquired("x", "", &settings(&server)).unwrap();
    assert_eq!(artifact.coordinate.version, "1.0.0");
    assert_eq!(
        artifact.resolution[1],
        "latest is 2.0.0, but its engines `node >=22` do not fit Node v20.20.2; npm would start 1.0.0"
    );
}

#[test]
fn refuses_bytes_that_are_not_the_promised_ones() {
    let server = registry(document("1.0.0", &json!({"1.0.0": version(b"another")})), tarball("let a;"));
    let failure = failure("x", "", &settings(&server));
    assert!(failure.starts_with("artifact/digest-mismatch: nothing was unpacked: "), "{failure}");
}

#[test]
fn several_promises_of_one_strength_are_alternatives() {
    let bytes = tarball("let a;");
    let mut several = version(&bytes);
    several["dist"]["integrity"] = json!(format!("{} {}", integrity(b"another"), integrity(&bytes)));
    let mut wrong = version(&bytes);
    wrong["dist"]["integrity"] = json!(format!("{} {}", integrity(b"another"), integrity(b"other")));
    let server = registry(document("1.0.0", &json!({"1.0.0": several, "1.1.0": wrong})), bytes);
    assert!(acquired("x", "1.0.0", &settings(&server)).is_ok());
    assert!(failure("x", "1.1.0", &settings(&server)).starts_with("artifact/digest-mismatch"));
}

#[test]
fn says_when_the_promise_is_weak_or_missing() {
    let bytes = tarball("let a;");
    let shasum = crate::acquire::digest::hex(&sha1::Sha1::digest(&bytes));
    let versions = json!({
        "1.0.0": {"dist": {"tarball": "TARBALLS/x.tgz", "shasum": shasum}},
        "1.1.0": {"dist": {"tarball": "TARBALLS/x.tgz"}},
        "1.2.0": {"dist": {}},
    });
    let server = registry(document("1.0.0", &versions), bytes);
    for (wanted, said) in [
        ("1.0.0", "the registry promises only a SHA-1 digest, which is weak"),
        ("1.1.0", "the registry promises no digest for the archive"),
    ] {
        assert_eq!(acquired("x", wanted, &settings(&server)).unwrap().resolution[1], said);
    }
    assert!(failure("x", "1.2.0", &settings(&server)).ends_with("it names no archive for the version"));
}

#[test]
fn says_what_is_missing() {
    let server = registry(document("1.0.0", &json!({"1.0.0": version(b"")})), Vec::new());
    let url = &server.url;
    for (name, wanted, expected) in [
        ("y", "", format!("nothing was fetched: the npm registry {url} has no package `y`")),
        (
            "x",
            "9.9.9",
            "nothing was fetched: the npm package `x` has no version `9.9.9`; latest is 1.0.0".into(),
        ),
        ("../y", "", "nothing was fetched: `../y` is not an npm package name".into()),
        ("@s/..", "", "nothing was fetched: `@s/..` is not an npm package name".into()),
        ("a/b", "", "nothing was fetched: `a/b` is not an npm package name".into()),
    ] {
        assert_eq!(failure(name, wanted, &settings(&server)), expected);
    }
}

#[test]
fn survives_registries_that_fail() {
    for (response, expected) in [
        (Response::new(500, "x"), "could not be read: status 500"),
        (Response::ok("{\"versions\":{\"1.0.0\""), "the registry's document could not be used: EOF"),
        (Response::ok("<html>"), "the registry's document could not be used: expected value"),
        (Response::ok("{}"), "has no published version"),
        (Response::ok("{\"x\":1}").stating(1000), "could not be read: the transfer broke off"),
        (Response::new(401, ""), "refused access (status 401)"),
    ] {
        let server = Server::always(response);
        let failure = failure("x", "", &settings(&server));
        assert!(failure.contains(expected), "{failure}");
    }
}

#[test]
fn tokens_reach_their_own_registry_only() {
    let bytes = tarball("let a;");
    let elsewhere = registry(String::new(), bytes.clone());
    let mut foreign = version(&bytes);
    foreign["dist"]["tarball"] = json!(elsewhere.at("x.tgz").to_string());
    let own =
        registry(document("1.0.0", &json!({"1.0.0": version(&bytes), "2.0.0": foreign})), bytes.clone());
    let plain = registry(document("1.0.0", &json!({"1.0.0": version(&bytes)})), bytes);
    let nerf = own.url.as_str().trim_start_matches("http:").to_owned();
    let (_home, settings) =
        home(&format!("registry={}\n@s:registry={}\n{nerf}:_authToken=secret\n", plain.url, own.url));
    assert!(acquired("@s/x", "1.0.0", &settings).is_ok());
    assert!(acquired("@s/x", "2.0.0", &settings).is_ok());
    assert!(acquired("x", "1.0.0", &settings).is_ok());
    let bearer = Some("Bearer secret".to_owned());
    assert_eq!(authorizations(&own), [bearer.clone(), bearer.clone(), bearer]);
    assert_eq!(authorizations(&elsewhere), [None]);
    assert_eq!(authorizations(&plain), [None, None]);
}

#[test]
fn tokens_do_not_follow_redirects() {
    let bytes = tarball("let a;");
    let elsewhere = registry(document("1.0.0", &json!({"1.0.0": version(&bytes)})), bytes);
    let target = elsewhere.at("x").to_string();
    let own = Server::always(Response::redirect(&target));
    let nerf = own.url.as_str().trim_start_matches("http:").to_owned();
    let (_home, settings) = home(&format!("registry={}\n{nerf}:_authToken=secret\n", own.url));
    assert!(acquired("x", "1.0.0", &settings).is_ok());
    assert_eq!(authorizations(&own), [Some("Bearer secret".to_owned())]);
    assert_eq!(authorizations(&elsewhere), [None, None]);
}

#[test]
fn one_off_runners_ignore_the_project() {
    let bytes = tarball("let a;");
    let user = registry(document("1.0.0", &json!({"1.0.0": version(&bytes)})), bytes);
    let project = Server::always(Response::new(404, ""));
    let (home, mut settings) = home(&format!("registry={}\n", user.url));
    settings.directory = home.path().join("work");
    std::fs::create_dir_all(&settings.directory).unwrap();
    std::fs::write(settings.directory.join("package.json"), "{}").unwrap();
    std::fs::write(settings.directory.join(".npmrc"), format!("registry={}\n", project.url)).unwrap();
    let web = Live::impatient();
    let door = Door { web: &web, settings: &settings };
    let launch = Some(Launch { line: "npx x".into(), ..Launch::default() });
    let target = Target { name: "x".into(), scheme: "npm", launch, ..Target::default() };
    assert!(Npm.resolve(&target, &door).is_ok());
    let target = Target { launch: None, ..target };
    assert!(matches!(Npm.resolve(&target, &door), Err(AcquireError::NotFound { .. })));
}

#[test]
fn asks_a_mirror_where_its_documents_name_the_default_host() {
    let bytes = tarball("let a;");
    let mut entry = version(&bytes);
    let host = configuration::default_host().unwrap();
    entry["dist"]["tarball"] = json!(format!("https://{host}/x/-/x.tgz"));
    let server = registry(document("1.0.0", &json!({"1.0.0": entry})), bytes);
    assert!(acquired("x", "", &settings(&server)).is_ok());
    let paths: Vec<String> = server.requests().into_iter().map(|request: Request| request.path).collect();
    assert_eq!(paths, ["/x", "/x/-/x.tgz"]);
}

#[test]
fn asks_for_whole_documents() {
    let bytes = tarball("let a;");
    let server = registry(document("1.0.0", &json!({"1.0.0": version(&bytes)})), bytes);
    assert!(acquired("x", "", &settings(&server)).is_ok());
    let headers: BTreeMap<String, String> = server.requests()[0].headers.iter().cloned().collect();
    assert_eq!(headers["accept"], "application/json");
}
