//! What a call stands for: a wrapped function, a constant that a local function returns, itself.

use super::{At, Resolver, push};
use crate::code::graph::{CallId, ExitKind, Form, FunctionId, Strings, Value};

impl Resolver<'_> {
    pub(super) fn define_call(&self, at: At, call: CallId, found: &mut Vec<At>) {
        let unit = self.unit(at);
        let call = unit.call(call);
        if call.form == Form::New {
            push(found, at);
            return;
        }
        let first = unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
        // `f.bind(x)`, `promisify(f)`, `partial(f, …)` and bundlers' interop wrappers stand for f.
        if let Value::Member { object, name } = unit.value(call.callee)
            && unit.text(name) == "bind"
        {
            self.define_all(at.unit, &[object], found);
            return;
        }
        // Schema builders stay calls even where their library is bundled: the chain is what matters.
        if let Value::Member { name, .. } = unit.value(call.callee)
            && is_schema_builder(unit.text(name))
        {
            push(found, at);
            return;
        }
        let mut any = false;
        for &callee in self.definitions(At { unit: at.unit, node: call.callee }).iter() {
            match self.value(callee) {
                Value::Function(function) if function != FunctionId(0) => {
                    any |= self.define_returns(callee, function, first, found);
                }
                _ => {
                    let name = self.name(callee);
                    let last = name.rsplit('.').next().unwrap_or_default();
                    if let (Some(first), true) = (first, is_wrapper(last)) {
                        self.define_all(first.unit, &[first.node], found);
                        any = true;
                    } else if let (Some(first), "require") = (first, last)
                        && self.text(first).is_some()
                    {
                        push(found, at);
                        any = true;
                    }
                }
            }
        }
        if !any {
            push(found, at);
        }
    }

    /// What a local function returns, where that is more than its own parameters and unknowns.
    pub(super) fn define_returns(
        &self,
        at: At,
        function: FunctionId,
        first: Option<At>,
        found: &mut Vec<At>,
    ) -> bool {
        let unit = self.unit(at);
        let function = unit.function(function);
        if let Some(first) = first
            && self.is_module(first)
        {
            // A local function called with a whole module is a bundler's interop helper.
            self.define_all(first.unit, &[first.node], found);
            return true;
        }
        let mut any = false;
        for exit in function.exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(16) {
            for &value in self.definitions(At { unit: at.unit, node: exit.value }).iter() {
                match self.value(value) {
                    Value::Object(_)
                    | Value::Array(_)
                    | Value::Function(_)
                    | Value::Class(_)
                    | Value::Text(_)
                    | Value::Number(_)
                    | Value::Bool(_)
                    | Value::Import { .. }
                    | Value::Global(_)
                    | Value::With { .. } => {
                        push(found, value);
                        any = true;
                    }
                    // A text in another form belongs to the call that it is made for.
                    Value::Call(call) if value.unit == at.unit && !self.changes_text(value, call) => {
                        push(found, value);
                        any = true;
                    }
                    _ => {}
                }
            }
        }
        any
    }

    fn changes_text(&self, at: At, call: CallId) -> bool {
        let unit = self.unit(at);
        let Value::Member { name, .. } = unit.value(unit.call(call).callee) else { return false };
        matches!(
            unit.text(name),
            "trim"
                | "strip"
                | "lstrip"
                | "rstrip"
                | "replace"
                | "replaceAll"
                | "slice"
                | "substring"
                | "toLowerCase"
                | "toUpperCase"
                | "lower"
                | "upper"
                | "toString"
        )
    }

    pub(super) fn is_module(&self, at: At) -> bool {
        self.definitions(at).iter().any(|&definition| match self.value(definition) {
            Value::Import { name, .. } => name == Strings::ALL,
            Value::Call(call) => {
                let unit = self.unit(definition);
                let call = unit.call(call);
                matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == "require")
            }
            _ => false,
        })
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
            | "enum"
            | "nativeEnum"
            | "array"
            | "union"
            | "discriminatedUnion"
            | "literal"
            | "record"
            | "tuple"
            | "optional"
            | "nullable"
            | "nullish"
            | "default"
            | "describe"
            | "coerce"
            | "passthrough"
            | "strict"
            | "refine"
            | "superRefine"
            | "transform"
            | "meta"
    )
}

fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "promisify"
            | "partial"
            | "bind"
            | "__toESM"
            | "__toCommonJS"
            | "__importDefault"
            | "__importStar"
            | "_interopRequireDefault"
            | "_interopRequireWildcard"
            | "freeze"
            | "wraps"
    )
}
