//! Attestations of GitHub's builders, and bundles of anybody else, about an archive.

use super::{
    Context,
    attestation::{Fault, Signed},
    npm::Built,
    sigstore::{Log, Signer},
};
use crate::untrusted::excerpt;

/// How predicate types of build provenance begin.
pub(super) const PROVENANCE: &str = "https://slsa.dev/provenance/";
/// How predicate types of release attestations begin.
pub(super) const RELEASE: &str = "https://in-toto.io/attestation/release/";
/// Who signs release attestations.
const RELEASES: &str = "https://dotcom.releases.github.com";

/// Checks a verified statement about an archive.
pub(super) fn check(context: &Context<'_>, signed: &mut Signed<'_>) -> Result<(), Fault> {
    let kind = signed.statement.predicate_type.clone();
    let Signer::Certificate(claims) = &signed.proof.signer else {
        return Err(Fault::invalid("it is not signed by a builder"));
    };
    if let Some(archive) = &context.evidence.archive
        && signed.statement.subject_of(archive).is_none()
    {
        let first = signed.statement.subjects.first().map_or("", |subject| subject.name.as_str());
        return Err(Fault::subject(format!(
            "it is about `{}`, not about bytes with sha256:{}…",
            excerpt(first, 120),
            excerpt(&archive.sha256, 16)
        )));
    }
    if kind.starts_with(RELEASE) {
        if claims.identity != RELEASES || signed.proof.log != Log::TimestampOnly {
            return Err(Fault::invalid("a release attestation that GitHub did not sign"));
        }
        return Ok(());
    }
    if !kind.starts_with(PROVENANCE) {
        return Err(Fault::predicate(format!(
            "its predicate `{}` is of an unknown kind",
            excerpt(&kind, 100)
        )));
    }
    let built = Built::of(&signed.statement.predicate);
    signed.facts.builder = excerpt(&built.builder, 200);
    if claims.repository.is_empty() {
        return Err(Fault::claim("it is not signed by a builder, but by a person"));
    }
    built.agrees(claims)
}
