//! The conformance cases of Sigstore clients, by path and by digest.

use sha2::{Digest as _, Sha256};

use super::{super::statement::to_hex, *};

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn request(case: &str) -> Request {
    let optional = |name: &str| {
        let path = folder().join("conformance").join(case).join(name);
        path.exists().then(|| fs::read(path).unwrap())
    };
    let line = |name: &str| optional(name).map(|bytes| String::from_utf8(bytes).unwrap().trim().to_owned());
    let key = line("key.pub");
    let identity = line("identity").unwrap_or_else(|| IDENTITY.to_owned());
    Request {
        bundle: String::from_utf8_lossy(&optional("bundle.sigstore.json").unwrap()).into_owned(),
        identity: Some(identity).filter(|_| key.is_none()),
        issuer: Some(line("issuer").unwrap_or_else(|| ISSUER.to_owned())).filter(|_| key.is_none()),
        key,
        trusted_root: line("trusted_root.json"),
        content: Some(optional("artifact").unwrap_or_else(|| read("conformance/a.txt"))),
        ..Request::default()
    }
}

#[test]
fn all_cases_by_path_and_by_digest() {
    let mut cases: Vec<String> = fs::read_dir(folder().join("conformance"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    cases.sort();
    assert_eq!(cases.len(), 70);
    let (mut right, mut wrong) = (0, Vec::new());
    for case in &cases {
        let by_path = request(case);
        let sha256 = by_path.content.as_ref().map(|content| to_hex(&Sha256::digest(content)));
        let by_digest = Request { content: None, sha256, ..by_path.clone() };
        for (way, request) in [("path", by_path), ("digest", by_digest)] {
            let answer = conform(&request);
            if answer.is_ok() == case.ends_with("_fail") {
                wrong.push(format!("{case} by {way}: {answer:?}"));
            } else {
                right += 1;
            }
        }
    }
    println!("conformance: {right} of {}", right + wrong.len());
    assert_eq!((right, wrong), (140, Vec::new()));
}
