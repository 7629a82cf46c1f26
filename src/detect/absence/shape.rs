//! Small questions about how code is written: direct names, options, constants.

use crate::code::{
    graph::{Call, CallId, NodeId, Strings, Unit, Value},
    resolve::{At, Resolver},
};

/// Object literals inside each other, followed for one option.
const DEEPEST: u32 = 16;
/// Values looked at for one option.
const MOST_VALUES: u32 = 200;

/// The last name that a value is written with: `b` of `a.b`, `b` of `b()`; empty where it has none.
pub(super) fn direct_name(unit: &Unit, node: NodeId) -> &str {
    match unit.value(node) {
        Value::Import { module, name: Strings::DEFAULT | Strings::ALL } => {
            let module = unit.text(module);
            module.rsplit(['/', '.']).next().unwrap_or(module)
        }
        Value::Member { name, .. } | Value::Global(name) | Value::Import { name, .. } => unit.text(name),
        Value::Class(class) => unit.class(class).name.map_or("", |name| unit.text(name)),
        Value::Function(function) => unit.function(function).name.map_or("", |name| unit.text(name)),
        Value::Variable(variable) => unit.text(unit.variables[variable.index()].name),
        Value::Parameter(function, position) => {
            let parameters = &unit.function(function).parameters;
            parameters.get(position as usize).map_or("", |parameter| unit.text(parameter.name))
        }
        Value::Join(range) => unit.list(range).first().map_or("", |&first| plain_name(unit, first)),
        _ => "",
    }
}

/// As [`direct_name`], without looking into joins.
fn plain_name(unit: &Unit, node: NodeId) -> &str {
    match unit.value(node) {
        Value::Join(_) => "",
        _ => direct_name(unit, node),
    }
}

/// The name that a call is written with; numbers that a bundler put behind a class name are left out.
pub(super) fn callee_name<'a>(unit: &'a Unit, call: &Call) -> &'a str {
    let name = direct_name(unit, call.callee);
    match unit.value(call.callee) {
        Value::Class(_) | Value::Variable(_) => name.trim_end_matches(|c: char| c.is_ascii_digit()),
        _ => name,
    }
}

/// What a method is called on.
pub(super) fn receiver(unit: &Unit, call: &Call) -> Option<NodeId> {
    match unit.value(call.callee) {
        Value::Member { object, .. } => Some(object),
        _ => None,
    }
}

/// A keyword argument, or a member of an object argument, by name.
pub(super) fn option(resolver: &Resolver<'_>, unit: u32, call: &Call, name: &str) -> Option<At> {
    given(resolver, unit, call, name, 0, &mut { MOST_VALUES })
}

/// A member that an object value is known to have.
pub(super) fn member(resolver: &Resolver<'_>, at: At, name: &str) -> Option<At> {
    inside(resolver, at, name, 0, &mut { MOST_VALUES })
}

fn given(
    resolver: &Resolver<'_>,
    unit: u32,
    call: &Call,
    name: &str,
    level: u32,
    budget: &mut u32,
) -> Option<At> {
    let file = &resolver.code().units[unit as usize];
    for property in file.entries(call.keywords) {
        if file.text(property.key) == name {
            return Some(At { unit, node: property.value });
        }
        if property.key == Strings::SPREAD
            && let Some(found) = inside(resolver, At { unit, node: property.value }, name, level + 1, budget)
        {
            return Some(found);
        }
    }
    file.list(call.arguments)
        .iter()
        .take(6)
        .find_map(|&argument| inside(resolver, At { unit, node: argument }, name, level + 1, budget))
}

/// What an object value gives a member, following updates, spreads and definitions.
fn inside(resolver: &Resolver<'_>, at: At, name: &str, level: u32, budget: &mut u32) -> Option<At> {
    if level > DEEPEST || *budget == 0 {
        return None;
    }
    *budget -= 1;
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Object(range) => unit.entries(range).iter().rev().take(256).find_map(|property| {
            let value = At { unit: at.unit, node: property.value };
            if unit.text(property.key) == name {
                return Some(value);
            }
            (property.key == Strings::SPREAD).then(|| inside(resolver, value, name, level + 4, budget))?
        }),
        Value::With { object, key, value } => {
            if key != Strings::ELEMENT && unit.text(key) == name {
                return Some(At { unit: at.unit, node: value });
            }
            inside(resolver, At { unit: at.unit, node: object }, name, level + 1, budget)
        }
        Value::Call(call) if callee_name(unit, unit.call(call)) == "dict" => {
            given(resolver, at.unit, unit.call(call), name, level + 2, budget)
        }
        Value::Spread(inner) => inside(resolver, At { unit: at.unit, node: inner }, name, level + 1, budget),
        Value::Function(_) | Value::Class(_) | Value::Text(_) => None,
        _ => {
            let definitions = resolver.definitions(at);
            definitions
                .iter()
                .filter(|&&definition| definition != at)
                .find_map(|&definition| inside(resolver, definition, name, level + 2, budget))
        }
    }
}

/// Whether a value is nothing or false for certain.
pub(super) fn is_nothing(resolver: &Resolver<'_>, at: At) -> bool {
    let definitions = resolver.definitions(at);
    !definitions.is_empty()
        && definitions.iter().all(|&definition| match resolver.value(definition) {
            Value::Null | Value::Bool(false) => true,
            Value::Global(name) => resolver.unit(definition).text(name) == "undefined",
            _ => false,
        })
}

/// The names of what a value may be, one for each definition.
pub(super) fn definition_names(resolver: &Resolver<'_>, at: At) -> Vec<String> {
    resolver
        .definitions(at)
        .iter()
        .take(8)
        .map(|&definition| direct_name(resolver.unit(definition), definition.node).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A call id from its position.
pub(super) fn call_id(position: usize) -> CallId {
    CallId(u32::try_from(position).unwrap_or(u32::MAX))
}

/// A unit or function index from its position.
pub(super) fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
