//! Registries on this machine, honest and not, through the real binary: exact answer and exit code.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::support::{Answer, Place, root, shown, tarball};

/// One reply: status line and headers without the length, then the body; `cut` sends less than it says.
#[derive(Clone)]
struct Page {
    head: String,
    body: Vec<u8>,
    cut: usize,
}

impl Page {
    fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { head: "200 OK".to_owned(), body: body.into(), cut: 0 }
    }

    fn json(value: &Value) -> Self {
        let page = Self::ok(value.to_string());
        Self { head: format!("{}\r\ncontent-type: application/vnd.pypi.simple.v1+json", page.head), ..page }
    }

    fn status(head: &str) -> Self {
        Self { head: head.to_owned(), body: Vec::new(), cut: 0 }
    }
}

/// A server that answers known paths, keeps what was asked, and ends with its owner.
pub(crate) struct Registry {
    address: SocketAddr,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Most connections that one server takes.
const CONNECTIONS: usize = 200;

impl Registry {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let pages: Arc<Mutex<BTreeMap<String, Page>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let stop: Arc<AtomicBool> = Arc::default();
        let thread = {
            let (pages, asked, stop) = (Arc::clone(&pages), Arc::clone(&asked), Arc::clone(&stop));
            std::thread::spawn(move || {
                for stream in listener.incoming().take(CONNECTIONS) {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    if let Ok(stream) = stream {
                        answer(stream, &pages, &asked);
                    }
                }
            })
        };
        Self { address, pages, asked, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Publishes an npm package and answers with its tarball.
    pub(crate) fn npm(&self, name: &str, archive: &[u8]) {
        let integrity = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(archive)));
        self.npm_promising(name, archive, &integrity);
    }

    fn npm_promising(&self, name: &str, archive: &[u8], integrity: &str) {
        let tarball = self.url(&format!("/{name}/-/{name}-1.0.0.tgz"));
        let version = json!({
            "name": name, "version": "1.0.0", "bin": { name: "index.js" },
            "dist": { "tarball": tarball, "integrity": integrity },
        });
        let document = json!({
            "name": name, "dist-tags": { "latest": "1.0.0" }, "versions": { "1.0.0": version },
            "time": { "1.0.0": "2026-01-02T03:04:05.000Z" },
        });
        self.put(&format!("/{name}"), Page::json(&document));
        self.put(&format!("/{name}/-/{name}-1.0.0.tgz"), Page::ok(archive));
    }

    pub(crate) fn check(&self, place: &Place, target: &str, more: &[&str]) -> Answer {
        let url = self.url("/");
        let index = self.url("/simple/");
        let mut arguments =
            vec!["check", target, "--npm-registry", &url, "--pypi-index", &index, "--node-version", "22.0.0"];
        arguments.extend(more);
        let answer = place.run(&arguments);
        let address = self.address.to_string();
        Answer {
            code: answer.code,
            stdout: answer.stdout.replace(&address, "registry.example"),
            stderr: answer.stderr.replace(&address, "registry.example"),
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: TcpStream, pages: &Mutex<BTreeMap<String, Page>>, asked: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") && request.len() < 65_536 {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let authorised = text.to_ascii_lowercase().contains("\r\nauthorization:");
    asked.lock().unwrap().push(format!("{path}{}", if authorised { " with authorization" } else { "" }));
    let page = pages.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Page::status("404 Not Found"));
    let length = page.body.len();
    let head = format!("HTTP/1.1 {}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n", page.head);
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&page.body[..length - page.cut]);
}

fn package(source: &str) -> Vec<u8> {
    let manifest = json!({ "name": "notes", "version": "1.0.0", "bin": { "notes": "index.js" } }).to_string();
    tarball(&[("package/package.json", manifest.as_bytes()), ("package/index.js", source.as_bytes())])
}

fn clean() -> Vec<u8> {
    package("export const nothing = 1;\n")
}

/// A report without what only the network can say again: that something is not published.
fn without_provenance(report: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(report).unwrap();
    let scanned = &mut report["reports"][0];
    scanned["provenance"] = serde_json::Value::Null;
    scanned["findings"].as_array_mut().unwrap().retain(|finding| finding["rule"] != "provenance/unknown");
    report
}

#[test]
fn a_package_is_fetched_once_and_then_comes_from_the_cache() {
    let registry = Registry::start();
    registry.npm("notes", &clean());
    let place = Place::empty();
    let first = registry.check(&place, "npm:notes", &["--output", "json=-", "--quiet"]);
    assert_eq!(first.code, 0, "{}", shown(&first));
    let evidence = ["/-/npm/v1/keys", "/-/npm/v1/attestations/notes@1.0.0"];
    assert_eq!(registry.asked(), [&["/notes", "/notes/-/notes-1.0.0.tgz"][..], &evidence].concat());
    let again = registry.check(&place, "npm:notes", &["--output", "json=-", "--quiet"]);
    assert_eq!((again.code, &again.stdout), (0, &first.stdout));
    let offline = registry.check(&place, "npm:notes", &["--output", "json=-", "--quiet", "--offline"]);
    assert_eq!((offline.code, without_provenance(&offline.stdout)), (0, without_provenance(&first.stdout)));
    assert!(offline.stdout.contains("the network is off"), "{}", shown(&offline));
    assert_eq!(registry.asked().len(), 4, "{:?}", registry.asked());
}

