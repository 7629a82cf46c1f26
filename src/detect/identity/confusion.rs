//! The registry's document against the `package.json` of the archive.
//!
//! Clients and reviewers read the document; installations run the archive.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    artifact::Artifact,
    connector::manifest::{Manifests, place, string},
    detect::Asked,
    finding::{Confidence, Finding},
    untrusted::excerpt,
};

/// Differences that one message lists.
const LISTED: usize = 4;

/// Scripts that an installation runs.
const HOOKS: [&str; 3] = ["preinstall", "install", "postinstall"];

/// Reports what the two say differently. What the document does not have cannot be compared.
pub(super) fn compare(
    artifact: &Artifact,
    manifests: &Manifests,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule("identity/manifest-confusion") else { return };
    let (Some(registry), Some(inside)) = (&artifact.registry, &manifests.package_json) else { return };
    for (field, read) in FIELDS {
        let (Some(said), Some(found)) =
            (read(&registry.document, Side::Registry), read(&inside.value, Side::Archive))
        else {
            continue;
        };
        let differences = differences(&said, &found);
        let Some((first, _)) = differences.first() else { continue };
        let shown: Vec<String> = differences.iter().take(LISTED).map(|(_, text)| text.clone()).collect();
        let more = differences.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message =
            format!("{field} of the archive are not what the registry shows: {}{more}", shown.join("; "));
        let mut finding = Finding::new(rule, message).because(format!("{field} {first}"));
        let has_hidden_hook = field == "install scripts" && found.keys().any(|hook| !said.contains_key(hook));
        finding.confidence =
            finding.confidence.min(if has_hidden_hook { Confidence::High } else { Confidence::Medium });
        let key = if field == "install scripts" { "scripts" } else { field };
        findings.push(finding.at(place(artifact, inside, &[key, first])));
    }
}

/// Which of the two documents is read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    Registry,
    Archive,
}

type Table = BTreeMap<String, String>;
type Field = (&'static str, fn(&Value, Side) -> Option<Table>);

const FIELDS: [Field; 4] =
    [("dependencies", dependencies), ("install scripts", hooks), ("bin", commands), ("mcpName", mcp_name)];

/// Dependencies with the optional ones, which the registry lists among them.
fn dependencies(document: &Value, side: Side) -> Option<Table> {
    let tables =
        ["dependencies", "optionalDependencies"].map(|key| document.get(key).and_then(Value::as_object));
    if side == Side::Registry && tables.iter().all(Option::is_none) {
        return None;
    }
    let entries = tables.into_iter().flatten().flatten();
    Some(
        entries
            .filter_map(|(name, value)| Some((name.clone(), normal_requirement(value.as_str()?))))
            .collect(),
    )
}

/// A requirement in one spelling.
fn normal_requirement(requirement: &str) -> String {
    let plain = requirement.trim();
    let plain = plain.strip_prefix("git+").unwrap_or(plain).trim_end_matches(".git");
    if plain.is_empty() { "*".to_owned() } else { plain.split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// Install scripts. The registry writes down the `node-gyp rebuild` that npm adds by itself.
fn hooks(document: &Value, side: Side) -> Option<Table> {
    let scripts = document.get("scripts").and_then(Value::as_object);
    if side == Side::Registry && scripts.is_none() {
        return None;
    }
    let hooks =
        HOOKS.into_iter().filter_map(|hook| Some((hook, string(document, &["scripts", hook])?.trim())));
    let written = hooks.filter(|(_, command)| !command.is_empty() && *command != "node-gyp rebuild");
    Some(written.map(|(hook, command)| (hook.to_owned(), command.to_owned())).collect())
}

fn commands(document: &Value, side: Side) -> Option<Table> {
    let normal = |path: &str| path.trim_start_matches("./").trim_start_matches('/').to_owned();
    match document.get("bin") {
        Some(Value::String(path)) => {
            let name = string(document, &["name"])?;
            let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
            Some(BTreeMap::from([(name.to_owned(), normal(path))]))
        }
        Some(Value::Object(entries)) => Some(
            entries.iter().filter_map(|(name, path)| Some((name.clone(), normal(path.as_str()?)))).collect(),
        ),
        _ if side == Side::Archive => Some(Table::new()),
        _ => None,
    }
}

fn mcp_name(document: &Value, _side: Side) -> Option<Table> {
    Some(BTreeMap::from([("mcpName".to_owned(), string(document, &["mcpName"])?.to_owned())]))
}

/// The keys whose values differ, with the difference in words.
fn differences(said: &Table, found: &Table) -> Vec<(String, String)> {
    let keys: BTreeSet<&String> = said.keys().chain(found.keys()).collect();
    let different = keys.into_iter().filter(|key| said.get(*key) != found.get(*key));
    different
        .map(|key| {
            let name = excerpt(key, 60);
            let text = match (said.get(key), found.get(key)) {
                (Some(said), Some(found)) => {
                    format!("`{name}` is `{}`, shown as `{}`", excerpt(found, 60), excerpt(said, 60))
                }
                (None, _) => format!("`{name}` is not shown"),
                (_, None) => format!("`{name}` is shown but not there"),
            };
            (key.clone(), text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn publish_time_changes_are_no_differences() {
        for (field, said, found) in [
            (
                dependencies as fn(&Value, Side) -> Option<Table>,
                json!({"dependencies": {"a": "1", "o": "2"}}),
                json!({"dependencies": {"a": "1"}, "optionalDependencies": {"o": "2"}}),
            ),
            (dependencies, json!({"dependencies": {"a": "*"}}), json!({"dependencies": {"a": ""}})),
            (
                dependencies,
                json!({"dependencies": {"a": "git+https://f.example/a.git"}}),
                json!({"dependencies": {"a": "https://f.example/a"}}),
            ),
            (hooks, json!({"scripts": {"install": "node-gyp rebuild"}}), json!({"scripts": {"test": "x"}})),
            (commands, json!({"bin": {"a": "x.js"}}), json!({"name": "@s/a", "bin": "./x.js"})),
        ] {
            let (said, found) =
                (field(&said, Side::Registry).unwrap(), field(&found, Side::Archive).unwrap());
            assert_eq!(differences(&said, &found), []);
        }
    }

    #[test]
    fn missing_fields_are_not_comparable() {
        for field in [dependencies, hooks, commands, mcp_name] {
            assert_eq!(field(&json!({"name": "a"}), Side::Registry), None);
        }
    }
}
