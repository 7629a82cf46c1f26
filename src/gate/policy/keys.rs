//! Every key of a policy file: one table, from which the reader, the JSON schema and the
//! documentation are made.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// One key.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// What it means, one or two sentences.
    pub about: &'static str,
    /// Whether it must be there.
    pub must: bool,
}

/// What may stand behind a key.
#[derive(Debug)]
pub enum Shape {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Several of these words.
    Choices(&'static [&'static str]),
    /// Any text that is not empty.
    Text,
    /// Several texts.
    Texts,
    /// Any number of texts, none included.
    List,
    /// `true` or `false`.
    Flag,
    /// A number and `hours` or `days`.
    Age,
    /// A day, such as `2027-01-31`.
    Day,
    /// A table with these keys.
    Table(&'static [Key]),
    /// Any number of tables with these keys.
    Tables(&'static [Key]),
    /// A table from names of rules, such as `text/*`, to tables with these keys.
    ByRule(&'static [Key]),
}

const fn may(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, about, must: false }
}

const fn must(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, about, must: true }
}

/// Names of profiles.
pub const PROFILES: &[&str] = &["laptop", "ci", "audit", "strict"];
/// Severities from which findings may fail, and `never`.
pub const LEAST: &[&str] = &["high", "medium", "low", "info", "never"];
/// Confidences.
pub const SURE: &[&str] = &["high", "medium", "low"];
/// What an incomplete scan may mean.
pub const INCOMPLETE: &[&str] = &["incomplete", "fail"];
/// Kinds of targets.
pub const SOURCES: &[&str] = &["npm", "pypi", "cargo", "git", "mcpb", "local"];
/// Evidence that may be required; `provenance` is any build provenance.
pub const EVIDENCE: &[&str] = &[
    "provenance",
    "registry-signature",
    "npm-publish",
    "npm-provenance",
    "pypi-publish",
    "pypi-provenance",
    "github-provenance",
    "github-release",
    "mcpb-signature",
    "server-json-digest",
    "source",
];

/// The keys of a policy file.
pub const POLICY: &[Key] = &[
    may(
        "profile",
        Shape::Choice(PROFILES),
        "Where every setting begins that is not written down here; `laptop` where it is missing.",
    ),
    may("gate", Shape::Table(GATE), "What fails, and what an incomplete scan means."),
    may(
        "rules",
        Shape::ByRule(RULE),
        "Other thresholds for single rules, by id, or for families, such as `text/*`; the longest name \
         that fits counts.",
    ),
    may("allow", Shape::Table(ALLOW), "What may be scanned at all. Everything else fails."),
    may("require", Shape::Tables(REQUIRE), "Evidence that must be there and must verify."),
    may(
        "bounds",
        Shape::Table(BOUNDS),
        "What any connector may ask for, whatever was approved; the keys are those of `--bounds FILE`, \
         and where both are given, both hold.",
    ),
    may("source", Shape::Table(SOURCE), "Folders that are scanned as our own source."),
    may("exception", Shape::Tables(EXCEPTION), "Findings that somebody looked at and answers for."),
];

const GATE: &[Key] = &[
    may("fail-on", Shape::Choice(LEAST), "The least severity that fails."),
    may("confidence", Shape::Choice(SURE), "The least confidence that fails."),
    may(
        "incomplete",
        Shape::Choice(INCOMPLETE),
        "The verdict where something that the gate needs could not be looked at. It is never a pass.",
    ),
    may(
        "minimum-release-age",
        Shape::Age,
        "How long a version must have been public, such as `3 days`; younger ones fail.",
    ),
    may(
        "maximum-database-age",
        Shape::Age,
        "How old the rules, names, trust roots, bounds and registry answers may be that an answer rests \
         on, such as `30 days`; with older ones it is incomplete.",
    ),
];

const RULE: &[Key] = &[
    may("fail-on", Shape::Choice(LEAST), "The least severity of this rule's findings that fails."),
    may("confidence", Shape::Choice(SURE), "The least confidence of this rule's findings that fails."),
];

const ALLOW: &[Key] = &[
    may("sources", Shape::Choices(SOURCES), "Kinds of sources; all where it is missing."),
    may(
        "connectors",
        Shape::Texts,
        "Connectors as `npm:NAME`, `pypi:NAME`, ...; `*` stands for any characters.",
    ),
];

const REQUIRE: &[Key] = &[
    may("connectors", Shape::Texts, "For which connectors, such as `npm:@acme/*`; all where it is missing."),
    must(
        "evidence",
        Shape::Choices(EVIDENCE),
        "What must verify. `provenance` is any of the build provenances.",
    ),
    may("repository", Shape::Text, "The repository that every verified build must name; `*` matches."),
    may("owner-id", Shape::Text, "The number of the repository's owner."),
    may("workflow", Shape::Text, "The workflow that every verified build must name; `*` matches."),
    may("issuer", Shape::Text, "Who must have issued the builder's identity; `*` matches."),
    may("builder", Shape::Text, "The builder; `*` matches."),
];

