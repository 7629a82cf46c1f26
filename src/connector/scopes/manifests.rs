//! Scopes of `server.json`, MCP bundles and the other manifests of the package itself.

use serde_json::Value;

use super::Collected;
use crate::{
    artifact::Artifact,
    connector::{
        ScopeKind,
        capabilities::hosts::host_of,
        manifest::{Document, Manifests, Places, either, string},
        scopes::containers,
    },
};

/// Adds what the package's own manifests ask for.
pub(super) fn read(artifact: &Artifact, manifests: &Manifests, collected: &mut Collected) {
    if let Some(document) = &manifests.server_json {
        with_places(artifact, document, |places| server(&document.value, places, collected));
    }
    if let Some(document) = &manifests.mcpb {
        with_places(artifact, document, |places| bundle(&document.value, places, collected));
    }
    for variable in &manifests.environment {
        let (name, location) = (variable.name.raw(), variable.location.clone());
        collected.declared(ScopeKind::Environment, name, variable.secret, None, location);
    }
}

fn with_places(artifact: &Artifact, document: &Document, read: impl FnOnce(&Places<'_>)) {
    let at = artifact.files.binary_search_by(|file| file.path.cmp(&document.path)).ok();
    let text =
        at.and_then(|at| artifact.files.get(at)).map_or_else(Default::default, crate::artifact::File::text);
    read(&Places::new(&document.path, &text));
}

fn list<'a>(value: &'a Value, now: &str, before: &str) -> impl Iterator<Item = &'a Value> {
    either(value, now, before).and_then(Value::as_array).into_iter().flatten()
}

fn server(document: &Value, places: &Places<'_>, collected: &mut Collected) {
    for package in list(document, "packages", "packages") {
        for input in list(package, "environmentVariables", "environment_variables") {
            if let Some(name) = string(input, &["name"]) {
                self::input(ScopeKind::Environment, name, input, places, collected);
            }
        }
        for argument in list(package, "packageArguments", "package_arguments") {
            self::argument(argument, places, collected);
        }
        let flags: Vec<&str> = list(package, "runtimeArguments", "runtime_arguments")
            .flat_map(|argument| [string(argument, &["name"]), string(argument, &["value"])])
            .flatten()
            .collect();
        containers::flags(&flags, |flag| places.of(&["packages", flag]), collected);
        if let Some(transport) = package.get("transport") {
            remote(transport, places, collected);
        }
    }
    for one in list(document, "remotes", "remotes") {
        remote(one, places, collected);
    }
}

fn remote(transport: &Value, places: &Places<'_>, collected: &mut Collected) {
    if let Some(url) = string(transport, &["url"])
        && let Some(host) = host_of(url)
    {
        collected.declared(ScopeKind::Host, &host, None, None, places.of(&["remotes", "url", url]));
    }
    for header in list(transport, "headers", "headers") {
        if let Some(name) = string(header, &["name"]) {
            input(ScopeKind::Environment, &format!("{name} header"), header, places, collected);
        }
    }
}

/// An argument: a path where its form says so, else a value that the person enters.
fn argument(argument: &Value, places: &Places<'_>, collected: &mut Collected) {
    let name = string(argument, &["name"]).or_else(|| either(argument, "valueHint", "value_hint")?.as_str());
    let fixed = argument.get("value").is_some();
    if let Some(name) = name.filter(|_| !fixed) {
        let path =
            string(argument, &["format"]).is_some_and(|format| matches!(format, "filepath" | "file_path"));
        input(if path { ScopeKind::Path } else { ScopeKind::UserConfig }, name, argument, places, collected);
    }
}

/// An input, and the variables inside its value. The schema says that no mark means no secret.
fn input(kind: ScopeKind, name: &str, input: &Value, places: &Places<'_>, collected: &mut Collected) {
    let mark = |now: &str, before: &str| either(input, now, before).and_then(Value::as_bool);
    let inner = input.get("variables").and_then(Value::as_object);
    let secret_inside = inner.into_iter().flatten().any(|(_, variable)| {
        either(variable, "isSecret", "is_secret").and_then(Value::as_bool) == Some(true)
    });
    let secret = mark("isSecret", "is_secret").unwrap_or(false) || secret_inside;
    let required = mark("isRequired", "is_required").unwrap_or(false);
    let key = string(input, &["name"]).unwrap_or(name);
    collected.declared(kind, name, Some(secret), Some(required), places.of(&["packages", key]));
}

fn bundle(document: &Value, places: &Places<'_>, collected: &mut Collected) {
    let settings = document.get("user_config").and_then(Value::as_object);
    for (name, setting) in settings.into_iter().flatten() {
        let flag = |key: &str| setting.get(key).and_then(Value::as_bool).unwrap_or(false);
        let kind = match string(setting, &["type"]) {
            Some("directory" | "file") => ScopeKind::Path,
            _ => ScopeKind::UserConfig,
        };
        let location = places.of(&["user_config", name]);
        collected.declared(kind, name, Some(flag("sensitive")), Some(flag("required")), location);
    }
    let command = string(document, &["server", "mcp_config", "command"]);
    if let Some(command) = command {
        let location = places.of(&["mcp_config", "command"]);
        collected.declared(ScopeKind::Executable, command, None, None, location);
    }
    for platform in ["win32", "darwin", "linux"] {
        let keys = ["server", "mcp_config", "platform_overrides", platform, "command"];
        if let Some(command) = string(document, &keys) {
            collected.declared(ScopeKind::Executable, command, None, None, places.of(&keys));
        }
    }
}
