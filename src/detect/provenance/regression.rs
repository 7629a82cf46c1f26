//! Whether an earlier version had stronger evidence than this one.

use nodejs_semver::Version;

use super::{finding, time};
use crate::{
    artifact::{
        Artifact,
        evidence::{Level, VersionEvidence},
    },
    detect::Asked,
    finding::Finding,
    untrusted::excerpt,
};

/// Compares with every version that is earlier in both senses: published before, and lower in the
/// same major line. Pre-releases are passed over: they are often published by hand.
pub(super) fn compare(artifact: &Artifact, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(rule) = asked.rule("provenance/regression") else { return };
    let versions = &artifact.evidence.versions;
    let own = versions.iter().find(|one| one.version == artifact.coordinate.version);
    let Some((own, own_version, own_time)) = own.and_then(placed) else { return };
    if own_version.is_prerelease() {
        return;
    }
    let earlier = versions.iter().filter_map(placed).filter(|(_, version, time)| {
        *time < own_time
            && version.major() == own_version.major()
            && !version.is_prerelease()
            && *version < own_version
    });
    let strongest = earlier.max_by(|a, b| (a.0.level, &a.1).cmp(&(b.0.level, &b.1)));
    let Some((strongest, _, _)) = strongest.filter(|(one, _, _)| one.level > own.level) else { return };
    let message = format!(
        "this version has {}, the earlier {} had {}",
        own.level.describe(),
        excerpt(&strongest.version, 60),
        strongest.level.describe()
    );
    findings.push(finding(rule, message, Level::describe(own.level)));
}

/// A version with its order; `None` where it has none.
fn placed(one: &VersionEvidence) -> Option<(&VersionEvidence, Version, i64)> {
    Some((one, Version::parse(&one.version).ok()?, time::parse(&one.published)?))
}
