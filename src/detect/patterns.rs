//! `[[match]]` tables of rule files against resolved calls and values.

mod carriers;
mod options;
mod steps;

use std::collections::BTreeMap;

use regex::bytes::Regex;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Asked, Check, Subject,
    catalogue::{self, Match},
    malice,
    sets::{self, Conditional, Sets},
};
use crate::{
    code::{
        Code,
        callees::{SetId, Site},
        flow::{Flow, Next},
        graph::{Call, CallId, NodeId, Unit, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    finding::{Confidence, Finding, Rule, Severity, Step},
    untrusted,
};

use carriers::CARRIERS;
pub(super) use options::{equals, option};
pub(super) use steps::describe;

/// Answers for every rule with `[[match]]` tables.
pub struct Patterns;

/// Nodes visited on the way back from one argument.
const MOST_VISITS: usize = 5_000;
/// Steps shown of a flow, ends included.
const MOST_STEPS: usize = 12;

impl Check for Patterns {
    fn name(&self) -> &'static str {
        "patterns"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let resolver = Resolver::new(subject.code);
        let mut matcher = Matcher {
            code: subject.code,
            sets: sets::get(),
            flow: &Flow::new(&resolver),
            resolver: &resolver,
            sites: subject.code.sites.iter().map(|site| ((site.unit, site.call), site)).collect(),
            regexes: BTreeMap::new(),
            beside: BTreeMap::new(),
            present: subject.code.sites.iter().flat_map(|site| site.sets.iter().copied()).collect(),
        };
        for &rule in asked.rules() {
            let Some(entry) = catalogue::get().entry(&rule.id) else { continue };
            for (index, matched) in entry.matches.iter().enumerate() {
                matcher.ask(rule, index, matched, findings);
            }
        }
    }
}

struct Matcher<'a> {
    code: &'a Code,
    sets: &'static Sets,
    flow: &'a Flow<'a>,
    resolver: &'a Resolver<'a>,
    sites: FxHashMap<(u32, CallId), &'a Site>,
    regexes: BTreeMap<String, Option<Regex>>,
    beside: BTreeMap<(u32, String), bool>,
    present: FxHashSet<SetId>,
}

/// What a matching argument showed.
#[derive(Default)]
struct Evidence {
    text: String,
    source: String,
    steps: Vec<Step>,
}

/// A named source set, ready for a walk.
struct Source {
    calls: Option<SetId>,
    values: Option<SetId>,
    text: Option<&'static Regex>,
    conditional: &'static [Conditional],
}

