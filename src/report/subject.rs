//! What a report is about and how it came out, in the names and digests that other formats use.

use std::io;

use sha2::{Digest as _, Sha256};

use super::{ArtifactFacts, Configured, Report, Run, json};
use crate::{
    artifact::{hex, time},
    finding::{Finding, Location, Severity},
    gate::Judged,
};

/// Where this program is at home: the root of every address of ours.
pub(super) const HOME: &str = "https://github.com/mcp-vouch/mcp-vouch";

/// The reverse domain name below which keys of ours stand in formats that others define.
pub(super) const NAMESPACE: &str = "io.github.mcp-vouch";

/// The package URL of an artifact.
pub(super) fn purl(artifact: &ArtifactFacts) -> String {
    let github = artifact.name.trim_end_matches('/').trim_end_matches(".git").split_once("github.com/");
    let (kind, name) = match (artifact.ecosystem.as_str(), github) {
        ("git", Some((_, repository))) => ("github", segments(&repository.to_ascii_lowercase())),
        ("pypi", _) => ("pypi", segments(&artifact.name.to_ascii_lowercase().replace(['_', '.'], "-"))),
        (kind @ ("npm" | "cargo"), _) => (kind, segments(&artifact.name)),
        _ => ("generic", encoded(artifact.name.rsplit('/').find(|part| !part.is_empty()).unwrap_or("local"))),
    };
    match artifact.version.as_str() {
        "" => format!("pkg:{kind}/{name}"),
        version => format!("pkg:{kind}/{name}@{}", encoded(version)),
    }
}

/// The package URL of a dependency, without a version.
pub(super) fn purl_of(ecosystem: &str, name: &str) -> String {
    let (ecosystem, name) = (ecosystem.to_owned(), name.to_owned());
    purl(&ArtifactFacts { ecosystem, name, ..ArtifactFacts::default() })
}

/// The package URL of what a report is about, also where it could not be acquired.
pub(super) fn product(report: &Report) -> String {
    match &report.artifact {
        Some(artifact) => purl(artifact),
        None => format!("pkg:generic/{}", encoded(&report.target)),
    }
}

fn segments(name: &str) -> String {
    name.split('/').filter(|part| !part.is_empty()).map(encoded).collect::<Vec<_>>().join("/")
}

/// Text in which everything but unreserved characters is percent-encoded.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => {
                encoded.push('%');
                encoded.push_str(&hex(&[byte]).to_ascii_uppercase());
            }
        }
    }
    encoded
}

/// Digests by algorithm, of the published file or else of what stands in its place.
pub(super) fn digests(artifact: &ArtifactFacts) -> Vec<(String, String)> {
    if !artifact.digests.is_empty() {
        return artifact.digests.iter().map(|(name, hex)| ((*name).to_owned(), hex.clone())).collect();
    }
    artifact.digest.split_once(':').map(|(name, hex)| (name.to_owned(), hex.to_owned())).into_iter().collect()
}

/// The digest that a receipt or an event names: SHA-256 where it is known.
pub(super) fn digest(artifact: &ArtifactFacts) -> String {
    artifact.digests.get("sha256").map_or_else(|| artifact.digest.clone(), |hex| format!("sha256:{hex}"))
}

/// SHA-256 of the JSON report about one target: what a short statement rests on.
pub(super) fn evidence(run: &Run, report: &Report) -> io::Result<String> {
    let text = json::text(run, std::slice::from_ref(report))?;
    Ok(hex(&Sha256::digest(text)))
}

/// A UUID that is always the same for the same text.
pub(super) fn uuid(text: &[u8]) -> String {
    let mut bytes: Vec<u8> = Sha256::digest(text).iter().copied().take(16).collect();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The time of a run as `2024-05-16T17:12:02Z`.
pub(super) fn moment(run: &Run) -> String {
    time::show(seconds(run))
}

/// The time of a run in seconds since 1970-01-01 UTC.
pub(super) fn seconds(run: &Run) -> i64 {
    run.time.and_then(|time| i64::try_from(time).ok()).unwrap_or(0)
}

/// `path:line`, where a finding has a place.
pub(super) fn place(finding: &Finding) -> Option<String> {
    finding.location.as_ref().map(|location| format!("{}:{}", location.path, location.line))
}

/// What a report is about, in a few words: its name and version, or the target.
pub(super) fn named(report: &Report) -> String {
    match &report.artifact {
        Some(artifact) if artifact.name.is_empty() => report.target.clone(),
        Some(artifact) => format!("{} {}", artifact.name, artifact.version).trim_end().to_owned(),
        None => report.target.clone(),
    }
}

/// What a finding says to somebody who reads the configuration: which server, what, and where in it.
pub(super) fn configured(report: &Report, configured: &Configured, finding: &Finding) -> String {
    let place = place(finding).map(|place| format!(", at {place}")).unwrap_or_default();
    format!("`{}` starts {}: {}{place}", configured.name, named(report), message(finding))
}

/// What tells a finding from the same one of another server of a configuration.
pub(super) fn identity(configured: &Configured, judged: &Judged) -> String {
    let digest = Sha256::new().chain_update(&configured.name).chain_update([0]).chain_update(&judged.id);
    hex(&digest.finalize()[..8])
}

/// `path:line` of the configuration that asks for it, and what it is called there.
pub(super) fn asked_by(configured: &Configured) -> String {
    let Location { path, line, .. } = &configured.location;
    format!("{path}:{line} as `{}`", configured.name)
}

/// What a finding says: its message, or else the title of its rule.
pub(super) fn message(finding: &Finding) -> &str {
    if finding.message.is_empty() { &finding.rule.title } else { &finding.message }
}

/// The address of a finding, for formats that want one.
pub(super) fn address(judged: &Judged) -> String {
    format!("{HOME}#finding-{}", judged.id)
}

/// Who answers for a finding, until when and why, where somebody does.
pub(super) fn accepted(judged: &Judged) -> Option<String> {
    let accepted = judged.accepted.as_ref()?;
    Some(format!("{} ({}, {})", accepted.reason, accepted.owner, accepted.end()))
}

/// Findings that say more than something worth knowing.
pub(super) fn serious(report: &Report) -> impl Iterator<Item = &Judged> {
    report.outcome.findings.iter().filter(|judged| judged.finding.severity > Severity::Info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_package_urls() {
        for (ecosystem, name, version, expected) in [
            ("npm", "@acme/files", "1.2.3", "pkg:npm/%40acme/files@1.2.3"),
            ("npm", "left", "", "pkg:npm/left"),
            ("pypi", "My_Server.x", "1.0", "pkg:pypi/my-server-x@1.0"),
            ("git", "https://github.com/Acme/Files.git", "0a1b", "pkg:github/acme/files@0a1b"),
            ("git", "/home/me/files", "0a1b", "pkg:generic/files@0a1b"),
            ("local", "x/y z/", "", "pkg:generic/y%20z"),
            ("local", "", "", "pkg:generic/local"),
            ("npm", "a\"b?c#d", "1@2", "pkg:npm/a%22b%3Fc%23d@1%402"),
        ] {
            let artifact = ArtifactFacts {
                ecosystem: ecosystem.to_owned(),
                name: name.to_owned(),
                version: version.to_owned(),
                ..ArtifactFacts::default()
            };
            assert_eq!(purl(&artifact), expected);
        }
    }

    #[test]
    fn the_same_text_has_the_same_uuid() {
        assert_eq!(uuid(b"a"), uuid(b"a"));
        assert_ne!(uuid(b"a"), uuid(b"b"));
        let uuid = uuid(b"a");
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "8"));
    }
}
