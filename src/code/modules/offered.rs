//! Names that one file of a package uses without saying in which file they are declared: Go's packages
//! of several files, and languages that import by the names of types.

use rustc_hash::FxHashMap;

use super::{Unit, is_script};
use crate::artifact::Language;

/// Files followed for one name.
const MOST_FILES: usize = 4;

/// Who declares what.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// Language and name to the files that declare it, in path order.
    names: FxHashMap<(Language, String), Vec<u32>>,
    /// Folder of Go files to the files.
    folders: FxHashMap<String, Vec<u32>>,
    /// Folder of each unit; for Rust the module that the file is.
    places: Vec<String>,
    /// Go modules and their folders, the longest name first.
    pub(super) roots: Vec<(String, String)>,
}

impl Offered {
    /// Indexes what files export.
    pub(super) fn new(units: &[Unit]) -> Self {
        let mut offered = Self::default();
        for (index, unit) in units.iter().enumerate() {
            let place = match unit.language {
                Language::Rust => rust_module(&unit.path),
                _ => folder(&unit.path),
            };
            offered.places.push(place.to_owned());
            if is_script(unit.language) || unit.language == Language::Python {
                continue;
            }
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            if unit.language == Language::Go {
                offered.folders.entry(folder(&unit.path).to_owned()).or_default().push(index);
            }
            for export in &unit.exports {
                let files =
                    offered.names.entry((unit.language, unit.text(export.name).to_owned())).or_default();
                if files.last() != Some(&index) {
                    files.push(index);
                }
            }
        }
        offered
    }

    /// The files that may declare what a name means.
    pub(super) fn declaring(&self, from: &Unit, specifier: &str, name: &str) -> Vec<u32> {
        let name = if name == "*" { last(specifier) } else { name };
        // Functions whose names are not those of variables.
        let function = || self.names.get(&(from.language, format!("{name}()")));
        let Some(files) = self.names.get(&(from.language, name.to_owned())).or_else(function) else {
            return Vec::new();
        };
        let place = |file: u32| self.places.get(file as usize).map_or("", String::as_str);
        match from.language {
            Language::Go => {
                let Some(wanted) = self.go_folder(from, specifier) else { return Vec::new() };
                files.iter().copied().filter(|&file| place(file) == wanted).take(MOST_FILES).collect()
            }
            Language::Rust => {
                let first = specifier.split('.').next().unwrap_or_default();
                if matches!(first, "std" | "core" | "alloc") {
                    return Vec::new();
                }
                let module = last(specifier);
                let own = matches!(module, "" | "crate" | "self" | "super");
                let fits = |file: &u32| own || place(*file) == module;
                let found: Vec<u32> = files.iter().copied().filter(fits).take(MOST_FILES).collect();
                // A module of the package that only passes on what the modules below it declare.
                let passed_on = found.is_empty() && matches!(first, "crate" | "self" | "super");
                if passed_on { files.iter().copied().take(MOST_FILES).collect() } else { found }
            }
            Language::Java if specifier.starts_with("java.") || specifier.starts_with("javax.") => Vec::new(),
            _ => files.iter().copied().take(MOST_FILES).collect(),
        }
    }

    /// The files of the Go package that a specifier means, where it is one of these.
    pub(super) fn folder_files(&self, from: &Unit, specifier: &str) -> Vec<u32> {
        if from.language != Language::Go {
            return Vec::new();
        }
        let folder = self.go_folder(from, specifier);
        folder.and_then(|folder| self.folders.get(&folder)).cloned().unwrap_or_default()
    }

    fn go_folder(&self, from: &Unit, specifier: &str) -> Option<String> {
        if specifier == "." {
            return Some(folder(&from.path).to_owned());
        }
        self.roots.iter().find_map(|(name, root)| {
            let rest = specifier.strip_prefix(name.as_str())?;
            let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
            Some(match (root.is_empty(), rest.is_empty()) {
                (true, _) => rest.to_owned(),
                (false, true) => root.clone(),
                (false, false) => format!("{root}/{rest}"),
            })
        })
    }
}

fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// `tools` of `src/tools.rs` and `src/tools/mod.rs`.
fn rust_module(path: &str) -> &str {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    stem.rsplit('/').next().unwrap_or(stem)
}

fn last(specifier: &str) -> &str {
    specifier.rsplit(['.', '/', ':', '\\']).next().unwrap_or(specifier)
}
