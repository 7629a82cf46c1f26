//! What files give to each other.

use super::{Found, Look, MAX_VALUES, Place};
use crate::{
    artifact::Language,
    code::graph::{FunctionId, Strings, Value},
};

impl Look<'_> {
    /// The module or names that an import gives; a module is the top-level function of its file.
    pub(super) fn import(&self, from: usize, module: &str, name: &str) -> Vec<Found> {
        let file = &self.code.units[from];
        let unit = self.code.modules.resolve(file, module).map(|unit| unit as usize);
        if name == "*" {
            return unit.map(|unit| self.module(unit)).into_iter().collect();
        }
        let found = unit.map(|unit| self.exported(unit, name, 0)).unwrap_or_default();
        if !found.is_empty() {
            return found;
        }
        if file.language != Language::Python {
            // Compilers give a module without a default export itself as its default.
            let whole = unit.filter(|_| name == "default");
            return whole.map(|unit| self.module(unit)).into_iter().collect();
        }
        let submodule = self.code.modules.submodule(file, module, name);
        submodule.map(|unit| self.module(unit as usize)).into_iter().collect()
    }

    /// What a file exports under a name, by star imports too.
    pub(super) fn exported(&self, unit: usize, name: &str, depth: u32) -> Vec<Found> {
        let file = &self.code.units[unit];
        if !self.spend(depth) {
            return Vec::new();
        }
        let script = file.language != Language::Python;
        if let Some(atom) = file.strings.find(name) {
            let named = file.exports.iter().rev().filter(|export| export.name == atom);
            let most = if script { MAX_VALUES } else { 1 };
            let found: Vec<Found> =
                named.take(most).map(|export| Found::Node(Place::new(unit, export.value))).collect();
            if !found.is_empty() {
                return found;
            }
        }
        if depth > 8 || (name.starts_with('_') && !script) {
            return Vec::new();
        }
        for star in file.exports.iter().filter(|export| export.name == Strings::ALL) {
            let Value::Import { module, .. } = file.value(star.value) else { continue };
            let Some(next) = self.code.modules.resolve(file, file.text(module)) else { continue };
            if next as usize != unit {
                let found = self.exported(next as usize, name, depth + 1);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        if script && name != "default" { self.of_default(unit, name, depth) } else { Vec::new() }
    }

    /// A member of the value that is a whole module.
    fn of_default(&self, unit: usize, name: &str, depth: u32) -> Vec<Found> {
        let file = &self.code.units[unit];
        let whole = file.exports.iter().find(|export| export.name == Strings::DEFAULT);
        whole.map(|whole| self.member(&Place::new(unit, whole.value), name, depth + 1)).unwrap_or_default()
    }

    pub(super) fn module(&self, unit: usize) -> Found {
        Found::Node(Place::new(unit, self.code.units[unit].function(FunctionId(0)).node))
    }
}
