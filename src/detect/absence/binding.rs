//! The address that a server listens on where nobody set one.

use super::{
    access::Access,
    checks::Scene,
    served::Served,
    servers::{Binding, Reach},
    shape::{callee_name, receiver},
};
use crate::{
    code::{
        graph::{Unit, Value},
        resolve::place,
    },
    finding::{Finding, Rule, Severity},
    untrusted::excerpt,
};

/// Reports bindings that everybody on the network reaches.
pub(super) fn run(
    scene: &Scene<'_>,
    rule: &'static Rule,
    bindings: &[Binding],
    served: &[Served],
    said: &[Finding],
    findings: &mut Vec<Finding>,
) {
    for binding in bindings {
        let unit = scene.unit(binding.unit);
        let call = unit.call(binding.call);
        let name = excerpt(callee_name(unit, call), 60);
        let mine = || served.iter().filter(|one| one.binding == Some((binding.unit, binding.node)));
        let message = match &binding.reach {
            Reach::Network(host) => {
                format!("`{name}` binds to `{}` unless told otherwise", excerpt(host, 40))
            }
            // Many short-lived listeners give no address; it matters where MCP is served.
            Reach::Unnamed if mine().next().is_some() => {
                format!("`{name}` binds to every interface: no address is given")
            }
            Reach::Unnamed if name == "WebSocketServer" || changes_something(unit) => {
                format!("`{name}` binds to every interface: no address is given")
            }
            Reach::Unnamed | Reach::Machine | Reach::Unknown => continue,
        };
        let at = place(unit, binding.node);
        // A finding of the same file that says who is not asked says more.
        if said
            .iter()
            .any(|other| other.steps.iter().any(|step| step.location == at) && in_file(other, &at.path))
        {
            continue;
        }
        let incidental =
            binding.reach == Reach::Unnamed && name != "WebSocketServer" && mine().next().is_none();
        let mut finding = Finding::new(rule, message).at(at).because(name);
        let guarded = mine().next().is_some() && mine().all(|one| one.access.always(Access::CREDENTIAL));
        if guarded || incidental {
            finding.severity = Severity::Low;
        }
        findings.push(finding);
    }
}

fn in_file(finding: &Finding, path: &str) -> bool {
    finding.location.as_ref().is_some_and(|location| location.path == path)
}

/// Whether a file registers routes that change something.
fn changes_something(unit: &Unit) -> bool {
    unit.calls.iter().any(|call| {
        matches!(callee_name(unit, call), "post" | "put" | "patch" | "delete")
            && receiver(unit, call).is_some()
            && call.arguments.len > 1
            && unit.list(call.arguments).first().is_some_and(
                |&path| matches!(unit.value(path), Value::Text(text) if unit.text(text).starts_with('/')),
            )
    })
}
