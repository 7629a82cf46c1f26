//! Short sources against the printed graph.

mod exports;
mod flow;
mod hostile;
mod syntax;
mod values;

use super::{super::limits, lower};
use crate::artifact::Language;
use crate::code::graph::{CallId, ContextId, Form, NodeId, Operator, Unit, Value};

/// Lowers a source as a file of the given name.
fn unit_of(path: &str, source: &str) -> Unit {
    let language = if path.ends_with("ts") || path.ends_with("tsx") {
        Language::TypeScript
    } else {
        Language::JavaScript
    };
    lower(0, path, source, language, limits::nesting(source.as_bytes()))
}

/// Checks what every call of `use` receives, and under which conditions, in the order of lowering.
#[track_caller]
fn check_in(path: &str, cases: &[(&str, &str)]) {
    for &(source, expected) in cases {
        let unit = unit_of(path, source);
        assert_eq!(uses(&unit), expected, "\n{source}\n{:?}", unit.problems);
        assert!(unit.problems.is_empty(), "\n{source}\n{:?}", unit.problems);
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    check_in("index.js", cases);
}

/// Every call of `use`: arguments, then conditions from the outermost inwards.
fn uses(unit: &Unit) -> String {
    let mut out = Vec::new();
    for call in &unit.calls {
        let Value::Global(name) = unit.value(call.callee) else { continue };
        if unit.text(name) != "use" {
            continue;
        }
        let arguments: Vec<String> =
            unit.list(call.arguments).iter().map(|&node| print(unit, node)).collect();
        out.push(format!("{}{}", arguments.join(", "), conditions(unit, call.context)));
    }
    out.join("; ")
}

fn conditions(unit: &Unit, context: ContextId) -> String {
    let mut tests: Vec<String> = unit
        .conditions(context)
        .map(|condition| {
            let test = print(unit, condition.test);
            if condition.holds { test } else { format!("not {test}") }
        })
        .collect();
    tests.reverse();
    if tests.is_empty() { String::new() } else { format!(" if {}", tests.join(", ")) }
}

/// What every export is called and holds.
fn exports_of(unit: &Unit) -> String {
    let exports: Vec<String> = unit
        .exports
        .iter()
        .map(|export| format!("{}={}", unit.text(export.name), print(unit, export.value)))
        .collect();
    exports.join("; ")
}

/// What a function returns, throws and yields.
fn exits_of(unit: &Unit, name: &str) -> String {
    let function = unit
        .functions
        .iter()
        .find(|function| function.name.is_some_and(|own| unit.text(own) == name))
        .expect("the function is in the unit");
    let exits: Vec<String> = function
        .exits
        .iter()
        .map(|exit| format!("{:?} {}{}", exit.kind, print(unit, exit.value), conditions(unit, exit.context)))
        .collect();
    exits.join("; ")
}

fn print(unit: &Unit, node: NodeId) -> String {
    print_to(unit, node, 12)
}

fn print_to(unit: &Unit, node: NodeId, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "…".to_owned() };
    let one = |node: NodeId| print_to(unit, node, depth);
    let many = |nodes: &[NodeId]| nodes.iter().map(|&node| one(node)).collect::<Vec<String>>().join(", ");
    match unit.value(node) {
        Value::Unknown => "?".to_owned(),
        Value::Text(text) => format!("'{}'", unit.text(text)),
        Value::Number(text) => unit.text(text).to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null => "null".to_owned(),
        Value::Regex(pattern, flags) => format!("/{}/{}", unit.text(pattern), unit.text(flags)),
        Value::Parameter(function, position) => {
            let name = unit.function(function).parameters[position as usize].name;
            if unit.text(name).is_empty() { format!("${position}") } else { format!("${}", unit.text(name)) }
        }
        Value::Variable(variable) => format!("~{}", unit.text(unit.variables[variable.index()].name)),
        Value::Global(name) => unit.text(name).to_owned(),
        Value::Import { module, name } => format!("<{}>:{}", unit.text(module), unit.text(name)),
        Value::Member { object, name } => format!("{}.{}", one(object), unit.text(name)),
        Value::Element { object, key } => format!("{}[{}]", one(object), one(key)),
        Value::Item(list) => format!("item({})", one(list)),
        Value::Call(call) => print_call(unit, call, &one, &many),
        Value::Join(range) => format!("join({})", many(unit.list(range))),
        Value::Choice { test, yes, no } => format!("({} ? {} : {})", one(test), one(yes), one(no)),
        Value::Concat(range) => format!("concat({})", many(unit.list(range))),
        Value::Binary { operator, left, right } => {
            format!("({} {} {})", one(left), symbol(operator), one(right))
        }
        Value::Not(inner) => format!("!{}", one(inner)),
        Value::And(left, right) => format!("({} && {})", one(left), one(right)),
        Value::Or(left, right) => format!("({} || {})", one(left), one(right)),
        Value::Object(range) => {
            let entries: Vec<String> = unit
                .entries(range)
                .iter()
                .map(|entry| format!("{}: {}", unit.text(entry.key), one(entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(range) => format!("[{}]", many(unit.list(range))),
        Value::Function(function) => {
            format!("fn {}", unit.function(function).name.map_or("?", |name| unit.text(name)))
        }
        Value::Class(class) => {
            format!("class {}", unit.class(class).name.map_or("?", |name| unit.text(name)))
        }
        Value::This(class) => {
            format!("this:{}", unit.class(class).name.map_or("?", |name| unit.text(name)))
        }
        Value::With { object, key, value } => {
            format!("{} with {}={}", one(object), unit.text(key), one(value))
        }
        Value::Spread(inner) => format!("...{}", one(inner)),
    }
}

fn print_call(
    unit: &Unit,
    call: CallId,
    one: &dyn Fn(NodeId) -> String,
    many: &dyn Fn(&[NodeId]) -> String,
) -> String {
    let call = unit.call(call);
    let form = match call.form {
        Form::Call => "",
        Form::New => "new ",
        Form::Tagged => "tag ",
    };
    format!("{form}{}({})", one(call.callee), many(unit.list(call.arguments)))
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Order => "<",
        Operator::In => "in",
        Operator::NotIn => "not in",
        Operator::InstanceOf => "instanceof",
        Operator::Arithmetic => "-",
        Operator::Slash => "/",
    }
}
