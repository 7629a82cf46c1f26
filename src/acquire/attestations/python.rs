//! What a Python package index has about a file beside the file.

use serde_json::Value;

use super::{Absence, Wanted, ask, is_given, missing, unanswered};
use crate::{
    acquire::{Door, Pinned, WebError, web},
    artifact::{
        Artifact,
        evidence::{Document, Origin},
    },
};

/// The form of provenance objects.
const ACCEPT: &str = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5";

/// Collects the provenance object of a file, and of the source archive beside it.
pub(super) fn collect(pinned: &Pinned, artifact: &mut Artifact, door: &Door<'_>) {
    one(pinned, artifact, door);
    if let (Some(pinned), Some(companion)) = (pinned.companions.first(), &mut artifact.companion) {
        companion.evidence.now = artifact.evidence.now;
        companion.evidence.trusted_root.clone_from(&artifact.evidence.trusted_root);
        one(pinned, companion, door);
    }
}

fn one(pinned: &Pinned, artifact: &mut Artifact, door: &Door<'_>) {
    let Some(registry) = &pinned.registry else { return };
    if is_given(door) {
        return;
    }
    let document = artifact.registry.as_ref().map(|registry| &registry.document);
    let offered = document.and_then(|document| document.get("provenance"));
    let filename = document.and_then(|document| document.get("filename")).and_then(Value::as_str);
    let (says_none, stated) = match offered {
        Some(Value::Bool(false)) => (true, None),
        Some(Value::String(stated)) => (false, Some(stated.clone())),
        Some(_) | None => (false, None),
    };
    let coordinate = &artifact.coordinate;
    let usual = format!(
        "/integrity/{}/{}/{}/provenance",
        coordinate.name,
        coordinate.version,
        filename.unwrap_or_default()
    );
    let evidence = &mut artifact.evidence;
    if says_none {
        let why = "the index has no attestations for the file";
        missing(evidence, Wanted::PypiAttestations, Absence::Absent, why);
        return;
    }
    // Only the path of what the index names counts: the question goes to the index itself.
    let named = stated.as_ref().and_then(|stated| registry.url.join(stated).ok());
    let path = named.as_ref().map_or(usual.as_str(), url::Url::path);
    let Ok(url) = registry.url.join(path) else { return };
    match ask(url, registry.authorization.clone(), ACCEPT, door) {
        Ok(bytes) => evidence.documents.push(Document {
            name: format!("provenance of {}", web::show(&registry.url)),
            origin: Origin::Registry,
            bytes,
        }),
        Err(WebError::NotFound { .. }) if stated.is_some() => {
            let why = "the index names attestations, but does not serve them";
            missing(evidence, Wanted::PypiAttestations, Absence::Unknown, why);
        }
        Err(WebError::NotFound { .. }) => {
            let why = "the index serves none, and does not say whether there are any";
            missing(evidence, Wanted::PypiAttestations, Absence::Unknown, why);
        }
        Err(error) => missing(evidence, Wanted::PypiAttestations, Absence::Unknown, unanswered(&error)),
    }
}
