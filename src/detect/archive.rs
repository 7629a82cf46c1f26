//! The archive itself: refused entries, machine code, and the other published form.
//!
//! What acquiring refused and hashed goes in; findings come out.

use std::collections::BTreeMap;

use super::{Asked, Check, Subject};
use crate::{
    artifact::{Artifact, File, Kind, Language, Native, RefusalReason},
    finding::{Finding, Location},
    untrusted::visible,
};

/// Findings that one rule reports.
const FINDINGS: usize = 20;

/// Paths that a message lists.
const LISTED: usize = 3;

/// Answers for the rules about the archive.
pub(super) struct Archive;

impl Check for Archive {
    fn name(&self) -> &'static str {
        "archive"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        report_refusals(subject.artifact, asked, findings);
        report_natives(subject.artifact, asked, findings);
        report_difference(subject.artifact, asked, findings);
    }
}

/// The rule that speaks for a refused entry; links inside the archive harm nobody.
fn rule_of(reason: RefusalReason) -> Option<&'static str> {
    match reason {
        RefusalReason::Traversal | RefusalReason::Absolute | RefusalReason::LinkOutside => {
            Some("artifact/path-escape")
        }
        RefusalReason::Duplicate | RefusalReason::Collision => Some("artifact/duplicate-entry"),
        RefusalReason::Device => Some("artifact/device-entry"),
        RefusalReason::BadName => Some("artifact/bad-name"),
        RefusalReason::Link => None,
    }
}

fn report_refusals(artifact: &Artifact, asked: &Asked, findings: &mut Vec<Finding>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for refusal in &artifact.refused {
        let Some(id) = rule_of(refusal.reason) else { continue };
        let Some(rule) = asked.rule(id) else { continue };
        let count = counts.entry(id).or_default();
        *count += 1;
        if *count <= FINDINGS {
            let path = refusal.path.excerpt(120);
            let message = format!("entry `{path}` was refused: {}", refusal.reason.describe());
            findings.push(Finding::new(rule, message).because(path));
        }
    }
}

fn report_natives(artifact: &Artifact, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("artifact/native-binary") else { return };
    let natives = artifact.files.iter().filter_map(|file| match file.kind {
        Kind::Native(native) => Some((file, native)),
        Kind::Source(_)
        | Kind::Declaration
        | Kind::SourceMap
        | Kind::Data
        | Kind::Text
        | Kind::Archive
        | Kind::Other => None,
    });
    for (file, native) in natives.take(FINDINGS) {
        findings.push(native_finding(rule, file, native));
    }
}

fn native_finding(rule: &'static crate::finding::Rule, file: &File, native: Native) -> Finding {
    let digest = crate::artifact::hex(&file.sha256);
    let message = format!("{} file of {} bytes that was not read, sha256:{digest}", native.name(), file.size);
    Finding::new(rule, message).at(Location { path: file.path.clone(), line: 1, column: 1 }).because(digest)
}

/// Python source of the wheel that the sdist of the same version has with other content.
fn report_difference(artifact: &Artifact, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("artifact/sdist-wheel-difference") else { return };
    let Some(companion) = artifact.companion.as_deref() else { return };
    let others: BTreeMap<&str, &File> =
        python(companion).map(|file| (installed_path(&file.path), file)).collect();
    let different: Vec<&File> = python(artifact)
        .filter(|file| others.get(installed_path(&file.path)).is_some_and(|other| differs(file, other)))
        .collect();
    let Some(first) = different.first() else { return };
    let paths: Vec<String> =
        different.iter().take(LISTED).map(|file| format!("`{}`", visible(&file.path))).collect();
    let message = format!(
        "{} Python files differ between the two published forms, such as {}",
        different.len(),
        paths.join(", ")
    );
    let message = if different.len() == 1 {
        format!("{} differs between the two published forms", paths.join(""))
    } else {
        message
    };
    let location = Location { path: first.path.clone(), line: 1, column: 1 };
    findings.push(Finding::new(rule, message).at(location).because("sdist and wheel differ"));
}

