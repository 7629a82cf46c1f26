//! Operators: text joining, comparisons, logic and choices, each with the branches it implies.

use oxc_ast::ast::{
    BinaryExpression, BinaryOperator, ConditionalExpression, Expression, LogicalExpression, LogicalOperator,
    PrivateInExpression, UnaryExpression, UnaryOperator,
};

use super::lowering::Lowering;
use crate::code::builder::Branch;
use crate::code::graph::{Form, NodeId, Operator, Value};

impl<'a> Lowering<'a> {
    /// Walks down the left operands with a loop: generated code joins thousands of terms.
    pub(super) fn binary(&mut self, outermost: &'a BinaryExpression<'a>) -> NodeId {
        let first = self.binaries.len();
        self.binaries.push(outermost);
        let mut left = &outermost.left;
        while let Expression::BinaryExpression(inner) = left {
            self.binaries.push(inner);
            left = &inner.left;
        }
        let at = outermost.span.start;
        let start = self.nodes.len();
        let mut value = self.expression(left);
        while self.binaries.len() > first
            && let Some(binary) = self.binaries.pop()
        {
            let joining = self.nodes.len() > start;
            if binary.operator == BinaryOperator::Addition {
                if !joining {
                    self.nodes.push(value);
                }
                let right = self.expression(&binary.right);
                self.nodes.push(right);
                continue;
            }
            if joining {
                value = self.drain_concat(start, at);
            }
            let right = self.expression(&binary.right);
            value = self.builder.binary(operator(binary.operator), value, right, at);
        }
        if self.nodes.len() > start { self.drain_concat(start, at) } else { value }
    }

    pub(super) fn private_in(&mut self, test: &'a PrivateInExpression<'a>) -> NodeId {
        let name = self.private(&test.left);
        let left = self.builder.node(Value::Text(name), test.span.start);
        let right = self.expression(&test.right);
        self.builder.binary(Operator::In, left, right, test.span.start)
    }

    /// Walks down the left operands with a loop, as [`Lowering::binary`].
    pub(super) fn logical(&mut self, outermost: &'a LogicalExpression<'a>) -> NodeId {
        let first = self.logicals.len();
        self.logicals.push(outermost);
        let mut left = &outermost.left;
        while let Expression::LogicalExpression(inner) = left {
            self.logicals.push(inner);
            left = &inner.left;
        }
        let mut value = self.expression(left);
        while self.logicals.len() > first
            && let Some(logical) = self.logicals.pop()
        {
            value = self.logical_step(logical, value);
        }
        value
    }

    fn logical_step(&mut self, logical: &'a LogicalExpression<'a>, left: NodeId) -> NodeId {
        let at = logical.span.start;
        let goes_on = logical.operator == LogicalOperator::And;
        if goes_on && self.builder.unit().value(left) == Value::Number(self.names.zero) {
            return left;
        }
        let right = self.guarded(left, goes_on, at, |lowering| lowering.expression(&logical.right));
        if goes_on {
            self.builder.node(Value::And(left, right), at)
        } else {
            self.builder.node(Value::Or(left, right), at)
        }
    }

    /// Lowers something that happens only where `test` holds (or fails) and joins the state with
    /// the one around it. Where control does not come back, the opposite stands from here on.
    pub(super) fn guarded(
        &mut self,
        test: NodeId,
        holds: bool,
        at: u32,
        lower: impl FnOnce(&mut Self) -> NodeId,
    ) -> NodeId {
        let mark = self.builder.mark();
        self.builder.enter(test, holds);
        let value = lower(self);
        let branch = self.take(mark);
        if branch.is_dead() {
            if !self.builder.is_dead() {
                self.builder.enter(test, !holds);
            }
        } else if !branch.is_empty() {
            let skip = self.builder.skip();
            self.merge(&[branch, skip], at);
        }
        value
    }

    pub(super) fn conditional(&mut self, conditional: &'a ConditionalExpression<'a>) -> NodeId {
        let at = conditional.span.start;
        let test = self.expression(&conditional.test);
        let mark = self.builder.mark();
        self.builder.enter(test, true);
        let yes = self.expression(&conditional.consequent);
        let taken = self.take(mark);
        self.builder.enter(test, false);
        let no = self.expression(&conditional.alternate);
        let other = self.take(mark);
        self.after_either(test, &[taken, other], at);
        self.builder.node(Value::Choice { test, yes, no }, at)
    }

    /// Joins the two branches of a test; where only one of them goes on, its condition stays.
    pub(super) fn after_either(&mut self, test: NodeId, branches: &[Branch; 2], at: u32) {
        self.merge(branches, at);
        let [yes, no] = branches;
        if yes.is_dead() != no.is_dead() {
            self.builder.enter(test, no.is_dead());
        }
    }

    pub(super) fn unary(&mut self, unary: &'a UnaryExpression<'a>) -> NodeId {
        let at = unary.span.start;
        if let (UnaryOperator::LogicalNot, Expression::NumericLiteral(number)) =
            (unary.operator, &unary.argument)
        {
            let truth = number.value != 0.0 && !number.value.is_nan();
            return self.builder.node(Value::Bool(!truth), at);
        }
        if let (UnaryOperator::UnaryNegation, Expression::NumericLiteral(_)) =
            (unary.operator, &unary.argument)
            && let Some(text) = self.source.get(at as usize..unary.span.end as usize)
        {
            let text = self.builder.atom(text);
            return self.builder.node(Value::Number(text), at);
        }
        let value = self.expression(&unary.argument);
        match unary.operator {
            UnaryOperator::LogicalNot => self.builder.node(Value::Not(value), at),
            UnaryOperator::Void => self.builder.null(),
            UnaryOperator::Delete => self.builder.unknown(),
            UnaryOperator::Typeof => {
                let callee = self.global(self.names.type_of, at);
                self.builder.call(callee, &[value], &[], Form::Call, at)
            }
            UnaryOperator::UnaryPlus | UnaryOperator::UnaryNegation | UnaryOperator::BitwiseNot => {
                let nothing = self.builder.unknown();
                self.builder.binary(Operator::Arithmetic, nothing, value, at)
            }
        }
    }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Equality | BinaryOperator::StrictEquality => Operator::Equal,
        BinaryOperator::Inequality | BinaryOperator::StrictInequality => Operator::NotEqual,
        BinaryOperator::LessThan
        | BinaryOperator::LessEqualThan
        | BinaryOperator::GreaterThan
        | BinaryOperator::GreaterEqualThan => Operator::Order,
        BinaryOperator::In => Operator::In,
        BinaryOperator::Instanceof => Operator::InstanceOf,
        BinaryOperator::Addition
        | BinaryOperator::Subtraction
        | BinaryOperator::Multiplication
        | BinaryOperator::Division
        | BinaryOperator::Remainder
        | BinaryOperator::Exponential
        | BinaryOperator::ShiftLeft
        | BinaryOperator::ShiftRight
        | BinaryOperator::ShiftRightZeroFill
        | BinaryOperator::BitwiseOR
        | BinaryOperator::BitwiseXOR
        | BinaryOperator::BitwiseAnd => Operator::Arithmetic,
    }
}
