//! What the package declares that it needs, development needs apart.
//!
//! Manifests go in; one entry per declaration comes out. Pure: no network, no files, no clock.

mod cargo;
mod npm;
mod python;

use super::{
    Unreadable,
    manifest::{Document, Manifests, Places},
};
use crate::{
    artifact::{Artifact, Ecosystem},
    finding::Location,
    untrusted::Untrusted,
};

/// One declared dependency.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dependency {
    /// Where its name is unique.
    pub ecosystem: Ecosystem,
    /// Its name, aliases resolved.
    pub name: Untrusted,
    /// The requirement as written.
    pub requirement: Untrusted,
    /// When it is installed.
    pub kind: DependencyKind,
    /// Where it is fetched from.
    pub origin: Origin,
    /// The manifest that declares it.
    pub location: Location,
}

/// When a dependency is installed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum DependencyKind {
    /// Always.
    Normal,
    /// Where the platform or the client allows it, or as an extra.
    Optional,
    /// By the host package (npm peers).
    Peer,
    /// To build.
    Build,
    /// Never for a user.
    Development,
}

impl DependencyKind {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Optional => "optional",
            Self::Peer => "peer",
            Self::Build => "build",
            Self::Development => "development",
        }
    }
}

/// Where a dependency is fetched from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Origin {
    /// The client's registry.
    Registry,
    /// A URL of an archive.
    Url,
    /// A git repository, at a full commit.
    GitPinned,
    /// A git repository, at a branch, a tag or nothing.
    GitMoving,
    /// A path inside the package.
    Path,
}

/// Declarations that are read: real packages have fewer than 500.
const DECLARATIONS: usize = 10_000;

/// Reads the declared dependencies, sorted by kind and name.
pub fn read(artifact: &Artifact, manifests: &Manifests, problems: &mut Vec<Unreadable>) -> Vec<Dependency> {
    let mut found = Found { dependencies: Vec::new(), problems, is_cut: false };
    npm::read(artifact, manifests, &mut found);
    python::read(artifact, manifests, &mut found);
    cargo::read(artifact, manifests, &mut found);
    let mut dependencies = found.dependencies;
    dependencies.sort_by(|a, b| {
        (a.kind, &a.name, a.ecosystem, &a.requirement).cmp(&(b.kind, &b.name, b.ecosystem, &b.requirement))
    });
    dependencies.dedup_by(|a, b| {
        (&a.name, a.kind, &a.requirement, a.ecosystem) == (&b.name, b.kind, &b.requirement, b.ecosystem)
    });
    dependencies
}

/// What has been read so far.
struct Found<'a> {
    dependencies: Vec<Dependency>,
    problems: &'a mut Vec<Unreadable>,
    is_cut: bool,
}

impl Found<'_> {
    fn push(&mut self, dependency: Dependency) {
        if self.dependencies.len() < DECLARATIONS {
            self.dependencies.push(dependency);
        } else if !self.is_cut {
            self.is_cut = true;
            let path = dependency.location.path;
            self.refuse(&path, format!("more than {DECLARATIONS} dependencies; the rest was not read"));
        }
    }

    fn refuse(&mut self, path: &str, why: String) {
        self.problems.push(Unreadable { path: path.to_owned(), why });
    }
}

/// The index of a manifest's words; empty where the file has gone.
fn places<'a>(path: &'a str, text: Option<&'a str>) -> Places<'a> {
    Places::new(path, text.unwrap_or(""))
}

/// The text of a manifest that has been read.
fn text<'a>(artifact: &'a Artifact, document: &Document) -> Option<&'a str> {
    let at = artifact.files.binary_search_by(|file| file.path.cmp(&document.path)).ok()?;
    let bytes = &artifact.files.get(at)?.bytes;
    std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok()
}

/// Whether a git reference is a whole commit id, which cannot move.
fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The origin of a git dependency with this reference.
fn git(reference: Option<&str>) -> Origin {
    if reference.is_some_and(is_commit) { Origin::GitPinned } else { Origin::GitMoving }
}

#[cfg(test)]
mod tests;
