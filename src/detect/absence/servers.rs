//! Places that serve MCP over HTTP, and places that bind an address.

use super::{
    around::calls_named,
    checks::Scene,
    defaults::Defaults,
    shape::{callee_name, direct_name, index, is_nothing, member, option, receiver},
    words,
};
use crate::{
    artifact::Language,
    code::{
        graph::{Call, CallId, Form, FunctionId, NodeId, Operator, Unit, Value},
        resolve::At,
    },
};

/// Transports and bindings kept for one package.
const MOST: usize = 32;

/// A place that serves MCP over HTTP.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transport {
    /// The file.
    pub unit: u32,
    /// The call that makes or starts it.
    pub call: CallId,
    /// How it is written.
    pub form: TransportForm,
}

/// How a transport is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TransportForm {
    /// A transport object of the TypeScript SDK.
    Script,
    /// A transport object of the Python SDK.
    Python,
    /// A server object that serves itself.
    Server,
}

/// A place that binds an address.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// The file.
    pub unit: u32,
    /// The call.
    pub call: CallId,
    /// Where it stands, where that is not the call.
    pub node: NodeId,
    /// Who reaches it where nobody set anything.
    pub reach: Reach,
}

/// Who reaches a bound address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    /// Programs on the same machine.
    Machine,
    /// Everybody on the network: the address.
    Network(String),
    /// Everybody on the network, because no address is given.
    Unnamed,
    /// Not known.
    Unknown,
}

impl Reach {
    /// Whether everybody on the network reaches it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Unnamed)
    }
}

/// Every place that serves MCP over HTTP, in file and source order.
pub(super) fn transports(scene: &Scene<'_>) -> Vec<Transport> {
    let mut found = Vec::new();
    for (position, unit) in scene.code().units.iter().enumerate() {
        if words::is_aside(&unit.path) || !mentions_transport(unit) {
            continue;
        }
        let position = index(position);
        for (id, call) in calls_named(unit, is_transport) {
            if found.len() < MOST
                && let Some(form) = transport_form(scene, position, unit, call)
            {
                found.push(Transport { unit: position, call: id, form });
            }
        }
    }
    found
}

/// Whether a call of this name may make or start a transport.
fn is_transport(name: &str) -> bool {
    words::SCRIPT_TRANSPORTS.contains(&name)
        || words::PYTHON_TRANSPORTS.contains(&name)
        || words::PYTHON_HTTP_METHODS.contains(&name)
        || words::RUN_METHODS.contains(&name)
}

fn mentions_transport(unit: &Unit) -> bool {
    let words = words::SCRIPT_TRANSPORTS
        .iter()
        .chain(&words::PYTHON_TRANSPORTS)
        .chain(&words::PYTHON_HTTP_METHODS)
        .chain(&["transport", "transportType"]);
    words.into_iter().any(|word| unit.strings.find(word).is_some())
}

