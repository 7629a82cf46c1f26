//! Destructuring: parts of a value bound to names, or assigned to places.

use oxc_ast::ast::{
    AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty, BindingIdentifier,
    BindingPattern, BindingProperty, PropertyKey,
};
use oxc_span::GetSpan;

use super::lowering::Lowering;
use crate::code::builder::Declared;
use crate::code::graph::{Atom, NodeId, Strings, Value};

/// How the names in a pattern are declared.
#[derive(Clone, Copy)]
pub(super) struct Binding {
    pub(super) declared: Declared,
    pub(super) mutable: bool,
}

impl Binding {
    /// Names that only their scope sees and nothing assigns again.
    pub(super) const HERE: Self = Self { declared: Declared::Here, mutable: false };
}

impl<'a> Lowering<'a> {
    /// Binds the names of a pattern to the parts of a value.
    pub(super) fn bind(&mut self, pattern: &'a BindingPattern<'a>, value: NodeId, binding: Binding) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => self.bind_name(name, value, binding),
            nested => {
                if self.descend(nested) {
                    self.bind_parts(nested, value, binding);
                    self.ascend();
                }
            }
        }
    }

    fn bind_name(&mut self, name: &'a BindingIdentifier<'a>, value: NodeId, binding: Binding) {
        let name = self.builder.atom(name.name.as_str());
        let variable = self.builder.declare(name, binding.declared);
        self.builder.name_value(value, name);
        self.builder.initialise(variable, value, binding.mutable);
    }

    fn bind_parts(&mut self, pattern: &'a BindingPattern<'a>, value: NodeId, binding: Binding) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => self.bind_name(name, value, binding),
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    self.bind_property(property, value, binding);
                }
                if let Some(rest) = &object.rest {
                    self.bind(&rest.argument, value, binding);
                }
            }
            BindingPattern::ArrayPattern(array) => {
                for (at, element) in array.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.position(value, at, element.span().start);
                        self.bind(element, part, binding);
                    }
                }
                if let Some(rest) = &array.rest {
                    self.bind(&rest.argument, value, binding);
                }
            }
            BindingPattern::AssignmentPattern(assignment) => {
                let default = self.expression(&assignment.right);
                if let BindingPattern::BindingIdentifier(name) = &assignment.left {
                    let name = self.builder.atom(name.name.as_str());
                    self.builder.name_value(default, name);
                }
                let either = self.builder.join(&[value, default], assignment.span.start);
                self.bind(&assignment.left, either, binding);
            }
        }
    }

    fn bind_property(&mut self, property: &'a BindingProperty<'a>, value: NodeId, binding: Binding) {
        let part = self.part(value, &property.key);
        self.bind(&property.value, part, binding);
    }

    /// The member of a value under a key of a pattern.
    fn part(&mut self, value: NodeId, key: &'a PropertyKey<'a>) -> NodeId {
        let at = key.span().start;
        let name = self.key(key);
        self.named_part(value, name, at)
    }

    fn named_part(&mut self, value: NodeId, name: Atom, at: u32) -> NodeId {
        if name == Strings::ELEMENT {
            let key = self.builder.unknown();
            return self.builder.element(value, key, at);
        }
        self.builder.member(value, name, at)
    }

    /// The element of a value at a position of a pattern.
    fn position(&mut self, value: NodeId, position: usize, at: u32) -> NodeId {
        let text = match position {
            0 => self.names.zero,
            1 => self.names.one,
            other => self.builder.atom(&other.to_string()),
        };
        let key = self.builder.node(Value::Number(text), at);
        self.builder.element(value, key, at)
    }

    /// Assigns the parts of a value to the targets of a pattern.
    pub(super) fn assign_pattern(&mut self, target: &'a AssignmentTarget<'a>, value: NodeId) {
        if !self.descend(target) {
            return;
        }
        match target {
            AssignmentTarget::ObjectAssignmentTarget(object) => {
                for property in &object.properties {
                    self.assign_property(property, value);
                }
                if let Some(rest) = &object.rest {
                    self.assign_target(&rest.target, value);
                }
            }
            AssignmentTarget::ArrayAssignmentTarget(array) => {
                for (at, element) in array.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.position(value, at, element.span().start);
                        self.assign_part(element, part);
                    }
                }
                if let Some(rest) = &array.rest {
                    self.assign_target(&rest.target, value);
                }
            }
            other => self.assign_target(other, value),
        }
        self.ascend();
    }

    fn assign_property(&mut self, property: &'a AssignmentTargetProperty<'a>, value: NodeId) {
        match property {
            AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => {
                let at = property.span.start;
                let name = self.builder.atom(property.binding.name.as_str());
                let mut part = self.builder.member(value, name, at);
                if let Some(default) = &property.init {
                    let default = self.expression(default);
                    part = self.builder.join(&[part, default], at);
                }
                self.builder.assign(name, part);
            }
            AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => {
                let part = self.part(value, &property.name);
                self.assign_part(&property.binding, part);
            }
        }
    }

    fn assign_part(&mut self, target: &'a AssignmentTargetMaybeDefault<'a>, part: NodeId) {
        if let AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(with) = target {
            let default = self.expression(&with.init);
            let either = self.builder.join(&[part, default], with.span.start);
            self.assign_target(&with.binding, either);
        } else if let Some(target) = target.as_assignment_target() {
            self.assign_target(target, part);
        }
    }
}
