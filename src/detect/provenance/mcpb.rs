//! Signatures inside MCP bundles, and the digests that `server.json` states for them.

use serde_json::Value;

use super::{Context, Facts, Kind, State, Verified, finding, pkcs7, statement::to_hex, time};
use crate::{
    artifact::{Ecosystem, File, evidence::Document},
    detect::{Asked, Subject},
    finding::Finding,
    untrusted::excerpt,
};

/// Most packages of one `server.json` that are compared.
const MOST: usize = 100;

/// Examines the signature of a bundle.
pub(super) fn examine(context: &Context<'_>) -> Option<Verified> {
    if context.artifact.coordinate.ecosystem != Ecosystem::Mcpb {
        return None;
    }
    let about = context.about();
    let failed = |why: &str| Verified::failed(Kind::McpbSignature, &about, "mcpb/signature-invalid", why);
    let Some(block) = &context.evidence.bundle else {
        return Some(Verified::new(Kind::McpbSignature, State::Absent, &about, "the bundle is not signed"));
    };
    Some(match (&block.problem, &block.signature) {
        (Some(problem), _) => failed(problem),
        (None, None) => failed("the signature block is empty"),
        (None, Some(der)) => match pkcs7::verify(der, &block.signed) {
            Ok(signer) => established(&about, &signer),
            Err(why) => failed(&why),
        },
    })
}

/// The bytes are the signed ones; who signed is not established by a certificate that nobody
/// vouches for here.
fn established(about: &str, signer: &pkcs7::Signer) -> Verified {
    let who = if signer.is_self_signed {
        format!("the content is as signed, by `{}`, which vouches for itself", signer.subject)
    } else {
        format!(
            "the content is as signed, by `{}`; its issuer `{}` was not verified",
            signer.subject, signer.issuer
        )
    };
    let mut notes = vec![format!(
        "certificate valid from {} to {}",
        time::show(signer.not_before),
        time::show(signer.not_after)
    )];
    if !signer.may_sign_code {
        notes.push("the certificate is not made for signing code".to_owned());
    }
    let facts = Facts {
        identity: signer.subject.clone(),
        issuer: signer.issuer.clone(),
        key: format!("certificate sha256:{}", signer.fingerprint),
        notes,
        ..Facts::default()
    };
    Verified::new(Kind::McpbSignature, State::Unknown, about, who).with(facts)
}

/// Findings about the certificate, the layout, and digests of bundles beside a `server.json`.
pub(super) fn judge(subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
    certificate(subject, asked, findings);
    if let Some(rule) = asked.rule("mcpb/unsigned")
        && subject.provenance.iter().any(|one| one.kind == Kind::McpbSignature && one.state == State::Absent)
    {
        findings.push(finding(rule, "the bundle is not signed", "unsigned"));
    }
    if let Some(rule) = asked.rule("mcpb/zip-ambiguity")
        && subject.artifact.evidence.bundle.as_ref().is_some_and(|block| block.is_ambiguous)
    {
        let message =
            "a second archive stands behind the signed one: programs that unpack it may see another bundle";
        findings.push(finding(rule, message, "second archive"));
    }
    let Some(rule) = asked.rule("mcpb/digest-mismatch") else { return };
    let Some(server) = &subject.connector.manifests.server_json else { return };
    for (name, stated) in stated_digests(&server.value) {
        let last = |file: &&File| file.path.rsplit('/').next() == Some(name.as_str());
        let Some(file) = subject.artifact.files.iter().find(last) else { continue };
        let found = to_hex(&file.sha256);
        if !found.eq_ignore_ascii_case(&stated) {
            let message = format!(
                "`server.json` states sha256:{} for `{}`, the file has sha256:{found}",
                excerpt(&stated, 64),
                excerpt(&file.path, 160)
            );
            findings.push(finding(rule, message, &file.path));
        }
    }
}

fn certificate(subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(block) = &subject.artifact.evidence.bundle else { return };
    let signer = block.signature.as_ref().and_then(|der| pkcs7::verify(der, &block.signed).ok());
    let Some(signer) = signer.filter(|_| block.problem.is_none()) else { return };
    let now = i64::try_from(subject.artifact.evidence.now).unwrap_or(i64::MAX);
    let is_expired = now != 0 && !(signer.not_before..=signer.not_after).contains(&now);
    let fingerprint = signer.fingerprint.as_str();
    let says = [
        (
            "mcpb/self-signed",
            signer.is_self_signed,
            format!("the certificate of `{}` vouches for itself: sha256:{fingerprint}", signer.subject),
        ),
        (
            "mcpb/untrusted-chain",
            !signer.is_self_signed,
            format!(
                "nothing here vouches for `{}`, who issued the certificate of `{}`",
                signer.issuer, signer.subject
            ),
        ),
        (
            "mcpb/expired",
            is_expired,
            format!(
                "the certificate of `{}` is valid from {} to {}",
                signer.subject,
                time::show(signer.not_before),
                time::show(signer.not_after)
            ),
        ),
    ];
    for (id, holds, message) in says {
        if let Some(rule) = asked.rule(id).filter(|_| holds) {
            findings.push(finding(rule, message, fingerprint));
        }
    }
}

/// File name and SHA-256 of every bundle that a `server.json` names.
fn stated_digests(value: &Value) -> Vec<(String, String)> {
    let packages = value.get("packages").and_then(Value::as_array);
    let text = |package: &Value, keys: [&str; 2]| {
        keys.iter().find_map(|key| package.get(key)?.as_str()).map(str::to_owned)
    };
    packages
        .into_iter()
        .flatten()
        .take(MOST)
        .filter_map(|package| {
            let digest = text(package, ["fileSha256", "file_sha256"])?;
            let location = text(package, ["identifier", "name"])?;
            let path = location.split(['?', '#']).next().unwrap_or_default();
            let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
            Some((name.to_owned(), digest))
        })
        .collect()
}

/// Compares a `server.json` that was given as a document; `false` where it is none.
pub(super) fn server_json(context: &Context<'_>, document: &Document, found: &mut Vec<Verified>) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(&document.bytes) else { return false };
    if !value.get("packages").is_some_and(Value::is_array) {
        return false;
    }
    let about = context.about();
    let stated = stated_digests(&value);
    let archive = context.evidence.archive.as_ref();
    let verified = match (archive, stated.as_slice()) {
        (None, _) => {
            Verified::new(Kind::ServerJsonDigest, State::NotApplicable, &about, "it is not an archive")
        }
        (Some(_), []) => {
            Verified::new(Kind::ServerJsonDigest, State::Absent, &about, "`server.json` states no digest")
        }
        (Some(archive), stated) => {
            let of_this = stated.iter().filter(|(name, _)| *name == archive.name || stated.len() == 1);
            let mut of_this = of_this.peekable();
            let has_any = of_this.peek().is_some();
            if of_this.any(|(_, digest)| digest.eq_ignore_ascii_case(&archive.sha256)) {
                Verified::new(Kind::ServerJsonDigest, State::Verified, &about, "")
            } else if has_any {
                let why = format!("`server.json` states another digest than sha256:{}", archive.sha256);
                Verified::failed(Kind::ServerJsonDigest, &about, "mcpb/digest-mismatch", why)
            } else {
                Verified::new(
                    Kind::ServerJsonDigest,
                    State::Absent,
                    &about,
                    "`server.json` names other files",
                )
            }
        }
    };
    found.push(verified);
    true
}
