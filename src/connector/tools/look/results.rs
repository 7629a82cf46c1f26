//! What calls give back.

use super::{Found, Look, MAX_VALUES, Place, arguments::Arguments};
use crate::code::graph::{Call, ExitKind, Form, Value};

impl Look<'_> {
    /// What a call of a function of the package returns, followed to where it is defined.
    pub(super) fn result(&self, place: &Place, depth: u32) -> Vec<Found> {
        let Some(call) = self.call(place) else { return Vec::new() };
        let unit = self.unit(place);
        if let Some(inner) = self.passed_through(place, call) {
            return self.find_below(&inner, depth + 1);
        }
        let mut out = Vec::new();
        if self.is_script(place) && !self.may_enter(place, call) {
            return Vec::new();
        }
        let functions = match self.awaited(place, call) {
            Some(function) => self.find_below(&function, depth + 1),
            None => self.find_below(&place.at(call.callee), depth + 1),
        };
        for found in functions {
            let Found::Node(callee) = found else { continue };
            let Value::Function(id) = self.value(&callee) else { continue };
            let entered = (callee.unit, id);
            if self.active.borrow().contains(&entered) {
                continue;
            }
            self.active.borrow_mut().push(entered);
            let function = self.unit(&callee).function(id);
            let inside = self.bind(&callee, &function.parameters, &Arguments::of(place, unit, call));
            let returns = function.exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(MAX_VALUES);
            for exit in returns {
                out.extend(self.find_below(&inside.at(exit.value), depth + 1));
            }
            self.active.borrow_mut().pop();
        }
        out
    }

    /// `list(x)`, `x.copy()` and the like are `x`.
    fn passed_through(&self, place: &Place, call: &Call) -> Option<Place> {
        let unit = self.unit(place);
        match unit.value(call.callee) {
            Value::Global(name)
                if matches!(unit.text(name), "list" | "tuple" | "sorted" | "reversed" | "set") =>
            {
                unit.list(call.arguments).first().map(|&argument| place.at(argument))
            }
            Value::Member { object, name } if unit.text(name) == "copy" => Some(place.at(object)),
            _ if self.is_script(place) => self.interop(place, call),
            _ => None,
        }
    }

    /// The generator that a compiler's `__awaiter(this, …, function* () {…})` runs.
    fn awaited(&self, place: &Place, call: &Call) -> Option<Place> {
        let unit = self.unit(place);
        let name = match unit.value(call.callee) {
            Value::Variable(variable) => unit.variables[variable.index()].name,
            Value::Global(name) | Value::Import { name, .. } | Value::Member { name, .. } => name,
            _ => return None,
        };
        let last = unit.list(call.arguments).last()?;
        (unit.text(name) == "__awaiter").then(|| place.at(*last))
    }

    /// What the helpers of compilers and bundlers, and calls that freeze or bind, are given.
    fn interop(&self, place: &Place, call: &Call) -> Option<Place> {
        let unit = self.unit(place);
        let name = match unit.value(call.callee) {
            Value::Member { object, name } if unit.text(name) == "bind" => return Some(place.at(object)),
            Value::Member { name, .. } | Value::Global(name) | Value::Import { name, .. } => name,
            Value::Variable(variable) => unit.variables[variable.index()].name,
            _ => return None,
        };
        let known = matches!(
            unit.text(name),
            "__toESM"
                | "__toCommonJS"
                | "__importDefault"
                | "__importStar"
                | "_interopRequireDefault"
                | "_interopRequireWildcard"
                | "freeze"
                | "structuredClone"
        );
        let first = unit.list(call.arguments).first();
        first.filter(|_| known).map(|&first| place.at(first))
    }

    /// Whether a script's call is followed into the function; builders of schemas are read as calls.
    fn may_enter(&self, place: &Place, call: &Call) -> bool {
        let unit = self.unit(place);
        call.form == Form::Call
            && match unit.value(call.callee) {
                Value::Member { name, .. } => !is_schema_builder(unit.text(name)),
                _ => true,
            }
    }
}

/// Methods of the schema libraries that connectors use.
fn is_schema_builder(name: &str) -> bool {
    matches!(
        name,
        "object"
            | "strictObject"
            | "looseObject"
            | "string"
            | "number"
            | "boolean"
            | "int"
            | "enum"
            | "nativeEnum"
            | "array"
            | "union"
            | "discriminatedUnion"
            | "intersection"
            | "literal"
            | "record"
            | "tuple"
            | "optional"
            | "nullable"
            | "nullish"
            | "default"
            | "describe"
            | "passthrough"
            | "strict"
            | "refine"
            | "superRefine"
            | "transform"
            | "meta"
            | "extend"
            | "merge"
            | "pick"
            | "omit"
            | "partial"
            | "preprocess"
            | "any"
            | "unknown"
            | "toJSONSchema"
            | "zodToJsonSchema"
    )
}
