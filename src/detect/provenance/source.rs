//! The package against the tree of the commit that it says it was made from.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Context, Facts, Kind, State, Verified, finding, repository::same_repository};
use crate::{
    artifact::{
        Artifact, File, Kind as Content,
        evidence::{CommitClaim, Reach, SourceTree},
    },
    connector::manifest::string,
    detect::{Asked, Subject},
    finding::Finding,
    untrusted::excerpt,
};

/// Folders that builds write to: what is in them is not expected in the source.
const BUILT: [&str; 7] = ["dist", "build", "lib", "out", "esm", "cjs", "bundle"];
/// Files that one finding names.
const NAMED: usize = 5;

/// How a package compares with its source.
#[derive(Debug, Default)]
struct Comparison<'a> {
    equal: usize,
    different: Vec<&'a str>,
    /// Files of the package alone: outside of build output, and executable.
    code_only_here: Vec<&'a str>,
    /// By kind, how many files the package has alone.
    only_here: BTreeMap<&'static str, usize>,
}

/// Shows how many files agree.
pub(super) fn examine(context: &Context<'_>, found: &mut Vec<Verified>) {
    let Some(tree) = &context.evidence.source else { return };
    let comparison = compare_files(context.artifact, tree);
    let total = comparison.equal + comparison.different.len();
    let mut notes = vec![format!(
        "{} of {total} files that both have are equal after line ends ({} %)",
        comparison.equal,
        (comparison.equal * 100).checked_div(total).unwrap_or(0)
    )];
    for (kind, count) in &comparison.only_here {
        notes.push(format!("{count} of {kind} only in the package"));
    }
    let is_attested = found.iter().any(|one| {
        one.is_verified_build()
            && one.facts.commit == tree.commit
            && same_repository(&one.facts.repository, &tree.repository)
    });
    if tree.claim == CommitClaim::Document || !is_attested {
        notes.push("no verified attestation names the commit: that is weak".to_owned());
    }
    let facts = Facts {
        repository: excerpt(&tree.repository, 200),
        commit: excerpt(&tree.commit, 64),
        notes,
        ..Facts::default()
    };
    let about = context.about();
    let is_same = comparison.different.is_empty() && comparison.code_only_here.is_empty();
    let verified = match (is_same, tree.reach) {
        (true, Reach::Reached) => Verified::new(Kind::Source, State::Verified, &about, ""),
        (true, Reach::NotReached | Reach::Unknown) => Verified::new(
            Kind::Source,
            State::Unknown,
            &about,
            "no branch or tag is known to lead to the commit",
        ),
        (false, _) => {
            let differs = comparison.different.len();
            let alone = comparison.code_only_here.len();
            let why = format!("{differs} files differ, {alone} files of code are only in the package");
            Verified::new(Kind::Source, State::Unknown, &about, why)
        }
    };
    found.push(verified.with(facts));
}

/// Findings about the source.
pub(super) fn compare(subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
    let Some(tree) = &subject.artifact.evidence.source else { return };
    let comparison = compare_files(subject.artifact, tree);
    if let Some(rule) =
        asked.rule("provenance/commit-unreachable").filter(|_| tree.reach == Reach::NotReached)
    {
        let message = format!(
            "no branch and no tag of `{}` leads to the commit {}",
            excerpt(&tree.repository, 160),
            excerpt(&tree.commit, 40)
        );
        findings.push(finding(rule, message, &tree.commit));
    }
    for (id, files, what) in [
        ("provenance/source-difference", &comparison.different, "differ from the source"),
        ("provenance/code-not-in-source", &comparison.code_only_here, "of code are not in the source"),
    ] {
        let Some(rule) = asked.rule(id).filter(|_| !files.is_empty()) else { continue };
        let names: Vec<String> = files.iter().take(NAMED).map(|path| excerpt(path, 100)).collect();
        let more = if files.len() > NAMED { ", …" } else { "" };
        let message = format!("{} files {what}: {}{more}", files.len(), names.join(", "));
        findings.push(finding(rule, message, what));
    }
    hooks(subject, tree, &comparison, asked, findings);
}

