//! Import statements and calls that import by literal name.

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::{Lowerer, start};
use crate::code::graph::{Atom, NodeId, Strings, Value};

/// Star imports of one file whose names are considered.
const MOST_STARS: usize = 8;

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
                if self.stars.len() < MOST_STARS {
                    let module = self.builder.atom(&module);
                    self.stars.push(module);
                }
                continue;
            }
            let node = self.builtin(node, start(alias)).unwrap_or(node);
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
        let module = self.constant(argument?)?;
        let whole = self.builder.import(&module, "*", at);
        match module.split_once('.') {
            Some((first, _)) if dunder && !first.is_empty() => Some(self.builder.import(first, "*", at)),
            _ => Some(whole),
        }
    }

    /// What a name that nothing declares may be: a name of each module imported with `*`.
    pub(super) fn starred(&mut self, name: Atom, undeclared: NodeId, at: u32) -> NodeId {
        if self.stars.is_empty() {
            return undeclared;
        }
        let mut values: Vec<NodeId> = Vec::with_capacity(self.stars.len() + 1);
        for position in 0..self.stars.len() {
            let module = self.stars[position];
            values.push(self.builder.node(Value::Import { module, name }, at));
        }
        values.push(undeclared);
        self.builder.join(&values, at)
    }

    /// `builtins.exec` is `exec`.
    pub(super) fn builtin(&mut self, node: NodeId, at: u32) -> Option<NodeId> {
        let known = &self.known;
        let name = match self.builder.unit().value(node) {
            Value::Import { module, name } if module == known.builtins && name != Strings::ALL => name,
            Value::Member { object, name } => match self.origin(object) {
                Value::Import { module, name: Strings::ALL } if module == known.builtins => name,
                Value::Global(module) if module == known.dunder_builtins => name,
                _ => return None,
            },
            _ => return None,
        };
        Some(self.builder.node(Value::Global(name), at))
    }

    /// `getattr(object, "name")` is `object.name`.
    pub(super) fn fetched(&mut self, callee: NodeId, arguments: usize, at: u32) -> Option<NodeId> {
        if self.origin(callee) != Value::Global(self.known.getattr) {
            return None;
        }
        let (&object, &name) = (self.nodes.get(arguments)?, self.nodes.get(arguments + 1)?);
        let name = self.constant(name)?;
        let name = self.builder.atom(&name);
        let member = self.builder.member(object, name, at);
        Some(self.builtin(member, at).unwrap_or(member))
    }

    /// A text that is written down, in one piece or in several.
    fn constant(&self, node: NodeId) -> Option<String> {
        let unit = self.builder.unit();
        match self.origin(node) {
            Value::Text(text) => Some(unit.text(text).to_owned()),
            Value::Concat(parts) => {
                let parts = unit.list(parts).iter().map(|&part| match self.origin(part) {
                    Value::Text(text) => Some(unit.text(text)),
                    _ => None,
                });
                parts.collect()
            }
            _ => None,
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
