//! Web pages of any origin may read what the server answers.

use super::{
    access::Access,
    around::calls_named,
    checks::Scene,
    defaults::Defaults,
    served::Served,
    shape::{callee_name, direct_name, index, is_nothing, option, receiver},
    words,
};
use crate::{
    artifact::Language,
    code::{
        graph::{Call, FunctionId, Unit, Value},
        resolve::{At, place},
    },
    finding::{Confidence, Finding, Rule, Severity},
};

/// Findings kept for one package.
const MOST: usize = 64;
/// Calls of one function that may allow credentials.
const MOST_CALLS: usize = 1_000;

/// Which origins an answer is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origins {
    /// `*`: browsers refuse it together with cookies.
    Any,
    /// Whoever asks is named in the answer, so cookies go along.
    Whoever,
}

/// Reports answers for every origin.
pub(super) fn run(scene: &Scene<'_>, rule: &'static Rule, served: &[Served], findings: &mut Vec<Finding>) {
    let before = findings.len();
    let open = served.iter().any(|one| !one.access.always(Access::CREDENTIAL));
    for (position, unit) in scene.code().units.iter().enumerate() {
        if words::is_aside(&unit.path) || findings.len() > before + MOST {
            continue;
        }
        let position = index(position);
        let python = unit.language == Language::Python;
        if python && unit.strings.find("CORSMiddleware").is_none() {
            continue;
        }
        for (_, call) in calls_named(unit, |name| python || is_setting(name)) {
            if findings.len() > before + MOST {
                break;
            }
            let found = if python {
                self::python(scene, position, unit, call)
            } else {
                script(scene, position, unit, call)
            };
            let Some((origins, credentials)) = found else { continue };
            if let Some(finding) = report(rule, origins, credentials, open) {
                findings.push(finding.at(place(unit, call.node)).because(callee_name(unit, call)));
            }
        }
    }
}

fn report(rule: &'static Rule, origins: Origins, credentials: bool, open: bool) -> Option<Finding> {
    let (message, severity) = match (origins, credentials) {
        (Origins::Whoever, true) => {
            ("Answers name whatever origin asks and allow credentials: any web page acts as the user", None)
        }
        (Origins::Whoever, false) if open => (
            "Answers name whatever origin asks, and callers are not asked for credentials",
            Some(Severity::Low),
        ),
        (Origins::Any, _) if open => (
            "Answers are for web pages of any origin, and callers are not asked for credentials",
            Some(Severity::Low),
        ),
        (Origins::Any | Origins::Whoever, _) => return None,
    };
    let mut finding = Finding::new(rule, message);
    if let Some(severity) = severity {
        finding.severity = severity;
        finding.confidence = Confidence::Medium;
    }
    Some(finding)
}

