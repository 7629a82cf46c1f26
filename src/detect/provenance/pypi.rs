//! What Python package indexes attest, file by file.

use serde_json::Value;

use super::{
    Context,
    attestation::{Fault, Signed},
    npm::Built,
    repository::{self, same_repository},
    sigstore::{Claims, Signer},
};
use crate::{
    artifact::{Artifact, Ecosystem},
    detect::Asked,
    finding::Finding,
    untrusted::excerpt,
};

/// The predicate type of publish attestations; in two pieces, because no file names the index.
pub(super) const PUBLISH: &str = concat!("https://docs.py", "pi.org/attestations/publish/v1");
/// The predicate type of build provenance.
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
/// Who issues the identities of builders.
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const GITLAB: &str = "https://gitlab.com";
const GOOGLE: &str = "https://accounts.google.com";

/// Checks a verified statement about a Python file.
pub(super) fn check(context: &Context<'_>, signed: &mut Signed<'_>) -> Result<(), Fault> {
    let kind = signed.statement.predicate_type.as_str();
    if kind != PUBLISH && kind != PROVENANCE {
        return Err(Fault::predicate(format!(
            "its predicate `{}` is of an unknown kind",
            excerpt(kind, 100)
        )));
    }
    let Signer::Certificate(claims) = &signed.proof.signer else {
        return Err(Fault::invalid("it is not signed by a builder"));
    };
    bind(context, signed)?;
    if let Some(publisher) = &signed.item.publisher {
        agrees(publisher, claims)?;
    }
    if kind == PROVENANCE {
        let built = Built::of(&signed.statement.predicate);
        signed.facts.builder = excerpt(&built.builder, 200);
        built.agrees(claims)?;
    }
    Ok(())
}

/// One subject, with the file's name and SHA-256.
fn bind(context: &Context<'_>, signed: &Signed<'_>) -> Result<(), Fault> {
    let [subject] = signed.statement.subjects.as_slice() else {
        return Err(Fault::invalid("it does not have exactly one subject"));
    };
    let Some(archive) = &context.evidence.archive else { return Ok(()) };
    let is_published = context.artifact.coordinate.ecosystem == Ecosystem::Pypi;
    if is_published && !same_file(&subject.name, &archive.name) {
        return Err(Fault::subject(format!(
            "it is about the file `{}`, not `{}`",
            excerpt(&subject.name, 120),
            excerpt(&archive.name, 120)
        )));
    }
    match subject.sha256() {
        None => Err(Fault::invalid("its subject has no SHA-256")),
        Some(_) if subject.is(archive) => Ok(()),
        Some(stated) => Err(Fault::subject(format!(
            "it is about bytes with sha256:{}…, these have sha256:{}…",
            excerpt(stated, 16),
            excerpt(&archive.sha256, 16)
        ))),
    }
}

/// Whether two file names mean the same file: names are compared as indexes do, and the tags of a
/// wheel in any order.
fn same_file(a: &str, b: &str) -> bool {
    a == b || comparable(a) == comparable(b)
}

fn comparable(file: &str) -> Vec<String> {
    let lower = file.to_ascii_lowercase();
    let parts = lower.split('-');
    let tags = |part: &str| {
        let (part, end) = part.strip_suffix(".whl").map_or((part, ""), |part| (part, ".whl"));
        let mut tags: Vec<&str> = part.split('.').collect();
        tags.sort_unstable();
        format!("{}{end}", tags.join("."))
    };
    let is_wheel = std::path::Path::new(&lower).extension().is_some_and(|end| end == "whl");
    parts
        .enumerate()
        .map(|(at, part)| match at {
            0 => part.replace(['_', '.'], "-"),
            _ if is_wheel && at >= 2 => tags(part),
            _ => part.to_owned(),
        })
        .collect()
}

/// The publisher that the index names is not signed: it counts only where the certificate agrees.
fn agrees(publisher: &Value, claims: &Claims) -> Result<(), Fault> {
    let text = |key: &str| publisher.get(key).and_then(Value::as_str).unwrap_or_default();
    let fault = |what: &str| {
        Fault::claim(format!(
            "the index names another {what} than the certificate, which says `{}`",
            excerpt(&claims.workflow, 160)
        ))
    };
    match text("kind") {
        "GitHub" => {
            let repository = format!("https://github.com/{}", text("repository"));
            if claims.issuer != GITHUB || !same_repository(&repository, &claims.repository) {
                return Err(fault("repository"));
            }
            let expected = format!(".github/workflows/{}", text("workflow"));
            if repository::workflow_path(&claims.workflow) != Some(expected.as_str()) {
                return Err(fault("workflow"));
            }
            Ok(())
        }
        "GitLab" => {
            let repository = format!("https://gitlab.com/{}", text("repository"));
            if claims.issuer != GITLAB || !same_repository(&repository, &claims.repository) {
                return Err(fault("repository"));
            }
            let path = repository::workflow_path(&claims.workflow);
            let expected = text("workflow_filepath");
            if !expected.is_empty() && path != Some(expected) {
                return Err(fault("workflow"));
            }
            Ok(())
        }
        "Google" if claims.issuer == GOOGLE && text("email") == claims.identity => Ok(()),
        "Google" => Err(fault("publisher")),
        kind => Err(Fault::predicate(format!(
            "the index names a publisher of unknown kind `{}`",
            excerpt(kind, 60)
        ))),
    }
}

/// Attestations are made for each file: some signed and others not is worth a word.
pub(super) fn judge(artifact: &Artifact, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("provenance/partial") else { return };
    let files = &artifact.evidence.files;
    let without: Vec<&str> =
        files.iter().filter(|file| file.is_attested == Some(false)).map(|file| file.name.as_str()).collect();
    let with = files.iter().filter(|file| file.is_attested == Some(true)).count();
    let (Some(first), true) = (without.first(), with > 0) else { return };
    let message = format!(
        "{with} of {} files of the version have attestations; `{}` has none",
        files.len(),
        excerpt(first, 120)
    );
    findings.push(super::finding(rule, message, "files"));
}

#[cfg(test)]
mod tests {
    use super::same_file;

    #[test]
    fn files_are_the_same_however_their_names_are_written() {
        for (a, b, expected) in [
            ("a-1.0.tar.gz", "a-1.0.tar.gz", true),
            ("A_b-1.0.tar.gz", "a.b-1.0.tar.gz", true),
            ("x-1.0-cp310-cp310-a.b.whl", "x-1.0-cp310-cp310-b.a.whl", true),
            ("a-1.0.tar.gz", "a-1.1.tar.gz", false),
            ("a-1.0.tar.gz", "a-1.0.zip", false),
            ("a-1.0-py3-none-any.whl", "a-1.0-py2-none-any.whl", false),
        ] {
            assert_eq!(same_file(a, b), expected, "{a} {b}");
        }
    }
}
