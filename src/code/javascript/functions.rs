//! Functions: their values where they stand, their bodies from the queue.

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, BindingPattern, Expression, FormalParameter,
    FormalParameters, Function, FunctionType, TSType, TSTypeAnnotation, TSTypeName,
};
use oxc_span::GetSpan;

use super::lowering::{Body, Lowering, Pending};
use super::patterns::Binding;
use crate::code::builder::Declared;
use crate::code::graph::{
    Atom, ClassId, ExitKind, FunctionId, FunctionKind, NodeId, ParameterKind, Strings, Value,
};

impl<'a> Lowering<'a> {
    /// A function value; `name` is used where it has none of its own.
    pub(super) fn function(
        &mut self,
        function: &'a Function<'a>,
        name: Option<Atom>,
        kind: FunctionKind,
        class: Option<ClassId>,
        this: Option<ClassId>,
    ) -> FunctionId {
        let own = function.id.as_ref().map(|id| self.builder.atom(id.name.as_str()));
        let inner = own.filter(|_| function.r#type == FunctionType::FunctionExpression);
        if inner.is_some() {
            self.builder.open_scope();
        }
        let span = function.span;
        let id = self.builder.new_function(own.or(name), kind, class, span.start, span.end);
        if let Some(inner) = inner {
            let variable = self.builder.declare(inner, Declared::Here);
            let node = self.builder.function_node(id);
            self.builder.assign_variable(variable, node);
        }
        let scope = self.builder.scope();
        self.enqueue(Pending { function: id, scope, body: Body::Function(function), this });
        if inner.is_some() {
            self.builder.close_scope();
        }
        id
    }

    pub(super) fn arrow(&mut self, arrow: &'a ArrowFunctionExpression<'a>) -> NodeId {
        let span = arrow.span;
        let id = self.builder.new_function(None, FunctionKind::Plain, None, span.start, span.end);
        let (scope, this) = (self.builder.scope(), self.this);
        self.enqueue(Pending { function: id, scope, body: Body::Arrow(arrow), this });
        self.builder.function_node(id)
    }

    /// Lowers a body from the queue.
    pub(super) fn function_body(&mut self, pending: Pending<'a>) {
        self.this = pending.this;
        self.builder.enter_function(pending.function, pending.scope);
        match pending.body {
            Body::Function(function) => {
                self.parameters(&function.params);
                if let Some(body) = &function.body {
                    self.body(&body.statements);
                }
            }
            Body::Arrow(arrow) => {
                self.parameters(&arrow.params);
                match &arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => self.body(&body.statements),
                    expression => {
                        let value = self.optional(expression.as_expression());
                        self.builder.exit(ExitKind::Return, value, expression.span().start);
                    }
                }
            }
        }
        self.builder.leave_function();
        self.this = None;
    }

    fn parameters(&mut self, parameters: &'a FormalParameters<'a>) {
        for parameter in &parameters.items {
            self.parameter(parameter);
        }
        if let Some(rest) = &parameters.rest {
            let pattern = &rest.rest.argument;
            self.declare_parameter(pattern, ParameterKind::Rest, None, rest.type_annotation.as_deref());
        }
    }

    fn parameter(&mut self, parameter: &'a FormalParameter<'a>) {
        for decorator in &parameter.decorators {
            self.expression(&decorator.expression);
        }
        let default = parameter.initializer.as_deref();
        let annotation = parameter.type_annotation.as_deref();
        let value = self.declare_parameter(&parameter.pattern, ParameterKind::Plain, default, annotation);
        let is_field = parameter.accessibility.is_some() || parameter.readonly || parameter.r#override;
        if is_field
            && let (Some(class), BindingPattern::BindingIdentifier(name)) = (self.this, &parameter.pattern)
        {
            let name = self.builder.atom(name.name.as_str());
            self.builder.class_mut(class).fields.push((name, value));
        }
    }

    fn declare_parameter(
        &mut self,
        pattern: &'a BindingPattern<'a>,
        kind: ParameterKind,
        default: Option<&'a Expression<'a>>,
        annotation: Option<&'a TSTypeAnnotation<'a>>,
    ) -> NodeId {
        let at = pattern.span().start;
        let (pattern, default) = match pattern {
            BindingPattern::AssignmentPattern(assignment) => (&assignment.left, Some(&assignment.right)),
            pattern => (pattern, default),
        };
        let name = match pattern {
            BindingPattern::BindingIdentifier(name) => self.builder.atom(name.name.as_str()),
            _ => Strings::EMPTY,
        };
        let node = self.builder.parameter(name, kind, None, at);
        let default = default.map(|default| self.expression(default));
        let annotation = annotation.and_then(|annotation| self.annotation(annotation));
        self.builder.describe_parameter(default, annotation);
        let Some(default) = default else {
            if name == Strings::EMPTY {
                self.bind(pattern, node, Binding::HERE);
            }
            return node;
        };
        if name != Strings::EMPTY {
            self.builder.name_value(default, name);
        }
        let either = self.builder.join(&[node, default], at);
        self.bind(pattern, either, Binding::HERE);
        either
    }

    /// The name of a plain type reference.
    fn annotation(&mut self, annotation: &'a TSTypeAnnotation<'a>) -> Option<NodeId> {
        let TSType::TSTypeReference(reference) = &annotation.type_annotation else { return None };
        let TSTypeName::IdentifierReference(name) = &reference.type_name else { return None };
        Some(self.identifier(name))
    }

    /// What a function without parameters simply gives back, where that is a name or its member.
    pub(super) fn simple_result(value: &'a Expression<'a>) -> Option<&'a Expression<'a>> {
        let result = match value {
            Expression::ArrowFunctionExpression(arrow) if arrow.params.items.is_empty() => {
                match &arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => only_return(&body.statements)?,
                    expression => expression.as_expression()?,
                }
            }
            Expression::FunctionExpression(function) if function.params.items.is_empty() => {
                only_return(&function.body.as_ref()?.statements)?
            }
            _ => return None,
        };
        let mut inner = result;
        while let Expression::StaticMemberExpression(member) = inner {
            inner = &member.object;
        }
        matches!(inner, Expression::Identifier(_)).then_some(result)
    }

    /// Whether a node is a call of the module function that makes `require` functions.
    pub(super) fn makes_require(&self, node: NodeId) -> bool {
        let unit = self.builder.unit();
        let Value::Call(call) = unit.value(node) else { return false };
        match unit.value(unit.call(call).callee) {
            Value::Import { name, .. } | Value::Member { name, .. } => name == self.names.create_require,
            _ => false,
        }
    }
}

fn only_return<'a>(statements: &'a [oxc_ast::ast::Statement<'a>]) -> Option<&'a Expression<'a>> {
    match statements {
        [oxc_ast::ast::Statement::ReturnStatement(only)] => only.argument.as_ref(),
        _ => None,
    }
}
