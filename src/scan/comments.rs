//! Exceptions that stand as comments in the source, for folders that the policy calls our own.
//!
//! `mcp-vouch: accept RULE until 2027-01-31: reason`, at the end of the line or on the one before.

use super::bind;
use crate::{
    artifact::Artifact,
    finding::Finding,
    gate::{exceptions::Exception, policy::is_day},
};

/// How such a comment begins.
const MARK: &str = "mcp-vouch: accept ";
/// Longest line that is looked at, bytes.
const LINE: usize = 2_000;

/// Reads the comments beside findings.
pub(super) fn read(artifact: &Artifact, findings: &[Finding]) -> Vec<Exception> {
    let mut found = Vec::new();
    for finding in findings {
        let Some(place) = &finding.location else { continue };
        let files = &artifact.files;
        let Ok(at) = files.binary_search_by(|file| file.path.as_str().cmp(&place.path)) else { continue };
        for (line, bytes) in bind::around(&files[at], place.line) {
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LINE)]);
            let Some(exception) = parse(&text).filter(|exception| exception.rule == finding.rule.id) else {
                continue;
            };
            found.push(Exception {
                line: line as usize,
                path: Some(place.path.clone()),
                content: Some(finding.content.clone()),
                ..exception
            });
        }
    }
    found
}

fn parse(line: &str) -> Option<Exception> {
    let (_, said) = line.split_once(MARK)?;
    let (rule, rest) = said.split_once(" until ")?;
    let (until, reason) = rest.split_once(": ")?;
    let reason = reason.trim().trim_end_matches("*/").trim_end_matches("-->").trim();
    (is_day(until) && !reason.is_empty()).then(|| Exception {
        rule: rule.trim().to_owned(),
        reason: crate::untrusted::excerpt(reason, 200),
        owner: "a comment in the source".to_owned(),
        until: until.to_owned(),
        ..Exception::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_comment_accepts() {
        for (line, expected) in [
            ("run(x); // mcp-vouch: accept exec/a until 2027-01-31: checked above", Some("checked above")),
            ("# mcp-vouch: accept exec/a until 2027-01-31: why", Some("why")),
            ("/* mcp-vouch: accept exec/a until 2027-01-31: why */", Some("why")),
            ("# mcp-vouch: accept exec/a until 2027-02-30: why", None),
            ("# mcp-vouch: accept exec/a: why", None),
            ("# mcp-vouch: accept exec/a until 2027-01-31: ", None),
            ("# mcp-vouch: accept", None),
        ] {
            let reason = parse(line).map(|exception| exception.reason);
            assert_eq!(reason.as_deref(), expected, "{line}");
        }
    }
}
