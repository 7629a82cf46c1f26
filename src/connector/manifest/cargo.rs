//! `Cargo.toml` and `build.rs`.

use serde_json::Value;

use super::{EntryPoint, Identity, InstallHook, Manifests, Places, Reader, claim, member, string};
use crate::untrusted::Untrusted;

pub(super) fn read(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    let Some((document, file, text)) = reader.toml("Cargo.toml") else { return };
    let places = Places::new(&file.path, text);
    for binary in document.value.get("bin").and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = string(binary, &["name"]) else { continue };
        manifests.entry_points.push(EntryPoint {
            name: Untrusted::new(name),
            target: Untrusted::new(string(binary, &["path"]).unwrap_or("src/main.rs")),
            location: places.of(&["bin", name]),
        });
    }
    read_build_script(reader, &document.value, manifests);
    manifests.cargo_toml = Some(document);
}

fn read_build_script(reader: &Reader<'_, '_>, value: &Value, manifests: &mut Manifests) {
    let script = match member(value, &["package", "build"]) {
        Some(Value::Bool(false)) => return,
        Some(Value::String(path)) => path.as_str(),
        _ => "build.rs",
    };
    let Some(file) = reader.file(script) else { return };
    manifests.install_hooks.push(InstallHook {
        event: "build.rs".to_owned(),
        command: Untrusted::new(script),
        location: Places::new(&file.path, "").of(&[]),
    });
}

pub(super) fn identity(manifests: &Manifests) -> Identity {
    let Some(document) = &manifests.cargo_toml else { return Identity::default() };
    let field = |key: &str| claim(string(&document.value, &["package", key]));
    Identity { name: field("name"), version: field("version"), repository: field("repository") }
}
