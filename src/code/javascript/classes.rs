//! Classes: methods to the queue, fields and static blocks in place.

use oxc_ast::ast::{
    Class, ClassElement, Decorator, Expression, MethodDefinition, MethodDefinitionKind, PropertyKey,
};

use super::literals::named;
use super::lowering::Lowering;
use crate::code::builder::Declared;
use crate::code::graph::{ClassId, FunctionKind, NodeId};

impl<'a> Lowering<'a> {
    pub(super) fn class_declaration(&mut self, class: &'a Class<'a>) {
        if !class.declare {
            self.class_value(class);
        }
    }

    /// A declared class; its name, if it has one, is declared already.
    pub(super) fn class_value(&mut self, class: &'a Class<'a>) -> NodeId {
        let id = self.new_class(class);
        let node = self.builder.class_node(id);
        if let Some(name) = &class.id {
            let name = self.builder.atom(name.name.as_str());
            self.assign_local(name, node);
        }
        self.class_parts(id, class);
        node
    }

    pub(super) fn class_expression(&mut self, class: &'a Class<'a>) -> NodeId {
        let id = self.new_class(class);
        let node = self.builder.class_node(id);
        if let Some(name) = &class.id {
            self.builder.open_scope();
            let name = self.builder.atom(name.name.as_str());
            let variable = self.builder.declare(name, Declared::Here);
            self.builder.assign_variable(variable, node);
        }
        self.class_parts(id, class);
        if class.id.is_some() {
            self.builder.close_scope();
        }
        node
    }

    fn new_class(&mut self, class: &'a Class<'a>) -> ClassId {
        let name = class.id.as_ref().map(|name| self.builder.atom(name.name.as_str()));
        self.builder.new_class(name, class.span.start)
    }

    fn class_parts(&mut self, id: ClassId, class: &'a Class<'a>) {
        let decorators = self.decorators(&class.decorators);
        self.builder.class_mut(id).decorators = decorators;
        if let Some(heritage) = &class.heritage {
            let base = self.expression(&heritage.expression);
            self.builder.class_mut(id).bases.push(base);
        }
        let outer = self.this.replace(id);
        for element in &class.body.body {
            self.class_element(id, element);
        }
        self.this = outer;
    }

    fn decorators(&mut self, decorators: &'a [Decorator<'a>]) -> Vec<NodeId> {
        decorators.iter().map(|decorator| self.expression(&decorator.expression)).collect()
    }

    fn class_element(&mut self, class: ClassId, element: &'a ClassElement<'a>) {
        match element {
            ClassElement::MethodDefinition(method) => self.method(class, method),
            ClassElement::PropertyDefinition(field) => {
                self.decorators(&field.decorators);
                if !field.declare {
                    self.field(class, &field.key, field.value.as_ref());
                }
            }
            ClassElement::AccessorProperty(field) => {
                self.decorators(&field.decorators);
                self.field(class, &field.key, field.value.as_ref());
            }
            ClassElement::StaticBlock(block) => self.block(&block.body),
            ClassElement::TSIndexSignature(_) => {}
        }
    }

    fn method(&mut self, class: ClassId, method: &'a MethodDefinition<'a>) {
        let decorators = self.decorators(&method.decorators);
        let key = self.key(&method.key);
        if method.value.body.is_none() {
            return;
        }
        let kind = match method.kind {
            MethodDefinitionKind::Constructor => FunctionKind::Constructor,
            MethodDefinitionKind::Get => FunctionKind::Getter,
            MethodDefinitionKind::Set => FunctionKind::Setter,
            MethodDefinitionKind::Method if method.r#static => FunctionKind::Static,
            MethodDefinitionKind::Method => FunctionKind::Method,
        };
        let function = self.function(&method.value, named(key), kind, Some(class), Some(class));
        self.builder.function_mut(function).decorators = decorators;
        self.builder.class_mut(class).methods.push((key, function));
    }

    fn field(&mut self, class: ClassId, key: &'a PropertyKey<'a>, value: Option<&'a Expression<'a>>) {
        let key = self.key(key);
        let Some(value) = value else { return };
        let value = self.expression(value);
        if let Some(name) = named(key) {
            self.builder.name_value(value, name);
        }
        self.builder.class_mut(class).fields.push((key, value));
    }
}
