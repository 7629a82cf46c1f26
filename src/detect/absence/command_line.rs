//! Defaults of the command-line options that a package declares.

use rustc_hash::FxHashMap;

use super::shape::{callee_name, index, option};
use crate::code::{
    flow::Flow,
    graph::{Call, Value},
    resolve::At,
};

/// Defaults of the command-line options that a package declares, by plain name.
pub(super) type Declared = FxHashMap<String, Vec<At>>;

/// Every command-line option of the package that declares a default.
pub(super) fn declared(flow: &Flow<'_>) -> Declared {
    let mut found = Declared::default();
    for (position, unit) in flow.resolver().code().units.iter().enumerate() {
        if DECLARING.iter().all(|word| unit.strings.find(word).is_none()) {
            continue;
        }
        let position = index(position);
        for call in unit.calls.iter().filter(|call| DECLARING.contains(&callee_name(unit, call))) {
            let names: Vec<String> = (unit.list(call.arguments).iter().take(3))
                .filter_map(|&argument| match unit.value(argument) {
                    Value::Text(text) => Some(unit.text(text)),
                    _ => None,
                })
                .take(2)
                .flat_map(flags)
                .collect();
            if names.is_empty() {
                continue;
            }
            let Some(default) = default_of_option(flow, position, call) else { continue };
            for name in names {
                let places = found.entry(name).or_default();
                if places.len() < 16 {
                    places.push(default);
                }
            }
        }
    }
    found
}

/// Methods and classes that declare a command-line option.
const DECLARING: [&str; 4] = ["add_argument", "option", "Option", "add_option"];

/// The plain names of a declared option: `--bind-host`, `-H, --host <host>`, `host`.
fn flags(declared: &str) -> impl Iterator<Item = String> + '_ {
    declared.split([',', ' ', '/', '=']).filter(|word| !word.starts_with(['<', '['])).take(4).map(plain)
}

/// A name without dashes and underscores, in lower case: `bind-host`, `bind_host` and `bindHost` are one.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a declared option has this name.
pub(super) fn is_flag(declared: &str, name: &str) -> bool {
    let name = plain(name);
    flags(declared).any(|flag| flag == name)
}

/// The default that an option's declaration gives: `default=…`, `{ default: … }`, the third argument.
fn default_of_option(flow: &Flow<'_>, unit: u32, call: &Call) -> Option<At> {
    let file = &flow.resolver().code().units[unit as usize];
    option(flow.resolver(), unit, call, "default").or_else(|| {
        let third = *file.list(call.arguments).get(2)?;
        matches!(callee_name(file, call), "option").then_some(At { unit, node: third })
    })
}
