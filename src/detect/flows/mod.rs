//! Values that a model, a web page or a configuration chooses, followed to where they are dangerous.
//!
//! `[[flow]]` tables of rule files name the calls, which part of an argument counts, and which kinds
//! of checks hold a value back. A tool that says openly what the flow does is doing its job: then
//! the finding is a capability. A check that does not hold is named in the finding.

mod carriers;
mod chosen;
mod parts;
mod report;
mod schema;
mod secrets;
mod sources;
mod templates;
mod together;
mod trace;
mod written;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use regex::bytes::Regex;
use rustc_hash::FxHashMap;

use self::{
    parts::{Parts, Start},
    sources::{Entries, Source},
    together::Reported,
};
use super::{
    Asked, Check, Subject,
    catalogue::{self, Flow as Table, Part},
    regexes::compiled,
    sets,
};
use crate::{
    code::{
        Code,
        callees::{SetId, Site},
        flow::{Flow, reach::Reach},
        graph::{Call, CallId, ExitKind, Form, NodeId, Value},
        guards::{Guards, Kinds, Place},
        per_node::PerNode,
        resolve::{At, Resolver, place},
    },
    connector::Connector,
    finding::{Finding, Rule, Step},
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
        self.run_bounded(subject, asked, findings);
    }

    fn run_bounded(
        &self,
        subject: &Subject<'_>,
        asked: &Asked,
        findings: &mut Vec<Finding>,
    ) -> Vec<&'static Rule> {
        let mut cut = Vec::new();
        let resolver = Resolver::new(subject.code);
        let entries = Entries::new(subject.code, subject.connector, &resolver);
        let callees = &sets::get().callees;
        let makes = |name: &str, kind: Kinds| callees.find(name).map(|set| (set, kind));
        let flow = Flow::through_stores(&resolver);
        let tracer = Tracer {
            code: subject.code,
            connector: subject.connector,
            flow: &flow,
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
                makes("makes-fields", Kinds::FIELDS),
                makes("makes-filter", Kinds::FILTER),
            ]
            .into_iter()
            .flatten()
            .collect(),
            named: [
                ("http-input", Source::Http),
                ("command-line", Source::CommandLine),
                // What a model writes when the server asks it.
                ("model-input", Source::Tool),
                ("archive-name", Source::Archive),
            ]
            .map(|(name, source)| Named {
                source,
                calls: callees.find(name),
                values: sets::get().values(name),
            }),
            cut: Cell::new(false),
            reach: Reach::new(&flow),
            natures: RefCell::default(),
            made: RefCell::default(),
        };
        let mut reported = Vec::new();
        for &rule in asked.rules() {
            let Some(entry) = catalogue::get().entry(&rule.id) else { continue };
            let declared = entry.declared.as_deref();
            for (index, table) in entry.flows.iter().enumerate() {
                tracer.ask(rule, index, table, declared, &mut reported);
            }
            if tracer.cut.take() {
                cut.push(rule);
            }
        }
        findings.extend(together::findings(subject.connector, reported));
        cut
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
    named: [Named; 4],
    /// Whether a bound on steps bit.
    cut: Cell<bool>,
    /// Who may choose what gets to a node.
    reach: Reach<'a>,
    /// What nodes are, whichever rule asks.
    natures: RefCell<PerNode<Option<Nature>>>,
    /// What conversions and schemas say about nodes.
    made: RefCell<PerNode<Option<Kinds>>>,
}

/// Calls and values that `rules/sets.toml` names as a source.
struct Named {
    source: Source,
    calls: Option<SetId>,
    values: Option<SetId>,
}

/// What a node is to every walk.
#[derive(Clone, Copy, Debug)]
struct Nature {
    /// Who chooses it.
    source: Option<Source>,
    /// Whether what goes into it comes out in a dangerous form.
    carries: bool,
}

