//! The elements of list expressions: what a loop runs over, what a list handler returns.

use super::{MOST_REPEATS, values::member};
use crate::code::{
    graph::{Call, ExitKind, NodeId, Strings, Value},
    resolve::{At, Resolver},
};

/// One element of a list, and what parameters mean in it.
pub(super) struct Element {
    pub(super) at: At,
    pub(super) bound: Vec<(At, At)>,
}

impl Element {
    /// Lets `root` mean this element.
    pub(super) fn bind(self, root: At) -> Vec<(At, At)> {
        let mut bound = self.bound;
        bound.push((root, self.at));
        bound
    }
}

/// The elements of a list expression: literals, spreads, `Object.values(…)`, `.filter(…)`, and
/// `.map(f)` as what f makes of each element.
pub(super) fn elements(resolver: &Resolver<'_>, list: At) -> Vec<Element> {
    let mut found = Vec::new();
    collect(resolver, list, 0, &mut found);
    found.truncate(MOST_REPEATS);
    found
}

pub(super) fn collect(resolver: &Resolver<'_>, list: At, level: u32, found: &mut Vec<Element>) {
    if level > 6 || found.len() >= MOST_REPEATS {
        return;
    }
    for &definition in resolver.definitions(list).iter() {
        let unit = resolver.unit(definition);
        let here = |node: NodeId| At { unit: definition.unit, node };
        match unit.value(definition.node) {
            Value::Array(range) => {
                for &item in unit.list(range) {
                    match unit.value(item) {
                        Value::Spread(inner) => collect(resolver, here(inner), level + 1, found),
                        _ => push_all(found, &resolver.definitions(here(item))),
                    }
                }
            }
            Value::With { object, key, value } => {
                collect(resolver, here(object), level + 1, found);
                match unit.value(value) {
                    Value::Spread(inner) => collect(resolver, here(inner), level + 1, found),
                    _ if key == Strings::ELEMENT => push_all(found, &resolver.definitions(here(value))),
                    _ => {}
                }
            }
            Value::Object(_) => push_values(resolver, definition, found),
            Value::Call(call) => collect_call(resolver, definition.unit, unit.call(call), level, found),
            _ => {}
        }
    }
}

pub(super) fn push_all(found: &mut Vec<Element>, definitions: &[At]) {
    for &at in definitions {
        if !found.iter().any(|known| known.at == at && known.bound.is_empty()) {
            found.push(Element { at, bound: Vec::new() });
        }
    }
}

pub(super) fn push_values(resolver: &Resolver<'_>, object: At, found: &mut Vec<Element>) {
    let mut values = Vec::new();
    resolver.elements_of(object, &mut values);
    push_all(found, &values);
}

pub(super) fn collect_call(
    resolver: &Resolver<'_>,
    index: u32,
    call: &Call,
    level: u32,
    found: &mut Vec<Element>,
) {
    let unit = &resolver.code().units[index as usize];
    let here = |node: NodeId| At { unit: index, node };
    let Value::Member { object, name } = unit.value(call.callee) else { return };
    match (unit.text(name), unit.list(call.arguments)) {
        ("values" | "entries", [inner, ..]) => {
            for &definition in resolver.definitions(here(*inner)).iter() {
                push_values(resolver, definition, found);
            }
        }
        ("from", [inner, ..]) => collect(resolver, here(*inner), level + 1, found),
        ("filter" | "sort" | "slice" | "flat" | "reverse" | "toSorted" | "values", _) => {
            collect(resolver, here(object), level + 1, found);
        }
        ("concat", more) => {
            collect(resolver, here(object), level + 1, found);
            for &inner in more {
                collect(resolver, here(inner), level + 1, found);
            }
        }
        ("map" | "flatMap", [function, ..]) => {
            let mut inner = Vec::new();
            collect(resolver, here(object), level + 1, &mut inner);
            mapped(resolver, here(*function), inner, found);
        }
        _ => {}
    }
}

/// What a mapping function makes of each element: the object that it returns, with its parameter
/// meaning the element; the element itself where it returns something else.
pub(super) fn mapped(
    resolver: &Resolver<'_>,
    function: At,
    elements: Vec<Element>,
    found: &mut Vec<Element>,
) {
    let made = resolver.definitions(function).iter().find_map(|&definition| {
        let unit = resolver.unit(definition);
        let Value::Function(id) = unit.value(definition.node) else { return None };
        let function = unit.function(id);
        let exit = function.exits.iter().find(|exit| exit.kind == ExitKind::Return)?;
        let made = At { unit: definition.unit, node: exit.value };
        let named = member(resolver, made, "name").is_some();
        let parameter = function.parameters.first()?;
        named.then_some((made, At { unit: definition.unit, node: parameter.node }))
    });
    for element in elements {
        match made {
            Some((at, parameter)) => found.push(Element { at, bound: element.bind(parameter) }),
            None => found.push(element),
        }
    }
}
