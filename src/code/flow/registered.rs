//! Functions that are put into a registry and called out of it: `map.set(name, run)` and
//! `map.get(name)(args)`, `bus.on(name, run)` and `bus.emit(name, args)`.

use rustc_hash::FxHashMap;

use super::{Called, Caller, Callers, Role};
use crate::code::{
    graph::{Atom, Call, CallId, Form, FunctionId, NodeId, Unit, Value},
    resolve::{At, Resolver},
};

/// Registrations remembered for one registry, and for one package.
const MOST_OF_ONE: usize = 64;
const MOST: usize = 2_000;
/// Calls out of registries looked at.
const MOST_USES: usize = 4_000;

/// What was put where: the registry, its event where it has some, and the value.
type Registries = FxHashMap<At, Vec<(Option<String>, At)>>;

/// What a call does with a registry.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Act {
    Put,
    Listen,
    Emit,
}

/// Calls of functions that were registered somewhere else.
pub(in crate::code) fn registered(resolver: &Resolver<'_>, callers: &Callers) -> Vec<Called> {
    let units = &resolver.code().units;
    let mut registries = Registries::default();
    let mut emits: Vec<(u32, CallId)> = Vec::new();
    let mut looked = 0;
    for (index, unit) in units.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let names = names(unit);
        if names.is_empty() {
            continue;
        }
        for (position, call) in unit.calls.iter().enumerate() {
            let Value::Member { object, name } = unit.value(call.callee) else { continue };
            let Some(&(_, act)) = names.iter().find(|&&(known, _)| known == name) else { continue };
            let [first, rest @ ..] = unit.list(call.arguments) else { continue };
            if act == Act::Emit {
                emits.push((index, CallId(u32::try_from(position).unwrap_or(u32::MAX))));
                continue;
            }
            let &[value] = rest else { continue };
            if !may_hold_function(unit, value) || looked >= MOST {
                continue;
            }
            looked += 1;
            let event = resolver.text(At { unit: index, node: *first });
            if act == Act::Listen && event.is_none() {
                continue;
            }
            note(
                resolver,
                At { unit: index, node: object },
                act,
                event.as_deref(),
                At { unit: index, node: value },
                &mut registries,
            );
        }
    }
    if registries.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (unit, id) in emits.into_iter().take(MOST_USES) {
        emitted(resolver, (unit, id), callers, &registries, &mut found);
    }
    taken_out(resolver, callers, &registries, &mut found);
    found
}

/// The names of this file that speak of registries.
fn names(unit: &Unit) -> Vec<(Atom, Act)> {
    let acts = [
        ("set", Act::Put),
        ("on", Act::Listen),
        ("once", Act::Listen),
        ("addListener", Act::Listen),
        ("emit", Act::Emit),
    ];
    acts.iter().filter_map(|&(name, act)| Some((unit.strings.find(name)?, act))).collect()
}

fn may_hold_function(unit: &Unit, node: NodeId) -> bool {
    matches!(
        unit.value(node),
        Value::Function(_)
            | Value::Parameter(..)
            | Value::Object(_)
            | Value::Variable(_)
            | Value::Member { .. }
    )
}

fn note(
    resolver: &Resolver<'_>,
    store: At,
    act: Act,
    event: Option<&str>,
    value: At,
    registries: &mut Registries,
) {
    for &definition in resolver.definitions(store).iter().take(2) {
        let known = match act {
            Act::Put => is_made(resolver, definition, "Map"),
            Act::Listen | Act::Emit => is_emitter(resolver, definition),
        };
        if known {
            let entries = registries.entry(definition).or_default();
            if entries.len() < MOST_OF_ONE {
                entries.push((event.filter(|_| act == Act::Listen).map(str::to_owned), value));
            }
        }
    }
}

/// `new Map()`.
fn is_made(resolver: &Resolver<'_>, at: At, class: &str) -> bool {
    let unit = resolver.unit(at);
    let Value::Call(call) = unit.value(at.node) else { return false };
    let call = unit.call(call);
    call.form == Form::New
        && matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == class)
}

/// An event emitter of the platform, or an instance of a class that is one.
fn is_emitter(resolver: &Resolver<'_>, at: At) -> bool {
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::This(class) => unit.class(class).bases.iter().any(|&base| named_emitter(unit, base)),
        Value::Call(call) if unit.call(call).form == Form::New => {
            let callee = At { unit: at.unit, node: unit.call(call).callee };
            named_emitter(unit, callee.node)
                || resolver.definitions(callee).iter().any(|&class| {
                    let file = resolver.unit(class);
                    matches!(file.value(class.node), Value::Class(class)
                        if file.class(class).bases.iter().any(|&base| named_emitter(file, base)))
                })
        }
        _ => false,
    }
}

fn named_emitter(unit: &Unit, node: NodeId) -> bool {
    match unit.value(node) {
        Value::Import { module, name } => {
            unit.text(name).ends_with("EventEmitter") || matches!(unit.text(module), "events" | "node:events")
        }
        Value::Member { name, .. } | Value::Global(name) => unit.text(name) == "EventEmitter",
        _ => false,
    }
}

