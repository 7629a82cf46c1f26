//! Import statements and calls that import by literal name.

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::{Lowerer, start};
use crate::code::graph::{NodeId, Strings, Value};

impl Lowerer<'_> {
    pub(super) fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let at = start(alias);
            let module = alias.name.as_str();
            if let Some(name) = &alias.asname {
                let node = self.builder.import(module, "*", at);
                self.bind(name.as_str(), node);
            } else if let Some((first, _)) = module.split_once('.') {
                self.builder.import(module, "*", at);
                let node = self.builder.import(first, "*", at);
                self.bind(first, node);
            } else {
                let node = self.builder.import(module, "*", at);
                self.bind(module, node);
            }
        }
    }

    pub(super) fn import_from(&mut self, import: &StmtImportFrom) {
        let dots = usize::try_from(import.level).unwrap_or(0);
        let module =
            format!("{}{}", ".".repeat(dots), import.module.as_ref().map_or("", |name| name.as_str()));
        for alias in &import.names {
            let node = self.builder.import(&module, alias.name.as_str(), start(alias));
            if alias.name.as_str() == "*" {
                self.builder.export(Strings::ALL, node);
                continue;
            }
            self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), node);
        }
    }

    /// The module that `__import__("x")` or `importlib.import_module("x")` gives.
    pub(super) fn imported(&mut self, callee: NodeId, argument: Option<NodeId>, at: u32) -> Option<NodeId> {
        let known = &self.known;
        let dunder = match self.origin(callee) {
            Value::Global(name) if name == known.dunder_import => true,
            Value::Import { module, name } if module == known.importlib && name == known.import_module => {
                false
            }
            Value::Member { object, name } if name == known.import_module => match self.origin(object) {
                Value::Import { module, name: Strings::ALL } if module == known.importlib => false,
                _ => return None,
            },
            _ => return None,
        };
        let Value::Text(module) = self.builder.unit().value(argument?) else { return None };
        let module = self.builder.unit().text(module).to_owned();
        let whole = self.builder.import(&module, "*", at);
        match module.split_once('.') {
            Some((first, _)) if dunder && !first.is_empty() => Some(self.builder.import(first, "*", at)),
            _ => Some(whole),
        }
    }

    /// Whether a call never returns: `sys.exit()`, `exit()`, `quit()`, `os._exit()`.
    pub(super) fn is_exit(&self, callee: NodeId) -> bool {
        let known = &self.known;
        match self.origin(callee) {
            Value::Global(name) => name == known.exit || name == known.quit,
            Value::Import { module, name } => {
                (module == known.sys && name == known.exit) || (module == known.os && name == known.hard_exit)
            }
            Value::Member { object, name } if name == known.exit || name == known.hard_exit => {
                let module = if name == known.exit { known.sys } else { known.os };
                self.origin(object) == Value::Import { module, name: Strings::ALL }
            }
            _ => false,
        }
    }
}
