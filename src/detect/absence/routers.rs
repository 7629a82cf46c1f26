//! Routes that change something without asking who calls, in a package whose other routes ask.

use std::collections::BTreeMap;

use super::{
    access::Access,
    checks::Scene,
    script_routes,
    shape::{callee_name, index, option, receiver},
    words,
};
use crate::{
    artifact::Language,
    code::{
        graph::{Call, CallId, FunctionId, NodeId, Unit, Value},
        resolve::{At, place},
    },
    finding::{Finding, Rule, Step},
    untrusted::excerpt,
};

/// Routes that must ask before the package counts as one that asks.
const FEWEST: usize = 2;

/// Routers looked at in one package.
const MOST_ROUTERS: usize = 256;

/// A route of a router.
pub(super) struct Route {
    /// The file.
    pub unit: u32,
    /// Where it is registered.
    pub node: NodeId,
    /// Its path, as far as it is constant.
    pub path: String,
    /// Whether its method is one that changes something.
    pub changes: bool,
    /// Whether callers are asked who they are.
    pub guarded: bool,
}

/// Reports routers with routes that change something and ask nobody, one finding for each.
pub(super) fn run(scene: &Scene<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    let mut routers: BTreeMap<At, Vec<Route>> = BTreeMap::new();
    let mut shared: BTreeMap<At, Access> = BTreeMap::new();
    for (position, unit) in scene.code().units.iter().enumerate() {
        if unit.language == Language::Python && mentions(unit) && !words::is_aside(&unit.path) {
            collect(scene, index(position), unit, &mut shared, &mut routers);
        }
    }
    script_routes::collect(scene, &mut routers);
    let guarded: usize = routers.values().flatten().filter(|route| route.guarded).count();
    if guarded < FEWEST {
        return;
    }
    let example = routers.values().flatten().find(|route| route.guarded && route.changes);
    for routes in routers.values() {
        let own = routes.iter().filter(|route| route.guarded).count();
        let open: Vec<&Route> = routes
            .iter()
            .filter(|route| !route.guarded && route.changes && !is_public(&route.path))
            .collect();
        let left_out = own == 0 || own > open.len();
        let (Some(first), true) = (open.first(), left_out) else { continue };
        let unit = scene.unit(first.unit);
        let path = excerpt(&first.path, 80);
        let message = format!(
            "{} of {} routes here change something and ask nobody who calls, `{path}` first; {guarded} other routes \
             of the package ask",
            open.len(),
            routes.len(),
        );
        let mut finding = Finding::new(rule, message).at(place(unit, first.node)).because(path);
        if let Some(example) = example {
            let location = place(scene.unit(example.unit), example.node);
            finding.steps.push(Step { location, what: "this route asks who calls".to_owned() });
        }
        findings.push(finding);
    }
}

fn mentions(unit: &Unit) -> bool {
    ["APIRouter", "FastAPI", "Flask", "Blueprint", "Quart"]
        .iter()
        .any(|word| unit.strings.find(word).is_some())
}

fn collect(
    scene: &Scene<'_>,
    position: u32,
    unit: &Unit,
    shared: &mut BTreeMap<At, Access>,
    routers: &mut BTreeMap<At, Vec<Route>>,
) {
    for (at, function) in unit.functions.iter().enumerate() {
        let id = FunctionId(index(at));
        for &decorator in function.decorators.iter().take(8) {
            let Value::Call(call) = unit.value(decorator) else { continue };
            let name = callee_name(unit, unit.call(call));
            let method = matches!(
                name,
                "get" | "post" | "put" | "delete" | "patch" | "api_route" | "websocket" | "route"
            );
            let Some(object) = receiver(unit, unit.call(call)).filter(|_| method) else { continue };
            let Some(router) = router(scene, At { unit: position, node: object }) else { continue };
            if shared.len() >= MOST_ROUTERS && !shared.contains_key(&router) {
                continue;
            }
            let beside = function.decorators.iter().filter(|&&other| other != decorator).take(8);
            let asked = beside.fold(scene.function(position, id), |all, &other| {
                all | scene.value(At { unit: position, node: other }, 0)
            });
            let asked = asked
                | dependencies(scene, position, call)
                | *shared.entry(router).or_insert_with(|| router_dependencies(scene, router));
            routers.entry(router).or_default().push(Route {
                unit: position,
                node: decorator,
                path: unit
                    .list(unit.call(call).arguments)
                    .first()
                    .and_then(|&path| scene.flow.resolver().text(At { unit: position, node: path }))
                    .unwrap_or_default(),
                changes: (matches!(name, "post" | "put" | "delete" | "patch")
                    || takes_changes(scene, position, call))
                    && !is_inert(scene, position, id),
                guarded: asked.ever(Access::CREDENTIAL),
            });
        }
    }
}

/// Whether a handler only answers: everything it calls is the request, the answer or a log.
pub(super) fn is_inert(scene: &Scene<'_>, unit: u32, function: FunctionId) -> bool {
    let file = scene.unit(unit);
    let requests = scene.requests(unit);
    let calls = requests.calls(function);
    !calls.is_empty()
        && calls.iter().take(256).all(|&id| {
            let mut root = file.call(id).callee;
            for _ in 0..16 {
                root = match file.value(root) {
                    Value::Member { object, .. } => object,
                    Value::Call(inner) => file.call(inner).callee,
                    _ => break,
                };
            }
            matches!(file.value(root), Value::Parameter(..))
                || matches!(
                    super::shape::direct_name(file, root),
                    "console" | "logger" | "logging" | "JSON" | "print"
                )
        })
}

