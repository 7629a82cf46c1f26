//! The registry's document about a package: bytes in, the few facts that choosing needs out.
//!
//! The whole document of one version is read in a second pass, so that a document of many
//! megabytes never stands in memory as a tree.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{
    Deserialize, Deserializer as _,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use crate::{
    acquire::{attestations::of_versions, digest::hex},
    artifact::{Digest, evidence::VersionEvidence},
};

/// What choosing a version needs.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Packument {
    #[serde(rename = "dist-tags", default)]
    tags: BTreeMap<String, Value>,
    /// Every published version.
    #[serde(default)]
    pub(super) versions: BTreeMap<String, Entry>,
    #[serde(default)]
    time: BTreeMap<String, Value>,
}

/// What choosing needs of one version.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Entry {
    /// Which runtimes it says it works with.
    #[serde(default)]
    pub(super) engines: Value,
    #[serde(default)]
    deprecated: Value,
    #[serde(rename = "_npmUser", default)]
    publisher: Value,
    /// Where its archive is and what digest it has.
    #[serde(default)]
    pub(super) dist: Value,
}

/// A version's archive as the document names it.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// URL as written.
    pub(super) url: Option<String>,
    /// Digests, the strongest algorithm first.
    pub(super) promised: Vec<Digest>,
}

impl Packument {
    /// Reads the document.
    ///
    /// # Errors
    /// The words for what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// The version that a tag stands for.
    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        self.tags.get(name)?.as_str()
    }

    /// The names of all tags.
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.keys().map(String::as_str)
    }

    /// When a version was published.
    pub(super) fn published(&self, version: &str) -> Option<String> {
        Some(self.time.get(version)?.as_str()?.to_owned())
    }

    /// What the document says speaks for each version.
    pub(super) fn evidence(&self) -> Vec<VersionEvidence> {
        let versions = self.versions.iter();
        let entries = versions.map(|(version, entry)| (version.as_str(), &entry.dist, &entry.publisher));
        of_versions(entries, &self.time)
    }
}

impl Entry {
    /// The deprecation notice; empty where the document says so without words.
    pub(super) fn deprecation(&self) -> Option<String> {
        match &self.deprecated {
            Value::Null | Value::Bool(false) => None,
            Value::String(notice) => (!notice.is_empty()).then(|| notice.clone()),
            Value::Bool(true) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(String::new()),
        }
    }
}

/// Reads a version's `dist`.
pub(super) fn archive(dist: &Value) -> Archive {
    let text = |key: &str| dist.get(key).and_then(Value::as_str);
    let mut promised = text("integrity").map(integrity).unwrap_or_default();
    if promised.is_empty()
        && let Some(hex) = text("shasum").filter(|hex| hex.len() == 40)
    {
        promised.push(Digest { algorithm: "sha1", hex: hex.to_ascii_lowercase() });
    }
    Archive { url: text("tarball").map(str::to_owned), promised }
}

/// Subresource integrity to digests, the strongest algorithm first.
fn integrity(text: &str) -> Vec<Digest> {
    const MOST: usize = 16;
    let mut digests: Vec<Digest> = text.split_ascii_whitespace().take(MOST).filter_map(one_digest).collect();
    digests.sort_by_key(|digest| std::cmp::Reverse(digest.hex.len()));
    digests
}

fn one_digest(text: &str) -> Option<Digest> {
    let (name, rest) = text.split_once('-')?;
    let (algorithm, length) = [("sha512", 64), ("sha384", 48), ("sha256", 32), ("sha1", 20)]
        .into_iter()
        .find(|(known, _)| *known == name)?;
    let bytes = BASE64.decode(rest.split('?').next()?).ok()?;
    (bytes.len() == length).then(|| Digest { algorithm, hex: hex(&bytes) })
}

/// The whole document of one version.
///
/// # Errors
/// The words for what is wrong with it.
pub(super) fn version_document(bytes: &[u8], version: &str) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let found = reader.deserialize_map(Keyed("versions", Keyed(version, Whole)));
    found
        .map_err(|error| error.to_string())
        .map(Option::flatten)?
        .ok_or_else(|| "it lacks the version".to_owned())
}

/// Reads the value of one key of an object and passes over the others.
#[derive(Clone, Copy)]
struct Keyed<'a, Inner>(&'a str, Inner);

/// Reads a whole value.
#[derive(Clone, Copy)]
struct Whole;

impl<'de> DeserializeSeed<'de> for Whole {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        Value::deserialize(reader)
    }
}

impl<'de, Inner: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for Keyed<'_, Inner> {
    type Value = Option<Inner::Value>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de, Inner: DeserializeSeed<'de> + Copy> Visitor<'de> for Keyed<'_, Inner> {
    type Value = Option<Inner::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<Map: MapAccess<'de>>(self, mut map: Map) -> Result<Self::Value, Map::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if key == self.0 {
                found = Some(map.next_value_seed(self.1)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_one_version_whole_and_the_last_of_repeated_keys() {
        let text = br#"{"name":"x","versions":{"1.0.0":{"a":1},"2.0.0":{"a":[1,{"b":2}]},"2.0.0":{"a":3}},"time":{}}"#;
        assert_eq!(version_document(text, "1.0.0").unwrap(), json!({"a": 1}));
        assert_eq!(version_document(text, "2.0.0").unwrap(), json!({"a": 3}));
        assert!(version_document(text, "3.0.0").is_err());
        assert!(version_document(b"{\"versions\":{\"1.0.0\":", "1.0.0").is_err());
    }

    #[test]
    fn refuses_broken_documents() {
        let deep = format!("{{\"versions\":{{\"1.0.0\":{{\"dist\":{}", "[".repeat(10_000));
        for text in ["", "[", "\u{0}", "{\"versions\":7}", "{\"versions\":{\"1.0.0\":", &deep] {
            assert!(Packument::parse(text.as_bytes()).is_err(), "{}", text.len());
        }
        assert!(Packument::parse(b"{}").unwrap().versions.is_empty());
    }

    #[test]
    fn orders_promises_by_strength() {
        let (strong, weak) = (BASE64.encode([1; 64]), BASE64.encode([2; 20]));
        let shasum = "ab".repeat(20);
        for (dist, expected) in [
            (json!({"integrity": format!("sha1-{weak} sha512-{strong}?x")}), vec!["sha512", "sha1"]),
            (json!({"integrity": "sha512-AAAA", "shasum": shasum}), vec!["sha1"]),
            (json!({"integrity": format!("md5-{weak}")}), vec![]),
            (json!({"shasum": "short"}), vec![]),
            (json!(null), vec![]),
        ] {
            let algorithms: Vec<_> = archive(&dist).promised.iter().map(|digest| digest.algorithm).collect();
            assert_eq!(algorithms, expected, "{dist}");
        }
    }

    #[test]
    fn only_words_and_truth_deprecate() {
        for (value, notice) in [
            (json!("old"), Some("old")),
            (json!(true), Some("")),
            (json!(""), None),
            (json!(false), None),
            (json!(null), None),
        ] {
            let entry = Entry { deprecated: value, ..Entry::default() };
            assert_eq!(entry.deprecation().as_deref(), notice);
        }
    }
}
