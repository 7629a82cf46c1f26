//! Files to the name and version that their own manifest states; only for display and comparison.

use serde_json::Value;

use crate::{artifact::File, untrusted};

/// Largest manifest that is read for a name, bytes.
const MANIFEST: usize = 1 << 20;
/// Longest name or version that is taken over, characters.
const LONGEST: usize = 214;

/// The name and version in the outermost manifest, in the order in which ecosystems are known.
pub(crate) fn of(files: &[File]) -> Option<(String, String)> {
    let top = single_folder(files).map(|folder| format!("{folder}/"));
    let prefixes = std::iter::once("").chain(top.as_deref());
    for prefix in prefixes {
        for (name, read) in READERS {
            let path = format!("{prefix}{name}");
            let found = files.iter().find(|file| file.path == path);
            if let Some(identity) = found.and_then(|file| read_manifest(file, read)) {
                return Some(identity);
            }
        }
    }
    let metadata = files.iter().find(|file| {
        file.path.strip_suffix(".dist-info/METADATA").is_some_and(|folder| !folder.contains('/'))
    });
    metadata.and_then(|file| read_manifest(file, &from_headers))
}

type Reader = dyn Fn(&str) -> Option<(String, String)> + Sync;

const READERS: [(&str, &Reader); 5] = [
    ("package.json", &from_json),
    ("pyproject.toml", &|text| from_toml(text, "project")),
    ("PKG-INFO", &from_headers),
    ("manifest.json", &from_json),
    ("Cargo.toml", &|text| from_toml(text, "package")),
];

fn read_manifest(file: &File, read: &Reader) -> Option<(String, String)> {
    if file.bytes.len() > MANIFEST {
        return None;
    }
    let (name, version) = read(&file.text())?;
    let is_empty = name.trim().is_empty();
    (!is_empty).then(|| (untrusted::excerpt(&name, LONGEST), untrusted::excerpt(&version, LONGEST)))
}

fn from_json(text: &str) -> Option<(String, String)> {
    let value: Value = serde_json::from_str(text).ok()?;
    let name = value.get("name")?.as_str()?.to_owned();
    Some((name, value.get("version").and_then(Value::as_str).unwrap_or_default().to_owned()))
}

fn from_toml(text: &str, table: &str) -> Option<(String, String)> {
    let value: toml::Table = text.parse().ok()?;
    let table = value.get(table)?;
    let name = table.get("name")?.as_str()?.to_owned();
    Some((name, table.get("version").and_then(toml::Value::as_str).unwrap_or_default().to_owned()))
}

fn from_headers(text: &str) -> Option<(String, String)> {
    let header = |wanted: &str| {
        text.lines()
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(wanted)))
            .map(|(_, value)| value.trim().to_owned())
    };
    Some((header("Name")?, header("Version").unwrap_or_default()))
}

/// The one folder that holds everything, where there is one.
fn single_folder(files: &[File]) -> Option<&str> {
    let first = files.first()?.path.split_once('/')?.0;
    let is_single =
        files.iter().all(|file| file.path.split_once('/').is_some_and(|(folder, _)| folder == first));
    is_single.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Kind;

    #[test]
    fn finds_the_outermost_manifest() {
        type Case = (&'static str, &'static str, Option<(&'static str, &'static str)>);
        let cases: &[Case] = &[
            ("package.json", r#"{"name":"@a/b","version":"1.0.0"}"#, Some(("@a/b", "1.0.0"))),
            ("package/package.json", r#"{"name":"b"}"#, Some(("b", ""))),
            ("pyproject.toml", "[project]\nname='x'\nversion='2'", Some(("x", "2"))),
            ("Cargo.toml", "[package]\nname='x'\nversion='2'", Some(("x", "2"))),
            (
                "x-1.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: x\nVersion: 1\n\nName: y",
                Some(("x", "1")),
            ),
            ("package.json", "{", None),
            ("package.json", r#"{"name":7}"#, None),
            ("package.json", r#"{"name":" "}"#, None),
            ("a/b/package.json", r#"{"name":"b"}"#, None),
            ("package.json", "{\"name\":\"a\\u001b[31m\"}", Some(("a\\u{1b}[31m", ""))),
        ];
        for (path, text, expected) in cases {
            let bytes = text.as_bytes().to_vec();
            let file = File { path: (*path).into(), size: 0, sha256: [0; 32], kind: Kind::Data, bytes };
            let found = of(&[file]);
            let found = found.as_ref().map(|(name, version)| (name.as_str(), version.as_str()));
            assert_eq!(found, *expected, "{path} {text}");
        }
    }

    #[test]
    fn survives_deeply_nested_manifests() {
        for (path, text) in
            [("package.json", "[".repeat(10_000)), ("pyproject.toml", format!("a={}", "[".repeat(10_000)))]
        {
            let file = File {
                path: path.into(),
                size: 0,
                sha256: [0; 32],
                kind: Kind::Data,
                bytes: text.into_bytes(),
            };
            assert_eq!(of(&[file]), None);
        }
    }
}
