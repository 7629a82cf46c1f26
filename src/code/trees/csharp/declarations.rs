//! Classes, methods, fields, parameters and local variables.

use super::super::{
    functions::{Defined, Job},
    lowering::Lowerer,
    tree::Id,
};
use crate::code::{
    builder::Declared,
    graph::{ClassId, Form, FunctionKind, NodeId, ParameterKind, Property},
};

/// Classes that are declared before the bodies are read.
const MOST_CLASSES: usize = 2_000;

fn is_class(kind: &str) -> bool {
    matches!(
        kind,
        "class_declaration"
            | "struct_declaration"
            | "record_declaration"
            | "interface_declaration"
            | "enum_declaration"
    )
}

/// Every class that the file declares, in namespaces too.
pub(super) fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    let mut open: Vec<Id> = vec![root];
    let mut found = 0;
    while let Some(id) = open.pop() {
        for child in tree.children(id) {
            let kind = tree.kind(child);
            if is_class(kind) {
                found += 1;
                if let Some(name) = tree.field(child, "name").filter(|_| found < MOST_CLASSES) {
                    lowerer.class_named(tree.text(name), tree.at(child));
                }
            }
            if matches!(kind, "namespace_declaration" | "declaration_list" | "preproc_if") {
                open.push(child);
            }
        }
    }
}

/// A class: bases, fields, methods, classes inside.
pub(super) fn class(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let name = tree.field(id, "name").map_or("", |name| tree.text(name));
    let class = lowerer.class_named(name, tree.at(id));
    for base in tree.child_of(id, "base_list").into_iter().flat_map(|list| tree.children(list)).take(8) {
        if let Some(base) = lowerer.annotation(base) {
            lowerer.builder.class_mut(class).bases.push(base);
        }
    }
    let outer = lowerer.class.replace(class);
    // What a primary constructor takes is a field.
    for parameter in tree.child_of(id, "parameter_list").into_iter().flat_map(|list| tree.children(list)) {
        if let (Some(name), Some(kind)) = (tree.field(parameter, "name"), tree.field(parameter, "type")) {
            let doc = description(lowerer, parameter);
            annotate(lowerer, class, tree.text(name), (kind, doc));
        }
    }
    let body: Vec<Id> = tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)).collect();
    for part in body {
        lowerer.expression(part);
    }
    lowerer.class = outer;
    lowerer.builder.class_node(class)
}

/// Type and name of a field, as annotation and as text for schemas.
fn annotate(lowerer: &mut Lowerer<'_>, class: ClassId, name: &str, (kind, doc): (Id, Option<String>)) {
    let annotation = lowerer.annotation(kind);
    let described = described(lowerer, name, doc.as_deref(), kind);
    let atom = lowerer.builder.atom(name);
    let class = lowerer.builder.class_mut(class);
    class.decorators.push(described);
    class.annotations.extend(annotation.map(|annotation| (atom, annotation)));
}

/// Name, description and type as one list of texts.
fn described(lowerer: &mut Lowerer<'_>, name: &str, doc: Option<&str>, kind: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(kind));
    let parts = [name, doc.unwrap_or_default(), tree.text(kind)].map(|part| lowerer.builder.text(part, at));
    lowerer.builder.array(&parts, at)
}

/// Fields and properties with their types and first values.
pub(super) fn field(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(class) = lowerer.class else { return lowerer.builder.unknown() };
    if let Some(name) = tree.field(id, "name") {
        if let Some(kind) = tree.field(id, "type") {
            let doc = description(lowerer, id);
            annotate(lowerer, class, tree.text(name), (kind, doc));
        }
        if let Some(value) = tree.field(id, "value") {
            let value = lowerer.expression(value);
            let name = lowerer.builder.atom(tree.text(name));
            lowerer.builder.class_mut(class).fields.push((name, value));
        }
        return lowerer.builder.unknown();
    }
    let Some(declaration) = tree.child_of(id, "variable_declaration") else {
        return lowerer.builder.unknown();
    };
    let kind = tree.field(declaration, "type");
    for declarator in tree.children(declaration).filter(|&part| tree.kind(part) == "variable_declarator") {
        let Some(name) = tree.field(declarator, "name") else { continue };
        if let Some(kind) = kind {
            annotate(lowerer, class, tree.text(name), (kind, None));
        }
        if let Some(value) = initial(lowerer, declarator, kind) {
            let name = lowerer.builder.atom(tree.text(name));
            lowerer.builder.class_mut(class).fields.push((name, value));
        }
    }
    lowerer.builder.unknown()
}

/// `string a = "x", b;`
pub(super) fn variables(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let kind = tree.field(id, "type");
    let mut last = lowerer.builder.unknown();
    for declarator in tree.children(id).filter(|&part| tree.kind(part) == "variable_declarator") {
        last = initial(lowerer, declarator, kind).unwrap_or_else(|| lowerer.builder.unknown());
        let target = tree.field(declarator, "name").or_else(|| tree.child_of(declarator, "tuple_pattern"));
        if let Some(target) = target {
            lowerer.store(target, last, true);
        }
    }
    last
}

/// The first value of a variable; `new()` is of the declared type.
fn initial(lowerer: &mut Lowerer<'_>, declarator: Id, kind: Option<Id>) -> Option<NodeId> {
    let tree = lowerer.tree;
    let name = tree.field(declarator, "name");
    let value = tree
        .children(declarator)
        .filter(|&part| !matches!(tree.kind(part), "bracketed_argument_list" | "tuple_pattern"))
        .find(|&part| Some(part) != name)?;
    if tree.kind(value) == "implicit_object_creation_expression" {
        return Some(super::calls::created_as(lowerer, value, kind));
    }
    Some(lowerer.expression(value))
}

