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
mod python;
pub mod resolve;

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use crate::artifact::{Artifact, Kind, Language};
use callees::{Callees, SetId, Site};
use graph::Unit;

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
    /// The named sets.
    pub callees: Callees,
}

impl Code {
    /// Whether a file is a unit that nothing loads.
    pub fn is_idle(&self, path: &str) -> bool {
        let at = self.units.binary_search_by(|unit| unit.path.as_str().cmp(path));
        at.is_ok_and(|at| self.idle.get(at).copied().unwrap_or(false))
    }

    /// The call sites whose callee belongs to a set.
    pub fn sites_of(&self, set: SetId) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(move |site| site.is(set))
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
    code.idle = modules::idle(&code.units, &code.modules);
    let sites: Vec<Vec<Site>> = (0..u32::try_from(code.units.len()).unwrap_or(u32::MAX))
        .into_par_iter()
        .map(|unit| callees::sites(&code, unit, callees))
        .collect();
    code.sites = sites.into_iter().flatten().collect();
    code
}

/// One file: its graph, or its path and why it has none.
type Lowered = Result<Unit, (String, String)>;

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
    if limits::nesting(&file.bytes) > limits::MAX_NESTING {
        return unread(format!("brackets nest deeper than {}: not parsed", limits::MAX_NESTING));
    }
    let text = file.text();
    Some(Ok(match language {
        Language::Python => python::lower(index, &file.path, &text),
        _ => javascript::lower(index, &file.path, &text, language),
    }))
}
