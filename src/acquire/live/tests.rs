use super::*;
use crate::{
    acquire::{
        digest,
        testing::{Response as Answer, Server},
        web::Secret,
    },
    artifact::Digest,
};

fn get(url: Url) -> Get {
    Get { url, accept: None, authorization: None, limit: 1 << 20, expected: None }
}

fn fetch(get: &Get) -> Result<Reply, WebError> {
    Live::impatient().get(get)
}

#[test]
fn fetches_and_says_who_asks() {
    let server = Server::always(Answer::ok("hello"));
    let request = Get { accept: Some("application/json"), ..get(server.at("a?b")) };
    assert_eq!(fetch(&request).unwrap().body, b"hello");
    let seen = &server.requests()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/a?b"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("user-agent"), Some(concat!("mcp-vouch/", env!("CARGO_PKG_VERSION"))));
    assert_eq!((seen.header("cookie"), seen.header("authorization")), (None, None));
}

#[test]
fn tries_again_where_that_helps() {
    for status in [429, 500, 502, 503, 504] {
        let server = Server::start(move |_, count| match count {
            0 => Answer::new(status, "no").header("Retry-After", "0"),
            _ => Answer::ok("yes"),
        });
        assert_eq!(fetch(&get(server.at("a"))).unwrap().body, b"yes");
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn gives_up_after_three_retries() {
    let server = Server::always(Answer::new(500, "no"));
    let error = fetch(&get(server.at("a?token=1"))).unwrap_err();
    assert_eq!(error.to_string(), format!("{} could not be read: status 500", show(&server.at("a"))));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn does_not_wait_longer_than_it_is_patient() {
    let server = Server::always(Answer::new(429, "no").header("Retry-After", "3600"));
    assert!(matches!(fetch(&get(server.at("a"))), Err(WebError::Failed { .. })));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn does_not_try_again_where_that_is_no_use() {
    for (status, expected) in [
        (404, "does not exist"),
        (410, "does not exist"),
        (401, "refused access (status 401)"),
        (403, "refused access (status 403)"),
        (418, "could not be read: status 418"),
        (204, "could not be read: status 204"),
    ] {
        let server = Server::always(Answer::new(status, ""));
        let error = fetch(&get(server.at("a"))).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn reports_a_truncated_body() {
    let server = Server::always(Answer::ok("half").stating(8));
    let error = fetch(&get(server.at("a"))).unwrap_err().to_string();
    assert!(error.contains("the transfer broke off"), "{error}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn reports_a_closed_port() {
    let url = Server::always(Answer::ok("")).at("a");
    let error = fetch(&get(url)).unwrap_err();
    assert!(matches!(error, WebError::Failed { .. }), "{error}");
}

#[test]
fn stops_at_the_limit() {
    let stated = Server::always(Answer::ok(vec![0; 2000]));
    let endless = Server::always(Answer::ok(vec![0; 1 << 16]).repeated(4096));
    for server in [stated, endless] {
        let request = Get { limit: 1000, ..get(server.at("a")) };
        let error = fetch(&request).unwrap_err();
        assert!(matches!(error, WebError::TooLarge { limit: 1000, .. }), "{error}");
    }
    let exact = Server::always(Answer::ok(vec![0; 1000]));
    assert_eq!(fetch(&Get { limit: 1000, ..get(exact.at("a")) }).unwrap().body.len(), 1000);
}

#[test]
fn bounds_what_a_packed_body_grows_to() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 4 << 20]).unwrap();
    let server = Server::always(Answer::ok(encoder.finish().unwrap()).header("Content-Encoding", "gzip"));
    let error = fetch(&get(server.at("a"))).unwrap_err();
    assert!(matches!(error, WebError::TooLarge { .. }), "{error}");
}

#[test]
fn checks_the_promised_digest() {
    let server = Server::always(Answer::ok("hello"));
    let expecting = |expected| Get { expected: Some(expected), ..get(server.at("a")) };
    assert_eq!(fetch(&expecting(digest::sha256(b"hello"))).unwrap().body, b"hello");
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("identity"));
    let error = fetch(&expecting(digest::sha256(b"other"))).unwrap_err();
    assert!(matches!(error, WebError::DigestMismatch { .. }), "{error}");
    let error = fetch(&expecting(Digest { algorithm: "gitsha1", hex: "00".into() })).unwrap_err();
    assert!(error.to_string().ends_with("its digest `gitsha1` cannot be checked"), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn sends_credentials_to_their_own_host_only() {
    let other = Server::always(Answer::ok("there"));
    let elsewhere = other.at("b").to_string();
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/same" => Answer::redirect("/end"),
        "/away" => Answer::redirect(&elsewhere),
        _ => Answer::ok("here"),
    });
    let secret = || Some(Secret("Bearer abc".into()));
    let same = fetch(&Get { authorization: secret(), ..get(server.at("same")) }).unwrap();
    assert_eq!((same.body.as_slice(), same.url), (&b"here"[..], server.at("end")));
    let seen: Vec<Option<String>> =
        server.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(seen, [Some("Bearer abc".to_owned()), Some("Bearer abc".to_owned())]);
    let away = fetch(&Get { authorization: secret(), ..get(server.at("away")) }).unwrap();
    assert_eq!((away.body.as_slice(), away.url), (&b"there"[..], other.at("b")));
    assert_eq!(other.requests()[0].header("authorization"), None);
    assert_eq!(other.requests()[0].header("referer"), None);
}

#[test]
fn drops_credentials_that_a_redirect_carries() {
    let other = Server::always(Answer::ok("there"));
    let mut target = other.at("b");
    target.set_username("user").unwrap();
    target.set_password(Some("pass")).unwrap();
    let server = Server::always(Answer::redirect(target.as_str()));
    fetch(&get(server.at("a"))).unwrap();
    assert_eq!(other.requests()[0].header("authorization"), None);
}

#[test]
fn follows_no_endless_and_no_odd_redirect() {
    let circle = Server::always(Answer::redirect("/again"));
    let error = fetch(&get(circle.at("a"))).unwrap_err().to_string();
    assert!(error.ends_with("more than 5 redirects"), "{error}");
    assert_eq!(circle.requests().len(), 6);
    let odd = Server::always(Answer::redirect("file:///etc/passwd"));
    let error = fetch(&get(odd.at("a"))).unwrap_err().to_string();
    assert!(error.ends_with("is no web address"), "{error}");
}

#[test]
fn never_leaves_encryption() {
    let url = |text| Url::parse(text).unwrap();
    let (secure, plain) = (url("https://registry.example/a"), url("http://registry.example/a"));
    for (first, next, is_allowed) in [
        (&secure, &secure, true),
        (&plain, &plain, true),
        (&plain, &secure, true),
        (&secure, &plain, false),
        (&secure, &url("ftp://registry.example/a"), false),
    ] {
        assert_eq!(check_scheme(first, next).is_ok(), is_allowed, "{first} {next}");
    }
}

#[test]
fn keeps_the_credential_out_of_messages() {
    let server = Server::always(Answer::new(403, ""));
    let request = Get { authorization: Some(Secret("Bearer abc\n".into())), ..get(server.at("a?token=abc")) };
    let error = fetch(&request).unwrap_err().to_string();
    assert!(!error.contains("abc"), "{error}");
    assert!(!format!("{request:?}").contains("Bearer"));
}
