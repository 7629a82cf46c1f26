//! Assignments: to names, to members through whatever holds the object, and to exports.

use oxc_ast::ast::{
    AssignmentExpression, AssignmentOperator, AssignmentTarget, Expression, MemberExpression,
    SimpleAssignmentTarget, UpdateExpression,
};
use oxc_span::GetSpan;

use super::lowering::Lowering;
use crate::code::graph::{Atom, NodeId, Operator, Strings, Value, VariableId};

/// Something that can be assigned to; its operands are lowered.
pub(super) enum Place {
    /// A name.
    Name(Atom),
    /// A member: the objects and keys on the way are `Lowering::steps` from `start` on.
    Member {
        start: usize,
        /// The variable that holds the outermost object.
        root: Option<VariableId>,
    },
    /// `module.exports`.
    Module,
    /// A member of `exports`.
    Export(Atom),
    /// Nothing that is modelled.
    Nothing,
}

impl<'a> Lowering<'a> {
    pub(super) fn assignment(&mut self, assignment: &'a AssignmentExpression<'a>) -> NodeId {
        let Some(target) = assignment.left.as_simple_assignment_target() else {
            let value = self.expression(&assignment.right);
            self.assign_pattern(&assignment.left, value);
            return value;
        };
        let at = assignment.span.start;
        let place = self.place(target);
        match assignment.operator {
            AssignmentOperator::Assign => {
                let value = self.expression(&assignment.right);
                self.name_after(&place, value);
                self.store(&place, value, at);
                value
            }
            AssignmentOperator::LogicalOr | AssignmentOperator::LogicalNullish => {
                let before = self.load(&place, at);
                self.logical_assignment(assignment, &place, before, false)
            }
            AssignmentOperator::LogicalAnd => {
                let before = self.load(&place, at);
                self.logical_assignment(assignment, &place, before, true)
            }
            operator => {
                let before = self.load(&place, at);
                let right = self.expression(&assignment.right);
                let value = if operator == AssignmentOperator::Addition {
                    self.builder.concat(&[before, right], at)
                } else {
                    self.builder.binary(Operator::Arithmetic, before, right, at)
                };
                self.store(&place, value, at);
                value
            }
        }
    }

    fn logical_assignment(
        &mut self,
        assignment: &'a AssignmentExpression<'a>,
        place: &Place,
        before: NodeId,
        holds: bool,
    ) -> NodeId {
        let at = assignment.span.start;
        let right = self.guarded(before, holds, at, |lowering| lowering.expression(&assignment.right));
        self.name_after(place, right);
        let value = if holds { Value::And(before, right) } else { Value::Or(before, right) };
        let value = self.builder.node(value, at);
        self.store(place, value, at);
        value
    }

    pub(super) fn update(&mut self, update: &'a UpdateExpression<'a>) -> NodeId {
        let at = update.span.start;
        let place = self.place(&update.argument);
        let before = self.load(&place, at);
        let one = self.builder.node(Value::Number(self.names.one), at);
        let after = self.builder.binary(Operator::Arithmetic, before, one, at);
        self.store(&place, after, at);
        if update.prefix { after } else { before }
    }

    /// Assigns a part of a destructured value to whatever the target is.
    pub(super) fn assign_target(&mut self, target: &'a AssignmentTarget<'a>, value: NodeId) {
        match target.as_simple_assignment_target() {
            Some(simple) => {
                let place = self.place(simple);
                self.store(&place, value, simple.span().start);
            }
            None => self.assign_pattern(target, value),
        }
    }

    // ---- places ------------------------------------------------------------------------------

