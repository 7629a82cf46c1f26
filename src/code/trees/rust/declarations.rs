//! Imports, functions, types and what stands before them.

use super::super::{
    functions::{Defined, Job},
    lowering::Lowerer,
    tree::{Id, Tree},
};
use super::named;
use crate::code::{
    builder::Declared,
    graph::{FunctionKind, NodeId, ParameterKind, Property, Value},
};

/// Names of one tree of imports.
const MOST_NAMES: usize = 2_000;
/// Lines of a comment before a declaration.
const MOST_LINES: usize = 200;

/// Imports first, then every name that the file declares.
pub(super) fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    for child in tree.children(root) {
        match tree.kind(child) {
            "use_declaration" => {
                if let Some(argument) = tree.field(child, "argument") {
                    imports(lowerer, argument);
                }
            }
            "function_item" | "const_item" | "static_item" => {
                if let Some(name) = tree.field(child, "name") {
                    let name = lowerer.builder.atom(tree.text(name));
                    lowerer.builder.declare(name, Declared::Here);
                }
            }
            "struct_item" => {
                if let Some(name) = tree.field(child, "name") {
                    lowerer.class_named(tree.text(name), tree.at(child));
                }
            }
            _ => {}
        }
    }
}

/// `use a::{b, c as d, e::*};`
fn imports(lowerer: &mut Lowerer<'_>, argument: Id) {
    let tree = lowerer.tree;
    let mut waiting: Vec<(String, Id)> = vec![(String::new(), argument)];
    let mut read = 0;
    while let Some((prefix, id)) = waiting.pop() {
        read += 1;
        if read > MOST_NAMES {
            return;
        }
        let join = |path: &str| {
            let path = path.replace("::", ".");
            if prefix.is_empty() { path } else { format!("{prefix}.{path}") }
        };
        match tree.kind(id) {
            "scoped_use_list" => {
                let path =
                    tree.field(id, "path").map_or_else(|| prefix.clone(), |path| join(tree.text(path)));
                if path.len() < 300 {
                    waiting.extend(
                        tree.field(id, "list")
                            .into_iter()
                            .flat_map(|list| tree.children(list))
                            .map(|inner| (path.clone(), inner)),
                    );
                }
            }
            "use_list" => waiting.extend(tree.children(id).map(|inner| (prefix.clone(), inner))),
            "use_as_clause" => {
                let path = tree.field(id, "path").map_or("", |path| tree.text(path));
                let alias = tree.field(id, "alias").map_or("", |alias| tree.text(alias));
                import(lowerer, &join(path), alias, tree.at(id));
            }
            "self" => import(lowerer, &prefix, "", tree.at(id)),
            "identifier" | "scoped_identifier" | "crate" => {
                import(lowerer, &join(tree.text(id)), "", tree.at(id));
            }
            _ => {}
        }
    }
}

/// One imported name.
fn import(lowerer: &mut Lowerer<'_>, path: &str, alias: &str, at: u32) {
    let (module, name) = path.rsplit_once('.').unwrap_or((path, "*"));
    let value = lowerer.builder.import(module, name, at);
    let local = match alias {
        "_" => return,
        "" if name == "*" => module,
        "" => name,
        alias => alias,
    };
    let local = lowerer.builder.atom(local);
    let variable = lowerer.builder.top_level(local);
    lowerer.builder.assign_variable(variable, value);
}

