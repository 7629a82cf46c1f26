//! Comparisons that no rule's example holds.

use serde_json::{Value, json};

use super::*;
use crate::{
    baseline::{Tool, schema},
    untrusted::Untrusted,
};

fn tool(name: &str, text: &str, input: &Value) -> Tool {
    Tool {
        name: Untrusted::new(name),
        description: Some(Untrusted::new(text)),
        input: Some(schema(input)),
        ..Tool::default()
    }
}

fn entry(tools: Vec<Tool>) -> Entry {
    Entry { tools, ..Entry::default() }
}

/// Rules and what they are about, sorted.
fn told(before: Vec<Tool>, now: Vec<Tool>) -> Vec<String> {
    let findings = between(&entry(before), &entry(now));
    let mut told: Vec<String> =
        findings.iter().map(|finding| format!("{} {}", finding.rule.id, finding.evidence)).collect();
    told.sort();
    told
}

fn takes(input: &Value, now: &Value) -> Vec<String> {
    let object = |properties: &Value| json!({ "type": "object", "properties": properties });
    told(vec![tool("a", "", &object(input))], vec![tool("a", "", &object(now))])
}

#[test]
fn a_new_tool_is_weighed_by_what_is_known_of_it() {
    for (name, hint, uses, acts) in [
        ("list_files", None, None, false),
        ("get_post", None, None, false),
        ("list_and_delete", None, None, true),
        ("git_branch", None, None, true),
        ("send_mail", Some(true), None, false),
        ("list_files", Some(false), None, true),
        ("list_files", Some(true), Some("file-writes"), true),
        ("list_files", None, Some("network"), false),
    ] {
        let mut new = tool(name, "", &json!({}));
        new.annotations.read_only = hint;
        new.reach = uses.map(|uses: &str| crate::baseline::Reach {
            uses: vec![uses.to_owned()],
            ..crate::baseline::Reach::default()
        });
        let expected = if acts { "drift/write-tool-added" } else { "drift/tool-added" };
        assert_eq!(told(Vec::new(), vec![new]), [format!("{expected} {name}")], "{name} {hint:?} {uses:?}");
    }
}

#[test]
fn parameters_are_found_wherever_a_schema_nests_them() {
    let definition = json!({ "$ref": "#/$defs/Place" });
    let with = |properties: Value| json!({ "properties": { "place": definition }, "$defs": { "Place": { "properties": properties } } });
    let before = vec![tool("a", "", &with(json!({ "x": { "type": "string" } })))];
    let now = vec![tool("a", "", &with(json!({ "x": { "type": "string" }, "url": { "type": "string" } })))];
    assert_eq!(told(before, now), ["drift/parameter-reaches place.url"]);
    let items =
        |properties: Value| json!({ "list": { "type": "array", "items": { "properties": properties } } });
    assert_eq!(
        takes(&items(json!({})), &items(json!({ "webhook": {} }))),
        ["drift/parameter-reaches list[].webhook"]
    );
    let optional = |kind: &str| json!({ "x": { "anyOf": [{ "type": kind }, { "type": "null" }] } });
    assert_eq!(takes(&optional("integer"), &optional("string")), ["drift/constraint-loosened x"]);
    assert_eq!(
        takes(&json!({ "x": { "type": "integer" } }), &optional("integer")),
        ["drift/schema-changed x"]
    );
    assert_eq!(takes(&optional("string"), &optional("string")), [""; 0]);
}

#[test]
fn schemas_that_point_at_themselves_end() {
    let circle = json!({ "properties": { "x": { "$ref": "#/properties/x" }, "y": { "$ref": "#" } } });
    let other = json!({ "properties": { "x": { "$ref": "#/properties/x" }, "y": { "$ref": "#" }, "z": {} } });
    let found = told(vec![tool("a", "", &circle)], vec![tool("a", "", &other)]);
    assert!(found.contains(&"drift/parameter-added z".to_owned()), "{found:?}");
    assert!(found.len() < 100, "{}", found.len());
}

#[test]
fn a_rename_is_recognised_among_many_and_a_swap_is_none() {
    let numbered = |name: &str, at: usize| {
        tool(
            &format!("{name}_{at}"),
            &format!("Reads entry number {at} of the table and gives row {at} back."),
            &json!({ "properties": { format!("row{at}"): { "type": "integer" } } }),
        )
    };
    let before: Vec<Tool> = (0..40).map(|at| numbered("read", at)).collect();
    let now: Vec<Tool> = (0..40).rev().map(|at| numbered("load", at)).collect();
    let found = told(before, now);
    assert_eq!(found.len(), 40, "{found:?}");
    assert!(found.iter().all(|one| one.starts_with("drift/tool-renamed ")), "{found:?}");
    let swapped = told(
        vec![
            tool("read", "Reads one file of the folder.", &json!({})),
            tool("send", "Sends a mail to somebody.", &json!({})),
        ],
        vec![
            tool("read", "Sends a mail to somebody.", &json!({})),
            tool("send", "Reads one file of the folder.", &json!({})),
        ],
    );
    assert!(swapped.iter().all(|one| one.starts_with("drift/text-changed")), "{swapped:?}");
}

#[test]
fn very_many_tools_are_compared_in_reasonable_time() {
    let many = |name: &str| -> Vec<Tool> {
        (0..3_000).map(|at| tool(&format!("{name}{at}"), &"word ".repeat(50), &json!({}))).collect()
    };
    let found = told(many("a"), many("b"));
    assert!(found.len() >= FINDINGS, "{}", found.len());
}

#[test]
fn what_can_no_longer_be_read_is_no_narrowing() {
    let before = vec![tool("a", "", &json!({ "properties": { "x": {} } }))];
    let now = vec![Tool { input: None, ..tool("a", "", &json!({})) }];
    assert_eq!(told(before, now), ["drift/schema-changed "]);
    let handled = Tool { reach: Some(crate::baseline::Reach::default()), ..tool("a", "", &json!({})) };
    let lost = Tool { reach: None, ..handled.clone() };
    assert_eq!(gaps(&entry(vec![handled]), &entry(vec![lost])).len(), 1);
    let unread = Entry { unread: 2, ..Entry::default() };
    assert_eq!(gaps(&Entry::default(), &unread).iter().filter(|(_, needed)| *needed).count(), 1);
    assert!(gaps(&unread, &Entry::default()).is_empty());
}

#[test]
fn variables_that_say_where_are_no_secrets() {
    for (name, expected) in [
        ("EXAMPLE_API_KEY", true),
        ("GITHUB_TOKEN", true),
        ("AUTH_SERVER_URL", false),
        ("KEY_FILE", false),
        ("LOG_LEVEL", false),
        ("DATABASE_PASSWORD", true),
    ] {
        let scope = crate::baseline::Scope {
            kind: "environment".to_owned(),
            name: Untrusted::new(name),
            ..crate::baseline::Scope::default()
        };
        assert_eq!(scopes::is_secret(&scope), expected, "{name}");
    }
}
