//! Declarations: names first, so that every function sees them, then the values.

use oxc_ast::ast::{
    BindingPattern, Declaration, Expression, Function, Statement, TSEnumDeclaration, TSEnumMemberName,
    TSImportEqualsDeclaration, TSModuleReference, TSNamespaceDeclaration, TSNamespaceDeclarationBody,
    TSTypeName, VariableDeclaration, VariableDeclarationKind,
};

use super::lowering::Lowering;
use super::patterns::Binding;
use crate::code::builder::Declared;
use crate::code::graph::{Atom, FunctionKind, NodeId, Property, Value};

/// Longest initialiser that is searched for a bundler's `require`, in bytes.
const MAX_REQUIRE: u32 = 1_500;

impl<'a> Lowering<'a> {
    // ---- names -------------------------------------------------------------------------------

    /// Declares every `var` below these statements in the current function.
    pub(super) fn hoist_variables(&mut self, statements: &'a [Statement<'a>]) {
        for statement in statements {
            self.hoist_variable(statement);
        }
    }

    fn hoist_variable(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::VariableDeclaration(declaration) => self.declare_var(declaration),
            Statement::ExpressionStatement(_) | Statement::ReturnStatement(_) => {}
            nested => {
                if self.descend(nested) {
                    self.hoist_nested(nested);
                    self.ascend();
                }
            }
        }
    }

    fn hoist_nested(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::BlockStatement(block) => self.hoist_variables(&block.body),
            Statement::IfStatement(test) => {
                self.hoist_variable(&test.consequent);
                let mut rest = test.alternate.as_ref();
                while let Some(alternate) = rest {
                    let Statement::IfStatement(next) = alternate else {
                        self.hoist_variable(alternate);
                        break;
                    };
                    self.hoist_variable(&next.consequent);
                    rest = next.alternate.as_ref();
                }
            }
            Statement::ForStatement(each) => {
                if let Some(oxc_ast::ast::ForStatementInit::VariableDeclaration(declaration)) = &each.init {
                    self.declare_var(declaration);
                }
                self.hoist_variable(&each.body);
            }
            Statement::ForInStatement(each) => self.hoist_each(&each.left, &each.body),
            Statement::ForOfStatement(each) => self.hoist_each(&each.left, &each.body),
            Statement::WhileStatement(each) => self.hoist_variable(&each.body),
            Statement::DoWhileStatement(each) => self.hoist_variable(&each.body),
            Statement::LabeledStatement(labeled) => self.hoist_variable(&labeled.body),
            Statement::WithStatement(with) => self.hoist_variable(&with.body),
            Statement::SwitchStatement(switch) => {
                for case in &switch.cases {
                    self.hoist_variables(&case.consequent);
                }
            }
            Statement::TryStatement(attempt) => {
                self.hoist_variables(&attempt.block.body);
                if let Some(handler) = &attempt.handler {
                    self.hoist_variables(&handler.body.body);
                }
                if let Some(last) = &attempt.finalizer {
                    self.hoist_variables(&last.body);
                }
            }
            Statement::ExportDeclaration(export) => {
                if let Declaration::VariableDeclaration(declaration) = &export.declaration {
                    self.declare_var(declaration);
                }
            }
            _ => {}
        }
    }

    fn hoist_each(&mut self, left: &'a oxc_ast::ast::ForStatementLeft<'a>, body: &'a Statement<'a>) {
        if let oxc_ast::ast::ForStatementLeft::VariableDeclaration(declaration) = left {
            self.declare_var(declaration);
        }
        self.hoist_variable(body);
    }

    fn declare_var(&mut self, declaration: &'a VariableDeclaration<'a>) {
        if declaration.kind == VariableDeclarationKind::Var && !declaration.declare {
            self.declare_names(declaration, Declared::InFunction);
        }
    }

    pub(super) fn declare_names(&mut self, declaration: &'a VariableDeclaration<'a>, declared: Declared) {
        for declarator in &declaration.declarations {
            self.declare_pattern(&declarator.id, declared);
        }
    }

    fn declare_pattern(&mut self, pattern: &'a BindingPattern<'a>, declared: Declared) {
        if let BindingPattern::BindingIdentifier(name) = pattern {
            let name = self.builder.atom(name.name.as_str());
            self.builder.declare(name, declared);
            return;
        }
        for identifier in pattern.get_binding_identifiers() {
            let name = self.builder.atom(identifier.name.as_str());
            self.builder.declare(name, declared);
        }
    }

    /// Declares the names of a block, with the values of functions and imports.
    pub(super) fn hoist(&mut self, statements: &'a [Statement<'a>]) {
        for statement in statements {
            match statement {
                Statement::ExpressionStatement(_) => {}
                Statement::ImportDeclaration(import) => self.import(import),
                Statement::ExportDeclaration(export) => self.hoist_declaration(&export.declaration),
                Statement::ExportDefaultDeclaration(export) => self.hoist_default(&export.declaration),
                other => {
                    if let Some(declaration) = other.as_declaration() {
                        self.hoist_declaration(declaration);
                    }
                }
            }
        }
    }

    /// Whether a block declares names of its own.
    pub(super) fn has_names(statements: &[Statement<'a>]) -> bool {
        statements.iter().any(|statement| match statement {
            Statement::VariableDeclaration(declaration) => declaration.kind != VariableDeclarationKind::Var,
            other => other.as_declaration().is_some(),
        })
    }

    fn hoist_declaration(&mut self, declaration: &'a Declaration<'a>) {
        match declaration {
            Declaration::VariableDeclaration(declaration)
                if declaration.kind != VariableDeclarationKind::Var && !declaration.declare =>
            {
                self.declare_names(declaration, Declared::Here);
            }
            Declaration::FunctionDeclaration(function) => self.hoist_function(function),
            Declaration::ClassDeclaration(class) => {
                if let Some(name) = class.id.as_ref().filter(|_| !class.declare) {
                    self.declare_here(name.name.as_str());
                }
            }
            Declaration::TSEnumDeclaration(table) if !table.declare => {
                self.declare_here(table.id.name.as_str());
            }
            Declaration::TSNamespaceDeclaration(namespace) if !namespace.declare => {
                self.declare_here(namespace.id.name.as_str());
            }
            Declaration::TSImportEqualsDeclaration(import) => {
                self.declare_here(import.id.name.as_str());
            }
            _ => {}
        }
    }

    pub(super) fn hoist_function(&mut self, function: &'a Function<'a>) {
        let (Some(name), Some(_)) = (&function.id, &function.body) else { return };
        let (_, variable) = self.declare_here(name.name.as_str());
        let id = self.function(function, None, FunctionKind::Plain, None, None);
        let node = self.builder.function_node(id);
        self.builder.assign_variable(variable, node);
    }

    // ---- values ------------------------------------------------------------------------------

    pub(super) fn declaration(&mut self, declaration: &'a Declaration<'a>) {
        match declaration {
            Declaration::VariableDeclaration(declaration) => self.variables(declaration),
            Declaration::ClassDeclaration(class) => self.class_declaration(class),
            Declaration::TSEnumDeclaration(table) if !table.declare => self.enumeration(table),
            Declaration::TSNamespaceDeclaration(namespace) if !namespace.declare => {
                self.namespace(namespace);
            }
            Declaration::TSImportEqualsDeclaration(import) => self.import_equals(import),
            _ => {}
        }
    }

    pub(super) fn variables(&mut self, declaration: &'a VariableDeclaration<'a>) {
        if declaration.declare {
            return;
        }
        let binding = binding(declaration.kind);
        for declarator in &declaration.declarations {
            let Some(init) = &declarator.init else { continue };
            let value = self.expression(init);
            self.bind(&declarator.id, value, binding);
            if let BindingPattern::BindingIdentifier(name) = &declarator.id
                && (self.makes_require(value) || self.wraps_require(init))
            {
                let name = self.builder.atom(name.name.as_str());
                if let Some(variable) = self.local(name) {
                    self.requires.insert(variable);
                }
            }
        }
    }

    /// Whether an initialiser is the function that bundlers put in the place of `require`.
    fn wraps_require(&self, init: &Expression<'a>) -> bool {
        let Expression::CallExpression(call) = init else { return false };
        let callee = call.callee.get_inner_expression();
        if !matches!(callee, Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)) {
            return false;
        }
        call.span.size() <= MAX_REQUIRE
            && self
                .source
                .get(call.span.start as usize..call.span.end as usize)
                .is_some_and(|text| text.contains("Dynamic require of"))
    }

    /// The names that a declaration gives to its scope.
    pub(super) fn declared_names(&mut self, declaration: &'a Declaration<'a>, at: u32) {
        let mut names: Vec<&'a str> = Vec::new();
        match declaration {
            Declaration::VariableDeclaration(declaration) if !declaration.declare => {
                for declarator in &declaration.declarations {
                    let found = declarator.id.get_binding_identifiers();
                    names.extend(found.iter().map(|name| name.name.as_str()));
                }
            }
            Declaration::FunctionDeclaration(function) if function.body.is_some() => {
                names.extend(function.id.as_ref().map(|name| name.name.as_str()));
            }
            Declaration::ClassDeclaration(class) if !class.declare => {
                names.extend(class.id.as_ref().map(|name| name.name.as_str()));
            }
            Declaration::TSEnumDeclaration(table) if !table.declare => names.push(table.id.name.as_str()),
            Declaration::TSNamespaceDeclaration(namespace) if !namespace.declare => {
                names.push(namespace.id.name.as_str());
            }
            Declaration::TSImportEqualsDeclaration(import) => names.push(import.id.name.as_str()),
            _ => {}
        }
        for name in names {
            let name = self.builder.atom(name);
            self.export_later(name, name, at);
        }
    }

    fn enumeration(&mut self, table: &'a TSEnumDeclaration<'a>) {
        let start = self.properties.len();
        for (position, member) in table.body.members.iter().enumerate() {
            let at = member.span.start;
            let key = match &member.id {
                TSEnumMemberName::Identifier(name) => name.name.as_str(),
                TSEnumMemberName::String(text) | TSEnumMemberName::ComputedString(text) => {
                    text.value.as_str()
                }
                TSEnumMemberName::ComputedTemplateString(template) => {
                    template.quasis.first().map_or("", |quasi| quasi.value.raw.as_str())
                }
            };
            let key = self.builder.atom(key);
            let value = if let Some(value) = &member.initializer {
                self.expression(value)
            } else {
                let position = self.builder.atom(&position.to_string());
                self.builder.node(Value::Number(position), at)
            };
            self.properties.push(Property { key, value });
        }
        let object = self.drain_object(start, table.span.start);
        let name = self.builder.atom(table.id.name.as_str());
        self.assign_local(name, object);
    }

    /// A namespace is an object of what it exports.
    fn namespace(&mut self, namespace: &'a TSNamespaceDeclaration<'a>) {
        let outer = std::mem::take(&mut self.exported);
        self.builder.open_scope();
        match &namespace.body {
            TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                self.hoist(&block.body);
                self.statements(&block.body);
            }
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                let (name, _) = self.declare_here(inner.id.name.as_str());
                if self.descend(&inner.span) {
                    self.namespace(inner);
                    self.ascend();
                }
                self.export_later(name, name, inner.span.start);
            }
        }
        let start = self.properties.len();
        for exported in std::mem::replace(&mut self.exported, outer) {
            let value = self.builder.read(exported.local, exported.at);
            self.properties.push(Property { key: exported.name, value });
        }
        self.builder.close_scope();
        let object = self.drain_object(start, namespace.span.start);
        let name = self.builder.atom(namespace.id.name.as_str());
        self.assign_local(name, object);
    }

    /// `import x = require("y")`, `import x = a.b.c`.
    fn import_equals(&mut self, import: &'a TSImportEqualsDeclaration<'a>) {
        let at = import.span.start;
        let value = match &import.module_reference {
            TSModuleReference::ExternalModuleReference(module) => {
                self.builder.import(module.expression.value.as_str(), "*", at)
            }
            TSModuleReference::IdentifierReference(name) => self.identifier(name),
            TSModuleReference::QualifiedName(name) => {
                let left = self.qualified(&name.left);
                let right = self.builder.atom(name.right.name.as_str());
                self.builder.member(left, right, at)
            }
        };
        let name: Atom = self.builder.atom(import.id.name.as_str());
        self.assign_local(name, value);
    }

    fn qualified(&mut self, outermost: &'a TSTypeName<'a>) -> NodeId {
        let mut rights = Vec::new();
        let mut at = outermost;
        loop {
            match at {
                TSTypeName::QualifiedName(name) => {
                    rights.push(&name.right);
                    at = &name.left;
                }
                TSTypeName::IdentifierReference(name) => {
                    let mut node = self.identifier(name);
                    for right in rights.into_iter().rev() {
                        let name = self.builder.atom(right.name.as_str());
                        node = self.builder.member(node, name, right.span.start);
                    }
                    return node;
                }
                TSTypeName::ThisExpression(_) => return self.builder.unknown(),
            }
        }
    }
}

/// How a declaration keyword declares.
pub(super) fn binding(kind: VariableDeclarationKind) -> Binding {
    match kind {
        VariableDeclarationKind::Var => Binding { declared: Declared::InFunction, mutable: true },
        VariableDeclarationKind::Let => Binding { declared: Declared::Here, mutable: true },
        VariableDeclarationKind::Const
        | VariableDeclarationKind::Using
        | VariableDeclarationKind::AwaitUsing => Binding::HERE,
    }
}
