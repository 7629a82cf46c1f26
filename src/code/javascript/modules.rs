//! Module syntax: imports as hoisted names, exports by name.

use oxc_ast::ast::{
    ExportAllDeclaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportFromDeclaration,
    ExportNamedDeclaration, ImportDeclaration, ImportDeclarationSpecifier, ImportOrExportKind,
};

use super::lowering::{Exported, Lowering};
use crate::code::builder::Declared;
use crate::code::graph::{Atom, FunctionKind, NodeId, Strings, Value};

impl<'a> Lowering<'a> {
    pub(super) fn import(&mut self, import: &'a ImportDeclaration<'a>) {
        let module = import.source.value.as_str();
        let erased = import.import_kind == ImportOrExportKind::Type;
        let Some(specifiers) = &import.specifiers else {
            self.builder.import(module, "*", import.span.start);
            return;
        };
        for specifier in specifiers {
            let (name, type_only) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    (specifier.imported.name(), specifier.import_kind == ImportOrExportKind::Type)
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => ("default".into(), false),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => ("*".into(), false),
            };
            let local = specifier.local();
            let node = self.imported(module, name.as_str(), local.span.start, erased || type_only);
            let local = self.builder.atom(local.name.as_str());
            let variable = self.builder.declare(local, Declared::Here);
            self.builder.assign_variable(variable, node);
        }
        if specifiers.is_empty() && !erased {
            self.builder.import(module, "*", import.span.start);
        }
    }

    /// The node of an imported name; one that exists for types alone does not count as an import.
    fn imported(&mut self, module: &str, name: &str, at: u32, erased: bool) -> NodeId {
        if !erased {
            return self.builder.import(module, name, at);
        }
        let module = self.builder.atom(module);
        let name = self.builder.atom(name);
        self.builder.node(Value::Import { module, name }, at)
    }

    pub(super) fn export_all(&mut self, export: &'a ExportAllDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return;
        }
        let module = self.builder.import(export.source.value.as_str(), "*", export.span.start);
        let name = match &export.exported {
            Some(name) => self.builder.atom(name.name().as_str()),
            None => Strings::ALL,
        };
        self.builder.export(name, module);
    }

    pub(super) fn export_from(&mut self, export: &'a ExportFromDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return;
        }
        for specifier in &export.specifiers {
            if specifier.export_kind == ImportOrExportKind::Type {
                continue;
            }
            let module = export.source.value.as_str();
            let value = self.builder.import(module, specifier.local.name().as_str(), specifier.span.start);
            let name = self.builder.atom(specifier.exported.name().as_str());
            self.builder.export(name, value);
        }
        if export.specifiers.is_empty() {
            self.builder.import(export.source.value.as_str(), "*", export.span.start);
        }
    }

    pub(super) fn export_named(&mut self, export: &'a ExportNamedDeclaration<'a>) {
        if export.export_kind == ImportOrExportKind::Type {
            return;
        }
        for specifier in &export.specifiers {
            if specifier.export_kind != ImportOrExportKind::Type {
                let name = self.builder.atom(specifier.exported.name().as_str());
                let local = self.builder.atom(specifier.local.name().as_str());
                self.export_later(name, local, specifier.span.start);
            }
        }
    }

    pub(super) fn export_later(&mut self, name: Atom, local: Atom, at: u32) {
        self.exported.push(Exported { name, local, at });
    }

    /// Reads what was exported by name, now that the top level is complete.
    pub(super) fn export_locals(&mut self) {
        for exported in std::mem::take(&mut self.exported) {
            if self.local(exported.local).is_some() {
                let value = self.builder.read(exported.local, exported.at);
                self.builder.export(exported.name, value);
            }
        }
    }

    pub(super) fn hoist_default(&mut self, declaration: &'a ExportDefaultDeclarationKind<'a>) {
        match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => self.hoist_function(function),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                if let Some(name) = &class.id {
                    self.declare_here(name.name.as_str());
                }
            }
            _ => {}
        }
    }

    pub(super) fn export_default(&mut self, export: &'a ExportDefaultDeclaration<'a>) {
        let value = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                match (&function.id, &function.body) {
                    (_, None) => return,
                    (Some(name), _) => {
                        let at = name.span.start;
                        let name = self.builder.atom(name.name.as_str());
                        self.builder.read(name, at)
                    }
                    (None, _) => {
                        let name = Some(Strings::DEFAULT);
                        let id = self.function(function, name, FunctionKind::Plain, None, None);
                        self.builder.function_node(id)
                    }
                }
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => self.class_value(class),
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => return,
            other => {
                if !self.descend(other) {
                    return;
                }
                let value = self.optional(other.as_expression());
                self.ascend();
                self.builder.name_value(value, Strings::DEFAULT);
                value
            }
        };
        self.builder.export(Strings::DEFAULT, value);
    }
}
