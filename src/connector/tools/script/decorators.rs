//! Methods that a decorator makes tools: `@Tool({name, description, parameters})`, also as
//! compilers write it.

use super::{
    super::look::Place,
    Kind, Reader,
    values::{is_name, member, name_of, tool_object},
};
use crate::{
    code::graph::{Call, FunctionId, Unit, Value},
    connector::Handler,
};

impl<'a> Reader<'a, '_> {
    /// Decorators with the name of a tool from an MCP library.
    pub(super) fn decorator(&mut self, place: &Place, call: &'a Call) {
        let unit = self.look.unit(place);
        if !self.is_tool_decorator(place, call) {
            return;
        }
        let Some(&options) = unit.list(call.arguments).first() else { return };
        let Some(method) = decorated(unit, call) else { return };
        self.look.refill();
        let options = place.at(options);
        let own = unit.function(method).name.map(|name| unit.text(name).to_owned());
        let given = member(self.look, &options, "name").and_then(|at| name_of(self.look, &at));
        let Some(name) = given.or(own).filter(|name| is_name(name, Kind::ToolObject)) else {
            self.unread(place, "the name is computed at run time");
            return;
        };
        self.count("tools", &name);
        let location = Some(self.location(place));
        let mut tool = tool_object(self.look, &options, name, location, true);
        tool.handler = Some(Handler { unit: place.unit, function: method, validated: true, shared: false });
        self.push(tool);
    }

    fn is_tool_decorator(&self, place: &Place, call: &Call) -> bool {
        let unit = self.look.unit(place);
        let named = ["Tool", "McpTool"].iter().any(|name| unit.strings.find(name).is_some());
        named
            && self.look.behind(&place.at(call.callee)).iter().any(|found| {
                let file = self.look.unit(found);
                let (module, name) = match file.value(found.node) {
                    Value::Import { module, name } => (module, name),
                    Value::Member { object, name } => match file.value(object) {
                        Value::Import { module, .. } => (module, name),
                        _ => return false,
                    },
                    _ => return false,
                };
                matches!(file.text(name), "Tool" | "McpTool") && file.text(module).contains("mcp")
            })
    }
}

/// The method that a call decorates: `@Tool(…) method()`, `__decorate([Tool(…)], C.prototype, "method")`.
fn decorated(unit: &Unit, call: &Call) -> Option<FunctionId> {
    let direct = unit.functions.iter().position(|function| function.decorators.contains(&call.node));
    if let Some(position) = direct {
        return Some(FunctionId(u32::try_from(position).unwrap_or(u32::MAX)));
    }
    unit.calls.iter().find_map(|outer| {
        let [list, prototype, method, ..] = unit.list(outer.arguments) else { return None };
        let Value::Array(range) = unit.value(*list) else { return None };
        let Value::Text(method) = unit.value(*method) else { return None };
        if !unit.list(range).contains(&call.node) {
            return None;
        }
        let Value::Member { object, .. } = unit.value(*prototype) else { return None };
        let class = unit.classes.iter().find(|class| {
            class.node == object
                || matches!(unit.value(object), Value::Variable(variable)
                    if unit.variables[variable.index()].values.contains(&class.node))
        })?;
        class.methods.iter().find(|found| found.0 == method).map(|found| found.1)
    })
}
