//! What a file exports by assignment and call: the forms that bundlers and compilers write.

use oxc_ast::ast::{
    Argument, CallExpression, Expression, MemberExpression, ObjectPropertyKind, PropertyKind,
};

use super::assignments::Place;
use super::lowering::Lowering;
use crate::code::graph::{Atom, NodeId, Strings, Value};

/// Members of one object that are followed back.
const MAX_MEMBERS: usize = 20_000;

impl<'a> Lowering<'a> {
    /// The export that a member expression names: `exports.x`, `module.exports`, `module.exports.x`.
    pub(super) fn export_place(&mut self, member: &'a MemberExpression<'a>) -> Option<Place> {
        let object = member.object().get_inner_expression();
        if let Expression::Identifier(name) = object
            && name.name == "module"
            && member.static_property_name() == Some("exports")
        {
            return self.local(self.names.module).is_none().then_some(Place::Module);
        }
        if !self.is_exports(object) {
            return None;
        }
        let name = self.builder.atom(member.static_property_name()?);
        Some(Place::Export(name))
    }

    /// Whether an expression is this module's `exports` or `module.exports`.
    pub(super) fn is_exports(&self, expression: &Expression<'a>) -> bool {
        match expression {
            Expression::Identifier(name) => {
                name.name == "exports" && self.local(self.names.exports).is_none()
            }
            Expression::StaticMemberExpression(member) => {
                member.property.name == "exports"
                    && matches!(&member.object, Expression::Identifier(name) if name.name == "module")
                    && self.local(self.names.module).is_none()
            }
            _ => false,
        }
    }

    /// Exports one value by name; placeholders and markers are left out.
    pub(super) fn export_value(&mut self, name: Atom, value: NodeId) {
        if name != self.names.es_module && self.builder.unit().value(value) != Value::Null {
            self.builder.export(name, value);
        }
    }

    /// `module.exports = value`.
    pub(super) fn export_module(&mut self, value: NodeId) {
        self.builder.export(Strings::DEFAULT, value);
        self.export_members(value);
    }

    /// Exports every member that a value is known to have.
    pub(super) fn export_members(&mut self, value: NodeId) {
        let mut at = value;
        for _ in 0..MAX_MEMBERS {
            match self.builder.unit().value(at) {
                Value::With { object, key, value } => {
                    self.export_entry(key, value);
                    at = object;
                }
                Value::Object(range) => {
                    for index in range.indices() {
                        let entry = self.builder.unit().properties[index];
                        self.export_entry(entry.key, entry.value);
                    }
                    return;
                }
                Value::Import { name: Strings::ALL, .. } => {
                    self.builder.export(Strings::ALL, at);
                    return;
                }
                Value::Call(call) => {
                    let call = *self.builder.unit().call(call);
                    let Some(&argument) = self.builder.unit().list(call.arguments).first() else { return };
                    if !self.makes_common_js(call.callee, argument) {
                        return;
                    }
                    at = argument;
                }
                _ => return,
            }
        }
    }

    /// Whether a call wraps a table of exports for another module system.
    fn makes_common_js(&self, callee: NodeId, argument: NodeId) -> bool {
        let unit = self.builder.unit();
        match unit.value(callee) {
            Value::Variable(variable) => {
                unit.variables[variable.index()].name == self.names.to_common_js
                    || matches!(unit.value(argument), Value::With { .. })
            }
            Value::Function(_) => matches!(unit.value(argument), Value::With { .. }),
            Value::Global(name) => name == self.names.to_common_js,
            _ => false,
        }
    }

    fn export_entry(&mut self, key: Atom, value: NodeId) {
        if key == Strings::SPREAD {
            if matches!(self.builder.unit().value(value), Value::Import { name: Strings::ALL, .. }) {
                self.builder.export(Strings::ALL, value);
            }
        } else if key != Strings::ELEMENT {
            self.export_value(key, value);
        }
    }

    // ---- calls that export -------------------------------------------------------------------

