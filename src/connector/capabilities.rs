//! What the code can do, from resolved calls and literal values. An inventory, not an accusation.

use std::collections::BTreeMap;

use super::manifest::Manifests;
use crate::{artifact::Artifact, code::Code, finding::Location};

/// What the code can do. Places are the first few, in file order; counts are complete.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Capabilities {
    /// Starts processes.
    pub processes: Uses,
    /// Reads files.
    pub file_reads: Uses,
    /// Writes, renames or deletes files.
    pub file_writes: Uses,
    /// Makes network requests.
    pub network: Uses,
    /// Listens on a port.
    pub listens: Uses,
    /// Evaluates code made at run time, or loads modules by computed name.
    pub dynamic_code: Uses,
    /// Literal hosts that requests go to: host to uses.
    pub hosts: BTreeMap<String, Uses>,
    /// Literal hosts that occur in strings without a known request: listed apart.
    pub mentioned_hosts: BTreeMap<String, Uses>,
    /// Environment variables read, by name; `*` where the name is computed or all are read.
    pub environment: BTreeMap<String, Uses>,
    /// Native binaries shipped: path to format.
    pub native: BTreeMap<String, String>,
    /// Install hooks: event to printable command.
    pub install_hooks: BTreeMap<String, String>,
}

/// How often, and where first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Uses {
    /// Number of call sites.
    pub count: usize,
    /// Of these, inside code bundled from other packages.
    pub bundled: usize,
    /// The first places, at most [`Uses::SHOWN`], the connector's own code first.
    pub places: Vec<(Location, String)>,
}

impl Uses {
    /// Places kept per capability.
    pub const SHOWN: usize = 5;
}

/// Takes the inventory.
pub fn read(artifact: &Artifact, code: &Code, manifests: &Manifests) -> Capabilities {
    let _ = (artifact, code, manifests);
    Capabilities::default()
}
