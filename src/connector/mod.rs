//! An artifact and its code read as an MCP connector: what it claims, offers and can do.
//!
//! Pure, and reading never fails: broken input is data, and what could not be read is listed.

pub mod capabilities;
pub mod dependencies;
pub mod manifest;
pub mod reach;
pub mod scopes;
pub mod tools;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    artifact::Artifact,
    code::{Code, resolve::Resolver},
    finding::Location,
    untrusted::Untrusted,
};

/// What a connector claims, offers and can do.
#[derive(Debug, Default)]
pub struct Connector {
    /// Its manifests, as far as they could be read.
    pub manifests: manifest::Manifests,
    /// Tools, sorted by name, then place.
    pub tools: Vec<Tool>,
    /// Functions that answer every tool call, for tools without a handler of their own.
    pub dispatchers: Vec<Handler>,
    /// Prompts, sorted by name.
    pub prompts: Vec<Prompt>,
    /// Resources and resource templates, sorted by name.
    pub resources: Vec<Resource>,
    /// Server instructions: text that reaches the model before any tool is called.
    pub instructions: Vec<Described>,
    /// How many registrations were seen, and which could not be read statically.
    pub registrations: Registrations,
    /// What the code can do.
    pub capabilities: capabilities::Capabilities,
    /// The calls behind tools, and every place that does something.
    pub calls: reach::Calls,
    /// What it asks to be granted, sorted.
    pub scopes: Vec<Scope>,
    /// Declared dependencies, sorted.
    pub dependencies: Vec<dependencies::Dependency>,
    /// What could not be read, with the reason.
    pub problems: Vec<Unreadable>,
}

/// Text with its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Described {
    /// The text.
    pub text: Untrusted,
    /// Where it stands.
    pub location: Option<Location>,
}

/// A tool that a model can call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: Untrusted,
    /// Its display title.
    pub title: Option<Untrusted>,
    /// The text that the model reads.
    pub description: Option<Untrusted>,
    /// The input schema as far as it could be read: JSON Schema, also where the source uses Zod or
    /// Python annotations. Values that are not literal are left out.
    pub input: Option<serde_json::Value>,
    /// The output schema.
    pub output: Option<serde_json::Value>,
    /// Behaviour hints: claims, never facts.
    pub annotations: Annotations,
    /// The road by which the tool was found.
    pub found: Found,
    /// Where it is defined.
    pub location: Option<Location>,
    /// The handler in the code, where it is known: unit and function.
    pub handler: Option<Handler>,
    /// What the code behind it can do; `None` where that code is not known.
    pub reach: Option<Reach>,
}

/// What the code behind a tool can do, as far as calls could be followed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reach {
    /// Stable names of capabilities ([`capabilities::Does::NAMES`]: `processes`, `file-reads`,
    /// `network`, …), with the nearest place of each.
    pub uses: BTreeMap<&'static str, Location>,
    /// Literal hosts that its requests go to; `*` stands for those above a bound.
    pub hosts: BTreeSet<String>,
    /// Methods of the connector's own code whose calls could not be followed: what they do is not in
    /// `uses`.
    pub unfollowed: usize,
}

/// Something that a connector asks to be granted.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Scope {
    /// What kind of thing.
    pub kind: ScopeKind,
    /// Its name: an OAuth scope, a variable, a path, a host, an executable, a flag.
    pub name: Untrusted,
    /// Who asks: a manifest, or the code.
    pub asked: Asked,
    /// Whether it is marked as a secret where it is asked for; `None` where the form has no mark.
    pub secret: Option<bool>,
    /// Whether the connector works without it; `None` where nothing says so.
    pub required: Option<bool>,
    /// Where it is asked for.
    pub location: Option<Location>,
}

/// The kinds of things that a connector asks for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ScopeKind {
    /// An OAuth scope.
    OAuth,
    /// An environment variable or credential.
    Environment,
    /// A value that the person is asked for when it is installed.
    UserConfig,
    /// A file or directory.
    Path,
    /// A host, or `*`.
    Host,
    /// A port that it listens on.
    Port,
    /// An executable.
    Executable,
    /// A container mount or flag.
    Container,
    /// A permission of the client, such as a tool that needs no confirmation.
    Permission,
}

