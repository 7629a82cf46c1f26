//! Captured `tools/list` replies: the JSON that a server sent, any protocol revision.

use serde_json::Value as Json;

use super::{annotations, text};
use crate::{
    artifact::{Artifact, Ecosystem, Kind},
    connector::{Connector, Described, Found, Prompt, Resource, Tool, Unreadable},
    finding::Location,
    untrusted::Untrusted,
};

/// Reads the one file of a captured list; other artifacts have none.
pub(super) fn read(artifact: &Artifact, connector: &mut Connector) {
    let [file] = artifact.files.as_slice() else { return };
    if artifact.coordinate.ecosystem != Ecosystem::Local || file.kind != Kind::Data {
        return;
    }
    let json: Json = match serde_json::from_slice(&file.bytes) {
        Ok(json) => json,
        Err(error) => {
            let why = format!("not a captured tool list: {error}");
            connector.problems.push(Unreadable { path: file.path.clone(), why });
            return;
        }
    };
    let at = |name: &str| {
        let needle = format!("\"{name}\"");
        let line = file.text().lines().position(|line| line.contains(&needle)).map_or(1, |line| line + 1);
        Some(Location { path: file.path.clone(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 })
    };
    for tool in list(&json, "tools") {
        let Some(name) = text(tool, "name") else {
            let place = Location { path: file.path.clone(), line: 1, column: 1 };
            connector.registrations.unread.push((place, "a tool without a name".to_owned()));
            continue;
        };
        connector.registrations.read += 1;
        connector.tools.push(Tool {
            location: at(name.raw()),
            title: text(tool, "title"),
            description: text(tool, "description"),
            input: tool
                .get("inputSchema")
                .or_else(|| tool.get("input_schema"))
                .or_else(|| tool.get("parameters"))
                .cloned(),
            output: tool.get("outputSchema").cloned(),
            annotations: annotations(tool.get("annotations")),
            found: Found::Captured,
            handler: None,
            reach: None,
            name,
        });
    }
    for prompt in list(&json, "prompts") {
        let Some(name) = text(prompt, "name") else { continue };
        let arguments = list(prompt, "arguments");
        connector.prompts.push(Prompt {
            location: at(name.raw()),
            description: text(prompt, "description"),
            arguments: arguments.into_iter().filter_map(|argument| text(argument, "name")).collect(),
            text: None,
            handler: None,
            name,
        });
    }
    for resource in list(&json, "resources").into_iter().chain(list(&json, "resourceTemplates")) {
        let Some(name) = text(resource, "name") else { continue };
        connector.resources.push(Resource {
            location: at(name.raw()),
            uri: text(resource, "uri").or_else(|| text(resource, "uriTemplate")),
            description: text(resource, "description"),
            handler: None,
            name,
        });
    }
    let holder = json.get("result").unwrap_or(&json);
    if let Some(instructions) = holder.get("instructions").and_then(Json::as_str) {
        connector
            .instructions
            .push(Described { text: Untrusted::new(instructions), location: at("instructions") });
    }
    if connector.tools.is_empty()
        && connector.registrations.unread.is_empty()
        && holder.get("tools").is_none()
        && !json.is_array()
    {
        let why = "no `tools` array: expected the reply to `tools/list`, its `result`, or an array of tools";
        connector.problems.push(Unreadable { path: file.path.clone(), why: why.to_owned() });
    }
}

/// The array under `name`: at the top, in `result`, or the document itself where it is an array of tools.
fn list<'a>(json: &'a Json, name: &str) -> Vec<&'a Json> {
    let found = json
        .get(name)
        .or_else(|| json.get("result").and_then(|result| result.get(name)))
        .or_else(|| (name == "tools" && json.is_array()).then_some(json));
    found.and_then(Json::as_array).map(|items| items.iter().collect()).unwrap_or_default()
}