/// `methods=["POST"]`.
fn takes_changes(scene: &Scene<'_>, unit: u32, call: CallId) -> bool {
    let methods = option(scene.flow.resolver(), unit, scene.unit(unit).call(call), "methods");
    methods.is_some_and(|methods| {
        let found = scene.defaults(methods);
        found.texts.iter().any(|text| matches!(text.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
    })
}

/// The call that made a router.
fn router(scene: &Scene<'_>, object: At) -> Option<At> {
    scene.flow.resolver().definitions(object).iter().copied().find(|&definition| {
        let unit = scene.flow.resolver().unit(definition);
        matches!(unit.value(definition.node), Value::Call(call)
            if matches!(callee_name(unit, unit.call(call)), "APIRouter" | "FastAPI" | "Flask" | "Blueprint" | "Quart"))
    })
}

/// `dependencies=[Depends(check)]`.
fn dependencies(scene: &Scene<'_>, unit: u32, call: CallId) -> Access {
    let resolver = scene.flow.resolver();
    let Some(given) = option(resolver, unit, scene.unit(unit).call(call), "dependencies") else {
        return Access::NONE;
    };
    let mut elements = Vec::new();
    for &definition in resolver.definitions(given).iter().take(4) {
        resolver.elements_of(definition, &mut elements);
    }
    elements.into_iter().take(16).fold(Access::NONE, |all, element| {
        let file = resolver.unit(element);
        let Value::Call(call) = file.value(element.node) else { return all };
        let Some(&first) = file.list(file.call(call).arguments).first() else { return all };
        all | scene.dependency(At { unit: element.unit, node: first }, 0)
    })
}

/// What a router, or the call that includes it, puts before all of its routes.
fn router_dependencies(scene: &Scene<'_>, router: At) -> Access {
    let mut access = Access::NONE;
    if let Value::Call(call) = scene.flow.resolver().value(router) {
        access |= dependencies(scene, router.unit, call);
        access |= before_each(scene, router, call);
    }
    for (position, unit) in scene.code().units.iter().enumerate() {
        if ["include_router", "register_blueprint"].iter().all(|word| unit.strings.find(word).is_none()) {
            continue;
        }
        let position = index(position);
        for (id, call) in super::around::calls_of(unit) {
            if !matches!(callee_name(unit, call), "include_router" | "register_blueprint") {
                continue;
            }
            let Some(&first) = unit.list(call.arguments).first() else { continue };
            let included = scene.flow.resolver().definitions(At { unit: position, node: first });
            if included.contains(&router) {
                access |= dependencies(scene, position, id);
                access |= around_all(scene, position, call);
            }
        }
    }
    access
}

/// What an application puts before every router that it includes.
fn around_all(scene: &Scene<'_>, unit: u32, include: &Call) -> Access {
    let Some(object) = receiver(scene.unit(unit), include) else { return Access::NONE };
    match router(scene, At { unit, node: object }) {
        Some(application) => match scene.flow.resolver().value(application) {
            Value::Call(call) => {
                dependencies(scene, application.unit, call) | before_each(scene, application, call)
            }
            _ => Access::NONE,
        },
        None => Access::NONE,
    }
}

/// `@app.before_request`, `@app.middleware("http")`, `app.add_middleware(…)` beside a router.
fn before_each(scene: &Scene<'_>, router: At, made: CallId) -> Access {
    let unit = scene.unit(router.unit);
    let requests = scene.requests(router.unit);
    let function = unit.call(made).function;
    let mut access = Access::NONE;
    for inner in requests.decorated(function).take(512) {
        for &decorator in unit.function(inner).decorators.iter().take(4) {
            let (name, object) = match unit.value(decorator) {
                Value::Call(call) => (callee_name(unit, unit.call(call)), receiver(unit, unit.call(call))),
                Value::Member { object, name } => (unit.text(name), Some(object)),
                _ => continue,
            };
            let own = object.is_some_and(|node| {
                scene.flow.resolver().definitions(At { unit: router.unit, node }).contains(&router)
            });
            if own && matches!(name, "before_request" | "before_app_request" | "middleware") {
                access |= scene.function(router.unit, inner);
            }
        }
    }
    for &id in requests.calls(function).iter().take(512) {
        let call = unit.call(id);
        if callee_name(unit, call) == "add_middleware"
            && let Some(&first) = unit.list(call.arguments).first()
        {
            access |= scene.value(At { unit: router.unit, node: first }, 0);
        }
    }
    access
}

/// Routes that a caller uses before there are credentials, or that answer somebody else's proof.
fn is_public(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [
        "login",
        "logout",
        "token",
        "register",
        "authorize",
        "oauth",
        "callback",
        "well-known",
        "health",
        "webhook",
        "revoke",
        "introspect",
        "signup",
        "signin",
        "session",
    ]
    .iter()
    .any(|word| path.contains(word))
}
