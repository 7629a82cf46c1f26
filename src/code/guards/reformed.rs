//! Local functions that give a parameter back in another form: cleaned, joined, normalised.

use rustc_hash::FxHashSet;

use crate::code::{
    graph::{ExitKind, FunctionId, NodeId, Value},
    resolve::{At, Resolver},
};

/// Functions inside functions.
const DEEPEST: u32 = 3;
/// Nodes looked at for one way out.
const MOST_NODES: usize = 64;

/// Library functions that give a text back in another form.
const REFORMING: &[&str] = &[
    "replace",
    "replaceAll",
    "trim",
    "strip",
    "lstrip",
    "rstrip",
    "toLowerCase",
    "toUpperCase",
    "lower",
    "upper",
    "normalize",
    "normpath",
    "normcase",
    "resolve",
    "abspath",
    "join",
    "slice",
    "substring",
    "expanduser",
    "String",
    "str",
    "realpath",
];

/// The position of the parameter that a local function gives back in another form on every way out.
pub(super) fn parameter(resolver: &Resolver<'_>, callee: At) -> Option<usize> {
    reformed(resolver, callee, 0)
}

fn reformed(resolver: &Resolver<'_>, callee: At, level: u32) -> Option<usize> {
    if level > DEEPEST {
        return None;
    }
    let definitions = resolver.definitions(callee);
    let [only] = *definitions else { return None };
    let Value::Function(function) = resolver.value(only) else { return None };
    if function == FunctionId(0) {
        return None;
    }
    let unit = resolver.unit(only);
    let mut given: Option<usize> = None;
    for exit in unit.function(function).exits.iter().filter(|exit| exit.kind == ExitKind::Return) {
        let mut seen = FxHashSet::default();
        let from = made_of(resolver, At { unit: only.unit, node: exit.value }, level, &mut seen)?;
        if given.is_some_and(|known| known != from) {
            return None;
        }
        given = Some(from);
    }
    given
}

/// The parameter that a value is made of, through joins and calls that only change its form.
fn made_of(resolver: &Resolver<'_>, at: At, level: u32, seen: &mut FxHashSet<At>) -> Option<usize> {
    if seen.len() > MOST_NODES || !seen.insert(at) {
        return None;
    }
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    match unit.value(at.node) {
        Value::Parameter(_, position) => usize::try_from(position).ok(),
        Value::Join(range) | Value::Concat(range) => {
            unit.list(range).iter().find_map(|&node| made_of(resolver, here(node), level, seen))
        }
        Value::Choice { yes, no, .. } => {
            made_of(resolver, here(yes), level, seen).or_else(|| made_of(resolver, here(no), level, seen))
        }
        Value::Variable(_) => {
            let definitions = resolver.definitions(at);
            definitions.iter().find_map(|&definition| made_of(resolver, definition, level, seen))
        }
        Value::Call(call) => {
            let call = unit.call(call);
            let name = resolver.last_name(here(call.callee));
            if !name.is_some_and(|name| REFORMING.contains(&name)) {
                let position = reformed(resolver, here(call.callee), level + 1)?;
                let argument = unit.list(call.arguments).get(position)?;
                return made_of(resolver, here(*argument), level, seen);
            }
            let object = match unit.value(call.callee) {
                Value::Member { object, .. } => Some(object),
                _ => None,
            };
            let parts = object.into_iter().chain(unit.list(call.arguments).iter().copied());
            parts.into_iter().find_map(|node| made_of(resolver, here(node), level, seen))
        }
        _ => None,
    }
}
