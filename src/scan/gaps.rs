//! What could not be checked, and whether a verdict can stand without it.

use std::collections::{BTreeMap, BTreeSet};

use super::{coverage, facts};
use crate::{
    acquire::Target,
    artifact::{Artifact, File, Kind, Language, Needed, RefusalReason},
    code,
    connector::Unreadable,
    detect::{Detected, Subject},
    gate::Unchecked,
    untrusted::visible,
};

/// Files that are named one by one for each kind of gap; the rest is counted.
const NAMED: usize = 200;

/// A gap that the verdict needs closed.
pub(super) fn needed(check: &str, why: impl Into<String>) -> Unchecked {
    Unchecked { check: check.to_owned(), why: why.into(), needed: true }
}

fn listed(check: &str, why: impl Into<String>) -> Unchecked {
    Unchecked { check: check.to_owned(), why: why.into(), needed: false }
}

/// Every gap of a scan.
pub(super) fn list(target: &Target, subject: &Subject<'_>, detected: &Detected) -> Vec<Unchecked> {
    let mut gaps: Vec<Unchecked> =
        detected.failed.iter().map(|(rule, why)| needed(rule, why.clone())).collect();
    gaps.extend(detected.cut.iter().map(|rule| listed(rule, "flows were followed up to the bound on steps")));
    acquiring(subject, &mut gaps);
    code(target, subject, &mut gaps);
    connector(target, subject, &mut gaps);
    gaps
}

fn acquiring(subject: &Subject<'_>, gaps: &mut Vec<Unchecked>) {
    let artifact = subject.artifact;
    let unread = artifact.unread.iter().map(|unread| {
        let why = if unread.path.is_empty() {
            unread.why.clone()
        } else {
            format!("{}: {}", unread.path, unread.why)
        };
        (why, unread.needed == Needed::Yes)
    });
    name_some("artifact", unread, gaps);
    let refused = artifact.refused.iter().map(|refusal| {
        let why = format!("entry {} was refused: {}", refusal.path.excerpt(200), refusal.reason.describe());
        (why, hides_content(refusal.reason))
    });
    name_some("artifact", refused, gaps);
    if artifact.files.is_empty() {
        gaps.push(needed("artifact", "it has no files"));
    }
    if artifact.companion.is_some() {
        gaps.push(listed(
            "companion",
            "the source distribution of the same version is compared file by file; its own code is not parsed",
        ));
    }
}

/// Whether a client that unpacks may end up with content that was not read.
fn hides_content(reason: RefusalReason) -> bool {
    match reason {
        RefusalReason::Traversal
        | RefusalReason::Absolute
        | RefusalReason::LinkOutside
        | RefusalReason::Duplicate
        | RefusalReason::Collision
        | RefusalReason::BadName => true,
        RefusalReason::Link | RefusalReason::Device => false,
    }
}

fn code(target: &Target, subject: &Subject<'_>, gaps: &mut Vec<Unchecked>) {
    let Subject { artifact, code, .. } = subject;
    let runs = running(artifact);
    let foreign: BTreeSet<&str> = artifact
        .files
        .iter()
        .filter(|file| matches!(file.kind, Kind::Source(_)) && !code::reads(file))
        .map(|file| file.path.as_str())
        .collect();
    let unread = code
        .unread
        .iter()
        .filter(|(path, _)| !foreign.contains(path.as_str()))
        .map(|(path, why)| (format!("{path}: {why}"), runs.contains(path.as_str())));
    name_some("code", unread, gaps);
    let lost = code.units.iter().filter_map(|unit| {
        let why = format!("{}: {}", unit.path, coverage::lost(unit)?);
        Some((why, runs.contains(unit.path.as_str())))
    });
    name_some("code", lost, gaps);
    let unanswered =
        not_parsed(subject).map(|path| (format!("{path}: no front end read it"), runs.contains(path)));
    name_some("code", unanswered, gaps);

    let mut foreign: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut native, mut readable, mut scripts) = (0, 0, 0);
    for file in &artifact.files {
        match file.kind {
            // A script that installs or starts something is not what it installs or starts.
            Kind::Source(Language::Shell) if code::reads(file) => scripts += 1,
            Kind::Source(_) if code::reads(file) => readable += 1,
            Kind::Source(language) => *foreign.entry(code::spoken(file, language)).or_default() += 1,
            Kind::Native(_) => native += 1,
            Kind::Declaration | Kind::SourceMap | Kind::Data | Kind::Text | Kind::Archive | Kind::Other => {}
        }
    }
    let runs = readable == 0;
    let nothing = runs && scripts == 0 && native == 0 && foreign.is_empty();
    if nothing && !is_list(target) && !artifact.files.is_empty() {
        gaps.push(needed("code", "no source code was found: what would run is not in the package"));
    }
    if target.scheme == "connect" {
        gaps.push(listed("code", "only what the server lists was read, not its code"));
    }
    for (language, count) in foreign {
        let gap = if runs { needed } else { listed };
        gaps.push(gap("code", format!("{}: no front end for {language}", files(count))));
    }
    if native > 0 {
        let gap = if runs { needed } else { listed };
        gaps.push(gap("native", format!("{} of machine code: hashed, not analysed", files(native))));
    }
}

