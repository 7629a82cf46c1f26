//! What verified attestations say about the builder, against what the connector claims and the
//! user expects.

use serde_json::Value;

use super::{
    Facts, finding,
    repository::{self, normal},
    time,
};
use crate::{
    artifact::Ecosystem,
    connector::manifest::string,
    detect::{Asked, Subject},
    finding::{Confidence, Finding},
    untrusted::{Untrusted, excerpt},
};

/// Who may issue the identity of a builder.
const ISSUERS: [&str; 2] = ["https://token.actions.githubusercontent.com", "https://gitlab.com"];
/// How the names of builders begin that run on machines of their own.
const BUILDERS: [&str; 6] = [
    "https://github.com/actions/runner",
    "https://github.com/npm/cli@",
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/",
    "https://gitlab.com/",
    "https://github.com/actions/attest-build-provenance",
    "https://github.com/actions/attest",
];
/// A publication this much after the signature is another one, seconds.
const STALE: i64 = 24 * 3600;
/// Clocks and queues may differ by this much, seconds.
const SLACK: i64 = 3600;
/// Attestations of one artifact that are compared.
const MOST: usize = 8;

/// Compares every verified build.
pub(super) fn compare(subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
    let builds: Vec<&Facts> = subject
        .provenance
        .iter()
        .filter(|one| one.is_verified_build())
        .map(|one| &one.facts)
        .take(MOST)
        .collect();
    expected(subject, &builds, asked, findings);
    for facts in builds {
        declared(subject, facts, asked, findings);
        server(subject, facts, asked, findings);
        namespace(subject, facts, asked, findings);
        builder(facts, asked, findings);
        reference(subject, facts, asked, findings);
        times(subject, facts, asked, findings);
    }
}

fn report(asked: &Asked, findings: &mut Vec<Finding>, id: &str, message: String, evidence: &str) {
    let Some(rule) = asked.rule(id) else { return };
    let finding = finding(rule, message, evidence);
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}

/// What the user expects must be said by every verified build, and there must be one.
fn expected(subject: &Subject<'_>, builds: &[&Facts], asked: &Asked, findings: &mut Vec<Finding>) {
    let expected = &subject.artifact.evidence.expected;
    let id = "provenance/expectation-mismatch";
    let wanted = [
        ("repository", &expected.repository),
        ("workflow", &expected.workflow),
        ("issuer", &expected.issuer),
        ("builder", &expected.builder),
    ];
    for (what, wanted) in wanted {
        let Some(wanted) = wanted else { continue };
        if builds.is_empty() {
            let message =
                format!("the {what} `{}` is expected, but no build is verified", excerpt(wanted, 120));
            report(asked, findings, id, message, what);
        }
        for facts in builds {
            let said = match what {
                "repository" => &facts.repository,
                "workflow" => &facts.workflow,
                "issuer" => &facts.issuer,
                _ => &facts.builder,
            };
            if !is_expected(what, wanted, facts) {
                let message = format!("the {what} is `{said}`, expected is `{}`", excerpt(wanted, 120));
                report(asked, findings, id, message, what);
            }
        }
    }
}

fn is_expected(what: &str, wanted: &str, facts: &Facts) -> bool {
    match what {
        "repository" => repository::same_repository(wanted, &facts.repository),
        "workflow" => {
            let path = repository::workflow_path(&facts.workflow).unwrap_or_default();
            wanted == facts.workflow
                || wanted == path
                || path.strip_prefix(".github/workflows/") == Some(wanted)
        }
        "issuer" => wanted.trim_end_matches('/') == facts.issuer,
        _ => [&facts.builder, &facts.signer]
            .into_iter()
            .any(|said| said == wanted || said.split_once('@').is_some_and(|(before, _)| before == wanted)),
    }
}

