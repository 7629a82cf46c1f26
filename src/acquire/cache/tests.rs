use std::sync::Mutex;

use super::*;
use crate::acquire::web::{Refused, Secret};

/// Answers with the number of the request, or with one fixed body.
#[derive(Default)]
struct Counting {
    count: Mutex<usize>,
    fixed: Option<&'static [u8]>,
}

impl Web for &Counting {
    fn get(&self, get: &Get) -> Result<Reply, WebError> {
        let mut count = self.count.lock().unwrap();
        *count += 1;
        let body = self.fixed.map_or_else(|| format!("{count}\nbody").into_bytes(), <[u8]>::to_vec);
        Ok(Reply { body, url: get.url.clone(), stored: None })
    }
}

fn settings(now: u64, offline: bool) -> Settings {
    Settings { offline, now, ..Settings::default() }
}

fn get(path: &str) -> Get {
    let url = Url::parse(&format!("https://registry.example/{path}")).unwrap();
    Get { url, accept: None, authorization: None, limit: 1000, expected: None }
}

fn body(web: &impl Web, get: &Get) -> String {
    web.get(get).map_or_else(|error| error.to_string(), |reply| String::from_utf8(reply.body).unwrap())
}

#[test]
fn a_document_answers_while_it_is_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting::default();
    let at = |now| Cached::new(&web, folder.path(), &settings(now, false));
    for (now, expected) in
        [(1000, "1\nbody"), (1000, "1\nbody"), (1300, "1\nbody"), (1301, "2\nbody"), (1200, "3\nbody")]
    {
        assert_eq!(body(&at(now), &get("a")), expected, "{now}");
    }
}

#[test]
fn offline_a_document_answers_at_any_age() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting::default();
    body(&Cached::new(&web, folder.path(), &settings(1000, false)), &get("a?secret"));
    let offline = Cached::new(Refused, folder.path(), &settings(1 << 40, true));
    assert_eq!(body(&offline, &get("a?secret")), "1\nbody");
    assert_eq!(
        body(&offline, &get("b")),
        "https://registry.example/b is not in the cache and the network is off"
    );
    assert!(matches!(offline.get(&Get { limit: 2, ..get("a?secret") }), Err(WebError::Offline { .. })));
}

#[test]
fn keeps_documents_apart() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting::default();
    let cached = Cached::new(&web, folder.path(), &settings(1000, false));
    let requests = [
        get("a"),
        get("b"),
        Get { accept: Some("text/html"), ..get("a") },
        Get { authorization: Some(Secret("Bearer one".into())), ..get("a") },
        Get { authorization: Some(Secret("Bearer two".into())), ..get("a") },
    ];
    for (number, request) in requests.iter().enumerate() {
        let expected = format!("{}\nbody", number + 1);
        assert_eq!(body(&cached, request), expected);
        assert_eq!(body(&cached, request), expected);
    }
}

#[test]
fn writes_no_credential_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting::default();
    let cached = Cached::new(&web, folder.path(), &settings(1000, false));
    let mut request = Get { authorization: Some(Secret("Bearer hidden".into())), ..get("a?token=hidden") };
    request.url.set_username("user").unwrap();
    request.url.set_password(Some("hidden")).unwrap();
    body(&cached, &request);
    let mut count = 0;
    for entry in fs::read_dir(folder.path().join("document")).unwrap() {
        let path = entry.unwrap().path();
        let stored = fs::read_to_string(&path).unwrap();
        assert!(!stored.contains("hidden") && !path.to_string_lossy().contains("hidden"), "{stored}");
        count += 1;
    }
    assert_eq!(count, 1);
}

#[test]
fn a_blob_answers_by_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting { fixed: Some(b"bytes"), ..Counting::default() };
    let cached = Cached::new(&web, folder.path(), &settings(1000, false));
    let request = Get { expected: Some(digest::sha256(b"bytes")), ..get("a.tgz") };
    assert_eq!(body(&cached, &request), "bytes");
    let elsewhere = Get { url: get("mirror/a.tgz").url, ..request.clone() };
    assert_eq!(body(&cached, &elsewhere), "bytes");
    assert_eq!(*web.count.lock().unwrap(), 1);
    let offline = Cached::new(Refused, folder.path(), &settings(1 << 40, true));
    assert_eq!(body(&offline, &request), "bytes");
    let other = Get { expected: Some(digest::sha256(b"other")), ..request };
    assert!(matches!(offline.get(&other), Err(WebError::Offline { .. })));
}

#[test]
fn what_was_changed_on_disk_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting { fixed: Some(b"bytes"), ..Counting::default() };
    let cached = Cached::new(&web, folder.path(), &settings(1000, false));
    let offline = Cached::new(Refused, folder.path(), &settings(1000, true));
    let requests = [Get { expected: Some(digest::sha256(b"bytes")), ..get("a.tgz") }, get("a")];
    for (request, kind) in requests.iter().zip(["blob/sha256", "document"]) {
        body(&cached, request);
        let stored = fs::read_dir(folder.path().join(kind)).unwrap().next().unwrap().unwrap().path();
        let mut bytes = fs::read(&stored).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&stored, &bytes).unwrap();
        assert!(matches!(offline.get(request), Err(WebError::Offline { .. })), "{kind}");
        assert_eq!(body(&cached, request), "bytes");
        assert_eq!(body(&offline, request), "bytes");
    }
    assert_eq!(*web.count.lock().unwrap(), 4);
}

#[test]
fn keeps_no_blob_with_another_digest() {
    let folder = tempfile::tempdir().unwrap();
    let web = Counting { fixed: Some(b"bytes"), ..Counting::default() };
    let cached = Cached::new(&web, folder.path(), &settings(1000, false));
    let request = Get { expected: Some(digest::sha256(b"other")), ..get("a.tgz") };
    assert!(matches!(cached.get(&request), Err(WebError::DigestMismatch { .. })));
    assert!(!folder.path().join("blob").exists());
}

#[test]
fn no_digest_becomes_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let cached = Cached::new(Refused, folder.path(), &settings(1000, false));
    for hex in ["../../x", "", "a/b", "ab\0"] {
        assert_eq!(cached.blob_path(&Digest { algorithm: "sha256", hex: hex.into() }), None);
    }
    assert!(
        cached
            .blob_path(&Digest { algorithm: "sha256", hex: "AB".into() })
            .unwrap()
            .ends_with("blob/sha256/ab")
    );
}

#[test]
fn works_where_nothing_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let web = Counting::default();
    let cached = Cached::new(&web, &file, &settings(1000, false));
    assert_eq!(body(&cached, &get("a")), "1\nbody");
    assert_eq!(body(&cached, &get("a")), "2\nbody");
}

#[cfg(unix)]
#[test]
fn belongs_to_the_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let web = Counting::default();
    body(&Cached::new(&web, &folder.path().join("cache"), &settings(1000, false)), &get("a"));
    for path in ["cache", "cache/document"] {
        assert_eq!(fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
