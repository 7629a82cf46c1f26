//! Chains that grow to the left, without recursion: `a.b().c[d]` and `a + b + c`.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall, ExprSubscript, Operator as PythonOperator};
use ruff_text_size::Ranged as _;

use super::{Lowerer, offset, start};
use crate::code::graph::{Form, NodeId, Operator, Property, Strings, Value};

/// Methods that put their argument into the object they are called on.
const MUTATORS: [&str; 7] = ["append", "appendleft", "add", "insert", "extend", "update", "setdefault"];

/// Whether a method of this name changes its object.
pub(super) fn is_mutator(method: &str) -> bool {
    MUTATORS.contains(&method)
}

/// Where a chain stands while it is walked from left to right.
struct Walk<'a> {
    /// What is already lowered.
    left: &'a Expr,
    node: NodeId,
    /// The place that calls of `node` are given.
    at: u32,
    /// Whether only names and dots have been passed.
    plain: bool,
}

impl<'a> Lowerer<'a> {
    /// Attributes, calls, subscripts and `await`, from the innermost outwards.
    pub(super) fn chain(&mut self, expr: &'a Expr) -> NodeId {
        let base = self.links.len();
        let mut innermost = expr;
        while let Some(next) = inner(innermost) {
            self.links.push(innermost);
            innermost = next;
        }
        let node = self.expression(innermost);
        let at = start(innermost);
        let mut walk = Walk { left: innermost, node, at, plain: innermost.is_name_expr() };
        while self.links.len() > base {
            let Some(link) = self.links.pop() else { break };
            self.link(&mut walk, link);
            walk.left = link;
        }
        walk.node
    }

    fn link(&mut self, walk: &mut Walk<'a>, link: &'a Expr) {
        match link {
            Expr::Attribute(attribute) => {
                if !walk.plain || self.breaks_line(walk.left, attribute) {
                    walk.at = offset(attribute.attr.range.start());
                    walk.plain = false;
                }
                let name = self.builder.atom(attribute.attr.as_str());
                let member = self.builder.member(walk.node, name, walk.at);
                walk.node = self.builtin(member, walk.at).unwrap_or(member);
            }
            Expr::Call(call) => {
                walk.node = self.call(call, walk.node, walk.at);
                walk.plain = false;
            }
            Expr::Subscript(subscript) => {
                walk.node = self.subscript(subscript, walk.node, walk.at);
                walk.plain = false;
            }
            _ => {}
        }
    }

    fn breaks_line(&self, left: &Expr, attribute: &ExprAttribute) -> bool {
        let gap = self.source.as_bytes().get(left.end().to_usize()..attribute.attr.range.start().to_usize());
        gap.is_some_and(|gap| memchr::memchr(b'\n', gap).is_some())
    }

    fn subscript(&mut self, subscript: &'a ExprSubscript, object: NodeId, at: u32) -> NodeId {
        let key = self.expression(&subscript.slice);
        self.builder.element(object, key, at)
    }

    fn call(&mut self, call: &'a ExprCall, callee: NodeId, at: u32) -> NodeId {
        let (nodes, entries) = (self.nodes.len(), self.entries.len());
        for argument in &call.arguments.args {
            let node = self.expression(argument);
            self.nodes.push(node);
        }
        for keyword in &call.arguments.keywords {
            let value = self.expression(&keyword.value);
            let key = match &keyword.arg {
                Some(name) => self.builder.atom(name.as_str()),
                None => Strings::SPREAD,
            };
            self.entries.push(Property { key, value });
        }
        let result = match self.imported(callee, self.nodes.get(nodes).copied(), at) {
            Some(module) => module,
            None => self.builder.call(callee, &self.nodes[nodes..], &self.entries[entries..], Form::Call, at),
        };
        if let Expr::Attribute(attribute) = &*call.func
            && is_mutator(attribute.attr.as_str())
        {
            self.mutated(attribute, callee, nodes, entries, at);
        }
        let result = self.fetched(callee, nodes, at).unwrap_or(result);
        if self.is_exit(callee) {
            self.builder.stop();
        }
        self.nodes.truncate(nodes);
        self.entries.truncate(entries);
        result
    }

