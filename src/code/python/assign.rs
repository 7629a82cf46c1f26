//! Assignments: names, unpacking, members and elements, in place.

use ruff_python_ast::{Expr, StmtAnnAssign, StmtAssign, StmtAugAssign};

use super::{Lowerer, start};
use crate::code::graph::{Atom, Form, NodeId, Strings, Value};

/// Members of members that an assignment is carried back through.
const MAX_PATH: usize = 8;

impl<'a> Lowerer<'a> {
    pub(super) fn assign(&mut self, assign: &'a StmtAssign) {
        let value = self.expression(&assign.value);
        for target in &assign.targets {
            self.store(target, value);
        }
    }

    pub(super) fn assign_annotated(&mut self, assign: &'a StmtAnnAssign) {
        let annotation = self.annotation(&assign.annotation);
        if let (Expr::Name(name), Some(class)) = (&*assign.target, self.class_here()) {
            let name = self.builder.atom(name.id.as_str());
            self.builder.class_mut(class).annotations.push((name, annotation));
        }
        if let Expr::Attribute(attribute) = &*assign.target {
            let object = self.expression(&attribute.value);
            if let Value::This(class) = self.builder.unit().value(object) {
                let name = self.builder.atom(attribute.attr.as_str());
                self.builder.class_mut(class).annotations.push((name, annotation));
            }
        }
        if let Some(value) = &assign.value {
            let value = self.expression(value);
            self.store(&assign.target, value);
        }
    }

    pub(super) fn assign_augmented(&mut self, assign: &'a StmtAugAssign) {
        let target = &*assign.target;
        let before = self.expression(target);
        let value = self.expression(&assign.value);
        let after = self.operation(assign.op, before, value, start(target));
        match target {
            Expr::Name(_) => self.store(target, after),
            path => self.rebind(path, before, after),
        }
    }

    /// Binds a name in the scope that is current.
    pub(super) fn bind(&mut self, name: &str, value: NodeId) {
        let name = self.builder.atom(name);
        self.builder.assign(name, value);
        self.builder.name_value(value, name);
    }

    /// Assigns a value to a target.
    pub(super) fn store(&mut self, target: &'a Expr, value: NodeId) {
        let at = start(target);
        if !self.descend(at) {
            return;
        }
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), value),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value),
            Expr::List(list) => self.unpack(&list.elts, value),
            Expr::Starred(starred) => self.store(&starred.value, value),
            Expr::Attribute(attribute) => {
                let object = self.expression(&attribute.value);
                let name = self.builder.atom(attribute.attr.as_str());
                self.builder.name_value(value, name);
                let changed = self.builder.with(object, name, value, at);
                self.rebind(&attribute.value, object, changed);
            }
            Expr::Subscript(subscript) => {
                let object = self.expression(&subscript.value);
                let chosen = self.expression(&subscript.slice);
                let key = self.key(chosen);
                if key == Strings::ELEMENT && is_environment(&subscript.value) {
                    // The name of a variable is chosen: what decides it stays visible as an argument.
                    let name = self.builder.atom("__setitem__");
                    let callee = self.builder.member(object, name, at);
                    self.builder.call(callee, &[chosen, value], &[], Form::Call, at);
                }
                let changed = self.builder.with(object, key, value, at);
                self.rebind(&subscript.value, object, changed);
            }
            _ => {
                self.expression(target);
            }
        }
        self.ascend();
    }

    /// Puts a changed object back where it was read from: a name, or members and elements of one.
    pub(super) fn rebind(&mut self, path: &'a Expr, before: NodeId, after: NodeId) {
        if before == after || path_length(path).is_none() {
            return;
        }
        let (mut path, mut after) = (path, after);
        loop {
            let (inner, key) = match path {
                Expr::Name(name) => {
                    let name = self.builder.atom(name.id.as_str());
                    return self.rebind_name(name, after);
                }
                Expr::Attribute(attribute) => (&attribute.value, self.builder.atom(attribute.attr.as_str())),
                Expr::Subscript(subscript) => {
                    let key = match &*subscript.slice {
                        Expr::StringLiteral(key) => self.builder.atom(key.value.to_str()),
                        _ => Strings::ELEMENT,
                    };
                    (&subscript.value, key)
                }
                _ => return,
            };
            let at = start(path);
            let Some(object) = self.reread(inner) else { return };
            let changed = self.builder.with(object, key, after, at);
            if changed == object {
                return;
            }
            (path, after) = (inner, changed);
        }
    }

    /// Reads a path again without evaluating its keys a second time.
    fn reread(&mut self, path: &'a Expr) -> Option<NodeId> {
        match path {
            Expr::Name(name) => Some(self.name(name.id.as_str(), start(path))),
            Expr::Attribute(attribute) => {
                let object = self.reread(&attribute.value)?;
                let name = self.builder.atom(attribute.attr.as_str());
                Some(self.builder.member(object, name, start(path)))
            }
            Expr::Subscript(subscript) => {
                let object = self.reread(&subscript.value)?;
                let at = start(path);
                if let Expr::StringLiteral(key) = &*subscript.slice {
                    let name = self.builder.atom(key.value.to_str());
                    return Some(self.builder.member(object, name, at));
                }
                let key = self.builder.unknown();
                Some(self.builder.element(object, key, at))
            }
            _ => None,
        }
    }

    /// A module or an undeclared name stays what it is, whatever is put into it.
    fn rebind_name(&mut self, name: Atom, after: NodeId) {
        let Some(variable) = self.builder.lookup(name) else { return };
        let values = &self.builder.unit().variables[variable.index()].values;
        let module = |&value: &NodeId| {
            matches!(self.builder.unit().value(value), Value::Import { name: Strings::ALL, .. })
        };
        if !values.is_empty() && values.iter().take(4).all(module) {
            return;
        }
        self.builder.assign_variable(variable, after);
    }

    fn unpack(&mut self, targets: &'a [Expr], value: NodeId) {
        let starred = targets.iter().any(Expr::is_starred_expr);
        let mut after_star = false;
        for (position, target) in targets.iter().enumerate() {
            let at = start(target);
            if target.is_starred_expr() {
                after_star = true;
                self.store(target, value);
                continue;
            }
            let part = if after_star {
                self.builder.node(Value::Item(value), at)
            } else {
                self.part(value, position, targets.len(), starred, at)
            };
            self.store(target, part);
        }
    }

    /// The value at a position of what is unpacked.
    fn part(&mut self, value: NodeId, position: usize, count: usize, starred: bool, at: u32) -> NodeId {
        let unit = self.builder.unit();
        if let Value::Array(range) = unit.value(value) {
            let items = unit.list(range);
            let spread = items.iter().any(|&item| matches!(unit.value(item), Value::Spread(_)));
            if !spread
                && (items.len() == count || starred)
                && let Some(&item) = items.get(position)
            {
                return item;
            }
        }
        let digits = self.builder.atom(&position.to_string());
        let key = self.builder.node(Value::Number(digits), at);
        self.builder.element(value, key, at)
    }
}

/// The number of members and elements between a target and its name; `None` where there is no
/// name at the end or the way is too long.
fn path_length(path: &Expr) -> Option<usize> {
    let mut at = path;
    for length in 0..MAX_PATH {
        at = match at {
            Expr::Name(_) => return Some(length),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            _ => return None,
        };
    }
    None
}

/// `os.environ`.
fn is_environment(object: &Expr) -> bool {
    matches!(object, Expr::Attribute(attribute) if attribute.attr.as_str() == "environ")
}
