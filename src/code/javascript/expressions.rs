//! Expressions: dispatch, names and member access.

use oxc_ast::ast::{
    ChainElement, ComputedMemberExpression, Expression, IdentifierReference, SequenceExpression,
    SpreadElement, StaticMemberExpression, YieldExpression,
};
use oxc_span::GetSpan;

use super::lowering::Lowering;
use crate::code::graph::{ExitKind, FunctionKind, NodeId, Value};

impl<'a> Lowering<'a> {
    /// The node of an expression.
    pub(super) fn expression(&mut self, expression: &'a Expression<'a>) -> NodeId {
        match expression {
            Expression::Identifier(name) => self.identifier(name),
            Expression::StringLiteral(text) => self.builder.text(text.value.as_str(), text.span.start),
            Expression::NumericLiteral(number) => self.number(number),
            Expression::BooleanLiteral(literal) => {
                self.builder.node(Value::Bool(literal.value), literal.span.start)
            }
            Expression::NullLiteral(_) => self.builder.null(),
            Expression::ThisExpression(this) => self.this_value(this.span.start),
            nested => {
                if !self.descend(nested) {
                    return self.builder.unknown();
                }
                let node = self.nested(nested);
                self.ascend();
                node
            }
        }
    }

    fn nested(&mut self, expression: &'a Expression<'a>) -> NodeId {
        match expression {
            Expression::StaticMemberExpression(member) => self.static_member(member),
            Expression::ComputedMemberExpression(member) => self.computed_member(member),
            Expression::PrivateFieldExpression(member) => {
                let object = self.expression(&member.object);
                let name = self.private(&member.field);
                self.builder.member(object, name, member.span.start)
            }
            Expression::CallExpression(call) => self.call(call),
            Expression::NewExpression(new) => self.new_call(new),
            Expression::AssignmentExpression(assignment) => self.assignment(assignment),
            Expression::BinaryExpression(binary) => self.binary(binary),
            Expression::LogicalExpression(logical) => self.logical(logical),
            Expression::ConditionalExpression(conditional) => self.conditional(conditional),
            Expression::UnaryExpression(unary) => self.unary(unary),
            Expression::UpdateExpression(update) => self.update(update),
            Expression::SequenceExpression(sequence) => self.sequence(sequence),
            Expression::ObjectExpression(object) => self.object(object),
            Expression::ArrayExpression(array) => self.array(array),
            Expression::ArrowFunctionExpression(arrow) => self.arrow(arrow),
            Expression::FunctionExpression(function) => {
                let id = self.function(function, None, FunctionKind::Plain, None, None);
                self.builder.function_node(id)
            }
            Expression::ClassExpression(class) => self.class_expression(class),
            Expression::TemplateLiteral(template) => self.template(template),
            Expression::TaggedTemplateExpression(tagged) => self.tagged(tagged),
            Expression::AwaitExpression(wait) => self.expression(&wait.argument),
            Expression::YieldExpression(yielded) => self.yielded(yielded),
            Expression::ImportExpression(import) => self.import_call(import),
            other => self.rare(other),
        }
    }

    fn rare(&mut self, expression: &'a Expression<'a>) -> NodeId {
        let at = expression.span().start;
        match expression {
            Expression::ChainExpression(chain) => self.chain(&chain.expression),
            Expression::ParenthesizedExpression(inner) => self.expression(&inner.expression),
            Expression::TSAsExpression(inner) => self.expression(&inner.expression),
            Expression::TSSatisfiesExpression(inner) => self.expression(&inner.expression),
            Expression::TSTypeAssertion(inner) => self.expression(&inner.expression),
            Expression::TSNonNullExpression(inner) => self.expression(&inner.expression),
            Expression::TSInstantiationExpression(inner) => self.expression(&inner.expression),
            Expression::RegExpLiteral(regex) => self.regex(regex),
            Expression::BigIntLiteral(number) => {
                let text = self.builder.atom(number.value.as_str());
                self.builder.node(Value::Number(text), at)
            }
            Expression::PrivateInExpression(test) => self.private_in(test),
            Expression::Super(_) => self.global(self.names.super_class, at),
            Expression::ImportMeta(_) => self.global(self.names.import_meta, at),
            Expression::NewTarget(_) => self.global(self.names.new_target, at),
            Expression::JSXElement(element) => self.jsx_element(element),
            Expression::JSXFragment(fragment) => self.jsx_fragment(fragment),
            _ => self.builder.unknown(),
        }
    }

    pub(super) fn identifier(&mut self, name: &IdentifierReference<'a>) -> NodeId {
        let at = name.span.start;
        let name = self.builder.atom(name.name.as_str());
        match self.builder.lookup(name) {
            Some(variable) => self.builder.read_variable(variable, at),
            None if name == self.names.undefined => self.builder.null(),
            None => self.global(name, at),
        }
    }

    pub(super) fn this_value(&mut self, at: u32) -> NodeId {
        match self.this {
            Some(class) => self.builder.node(Value::This(class), at),
            None => self.global(self.names.this, at),
        }
    }

    fn static_member(&mut self, member: &'a StaticMemberExpression<'a>) -> NodeId {
        let object = self.expression(&member.object);
        let name = self.builder.atom(member.property.name.as_str());
        let at = member_offset(member);
        self.builder.member(object, name, at)
    }

    fn computed_member(&mut self, member: &'a ComputedMemberExpression<'a>) -> NodeId {
        let object = self.expression(&member.object);
        let key = self.expression(&member.expression);
        self.builder.element(object, key, member.span.start)
    }

    fn chain(&mut self, chain: &'a ChainElement<'a>) -> NodeId {
        match chain {
            ChainElement::CallExpression(call) => self.call(call),
            ChainElement::TSNonNullExpression(inner) => self.expression(&inner.expression),
            ChainElement::StaticMemberExpression(member) => self.static_member(member),
            ChainElement::ComputedMemberExpression(member) => self.computed_member(member),
            ChainElement::PrivateFieldExpression(member) => {
                let object = self.expression(&member.object);
                let name = self.private(&member.field);
                self.builder.member(object, name, member.span.start)
            }
        }
    }

    fn sequence(&mut self, sequence: &'a SequenceExpression<'a>) -> NodeId {
        let mut last = self.builder.null();
        for expression in &sequence.expressions {
            last = self.expression(expression);
        }
        last
    }

    fn yielded(&mut self, yielded: &'a YieldExpression<'a>) -> NodeId {
        let value = self.optional(yielded.argument.as_ref());
        self.builder.exit(ExitKind::Yield, value, yielded.span.start);
        self.builder.unknown()
    }

    pub(super) fn spread(&mut self, spread: &'a SpreadElement<'a>) -> NodeId {
        let value = self.expression(&spread.argument);
        self.builder.node(Value::Spread(value), spread.span.start)
    }
}

/// Where a member access stands: at its name in a chain of calls, which may go over many lines.
pub(super) fn member_offset(member: &StaticMemberExpression<'_>) -> u32 {
    match &member.object {
        Expression::CallExpression(_) => member.property.span.start,
        Expression::StaticMemberExpression(inner)
            if matches!(inner.object, Expression::CallExpression(_)) =>
        {
            member.property.span.start
        }
        _ => member.span.start,
    }
}
