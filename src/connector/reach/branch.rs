//! Conditions that tell tools apart by name: `if (name === "x")`, `case "x"`, `handlers[name]`.

use rustc_hash::FxHashMap;

use super::Edge;
use crate::code::{
    graph::{Context, ContextId, FunctionId, NodeId, Operator, Value},
    resolve::{At, Resolver},
};

/// Conditions looked at around one call.
const MOST_CONDITIONS: usize = 32;
/// Names looked at in one list of them.
const MOST_NAMES: usize = 64;
/// Nesting of one condition.
const DEEPEST: u32 = 6;

/// What a condition says about the tool that is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Says {
    /// It is this one.
    Yes,
    /// It is another one.
    No,
    /// Nothing.
    Nothing,
}

type Names = FxHashMap<String, usize>;

/// Whether a condition around a call compares something with the name of a tool.
pub(super) fn tells_tools_apart(
    resolver: &Resolver<'_>,
    names: &Names,
    unit: u32,
    context: ContextId,
) -> bool {
    let file = &resolver.code().units[unit as usize];
    file.conditions(context)
        .take(MOST_CONDITIONS)
        .any(|condition| names_tool(resolver, names, At { unit, node: condition.test }, 0))
}

fn names_tool(resolver: &Resolver<'_>, names: &Names, at: At, level: u32) -> bool {
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    match unit.value(at.node) {
        Value::Binary { operator: Operator::Equal | Operator::NotEqual, left, right } => {
            [left, right].iter().any(|&node| tool(resolver, names, here(node)).is_some())
        }
        Value::Binary { operator: Operator::In | Operator::NotIn, right, .. } => match unit.value(right) {
            Value::Array(range) => unit
                .list(range)
                .iter()
                .take(MOST_NAMES)
                .any(|&node| tool(resolver, names, here(node)).is_some()),
            _ => false,
        },
        Value::Or(left, right) | Value::And(left, right) if level < DEEPEST => {
            names_tool(resolver, names, here(left), level + 1)
                || names_tool(resolver, names, here(right), level + 1)
        }
        Value::Not(inner) if level < DEEPEST => names_tool(resolver, names, here(inner), level + 1),
        _ => false,
    }
}

/// The tool whose name a node is.
fn tool(resolver: &Resolver<'_>, names: &Names, at: At) -> Option<usize> {
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Text(text) => names.get(unit.text(text)).copied(),
        Value::Member { .. } | Value::Variable(_) | Value::Import { .. } => {
            names.get(resolver.text(at)?.as_str()).copied()
        }
        _ => None,
    }
}

/// Whether a place is in a branch that another tool has for itself.
pub(super) fn is_of_another_tool(
    resolver: &Resolver<'_>,
    names: &Names,
    unit: u32,
    context: ContextId,
    wanted: usize,
) -> bool {
    let file = &resolver.code().units[unit as usize];
    let mut other = false;
    for condition in file.conditions(context).take(MOST_CONDITIONS) {
        match says(resolver, names, unit, condition, wanted) {
            // Comparisons inside the tool's own branch are about something else.
            Says::Yes => return false,
            Says::No => other = true,
            Says::Nothing => {}
        }
    }
    other
}

fn says(resolver: &Resolver<'_>, names: &Names, unit: u32, condition: Context, wanted: usize) -> Says {
    test(resolver, names, At { unit, node: condition.test }, wanted, condition.holds, 0)
}

/// What a test says where it holds, or where it fails.
fn test(resolver: &Resolver<'_>, names: &Names, at: At, wanted: usize, holds: bool, level: u32) -> Says {
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    let inner = |node: NodeId, holds: bool| test(resolver, names, here(node), wanted, holds, level + 1);
    if level > DEEPEST {
        return Says::Nothing;
    }
    match unit.value(at.node) {
        Value::Binary { operator: operator @ (Operator::Equal | Operator::NotEqual), left, right } => {
            let named = [left, right].iter().find_map(|&node| tool(resolver, names, here(node)));
            let named: Vec<usize> = named.into_iter().collect();
            one_of(&named, wanted, (operator == Operator::Equal) == holds)
        }
        Value::Binary { operator: operator @ (Operator::In | Operator::NotIn), right, .. } => {
            let Value::Array(range) = unit.value(right) else { return Says::Nothing };
            let items = unit.list(range).iter().take(MOST_NAMES);
            let named: Vec<usize> = items.filter_map(|&node| tool(resolver, names, here(node))).collect();
            one_of(&named, wanted, (operator == Operator::In) == holds)
        }
        Value::Or(left, right) | Value::And(left, right) => {
            let either = matches!(unit.value(at.node), Value::Or(..)) == holds;
            match (inner(left, holds), inner(right, holds), either) {
                (Says::No, Says::No, true) | (Says::No, _, false) | (_, Says::No, false) => Says::No,
                (Says::Yes, _, _) | (_, Says::Yes, _) => Says::Yes,
                _ => Says::Nothing,
            }
        }
        Value::Not(negated) => inner(negated, !holds),
        _ => Says::Nothing,
    }
}