#[test]
fn a_launch_line_is_the_package_that_it_would_start() {
    let registry = Registry::start();
    registry.npm("notes", &clean());
    let answer =
        registry.check(&Place::empty(), "npx -y notes@1.0.0 --flag", &["--output", "json=-", "--quiet"]);
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    let artifact = &document["reports"][0]["artifact"];
    assert_eq!((&artifact["ecosystem"], &artifact["name"]), (&json!("npm"), &json!("notes")), "{document:#}");
}

#[test]
fn a_wheel_is_fetched_from_a_simple_index() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (path, text) in [
        ("notes/__init__.py", "nothing = 1\n"),
        ("notes-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: notes\nVersion: 1.0.0\n"),
    ] {
        writer.start_file(path, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    let wheel = writer.finish().unwrap().into_inner();
    let digest = Sha256::digest(&wheel).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let registry = Registry::start();
    let name = "notes-1.0.0-py3-none-any.whl";
    registry.put(
        "/simple/notes/",
        Page::json(&json!({
            "meta": { "api-version": "1.0" }, "name": "notes",
            "files": [{ "filename": name, "url": format!("../../files/{name}"), "hashes": { "sha256": digest } }],
        })),
    );
    registry.put(&format!("/files/{name}"), Page::ok(wheel));
    let answer = registry.check(&Place::empty(), "pypi:notes", &["--output", "json=-", "--quiet"]);
    assert_eq!(answer.code, 0, "{}", shown(&answer));
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(document["reports"][0]["artifact"]["version"], "1.0.0");
    assert_eq!(document["reports"][0]["artifact"]["digest"], format!("sha256:{digest}"));
}

/// What each dishonest or broken registry does.
const WRONG: [&str; 8] =
    ["missing", "error", "cut-document", "cut-archive", "redirect", "lying-digest", "no-json", "hostile"];

/// Makes the registry wrong in one way.
fn break_it(registry: &Registry, case: &str, other: &Registry) {
    registry.npm("notes", &clean());
    let archive = "/notes/-/notes-1.0.0.tgz";
    match case {
        "missing" => registry.put("/notes", Page::status("404 Not Found")),
        "error" => registry.put("/notes", Page::status("500 Internal Server Error\r\nretry-after: 0")),
        "cut-document" => {
            let whole = registry.pages.lock().unwrap().get("/notes").cloned().unwrap();
            registry.put("/notes", Page { cut: 20, ..whole });
        }
        "cut-archive" => registry.put(archive, Page { cut: 20, ..Page::ok(clean()) }),
        "redirect" => {
            let elsewhere = format!("302 Found\r\nlocation: {}", other.url("/stolen"));
            registry.put("/notes", Page::status(&elsewhere));
        }
        "lying-digest" => registry.put(archive, Page::ok(package("other()\n"))),
        "no-json" => registry.put("/notes", Page::ok("<html>\u{1b}[2J")),
        _ => registry.npm("notes", &tarball(&[("package/package.json", b"{}"), ("../out.js", b"1")])),
    }
}

#[test]
fn a_registry_that_fails_or_lies_is_never_a_pass() {
    let other = Registry::start();
    other.put("/stolen", Page::ok("{}"));
    let answers: Vec<(&str, Answer)> = std::thread::scope(|scope| {
        let other = &other;
        let runs = WRONG.map(|case| {
            scope.spawn(move || {
                let registry = Registry::start();
                break_it(&registry, case, other);
                let place = Place::empty();
                let answer = registry.check(&place, "npm:notes", &[]);
                assert!(place.listing().iter().all(|path| !path.ends_with("out.js")), "{case}");
                (case, answer)
            })
        });
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (case, answer) in answers {
        assert!([1, 3].contains(&answer.code), "{case}: {}", shown(&answer));
        super::support::assert_quiet(&answer.stdout, case);
        let address = other.address.to_string();
        insta::assert_snapshot!(
            format!("registry-{case}"),
            shown(&answer).replace(&address, "other.example")
        );
    }
}

#[test]
fn a_token_reaches_its_own_registry_only() {
    let (registry, other) = (Registry::start(), Registry::start());
    registry.npm("notes", &clean());
    let integrity = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(clean())));
    let version = json!({ "name": "notes", "version": "1.0.0",
        "dist": { "tarball": other.url("/elsewhere.tgz"), "integrity": integrity } });
    let document =
        json!({ "name": "notes", "dist-tags": { "latest": "1.0.0" }, "versions": { "1.0.0": version } });
    registry.put("/notes", Page::json(&document));
    other.put("/elsewhere.tgz", Page::ok(clean()));
    let place = Place::empty();
    place.write("../home/.npmrc", format!("//{}/:_authToken=very-secret-token\n", registry.address));
    let answer = registry.check(&place, "npm:notes", &["--output", "json=-"]);
    assert_eq!(answer.code, 0, "{}", shown(&answer));
    let own = ["/notes", "/-/npm/v1/keys", "/-/npm/v1/attestations/notes@1.0.0"];
    assert_eq!(registry.asked(), own.map(|path| format!("{path} with authorization")));
    assert_eq!(other.asked(), ["/elsewhere.tgz"]);
    assert!(!shown(&answer).contains("very-secret"), "{}", shown(&answer));
}

#[test]
fn nothing_is_written_outside_the_cache() {
    let registry = Registry::start();
    registry.npm("notes", &clean());
    let place = Place::empty();
    registry.check(&place, "npm:notes", &[]);
    let outside: Vec<_> = place
        .listing()
        .into_iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "cache") && !path.ends_with("work"))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert!(root().join("Cargo.toml").exists());
}
