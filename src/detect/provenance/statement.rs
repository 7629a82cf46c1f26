//! Signed statements: bytes in, subjects and predicate out.

use std::fmt::Write as _;

use serde_json::Value;

use crate::artifact::evidence::Archive;

/// The only payload type whose meaning is known.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// Statement versions whose meaning is known.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"];
/// Most subjects that are looked at.
const MOST_SUBJECTS: usize = 1024;

/// A statement about subjects.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// What kind of thing is stated.
    pub(super) predicate_type: String,
    /// What it is stated about.
    pub(super) subjects: Vec<Subject>,
    /// What is stated.
    pub(super) predicate: Value,
}

/// What a statement is about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Its name; empty where it has none.
    pub(super) name: String,
    sha256: Option<String>,
    sha512: Option<String>,
}

impl Statement {
    /// Reads a statement.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(bytes).map_err(|_| "the signed payload is not JSON".to_owned())?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&text("_type")) {
            return Err("the signed payload is not a statement of a known version".to_owned());
        }
        let subjects = value.get("subject").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if subjects.len() > MOST_SUBJECTS {
            return Err("the statement has too many subjects".to_owned());
        }
        Ok(Self {
            predicate_type: text("predicateType").to_owned(),
            subjects: subjects.iter().map(subject).collect(),
            predicate: value.get("predicate").cloned().unwrap_or_default(),
        })
    }

    /// The subject that has one of the archive's digests.
    pub(super) fn subject_of(&self, archive: &Archive) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.is(archive))
    }

    /// A digest that the verifier can look for: the archive's where a subject has it, else any.
    pub(super) fn digest(&self, archive: Option<&Archive>) -> Option<super::sigstore::Digest> {
        let own = archive.and_then(|archive| self.subject_of(archive)).and_then(Subject::digest);
        own.or_else(|| self.subjects.iter().find_map(Subject::digest))
    }
}

impl Subject {
    /// Whether every strong digest of the subject is the archive's, and there is one.
    pub(super) fn is(&self, archive: &Archive) -> bool {
        let same = |stated: &Option<String>, found: &str| {
            stated.as_ref().is_none_or(|stated| stated.eq_ignore_ascii_case(found))
        };
        (self.sha256.is_some() || self.sha512.is_some())
            && same(&self.sha256, &archive.sha256)
            && same(&self.sha512, &archive.sha512)
    }

    /// The SHA-512, where the subject has one.
    pub(super) fn sha512(&self) -> Option<&str> {
        self.sha512.as_deref()
    }

    /// The SHA-256, where the subject has one.
    pub(super) fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    fn digest(&self) -> Option<super::sigstore::Digest> {
        let sha512 = self.sha512.as_deref().and_then(from_hex).map(super::sigstore::Digest::Sha512);
        sha512.or_else(|| self.sha256.as_deref().and_then(from_hex).map(super::sigstore::Digest::Sha256))
    }
}

fn subject(value: &Value) -> Subject {
    let digest = |algorithm: &str| value.get("digest")?.get(algorithm)?.as_str().map(str::to_ascii_lowercase);
    Subject {
        name: value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        sha256: digest("sha256"),
        sha512: digest("sha512"),
    }
}

/// Lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Bytes from hexadecimal.
pub(super) fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
