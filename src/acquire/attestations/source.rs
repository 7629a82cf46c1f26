//! The tree of the commit that a package says it was made from.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Absence, Wanted, missing};
use crate::{
    acquire::{AcquireError, Door, Source as _, Target, git::Git},
    artifact::{
        Artifact,
        evidence::{CommitClaim, Document, Reach, SourceTree},
    },
    untrusted::excerpt,
};

/// Where a package says that it comes from. Nothing of this is verified.
struct Claim {
    repository: String,
    commit: String,
    by: CommitClaim,
}

/// Fetches the tree; what goes wrong is written down.
pub(super) fn collect(artifact: &mut Artifact, door: &Door<'_>) {
    let claim = attested(&artifact.evidence.documents).or_else(|| stated(artifact));
    let Some(claim) = claim else {
        let why = "neither an attestation nor the registry names repository and commit";
        missing(&mut artifact.evidence, Wanted::Source, Absence::Absent, why);
        return;
    };
    match fetch(&claim, door) {
        Ok(tree) => artifact.evidence.source = Some(tree),
        Err(error) => {
            let why = format!("the source was not fetched: {error}");
            missing(&mut artifact.evidence, Wanted::Source, Absence::Unknown, why);
        }
    }
}

fn fetch(claim: &Claim, door: &Door<'_>) -> Result<SourceTree, AcquireError> {
    // What a package names is a stranger's wish: only encrypted addresses, and what the user names.
    let is_named = door.settings.expected.repository.as_deref() == Some(claim.repository.as_str());
    if !is_named && !claim.repository.starts_with("https://") {
        return Err(AcquireError::Unavailable {
            message: format!("`{}` is no `https` address", excerpt(&claim.repository, 120)),
            hints: Vec::new(),
        });
    }
    let target = Target {
        written: claim.repository.clone(),
        scheme: "git",
        name: claim.repository.clone(),
        version: claim.commit.clone(),
        ..Target::default()
    };
    let pinned = Git.resolve(&target, door)?;
    let tree = Git.acquire(&pinned, door)?;
    let files = tree.files.iter().map(|file| (file.path.clone(), normal(&file.bytes, file.sha256))).collect();
    Ok(SourceTree {
        repository: claim.repository.clone(),
        commit: claim.commit.clone(),
        claim: claim.by,
        reach: super::super::git::reach(&pinned, door).unwrap_or(Reach::Unknown),
        files,
    })
}

/// SHA-256 with line ends made equal, where the content is at hand.
fn normal(bytes: &[u8], sha256: [u8; 32]) -> [u8; 32] {
    if bytes.is_empty() {
        return sha256;
    }
    let mut hash = Sha256::new();
    for part in bytes.split(|byte| *byte == b'\r') {
        hash.update(part);
    }
    hash.finalize().into()
}

/// What an attestation names, whether or not it will verify.
fn attested(documents: &[Document]) -> Option<Claim> {
    documents.iter().filter_map(|document| serde_json::from_slice::<Value>(&document.bytes).ok()).find_map(
        |value| {
            let listed = value.get("attestations").and_then(Value::as_array).cloned().unwrap_or_default();
            let bundles = listed.iter().filter_map(|one| one.get("bundle")).chain([&value]);
            bundles.filter_map(statement).find_map(|statement| of_predicate(statement.get("predicate")?))
        },
    )
}

fn statement(bundle: &Value) -> Option<Value> {
    let payload = bundle.pointer("/dsseEnvelope/payload")?.as_str()?;
    serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()
}

fn of_predicate(predicate: &Value) -> Option<Claim> {
    let text = |path: &str| predicate.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let repository = text("/buildDefinition/externalParameters/workflow/repository").or_else(|| {
        let uri = text("/invocation/configSource/uri")?;
        let uri = uri.strip_prefix("git+").unwrap_or(&uri).to_owned();
        Some(uri.split_once("@refs/").map_or(uri.clone(), |(repository, _)| repository.to_owned()))
    })?;
    let commit = text("/buildDefinition/resolvedDependencies/0/digest/gitCommit")
        .or_else(|| text("/invocation/configSource/digest/sha1"))?;
    Some(Claim { repository, commit, by: CommitClaim::Certificate })
}

/// What the registry's document names: anybody who publishes may write it.
fn stated(artifact: &Artifact) -> Option<Claim> {
    let document = &artifact.registry.as_ref()?.document;
    let commit = document.get("gitHead")?.as_str()?.to_owned();
    let repository = document.get("repository")?;
    let repository = repository.as_str().or_else(|| repository.get("url")?.as_str())?;
    let plain = repository.strip_prefix("git+").unwrap_or(repository);
    let plain = plain.replacen("ssh://git@", "https://", 1).replacen("git://", "https://", 1);
    let repository = match plain.strip_prefix("github:") {
        Some(path) => format!("https://github.com/{path}"),
        None => plain,
    };
    Some(Claim { repository, commit, by: CommitClaim::Document })
}