fn transport_form(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<TransportForm> {
    let name = callee_name(unit, call);
    let python = unit.language == Language::Python;
    if !python && call.form == Form::New && words::SCRIPT_TRANSPORTS.contains(&name) {
        return Some(TransportForm::Script);
    }
    if python && words::PYTHON_TRANSPORTS.contains(&name) {
        return Some(TransportForm::Python);
    }
    let object = receiver(unit, call)?;
    if python && words::PYTHON_HTTP_METHODS.contains(&name) {
        // A method that a class of the package calls on itself or its base belongs to a library of servers.
        let base =
            matches!(unit.value(object), Value::Call(call) if callee_name(unit, unit.call(call)) == "super");
        let own = base || matches!(unit.value(object), Value::This(_));
        return (!own).then_some(TransportForm::Server);
    }
    if !words::RUN_METHODS.contains(&name) {
        return None;
    }
    let key = if python { "transport" } else { "transportType" };
    let transport = option(scene.flow.resolver(), position, call, key)?;
    let chosen = scene.defaults(transport);
    let http = chosen.texts.iter().any(|text| words::is_http_transport(text))
        || is_chosen_by_condition(scene, position, call)
        || python && is_offered(unit, &chosen);
    http.then_some(TransportForm::Server)
}

/// Whether a transport that is not constant may be HTTP: the file names such transports.
fn is_offered(unit: &Unit, chosen: &Defaults) -> bool {
    (chosen.unknown || chosen.unset)
        && ["streamable-http", "streamable_http", "sse"].iter().any(|word| unit.strings.find(word).is_some())
}

/// `if transport == "http": server.run(transport=transport)`.
fn is_chosen_by_condition(scene: &Scene<'_>, position: u32, call: &Call) -> bool {
    let unit = scene.unit(position);
    unit.conditions(call.context).take(16).any(|condition| {
        let Value::Binary { operator, left, right } = unit.value(condition.test) else { return false };
        let wanted = matches!(
            (operator, condition.holds),
            (Operator::Equal | Operator::In, true) | (Operator::NotEqual | Operator::NotIn, false)
        );
        wanted
            && [left, right].into_iter().any(|node| {
                let texts = match unit.value(node) {
                    Value::Text(_) | Value::Array(_) => scene.defaults(At { unit: position, node }).texts,
                    _ => Vec::new(),
                };
                texts.iter().any(|text| words::is_http_transport(text))
            })
    })
}

/// Every place that binds an address, in file and source order.
pub(super) fn bindings(scene: &Scene<'_>) -> Vec<Binding> {
    let mut found = Vec::new();
    for (position, unit) in scene.code().units.iter().enumerate() {
        if words::is_aside(&unit.path) {
            continue;
        }
        let position = index(position);
        for (id, call) in calls_named(unit, |name| BINDING.contains(&name)) {
            if found.len() < MOST
                && let Some(reach) = reach(scene, position, unit, call)
            {
                found.push(Binding { unit: position, call: id, node: call.node, reach });
            }
        }
        settings(scene, position, unit, &mut found);
    }
    found
}

/// `server.settings.host = "0.0.0.0"`.
fn settings(scene: &Scene<'_>, position: u32, unit: &Unit, found: &mut Vec<Binding>) {
    let Some(host) = unit.strings.find("host").filter(|_| unit.strings.find("settings").is_some()) else {
        return;
    };
    for (at, node) in unit.nodes.iter().enumerate() {
        let Value::With { object, key, value } = node.value else { continue };
        if key != host || direct_name(unit, object) != "settings" || found.len() >= MOST {
            continue;
        }
        let function = scene.requests(position).innermost(unit, node.at);
        let near = scene.requests(position).calls(function).last().copied().unwrap_or(CallId(0));
        if unit.calls.is_empty() {
            continue;
        }
        let reach = of_host(&scene.defaults(At { unit: position, node: value }));
        found.push(Binding { unit: position, call: near, node: NodeId(index(at)), reach });
    }
}

/// Names of the calls that [`reach`] looks at.
const BINDING: [&str; 22] = [
    "listen",
    "serve",
    "WebSocketServer",
    "start",
    "run",
    "Config",
    "FastMCP",
    "MCPServer",
    "run_http_async",
    "run_sse_async",
    "run_streamable_http_async",
    "run_async",
    "run_app",
    "TCPSite",
    "HTTPServer",
    "ThreadingHTTPServer",
    "TCPServer",
    "ThreadingTCPServer",
    "bind",
    "make_server",
    "create_server",
    "start_server",
];

/// Who reaches what a call binds; `None` where it binds nothing.
fn reach(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<Reach> {
    if unit.language == Language::Python {
        python_reach(scene, position, unit, call)
    } else {
        script_reach(scene, position, unit, call)
    }
}

fn script_reach(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<Reach> {
    let arguments = unit.list(call.arguments);
    let here = |node: NodeId| At { unit: position, node };
    let named = |names: [&str; 2]| {
        names.into_iter().find_map(|name| option(scene.flow.resolver(), position, call, name))
    };
    match callee_name(unit, call) {
        "listen" => {
            let object = receiver(unit, call)?;
            let &first = arguments.first()?;
            if let Some(port) = named(["port", "port"]) {
                let local = is_fastify(scene, here(object)) || is_ephemeral(scene, port);
                return Some(match named(["host", "hostname"]) {
                    Some(host) => of_optional(scene, host),
                    None if local => Reach::Machine,
                    None => Reach::Unnamed,
                });
            }
            script_listen(scene, position, unit, first, arguments.get(1).copied())
        }
        "serve" if option(scene.flow.resolver(), position, call, "fetch").is_some() => {
            Some(named(["hostname", "host"]).map_or(Reach::Unnamed, |host| of_optional(scene, host)))
        }
        "WebSocketServer" if call.form == Form::New => {
            named(["port", "port"])?;
            Some(named(["host", "hostname"]).map_or(Reach::Unnamed, |host| of_optional(scene, host)))
        }
        "start" => {
            let kind = option(scene.flow.resolver(), position, call, "transportType")?;
            let kinds = scene.defaults(kind);
            if !kinds.texts.iter().any(|text| words::is_http_transport(text)) {
                return None;
            }
            let inner = option(scene.flow.resolver(), position, call, "httpStream")?;
            let host = member(scene.flow.resolver(), inner, "host");
            Some(host.map_or(Reach::Machine, |host| of_host(&scene.defaults(host))))
        }
        _ => None,
    }
}

/// `listen(port, host, callback)`.
fn script_listen(
    scene: &Scene<'_>,
    position: u32,
    unit: &Unit,
    first: NodeId,
    second: Option<NodeId>,
) -> Option<Reach> {
    let here = |node: NodeId| At { unit: position, node };
    let port = scene.defaults(here(first));
    let socket = port.texts.iter().any(|text| !text.is_empty() && text.parse::<u32>().is_err());
    if socket || matches!(unit.value(first), Value::Function(_) | Value::Object(_)) {
        return None;
    }
    if port.texts.iter().any(|text| text == "0") {
        return Some(Reach::Machine);
    }
    Some(match second.map(|node| (node, unit.value(node))) {
        None | Some((_, Value::Function(_) | Value::Null)) => Reach::Unnamed,
        Some((node, _)) => {
            let callback = scene
                .flow
                .resolver()
                .definitions(here(node))
                .iter()
                .any(|&definition| matches!(scene.flow.resolver().value(definition), Value::Function(_)));
            if callback { Reach::Unnamed } else { of_optional(scene, here(node)) }
        }
    })
}

fn is_ephemeral(scene: &Scene<'_>, port: At) -> bool {
    scene.defaults(port).texts.iter().any(|text| text == "0")
}

fn is_fastify(scene: &Scene<'_>, object: At) -> bool {
    scene.flow.resolver().callee_names(object).iter().any(|name| name.contains("astify"))
}

fn python_reach(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<Reach> {
    let resolver = scene.flow.resolver();
    let here = |node: NodeId| At { unit: position, node };
    let host = option(resolver, position, call, "host");
    let arguments = unit.list(call.arguments);
    let name = callee_name(unit, call);
    let full = || resolver.callee_names(here(call.callee));
    match name {
        "run" | "Config" => {
            let uvicorn = full().iter().any(|name| name.starts_with("uvicorn."));
            let http = option(resolver, position, call, "transport").is_some() || uvicorn;
            match host {
                Some(host) => Some(of_host(&scene.defaults(host))),
                None => http.then_some(Reach::Machine),
            }
        }
        "FastMCP"
        | "MCPServer"
        | "run_http_async"
        | "run_sse_async"
        | "run_streamable_http_async"
        | "run_async" => host.map(|host| of_host(&scene.defaults(host))),
        "run_app" | "TCPSite" => {
            let all = full().iter().any(|name| name.starts_with("aiohttp."));
            let host =
                host.or_else(|| arguments.get(1).filter(|_| name == "TCPSite").map(|&node| here(node)));
            all.then(|| host.map_or(Reach::Unnamed, |host| of_optional(scene, host)))
        }
        "HTTPServer" | "ThreadingHTTPServer" | "TCPServer" | "ThreadingTCPServer" | "bind" => {
            if name == "bind" && !listens(scene, position, unit, call) {
                return None;
            }
            let Value::Array(pair) = unit.value(*arguments.first()?) else { return None };
            let &host = unit.list(pair).first()?;
            let found = scene.defaults(here(host));
            if found.texts.iter().any(String::is_empty) {
                return Some(Reach::Unnamed);
            }
            Some(of_host(&found))
        }
        "make_server" | "create_server" => {
            arguments.first().map(|&node| of_host(&scene.defaults(here(node))))
        }
        "start_server" => arguments.get(1).map(|&node| of_host(&scene.defaults(here(node)))),
        "serve" if full().iter().any(|name| name.starts_with("websockets")) => {
            arguments.get(1).map(|&node| here(node)).or(host).map(|host| of_optional(scene, host))
        }
        _ => None,
    }
}

/// Whether a bound socket is used to answer, not to see whether a port is free.
fn listens(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> bool {
    scene.requests(position).calls(call.function).iter().any(|&id| {
        matches!(
            callee_name(unit, unit.call(id)),
            "listen" | "accept" | "recvfrom" | "recv" | "serve_forever"
        )
    })
}

/// A host that, where it is nothing, means every interface.
fn of_optional(scene: &Scene<'_>, host: At) -> Reach {
    if is_nothing(scene.flow.resolver(), host) {
        return Reach::Unnamed;
    }
    let found = scene.defaults(host);
    if found.unset && found.texts.is_empty() && !found.unknown {
        return Reach::Unnamed;
    }
    of_host(&found)
}

fn of_host(found: &Defaults) -> Reach {
    if let Some(open) = found.texts.iter().find(|text| words::is_wildcard(text)) {
        return Reach::Network(open.clone());
    }
    if found.texts.iter().any(|text| words::is_loopback(text)) {
        return Reach::Machine;
    }
    Reach::Unknown
}

/// Whether a function serves something of its own, so that it is no helper of another server.
pub(super) fn serves(scene: &Scene<'_>, transports: &[Transport], unit: u32, function: FunctionId) -> bool {
    transports.iter().any(|transport| {
        if transport.unit != unit {
            return false;
        }
        let file = scene.unit(unit);
        let mut at = Some(file.call(transport.call).function);
        while let Some(current) = at {
            if current == function {
                return true;
            }
            at = file.function(current).parent;
        }
        false
    })
}
