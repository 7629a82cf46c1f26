//! Tools and prompts that an MCPB manifest lists.

use serde_json::Value as Json;

use super::text;
use crate::{
    connector::{Connector, Found, Prompt, Tool, manifest::Manifests},
    finding::Location,
};

/// Reads the MCPB manifest's `tools` and `prompts`.
pub(super) fn read(manifests: &Manifests, connector: &mut Connector) {
    let Some(manifest) = &manifests.mcpb else { return };
    let place = Location { path: manifest.path.clone(), line: 1, column: 1 };
    let list = |name: &str| manifest.value.get(name).and_then(Json::as_array).into_iter().flatten();
    for tool in list("tools") {
        let Some(name) = text(tool, "name") else { continue };
        connector.registrations.read += 1;
        connector.tools.push(Tool {
            name,
            description: text(tool, "description"),
            found: Found::Manifest,
            location: Some(place.clone()),
            ..Tool::default()
        });
    }
    for prompt in list("prompts") {
        let Some(name) = text(prompt, "name") else { continue };
        let arguments = prompt.get("arguments").and_then(Json::as_array).into_iter().flatten();
        connector.prompts.push(Prompt {
            name,
            description: text(prompt, "description"),
            arguments: arguments.filter_map(Json::as_str).map(crate::untrusted::Untrusted::new).collect(),
            text: text(prompt, "text"),
            location: Some(place.clone()),
            handler: None,
        });
    }
    for generated in ["tools_generated", "prompts_generated"] {
        if manifest.value.get(generated).and_then(Json::as_bool) == Some(true) {
            let why = format!("`{generated}`: the bundle adds more at run time");
            connector.registrations.unread.push((place.clone(), why));
        }
    }
}
