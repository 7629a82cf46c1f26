//! Each transport with who reaches it and what is asked of them on the way.

use super::{
    access::Access,
    around::Around,
    checks::Scene,
    sdk::{self, Since},
    servers::{self, Binding, Reach, Transport, TransportForm},
    shape::{callee_name, is_nothing, option, receiver},
    words,
};
use crate::{
    code::{
        graph::{Call, NodeId, Value},
        resolve::At,
    },
    connector::Connector,
};

/// The first versions whose server objects check the host by themselves on a loopback address.
const PYTHON_SDK: (&str, (u32, u32)) = ("mcp", (1, 23));

/// Middleware kept for one transport.
const MOST_PASSED: usize = 64;

/// A transport, who reaches it, and what is asked of them.
#[derive(Debug)]
pub(super) struct Served {
    /// The transport.
    pub transport: Transport,
    /// What is asked.
    pub access: Access,
    /// Who reaches it where nobody set anything.
    pub reach: Reach,
    /// The binding that says so.
    pub binding: Option<(u32, NodeId)>,
    /// What the SDK does by itself.
    pub sdk: Since,
    /// The middleware that requests pass: values handed over on the way.
    pub passed: Vec<At>,
}

/// Every transport of the package.
pub(super) fn all(
    scene: &Scene<'_>,
    connector: &Connector,
    transports: &[Transport],
    bindings: &[Binding],
) -> Vec<Served> {
    transports.iter().map(|&transport| one(scene, connector, transport, transports, bindings)).collect()
}

fn one(
    scene: &Scene<'_>,
    connector: &Connector,
    transport: Transport,
    transports: &[Transport],
    bindings: &[Binding],
) -> Served {
    let unit = scene.unit(transport.unit);
    let call = unit.call(transport.call);
    let around = Around::call(scene, transport.unit, transport.call, &|unit, function| {
        servers::serves(scene, transports, unit, function)
    });
    let mut access = around.access(scene) | options(scene, transport.unit, call);
    let mut sdk = Since::Undeclared;
    let mut constructor = None;
    if transport.form == TransportForm::Server
        && let Some(object) = receiver(unit, call)
    {
        let object = At { unit: transport.unit, node: object };
        constructor = constructed(scene, object);
        if let Some((unit, id)) = constructor {
            access |= options(scene, unit, scene.unit(unit).call(id));
        }
        if is_official(scene, connector, object) {
            sdk = sdk::since(connector, PYTHON_SDK.0, PYTHON_SDK.1);
        }
    }
    let (reach, binding) = reach(scene, transport, &around, constructor, bindings);
    if reach.is_open() {
        // The protection that the SDK switches on by itself is for loopback addresses.
        sdk = Since::Undeclared;
    }
    let passed = passed(scene, &around);
    Served { transport, access, reach, binding, sdk, passed }
}

/// The call that made a server object.
fn constructed(scene: &Scene<'_>, object: At) -> Option<(u32, crate::code::graph::CallId)> {
    scene.flow.resolver().definitions(object).iter().find_map(|&definition| {
        match scene.flow.resolver().value(definition) {
            Value::Call(call) => Some((definition.unit, call)),
            _ => None,
        }
    })
}

/// Whether a server object is the official SDK's, which protects loopback addresses by itself.
fn is_official(scene: &Scene<'_>, connector: &Connector, object: At) -> bool {
    let names = scene.flow.resolver().callee_names(object);
    if names.iter().any(|name| name.starts_with("mcp.")) {
        return true;
    }
    let known = names.iter().any(|name| name.contains("FastMCP"));
    !known && sdk::since(connector, "fastmcp", (0, 1)) == Since::Undeclared
}

