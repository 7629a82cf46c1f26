//! Assignments, branches, loops and ways out.

use std::collections::VecDeque;

use super::{lowering::Lowerer, roles::Role, tree::Id};
use crate::code::{
    builder::{Branch, Declared, Mark},
    graph::{Atom, ExitKind, NodeId, Operator, Strings, Value},
};

/// Nodes looked at for the names that a loop or handler changes.
const MOST_LOOKED: u32 = 20_000;
/// Branches of one chain of `else if`.
const MOST_BRANCHES: usize = 2_000;

/// The paths of a branch, in order, and the test that leads into each.
pub(super) struct Paths {
    outer: Mark,
    branches: Vec<Branch>,
    tests: Vec<NodeId>,
}

impl Lowerer<'_> {
    // ---- assignments -------------------------------------------------------------------------

    /// The members of a list of targets or values, or the one that stands alone.
    fn several(&self, id: Id) -> Vec<Id> {
        let tree = self.tree;
        if tree.role(id) == Role::List { tree.children(id).collect() } else { vec![id] }
    }

    pub(super) fn assignment(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let left = self.first_field(id, &["left", "name"]).or_else(|| tree.child(id));
        let right = self.first_field(id, &["right", "value"]).or_else(|| tree.children(id).last());
        let (Some(left), Some(right)) = (left, right) else { return self.group(id) };
        let operator = self.operator(id);
        if !matches!(operator, "=" | ":=") {
            let old = self.expression(left);
            let new = self.expression(right);
            let value = match operator.strip_suffix('=').unwrap_or(operator) {
                "||" | "??" => self.builder.node(Value::Or(old, new), tree.at(id)),
                joins if (self.dialect.joins)(joins) => self.builder.concat(&[old, new], tree.at(id)),
                other => self.operation(other, old, new, tree.at(id)),
            };
            self.store(left, value, false);
            return value;
        }
        let (targets, values) = (self.several(left), self.several(right));
        self.assign_all(&targets, &values, operator == ":=")
    }

    pub(super) fn declaration(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let mut targets: Vec<Id> = tree.fields(id, "name").collect();
        targets.extend(tree.field(id, "pattern"));
        if targets.is_empty() {
            return self.group(id);
        }
        if let Some(values) = tree.field(id, "value") {
            let values = self.several(values);
            self.assign_all(&targets, &values, true)
        } else {
            for target in targets {
                let unknown = self.builder.unknown();
                self.store(target, unknown, true);
            }
            self.builder.unknown()
        }
    }

    /// Assigns values to targets; one value for several targets is taken apart.
    pub(super) fn assign_all(&mut self, targets: &[Id], values: &[Id], declares: bool) -> NodeId {
        let tree = self.tree;
        let lowered: Vec<NodeId> = values.iter().map(|&value| self.expression(value)).collect();
        let mut last = self.builder.unknown();
        for (position, &target) in targets.iter().enumerate() {
            let value = match lowered.as_slice() {
                &[only] if targets.len() > 1 && position > 0 => {
                    let name = self.builder.atom(&position.to_string());
                    self.builder.member(only, name, tree.at(target))
                }
                &[only] => only,
                several => several.get(position).copied().unwrap_or_else(|| self.builder.unknown()),
            };
            self.store(target, value, declares);
            last = value;
        }
        last
    }

    /// Gives a target a value: a name, a member, an element, or what stands in brackets.
    pub(super) fn store(&mut self, target: Id, value: NodeId, declares: bool) {
        let (tree, at) = (self.tree, self.tree.at(target));
        match tree.role(target) {
            Role::Name => self.store_name(tree.text(target), value, declares),
            Role::Member => {
                let object = self
                    .first_field(target, &["operand", "object", "value", "receiver", "scope", "expression"]);
                let name = self.first_field(target, &["field", "name", "property", "method"]);
                let (Some(object), Some(name)) = (object, name) else { return };
                let key = self.builder.atom((self.dialect.member)(tree.text(name)));
                self.store_member(object, key, value, at);
            }
            Role::Index => {
                let Some(object) = tree.child(target) else { return };
                let key = tree.children(target).nth(1).map(|key| self.expression(key));
                let key = match key.map(|key| self.builder.unit().value(key)) {
                    Some(Value::Text(text)) => text,
                    _ => Strings::ELEMENT,
                };
                self.store_member(object, key, value, at);
            }
            Role::List => {
                for (position, part) in tree.children(target).enumerate() {
                    let name = self.builder.atom(&position.to_string());
                    let part_value = self.builder.member(value, name, at);
                    self.store(part, part_value, declares);
                }
            }
            Role::Group | Role::Unary => {
                let inner: Vec<Id> = tree.children(target).collect();
                for part in inner {
                    self.store(part, value, declares);
                }
            }
            Role::Own => (self.dialect.take_apart)(self, target, value),
            _ => {}
        }
    }

    pub(super) fn store_name(&mut self, name: &str, value: NodeId, declares: bool) {
        if name == "_" {
            return;
        }
        let name = self.builder.atom(name);
        self.builder.name_value(value, name);
        if declares {
            let variable = self.builder.declare(name, Declared::Here);
            self.builder.assign_variable(variable, value);
        } else if self.builder.lookup(name).is_some() {
            self.builder.assign(name, value);
        } else if let (Some(class), true) = (self.inside, self.dialect.bare_fields) {
            let object = self.builder.node(Value::This(class), 0);
            self.builder.with(object, name, value, 0);
        } else {
            let variable = self.builder.declare(name, Declared::InFunction);
            self.builder.assign_variable(variable, value);
        }
    }

    /// `object.key = value`, where the object can be written to itself.
    pub(super) fn store_member(&mut self, object: Id, key: Atom, value: NodeId, at: u32) {
        let before = self.expression(object);
        let after = self.builder.with(before, key, value, at);
        if after != before {
            self.store(object, after, false);
        }
    }

    // ---- branches ----------------------------------------------------------------------------

    pub(super) fn if_statement(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        self.builder.open_scope();
        let mut paths = self.open_paths();
        let mut values: Vec<NodeId> = Vec::new();
        let mut waiting: VecDeque<Id> = VecDeque::from([id]);
        let mut complete = false;
        while let Some(id) = waiting.pop_front() {
            if tree.role(id) != Role::If || paths.branches.len() >= MOST_BRANCHES {
                let mark = self.builder.mark();
                values.push(self.expression(id));
                self.end_path(&mut paths, mark);
                complete = true;
                continue;
            }
            if let Some(first) = tree.field(id, "initializer") {
                self.expression(first);
            }
            let test = match tree.field(id, "condition").or_else(|| tree.child(id)) {
                Some(test) => self.expression(test),
                None => self.builder.unknown(),
            };
            let mark = self.builder.mark();
            self.builder.enter(test, true);
            values.push(self.consequence(id));
            self.end_path(&mut paths, mark);
            self.next_path(&mut paths, test);
            for other in self.alternatives(id).into_iter().rev() {
                waiting.push_front(other);
            }
        }
        self.close_paths(paths, complete, at);
        self.builder.close_scope();
        self.builder.join(&values, at)
    }

    fn consequence(&mut self, id: Id) -> NodeId {
        match self.first_field(id, &["consequence", "body"]) {
            Some(body) => self.expression(body),
            None => self.builder.unknown(),
        }
    }

    /// What runs where the test fails, taken out of `else`.
    fn alternatives(&self, id: Id) -> Vec<Id> {
        let tree = self.tree;
        let mut found: Vec<Id> = Vec::new();
        for other in tree.fields(id, "alternative") {
            if tree.role(other) == Role::Group && tree.children(other).count() == 1 {
                found.extend(tree.child(other));
            } else {
                found.push(other);
            }
        }
        found
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

    pub(super) fn switch(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        self.builder.open_scope();
        if let Some(first) = tree.field(id, "initializer") {
            self.expression(first);
        }
        let subject = self.first_field(id, &["value", "condition"]).map(|value| self.expression(value));
        let cases = (self.dialect.cases)(tree, id);
        let mut paths = self.open_paths();
        let mut values: Vec<NodeId> = Vec::new();
        let mut complete = false;
        let mut default = None;
        for case in cases {
            if case.tests.is_empty() && case.binds.is_none() {
                complete = true;
                default = Some(case);
                continue;
            }
            let test = self.case_test(subject, &case.tests, at);
            let mark = self.builder.mark();
            self.builder.enter(test, true);
            self.builder.open_scope();
            if let (Some(pattern), Some(subject)) = (case.binds, subject) {
                self.store(pattern, subject, true);
            }
            values.push(self.all(&case.body));
            self.builder.close_scope();
            self.end_path(&mut paths, mark);
            self.next_path(&mut paths, test);
        }
        if let Some(case) = default {
            let mark = self.builder.mark();
            self.builder.open_scope();
            values.push(self.all(&case.body));
            self.builder.close_scope();
            self.end_path(&mut paths, mark);
        }
        self.close_paths(paths, complete, at);
        self.builder.close_scope();
        self.builder.join(&values, at)
    }

    fn case_test(&mut self, subject: Option<NodeId>, tests: &[Id], at: u32) -> NodeId {
        let mut all: Option<NodeId> = None;
        for &test in tests {
            let place = self.tree.at(test);
            let value = self.expression(test);
            let one = match subject {
                Some(subject) => self.builder.binary(Operator::Equal, subject, value, place),
                None => value,
            };
            all = Some(match all {
                Some(before) => self.builder.node(Value::Or(before, one), at),
                None => one,
            });
        }
        all.unwrap_or_else(|| self.builder.unknown())
    }

    // ---- loops and handlers ------------------------------------------------------------------

    /// Names that are assigned inside a node, and whether a loop or function is left in it.
    fn changes(&mut self, id: Id) -> (Vec<Atom>, bool) {
        let tree = self.tree;
        let mut names: Vec<Atom> = Vec::new();
        let mut leaves = false;
        for inner in tree.inside(id, MOST_LOOKED) {
            match tree.role(inner) {
                Role::Leave => leaves = true,
                Role::Assign => {
                    let left = self.first_field(inner, &["left", "name"]).or_else(|| tree.child(inner));
                    let Some(left) = left else { continue };
                    for part in tree.inside(left, 64).filter(|&part| tree.role(part) == Role::Name) {
                        names.push(self.builder.atom(tree.text(part)));
                    }
                }
                _ => {}
            }
        }
        names.sort_unstable();
        names.dedup();
        (names, leaves)
    }

    pub(super) fn loop_statement(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        let looped = (self.dialect.looped)(tree, id);
        self.builder.open_scope();
        if let Some(before) = looped.before {
            self.expression(before);
        }
        let iterated = looped.each.as_ref().map(|(_, from)| match from.as_slice() {
            &[only] => self.expression(only),
            several => {
                let items: Vec<NodeId> = several.iter().map(|&item| self.expression(item)).collect();
                self.builder.array(&items, at)
            }
        });
        let (names, leaves) = self.changes(id);
        let mark = self.builder.mark();
        let watch = self.builder.open_loop(&names, at);
        if let (Some((Some(target), _)), Some(iterated)) = (looped.each, iterated) {
            let item = self.builder.node(Value::Item(iterated), at);
            self.store_each(target, item);
        }
        let test = looped.condition.map(|condition| self.expression(condition));
        if let Some(test) = test {
            self.builder.enter(test, true);
        }
        for part in [looped.body, looped.update].into_iter().flatten() {
            self.expression(part);
        }
        self.builder.close_loop(&watch, mark, leaves, at);
        if let (Some(test), false) = (test, leaves) {
            self.builder.enter(test, false);
        }
        self.builder.close_scope();
        self.builder.unknown()
    }

    /// The names of a loop; of position and element each gets what is iterated over.
    fn store_each(&mut self, target: Id, item: NodeId) {
        for part in self.several(target) {
            self.store(part, item, true);
        }
    }

    /// A handler starts with any of the values that the statements before it may have assigned.
    pub(super) fn try_statement(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        let parts: Vec<Id> = tree.children(id).collect();
        let body = tree.field(id, "body").or_else(|| parts.first().copied());
        let Some(body) = body else { return self.builder.unknown() };
        let (names, _) = self.changes(body);
        let watch = self.builder.watch(&names);
        let mark = self.builder.mark();
        let value = self.expression(body);
        let mut branches = vec![self.builder.take(mark)];
        let mut last = Vec::new();
        for part in parts.into_iter().filter(|&part| part != body) {
            if tree.kind(part).starts_with("finally") || tree.kind(part) == "ensure" {
                last.push(part);
                continue;
            }
            let mark = self.builder.mark();
            self.builder.blur(&watch, tree.at(part));
            self.expression(part);
            branches.push(self.builder.take(mark));
        }
        self.builder.merge(&branches, at);
        for part in last {
            self.expression(part);
        }
        value
    }

    /// `return x`, `throw x`.
    pub(super) fn leave(&mut self, id: Id, kind: ExitKind) -> NodeId {
        let tree = self.tree;
        let value = match tree.child(id) {
            Some(_) => self.group(id),
            None => self.builder.null(),
        };
        self.builder.exit(kind, value, tree.at(id));
        value
    }
}
