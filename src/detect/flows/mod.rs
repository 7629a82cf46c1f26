//! Values that a model, a web page or a configuration chooses, followed to where they are dangerous.
//!
//! `[[flow]]` tables of rule files name the calls, which part of an argument counts, and which kinds
//! of checks hold a value back. A tool that says openly what the flow does is doing its job: then
//! the finding is a capability. A check that does not hold is named in the finding.

mod parts;
mod schema;
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use regex::bytes::Regex;
use rustc_hash::FxHashMap;

use self::sources::{Entries, Source};
use super::{
    Asked, Check, Subject,
    catalogue::{self, Flow as Table, Part},
    patterns::describe,
    sets,
};
use crate::{
    code::{
        Code,
        callees::{SetId, Site},
        flow::{Flow, Next, Visit, Walk},
        graph::{Call, CallId, NodeId, Value},
        guards::{Guards, Kinds, Place},
        resolve::{At, Resolver, place},
    },
    connector::Connector,
    finding::{Confidence, Finding, Rule, Severity, Step},
    untrusted,
};

/// Answers for every rule with `[[flow]]` tables.
pub(super) struct Flows;

/// Steps shown of a flow, ends included.
const MOST_STEPS: usize = 12;

impl Check for Flows {
    fn name(&self) -> &'static str {
        "flows"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let resolver = Resolver::new(subject.code);
        let entries = Entries::new(subject.code, subject.connector, &resolver);
        let callees = &sets::get().callees;
        let makes = |name: &str, kind: Kinds| callees.find(name).map(|set| (set, kind));
        let tracer = Tracer {
            code: subject.code,
            connector: subject.connector,
            flow: &Flow::new(&resolver),
            guards: &Guards::new(&resolver),
            resolver: &resolver,
            sites: subject.code.sites.iter().map(|site| ((site.unit, site.call), site)).collect(),
            names: sources::names(subject.connector),
            entries,
            makes: [
                makes("makes-number", Kinds::NUMBER),
                makes("makes-segment", Kinds::SEGMENT),
                makes("makes-encoded", Kinds::ENCODED | Kinds::SEGMENT),
                makes("makes-quoted", Kinds::QUOTED),
                makes("makes-html", Kinds::HTML),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        for &rule in asked.rules() {
            let Some(entry) = catalogue::get().entry(&rule.id) else { continue };
            let declared = entry.declared.as_deref().and_then(|text| Regex::new(text).ok());
            for (index, table) in entry.flows.iter().enumerate() {
                tracer.ask(rule, index, table, declared.as_ref(), findings);
            }
        }
    }
}

struct Tracer<'a> {
    code: &'a Code,
    connector: &'a Connector,
    resolver: &'a Resolver<'a>,
    flow: &'a Flow<'a>,
    guards: &'a Guards<'a>,
    sites: FxHashMap<(u32, CallId), &'a Site>,
    names: BTreeMap<&'a str, usize>,
    entries: Entries,
    makes: Vec<(SetId, Kinds)>,
}

/// A value that reaches a sink.
struct Hit {
    source: Source,
    label: &'static str,
    parameter: String,
    tools: BTreeSet<usize>,
    /// Checks on the way that do not hold.
    weak: Kinds,
    steps: Vec<Step>,
}

