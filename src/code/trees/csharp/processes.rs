//! Starting a process: what is described in parts becomes one call with program and list.

use super::super::lowering::Lowerer;
use crate::code::graph::{NodeId, Value};

/// Changes of one description that are looked at.
const MOST_CHANGES: usize = 256;

/// A program and its arguments, as far as they were seen.
#[derive(Default)]
struct Described {
    program: Option<NodeId>,
    /// The arguments as one text.
    line: Option<NodeId>,
    list: Option<NodeId>,
}

/// `Process.Start(program, "a b")`, `Process.Start(description)`, `process.Start()`.
pub(super) fn started(lowerer: &mut Lowerer<'_>, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let (&first, rest) = arguments.split_first()?;
    let mut described = Described::default();
    look(lowerer, first, &mut described, 0);
    let is_described = described.program.is_some() || described.line.is_some() || described.list.is_some();
    if !is_described {
        if rest.is_empty() && is_process(lowerer, first) {
            return None;
        }
        described.program = Some(first);
        let is_list = rest.first().is_some_and(|&given| {
            matches!(lowerer.builder.unit().value(given), Value::Array(_) | Value::With { .. })
        });
        let slot = if is_list { &mut described.list } else { &mut described.line };
        *slot = rest.first().copied();
    }
    let program = described.program.unwrap_or_else(|| lowerer.builder.unknown());
    let list = match (described.list, described.line) {
        (Some(list), _) => list,
        (None, Some(line)) => {
            let Some(list) = words(lowerer, line, at) else {
                // A line from elsewhere: whatever gets into it can add arguments.
                let module = "System.Diagnostics.ProcessStartInfo";
                return Some(lowerer.call_foreign(module, "Arguments", &[program, line], at));
            };
            list
        }
        (None, None) => lowerer.builder.array(&[], at),
    };
    Some(lowerer.call_foreign("System.Diagnostics.Process", "Start", &[program, list], at))
}

/// Whether a value is made by something whose start is no process: a server, a thread, a timer.
fn is_process(lowerer: &Lowerer<'_>, node: NodeId) -> bool {
    !matches!(lowerer.builder.unit().value(node), Value::Text(_) | Value::Concat(_) | Value::Parameter(..))
}

/// Fills in what a description says, the last change first.
fn look(lowerer: &Lowerer<'_>, node: NodeId, described: &mut Described, level: u32) {
    let unit = lowerer.builder.unit();
    let mut at = node;
    for _ in 0..MOST_CHANGES {
        match unit.value(at) {
            Value::With { object, key, value } => {
                match unit.text(key) {
                    "FileName" => described.program = described.program.or(Some(value)),
                    "Arguments" => described.line = described.line.or(Some(value)),
                    "ArgumentList" => described.list = described.list.or(Some(value)),
                    "StartInfo" if level < 2 => look(lowerer, value, described, level + 1),
                    _ => {}
                }
                at = object;
            }
            // `process.StartInfo` of what was made before.
            Value::Member { object, name } if unit.text(name) == "StartInfo" && level < 2 => at = object,
            Value::Call(call) => {
                let call = unit.call(call);
                let name = lowerer.imported(call.callee).unwrap_or_default();
                if name == "System.Diagnostics.ProcessStartInfo" {
                    let given = unit.list(call.arguments);
                    described.program = described.program.or(given.first().copied());
                    described.line = described.line.or(given.get(1).copied());
                }
                return;
            }
            _ => return,
        }
    }
}

/// The words of a line of arguments that begins with constant text; what follows `-c` or `/c` stays
/// together.
fn words(lowerer: &mut Lowerer<'_>, line: NodeId, at: u32) -> Option<NodeId> {
    let unit = lowerer.builder.unit();
    let parts: Vec<NodeId> = match unit.value(line) {
        Value::Concat(range) => unit.list(range).to_vec(),
        _ => vec![line],
    };
    let &head = parts.first()?;
    let text = lowerer.constant(head)?.to_owned();
    let (flag, script) = text.split_once(' ').unwrap_or((text.as_str(), ""));
    if matches!(flag, "-c" | "/c" | "/C" | "/k" | "/K" | "-Command" | "-command" | "-lc") {
        let mut pieces = vec![lowerer.builder.text(script, at)];
        pieces.extend(parts.iter().skip(1));
        let flag = lowerer.builder.text(flag, at);
        let script = lowerer.builder.concat(&pieces, at);
        return Some(lowerer.builder.array(&[flag, script], at));
    }
    let mut items: Vec<NodeId> = Vec::new();
    for part in parts {
        let constant = lowerer.constant(part).map(str::to_owned);
        match constant {
            Some(text) => {
                for word in text.split_whitespace() {
                    items.push(lowerer.builder.text(word.trim_matches('"'), at));
                }
            }
            None => items.push(part),
        }
    }
    Some(lowerer.builder.array(&items, at))
}
