//! C#: namespaces name types, attributes say what is a tool, processes are described before they
//! are started.

mod calls;
mod declarations;
mod processes;
mod types;

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, plus},
    lowering::Lowerer,
    roles::{Grammar, Role},
    text,
    tree::{Id, Tree},
};
use crate::code::graph::{NodeId, Operator, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("accessor_list", Role::Skip),
    ("alias_qualified_name", Role::Own),
    ("anonymous_method_expression", Role::Lambda),
    ("anonymous_object_creation_expression", Role::List),
    ("array_creation_expression", Role::Group),
    ("array_rank_specifier", Role::Skip),
    ("array_type", Role::Skip),
    ("arrow_expression_clause", Role::Own),
    ("as_expression", Role::Own),
    ("assignment_expression", Role::Assign),
    ("attribute_list", Role::Skip),
    ("base", Role::Name),
    ("binary_expression", Role::Binary),
    ("block", Role::Block),
    ("boolean_literal", Role::Own),
    ("break_statement", Role::Leave),
    ("cast_expression", Role::Own),
    ("catch_declaration", Role::Own),
    ("character_literal", Role::Text),
    ("class_declaration", Role::Own),
    ("collection_expression", Role::List),
    ("comment", Role::Skip),
    ("conditional_access_expression", Role::Own),
    ("conditional_expression", Role::Choice),
    ("constructor_declaration", Role::Own),
    ("continue_statement", Role::Leave),
    ("declaration_expression", Role::Own),
    ("declaration_pattern", Role::Own),
    ("default_expression", Role::Skip),
    ("delegate_declaration", Role::Skip),
    ("do_statement", Role::Loop),
    ("element_access_expression", Role::Index),
    ("enum_declaration", Role::Own),
    ("event_field_declaration", Role::Skip),
    ("field_declaration", Role::Own),
    ("file_scoped_namespace_declaration", Role::Skip),
    ("for_statement", Role::Loop),
    ("foreach_statement", Role::Loop),
    ("generic_name", Role::Own),
    ("identifier", Role::Name),
    ("if_statement", Role::If),
    ("implicit_object_creation_expression", Role::Own),
    ("initializer_expression", Role::List),
    ("integer_literal", Role::Number),
    ("interface_declaration", Role::Own),
    ("interpolated_string_expression", Role::Template),
    ("interpolation", Role::Own),
    ("interpolation_alignment_clause", Role::Skip),
    ("interpolation_brace", Role::Skip),
    ("interpolation_format_clause", Role::Skip),
    ("interpolation_quote", Role::Skip),
    ("interpolation_start", Role::Skip),
    ("invocation_expression", Role::Call),
    ("is_expression", Role::Own),
    ("is_pattern_expression", Role::Own),
    ("lambda_expression", Role::Lambda),
    ("local_function_statement", Role::Own),
    ("member_access_expression", Role::Member),
    ("member_binding_expression", Role::Skip),
    ("method_declaration", Role::Own),
    ("modifier", Role::Skip),
    ("null_literal", Role::Null),
    ("nullable_type", Role::Own),
    ("object_creation_expression", Role::Own),
    ("postfix_unary_expression", Role::Unary),
    ("predefined_type", Role::Own),
    ("prefix_unary_expression", Role::Unary),
    ("property_declaration", Role::Own),
    ("qualified_name", Role::Own),
    ("raw_string_end", Role::Skip),
    ("raw_string_literal", Role::Template),
    ("raw_string_start", Role::Skip),
    ("real_literal", Role::Number),
    ("record_declaration", Role::Own),
    ("return_statement", Role::Return),
    ("string_literal", Role::Template),
    ("string_literal_encoding", Role::Skip),
    ("struct_declaration", Role::Own),
    ("switch_expression", Role::Own),
    ("switch_statement", Role::Switch),
    ("this", Role::Name),
    ("throw_expression", Role::Own),
    ("throw_statement", Role::Throw),
    ("try_statement", Role::Try),
    ("tuple_expression", Role::List),
    ("tuple_pattern", Role::List),
    ("type_argument_list", Role::Skip),
    ("typeof_expression", Role::Skip),
    ("unary_expression", Role::Unary),
    ("using_directive", Role::Skip),
    ("using_statement", Role::Block),
    ("variable_declaration", Role::Own),
    ("verbatim_string_literal", Role::Own),
    ("while_statement", Role::Loop),
];

