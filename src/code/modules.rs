//! Which file an import specifier means, and what that file exports.

mod offered;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::graph::Unit;
use crate::artifact::Language;
use offered::Offered;

/// The files of the package by the names that imports use.
#[derive(Debug, Default)]
pub struct Modules {
    /// Path without extension to unit; `a/index` and `a/__init__` also as `a`.
    stems: FxHashMap<String, u32>,
    /// Path to unit.
    paths: FxHashMap<String, u32>,
    /// Dotted Python module name to unit.
    dotted: FxHashMap<String, u32>,
    /// Names that files of languages without importable files give to others.
    offered: Offered,
}

/// Extensions that an import may leave out, in the order in which they win.
const SCRIPT_EXTENSIONS: [&str; 8] = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx"];

impl Modules {
    /// Indexes the files of a package.
    pub fn new(units: &[Unit]) -> Self {
        let mut modules = Self::default();
        for (index, unit) in units.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            modules.paths.insert(unit.path.clone(), index);
            if !is_script(unit.language) {
                continue;
            }
            let stem = strip_script_extension(&unit.path);
            modules.stems.entry(stem.to_owned()).or_insert(index);
            if let Some(folder) = stem.strip_suffix("index") {
                modules.stems.entry(folder.trim_end_matches('/').to_owned()).or_insert(index);
            }
        }
        modules.index_python(units);
        modules.offered = Offered::new(units);
        modules
    }

    /// Says that a folder holds a Go module of this name.
    pub fn add_go_module(&mut self, name: &str, folder: &str) {
        self.offered.roots.push((name.to_owned(), folder.to_owned()));
        self.offered.roots.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    }

    /// The files that may declare what `from` means by a name of another file of the package.
    pub fn declaring(&self, from: &Unit, specifier: &str, name: &str) -> Vec<u32> {
        if is_script(from.language) || from.language == Language::Python {
            return Vec::new();
        }
        self.offered.declaring(from, specifier, name)
    }

    fn index_python(&mut self, units: &[Unit]) {
        for (index, unit) in units.iter().enumerate() {
            if unit.language != Language::Python {
                continue;
            }
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let stem = unit.path.strip_suffix(".py").unwrap_or(&unit.path);
            let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
            let mut top = 0;
            for (at, _) in unit.path.match_indices('/').take(32) {
                if !self.paths.contains_key(&format!("{}/__init__.py", &unit.path[..at])) {
                    top = at + 1;
                }
            }
            for start in [0, top] {
                if let Some(name) = stem.get(start..) {
                    self.dotted.entry(name.replace('/', ".")).or_insert(index);
                }
            }
        }
    }

    /// The unit that a specifier in `from` means, where it is a file of the package.
    pub fn resolve(&self, from: &Unit, specifier: &str) -> Option<u32> {
        match from.language {
            Language::Python => self.resolve_python(from, specifier),
            language if is_script(language) => self.resolve_script(from, specifier),
            _ => None,
        }
    }

    fn resolve_script(&self, from: &Unit, specifier: &str) -> Option<u32> {
        let specifier = specifier.split(['?', '#']).next().unwrap_or(specifier);
        if specifier.starts_with("./")
            || specifier.starts_with("../")
            || specifier == "."
            || specifier == ".."
        {
            let folder = from.path.rfind('/').map_or("", |at| &from.path[..at]);
            return self.script_file(&join(folder, specifier)?);
        }
        let rest = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"))?;
        // The usual meaning of both prefixes is the source root; the nearest folder that has the file wins.
        let mut folder = from.path.as_str();
        while let Some(at) = folder.rfind('/') {
            folder = &folder[..at];
            for root in [folder.to_owned(), format!("{folder}/src")] {
                if let Some(unit) = self.script_file(&format!("{root}/{rest}")) {
                    return Some(unit);
                }
            }
        }
        self.script_file(rest).or_else(|| self.script_file(&format!("src/{rest}")))
    }

    fn script_file(&self, path: &str) -> Option<u32> {
        if let Some(&unit) = self.paths.get(path) {
            return Some(unit);
        }
        if let Some(&unit) = self.stems.get(path) {
            return Some(unit);
        }
        self.stems.get(strip_script_extension(path)).copied()
    }

    fn resolve_python(&self, from: &Unit, specifier: &str) -> Option<u32> {
        let dots = specifier.bytes().take_while(|&byte| byte == b'.').count();
        if dots == 0 {
            return self.dotted.get(specifier).copied();
        }
        let mut folder = from.path.rfind('/').map_or("", |at| &from.path[..at]);
        for _ in 1..dots {
            folder = folder.rfind('/').map_or("", |at| &folder[..at]);
        }
        let rest = specifier[dots..].replace('.', "/");
        let base = match (folder.is_empty(), rest.is_empty()) {
            (true, _) => rest,
            (false, true) => folder.to_owned(),
            (false, false) => format!("{folder}/{rest}"),
        };
        self.python_file(&base)
    }

    fn python_file(&self, base: &str) -> Option<u32> {
        let file = format!("{base}.py");
        let package = if base.is_empty() { "__init__.py".to_owned() } else { format!("{base}/__init__.py") };
        self.paths.get(&file).or_else(|| self.paths.get(&package)).copied()
    }

    /// The submodule `name` of the package that `specifier` in `from` means (`from .pkg import name`).
    pub fn submodule(&self, from: &Unit, specifier: &str, name: &str) -> Option<u32> {
        let joined = if specifier.ends_with('.') {
            format!("{specifier}{name}")
        } else {
            format!("{specifier}.{name}")
        };
        self.resolve_python(from, &joined)
    }
}

