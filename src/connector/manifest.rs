//! `package.json`, `pyproject.toml`, `METADATA`, `server.json`, MCPB `manifest.json`, `Cargo.toml`
//! and README markers: what the package says about itself.

use super::Unreadable;
use crate::{artifact::Artifact, finding::Location, untrusted::Untrusted};

/// What the manifests say, merged; each fact with the file it came from where a rule needs it.
#[derive(Debug, Default)]
pub struct Manifests {
    /// `package.json` at the root, as parsed.
    pub package_json: Option<Document>,
    /// `pyproject.toml` at the root, as parsed and turned into JSON values.
    pub pyproject: Option<Document>,
    /// Core metadata of a wheel or sdist (`METADATA`, `PKG-INFO`): header names lower-case, in order.
    pub metadata: Vec<(String, String)>,
    /// `server.json`, any schema version, as parsed.
    pub server_json: Option<Document>,
    /// MCPB `manifest.json`, as parsed.
    pub mcpb: Option<Document>,
    /// `Cargo.toml` at the root, as parsed and turned into JSON values.
    pub cargo_toml: Option<Document>,
    /// The name that the package gives itself.
    pub name: Option<Untrusted>,
    /// The version that the package gives itself.
    pub version: Option<Untrusted>,
    /// The claimed repository, as written.
    pub repository: Option<Untrusted>,
    /// MCP registry names claimed by `mcpName` or `mcp-name:` markers, with their place.
    pub mcp_names: Vec<(Untrusted, Location)>,
    /// Commands that an installation or a client starts: the entry points.
    pub entry_points: Vec<EntryPoint>,
    /// Scripts that a registry install runs.
    pub install_hooks: Vec<InstallHook>,
    /// Environment variables that a manifest declares.
    pub environment: Vec<DeclaredVariable>,
}

/// A parsed manifest.
#[derive(Debug)]
pub struct Document {
    /// Path in the artifact.
    pub path: String,
    /// Its content.
    pub value: serde_json::Value,
}

/// A command that starts the connector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntryPoint {
    /// The command's name.
    pub name: Untrusted,
    /// The file (`dist/index.js`) or `module:function` that it starts.
    pub target: Untrusted,
    /// The manifest that says so.
    pub location: Location,
}

/// A script that runs when the package is installed from a registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallHook {
    /// `preinstall`, `install`, `postinstall`, `node-gyp`, `setup.py`, `build.rs`.
    pub event: String,
    /// The command as written.
    pub command: Untrusted,
    /// The manifest that says so.
    pub location: Location,
}

/// An environment variable that a manifest declares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeclaredVariable {
    /// Its name.
    pub name: Untrusted,
    /// Whether it is marked secret; `None` where the format cannot say.
    pub secret: Option<bool>,
    /// The manifest that says so.
    pub location: Location,
}

/// Reads every manifest of the artifact.
pub fn read(artifact: &Artifact, problems: &mut Vec<Unreadable>) -> Manifests {
    let _ = (artifact, problems);
    Manifests::default()
}
