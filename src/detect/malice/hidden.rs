//! Names that are kept from whoever reads the source: members by a decoded name, texts from their end.

use super::{View, finding, shown};
use crate::{
    code::{
        graph::{NodeId, Value},
        resolve::At,
    },
    finding::{Finding, Rule},
};

/// Objects of the runtime through which everything can be reached.
const OBJECTS: [&str; 7] = ["process", "module", "globalThis", "global", "window", "self", "require"];
/// What an address or a module that starts programs looks like from its end.
const FROM_THE_END: [&str; 4] = ["//:ptth", "//:sptth", "ssecorp_dlihc", "ssecorpbus"];
/// Calls that make text of something else.
const CODES: &[&str] = &["decoded", "spelled"];
/// Texts that are longer are data.
const LONGEST: usize = 2_000;

pub(super) fn ask(view: &View<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    for (set, position, what) in [("dynamic-import", 0, "loads"), ("member-by-name", 1, "takes")] {
        for site in view.sites(&[set]) {
            let Some(name) = view.argument(site, position) else { continue };
            if view.comes_from(name, CODES) {
                let message = format!("`{}` {what} what is named by decoding", shown(&site.name));
                findings.push(finding(rule, view.unit(site), view.call(site).node, message));
            }
        }
    }
    for (index, unit) in view.code.units.iter().enumerate() {
        if unit.bundled || view.code.idle.get(index).copied().unwrap_or(false) {
            continue;
        }
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for (position, node) in unit.nodes.iter().enumerate() {
            let at = NodeId(u32::try_from(position).unwrap_or(u32::MAX));
            match node.value {
                Value::Element { object, key } => {
                    let Value::Global(name) = unit.value(object) else { continue };
                    let name = unit.text(name);
                    let key = At { unit: index, node: key };
                    if OBJECTS.contains(&name) && view.comes_from(key, CODES) {
                        let message = format!("a member of `{name}` is named by decoding");
                        findings.push(finding(rule, unit, at, message));
                    }
                }
                Value::Text(text) => {
                    let text = unit.text(text);
                    if text.len() < LONGEST && FROM_THE_END.iter().any(|word| text.contains(word)) {
                        let message = format!("a text is written from its end: `{}`", shown(text));
                        findings.push(finding(rule, unit, at, message));
                    }
                }
                _ => {}
            }
        }
    }
}