/// What it says that the tool is, or is not, one of these.
fn one_of(named: &[usize], wanted: usize, is: bool) -> Says {
    match (named.contains(&wanted), is) {
        _ if named.is_empty() => Says::Nothing,
        (true, true) => Says::Yes,
        (false, true) | (true, false) => Says::No,
        (false, false) => Says::Nothing,
    }
}

/// Whether a function calls what it looks up by a computed name.
pub(super) fn looks_up(resolver: &Resolver<'_>, unit: u32, edges: &[Edge]) -> bool {
    let mut last = None;
    edges.iter().filter_map(|edge| edge.call).any(|call| {
        let fresh = last != Some(call);
        last = Some(call);
        fresh && {
            let file = &resolver.code().units[unit as usize];
            table(resolver, At { unit, node: file.call(call).callee }, 0).is_some()
        }
    })
}

/// The collection that a callee is looked up in: `table[name]`, `table.get(name)`, `table[name].run`.
fn table(resolver: &Resolver<'_>, at: At, level: u32) -> Option<At> {
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    match unit.value(at.node) {
        Value::Element { object, .. } => Some(here(object)),
        Value::Call(call) => match unit.value(unit.call(call).callee) {
            Value::Member { object, name } if unit.text(name) == "get" => Some(here(object)),
            _ => None,
        },
        Value::Member { object, .. } if level < 2 => table(resolver, here(object), level + 1),
        _ => None,
    }
}

/// What a callee is where the collection that it is looked up in is asked for one name.
fn found_under(resolver: &Resolver<'_>, at: At, name: &str, level: u32) -> Vec<At> {
    let unit = resolver.unit(at);
    let mut found = Vec::new();
    if let Value::Member { object, name: member } = unit.value(at.node)
        && level < 2
    {
        for inner in found_under(resolver, At { unit: at.unit, node: object }, name, level + 1) {
            resolver.member_of(inner, unit.text(member), &mut found);
        }
    } else if let Some(object) = table(resolver, at, 2) {
        for &definition in resolver.definitions(object).iter() {
            resolver.member_of(definition, name, &mut found);
        }
    }
    found
}

/// What a tool's name finds in the collection that a callee is looked up in, where the collection
/// has it.
pub(super) fn looked_up(
    resolver: &Resolver<'_>,
    unit: u32,
    callee: NodeId,
    name: &str,
) -> Option<Vec<(u32, FunctionId)>> {
    table(resolver, At { unit, node: callee }, 0)?;
    let members = found_under(resolver, At { unit, node: callee }, name, 0);
    let functions = functions(resolver, members);
    (!functions.is_empty()).then_some(functions)
}

/// Every function that a call of what `table.get(name)` gives can mean.
pub(super) fn all_of_table(resolver: &Resolver<'_>, unit: u32, callee: NodeId) -> Vec<(u32, FunctionId)> {
    let at = At { unit, node: callee };
    if !matches!(resolver.value(at), Value::Call(_)) {
        return Vec::new();
    }
    let Some(object) = table(resolver, at, 0) else { return Vec::new() };
    let mut found = Vec::new();
    for &definition in resolver.definitions(object).iter() {
        resolver.elements_of(definition, &mut found);
    }
    functions(resolver, found)
}

fn functions(resolver: &Resolver<'_>, found: Vec<At>) -> Vec<(u32, FunctionId)> {
    found
        .into_iter()
        .filter_map(|at| match resolver.value(at) {
            Value::Function(function) if function != FunctionId(0) => Some((at.unit, function)),
            _ => None,
        })
        .collect()
}
