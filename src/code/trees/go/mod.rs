//! Go: packages of several files, errors as last results, struct literals.

mod calls;
mod declarations;

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, by_name, no_keyword, no_pattern, plus},
    lowering::Lowerer,
    roles::{Grammar, Role},
    text,
    tree::{Id, Tree},
};
use crate::code::graph::{ExitKind, NodeId, Property, Strings, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("assignment_statement", Role::Assign),
    ("binary_expression", Role::Binary),
    ("blank_identifier", Role::Skip),
    ("block", Role::Block),
    ("break_statement", Role::Leave),
    ("call_expression", Role::Call),
    ("channel_type", Role::Skip),
    ("comment", Role::Skip),
    ("composite_literal", Role::Own),
    ("const_spec", Role::Declare),
    ("continue_statement", Role::Leave),
    ("expression_list", Role::List),
    ("expression_switch_statement", Role::Switch),
    ("false", Role::False),
    ("field_identifier", Role::Name),
    ("float_literal", Role::Number),
    ("for_statement", Role::Loop),
    ("func_literal", Role::Own),
    ("function_declaration", Role::Own),
    ("function_type", Role::Skip),
    ("generic_type", Role::Own),
    ("goto_statement", Role::Leave),
    ("identifier", Role::Name),
    ("if_statement", Role::If),
    ("import_declaration", Role::Import),
    ("index_expression", Role::Index),
    ("int_literal", Role::Number),
    ("interface_type", Role::Skip),
    ("interpreted_string_literal", Role::Text),
    ("iota", Role::Number),
    ("label_name", Role::Skip),
    ("literal_value", Role::Own),
    ("map_type", Role::Skip),
    ("method_declaration", Role::Own),
    ("nil", Role::Null),
    ("package_clause", Role::Skip),
    ("package_identifier", Role::Name),
    ("qualified_type", Role::Member),
    ("raw_string_literal", Role::Own),
    ("return_statement", Role::Own),
    ("rune_literal", Role::Text),
    ("select_statement", Role::Switch),
    ("selector_expression", Role::Member),
    ("short_var_declaration", Role::Assign),
    ("slice_expression", Role::Own),
    ("struct_type", Role::Skip),
    ("true", Role::True),
    ("type_alias", Role::Skip),
    ("type_arguments", Role::Skip),
    ("type_assertion_expression", Role::Own),
    ("type_conversion_expression", Role::Own),
    ("type_identifier", Role::Name),
    ("type_spec", Role::Own),
    ("type_switch_statement", Role::Switch),
    ("unary_expression", Role::Unary),
    ("var_spec", Role::Declare),
];

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_go::LANGUAGE.into(), ROLES));

/// Go.
pub(super) static GO: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin: declarations::begin,
    own,
    undeclared,
    function: by_name,
    member,
    rewrite: calls::rewrite,
    keyword: no_keyword,
    parameters: declarations::parameters,
    looped,
    cases,
    take_apart: no_pattern,
    joins: plus,
    spreads: &["variadic_argument"],
    bare_fields: false,
    shovels: false,
    yields_last: false,
};

/// Functions and types that every file has.
const BUILTIN: [&str; 37] = [
    "any",
    "append",
    "bool",
    "byte",
    "cap",
    "clear",
    "close",
    "complex128",
    "complex64",
    "copy",
    "delete",
    "error",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "len",
    "make",
    "max",
    "min",
    "new",
    "panic",
    "print",
    "println",
    "recover",
    "rune",
    "string",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
    "_",
];

/// What is not declared in the file is declared in another file of the package.
fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    if BUILTIN.contains(&name) {
        let name = lowerer.builder.atom(name);
        return lowerer.builder.node(Value::Global(name), at);
    }
    lowerer.foreign(".", name, at)
}

fn member(name: &str) -> &str {
    match name {
        "Params" => "params",
        "Arguments" => "arguments",
        "Host" => "host",
        "PathSeparator" | "Separator" => "sep",
        _ => name,
    }
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    match tree.kind(id) {
        "raw_string_literal" => lowerer.builder.text(text::inner(tree.text(id)), at),
        "slice_expression" | "type_assertion_expression" | "type_conversion_expression" => {
            match tree.field(id, "operand") {
                Some(operand) => lowerer.expression(operand),
                None => lowerer.builder.unknown(),
            }
        }
        "generic_type" => match tree.field(id, "type") {
            Some(inner) => lowerer.expression(inner),
            None => lowerer.builder.unknown(),
        },
        "composite_literal" => composite(lowerer, id),
        "literal_value" => literal(lowerer, id, true),
        "func_literal" | "function_declaration" | "method_declaration" => declarations::function(lowerer, id),
        "type_spec" => declarations::named_type(lowerer, id),
        "return_statement" => give_back(lowerer, id),
        _ => lowerer.builder.unknown(),
    }
}

