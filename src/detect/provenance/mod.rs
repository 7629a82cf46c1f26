//! Signatures and attestations to what they prove, and to findings.
//!
//! Collected evidence goes in; for each piece one of five states comes out. Nothing is verified
//! because a field exists, and what could not be had is never the same as what does not exist.

mod attestation;
mod documents;
mod facts;
mod github;
mod identity;
mod keys;
mod mcpb;
mod npm;
mod pkcs7;
mod pypi;
mod regression;
mod repository;
mod sigstore;
mod source;
mod statement;

pub use facts::{Facts, Kind, State, Verified};
pub use sigstore::{Request, conform};

pub(in crate::detect) use sigstore::roots;

pub(in crate::detect) use repository::same_repository;

use super::{Asked, Check, Subject};
use crate::{
    artifact::{
        Artifact, Ecosystem,
        evidence::{Absence, Evidence, Wanted},
        time,
    },
    finding::{Finding, Rule},
    untrusted::excerpt,
};
use sigstore::Root;

/// Answers for the rules about signatures and provenance.
pub(super) struct Provenance;

impl Check for Provenance {
    fn name(&self) -> &'static str {
        "provenance"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        failures(subject.provenance, asked, findings);
        absences(subject.provenance, asked, findings);
        identity::compare(subject, asked, findings);
        regression::compare(subject.artifact, asked, findings);
        source::compare(subject, asked, findings);
        mcpb::judge(subject, asked, findings);
        pypi::judge(subject.artifact, asked, findings);
    }
}

/// What the verifiers share.
struct Context<'a> {
    artifact: &'a Artifact,
    evidence: &'a Evidence,
    /// The root that the user gave, or why it cannot be used.
    root: Option<Result<Root, String>>,
}

impl<'a> Context<'a> {
    fn of(artifact: &'a Artifact) -> Self {
        let evidence = &artifact.evidence;
        let name = |name: &str| format!("the trust root of `{}`", excerpt(name, 200));
        let root = evidence.trusted_root.as_ref().map(|root| Root::parse(&name(&root.name), &root.text));
        Self { artifact, evidence, root }
    }
}

impl Context<'_> {
    /// The root for bundles that are in a public log.
    fn public(&self) -> Result<&Root, String> {
        match &self.root {
            Some(Ok(root)) => Ok(root),
            Some(Err(why)) => Err(format!("the trust root that was given cannot be used: {why}")),
            None => sigstore::public().ok_or_else(|| "the built-in trust root cannot be used".to_owned()),
        }
    }

    /// The root for bundles without a log.
    fn unlogged(&self) -> Result<&Root, String> {
        match &self.root {
            Some(_) => self.public(),
            None => sigstore::github().ok_or_else(|| "the built-in trust root cannot be used".to_owned()),
        }
    }

    /// What the artifact is called in messages.
    fn about(&self) -> String {
        let coordinate = &self.artifact.coordinate;
        let is_of_file = coordinate.ecosystem == Ecosystem::Pypi || coordinate.version.is_empty();
        if let Some(archive) = self.evidence.archive.as_ref().filter(|_| is_of_file) {
            return excerpt(&archive.name, 200);
        }
        let name = &coordinate.name;
        excerpt(format!("{name} {}", coordinate.version).trim_end(), 200)
    }
}

/// Verifies everything that was collected about an artifact.
pub fn examine(artifact: &Artifact) -> Vec<Verified> {
    let evidence = &artifact.evidence;
    let context = Context::of(artifact);
    let companion = artifact.companion.as_deref().map(Context::of);
    let mut found = Vec::new();
    npm::signatures(&context, &mut found);
    for document in &evidence.documents {
        let is_about = |context: &&Context<'_>| attestation::is_about_any(context, document);
        let other = companion.as_ref().filter(is_about).filter(|_| !is_about(&&context));
        let context = other.unwrap_or(&context);
        found.extend(guarded(context, || {
            let mut found = Vec::new();
            attestation::examine(context, document, &mut found);
            found
        }));
    }
    found.extend(guarded(&context, || mcpb::examine(&context).into_iter().collect()));
    missing(&context, &mut found);
    git(&context, &mut found);
    source::examine(&context, &mut found);
    if let Some(companion) = &artifact.companion {
        found.extend(examine(companion));
    }
    found
}

