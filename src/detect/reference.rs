//! How old the data is that answers rest on and that is built in: `rules/reference.toml` to days.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{catalogue, names, provenance};
use crate::artifact::{hex, time};

/// Where the days stand.
pub const SOURCE: &str = include_str!("../../rules/reference.toml");

/// One kind of reference data.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What it is, in words.
    pub what: String,
    /// The day on which it was last brought up to date, as `YYYY-MM-DD`.
    pub date: String,
    /// SHA-256 of the data on that day, in hexadecimal.
    pub digest: String,
}

impl Reference {
    /// The beginning of the day, in seconds since 1970-01-01 UTC.
    pub fn seconds(&self) -> Option<i64> {
        time::parse(&format!("{}T00:00:00Z", self.date))
    }
}

/// All reference data, by a stable name: `rules`, `names`, `roots`.
///
/// # Panics
/// Where the file cannot be read, which a test rules out.
#[expect(clippy::panic, reason = "the file is built in: a test reads it")]
pub fn all() -> &'static BTreeMap<String, Reference> {
    static ALL: LazyLock<BTreeMap<String, Reference>> =
        LazyLock::new(|| toml::from_str(SOURCE).unwrap_or_else(|why| panic!("rules/reference.toml: {why}")));
    &ALL
}

/// The day of the oldest of it.
pub fn oldest() -> String {
    all().values().map(|reference| reference.date.clone()).min().unwrap_or_default()
}

/// What the digests are now.
pub fn digests() -> BTreeMap<&'static str, String> {
    let of = |texts: &[&str]| {
        let digest = texts.iter().fold(Sha256::new(), |hash, text| {
            hash.chain_update((text.len() as u64).to_le_bytes()).chain_update(text)
        });
        hex(&digest.finalize())
    };
    [
        ("rules", catalogue::digest()),
        ("names", of(&[names::known::SOURCE])),
        ("roots", of(&provenance::roots())),
    ]
    .into()
}
