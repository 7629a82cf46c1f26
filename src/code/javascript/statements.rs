//! Statements: blocks, tests, ways out, `try`; the state after each is what can hold there.

use oxc_ast::ast::{
    BlockStatement, BreakStatement, CatchClause, ContinueStatement, IfStatement, LabeledStatement,
    ReturnStatement, Statement, TryStatement,
};

use super::lowering::{Jump, JumpTarget, Lowering};
use super::patterns::Binding;
use crate::code::builder::{Branch, Mark};
use crate::code::graph::{ExitKind, NodeId};

/// Tests of an `else if` chain whose branches start from the same state.
struct Group {
    mark: Mark,
    branches: Vec<Branch>,
}

impl<'a> Lowering<'a> {
    /// The statements of a function body or of the file, whose scope is open.
    pub(super) fn body(&mut self, statements: &'a [Statement<'a>]) {
        self.hoist_variables(statements);
        self.hoist(statements);
        self.statements(statements);
    }

    pub(super) fn statements(&mut self, statements: &'a [Statement<'a>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// Statements with a scope of their own, where they need one.
    pub(super) fn block(&mut self, statements: &'a [Statement<'a>]) {
        if !Self::has_names(statements) {
            self.statements(statements);
            return;
        }
        self.builder.open_scope();
        self.hoist(statements);
        self.statements(statements);
        self.builder.close_scope();
    }

    pub(super) fn statement(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::ExpressionStatement(statement) => {
                self.expression(&statement.expression);
            }
            Statement::VariableDeclaration(declaration) => self.variables(declaration),
            Statement::FunctionDeclaration(_) | Statement::EmptyStatement(_) => {}
            nested => {
                if self.descend(nested) {
                    self.nested_statement(nested);
                    self.ascend();
                }
            }
        }
    }

    fn nested_statement(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::ReturnStatement(exit) => self.return_statement(exit),
            Statement::IfStatement(test) => self.if_statement(test),
            Statement::BlockStatement(block) => self.block(&block.body),
            Statement::ThrowStatement(exit) => {
                let value = self.expression(&exit.argument);
                self.builder.exit(ExitKind::Throw, value, exit.span.start);
            }
            Statement::BreakStatement(jump) => self.break_statement(jump),
            Statement::ContinueStatement(jump) => self.continue_statement(jump),
            Statement::TryStatement(attempt) => self.try_statement(attempt),
            Statement::SwitchStatement(switch) => self.switch(switch),
            Statement::ForStatement(each) => self.for_statement(each),
            Statement::ForOfStatement(each) => {
                self.for_each(&each.left, &each.right, &each.body, each.span.start);
            }
            Statement::ForInStatement(each) => {
                self.for_each(&each.left, &each.right, &each.body, each.span.start);
            }
            Statement::WhileStatement(each) => self.while_statement(each),
            Statement::DoWhileStatement(each) => self.do_while(each),
            Statement::LabeledStatement(labeled) => self.labeled(labeled),
            Statement::WithStatement(with) => {
                self.expression(&with.object);
                self.statement(&with.body);
            }
            Statement::ImportDeclaration(_) => {}
            Statement::ExportDeclaration(export) => {
                self.declaration(&export.declaration);
                self.declared_names(&export.declaration, export.span.start);
            }
            Statement::ExportNamedDeclaration(export) => self.export_named(export),
            Statement::ExportFromDeclaration(export) => self.export_from(export),
            Statement::ExportAllDeclaration(export) => self.export_all(export),
            Statement::ExportDefaultDeclaration(export) => self.export_default(export),
            Statement::TSExportAssignment(export) => {
                let value = self.expression(&export.expression);
                self.export_module(value);
            }
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration);
                }
            }
        }
    }

    fn return_statement(&mut self, exit: &'a ReturnStatement<'a>) {
        let value = self.optional(exit.argument.as_ref());
        self.builder.exit(ExitKind::Return, value, exit.span.start);
    }

    // ---- tests -------------------------------------------------------------------------------

    fn if_statement(&mut self, statement: &'a IfStatement<'a>) {
        if let Some(Statement::IfStatement(_)) = &statement.alternate {
            self.else_if(statement);
            return;
        }
        let test = self.expression(&statement.test);
        let mark = self.builder.mark();
        self.builder.enter(test, true);
        self.statement(&statement.consequent);
        let taken = self.take(mark);
        let other = match &statement.alternate {
            Some(alternate) => {
                self.builder.enter(test, false);
                self.statement(alternate);
                self.take(mark)
            }
            None => self.builder.skip(),
        };
        self.after_either(test, &[taken, other], statement.span.start);
    }

    /// `if` with its whole `else if` chain, in one loop.
    fn else_if(&mut self, first: &'a IfStatement<'a>) {
        let at = first.span.start;
        let test = self.expression(&first.test);
        let mut groups = vec![Group { mark: self.builder.mark(), branches: Vec::new() }];
        let mut ends: Vec<(NodeId, bool)> = Vec::new();
        let (mut current, mut test) = (first, test);
        let last_is_dead = loop {
            let dead = self.consequent(test, &current.consequent, &mut groups);
            ends.push((test, dead));
            self.builder.enter(test, false);
            match &current.alternate {
                Some(Statement::IfStatement(next)) => {
                    test = self.expression(&next.test);
                    if groups.last().is_some_and(|group| self.builder.assigned_since(group.mark) > 0) {
                        groups.push(Group { mark: self.builder.mark(), branches: Vec::new() });
                    }
                    current = next;
                }
                Some(last) => {
                    self.statement(last);
                    break self.builder.is_dead();
                }
                None => break self.builder.is_dead(),
            }
        };
        while let Some(mut group) = groups.pop() {
            let end = self.take(group.mark);
            group.branches.push(end);
            self.merge(&group.branches, at);
        }
        self.after_tests(&ends, last_is_dead);
    }

    fn consequent(&mut self, test: NodeId, body: &'a Statement<'a>, groups: &mut [Group]) -> bool {
        let mark = self.builder.mark();
        self.builder.enter(test, true);
        self.statement(body);
        let branch = self.take(mark);
        let dead = branch.is_dead();
        if let Some(group) = groups.last_mut() {
            group.branches.push(branch);
        }
        dead
    }

    /// What is known after a chain of tests: those that lead out failed; where everything after one
    /// leads out, it held.
    fn after_tests(&mut self, ends: &[(NodeId, bool)], last_is_dead: bool) {
        if self.builder.is_dead() {
            return;
        }
        let leading = ends.iter().take_while(|&&(_, dead)| dead).count();
        for &(test, _) in &ends[..leading] {
            self.builder.enter(test, false);
        }
        if let Some((&(test, _), rest)) = ends[leading..].split_first()
            && last_is_dead
            && rest.iter().all(|&(_, dead)| dead)
        {
            self.builder.enter(test, true);
        }
    }

    // ---- jumps -------------------------------------------------------------------------------

    fn labeled(&mut self, labeled: &'a LabeledStatement<'a>) {
        let label = labeled.label.name.as_str();
        match &labeled.body {
            Statement::ForStatement(_)
            | Statement::ForInStatement(_)
            | Statement::ForOfStatement(_)
            | Statement::WhileStatement(_)
            | Statement::DoWhileStatement(_)
            | Statement::SwitchStatement(_) => {
                self.label = Some(label);
                self.statement(&labeled.body);
                self.label = None;
            }
            body => {
                let mark = self.builder.mark();
                let target = JumpTarget::Block;
                self.jumps.push(Jump { target, label: Some(label), mark, branches: Vec::new() });
                self.statement(body);
                let end = self.take(mark);
                self.leave(labeled.span.start, vec![end]);
            }
        }
    }

    /// Ends a statement that can be left: joins its ends with the states in which it was left.
    pub(super) fn leave(&mut self, at: u32, ends: Vec<Branch>) {
        let mut branches = self.jumps.pop().map(|jump| jump.branches).unwrap_or_default();
        branches.extend(ends);
        self.merge(&branches, at);
    }

    fn break_statement(&mut self, jump: &'a BreakStatement<'a>) {
        let label = jump.label.as_ref().map(|label| label.name.as_str());
        self.jump(|target| match label {
            Some(label) => target.label == Some(label),
            None => target.target != JumpTarget::Block,
        });
    }

    fn continue_statement(&mut self, jump: &'a ContinueStatement<'a>) {
        let label = jump.label.as_ref().map(|label| label.name.as_str());
        self.jump(|target| match label {
            Some(label) => target.label == Some(label),
            None => target.target == JumpTarget::Loop,
        });
    }

    fn jump(&mut self, is_target: impl Fn(&Jump<'a>) -> bool) {
        if !self.builder.is_dead()
            && let Some(at) = self.jumps.iter().rposition(is_target)
        {
            let branch = self.snapshot(self.jumps[at].mark);
            self.jumps[at].branches.push(branch);
        }
        self.builder.stop();
    }

    // ---- exceptions --------------------------------------------------------------------------

    fn try_statement(&mut self, attempt: &'a TryStatement<'a>) {
        let at = attempt.span.start;
        let mark = self.builder.mark();
        self.block(&attempt.block.body);
        let interrupted = self.snapshot(mark);
        let end = self.take(mark);
        match &attempt.handler {
            Some(handler) => {
                let caught = self.catch(handler, interrupted, at);
                self.merge(&[end, caught], at);
            }
            None => self.merge(&[end], at),
        }
        if let Some(last) = &attempt.finalizer {
            self.finally(last);
        }
    }

    /// The handler starts from the state before the block or any later one.
    fn catch(&mut self, handler: &'a CatchClause<'a>, interrupted: Branch, at: u32) -> Branch {
        let mark = self.builder.mark();
        let before = self.builder.skip();
        self.merge(&[interrupted, before], at);
        self.builder.open_scope();
        if let Some(parameter) = &handler.param {
            let value = self.builder.unknown();
            self.bind(&parameter.pattern, value, Binding::HERE);
        }
        self.block(&handler.body.body);
        self.builder.close_scope();
        self.take(mark)
    }

    fn finally(&mut self, last: &'a BlockStatement<'a>) {
        self.block(&last.body);
    }
}