/// What the options of a transport or server object say.
fn options(scene: &Scene<'_>, unit: u32, call: &Call) -> Access {
    let resolver = scene.flow.resolver();
    let mut access = Access::NONE;
    for name in words::HOST_OPTIONS {
        let Some(given) = option(resolver, unit, call, name) else { continue };
        if !is_nothing(resolver, given) && !is_switched_off(scene, given) {
            access |= if is_missing(scene, given) { Access::HOST.opted() } else { Access::HOST };
        }
    }
    for name in words::AUTH_OPTIONS {
        let Some(given) = option(resolver, unit, call, name) else { continue };
        if is_nothing(resolver, given) {
            continue;
        }
        let function = resolver
            .definitions(given)
            .iter()
            .any(|&definition| matches!(resolver.value(definition), Value::Function(_)));
        let asked = if function { scene.value(given, 0) } else { Access::CREDENTIAL };
        access |= if is_missing(scene, given) { asked.opted() } else { asked };
    }
    for name in ["middleware", "middlewares"] {
        if let Some(given) = option(resolver, unit, call, name) {
            access |= scene.value(given, 0);
        }
    }
    access
}

/// Whether an option is nothing until somebody sets it.
fn is_missing(scene: &Scene<'_>, given: At) -> bool {
    let usual = scene.defaults(given);
    usual.unset && usual.texts.is_empty() && !usual.unknown && !usual.yes
}

/// `TransportSecuritySettings(enable_dns_rebinding_protection=False)`.
fn is_switched_off(scene: &Scene<'_>, given: At) -> bool {
    let resolver = scene.flow.resolver();
    resolver.definitions(given).iter().any(|&definition| {
        let Value::Call(call) = resolver.value(definition) else { return false };
        let call = resolver.unit(definition).call(call);
        option(resolver, definition.unit, call, "enable_dns_rebinding_protection")
            .is_some_and(|switch| is_nothing(resolver, switch))
    })
}

/// Who reaches a transport: the binding around it, else that of its file, else that of the package.
fn reach(
    scene: &Scene<'_>,
    transport: Transport,
    around: &Around,
    constructor: Option<(u32, crate::code::graph::CallId)>,
    bindings: &[Binding],
) -> (Reach, Option<(u32, NodeId)>) {
    let own = |binding: &&Binding| {
        (binding.unit, binding.call) == (transport.unit, transport.call)
            || constructor == Some((binding.unit, binding.call))
    };
    let near = |binding: &&Binding| {
        let function = scene.unit(binding.unit).call(binding.call).function;
        around.functions.contains(&(binding.unit, function))
            || around.helpers.contains(&(binding.unit, function))
    };
    let same = |binding: &&Binding| binding.unit == transport.unit;
    let layers: [&dyn Fn(&&Binding) -> bool; 4] = [&own, &near, &same, &|_| true];
    for (position, layer) in layers.iter().enumerate() {
        let found: Vec<&Binding> = bindings.iter().filter(layer).collect();
        let best = found.iter().find(|binding| binding.reach.is_open()).or_else(|| found.first());
        if let Some(best) = best {
            return (best.reach.clone(), Some((best.unit, best.node)));
        }
        if position == 0 && transport.form == TransportForm::Server && is_self_bound(scene, transport) {
            return (Reach::Machine, None);
        }
    }
    (Reach::Unknown, None)
}

/// Whether a server object binds by itself, to a loopback address unless told otherwise.
fn is_self_bound(scene: &Scene<'_>, transport: Transport) -> bool {
    let unit = scene.unit(transport.unit);
    let name = callee_name(unit, unit.call(transport.call));
    !name.ends_with("_app") && unit.language == crate::artifact::Language::Python
}

/// Middleware that requests pass: classes and functions handed to `use`, `add_middleware`, `Middleware`.
fn passed(scene: &Scene<'_>, around: &Around) -> Vec<At> {
    let mut found = Vec::new();
    for (unit, id) in around.calls(scene) {
        if found.len() >= MOST_PASSED {
            break;
        }
        let file = scene.unit(unit);
        let call = file.call(id);
        let name = callee_name(file, call);
        let route = words::ROUTES.contains(&name) && receiver(file, call).is_some();
        if !route && !matches!(name, "use" | "add_middleware" | "Middleware" | "addHook") {
            continue;
        }
        for &argument in file.list(call.arguments).iter().take(8) {
            for &definition in scene.flow.resolver().definitions(At { unit, node: argument }).iter().take(4) {
                let callable =
                    matches!(scene.flow.resolver().value(definition), Value::Function(_) | Value::Class(_));
                if callable && !found.contains(&definition) {
                    found.push(definition);
                }
            }
        }
    }
    found
}
