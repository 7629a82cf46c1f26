//! Imports, classes, methods and fields.

use super::super::{
    functions::{Defined, Job},
    lowering::Lowerer,
    tree::Id,
};
use crate::code::graph::{ClassId, Form, FunctionKind, NodeId, ParameterKind, Property};

/// Imports first, then every class that the file declares.
pub(super) fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    for child in tree.children(root) {
        match tree.kind(child) {
            "import_declaration" => import(lowerer, child),
            "class_declaration" | "interface_declaration" | "enum_declaration" | "record_declaration" => {
                if let Some(name) = tree.field(child, "name") {
                    lowerer.class_named(tree.text(name), tree.at(child));
                }
            }
            _ => {}
        }
    }
}

fn import(lowerer: &mut Lowerer<'_>, id: Id) {
    let tree = lowerer.tree;
    let Some(path) = tree.child(id) else { return };
    let text = tree.text(path);
    if tree.children(id).any(|part| tree.kind(part) == "asterisk") {
        if lowerer.packages.len() < 100 {
            lowerer.packages.push(text.to_owned());
        }
        return;
    }
    let (module, name) = text.rsplit_once('.').unwrap_or((".", text));
    let value = lowerer.builder.import(module, name, tree.at(id));
    let name = lowerer.builder.atom(name);
    let variable = lowerer.builder.top_level(name);
    lowerer.builder.assign_variable(variable, value);
}

/// A class: base, fields, methods, classes inside.
pub(super) fn class(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let name = tree.field(id, "name").map_or("", |name| tree.text(name));
    let class = lowerer.class_named(name, tree.at(id));
    if let Some(base) = tree.field(id, "superclass").and_then(|base| tree.child(base)) {
        let base = lowerer.annotation(base);
        lowerer.builder.class_mut(class).bases.extend(base);
    }
    if let Some(parameters) = tree.field(id, "parameters") {
        for parameter in tree.children(parameters) {
            let (Some(name), Some(kind)) = (tree.field(parameter, "name"), tree.field(parameter, "type"))
            else {
                continue;
            };
            annotate(lowerer, class, tree.text(name), kind);
        }
    }
    let outer = lowerer.class.replace(class);
    let body: Vec<Id> = tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)).collect();
    for part in body {
        if tree.kind(part) == "enum_body_declarations" {
            lowerer.group(part);
        } else {
            lowerer.expression(part);
        }
    }
    lowerer.class = outer;
    lowerer.builder.class_node(class)
}

/// Type and name of a field, as annotation and as text for schemas.
fn annotate(lowerer: &mut Lowerer<'_>, class: ClassId, name: &str, kind: Id) {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(kind));
    let annotation = lowerer.annotation(kind);
    let parts = [name, "", tree.text(kind)].map(|part| lowerer.builder.text(part, at));
    let described = lowerer.builder.array(&parts, at);
    let atom = lowerer.builder.atom(name);
    let class = lowerer.builder.class_mut(class);
    class.decorators.push(described);
    class.annotations.extend(annotation.map(|annotation| (atom, annotation)));
}

/// Fields with their types and first values.
pub(super) fn field(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(class) = lowerer.class else { return lowerer.builder.unknown() };
    for declarator in tree.fields(id, "declarator") {
        let Some(name) = tree.field(declarator, "name") else { continue };
        if let Some(kind) = tree.field(id, "type") {
            annotate(lowerer, class, tree.text(name), kind);
        }
        if let Some(value) = tree.field(declarator, "value") {
            let value = lowerer.expression(value);
            let name = lowerer.builder.atom(tree.text(name));
            lowerer.builder.class_mut(class).fields.push((name, value));
        }
    }
    lowerer.builder.unknown()
}

pub(super) fn method(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let name = lowerer.builder.atom(tree.text(name));
    let modifiers = tree.child_of(id, "modifiers");
    let is_static =
        modifiers.is_some_and(|modifiers| tree.all(modifiers).any(|word| tree.text(word) == "static"));
    let decorators: Vec<NodeId> = modifiers
        .into_iter()
        .flat_map(|modifiers| tree.children(modifiers))
        .filter_map(|annotation| decorator(lowerer, annotation))
        .collect();
    let kind = match tree.kind(id) {
        "constructor_declaration" => FunctionKind::Constructor,
        _ if is_static => FunctionKind::Static,
        _ => FunctionKind::Method,
    };
    let this = (!is_static).then(|| lowerer.builder.atom("this"));
    let defined = Defined { kind, class: lowerer.class, this, ..Defined::plain(Some(name), id) };
    let function = lowerer.define(&defined);
    let returns = tree.field(id, "type").and_then(|kind| lowerer.annotation(kind));
    let entry = lowerer.builder.function_mut(function);
    entry.decorators = decorators;
    entry.returns = returns;
    lowerer.builder.function_node(function)
}

/// `@Tool(description = "…")` as a call with arguments by name.
fn decorator(lowerer: &mut Lowerer<'_>, id: Id) -> Option<NodeId> {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    if !matches!(tree.kind(id), "annotation" | "marker_annotation") {
        return None;
    }
    let callee = lowerer.expression(tree.field(id, "name")?);
    let (mut positional, mut named) = (Vec::new(), Vec::new());
    for argument in tree.field(id, "arguments").into_iter().flat_map(|arguments| tree.children(arguments)) {
        let (Some(key), Some(value)) = (tree.field(argument, "key"), tree.field(argument, "value")) else {
            positional.push(lowerer.expression(argument));
            continue;
        };
        let key = lowerer.builder.atom(tree.text(key));
        let value = lowerer.expression(value);
        named.push(Property { key, value });
    }
    Some(lowerer.builder.call(callee, &positional, &named, Form::Call, at))
}

pub(super) fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let tree = lowerer.tree;
    let Some(list) = tree.field(job.node, "parameters") else { return };
    if tree.kind(list) == "identifier" {
        lowerer.parameter(tree.text(list), ParameterKind::Plain, (None, None), tree.at(list));
        return;
    }
    for parameter in tree.children(list) {
        let at = tree.at(parameter);
        match tree.kind(parameter) {
            "formal_parameter" => {
                let name = tree.field(parameter, "name").map_or("", |name| tree.text(name));
                lowerer.parameter(name, ParameterKind::Plain, (tree.field(parameter, "type"), None), at);
            }
            "spread_parameter" => {
                let name = tree.child_of(parameter, "variable_declarator");
                let name =
                    name.and_then(|declared| tree.field(declared, "name")).map_or("", |name| tree.text(name));
                lowerer.parameter(name, ParameterKind::Rest, (None, None), at);
            }
            "identifier" => lowerer.parameter(tree.text(parameter), ParameterKind::Plain, (None, None), at),
            _ => {}
        }
    }
}
