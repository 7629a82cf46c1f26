//! Values that decide what is written where: members by chosen names, files that are run afterwards.

use rustc_hash::FxHashSet;

use super::{Tracer, Wanted, parts::Start, templates, together::Reported};
use crate::{
    artifact::Language,
    code::{
        flow::Next,
        graph::{CallId, FunctionId, NodeId, Range, Strings, Unit, Value},
        guards::Place,
        literal,
        resolve::{At, place},
    },
    detect::sets,
    finding::Rule,
};

/// Files that are run and calls that run something, looked at in one package.
const MOST_FILES: usize = 64;
const MOST_RUNS: usize = 256;
/// Nodes visited between a call that runs something and the file.
const MOST_STEPS_TO_FILE: usize = 400;
/// Texts of one function looked through for the names that must not be written.
const MOST_NODES: usize = 20_000;

/// Endings of files that nothing runs.
const DATA: [&str; 16] = [
    ".json", ".txt", ".md", ".csv", ".tsv", ".png", ".jpg", ".jpeg", ".svg", ".pdf", ".log", ".yaml", ".yml",
    ".toml", ".xml", ".html",
];

impl Tracer<'_> {
    /// `object[section][key] = value`, and merges that copy members by name.
    pub(super) fn members(&self, rule: &'static Rule, wanted: &Wanted, findings: &mut Vec<Reported>) {
        for (position, unit) in self.code.units.iter().enumerate() {
            let script = matches!(unit.language, Language::JavaScript | Language::TypeScript);
            if !script || unit.bundled || self.code.idle.get(position).copied().unwrap_or(false) {
                continue;
            }
            let index = u32::try_from(position).unwrap_or(u32::MAX);
            for (node, value) in unit.nodes.iter().enumerate() {
                let Value::With { object, key: Strings::ELEMENT, value } = value.value else { continue };
                let node = NodeId(u32::try_from(node).unwrap_or(u32::MAX));
                // `a[x][y] = …` is `a` with `a[x]` with `y`.
                let inner = reached(unit, object, 0).filter(|&(outer, _)| {
                    !self.has_no_parent(At { unit: index, node: outer }) && !is_fresh(unit, outer)
                });
                let chosen = match inner {
                    Some((_, key)) => Some(key),
                    None => self.merged(unit, index, object, value),
                };
                let Some(chosen) = chosen else { continue };
                let at = templates::place_of(unit, index, node);
                if forbids(unit, at.function) {
                    continue;
                }
                let mut hits = Vec::new();
                self.trace(Start::new(At { unit: index, node: chosen }, at), wanted, &mut hits);
                if !hits.is_empty() {
                    let at = place(unit, node);
                    findings.push(self.report(rule, "the name of a member", at, wanted, unit.bundled, hits));
                }
            }
        }
    }

    /// `Object.create(null)`, `new Map()`.
    fn has_no_parent(&self, at: At) -> bool {
        let names = self.resolver.callee_names(at);
        names.iter().any(|name| matches!(name.as_str(), "Object.create()" | "Map()"))
    }

    /// What is copied in `target[key] = source[key]` of a function that calls itself for what is inside.
    fn merged(&self, unit: &Unit, index: u32, object: NodeId, value: NodeId) -> Option<NodeId> {
        let Value::Element { object: from, key } = unit.value(value) else { return None };
        let (function, target) = given(unit, object)?;
        let (owner, source) = given(unit, from)?;
        let item = |node: NodeId| matches!(unit.value(node), Value::Item(_) | Value::Parameter(..));
        if owner != function || source == target || !item(key) {
            return None;
        }
        let recursive = unit.calls.iter().filter(|call| call.function == function).any(|call| {
            let first = unit.list(call.arguments).first();
            let part = first.is_some_and(|&first| {
                matches!(unit.value(first), Value::Element { object, .. } if given(unit, object) == Some((function, target)))
            });
            part && self.resolver.definitions(At { unit: index, node: call.callee }).iter().any(|&callee| {
                callee.unit == index && self.resolver.value(callee) == Value::Function(function)
            })
        });
        recursive.then_some(from)
    }

    /// Text of somebody else that is written to a file which the package runs.
    pub(super) fn run_files(
        &self,
        rule: &'static Rule,
        index: usize,
        wanted: &Wanted,
        findings: &mut Vec<Reported>,
    ) {
        let sets = sets::get();
        let writes: Vec<_> = sets.own(&rule.id, index).into_iter().collect();
        let mut found: Vec<(FxHashSet<At>, Reported)> = Vec::new();
        for site in self.code.sites_of_any(&writes) {
            let unit = &self.code.units[site.unit as usize];
            let call = unit.call(site.call);
            let Some((path, text)) = self.file_and_text(site.unit, site.call) else { continue };
            if found.len() >= MOST_FILES || self.is_data(path) {
                continue;
            }
            let mut hits = Vec::new();
            self.trace(Start::new(text, Place::call(site.unit, call)), wanted, &mut hits);
            if hits.is_empty() {
                continue;
            }
            let at = place(unit, call.node);
            let finding = self.report(rule, &site.name, at, wanted, unit.bundled, hits);
            found.push((self.names_of(path), finding));
        }
        if found.is_empty() {
            return;
        }
        let programs = [sets.callees.find("process-shell"), sets.callees.find("process-arguments")];
        let programs: Vec<_> = programs.into_iter().flatten().collect();
        let mut run: FxHashSet<At> = FxHashSet::default();
        for site in self.code.sites_of_any(&programs).take(MOST_RUNS) {
            let unit = &self.code.units[site.unit as usize];
            for &argument in unit.list(unit.call(site.call).arguments).iter().take(2) {
                let start = At { unit: site.unit, node: argument };
                let walk = self.flow.walk_at_most(MOST_STEPS_TO_FILE, start, |at, _| {
                    run.insert(at);
                    Next::On
                });
                if walk.cut {
                    self.cut.set(true);
                }
            }
        }
        findings.extend(
            found
                .into_iter()
                .filter(|(names, _)| names.iter().any(|at| run.contains(at)))
                .map(|(_, finding)| finding),
        );
    }

    /// The path and the text of a call that writes a file: `writeFile(path, text)`, `path.write_text(text)`,
    /// `open(path).write(text)`.
    fn file_and_text(&self, index: u32, id: CallId) -> Option<(At, At)> {
        let unit = &self.code.units[index as usize];
        let call = unit.call(id);
        let arguments = unit.list(call.arguments);
        let here = |node: NodeId| At { unit: index, node };
        match unit.value(call.callee) {
            Value::Member { object, name } if matches!(unit.text(name), "write_text" | "write") => {
                let text = here(*arguments.first()?);
                if unit.text(name) == "write_text" {
                    return Some((here(object), text));
                }
                let opened = *self.resolver.definitions(here(object)).first()?;
                let file = self.resolver.unit(opened);
                let Value::Call(open) = file.value(opened.node) else { return None };
                let path = file.list(file.call(open).arguments).first();
                let path = path.map_or(opened, |&node| At { unit: opened.unit, node });
                Some((path, text))
            }
            _ => Some((here(*arguments.first()?), here(*arguments.get(1)?))),
        }
    }

    /// Whether a path ends like that of a file which nothing runs.
    fn is_data(&self, path: At) -> bool {
        self.resolver.definitions(path).iter().any(|&at| {
            let mut text = literal::template(self.resolver, at, "x", 0);
            if let Some(last) = self.last_argument(at) {
                text = literal::template(self.resolver, last, "x", 0);
            }
            DATA.iter().any(|ending| text.ends_with(ending))
        })
    }

    fn last_argument(&self, at: At) -> Option<At> {
        let unit = self.resolver.unit(at);
        let Value::Call(call) = unit.value(at.node) else { return None };
        unit.list(unit.call(call).arguments).last().map(|&node| At { unit: at.unit, node })
    }

    /// The nodes by which a path is known elsewhere.
    fn names_of(&self, path: At) -> FxHashSet<At> {
        let constant = |at: &At| matches!(self.resolver.value(*at), Value::Text(_) | Value::Null);
        self.resolver.definitions(path).iter().copied().chain([path]).filter(|at| !constant(at)).collect()
    }

    /// The parts of a value that choose names: all of a dictionary that is given, or spread into one.
    pub(super) fn chosen_names(&self, start: Start) -> Vec<Start> {
        let mut found = Vec::new();
        for &definition in self.resolver.definitions(start.at).iter() {
            let unit = self.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Object(range) => spreads(unit, definition, range, start, &mut found),
                Value::With { .. } => {
                    let mut node = definition.node;
                    for _ in 0..64 {
                        let Value::With { object, key, value } = unit.value(node) else { break };
                        if key == Strings::SPREAD {
                            found.push(start.at_node(At { unit: definition.unit, node: value }));
                        }
                        node = object;
                    }
                    if let Value::Object(range) = unit.value(node) {
                        spreads(unit, definition, range, start, &mut found);
                    }
                }
                _ => found.push(start.at_node(definition)),
            }
        }
        found
    }
}

