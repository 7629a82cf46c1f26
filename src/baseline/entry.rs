//! What a lock holds of one connector. Plain data, in the order in which it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::seal::Seal;
use crate::untrusted::Untrusted;

/// One approved connector. Lists are sorted and hold nothing twice.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Entry {
    /// How it was asked for.
    pub target: String,
    /// `pass`, `fail` or `incomplete`, when it was approved.
    pub verdict: String,
    /// Why it was approved although something spoke against it.
    pub reason: Option<String>,
    /// Registrations of tools that could not be read.
    pub unread: usize,
    /// Texts that reach the model before any tool is called.
    pub instructions: Vec<Untrusted>,
    /// What it asks to be granted.
    #[serde(rename = "scope")]
    pub scopes: Vec<Scope>,
    /// What is installed with it.
    #[serde(rename = "dependency")]
    pub dependencies: Vec<Dependency>,
    /// Findings that fail the gate and were accepted.
    pub accepted: Vec<Accepted>,
    /// The exact thing that was looked at.
    pub artifact: Artifact,
    /// Who it says it is from.
    pub claims: Claims,
    /// What speaks for who made it.
    #[serde(rename = "publisher")]
    pub publishers: Vec<Publisher>,
    /// What its code can do.
    pub capabilities: Capabilities,
    /// Tools by name.
    #[serde(rename = "tool")]
    pub tools: Vec<Tool>,
    /// Prompts by name.
    #[serde(rename = "prompt")]
    pub prompts: Vec<Prompt>,
    /// Resources by name.
    #[serde(rename = "resource")]
    pub resources: Vec<Resource>,
    /// The digests that the text states, where it was read.
    #[serde(rename = "digests")]
    pub seal: Option<Seal>,
}

impl Entry {
    /// What entries are sorted by.
    pub(super) fn key(&self) -> (&str, &str, &str, &str) {
        let artifact = &self.artifact;
        (&artifact.ecosystem, &artifact.name, &self.target, &artifact.version)
    }

    /// Whether there is code, and everything that code and manifests say.
    pub fn has_code(&self) -> bool {
        self.artifact.form == Form::Package
    }
}

/// One exact, content-addressed thing.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Artifact {
    /// `npm`, `pypi`, ….
    pub ecosystem: String,
    /// Its name there.
    pub name: String,
    /// Its exact version; empty where there is none.
    pub version: String,
    /// Which file of the version, where it has several.
    pub file: String,
    /// `algorithm:hex`.
    pub digest: String,
    /// Whether it has code.
    pub form: Form,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A package with code and manifests.
    #[default]
    Package,
    /// A captured list of tools.
    ToolList,
}

/// What the package and its registry say without proof.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Claims {
    /// The repository that its manifest names.
    pub repository: Option<Untrusted>,
    /// The account that the registry says uploaded the version.
    pub uploader: Option<Untrusted>,
}

/// One kind of signature or attestation, and what it says.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(deny_unknown_fields, default)]
pub struct Publisher {
    /// `npm-provenance`, `pypi-publish`, ….
    pub kind: String,
    /// `verified`, `failed`, `absent`, `unknown`, `not-applicable`.
    pub state: String,
    /// What it says, by stable names, without what changes with every version.
    pub facts: BTreeMap<String, Untrusted>,
}

/// What the code can do.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// `processes`, `network`, … as far as the code has them.
    pub uses: Vec<String>,
    /// Hosts that its requests go to.
    pub hosts: Vec<Untrusted>,
    /// Hosts that it names elsewhere.
    pub mentioned_hosts: Vec<Untrusted>,
    /// Machine code: path to format.
    pub native: BTreeMap<String, String>,
    /// What installing it runs: event to command.
    pub install_hooks: BTreeMap<String, Untrusted>,
}

/// Something that it asks to be granted.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// `oauth`, `environment`, `host`, ….
    pub kind: String,
    /// Its name.
    pub name: Untrusted,
    /// `manifest`, `code`, or both.
    pub asked: Vec<String>,
    /// Whether it is marked as a secret.
    pub secret: Option<bool>,
    /// Whether nothing works without it.
    pub required: Option<bool>,
}

/// A direct dependency that a user's installation fetches.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(deny_unknown_fields, default)]
pub struct Dependency {
    /// `npm`, `pypi`, ….
    pub ecosystem: String,
    /// Its name there.
    pub name: Untrusted,
    /// The requirement as written.
    pub requirement: Untrusted,
    /// `normal`, `optional`, `peer`, `build`.
    pub kind: String,
    /// `registry`, `url`, `git-pinned`, `git-moving`, `path`.
    pub origin: String,
}

/// A tool that a model can call.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Tool {
    /// Its name.
    pub name: Untrusted,
    /// Its display title.
    pub title: Option<Untrusted>,
    /// The text that the model reads.
    pub description: Option<Untrusted>,
    /// What it claims about itself.
    pub annotations: Annotations,
    /// What its handler can do, where the handler is known.
    pub reach: Option<Reach>,
    /// The input schema in canonical form.
    #[serde(deserialize_with = "super::read::json")]
    pub input: Option<Value>,
    /// The output schema in canonical form.
    #[serde(deserialize_with = "super::read::json")]
    pub output: Option<Value>,
}

/// Behaviour hints.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Annotations {
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

impl Annotations {
    /// Every hint with its name.
    pub fn list(self) -> [(&'static str, Option<bool>); 4] {
        [
            ("read_only", self.read_only),
            ("destructive", self.destructive),
            ("idempotent", self.idempotent),
            ("open_world", self.open_world),
        ]
    }
}

/// What the code behind a tool can do.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Reach {
    /// `processes`, `network`, ….
    pub uses: Vec<String>,
    /// Hosts that its requests go to.
    pub hosts: Vec<Untrusted>,
    /// Calls that could not be followed.
    pub unfollowed: usize,
}

/// A prompt.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Prompt {
    /// Its name.
    pub name: Untrusted,
    /// The text about it.
    pub description: Option<Untrusted>,
    /// Names of its arguments.
    pub arguments: Vec<Untrusted>,
    /// Its own text.
    pub text: Option<Untrusted>,
}

/// A resource or resource template.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Resource {
    /// Its name.
    pub name: Untrusted,
    /// URI or URI template.
    pub uri: Option<Untrusted>,
    /// The text about it.
    pub description: Option<Untrusted>,
}

/// A finding that was accepted.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(deny_unknown_fields, default)]
pub struct Accepted {
    /// Its rule.
    pub rule: String,
    /// The file that it is in.
    pub path: Option<Untrusted>,
    /// The tool that it is about.
    pub tool: Option<Untrusted>,
    /// The digest of what was looked at: other content needs a new look.
    pub content: String,
    /// Why it was accepted.
    pub reason: String,
}
