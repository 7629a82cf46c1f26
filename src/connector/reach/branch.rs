//! Conditions that tell tools apart by name: `if (name === "x")`, `case "x"`, `handlers[name]`.

use rustc_hash::FxHashMap;

use super::Edge;
use crate::code::{
    graph::{ContextId, FunctionId, NodeId, Operator, Value},
    resolve::{At, Resolver},
};

/// Conditions looked at around one call.
const MOST_CONDITIONS: usize = 256;
/// Names looked at in one list of them.
const MOST_NAMES: usize = 64;
/// Nesting of one condition.
const DEEPEST: u32 = 6;

/// Tool names and their numbers.
pub(super) type Names = FxHashMap<String, usize>;

/// For which tools a place in a shared handler is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Branch {
    /// Only for these; for all where empty.
    only: Vec<usize>,
    /// Not for these.
    not: Vec<usize>,
}

impl Branch {
    /// Whether other tools have the place for themselves.
    pub(super) fn excludes(&self, tool: usize) -> bool {
        // Comparisons inside the tool's own branch are about something else.
        !self.only.contains(&tool) && (!self.only.is_empty() || self.not.contains(&tool))
    }
}

/// What a condition says about the tool that is called.
enum Says {
    /// It is one of these.
    Is(Vec<usize>),
    /// It is none of these.
    IsNot(Vec<usize>),
    Nothing,
}

/// What the conditions around a place say; `None` where they name no tool.
pub(super) fn of(resolver: &Resolver<'_>, names: &Names, unit: u32, context: ContextId) -> Option<Branch> {
    let file = &resolver.code().units[unit as usize];
    let mut branch = Branch::default();
    for condition in file.conditions(context).take(MOST_CONDITIONS) {
        match test(resolver, names, At { unit, node: condition.test }, condition.holds, 0) {
            Says::Is(tools) => branch.only.extend(tools),
            Says::IsNot(tools) => branch.not.extend(tools),
            Says::Nothing => {}
        }
    }
    (branch != Branch::default()).then_some(branch)
}

/// What a test says where it holds, or where it fails.
fn test(resolver: &Resolver<'_>, names: &Names, at: At, holds: bool, level: u32) -> Says {
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    let one_of = |named: Vec<usize>, is: bool| match (named.is_empty(), is) {
        (true, _) => Says::Nothing,
        (false, true) => Says::Is(named),
        (false, false) => Says::IsNot(named),
    };
    match unit.value(at.node) {
        Value::Binary { operator: operator @ (Operator::Equal | Operator::NotEqual), left, right } => {
            let one = [left, right].iter().find_map(|&node| tool(resolver, names, here(node)));
            one_of(one.into_iter().collect(), (operator == Operator::Equal) == holds)
        }
        Value::Binary { operator: operator @ (Operator::In | Operator::NotIn), right, .. } => {
            let Value::Array(range) = unit.value(right) else { return Says::Nothing };
            let items = unit.list(range).iter().take(MOST_NAMES);
            let any = items.filter_map(|&node| tool(resolver, names, here(node))).collect();
            one_of(any, (operator == Operator::In) == holds)
        }
        Value::Or(left, right) | Value::And(left, right) if level < DEEPEST => {
            let either = matches!(unit.value(at.node), Value::Or(..)) == holds;
            let inner = |node: NodeId| test(resolver, names, here(node), holds, level + 1);
            match (inner(left), inner(right), either) {
                (Says::Is(mut tools), Says::Is(more), _) => {
                    tools.extend(more);
                    Says::Is(tools)
                }
                (Says::Is(tools), _, false) | (_, Says::Is(tools), false) => Says::Is(tools),
                (Says::IsNot(mut tools), Says::IsNot(more), false) => {
                    tools.extend(more);
                    Says::IsNot(tools)
                }
                (Says::IsNot(tools), _, false) | (_, Says::IsNot(tools), false) => Says::IsNot(tools),
                _ => Says::Nothing,
            }
        }
        Value::Not(negated) if level < DEEPEST => test(resolver, names, here(negated), !holds, level + 1),
        _ => Says::Nothing,
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
