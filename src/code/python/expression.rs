//! Expressions, in evaluation order.

use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprDict, ExprIf, ExprSlice, ExprYield, ExprYieldFrom,
    UnaryOp,
};
use ruff_text_size::Ranged as _;

use super::{Lowerer, start};
use crate::code::{
    builder::Declared,
    graph::{Atom, ExitKind, NodeId, Operator, Property, Strings, Value},
};

impl<'a> Lowerer<'a> {
    /// The node of an expression.
    pub(super) fn expression(&mut self, expr: &'a Expr) -> NodeId {
        let at = start(expr);
        if !self.descend(at) {
            return self.builder.unknown();
        }
        let node = self.any_expression(expr, at);
        self.ascend();
        node
    }

    fn any_expression(&mut self, expr: &'a Expr, at: u32) -> NodeId {
        match expr {
            Expr::Name(name) => self.name(name.id.as_str(), at),
            Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) | Expr::Await(_) => self.chain(expr),
            Expr::BinOp(_) => self.operations(expr),
            Expr::BoolOp(operation) => self.logical(operation, at),
            Expr::Compare(comparison) => self.comparison(comparison, at),
            Expr::UnaryOp(unary) => {
                let operand = self.expression(&unary.operand);
                self.unary(unary.op, operand, at)
            }
            Expr::If(choice) => self.choice(choice, at),
            Expr::Named(named) => {
                let value = self.expression(&named.value);
                self.walrus(&named.target, value);
                value
            }
            Expr::Lambda(lambda) => self.lambda(lambda, at),
            Expr::Dict(dict) => self.dict(dict, at),
            Expr::Set(set) => self.array(&set.elts, at),
            Expr::List(list) => self.array(&list.elts, at),
            Expr::Tuple(tuple) => self.array(&tuple.elts, at),
            Expr::Starred(starred) => {
                let value = self.expression(&starred.value);
                self.builder.node(Value::Spread(value), at)
            }
            Expr::Slice(slice) => self.slice(slice, at),
            Expr::Yield(value) => self.yielded(value, at),
            Expr::YieldFrom(value) => self.yielded_from(value, at),
            Expr::ListComp(inner) => self.comprehension(&inner.generators, &inner.elt, at),
            Expr::SetComp(inner) => self.comprehension(&inner.generators, &inner.elt, at),
            Expr::Generator(inner) => self.comprehension(&inner.generators, &inner.elt, at),
            Expr::DictComp(inner) => self.dict_comprehension(inner, at),
            _ => self.literal(expr, at),
        }
    }

    fn literal(&mut self, expr: &'a Expr, at: u32) -> NodeId {
        match expr {
            Expr::StringLiteral(literal) => self.builder.text(literal.value.to_str(), at),
            Expr::FString(text) => self.f_string(&text.value, at),
            Expr::TString(text) => self.t_string(&text.value, at),
            Expr::BytesLiteral(literal) => self.bytes(&literal.value, at),
            Expr::NumberLiteral(_) => {
                let written = self.source.get(expr.range().to_std_range()).unwrap_or("0");
                let atom = self.builder.atom(written);
                self.builder.node(Value::Number(atom), at)
            }
            Expr::BooleanLiteral(literal) => self.builder.node(Value::Bool(literal.value), at),
            Expr::NoneLiteral(_) => self.builder.node(Value::Null, at),
            _ => self.unknown(at),
        }
    }

    /// The value of a name; a `self` that a closure keeps is still the object.
    pub(super) fn name(&mut self, name: &str, at: u32) -> NodeId {
        let name = self.builder.atom(name);
        let node = self.builder.read(name, at);
        if let Value::Global(name) = self.builder.unit().value(node) {
            return self.starred(name, node, at);
        }
        let unit = self.builder.unit();
        if let Value::Variable(variable) = unit.value(node)
            && let &[only] = unit.variables[variable.index()].values.as_slice()
            && matches!(unit.value(only), Value::This(_))
        {
            return only;
        }
        node
    }

    fn unary(&mut self, operator: UnaryOp, operand: NodeId, at: u32) -> NodeId {
        match operator {
            UnaryOp::Not => self.builder.node(Value::Not(operand), at),
            UnaryOp::UAdd => operand,
            UnaryOp::USub | UnaryOp::Invert => {
                if let (UnaryOp::USub, Value::Number(digits)) = (operator, self.builder.unit().value(operand))
                {
                    let text = format!("-{}", self.builder.unit().text(digits));
                    let atom = self.builder.atom(&text);
                    return self.builder.node(Value::Number(atom), at);
                }
                let zero = self.builder.atom("0");
                let zero = self.builder.node(Value::Number(zero), at);
                self.builder.binary(Operator::Arithmetic, zero, operand, at)
            }
        }
    }

    /// `a and b or c`: each right side runs under what the left side decided.
    fn logical(&mut self, operation: &'a ExprBoolOp, at: u32) -> NodeId {
        let holds = operation.op == BoolOp::And;
        let mut operands = operation.values.iter();
        let Some(first) = operands.next() else { return self.builder.unknown() };
        let mut node = self.expression(first);
        let mut last = node;
        let mark = self.builder.mark();
        for operand in operands {
            self.builder.enter(last, holds);
            last = self.expression(operand);
            let value = if holds { Value::And(node, last) } else { Value::Or(node, last) };
            node = self.builder.node(value, at);
        }
        let branch = self.builder.take(mark);
        let stops = branch.is_dead();
        let skip = self.builder.skip();
        self.builder.merge(&[skip, branch], at);
        if stops && operation.values.len() == 2 {
            let test = self.operand(node);
            self.builder.enter(test, !holds);
        }
        node
    }

    fn operand(&self, node: NodeId) -> NodeId {
        match self.builder.unit().value(node) {
            Value::And(left, _) | Value::Or(left, _) => left,
            _ => node,
        }
    }

    /// `a < b < c` holds where each pair does.
    fn comparison(&mut self, comparison: &'a ExprCompare, at: u32) -> NodeId {
        let mut left = self.expression(&comparison.left);
        let mut all: Option<NodeId> = None;
        for (operator, right) in comparison.ops.iter().zip(&comparison.comparators) {
            let right = self.expression(right);
            let pair = self.builder.binary(compares(*operator), left, right, at);
            all = Some(match all {
                Some(before) => self.builder.node(Value::And(before, pair), at),
                None => pair,
            });
            left = right;
        }
        all.unwrap_or(left)
    }

    fn choice(&mut self, choice: &'a ExprIf, at: u32) -> NodeId {
        let test = self.expression(&choice.test);
        let mark = self.builder.mark();
        self.builder.enter(test, true);
        let yes = self.expression(&choice.body);
        let taken = self.builder.take(mark);
        let mark = self.builder.mark();
        self.builder.enter(test, false);
        let no = self.expression(&choice.orelse);
        let other = self.builder.take(mark);
        self.builder.merge(&[taken, other], at);
        self.builder.node(Value::Choice { test, yes, no }, at)
    }

    /// `(x := value)` assigns in the function, also out of a comprehension.
    fn walrus(&mut self, target: &'a Expr, value: NodeId) {
        let Expr::Name(name) = target else { return };
        let name = self.builder.atom(name.id.as_str());
        let own = self.builder.lookup(name).is_some_and(|variable| {
            self.builder.unit().variables[variable.index()].function == self.builder.function()
        });
        if !own && !self.aliased.contains(&name) {
            let variable = self.builder.declare(name, Declared::InFunction);
            if self.builder.function().0 == 0 {
                self.exported.push((name, variable));
            }
        }
        self.builder.assign(name, value);
    }

    fn array(&mut self, items: &'a [Expr], at: u32) -> NodeId {
        let base = self.nodes.len();
        for item in items {
            let node = self.expression(item);
            self.nodes.push(node);
        }
        let node = self.builder.array(&self.nodes[base..], at);
        self.nodes.truncate(base);
        node
    }

    fn dict(&mut self, dict: &'a ExprDict, at: u32) -> NodeId {
        let base = self.entries.len();
        for item in &dict.items {
            let key = match &item.key {
                None => Strings::SPREAD,
                Some(key) => {
                    let key = self.expression(key);
                    self.key(key)
                }
            };
            let value = self.expression(&item.value);
            self.entries.push(Property { key, value });
        }
        let node = self.builder.object(&self.entries[base..], at);
        self.entries.truncate(base);
        node
    }

    /// The member that a key names.
    pub(super) fn key(&self, key: NodeId) -> Atom {
        match self.builder.unit().value(key) {
            Value::Text(name) => name,
            _ => Strings::ELEMENT,
        }
    }

    fn slice(&mut self, slice: &'a ExprSlice, at: u32) -> NodeId {
        for bound in [&slice.lower, &slice.upper, &slice.step].into_iter().flatten() {
            self.expression(bound);
        }
        self.unknown(at)
    }

    fn yielded(&mut self, value: &'a ExprYield, at: u32) -> NodeId {
        let node = match &value.value {
            Some(value) => self.expression(value),
            None => self.builder.null(),
        };
        self.builder.exit(ExitKind::Yield, node, at);
        self.unknown(at)
    }

    fn yielded_from(&mut self, value: &'a ExprYieldFrom, at: u32) -> NodeId {
        let node = self.expression(&value.value);
        let item = self.builder.node(Value::Item(node), at);
        self.builder.exit(ExitKind::Yield, item, at);
        self.unknown(at)
    }
}

fn compares(operator: CmpOp) -> Operator {
    match operator {
        CmpOp::Eq | CmpOp::Is => Operator::Equal,
        CmpOp::NotEq | CmpOp::IsNot => Operator::NotEqual,
        CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => Operator::Order,
        CmpOp::In => Operator::In,
        CmpOp::NotIn => Operator::NotIn,
    }
}