/// Scripts that an installation runs must stand in the source's manifest too.
fn hooks(
    subject: &Subject<'_>,
    tree: &SourceTree,
    comparison: &Comparison<'_>,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule("provenance/install-script-not-in-source") else { return };
    let Some(document) = &subject.connector.manifests.package_json else { return };
    let is_other = comparison.different.contains(&document.path.as_str())
        || !tree.files.iter().any(|(path, _)| is_same_place(path, &document.path));
    if !is_other {
        return;
    }
    for event in ["preinstall", "install", "postinstall"] {
        if let Some(command) = string(&document.value, &["scripts", event]) {
            let message = format!(
                "`{event}` runs `{}`, and the manifest is not the one of the source",
                excerpt(command, 160)
            );
            findings.push(finding(rule, message, event));
        }
    }
}

/// Whether a path of the tree is the package's path, below any folder of a repository of many packages.
fn is_same_place(tree: &str, package: &str) -> bool {
    tree.strip_suffix(package).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn compare_files<'a>(artifact: &'a Artifact, tree: &'a SourceTree) -> Comparison<'a> {
    let folder = folder_of(artifact, tree);
    // What stands at the root of the repository may be packed with every package; the folder's own
    // files come last and count.
    let at_root = tree.files.iter().filter(|(path, _)| !path.contains('/'));
    let known: BTreeMap<&str, &[u8; 32]> = at_root
        .map(|(path, digest)| (path.as_str(), digest))
        .chain(tree.files.iter().filter_map(|(path, digest)| Some((path.strip_prefix(folder)?, digest))))
        .collect();
    let mut comparison = Comparison::default();
    for file in &artifact.files {
        let Some(source) = known.get(file.path.as_str()) else {
            *comparison.only_here.entry(kind(file)).or_default() += 1;
            if is_code(file) && !is_built(&file.path) {
                comparison.code_only_here.push(&file.path);
            }
            continue;
        };
        if **source == normal(file) {
            comparison.equal += 1;
        } else if !is_rewritten(&file.path) {
            comparison.different.push(&file.path);
        }
    }
    comparison
}

/// The folder of the repository that the package was made from: where its manifest says so, else
/// the one whose manifest has the package's name as far as paths can tell, else the root.
fn folder_of<'a>(artifact: &Artifact, tree: &'a SourceTree) -> &'a str {
    let document = artifact.registry.as_ref().map(|registry| &registry.document);
    let stated = document.and_then(|document| string(document, &["repository", "directory"]));
    let Some(stated) =
        stated.map(|stated| stated.trim_matches(['/', '.'])).filter(|stated| !stated.is_empty())
    else {
        return "";
    };
    let inside = |path: &'a str| path.strip_prefix(stated).filter(|rest| rest.starts_with('/')).map(|_| path);
    tree.files.iter().find_map(|(path, _)| inside(path)?.get(..=stated.len())).unwrap_or("")
}

/// SHA-256 of a file with line ends made equal, where its content is at hand.
fn normal(file: &File) -> [u8; 32] {
    if file.bytes.is_empty() { file.sha256 } else { digest(&file.bytes) }
}

/// SHA-256 of content with line ends made equal.
fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in bytes.split(|byte| *byte == b'\r') {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Files that publishing itself rewrites.
fn is_rewritten(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("PKG-INFO" | "setup.cfg" | "METADATA" | "RECORD"))
}

fn is_built(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|folder| BUILT.contains(&folder))
}

fn is_code(file: &File) -> bool {
    matches!(file.kind, Content::Source(_) | Content::Native(_))
}

fn kind(file: &File) -> &'static str {
    match file.kind {
        Content::Source(language) => language.name(),
        Content::Declaration => "type declarations",
        Content::SourceMap => "source maps",
        Content::Data => "data",
        Content::Text => "text",
        Content::Native(_) => "machine code",
        Content::Archive => "archives",
        Content::Other => "other files",
    }
}
