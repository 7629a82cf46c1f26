//! What speaks for an artifact from outside: collected here, judged elsewhere.
//!
//! A pinned version and its artifact go in; the artifact gets its evidence. Asks nobody but the
//! registry that the artifact comes from, and GitHub's API where the user has a token for it or
//! names a repository. What cannot be had is written down and never breaks a scan.

mod bundle;
mod documents;
mod github;
mod npm;
mod python;
mod source;

pub(crate) use bundle::{Split, split};
pub(crate) use npm::{of_versions, registry_signatures};

use url::Url;

use super::{AcquireError, Door, Get, Pinned, WebError, digest, web::Secret};
use crate::artifact::{
    Artifact, Ecosystem,
    evidence::{Absence, Archive, Evidence, Missing, TrustedRoot, Wanted},
};

/// Largest answer to one question, bytes.
const LARGEST: u64 = 16 << 20;

/// A registry that further questions about a version are put to.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Its base address.
    pub url: Url,
    /// The credentials for it.
    pub authorization: Option<Secret>,
}

/// Name and digests of the bytes that were published.
pub(super) fn archive(name: &str, bytes: &[u8]) -> Option<Archive> {
    let of = |algorithm: &str| {
        let mut hasher = digest::Hasher::new(algorithm)?;
        hasher.update(bytes);
        Some(hasher.finish().hex)
    };
    let name = name.split(['?', '#']).next().unwrap_or(name);
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
    Some(Archive { name, sha256: of("sha256")?, sha512: of("sha512")? })
}

/// Collects everything that speaks for an artifact.
///
/// # Errors
/// Where a file that the user named cannot be read.
pub(super) fn collect(pinned: &Pinned, artifact: &mut Artifact, door: &Door<'_>) -> Result<(), AcquireError> {
    let settings = door.settings;
    {
        let evidence = &mut artifact.evidence;
        evidence.now = settings.now;
        evidence.expected.clone_from(&settings.expected);
        evidence.trusted_root = trusted_root(door)?;
        documents::collect(evidence, door)?;
        if evidence.npm_keys.is_empty() && !evidence.documents.is_empty() {
            evidence.npm_keys.push(npm::built_in_keys());
        }
    }
    match artifact.coordinate.ecosystem {
        Ecosystem::Npm => npm::collect(pinned, artifact, door),
        Ecosystem::Pypi => python::collect(pinned, artifact, door),
        Ecosystem::Mcpb | Ecosystem::Local | Ecosystem::Cargo => github::collect(artifact, door),
        Ecosystem::Git => {}
    }
    if settings.source {
        source::collect(artifact, door);
    }
    Ok(())
}

fn trusted_root(door: &Door<'_>) -> Result<Option<TrustedRoot>, AcquireError> {
    let Some(path) = &door.settings.trusted_root else { return Ok(None) };
    let bytes = documents::read(&door.settings.directory.join(path), "--trusted-root")?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let changed = super::local::changed(&door.settings.directory.join(path));
    Ok(Some(TrustedRoot { name: super::local::shown(path), text, changed }))
}

/// Whether documents that the user gave take the place of what would be asked for.
fn is_given(door: &Door<'_>) -> bool {
    door.settings.attestations.is_some()
}

/// Asks one question.
fn ask(
    url: Url,
    authorization: Option<Secret>,
    accept: &'static str,
    door: &Door<'_>,
) -> Result<Vec<u8>, WebError> {
    let get = Get { url, accept: Some(accept), authorization, limit: LARGEST, expected: None };
    door.web.get(&get).map(|reply| reply.body)
}

/// Writes down what was not had.
fn missing(evidence: &mut Evidence, what: Wanted, absence: Absence, why: impl Into<String>) {
    evidence.missing.push(Missing { what, absence, why: why.into() });
}

/// An answer that did not come: whether that means that there is none is the caller's to say.
fn unanswered(error: &WebError) -> String {
    format!("it was not fetched: {error}")
}

#[cfg(test)]
mod tests;
