//! `package.json`, `pyproject.toml`, `METADATA`, `server.json`, MCPB `manifest.json`, `Cargo.toml`
//! and README markers: what the package says about itself.
//!
//! An artifact goes in; what its manifests say comes out, with a list of those that could not be
//! read. Pure: no network, no files, no clock.

mod cargo;
mod mcp;
mod npm;
mod places;
mod python;
mod readme;

pub(in crate::connector) use mcp::either;
pub(crate) use places::Places;
pub(super) use python::metadata_file;

use super::Unreadable;
use crate::{
    artifact::nesting::is_deeper,
    artifact::{Artifact, Ecosystem, File},
    finding::Location,
    untrusted::{self, Untrusted},
};

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

/// A manifest above this size is not read: the largest real one seen is below 200 KB.
const LARGEST: usize = 4 << 20;

/// How deep TOML tables may nest: JSON's bound, which the JSON reader keeps by itself.
const DEEPEST: usize = 128;

/// Reads every manifest of the artifact.
pub fn read(artifact: &Artifact, problems: &mut Vec<Unreadable>) -> Manifests {
    let mut reader = Reader { artifact, root: Root::of(artifact), problems };
    let mut manifests = Manifests::default();
    npm::read(&mut reader, &mut manifests);
    python::read(&mut reader, &mut manifests);
    cargo::read(&mut reader, &mut manifests);
    mcp::read(&mut reader, &mut manifests);
    readme::read(&mut reader, &mut manifests);
    identify(artifact.coordinate.ecosystem, &mut manifests);
    manifests
}

/// Takes name, version and repository from the manifest that the ecosystem goes by.
fn identify(ecosystem: Ecosystem, manifests: &mut Manifests) {
    let mut claims = [
        (Ecosystem::Npm, npm::identity(manifests)),
        (Ecosystem::Pypi, python::identity(manifests)),
        (Ecosystem::Cargo, cargo::identity(manifests)),
        (Ecosystem::Mcpb, mcp::identity(manifests)),
    ];
    claims.sort_by_key(|(of, _)| *of != ecosystem);
    for (_, claim) in claims {
        manifests.name = manifests.name.take().or(claim.name);
        manifests.version = manifests.version.take().or(claim.version);
        manifests.repository = manifests.repository.take().or(claim.repository);
    }
}

/// Who one manifest says the package is.
#[derive(Default)]
struct Identity {
    name: Option<Untrusted>,
    version: Option<Untrusted>,
    repository: Option<Untrusted>,
}

/// The folders in which the package's own manifests may stand: the root, and every folder that
/// holds all files.
pub(super) struct Root<'a> {
    common: &'a str,
}

impl<'a> Root<'a> {
    /// The folders of this artifact.
    pub(super) fn of(artifact: &'a Artifact) -> Self {
        let mut paths = artifact.files.iter().map(|file| file.path.as_str());
        let mut common = paths.next().map_or("", folder);
        for path in paths {
            while !(common.is_empty() || path.strip_prefix(common).is_some_and(|rest| rest.starts_with('/')))
            {
                common = folder(common);
            }
        }
        Self { common }
    }

    /// The file with this name in the shallowest of the folders.
    pub(super) fn file(&self, artifact: &'a Artifact, name: &str) -> Option<&'a File> {
        self.folders().find_map(|folder| {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let at = artifact.files.binary_search_by(|file| file.path.as_str().cmp(&path)).ok()?;
            artifact.files.get(at)
        })
    }

    /// The files of which `wanted` holds for the path below one of the folders, shallowest first.
    pub(super) fn files(&self, artifact: &'a Artifact, wanted: impl Fn(&str) -> bool) -> Option<&'a File> {
        self.folders().find_map(|folder| {
            artifact.files.iter().find(|file| below(&file.path, folder).is_some_and(&wanted))
        })
    }

    fn folders(&self) -> impl Iterator<Item = &'a str> {
        let common = self.common;
        let ends = common.match_indices('/').map(|(at, _)| at).chain([common.len()]).filter(|end| *end > 0);
        std::iter::once("").chain(ends.filter_map(move |end| common.get(..end)))
    }
}

/// The path below a folder; the empty folder is the root.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What the readers share: the artifact, and where problems go.
struct Reader<'a, 'p> {
    artifact: &'a Artifact,
    root: Root<'a>,
    problems: &'p mut Vec<Unreadable>,
}

impl<'a> Reader<'a, '_> {
    /// The file with this name beside the package's other manifests.
    fn file(&self, name: &str) -> Option<&'a File> {
        self.root.file(self.artifact, name)
    }

    /// The manifest's text, unless it is too large or not UTF-8.
    fn text(&mut self, file: &'a File) -> Option<&'a str> {
        let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
        if bytes.len() > LARGEST || (bytes.is_empty() && file.size > 0) {
            self.refuse(file, &format!("{} bytes are too many for a manifest", file.size));
            return None;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                self.refuse(file, &format!("not valid UTF-8 at byte {}", error.valid_up_to()));
                None
            }
        }
    }

    /// The JSON manifest with this name.
    fn json(&mut self, name: &str) -> Option<(Document, &'a File, &'a str)> {
        let file = self.file(name)?;
        let text = self.text(file)?;
        match serde_json::from_str(text) {
            Ok(value) => Some((Document { path: file.path.clone(), value }, file, text)),
            Err(error) => {
                self.refuse(file, &format!("not valid JSON: {error}"));
                None
            }
        }
    }

    /// The TOML manifest with this name, as JSON values.
    fn toml(&mut self, name: &str) -> Option<(Document, &'a File, &'a str)> {
        let file = self.file(name)?;
        let text = self.text(file)?;
        if is_deeper(text, DEEPEST) {
            self.refuse(file, &format!("tables nest deeper than {DEEPEST}"));
            return None;
        }
        match toml::from_str::<serde_json::Value>(text) {
            Ok(value) => Some((Document { path: file.path.clone(), value }, file, text)),
            Err(error) => {
                self.refuse(file, &format!("not valid TOML: {}", error.message()));
                None
            }
        }
    }

    fn refuse(&mut self, file: &File, why: &str) {
        self.problems.push(Unreadable { path: file.path.clone(), why: untrusted::excerpt(why, 200) });
    }
}

/// The string below a path of keys.
pub(crate) fn string<'a>(value: &'a serde_json::Value, keys: &[&str]) -> Option<&'a str> {
    member(value, keys)?.as_str()
}

/// The value below a path of keys.
pub(super) fn member<'a>(value: &'a serde_json::Value, keys: &[&str]) -> Option<&'a serde_json::Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

/// Where a key of a manifest that has been read stands.
pub(crate) fn place(artifact: &Artifact, document: &Document, keys: &[&str]) -> Location {
    let at = artifact.files.binary_search_by(|file| file.path.cmp(&document.path)).ok();
    let text = at.and_then(|at| artifact.files.get(at)).map_or_else(Default::default, File::text);
    Places::new(&document.path, &text).of(keys)
}

/// Non-empty text from a manifest.
fn claim(text: Option<&str>) -> Option<Untrusted> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(Untrusted::new)
}

#[cfg(test)]
mod tests;
