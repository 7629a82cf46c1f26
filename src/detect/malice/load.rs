//! Whether a call happens without anybody asking for it: a call goes in, yes or no comes out.

use rustc_hash::FxHashSet;

use crate::code::{
    flow::{Flow, Next, Role},
    graph::{Call, ContextId, FunctionId, NodeId, Unit, Value},
    resolve::At,
};

/// Functions looked at on the way out to the top level.
const MOST_FUNCTIONS: usize = 64;
/// Conditions looked at for one call.
const MOST_CONDITIONS: usize = 16;
/// Parts of one condition.
const MOST_PARTS: usize = 32;
/// Nodes visited for one part.
const MOST_VISITS: usize = 100;

/// Whether a call happens while the package is loaded and no command-line argument decides it.
pub(in crate::detect) fn unasked(flow: &Flow<'_>, unit: u32, call: &Call) -> bool {
    let mut seen: FxHashSet<(u32, FunctionId)> = FxHashSet::default();
    let mut stack = vec![(unit, call.function, call.context)];
    while let Some((unit, function, context)) = stack.pop() {
        if commanded(flow, unit, context) {
            continue;
        }
        if function == FunctionId(0) {
            return true;
        }
        if !seen.insert((unit, function)) || seen.len() > MOST_FUNCTIONS {
            continue;
        }
        for caller in flow.callers(unit, function).iter().filter(|caller| caller.role == Role::Callee) {
            let call = flow.resolver().code().units[caller.unit as usize].call(caller.call);
            stack.push((caller.unit, call.function, call.context));
        }
    }
    false
}

/// Whether any condition on the way depends on the command line.
fn commanded(flow: &Flow<'_>, unit: u32, context: ContextId) -> bool {
    let file = &flow.resolver().code().units[unit as usize];
    file.conditions(context).take(MOST_CONDITIONS).any(|condition| {
        parts(file, condition.test).into_iter().any(|node| {
            let mut hit = false;
            flow.walk_at_most(MOST_VISITS, At { unit, node }, |at, value| {
                hit = hit || names_command_line(flow.resolver().unit(at), value);
                if hit { Next::Stop } else { Next::On }
            });
            hit
        })
    })
}

fn names_command_line(unit: &Unit, value: Value) -> bool {
    let name = match value {
        Value::Member { name, .. } | Value::Import { name, .. } => name,
        Value::Call(call) => match unit.value(unit.call(call).callee) {
            Value::Member { name, .. } | Value::Import { name, .. } => name,
            _ => return false,
        },
        _ => return false,
    };
    matches!(unit.text(name), "argv" | "parse_args" | "parse_known_args" | "parseArgs" | "opts")
}

/// The values that a condition compares or combines.
pub(super) fn parts(unit: &Unit, test: NodeId) -> Vec<NodeId> {
    let mut parts = Vec::new();
    let mut stack = vec![test];
    while let Some(node) = stack.pop() {
        if parts.len() + stack.len() > MOST_PARTS {
            break;
        }
        match unit.value(node) {
            Value::And(left, right) | Value::Or(left, right) | Value::Binary { left, right, .. } => {
                stack.extend([left, right]);
            }
            Value::Not(inner) => stack.push(inner),
            _ => parts.push(node),
        }
    }
    parts
}