/// A value that reaches a sink.
struct Hit {
    source: Source,
    label: &'static str,
    parameter: String,
    tools: BTreeSet<usize>,
    /// What checks on the way establish.
    kinds: Kinds,
    /// Whether a validated schema lets any text through.
    free: bool,
    /// Whether a setting has to be on, which switches a check off.
    opted: bool,
    steps: Vec<Step>,
}

impl Hit {
    /// Whether nothing on the way says anything about the value.
    fn is_sure(&self) -> bool {
        self.source == Source::Tool && self.kinds.without(Kinds::EXAMINED).is_empty() && self.free
    }
}

/// What one `[[flow]]` table asks for.
#[derive(Default)]
struct Wanted {
    stops: Kinds,
    checked: Kinds,
    from: Vec<Source>,
    part: Part,
    text: Option<Arc<Regex>>,
    program: Option<Arc<Regex>>,
    named: Option<Arc<Regex>>,
    assigned: Option<Arc<Regex>>,
    declared: Option<&'static str>,
    certain: bool,
    /// Text that says what it holds is not meant.
    unmarked: bool,
}

impl Wanted {
    fn new(table: &Table, declared: Option<&'static str>) -> Self {
        let kinds = |words: &[String]| {
            words.iter().filter_map(|word| Kinds::parse(word)).fold(Kinds::NONE, |all, kind| all | kind)
        };
        Self {
            stops: kinds(&table.stops),
            checked: kinds(&table.checked),
            from: table.from.iter().filter_map(|word| Source::parse(word)).collect(),
            part: table.part,
            text: table.text.as_deref().and_then(compiled),
            program: table.program.as_deref().and_then(compiled),
            named: table.named.as_deref().and_then(compiled),
            assigned: table.assigned.as_deref().and_then(compiled),
            declared,
            certain: table.certain,
            unmarked: table.dangerous_tool,
        }
    }
}

