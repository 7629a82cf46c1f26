//! Calls: `require` and `import()`, constructors, calls that change their object, and the rest.

use oxc_ast::ast::{Argument, CallExpression, Expression, ImportExpression, NewExpression};

use super::assignments::Place;
use super::expressions::member_offset;
use super::lowering::Lowering;
use crate::code::graph::{Atom, Form, NodeId, Strings, Value};

impl<'a> Lowering<'a> {
    pub(super) fn call(&mut self, call: &'a CallExpression<'a>) -> NodeId {
        if let Some(import) = self.require(call) {
            return import;
        }
        let (callee, changed, at) = self.callee(call);
        let start = self.nodes.len();
        self.arguments(&call.arguments);
        let node = self.builder.call(callee, &self.nodes[start..], &[], Form::Call, at);
        if let Some((place, method)) = changed {
            self.change(&place, method, start, at);
        } else {
            self.known_effects(call, callee, start, at);
        }
        self.nodes.truncate(start);
        node
    }

    pub(super) fn new_call(&mut self, new: &'a NewExpression<'a>) -> NodeId {
        let callee = self.expression(&new.callee);
        let start = self.nodes.len();
        self.arguments(&new.arguments);
        let node = self.builder.call(callee, &self.nodes[start..], &[], Form::New, new.span.start);
        self.nodes.truncate(start);
        node
    }

    fn arguments(&mut self, arguments: &'a [Argument<'a>]) {
        for argument in arguments {
            let node = match argument {
                Argument::SpreadElement(spread) => self.spread(spread),
                other => self.optional(other.as_expression()),
            };
            self.nodes.push(node);
        }
    }

    /// The callee, the place that the call changes, and where the call stands.
    fn callee(&mut self, call: &'a CallExpression<'a>) -> (NodeId, Option<(Place, Atom)>, u32) {
        let Expression::StaticMemberExpression(member) = &call.callee else {
            return (self.expression(&call.callee), None, call.span.start);
        };
        let at = member_offset(member);
        let method = self.builder.atom(member.property.name.as_str());
        if !self.names.is_mutator(method) || !is_place(&member.object) {
            let object = self.expression(&member.object);
            return (self.builder.member(object, method, at), None, at);
        }
        let place = self.expression_place(&member.object);
        let object = self.load(&place, at);
        let callee = self.builder.member(object, method, at);
        (callee, Some((place, method)), at)
    }

    /// `list.push(x)`, `map.set(key, value)` and the like: the object holds the arguments from now on.
    fn change(&mut self, place: &Place, method: Atom, start: usize, at: u32) {
        let known = match *place {
            Place::Name(name) => self.local(name).is_some(),
            Place::Member { start, root } => {
                root.is_some()
                    || self.steps.get(start).is_some_and(|&(object, _)| {
                        matches!(self.builder.unit().value(object), Value::This(_))
                    })
            }
            Place::Module | Place::Export(_) | Place::Nothing => false,
        };
        if !known {
            self.forget(place);
            return;
        }
        let names = self.names;
        let count = self.nodes.len() - start;
        let mut object = self.load(place, at);
        if (method == names.set || method == names.append) && count > 1 {
            let key = match self.builder.unit().value(self.nodes[start]) {
                Value::Text(key) => key,
                _ => Strings::ELEMENT,
            };
            object = self.builder.with(object, key, self.nodes[start + 1], at);
        } else {
            let skipped = if method == names.splice { 2 } else { 0 };
            for argument in start + skipped..self.nodes.len() {
                let value = match self.builder.unit().value(self.nodes[argument]) {
                    Value::Spread(list) => self.builder.node(Value::Item(list), at),
                    _ => self.nodes[argument],
                };
                object = self.builder.with(object, Strings::ELEMENT, value, at);
            }
        }
        self.store(place, object, at);
    }

    /// Calls of the language itself that change objects, exports or control flow.
    fn known_effects(&mut self, call: &'a CallExpression<'a>, callee: NodeId, start: usize, at: u32) {
        let unit = self.builder.unit();
        match unit.value(callee) {
            Value::Member { object, name } => match unit.value(object) {
                Value::Global(global) if global == self.names.process && name == self.names.exit => {
                    self.builder.stop();
                }
                Value::Import { module, .. }
                    if name == self.names.exit && matches!(unit.text(module), "process" | "node:process") =>
                {
                    self.builder.stop();
                }
                Value::Global(global) if global == self.names.object => {
                    if name == self.names.assign {
                        self.object_assign(call, start, at);
                    } else if name == self.names.define_property {
                        self.define_property(call, at);
                    }
                }
                _ => self.export_calls(call, start, at),
            },
            _ => self.export_calls(call, start, at),
        }
    }

    /// `Object.assign(a, b)`: `a` holds the members of `b`.
    fn object_assign(&mut self, call: &'a CallExpression<'a>, start: usize, at: u32) {
        let Some(target) = call.arguments.first().and_then(Argument::as_expression) else { return };
        if self.is_exports(target) {
            for argument in start + 1..self.nodes.len() {
                self.export_members(self.nodes[argument]);
            }
            return;
        }
        let Expression::Identifier(name) = target.get_inner_expression() else { return };
        let name = self.builder.atom(name.name.as_str());
        let Some(variable) = self.local(name) else { return };
        let mut object = self.builder.read_variable(variable, at);
        for argument in start + 1..self.nodes.len() {
            object = self.builder.with(object, Strings::SPREAD, self.nodes[argument], at);
        }
        self.builder.assign_variable(variable, object);
    }

    // ---- modules by call ---------------------------------------------------------------------

    /// `require("x")` as the module itself; a computed specifier stays a call.
    fn require(&mut self, call: &'a CallExpression<'a>) -> Option<NodeId> {
        let Expression::Identifier(name) = &call.callee else { return None };
        if call.arguments.len() != 1 {
            return None;
        }
        let argument = call.arguments.first()?.as_expression()?;
        let name = self.builder.atom(name.name.as_str());
        let local = self.local(name);
        let is_require = match local {
            Some(variable) => name == self.names.bundler_require || self.requires.contains(&variable),
            None => name == self.names.require,
        };
        if !is_require {
            return None;
        }
        let at = call.span.start;
        if let Some(module) = literal_text(argument) {
            return Some(self.builder.import(module, "*", at));
        }
        local?;
        let callee = self.global(self.names.require, at);
        let specifier = self.expression(argument);
        Some(self.builder.call(callee, &[specifier], &[], Form::Call, at))
    }

    pub(super) fn import_call(&mut self, import: &'a ImportExpression<'a>) -> NodeId {
        let at = import.span.start;
        if let Some(module) = literal_text(&import.source) {
            return self.builder.import(module, "*", at);
        }
        let callee = self.global(self.names.import, at);
        let specifier = self.expression(&import.source);
        self.builder.call(callee, &[specifier], &[], Form::Call, at)
    }
}

/// Whether a method call on this object can be followed to a variable or `this`.
fn is_place(object: &Expression<'_>) -> bool {
    let mut object = object.get_inner_expression();
    while let Some(member) = object.as_member_expression() {
        object = member.object().get_inner_expression();
    }
    matches!(object, Expression::Identifier(_) | Expression::ThisExpression(_))
}

/// The text of a string literal, or of a template without substitutions.
fn literal_text<'a>(expression: &'a Expression<'a>) -> Option<&'a str> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.as_str()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.quasis.first().and_then(|quasi| quasi.value.cooked).map(|text| text.as_str())
        }
        _ => None,
    }
}
