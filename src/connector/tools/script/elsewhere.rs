//! Where the tools of a package come from that registers none itself.

use std::collections::BTreeSet;

use crate::{
    artifact::Language,
    code::{
        Code,
        graph::{Unit, Value},
    },
};

/// Packages named at most.
const MOST_NAMED: usize = 12;

/// The packages whose tools the code offers as its own: those that it imports under a name that
/// says so, sorted.
pub(super) fn suppliers(code: &Code) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (index, unit) in code.units.iter().enumerate() {
        let idle = code.idle.get(index).copied().unwrap_or(false);
        if matches!(unit.language, Language::JavaScript | Language::TypeScript) && !idle {
            collect(unit, &mut found);
        }
    }
    found.into_iter().take(MOST_NAMED).collect()
}

fn collect(unit: &Unit, found: &mut BTreeSet<String>) {
    for node in &unit.nodes {
        let (module, name) = match node.value {
            Value::Import { module, name } => (module, name),
            // `const { tools } = require("x")`
            Value::Member { object, name } => match unit.value(object) {
                Value::Import { module, .. } => (module, name),
                _ => continue,
            },
            _ => continue,
        };
        let Some(package) = package_of(unit.text(module)) else { continue };
        let says = |text: &str| text.to_ascii_lowercase().split(['/', '-', '_', '.']).any(is_word);
        if says(package) || is_word(&unit.text(name).to_ascii_lowercase()) || ends_in_tools(unit.text(name)) {
            found.insert(package.to_owned());
        }
    }
}

fn is_word(word: &str) -> bool {
    matches!(word, "mcp" | "tool" | "tools" | "toolset" | "toolsets")
}

fn ends_in_tools(name: &str) -> bool {
    name.ends_with("Tools") || name.ends_with("Tool")
}

/// The package of an import specifier; none for files, the platform, and the protocol's own SDK.
fn package_of(specifier: &str) -> Option<&str> {
    if specifier.starts_with(['.', '/', '#']) || specifier.contains(':') {
        return None;
    }
    let scoped = usize::from(specifier.starts_with('@'));
    let end = specifier.match_indices('/').nth(scoped).map_or(specifier.len(), |(at, _)| at);
    let package = &specifier[..end];
    (!package.starts_with("@modelcontextprotocol/") && !package.is_empty()).then_some(package)
}
