//! `server.json` in every schema version, and the `manifest.json` of MCP bundles.

use serde_json::Value;

use super::{DeclaredVariable, EntryPoint, Identity, Manifests, Places, Reader, claim, member, string};
use crate::{artifact::Ecosystem, untrusted::Untrusted};

pub(super) fn read(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    read_server(reader, manifests);
    read_bundle(reader, manifests);
}

/// `server.json` at the root, or in the `.mcp` folder where other package systems keep it.
fn read_server(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    let name = ["server.json", ".mcp/server.json"].into_iter().find(|name| reader.file(name).is_some());
    let Some((document, file, text)) = name.and_then(|name| reader.json(name)) else { return };
    if !is_server(&document.value) {
        return;
    }
    let places = Places::new(&file.path, text);
    for package in document.value.get("packages").and_then(Value::as_array).into_iter().flatten() {
        let variables = either(package, "environmentVariables", "environment_variables");
        for variable in variables.and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = string(variable, &["name"]) else { continue };
            manifests.environment.push(DeclaredVariable {
                name: Untrusted::new(name),
                secret: either(variable, "isSecret", "is_secret").and_then(Value::as_bool),
                location: places.of(&["packages", name]),
            });
        }
    }
    manifests.server_json = Some(document);
}

/// Whether a file called `server.json` describes an MCP server.
fn is_server(value: &Value) -> bool {
    let is_named = string(value, &["name"]).is_some();
    let has_schema = string(value, &["$schema"]).is_some_and(|schema| schema.contains("server.schema.json"));
    let parts = ["packages", "remotes", "version_detail", "versionDetail"];
    has_schema || (is_named && parts.iter().any(|part| value.get(part).is_some()))
}

/// A member under its present name or the one of older schema versions.
pub(in crate::connector) fn either<'a>(value: &'a Value, now: &str, before: &str) -> Option<&'a Value> {
    value.get(now).or_else(|| value.get(before))
}

fn read_bundle(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    let Some((document, file, text)) = reader.json("manifest.json") else { return };
    let is_versioned =
        either(&document.value, "manifest_version", "dxt_version").is_some_and(Value::is_string);
    let has_server = document.value.get("server").is_some_and(Value::is_object);
    if !(has_server && is_versioned || reader.artifact.coordinate.ecosystem == Ecosystem::Mcpb) {
        return;
    }
    let places = Places::new(&file.path, text);
    if let Some(target) = string(&document.value, &["server", "entry_point"]) {
        let name = string(&document.value, &["name"]).unwrap_or("server");
        manifests.entry_points.push(EntryPoint {
            name: Untrusted::new(name),
            target: Untrusted::new(target),
            location: places.of(&["server", "entry_point"]),
        });
    }
    let variables = member(&document.value, &["server", "mcp_config", "env"]).and_then(Value::as_object);
    for (name, value) in variables.into_iter().flatten() {
        manifests.environment.push(DeclaredVariable {
            name: Untrusted::new(name),
            secret: Some(value.as_str().is_some_and(|value| is_sensitive(&document.value, value))),
            location: places.of(&["mcp_config", "env", name]),
        });
    }
    manifests.mcpb = Some(document);
}

/// Whether the value of a variable is one that the user enters and the client hides.
fn is_sensitive(manifest: &Value, value: &str) -> bool {
    let keys = value.split("${user_config.").skip(1).filter_map(|rest| rest.split_once('}'));
    keys.map(|(key, _)| key).any(|key| {
        member(manifest, &["user_config", key, "sensitive"]).and_then(Value::as_bool) == Some(true)
    })
}

pub(super) fn identity(manifests: &Manifests) -> Identity {
    let Some(document) = &manifests.mcpb else { return Identity::default() };
    let value = &document.value;
    Identity {
        name: claim(string(value, &["name"])),
        version: claim(string(value, &["version"])),
        repository: claim(string(value, &["repository"]).or_else(|| string(value, &["repository", "url"]))),
    }
}
