//! Functions, parameters and types: what stands around a body now, the body itself from the queue.

use super::{lowering::Lowerer, roles::Role, tree::Id};
use crate::code::{
    builder::ScopeId,
    graph::{Atom, ClassId, ExitKind, FunctionId, FunctionKind, NodeId, ParameterKind, Value},
};

/// A body that waits for the body around it.
pub(super) struct Job {
    pub(super) function: FunctionId,
    /// The scope that the function is defined in.
    pub(super) scope: ScopeId,
    /// The node of the whole function.
    pub(super) node: Id,
    /// The class it is a method of.
    pub(super) class: Option<ClassId>,
    /// The name of the object, where it has one.
    pub(super) this: Option<Atom>,
    /// Whether the last result is an error.
    pub(super) fails: bool,
}

/// A function that is being defined.
pub(super) struct Defined {
    pub(super) name: Option<Atom>,
    pub(super) node: Id,
    pub(super) kind: FunctionKind,
    pub(super) class: Option<ClassId>,
    pub(super) this: Option<Atom>,
    pub(super) fails: bool,
}

impl Defined {
    /// A function without a class.
    pub(super) fn plain(name: Option<Atom>, node: Id) -> Self {
        Self { name, node, kind: FunctionKind::Plain, class: None, this: None, fails: false }
    }
}

impl Lowerer<'_> {
    /// A new function; its body waits.
    pub(super) fn define(&mut self, defined: &Defined) -> FunctionId {
        let (at, end) = (self.tree.at(defined.node), self.tree.end(defined.node));
        let function = self.builder.new_function(defined.name, defined.kind, defined.class, at, end);
        if let (Some(class), Some(name)) = (defined.class, defined.name) {
            self.builder.class_mut(class).methods.push((name, function));
        }
        let scope = self.builder.scope();
        let Defined { node, class, this, fails, .. } = *defined;
        self.queue.push_back(Job { function, scope, node, class, this, fails });
        function
    }

    pub(super) fn lambda(&mut self, id: Id) -> NodeId {
        let function = self.define(&Defined::plain(None, id));
        self.builder.function_node(function)
    }

    /// Lowers a body that has waited.
    pub(super) fn body(&mut self, job: &Job) {
        let tree = self.tree;
        self.builder.enter_function(job.function, job.scope);
        let (class, fails) = (self.class, self.fails);
        self.class = None;
        self.fails = job.fails;
        let inside = std::mem::replace(&mut self.inside, job.class);
        if let (Some(class), Some(this)) = (job.class, job.this) {
            self.builder.parameter(this, ParameterKind::Plain, Some(class), tree.at(job.node));
        }
        (self.dialect.parameters)(self, job);
        let body = self.first_field(job.node, &["body"]);
        if let Some(body) = body {
            let last = match tree.role(body) {
                Role::Block | Role::Group => self.group(body),
                _ => self.expression(body),
            };
            let expression = !matches!(tree.role(body), Role::Block | Role::Group);
            if (self.dialect.yields_last || expression) && !self.builder.is_dead() {
                self.builder.exit(ExitKind::Return, last, tree.end(body));
            }
        }
        self.builder.leave_function();
        self.class = class;
        self.inside = inside;
        self.fails = fails;
    }

    /// The next parameter of the current function.
    pub(super) fn parameter(
        &mut self,
        name: &str,
        kind: ParameterKind,
        described: (Option<Id>, Option<Id>),
        at: u32,
    ) {
        let name = self.builder.atom(name);
        self.builder.parameter(name, kind, None, at);
        let (annotation, default) = described;
        let annotation = annotation.and_then(|annotation| self.annotation(annotation));
        let default = default.map(|default| self.expression(default));
        self.builder.describe_parameter(default, annotation);
    }

    /// A parameter that is taken apart at once.
    pub(super) fn unnamed_parameter(&mut self, annotation: Option<Id>, at: u32) -> NodeId {
        let name = self.builder.atom("");
        let node = self.builder.parameter(name, ParameterKind::Plain, None, at);
        let annotation = annotation.and_then(|annotation| self.annotation(annotation));
        self.builder.describe_parameter(None, annotation);
        node
    }

    /// The type that an annotation names, where it is one with a name.
    pub(super) fn annotation(&mut self, id: Id) -> Option<NodeId> {
        let value = self.expression(id);
        let named = matches!(
            self.builder.unit().value(value),
            Value::Import { .. }
                | Value::Member { .. }
                | Value::Variable(_)
                | Value::Class(_)
                | Value::Global(_)
        );
        named.then_some(value)
    }

    /// The class with a name, made where the file has none yet.
    pub(super) fn class_named(&mut self, name: &str, at: u32) -> ClassId {
        let atom = self.builder.atom(name);
        if let Some(&known) = self.classes.get(&atom) {
            return known;
        }
        let class = self.builder.new_class(Some(atom), at);
        self.classes.insert(atom, class);
        let node = self.builder.class_node(class);
        let variable = self.builder.top_level(atom);
        self.builder.assign_variable(variable, node);
        class
    }
}
