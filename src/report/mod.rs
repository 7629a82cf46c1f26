//! A verdict to bytes. Decides nothing.

use std::{collections::BTreeMap, io};

use crate::{
    connector::{Annotations, capabilities::Capabilities},
    finding::Location,
    gate::Outcome,
};

/// One target's answer, with everything that a format may show. All text in it is printable.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target as the user wrote it.
    pub target: String,
    /// What was scanned; `None` where it could not be acquired.
    pub artifact: Option<ArtifactFacts>,
    /// The verdict and what it rests on.
    pub outcome: Outcome,
    /// Tools, sorted by name.
    pub tools: Vec<ToolFacts>,
    /// Names of prompts.
    pub prompts: Vec<String>,
    /// Names of resources.
    pub resources: Vec<String>,
    /// What the code can do.
    pub capabilities: Capabilities,
    /// Declared dependencies.
    pub dependencies: Vec<DependencyFacts>,
    /// What was read and what was not.
    pub coverage: Coverage,
}

/// What was scanned and how it was pinned.
#[derive(Clone, Debug, Default)]
pub struct ArtifactFacts {
    /// `npm`, `pypi`, ….
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// `algorithm:hex`.
    pub digest: String,
    /// Where it came from, in words.
    pub source: String,
    /// How the version was chosen.
    pub resolution: Vec<String>,
}

/// A tool as shown.
#[derive(Clone, Debug, Default)]
pub struct ToolFacts {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its description, one line.
    pub description: Option<String>,
    /// Its input schema.
    pub input: Option<serde_json::Value>,
    /// Behaviour hints.
    pub annotations: Annotations,
    /// How it was found.
    pub found: &'static str,
    /// Where it is defined.
    pub location: Option<Location>,
}

/// A dependency as shown.
#[derive(Clone, Debug)]
pub struct DependencyFacts {
    /// `npm`, `pypi`, ….
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// The requirement as written.
    pub requirement: String,
    /// `normal`, `optional`, ….
    pub kind: String,
}

/// The coverage ledger: every file of the artifact is in it once.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files by what was done with them: `parsed`, `text`, `hashed`, `manifest`: count and bytes.
    pub read: BTreeMap<&'static str, (usize, u64)>,
    /// Files, or parts of them, that were not looked at, and why.
    pub skipped: Vec<(String, String)>,
    /// Tool registrations seen.
    pub registrations_seen: usize,
    /// Of these, read statically.
    pub registrations_read: usize,
}

/// One way to write reports down.
pub trait Format: Sync {
    /// The name used in `--output NAME=FILE`.
    fn name(&self) -> &'static str;

    /// Writes all reports of a run.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    fn render(&self, reports: &[Report], out: &mut dyn io::Write) -> io::Result<()>;
}
