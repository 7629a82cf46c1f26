//! One attestation document to one state for each bundle in it.

use super::{
    Context, Facts, Kind, State, Verified,
    documents::{self, Form, Item},
    facts::log_words,
    github, mcpb, npm, pypi,
    sigstore::{self, Digest, Parsed, Proof, Rejection, Root, Signer},
    statement::Statement,
    time,
};
use crate::{
    artifact::evidence::{Document, Origin},
    untrusted::excerpt,
};

/// A root of trust whose newest key is older than this is old, seconds.
const OLD: i64 = 2 * 366 * 86_400;

/// A statement with everything that was verified about it.
pub(super) struct Signed<'a> {
    pub(super) statement: &'a Statement,
    pub(super) item: &'a Item,
    pub(super) proof: Proof,
    pub(super) facts: Facts,
}

/// Why a verified statement does not count: the rule that speaks, and the words.
pub(super) struct Fault(pub(super) &'static str, pub(super) String);

impl Fault {
    /// Something that contradicts itself or was tampered with.
    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self("provenance/invalid", why.into())
    }

    /// It is about something else.
    pub(super) fn subject(why: impl Into<String>) -> Self {
        Self("provenance/subject-mismatch", why.into())
    }

    /// It says something whose meaning is not known.
    pub(super) fn predicate(why: impl Into<String>) -> Self {
        Self("provenance/predicate-unknown", why.into())
    }

    /// The signed statement and the certificate contradict each other.
    pub(super) fn claim(why: impl Into<String>) -> Self {
        Self("provenance/claim-mismatch", why.into())
    }
}

/// Examines every bundle of a document.
pub(super) fn examine(context: &Context<'_>, document: &Document, found: &mut Vec<Verified>) {
    if mcpb::server_json(context, document, found) {
        return;
    }
    match documents::items(document) {
        Ok(items) => found.extend(items.iter().filter_map(|item| one(context, document, item))),
        // What cannot be read in a folder speaks about nobody.
        Err(_) if document.origin == Origin::Folder => {}
        Err(why) => {
            let why = format!("`{}`: {}", excerpt(&document.name, 200), excerpt(&why, 200));
            found.push(Verified::failed(Kind::Bundle, &context.about(), "provenance/invalid", why));
        }
    }
}

/// Whether any statement of a document speaks about this artifact.
pub(super) fn is_about_any(context: &Context<'_>, document: &Document) -> bool {
    let items = documents::items(document).unwrap_or_default();
    let mut parsed = items.iter().filter_map(|item| sigstore::parse(&item.bundle).ok());
    parsed.any(|parsed| is_about(context, parsed.statement.as_ref()))
}

/// Examines one bundle; `None` for one of a folder that speaks about something else.
fn one(context: &Context<'_>, document: &Document, item: &Item) -> Option<Verified> {
    let about = context.about();
    let parsed = match sigstore::parse(&item.bundle) {
        Ok(parsed) => parsed,
        Err(_) if document.origin == Origin::Folder => return None,
        Err(why) => return Some(rejected(kind_of(item, None), &about, why)),
    };
    let kind = kind_of(item, parsed.statement.as_ref());
    if document.origin == Origin::Folder && !is_about(context, parsed.statement.as_ref()) {
        return None;
    }
    let Some(digest) = digest(context, &parsed) else {
        let why = "no digest of it can be compared";
        return Some(Verified::failed(kind, &about, "provenance/subject-mismatch", why));
    };
    let proof = match verify(context, kind, &parsed, &digest) {
        Ok(proof) => proof,
        Err(why) => return Some(rejected(kind, &about, why)),
    };
    let facts = facts(context, &parsed, &proof);
    let Some(statement) = &parsed.statement else {
        return Some(Verified::new(kind, State::Verified, &about, "").with(facts));
    };
    Some(settle(context, kind, Signed { statement, item, proof, facts }))
}

/// The verified statement against what it should say.
fn settle(context: &Context<'_>, kind: Kind, mut signed: Signed<'_>) -> Verified {
    let about = context.about();
    let checked = match kind {
        Kind::NpmPublish => npm::publish(context, &mut signed),
        Kind::NpmProvenance => npm::provenance(context, &mut signed),
        Kind::PypiPublish | Kind::PypiProvenance => pypi::check(context, &mut signed),
        _ => github::check(context, &mut signed),
    };
    if let Err(Fault(rule, why)) = checked {
        return Verified::failed(kind, &about, rule, excerpt(&why, 400)).with(signed.facts);
    }
    if context.evidence.archive.is_none() {
        let why = "the signature is good, but there is no archive whose digest could be compared";
        return Verified::new(kind, State::Unknown, &about, why).with(signed.facts);
    }
    Verified::new(kind, State::Verified, &about, "").with(signed.facts)
}

