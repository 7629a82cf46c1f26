//! Every rule alone: its bad examples are found, its good ones stay silent.

use std::{collections::BTreeMap, fmt::Write as _};

use mcp_vouch::{
    acquire::Target,
    artifact::{Artifact, Coordinate, Ecosystem, Registry},
    baseline, code, connector,
    detect::{
        self, Subject,
        catalogue::{self, Entry, Example},
        drift, sets,
    },
    finding::Finding,
};

use super::{
    catalogue::speaks_while_acquiring,
    support::{self, Place},
};

/// Builds the artifact that an example describes.
fn artifact(example: &Example) -> Artifact {
    let mut files = example.files.clone();
    if let Some(code) = &example.code {
        let path = example.file.as_deref().unwrap_or_else(|| default_path(example.language.as_deref()));
        files.insert(path.to_owned(), code.clone());
    }
    let mut artifact = match &example.tool {
        Some(tool) => {
            let place = Place::empty();
            place.write("tools.json", captured(tool).to_string());
            support::acquire(&format!("tools:{}", place.work().join("tools.json").display())).1
        }
        None if !example.entries.is_empty() => packed(&files, &example.entries),
        None => unpacked(&files),
    };
    if !example.companion.is_empty() {
        artifact.companion = Some(Box::new(unpacked(&example.companion)));
    }
    facts(example, &mut artifact);
    artifact
}

fn unpacked(files: &BTreeMap<String, String>) -> Artifact {
    if files.is_empty() {
        return Artifact::default();
    }
    let place = Place::empty();
    for (path, text) in files {
        place.write(path, text);
    }
    support::acquire(place.work().to_str().unwrap()).1
}

fn packed(files: &BTreeMap<String, String>, entries: &[String]) -> Artifact {
    let mut all: Vec<(String, Vec<u8>)> = vec![("package/package.json".to_owned(), b"{}".to_vec())];
    all.extend(files.iter().map(|(path, text)| (format!("package/{path}"), text.clone().into_bytes())));
    all.extend(entries.iter().map(|entry| (entry.clone(), Vec::new())));
    let all: Vec<(&str, &[u8])> =
        all.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    let place = Place::empty();
    place.write("example.tgz", support::tarball(&all));
    support::acquire(place.work().join("example.tgz").to_str().unwrap()).1
}

fn default_path(language: Option<&str>) -> &'static str {
    match language {
        Some("python") => "server.py",
        Some("typescript") => "index.ts",
        Some("go") => "main.go",
        Some("rust") => "src/main.rs",
        Some("csharp") => "src/Main.cs",
        Some("java") => "src/Main.java",
        Some("ruby") => "server.rb",
        Some("php") => "server.php",
        Some("shell") => "install.sh",
        _ => "index.js",
    }
}

fn captured(tool: &toml::Value) -> serde_json::Value {
    let tool = serde_json::to_value(tool).unwrap();
    match tool {
        serde_json::Value::Array(tools) => serde_json::json!({ "tools": tools }),
        tool if tool.get("tools").is_some() => tool,
        tool => serde_json::json!({ "tools": [tool] }),
    }
}

fn facts(example: &Example, artifact: &mut Artifact) {
    if let Some(package) = &example.package {
        let at = package.rfind('@').filter(|&at| at > 0).unwrap_or(package.len());
        let ecosystem = match example.ecosystem.as_deref() {
            Some("pypi") => Ecosystem::Pypi,
            _ => Ecosystem::Npm,
        };
        artifact.coordinate = Coordinate {
            ecosystem,
            name: package[..at].to_owned(),
            version: package[at..].trim_start_matches('@').to_owned(),
        };
    }
    if let Some(document) = &example.registry {
        let document = serde_json::to_value(document).unwrap();
        if example.package.is_none() {
            let text = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
            artifact.coordinate =
                Coordinate { ecosystem: Ecosystem::Npm, name: text("name"), version: text("version") };
        }
        artifact.registry = Some(Registry { document, ..Registry::default() });
    }
    if let Some(line) = &example.launch {
        let target = Target::parse(line, &|_| false).unwrap();
        artifact.launch.clone_from(&target.launch);
    }
}

/// Two entries of a lock, compared.
fn compared(entry: &Entry, example: &Example) -> Option<Vec<Finding>> {
    let of = |value: &Option<toml::Value>| -> Option<baseline::Entry> {
        value.clone().map(|value| value.try_into().unwrap())
    };
    let (was, is) = (of(&example.was)?, of(&example.is)?);
    let mut findings = drift::between(&was, &is);
    findings.retain(|finding| finding.rule.id == entry.rule.id);
    Some(findings)
}

fn found(entry: &Entry, example: &Example) -> Vec<Finding> {
    if let Some(findings) = compared(entry, example) {
        return findings;
    }
    let bounds: Vec<_> =
        example.bounds.as_deref().map(|text| baseline::bounds::parse(text).unwrap()).into_iter().collect();
    let artifact = artifact(example);
    let code = code::read(&artifact, &sets::get().callees);
    let connector = connector::read(&artifact, &code);
    let subject = Subject {
        artifact: &artifact,
        code: &code,
        connector: &connector,
        provenance: &[],
        measure: drift::Measure { bounds: bounds.as_slice(), ..drift::Measure::default() },
    };
    let detected = detect::run(&subject, |rule| rule.id == entry.rule.id);
    assert_eq!(detected.failed, [], "{}", entry.rule.id);
    detected.findings
}

fn described(example: &Example) -> String {
    format!("{example:#?}").lines().filter(|line| !line.contains(": None")).fold(
        String::new(),
        |mut out, line| {
            let _ = writeln!(out, "    {line}");
            out
        },
    )
}

#[test]
fn every_bad_example_is_found() {
    let mut silent = String::new();
    for entry in catalogue::complete().entries().filter(|entry| !speaks_while_acquiring(entry)) {
        for example in entry.bad.iter().filter(|example| found(entry, example).is_empty()) {
            let _ = writeln!(silent, "{} is silent on a bad example:\n{}", entry.rule.id, described(example));
        }
    }
    assert!(silent.is_empty(), "{silent}");
}

#[test]
fn every_good_example_stays_silent() {
    let mut loud = String::new();
    for entry in catalogue::complete().entries().filter(|entry| !speaks_while_acquiring(entry)) {
        for example in &entry.good {
            for finding in found(entry, example) {
                let _ = writeln!(
                    loud,
                    "{} fires on a good example: {} {:?}\n{}",
                    entry.rule.id,
                    finding.message,
                    finding.location,
                    described(example)
                );
            }
        }
    }
    assert!(loud.is_empty(), "{loud}");
}

#[test]
fn messages_are_printable_and_places_exist() {
    for entry in catalogue::complete().entries().filter(|entry| !speaks_while_acquiring(entry)) {
        for example in &entry.bad {
            let artifact = artifact(example);
            for finding in found(entry, example) {
                support::assert_quiet(&finding.message, &entry.rule.id);
                assert!(!finding.message.is_empty(), "{}: empty message", entry.rule.id);
                if let Some(location) = &finding.location {
                    assert!(location.line >= 1 && location.column >= 1, "{}: {location:?}", entry.rule.id);
                    let known = artifact.files.iter().any(|file| file.path == location.path);
                    assert!(known || artifact.files.is_empty(), "{}: {location:?}", entry.rule.id);
                }
            }
        }
    }
}