static GRAMMAR: LazyLock<Grammar> =
    LazyLock::new(|| Grammar::new(tree_sitter_c_sharp::LANGUAGE.into(), ROLES));

/// C#.
pub(super) static CSHARP: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin: declarations::begin,
    own,
    undeclared: types::undeclared,
    function: types::own_member,
    member: without_types,
    rewrite: calls::rewrite,
    keyword,
    parameters: declarations::parameters,
    looped,
    cases,
    take_apart,
    joins: plus,
    spreads: &[],
    bare_fields: true,
    shovels: false,
    yields_last: false,
};

/// `Get` of `Get<T>`; the separator of paths under the name that all languages share.
fn without_types(name: &str) -> &str {
    match name.split('<').next().unwrap_or(name) {
        "DirectorySeparatorChar" | "AltDirectorySeparatorChar" => "sep",
        name => name,
    }
}

/// `name: value`.
fn keyword<'t>(tree: &'t Tree<'t>, id: Id) -> Option<(&'t str, Id)> {
    let name = tree.field(id, "name")?;
    let value = tree.children(id).last().filter(|&value| value != name)?;
    (tree.kind(id) == "argument").then(|| (tree.text(name), value))
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    match tree.kind(id) {
        "class_declaration"
        | "struct_declaration"
        | "record_declaration"
        | "interface_declaration"
        | "enum_declaration" => declarations::class(lowerer, id),
        "method_declaration" | "constructor_declaration" => declarations::method(lowerer, id),
        "local_function_statement" => declarations::local_function(lowerer, id),
        "field_declaration" | "property_declaration" => declarations::field(lowerer, id),
        "variable_declaration" => declarations::variables(lowerer, id),
        "object_creation_expression" | "implicit_object_creation_expression" => calls::created(lowerer, id),
        "conditional_access_expression" => conditional_access(lowerer, id),
        "switch_expression" => switch_expression(lowerer, id),
        "boolean_literal" => lowerer.builder.node(Value::Bool(tree.text(id) == "true"), at),
        "verbatim_string_literal" => {
            let content = text::inner(tree.text(id)).replace("\"\"", "\"");
            lowerer.builder.text(&content, at)
        }
        "generic_name" | "nullable_type" => match tree.child(id) {
            Some(inner) => lowerer.expression(inner),
            None => lowerer.builder.unknown(),
        },
        "predefined_type" => types::predefined(lowerer, tree.text(id), at),
        "qualified_name" | "alias_qualified_name" => {
            let name = tree.text(id).rsplit("::").next().unwrap_or_default();
            let (module, name) = name.rsplit_once('.').unwrap_or((".", name));
            lowerer.foreign(module, without_types(name), at)
        }
        "is_expression" | "is_pattern_expression" => is(lowerer, id),
        "as_expression" => first(lowerer, tree.field(id, "left")),
        "cast_expression" => first(lowerer, tree.field(id, "value")),
        "arrow_expression_clause" => first(lowerer, tree.child(id)),
        "interpolation" => first(lowerer, tree.children(id).find(|&part| tree.role(part) != Role::Skip)),
        "throw_expression" => {
            lowerer.group(id);
            lowerer.builder.unknown()
        }
        "catch_declaration" | "declaration_expression" | "declaration_pattern" => {
            let unknown = lowerer.builder.unknown();
            take_apart(lowerer, id, unknown);
            unknown
        }
        _ => lowerer.builder.unknown(),
    }
}

fn first(lowerer: &mut Lowerer<'_>, id: Option<Id>) -> NodeId {
    match id {
        Some(id) => lowerer.expression(id),
        None => lowerer.builder.unknown(),
    }
}

/// `out var x`, `string s`: the name gets the value.
fn take_apart(lowerer: &mut Lowerer<'_>, id: Id, value: NodeId) {
    if let Some(name) = lowerer.tree.field(id, "name") {
        lowerer.store(name, value, true);
    }
}

