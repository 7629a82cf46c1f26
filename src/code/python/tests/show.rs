//! Nodes as short text.

use crate::code::graph::{ContextId, NodeId, Operator, Property, Range, Strings, Unit, Value};

pub(super) fn node(unit: &Unit, id: NodeId) -> String {
    Show { unit }.node(id, &[])
}

/// Conditions, outermost first.
pub(super) fn conditions(unit: &Unit, context: ContextId) -> String {
    let mut all: Vec<String> = unit
        .conditions(context)
        .map(|condition| {
            let test = node(unit, condition.test);
            if condition.holds { test } else { format!("!{test}") }
        })
        .collect();
    all.reverse();
    all.join(" & ")
}

struct Show<'a> {
    unit: &'a Unit,
}

impl Show<'_> {
    /// A node below the nodes of `path`; a cycle is `…`.
    fn node(&self, id: NodeId, path: &[NodeId]) -> String {
        if path.contains(&id) {
            return "…".to_owned();
        }
        let path = &[path, &[id]].concat();
        let show = |id| self.node(id, path);
        let text = |atom| self.unit.text(atom).to_owned();
        match self.unit.value(id) {
            Value::Unknown => "?".to_owned(),
            Value::Text(atom) => format!("{:?}", self.unit.text(atom)),
            Value::Number(atom) | Value::Global(atom) => text(atom),
            Value::Bool(value) => value.to_string(),
            Value::Null => "None".to_owned(),
            Value::Regex(pattern, flags) => format!("/{}/{}", text(pattern), text(flags)),
            Value::Parameter(function, position) => {
                format!("${}", text(self.unit.function(function).parameters[position as usize].name))
            }
            Value::Variable(variable) => format!("{}*", text(self.unit.variables[variable.index()].name)),
            Value::Import { module, name } => format!("{}:{}", text(module), text(name)),
            Value::Member { object, name } => format!("{}.{}", show(object), text(name)),
            Value::Element { object, key } => format!("{}[{}]", show(object), show(key)),
            Value::Item(of) => format!("item({})", show(of)),
            Value::Call(call) => {
                let call = self.unit.call(call);
                let mut inside = self.list(call.arguments, path);
                inside.extend(self.entries(call.keywords, "=", path));
                format!("{}({})", show(call.callee), inside.join(", "))
            }
            Value::Join(range) => format!("({})", self.list(range, path).join(" | ")),
            Value::Choice { test, yes, no } => format!("({} ? {} : {})", show(test), show(yes), show(no)),
            Value::Concat(range) => format!("cat({})", self.list(range, path).join(", ")),
            Value::Binary { operator, left, right } => {
                format!("({} {} {})", show(left), sign(operator), show(right))
            }
            Value::Not(inner) => format!("!{}", show(inner)),
            Value::And(left, right) => format!("({} && {})", show(left), show(right)),
            Value::Or(left, right) => format!("({} || {})", show(left), show(right)),
            Value::Object(range) => format!("{{{}}}", self.entries(range, ": ", path).join(", ")),
            Value::Array(range) => format!("[{}]", self.list(range, path).join(", ")),
            Value::Function(function) => {
                format!("fn {}", self.unit.function(function).name.map_or_else(String::new, text))
            }
            Value::Class(class) => {
                format!("class {}", self.unit.class(class).name.map_or_else(String::new, text))
            }
            Value::This(class) => {
                format!("this {}", self.unit.class(class).name.map_or_else(String::new, text))
            }
            Value::With { object, key, value } => {
                format!("{}<{}: {}>", show(object), self.unit.text(key), show(value))
            }
            Value::Spread(inner) => format!("*{}", show(inner)),
        }
    }

    fn list(&self, range: Range, path: &[NodeId]) -> Vec<String> {
        self.unit.list(range).iter().map(|&id| self.node(id, path)).collect()
    }

    fn entries(&self, range: Range, sign: &str, path: &[NodeId]) -> Vec<String> {
        let show = |entry: &Property| {
            let value = self.node(entry.value, path);
            if entry.key == Strings::SPREAD {
                return format!("**{value}");
            }
            format!("{}{sign}{value}", self.unit.text(entry.key))
        };
        self.unit.entries(range).iter().map(show).collect()
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Order => "<",
        Operator::In => "in",
        Operator::NotIn => "not in",
        Operator::InstanceOf => "isinstance",
        Operator::Arithmetic => "~",
        Operator::Slash => "/",
    }
}
