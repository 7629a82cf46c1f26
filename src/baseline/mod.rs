//! What was approved: from text, to text, and the forms in which two connectors are compared.
//!
//! The text of a lock goes in and a [`Lock`] comes out, and back; what bounds every connector is
//! [`bounds::Bounds`]. A lock says itself when it was edited by hand. Pure: no files, no clock.
//!
//! The format is TOML: the texts that a model reads keep their line breaks, every list has one item
//! a line, and everything is sorted, so that a review of a change sees that change alone.

pub mod bounds;
mod canonical;
mod entry;
mod read;
mod seal;
mod write;

pub use canonical::{schema, words};
pub use entry::{
    Accepted, Annotations, Artifact, Capabilities, Claims, Dependency, Entry, Form, Prompt, Publisher, Reach,
    Resource, Scope, Tool,
};
pub use read::{LARGEST, Unusable, parse};
pub use seal::{Edited, Seal};
pub use write::render;

/// The version of the format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// Everything that was approved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// The program that wrote it, with its version.
    pub written_by: String,
    /// SHA-256 over the rules that gave the verdicts.
    pub rules: String,
    /// Connectors, sorted by what they are and how they were asked for.
    pub connectors: Vec<Entry>,
    /// The digest that the text states, where it was read; [`render`] states the true one.
    pub stated: Option<String>,
}

impl Lock {
    /// A lock of these connectors.
    pub fn new(rules: String, mut connectors: Vec<Entry>) -> Self {
        connectors.sort_by(|a, b| a.key().cmp(&b.key()));
        let written_by = format!("mcp-vouch {}", env!("CARGO_PKG_VERSION"));
        Self { written_by, rules, connectors, stated: None }
    }

    /// What was approved for a connector: asked for in the same words, or else the only one of that name.
    ///
    /// # Errors
    /// Where several of that name were approved, or none.
    pub fn find(&self, target: &str, ecosystem: &str, name: &str) -> Result<&Entry, Unapproved> {
        if let Some(entry) = self.connectors.iter().find(|entry| entry.target == target) {
            return Ok(entry);
        }
        let mut named = self
            .connectors
            .iter()
            .filter(|entry| entry.artifact.ecosystem == ecosystem && entry.artifact.name == name);
        match (named.next(), named.count()) {
            (Some(entry), 0) => Ok(entry),
            (Some(_), more) => Err(Unapproved::Several(more + 1)),
            (None, _) => Err(Unapproved::None),
        }
    }
}

/// Why there is nothing to compare a connector with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unapproved {
    /// Nobody approved it.
    None,
    /// So many of the same name were approved, and none was asked for in these words.
    Several(usize),
}

#[cfg(test)]
mod tests;
