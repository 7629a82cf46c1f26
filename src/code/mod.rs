//! Source files to one value graph for the whole package.
//!
//! Each file is parsed once; tool extraction, capabilities and rules share the graph. Pure: no
//! network, no files, no clock. No syntax tree type of a parser leaves its front end.

pub mod builder;
pub mod callees;
pub mod flow;
pub mod graph;
pub mod guards;
mod javascript;
mod limits;
pub mod literal;
pub mod modules;
pub mod per_node;
mod python;
pub mod resolve;

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::artifact::{Artifact, Kind, Language};
use callees::{Callees, SetId, Site};
use graph::{Atom, Unit, Value};

/// The value graphs of a whole package.
#[derive(Debug, Default)]
pub struct Code {
    /// One unit per parsed file, in path order.
    pub units: Vec<Unit>,
    /// Source files that are not in the graph: path and reason.
    pub unread: Vec<(String, String)>,
    /// The files by the names that imports use.
    pub modules: modules::Modules,
    /// Units that nothing loads: tests and examples. One entry per unit.
    pub idle: Vec<bool>,
    /// Call sites whose callee belongs to a named set, in file and source order.
    pub sites: Vec<Site>,
    /// Positions of call sites by set.
    sites_by_set: FxHashMap<SetId, Vec<usize>>,
    /// The named sets.
    pub callees: Callees,
    /// Where functions are called or handed over.
    pub callers: flow::Callers,
    /// For each unit, the functions of the package that its calls call or hand over, in call order.
    pub called: Vec<Vec<flow::Called>>,
    /// For each unit and string, whether any file gives something a member of that name.
    members: Vec<Vec<bool>>,
    /// Methods that one class alone has.
    pub(crate) methods: resolve::Methods,
}

impl Code {
    /// Whether any file gives something a member of this name; positions always count.
    pub(crate) fn may_have_member(&self, unit: u32, name: Atom) -> bool {
        let members = self.members.get(unit as usize).and_then(|members| members.get(name.index()));
        members.copied().unwrap_or(true)
    }

    /// Whether a file is a unit that nothing loads.
    pub fn is_idle(&self, path: &str) -> bool {
        let at = self.units.binary_search_by(|unit| unit.path.as_str().cmp(path));
        at.is_ok_and(|at| self.idle.get(at).copied().unwrap_or(false))
    }

    /// The call sites whose callee belongs to a set.
    pub fn sites_of(&self, set: SetId) -> impl Iterator<Item = &Site> {
        self.sites_by_set.get(&set).into_iter().flatten().map(|&at| &self.sites[at])
    }

    /// The call sites whose callee belongs to any of some sets, in file and source order.
    pub fn sites_of_any<'a>(&'a self, sets: &[SetId]) -> impl Iterator<Item = &'a Site> + use<'a> {
        let mut found: Vec<usize> =
            sets.iter().filter_map(|set| self.sites_by_set.get(set)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| &self.sites[at])
    }
}

/// Parses every source file of the artifact that a front end exists for, links the files, and
/// finds the call sites that `callees` names.
pub fn read(artifact: &Artifact, callees: &Callees) -> Code {
    let mut code = Code { callees: callees.clone(), ..Code::default() };
    for lowered in lower_all(artifact) {
        match lowered {
            Ok(unit) => code.units.push(unit),
            Err(unread) => code.unread.push(unread),
        }
    }
    code.modules = modules::Modules::new(&code.units);
    code.methods = resolve::only_methods(&code.units);
    code.idle = modules::idle(&code.units, &code.modules);
    code.members = members(&code.units);
    let linked: Vec<(Vec<Site>, Vec<flow::Called>)> = (0..u32::try_from(code.units.len())
        .unwrap_or(u32::MAX))
        .into_par_iter()
        .map(|unit| {
            let resolver = resolve::Resolver::new(&code);
            (callees::sites(&resolver, unit, callees), flow::called(&resolver, unit))
        })
        .collect();
    let (sites, called): (Vec<_>, Vec<Vec<flow::Called>>) = linked.into_iter().unzip();
    code.sites = sites.into_iter().flatten().collect();
    for (at, site) in code.sites.iter().enumerate() {
        for &set in &site.sets {
            code.sites_by_set.entry(set).or_default().push(at);
        }
    }
    code.callers = flow::callers(called.iter().flatten().copied());
    code.called = called;
    code
}

/// One file: its graph, or its path and why it has none.
type Lowered = Result<Unit, (String, String)>;
/// For each unit and string, whether any unit has a member, export or option of that name.
fn members(units: &[Unit]) -> Vec<Vec<bool>> {
    let mut names: FxHashSet<&str> = FxHashSet::default();
    for unit in units {
        let mut own = vec![false; unit.strings.len()];
        let updates = unit.nodes.iter().filter_map(|node| match node.value {
            Value::With { key, .. } => Some(key),
            _ => None,
        });
        let of_classes = unit.classes.iter().flat_map(|class| {
            class.methods.iter().map(|&(name, _)| name).chain(class.fields.iter().map(|&(name, _)| name))
        });
        let keys = unit.properties.iter().map(|property| property.key);
        let exports = unit.exports.iter().map(|export| export.name);
        for name in updates.chain(of_classes).chain(keys).chain(exports) {
            if let Some(known) = own.get_mut(name.index())
                && !std::mem::replace(known, true)
            {
                names.insert(unit.text(name));
            }
        }
    }
    let is_member = |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) || names.contains(text);
    units.iter().map(|unit| unit.strings.iter().map(|(_, text)| is_member(text)).collect()).collect()
}

/// Lowers all files, the largest first, and puts them back in path order.
fn lower_all(artifact: &Artifact) -> Vec<Lowered> {
    let mut order: Vec<usize> = (0..artifact.files.len())
        .filter(|&index| matches!(artifact.files[index].kind, Kind::Source(_)))
        .collect();
    order.sort_by_key(|&index| std::cmp::Reverse(artifact.files[index].bytes.len()));
    let mut lowered: Vec<(usize, Lowered)> = order
        .par_iter()
        .with_max_len(1)
        .filter_map(|&index| Some((index, lower(artifact, index)?)))
        .collect();
    lowered.sort_by_key(|&(index, _)| index);
    lowered.into_iter().map(|(_, unit)| unit).collect()
}

/// Lowers one file; `None` where its content was not kept (the artifact's ledger says why).
fn lower(artifact: &Artifact, index: usize) -> Option<Lowered> {
    let file = &artifact.files[index];
    let Kind::Source(language) = file.kind else { return None };
    if file.bytes.is_empty() && file.size > 0 {
        return None;
    }
    let unread = |why: String| Some(Err((file.path.clone(), why)));
    if !matches!(language, Language::JavaScript | Language::TypeScript | Language::Python) {
        return unread(format!(
            "no front end for {} yet: calls and values are not analysed",
            language.name()
        ));
    }
    if file.bytes.len() > limits::MAX_SOURCE {
        return unread(format!("source is larger than {} bytes", limits::MAX_SOURCE));
    }
    let nesting = limits::nesting(&file.bytes);
    if nesting > limits::MAX_NESTING {
        return unread(format!("brackets nest deeper than {}: not parsed", limits::MAX_NESTING));
    }
    let text = file.text();
    Some(Ok(match language {
        Language::Python => python::lower(index, &file.path, &text),
        _ => javascript::lower(index, &file.path, &text, language, nesting),
    }))
}
