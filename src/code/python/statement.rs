//! Statements, in execution order.

use ruff_python_ast::{Expr, Stmt, StmtDelete, StmtRaise, StmtReturn};

use super::{Lowerer, start};
use crate::code::graph::ExitKind;

impl<'a> Lowerer<'a> {
    pub(super) fn statement(&mut self, statement: &'a Stmt) {
        if !self.descend(start(statement)) {
            return;
        }
        self.any_statement(statement);
        self.ascend();
    }

    fn any_statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Expr(expression) => {
                self.expression(&expression.value);
            }
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AnnAssign(assign) => self.assign_annotated(assign),
            Stmt::AugAssign(assign) => self.assign_augmented(assign),
            Stmt::If(inner) => self.if_statement(inner),
            Stmt::For(inner) => self.for_loop(inner),
            Stmt::While(inner) => self.while_loop(inner),
            Stmt::With(inner) => self.with_block(inner),
            Stmt::Try(inner) => self.try_statement(inner),
            Stmt::Match(inner) => self.match_statement(inner),
            Stmt::FunctionDef(def) => self.function_definition(def),
            Stmt::ClassDef(def) => self.class_definition(def),
            Stmt::Return(inner) => self.return_statement(inner),
            Stmt::Raise(inner) => self.raise_statement(inner),
            Stmt::Break(_) | Stmt::Continue(_) => self.builder.stop(),
            Stmt::Assert(inner) => {
                let test = self.expression(&inner.test);
                if let Some(message) = &inner.msg {
                    self.expression(message);
                }
                self.builder.enter(test, true);
            }
            Stmt::Import(inner) => self.import(inner),
            Stmt::ImportFrom(inner) => self.import_from(inner),
            Stmt::Delete(inner) => self.delete(inner),
            Stmt::TypeAlias(inner) => {
                let value = self.expression(&inner.value);
                self.store(&inner.name, value);
            }
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn return_statement(&mut self, inner: &'a StmtReturn) {
        let value = match &inner.value {
            Some(value) => self.expression(value),
            None => self.builder.null(),
        };
        self.builder.exit(ExitKind::Return, value, start(inner));
    }

    fn raise_statement(&mut self, inner: &'a StmtRaise) {
        let value = match &inner.exc {
            Some(value) => self.expression(value),
            None => self.builder.unknown(),
        };
        if let Some(cause) = &inner.cause {
            self.expression(cause);
        }
        self.builder.exit(ExitKind::Throw, value, start(inner));
    }

    /// Names go on meaning what they meant; what a target calls is called.
    fn delete(&mut self, inner: &'a StmtDelete) {
        for target in &inner.targets {
            if !matches!(target, Expr::Name(_)) {
                self.expression(target);
            }
        }
    }
}
