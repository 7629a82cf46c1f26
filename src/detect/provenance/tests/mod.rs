//! Real evidence and what must come of it.

mod conformance;
mod mutation;
mod online;
mod policy;
mod real;
mod rules;

use std::{fs, path::PathBuf};

use super::*;
use crate::artifact::{
    Coordinate, Ecosystem,
    evidence::{Archive, Document, KeyList, Origin},
};

/// The folder of real evidence.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore")
}

fn read(path: &str) -> Vec<u8> {
    fs::read(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text(path: &str) -> String {
    String::from_utf8(read(path)).unwrap()
}

/// One row of the manifest of real evidence.
#[derive(Debug)]
struct Row {
    file: String,
    what: String,
    expected: String,
    root: String,
    digest: String,
}

fn manifest() -> Vec<Row> {
    let rows: Vec<Row> = text("MANIFEST.tsv")
        .lines()
        .skip(1)
        .map(|line| {
            let cell = |at: usize| line.split('\t').nth(at).unwrap_or_default().to_owned();
            Row { file: cell(0), what: cell(4), expected: cell(5), root: cell(6), digest: cell(8) }
        })
        .collect();
    assert_eq!(rows.len(), 200);
    rows
}

fn rows(folder: &str) -> Vec<Row> {
    let rows: Vec<Row> = manifest().into_iter().filter(|row| row.file.starts_with(folder)).collect();
    assert!(!rows.is_empty(), "{folder}");
    rows
}

/// The keys of the npm registry.
fn npm_keys() -> Vec<KeyList> {
    vec![KeyList { from: "built in".to_owned(), bytes: read("roots/npm-keys.json") }]
}

/// An archive of which only one digest is known.
fn archive(name: &str, digest: &str) -> Archive {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    let of = |wanted: &str| if wanted == algorithm { hex.to_owned() } else { "0".repeat(64) };
    Archive { name: name.to_owned(), sha256: of("sha256"), sha512: of("sha512") }
}

/// Name and version in `pkg:npm/NAME@VERSION` of a row's description.
fn package(what: &str) -> (String, String) {
    let (_, rest) = what.split_once("(subject pkg:npm/").unwrap_or_else(|| panic!("{what}"));
    let (name, version) = rest.trim_end_matches(')').rsplit_once('@').unwrap();
    (name.replace("%40", "@"), version.to_owned())
}

/// An artifact of the npm registry that an attestation answer speaks for.
fn npm_artifact(name: &str, version: &str, digest: &str, bytes: Vec<u8>) -> Artifact {
    Artifact {
        coordinate: Coordinate {
            ecosystem: Ecosystem::Npm,
            name: name.to_owned(),
            version: version.to_owned(),
        },
        evidence: Evidence {
            archive: Some(archive("package.tgz", digest)),
            documents: vec![document(bytes)],
            npm_keys: npm_keys(),
            ..Evidence::default()
        },
        ..Artifact::default()
    }
}

fn document(bytes: Vec<u8>) -> Document {
    Document { name: "attestations.json".to_owned(), origin: Origin::File, bytes }
}