    fn place(&mut self, target: &'a SimpleAssignmentTarget<'a>) -> Place {
        if let Some(member) = target.as_member_expression() {
            return self.member_place(member);
        }
        match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(name) => self.name_place(name.name.as_str()),
            other => match other.get_expression() {
                Some(inner) => self.expression_place(inner),
                None => Place::Nothing,
            },
        }
    }

    /// The place that an expression names; one that is no place is lowered for its calls.
    pub(super) fn expression_place(&mut self, expression: &'a Expression<'a>) -> Place {
        let expression = expression.get_inner_expression();
        if let Some(member) = expression.as_member_expression() {
            return self.member_place(member);
        }
        if let Expression::Identifier(name) = expression {
            return self.name_place(name.name.as_str());
        }
        let start = self.steps.len();
        let node = self.expression(expression);
        self.steps.push((node, Strings::EMPTY));
        Place::Member { start, root: None }
    }

    fn name_place(&mut self, name: &str) -> Place {
        let name = self.builder.atom(name);
        Place::Name(name)
    }

    fn member_place(&mut self, outermost: &'a MemberExpression<'a>) -> Place {
        if let Some(place) = self.export_place(outermost) {
            return place;
        }
        let start = self.steps.len();
        let first = self.members.len();
        self.members.push(outermost);
        let mut object = outermost.object().get_inner_expression();
        while let Some(inner) = object.as_member_expression() {
            self.members.push(inner);
            object = inner.object().get_inner_expression();
        }
        let mut node = self.expression(object);
        let root = match object {
            Expression::Identifier(name) => {
                let name = self.builder.atom(name.name.as_str());
                self.local(name)
            }
            _ => None,
        };
        while self.members.len() > first
            && let Some(member) = self.members.pop()
        {
            let (key, part) = self.member_step(node, member, self.members.len() > first);
            self.steps.push((node, key));
            node = part;
        }
        Place::Member { start, root }
    }

    /// The key of a member and, where asked for, its value.
    fn member_step(
        &mut self,
        object: NodeId,
        member: &'a MemberExpression<'a>,
        read: bool,
    ) -> (Atom, NodeId) {
        let at = member.span().start;
        let key = match member {
            MemberExpression::StaticMemberExpression(member) => {
                self.builder.atom(member.property.name.as_str())
            }
            MemberExpression::PrivateFieldExpression(member) => self.private(&member.field),
            MemberExpression::ComputedMemberExpression(member) => {
                let key = self.expression(&member.expression);
                match self.builder.unit().value(key) {
                    Value::Text(name) => name,
                    _ if read => return (Strings::ELEMENT, self.builder.element(object, key, at)),
                    _ => Strings::ELEMENT,
                }
            }
        };
        if read { (key, self.builder.member(object, key, at)) } else { (key, object) }
    }

    /// What a place holds.
    pub(super) fn load(&mut self, place: &Place, at: u32) -> NodeId {
        match *place {
            Place::Name(name) => self.builder.read(name, at),
            Place::Member { .. } => match self.steps.last().copied() {
                Some((node, Strings::EMPTY)) => node,
                Some((node, Strings::ELEMENT)) => {
                    let key = self.builder.unknown();
                    self.builder.element(node, key, at)
                }
                Some((node, key)) => self.builder.member(node, key, at),
                None => self.builder.unknown(),
            },
            Place::Module => {
                let module = self.global(self.names.module, at);
                self.builder.member(module, self.names.exports, at)
            }
            Place::Export(name) => {
                let exports = self.global(self.names.exports, at);
                self.builder.member(exports, name, at)
            }
            Place::Nothing => self.builder.unknown(),
        }
    }

    /// Assigns to a place; a member goes to everything that holds its object.
    pub(super) fn store(&mut self, place: &Place, value: NodeId, at: u32) {
        match *place {
            Place::Name(name) => {
                if self.local(name).is_some() || (name != self.names.exports && name != self.names.module) {
                    self.builder.assign(name, value);
                }
            }
            Place::Member { start, root } => self.store_member(start, root, value, at),
            Place::Module => self.export_module(value),
            Place::Export(name) => self.export_value(name, value),
            Place::Nothing => {}
        }
    }

    fn store_member(&mut self, start: usize, root: Option<VariableId>, value: NodeId, at: u32) {
        let kept = self.steps.get(start).is_some_and(|&(object, _)| {
            root.is_some() || matches!(self.builder.unit().value(object), Value::This(_) | Value::Global(_))
        });
        let mut updated = value;
        while self.steps.len() > start
            && let Some((object, key)) = self.steps.pop()
        {
            if kept && key != Strings::EMPTY {
                updated = self.builder.with(object, key, updated, at);
            }
        }
        if let Some(root) = root {
            self.builder.assign_variable(root, updated);
        }
    }

    /// Gives back the scratch space of a place that is not assigned to.
    pub(super) fn forget(&mut self, place: &Place) {
        if let Place::Member { start, .. } = *place {
            self.steps.truncate(start);
        }
    }

    fn name_after(&mut self, place: &Place, value: NodeId) {
        let name = match *place {
            Place::Name(name) | Place::Export(name) => Some(name),
            Place::Member { .. } => self.steps.last().map(|&(_, key)| key),
            Place::Module | Place::Nothing => None,
        };
        if let Some(name) = name.filter(|&name| name != Strings::ELEMENT && name != Strings::EMPTY) {
            self.builder.name_value(value, name);
        }
    }
}