/// `T{…}`: a list, a map, or an instance of a struct.
fn composite(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let (Some(kind), Some(body)) = (tree.field(id, "type"), tree.field(id, "body")) else {
        return lowerer.builder.unknown();
    };
    match tree.kind(kind) {
        "map_type" => literal(lowerer, body, false),
        "slice_type" | "array_type" | "implicit_length_array_type" | "struct_type" => {
            literal(lowerer, body, true)
        }
        _ => {
            let class = lowerer.expression(kind);
            let (items, members) = parts(lowerer, body, true);
            lowerer.instance(class, &items, &members, at)
        }
    }
}

fn literal(lowerer: &mut Lowerer<'_>, body: Id, named: bool) -> NodeId {
    let at = lowerer.tree.at(body);
    let (items, members) = parts(lowerer, body, named);
    if members.is_empty() && named {
        lowerer.builder.array(&items, at)
    } else {
        lowerer.builder.object(&members, at)
    }
}

/// Elements by position and by key; where keys are names of fields, a bare name is one.
fn parts(lowerer: &mut Lowerer<'_>, body: Id, named: bool) -> (Vec<NodeId>, Vec<Property>) {
    let tree = lowerer.tree;
    let (mut items, mut members) = (Vec::new(), Vec::new());
    for element in tree.children(body) {
        if tree.kind(element) != "keyed_element" {
            items.push(lowerer.expression(element));
            continue;
        }
        let key = tree.field(element, "key").or_else(|| tree.child(element));
        let value = tree.field(element, "value").or_else(|| tree.children(element).last());
        let (Some(key), Some(value)) = (key, value) else { continue };
        let name = tree.child(key).unwrap_or(key);
        let key = if named && tree.kind(name) == "identifier" {
            lowerer.builder.atom(tree.text(name))
        } else {
            let key = lowerer.expression(key);
            match lowerer.builder.unit().value(key) {
                Value::Text(text) => text,
                _ => Strings::ELEMENT,
            }
        };
        let value = lowerer.expression(value);
        members.push(Property { key, value });
    }
    (items, members)
}

/// `return a, b, err`: an error that is not nil is thrown; of the other results any may be meant.
fn give_back(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let values: Vec<Id> = tree.child(id).map(|list| tree.children(list).collect()).unwrap_or_default();
    let given: Vec<NodeId> = values.iter().map(|&value| lowerer.expression(value)).collect();
    let Some((&error, results)) = given.split_last() else {
        let null = lowerer.builder.null();
        lowerer.builder.exit(ExitKind::Return, null, at);
        return null;
    };
    let blank = |node: NodeId| match lowerer.builder.unit().value(node) {
        Value::Null | Value::Number(_) | Value::Bool(false) | Value::Unknown => true,
        Value::Text(text) => lowerer.builder.unit().text(text).is_empty(),
        Value::Array(range) | Value::Object(range) => range.len == 0,
        _ => false,
    };
    let made = lowerer.imported(match lowerer.builder.unit().value(error) {
        Value::Call(call) => lowerer.builder.unit().call(call).callee,
        _ => error,
    });
    let is_made =
        made.is_some_and(|name| matches!(name.as_str(), "fmt.Errorf" | "errors.New" | "errors.Join"));
    let named = values.last().is_some_and(|&value| tree.kind(value) == "identifier");
    let nothing = results.iter().all(|&result| blank(result));
    let is_null = lowerer.builder.unit().value(error) == Value::Null;
    let throws = lowerer.fails && !is_null && (is_made || nothing && (named || !results.is_empty()));
    if throws {
        lowerer.builder.exit(ExitKind::Throw, error, at);
        return error;
    }
    let several = lowerer.fails && !results.is_empty();
    let given: Vec<NodeId> = if several { results.to_vec() } else { given.clone() };
    let mut meant: Vec<NodeId> = given.iter().copied().filter(|&node| !blank(node)).collect();
    if meant.is_empty() {
        meant.push(given.first().copied().unwrap_or(error));
    }
    for &value in &meant {
        lowerer.builder.exit(ExitKind::Return, value, at);
    }
    meant[0]
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    let mut looped = Looped { body: tree.field(id, "body"), ..Looped::default() };
    for part in tree.children(id) {
        match tree.kind(part) {
            "for_clause" => {
                looped.before = tree.field(part, "initializer");
                looped.condition = tree.field(part, "condition");
                looped.update = tree.field(part, "update");
            }
            "range_clause" => {
                looped.each = tree.field(part, "right").map(|from| (tree.field(part, "left"), vec![from]));
            }
            _ if Some(part) != looped.body => looped.condition = Some(part),
            _ => {}
        }
    }
    looped
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases = Vec::new();
    for part in tree.children(id) {
        let mut case = Case::default();
        match tree.kind(part) {
            "expression_case" | "type_case" | "communication_case" => {
                for child in tree.children(part) {
                    match tree.kind(child) {
                        "statement_list" => case.body.push(child),
                        "expression_list" => case.tests.extend(tree.children(child)),
                        _ => case.tests.push(child),
                    }
                }
            }
            "default_case" => case.body.extend(tree.children(part)),
            _ => continue,
        }
        cases.push(case);
    }
    cases
}