/// The functions that a registered value is: itself, or what callers hand to the function that
/// registers it.
fn functions(resolver: &Resolver<'_>, value: At, callers: &Callers, found: &mut Vec<(u32, FunctionId)>) {
    for &definition in resolver.definitions(value).iter().take(4) {
        match resolver.value(definition) {
            Value::Function(function) if function != FunctionId(0) => found.push((definition.unit, function)),
            Value::Parameter(function, position) => {
                for given in given(resolver, definition.unit, function, position, callers) {
                    for &inner in resolver.definitions(given).iter().take(4) {
                        if let Value::Function(function) = resolver.value(inner)
                            && function != FunctionId(0)
                        {
                            found.push((inner.unit, function));
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// What calls pass to a parameter by position.
fn given(
    resolver: &Resolver<'_>,
    unit: u32,
    function: FunctionId,
    position: u32,
    callers: &Callers,
) -> Vec<At> {
    let file = &resolver.code().units[unit as usize];
    let first = file.function(function).parameters.first();
    let shift = usize::from(first.is_some_and(|first| matches!(file.value(first.node), Value::This(_))));
    let calls = callers.get(&(unit, function)).map_or(&[][..], Vec::as_slice);
    let calls = calls.iter().filter(|caller| caller.role == Role::Callee).take(MOST_OF_ONE);
    let argument = |caller: &Caller| {
        let file = &resolver.code().units[caller.unit as usize];
        let index = (position as usize).checked_sub(shift)?;
        let node = *file.list(file.call(caller.call).arguments).get(index)?;
        Some(At { unit: caller.unit, node })
    };
    calls.filter_map(argument).collect()
}

/// The listeners that a call wakes.
fn emitted(
    resolver: &Resolver<'_>,
    (unit, id): (u32, CallId),
    callers: &Callers,
    registries: &Registries,
    found: &mut Vec<Called>,
) {
    let file = &resolver.code().units[unit as usize];
    let call = file.call(id);
    let Value::Member { object, .. } = file.value(call.callee) else { return };
    let Some(&first) = file.list(call.arguments).first() else { return };
    let Some(event) = resolver.text(At { unit, node: first }) else { return };
    for store in resolver.definitions(At { unit, node: object }).iter().take(2) {
        for (known, value) in registries.get(store).into_iter().flatten() {
            if known.as_deref() == Some(&event) {
                add(resolver, *value, (unit, id), Role::Listener, callers, found);
            }
        }
    }
}

/// Calls of what was taken out of a map, or of a method of it.
fn taken_out(resolver: &Resolver<'_>, callers: &Callers, registries: &Registries, found: &mut Vec<Called>) {
    let mut looked = 0;
    for (index, unit) in resolver.code().units.iter().enumerate() {
        let Some(get) = unit.strings.find("get") else { continue };
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for (position, call) in unit.calls.iter().enumerate() {
            let (from, method) = match unit.value(call.callee) {
                Value::Member { object, name } if !matches!(unit.value(object), Value::This(_)) => {
                    (object, Some(name))
                }
                Value::Call(_) | Value::Variable(_) | Value::Join(_) => (call.callee, None),
                _ => continue,
            };
            if !is_taken(unit, from, get, 0) || looked >= MOST_USES {
                continue;
            }
            looked += 1;
            let here = (index, CallId(u32::try_from(position).unwrap_or(u32::MAX)));
            for store in stores(resolver, At { unit: index, node: from }, get) {
                for &(_, value) in registries.get(&store).into_iter().flatten() {
                    match method {
                        None => add(resolver, value, here, Role::Callee, callers, found),
                        Some(name) => {
                            let mut members = Vec::new();
                            for &definition in resolver.definitions(value).iter().take(2) {
                                resolver.member_of(definition, unit.text(name), &mut members);
                            }
                            for member in members {
                                add(resolver, member, here, Role::Callee, callers, found);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether a value is written as the result of a `get`.
fn is_taken(unit: &Unit, node: NodeId, get: Atom, level: u32) -> bool {
    match unit.value(node) {
        Value::Call(call) => {
            matches!(unit.value(unit.call(call).callee), Value::Member { name, .. } if name == get)
        }
        Value::Variable(variable) if level < 2 => unit.variables[variable.index()]
            .values
            .iter()
            .take(2)
            .any(|&value| is_taken(unit, value, get, level + 1)),
        Value::Or(left, _) | Value::And(_, left) if level < 2 => is_taken(unit, left, get, level + 1),
        _ => false,
    }
}

/// The maps that a value was taken out of.
fn stores(resolver: &Resolver<'_>, at: At, get: Atom) -> Vec<At> {
    let mut found = Vec::new();
    for &definition in resolver.definitions(at).iter().take(4) {
        let unit = resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { continue };
        let call: &Call = unit.call(call);
        if let Value::Member { object, name } = unit.value(call.callee)
            && (definition.unit != at.unit || name == get)
        {
            found.extend(resolver.definitions(At { unit: definition.unit, node: object }).iter().take(2));
        }
    }
    found
}

fn add(
    resolver: &Resolver<'_>,
    value: At,
    (unit, call): (u32, CallId),
    role: Role,
    callers: &Callers,
    found: &mut Vec<Called>,
) {
    let mut targets = Vec::new();
    functions(resolver, value, callers, &mut targets);
    found.extend(targets.into_iter().map(|target| (target, Caller { unit, call, role })));
}
