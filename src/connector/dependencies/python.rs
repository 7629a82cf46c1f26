//! Dependencies of core metadata and `pyproject.toml`.

use std::str::FromStr as _;

use pep508_rs::{Requirement, VersionOrUrl};
use serde_json::Value;
use url::Url;

use super::{Dependency, DependencyKind, Found, Origin, git, places, text};
use crate::{
    artifact::{Artifact, Ecosystem},
    connector::manifest::{Manifests, Places, Root, member, metadata_file, string},
    finding::Location,
    untrusted::Untrusted,
};

/// A requirement above this length is not read: real ones are below 500 bytes.
const LONGEST: usize = 4_096;

pub(super) fn read(artifact: &Artifact, manifests: &Manifests, found: &mut Found<'_>) {
    let is_built = !manifests.metadata.is_empty();
    if let Some(file) = metadata_file(artifact, &Root::of(artifact)).filter(|_| is_built) {
        let text = file.text();
        read_metadata(manifests, &Lines::new(&file.path, &text), found);
    }
    let Some(document) = &manifests.pyproject else { return };
    let places = places(&document.path, text(artifact, document));
    let value = &document.value;
    if !is_built {
        read_project(value, &places, found);
    }
    read_list(member(value, &["build-system", "requires"]), DependencyKind::Build, &places, found);
    read_list(
        member(value, &["tool", "uv", "dev-dependencies"]),
        DependencyKind::Development,
        &places,
        found,
    );
    for group in values(value.get("dependency-groups")) {
        read_list(Some(group), DependencyKind::Development, &places, found);
    }
    read_poetry(value, is_built, &places, found);
}

/// The places of `Requires-Dist` headers, in order.
struct Lines {
    places: Vec<Location>,
}

impl Lines {
    fn new(path: &str, text: &str) -> Self {
        let headers = (1..).zip(text.lines()).take_while(|(_, line)| !line.is_empty());
        let wanted = headers.filter(|(_, line)| {
            line.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("requires-dist:"))
        });
        let places = wanted.map(|(line, _)| Location { path: path.to_owned(), line, column: 1 });
        Self { places: places.collect() }
    }

    fn of(&self, ordinal: usize) -> Location {
        let first = || Location { path: String::new(), line: 1, column: 1 };
        self.places.get(ordinal).cloned().unwrap_or_else(first)
    }
}

fn read_metadata(manifests: &Manifests, lines: &Lines, found: &mut Found<'_>) {
    let headers = manifests.metadata.iter().filter(|(name, _)| name == "requires-dist");
    for (ordinal, (_, requirement)) in headers.enumerate() {
        push(requirement, DependencyKind::Normal, lines.of(ordinal), found);
    }
}

fn read_project(value: &Value, places: &Places<'_>, found: &mut Found<'_>) {
    read_list(member(value, &["project", "dependencies"]), DependencyKind::Normal, places, found);
    for extra in values(member(value, &["project", "optional-dependencies"])) {
        read_list(Some(extra), DependencyKind::Optional, places, found);
    }
}

fn read_list(list: Option<&Value>, kind: DependencyKind, places: &Places<'_>, found: &mut Found<'_>) {
    for requirement in list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        push(requirement, kind, places.of(&[requirement]), found);
    }
}

fn values(table: Option<&Value>) -> impl Iterator<Item = &Value> {
    table.and_then(Value::as_object).into_iter().flat_map(|table| table.values())
}

/// Reads one requirement. The marker is cut off first: only whether it asks for an extra matters,
/// and a marker nests as deep as its author likes.
fn push(requirement: &str, kind: DependencyKind, location: Location, found: &mut Found<'_>) {
    let (head, marker) = split_marker(requirement);
    let parsed = (requirement.len() <= LONGEST).then(|| Requirement::<Url>::from_str(head).ok()).flatten();
    let Some(parsed) = parsed else {
        let why = format!("not a dependency specifier: `{}`", crate::untrusted::excerpt(requirement, 80));
        found.refuse(&location.path, why);
        return;
    };
    let (requirement, origin) = match &parsed.version_or_url {
        None => (String::new(), Origin::Registry),
        Some(VersionOrUrl::VersionSpecifier(versions)) => (versions.to_string(), Origin::Registry),
        Some(VersionOrUrl::Url(url)) => (url.to_string(), origin(url)),
    };
    let is_extra = kind == DependencyKind::Normal && asks_for_extra(marker);
    found.push(Dependency {
        ecosystem: Ecosystem::Pypi,
        name: Untrusted::new(parsed.name.to_string()),
        requirement: Untrusted::new(requirement),
        kind: if is_extra { DependencyKind::Optional } else { kind },
        origin,
        location,
    });
}

/// A requirement and its environment marker. In a URL only ` ;` ends the requirement.
fn split_marker(requirement: &str) -> (&str, &str) {
    let end = if requirement.contains('@') { " ;" } else { ";" };
    let (head, marker) = requirement.split_once(end).unwrap_or((requirement, ""));
    (head.trim(), marker)
}

fn asks_for_extra(marker: &str) -> bool {
    let mut words = marker.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.any(|word| word == "extra")
}

fn origin(url: &Url) -> Origin {
    match url.scheme() {
        "file" => Origin::Path,
        scheme if scheme == "git" || scheme.starts_with("git+") => {
            git(url.path().rsplit_once('@').map(|(_, reference)| reference))
        }
        _ => Origin::Url,
    }
}

fn read_poetry(value: &Value, is_built: bool, places: &Places<'_>, found: &mut Found<'_>) {
    let Some(poetry) = member(value, &["tool", "poetry"]) else { return };
    if !is_built {
        read_poetry_table(poetry.get("dependencies"), DependencyKind::Normal, places, found);
    }
    read_poetry_table(poetry.get("dev-dependencies"), DependencyKind::Development, places, found);
    for group in values(poetry.get("group")) {
        read_poetry_table(group.get("dependencies"), DependencyKind::Development, places, found);
    }
}

fn read_poetry_table(
    table: Option<&Value>,
    kind: DependencyKind,
    places: &Places<'_>,
    found: &mut Found<'_>,
) {
    for (name, entry) in table.and_then(Value::as_object).into_iter().flatten() {
        if name == "python" {
            continue;
        }
        let is_optional = entry.get("optional") == Some(&Value::Bool(true));
        let (requirement, origin) = poetry_origin(entry);
        found.push(Dependency {
            ecosystem: Ecosystem::Pypi,
            name: Untrusted::new(name),
            requirement: Untrusted::new(requirement),
            kind: if is_optional && kind == DependencyKind::Normal { DependencyKind::Optional } else { kind },
            origin,
            location: places.of(&["dependencies", name]),
        });
    }
}

fn poetry_origin(entry: &Value) -> (&str, Origin) {
    if let Some(address) = string(entry, &["git"]) {
        return (address, git(string(entry, &["rev"])));
    }
    if let Some(address) = string(entry, &["url"]) {
        return (address, Origin::Url);
    }
    if let Some(path) = string(entry, &["path"]) {
        return (path, Origin::Path);
    }
    (entry.as_str().or_else(|| string(entry, &["version"])).unwrap_or(""), Origin::Registry)
}