    /// The object after `object.append(x)` and the like takes the place of the object.
    fn mutated(&mut self, method: &'a ExprAttribute, callee: NodeId, nodes: usize, entries: usize, at: u32) {
        let Value::Member { object, .. } = self.builder.unit().value(callee) else { return };
        let mut changed = object;
        let spreads = matches!(method.attr.as_str(), "update" | "extend");
        let argument = match method.attr.as_str() {
            "insert" | "setdefault" => self.nodes.get(nodes + 1).or(self.nodes.get(nodes)),
            _ => self.nodes.get(nodes),
        };
        let key =
            match (method.attr.as_str(), self.nodes.get(nodes).map(|&key| self.builder.unit().value(key))) {
                ("setdefault", Some(Value::Text(name))) => name,
                _ if spreads => Strings::SPREAD,
                _ => Strings::ELEMENT,
            };
        if let Some(&argument) = argument {
            changed = self.builder.with(changed, key, argument, at);
        }
        for position in entries..self.entries.len() {
            let Property { key, value } = self.entries[position];
            changed = self.builder.with(changed, key, value, at);
        }
        self.rebind(&method.value, object, changed);
    }

    /// Binary operators, left operands first; a run of `+` is one text.
    pub(super) fn operations(&mut self, expr: &'a Expr) -> NodeId {
        let (base, parts) = (self.links.len(), self.nodes.len());
        let mut innermost = expr;
        while let Expr::BinOp(operation) = innermost {
            self.links.push(innermost);
            innermost = &operation.left;
        }
        let mut node = self.expression(innermost);
        let at = start(innermost);
        while self.links.len() > base {
            let Some(Expr::BinOp(operation)) = self.links.pop() else { break };
            let right = self.expression(&operation.right);
            if operation.op == PythonOperator::Add {
                if self.nodes.len() == parts {
                    self.nodes.push(node);
                }
                self.nodes.push(right);
                continue;
            }
            node = self.joined(node, parts, at);
            node = self.operation(operation.op, node, right, at);
        }
        self.joined(node, parts, at)
    }

    fn joined(&mut self, node: NodeId, parts: usize, at: u32) -> NodeId {
        if self.nodes.len() == parts {
            return node;
        }
        let joined = self.builder.concat(&self.nodes[parts..], at);
        self.nodes.truncate(parts);
        joined
    }

    /// One binary operation.
    pub(super) fn operation(
        &mut self,
        operator: PythonOperator,
        left: NodeId,
        right: NodeId,
        at: u32,
    ) -> NodeId {
        match operator {
            PythonOperator::Add => self.builder.concat(&[left, right], at),
            PythonOperator::Div => self.builder.binary(Operator::Slash, left, right, at),
            PythonOperator::Mod if self.is_text(left) => self.formatted(left, right, at),
            _ => self.builder.binary(Operator::Arithmetic, left, right, at),
        }
    }

    fn is_text(&self, node: NodeId) -> bool {
        matches!(self.origin(node), Value::Text(_) | Value::Concat(_))
    }

    /// `"..." % right`.
    fn formatted(&mut self, left: NodeId, right: NodeId, at: u32) -> NodeId {
        let base = self.nodes.len();
        self.nodes.push(left);
        let unit = self.builder.unit();
        match unit.value(right) {
            Value::Array(range) => self.nodes.extend_from_slice(unit.list(range)),
            Value::Object(range) => self.nodes.extend(unit.entries(range).iter().map(|entry| entry.value)),
            _ => self.nodes.push(right),
        }
        let text = self.builder.concat(&self.nodes[base..], at);
        self.nodes.truncate(base);
        text
    }
}

fn inner(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Attribute(attribute) => Some(&attribute.value),
        Expr::Call(call) => Some(&call.func),
        Expr::Subscript(subscript) => Some(&subscript.value),
        Expr::Await(awaited) => Some(&awaited.value),
        _ => None,
    }
}
