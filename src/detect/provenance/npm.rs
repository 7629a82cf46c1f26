//! What the npm registry signs and attests, step by step.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

use super::{
    Context, Facts, Kind, State, Verified,
    attestation::{Fault, Signed},
    keys,
    repository::{self, same_repository},
    sigstore::{self, Claims, Digest, Parsed, Proof, Rejection, Signer},
    time,
};
use crate::{
    artifact::{Ecosystem, evidence::RegistrySignature},
    untrusted::{excerpt, visible},
};

/// The predicate type of publish attestations.
pub(super) const PUBLISH: &str = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";
/// Predicate types of provenance.
const PROVENANCE: [&str; 2] = ["https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"];
/// Kinds of builds whose predicates are understood.
const BUILD_TYPES: [&str; 7] = [
    "https://github.com/npm/cli/gha@v0",
    "https://github.com/npm/cli/gha@v1",
    "https://github.com/npm/cli/gha/v2",
    "https://github.com/npm/cli/gitlab/v0alpha1",
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
    "https://actions.github.io/buildtypes/workflow/v1",
    "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0",
];

/// The name of a package in the form that attestations use.
fn purl(name: &str, version: &str) -> String {
    format!("pkg:npm/{}@{version}", name.replacen('@', "%40", 1))
}

/// Whether a subject's name is this package's, in this version.
pub(super) fn is_named(context: &Context<'_>, name: &str) -> bool {
    let coordinate = &context.artifact.coordinate;
    !coordinate.version.is_empty() && name == purl(&coordinate.name, &coordinate.version)
}

/// One subject, with the package's name and the archive's SHA-512.
fn bind(context: &Context<'_>, signed: &Signed<'_>) -> Result<(), Fault> {
    let [subject] = signed.statement.subjects.as_slice() else {
        return Err(Fault::invalid("it does not have exactly one subject"));
    };
    let stated = excerpt(&subject.name, 120);
    let coordinate = &context.artifact.coordinate;
    if matches!(coordinate.ecosystem, Ecosystem::Npm | Ecosystem::Local) && !is_named(context, &subject.name)
    {
        let expected = purl(&coordinate.name, &coordinate.version);
        return Err(Fault::subject(format!("it is about `{stated}`, not `{}`", excerpt(&expected, 120))));
    }
    let Some(archive) = &context.evidence.archive else { return Ok(()) };
    match subject.sha512() {
        None => Err(Fault::invalid("its subject has no SHA-512")),
        Some(_) if subject.is(archive) => Ok(()),
        Some(stated) => Err(Fault::subject(format!(
            "it is about bytes with sha512:{}…, these have sha512:{}…",
            excerpt(stated, 16),
            excerpt(&archive.sha512, 16)
        ))),
    }
}