/// The repository that the package claims.
fn declared(subject: &Subject<'_>, facts: &Facts, asked: &Asked, findings: &mut Vec<Finding>) {
    let claimed = subject.connector.manifests.repository.as_ref().map(Untrusted::raw);
    let (Some(claimed), Some(attested)) = (claimed.and_then(normal), normal(&facts.repository)) else {
        return;
    };
    if claimed == attested {
        return;
    }
    let (claimed, attested) = (excerpt(&claimed, 120), excerpt(&attested, 120));
    let (id, message) = if repository::name(&claimed) == repository::name(&attested) {
        let what = "which has the name but not the owner of the claimed";
        ("provenance/fork", format!("built from `{attested}`, {what} `{claimed}`"))
    } else {
        let message = format!("built from `{attested}`, but it claims to come from `{claimed}`");
        ("provenance/repository-mismatch", message)
    };
    let Some(rule) = asked.rule(id) else { return };
    let mut found = finding(rule, message, &attested);
    if facts.repository_id.is_empty() {
        // The oldest certificates, from before the npm registry compared the two at publication:
        // repositories that have moved since are told by name alone.
        found.confidence = found.confidence.min(Confidence::Medium);
    }
    findings.push(found);
}

/// The repository and the release that `server.json` claims.
fn server(subject: &Subject<'_>, facts: &Facts, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(server) = &subject.connector.manifests.server_json else { return };
    let Some(attested) = normal(&facts.repository) else { return };
    let mut claims: Vec<(&str, &str)> = Vec::new();
    claims.extend(string(&server.value, &["repository", "url"]).map(|url| ("repository", url)));
    let packages = server.value.get("packages").and_then(Value::as_array);
    for package in packages.into_iter().flatten().take(100) {
        let location = string(package, &["identifier"]).filter(|location| location.contains("/releases/"));
        claims.extend(location.map(|location| ("release", location)));
    }
    for (what, claim) in claims {
        let Some(claimed) = normal(claim).filter(|claimed| *claimed != attested) else { continue };
        let message = format!(
            "built from `{}`, but `server.json` names the {what} of `{}`",
            excerpt(&attested, 120),
            excerpt(&claimed, 120)
        );
        report(asked, findings, "provenance/claim-mismatch", message, what);
    }
}

/// A name such as `io.github.OWNER/…` belongs to that owner.
fn namespace(subject: &Subject<'_>, facts: &Facts, asked: &Asked, findings: &mut Vec<Finding>) {
    let manifests = &subject.connector.manifests;
    let server = manifests.server_json.as_ref().and_then(|document| string(&document.value, &["name"]));
    let names = manifests.mcp_names.iter().map(|(name, _)| name.raw()).chain(server);
    let Some(attested) = normal(&facts.repository) else { return };
    for name in names.take(MOST) {
        let lower = name.to_ascii_lowercase();
        let owner = |prefix: &str| lower.strip_prefix(prefix)?.split('/').next().map(str::to_owned);
        let (host, Some(owner)) = (match () {
            () if lower.starts_with("io.github.") => ("github.com", owner("io.github.")),
            () => ("gitlab.com", owner("io.gitlab.").or_else(|| owner("com.gitlab."))),
        }) else {
            continue;
        };
        if attested.starts_with(&format!("{host}/{owner}/")) {
            continue;
        }
        let message = format!(
            "the name `{}` belongs to `{}`, but it was built from `{}`",
            excerpt(name, 120),
            excerpt(&owner, 80),
            excerpt(&attested, 120)
        );
        report(asked, findings, "provenance/namespace-mismatch", message, &lower);
    }
}

/// Who built it, on which machine, started by what.
fn builder(facts: &Facts, asked: &Asked, findings: &mut Vec<Finding>) {
    if !ISSUERS.contains(&facts.issuer.as_str()) {
        let message = format!("the builder's identity comes from `{}`", facts.issuer);
        report(asked, findings, "provenance/builder-unknown", message, &facts.issuer);
    } else if !facts.builder.is_empty() && !is_known_builder(facts) {
        let message = format!("the builder `{}` is unknown", facts.builder);
        report(asked, findings, "provenance/builder-unknown", message, &facts.builder);
    }
    let is_own = facts.runner == "self-hosted" || facts.builder.ends_with("/self-hosted");
    if is_own {
        let message = "built on a machine of the publisher's own".to_owned();
        report(asked, findings, "provenance/runner-self-hosted", message, "runner");
    }
    if ["pull_request_target", "issue_comment", "workflow_run"].contains(&facts.trigger.as_str()) {
        let message = format!("the build was started by `{}`", facts.trigger);
        report(asked, findings, "provenance/trigger-risky", message, &facts.trigger);
    } else if facts.reference.starts_with("refs/pull/") || facts.trigger == "pull_request" {
        let message = format!("built from a pull request: `{}`", facts.reference);
        report(asked, findings, "provenance/trigger-risky", message, &facts.reference);
    }
    if facts.visibility == "private" || facts.visibility == "internal" {
        let message = format!("the source is {}: nobody outside can read it", facts.visibility);
        report(asked, findings, "provenance/visibility-private", message, "visibility");
    }
}