fn rejected(kind: Kind, about: &str, why: Rejection) -> Verified {
    match why {
        Rejection::Invalid(why) => Verified::failed(kind, about, "provenance/invalid", why),
        Rejection::Unsupported(why) => Verified::new(kind, State::Unknown, about, why),
    }
}

/// What a bundle is, by its signed statement, else by what stands around it.
fn kind_of(item: &Item, statement: Option<&Statement>) -> Kind {
    let signed = statement.map(|statement| statement.predicate_type.as_str());
    let kind = signed.or(item.outer.as_deref()).unwrap_or_default();
    let is_npm = item.form == Form::Npm
        || statement.is_some_and(|statement| {
            statement.subjects.iter().any(|subject| subject.name.starts_with("pkg:npm/"))
        });
    match item.form {
        _ if kind.starts_with(npm::PUBLISH) => Kind::NpmPublish,
        Form::Npm if kind.contains("/npm/") => Kind::NpmPublish,
        Form::Npm => Kind::NpmProvenance,
        Form::Python if kind == pypi::PUBLISH => Kind::PypiPublish,
        Form::Python => Kind::PypiProvenance,
        Form::Plain if is_npm => Kind::NpmProvenance,
        Form::Plain if kind == pypi::PUBLISH => Kind::PypiPublish,
        Form::Plain if kind.starts_with(github::RELEASE) => Kind::GithubRelease,
        Form::Plain if kind.starts_with(github::PROVENANCE) => Kind::GithubProvenance,
        Form::Plain => Kind::Bundle,
    }
}

/// Whether a statement speaks about this artifact, by digest or by name.
fn is_about(context: &Context<'_>, statement: Option<&Statement>) -> bool {
    let Some(statement) = statement else { return false };
    let archive = context.evidence.archive.as_ref();
    archive.is_some_and(|archive| statement.subject_of(archive).is_some())
        || statement.subjects.iter().any(|subject| {
            npm::is_named(context, &subject.name)
                || archive.is_some_and(|archive| !subject.name.is_empty() && archive.name == subject.name)
        })
}

/// The digest to verify against: the one that the statement names, so that a good signature over
/// something else is told apart from a bad one; a bare signature is over the archive itself.
fn digest(context: &Context<'_>, parsed: &Parsed) -> Option<Digest> {
    let archive = context.evidence.archive.as_ref();
    match &parsed.statement {
        Some(statement) => statement.digest(archive),
        None => super::statement::from_hex(&archive?.sha256).map(Digest::Sha256),
    }
}

fn verify(context: &Context<'_>, kind: Kind, parsed: &Parsed, digest: &Digest) -> Result<Proof, Rejection> {
    if !parsed.has_certificate() {
        return npm::verify_key(context, parsed, digest);
    }
    let may_be_unlogged = matches!(kind, Kind::GithubProvenance | Kind::GithubRelease | Kind::Bundle);
    if parsed.is_unlogged() && may_be_unlogged {
        return parsed.verify_unlogged(context.unlogged().map_err(Rejection::Invalid)?, digest);
    }
    parsed.verify(context.public().map_err(Rejection::Invalid)?, digest)
}

/// What has to be said about a root of trust whose newest key is old: keys change, and a root that
/// does not know the newer ones refuses what they signed.
fn old(root: &Root, now: u64) -> Option<String> {
    let newest = time::parse(&format!("{}T00:00:00Z", root.newest.as_deref()?))?;
    let is_old = i64::try_from(now).ok()? > newest.saturating_add(OLD);
    is_old.then(|| "the root of trust is old: a newer version of this program knows newer keys".to_owned())
}

fn facts(context: &Context<'_>, parsed: &Parsed, proof: &Proof) -> Facts {
    let mut facts = match &proof.signer {
        Signer::Certificate(claims) => Facts::of(claims),
        Signer::Key => Facts { key: npm::key_words(context, parsed), ..Facts::default() },
    };
    let root = if parsed.is_unlogged() { context.unlogged() } else { context.public() };
    if let Ok(root) = root {
        facts.root.clone_from(&root.name);
        facts.notes.extend(old(root, context.evidence.now));
    }
    log_words(proof.log).clone_into(&mut facts.log);
    facts.log_index = proof.index;
    facts.time = proof.time;
    if let Some(statement) = &parsed.statement {
        facts.predicate = excerpt(&statement.predicate_type, 120);
    }
    facts
}