fn python(artifact: &Artifact) -> impl Iterator<Item = &File> {
    artifact.files.iter().filter(|file| file.kind == Kind::Source(Language::Python))
}

/// The path below the folder that a source tree keeps its packages in.
fn installed_path(path: &str) -> &str {
    path.strip_prefix("src/").unwrap_or(path)
}

/// Whether two files differ in more than line ends.
fn differs(file: &File, other: &File) -> bool {
    file.sha256 != other.sha256 && !without_returns(file).eq(without_returns(other))
}

fn without_returns(file: &File) -> impl Iterator<Item = &u8> {
    file.bytes.iter().filter(|byte| **byte != b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        artifact::Refusal, code::Code, connector::Connector, detect::catalogue, untrusted::Untrusted,
    };

    fn found(artifact: &Artifact) -> Vec<(String, String)> {
        let (code, connector) = (Code::default(), Connector::default());
        let subject = Subject {
            artifact,
            code: &code,
            connector: &connector,
            provenance: &[],
            measure: crate::detect::drift::Measure::default(),
        };
        let mut findings = Vec::new();
        Archive.run(&subject, &Asked(catalogue::get().of_check("archive").collect()), &mut findings);
        findings.into_iter().map(|finding| (finding.rule.id.clone(), finding.message)).collect()
    }

    fn file(path: &str, kind: Kind, bytes: &[u8]) -> File {
        let mut sha256 = [0; 32];
        for (at, byte) in bytes.iter().enumerate() {
            sha256[at % 32] ^= byte.rotate_left(1);
        }
        File { path: path.to_owned(), size: bytes.len() as u64, sha256, kind, bytes: bytes.to_vec() }
    }

    #[test]
    fn every_refusal_but_inner_links_has_its_rule() {
        for (reason, expected) in [
            (RefusalReason::Traversal, Some("artifact/path-escape")),
            (RefusalReason::Absolute, Some("artifact/path-escape")),
            (RefusalReason::LinkOutside, Some("artifact/path-escape")),
            (RefusalReason::Link, None),
            (RefusalReason::Device, Some("artifact/device-entry")),
            (RefusalReason::Duplicate, Some("artifact/duplicate-entry")),
            (RefusalReason::Collision, Some("artifact/duplicate-entry")),
            (RefusalReason::BadName, Some("artifact/bad-name")),
        ] {
            let refused = vec![Refusal { path: Untrusted::new("../\u{1b}x"), reason }];
            let found = found(&Artifact { refused, ..Artifact::default() });
            assert_eq!(found.first().map(|(rule, _)| rule.as_str()), expected, "{reason:?}");
            assert!(found.iter().all(|(_, message)| message.contains("../\\u{1b}x")));
        }
    }

    #[test]
    fn machine_code_is_named_with_format_and_digest_and_bounded() {
        let native = |at: usize| file(&format!("bin/{at}"), Kind::Native(Native::Elf), b"");
        let found = found(&Artifact { files: (0..30).map(native).collect(), ..Artifact::default() });
        assert_eq!(found.len(), FINDINGS);
        assert!(found[0].1.starts_with("ELF file of 0 bytes") && found[0].1.ends_with(&"0".repeat(64)));
    }

    #[test]
    fn the_sdist_is_compared_by_installed_path() {
        let source = Kind::Source(Language::Python);
        for (path, content, expected) in [
            ("a/x.py", "1\n", 0),
            ("src/a/x.py", "1\r\n", 0),
            ("src/a/x.py", "2\n", 1),
            ("a/x.py", "2\n", 1),
            ("tests/x.py", "2\n", 0),
        ] {
            let companion =
                Artifact { files: vec![file(path, source, content.as_bytes())], ..Artifact::default() };
            let wheel = Artifact {
                files: vec![file("a/x.py", source, b"1\n")],
                companion: Some(Box::new(companion)),
                ..Artifact::default()
            };
            assert_eq!(found(&wheel).len(), expected, "{path} {content:?}");
        }
    }
}