impl Tracer<'_> {
    fn ask(
        &self,
        rule: &'static Rule,
        index: usize,
        table: &Table,
        declared: Option<&'static str>,
        findings: &mut Vec<Reported>,
    ) {
        let wanted = Wanted::new(table, declared);
        if table.dangerous_tool && !self.has_dangerous_tool() {
            return;
        }
        if table.assigned.is_some() {
            self.assigned(rule, &wanted, findings);
        } else if table.members {
            self.members(rule, &wanted, findings);
        } else if table.run_files {
            self.run_files(rule, index, &wanted, findings);
            return;
        } else if table.returned {
            let known = findings.len();
            self.returned(rule, &wanted, findings);
            if table.dangerous_tool {
                findings.truncate(known + 1);
            }
        } else if table.template {
            self.templates(rule, table, &wanted, findings);
        } else if table.constructor {
            self.constructors(rule, table, &wanted, findings);
        }
        let sets = sets::get();
        let mut named: Vec<SetId> = table.calls.iter().filter_map(|name| sets.callees.find(name)).collect();
        named.extend(sets.own(&rule.id, index));
        let except: Vec<SetId> = table.except.iter().filter_map(|name| sets.callees.find(name)).collect();
        for site in self.code.sites_of_any(&named) {
            if except.iter().any(|&set| site.is(set)) {
                continue;
            }
            let call = self.code.units[site.unit as usize].call(site.call);
            self.call(rule, site.unit, call, &site.name, table, &wanted, findings);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, asked one question")]
    fn call(
        &self,
        rule: &'static Rule,
        index: u32,
        call: &Call,
        name: &str,
        table: &Table,
        wanted: &Wanted,
        findings: &mut Vec<Reported>,
    ) {
        let unit = &self.code.units[index as usize];
        if !table.languages.is_empty() && !table.languages.iter().any(|name| name == unit.language.name()) {
            return;
        }
        let options = table.option.iter().all(|(name, expected)| {
            super::patterns::option(self.resolver, index, call, name)
                .is_some_and(|given| super::patterns::equals(self.resolver, given, expected))
        });
        if table.with_options && !self.has_options(index, call) {
            return;
        }
        let unwanted = |name: &String| super::patterns::option(self.resolver, index, call, name).is_some();
        if !options || table.without.iter().any(unwanted) || !self.starts_program(index, call, wanted) {
            return;
        }
        if table.result && self.result_is_checked(index, call) {
            return;
        }
        let mut hits: Vec<Hit> = Vec::new();
        for start in self.starts(index, call, table, wanted) {
            self.trace(start, wanted, &mut hits);
        }
        if let Some(named) = &wanted.named {
            hits.retain(|hit| named.is_match(hit.parameter.as_bytes()));
        }
        if table.read_only {
            hits.retain(|hit| {
                let says = |&tool: &usize| {
                    self.connector
                        .tools
                        .get(tool)
                        .is_some_and(|tool| tool.annotations.read_only == Some(true))
                };
                !hit.tools.is_empty() && hit.tools.iter().all(says)
            });
        }
        if !hits.is_empty() && self.is_wanted(index, call, table) {
            findings.push(self.report(rule, name, place(unit, call.node), wanted, unit.bundled, hits));
        }
    }

    /// The parts of a call's arguments that count.
    fn starts(&self, index: u32, call: &Call, table: &Table, wanted: &Wanted) -> Vec<Start> {
        let unit = &self.code.units[index as usize];
        let here = |node: NodeId| At { unit: index, node };
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
        if wanted.part == Part::Word {
            // What follows `--` is no option.
            let ends =
                |&at: &At| matches!(self.resolver.text(at).as_deref(), Some("--" | "--end-of-options"));
            if let Some(end) = arguments.iter().position(ends) {
                arguments.truncate(end);
            }
        }
        for name in &table.keyword {
            arguments.extend(super::patterns::option(self.resolver, index, call, name));
        }
        let place = Place::call(index, call);
        if wanted.part == Part::Names {
            return arguments.into_iter().flat_map(|at| self.chosen_names(Start::new(at, place))).collect();
        }
        let parts = self.parts();
        arguments
            .into_iter()
            .flat_map(|at| parts.select(Start::new(at, place), wanted.part, wanted.text.as_deref()))
            .collect()
    }

    fn parts(&self) -> Parts<'_> {
        Parts { resolver: self.resolver, flow: self.flow, guards: self.guards, entries: &self.entries }
    }

    /// Whether a call has keyword arguments or an object of options.
    fn has_options(&self, index: u32, call: &Call) -> bool {
        let unit = &self.code.units[index as usize];
        !unit.entries(call.keywords).is_empty()
            || unit.list(call.arguments).iter().skip(1).any(|&node| {
                let definitions = self.resolver.definitions(At { unit: index, node });
                definitions
                    .iter()
                    .any(|&at| matches!(self.resolver.value(at), Value::Object(_) | Value::With { .. }))
            })
    }

    /// Whether a call starts the program that is asked for: its first argument, or the first of the list.
    fn starts_program(&self, index: u32, call: &Call, wanted: &Wanted) -> bool {
        let Some(program) = &wanted.program else { return true };
        let unit = &self.code.units[index as usize];
        let Some(&first) = unit.list(call.arguments).first() else { return false };
        let at = At { unit: index, node: first };
        self.resolver.definitions(at).iter().any(|&definition| {
            let unit = self.resolver.unit(definition);
            let named = match unit.value(definition.node) {
                Value::Array(range) => unit.list(range).first().copied(),
                _ => Some(definition.node),
            };
            named
                .and_then(|node| self.resolver.text(At { unit: definition.unit, node }))
                .is_some_and(|text| program.is_match(text.as_bytes()))
        })
    }

    /// What handlers give back.
    fn returned(&self, rule: &'static Rule, wanted: &Wanted, findings: &mut Vec<Reported>) {
        for (index, function, entry) in self.entries.answering() {
            let unit = &self.code.units[index as usize];
            for exit in &unit.function(function).exits {
                if exit.kind != ExitKind::Return {
                    continue;
                }
                let start = Start::new(
                    At { unit: index, node: exit.value },
                    Place::exit(index, function, exit.context),
                );
                let mut hits = Vec::new();
                self.trace(start, wanted, &mut hits);
                for hit in &mut hits {
                    hit.tools.extend(entry.tools.iter().copied());
                }
                if !hits.is_empty() {
                    let at = place(unit, exit.value);
                    findings.push(self.report(rule, "answer", at, wanted, unit.bundled, hits));
                }
            }
        }
    }

    /// Whether what a call gives back is checked before each use as an object or argument.
    fn result_is_checked(&self, index: u32, call: &Call) -> bool {
        let unit = &self.code.units[index as usize];
        let mut uses = 0;
        for other in unit.calls.iter().filter(|other| other.function == call.function) {
            let Value::Member { object, .. } = unit.value(other.callee) else { continue };
            if object != call.node {
                continue;
            }
            uses += 1;
            let known = self.guards.known(At { unit: index, node: object }, Place::call(index, other));
            if !known.has_any(Kinds::ALLOWED) {
                return false;
            }
        }
        uses > 0
    }

    /// Calls that make an instance of a class, by the names of the arguments.
    fn constructors(
        &self,
        rule: &'static Rule,
        table: &Table,
        wanted: &Wanted,
        findings: &mut Vec<Reported>,
    ) {
        for (position, unit) in self.code.units.iter().enumerate() {
            if self.code.idle.get(position).copied().unwrap_or(false) {
                continue;
            }
            let index = u32::try_from(position).unwrap_or(u32::MAX);
            for call in &unit.calls {
                let name = match unit.value(call.callee) {
                    Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => name,
                    Value::Variable(variable) => unit.variables[variable.index()].name,
                    Value::Class(class) => match unit.class(class).name {
                        Some(name) => name,
                        None => continue,
                    },
                    _ => continue,
                };
                let name = unit.text(name);
                let keyed = unit
                    .entries(call.keywords)
                    .iter()
                    .any(|entry| table.keyword.iter().any(|word| unit.text(entry.key) == word));
                let object = call.form == Form::New && call.arguments.len > 0;
                let class = name.starts_with(|first: char| first.is_ascii_uppercase());
                if class && name != "Request" && name != "URL" && (keyed || object) {
                    self.call(rule, index, call, name, table, wanted, findings);
                }
            }
        }
    }

    /// Texts put together anywhere, by their constant parts.
    fn templates(&self, rule: &'static Rule, table: &Table, wanted: &Wanted, findings: &mut Vec<Reported>) {
        let Some(text) = &wanted.text else { return };
        for (position, unit) in self.code.units.iter().enumerate() {
            if self.code.idle.get(position).copied().unwrap_or(false)
                || (!table.languages.is_empty()
                    && !table.languages.iter().any(|name| name == unit.language.name()))
            {
                continue;
            }
            let index = u32::try_from(position).unwrap_or(u32::MAX);
            for (node, value) in unit.nodes.iter().enumerate() {
                let Value::Concat(range) = value.value else { continue };
                let node = NodeId(u32::try_from(node).unwrap_or(u32::MAX));
                let parts = templates::quoted(unit, unit.list(range), text);
                if parts.is_empty() {
                    continue;
                }
                let mut hits = Vec::new();
                for part in parts {
                    let place = templates::place_of(unit, index, node);
                    self.trace(Start::new(At { unit: index, node: part }, place), wanted, &mut hits);
                }
                if !hits.is_empty() {
                    let at = place(unit, node);
                    findings.push(self.report(rule, "source code", at, wanted, unit.bundled, hits));
                }
            }
        }
    }
}
