//! Scopes of files that configure clients: servers to start, tools that need no question, skills.

use serde_json::Value;

use super::{Collected, containers, files, lines};
use crate::{
    artifact::Artifact,
    connector::{
        ScopeKind,
        capabilities::hosts::host_of,
        manifest::{Places, string},
    },
    finding::Location,
};

/// Names of files that clients read.
const CONFIGURATIONS: [&str; 9] = [
    ".mcp.json",
    "mcp.json",
    "plugin.json",
    "gemini-extension.json",
    "claude_desktop_config.json",
    "mcp_config.json",
    "cline_mcp_settings.json",
    "mcp_settings.json",
    "managed-mcp.json",
];

/// Folders in which `settings.json` belongs to a client.
const SETTINGS: [&str; 4] = [".claude/", ".vscode/", ".gemini/", ".cursor/"];

/// Keys under which a client finds servers.
const SERVERS: [&str; 4] = ["mcpServers", "servers", "context_servers", "mcp_servers"];

/// Servers read from one file.
const MOST_SERVERS: usize = 64;

/// Adds what client files of the package ask for.
pub(super) fn read(artifact: &Artifact, collected: &mut Collected) {
    let configuration = |name: &str, path: &str| {
        CONFIGURATIONS.contains(&name)
            || (matches!(name, "settings.json" | "settings.local.json")
                && SETTINGS
                    .iter()
                    .any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}"))))
    };
    for file in files(artifact, configuration) {
        let text = file.text();
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            self::configuration(&value, &Places::new(&file.path, &text), collected);
        }
    }
    for file in files(artifact, |name, _| name == "skill.md") {
        skill(&file.path, &file.text(), collected);
    }
}

fn configuration(value: &Value, places: &Places<'_>, collected: &mut Collected) {
    let mut allow = |name: &str, key: &str| {
        collected.declared(ScopeKind::Permission, name, None, None, places.of(&[key]));
    };
    if value.get("enableAllProjectMcpServers").and_then(Value::as_bool) == Some(true) {
        allow("every server of the project", "enableAllProjectMcpServers");
    }
    let allowed = value.get("permissions").and_then(|permissions| permissions.get("allow"));
    for tool in texts(allowed) {
        allow(tool, tool);
    }
    let servers = SERVERS.iter().find_map(|key| value.get(key)).and_then(Value::as_object);
    for (name, server) in servers.into_iter().flatten().take(MOST_SERVERS) {
        self::server(name, server, places, collected);
    }
}

fn server(name: &str, server: &Value, places: &Places<'_>, collected: &mut Collected) {
    for key in ["autoApprove", "alwaysAllow", "autoAllow"] {
        for tool in texts(server.get(key)) {
            collected.declared(ScopeKind::Permission, tool, None, None, places.of(&[name, key, tool]));
        }
    }
    if server.get("trust").and_then(Value::as_bool) == Some(true) {
        collected.declared(ScopeKind::Permission, "*", None, None, places.of(&[name, "trust"]));
    }
    for (variable, _) in server.get("env").and_then(Value::as_object).into_iter().flatten() {
        let location = places.of(&[name, "env", variable]);
        collected.declared(ScopeKind::Environment, variable, None, None, location);
    }
    let url = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| string(server, &[key]));
    if let Some(host) = url.and_then(host_of) {
        collected.declared(ScopeKind::Host, &host, None, None, places.of(&[name, url.unwrap_or_default()]));
    }
    if let Some(command) = string(server, &["command"]) {
        let location = places.of(&[name, "command"]);
        collected.declared(ScopeKind::Executable, command, None, None, location);
        if matches!(command.rsplit('/').next(), Some("docker" | "podman")) {
            let arguments: Vec<&str> = texts(server.get("args")).collect();
            containers::flags(&arguments, |flag| places.of(&[name, "args", flag]), collected);
        }
    }
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).take(256)
}

/// `allowed-tools` in the head of a skill.
fn skill(path: &str, text: &str, collected: &mut Collected) {
    let Some(rest) = text.trim_start_matches('\u{feff}').strip_prefix("---") else { return };
    let Some((head, _)) = rest.split_once("\n---") else { return };
    for line in lines::yaml(head) {
        if line.keys.last() != Some(&"allowed-tools") {
            continue;
        }
        let location = Location { path: path.to_owned(), line: line.number, column: 1 };
        for tool in tools(line.value) {
            collected.declared(ScopeKind::Permission, tool, None, None, location.clone());
        }
    }
}

/// Names separated by spaces or commas outside parentheses.
fn tools(list: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ' ' if depth == 0 => {
                found.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&list[start..]);
    found.retain(|tool| !tool.is_empty());
    found
}