/// The parameter that a value is, or was before its members were written.
fn given(unit: &Unit, node: NodeId) -> Option<(FunctionId, u32)> {
    let mut node = node;
    for _ in 0..16 {
        node = match unit.value(node) {
            Value::Parameter(function, position) => return Some((function, position)),
            Value::With { object, .. } => object,
            Value::Join(range) => *unit.list(range).first()?,
            _ => return None,
        };
    }
    None
}

/// The object and the name by which another object was reached: `a[x]`, also step by step in a loop.
fn reached(unit: &Unit, node: NodeId, level: u32) -> Option<(NodeId, NodeId)> {
    match unit.value(node) {
        Value::Element { object, key } => Some((object, key)),
        Value::Join(range) if level < 3 => {
            unit.list(range).iter().take(8).find_map(|&node| reached(unit, node, level + 1))
        }
        Value::Variable(variable) if level < 3 => {
            let values = &unit.variables[variable.index()].values;
            values.iter().take(8).find_map(|&node| reached(unit, node, level + 1))
        }
        _ => None,
    }
}

/// Whether the member that was written last got an object of its own: `made[x] = {}`.
fn is_fresh(unit: &Unit, node: NodeId) -> bool {
    let mut node = node;
    for _ in 0..4 {
        node = match unit.value(node) {
            Value::Join(range) => match unit.list(range).first() {
                Some(&first) => first,
                None => return false,
            },
            Value::With { key: Strings::ELEMENT, value, .. } => {
                return matches!(unit.value(value), Value::Object(_) | Value::Array(_));
            }
            _ => return false,
        };
    }
    false
}

/// Whether a function speaks of the name that reaches every object.
fn forbids(unit: &Unit, function: FunctionId) -> bool {
    let Some(name) = unit.strings.find("__proto__") else { return false };
    let data = unit.function(function);
    let (start, end) = (unit.nodes[data.node.index()].at, data.end);
    let inside = |at: u32| function == FunctionId(0) || (start <= at && at < end);
    unit.nodes.iter().take(MOST_NODES).any(|node| node.value == Value::Text(name) && inside(node.at))
}

/// What is spread into a dictionary.
fn spreads(unit: &Unit, at: At, members: Range, start: Start, found: &mut Vec<Start>) {
    let spread = unit.entries(members).iter().filter(|entry| entry.key == Strings::SPREAD);
    found.extend(spread.map(|entry| start.at_node(At { unit: at.unit, node: entry.value })));
}
