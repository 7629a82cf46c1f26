//! The words for what was verified: kinds, states and facts. Plain data.

use super::sigstore::{Claims, Log};
use crate::untrusted::excerpt;

/// Most characters of one fact.
const LENGTH: usize = 300;

/// One thing that was verified, or could not be.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What kind of evidence it is.
    pub kind: Kind,
    /// How it came out.
    pub state: State,
    /// Which file or package it is about, printable.
    pub about: String,
    /// Why it is not verified, printable; empty where it is.
    pub why: String,
    /// The rule that speaks where it failed.
    pub(super) rule: &'static str,
    /// What it says.
    pub facts: Facts,
}

impl Verified {
    /// Something with this state and nothing else known.
    pub(super) fn new(kind: Kind, state: State, about: &str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { kind, state, about: excerpt(about, LENGTH), why, rule: "", facts: Facts::default() }
    }

    /// A failure for which a rule speaks.
    pub(super) fn failed(kind: Kind, about: &str, rule: &'static str, why: impl Into<String>) -> Self {
        Self { rule, ..Self::new(kind, State::Failed, about, why) }
    }

    /// The same with facts.
    pub(super) fn with(self, facts: Facts) -> Self {
        Self { facts, ..self }
    }

    /// Whether a build is what it speaks about, and it verified.
    pub(super) fn is_verified_build(&self) -> bool {
        self.state == State::Verified && self.kind != Kind::Source && !self.facts.repository.is_empty()
    }
}

/// The states, which never blur.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum State {
    /// The mathematics hold, and it is about exactly this artifact.
    Verified,
    /// Something does not hold.
    Failed,
    /// There is none, says who would have it.
    Absent,
    /// It could not be looked at, or may have been left out on the way.
    Unknown,
    /// It does not exist for artifacts of this kind.
    NotApplicable,
}

impl State {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Kind {
    /// The npm registry's signature over name, version and digest.
    RegistrySignature,
    /// The npm registry's attestation that it received the file.
    NpmPublish,
    /// Who built an npm package, and how.
    NpmProvenance,
    /// Who uploaded a Python file.
    PypiPublish,
    /// Who built a Python file, and how.
    PypiProvenance,
    /// Who built an archive on GitHub, and how.
    GithubProvenance,
    /// Which files belong to a release on GitHub.
    GithubRelease,
    /// Another signed bundle.
    Bundle,
    /// The signature inside an MCP bundle.
    McpbSignature,
    /// The digest that `server.json` states for a package.
    ServerJsonDigest,
    /// The signature of a git commit or tag.
    GitSignature,
    /// The package against its source.
    Source,
}

impl Kind {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegistrySignature => "registry-signature",
            Self::NpmPublish => "npm-publish",
            Self::NpmProvenance => "npm-provenance",
            Self::PypiPublish => "pypi-publish",
            Self::PypiProvenance => "pypi-provenance",
            Self::GithubProvenance => "github-provenance",
            Self::GithubRelease => "github-release",
            Self::Bundle => "bundle",
            Self::McpbSignature => "mcpb-signature",
            Self::ServerJsonDigest => "server-json-digest",
            Self::GitSignature => "git-signature",
            Self::Source => "source",
        }
    }

    /// What it is, for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::RegistrySignature => "registry signature",
            Self::NpmPublish => "npm publish attestation",
            Self::NpmProvenance => "npm build provenance",
            Self::PypiPublish => "Python publish attestation",
            Self::PypiProvenance => "Python build provenance",
            Self::GithubProvenance => "GitHub build provenance",
            Self::GithubRelease => "GitHub release attestation",
            Self::Bundle => "signed bundle",
            Self::McpbSignature => "MCP bundle signature",
            Self::ServerJsonDigest => "digest in server.json",
            Self::GitSignature => "git signature",
            Self::Source => "package against source",
        }
    }

    /// What it does not prove even where it is verified.
    pub fn limits(self) -> &'static str {
        match self {
            Self::RegistrySignature | Self::NpmPublish => {
                "says that the registry took in exactly these bytes; not who made them, nor from what"
            }
            Self::NpmProvenance | Self::PypiProvenance | Self::GithubProvenance => {
                "says which workflow made these bytes from which commit; not that the source is harmless"
            }
            Self::PypiPublish => {
                "says which workflow uploaded these bytes; not that it built them from that source"
            }
            Self::GithubRelease => "says that these bytes belong to the release; not how they were built",
            Self::Bundle => "says who signed these bytes; not how they were built",
            Self::McpbSignature => "says who held the key; not from which source it was built",
            Self::ServerJsonDigest => "says that these are the bytes meant; anybody may state a digest",
            Self::GitSignature => "is shown as found; the key was not looked up",
            Self::Source => "compares files; not whether the source is harmless",
        }
    }
}

/// What evidence says, printable; empty where it does not say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Facts {
    pub repository: String,
    pub repository_id: String,
    pub owner: String,
    pub owner_id: String,
    pub reference: String,
    pub commit: String,
    pub workflow: String,
    pub signer: String,
    pub builder: String,
    pub runner: String,
    pub trigger: String,
    pub run: String,
    pub visibility: String,
    pub issuer: String,
    pub identity: String,
    pub predicate: String,
    pub key: String,
    pub log: String,
    pub log_index: Option<u64>,
    /// Seconds since 1970-01-01 UTC.
    pub time: Option<i64>,
    pub root: String,
    /// Further lines for a person.
    pub notes: Vec<String>,
}

impl Facts {
    /// What a certificate says.
    pub(super) fn of(claims: &Claims) -> Self {
        let text = |text: &str| excerpt(text, LENGTH);
        Self {
            repository: text(&claims.repository),
            repository_id: text(&claims.repository_id),
            owner: text(&claims.owner),
            owner_id: text(&claims.owner_id),
            reference: text(&claims.reference),
            commit: text(&claims.commit),
            workflow: text(&claims.workflow),
            signer: text(&claims.signer),
            runner: text(&claims.runner),
            trigger: text(&claims.trigger),
            run: text(&claims.run),
            visibility: text(&claims.visibility),
            issuer: text(&claims.issuer),
            identity: text(&claims.identity),
            ..Self::default()
        }
    }

    /// Every fact that is known, with its stable name, in one order.
    pub fn list(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("repository", &self.repository),
            ("repository_id", &self.repository_id),
            ("owner", &self.owner),
            ("owner_id", &self.owner_id),
            ("reference", &self.reference),
            ("commit", &self.commit),
            ("workflow", &self.workflow),
            ("signer", &self.signer),
            ("builder", &self.builder),
            ("runner", &self.runner),
            ("trigger", &self.trigger),
            ("run", &self.run),
            ("visibility", &self.visibility),
            ("issuer", &self.issuer),
            ("identity", &self.identity),
            ("predicate", &self.predicate),
            ("key", &self.key),
            ("log", &self.log),
            ("root", &self.root),
        ];
        let mut list: Vec<(&'static str, String)> = texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.clone()))
            .collect();
        list.extend(self.log_index.map(|index| ("log_index", index.to_string())));
        list.extend(self.time.map(|time| ("time", super::time::show(time))));
        list.extend(self.notes.iter().map(|note| ("note", note.clone())));
        list
    }
}

/// The words for the evidence of a log.
pub(super) fn log_words(log: Log) -> &'static str {
    match log {
        Log::Proof => "inclusion proof",
        Log::Promise => "signed promise only",
        Log::TimestampOnly => "no public log, time stamp only",
    }
}
