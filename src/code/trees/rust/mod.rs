//! Rust: paths, patterns, macros by their tokens, results instead of exceptions.

mod calls;
mod declarations;
mod macros;

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, as_written, by_name, no_keyword, plus},
    lowering::Lowerer,
    roles::{Grammar, Role},
    text,
    tree::{Id, Tree},
};
use crate::code::graph::{ExitKind, NodeId, Property, Strings, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("array_expression", Role::List),
    ("assignment_expression", Role::Assign),
    ("attribute_item", Role::Own),
    ("binary_expression", Role::Binary),
    ("block", Role::Block),
    ("block_comment", Role::Skip),
    ("boolean_literal", Role::Own),
    ("break_expression", Role::Leave),
    ("call_expression", Role::Call),
    ("char_literal", Role::Text),
    ("closure_expression", Role::Lambda),
    ("compound_assignment_expr", Role::Assign),
    ("const_item", Role::Declare),
    ("continue_expression", Role::Leave),
    ("crate", Role::Name),
    ("enum_item", Role::Skip),
    ("expression_statement", Role::Own),
    ("field_expression", Role::Member),
    ("field_identifier", Role::Name),
    ("float_literal", Role::Number),
    ("for_expression", Role::Loop),
    ("function_item", Role::Own),
    ("function_signature_item", Role::Skip),
    ("generic_function", Role::Own),
    ("generic_type", Role::Own),
    ("identifier", Role::Name),
    ("if_expression", Role::If),
    ("impl_item", Role::Own),
    ("index_expression", Role::Index),
    ("inner_attribute_item", Role::Skip),
    ("integer_literal", Role::Number),
    ("label", Role::Skip),
    ("let_condition", Role::Own),
    ("let_declaration", Role::Own),
    ("lifetime", Role::Skip),
    ("line_comment", Role::Skip),
    ("loop_expression", Role::Loop),
    ("macro_definition", Role::Skip),
    ("macro_invocation", Role::Own),
    ("match_expression", Role::Switch),
    ("metavariable", Role::Skip),
    ("mod_item", Role::Own),
    ("mutable_specifier", Role::Skip),
    ("primitive_type", Role::Own),
    ("raw_string_literal", Role::Own),
    ("return_expression", Role::Own),
    ("scoped_identifier", Role::Own),
    ("scoped_type_identifier", Role::Own),
    ("self", Role::Name),
    ("shorthand_field_identifier", Role::Name),
    ("static_item", Role::Declare),
    ("string_literal", Role::Text),
    ("struct_expression", Role::Own),
    ("struct_item", Role::Own),
    ("struct_pattern", Role::Own),
    ("super", Role::Name),
    ("trait_item", Role::Own),
    ("tuple_expression", Role::List),
    ("tuple_pattern", Role::List),
    ("tuple_struct_pattern", Role::Own),
    ("type_arguments", Role::Skip),
    ("type_cast_expression", Role::Own),
    ("type_identifier", Role::Name),
    ("type_item", Role::Skip),
    ("type_parameters", Role::Skip),
    ("unary_expression", Role::Unary),
    ("unit_expression", Role::Null),
    ("use_declaration", Role::Import),
    ("visibility_modifier", Role::Skip),
    ("where_clause", Role::Skip),
    ("while_expression", Role::Loop),
];

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_rust::LANGUAGE.into(), ROLES));

/// Rust.
pub(super) static RUST: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin: declarations::begin,
    own,
    undeclared,
    function: by_name,
    member: as_written,
    rewrite: calls::rewrite,
    keyword: no_keyword,
    parameters: declarations::parameters,
    looped,
    cases,
    take_apart,
    joins: plus,
    spreads: &[],
    bare_fields: false,
    shovels: false,
    yields_last: true,
};

