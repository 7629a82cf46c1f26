//! The places that a tool reaches and that are its own, not those of the server around it.

use std::collections::BTreeMap;

use crate::{
    code::{
        Code,
        flow::{Flow, Next},
        graph::{Call, NodeId, Unit, Value},
        resolve::{At, Resolver, place},
    },
    connector::{
        Connector, Tool,
        capabilities::{Does, Use},
        reach::{Step as CallStep, Wanted},
    },
    detect::Subject,
    finding::{Finding, Location, Rule, Step},
    untrusted,
};

/// Calls between a handler and a place that still is its own.
const DEEPEST: u32 = 6;
/// Places looked at for one tool and question.
const MOST_PLACES: usize = 12;
/// Fewest tools of which a majority can share a place.
const FEW_TOOLS: usize = 4;
/// Nodes visited for one small question.
const FEW_VISITS: usize = 400;

/// Words in names of functions that serve all tools alike.
const SERVING: [&str; 24] = [
    "cleanup",
    "prune",
    "evict",
    "expire",
    "expired",
    "log",
    "logger",
    "logging",
    "cache",
    "cached",
    "telemetry",
    "metric",
    "metrics",
    "trace",
    "tracing",
    "audit",
    "auth",
    "token",
    "session",
    "init",
    "initialize",
    "config",
    "settings",
    "analytics",
];

/// What the questions look at.
pub(super) struct View<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) code: &'a Code,
    pub(super) connector: &'a Connector,
    pub(super) resolver: Resolver<'a>,
    /// For each place that is the nearest of its kind for some tool, how many tools.
    nearest: BTreeMap<(&'static str, &'a Location), usize>,
    known: usize,
}

/// A place, and the calls that lead to it.
pub(super) struct Found<'a> {
    pub(super) one: &'a Use,
    pub(super) way: Vec<CallStep>,
}

impl<'a> View<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        let mut nearest = BTreeMap::new();
        let mut known = 0;
        for reach in subject.connector.tools.iter().filter_map(|tool| tool.reach.as_ref()) {
            known += 1;
            for (&kind, location) in &reach.uses {
                *nearest.entry((kind, location)).or_insert(0) += 1;
            }
        }
        let resolver = Resolver::new(subject.code);
        Self { subject, code: subject.code, connector: subject.connector, resolver, nearest, known }
    }

    /// Tools that reach any of these kinds, with their index.
    pub(super) fn reaching(&self, kinds: Does) -> impl Iterator<Item = (usize, &'a Tool)> {
        let names: Vec<&str> =
            Does::NAMES.iter().filter(|(kind, _)| kinds.has_any(*kind)).map(|(_, name)| *name).collect();
        self.connector.tools.iter().enumerate().filter(move |(_, tool)| {
            let uses = tool.reach.as_ref().map(|reach| &reach.uses);
            uses.is_some_and(|uses| names.iter().any(|name| uses.contains_key(name)))
        })
    }

    /// The places of these kinds that are a tool's own.
    pub(super) fn own(&self, index: usize, tool: &Tool, kinds: Does) -> Vec<Found<'a>> {
        let asked = Wanted { kinds, deepest: DEEPEST, most: MOST_PLACES };
        let places = self.connector.calls.places(&self.resolver, index, tool.name.raw(), asked);
        places
            .into_iter()
            .map(|(one, way)| Found { one, way })
            .filter(|found| !self.is_shared(found) && !found.way.iter().any(|step| serves(&step.what)))
            .collect()
    }

    /// Whether most tools of the server get to a place.
    fn is_shared(&self, found: &Found<'_>) -> bool {
        let location = place(&self.code.units[found.one.unit as usize], found.one.node);
        let count = Does::NAMES
            .iter()
            .filter(|(kind, _)| found.one.does.has_any(*kind))
            .filter_map(|(_, name)| self.nearest.get(&(*name, &location)))
            .max();
        self.known >= FEW_TOOLS && count.is_some_and(|&count| count * 2 > self.known)
    }

    /// The file of a place, and its call where it is one.
    pub(super) fn call(&self, one: &Use) -> Option<(&'a Unit, &'a Call)> {
        let unit = &self.code.units[one.unit as usize];
        let Value::Call(call) = unit.value(one.node) else { return None };
        Some((unit, unit.call(call)))
    }

    /// Whether anything that a node is made of is so.
    pub(super) fn comes_from(&self, at: At, mut is: impl FnMut(At, Value) -> bool) -> bool {
        let mut found = false;
        let flow = Flow::new(&self.resolver);
        flow.walk_at_most(FEW_VISITS, at, |at, value| {
            found = found || is(at, value);
            if found { Next::Stop } else { Next::On }
        });
        found
    }

    /// Whether a node gets something that the tool was called with.
    pub(super) fn comes_from_arguments(&self, index: usize, at: At) -> bool {
        let Some(handler) = self.connector.calls.handler(index) else { return false };
        let unit = u32::try_from(handler.unit).unwrap_or(u32::MAX);
        self.comes_from(at, |at, value| {
            at.unit == unit && matches!(value, Value::Parameter(function, _) if function == handler.function)
        })
    }

    /// The arguments of a call, keywords included.
    pub(super) fn arguments(&self, one: &Use) -> Vec<At> {
        let Some((unit, call)) = self.call(one) else { return Vec::new() };
        let here = |node: NodeId| At { unit: one.unit, node };
        let keywords = unit.entries(call.keywords).iter().map(|entry| here(entry.value));
        unit.list(call.arguments).iter().map(|&node| here(node)).chain(keywords).take(8).collect()
    }

    /// A finding about a tool and a place that it reaches.
    pub(super) fn report(
        &self,
        rule: &'static Rule,
        tool: &Tool,
        found: &Found<'_>,
        message: String,
    ) -> Finding {
        let location = place(&self.code.units[found.one.unit as usize], found.one.node);
        let mut finding = Finding::new(rule, message)
            .at(location.clone())
            .about(tool.name.excerpt(60))
            .because(found.one.name.clone());
        let calls =
            found.way.iter().map(|step| Step { location: step.location.clone(), what: step.what.clone() });
        finding.steps = tool
            .location
            .iter()
            .map(|location| Step { location: location.clone(), what: "the tool is defined".to_owned() })
            .chain(calls)
            .chain([Step { location, what: format!("`{}`", untrusted::excerpt(&found.one.name, 60)) }])
            .collect();
        finding
    }
}

/// Whether the name of a called function says that it serves all tools alike.
fn serves(what: &str) -> bool {
    words(what).any(|word| SERVING.contains(&word.as_str()))
}

/// The words of a text or name, lower-case: `readFileSync` is three.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        let starts = before.is_lowercase() && c.is_uppercase();
        if c.is_alphanumeric() {
            match words.last_mut() {
                Some(word) if before.is_alphanumeric() && !starts => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
        }
        before = c;
    }
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_names_and_sentences_into_words() {
        let all = |text: &str| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(all("calls `writeToFile`"), "calls write to file");
        assert_eq!(all("get_HTTPServer, 2 x"), "get httpserver 2 x");
        assert_eq!(all(""), "");
    }

    #[test]
    fn logs_serve_all_tools_and_catalogues_do_not() {
        assert!(serves("calls `logToFile`") && serves("calls `_auth_header`"));
        assert!(!serves("calls `openCatalogue`"));
    }
}
