//! Imports, functions, methods and types.

use crate::code::{
    builder::Declared,
    graph::{FunctionKind, NodeId, ParameterKind},
};

use super::super::{
    functions::{Defined, Job},
    lowering::Lowerer,
    text,
    tree::{Id, Tree},
};

/// Nodes looked at for the imports of a file.
const MOST_IMPORTS: u32 = 20_000;

/// Imports first, then every name of the package that this file declares.
pub(super) fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    for child in tree.children(root) {
        match tree.kind(child) {
            "import_declaration" => imports(lowerer, child),
            "function_declaration" => {
                if let Some(name) = tree.field(child, "name") {
                    let name = lowerer.builder.atom(tree.text(name));
                    lowerer.builder.declare(name, Declared::Here);
                }
            }
            "var_declaration" | "const_declaration" => {
                for spec in tree.inside(child, MOST_IMPORTS) {
                    if matches!(tree.kind(spec), "var_spec" | "const_spec")
                        && let Some(name) = tree.field(spec, "name")
                    {
                        let name = lowerer.builder.atom(tree.text(name));
                        lowerer.builder.declare(name, Declared::Here);
                    }
                }
            }
            "type_declaration" => {
                for spec in tree.children(child).filter(|&spec| tree.kind(spec) == "type_spec") {
                    if let Some(name) = tree.field(spec, "name") {
                        lowerer.class_named(tree.text(name), tree.at(spec));
                    }
                }
            }
            _ => {}
        }
    }
}

fn imports(lowerer: &mut Lowerer<'_>, id: Id) {
    let tree = lowerer.tree;
    for spec in tree.inside(id, MOST_IMPORTS).filter(|&spec| tree.kind(spec) == "import_spec") {
        let Some(path) = tree.field(spec, "path") else { continue };
        let module = text::inner(tree.text(path));
        let value = lowerer.builder.import(module, "*", tree.at(spec));
        let given = tree.field(spec, "name").map(|name| tree.text(name));
        if let Some("_" | ".") = given {
            continue;
        }
        let name = lowerer.builder.atom(given.unwrap_or_else(|| package_name(module)));
        let variable = lowerer.builder.top_level(name);
        lowerer.builder.assign_variable(variable, value);
    }
}

/// The name that a package most likely gives itself: the last part of its path, without version
/// and language.
fn package_name(module: &str) -> &str {
    let mut parts = module.rsplit('/');
    let mut last = parts.next().unwrap_or(module);
    let version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if version(last)
        && let Some(before) = parts.next()
    {
        last = before;
    }
    if let Some((name, rest)) = last.split_once('.')
        && version(rest)
    {
        last = name;
    }
    let last = last.strip_prefix("go-").unwrap_or(last);
    last.strip_suffix("-go").or_else(|| last.strip_suffix(".go")).unwrap_or(last)
}

/// A function, a method of its receiver's type, or a function without a name.
pub(super) fn function(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let name = tree.field(id, "name").map(|name| lowerer.builder.atom(tree.text(name)));
    let fails = fails(tree, id);
    let mut defined = Defined { fails, ..Defined::plain(name, id) };
    if let Some(receiver) = tree.field(id, "receiver").and_then(|list| tree.child(list)) {
        let kind = tree.field(receiver, "type").and_then(|kind| type_name(tree, kind));
        defined.class = kind.map(|kind| lowerer.class_named(kind, tree.at(receiver)));
        defined.kind = FunctionKind::Method;
        let this = tree.field(receiver, "name").map_or("", |name| tree.text(name));
        defined.this = Some(lowerer.builder.atom(this));
    }
    let function = lowerer.define(&defined);
    let node = lowerer.builder.function_node(function);
    if let (Some(name), FunctionKind::Plain) = (name, defined.kind) {
        let variable = lowerer.builder.declare(name, Declared::Here);
        lowerer.builder.assign_variable(variable, node);
    }
    let result = tree.field(id, "result").map(|result| first_result(tree, result));
    let returns = result.and_then(|result| lowerer.annotation(result));
    lowerer.builder.function_mut(function).returns = returns;
    node
}

/// The type of the first result.
fn first_result(tree: &Tree<'_>, id: Id) -> Id {
    if tree.kind(id) != "parameter_list" {
        return id;
    }
    tree.child(id).and_then(|first| tree.field(first, "type")).unwrap_or(id)
}

/// Whether the last result is an error.
fn fails(tree: &Tree<'_>, id: Id) -> bool {
    let Some(result) = tree.field(id, "result") else { return false };
    let last = match tree.kind(result) {
        "parameter_list" => tree.children(result).last().and_then(|last| tree.field(last, "type")),
        _ => Some(result),
    };
    last.is_some_and(|last| tree.text(last) == "error")
}

/// `T` of `*T` and `T[X]`.
fn type_name<'t>(tree: &'t Tree<'t>, id: Id) -> Option<&'t str> {
    tree.inside(id, 16).find(|&inner| tree.kind(inner) == "type_identifier").map(|inner| tree.text(inner))
}

pub(super) fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let tree = lowerer.tree;
    let Some(list) = tree.field(job.node, "parameters") else { return };
    for declaration in tree.children(list) {
        let kind = if tree.kind(declaration) == "variadic_parameter_declaration" {
            ParameterKind::Rest
        } else {
            ParameterKind::Plain
        };
        let annotation = tree.field(declaration, "type");
        let names: Vec<Id> =
            tree.fields(declaration, "name").filter(|&name| tree.text(name) != ",").collect();
        if names.is_empty() {
            lowerer.parameter("", kind, (annotation, None), tree.at(declaration));
        }
        for name in names {
            lowerer.parameter(tree.text(name), kind, (annotation, None), tree.at(name));
        }
    }
}

/// A type: its fields with their types, and name, tag and type of each as text for schemas.
pub(super) fn named_type(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let class = lowerer.class_named(tree.text(name), tree.at(id));
    let fields = tree
        .field(id, "type")
        .filter(|&kind| tree.kind(kind) == "struct_type")
        .and_then(|kind| tree.child_of(kind, "field_declaration_list"));
    for field in fields.into_iter().flat_map(|fields| tree.children(fields)) {
        let Some(kind) = tree.field(field, "type") else { continue };
        let at = tree.at(field);
        let annotation = lowerer.annotation(kind);
        let tag = tree.field(field, "tag").map_or("", |tag| text::inner(tree.text(tag)));
        let names: Vec<Id> = tree.fields(field, "name").filter(|&name| tree.text(name) != ",").collect();
        if names.is_empty() {
            // An embedded type gives its members.
            lowerer.builder.class_mut(class).bases.extend(annotation);
        }
        for name in names {
            let atom = lowerer.builder.atom(tree.text(name));
            let parts = [tree.text(name), &text::unescaped(tag), tree.text(kind)]
                .map(|part| lowerer.builder.text(part, at));
            let described = lowerer.builder.array(&parts, at);
            let class = lowerer.builder.class_mut(class);
            class.decorators.push(described);
            class.annotations.extend(annotation.map(|annotation| (atom, annotation)));
        }
    }
    lowerer.builder.class_node(class)
}
