//! Whether an earlier version had stronger evidence than this one.

use std::str::FromStr as _;

use super::{finding, time};
use crate::{
    artifact::{Artifact, Ecosystem, evidence::VersionEvidence},
    detect::Asked,
    finding::Finding,
    untrusted::excerpt,
};

/// A version that can be compared: pre-releases cannot, they are often published by hand.
struct Placed<'a> {
    evidence: &'a VersionEvidence,
    /// The line that it belongs to: its first number.
    line: u64,
    /// Its place among others, however its ecosystem orders them.
    order: Order,
    time: i64,
}

/// The order of versions in one ecosystem.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Order {
    Npm(nodejs_semver::Version),
    Python(pep440_rs::Version),
}

/// Compares with every version that is earlier in both senses: published before, and lower in the
/// same major line.
pub(super) fn compare(artifact: &Artifact, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("provenance/regression") else { return };
    let coordinate = &artifact.coordinate;
    let versions = &artifact.evidence.versions;
    let own = versions.iter().find(|one| one.version == coordinate.version);
    let Some(own) = own.and_then(|own| placed(own, coordinate.ecosystem)) else { return };
    let earlier = versions.iter().filter_map(|one| placed(one, coordinate.ecosystem));
    let earlier = earlier.filter(|one| one.time < own.time && one.line == own.line && one.order < own.order);
    let strongest = earlier.max_by(|a, b| (a.evidence.level, &a.order).cmp(&(b.evidence.level, &b.order)));
    let Some(strongest) = strongest.filter(|one| one.evidence.level > own.evidence.level) else { return };
    let message = format!(
        "this version has {}, the earlier {} had {}",
        own.evidence.level.describe(),
        excerpt(&strongest.evidence.version, 60),
        strongest.evidence.level.describe()
    );
    findings.push(finding(rule, message, own.evidence.level.describe()));
}

/// A version with its place; `None` where it has none.
fn placed(evidence: &VersionEvidence, ecosystem: Ecosystem) -> Option<Placed<'_>> {
    let time = time::parse(&evidence.published)?;
    let (line, order) = if ecosystem == Ecosystem::Pypi {
        let version = pep440_rs::Version::from_str(&evidence.version).ok()?;
        let line = version.release().first().copied()?;
        (line, (!version.any_prerelease()).then_some(Order::Python(version))?)
    } else {
        let version = nodejs_semver::Version::parse(&evidence.version).ok()?;
        (version.major(), (!version.is_prerelease()).then_some(Order::Npm(version))?)
    };
    Some(Placed { evidence, line, order, time })
}