/// What is not declared in the file is declared in another file of the package.
fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    if matches!(name, "Ok" | "Some" | "Err" | "Box" | "Arc" | "Rc" | "String" | "Vec" | "None") {
        let name = lowerer.builder.atom(name);
        return lowerer.builder.node(Value::Global(name), at);
    }
    lowerer.foreign(".", name, at)
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let kind = tree.kind(id);
    if kind != "attribute_item" && !matches!(kind, "function_item" | "struct_item" | "impl_item") {
        lowerer.attributes.clear();
    }
    match kind {
        "attribute_item" => {
            lowerer.attributes.push(id);
            lowerer.builder.unknown()
        }
        "boolean_literal" => {
            let truth = tree.text(id) == "true";
            lowerer.builder.node(Value::Bool(truth), at)
        }
        "raw_string_literal" => lowerer.builder.text(text::inner(tree.text(id)), at),
        "expression_statement" => {
            let value = lowerer.group(id);
            if tree.text(id).ends_with(';') { lowerer.builder.unknown() } else { value }
        }
        "function_item" => declarations::function(lowerer, id),
        "impl_item" | "trait_item" => declarations::implementation(lowerer, id),
        "struct_item" => declarations::structure(lowerer, id),
        "mod_item" => match tree.field(id, "body") {
            Some(body) => lowerer.group(body),
            None => lowerer.builder.unknown(),
        },
        "generic_function" => generic(lowerer, id),
        "generic_type" => wrapped(lowerer, id),
        "primitive_type" => primitive(lowerer, tree.text(id), at),
        "scoped_identifier" | "scoped_type_identifier" => path(lowerer, id),
        "macro_invocation" => macros::invoked(lowerer, id),
        "let_declaration" => bound(lowerer, id),
        "let_condition" => {
            let value = part(lowerer, id, "value");
            if let Some(pattern) = tree.field(id, "pattern") {
                lowerer.store(pattern, value, true);
            }
            lowerer.builder.node(Value::Unknown, at)
        }
        "return_expression" => give_back(lowerer, id),
        "type_cast_expression" => {
            let value = part(lowerer, id, "value");
            match tree.field(id, "type").map(|kind| tree.kind(kind)) {
                Some("primitive_type") => lowerer.call_global("Number", &[value], at),
                _ => value,
            }
        }
        "struct_expression" => instance(lowerer, id),
        _ => lowerer.builder.unknown(),
    }
}

fn part(lowerer: &mut Lowerer<'_>, id: Id, field: &'static str) -> NodeId {
    match lowerer.tree.field(id, field) {
        Some(part) => lowerer.expression(part),
        None => lowerer.builder.unknown(),
    }
}

/// `x.parse::<u32>()` makes a number; other type arguments say nothing.
fn generic(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let function = part(lowerer, id, "function");
    let types = tree.field(id, "type_arguments").map_or("", |types| tree.text(types));
    let numeric = NUMBERS.contains(&types.trim_matches(['<', '>']));
    match lowerer.builder.unit().value(function) {
        Value::Member { object, name } if numeric && lowerer.builder.unit().text(name) == "parse" => {
            lowerer.member_named(object, "parse_number", tree.at(id))
        }
        _ => function,
    }
}

const NUMBERS: [&str; 15] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
    "bool",
];

fn primitive(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    if !NUMBERS.contains(&name) {
        return lowerer.builder.unknown();
    }
    let name = lowerer.builder.atom("int");
    lowerer.builder.node(Value::Global(name), at)
}

/// `Arc<T>`, `Parameters<T>` and their like stand for `T`, other generic types for themselves.
fn wrapped(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(kind) = tree.field(id, "type") else { return lowerer.builder.unknown() };
    let name = tree.text(kind).rsplit("::").next().unwrap_or_default();
    let inner = tree.field(id, "type_arguments").and_then(|types| tree.child(types));
    match inner {
        Some(inner)
            if matches!(
                name,
                "Arc" | "Rc" | "Box" | "Option" | "Parameters" | "State" | "Mutex" | "RwLock"
            ) =>
        {
            lowerer.expression(inner)
        }
        _ => lowerer.expression(kind),
    }
}

/// `a::b::c`: a name of another module, or a member of what the first part means.
fn path(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let written: String = tree.text(id).chars().filter(|c| !c.is_whitespace()).take(300).collect();
    let parts: Vec<&str> = written
        .split("::")
        .map(|part| part.split('<').next().unwrap_or(part))
        .filter(|part| !part.is_empty())
        .collect();
    named(lowerer, &parts, at)
}

