//! Nobody asks who calls: transports open to the network, transports that were left out where
//! others ask, and middleware that lets everybody through.

use std::collections::BTreeSet;

use super::{
    access::Access,
    checks::Scene,
    served::Served,
    servers::Reach,
    shape::{callee_name, direct_name},
    words,
};
use crate::{
    code::{
        graph::{FunctionId, Value},
        resolve::{At, place},
    },
    finding::{Finding, Rule, Severity, Step},
    untrusted::excerpt,
};

/// Reports transports without a check of who calls, one finding for each file.
pub(super) fn run(scene: &Scene<'_>, rule: &'static Rule, served: &[Served], findings: &mut Vec<Finding>) {
    let mut files = BTreeSet::new();
    let guarded: Vec<&Served> = served.iter().filter(|one| one.access.ever(Access::CREDENTIAL)).collect();
    let mut ordered: Vec<&Served> = served.iter().collect();
    ordered.sort_by_key(|one| !one.reach.is_open());
    for one in ordered {
        let unit = scene.unit(one.transport.unit);
        let call = unit.call(one.transport.call);
        let name = excerpt(callee_name(unit, call), 60);
        if one.access.always(Access::CREDENTIAL | Access::PEER) || files.contains(&one.transport.unit) {
            continue;
        }
        let opted = one.access.ever(Access::CREDENTIAL);
        let mut finding = if one.reach.is_open() {
            let how = match &one.reach {
                Reach::Network(host) => format!("on `{}`", excerpt(host, 40)),
                _ => "on every interface, because no address is given".to_owned(),
            };
            let asked = if opted {
                "asks who calls only where somebody switched that on"
            } else {
                "asks nobody who calls"
            };
            Finding::new(rule, format!("`{name}` serves MCP {how} and {asked}"))
        } else if let Some(other) = guarded.iter().find(|other| !opted && apart(scene, one, other)) {
            let other_unit = scene.unit(other.transport.unit);
            let other_call = other_unit.call(other.transport.call);
            let mut finding = Finding::new(
                rule,
                format!(
                    "`{name}` serves MCP and asks nobody who calls, where another transport of the package does"
                ),
            );
            finding.steps.push(Step {
                location: place(other_unit, other_call.node),
                what: "this transport asks for credentials".to_owned(),
            });
            finding
        } else {
            continue;
        };
        if opted {
            finding.severity = Severity::Low;
        }
        if let (Some((unit, node)), true) = (one.binding, one.reach.is_open()) {
            finding
                .steps
                .push(Step { location: place(scene.unit(unit), node), what: "bound here".to_owned() });
        }
        files.insert(one.transport.unit);
        findings.push(finding.at(place(unit, call.node)).because(name));
    }
}

/// Whether two transports are served by different functions.
fn apart(scene: &Scene<'_>, one: &Served, other: &Served) -> bool {
    let function = |served: &Served| {
        let unit = scene.unit(served.transport.unit);
        (served.transport.unit, unit.call(served.transport.call).function)
    };
    function(one) != function(other)
}

/// Reports middleware that reads credentials and lets everybody through.
pub(super) fn falls_through(
    scene: &Scene<'_>,
    rule: &'static Rule,
    served: &[Served],
    findings: &mut Vec<Finding>,
) {
    let mut seen: BTreeSet<At> = BTreeSet::new();
    for one in served.iter().filter(|one| !one.access.always(Access::CREDENTIAL)) {
        for &middleware in &one.passed {
            if seen.insert(middleware)
                && let Some(at) = lets_through(scene, middleware)
            {
                let unit = scene.unit(middleware.unit);
                let name = excerpt(direct_name(unit, middleware.node), 60);
                let message = format!(
                    "`{name}` reads the caller's credentials and goes on without them: no way through it turns a \
                     caller away"
                );
                findings.push(Finding::new(rule, message).at(place(unit, at.node)).because(name));
            }
        }
    }
}

/// The function of a middleware that reads credentials, goes on, and never turns anybody away.
fn lets_through(scene: &Scene<'_>, middleware: At) -> Option<At> {
    let unit = scene.unit(middleware.unit);
    if words::is_aside(&unit.path) || !scene.value(middleware, 0).is_none() {
        return None;
    }
    let functions: Vec<FunctionId> = match unit.value(middleware.node) {
        Value::Function(function) => vec![function],
        Value::Class(class) => unit.class(class).methods.iter().map(|&(_, method)| method).collect(),
        _ => return None,
    };
    let function = functions.into_iter().take(64).find(|&function| {
        let requests = scene.requests(middleware.unit);
        let goes_on = requests.calls(function).iter().any(|&id| {
            let call = unit.call(id);
            matches!(callee_name(unit, call), "call_next" | "next")
                && matches!(unit.value(call.callee), Value::Parameter(..))
        });
        goes_on
            && requests.rejections_of(function).next().is_none()
            && scene.function_reads(middleware.unit, function, Access::CREDENTIAL)
    })?;
    Some(At { unit: middleware.unit, node: unit.function(function).node })
}
