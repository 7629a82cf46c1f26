//! What goes to one server and, as a copy whose answer nobody reads, to another one.

use std::collections::{BTreeMap, BTreeSet};

use super::{FEW_VISITS, View, finding, shown};
use crate::{
    code::{
        callees::Site,
        flow::Next,
        graph::{ExitKind, FunctionId, NodeId, Unit, Value},
        literal,
        resolve::At,
    },
    finding::{Finding, Rule},
};

/// Sending calls of one function that are compared.
const MOST_SENDS: usize = 24;

/// What is sent: a parameter, or a member of one.
type Content = (u32, FunctionId, u32, String);

struct Send<'a> {
    site: &'a Site,
    host: Option<String>,
    content: BTreeSet<Content>,
}

pub(super) fn ask(view: &View<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    let mut functions: BTreeMap<(u32, FunctionId), Vec<&Site>> = BTreeMap::new();
    for site in view.sites(&["network-send", "mail-send"]) {
        functions.entry((site.unit, view.call(site).function)).or_default().push(site);
    }
    for ((unit, _), sites) in functions {
        if sites.len() < 2 || sites.len() > MOST_SENDS {
            continue;
        }
        let file = &view.code.units[unit as usize];
        let used = used(file);
        let sends: Vec<Send<'_>> = sites.into_iter().map(|site| read(view, site)).collect();
        for copy in &sends {
            let Some(host) = &copy.host else { continue };
            let node = view.call(copy.site).node;
            if used.get(node.index()).copied().unwrap_or(true) {
                continue;
            }
            let twice = sends.iter().any(|other| {
                other.site.call != copy.site.call
                    && other.host.as_ref() != Some(host)
                    && !same_owner(other.host.as_deref(), host)
                    && used.get(view.call(other.site).node.index()).copied().unwrap_or(false)
                    && other.content.intersection(&copy.content).next().is_some()
            });
            if twice {
                let message = format!("`{}` sends a copy to `{}`", shown(&copy.site.name), shown(host));
                findings.push(finding(rule, file, node, message));
            }
        }
    }
}

fn read<'a>(view: &View<'_>, site: &'a Site) -> Send<'a> {
    let unit = view.unit(site);
    let call = view.call(site);
    let address = view.argument(site, 0).map(|at| literal::template(view.resolver, at, "\u{0}", 0));
    let host = address.as_deref().and_then(host).map(str::to_owned);
    let mut content = BTreeSet::new();
    let keywords = unit.entries(call.keywords).iter().map(|entry| entry.value);
    for node in unit.list(call.arguments).iter().skip(1).copied().chain(keywords) {
        view.flow.walk_at_most(FEW_VISITS, At { unit: site.unit, node }, |at, value| {
            let file = view.resolver.unit(at);
            match value {
                Value::Parameter(function, position) => {
                    content.insert((at.unit, function, position, String::new()));
                    Next::Stop
                }
                Value::Member { object, name } => match file.value(object) {
                    Value::Parameter(function, position) => {
                        content.insert((at.unit, function, position, file.text(name).to_owned()));
                        Next::Stop
                    }
                    _ => Next::On,
                },
                _ => Next::On,
            }
        });
    }
    Send { site, host, content }
}

/// The constant host of an address.
fn host(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let host = &rest[..end];
    let local = host == "localhost" || host.starts_with("127.");
    (host.contains('.') && !host.contains('\u{0}') && !local).then_some(host)
}

/// Whether two hosts share their last two labels.
fn same_owner(one: Option<&str>, other: &str) -> bool {
    let Some(one) = one else { return false };
    let owner = |host: &str| host.rsplit('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    owner(one) == owner(other)
}

/// For each node, whether its value is used for more than waiting and for swallowing errors.
fn used(unit: &Unit) -> Vec<bool> {
    let mut used = vec![false; unit.nodes.len()];
    let mut mark = |node: NodeId| {
        if let Some(slot) = used.get_mut(node.index()) {
            *slot = true;
        }
    };
    for node in &unit.nodes {
        match node.value {
            Value::Member { name, .. } if matches!(unit.text(name), "catch" | "finally") => {}
            Value::Member { object, .. }
            | Value::Item(object)
            | Value::Spread(object)
            | Value::Not(object) => {
                mark(object);
            }
            Value::Element { object, key } => [object, key].into_iter().for_each(&mut mark),
            Value::Choice { test, yes, no } => [test, yes, no].into_iter().for_each(&mut mark),
            Value::And(left, right) | Value::Or(left, right) | Value::Binary { left, right, .. } => {
                [left, right].into_iter().for_each(&mut mark);
            }
            Value::With { object, value, .. } => [object, value].into_iter().for_each(&mut mark),
            Value::Unknown
            | Value::Text(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Regex(..)
            | Value::Parameter(..)
            | Value::Variable(_)
            | Value::Global(_)
            | Value::Import { .. }
            | Value::Call(_)
            | Value::Join(_)
            | Value::Concat(_)
            | Value::Object(_)
            | Value::Array(_)
            | Value::Function(_)
            | Value::Class(_)
            | Value::This(_) => {}
        }
    }
    unit.lists.iter().copied().for_each(&mut mark);
    unit.properties.iter().map(|property| property.value).for_each(&mut mark);
    unit.contexts.iter().map(|context| context.test).for_each(&mut mark);
    for function in &unit.functions {
        let exits = function.exits.iter().filter(|exit| exit.kind != ExitKind::Throw);
        exits.map(|exit| exit.value).for_each(&mut mark);
    }
    unit.variables.iter().flat_map(|variable| variable.values.iter().copied()).for_each(&mut mark);
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_constant() {
        for (address, expected) in [
            ("https://copies.collect.example/in", Some("copies.collect.example")),
            ("https://copies.collect.example", Some("copies.collect.example")),
            ("http://localhost:8080/x", None),
            ("https://\u{0}.collect.example/in", None),
            ("\u{0}/in", None),
            ("copies.collect.example", None),
        ] {
            assert_eq!(host(address), expected, "{address}");
        }
        assert!(same_owner(Some("a.collect.example"), "b.collect.example"));
        assert!(!same_owner(Some("a.other.example"), "b.collect.example"));
        assert!(!same_owner(None, "b.collect.example"));
    }
}