/// `add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)`: with both, the
/// middleware names whatever origin asks.
fn python(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<(Origins, bool)> {
    let named = |name: &str| name == "CORSMiddleware";
    let given = unit.list(call.arguments).iter().take(2).any(|&argument| named(direct_name(unit, argument)));
    if !given && !named(callee_name(unit, call)) {
        return None;
    }
    let resolver = scene.flow.resolver();
    let every = |name: &str, word: &dyn Fn(&str) -> bool| {
        option(resolver, position, call, name).is_some_and(|at| {
            let found = scene.defaults(at);
            found.texts.iter().any(|text| word(text))
        })
    };
    let any = every("allow_origins", &|text| text == "*")
        || every("allow_origin_regex", &|text| matches!(text, ".*" | "^.*$" | "https?://.*"));
    let credentials =
        option(resolver, position, call, "allow_credentials").is_some_and(|at| scene.truth(at) == Some(true));
    any.then_some((if credentials { Origins::Whoever } else { Origins::Any }, credentials))
}

/// Whether a call of this name may say which origins are let in.
fn is_setting(name: &str) -> bool {
    matches!(name, "setHeader" | "header" | "set" | "append" | "register" | "default")
        || name.contains("cors")
}

fn script(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<(Origins, bool)> {
    let name = callee_name(unit, call);
    match name {
        "setHeader" | "header" | "set" | "append" => header(scene, position, unit, call),
        "register" => {
            let &plugin = unit.list(call.arguments).first()?;
            let names = scene.flow.resolver().callee_names(At { unit: position, node: plugin });
            names.iter().any(|name| name.ends_with("/cors")).then_some(())?;
            origins(scene, position, call, None)
        }
        _ => {
            if !name.contains("cors") && name != "default" {
                return None;
            }
            let names = scene.flow.resolver().callee_names(At { unit: position, node: call.callee });
            let library = names.iter().any(|name| {
                matches!(
                    name.as_str(),
                    "cors" | "cors.default" | "hono/cors.cors" | "@koa/cors" | "koa2-cors"
                )
            });
            library.then(|| origins(scene, position, call, Some(Origins::Any)))?
        }
    }
}

/// What the options of a CORS library say; `silent` where they say nothing.
fn origins(
    scene: &Scene<'_>,
    position: u32,
    call: &Call,
    silent: Option<Origins>,
) -> Option<(Origins, bool)> {
    let resolver = scene.flow.resolver();
    let credentials =
        option(resolver, position, call, "credentials").is_some_and(|at| scene.truth(at) == Some(true));
    let Some(origin) = option(resolver, position, call, "origin") else {
        let unit = scene.unit(position);
        // Options that are not literal may say anything.
        let opaque = unit
            .list(call.arguments)
            .iter()
            .any(|&argument| !matches!(unit.value(argument), Value::Object(_) | Value::Function(_)));
        return silent.filter(|_| !opaque).map(|origins| (origins, credentials));
    };
    if is_nothing(resolver, origin) {
        return None;
    }
    let found = scene.defaults(origin);
    if lets_everybody(scene, origin) || found.yes {
        return Some((Origins::Whoever, credentials));
    }
    found.texts.iter().any(|text| text == "*").then_some((Origins::Any, credentials))
}

/// `(origin, callback) => callback(null, true)`, `(origin) => origin`: without a condition.
fn lets_everybody(scene: &Scene<'_>, origin: At) -> bool {
    scene.flow.resolver().definitions(origin).iter().any(|&definition| {
        let unit = scene.flow.resolver().unit(definition);
        let Value::Function(function) = unit.value(definition.node) else { return false };
        if function == FunctionId(0) {
            return false;
        }
        let requests = scene.requests(definition.unit);
        let calls = requests.calls(function);
        let answers = calls.iter().any(|&id| {
            let call = unit.call(id);
            matches!(unit.value(call.callee), Value::Parameter(..))
                && call.context.0 == 0
                && unit
                    .list(call.arguments)
                    .get(1)
                    .is_some_and(|&yes| scene.truth(At { unit: definition.unit, node: yes }) == Some(true))
        });
        let echoes = unit
            .function(function)
            .exits
            .iter()
            .any(|exit| exit.context.0 == 0 && matches!(unit.value(exit.value), Value::Parameter(_, 0)));
        answers || echoes
    })
}

/// `response.setHeader("Access-Control-Allow-Origin", "*")`.
fn header(scene: &Scene<'_>, position: u32, unit: &Unit, call: &Call) -> Option<(Origins, bool)> {
    receiver(unit, call)?;
    let [name, value, ..] = unit.list(call.arguments) else { return None };
    let Value::Text(name) = unit.value(*name) else { return None };
    if !unit.text(name).eq_ignore_ascii_case("access-control-allow-origin") {
        return None;
    }
    let at = At { unit: position, node: *value };
    let found: Defaults = scene.defaults(at);
    let requests = scene.requests(position);
    let offset = unit.nodes[value.index()].at;
    let echoed = requests
        .between(offset, offset + 1)
        .any(|read| read.node == *value && read.access.ever(Access::ORIGIN));
    let credentials = requests.calls(call.function).iter().take(MOST_CALLS).any(|&id| {
        let other = unit.call(id);
        let [name, value, ..] = unit.list(other.arguments) else { return false };
        matches!(unit.value(*name), Value::Text(name)
            if unit.text(name).eq_ignore_ascii_case("access-control-allow-credentials"))
            && scene.defaults(At { unit: position, node: *value }).texts.iter().any(|text| text == "true")
    });
    if echoed && call.context.0 == 0 {
        return Some((Origins::Whoever, credentials));
    }
    found.texts.iter().any(|text| text == "*").then_some((Origins::Any, credentials))
}
