//! JSX: an element is a call of its name with the attributes as an object, then the children.

use oxc_ast::ast::{
    JSXAttribute, JSXAttributeItem, JSXAttributeName, JSXAttributeValue, JSXChild, JSXElement,
    JSXElementName, JSXExpression, JSXFragment, JSXMemberExpression, JSXMemberExpressionObject,
};

use super::lowering::Lowering;
use crate::code::graph::{Form, NodeId, Property, Strings, Value};

impl<'a> Lowering<'a> {
    pub(super) fn jsx_element(&mut self, element: &'a JSXElement<'a>) -> NodeId {
        let at = element.span.start;
        if !self.descend(&element.span) {
            return self.builder.unknown();
        }
        let callee = self.jsx_name(&element.opening_element.name);
        let start = self.nodes.len();
        let attributes = self.jsx_attributes(&element.opening_element.attributes, at);
        self.nodes.push(attributes);
        self.jsx_children(&element.children);
        let node = self.builder.call(callee, &self.nodes[start..], &[], Form::Call, at);
        self.nodes.truncate(start);
        self.ascend();
        node
    }

    pub(super) fn jsx_fragment(&mut self, fragment: &'a JSXFragment<'a>) -> NodeId {
        let at = fragment.span.start;
        if !self.descend(&fragment.span) {
            return self.builder.unknown();
        }
        let callee = self.builder.node(Value::Text(self.names.fragment), at);
        let start = self.nodes.len();
        self.jsx_children(&fragment.children);
        let node = self.builder.call(callee, &self.nodes[start..], &[], Form::Call, at);
        self.nodes.truncate(start);
        self.ascend();
        node
    }

    fn jsx_attributes(&mut self, attributes: &'a [JSXAttributeItem<'a>], at: u32) -> NodeId {
        let start = self.properties.len();
        for attribute in attributes {
            let entry = match attribute {
                JSXAttributeItem::SpreadAttribute(spread) => {
                    Property { key: Strings::SPREAD, value: self.expression(&spread.argument) }
                }
                JSXAttributeItem::Attribute(attribute) => self.jsx_attribute(attribute),
            };
            self.properties.push(entry);
        }
        self.drain_object(start, at)
    }

    fn jsx_attribute(&mut self, attribute: &'a JSXAttribute<'a>) -> Property {
        let name = match &attribute.name {
            JSXAttributeName::Identifier(name) => name.name.as_str(),
            JSXAttributeName::NamespacedName(name) => name.name.name.as_str(),
        };
        let key = self.builder.atom(name);
        let value = match &attribute.value {
            None => self.builder.node(Value::Bool(true), attribute.span.start),
            Some(JSXAttributeValue::StringLiteral(text)) => {
                self.builder.text(text.value.as_str(), text.span.start)
            }
            Some(JSXAttributeValue::ExpressionContainer(inner)) => self.jsx_expression(&inner.expression),
            Some(JSXAttributeValue::Element(element)) => self.jsx_element(element),
            Some(JSXAttributeValue::Fragment(fragment)) => self.jsx_fragment(fragment),
        };
        Property { key, value }
    }

    fn jsx_expression(&mut self, expression: &'a JSXExpression<'a>) -> NodeId {
        self.optional(expression.as_expression())
    }

    fn jsx_children(&mut self, children: &'a [JSXChild<'a>]) {
        for child in children {
            let node = match child {
                JSXChild::Text(text) if text.value.trim().is_empty() => continue,
                JSXChild::Text(text) => self.builder.text(text.value.as_str(), text.span.start),
                JSXChild::Element(element) => self.jsx_element(element),
                JSXChild::Fragment(fragment) => self.jsx_fragment(fragment),
                JSXChild::ExpressionContainer(inner) => self.jsx_expression(&inner.expression),
                JSXChild::Spread(spread) => {
                    let value = self.expression(&spread.expression);
                    self.builder.node(Value::Spread(value), spread.span.start)
                }
            };
            self.nodes.push(node);
        }
    }

    fn jsx_name(&mut self, name: &'a JSXElementName<'a>) -> NodeId {
        match name {
            JSXElementName::Identifier(name) => self.builder.text(name.name.as_str(), name.span.start),
            JSXElementName::IdentifierReference(name) => self.identifier(name),
            JSXElementName::NamespacedName(name) => {
                self.builder.text(name.name.name.as_str(), name.span.start)
            }
            JSXElementName::MemberExpression(member) => self.jsx_member(member),
            JSXElementName::ThisExpression(this) => self.this_value(this.span.start),
        }
    }

    fn jsx_member(&mut self, outermost: &'a JSXMemberExpression<'a>) -> NodeId {
        let mut names = vec![&outermost.property];
        let mut object = &outermost.object;
        while let JSXMemberExpressionObject::MemberExpression(member) = object {
            names.push(&member.property);
            object = &member.object;
        }
        let mut node = match object {
            JSXMemberExpressionObject::IdentifierReference(name) => self.identifier(name),
            JSXMemberExpressionObject::ThisExpression(this) => self.this_value(this.span.start),
            JSXMemberExpressionObject::MemberExpression(_) => self.builder.unknown(),
        };
        for name in names.into_iter().rev() {
            let key = self.builder.atom(name.name.as_str());
            node = self.builder.member(node, key, name.span.start);
        }
        node
    }
}
