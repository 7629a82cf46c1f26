//! `[[match]]` tables of rule files against resolved calls and values.

mod carriers;
mod options;
mod sources;
mod steps;

use std::{collections::BTreeMap, fmt::Write as _};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Asked, Check, Subject,
    catalogue::{self, Match},
    malice,
    regexes::compiled,
    sets::{self, Sets},
};
use crate::{
    code::{
        Code,
        callees::{SetId, Site},
        flow::{Flow, Next, reach::Reach},
        graph::{Call, CallId, NodeId, Operator, Unit, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    finding::{Confidence, Finding, Rule, Severity, Step},
    untrusted,
};

use carriers::CARRIERS;
pub(super) use options::{equals, option};
use sources::{Source, followed, source};
pub(super) use steps::describe;

/// Answers for every rule with `[[match]]` tables.
pub struct Patterns;

/// Nodes visited on the way back from one argument.
const MOST_VISITS: usize = 5_000;
/// Nodes between a constant text and the call that it gets to.
const MOST_NODES: usize = 30;
/// Steps shown of a flow, ends included.
const MOST_STEPS: usize = 12;

impl Check for Patterns {
    fn name(&self) -> &'static str {
        "patterns"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let resolver = Resolver::new(subject.code);
        let flow = Flow::new(&resolver);
        let mut matcher = Matcher {
            code: subject.code,
            sets: sets::get(),
            flow: &flow,
            resolver: &resolver,
            sites: subject.code.sites.iter().map(|site| ((site.unit, site.call), site)).collect(),
            beside: BTreeMap::new(),
            present: subject.code.sites.iter().flat_map(|site| site.sets.iter().copied()).collect(),
            reach: Reach::new(&flow),
            followed: followed(asked),
        };
        for &rule in asked.rules() {
            let Some(entry) = catalogue::get().entry(&rule.id) else { continue };
            for (index, matched) in entry.matches.iter().enumerate() {
                let first = findings.len();
                matcher.ask(rule, index, matched, findings);
                together(findings, first);
            }
        }
    }
}

/// Makes one finding of those from `first` on that say the same.
fn together(findings: &mut Vec<Finding>, first: usize) {
    let mut known: BTreeMap<(String, Severity, Confidence), usize> = BTreeMap::new();
    let told = findings.split_off(first);
    for finding in told {
        let key = (finding.message.clone(), finding.severity, finding.confidence);
        if let Some(same) = known.get(&key).and_then(|&at| findings.get_mut(at)) {
            same.also.extend(finding.location);
        } else {
            known.insert(key, findings.len());
            findings.push(finding);
        }
    }
    for finding in findings.iter_mut().skip(first).filter(|finding| !finding.also.is_empty()) {
        finding.also.sort();
        let count = finding.also.len() + 1;
        let _ = write!(finding.message, " at {count} places");
    }
}

struct Matcher<'a> {
    code: &'a Code,
    sets: &'static Sets,
    flow: &'a Flow<'a>,
    resolver: &'a Resolver<'a>,
    sites: FxHashMap<(u32, CallId), &'a Site>,
    beside: BTreeMap<(u32, String), bool>,
    present: FxHashSet<SetId>,
    /// Which sources get to a node, by bit.
    reach: Reach<'a>,
    /// The sources that any table asks for; their positions are their bits.
    followed: Vec<(&'static str, Source)>,
}

/// What a matching argument showed.
#[derive(Default)]
struct Evidence {
    text: String,
    source: String,
    steps: Vec<Step>,
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
        for site in code.sites_of_any(&wanted) {
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
        let wanted = matched.text.as_deref().and_then(compiled)?;
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
        let has = compiled(text).is_some_and(|wanted| {
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
        let wanted = matched.text.as_deref().and_then(compiled);
        let unwanted = matched.not_text.as_deref().and_then(compiled);
        texts.into_iter().find(|text| {
            wanted.as_ref().is_none_or(|wanted| wanted.is_match(text.as_bytes()))
                && unwanted.as_ref().is_none_or(|unwanted| !unwanted.is_match(text.as_bytes()))
                && text != "\u{0}"
        })
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
            names.iter().map(|name| source(name)).filter(|source| self.may_occur(source)).collect();
        let wanted = self.bits(names);
        if sources.is_empty() || self.reaching(start) & wanted == 0 {
            return None;
        }
        // The second source is what the first one is made of: the path of a file that is read.
        let second: Vec<Source> = matched.and_from.iter().map(|name| source(name)).collect();
        let mut hit: Option<(At, String)> = None;
        let look = |at: At, value: Value| {
            if let Some(name) = self.is_source(at, value, &sources) {
                if second.is_empty() || self.has_source(at, &matched.and_from, &second) {
                    hit = Some((at, name));
                    return Next::Enough;
                }
                return Next::Stop;
            }
            let part =
                self.is_part_of_source(at, value, &sources) && !(matched.items && self.is_item(at, value));
            let inside = matched.whole && self.adds_text(at, value);
            if part || inside { Next::Stop } else { Next::On }
        };
        let walk = self.flow.walk_at_most(MOST_VISITS, start, look);
        let (at, name) = hit?;
        let visit = walk.visits.iter().position(|visit| visit.at == at)?;
        let path = walk.path(visit);
        // A text that travels this far through lists and options is no longer one value.
        if matches!(self.resolver.value(at), Value::Text(_)) && path.len() > MOST_NODES {
            return None;
        }
        if self.goes_elsewhere(start, &name, &sources) {
            return None;
        }
        evidence.source = name;
        evidence.steps = self.steps(&path);
        Some(())
    }

    /// Whether a known text holds the name of a source but is something else: another file beside it.
    fn goes_elsewhere(&self, start: At, name: &str, sources: &[Source]) -> bool {
        let resolver = self.resolver;
        let texts = sources.iter().filter_map(|source| source.text);
        resolver.definitions(start).iter().any(|&definition| {
            let whole = self.joined(definition, 0);
            whole.len() > name.len() + 1
                && whole.contains(name)
                && !whole.ends_with('\u{0}')
                && !texts.clone().any(|text| text.is_match(whole.as_bytes()))
        })
    }

    /// The constant parts of a text, also of one put together with `/`.
    fn joined(&self, at: At, level: u32) -> String {
        let definitions = self.resolver.definitions(at);
        for &definition in definitions.iter().filter(|_| level < 8) {
            let Value::Binary { operator: Operator::Slash, left, right } = self.resolver.value(definition)
            else {
                continue;
            };
            let part = |node| self.joined(At { unit: definition.unit, node }, level + 1);
            return format!("{}/{}", part(left), part(right));
        }
        literal::template(self.resolver, at, "\u{0}", 0)
    }

    fn has_source(&self, start: At, names: &[String], sources: &[Source]) -> bool {
        if self.reaching(start) & self.bits(names) == 0 {
            return false;
        }
        let mut hit = false;
        self.flow.walk(start, |at, value| {
            hit = self.is_source(at, value, sources).is_some();
            if hit { Next::Enough } else { Next::On }
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
