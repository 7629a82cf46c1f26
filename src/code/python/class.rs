//! Class definitions: the body runs in place, its names become fields and methods.

use ruff_python_ast::StmtClassDef;

use super::{Lowerer, function::docstring, names::Bindings, start, text};
use crate::code::{
    builder::ScopeId,
    graph::{ClassId, NodeId, Value, VariableId},
};

/// A class body that is being lowered.
#[derive(Clone, Copy)]
pub(super) struct ClassBody {
    class: ClassId,
    /// The scope of its names.
    inside: ScopeId,
    /// The scope that its methods see.
    outside: ScopeId,
}

impl<'a> Lowerer<'a> {
    pub(super) fn class_definition(&mut self, def: &'a StmtClassDef) {
        let decorators = self.decorators(&def.decorator_list);
        self.type_parameters(def.type_params.as_deref());
        let mut bases: Vec<NodeId> = Vec::new();
        if let Some(arguments) = &def.arguments {
            bases.extend(arguments.args.iter().map(|base| self.expression(base)));
            for keyword in &arguments.keywords {
                self.expression(&keyword.value);
            }
        }
        let name = self.builder.atom(def.name.as_str());
        let class = self.builder.new_class(Some(name), start(&def.name));
        let doc = docstring(&def.body).map(text::clean).map(|doc| self.builder.atom(&doc));
        let entry = self.builder.class_mut(class);
        entry.decorators = decorators;
        entry.bases = bases;
        entry.doc = doc;
        self.class_body(class, def);
        let node = self.builder.class_node(class);
        self.builder.assign(name, node);
    }

    fn class_body(&mut self, class: ClassId, def: &'a StmtClassDef) {
        let outside = self.closure_scope();
        let around = self.class;
        let inside = self.builder.open_scope();
        self.class = Some(ClassBody { class, inside, outside });
        let first = self.builder.unit().variables.len();
        let bindings = Bindings::of(&def.body);
        self.declare(&bindings.assigned);
        let declared = first..self.builder.unit().variables.len();
        self.suite(&def.body);
        for index in declared {
            self.fields(class, VariableId(u32::try_from(index).unwrap_or(u32::MAX)));
        }
        self.builder.close_scope();
        self.class = around;
    }

    /// Everything assigned to a name of the class body, except the methods defined there.
    fn fields(&mut self, class: ClassId, variable: VariableId) {
        let unit = self.builder.unit();
        let entry = &unit.variables[variable.index()];
        let name = entry.name;
        let is_method = |&node: &NodeId| matches!(unit.value(node), Value::Function(function) if unit.function(function).class == Some(class));
        let values: Vec<NodeId> = entry.values.iter().copied().filter(|node| !is_method(node)).collect();
        let fields = values.into_iter().map(|value| (name, value));
        self.builder.class_mut(class).fields.extend(fields);
    }

    /// The class whose body stands directly around this point.
    pub(super) fn class_here(&self) -> Option<ClassId> {
        let body = self.class?;
        (body.inside == self.builder.scope()).then_some(body.class)
    }

    /// The scope that a function defined here sees: names of a class body are not in it.
    pub(super) fn closure_scope(&self) -> ScopeId {
        match self.class {
            Some(body) if body.inside == self.builder.scope() => body.outside,
            _ => self.builder.scope(),
        }
    }
}
