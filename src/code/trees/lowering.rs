//! A syntax tree on its way into the graph: what the languages have in common.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{
    dialect::Dialect,
    functions::Job,
    roles::Role,
    text,
    tree::{Id, Tree},
};
use crate::code::{
    builder::Builder,
    graph::{Atom, ClassId, Form, FunctionId, Loses, NodeId, Operator, Property, Strings, Unit, Value},
};

/// Levels of expressions and statements that are lowered; what lies deeper becomes unknown.
const DEEPEST: u32 = 250;
/// Operands of one chain of operators.
const MOST_OPERANDS: usize = 100_000;

/// A syntax tree on its way into the graph.
pub(super) struct Lowerer<'t> {
    pub(super) builder: Builder,
    pub(super) tree: &'t Tree<'t>,
    pub(super) dialect: &'static Dialect,
    /// Bodies to lower after the body around them.
    pub(super) queue: VecDeque<Job>,
    /// Classes of the file by name.
    pub(super) classes: FxHashMap<Atom, ClassId>,
    /// The class whose body is being lowered.
    pub(super) class: Option<ClassId>,
    /// The class of the method whose body is being lowered.
    pub(super) inside: Option<ClassId>,
    /// What stands before a declaration: attributes.
    pub(super) attributes: Vec<Id>,
    /// Packages whose types need no import of their own.
    pub(super) packages: Vec<String>,
    /// Whether the last result of the current function is an error.
    pub(super) fails: bool,
    /// What comes in through a pipe.
    pub(super) piped: Option<NodeId>,
    depth: u32,
    too_deep: bool,
}

impl<'t> Lowerer<'t> {
    pub(super) fn new(builder: Builder, tree: &'t Tree<'t>, dialect: &'static Dialect) -> Self {
        Self {
            builder,
            tree,
            dialect,
            queue: VecDeque::new(),
            classes: FxHashMap::default(),
            class: None,
            inside: None,
            attributes: Vec::new(),
            packages: Vec::new(),
            fails: false,
            piped: None,
            depth: 0,
            too_deep: false,
        }
    }

    /// Lowers the whole file.
    pub(super) fn file(mut self) -> Unit {
        let root = Tree::root();
        (self.dialect.begin)(&mut self, root);
        self.group(root);
        while let Some(job) = self.queue.pop_front() {
            self.body(&job);
        }
        self.export();
        self.builder.finish()
    }

    /// Every top-level variable that the file gives a value of its own.
    fn export(&mut self) {
        let exported: Vec<(Atom, Vec<NodeId>)> = self
            .builder
            .unit()
            .variables
            .iter()
            .filter(|variable| variable.function == FunctionId(0))
            .map(|variable| (variable.name, variable.values.to_vec()))
            .collect();
        for (name, values) in exported {
            let unit = self.builder.unit();
            let own: Vec<NodeId> = values
                .into_iter()
                .filter(|&value| !matches!(unit.value(value), Value::Import { .. }))
                .take(32)
                .collect();
            if !own.is_empty() {
                let value = self.builder.join(&own, 0);
                self.builder.export(name, value);
            }
        }
    }

    // ---- nodes of the tree -------------------------------------------------------------------

    /// Lowers what is directly inside a node; the value is the last one's.
    pub(super) fn group(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let mut last = self.builder.unknown();
        for child in tree.children(id) {
            last = self.expression(child);
        }
        last
    }

    /// Lowers an expression or statement.
    pub(super) fn expression(&mut self, id: Id) -> NodeId {
        if self.depth >= DEEPEST {
            if !self.too_deep {
                self.too_deep = true;
                self.builder.problem(self.tree.at(id), "code is nested too deep to be read", Loses::Code);
            }
            return self.builder.unknown();
        }
        self.depth += 1;
        let value = self.dispatch(id);
        self.depth -= 1;
        value
    }

    fn dispatch(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        match tree.role(id) {
            Role::Group => self.group(id),
            Role::Skip => self.builder.unknown(),
            Role::Block => {
                self.builder.open_scope();
                let last = self.group(id);
                self.builder.close_scope();
                last
            }
            Role::Name => self.name(tree.text(id), at),
            Role::Text => {
                let content = text::unescaped(text::inner(tree.text(id)));
                self.builder.text(&content, at)
            }
            Role::Template => self.template(id),
            Role::Number => {
                let number = self.builder.atom(tree.text(id));
                self.builder.node(Value::Number(number), at)
            }
            Role::True => self.builder.node(Value::Bool(true), at),
            Role::False => self.builder.node(Value::Bool(false), at),
            Role::Null => self.builder.null(),
            Role::Member => self.member(id),
            Role::Index => self.index(id),
            Role::Call => self.call(id),
            Role::Binary => self.binary(id),
            Role::Unary => self.unary(id),
            Role::Choice => self.choice(id),
            Role::List => {
                let items: Vec<NodeId> = tree.children(id).map(|child| self.item(child)).collect();
                self.builder.array(&items, at)
            }
            Role::Assign => self.assignment(id),
            Role::Declare => self.declaration(id),
            Role::If => self.if_statement(id),
            Role::Loop => self.loop_statement(id),
            Role::Switch => self.switch(id),
            Role::Try => self.try_statement(id),
            Role::Return => self.leave(id, crate::code::graph::ExitKind::Return),
            Role::Throw => self.leave(id, crate::code::graph::ExitKind::Throw),
            Role::Leave => {
                self.builder.stop();
                self.builder.unknown()
            }
            Role::Lambda => self.lambda(id),
            Role::Import | Role::Own => (self.dialect.own)(self, id),
        }
    }

