mod flow;
mod hostile;
mod modules;
mod show;
mod values;

use super::lower;
use crate::code::graph::{Call, Unit, Value};

fn read(source: &str) -> Unit {
    lower(0, "package/module.py", source)
}

/// Calls of the undeclared name `out`, in order.
fn outs(unit: &Unit) -> Vec<&Call> {
    let is_out =
        |call: &&Call| matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == "out");
    unit.calls.iter().filter(is_out).collect()
}

/// Checks what reaches `out(...)`.
fn check(source: &str, expected: &str) {
    let unit = read(source);
    assert_eq!(unit.problems, [], "{source}");
    let shown: Vec<String> = outs(&unit)
        .iter()
        .map(|call| {
            let arguments: Vec<String> =
                unit.list(call.arguments).iter().map(|&node| show::node(&unit, node)).collect();
            arguments.join(", ")
        })
        .collect();
    assert_eq!(shown.join("; "), expected, "{source}");
}

/// Checks under which conditions `out(...)` is called.
fn check_when(source: &str, expected: &str) {
    let unit = read(source);
    assert_eq!(unit.problems, [], "{source}");
    let shown: Vec<String> = outs(&unit).iter().map(|call| show::conditions(&unit, call.context)).collect();
    assert_eq!(shown.join("; "), expected, "{source}");
}