pub(super) fn method(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let name = lowerer.builder.atom(tree.text(name));
    let mut words = tree.children(id).filter(|&part| tree.kind(part) == "modifier");
    let is_static = words.any(|word| tree.text(word) == "static");
    let mut decorators = attributes(lowerer, id);
    let parameters: Vec<Id> =
        tree.field(id, "parameters").into_iter().flat_map(|list| tree.children(list)).collect();
    for parameter in parameters {
        if let (Some(name), Some(kind)) = (tree.field(parameter, "name"), tree.field(parameter, "type"))
            && !decorators.is_empty()
        {
            let doc = description(lowerer, parameter);
            decorators.push(described(lowerer, tree.text(name), doc.as_deref(), kind));
        }
    }
    let kind = match tree.kind(id) {
        "constructor_declaration" => FunctionKind::Constructor,
        _ if is_static => FunctionKind::Static,
        _ => FunctionKind::Method,
    };
    let this = (!is_static).then(|| lowerer.builder.atom("this"));
    let defined = Defined { kind, class: lowerer.class, this, ..Defined::plain(Some(name), id) };
    let function = lowerer.define(&defined);
    let returns = lowerer.first_field(id, &["returns", "type"]).and_then(|kind| lowerer.annotation(kind));
    let entry = lowerer.builder.function_mut(function);
    entry.decorators = decorators;
    entry.returns = returns;
    lowerer.builder.function_node(function)
}

/// A function inside a function.
pub(super) fn local_function(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let name = tree.field(id, "name").map(|name| lowerer.builder.atom(tree.text(name)));
    let function = lowerer.define(&Defined::plain(name, id));
    let node = lowerer.builder.function_node(function);
    if let Some(name) = name {
        let variable = lowerer.builder.declare(name, Declared::InFunction);
        lowerer.builder.assign_variable(variable, node);
    }
    node
}

/// `[McpServerTool(Name = "x")]` as a call with arguments by name.
fn attributes(lowerer: &mut Lowerer<'_>, id: Id) -> Vec<NodeId> {
    let tree = lowerer.tree;
    let lists = tree.children(id).filter(|&part| tree.kind(part) == "attribute_list");
    let found: Vec<Id> = lists.flat_map(|list| tree.children(list)).take(32).collect();
    found.into_iter().filter_map(|attribute| decorator(lowerer, attribute)).collect()
}

fn decorator(lowerer: &mut Lowerer<'_>, id: Id) -> Option<NodeId> {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let name = tree.field(id, "name").filter(|_| tree.kind(id) == "attribute")?;
    let callee = lowerer.foreign(".", tree.text(name).rsplit('.').next().unwrap_or_default(), at);
    let (mut positional, mut named) = (Vec::new(), Vec::new());
    let list = tree.child_of(id, "attribute_argument_list");
    for argument in list.into_iter().flat_map(|list| tree.children(list)) {
        let inside = tree.child(argument);
        let assigned = inside.filter(|&inside| tree.kind(inside) == "assignment_expression");
        let (key, value) = match assigned {
            Some(assigned) => (tree.field(assigned, "left"), tree.field(assigned, "right")),
            None => (tree.field(argument, "name"), tree.children(argument).last()),
        };
        match (key, value) {
            (Some(key), Some(value)) if key != value => {
                let key = lowerer.builder.atom(tree.text(key));
                let value = lowerer.expression(value);
                named.push(Property { key, value });
            }
            _ => positional.push(lowerer.group(argument)),
        }
    }
    Some(lowerer.builder.call(callee, &positional, &named, Form::Call, at))
}

/// The text of `[Description("…")]` before a parameter or property.
fn description(lowerer: &mut Lowerer<'_>, id: Id) -> Option<String> {
    let tree = lowerer.tree;
    let lists = tree.children(id).filter(|&part| tree.kind(part) == "attribute_list");
    let attribute = lists.flat_map(|list| tree.children(list)).find(|&attribute| {
        tree.field(attribute, "name").is_some_and(|name| tree.text(name).starts_with("Description"))
    })?;
    let argument = tree.child(tree.child_of(attribute, "attribute_argument_list")?)?;
    let value = lowerer.group(argument);
    lowerer.constant(value).map(str::to_owned)
}

pub(super) fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let tree = lowerer.tree;
    let Some(list) = tree.field(job.node, "parameters") else { return };
    if tree.kind(list) != "parameter_list" {
        lowerer.parameter(tree.text(list), ParameterKind::Plain, (None, None), tree.at(list));
        return;
    }
    for parameter in tree.children(list).filter(|&part| tree.kind(part) == "parameter") {
        let name = tree.field(parameter, "name").or_else(|| tree.child(parameter));
        let name = name.map_or("", |name| tree.text(name));
        let kind = tree.field(parameter, "type");
        let default = tree
            .children(parameter)
            .last()
            .filter(|&last| Some(last) != tree.field(parameter, "name") && Some(last) != kind)
            .filter(|&last| !matches!(tree.kind(last), "attribute_list" | "modifier"));
        lowerer.parameter(name, ParameterKind::Plain, (kind, default), tree.at(parameter));
    }
}