/// Documents are written by strangers, and parsers are not perfect: what breaks one is refused, and
/// takes nothing else with it.
fn guarded(context: &Context<'_>, examine: impl FnOnce() -> Vec<Verified>) -> Vec<Verified> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(examine)).unwrap_or_else(|_| {
        let why = "internal error while verifying";
        vec![Verified::failed(Kind::Bundle, &context.about(), "provenance/invalid", why)]
    })
}

fn missing(context: &Context<'_>, found: &mut Vec<Verified>) {
    for missing in &context.evidence.missing {
        let kind = match missing.what {
            Wanted::NpmAttestations => Kind::NpmProvenance,
            Wanted::NpmSignatures => Kind::RegistrySignature,
            Wanted::PypiAttestations => Kind::PypiPublish,
            Wanted::GithubAttestations => Kind::GithubProvenance,
            Wanted::Documents => Kind::Bundle,
            Wanted::Source => Kind::Source,
        };
        let state = match missing.absence {
            Absence::Absent => State::Absent,
            Absence::Unknown => State::Unknown,
        };
        found.push(Verified::new(kind, state, &context.about(), excerpt(&missing.why, 300)));
    }
}

/// Signatures of git objects are shown, not verified: nobody vouches for their keys.
fn git(context: &Context<'_>, found: &mut Vec<Verified>) {
    for signature in &context.evidence.git {
        let about = format!("{} {}", signature.object, signature.name);
        let verified = if signature.format.is_empty() {
            Verified::new(Kind::GitSignature, State::Absent, &about, "it is not signed")
        } else {
            let why = format!("it carries an {} signature; its key was not looked up", signature.format);
            Verified::new(Kind::GitSignature, State::Unknown, &about, why)
        };
        found.push(verified);
    }
}

/// What failed, by the rules that speak for it.
fn failures(verified: &[Verified], asked: &Asked, findings: &mut Vec<Finding>) {
    for one in verified.iter().filter(|one| one.state == State::Failed) {
        let Some(rule) = asked.rule(one.rule) else { continue };
        let message = format!("{} of {}: {}", one.kind.describe(), one.about, one.why);
        findings.push(finding(rule, message, one.kind.name()));
    }
}

/// What is not there, and what could not be looked at: at most one finding of each.
fn absences(verified: &[Verified], asked: &Asked, findings: &mut Vec<Finding>) {
    let has_provenance = verified.iter().any(Verified::is_verified_build);
    let of_build = |one: &&Verified| {
        matches!(one.kind, Kind::NpmProvenance | Kind::PypiPublish | Kind::GithubProvenance)
    };
    for (state, id) in [(State::Absent, "provenance/absent"), (State::Unknown, "provenance/unknown")] {
        let Some(rule) = asked.rule(id).filter(|_| !has_provenance) else { continue };
        let Some(one) = verified.iter().filter(of_build).find(|one| one.state == state) else { continue };
        findings.push(finding(rule, format!("{}: {}", one.kind.describe(), one.why), one.kind.name()));
    }
    let is_unsigned = |one: &Verified| one.kind == Kind::RegistrySignature && one.state == State::Absent;
    if let Some(rule) = asked.rule("npm/signature-missing").filter(|_| verified.iter().any(is_unsigned)) {
        findings.push(finding(rule, "the registry's document carries no signature", "signature"));
    }
}

/// A finding about the whole package.
fn finding(rule: &'static Rule, message: impl Into<String>, evidence: &str) -> Finding {
    Finding::new(rule, message).because(evidence)
}

#[cfg(test)]
mod tests;