/// `x is string s`.
fn is(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let left = first(lowerer, lowerer.first_field(id, &["left", "expression"]));
    let pattern = tree.field(id, "pattern");
    if let Some(pattern) = pattern.filter(|&pattern| tree.kind(pattern) == "declaration_pattern") {
        take_apart(lowerer, pattern, left);
    }
    // `x is "a" or "b"` compares.
    let values = pattern.map(|pattern| constants(lowerer, pattern)).unwrap_or_default();
    let mut all: Option<NodeId> = None;
    for value in values {
        let one = lowerer.builder.binary(Operator::Equal, left, value, at);
        all = Some(match all {
            Some(before) => lowerer.builder.node(Value::Or(before, one), at),
            None => one,
        });
    }
    all.unwrap_or_else(|| {
        let right = lowerer.builder.unknown();
        lowerer.builder.binary(Operator::InstanceOf, left, right, at)
    })
}

/// The constants that a pattern allows; none where it allows anything else.
fn constants(lowerer: &mut Lowerer<'_>, pattern: Id) -> Vec<NodeId> {
    let tree = lowerer.tree;
    let mut found = Vec::new();
    let mut open = vec![pattern];
    while let Some(id) = open.pop() {
        match tree.kind(id) {
            "or_pattern" | "parenthesized_pattern" => open.extend(tree.children(id)),
            "constant_pattern" => {
                let value = lowerer.group(id);
                found.push(value);
            }
            _ => return Vec::new(),
        }
        if found.len() > 64 {
            return Vec::new();
        }
    }
    found
}

/// `a?.b`, `a?[b]`.
fn conditional_access(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let Some(condition) = tree.field(id, "condition") else { return lowerer.builder.unknown() };
    let object = lowerer.expression(condition);
    let Some(access) = tree.children(id).find(|&part| part != condition) else { return object };
    match (tree.kind(access), tree.field(access, "name")) {
        ("member_binding_expression", Some(name)) => lowerer.member_named(object, tree.text(name), at),
        ("element_binding_expression", _) => {
            let key = lowerer.group(access);
            lowerer.builder.element(object, key, at)
        }
        _ => {
            lowerer.expression(access);
            lowerer.builder.member(object, crate::code::graph::Strings::ELEMENT, at)
        }
    }
}

/// `x switch { "a" => 1, _ => 2 }`.
fn switch_expression(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let mut parts = tree.children(id);
    let subject = first(lowerer, parts.next());
    let mut paths = lowerer.open_paths();
    let (mut values, mut complete) = (Vec::new(), false);
    for arm in parts {
        let inside: Vec<Id> = tree.children(arm).collect();
        let (Some(&pattern), Some(&value)) = (inside.first(), inside.last()) else { continue };
        let test = match tree.kind(pattern) {
            "declaration_pattern" => {
                take_apart(lowerer, pattern, subject);
                lowerer.builder.unknown()
            }
            "discard" | "var_pattern" => lowerer.builder.unknown(),
            _ => {
                let constant = lowerer.expression(pattern);
                lowerer.builder.binary(Operator::Equal, subject, constant, at)
            }
        };
        let mark = lowerer.builder.mark();
        complete = tree.kind(pattern) == "discard";
        if !complete {
            lowerer.builder.enter(test, true);
        }
        values.push(lowerer.expression(value));
        lowerer.end_path(&mut paths, mark);
        if complete {
            break;
        }
        lowerer.next_path(&mut paths, test);
    }
    lowerer.close_paths(paths, complete, at);
    lowerer.builder.join(&values, at)
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    let each = tree.kind(id) == "foreach_statement";
    Looped {
        before: tree.field(id, "initializer"),
        each: tree.field(id, "right").filter(|_| each).map(|from| (tree.field(id, "left"), vec![from])),
        condition: tree.field(id, "condition").filter(|_| tree.kind(id) != "do_statement"),
        update: tree.field(id, "update"),
        body: tree.field(id, "body"),
    }
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for section in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        let mut case = Case::default();
        for part in tree.children(section) {
            let kind = tree.kind(part);
            if kind == "break_statement" || kind == "when_clause" {
                continue;
            }
            if kind == "block" || kind.ends_with("_statement") {
                case.body.push(part);
            } else if kind == "declaration_pattern" {
                case.binds = Some(part);
            } else {
                case.tests.push(part);
            }
        }
        cases.push(case);
    }
    cases
}