    /// An element of a list or argument list.
    pub(super) fn item(&mut self, id: Id) -> NodeId {
        let value = self.expression(id);
        if self.dialect.spreads.contains(&self.tree.kind(id)) {
            return self.builder.node(Value::Spread(value), self.tree.at(id));
        }
        value
    }

    /// A name that is read.
    pub(super) fn name(&mut self, name: &str, at: u32) -> NodeId {
        let atom = self.builder.atom(name);
        if self.builder.lookup(atom).is_some() {
            return self.builder.read(atom, at);
        }
        (self.dialect.undeclared)(self, name, at)
    }

    /// The first field that is there.
    pub(super) fn first_field(&self, id: Id, names: &[&'static str]) -> Option<Id> {
        names.iter().find_map(|&name| self.tree.field(id, name))
    }

    fn member(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        let object = self.first_field(
            id,
            &["operand", "object", "value", "receiver", "scope", "path", "package", "expression"],
        );
        let name = self.first_field(id, &["field", "name", "property", "method"]);
        let Some(name) = name else { return self.group(id) };
        let Some(object) = object else { return self.name(tree.text(name), at) };
        let object = self.expression(object);
        self.member_named(object, tree.text(name), at)
    }

    /// `object.name`.
    pub(super) fn member_named(&mut self, object: NodeId, name: &str, at: u32) -> NodeId {
        let name = (self.dialect.member)(name);
        let name = self.builder.atom(name);
        self.builder.member(object, name, at)
    }

    fn index(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let mut parts = tree.children(id);
        let Some(object) = parts.next() else { return self.builder.unknown() };
        let object = self.expression(object);
        let mut value = object;
        for key in parts {
            let key = self.expression(key);
            value = self.builder.element(value, key, tree.at(id));
        }
        value
    }

    pub(super) fn template(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        let mut parts: Vec<NodeId> = Vec::new();
        let mut pending = String::new();
        let mut values = 0;
        for child in tree.children(id) {
            if text::is_content(tree.kind(child)) {
                pending.push_str(&text::unescaped(tree.text(child)));
                continue;
            }
            if tree.role(child) == Role::Skip {
                continue;
            }
            if !pending.is_empty() {
                parts.push(self.builder.text(&pending, at));
                pending.clear();
            }
            parts.push(self.expression(child));
            values += 1;
        }
        if values == 0 {
            let whole = if pending.is_empty() { text::inner(tree.text(id)).to_owned() } else { pending };
            return self.builder.text(&whole, at);
        }
        if !pending.is_empty() {
            parts.push(self.builder.text(&pending, at));
        }
        self.builder.concat(&parts, at)
    }

    /// A chain of binary operators: the left side is walked without recursion.
    pub(super) fn binary(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let mut chain = vec![id];
        let mut left = tree.field(id, "left").or_else(|| tree.child(id));
        while let Some(inner) = left
            && tree.role(inner) == Role::Binary
            && chain.len() < MOST_OPERANDS
        {
            chain.push(inner);
            left = tree.field(inner, "left").or_else(|| tree.child(inner));
        }
        let mut value = match left {
            Some(left) => self.expression(left),
            None => self.builder.unknown(),
        };
        let mut texts: Vec<NodeId> = Vec::new();
        let mut changed = None;
        for inner in chain.into_iter().rev() {
            let operator = self.operator(inner);
            let right = tree.field(inner, "right").or_else(|| tree.children(inner).last());
            let right = match right {
                Some(right) => self.expression(right),
                None => self.builder.unknown(),
            };
            if (self.dialect.joins)(operator) {
                if texts.is_empty() {
                    texts.push(value);
                }
                texts.push(right);
                continue;
            }
            value = self.joined(value, &mut texts, tree.at(id));
            if operator == "<<" && self.dialect.shovels {
                value = self.builder.with(value, Strings::ELEMENT, right, tree.at(inner));
                changed = left;
                continue;
            }
            value = self.operation(operator, value, right, tree.at(inner));
        }
        let value = self.joined(value, &mut texts, tree.at(id));
        if let Some(target) = changed {
            self.store(target, value, false);
        }
        value
    }

    fn joined(&mut self, value: NodeId, texts: &mut Vec<NodeId>, at: u32) -> NodeId {
        if texts.is_empty() {
            return value;
        }
        self.builder.concat(&std::mem::take(texts), at)
    }

    /// The text of the operator of a binary or unary expression, or of an assignment.
    pub(super) fn operator(&self, id: Id) -> &'t str {
        let tree = self.tree;
        if let Some(operator) = tree.field(id, "operator") {
            return tree.text(operator);
        }
        let token =
            tree.all(id).find(|&child| tree.role(child) == Role::Skip && !tree.text(child).is_empty());
        token.map_or("", |token| tree.text(token))
    }

