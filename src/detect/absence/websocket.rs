//! A socket that web pages of any origin may open: browsers do not ask before they do.

use super::{
    access::Access,
    around::{Around, calls_named},
    checks::Scene,
    shape::{callee_name, index, is_nothing, option},
    words,
};
use crate::{
    artifact::Language,
    code::{
        graph::{Call, CallId, Form, Unit, Value},
        resolve::{At, place},
    },
    finding::{Confidence, Finding, Rule, Severity},
    untrusted::excerpt,
};

/// Socket servers looked at in one file.
const MOST: usize = 16;

/// Reports socket servers that check neither origin nor credentials, one for each file.
pub(super) fn run(scene: &Scene<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    for (position, unit) in scene.code().units.iter().enumerate() {
        if words::is_aside(&unit.path) {
            continue;
        }
        let position = index(position);
        let open = calls_named(unit, |name| matches!(name, "serve" | "WebSocketServer" | "Server"))
            .filter(|(_, call)| is_server(scene, position, unit, call))
            .take(MOST)
            .find(|&(id, call)| !is_checked(scene, position, id, call));
        let Some((_, call)) = open else { continue };
        let name = excerpt(callee_name(unit, call), 60);
        let message = format!(
            "`{name}` takes connections, and no check of the origin or of credentials was found before messages are read"
        );
        let mut finding = Finding::new(rule, message).at(place(unit, call.node)).because(name);
        if unit.bundled {
            finding.severity = Severity::Low;
            finding.confidence = Confidence::Low;
        }
        findings.push(finding);
    }
}

fn is_server(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> bool {
    let name = callee_name(unit, call);
    let full = || scene.flow.resolver().callee_names(At { unit: position, node: call.callee });
    if unit.language == Language::Python {
        let library = |name: &String| name.starts_with("websockets.");
        return name == "serve" && full().iter().any(library);
    }
    match name {
        "WebSocketServer" => call.form == Form::New,
        "Server" => {
            call.form == Form::New
                && full().iter().any(|name| matches!(name.as_str(), "ws.Server" | "ws.WebSocket.Server"))
        }
        _ => false,
    }
}

fn is_checked(scene: &Scene<'_>, position: u32, id: CallId, call: &Call) -> bool {
    let resolver = scene.flow.resolver();
    let set =
        |name: &str| option(resolver, position, call, name).is_some_and(|given| !is_nothing(resolver, given));
    if ["verifyClient", "origins", "process_request", "handleProtocols"].into_iter().any(set) {
        return true;
    }
    let asked = Access::ORIGIN | Access::HOST | Access::CREDENTIAL;
    let unit = scene.unit(position);
    let handlers =
        unit.list(call.arguments).iter().filter(|&&node| !matches!(unit.value(node), Value::Object(_)));
    let handled = handlers.take(2).any(|&node| scene.value(At { unit: position, node }, 0).ever(asked));
    handled || Around::call(scene, position, id, &|_, _| false).access(scene).ever(asked)
}
