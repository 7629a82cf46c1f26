//! Literals, templates, keys, arrays and objects.

use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, Expression, NumericLiteral, ObjectExpression, ObjectProperty,
    ObjectPropertyKind, PrivateIdentifier, PropertyKey, PropertyKind, RegExpLiteral,
    TaggedTemplateExpression, TemplateElement, TemplateLiteral,
};
use oxc_span::GetSpan;

use super::lowering::Lowering;
use crate::code::graph::{Atom, Form, FunctionKind, NodeId, Property, Strings, Value};

impl<'a> Lowering<'a> {
    pub(super) fn number(&mut self, literal: &'a NumericLiteral<'a>) -> NodeId {
        let at = literal.span.start;
        let name = self.number_text(literal);
        self.builder.node(Value::Number(name), at)
    }

    fn number_text(&mut self, literal: &'a NumericLiteral<'a>) -> Atom {
        match literal.raw {
            Some(raw) => self.builder.atom(raw.as_str()),
            None => self.builder.atom(&literal.value.to_string()),
        }
    }

    pub(super) fn regex(&mut self, literal: &'a RegExpLiteral<'a>) -> NodeId {
        let pattern = self.builder.atom(literal.regex.pattern.text.as_str());
        let flags = literal.regex.flags.to_inline_string();
        let flags = self.builder.atom(flags.as_str());
        self.builder.node(Value::Regex(pattern, flags), literal.span.start)
    }

    pub(super) fn template(&mut self, template: &'a TemplateLiteral<'a>) -> NodeId {
        let start = self.nodes.len();
        for (at, quasi) in template.quasis.iter().enumerate() {
            let text = element_text(quasi);
            if !text.is_empty() {
                let node = self.builder.text(text, quasi.span.start);
                self.nodes.push(node);
            }
            if let Some(value) = template.expressions.get(at) {
                let node = self.expression(value);
                self.nodes.push(node);
            }
        }
        self.drain_concat(start, template.span.start)
    }

    pub(super) fn tagged(&mut self, tagged: &'a TaggedTemplateExpression<'a>) -> NodeId {
        let callee = self.expression(&tagged.tag);
        let start = self.nodes.len();
        let text = self.template(&tagged.quasi);
        self.nodes.push(text);
        if let Value::Concat(range) = self.builder.unit().value(text) {
            for at in range.indices() {
                let part = self.builder.unit().lists[at];
                if !matches!(self.builder.unit().value(part), Value::Text(_)) {
                    self.nodes.push(part);
                }
            }
        }
        let node = self.builder.call(callee, &self.nodes[start..], &[], Form::Tagged, tagged.span.start);
        self.nodes.truncate(start);
        node
    }

    pub(super) fn array(&mut self, array: &'a ArrayExpression<'a>) -> NodeId {
        let start = self.nodes.len();
        for element in &array.elements {
            let node = match element {
                ArrayExpressionElement::SpreadElement(spread) => self.spread(spread),
                ArrayExpressionElement::Elision(_) => self.builder.null(),
                other => self.optional(other.as_expression()),
            };
            self.nodes.push(node);
        }
        self.drain_array(start, array.span.start)
    }

    pub(super) fn object(&mut self, object: &'a ObjectExpression<'a>) -> NodeId {
        let start = self.properties.len();
        for property in &object.properties {
            let entry = match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    Property { key: Strings::SPREAD, value: self.expression(&spread.argument) }
                }
                ObjectPropertyKind::ObjectProperty(property) => self.property(property),
            };
            self.properties.push(entry);
        }
        self.drain_object(start, object.span.start)
    }

    fn property(&mut self, property: &'a ObjectProperty<'a>) -> Property {
        let key = self.key(&property.key);
        let kind = match property.kind {
            PropertyKind::Init => FunctionKind::Plain,
            PropertyKind::Get => FunctionKind::Getter,
            PropertyKind::Set => FunctionKind::Setter,
        };
        let value = match &property.value {
            Expression::FunctionExpression(function) if kind != FunctionKind::Plain || property.method => {
                let function = self.function(function, named(key), kind, None, None);
                self.builder.function_node(function)
            }
            value => self.expression(value),
        };
        if let Some(name) = named(key) {
            self.builder.name_value(value, name);
        }
        Property { key, value }
    }

    /// The key of a property; the element key where it is computed. A computed key is lowered for
    /// the calls in it.
    pub(super) fn key(&mut self, key: &'a PropertyKey<'a>) -> Atom {
        match key {
            PropertyKey::StaticIdentifier(name) => self.builder.atom(name.name.as_str()),
            PropertyKey::PrivateIdentifier(name) => self.private(name),
            PropertyKey::StringLiteral(text) => self.builder.atom(text.value.as_str()),
            PropertyKey::NumericLiteral(number) => self.number_text(number),
            PropertyKey::TemplateLiteral(template) if template.expressions.is_empty() => {
                let text = template.quasis.first().map_or("", element_text);
                self.builder.atom(text)
            }
            other => {
                let node = self.optional(other.as_expression());
                match self.builder.unit().value(node) {
                    Value::Text(name) => name,
                    _ => Strings::ELEMENT,
                }
            }
        }
    }

    /// A private name with its `#`.
    pub(super) fn private(&mut self, name: &PrivateIdentifier<'a>) -> Atom {
        let span = name.span();
        match self.source.get(span.start as usize..span.end as usize) {
            Some(text) if text.starts_with('#') => self.builder.atom(text),
            _ => self.builder.atom(name.name.as_str()),
        }
    }

    pub(super) fn optional(&mut self, expression: Option<&'a Expression<'a>>) -> NodeId {
        match expression {
            Some(expression) => self.expression(expression),
            None => self.builder.null(),
        }
    }
}

/// A key as a name for what is stored under it.
pub(super) fn named(key: Atom) -> Option<Atom> {
    (key != Strings::ELEMENT && key != Strings::SPREAD).then_some(key)
}

fn element_text<'a>(element: &TemplateElement<'a>) -> &'a str {
    element.value.cooked.unwrap_or(element.value.raw).as_str()
}
