//! Digests over what an entry says, so that an edit by hand is noticed and named.
//!
//! They are no signature: whoever computes them anew leaves no trace here, only in the history of
//! the file.

use std::fmt::Write as _;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Entry, Lock, write};
use crate::artifact::hex;

/// Hexadecimal digits of the digest of one section: it names what was edited, no more.
const SHORT: usize = 16;

/// The digests of an entry.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names are those of the sections")]
pub struct Seal {
    /// Over everything that the entry says.
    pub entry: String,
    pub approval: String,
    pub scopes: String,
    pub dependencies: String,
    pub artifact: String,
    pub publisher: String,
    pub capabilities: String,
    pub tools: String,
}

impl Seal {
    fn sections(&self) -> [(&'static str, &str); 7] {
        [
            ("approval", &self.approval),
            ("scopes", &self.scopes),
            ("dependencies", &self.dependencies),
            ("artifact", &self.artifact),
            ("publisher", &self.publisher),
            ("capabilities", &self.capabilities),
            ("tools", &self.tools),
        ]
    }

    pub(super) fn render(&self) -> String {
        let mut out = String::from("\n[connector.digests]\n");
        for (name, digest) in std::iter::once(("entry", self.entry.as_str())).chain(self.sections()) {
            let _ = writeln!(out, "{name} = \"{digest}\"");
        }
        out
    }
}

/// The true digests of an entry.
pub(super) fn of(entry: &Entry) -> Seal {
    let mut whole = Sha256::new();
    let mut seal = Seal::default();
    for (name, text) in write::sections(entry) {
        whole.update(name);
        whole.update((text.len() as u64).to_le_bytes());
        whole.update(&text);
        let digest = hex(&Sha256::digest(&text))[..SHORT].to_owned();
        match name {
            "approval" => seal.approval = digest,
            "scopes" => seal.scopes = digest,
            "dependencies" => seal.dependencies = digest,
            "artifact" => seal.artifact = digest,
            "publisher" => seal.publisher = digest,
            "capabilities" => seal.capabilities = digest,
            _ => seal.tools = digest,
        }
    }
    seal.entry = format!("sha256:{}", hex(&whole.finalize()));
    seal
}

/// The true digest of a lock: over the digests of its entries.
pub(super) fn of_lock(lock: &Lock) -> String {
    let mut whole = Sha256::new();
    for entry in &lock.connectors {
        whole.update(of(entry).entry);
    }
    format!("sha256:{}", hex(&whole.finalize()))
}

/// What an edit by hand touched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edited {
    /// These sections of the entry.
    Sections(Vec<&'static str>),
    /// The digests themselves, or there are none.
    Digests,
    /// The list of connectors: one was added, removed or moved.
    List,
}

impl Entry {
    /// What was edited by hand since the entry was written; an entry that was never written was not.
    pub fn edited(&self) -> Option<Edited> {
        let stated = self.seal.as_ref()?;
        let truth = of(self);
        if *stated == truth {
            return None;
        }
        let sections: Vec<&'static str> = truth
            .sections()
            .into_iter()
            .zip(stated.sections())
            .filter(|((_, truth), (_, stated))| truth != stated)
            .map(|((name, _), _)| name)
            .collect();
        Some(if sections.is_empty() { Edited::Digests } else { Edited::Sections(sections) })
    }
}

impl Lock {
    /// What was edited by hand about one of its entries, or about the lock around it.
    pub fn edited(&self, entry: &Entry) -> Option<Edited> {
        let unsealed = entry.seal.is_none().then_some(Edited::Digests);
        let of_entry = unsealed.or_else(|| entry.edited()).filter(|_| self.stated.is_some());
        let is_whole = || self.stated.as_ref().is_none_or(|stated| *stated == stated_digest(self));
        of_entry.or_else(|| (!is_whole()).then_some(Edited::List))
    }
}

/// The digest of a lock over the digests that its entries state.
fn stated_digest(lock: &Lock) -> String {
    let mut whole = Sha256::new();
    for entry in &lock.connectors {
        whole.update(entry.seal.as_ref().map_or("", |seal| seal.entry.as_str()));
    }
    format!("sha256:{}", hex(&whole.finalize()))
}