impl Tracer<'_> {
    fn ask(
        &self,
        rule: &'static Rule,
        index: usize,
        table: &Table,
        declared: Option<&Regex>,
        findings: &mut Vec<Finding>,
    ) {
        let sets = sets::get();
        let mut wanted: Vec<SetId> = table.calls.iter().filter_map(|name| sets.callees.find(name)).collect();
        wanted.extend(sets.own(&rule.id, index));
        let text = table.text.as_ref().and_then(|text| Regex::new(text).ok());
        let stops = table
            .stops
            .iter()
            .filter_map(|word| Kinds::parse(word))
            .fold(Kinds::NONE, |all, kind| all | kind);
        let from: Vec<Source> = table.from.iter().filter_map(|word| Source::parse(word)).collect();
        for site in self.code.sites.iter().filter(|site| wanted.iter().any(|&set| site.is(set))) {
            let unit = &self.code.units[site.unit as usize];
            if !table.languages.is_empty() && !table.languages.iter().any(|name| name == unit.language.name())
            {
                continue;
            }
            let call = unit.call(site.call);
            let options = table.option.iter().all(|(name, expected)| {
                super::patterns::option(self.resolver, site.unit, call, name)
                    .is_some_and(|given| super::patterns::equals(self.resolver, given, expected))
            });
            if !options {
                continue;
            }
            let mut hits: Vec<Hit> = Vec::new();
            for start in self.starts(site, call, table, text.as_ref()) {
                self.trace(start, Place::call(site.unit, call), stops, &from, &mut hits);
            }
            if !hits.is_empty() {
                findings.push(self.report(rule, site, call, declared, table, hits));
            }
        }
    }

    /// The nodes of a call's arguments that count.
    fn starts(&self, site: &Site, call: &Call, table: &Table, text: Option<&Regex>) -> Vec<At> {
        let unit = &self.code.units[site.unit as usize];
        let here = |node: NodeId| At { unit: site.unit, node };
        let mut arguments: Vec<At> = if table.receiver {
            match unit.value(call.callee) {
                Value::Member { object, .. } => vec![here(object)],
                _ => Vec::new(),
            }
        } else if let Some(position) = table.argument {
            unit.list(call.arguments).get(position).map(|&node| here(node)).into_iter().collect()
        } else if table.keyword.is_empty() {
            unit.list(call.arguments).iter().map(|&node| here(node)).collect()
        } else {
            Vec::new()
        };
        for name in &table.keyword {
            arguments.extend(super::patterns::option(self.resolver, site.unit, call, name));
        }
        arguments
            .into_iter()
            .filter(|&at| text.is_none_or(|text| parts::text_matches(self.resolver, at, text)))
            .flat_map(|at| parts::select(self.resolver, at, table.part))
            .collect()
    }

    /// Walks back from a part of an argument to parameters that somebody else fills.
    fn trace(&self, start: At, place: Place, stops: Kinds, from: &[Source], hits: &mut Vec<Hit>) {
        let mut found: Vec<(Visit, Source, Kinds)> = Vec::new();
        let walk = self.flow.trace(start, place, |visit, value| {
            let kinds = visit.kinds | self.known(visit, value);
            if kinds.has_any(stops) {
                return Next::Stop;
            }
            if let Some(source) = self.source(visit, value) {
                if from.contains(&source) {
                    found.push((*visit, source, kinds));
                }
                return Next::Stop;
            }
            if self.carries(visit.at, value) { Next::Knowing(kinds) } else { Next::Stop }
        });
        for (visit, source, kinds) in found {
            let position = walk.visits.iter().position(|known| {
                known.at == visit.at
                    && known.place == visit.place
                    && known.kinds == visit.kinds
                    && known.via == visit.via
            });
            let Some(position) = position else { continue };
            if let Some(hit) = self.hit(&walk, position, source, kinds, stops) {
                hits.push(hit);
            }
        }
    }

    /// What is known about a value where it is used, by checks, conversions and schemas.
    fn known(&self, visit: &Visit, value: Value) -> Kinds {
        let mut kinds = self.guards.known(visit.at, visit.place);
        match value {
            Value::Call(call) => {
                if let Some(site) = self.sites.get(&(visit.at.unit, call)) {
                    for &(set, kind) in &self.makes {
                        if site.is(set) {
                            kinds |= kind;
                        }
                    }
                }
            }
            Value::Member { object, name } => {
                let unit = self.resolver.unit(visit.at);
                kinds |=
                    schema::member(self.resolver, At { unit: visit.at.unit, node: object }, unit.text(name));
            }
            _ => {}
        }
        kinds
    }

    /// Who fills a parameter, or chooses a value that is read.
    fn source(&self, visit: &Visit, value: Value) -> Option<Source> {
        let unit = self.resolver.unit(visit.at);
        match value {
            Value::Parameter(function, position) => {
                let entry = self.entries.get(visit.at.unit, function)?;
                let script = unit.language != crate::artifact::Language::Python;
                sources::is_filled(unit, function, position, entry, script).then_some(entry.source)
            }
            Value::Call(call) => {
                let site = self.sites.get(&(visit.at.unit, call))?;
                Self::named_source(|set| site.is(set), "")
            }
            Value::Member { name, .. } if sets::get().callees.wants(unit.text(name)) => {
                let name = self.resolver.name(visit.at);
                let of = sets::get().callees.sets_of(&name);
                Self::named_source(|set| of.contains(&set), "value ")
            }
            _ => None,
        }
    }

    fn named_source(is: impl Fn(SetId) -> bool, prefix: &str) -> Option<Source> {
        [("http-input", Source::Http), ("command-line", Source::CommandLine)].into_iter().find_map(
            |(name, source)| {
                sets::get().callees.find(&format!("{prefix}{name}")).is_some_and(&is).then_some(source)
            },
        )
    }

    /// Whether what goes into a value comes out of it in a dangerous form.
    fn carries(&self, at: At, value: Value) -> bool {
        let unit = self.resolver.unit(at);
        match value {
            Value::Call(call) => {
                let call = unit.call(call);
                let local = self.resolver.definitions(At { unit: at.unit, node: call.callee }).iter().any(
                    |&definition| {
                        matches!(self.resolver.value(definition), Value::Function(_) | Value::Class(_))
                    },
                );
                local || parts::carries(self.resolver, at.unit, call)
            }
            Value::Member { name, .. } => !matches!(unit.text(name), "length" | "size" | "byteLength"),
            _ => true,
        }
    }

    /// A hit, unless the tool's schema holds the value back.
    fn hit(&self, walk: &Walk, position: usize, source: Source, kinds: Kinds, stops: Kinds) -> Option<Hit> {
        let path = walk.path(position);
        let visit = walk.visits[position];
        let unit = self.resolver.unit(visit.at);
        let (mut tools, mut label, mut validated) = (BTreeSet::new(), "value", false);
        if let Value::Parameter(function, _) = unit.value(visit.at.node)
            && let Some(entry) = self.entries.get(visit.at.unit, function)
        {
            tools.extend(entry.tools.iter().copied());
            label = entry.label;
            validated = entry.validated;
            if entry.shared {
                let labelled = self.labelled(walk, position);
                if !labelled.is_empty() {
                    tools = labelled;
                }
            }
        }
        let parameter = parts::parameter_name(self.resolver, &path);
        if validated && !tools.is_empty() {
            let held = tools.iter().all(|&tool| {
                let schema = self.connector.tools.get(tool).and_then(|tool| tool.input.as_ref());
                schema.is_some_and(|schema| schema::property(schema, &parameter).has_any(stops))
            });
            if held {
                return None;
            }
        }
        if self.annotation(unit, visit.at).has_any(stops) {
            return None;
        }
        Some(Hit { source, label, parameter, tools, weak: kinds & Kinds::WEAK, steps: self.steps(&path) })
    }

    fn annotation(&self, unit: &crate::code::graph::Unit, at: At) -> Kinds {
        let Value::Parameter(function, position) = unit.value(at.node) else { return Kinds::NONE };
        let parameter = unit.function(function).parameters.get(position as usize);
        let annotation = parameter.and_then(|parameter| parameter.annotation);
        annotation.map_or(Kinds::NONE, |node| schema::annotated(self.resolver, At { unit: at.unit, node }))
    }

    /// Tools that a shared handler has told apart by name on the way: `if (name === "x")`, `case "x"`.
    fn labelled(&self, walk: &Walk, position: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut at = position;
        for _ in 0..256 {
            let visit = walk.visits[at];
            let unit = &self.code.units[visit.place.unit as usize];
            for condition in unit.conditions(visit.place.context).take(32) {
                if condition.holds
                    && let Value::Binary { left, right, .. } = unit.value(condition.test)
                {
                    for node in [left, right] {
                        let text = self.resolver.text(At { unit: visit.place.unit, node });
                        found.extend(text.and_then(|text| self.names.get(text.as_str()).copied()));
                    }
                }
            }
            if visit.via == at {
                break;
            }
            at = visit.via;
        }
        found
    }

    fn steps(&self, path: &[At]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for &at in path {
            let unit = self.resolver.unit(at);
            let location = place(unit, at.node);
            let same =
                |step: &Step| step.location.path == location.path && step.location.line == location.line;
            if !steps.last().is_some_and(same) {
                steps.push(Step { location, what: describe(unit, at.node) });
            }
        }
        if steps.len() > MOST_STEPS {
            let tail = steps.split_off(steps.len() - MOST_STEPS / 2);
            steps.truncate(MOST_STEPS / 2);
            steps.extend(tail);
        }
        steps
    }

    fn report(
        &self,
        rule: &'static Rule,
        site: &Site,
        call: &Call,
        declared: Option<&Regex>,
        table: &Table,
        mut hits: Vec<Hit>,
    ) -> Finding {
        hits.sort_by(|a, b| {
            (a.source, &a.parameter, a.steps.len()).cmp(&(b.source, &b.parameter, b.steps.len()))
        });
        let unit = &self.code.units[site.unit as usize];
        let tools: BTreeSet<usize> = hits.iter().flat_map(|hit| hit.tools.iter().copied()).collect();
        let weak = hits.iter().fold(Kinds::NONE, |all, hit| all | hit.weak);
        let first = &hits[0];
        let named: Vec<String> = tools
            .iter()
            .take(4)
            .filter_map(|&tool| Some(self.connector.tools.get(tool)?.name.excerpt(60)))
            .collect();
        let who = match (first.source, named.as_slice()) {
            (Source::Tool, []) => format!("a {} argument", first.label),
            (Source::Tool, [one]) => {
                format!("argument `{}` of tool `{one}`", untrusted::excerpt(&first.parameter, 60))
            }
            (Source::Tool, many) => format!("arguments of {} tools (`{}`, …)", tools.len(), many[0]),
            (Source::Http, _) => format!("request data (`{}`)", untrusted::excerpt(&first.parameter, 60)),
            (Source::CommandLine, _) => "a command-line argument".to_owned(),
        };
        let what = match table.part {
            Part::Any => "reaches",
            Part::Inside => "is put into the text that goes to",
            Part::Host => "chooses the host of",
            Part::Path => "is put unencoded into the address of",
            Part::Option => "can be read as an option by",
            Part::Script => "is put into the script of",
        };
        let mut message = format!("{who} {what} `{}`", untrusted::excerpt(&site.name, 60));
        let weak = weak.without(Kinds::OTHER_CHECK);
        if !weak.is_empty() {
            let _ = write!(message, "; a check is there but does not hold ({weak})");
        }
        let mut finding = Finding::new(rule, message)
            .at(place(unit, call.node))
            .because(format!("{}|{}", site.name, first.parameter));
        if let [one] = named.as_slice() {
            finding.tool = Some(one.clone());
        }
        finding.steps = hits.swap_remove(0).steps;
        let openly = !tools.is_empty()
            && declared.is_some_and(|declared| tools.iter().all(|&tool| self.says(tool, declared)));
        if openly {
            finding.severity = finding.severity.min(Severity::Low);
            finding.message.push_str("; the tool says that it does this");
        }
        if hits.iter().all(|hit| hit.source == Source::CommandLine)
            && finding.message.starts_with("a command-line")
        {
            finding.severity = finding.severity.min(Severity::Low);
        }
        if unit.bundled && tools.is_empty() {
            finding.confidence = Confidence::Low;
        }
        finding
    }

    /// Whether a tool's own text says something.
    fn says(&self, tool: usize, declared: &Regex) -> bool {
        let Some(tool) = self.connector.tools.get(tool) else { return false };
        [Some(&tool.name), tool.title.as_ref(), tool.description.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| declared.is_match(text.raw().to_lowercase().as_bytes()))
    }
}
