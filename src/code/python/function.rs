//! Functions and lambdas: what stands around the body now, the body itself from the queue.

use ruff_python_ast::{
    Decorator, Expr, ExprLambda, ExprStringLiteral, Operator as PythonOperator, Parameter, Parameters, Stmt,
    StmtFunctionDef, StringFlags as _, TypeParam, TypeParams,
};
use ruff_python_parser::parse_expression_range;
use ruff_text_size::TextRange;

use super::{Lowerer, names::Bindings, offset, start, text};
use crate::code::{
    builder::ScopeId,
    graph::{ClassId, ExitKind, FunctionId, FunctionKind, NodeId, Operator, ParameterKind},
};

/// Quoted annotations up to this length are read.
const MAX_QUOTED: u32 = 500;

/// A body that waits for the body around it.
pub(super) struct Job<'a> {
    function: FunctionId,
    /// The scope that the function is defined in.
    scope: ScopeId,
    parameters: Option<&'a Parameters>,
    /// Where defaults and annotations of the parameters start.
    described: usize,
    /// The class whose object the first parameter is.
    this: Option<ClassId>,
    body: Body<'a>,
}

enum Body<'a> {
    Suite(&'a [Stmt]),
    Expression(&'a Expr),
}

impl<'a> Lowerer<'a> {
    pub(super) fn function_definition(&mut self, def: &'a StmtFunctionDef) {
        let decorators: Vec<NodeId> = self.decorators(&def.decorator_list);
        let class = self.class_here();
        let kind = kind(def, class.is_some());
        self.type_parameters(def.type_params.as_deref());
        let described = self.describe(&def.parameters);
        let returns = def.returns.as_ref().map(|returns| self.annotation(returns));
        let name = self.builder.atom(def.name.as_str());
        let at = start(&def.name);
        let function = self.builder.new_function(Some(name), kind, class, at, offset(def.range.end()));
        let doc = docstring(&def.body).map(text::clean).map(|doc| self.builder.atom(&doc));
        let entry = self.builder.function_mut(function);
        entry.decorators = decorators;
        entry.returns = returns;
        entry.doc = doc;
        if let Some(class) = class {
            self.builder.class_mut(class).methods.push((name, function));
        }
        let this = class.filter(|_| kind != FunctionKind::Static);
        let scope = self.closure_scope();
        let (parameters, body) = (Some(&*def.parameters), Body::Suite(&def.body));
        self.queue.push_back(Job { function, scope, parameters, described, this, body });
        let node = self.builder.function_node(function);
        self.builder.assign(name, node);
    }

    pub(super) fn lambda(&mut self, lambda: &'a ExprLambda, at: u32) -> NodeId {
        let parameters = lambda.parameters.as_deref();
        let described = parameters.map_or(0, |parameters| self.describe(parameters));
        let end = offset(lambda.range.end());
        let function = self.builder.new_function(None, FunctionKind::Plain, None, at, end);
        let scope = self.closure_scope();
        let body = Body::Expression(&lambda.body);
        self.queue.push_back(Job { function, scope, parameters, described, this: None, body });
        self.builder.function_node(function)
    }

    pub(super) fn decorators(&mut self, decorators: &'a [Decorator]) -> Vec<NodeId> {
        decorators.iter().map(|decorator| self.expression(&decorator.expression)).collect()
    }

    pub(super) fn type_parameters(&mut self, parameters: Option<&'a TypeParams>) {
        for parameter in parameters.iter().flat_map(|parameters| &parameters.type_params) {
            let (bound, default) = match parameter {
                TypeParam::TypeVar(inner) => (inner.bound.as_deref(), inner.default.as_deref()),
                TypeParam::TypeVarTuple(inner) => (None, inner.default.as_deref()),
                TypeParam::ParamSpec(inner) => (None, inner.default.as_deref()),
            };
            for expr in [bound, default].into_iter().flatten() {
                self.expression(expr);
            }
        }
    }

    /// Lowers defaults and annotations where the function is defined; gives where they start.
    fn describe(&mut self, parameters: &'a Parameters) -> usize {
        let described = self.described.len();
        for (parameter, default, _) in in_order(parameters) {
            let default = default.map(|default| self.expression(default));
            let annotation = parameter.annotation.as_deref().map(|annotation| self.annotation(annotation));
            self.described.push((default, annotation));
        }
        described
    }

    /// Lowers a body from the queue.
    pub(super) fn body(&mut self, job: &Job<'a>) {
        self.builder.enter_function(job.function, job.scope);
        self.class = None;
        self.aliased.clear();
        if let Some(parameters) = job.parameters {
            self.parameters(parameters, job);
        }
        match job.body {
            Body::Suite(body) => {
                self.open_body(body);
                let rest = if docstring(body).is_some() { body.get(1..).unwrap_or_default() } else { body };
                self.suite(rest);
            }
            Body::Expression(expr) => {
                let value = self.expression(expr);
                self.builder.exit(ExitKind::Return, value, start(expr));
            }
        }
        self.builder.leave_function();
    }

    fn parameters(&mut self, parameters: &'a Parameters, job: &Job<'a>) {
        for (position, (parameter, _, kind)) in in_order(parameters).enumerate() {
            let name = self.builder.atom(parameter.name.as_str());
            let this = job.this.filter(|_| position == 0 && kind == ParameterKind::Plain);
            self.builder.parameter(name, kind, this, start(&parameter.name));
            if let Some(&(default, annotation)) = self.described.get(job.described + position) {
                self.builder.describe_parameter(default, annotation);
            }
        }
    }

    /// Declares what the body assigns, and lets `global` and `nonlocal` names mean the outer ones.
    fn open_body(&mut self, body: &'a [Stmt]) {
        let bindings = Bindings::of(body);
        for name in &bindings.nonlocal {
            let atom = self.builder.atom(name);
            if let Some(variable) = self.builder.lookup(atom) {
                self.builder.alias(atom, variable);
                self.aliased.push(atom);
            }
        }
        for name in &bindings.global {
            let variable = self.top_level(name);
            let atom = self.builder.atom(name);
            self.builder.alias(atom, variable);
            self.aliased.push(atom);
        }
        self.declare(&bindings.assigned);
    }

    /// An annotation; a quoted one is read as the expression inside.
    pub(super) fn annotation(&mut self, annotation: &'a Expr) -> NodeId {
        match annotation {
            Expr::StringLiteral(literal) => self.quoted(literal),
            _ => self.expression(annotation),
        }
    }

    fn quoted(&mut self, literal: &ExprStringLiteral) -> NodeId {
        let at = start(literal);
        let plain = self.builder.text(literal.value.to_str(), at);
        let [part] = literal.value.as_slice() else { return plain };
        let (open, close) = (part.flags.opener_len(), part.flags.closer_len());
        let range = literal.range;
        if range.len().to_u32() > MAX_QUOTED || range.len() <= open + close {
            return plain;
        }
        let inside = TextRange::new(range.start() + open, range.end() - close);
        match parse_expression_range(self.source, inside) {
            Ok(parsed) => self.quoted_type(&parsed.syntax().body, 0).unwrap_or(plain),
            Err(_) => plain,
        }
    }

    /// Names, members, subscripts and unions of a quoted annotation; nothing else is a type.
    fn quoted_type(&mut self, expr: &Expr, depth: u32) -> Option<NodeId> {
        if depth > 50 {
            return None;
        }
        let at = start(expr);
        Some(match expr {
            Expr::Name(name) => self.name(name.id.as_str(), at),
            Expr::NoneLiteral(_) => self.builder.null(),
            Expr::StringLiteral(literal) => self.builder.text(literal.value.to_str(), at),
            Expr::Attribute(attribute) => {
                let object = self.quoted_type(&attribute.value, depth + 1)?;
                let name = self.builder.atom(attribute.attr.as_str());
                self.builder.member(object, name, at)
            }
            Expr::Subscript(subscript) => {
                let object = self.quoted_type(&subscript.value, depth + 1)?;
                let key = self.quoted_type(&subscript.slice, depth + 1)?;
                self.builder.element(object, key, at)
            }
            Expr::BinOp(union) if union.op == PythonOperator::BitOr => {
                let left = self.quoted_type(&union.left, depth + 1)?;
                let right = self.quoted_type(&union.right, depth + 1)?;
                self.builder.binary(Operator::Arithmetic, left, right, at)
            }
            Expr::Tuple(tuple) => self.quoted_list(&tuple.elts, depth, at)?,
            Expr::List(list) => self.quoted_list(&list.elts, depth, at)?,
            _ => return None,
        })
    }

    fn quoted_list(&mut self, items: &[Expr], depth: u32, at: u32) -> Option<NodeId> {
        let items: Option<Vec<NodeId>> = items.iter().map(|item| self.quoted_type(item, depth + 1)).collect();
        Some(self.builder.array(&items?, at))
    }
}

/// Parameters in the order of their positions, with defaults.
fn in_order(parameters: &Parameters) -> impl Iterator<Item = (&Parameter, Option<&Expr>, ParameterKind)> {
    let plain = parameters.posonlyargs.iter().chain(&parameters.args);
    let plain = plain.map(|entry| (&entry.parameter, entry.default.as_deref(), ParameterKind::Plain));
    let rest = parameters.vararg.as_deref().map(|rest| (rest, None, ParameterKind::Rest));
    let keyword = parameters
        .kwonlyargs
        .iter()
        .map(|entry| (&entry.parameter, entry.default.as_deref(), ParameterKind::Keyword));
    let keywords = parameters.kwarg.as_deref().map(|rest| (rest, None, ParameterKind::Keywords));
    plain.chain(rest).chain(keyword).chain(keywords)
}

/// The docstring of a body, as written.
pub(super) fn docstring(body: &[Stmt]) -> Option<&str> {
    let Some(Stmt::Expr(first)) = body.first() else { return None };
    let Expr::StringLiteral(literal) = &*first.value else { return None };
    Some(literal.value.to_str())
}

fn kind(def: &StmtFunctionDef, method: bool) -> FunctionKind {
    if !method {
        return FunctionKind::Plain;
    }
    for decorator in &def.decorator_list {
        match &decorator.expression {
            Expr::Name(name) if name.id.as_str() == "staticmethod" => return FunctionKind::Static,
            Expr::Name(name) if matches!(name.id.as_str(), "property" | "cached_property") => {
                return FunctionKind::Getter;
            }
            Expr::Attribute(attribute) if attribute.attr.as_str() == "cached_property" => {
                return FunctionKind::Getter;
            }
            Expr::Attribute(attribute) if attribute.attr.as_str() == "setter" => return FunctionKind::Setter,
            _ => {}
        }
    }
    if def.name.as_str() == "__init__" { FunctionKind::Constructor } else { FunctionKind::Method }
}
