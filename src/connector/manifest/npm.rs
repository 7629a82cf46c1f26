//! `package.json` and `binding.gyp`.

use serde_json::Value;

use super::{EntryPoint, Identity, InstallHook, Manifests, Places, Reader, claim, string};
use crate::untrusted::Untrusted;

/// The scripts that an installation from a registry runs. `prepare`, `prepublish` and `prepack`
/// run for the publisher alone.
const HOOKS: [&str; 3] = ["preinstall", "install", "postinstall"];

/// Files taken from `exports`: real packages name fewer than 300.
const EXPORTS: usize = 1_000;

pub(super) fn read(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    let Some((document, file, text)) = reader.json("package.json") else { return };
    let places = Places::new(&file.path, text);
    if !document.value.is_object() {
        reader.refuse(file, "not a JSON object");
        return;
    }
    if let Some(name) = string(&document.value, &["mcpName"]) {
        manifests.mcp_names.push((Untrusted::new(name), places.of(&["mcpName"])));
    }
    read_hooks(reader, &document.value, &places, manifests);
    read_commands(&document.value, &places, manifests);
    read_modules(&document.value, &places, manifests);
    manifests.package_json = Some(document);
}

pub(super) fn identity(manifests: &Manifests) -> Identity {
    let Some(document) = &manifests.package_json else { return Identity::default() };
    let value = &document.value;
    Identity {
        name: claim(string(value, &["name"])),
        version: claim(string(value, &["version"])),
        repository: claim(string(value, &["repository"]).or_else(|| string(value, &["repository", "url"]))),
    }
}

fn read_hooks(reader: &Reader<'_, '_>, value: &Value, places: &Places<'_>, manifests: &mut Manifests) {
    let mut declared = false;
    for event in HOOKS {
        let Some(command) = string(value, &["scripts", event]) else { continue };
        if command.trim().is_empty() {
            continue;
        }
        declared |= event != "postinstall";
        manifests.install_hooks.push(InstallHook {
            event: event.to_owned(),
            command: Untrusted::new(command),
            location: places.of(&["scripts", event]),
        });
    }
    let disabled = value.get("gypfile") == Some(&Value::Bool(false));
    if let Some(gyp) = reader.file("binding.gyp").filter(|_| !declared && !disabled) {
        manifests.install_hooks.push(InstallHook {
            event: "node-gyp".to_owned(),
            command: Untrusted::new("node-gyp rebuild"),
            location: Places::new(&gyp.path, "").of(&[]),
        });
    }
}

fn read_commands(value: &Value, places: &Places<'_>, manifests: &mut Manifests) {
    match value.get("bin") {
        Some(Value::String(target)) => {
            let name = string(value, &["name"]).unwrap_or("");
            let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
            manifests.entry_points.push(EntryPoint {
                name: Untrusted::new(name),
                target: Untrusted::new(target),
                location: places.of(&["bin"]),
            });
        }
        Some(Value::Object(commands)) => {
            for (name, target) in commands {
                let Some(target) = target.as_str() else { continue };
                manifests.entry_points.push(EntryPoint {
                    name: Untrusted::new(name),
                    target: Untrusted::new(target),
                    location: places.of(&["bin", name]),
                });
            }
        }
        _ => {}
    }
}

fn read_modules(value: &Value, places: &Places<'_>, manifests: &mut Manifests) {
    for key in ["main", "module", "exports"] {
        let mut targets = Vec::new();
        collect_targets(value.get(key), &mut targets);
        for target in targets {
            manifests.entry_points.push(EntryPoint {
                name: Untrusted::new(key),
                target: Untrusted::new(target),
                location: places.of(&[key]),
            });
        }
    }
}

/// The strings of a value, in order; the parser has bounded its depth.
fn collect_targets<'a>(value: Option<&'a Value>, targets: &mut Vec<&'a str>) {
    let mut open: Vec<&Value> = value.into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(target) if targets.len() < EXPORTS => targets.push(target),
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(items) => open.extend(items.values().rev()),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
