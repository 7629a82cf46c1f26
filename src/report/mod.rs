//! A verdict to bytes. Decides nothing.
//!
//! A format is a name and a verb in a file of its own; [`FORMATS`] lists them.

pub mod cyclonedx;
pub mod github;
pub mod html;
pub mod intoto;
mod inventory;
pub mod json;
pub mod junit;
pub mod markdown;
mod markup;
pub mod ocsf;
pub mod openvex;
pub mod plain;
mod printable;
pub mod receipt;
pub mod sarif;
mod schema;
mod subject;

use std::{collections::BTreeMap, io};

pub use schema::Schema;

use crate::{
    connector::{Annotations, Reach, capabilities::Capabilities},
    finding::Location,
    gate::{Outcome, Verdict},
};

/// Every format, sorted by name.
pub const FORMATS: &[&dyn Format] = &[
    &cyclonedx::CycloneDx,
    &github::Github,
    &html::Html,
    &intoto::InToto,
    &json::Json,
    &junit::JUnit,
    &markdown::Markdown,
    &ocsf::Ocsf,
    &openvex::OpenVex,
    &plain::Plain::DEFAULT,
    &receipt::Receipt,
    &sarif::Sarif,
];

/// The format with this name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The answers of one run, with what gave them.
#[derive(Clone, Debug)]
pub struct Run {
    /// The version of this program.
    pub version: &'static str,
    /// SHA-256 over the rules, in hexadecimal.
    pub rules_digest: String,
    /// The day of the oldest reference data that is built in, as `YYYY-MM-DD`; empty where it is unknown.
    pub reference_data: String,
    /// When it was, in seconds since 1970-01-01 UTC; formats that need a time write 1970 where it is unknown.
    pub time: Option<u64>,
    /// One report per target, in the order given.
    pub reports: Vec<Report>,
}

impl Run {
    /// Puts the reports of a run together and makes every text in them printable.
    pub fn new(rules_digest: String, mut reports: Vec<Report>) -> Self {
        reports.iter_mut().for_each(printable::clean);
        let version = env!("CARGO_PKG_VERSION");
        Self { version, rules_digest, reference_data: String::new(), time: None, reports }
    }

    /// The same run at a time, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn at(self, time: u64) -> Self {
        Self { time: Some(time), ..self }
    }

    /// The same run with reference data of a day.
    #[must_use]
    pub fn with_data_of(self, day: String) -> Self {
        Self { reference_data: day, ..self }
    }

    /// The worst verdict of all targets.
    pub fn verdict(&self) -> Verdict {
        self.reports.iter().map(|report| report.outcome.verdict).max().unwrap_or(Verdict::Incomplete)
    }
}

/// One target's answer, with everything that a format may show. [`Run::new`] makes its text printable.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target as the user wrote it.
    pub target: String,
    /// The place in a configuration that asks for it, where the target is one of its servers.
    pub configured: Option<Configured>,
    /// What was scanned; `None` where it could not be acquired.
    pub artifact: Option<ArtifactFacts>,
    /// The verdict and what it rests on.
    pub outcome: Outcome,
    /// What signatures and attestations prove, in the order of examination.
    pub provenance: Vec<ProvenanceFacts>,
    /// Tools, sorted by name.
    pub tools: Vec<ToolFacts>,
    /// Names of prompts.
    pub prompts: Vec<String>,
    /// Names of resources.
    pub resources: Vec<String>,
    /// What the code can do.
    pub capabilities: Capabilities,
    /// What it asks to be granted, sorted.
    pub scopes: Vec<ScopeFacts>,
    /// Declared dependencies.
    pub dependencies: Vec<DependencyFacts>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// The file that stands for the whole artifact: where findings without a place point.
    pub manifest: Option<String>,
    /// Lines that tell what to do where the artifact could not be acquired.
    pub hints: Vec<String>,
    /// The source around the places that findings name, as far as it is kept.
    pub excerpts: BTreeMap<Location, Excerpt>,
    /// What it was compared with; findings with a change say what differs.
    pub compared: Option<Compared>,
}

/// The place in a configuration that asks for a connector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Configured {
    /// The configuration, as the user named it, and the line.
    pub location: Location,
    /// What the configuration calls the connector.
    pub name: String,
}

/// What a connector was compared with.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// How it was asked for.
    pub target: String,
    /// `npm`, `pypi`, ….
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// `algorithm:hex`.
    pub digest: String,
    /// Why it was approved although something spoke against it.
    pub reason: Option<String>,
    /// Whether the comparison is all that was asked for.
    pub scope: Asked,
}

/// What a report is to answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Asked {
    /// Whether the connector deserves trust.
    #[default]
    Everything,
    /// What changed.
    Changes,
}

/// A line of source, cut where it is long, with its neighbours.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Excerpt {
    /// The lines above it, the nearest last.
    pub above: Vec<String>,
    /// What stands in the line before the place.
    pub before: String,
    /// The word at the place.
    pub marked: String,
    /// What stands behind it.
    pub after: String,
    /// The lines below it, the nearest first.
    pub below: Vec<String>,
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
    /// Digests of the published file by algorithm; none where there is no single file.
    pub digests: BTreeMap<&'static str, String>,
    /// Where it came from, in words.
    pub source: String,
    /// How the version was chosen.
    pub resolution: Vec<String>,
    /// When it was published, RFC 3339, where the registry says so.
    pub published: Option<String>,
    /// The deprecation or yank notice.
    pub deprecated: Option<String>,
}

/// A signature or attestation as shown.
#[derive(Clone, Debug, Default)]
pub struct ProvenanceFacts {
    /// What it is, as a stable name.
    pub kind: &'static str,
    /// What it is, in words.
    pub words: &'static str,
    /// `verified`, `failed`, `absent`, `unknown`, `not-applicable`.
    pub state: &'static str,
    /// What it is about.
    pub about: String,
    /// Why it is not verified; empty where it is.
    pub why: String,
    /// What it says, by stable names; `note` may occur several times.
    pub facts: Vec<(&'static str, String)>,
    /// What it says and what it does not prove, in words.
    pub limits: &'static str,
}

impl ProvenanceFacts {
    /// The fact with this name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact.as_str())
    }
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
    pub input: Option<Schema>,
    /// Behaviour hints.
    pub annotations: Annotations,
    /// How it was found.
    pub found: &'static str,
    /// Where it is defined.
    pub location: Option<Location>,
    /// What its code can do; `None` where no handler is known.
    pub reach: Option<Reach>,
}

/// Something that the connector asks for, as shown.
#[derive(Clone, Debug, Default)]
pub struct ScopeFacts {
    /// Its kind, as a stable name.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// `manifest` or `code`.
    pub asked: &'static str,
    /// Whether it is marked as a secret, where the form has a mark.
    pub secret: Option<bool>,
    /// Whether it is required, where the form says so.
    pub required: Option<bool>,
    /// Where it is asked for.
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

/// The coverage ledger: every file of the artifact is counted once, as read or as skipped.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files of the artifact.
    pub files: usize,
    /// Files by what was done with them: `parsed`, `text`, `hashed`, `manifest`: count and bytes.
    pub read: BTreeMap<&'static str, (usize, u64)>,
    /// What was not looked at, and why: files of the artifact first, then what never became one
    /// (refused entries, links, folders), both sorted.
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

    /// Why there is nothing to write about a run, where the format cannot say that there is nothing.
    fn nothing(&self, run: &Run) -> Option<&'static str> {
        let _ = run;
        None
    }

    /// Writes all reports of a run.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()>;
}