    /// One operator applied to two values.
    pub(super) fn operation(&mut self, operator: &str, left: NodeId, right: NodeId, at: u32) -> NodeId {
        let operator = match operator {
            "=~" => return self.call_method(right, "test", &[left], at),
            "&&" | "and" => return self.builder.node(Value::And(left, right), at),
            "||" | "or" | "??" | "?:" => return self.builder.node(Value::Or(left, right), at),
            "==" | "===" | "=" | "-eq" | "eq" => Operator::Equal,
            "!=" | "!==" | "<>" | "-ne" => Operator::NotEqual,
            "<" | "<=" | ">" | ">=" | "-lt" | "-gt" | "-le" | "-ge" | "<=>" => Operator::Order,
            "instanceof" | "is" => Operator::InstanceOf,
            _ => Operator::Arithmetic,
        };
        self.builder.binary(operator, left, right, at)
    }

    fn unary(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let operand = self.first_field(id, &["operand", "argument"]).or_else(|| tree.children(id).last());
        let Some(operand) = operand else { return self.builder.unknown() };
        let value = self.expression(operand);
        match self.operator(id) {
            "!" | "not" => self.builder.node(Value::Not(value), tree.at(id)),
            "-" | "+" | "~" | "^" => {
                let zero = self.builder.unknown();
                self.builder.binary(Operator::Arithmetic, zero, value, tree.at(id))
            }
            _ => value,
        }
    }

    fn choice(&mut self, id: Id) -> NodeId {
        let tree = self.tree;
        let part = |fields: &[&'static str], position: usize| {
            self.first_field(id, fields).or_else(|| tree.children(id).nth(position))
        };
        let test = part(&["condition"], 0);
        let yes = part(&["consequence", "body"], 1);
        let no = part(&["alternative"], 2);
        let (Some(test), Some(yes), Some(no)) = (test, yes, no) else { return self.group(id) };
        let (test, yes, no) = (self.expression(test), self.expression(yes), self.expression(no));
        self.builder.node(Value::Choice { test, yes, no }, tree.at(id))
    }

    // ---- calls -------------------------------------------------------------------------------

    fn call(&mut self, id: Id) -> NodeId {
        let (tree, at) = (self.tree, self.tree.at(id));
        let mut receiver = None;
        let callee = if let Some(function) = tree.field(id, "function") {
            if tree.role(function) == Role::Member {
                receiver = self.first_field(function, &["operand", "value", "object", "expression"]);
            }
            self.expression(function)
        } else {
            let object = self.first_field(id, &["object", "receiver", "scope"]);
            let name = self.first_field(id, &["name", "method"]);
            receiver = object;
            match (object, name) {
                (Some(object), Some(name)) => {
                    let object = self.expression(object);
                    self.member_named(object, tree.text(name), at)
                }
                (None, Some(name)) => (self.dialect.function)(self, tree.text(name), at),
                _ => self.builder.unknown(),
            }
        };
        let (arguments, keywords) = match tree.field(id, "arguments") {
            Some(arguments) => self.arguments(arguments),
            None => (Vec::new(), Vec::new()),
        };
        let result = self.called(callee, &arguments, &keywords, at);
        // `list.push(x)` leaves the list changed, also in a chain.
        if let (Some(receiver), Value::With { .. }) = (receiver, self.builder.unit().value(result))
            && let receiver = self.receiver_of(receiver)
            && matches!(tree.role(receiver), Role::Name | Role::Member)
        {
            self.store(receiver, result, false);
        }
        result
    }

    /// What a chain of calls begins with.
    fn receiver_of(&self, id: Id) -> Id {
        let mut at = id;
        for _ in 0..64 {
            if self.tree.role(at) != Role::Call {
                break;
            }
            let inner = match self.tree.field(at, "function") {
                Some(function) => self.first_field(function, &["operand", "value", "object", "expression"]),
                None => self.first_field(at, &["object", "receiver", "scope"]),
            };
            let Some(inner) = inner else { break };
            at = inner;
        }
        at
    }

