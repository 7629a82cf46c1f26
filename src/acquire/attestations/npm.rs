//! What the npm registry has about a version beside its archive.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Absence, Wanted, ask, is_given, missing, unanswered};
use crate::{
    acquire::{Door, Pinned, WebError, clients::npm as configuration, web},
    artifact::{
        Artifact,
        evidence::{Document, Evidence, KeyList, Level, Origin, RegistrySignature, VersionEvidence},
    },
    untrusted::Untrusted,
};

/// Keys that npm publishes through its root of trust.
const KEYS: &str = include_str!("npm-keys.json");
/// Most signatures of one version.
const MOST_SIGNATURES: usize = 16;

/// The keys that come with this program.
pub(crate) fn built_in_keys() -> KeyList {
    KeyList { from: "built in".to_owned(), bytes: KEYS.as_bytes().to_vec() }
}

/// Collects signatures, keys and attestations.
pub(super) fn collect(pinned: &Pinned, artifact: &mut Artifact, door: &Door<'_>) {
    let Some(registry) = &pinned.registry else { return };
    let document = artifact.registry.as_ref().map(|registry| &registry.document);
    let offers = document.and_then(|document| document.pointer("/dist/attestations")).is_some();
    let coordinate = artifact.coordinate.clone();
    let evidence = &mut artifact.evidence;
    evidence.registries = vec![registry.url.to_string(), configuration::default_registry().to_owned()];
    evidence.npm_keys = vec![built_in_keys()];
    let is_signed = !evidence.registry_signatures.is_empty();
    let is_known = |one: &RegistrySignature| KEYS.contains(one.key.raw());
    if !is_signed {
        unsigned(evidence, registry, door);
    } else if !evidence.registry_signatures.iter().all(is_known) {
        keys(evidence, registry, door);
    }
    if is_given(door) {
        return;
    }
    let path =
        format!("./-/npm/v1/attestations/{}@{}", coordinate.name.replace('/', "%2f"), coordinate.version);
    let Ok(url) = registry.url.join(&path) else { return };
    let shown = web::show(&registry.url);
    match ask(url, registry.authorization.clone(), "application/json", door) {
        Ok(bytes) => evidence.documents.push(Document {
            name: format!("attestations of {shown}"),
            origin: Origin::Registry,
            bytes,
        }),
        Err(WebError::NotFound { .. }) if offers => {
            let why = "the registry's document names attestations, but the registry does not serve them";
            missing(evidence, Wanted::NpmAttestations, Absence::Unknown, why);
        }
        Err(WebError::NotFound { .. }) if is_signed => {
            let why = "the registry has no attestations for the version";
            missing(evidence, Wanted::NpmAttestations, Absence::Absent, why);
        }
        Err(WebError::NotFound { .. }) => {
            let why = "the registry serves none, and leaves out signatures too: it may leave out both";
            missing(evidence, Wanted::NpmAttestations, Absence::Unknown, why);
        }
        Err(error) => missing(evidence, Wanted::NpmAttestations, Absence::Unknown, unanswered(&error)),
    }
}

/// A document without signatures: the registry did not sign, where it has keys to sign with; else
/// a mirror may have left them out.
fn unsigned(evidence: &mut Evidence, registry: &super::Registry, door: &Door<'_>) {
    let (absence, why) = match published_keys(registry, door) {
        Some(Ok(bytes)) if bytes.windows(7).any(|window| window == b"\"keyid\"") => {
            (Absence::Absent, "the registry has keys, but did not sign the version")
        }
        Some(_) | None => {
            (Absence::Unknown, "the registry's document carries none: a mirror may have left it out")
        }
    };
    missing(evidence, Wanted::NpmSignatures, absence, why);
}

/// The keys that the registry itself publishes, for signatures that npm's own do not explain.
fn keys(evidence: &mut Evidence, registry: &super::Registry, door: &Door<'_>) {
    match published_keys(registry, door) {
        Some(Ok(bytes)) => {
            let from = format!("as {} publishes it", web::show(&registry.url));
            evidence.npm_keys.push(KeyList { from, bytes });
        }
        Some(Err(WebError::NotFound { .. })) => {}
        // Without the list nobody can say that a key is unknown.
        Some(Err(_)) | None => evidence.npm_keys.clear(),
    }
}

fn published_keys(registry: &super::Registry, door: &Door<'_>) -> Option<Result<Vec<u8>, WebError>> {
    let url = registry.url.join("./-/npm/v1/keys").ok()?;
    Some(ask(url, registry.authorization.clone(), "application/json", door))
}

/// The signatures in the registry's document about a version.
pub(crate) fn registry_signatures(document: &Value) -> Vec<RegistrySignature> {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let Some(integrity) = text(document, "/dist/integrity") else { return Vec::new() };
    let signatures = document.pointer("/dist/signatures").and_then(Value::as_array);
    signatures
        .into_iter()
        .flatten()
        .take(MOST_SIGNATURES)
        .map(|signature| RegistrySignature {
            integrity: integrity.clone(),
            key: Untrusted::new(text(signature, "/keyid").unwrap_or_default()),
            signature: text(signature, "/sig").unwrap_or_default(),
        })
        .collect()
}

/// What the registry's document says speaks for each version.
pub(crate) fn of_versions<'a>(
    versions: impl Iterator<Item = (&'a str, &'a Value, &'a Value)>,
    published: &BTreeMap<String, Value>,
) -> Vec<VersionEvidence> {
    const MOST: usize = 20_000;
    let one = |(version, dist, publisher): (&str, &Value, &Value)| {
        let has_provenance = dist.pointer("/attestations/provenance").is_some_and(|value| !value.is_null());
        let is_trusted = publisher.get("trustedPublisher").is_some_and(|value| !value.is_null());
        let level = match (has_provenance, is_trusted) {
            (true, true) => Level::TrustedPublisher,
            (true, false) => Level::Provenance,
            (false, _) => Level::None,
        };
        let published = published.get(version)?.as_str()?.to_owned();
        Some(VersionEvidence { version: version.to_owned(), published, level })
    };
    versions.take(MOST).filter_map(one).collect()
}