    /// `Object.defineProperty(exports, "x", { get() { return v } })`, also on a table of exports.
    pub(super) fn define_property(&mut self, call: &'a CallExpression<'a>, at: u32) {
        let [target, Argument::StringLiteral(name), Argument::ObjectExpression(descriptor)] =
            call.arguments.as_slice()
        else {
            return;
        };
        let Some(target) = target.as_expression() else { return };
        let value = descriptor.properties.iter().find_map(|property| {
            let ObjectPropertyKind::ObjectProperty(property) = property else { return None };
            let key = property.key.static_name()?;
            match key.as_ref() {
                "value" => Some(&property.value),
                "get" => Self::simple_result(&property.value),
                _ => None,
            }
        });
        let Some(value) = value.filter(|value| is_path(value)) else { return };
        let key = self.builder.atom(name.value.as_str());
        let value = self.expression(value);
        if self.is_exports(target) {
            self.export_value(key, value);
        } else if let Expression::Identifier(target) = target {
            self.add_member(target.name.as_str(), key, value, at);
        }
    }

    fn add_member(&mut self, target: &str, key: Atom, value: NodeId, at: u32) {
        let target = self.builder.atom(target);
        let Some(variable) = self.local(target) else { return };
        let object = self.builder.read_variable(variable, at);
        let updated = self.builder.with(object, key, value, at);
        self.builder.assign_variable(variable, updated);
    }

    /// Calls of helpers that compilers and bundlers write: `__exportStar(require("x"), exports)`,
    /// `__export(table, { name: () => value })`.
    pub(super) fn export_calls(&mut self, call: &'a CallExpression<'a>, start: usize, at: u32) {
        let [first, second, ..] = call.arguments.as_slice() else { return };
        if let Argument::ObjectExpression(_) = second {
            self.export_table(call, at);
            return;
        }
        let helper = match &call.callee {
            Expression::Identifier(name) => name.name.as_str(),
            Expression::StaticMemberExpression(member) => member.property.name.as_str(),
            _ => return,
        };
        let module = match helper {
            "__exportStar" if second.as_expression().is_some_and(|second| self.is_exports(second)) => {
                self.nodes[start]
            }
            "__reExport" if first.as_expression().is_some() => self.nodes[start + 1],
            _ => return,
        };
        if matches!(self.builder.unit().value(module), Value::Import { .. }) {
            self.builder.export(Strings::ALL, module);
        }
    }

    /// A table of getters on an object that is still empty, or on a bundled module's exports.
    fn export_table(&mut self, call: &'a CallExpression<'a>, at: u32) {
        let [target, Argument::ObjectExpression(table)] = call.arguments.as_slice() else { return };
        let Some(target) = target.as_expression() else { return };
        let getters = table.properties.iter().map(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) if property.kind == PropertyKind::Init => {
                Self::simple_result(&property.value).map(|value| (&property.key, value))
            }
            _ => None,
        });
        if table.properties.is_empty() || getters.clone().any(|getter| getter.is_none()) {
            return;
        }
        let to_exports = self.is_exports(target);
        let Expression::Identifier(name) = target else { return };
        if !to_exports && !self.takes_exports(name.name.as_str(), &call.callee) {
            return;
        }
        for (key, value) in getters.flatten() {
            let key = self.key(key);
            let value = self.expression(value);
            if to_exports {
                self.export_value(key, value);
            } else {
                self.add_member(name.name.as_str(), key, value, at);
            }
        }
    }

    /// Whether a variable is a table to be filled: `var table = {}`, or the parameter of a bundled
    /// module (`n.d(table, ...)`).
    fn takes_exports(&mut self, name: &str, callee: &Expression<'a>) -> bool {
        let name = self.builder.atom(name);
        let Some(variable) = self.local(name) else { return false };
        let unit = self.builder.unit();
        let Some(&first) = unit.variables[variable.index()].values.first() else { return false };
        match unit.value(first) {
            Value::Object(range) => range.len == 0,
            Value::Parameter(..) => {
                matches!(callee, Expression::StaticMemberExpression(member) if member.property.name == "d")
            }
            _ => false,
        }
    }
}

/// Whether an expression is a name or a member of one, so that lowering it twice repeats no call.
fn is_path(expression: &Expression<'_>) -> bool {
    let mut at = expression;
    while let Expression::StaticMemberExpression(member) = at {
        at = &member.object;
    }
    matches!(at, Expression::Identifier(_) | Expression::StringLiteral(_) | Expression::BooleanLiteral(_))
}
