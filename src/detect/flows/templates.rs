//! Source code that is put together from text.

use regex::bytes::Regex;

use crate::code::{
    graph::{FunctionId, NodeId, Unit, Value},
    guards::Place,
};

/// Values of a text that stand between quotes, where the text's own constant parts look like code.
pub(super) fn quoted(unit: &Unit, parts: &[NodeId], code: &Regex) -> Vec<NodeId> {
    let text = |node: NodeId| match unit.value(node) {
        Value::Text(atom) => Some(unit.text(atom)),
        _ => None,
    };
    let between = |window: &[NodeId]| {
        let [before, value, after] = window else { return None };
        let (before, after) = (text(*before)?, text(*after)?);
        let quote = before.chars().next_back().filter(|last| matches!(last, '\'' | '"' | '`'))?;
        (text(*value).is_none() && after.starts_with(quote)).then_some(*value)
    };
    let found: Vec<NodeId> = parts.windows(3).filter_map(between).collect();
    if found.is_empty() {
        return found;
    }
    let whole: String = parts.iter().map(|&node| text(node).unwrap_or("x")).collect();
    if code.is_match(whole.as_bytes()) { found } else { Vec::new() }
}

/// Where a text is put together: in the function that holds the nearest call, under its conditions.
pub(super) fn place_of(unit: &Unit, index: u32, node: NodeId) -> Place {
    let at = unit.nodes[node.index()].at;
    let inner = unit
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| unit.nodes[function.node.index()].at <= at && at < function.end)
        .min_by_key(|(_, function)| function.end - unit.nodes[function.node.index()].at);
    let function = inner.map_or(0, |(position, _)| position);
    Place {
        unit: index,
        function: FunctionId(u32::try_from(function).unwrap_or(0)),
        context: unit.functions[function].context,
        before: node,
    }
}
