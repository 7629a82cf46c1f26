//! Go servers: what serves MCP over HTTP, where it is bound, and whether anything in the package asks
//! who calls or by which name.

use super::{checks::Scene, shape::index, words};
use crate::{
    artifact::Language,
    code::{
        graph::{Call, NodeId, Unit, Value},
        literal,
        resolve::{At, place},
    },
    finding::{Confidence, Finding, Rule, Severity, Step},
    untrusted::excerpt,
};

/// Constructors of handlers that serve MCP over HTTP.
const TRANSPORTS: [&str; 5] = [
    "NewStreamableHTTPServer",
    "NewSSEServer",
    "NewStreamableHTTPHandler",
    "NewSSEHandler",
    "NewStreamableHTTPServerTransport",
];
/// Texts and names of code that asks for credentials.
const CREDENTIALS: [&str; 12] = [
    "Authorization",
    "authorization",
    "X-API-Key",
    "X-Api-Key",
    "x-api-key",
    "RequireBearerToken",
    "BasicAuth",
    "ConstantTimeCompare",
    "WithHTTPContextFunc",
    "VerifyIDToken",
    "ParseWithClaims",
    "PeerCertificates",
];
/// Texts and names of code that looks at the name by which it was called.
const NAMES: [&str; 5] = ["Origin", "origin", "CrossOriginProtection", "AllowedHosts", "AllowedOrigins"];

/// Where a server is bound.
#[derive(Clone, Copy, Eq, PartialEq, Ord, PartialOrd)]
enum Bound {
    Everywhere,
    Unknown,
    Loopback,
}

/// Reports Go servers that ask nobody.
pub(super) fn run(
    scene: &Scene<'_>,
    rebinding: Option<&'static Rule>,
    authentication: Option<&'static Rule>,
    findings: &mut Vec<Finding>,
) {
    let units = &scene.code().units;
    let files = || units.iter().enumerate().filter(|(_, unit)| unit.language == Language::Go && is_own(unit));
    if files().next().is_none() {
        return;
    }
    let speaks =
        |words: &[&str]| files().any(|(_, unit)| words.iter().any(|word| unit.strings.find(word).is_some()));
    let mut transports: Vec<(u32, NodeId, String)> = Vec::new();
    let mut binds: Vec<(Bound, String, u32, NodeId)> = Vec::new();
    for (position, unit) in files() {
        let file = index(position);
        for call in &unit.calls {
            let (Value::Member { name, .. } | Value::Import { name, .. }) = unit.value(call.callee) else {
                continue;
            };
            let name = unit.text(name);
            if TRANSPORTS.contains(&name) {
                transports.push((file, call.node, name.to_owned()));
            }
            if let Some((bound, address)) = bound(scene, file, unit, call, name) {
                binds.push((bound, address, file, call.node));
            }
        }
    }
    let asks = speaks(&CREDENTIALS);
    let Some((file, node, name)) = transports.first() else { return };
    let at = place(scene.unit(*file), *node);
    binds.sort_by_key(|&(bound, _, unit, node)| (bound, unit, node));
    let Some((bound, address, unit, bind)) = binds.first() else { return };
    let here = place(scene.unit(*unit), *bind);
    let step = Step { location: here.clone(), what: "bound here".to_owned() };
    if let (Some(rule), false, Bound::Everywhere) = (authentication, asks, *bound) {
        let message = format!("`{name}` serves MCP on `{}` and asks nobody who calls", excerpt(address, 40));
        let mut finding = Finding::new(rule, message).at(here.clone()).because(name.clone());
        finding.steps.push(step.clone());
        findings.push(finding);
    }
    if let (Some(rule), false, false) = (rebinding, asks, speaks(&NAMES) || compares_host(scene)) {
        let message = format!(
            "`{name}` serves MCP over HTTP, and no host, origin or credential check was found in the package"
        );
        let mut finding = Finding::new(rule, message).at(at).because(name.clone());
        if *bound == Bound::Everywhere || name.ends_with("Handler") {
            // Another rule says so, or newer versions of the library check by themselves.
            finding.severity = Severity::Low;
            finding.confidence = Confidence::Medium;
        }
        finding.steps.push(step);
        findings.push(finding);
    }
}

fn is_own(unit: &Unit) -> bool {
    !unit.path.ends_with("_test.go") && !unit.path.contains("/vendor/") && !words::is_aside(&unit.path)
}

/// The address that a call listens on.
fn bound(scene: &Scene<'_>, file: u32, unit: &Unit, call: &Call, name: &str) -> Option<(Bound, String)> {
    let arguments = unit.list(call.arguments);
    let resolver = scene.flow.resolver();
    let called = resolver.callee_names(At { unit: file, node: call.callee });
    let address = match name {
        "Start" | "Run"
            if called.iter().any(|called| TRANSPORTS.iter().any(|name| called.contains(name))) =>
        {
            arguments.first().copied()
        }
        "ListenAndServe" | "ListenAndServeTLS" => match arguments.first() {
            Some(&first) => Some(first),
            // `server.ListenAndServe()` of a server whose address is a field.
            None => unit
                .properties
                .iter()
                .find(|property| unit.text(property.key) == "Addr")
                .map(|property| property.value),
        },
        "Listen" if called.iter().any(|called| called.starts_with("net.Listen")) => arguments.get(1).copied(),
        _ => return None,
    };
    let Some(node) = address else { return Some((Bound::Unknown, String::new())) };
    let definitions = resolver.definitions(At { unit: file, node });
    let mut text = String::new();
    for &definition in definitions.iter().take(2) {
        text = address_text(scene, definition);
        if !text.is_empty() {
            break;
        }
    }
    let host = text.rsplit_once(':').map_or(text.as_str(), |(host, _)| host);
    let bound = match host {
        "" if text.starts_with(':') => Bound::Everywhere,
        "0.0.0.0" | "[::]" | "::" => Bound::Everywhere,
        "127.0.0.1" | "localhost" | "[::1]" => Bound::Loopback,
        _ => Bound::Unknown,
    };
    Some((bound, text))
}

/// The constant text of an address: also of `fmt.Sprintf(":%d", port)`.
fn address_text(scene: &Scene<'_>, at: At) -> String {
    let resolver = scene.flow.resolver();
    let unit = resolver.unit(at);
    if let Value::Call(call) = unit.value(at.node)
        && let Some(&first) = unit.list(unit.call(call).arguments).first()
        && resolver.last_name(At { unit: at.unit, node: unit.call(call).callee }) == Some("Sprintf")
    {
        return resolver.text(At { unit: at.unit, node: first }).unwrap_or_default();
    }
    literal::template(resolver, at, "1", 0)
}

/// Whether some function compares the name by which it was called.
fn compares_host(scene: &Scene<'_>) -> bool {
    scene.code().units.iter().filter(|unit| unit.language == Language::Go && is_own(unit)).any(|unit| {
        // The front end writes the fields of a request as other languages do.
        let Some(host) = unit.strings.find("host") else { return false };
        let is_host = |node: NodeId| {
            matches!(unit.value(node), Value::Member { object, name }
                if name == host && !matches!(unit.value(object), Value::Import { .. } | Value::Call(_)))
        };
        let compared = unit.nodes.iter().any(|node| match node.value {
            Value::Binary { left, right, .. } => is_host(left) || is_host(right),
            Value::Element { key, .. } => is_host(key),
            _ => false,
        });
        compared || unit.calls.iter().any(|call| unit.list(call.arguments).iter().any(|&node| is_host(node)))
    })
}
