//! Words for the nodes that a flow passes.

use crate::{
    code::graph::{NodeId, Unit, Value},
    untrusted,
};

/// What a node is, for a person.
pub(in crate::detect) fn describe(unit: &Unit, node: NodeId) -> String {
    match unit.value(node) {
        Value::Text(text) => format!("text `{}`", untrusted::excerpt(unit.text(text), 60)),
        Value::Call(call) => {
            let callee = unit.call(call).callee;
            let name = match unit.value(callee) {
                Value::Member { name, .. } | Value::Global(name) | Value::Import { name, .. } => {
                    unit.text(name)
                }
                _ => "",
            };
            if name.is_empty() {
                "result of a call".to_owned()
            } else {
                format!("call of `{}`", untrusted::excerpt(name, 60))
            }
        }
        Value::Member { name, .. } => format!("member `{}`", untrusted::excerpt(unit.text(name), 60)),
        Value::Parameter(function, position) => {
            let parameter = unit.function(function).parameters.get(position as usize);
            let name = parameter.map_or("", |parameter| unit.text(parameter.name));
            format!("parameter `{}`", untrusted::excerpt(name, 60))
        }
        Value::Variable(variable) => {
            let name = unit.variables[variable.index()].name;
            format!("variable `{}`", untrusted::excerpt(unit.text(name), 60))
        }
        Value::Concat(_) => "joined into a text".to_owned(),
        _ => "passes here".to_owned(),
    }
}