/// A path by its parts.
fn named(lowerer: &mut Lowerer<'_>, parts: &[&str], at: u32) -> NodeId {
    let Some((&first, rest)) = parts.split_first() else { return lowerer.builder.unknown() };
    let atom = lowerer.builder.atom(first);
    let own = matches!(first, "crate" | "self" | "super") && !rest.is_empty();
    let (mut value, rest) = if own {
        // Modules are written small, types are not.
        let modules = parts.iter().take_while(|part| part.starts_with(|c: char| c.is_lowercase())).count();
        let split = modules.min(parts.len() - 1);
        let module = parts[..split].join(".");
        (lowerer.foreign(&module, parts[split], at), &parts[split + 1..])
    } else if lowerer.builder.lookup(atom).is_some() || rest.is_empty() {
        (lowerer.name(first, at), rest)
    } else {
        (lowerer.foreign(first, "*", at), rest)
    };
    for part in rest {
        value = lowerer.member_named(value, part, at);
    }
    value
}

/// `let pattern = value else { … }`.
fn bound(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let value = part(lowerer, id, "value");
    if let Some(other) = tree.field(id, "alternative") {
        let mark = lowerer.builder.mark();
        lowerer.expression(other);
        lowerer.builder.take(mark);
    }
    if let Some(pattern) = tree.field(id, "pattern") {
        let typed = tree.field(id, "type").is_some_and(|kind| NUMBERS.contains(&tree.text(kind)));
        let value = if typed { lowerer.call_global("Number", &[value], tree.at(id)) } else { value };
        lowerer.store(pattern, value, true);
    }
    lowerer.builder.unknown()
}

/// `return Err(e)` is thrown.
fn give_back(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let fails = tree.child(id).is_some_and(|value| {
        tree.kind(value) == "call_expression"
            && tree.field(value, "function").is_some_and(|function| tree.text(function) == "Err")
    });
    lowerer.leave(id, if fails { ExitKind::Throw } else { ExitKind::Return })
}

/// `T { name: value, ..rest }`.
fn instance(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let class = part(lowerer, id, "name");
    let mut members: Vec<Property> = Vec::new();
    for entry in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        let (key, value) = match tree.kind(entry) {
            "field_initializer" => {
                let key = tree.field(entry, "field").map_or("", |key| tree.text(key));
                (lowerer.builder.atom(key), part(lowerer, entry, "value"))
            }
            "shorthand_field_initializer" => {
                let value = lowerer.group(entry);
                (lowerer.builder.atom(tree.text(entry)), value)
            }
            _ => (Strings::SPREAD, lowerer.group(entry)),
        };
        members.push(Property { key, value });
    }
    lowerer.instance(class, &[], &members, at)
}

/// `Some(x)`, `T { a, b: c }`.
fn take_apart(lowerer: &mut Lowerer<'_>, id: Id, value: NodeId) {
    let tree = lowerer.tree;
    let kind = tree.field(id, "type");
    match tree.kind(id) {
        "tuple_struct_pattern" => {
            for inner in tree.children(id).filter(|&inner| Some(inner) != kind) {
                lowerer.store(inner, value, true);
            }
        }
        "struct_pattern" => {
            for field in tree.children(id).filter(|&field| tree.kind(field) == "field_pattern") {
                let Some(name) = tree.field(field, "name") else { continue };
                let part = lowerer.member_named(value, tree.text(name), tree.at(field));
                lowerer.store(tree.field(field, "pattern").unwrap_or(name), part, true);
            }
        }
        _ => {}
    }
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    let each = tree.field(id, "value").map(|from| (tree.field(id, "pattern"), vec![from]));
    Looped { each, condition: tree.field(id, "condition"), body: tree.field(id, "body"), ..Looped::default() }
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases = Vec::new();
    for arm in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        let (Some(pattern), Some(value)) = (tree.field(arm, "pattern"), tree.field(arm, "value")) else {
            continue;
        };
        let body = vec![value];
        let mut literals: Vec<Id> = Vec::new();
        let constant = tree.inside(pattern, 200).all(|inner| match tree.kind(inner) {
            "string_literal" | "integer_literal" | "boolean_literal" => {
                literals.push(inner);
                true
            }
            "match_pattern" | "or_pattern" | "string_content" | "escape_sequence" | "|" | "\"" | "true"
            | "false" => true,
            _ => false,
        });
        let any = tree.text(pattern) == "_";
        cases.push(if constant && !literals.is_empty() {
            Case { tests: literals, body, ..Case::default() }
        } else if any {
            Case { body, ..Case::default() }
        } else {
            Case { binds: tree.child(pattern), body, ..Case::default() }
        });
    }
    cases
}
