//! Loops: a body that may run or not, left from anywhere inside.

use oxc_ast::ast::{
    DoWhileStatement, Expression, ForStatement, ForStatementInit, ForStatementLeft, Statement,
    VariableDeclaration, VariableDeclarationKind, WhileStatement,
};

use super::declarations::binding;
use super::lowering::{Jump, JumpTarget, Lowering};
use crate::code::builder::Declared;
use crate::code::graph::{NodeId, Value};

impl<'a> Lowering<'a> {
    pub(super) fn while_statement(&mut self, each: &'a WhileStatement<'a>) {
        self.in_loop(each.span.start, Runs::Maybe, |lowering| {
            let test = lowering.expression(&each.test);
            lowering.builder.enter(test, true);
            lowering.statement(&each.body);
        });
    }

    pub(super) fn do_while(&mut self, each: &'a DoWhileStatement<'a>) {
        self.in_loop(each.span.start, Runs::Once, |lowering| {
            lowering.statement(&each.body);
            lowering.expression(&each.test);
        });
    }

    pub(super) fn for_statement(&mut self, each: &'a ForStatement<'a>) {
        let names = match &each.init {
            Some(ForStatementInit::VariableDeclaration(declaration)) => {
                let names = self.loop_names(declaration);
                self.variables(declaration);
                names
            }
            Some(other) => {
                self.optional(other.as_expression());
                false
            }
            None => false,
        };
        self.in_loop(each.span.start, Runs::Maybe, |lowering| {
            if let Some(test) = &each.test {
                let test = lowering.expression(test);
                lowering.builder.enter(test, true);
            }
            lowering.statement(&each.body);
            if let Some(update) = &each.update {
                lowering.expression(update);
            }
        });
        if names {
            self.builder.close_scope();
        }
    }

    /// `for (x of xs)`, `for (x in xs)`.
    pub(super) fn for_each(
        &mut self,
        left: &'a ForStatementLeft<'a>,
        right: &'a Expression<'a>,
        body: &'a Statement<'a>,
        at: u32,
    ) {
        let collection = self.expression(right);
        let names = match left {
            ForStatementLeft::VariableDeclaration(declaration) => self.loop_names(declaration),
            _ => false,
        };
        self.in_loop(at, Runs::Maybe, |lowering| {
            let item = lowering.builder.node(Value::Item(collection), at);
            lowering.bind_each(left, item);
            lowering.statement(body);
        });
        if names {
            self.builder.close_scope();
        }
    }

    fn bind_each(&mut self, left: &'a ForStatementLeft<'a>, item: NodeId) {
        if let ForStatementLeft::VariableDeclaration(declaration) = left {
            let binding = binding(declaration.kind);
            for declarator in &declaration.declarations {
                self.bind(&declarator.id, item, binding);
            }
        } else if let Some(target) = left.as_assignment_target() {
            self.assign_target(target, item);
        }
    }

    /// Opens the scope of a loop that declares names, and declares them.
    fn loop_names(&mut self, declaration: &'a VariableDeclaration<'a>) -> bool {
        if declaration.kind == VariableDeclarationKind::Var {
            return false;
        }
        self.builder.open_scope();
        self.declare_names(declaration, Declared::Here);
        true
    }

    fn in_loop(&mut self, at: u32, runs: Runs, lower: impl FnOnce(&mut Self)) {
        let label = self.label.take();
        let mark = self.builder.mark();
        self.jumps.push(Jump { target: JumpTarget::Loop, label, mark, branches: Vec::new() });
        lower(self);
        let mut ends = vec![self.take(mark)];
        if runs == Runs::Maybe {
            ends.push(self.builder.skip());
        }
        self.leave(at, ends);
    }
}

/// How often a loop runs at least.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Runs {
    Maybe,
    Once,
}