/// What a connector can do or have.
pub const POWERS: &[&str] = &[
    "dynamic-code",
    "environment",
    "file-deletes",
    "file-reads",
    "file-writes",
    "install-hooks",
    "listens",
    "native",
    "network",
    "open-network",
    "processes",
    "secrets",
];

const BOUNDS: &[Key] = &[
    may("hosts", Shape::List, "The only hosts that requests may go to; `*` stands for any characters."),
    may("forbid", Shape::Tables(FORBID), "What no connector may have together."),
    may("scopes", Shape::Table(SCOPES), "The most that may be asked for, by kind."),
];

const FORBID: &[Key] = &[
    must("together", Shape::Choices(POWERS), "What may not come together; one alone is forbidden by itself."),
    may("why", Shape::Text, "Why, for the report."),
];

/// The kinds of scopes that can be limited.
pub const SCOPES: &[Key] = &[
    may("container", Shape::List, "Options of containers."),
    may("environment", Shape::List, "Environment variables."),
    may("executable", Shape::List, "Programs."),
    may("host", Shape::List, "Hosts that a manifest names."),
    may("oauth", Shape::List, "Scopes of OAuth."),
    may("path", Shape::List, "Paths."),
    may("permission", Shape::List, "Permissions of clients."),
    may("port", Shape::List, "Ports."),
    may("user-config", Shape::List, "Settings that a user is asked for."),
];

const SOURCE: &[Key] = &[may(
    "ours",
    Shape::Flag,
    "Whether scanned folders are our own source: only then comments in them may accept findings.",
)];

const EXCEPTION: &[Key] = &[
    must("rule", Shape::Text, "The id of the rule."),
    must("reason", Shape::Text, "Why it is acceptable."),
    must("owner", Shape::Text, "Who answers for it."),
    must("until", Shape::Day, "The last day on which it holds."),
    may("connector", Shape::Text, "For which connector, such as `npm:@acme/files`; `*` matches."),
    may("path", Shape::Text, "The file of the finding."),
    may("tool", Shape::Text, "The tool of the finding."),
    may("content", Shape::Text, "The digest of what was looked at: other content needs a new look."),
    may("broad", Shape::Flag, "Says that it is meant although no `content` or no place is named."),
];

/// The JSON schema of a policy file, for editors.
pub fn schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("mcp-vouch policy, version 1"));
    schema.insert("description".to_owned(), json!("What `mcp-vouch.toml` may say."));
    if let Value::Object(members) = table(POLICY) {
        schema.extend(members);
    }
    Value::Object(schema)
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut property = shape(&key.shape);
            if let Value::Object(members) = &mut property {
                members.insert("description".to_owned(), json!(key.about));
            }
            (key.name.to_owned(), property)
        })
        .collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.must).map(|key| key.name).collect();
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Choices(words) => json!({ "type": "array", "items": { "enum": words }, "minItems": 1 }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Texts => {
            json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 })
        }
        Shape::List => json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Age => json!({ "type": "string", "pattern": "^[0-9]{1,5} (hours?|days?)$" }),
        Shape::Day => json!({ "anyOf": [
            { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
            { "type": "string", "format": "date" },
        ] }),
        Shape::Table(keys) => table(keys),
        Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Shape::ByRule(keys) => {
            json!({
                "type": "object",
                "additionalProperties": false,
                "patternProperties": { r"^[a-z0-9-]+/(\*|[a-z0-9-]+)$": table(keys) },
            })
        }
    }
}

/// A table in Markdown: every key and what it means.
pub fn table_of_keys() -> String {
    let mut text = String::from("| key | may be | meaning |\n|---|---|---|\n");
    rows("", POLICY, &mut text);
    text
}

fn rows(prefix: &str, keys: &[Key], text: &mut String) {
    for key in keys {
        let (inner, name) = match &key.shape {
            Shape::Table(inner) => (Some((*inner, format!("{}.", key.name))), format!("[{}]", key.name)),
            Shape::Tables(inner) => (Some((*inner, format!("{}[].", key.name))), format!("[[{}]]", key.name)),
            Shape::ByRule(inner) => {
                (Some((*inner, format!("{}.RULE.", key.name))), format!("[{}]", key.name))
            }
            _ => (None, format!("{prefix}{}", key.name)),
        };
        let needed = if key.must { " **Needed.**" } else { "" };
        let _ = writeln!(text, "| `{name}` | {} | {}{needed} |", words(&key.shape), key.about);
        if let Some((inner, prefix)) = inner {
            rows(&prefix, inner, text);
        }
    }
}

fn words(shape: &Shape) -> String {
    match shape {
        Shape::Choice(words) => words.join(", "),
        Shape::Choices(words) => format!("list of {}", words.join(", ")),
        Shape::Text => "text".to_owned(),
        Shape::Texts | Shape::List => "list of texts".to_owned(),
        Shape::Flag => "true, false".to_owned(),
        Shape::Age => "number of `hours` or `days`".to_owned(),
        Shape::Day => "`YYYY-MM-DD`".to_owned(),
        Shape::Table(_) => "table".to_owned(),
        Shape::Tables(_) => "tables".to_owned(),
        Shape::ByRule(_) => "table by rule".to_owned(),
    }
}