fn is_script(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript)
}

fn strip_script_extension(path: &str) -> &str {
    SCRIPT_EXTENSIONS.iter().find_map(|extension| path.strip_suffix(extension)).unwrap_or(path)
}

/// Joins a relative specifier to a folder; `None` where it leaves the package.
fn join(folder: &str, specifier: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in specifier.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Which files are never loaded by the others: tests and examples by their path that nothing else
/// imports or names. One entry per unit.
pub(super) fn idle(units: &[Unit], modules: &Modules) -> Vec<bool> {
    let mut idle: Vec<bool> = units.iter().map(|unit| is_aside(&unit.path)).collect();
    if idle.iter().all(|&idle| !idle) || idle.iter().all(|&idle| idle) {
        return vec![false; units.len()];
    }
    let named = Named::new(units, &idle);
    let mut loaded: Vec<usize> = (0..units.len()).filter(|&index| !idle[index]).collect();
    while let Some(index) = loaded.pop() {
        let unit = &units[index];
        let imported = unit.imports.iter().filter_map(|&module| modules.resolve(unit, unit.text(module)));
        let folders =
            unit.imports.iter().flat_map(|&module| modules.offered.folder_files(unit, unit.text(module)));
        let mut reached: Vec<usize> = imported.chain(folders).map(|target| target as usize).collect();
        // `fork("./tests/worker.js")`: a file that is named is loaded.
        for (_, text) in unit.strings.iter() {
            named.ends(text, &mut reached);
        }
        for target in reached {
            if idle[target] {
                idle[target] = false;
                loaded.push(target);
            }
        }
    }
    idle
}

/// Files by their own name, without the folders.
struct Named<'a> {
    files: FxHashMap<&'a str, Vec<usize>>,
    lengths: BTreeSet<usize>,
}

impl<'a> Named<'a> {
    fn new(units: &'a [Unit], wanted: &[bool]) -> Self {
        let mut named = Self { files: FxHashMap::default(), lengths: BTreeSet::new() };
        for (at, unit) in units.iter().enumerate().filter(|&(at, _)| wanted[at]) {
            let file = unit.path.rsplit('/').next().unwrap_or(&unit.path);
            named.files.entry(file).or_default().push(at);
            named.lengths.insert(file.len());
        }
        named
    }

    /// Adds the files with whose name a text ends.
    fn ends(&self, text: &str, found: &mut Vec<usize>) {
        for &length in self.lengths.iter().take_while(|&&length| length <= text.len()) {
            let end = text.get(text.len() - length..);
            found.extend(end.and_then(|end| self.files.get(end)).into_iter().flatten());
        }
    }
}

/// Whether a path is where tests and examples stand.
fn is_aside(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let aside = |part: &str| {
        matches!(
            part,
            "test"
                | "tests"
                | "__tests__"
                | "spec"
                | "examples"
                | "example"
                | "benchmarks"
                | "__mocks__"
                | "fixtures"
        )
    };
    file.contains(".test.")
        || file.contains(".spec.")
        || (file.starts_with("test_") && file.ends_with("py"))
        || file == "conftest.py"
        || file.ends_with("_test.go")
        || parts.any(aside)
}