impl ScopeKind {
    /// The stable name used in reports and baselines.
    pub fn name(self) -> &'static str {
        match self {
            Self::OAuth => "oauth",
            Self::Environment => "environment",
            Self::UserConfig => "user-config",
            Self::Path => "path",
            Self::Host => "host",
            Self::Port => "port",
            Self::Executable => "executable",
            Self::Container => "container",
            Self::Permission => "permission",
        }
    }
}

/// Who asks for a scope.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Asked {
    /// A manifest.
    Manifest,
    /// The code.
    Code,
}

impl Asked {
    /// The stable name used in reports and baselines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Code => "code",
        }
    }
}

/// The code that answers a tool call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Handler {
    /// Index in [`Code::units`].
    pub unit: usize,
    /// The function.
    pub function: crate::code::graph::FunctionId,
    /// Whether the SDK has validated the arguments against the schema before the handler runs.
    pub validated: bool,
    /// Whether the function serves several tools and tells them apart by name.
    pub shared: bool,
}

/// What a tool claims about itself.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Annotations {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// Calling it twice is calling it once.
    pub idempotent: Option<bool>,
    /// It talks to the outside.
    pub open_world: Option<bool>,
}

/// The road by which a tool was found.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Ord, PartialOrd)]
pub enum Found {
    /// Read from source code.
    #[default]
    Source,
    /// Listed in a manifest.
    Manifest,
    /// In a captured `tools/list`.
    Captured,
}

impl Found {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Manifest => "manifest",
            Self::Captured => "captured",
        }
    }
}

/// A prompt that a person or model can ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Its name.
    pub name: Untrusted,
    /// The text that the model or person reads about it.
    pub description: Option<Untrusted>,
    /// Argument names.
    pub arguments: Vec<Untrusted>,
    /// Literal prompt text, where a manifest or source has it.
    pub text: Option<Untrusted>,
    /// Where it is defined.
    pub location: Option<Location>,
    /// The handler in the code, where it is known.
    pub handler: Option<Handler>,
}

/// A resource or resource template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Its name.
    pub name: Untrusted,
    /// URI or URI template.
    pub uri: Option<Untrusted>,
    /// The text that the model reads about it.
    pub description: Option<Untrusted>,
    /// Where it is defined.
    pub location: Option<Location>,
    /// The handler in the code, where it is known.
    pub handler: Option<Handler>,
}

/// How much of the tool surface is visible without running anything.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Registrations {
    /// Places in the code that register tools, prompts or resources.
    pub seen: usize,
    /// Of these, how many gave a name.
    pub read: usize,
    /// The places that could not be read, and why.
    pub unread: Vec<(Location, String)>,
    /// Packages that the tools come from, where the connector registers none itself: they were not
    /// read.
    pub elsewhere: Vec<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// The file.
    pub path: String,
    /// Why, printable.
    pub why: String,
}

/// Reads an artifact and its code as a connector.
pub fn read(artifact: &Artifact, code: &Code) -> Connector {
    let mut problems = Vec::new();
    let manifests = manifest::read(artifact, &mut problems);
    let mut connector = Connector {
        dependencies: dependencies::read(artifact, &manifests, &mut problems),
        ..Connector::default()
    };
    tools::read(artifact, code, &manifests, &mut connector);
    let resolver = Resolver::new(code);
    let (capabilities, uses) = capabilities::read(artifact, &resolver, &manifests);
    connector.scopes = scopes::read(artifact, &resolver, &manifests, &capabilities, &uses);
    connector.capabilities = capabilities;
    connector.calls = reach::read(&resolver, uses, &mut connector.tools, &connector.dispatchers);
    connector.manifests = manifests;
    connector.problems.append(&mut problems);
    connector
}