/// Whether a target is what a server lists, without its code.
fn is_list(target: &Target) -> bool {
    matches!(target.scheme, "tools" | "connect")
}

/// Files in the languages that the connector most likely runs in: scripts and Python where there are
/// such, else whatever is not a shell script.
fn running(artifact: &Artifact) -> BTreeSet<&str> {
    let rank = |file: &File| match file.kind {
        Kind::Source(Language::JavaScript | Language::TypeScript | Language::Python) => 3,
        Kind::Source(Language::Shell) if code::reads(file) => 1,
        Kind::Source(_) if code::reads(file) => 2,
        _ => 0,
    };
    let best = artifact.files.iter().map(rank).max().unwrap_or(0);
    artifact.files.iter().filter(|file| rank(file) == best).map(|file| file.path.as_str()).collect()
}

/// Files in a language that is parsed, that no front end has answered for.
pub(super) fn not_parsed<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a str> {
    let answered: BTreeSet<&str> = subject
        .code
        .units
        .iter()
        .map(|unit| unit.path.as_str())
        .chain(subject.code.unread.iter().map(|(path, _)| path.as_str()))
        .chain(subject.artifact.unread.iter().map(|unread| unread.path.as_str()))
        .collect();
    subject
        .artifact
        .files
        .iter()
        .filter(|file| code::reads(file) && file.size > 0)
        .map(|file| file.path.as_str())
        .filter(move |path| !answered.contains(path))
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

fn connector(target: &Target, subject: &Subject<'_>, gaps: &mut Vec<Unchecked>) {
    let connector = subject.connector;
    let whole = is_list(target);
    let missing: BTreeSet<&str> = unread_manifests(subject).map(|problem| problem.path.as_str()).collect();
    let problems = connector.problems.iter().map(|problem| {
        let why = format!("{}: {}", problem.path, problem.why);
        (why, whole || missing.contains(problem.path.as_str()))
    });
    name_some("connector", problems, gaps);
    let unread = connector.registrations.unread.iter().map(|(location, why)| {
        (format!("{}:{}: registration could not be read: {why}", location.path, location.line), false)
    });
    name_some("tools", unread, gaps);
    if connector.tools.is_empty() && whole {
        gaps.push(needed("tools", "no tool was found in the list"));
    } else if connector.tools.is_empty() && connector.registrations.seen == 0 {
        let from = &connector.registrations.elsewhere;
        gaps.push(match from.as_slice() {
            [] => listed("tools", "no tool registration was found: tools may be made at run time"),
            from => {
                let names: Vec<String> = from.iter().map(|name| format!("`{}`", visible(name))).collect();
                let why = format!("no tool registration was found: tools may come from {}", names.join(", "));
                listed("tools", &why)
            }
        });
    }
}

fn name_some(check: &str, whys: impl Iterator<Item = (String, bool)>, gaps: &mut Vec<Unchecked>) {
    let mut whys: Vec<(String, bool)> = whys.collect();
    whys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest = whys.split_off(whys.len().min(NAMED));
    gaps.extend(whys.into_iter().map(|(why, needed)| Unchecked {
        check: check.to_owned(),
        why: visible(&why),
        needed,
    }));
    if let Some((_, worst)) = rest.first() {
        let why = format!("and {} more of this kind", rest.len());
        gaps.push(Unchecked { check: check.to_owned(), why, needed: *worst });
    }
}

/// Problems that made a manifest unreadable as a whole.
pub(super) fn unread_manifests<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a Unreadable> {
    let read = manifests_read(subject);
    subject
        .connector
        .problems
        .iter()
        .filter(move |problem| is_manifest(&problem.path) && !read.contains(problem.path.as_str()))
}

/// Paths of the manifests that were read.
pub(super) fn manifests_read<'a>(subject: &Subject<'a>) -> BTreeSet<&'a str> {
    let manifests = &subject.connector.manifests;
    let documents = [
        &manifests.package_json,
        &manifests.pyproject,
        &manifests.server_json,
        &manifests.mcpb,
        &manifests.cargo_toml,
    ];
    let mut read: BTreeSet<&str> =
        documents.into_iter().flatten().map(|document| document.path.as_str()).collect();
    if !manifests.metadata.is_empty() {
        let metadata = |path: &&str| ["METADATA", "PKG-INFO"].contains(&facts::last(path));
        read.extend(subject.artifact.files.iter().map(|file| file.path.as_str()).filter(metadata));
    }
    read
}

fn is_manifest(path: &str) -> bool {
    ["package.json", "pyproject.toml", "METADATA", "PKG-INFO", "server.json", "manifest.json", "Cargo.toml"]
        .contains(&facts::last(path))
}
