//! Tools that are made at run time of an API description that the package ships: how many there may be.

use serde_json::Value as Json;

use crate::{
    artifact::{Artifact, File, Kind},
    connector::Connector,
};

/// Largest description that is read, bytes.
const LARGEST: usize = 8 << 20;
/// Descriptions named at most.
const MOST_NAMED: usize = 4;
/// What an operation of a path is called.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// Adds to every list that could not be read which API descriptions it may be made of.
pub(super) fn explain(artifact: &Artifact, connector: &mut Connector) {
    let made = |why: &str| why.contains("list") || why.starts_with("names are");
    let mut unread = connector.registrations.unread.iter_mut().filter(|(_, why)| made(why)).peekable();
    if unread.peek().is_none() {
        return;
    }
    let described = artifact.files.iter().filter_map(|file| Some((file, operations(file)?)));
    let named: Vec<String> = described
        .take(MOST_NAMED)
        .map(|(file, count)| format!("`{}` describes {count} operations of an API", file.path))
        .collect();
    if !named.is_empty() {
        for (_, why) in unread {
            *why = format!("{why}; {}", named.join(", "));
        }
    }
}

/// How many operations an `OpenAPI` document describes.
fn operations(file: &File) -> Option<usize> {
    let is_json = file.kind == Kind::Data
        && file.path.to_ascii_lowercase().ends_with(".json")
        && file.bytes.len() <= LARGEST;
    if !is_json || memchr::memmem::find(&file.bytes, b"\"paths\"").is_none() {
        return None;
    }
    let document: Json = serde_json::from_slice(&file.bytes).ok()?;
    let is_description =
        ["openapi", "swagger"].iter().any(|key| document.get(key).is_some_and(Json::is_string));
    let paths = document.get("paths").filter(|_| is_description)?.as_object()?;
    let count = paths
        .values()
        .filter_map(Json::as_object)
        .map(|path| path.keys().filter(|key| METHODS.contains(&key.as_str())).count());
    Some(count.sum()).filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;

    fn explained(path: &str, text: &str, why: &str) -> String {
        let file = File {
            path: path.to_owned(),
            size: text.len() as u64,
            sha256: [0; 32],
            kind: Kind::Data,
            bytes: text.as_bytes().to_vec(),
        };
        let artifact = Artifact { files: vec![file], ..Artifact::default() };
        let mut connector = Connector::default();
        let place = Location { path: "index.js".to_owned(), line: 1, column: 1 };
        connector.registrations.unread.push((place, why.to_owned()));
        explain(&artifact, &mut connector);
        connector.registrations.unread[0].1.clone()
    }

    #[test]
    fn names_the_description_that_tools_are_made_of() {
        let api = r#"{"openapi": "3.1.0", "paths": {"/a": {"get": {}, "post": {}, "parameters": []}, "/b": {"put": {}}}}"#;
        let list = "the list is computed at run time";
        for (path, text, why, expected) in [
            (
                "api.json",
                api,
                list,
                "the list is computed at run time; `api.json` describes 3 operations of an API",
            ),
            ("api.json", api, "the name is computed at run time", "the name is computed at run time"),
            ("api.txt", api, list, list),
            ("package.json", r#"{"paths": {"/a": {"get": {}}}}"#, list, list),
            ("api.json", r#"{"openapi": "3.1.0", "paths": "#, list, list),
            ("api.json", r#"{"openapi": "3.1.0", "paths": {}}"#, list, list),
        ] {
            assert_eq!(explained(path, text, why), expected, "{path} {text}");
        }
    }
}