impl Matcher<'_> {
    fn ask(&mut self, rule: &'static Rule, index: usize, matched: &Match, findings: &mut Vec<Finding>) {
        if let Some(name) = &matched.assign {
            self.ask_assignments(rule, name, matched, findings);
            return;
        }
        let mut wanted: Vec<SetId> =
            matched.calls.iter().filter_map(|name| self.sets.callees.find(name)).collect();
        wanted.extend(self.sets.own(&rule.id, index));
        let code = self.code;
        for site in code.sites.iter().filter(|site| wanted.iter().any(|&set| site.is(set))) {
            let unit = &code.units[site.unit as usize];
            if !matched.languages.is_empty()
                && !matched.languages.iter().any(|language| language == unit.language.name())
            {
                continue;
            }
            let call = unit.call(site.call);
            if let Some(evidence) = self.judge(site, call, matched) {
                findings.push(report(rule, matched, unit, call.node, &site.name, evidence));
            }
        }
    }

    fn ask_assignments(
        &mut self,
        rule: &'static Rule,
        name: &str,
        matched: &Match,
        findings: &mut Vec<Finding>,
    ) {
        let (object, member) = name.rsplit_once('.').unwrap_or(("", name));
        for (index, unit) in self.code.units.iter().enumerate() {
            let Some(key) = unit.strings.find(member) else { continue };
            let unit_index = u32::try_from(index).unwrap_or(u32::MAX);
            for (position, node) in unit.nodes.iter().enumerate() {
                let Value::With { object: base, key: assigned, value } = node.value else { continue };
                if assigned != key {
                    continue;
                }
                let at = At { unit: unit_index, node: base };
                if !self.resolver.callee_names(at).iter().any(|name| name == object) {
                    continue;
                }
                let argument = At { unit: unit_index, node: value };
                if let Some(evidence) = self.argument_matches(argument, matched) {
                    let at = NodeId(u32::try_from(position).unwrap_or(u32::MAX));
                    findings.push(report(rule, matched, unit, at, name, evidence));
                }
            }
        }
    }

    /// Whether a call site satisfies every condition of a table.
    fn judge(&mut self, site: &Site, call: &Call, matched: &Match) -> Option<Evidence> {
        let unit = &self.code.units[site.unit as usize];
        for (name, expected) in &matched.option {
            let given = option(self.resolver, site.unit, call, name)?;
            if !equals(self.resolver, given, expected) {
                return None;
            }
        }
        if matched.at_load && !self.flow.at_load(site.unit, call.function) {
            return None;
        }
        if matched.unasked && !malice::unasked(self.flow, site.unit, call) {
            return None;
        }
        if !matched.receiver_from.is_empty() {
            let Value::Member { object, .. } = unit.value(call.callee) else { return None };
            let receiver = At { unit: site.unit, node: object };
            self.comes_from(receiver, &matched.receiver_from, matched, &mut Evidence::default())?;
        }
        let unconditional = matched.text.is_none()
            && matched.not_text.is_none()
            && !matched.built
            && matched.from.is_empty()
            && !matched.assembled
            && matched.and_from.is_empty();
        if unconditional {
            return Some(Evidence::default());
        }
        let arguments: Vec<NodeId> = if matched.receiver {
            match unit.value(call.callee) {
                Value::Member { object, .. } => vec![object],
                _ => Vec::new(),
            }
        } else if let Some(keyword) = &matched.keyword {
            option(self.resolver, site.unit, call, keyword).map(|at| at.node).into_iter().collect()
        } else if let Some(position) = matched.argument {
            unit.list(call.arguments).get(position).copied().into_iter().collect()
        } else {
            let keywords = unit.entries(call.keywords).iter().map(|property| property.value);
            unit.list(call.arguments).iter().copied().chain(keywords).collect()
        };
        let single = arguments
            .into_iter()
            .find_map(|node| self.argument_matches(At { unit: site.unit, node }, matched));
        single.or_else(|| self.line_matches(site.unit, call, matched))
    }

    /// Whether program and arguments together, as one line, satisfy the text condition.
    fn line_matches(&mut self, unit: u32, call: &Call, matched: &Match) -> Option<Evidence> {
        let file = &self.code.units[unit as usize];
        let only_text = matched.from.is_empty() && !matched.built && !matched.assembled;
        let [program, list, ..] = *file.list(call.arguments) else { return None };
        if !only_text || matched.argument.is_some() || matched.receiver || matched.keyword.is_some() {
            return None;
        }
        let wanted = matched.text.as_ref().and_then(|text| self.regex(text))?;
        let program = self.resolver.text(At { unit, node: program })?;
        let listed = self.resolver.definitions(At { unit, node: list });
        let line = listed.iter().find_map(|&definition| malice::line(self.resolver, definition))?;
        let line = format!("{program} {line}");
        wanted.is_match(line.as_bytes()).then(|| Evidence { text: line, ..Evidence::default() })
    }

    fn argument_matches(&mut self, at: At, matched: &Match) -> Option<Evidence> {
        let mut evidence = Evidence::default();
        if let Some(text) = &matched.beside
            && !self.has_beside(at.unit, text)
        {
            return None;
        }
        if matched.text.is_some() || matched.not_text.is_some() {
            evidence.text = self.text_matches(at, matched)?;
        }
        if matched.built && !self.is_built(at) {
            return None;
        }
        if matched.assembled && !self.is_assembled(at) {
            return None;
        }
        if !matched.from.is_empty() {
            self.comes_from(at, &matched.from, matched, &mut evidence)?;
        }
        Some(evidence)
    }

    /// Whether a file has constant text or a pattern that matches.
    fn has_beside(&mut self, unit: u32, text: &str) -> bool {
        let key = (unit, text.to_owned());
        if let Some(&known) = self.beside.get(&key) {
            return known;
        }
        let file = &self.code.units[unit as usize];
        let has = self.regex(text).is_some_and(|wanted| {
            file.nodes.iter().any(|node| match node.value {
                Value::Text(text) | Value::Regex(text, _) => wanted.is_match(file.text(text).as_bytes()),
                _ => false,
            })
        });
        self.beside.insert(key, has);
        has
    }

    /// A constant text of the argument that satisfies the table's text conditions.
    fn text_matches(&mut self, at: At, matched: &Match) -> Option<String> {
        let resolver = self.resolver;
        let mut texts: Vec<String> = resolver
            .definitions(at)
            .iter()
            .map(|&definition| {
                malice::line(resolver, definition)
                    .unwrap_or_else(|| literal::template(resolver, definition, "\u{0}", 0))
            })
            .collect();
        texts.dedup();
        let wanted = matched.text.as_ref().and_then(|text| self.regex(text));
        let unwanted = matched.not_text.as_ref().and_then(|text| self.regex(text));
        texts.into_iter().find(|text| {
            wanted.as_ref().is_none_or(|wanted| wanted.is_match(text.as_bytes()))
                && unwanted.as_ref().is_none_or(|unwanted| !unwanted.is_match(text.as_bytes()))
                && text != "\u{0}"
        })
    }

    fn regex(&mut self, text: &str) -> Option<Regex> {
        self.regexes.entry(text.to_owned()).or_insert_with(|| Regex::new(text).ok()).clone()
    }

    /// Constant text that is not written as one.
    fn is_assembled(&self, at: At) -> bool {
        let plain = |definition: &At| matches!(self.resolver.value(*definition), Value::Text(_));
        self.resolver.text(at).is_some() && !self.resolver.definitions(at).iter().any(plain)
    }

    /// Text put together from something that is not constant.
    fn is_built(&self, at: At) -> bool {
        self.resolver.text(at).is_none()
            && self.resolver.definitions(at).iter().any(|&definition| {
                let unit = self.resolver.unit(definition);
                match unit.value(definition.node) {
                    Value::Concat(_) => true,
                    Value::Call(call) => matches!(
                        unit.value(unit.call(call).callee),
                        Value::Member { object, name }
                            if matches!(unit.text(name), "format" | "join" | "concat" | "replace")
                                && matches!(unit.value(object), Value::Text(_) | Value::Array(_) | Value::Concat(_) | Value::With { .. })
                    ),
                    _ => false,
                }
            })
    }

    /// Walks back from an argument to a source; fills in source and steps.
    fn comes_from(
        &self,
        start: At,
        names: &[String],
        matched: &Match,
        evidence: &mut Evidence,
    ) -> Option<()> {
        let sources: Vec<Source> =
            names.iter().map(|name| self.source(name)).filter(|source| self.may_occur(source)).collect();
        if sources.is_empty() {
            return None;
        }
        // The second source is what the first one is made of: the path of a file that is read.
        let second: Vec<Source> = matched.and_from.iter().map(|name| self.source(name)).collect();
        let mut hit: Option<(At, String)> = None;
        let walk = self.flow.walk_at_most(MOST_VISITS, start, |at, value| {
            if hit.is_some() {
                return Next::Stop;
            }
            if let Some(name) = self.is_source(at, value, &sources) {
                if second.is_empty() || self.has_source(at, &second) {
                    hit = Some((at, name));
                }
                return Next::Stop;
            }
            let part =
                self.is_part_of_source(at, value, &sources) && !(matched.items && self.is_item(at, value));
            let inside = matched.whole && self.adds_text(at, value);
            if part || inside { Next::Stop } else { Next::On }
        });
        let (at, name) = hit?;
        let visit = walk.visits.iter().position(|visit| visit.at == at)?;
        evidence.source = name;
        evidence.steps = self.steps(&walk.path(visit));
        Some(())
    }

    fn has_source(&self, start: At, sources: &[Source]) -> bool {
        let mut hit = false;
        self.flow.walk(start, |at, value| {
            hit = hit || self.is_source(at, value, sources).is_some();
            if hit { Next::Stop } else { Next::On }
        });
        hit
    }

    /// Whether a text is put together with constant text of its own.
    fn adds_text(&self, at: At, value: Value) -> bool {
        let unit = self.resolver.unit(at);
        let Value::Concat(range) = value else { return false };
        let constant =
            |node: &NodeId| matches!(unit.value(*node), Value::Text(text) if !unit.text(text).is_empty());
        unit.list(range).iter().any(constant)
    }

    /// Whether the package has anything of a source at all.
    fn may_occur(&self, source: &Source) -> bool {
        let has = |set: SetId| self.present.contains(&set);
        source.text.is_some()
            || source.values.is_some()
            || source.calls.is_some_and(has)
            || source.conditional.iter().any(|conditional| has(conditional.set))
    }

    fn source(&self, name: &str) -> Source {
        Source {
            calls: self.sets.callees.find(name),
            values: self.sets.values(name),
            text: self.sets.texts.get(name),
            conditional: self.sets.conditional.get(name).map_or(&[], Vec::as_slice),
        }
    }

    fn is_source(&self, at: At, value: Value, sources: &[Source]) -> Option<String> {
        let unit = self.resolver.unit(at);
        match value {
            Value::Call(call) => {
                let site = self.sites.get(&(at.unit, call))?;
                sources.iter().any(|source| self.is_source_call(site, source)).then(|| site.name.clone())
            }
            Value::Member { name, .. } if self.sets.callees.wants(unit.text(name)) => {
                let name = self.resolver.name(at);
                let of = self.sets.callees.sets_of(&name);
                sources
                    .iter()
                    .any(|source| source.values.is_some_and(|set| of.contains(&set)))
                    .then_some(name)
            }
            Value::Text(text) => {
                let text = unit.text(text);
                sources
                    .iter()
                    .any(|source| source.text.is_some_and(|regex| regex.is_match(text.as_bytes())))
                    .then(|| text.to_owned())
            }
            _ => None,
        }
    }

    /// Ways on which a source that is a value gets lost: one member of it is not the value
    /// (`process.env.HOME` is not the environment), and what a process prints is not its environment.
    fn is_part_of_source(&self, at: At, value: Value, sources: &[Source]) -> bool {
        if sources.iter().all(|source| source.values.is_none()) {
            return false;
        }
        let unit = self.resolver.unit(at);
        match value {
            Value::Member { .. } => *self.resolver.definitions(at) == [at],
            // `env[name]` is one of them, unless it goes through all names.
            Value::Element { key, .. } => {
                *self.resolver.definitions(at) == [at] && !matches!(unit.value(key), Value::Item(_))
            }
            Value::Call(call) => !self.carries(at, unit.call(call)),
            _ => false,
        }
    }

    /// Whether a value is a part of what a loop goes through: name or value of an entry.
    fn is_item(&self, at: At, value: Value) -> bool {
        let unit = self.resolver.unit(at);
        matches!(value, Value::Member { object, .. } | Value::Element { object, .. }
            if matches!(unit.value(object), Value::Item(_)))
    }

    /// Whether what goes into a call comes out as a whole: the package's own functions, and those
    /// that copy, select or serialise.
    fn carries(&self, at: At, call: &Call) -> bool {
        let local = self
            .resolver
            .definitions(At { unit: at.unit, node: call.callee })
            .iter()
            .any(|&definition| matches!(self.resolver.value(definition), Value::Function(_)));
        let name = self.resolver.last_name(At { unit: at.unit, node: call.callee });
        local || name.is_some_and(|name| CARRIERS.contains(&name))
    }

    fn is_source_call(&self, site: &Site, source: &Source) -> bool {
        if source.calls.is_some_and(|set| site.is(set)) {
            return true;
        }
        let unit = &self.code.units[site.unit as usize];
        let arguments = unit.list(unit.call(site.call).arguments);
        source.conditional.iter().filter(|conditional| site.is(conditional.set)).any(|conditional| {
            arguments
                .get(conditional.argument)
                .and_then(|&node| self.resolver.text(At { unit: site.unit, node }))
                .is_some_and(|text| conditional.text.is_match(text.as_bytes()))
        })
    }

    /// The path as steps: one for each line that the value passes, at most [`MOST_STEPS`].
    fn steps(&self, path: &[At]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for &at in path {
            let unit = self.resolver.unit(at);
            let location = place(unit, at.node);
            if steps.last().is_some_and(|step| {
                step.location.path == location.path && step.location.line == location.line
            }) {
                continue;
            }
            steps.push(Step { location, what: describe(unit, at.node) });
        }
        if steps.len() > MOST_STEPS {
            let tail = steps.split_off(steps.len() - MOST_STEPS / 2);
            steps.truncate(MOST_STEPS / 2);
            steps.extend(tail);
        }
        steps
    }
}

fn report(
    rule: &'static Rule,
    matched: &Match,
    unit: &Unit,
    node: NodeId,
    callee: &str,
    evidence: Evidence,
) -> Finding {
    let text = untrusted::excerpt(&evidence.text.replace('\u{0}', "…"), 80);
    let source = untrusted::excerpt(&evidence.source, 80);
    let callee = untrusted::excerpt(callee, 80);
    let message = matched
        .message
        .as_deref()
        .unwrap_or(&rule.title)
        .replace("{callee}", &callee)
        .replace("{text}", &text)
        .replace("{source}", &source);
    let mut finding =
        Finding::new(rule, message).at(place(unit, node)).because(format!("{callee}|{text}|{source}"));
    finding.steps = evidence.steps;
    if unit.bundled && matched.from.is_empty() {
        // Other packages' code may be inside: without a flow this says little about the connector.
        finding.confidence = Confidence::Low;
        finding.severity = finding.severity.min(Severity::Medium);
    }
    finding
}
