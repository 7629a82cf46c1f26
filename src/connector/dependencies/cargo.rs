//! Dependencies of `Cargo.toml`.

use serde_json::Value;

use super::{Dependency, DependencyKind, Found, Origin, git, places, text};
use crate::{
    artifact::{Artifact, Ecosystem},
    connector::manifest::{Manifests, Places, string},
    untrusted::Untrusted,
};

const TABLES: [(&str, DependencyKind); 3] = [
    ("dependencies", DependencyKind::Normal),
    ("build-dependencies", DependencyKind::Build),
    ("dev-dependencies", DependencyKind::Development),
];

pub(super) fn read(artifact: &Artifact, manifests: &Manifests, found: &mut Found<'_>) {
    let Some(document) = &manifests.cargo_toml else { return };
    let places = places(&document.path, text(artifact, document));
    read_tables(&document.value, &places, found);
    let platforms = document.value.get("target").and_then(Value::as_object);
    for platform in platforms.into_iter().flat_map(|platforms| platforms.values()) {
        read_tables(platform, &places, found);
    }
}

fn read_tables(value: &Value, places: &Places<'_>, found: &mut Found<'_>) {
    for (table, kind) in TABLES {
        for (name, entry) in value.get(table).and_then(Value::as_object).into_iter().flatten() {
            let is_optional = entry.get("optional") == Some(&Value::Bool(true));
            let (requirement, origin) = origin(entry);
            found.push(Dependency {
                ecosystem: Ecosystem::Cargo,
                name: Untrusted::new(string(entry, &["package"]).unwrap_or(name)),
                requirement: Untrusted::new(requirement),
                kind: if is_optional { DependencyKind::Optional } else { kind },
                origin,
                location: places.of(&[table, name]),
            });
        }
    }
}

/// A published crate's `git` and `path` are replaced by its `version`: crates.io is asked.
fn origin(entry: &Value) -> (&str, Origin) {
    if let Some(version) = entry.as_str().or_else(|| string(entry, &["version"])) {
        return (version, Origin::Registry);
    }
    if let Some(address) = string(entry, &["git"]) {
        return (address, git(string(entry, &["rev"])));
    }
    match string(entry, &["path"]) {
        Some(path) => (path, Origin::Path),
        None => ("", Origin::Registry),
    }
}
