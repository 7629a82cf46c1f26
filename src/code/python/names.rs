//! Which names a body assigns: a scan of statements that stays out of nested functions and classes.

use ruff_python_ast::{ExceptHandler, Expr, Identifier, Pattern, Stmt};

use super::{chain::is_mutator, limits::MAX_DEPTH};

/// Names that a body binds, and those that it declares to live outside.
#[derive(Default)]
pub(super) struct Bindings<'a> {
    /// Assigned, imported, defined, captured; with repetitions.
    pub(super) assigned: Vec<&'a str>,
    /// Objects whose members or elements are assigned.
    pub(super) changed: Vec<&'a str>,
    /// Named by `global`.
    pub(super) global: Vec<&'a str>,
    /// Named by `nonlocal`.
    pub(super) nonlocal: Vec<&'a str>,
    /// Whether `break` or `continue` leaves the body itself.
    pub(super) leaves: bool,
    /// Whether `break` leaves the body itself.
    pub(super) breaks: bool,
    depth: u32,
    loops: u32,
}

impl<'a> Bindings<'a> {
    /// Scans a body.
    pub(super) fn of(body: &'a [Stmt]) -> Self {
        let mut bindings = Self::default();
        bindings.suite(body);
        bindings
    }

    /// Adds the names that an assignment target binds.
    pub(super) fn assign_to(&mut self, target: &'a Expr) {
        self.target(target);
    }

    fn suite(&mut self, body: &'a [Stmt]) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for statement in body {
            self.statement(statement);
        }
        self.depth -= 1;
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => self.assigned.push(def.name.as_str()),
            Stmt::ClassDef(def) => self.assigned.push(def.name.as_str()),
            Stmt::Assign(assign) => assign.targets.iter().for_each(|target| self.target(target)),
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::AnnAssign(assign) => self.target(&assign.target),
            Stmt::TypeAlias(alias) => self.target(&alias.name),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.target(target)),
            Stmt::Expr(expression) => self.mutation(&expression.value),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let whole = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.assigned.push(whole.split('.').next().unwrap_or(whole));
                }
            }
            Stmt::ImportFrom(import) => {
                let names = import.names.iter().map(|alias| alias.asname.as_ref().unwrap_or(&alias.name));
                self.assigned.extend(names.map(Identifier::as_str).filter(|&name| name != "*"));
            }
            Stmt::Global(global) => self.global.extend(global.names.iter().map(Identifier::as_str)),
            Stmt::Nonlocal(names) => self.nonlocal.extend(names.names.iter().map(Identifier::as_str)),
            Stmt::Break(_) => {
                self.leaves |= self.loops == 0;
                self.breaks |= self.loops == 0;
            }
            Stmt::Continue(_) => self.leaves |= self.loops == 0,
            _ => self.compound(statement),
        }
    }

    fn compound(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::For(inner) => {
                self.target(&inner.target);
                self.repeated(&inner.body);
                self.suite(&inner.orelse);
            }
            Stmt::While(inner) => {
                self.repeated(&inner.body);
                self.suite(&inner.orelse);
            }
            Stmt::If(inner) => {
                self.suite(&inner.body);
                inner.elif_else_clauses.iter().for_each(|clause| self.suite(&clause.body));
            }
            Stmt::With(inner) => {
                inner
                    .items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_deref())
                    .for_each(|target| self.target(target));
                self.suite(&inner.body);
            }
            Stmt::Try(inner) => {
                self.suite(&inner.body);
                for ExceptHandler::ExceptHandler(handler) in &inner.handlers {
                    self.assigned.extend(handler.name.as_ref().map(Identifier::as_str));
                    self.suite(&handler.body);
                }
                self.suite(&inner.orelse);
                self.suite(&inner.finalbody);
            }
            Stmt::Match(inner) => {
                for case in &inner.cases {
                    self.pattern(&case.pattern);
                    self.suite(&case.body);
                }
            }
            _ => {}
        }
    }

    fn repeated(&mut self, body: &'a [Stmt]) {
        self.loops += 1;
        self.suite(body);
        self.loops -= 1;
    }

    fn target(&mut self, target: &'a Expr) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match target {
            Expr::Name(name) => self.assigned.push(name.id.as_str()),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.target(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.target(part)),
            Expr::Starred(starred) => self.target(&starred.value),
            Expr::Attribute(_) | Expr::Subscript(_) => self.root(target),
            _ => {}
        }
        self.depth -= 1;
    }

    fn mutation(&mut self, expression: &'a Expr) {
        let Expr::Call(call) = expression else { return };
        let Expr::Attribute(attribute) = &*call.func else { return };
        if is_mutator(attribute.attr.as_str()) {
            self.root(&attribute.value);
        }
    }

    fn root(&mut self, path: &'a Expr) {
        let mut at = path;
        loop {
            at = match at {
                Expr::Attribute(attribute) => &attribute.value,
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Name(name) => return self.changed.push(name.id.as_str()),
                _ => return,
            }
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match pattern {
            Pattern::MatchAs(inner) => {
                self.assigned.extend(inner.name.as_ref().map(Identifier::as_str));
                inner.pattern.iter().for_each(|pattern| self.pattern(pattern));
            }
            Pattern::MatchStar(inner) => self.assigned.extend(inner.name.as_ref().map(Identifier::as_str)),
            Pattern::MatchMapping(inner) => {
                self.assigned.extend(inner.rest.as_ref().map(Identifier::as_str));
                inner.patterns.iter().for_each(|pattern| self.pattern(pattern));
            }
            Pattern::MatchSequence(inner) => inner.patterns.iter().for_each(|pattern| self.pattern(pattern)),
            Pattern::MatchOr(inner) => inner.patterns.iter().for_each(|pattern| self.pattern(pattern)),
            Pattern::MatchClass(inner) => {
                inner.arguments.patterns.iter().for_each(|pattern| self.pattern(pattern));
                inner.arguments.keywords.iter().for_each(|keyword| self.pattern(&keyword.pattern));
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
        self.depth -= 1;
    }
}
