//! Programs that start, and files that go, only from a date on or on machines of a certain name.

use rustc_hash::FxHashSet;

use super::{View, finding, load::parts, shown};
use crate::{
    code::{
        flow::Role,
        graph::{ContextId, FunctionId, NodeId, Operator, Unit, Value},
        resolve::At,
    },
    finding::{Finding, Rule},
};

/// Functions looked at on the way to those who call.
const MOST_FUNCTIONS: usize = 8;
/// Conditions looked at for one call.
const MOST_CONDITIONS: usize = 16;
/// Parts of one condition.
const MOST_PARTS: usize = 16;
/// Seconds since 1970 above which a number is a moment of our days.
const RECENT: f64 = 1.5e9;

pub(super) fn ask(view: &View<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    for site in view.sites(&["process-shell", "process-arguments", "dynamic-code", "file-removal"]) {
        let call = view.call(site);
        if let Some(what) = trigger(view, site.unit, call.function, call.context) {
            let message = format!("`{}` happens only {what}", shown(&site.name));
            findings.push(finding(rule, view.unit(site), call.node, message));
        }
    }
}

fn trigger(view: &View<'_>, unit: u32, function: FunctionId, context: ContextId) -> Option<&'static str> {
    let mut seen: FxHashSet<(u32, FunctionId)> = FxHashSet::default();
    let mut stack = vec![(unit, function, context)];
    while let Some((unit, function, context)) = stack.pop() {
        let file = &view.code.units[unit as usize];
        for condition in file.conditions(context).take(MOST_CONDITIONS) {
            if let Some(what) = judge(view, unit, file, condition.test) {
                return Some(what);
            }
        }
        if !seen.insert((unit, function)) || seen.len() > MOST_FUNCTIONS {
            continue;
        }
        for caller in view.flow.callers(unit, function).iter().filter(|caller| caller.role == Role::Callee) {
            let call = view.code.units[caller.unit as usize].call(caller.call);
            stack.push((caller.unit, call.function, call.context));
        }
    }
    None
}

fn judge(view: &View<'_>, unit: u32, file: &Unit, test: NodeId) -> Option<&'static str> {
    let mut stack = vec![test];
    for _ in 0..MOST_PARTS {
        let node = stack.pop()?;
        match file.value(node) {
            Value::And(left, right) | Value::Or(left, right) => stack.extend([left, right]),
            Value::Not(inner) => stack.push(inner),
            Value::Binary { operator: Operator::Order, left, right } => {
                let moments = [(left, right), (right, left)];
                let fixed = |&(clock, moment): &(NodeId, NodeId)| {
                    is_now(view, At { unit, node: clock }) && is_moment(view, At { unit, node: moment })
                };
                if moments.iter().any(fixed) {
                    return Some("on one side of a fixed date");
                }
            }
            Value::Binary { operator: Operator::Equal | Operator::NotEqual, left, right } => {
                let named = |&(machine, name): &(NodeId, NodeId)| {
                    is_identity(view, At { unit, node: machine })
                        && view.resolver.text(At { unit, node: name }).is_some_and(|name| name.len() > 1)
                };
                if [(left, right), (right, left)].iter().any(named) {
                    return Some("on machines or for users of a certain name");
                }
            }
            Value::Call(call) => {
                let call = file.call(call);
                let Value::Member { object, name } = file.value(call.callee) else { continue };
                let asks = matches!(
                    file.text(name),
                    "startsWith" | "endsWith" | "includes" | "startswith" | "endswith" | "test" | "match"
                );
                let whole = parts(file, object).into_iter().chain(file.list(call.arguments).iter().copied());
                if asks && whole.into_iter().any(|node| is_identity(view, At { unit, node })) {
                    return Some("on machines or for users of a certain name");
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a value is the present moment.
fn is_now(view: &View<'_>, at: At) -> bool {
    view.resolver.definitions(at).iter().any(|&definition| {
        let unit = view.resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { return false };
        let call = unit.call(call);
        let callee = At { unit: definition.unit, node: call.callee };
        let names = view.resolver.callee_names(callee);
        let clock = |name: &String| {
            matches!(
                name.as_str(),
                "Date.now"
                    | "datetime.datetime.now"
                    | "datetime.datetime.utcnow"
                    | "datetime.datetime.today"
                    | "datetime.date.today"
                    | "time.time"
            )
        };
        names.iter().any(clock)
            || (names.iter().any(|name| name == "Date") && unit.list(call.arguments).is_empty())
            || names.iter().any(|name| name == "Date().getTime")
    })
}

/// Whether a value is one fixed moment: a large number, or a date made of constants.
fn is_moment(view: &View<'_>, at: At) -> bool {
    if let Some(text) = view.resolver.text(at) {
        let digits = text.replace('_', "");
        return digits.parse::<f64>().is_ok_and(|number| number > RECENT);
    }
    view.resolver.definitions(at).iter().any(|&definition| {
        let unit = view.resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { return false };
        let call = unit.call(call);
        let names = view.resolver.callee_names(At { unit: definition.unit, node: call.callee });
        let makes = |name: &String| {
            matches!(
                name.as_str(),
                "Date" | "Date.parse" | "Date.UTC" | "Date().getTime" | "datetime.datetime" | "datetime.date"
            )
        };
        let arguments = unit.list(call.arguments);
        let constant = |&node: &NodeId| view.resolver.text(At { unit: definition.unit, node }).is_some();
        names.iter().any(makes) && !arguments.is_empty() && arguments.iter().all(constant)
    })
}

/// Whether a value is the name of the machine or of its user.
fn is_identity(view: &View<'_>, at: At) -> bool {
    view.comes_from(at, &["host-data"]) || view.reaches(at, |at, value| {
        let unit = view.resolver.unit(at);
        let variable =
            |name: &str| matches!(name, "USER" | "USERNAME" | "LOGNAME" | "HOSTNAME" | "COMPUTERNAME");
        match value {
            Value::Member { object, name } => {
                variable(unit.text(name))
                    && matches!(unit.value(object), Value::Member { name, .. } if unit.text(name) == "env")
            }
            Value::Text(text) => variable(unit.text(text)),
            _ => false,
        }
    })
}
