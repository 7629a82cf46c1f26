//! Branches, loops and handlers: what each path changes, and what holds after it.

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile, StmtWith};

use super::{Lowerer, names::Bindings, start};
use crate::code::{
    builder::{Branch, Mark},
    graph::{Atom, NodeId, Value},
};

/// The paths of an `if` or `match`, in order, and the test that leads into each.
pub(super) struct Paths {
    outer: Mark,
    branches: Vec<Branch>,
    tests: Vec<NodeId>,
}

impl<'a> Lowerer<'a> {
    pub(super) fn if_statement(&mut self, inner: &'a StmtIf) {
        let mut paths = self.open_paths();
        self.tested(&mut paths, &inner.test, &inner.body);
        let mut complete = false;
        for clause in &inner.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.tested(&mut paths, test, &clause.body);
                continue;
            }
            complete = true;
            let mark = self.builder.mark();
            self.suite(&clause.body);
            self.end_path(&mut paths, mark);
        }
        self.close_paths(paths, complete, start(inner));
    }

    fn tested(&mut self, paths: &mut Paths, test: &'a Expr, body: &'a [Stmt]) {
        let test = self.expression(test);
        let mark = self.builder.mark();
        self.builder.enter(test, true);
        self.suite(body);
        self.end_path(paths, mark);
        self.next_path(paths, test);
    }

    pub(super) fn open_paths(&mut self) -> Paths {
        Paths { outer: self.builder.mark(), branches: Vec::new(), tests: Vec::new() }
    }

    /// Ends a path that started at the mark.
    pub(super) fn end_path(&mut self, paths: &mut Paths, mark: Mark) {
        paths.branches.push(self.builder.take(mark));
    }

    /// What follows runs where the test failed.
    pub(super) fn next_path(&mut self, paths: &mut Paths, test: NodeId) {
        paths.tests.push(test);
        self.builder.enter(test, false);
    }

    /// Joins the paths; conditions that only one way out satisfies hold afterwards.
    pub(super) fn close_paths(&mut self, mut paths: Paths, complete: bool, at: u32) {
        if !complete {
            paths.branches.push(self.builder.skip());
        }
        let tests = self.builder.take(paths.outer);
        self.builder.merge(&[tests], at);
        let before = self.builder.is_dead();
        self.builder.merge(&paths.branches, at);
        if before || self.builder.is_dead() {
            return;
        }
        let live: Vec<usize> =
            (0..paths.branches.len()).filter(|&path| !paths.branches[path].is_dead()).collect();
        let Some(&first) = live.first() else { return };
        for &test in paths.tests.iter().take(first) {
            self.builder.enter(test, false);
        }
        if let (&[only], Some(&test)) = (live.as_slice(), paths.tests.get(first))
            && paths.branches.len() > only + 1
        {
            self.builder.enter(test, true);
        }
    }

    pub(super) fn for_loop(&mut self, inner: &'a StmtFor) {
        let at = start(inner);
        let iterable = self.expression(&inner.iter);
        let mut bindings = Bindings::of(&inner.body);
        bindings.assign_to(&inner.target);
        let names = self.carried(&bindings);
        let mark = self.builder.mark();
        let watch = self.builder.open_loop(&names, at);
        let item = self.builder.node(Value::Item(iterable), start(&*inner.iter));
        self.store(&inner.target, item);
        self.suite(&inner.body);
        self.builder.close_loop(&watch, mark, bindings.leaves, at);
        self.otherwise(&inner.orelse, bindings.breaks, at);
    }

    pub(super) fn while_loop(&mut self, inner: &'a StmtWhile) {
        let at = start(inner);
        let bindings = Bindings::of(&inner.body);
        let names = self.carried(&bindings);
        let mark = self.builder.mark();
        let watch = self.builder.open_loop(&names, at);
        let test = self.expression(&inner.test);
        let forever = matches!(self.builder.unit().value(test), Value::Bool(true));
        if !forever {
            self.builder.enter(test, true);
        }
        self.suite(&inner.body);
        self.builder.close_loop(&watch, mark, bindings.leaves, at);
        if forever && !bindings.breaks {
            self.builder.stop();
        } else if !forever && !bindings.breaks {
            self.builder.enter(test, false);
        }
        self.otherwise(&inner.orelse, bindings.breaks, at);
    }

    fn carried(&mut self, bindings: &Bindings<'_>) -> Vec<Atom> {
        let names = bindings.assigned.iter().chain(&bindings.changed);
        let mut names: Vec<Atom> = names.map(|name| self.builder.atom(name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The `else` of a loop: runs unless the loop was left early.
    fn otherwise(&mut self, body: &'a [Stmt], may_skip: bool, at: u32) {
        if body.is_empty() {
            return;
        }
        let mark = self.builder.mark();
        self.suite(body);
        let branch = self.builder.take(mark);
        if may_skip {
            let skip = self.builder.skip();
            self.builder.merge(&[skip, branch], at);
        } else {
            self.builder.merge(&[branch], at);
        }
    }

    pub(super) fn with_block(&mut self, inner: &'a StmtWith) {
        for item in &inner.items {
            let value = self.expression(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                self.store(target, value);
            }
        }
        self.suite(&inner.body);
    }

    /// A handler starts with any of the values that its `try` body may have assigned by then.
    pub(super) fn try_statement(&mut self, inner: &'a StmtTry) {
        let at = start(inner);
        let bindings = Bindings::of(&inner.body);
        let names = self.carried(&bindings);
        let watch = self.builder.watch(&names);
        let mark = self.builder.mark();
        self.suite(&inner.body);
        self.suite(&inner.orelse);
        let mut branches = vec![self.builder.take(mark)];
        for ExceptHandler::ExceptHandler(handler) in &inner.handlers {
            let mark = self.builder.mark();
            self.builder.blur(&watch, start(handler));
            if let Some(kind) = &handler.type_ {
                self.expression(kind);
            }
            if let Some(name) = &handler.name {
                let caught = self.unknown(start(name));
                self.bind(name.as_str(), caught);
            }
            self.suite(&handler.body);
            branches.push(self.builder.take(mark));
        }
        self.builder.merge(&branches, at);
        self.suite(&inner.finalbody);
    }
}
