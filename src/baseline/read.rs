//! The text of a lock to a [`Lock`]. The text may have been written by anybody.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use super::{Entry, FORMAT, Lock};
use crate::{
    artifact::nesting::is_deeper,
    untrusted::{Untrusted, excerpt},
};

/// Largest lock that is read, bytes: one for a hundred large connectors has less than 10 MB.
pub const LARGEST: u64 = 64 << 20;

/// Deepest nesting of tables that is read: a lock has five levels.
const DEEPEST: usize = 16;

/// Why a text is no lock that can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unusable {
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// Why, printable.
    pub why: String,
}

impl Unusable {
    fn new(why: impl Into<String>) -> Self {
        Self { line: None, why: why.into() }
    }
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Head {
    format: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: u32,
    written_by: String,
    rules: String,
    digest: String,
    #[serde(default, rename = "connector")]
    connectors: Vec<Entry>,
}

/// Reads a lock.
///
/// # Errors
/// Where the text is none, is of a newer format, or is built to harm its reader.
pub fn parse(text: &str) -> Result<Lock, Unusable> {
    if text.len() as u64 > LARGEST {
        return Err(Unusable::new(format!("it is larger than {LARGEST} bytes")));
    }
    if is_deeper(text, DEEPEST) {
        return Err(Unusable::new("its tables are nested too deep"));
    }
    let head: Head = toml::from_str(text).map_err(|error| unusable(&error, text))?;
    match head.format {
        None => return Err(Unusable::new("it does not say which format it has: `format = 1` is missing")),
        Some(format) if format > FORMAT => {
            let why = format!("it has format {format}; this version of mcp-vouch reads format {FORMAT}");
            return Err(Unusable::new(why));
        }
        Some(_) => {}
    }
    let document: Document = toml::from_str(text).map_err(|error| unusable(&error, text))?;
    let Document { written_by, rules, digest, connectors, .. } = document;
    Ok(Lock { written_by, rules, connectors, stated: Some(digest) })
}

fn unusable(error: &toml::de::Error, text: &str) -> Unusable {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.bytes().filter(|byte| *byte == b'\n').count() + 1);
    Unusable { line, why: excerpt(error.message(), 300) }
}

/// A schema, which is JSON in a text of its own.
pub(super) fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let text = String::deserialize(deserializer)?;
    serde_json::from_str(&text).map(Some).map_err(|error| D::Error::custom(format!("not JSON: {error}")))
}

impl<'de> Deserialize<'de> for Untrusted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
