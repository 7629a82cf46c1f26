//! The JSON report as structs: what is written, and what a program that reads reports gets.
//!
//! A member that an earlier report lacks has its default; one that nobody knows is left out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::Schema;

/// A whole report: the answers of one run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Document {
    /// The name of the format's version, see [`super::SCHEMA`].
    pub schema: String,
    /// What gave the answers.
    pub tool: Tool,
    /// One answer for each target, in the order given.
    pub reports: Vec<Target>,
}

/// What gave the answers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Tool {
    /// `mcp-vouch`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over the rules.
    pub rules_digest: String,
    /// The day of the oldest reference data that was built in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reference_data: String,
}

/// One target and its answer.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Target {
    /// As written on the command line.
    #[serde(rename = "target")]
    pub written: String,
    /// The place in a configuration that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configured: Option<Configured>,
    /// What was scanned; `None` where it could not be acquired.
    pub artifact: Option<Artifact>,
    /// `pass`, `incomplete` or `fail`.
    pub verdict: String,
    /// What decided, in words.
    pub policy: String,
    /// Exceptions that accept nothing any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// What signatures and attestations prove.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provenance: Vec<Provenance>,
    /// What it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What the rules say, the worst first.
    pub findings: Vec<Finding>,
    /// What it offers.
    pub tools: Vec<ConnectorTool>,
    /// Names of prompts.
    pub prompts: Vec<String>,
    /// Names of resources.
    pub resources: Vec<String>,
    /// What the code can do, by the names that the schema lists.
    pub capabilities: Value,
    /// What it asks to be granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
    /// Declared dependencies.
    pub dependencies: Vec<Dependency>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// What could not be checked.
    pub unchecked: Vec<Unchecked>,
}

/// The place in a configuration that asks for a connector.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Configured {
    /// What the configuration calls it.
    pub name: String,
    /// The line.
    pub location: Location,
}

/// What was scanned and how it was pinned.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Artifact {
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
    /// When it was published, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// The deprecation or yank notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
}

/// What a connector was compared with.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Baseline {
    /// As it was asked for.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A signature or attestation.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Provenance {
    /// What it is.
    pub kind: String,
    /// `verified`, `failed`, `absent`, `unknown` or `not-applicable`.
    pub state: String,
    /// What it is about.
    pub about: String,
    /// Why it is not verified.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What it says, by stable names.
    pub facts: BTreeMap<String, String>,
    /// What else is to be said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One thing that a rule says.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Finding {
    /// Stable while the rule, the file, the tool and the evidence are the same.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// Whether it fails the gate.
    pub gates: bool,
    /// One line.
    pub message: String,
    /// Where it is; `None` for facts about the whole package.
    pub location: Option<Location>,
    /// Further places of the same cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Location>,
    /// The tool that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// How the value travels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Digest of what a person looks at to judge it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// What changed, where that is what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What to do.
    pub fix: String,
}

/// What changed since an approval.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Change {
    /// What kind of thing.
    pub class: String,
    /// `widens`, `review`, `narrows` or `same`.
    pub direction: String,
    /// How it was.
    pub before: String,
    /// How it is.
    pub now: String,
}

/// Who answers for a finding.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Accepted {
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: String,
    /// The last day; `9999-12-31` has no end.
    pub until: String,
}

/// An exception that accepts nothing any more.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Exception {
    /// The rule.
    pub rule: String,
    /// The line of the policy.
    pub line: usize,
    /// The last day.
    pub until: String,
    /// `ended`, `changed` or `unused`.
    pub state: String,
}

/// A place in a file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Location {
    /// The path in the artifact.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// One step of a flow.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Step {
    /// Where the value passes.
    pub location: Location,
    /// What happens there.
    pub what: String,
}

/// A tool that the connector offers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct ConnectorTool {
    /// Its name.
    pub name: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its input schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Schema>,
    /// What it says of itself.
    pub annotations: BTreeMap<String, bool>,
    /// How it was found.
    pub found: String,
    /// Where it is defined.
    pub location: Option<Location>,
    /// What its code can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
}

/// What the code behind a tool can do.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Reach {
    /// The first place of each use.
    pub uses: BTreeMap<String, Location>,
    /// Hosts.
    pub hosts: BTreeSet<String>,
    /// Calls that could not be followed.
    pub unfollowed: usize,
}

/// Something that the connector asks for.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Scope {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// `manifest` or `code`.
    pub asked: String,
    /// Whether it is marked as a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<bool>,
    /// Whether it is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Where it is asked for.
    pub location: Option<Location>,
}

/// A declared dependency.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Dependency {
    /// `npm`, `pypi`, ….
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// The requirement as written.
    pub requirement: String,
    /// `normal`, `optional`, ….
    pub kind: String,
}

/// What was read and what was not.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Coverage {
    /// Files of the artifact.
    pub files: usize,
    /// Files by what was done with them.
    pub read: BTreeMap<String, Amount>,
    /// What was not looked at.
    pub skipped: Vec<Skipped>,
    /// Tool registrations.
    pub tools: Registrations,
}

/// How much was read in one way.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Amount {
    /// Files.
    pub files: usize,
    /// Bytes.
    pub bytes: u64,
}

/// Something that was not looked at.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Skipped {
    /// Its path.
    pub path: String,
    /// Why.
    pub why: String,
}

/// Tool registrations.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Registrations {
    /// Seen.
    pub seen: usize,
    /// Of these, read.
    pub read: usize,
}

/// Something that could not be checked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Unchecked {
    /// What was left open.
    pub check: String,
    /// Why.
    pub why: String,
    /// Whether the gate needs it.
    pub needed: bool,
}
