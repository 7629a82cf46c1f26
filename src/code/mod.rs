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
mod trees;

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::artifact::{Artifact, File, Kind, Language};
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
    for (name, folder) in go_modules(artifact) {
        code.modules.add_go_module(name, folder);
    }
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
    let more = flow::registered(&resolve::Resolver::new(&code), &code.callers);
    flow::add_callers(&mut code.callers, more);
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
    if !reads(file) {
        return unread(format!(
            "no front end for {}: calls and values are not analysed",
            spoken(file, language)
        ));
    }
    let most = if trees::reads(language, &file.path) { trees::MAX_SOURCE } else { limits::MAX_SOURCE };
    if file.bytes.len() > most {
        return unread(format!("source is larger than {most} bytes"));
    }
    let nesting = limits::nesting(&file.bytes);
    if nesting > limits::MAX_NESTING {
        return unread(format!("brackets nest deeper than {}: not parsed", limits::MAX_NESTING));
    }
    let text = file.text();
    Some(Ok(match language {
        Language::Python => python::lower(index, &file.path, &text),
        Language::JavaScript | Language::TypeScript => {
            javascript::lower(index, &file.path, &text, language, nesting)
        }
        Language::Go
        | Language::Rust
        | Language::CSharp
        | Language::Java
        | Language::Ruby
        | Language::Php
        | Language::Shell => trees::lower(index, &file.path, &text, language),
    }))
}

/// Whether a front end reads the file.
pub fn reads(file: &File) -> bool {
    let Kind::Source(language) = file.kind else { return false };
    matches!(language, Language::JavaScript | Language::TypeScript | Language::Python)
        || trees::reads(language, &file.path)
}

/// What is read of files in a language, in words for a person.
pub fn covers(language: Language) -> &'static str {
    match language {
        Language::JavaScript | Language::TypeScript | Language::Python => "parsed",
        Language::Go => "go for calls, values and flow",
        Language::Rust => "rust for calls, values and flow",
        Language::CSharp => "csharp for calls, values and flow",
        Language::Java => "java for calls, values and flow",
        Language::Ruby => "ruby for calls, values and flow",
        Language::Php => "php for calls, values and flow",
        Language::Shell => "shell for calls, values and flow",
    }
}

/// What the language of a file is called where no front end reads it.
pub fn spoken(file: &File, language: Language) -> &'static str {
    match file.path.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("ps1" | "psm1") => "powershell",
        Some("bat" | "cmd") => "batch",
        _ => language.name(),
    }
}

/// Go modules of the package: name and folder.
fn go_modules(artifact: &Artifact) -> impl Iterator<Item = (&str, &str)> {
    artifact.files.iter().filter_map(|file| {
        let folder = file.path.strip_suffix("go.mod")?;
        let text = std::str::from_utf8(&file.bytes).ok()?;
        let name = text.lines().take(1_000).find_map(|line| line.trim().strip_prefix("module "))?;
        let folder = if folder.is_empty() { folder } else { folder.strip_suffix('/')? };
        Some((name.trim().trim_matches('"'), folder))
    })
}