    /// The values of an argument list, by position and by name.
    pub(super) fn arguments(&mut self, id: Id) -> (Vec<NodeId>, Vec<Property>) {
        let tree = self.tree;
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for child in tree.children(id) {
            match (self.dialect.keyword)(tree, child) {
                Some((key, value)) => {
                    let key = self.builder.atom(key);
                    let value = self.expression(value);
                    named.push(Property { key, value });
                }
                None => positional.push(self.item(child)),
            }
        }
        (positional, named)
    }

    /// A call of a value, in the words that all languages share where there are such.
    pub(super) fn called(
        &mut self,
        callee: NodeId,
        arguments: &[NodeId],
        keywords: &[Property],
        at: u32,
    ) -> NodeId {
        if let Some(value) = (self.dialect.rewrite)(self, callee, arguments, at) {
            return value;
        }
        self.builder.call(callee, arguments, keywords, Form::Call, at)
    }

    /// Module and name of what is called, where it was imported: `strings.HasPrefix`.
    pub(super) fn imported(&self, callee: NodeId) -> Option<String> {
        let unit = self.builder.unit();
        let mut members: Vec<&str> = Vec::new();
        let mut at = callee;
        for _ in 0..12 {
            match unit.value(at) {
                Value::Member { object, name } => {
                    members.push(unit.text(name));
                    at = object;
                }
                Value::Variable(variable) => {
                    let &[only] = unit.variables[variable.index()].values.as_slice() else { return None };
                    at = only;
                }
                Value::Import { module, name } => {
                    if name != Strings::ALL {
                        members.push(unit.text(name));
                    }
                    members.push(unit.text(module));
                    members.reverse();
                    return Some(members.join("."));
                }
                _ => return None,
            }
        }
        None
    }

    /// A function of another module, by name.
    pub(super) fn foreign(&mut self, module: &str, name: &str, at: u32) -> NodeId {
        let module = self.builder.atom(module);
        let name = self.builder.atom(name);
        self.builder.node(Value::Import { module, name }, at)
    }

    /// A call of a function of another module.
    pub(super) fn call_foreign(&mut self, module: &str, name: &str, arguments: &[NodeId], at: u32) -> NodeId {
        let callee = self.foreign(module, name, at);
        self.builder.call(callee, arguments, &[], Form::Call, at)
    }

    /// A call as it is written.
    pub(super) fn plain_call(&mut self, callee: NodeId, arguments: &[NodeId], at: u32) -> NodeId {
        self.builder.call(callee, arguments, &[], Form::Call, at)
    }

    /// A call with arguments by name.
    pub(super) fn call_with(
        &mut self,
        callee: NodeId,
        arguments: &[NodeId],
        keywords: &[Property],
        at: u32,
    ) -> NodeId {
        self.builder.call(callee, arguments, keywords, Form::Call, at)
    }

    /// A variable of the environment.
    pub(super) fn environment(&mut self, name: &str, at: u32) -> NodeId {
        let process = self.builder.atom("process");
        let process = self.builder.node(Value::Global(process), at);
        let env = self.builder.atom("env");
        let environment = self.builder.node(Value::Member { object: process, name: env }, at);
        let name = self.builder.atom(name);
        self.builder.node(Value::Member { object: environment, name }, at)
    }

    /// Lowers several expressions; the value is the last one's.
    pub(super) fn all(&mut self, ids: &[Id]) -> NodeId {
        let mut last = self.builder.unknown();
        for &id in ids {
            last = self.expression(id);
        }
        last
    }

    /// A call of a function that the analysis knows by a plain name.
    pub(super) fn call_global(&mut self, name: &str, arguments: &[NodeId], at: u32) -> NodeId {
        let name = self.builder.atom(name);
        let callee = self.builder.node(Value::Global(name), at);
        self.plain_call(callee, arguments, at)
    }

    /// `object.name(arguments)`.
    pub(super) fn call_method(
        &mut self,
        object: NodeId,
        name: &str,
        arguments: &[NodeId],
        at: u32,
    ) -> NodeId {
        let name = self.builder.atom(name);
        let callee = self.builder.member(object, name, at);
        self.builder.call(callee, arguments, &[], Form::Call, at)
    }

    /// The constant text that a node is.
    pub(super) fn constant(&self, node: NodeId) -> Option<&str> {
        match self.builder.unit().value(node) {
            Value::Text(text) => Some(self.builder.unit().text(text)),
            _ => None,
        }
    }

    /// An instance with named members: a call of its type.
    pub(super) fn instance(
        &mut self,
        class: NodeId,
        arguments: &[NodeId],
        members: &[Property],
        at: u32,
    ) -> NodeId {
        self.builder.call(class, arguments, members, Form::New, at)
    }
}
