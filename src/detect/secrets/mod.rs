//! Credentials that are part of the package, by the formats that their issuers gave them.
//!
//! Every text file goes in; one finding per credential comes out, with its first characters only.
//! There is no rule by randomness: what has no prefix of its own is not looked for.

mod formats;

use std::collections::BTreeSet;

use super::{Asked, Check, Subject};
use crate::{
    artifact::{File, Kind},
    finding::{Confidence, Finding, Location, Severity},
};
use formats::Format;

/// Findings per file.
const PER_FILE: usize = 10;

/// Findings in all.
const FINDINGS: usize = 50;

/// Characters of a credential that a message shows.
const SHOWN: usize = 4;

/// Answers for the rule about credentials.
pub(super) struct Secrets;

impl Check for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let Some(rule) = asked.rule("secrets/hard-coded") else { return };
        let mut seen = BTreeSet::new();
        for file in subject.artifact.files.iter().filter(|file| is_read(file)) {
            for found in formats::find(&file.bytes).take(PER_FILE) {
                if findings.len() >= FINDINGS {
                    return;
                }
                if seen.insert(found.bytes) {
                    findings.push(report(rule, file, found.format, found.start, found.bytes));
                }
            }
        }
    }
}

fn report(
    rule: &'static crate::finding::Rule,
    file: &File,
    format: &Format,
    start: usize,
    secret: &[u8],
) -> Finding {
    let first: String = secret.iter().take(SHOWN).map(|byte| char::from(*byte)).collect();
    let message = format!("{} `{first}…` of {} characters", format.what, secret.len());
    let mut finding = Finding::new(rule, message).at(place(file, start)).because(digest(secret));
    finding.confidence = finding.confidence.min(format.confidence);
    if format.confidence < Confidence::High {
        finding.severity = finding.severity.min(Severity::Low);
    }
    finding
}

/// The identity of a credential that does not give it away.
fn digest(secret: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    crate::artifact::hex(Sha256::digest(secret).get(..8).unwrap_or(&[]))
}

fn place(file: &File, start: usize) -> Location {
    let before = file.bytes.get(..start).unwrap_or(&[]);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(before.get(line_start..).unwrap_or(&[])).chars().count() + 1;
    let bounded = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Location { path: file.path.clone(), line: bounded(line), column: bounded(column) }
}

/// Whether a file may hold credentials that matter: not tests, not documentation.
fn is_read(file: &File) -> bool {
    let is_text = match file.kind {
        Kind::Source(_) | Kind::Data | Kind::Text => true,
        Kind::Declaration | Kind::SourceMap | Kind::Native(_) | Kind::Archive | Kind::Other => false,
    };
    is_text && !is_for_tests_or_readers(&file.path)
}

fn is_for_tests_or_readers(path: &str) -> bool {
    const FOLDERS: [&str; 12] = [
        "test",
        "tests",
        "__tests__",
        "testing",
        "spec",
        "specs",
        "fixtures",
        "__fixtures__",
        "__mocks__",
        "mocks",
        "testdata",
        "docs",
    ];
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let is_test = name.starts_with("test_")
        || name.contains("_test.")
        || name.contains(".test.")
        || name.contains(".spec.")
        || name == "conftest.py";
    is_test || folders.split('/').any(|folder| FOLDERS.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_documentation_are_not_read() {
        for (path, expected) in [
            ("tests/a.py", true),
            ("src/__tests__/a.js", true),
            ("a/test_b.py", true),
            ("dist/a.spec.js", true),
            ("docs/setup.md", true),
            ("dist/contest.js", false),
            ("README.md", false),
            ("src/latest/a.js", false),
        ] {
            assert_eq!(is_for_tests_or_readers(path), expected, "{path}");
        }
    }

    #[test]
    fn places_count_lines_and_characters() {
        let file = File {
            path: "a".to_owned(),
            size: 0,
            sha256: [0; 32],
            kind: Kind::Text,
            bytes: "é\nüx key".into(),
        };
        let place = place(&file, "é\nüx ".len());
        assert_eq!((place.line, place.column), (2, 4));
    }
}
