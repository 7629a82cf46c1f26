//! Configurations of clients as targets: every server at its own line, in every format that has lines.

use serde_json::{Value, json};

use super::{
    registry::Registry,
    support::{Answer, JSON_SCHEMA, Place, SARIF_SCHEMA, schema_errors, tarball},
};

/// A configuration with a server that fails, one that passes, and two that cannot be looked at.
const CONFIGURATION: &str = r#"{
  // what the agents of this repository use
  "mcpServers": {
    "shell": {
      "command": "npx",
      "args": [
        "-y",
        "runner@1.0.0"
      ],
      "env": { "TOKEN": "very-secret" }
    },
    "notes": { "command": "npx", "args": ["-y", "notes"] },
    "box": { "command": "docker", "args": ["run", "box"] },
    "live": { "url": "https://user:very-secret@live.example/mcp?key=very-secret" },
  }
}
"#;

/// A server whose tool hands its argument to a shell.
const RUNNER: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n\
    import { exec } from 'node:child_process';\nimport { z } from 'zod';\n\
    const server = new McpServer({ name: 'runner', version: '1.0.0' });\n\
    server.tool('list', 'Lists a folder', { folder: z.string() }, async ({ folder }) => {\n\
    \x20 exec(`ls ${folder}`);\n  return { content: [] };\n});\n";

fn package(name: &str, source: &str) -> Vec<u8> {
    let manifest = json!({ "name": name, "version": "1.0.0", "type": "module", "bin": { name: "index.js" } });
    tarball(&[
        ("package/package.json", manifest.to_string().as_bytes()),
        ("package/index.js", source.as_bytes()),
    ])
}

fn checked(more: &[&str]) -> (Place, Answer) {
    let registry = Registry::start();
    registry.npm("runner", &package("runner", RUNNER));
    registry.npm("notes", &package("notes", "export const nothing = 1;\n"));
    let place = Place::empty();
    place.write(".cursor/mcp.json", CONFIGURATION);
    let answer = registry.check(&place, ".cursor/mcp.json", more);
    (place, answer)
}

fn document(place: &Place, file: &str) -> (String, Value) {
    let text = std::fs::read_to_string(place.work().join(file)).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn every_result_stands_at_the_line_that_asks_for_its_package() {
    let (place, answer) = checked(&["--output", "sarif=out.sarif", "--output", "json=out.json"]);
    assert_eq!(answer.code, 1, "{}", super::support::shown(&answer));
    let (text, sarif) = document(&place, "out.sarif");
    assert_eq!(schema_errors(SARIF_SCHEMA, &text), [""; 0]);
    let run = &sarif["runs"][0];
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 4);
    let results: Vec<&Value> =
        sarif["runs"].as_array().unwrap().iter().flat_map(|run| run["results"].as_array().unwrap()).collect();
    let place_of = |value: &Value| {
        let place = &value["physicalLocation"];
        (place["artifactLocation"]["uri"].as_str().unwrap().to_owned(), place["region"]["startLine"].as_u64())
    };
    for result in &results {
        let (uri, line) = place_of(&result["locations"][0]);
        assert_eq!(uri, ".cursor/mcp.json", "{result:#}");
        assert!([Some(8), Some(12)].contains(&line), "{result:#}");
    }
    let shell = results.iter().find(|result| result["ruleId"] == "flow/command-injection").unwrap();
    assert_eq!(place_of(&shell["locations"][0]), (".cursor/mcp.json".to_owned(), Some(8)));
    assert_eq!(place_of(&shell["relatedLocations"][0]), ("npm/runner@1.0.0/index.js".to_owned(), Some(6)));
    let said = shell["message"]["text"].as_str().unwrap();
    assert!(said.starts_with("`shell` starts runner 1.0.0: ") && said.ends_with(", at index.js:6"), "{said}");
    assert_eq!(run["automationDetails"]["id"], "mcp-vouch/.cursor/mcp.json/");
    let gaps: Vec<Option<u64>> = sarif["runs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|run| run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap())
        .filter(|gap| gap["level"] == "error")
        .map(|gap| place_of(&gap["locations"][0]).1)
        .collect();
    assert_eq!(gaps, [Some(13), Some(14)]);
    let (text, report) = document(&place, "out.json");
    assert_eq!(schema_errors(JSON_SCHEMA, &text), [""; 0]);
    let asked: Vec<&Value> =
        report["reports"].as_array().unwrap().iter().map(|one| &one["configured"]).collect();
    let names: Vec<&str> = asked.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shell", "notes", "box", "live"]);
}

#[test]
fn two_servers_of_one_package_are_two_results() {
    let registry = Registry::start();
    registry.npm("runner", &package("runner", RUNNER));
    let place = Place::empty();
    let one =
        |name: &str| format!("\"{name}\": {{ \"command\": \"npx\", \"args\": [\"-y\", \"runner@1.0.0\"] }}");
    place.write("mcp.json", format!("{{ \"servers\": {{\n{},\n{} }} }}", one("a"), one("b")));
    let answer = registry.check(&place, "mcp.json", &["--quiet", "--output", "sarif=-"]);
    let sarif: Value = serde_json::from_str(&answer.stdout).unwrap();
    let mut prints: Vec<&str> = sarif["runs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|run| run["results"].as_array().unwrap())
        .filter(|result| result["ruleId"] == "flow/command-injection")
        .map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 2, "{sarif:#}");
}

#[test]
fn annotations_stand_in_the_configuration() {
    let (_, answer) = checked(&["--quiet", "--output", "github=-"]);
    insta::assert_snapshot!("configured-github", answer.stdout);
}

#[test]
fn a_person_reads_which_server_it_is_about() {
    let (_, answer) = checked(&[]);
    insta::assert_snapshot!("configured-plain", super::support::shown(&answer));
    let outputs = ["plain", "html", "markdown", "json", "sarif", "github", "junit", "cyclonedx", "openvex"];
    for format in outputs {
        let (_, answer) = checked(&["--quiet", "--output", &format!("{format}=-")]);
        assert_eq!(answer.code, 1, "{format}");
        assert!(!answer.stdout.contains("very-secret"), "{format}");
    }
}

#[test]
fn a_configuration_is_locked_server_by_server() {
    let registry = Registry::start();
    registry.npm("notes", &package("notes", "export const nothing = 1;\n"));
    let place = Place::empty();
    place.write("mcp.json", r#"{"mcpServers":{"n":{"command":"npx","args":["-y","notes@1.0.0","/home"]}}}"#);
    let url = registry.url("/");
    let common = ["--npm-registry", &url, "--node-version", "22.0.0", "--quiet"];
    let run = |arguments: &[&str]| place.run(&[arguments, &common].concat()).code;
    assert_eq!(run(&["lock", "mcp.json"]), 0);
    let lock = std::fs::read_to_string(place.work().join("mcp-vouch.lock")).unwrap();
    assert!(lock.contains("\"npm:notes@1.0.0\""), "{lock}");
    assert_eq!(run(&["check", "mcp.json", "--baseline", "mcp-vouch.lock"]), 0);
    assert_eq!(run(&["diff", "mcp-vouch.lock", "mcp.json"]), 0);
    assert_eq!(run(&["lock", "--update"]), 0);
}
