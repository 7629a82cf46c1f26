//! Options of a call by name: keyword arguments, and members of object arguments.

use crate::code::{
    graph::{Call, Strings, Value},
    resolve::{At, Resolver},
};

/// A keyword argument, or a member of an object argument, by name.
pub(in crate::detect) fn option(resolver: &Resolver<'_>, unit: u32, call: &Call, name: &str) -> Option<At> {
    let file = &resolver.code().units[unit as usize];
    for property in file.entries(call.keywords) {
        if file.text(property.key) == name {
            return Some(At { unit, node: property.value });
        }
    }
    // `open(path, "w")`
    if name == "mode" && resolver.last_name(At { unit, node: call.callee }) == Some("open") {
        let mode = file.list(call.arguments).get(1).map(|&node| At { unit, node });
        return mode.filter(|&at| resolver.text(at).is_some());
    }
    for &argument in file.list(call.arguments) {
        for &definition in resolver.definitions(At { unit, node: argument }).iter() {
            let found = member_node(resolver, definition, name, 0);
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// The node that an object literal gives a member, following updates and spreads.
fn member_node(resolver: &Resolver<'_>, at: At, name: &str, level: u32) -> Option<At> {
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Object(range) => {
            let entries = unit.entries(range);
            let own = entries.iter().rev().find(|property| unit.text(property.key) == name);
            if let Some(property) = own {
                return Some(At { unit: at.unit, node: property.value });
            }
            entries.iter().filter(|property| property.key == Strings::SPREAD && level < 4).find_map(
                |property| {
                    let spread = At { unit: at.unit, node: property.value };
                    resolver
                        .definitions(spread)
                        .iter()
                        .find_map(|&inner| member_node(resolver, inner, name, level + 1))
                },
            )
        }
        Value::With { object, key, value } => {
            if key != Strings::ELEMENT && unit.text(key) == name {
                return Some(At { unit: at.unit, node: value });
            }
            (level < 16)
                .then(|| member_node(resolver, At { unit: at.unit, node: object }, name, level + 1))?
        }
        _ => None,
    }
}

pub(in crate::detect) fn equals(resolver: &Resolver<'_>, at: At, expected: &toml::Value) -> bool {
    match expected {
        toml::Value::Boolean(expected) => resolver
            .definitions(at)
            .iter()
            .any(|&definition| resolver.value(definition) == Value::Bool(*expected)),
        toml::Value::String(expected) => resolver.text(at).is_some_and(|text| text == *expected),
        toml::Value::Integer(expected) => resolver.text(at).is_some_and(|text| text == expected.to_string()),
        _ => false,
    }
}