/// What stands beside the bundle must be what is signed.
fn agrees_outside(signed: &Signed<'_>) -> Result<(), Fault> {
    match &signed.item.outer {
        Some(outer) if *outer != signed.statement.predicate_type => Err(Fault::invalid(format!(
            "the registry calls it `{}`, signed is `{}`",
            excerpt(outer, 100),
            excerpt(&signed.statement.predicate_type, 100)
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Verifies a bundle that one of the registry's keys signed.
pub(super) fn verify_key(
    context: &Context<'_>,
    parsed: &Parsed,
    digest: &Digest,
) -> Result<Proof, Rejection> {
    let hint = parsed.key_hint().unwrap_or_default();
    let Some(key) = keys::find(&context.evidence.npm_keys, hint, "npm:attestations") else {
        let why = format!("it is signed with the key `{}`, which is not at hand", excerpt(hint, 80));
        return Err(if context.evidence.npm_keys.is_empty() {
            Rejection::Unsupported(why)
        } else {
            Rejection::Invalid(why)
        });
    };
    let root = context.public().map_err(Rejection::Invalid)?;
    let proof = parsed.verify_key(root, &key.der, digest)?;
    match proof.time {
        Some(time) if key.is_valid_at(time) => Ok(proof),
        Some(time) => Err(Rejection::Invalid(format!(
            "it was logged at {}, when the key `{}` was not valid",
            time::show(time),
            excerpt(&key.id, 80)
        ))),
        None => Err(Rejection::Invalid("the time of the signature is not known".to_owned())),
    }
}

/// The key that a bundle is signed with, and where it comes from.
pub(super) fn key_words(context: &Context<'_>, parsed: &Parsed) -> String {
    let hint = parsed.key_hint().unwrap_or_default();
    let key = keys::find(&context.evidence.npm_keys, hint, "npm:attestations");
    key.map(|key| format!("{} ({})", excerpt(&key.id, 80), key.from)).unwrap_or_default()
}

/// A publish attestation: the registry received exactly this file.
pub(super) fn publish(context: &Context<'_>, signed: &mut Signed<'_>) -> Result<(), Fault> {
    agrees_outside(signed)?;
    if signed.statement.predicate_type != PUBLISH {
        return Err(Fault::predicate("its predicate is of an unknown kind"));
    }
    if matches!(signed.proof.signer, Signer::Certificate(_)) {
        return Err(Fault::invalid("it is not signed with a key of the registry"));
    }
    bind(context, signed)?;
    let text = |key: &str| signed.statement.predicate.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, version) = (text("name"), text("version"));
    if signed.statement.subjects.first().is_none_or(|subject| subject.name != purl(name, version)) {
        return Err(Fault::claim(format!(
            "it says that `{}` was published, not its own subject",
            excerpt(&format!("{name}@{version}"), 120)
        )));
    }
    let registry = text("registry");
    let plain = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
    let known = &context.evidence.registries;
    if !registry.is_empty() && !known.is_empty() && !known.iter().any(|one| plain(one) == plain(registry)) {
        let registry = excerpt(registry, 120);
        return Err(Fault::claim(format!("it was published to another registry: `{registry}`")));
    }
    Ok(())
}

/// Provenance: who built it, from what, where.
pub(super) fn provenance(context: &Context<'_>, signed: &mut Signed<'_>) -> Result<(), Fault> {
    agrees_outside(signed)?;
    if !PROVENANCE.contains(&signed.statement.predicate_type.as_str()) {
        let kind = excerpt(&signed.statement.predicate_type, 100);
        return Err(Fault::predicate(format!("its predicate `{kind}` is of an unknown kind")));
    }
    let Signer::Certificate(claims) = &signed.proof.signer else {
        return Err(Fault::invalid("it is not signed by a builder"));
    };
    let built = Built::of(&signed.statement.predicate);
    signed.facts.builder = excerpt(&built.builder, 200);
    bind(context, signed)?;
    if !BUILD_TYPES.contains(&built.kind.as_str()) {
        return Err(Fault::predicate(format!("its build type `{}` is unknown", excerpt(&built.kind, 100))));
    }
    built.agrees(claims)
}

/// What a predicate says about a build, in either version; empty where it does not say.
#[derive(Debug, Default)]
pub(super) struct Built {
    kind: String,
    /// Who built.
    pub(super) builder: String,
    repository: String,
    reference: String,
    workflow: String,
    commit: String,
    repository_id: String,
    owner_id: String,
    trigger: String,
}

impl Built {
    /// Reads a predicate.
    pub(super) fn of(predicate: &Value) -> Self {
        if predicate.get("buildDefinition").is_some() {
            Self::first(predicate)
        } else {
            Self::older(predicate)
        }
    }

    /// Version 1.
    fn first(predicate: &Value) -> Self {
        let text = |path: &str| pointer(predicate, path);
        Self {
            kind: text("/buildDefinition/buildType"),
            builder: text("/runDetails/builder/id"),
            repository: text("/buildDefinition/externalParameters/workflow/repository"),
            reference: text("/buildDefinition/externalParameters/workflow/ref"),
            workflow: text("/buildDefinition/externalParameters/workflow/path"),
            commit: text("/buildDefinition/resolvedDependencies/0/digest/gitCommit"),
            repository_id: text("/buildDefinition/internalParameters/github/repository_id"),
            owner_id: text("/buildDefinition/internalParameters/github/repository_owner_id"),
            trigger: text("/buildDefinition/internalParameters/github/event_name"),
        }
    }

    /// Version 0.2.
    fn older(predicate: &Value) -> Self {
        let text = |path: &str| pointer(predicate, path);
        let uri = text("/invocation/configSource/uri");
        let uri = uri.strip_prefix("git+").unwrap_or(&uri);
        let (repository, reference) = match uri.rsplit_once("@refs/") {
            Some((repository, reference)) => (repository.to_owned(), format!("refs/{reference}")),
            None => (uri.to_owned(), text("/invocation/environment/GITHUB_REF")),
        };
        let entry = text("/invocation/configSource/entryPoint");
        let entry = entry.split_once("@refs/").map_or(entry.as_str(), |(path, _)| path);
        let workflow = entry.find(".github/workflows/").and_then(|at| entry.get(at..)).unwrap_or(entry);
        Self {
            kind: text("/buildType"),
            builder: text("/builder/id"),
            repository,
            reference,
            workflow: workflow.to_owned(),
            commit: text("/invocation/configSource/digest/sha1"),
            repository_id: text("/invocation/environment/GITHUB_REPOSITORY_ID"),
            owner_id: text("/invocation/environment/GITHUB_REPOSITORY_OWNER_ID"),
            trigger: text("/invocation/environment/GITHUB_EVENT_NAME"),
        }
    }

    /// What the builder wrote must be what its certificate says; what one of them does not say is
    /// not compared, but repository and commit must be there.
    pub(super) fn agrees(&self, claims: &Claims) -> Result<(), Fault> {
        let differs = |what: &str, stated: &str, certified: &str| {
            Fault::claim(format!(
                "it says {what} `{}`, the certificate says `{}`",
                excerpt(stated, 100),
                excerpt(certified, 100)
            ))
        };
        if !same_repository(&self.repository, &claims.repository) {
            return Err(differs("repository", &self.repository, &claims.repository));
        }
        if self.commit != claims.commit || claims.commit.is_empty() {
            return Err(differs("commit", &self.commit, &claims.commit));
        }
        let others = [
            ("reference", &self.reference, &claims.reference),
            ("repository id", &self.repository_id, &claims.repository_id),
            ("owner id", &self.owner_id, &claims.owner_id),
            ("trigger", &self.trigger, &claims.trigger),
        ];
        for (what, stated, certified) in others {
            if !stated.is_empty() && !certified.is_empty() && stated != certified {
                return Err(differs(what, stated, certified));
            }
        }
        let certified = repository::workflow_path(&claims.workflow);
        if !self.workflow.is_empty() && certified.is_some_and(|path| path != self.workflow) {
            return Err(differs("workflow", &self.workflow, &claims.workflow));
        }
        Ok(())
    }
}

fn pointer(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The registry's own signatures over name, version and digest.
pub(super) fn signatures(context: &Context<'_>, found: &mut Vec<Verified>) {
    for signature in context.evidence.registry_signatures.iter().take(16) {
        found.push(signature_of(context, signature));
    }
}

fn signature_of(context: &Context<'_>, signature: &RegistrySignature) -> Verified {
    let about = context.about();
    let failed = |rule, why: String| Verified::failed(Kind::RegistrySignature, &about, rule, why);
    let id = signature.key.excerpt(80);
    let Some(key) = keys::find(&context.evidence.npm_keys, signature.key.raw(), "npm:signatures") else {
        if context.evidence.npm_keys.is_empty() {
            let why = format!("the key `{id}` is not at hand");
            return Verified::new(Kind::RegistrySignature, State::Unknown, &about, why);
        }
        return failed("npm/signature-unknown-key", format!("the registry has no key `{id}`"));
    };
    let coordinate = &context.artifact.coordinate;
    let message = format!("{}@{}:{}", coordinate.name, coordinate.version, signature.integrity);
    let Ok(der) = BASE64.decode(&signature.signature) else {
        return failed("npm/signature-malformed", "the signature is not base64".to_owned());
    };
    if !is_sequence(&der) {
        return failed("npm/signature-malformed", "the signature is not DER".to_owned());
    }
    if !sigstore::is_ecdsa(&key.der, message.as_bytes(), &der) {
        let why = format!("the signature of key `{id}` is not over `{}`", excerpt(&visible(&message), 160));
        return failed("npm/signature-invalid", why);
    }
    let facts = Facts { key: format!("{id} ({})", key.from), ..Facts::default() };
    let published = context.artifact.registry.as_ref().and_then(|registry| registry.published.as_deref());
    match published.and_then(time::parse) {
        Some(time) if !key.is_valid_at(time) => {
            let why = format!("the key `{id}` was not valid at {}, when it was published", time::show(time));
            failed("npm/signature-expired-key", why).with(facts)
        }
        Some(_) => Verified::new(Kind::RegistrySignature, State::Verified, &about, "").with(facts),
        None => {
            let note = "the publish time is not known: the key's window was not compared".to_owned();
            Verified::new(Kind::RegistrySignature, State::Verified, &about, "")
                .with(Facts { notes: vec![note], ..facts })
        }
    }
}

/// Whether bytes are one DER sequence and nothing behind it.
fn is_sequence(der: &[u8]) -> bool {
    super::pkcs7::tlv(der).is_some_and(|(tag, _, _, rest)| tag == 0x30 && rest.is_empty())
}
