//! Dependencies of `package.json`.

use serde_json::Value;

use super::{Dependency, DependencyKind, Found, Origin, git, places, text};
use crate::{
    artifact::{Artifact, Ecosystem},
    connector::manifest::{Manifests, member},
    untrusted::Untrusted,
};

const TABLES: [(&str, DependencyKind); 4] = [
    ("dependencies", DependencyKind::Normal),
    ("optionalDependencies", DependencyKind::Optional),
    ("peerDependencies", DependencyKind::Peer),
    ("devDependencies", DependencyKind::Development),
];

pub(super) fn read(artifact: &Artifact, manifests: &Manifests, found: &mut Found<'_>) {
    let Some(document) = &manifests.package_json else { return };
    let places = places(&document.path, text(artifact, document));
    for (table, kind) in TABLES {
        let Some(entries) = document.value.get(table).and_then(Value::as_object) else { continue };
        for (name, specification) in entries {
            let is_optional = kind == DependencyKind::Normal
                && member(&document.value, &["optionalDependencies", name]).is_some();
            let Some(specification) = specification.as_str().filter(|_| !is_optional) else { continue };
            let (name, requirement, origin) = resolve(name, specification.trim());
            found.push(Dependency {
                ecosystem: Ecosystem::Npm,
                name: Untrusted::new(name),
                requirement: Untrusted::new(requirement),
                kind,
                origin,
                location: places.of(&[table, name]),
            });
        }
    }
}

/// The package that a declaration means, its requirement, and where it is fetched from.
fn resolve<'a>(name: &'a str, specification: &'a str) -> (&'a str, &'a str, Origin) {
    let Some(alias) = specification.strip_prefix("npm:") else {
        return (name, specification, origin(specification));
    };
    match alias.rsplit_once('@') {
        Some((package, requirement)) if !package.is_empty() => (package, requirement, Origin::Registry),
        _ => (alias, "", Origin::Registry),
    }
}

fn origin(specification: &str) -> Origin {
    const PATHS: [&str; 8] = ["file:", "link:", "portal:", "workspace:", "./", "../", "/", "~/"];
    const FORGES: [&str; 5] = ["github:", "gitlab:", "bitbucket:", "gist:", "git@"];
    let (address, reference) = match specification.split_once('#') {
        Some((address, reference)) => (address, Some(reference)),
        None => (specification, None),
    };
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| specification.starts_with(prefix));
    if starts(&PATHS) {
        return Origin::Path;
    }
    if starts(&FORGES) {
        return git(reference);
    }
    match address.split_once("://") {
        Some(("http" | "https", rest)) if is_repository(rest) => git(reference),
        Some((scheme, _)) if scheme.starts_with("git") || scheme == "ssh" => git(reference),
        Some(_) => Origin::Url,
        None if is_shorthand(address) => git(reference),
        None => Origin::Registry,
    }
}

/// Whether an address without its scheme is a repository and not an archive: the client clones it.
fn is_repository(rest: &str) -> bool {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let is_forge = matches!(host, "github.com" | "gitlab.com" | "bitbucket.org");
    path.strip_suffix(".git").is_some() || (is_forge && path.trim_end_matches('/').split('/').count() == 2)
}

/// Whether an address is `owner/repository`.
fn is_shorthand(address: &str) -> bool {
    let is_word = |word: &str| {
        let mut bytes = word.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    address.split_once('/').is_some_and(|(owner, repository)| is_word(owner) && is_word(repository))
}
