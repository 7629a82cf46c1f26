//! A request that decides which program runs, and nobody asks who sends it.

use std::collections::BTreeSet;

use super::{
    access::Access,
    around::{Around, calls_named},
    checks::Scene,
    servers::{self, Binding, Reach, Transport},
    shape::{callee_name, direct_name, index, receiver},
    words,
};
use crate::{
    code::{
        flow::Next,
        graph::{Call, CallId, Unit, Value},
        resolve::{At, place},
    },
    detect::sets,
    finding::{Confidence, Finding, Rule, Severity, Step},
    untrusted::excerpt,
};

/// Values visited from one argument.
const MOST_VISITS: usize = 2_000;

/// Reports process starts that an unauthenticated request decides, one for each file.
pub(super) fn run(
    scene: &Scene<'_>,
    rule: &'static Rule,
    transports: &[Transport],
    bindings: &[Binding],
    findings: &mut Vec<Finding>,
) {
    let mut files = BTreeSet::new();
    let starts = starts(scene);
    if starts.is_empty() || !scene.code().units.iter().any(reads_requests) {
        return;
    }
    for (unit, id) in starts {
        let file = scene.unit(unit);
        if files.contains(&unit) || words::is_aside(&file.path) {
            continue;
        }
        let call = file.call(id);
        let Some(source) = request_behind(scene, unit, call) else { continue };
        let around = Around::call(scene, unit, id, &|unit, function| {
            servers::serves(scene, transports, unit, function)
        });
        let access = around.access(scene);
        if access.always(Access::CREDENTIAL) {
            continue;
        }
        files.insert(unit);
        let open = bindings.iter().find(|binding| binding.reach.is_open());
        findings.push(report(scene, rule, (unit, call), source, access, open));
    }
}

/// Whether any value of a file is data of a request.
fn reads_requests(unit: &Unit) -> bool {
    let words =
        ["query", "body", "query_params", "form", "args", "json", "get_json", "formData", "parseBody"];
    words.iter().any(|word| unit.strings.find(word).is_some())
        && unit.nodes.iter().any(|node| is_request_data(unit, node.value))
}

fn report(
    scene: &Scene<'_>,
    rule: &'static Rule,
    (unit, call): (u32, &Call),
    source: At,
    access: Access,
    open: Option<&Binding>,
) -> Finding {
    let file = scene.unit(unit);
    let name = excerpt(callee_name(file, call), 60);
    let message = format!("A request decides what `{name}` starts, and nothing asks who sends it");
    let mut finding = Finding::new(rule, message).at(place(file, call.node)).because(name);
    let from = scene.unit(source.unit);
    finding.steps.push(Step { location: place(from, source.node), what: "read from the request".to_owned() });
    if let Some(open) = open {
        let what = match &open.reach {
            Reach::Network(host) => format!("bound to `{}`", excerpt(host, 40)),
            _ => "bound to every interface: no address is given".to_owned(),
        };
        finding.steps.push(Step { location: place(scene.unit(open.unit), open.node), what });
    }
    if open.is_none() || !access.is_none() {
        finding.severity = Severity::Medium;
        finding.confidence = Confidence::Medium;
    }
    finding
}

/// Calls that start programs, in file and source order.
fn starts(scene: &Scene<'_>) -> Vec<(u32, CallId)> {
    let callees = &sets::get().callees;
    let named: Vec<_> =
        ["process-shell", "process-arguments"].iter().filter_map(|name| callees.find(name)).collect();
    let mut found: BTreeSet<(u32, CallId)> = scene
        .code()
        .sites
        .iter()
        .filter(|site| named.iter().any(|&set| site.is(set)))
        .map(|site| (site.unit, site.call))
        .collect();
    for (position, unit) in scene.code().units.iter().enumerate() {
        let words = ["StdioClientTransport", "StdioServerParameters"];
        if words.iter().all(|word| unit.strings.find(word).is_none()) {
            continue;
        }
        let started = calls_named(unit, |name| words.contains(&name))
            .filter(|(_, call)| words.contains(&callee_name(unit, call)));
        found.extend(started.map(|(id, _)| (index(position), id)));
    }
    found.into_iter().take(256).collect()
}

/// The part of a request that decides an argument.
fn request_behind(scene: &Scene<'_>, unit: u32, call: &Call) -> Option<At> {
    let file = scene.unit(unit);
    let keywords = file.entries(call.keywords).iter().map(|entry| entry.value);
    let arguments: Vec<_> = file.list(call.arguments).iter().copied().chain(keywords).take(6).collect();
    arguments.into_iter().find_map(|node| {
        let mut found = None;
        scene.flow.walk_at_most(MOST_VISITS, At { unit, node }, |at, value| {
            if found.is_none() && is_request_data(scene.unit(at.unit), value) {
                found = Some(at);
            }
            if found.is_some() { Next::Stop } else { Next::On }
        });
        found
    })
}

/// `req.query`, `req.body`, `await request.json()`, `c.req.json()`.
fn is_request_data(unit: &Unit, value: Value) -> bool {
    match value {
        Value::Member { object, name } => {
            matches!(unit.text(name), "query" | "body" | "query_params" | "form" | "args")
                && words::is_request(direct_name(unit, object))
                && !matches!(unit.value(object), Value::Import { .. })
        }
        Value::Call(call) => {
            let call = unit.call(call);
            matches!(
                callee_name(unit, call),
                "json" | "get_json" | "formData" | "parseBody" | "form" | "query" | "body"
            ) && receiver(unit, call).is_some_and(|object| words::is_request(direct_name(unit, object)))
        }
        _ => false,
    }
}