/// The comment that documents what begins at a place.
pub(super) fn doc(tree: &Tree<'_>, at: u32) -> Option<String> {
    let before = tree.between(0, at);
    let mut lines: Vec<&str> = Vec::new();
    for line in before.rsplit('\n').take(MOST_LINES) {
        let line = line.trim();
        match line.strip_prefix("///") {
            Some(text) => lines.push(text.strip_prefix(' ').unwrap_or(text)),
            None if line.is_empty() && lines.is_empty() => {}
            None if line.starts_with("#[") || line.ends_with(']') || line.ends_with(")]") => {}
            None if matches!(line, "pub" | "async" | "pub async") => {}
            None => break,
        }
    }
    lines.reverse();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A function: a method where a type is around it, one of an object where it takes `self`.
pub(super) fn function(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let attributes = std::mem::take(&mut lowerer.attributes);
    let decorators: Vec<NodeId> =
        attributes.into_iter().filter_map(|attribute| decorator(lowerer, attribute)).collect();
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let name = lowerer.builder.atom(tree.text(name));
    let mut defined = Defined::plain(Some(name), id);
    if let Some(class) = lowerer.class {
        let list = tree.field(id, "parameters");
        let own = list.is_some_and(|list| tree.child_of(list, "self_parameter").is_some());
        defined.class = Some(class);
        defined.kind = if own { FunctionKind::Method } else { FunctionKind::Static };
        defined.this = own.then(|| lowerer.builder.atom("self"));
    }
    let function = lowerer.define(&defined);
    let node = lowerer.builder.function_node(function);
    if lowerer.class.is_none() {
        let variable = lowerer.builder.declare(name, Declared::Here);
        lowerer.builder.assign_variable(variable, node);
    }
    let returns = tree.field(id, "return_type").and_then(|kind| lowerer.annotation(kind));
    let doc = doc(tree, tree.at(id)).map(|doc| lowerer.builder.atom(&doc));
    let entry = lowerer.builder.function_mut(function);
    entry.decorators = decorators;
    entry.returns = returns;
    entry.doc = doc;
    node
}

/// `#[tool(name = "x", description = "…")]` as a call with arguments by name.
fn decorator(lowerer: &mut Lowerer<'_>, id: Id) -> Option<NodeId> {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let attribute = tree.child(id)?;
    let path = tree.text(tree.child(attribute)?);
    let parts: Vec<&str> = path.split("::").take(8).collect();
    let callee = match parts.as_slice() {
        [only] => {
            let name = lowerer.builder.atom(only);
            lowerer.builder.node(Value::Global(name), at)
        }
        _ => named(lowerer, &parts, at),
    };
    let mut members: Vec<Property> = Vec::new();
    let mut key: Option<&str> = None;
    let mut joins = false;
    for token in tree.field(attribute, "arguments").into_iter().flat_map(|arguments| tree.children(arguments))
    {
        match tree.kind(token) {
            // `description = concat!("…", "…")`
            "identifier" if tree.text(token) == "concat" && key.is_some() => joins = true,
            "identifier" => {
                joins = false;
                key = Some(tree.text(token));
            }
            "token_tree" if joins => {
                joins = false;
                if let Some(name) = key.take() {
                    let parts: Vec<Id> = tree
                        .children(token)
                        .filter(|&part| matches!(tree.kind(part), "string_literal" | "raw_string_literal"))
                        .take(200)
                        .collect();
                    let parts: Vec<NodeId> = parts.into_iter().map(|part| lowerer.expression(part)).collect();
                    let key = lowerer.builder.atom(name);
                    let value = lowerer.builder.concat(&parts, at);
                    members.push(Property { key, value });
                }
            }
            "string_literal" | "raw_string_literal" | "boolean_literal" => {
                if let Some(name) = key.take() {
                    let key = lowerer.builder.atom(name);
                    let value = lowerer.expression(token);
                    members.push(Property { key, value });
                }
            }
            "token_tree" => {
                // `annotations(read_only_hint = true)`
                for pair in hints(tree, token) {
                    let key = lowerer.builder.atom(pair.0);
                    let value = lowerer.builder.node(Value::Bool(pair.1), at);
                    members.push(Property { key, value });
                }
            }
            _ => {}
        }
    }
    Some(lowerer.call_with(callee, &[], &members, at))
}

/// Names that are set to yes or no.
fn hints<'t>(tree: &'t Tree<'t>, id: Id) -> Vec<(&'t str, bool)> {
    let mut found = Vec::new();
    let mut key = None;
    for token in tree.children(id).take(64) {
        match (tree.kind(token), key) {
            ("identifier", _) => key = Some(tree.text(token)),
            ("boolean_literal", Some(name)) => found.push((name, tree.text(token) == "true")),
            _ => {}
        }
    }
    found
}

pub(super) fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let tree = lowerer.tree;
    let Some(list) = tree.field(job.node, "parameters") else { return };
    for parameter in tree.children(list) {
        let at = tree.at(parameter);
        match tree.kind(parameter) {
            "self_parameter" | "attribute_item" => {}
            "parameter" => {
                let annotation = tree.field(parameter, "type");
                let Some(pattern) = tree.field(parameter, "pattern") else { continue };
                bind(lowerer, pattern, annotation, at);
            }
            _ => bind(lowerer, parameter, None, at),
        }
    }
}

fn bind(lowerer: &mut Lowerer<'_>, pattern: Id, annotation: Option<Id>, at: u32) {
    let tree = lowerer.tree;
    if tree.kind(pattern) == "identifier" {
        lowerer.parameter(tree.text(pattern), ParameterKind::Plain, (annotation, None), at);
        return;
    }
    let value = lowerer.unnamed_parameter(annotation, at);
    lowerer.store(pattern, value, true);
}

/// `impl T { … }`, `impl X for T { … }`, `trait T { … }`.
pub(super) fn implementation(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    lowerer.attributes.clear();
    let Some(kind) = tree.field(id, "type").or_else(|| tree.field(id, "name")) else {
        return lowerer.builder.unknown();
    };
    let name = tree.inside(kind, 16).find(|&inner| tree.kind(inner) == "type_identifier");
    let Some(name) = name else { return lowerer.builder.unknown() };
    let class = lowerer.class_named(tree.text(name), tree.at(id));
    let outer = lowerer.class.replace(class);
    lowerer.builder.open_scope();
    let node = lowerer.builder.class_node(class);
    lowerer.store_name("Self", node, true);
    for child in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        lowerer.expression(child);
    }
    lowerer.builder.close_scope();
    lowerer.class = outer;
    node
}

/// A type: its fields with their types, and name, comment and type of each as text for schemas.
pub(super) fn structure(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let attributes = std::mem::take(&mut lowerer.attributes);
    let decorators: Vec<NodeId> =
        attributes.into_iter().filter_map(|attribute| decorator(lowerer, attribute)).collect();
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let class = lowerer.class_named(tree.text(name), tree.at(id));
    lowerer.builder.class_mut(class).decorators.extend(decorators);
    for field in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        let (Some(name), Some(kind)) = (tree.field(field, "name"), tree.field(field, "type")) else {
            continue;
        };
        let at = tree.at(field);
        let annotation = lowerer.annotation(kind);
        let comment = doc(tree, at).unwrap_or_default();
        let parts = [tree.text(name), &comment, tree.text(kind)].map(|part| lowerer.builder.text(part, at));
        let described = lowerer.builder.array(&parts, at);
        let atom = lowerer.builder.atom(tree.text(name));
        let class = lowerer.builder.class_mut(class);
        class.decorators.push(described);
        class.annotations.extend(annotation.map(|annotation| (atom, annotation)));
    }
    lowerer.builder.class_node(class)
}
