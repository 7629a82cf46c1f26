//! Routes of JavaScript servers: `app.post("/path", check, handler)`.

use std::collections::BTreeMap;

use super::{
    access::Access,
    around::calls_of,
    checks::Scene,
    routers::{Route, is_inert},
    shape::{callee_name, index, receiver},
    words,
};
use crate::{
    artifact::Language,
    code::{
        graph::{Call, FunctionId, NodeId, Unit, Value},
        resolve::At,
    },
};

/// Routes kept for one package.
const MOST_ROUTES: usize = 2_000;

/// Middleware that a router uses for every route below a path.
struct Used {
    router: At,
    path: String,
    access: Access,
}

/// Adds the routes of every router of the package.
pub(super) fn collect(scene: &Scene<'_>, routers: &mut BTreeMap<At, Vec<Route>>) {
    let mut found: Vec<(At, Route)> = Vec::new();
    let mut used: Vec<Used> = Vec::new();
    for (position, unit) in scene.code().units.iter().enumerate() {
        // Other packages' servers are inside a bundle.
        if unit.language == Language::Python || unit.bundled || words::is_aside(&unit.path) {
            continue;
        }
        let position = index(position);
        for (_, call) in calls_of(unit) {
            let Some(object) = receiver(unit, call) else { continue };
            match callee_name(unit, call) {
                "use" if used.len() < MOST_ROUTES => add_used(scene, position, unit, call, object, &mut used),
                "get" | "post" | "put" | "patch" | "delete" if found.len() < MOST_ROUTES => {
                    found.extend(route(scene, position, unit, call, object));
                }
                _ => {}
            }
        }
    }
    for (router, mut route) in found {
        let before = used.iter().filter(|used| used.router == router && route.path.starts_with(&used.path));
        route.guarded |= before.into_iter().any(|used| used.access.ever(Access::CREDENTIAL));
        routers.entry(router).or_default().push(route);
    }
}

fn route(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call, object: NodeId) -> Option<(At, Route)> {
    let [path, checks @ .., handler] = unit.list(call.arguments) else { return None };
    let Value::Text(path) = unit.value(*path) else { return None };
    let path = unit.text(path);
    let resolver = scene.flow.resolver();
    let here = |node: NodeId| At { unit: position, node };
    let handlers = resolver.definitions(here(*handler));
    let functions = handlers.iter().filter_map(|&definition| match resolver.value(definition) {
        Value::Function(function) if function != FunctionId(0) => Some((definition.unit, function)),
        _ => None,
    });
    let functions: Vec<(u32, FunctionId)> = functions.collect();
    if !path.starts_with('/') || functions.is_empty() {
        return None;
    }
    let inert = functions.iter().all(|&(unit, function)| is_inert(scene, unit, function));
    let router = *resolver.definitions(here(object)).first()?;
    let asked = checks
        .iter()
        .chain([handler])
        .take(12)
        .fold(Access::NONE, |all, &node| all | scene.value(here(node), 0));
    let route = Route {
        unit: position,
        node: call.node,
        path: path.to_owned(),
        changes: callee_name(unit, call) != "get" && !inert,
        guarded: asked.ever(Access::CREDENTIAL),
    };
    Some((router, route))
}

fn add_used(
    scene: &Scene<'_>,
    position: u32,
    unit: &Unit,
    call: &Call,
    object: NodeId,
    used: &mut Vec<Used>,
) {
    let resolver = scene.flow.resolver();
    let here = |node: NodeId| At { unit: position, node };
    let Some(&router) = resolver.definitions(here(object)).first() else { return };
    let arguments = unit.list(call.arguments);
    let path = match arguments.first().map(|&first| unit.value(first)) {
        Some(Value::Text(path)) => unit.text(path),
        _ => "",
    };
    let access = arguments.iter().take(8).fold(Access::NONE, |all, &node| all | scene.value(here(node), 0));
    if access.is_none() {
        return;
    }
    used.push(Used { router, path: path.trim_end_matches('*').to_owned(), access });
    // `app.use("/api", check, router)`: the check stands before every route of the other router.
    for &node in arguments.iter().take(8) {
        for &other in resolver.definitions(here(node)).iter().take(2) {
            if matches!(resolver.value(other), Value::Call(_)) {
                used.push(Used { router: other, path: String::new(), access });
            }
        }
    }
}