fn is_known_builder(facts: &Facts) -> bool {
    let is_pinned = |name: &str| !name.contains("slsa-github-generator") || name.contains("@refs/tags/");
    facts.builder == facts.signer
        || facts.builder == facts.workflow
        || BUILDERS.iter().any(|known| facts.builder.starts_with(known)) && is_pinned(&facts.builder)
}

/// The branch or tag that was built, against the version.
fn reference(subject: &Subject<'_>, facts: &Facts, asked: &Asked, findings: &mut Vec<Finding>) {
    if let Some(branch) = facts.reference.strip_prefix("refs/heads/") {
        let message = format!("built from the branch `{branch}`, not from a tag");
        report(asked, findings, "provenance/branch-build", message, branch);
    }
    let Some(tag) = facts.reference.strip_prefix("refs/tags/") else { return };
    let coordinate = &subject.artifact.coordinate;
    let version = coordinate.version.as_str();
    if version.is_empty() || is_tag_of(tag, &coordinate.name, version) {
        return;
    }
    let message = format!("built from the tag `{tag}`, but this is version `{}`", excerpt(version, 60));
    report(asked, findings, "provenance/tag-mismatch", message, tag);
}

/// Whether a tag is one of the usual names for a version: it ends in the version, and what stands
/// before is a `v`, the package's name or a word.
fn is_tag_of(tag: &str, name: &str, version: &str) -> bool {
    let Some(before) = tag.strip_suffix(version) else { return false };
    let before = before.strip_suffix('v').unwrap_or(before);
    let short = name.rsplit('/').next().unwrap_or(name);
    let word = before.trim_end_matches(['@', '-', '/', '_']);
    before.is_empty()
        || (word.len() < before.len() && (word == name || word == short || word.ends_with(short)))
        || ["release", "releases", "version", "python", "py", "npm", "js"].contains(&word)
            && word.len() < before.len()
}

/// When it was signed, against when it was published.
fn times(subject: &Subject<'_>, facts: &Facts, asked: &Asked, findings: &mut Vec<Finding>) {
    // A mirror that leaves signatures out also has publication times of its own.
    let is_npm = subject.artifact.coordinate.ecosystem == Ecosystem::Npm;
    if is_npm && subject.artifact.evidence.registry_signatures.is_empty() {
        return;
    }
    let published = subject.artifact.registry.as_ref().and_then(|registry| registry.published.as_deref());
    let (Some(published), Some(signed)) = (published.and_then(time::parse), facts.time) else { return };
    let what = if published - signed > STALE {
        "more than a day before"
    } else if signed - published > SLACK {
        "after"
    } else {
        return;
    };
    let message =
        format!("signed at {}, {what} it was published at {}", time::show(signed), time::show(published));
    report(asked, findings, "provenance/stale", message, what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_usual_names() {
        for (tag, expected) in [
            ("1.2.3", true),
            ("v1.2.3", true),
            ("@acme/weather@1.2.3", true),
            ("weather-v1.2.3", true),
            ("weather/v1.2.3", true),
            ("mcp-weather@1.2.3", true),
            ("release/1.2.3", true),
            ("v1.2.4", false),
            ("v11.2.3", false),
            ("other@1.2.3", false),
            ("", false),
        ] {
            assert_eq!(is_tag_of(tag, "@acme/weather", "1.2.3"), expected, "{tag}");
        }
    }
}
