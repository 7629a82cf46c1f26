//! Dependencies: each direct one has a reason, each one a licence that is allowed.

use std::{collections::BTreeSet, fs};

use cargo_metadata::{Metadata, MetadataCommand};

use super::support::root;

/// The dependency tree for this machine: packages for other platforms may not be downloaded.
fn metadata() -> Metadata {
    let options = ["--offline", "--locked", "--filter-platform", &platform()];
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(options.map(str::to_owned))
        .exec()
        .unwrap()
}

#[expect(clippy::disallowed_methods, reason = "asks the compiler for the name of this platform")]
fn platform() -> String {
    let output = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Names in the first column of CONTRIBUTING.md's table of dependencies that have a reason.
fn reasons() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, table) = text.split_once("## Dependencies").unwrap();
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .filter(|(_, reason)| reason.trim_end_matches(" |").len() >= 10)
        .flat_map(|(names, _)| {
            names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_direct_dependency_has_a_reason() {
    let reasons = reasons();
    let metadata = metadata();
    let direct: BTreeSet<String> = metadata
        .root_package()
        .unwrap()
        .dependencies
        .iter()
        .map(|dependency| dependency.name.clone())
        .collect();
    let missing: Vec<&String> = direct.difference(&reasons).collect();
    assert!(missing.is_empty(), "no reason in CONTRIBUTING.md: {missing:?}");
    let gone: Vec<&String> =
        reasons.difference(&direct).filter(|name| !["name", "---"].contains(&name.as_str())).collect();
    assert!(gone.is_empty(), "CONTRIBUTING.md names what is no dependency: {gone:?}");
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let deny: toml::Table = toml::from_str(&fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap();
    let allowed: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap())
        .collect();
    let mut wrong = Vec::new();
    for package in metadata().packages {
        let licence = package.license.clone().unwrap_or_default();
        if !is_allowed(&licence, &allowed) {
            wrong.push(format!("{} {}: `{licence}`", package.name, package.version));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether every part of a licence expression offers something that is allowed.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    flat.split(" AND ").all(|part| part.split(" OR ").any(|licence| allowed.contains(&licence.trim())))
}

#[test]
fn reads_licence_expressions() {
    let allowed = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
    for (expression, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}
