//! A target to an artifact: the only door to network, disk and git.
//!
//! Collects everything that judging will need, and judges nothing. What arrives is bounded in
//! size, count, depth and time; nothing is written outside the cache; nothing is executed.

pub mod archive;
pub mod attestations;
pub mod cache;
pub mod captured;
pub(crate) mod clients;
pub mod configuration;
pub mod connect;
pub(crate) mod digest;
pub(crate) mod entry;
pub mod folder;
pub mod git;
pub(crate) mod identity;
pub(crate) mod intake;
pub mod launch;
pub mod limits;
pub mod live;
pub(crate) mod local;
pub mod npm;
pub(crate) mod published;
pub mod pypi;
pub(crate) mod sniff;
pub mod target;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod unpack;
pub mod web;

use std::{collections::BTreeMap, path::PathBuf};

use crate::artifact::{Artifact, Digest, evidence::Evidence};

pub use crate::artifact::evidence::Expected;
pub use limits::Limits;
pub use local::{changed, read_bounded, read_named};
pub use target::Target;
pub use web::{Answer, Get, Post, Question, Reply, Secret, Verb, Web, WebError};

/// Every place that connectors come from.
pub const SOURCES: &[&dyn Source] = &[
    // On this machine.
    &captured::Captured,
    &folder::Folder,
    &archive::Archive,
    &configuration::Unreadable,
    // Elsewhere.
    &npm::Npm,
    &pypi::Pypi,
    &git::Git,
    &connect::Connect,
];

/// Acquires what a target means: pins it, fetches it, unpacks it.
///
/// # Errors
/// Where it does not exist, cannot be had or is built to harm its reader.
pub fn acquire(target: &Target, door: &Door<'_>) -> Result<Artifact, AcquireError> {
    let Some(source) = SOURCES.iter().find(|source| source.scheme() == target.scheme) else {
        return Err(AcquireError::Usage {
            message: format!("no source is called `{}`", target.scheme),
            hints: Vec::new(),
        });
    };
    let watched = cache::Watched::new(door.web);
    let door = &Door { web: &watched, settings: door.settings };
    let pinned = source.resolve(target, door)?;
    let mut artifact = source.acquire(&pinned, door)?;
    artifact.launch.clone_from(&target.launch);
    attestations::collect(&pinned, &mut artifact, door)?;
    artifact.evidence.answered = watched.oldest();
    Ok(artifact)
}

/// A place that connectors come from.
pub trait Source: Sync {
    /// The prefix that a target is written with: `npm`, `pypi`, `git`, `folder`, ….
    fn scheme(&self) -> &'static str;

    /// Pins a target to one exact thing, as the user's own client would.
    ///
    /// # Errors
    /// Where the thing does not exist, or the place did not answer.
    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError>;

    /// Fetches what [`Source::resolve`] pinned, checks its digest and unpacks it.
    ///
    /// # Errors
    /// Where the bytes cannot be had, or are not the promised ones.
    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError>;
}

/// What acquiring may use. Made once per run by the command line; the environment is in here.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// The network: live, refused, or a test's.
    pub web: &'a dyn Web,
    /// Everything that the user configured.
    pub settings: &'a Settings,
}

/// Everything that the user configured, read once.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// No network: only the cache and the disk.
    pub offline: bool,
    /// Where the cache lives; `None` for no cache.
    pub cache: Option<PathBuf>,
    /// `--npm-registry`.
    pub npm_registry: Option<String>,
    /// `--pypi-index`: the base of the simple index.
    pub pypi_index: Option<String>,
    /// `--node-version`; `None` to ask the `node` on the path.
    pub node_version: Option<String>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The directory that the user works in.
    pub directory: PathBuf,
    /// The environment of the process.
    pub environment: BTreeMap<String, String>,
    /// `--attestations`: a file or a folder of documents that speak for the targets.
    pub attestations: Option<PathBuf>,
    /// `--trusted-root`: a trust root instead of the built-in ones.
    pub trusted_root: Option<PathBuf>,
    /// What attestations are expected to say.
    pub expected: Expected,
    /// `--header-env`: headers for live servers, with their values from the environment.
    pub headers: Vec<(String, Secret)>,
    /// `--source`: compare packages with the source that they say they were made from.
    pub source: bool,
    /// Bounds.
    pub limits: Limits,
    /// Seconds since 1970-01-01 UTC when the run began: the only clock.
    pub now: u64,
}

/// One exact thing that a target means.
#[derive(Clone, Debug, Default)]
pub struct Pinned {
    /// The artifact so far: coordinate, source, resolution, registry facts, launch. No files.
    pub facts: PinnedFacts,
    /// Where the bytes are fetched: URL or path, without credentials.
    pub location: String,
    /// The `Authorization` value for that location, where the user has one for its host.
    pub authorization: Option<Secret>,
    /// The digest that they must have, where somebody promised one; the strongest first.
    pub promised: Vec<Digest>,
    /// Further published forms of the same version (sdist beside wheel), to fetch as companions.
    pub companions: Vec<Self>,
    /// The registry that further questions about the version are put to.
    pub registry: Option<attestations::Registry>,
    /// What the registry's document says in favour of the version.
    pub evidence: Evidence,
}

/// What is known before the bytes arrive.
#[derive(Clone, Debug, Default)]
pub struct PinnedFacts {
    /// What it is called, and which version.
    pub coordinate: crate::artifact::Coordinate,
    /// Where it comes from, in words.
    pub source: String,
    /// How the version was chosen, one sentence a line.
    pub resolution: Vec<String>,
    /// The registry's document for the version.
    pub document: serde_json::Value,
    /// When it was published, RFC 3339.
    pub published: Option<String>,
    /// Deprecation or yank notice.
    pub deprecated: Option<crate::untrusted::Untrusted>,
}

/// Why a target could not be acquired. Every message says what did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// The target, a flag or a configuration file cannot be meant as written: exit code 2.
    #[error("{message}")]
    Usage {
        /// One sentence.
        message: String,
        /// Lines that tell what to do.
        hints: Vec<String>,
    },
    /// It does not exist where it was looked for.
    #[error("{message}")]
    NotFound {
        /// One sentence.
        message: String,
        /// Lines that tell what to do.
        hints: Vec<String>,
    },
    /// It could not be looked at: network, disk, limits. The verdict is incomplete.
    #[error("{message}")]
    Unavailable {
        /// One sentence.
        message: String,
        /// Lines that tell what to do.
        hints: Vec<String>,
    },
    /// The bytes are not what was promised, or are built to harm the reader. The verdict is fail.
    #[error("{message}")]
    Hostile {
        /// One sentence.
        message: String,
        /// The rule that speaks: `artifact/digest-mismatch`, `artifact/archive-bomb`, ….
        rule: &'static str,
    },
}
