//! Java: everything stands in a class, annotations say what is a tool.

mod calls;
mod declarations;

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, as_written, no_keyword, no_pattern, plus},
    lowering::Lowerer,
    roles::{Grammar, Role},
    tree::{Id, Tree},
};
use crate::code::graph::{NodeId, Operator, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("array_access", Role::Index),
    ("array_creation_expression", Role::Own),
    ("array_initializer", Role::List),
    ("array_type", Role::Skip),
    ("assignment_expression", Role::Assign),
    ("binary_expression", Role::Binary),
    ("block", Role::Block),
    ("block_comment", Role::Skip),
    ("break_statement", Role::Leave),
    ("cast_expression", Role::Own),
    ("catch_formal_parameter", Role::Declare),
    ("character_literal", Role::Text),
    ("class_declaration", Role::Own),
    ("compact_constructor_declaration", Role::Skip),
    ("constructor_body", Role::Block),
    ("constructor_declaration", Role::Own),
    ("continue_statement", Role::Leave),
    ("decimal_floating_point_literal", Role::Number),
    ("decimal_integer_literal", Role::Number),
    ("do_statement", Role::Loop),
    ("enhanced_for_statement", Role::Loop),
    ("enum_declaration", Role::Own),
    ("explicit_constructor_invocation", Role::Own),
    ("false", Role::False),
    ("field_access", Role::Member),
    ("field_declaration", Role::Own),
    ("for_statement", Role::Loop),
    ("generic_type", Role::Own),
    ("hex_integer_literal", Role::Number),
    ("identifier", Role::Name),
    ("if_statement", Role::If),
    ("import_declaration", Role::Import),
    ("instanceof_expression", Role::Own),
    ("integral_type", Role::Own),
    ("interface_declaration", Role::Own),
    ("lambda_expression", Role::Lambda),
    ("line_comment", Role::Skip),
    ("method_declaration", Role::Own),
    ("method_invocation", Role::Call),
    ("method_reference", Role::Skip),
    ("modifiers", Role::Skip),
    ("null_literal", Role::Null),
    ("object_creation_expression", Role::Own),
    ("package_declaration", Role::Skip),
    ("record_declaration", Role::Own),
    ("resource", Role::Declare),
    ("return_statement", Role::Return),
    ("scoped_identifier", Role::Own),
    ("scoped_type_identifier", Role::Own),
    ("string_literal", Role::Template),
    ("super", Role::Skip),
    ("switch_expression", Role::Switch),
    ("ternary_expression", Role::Choice),
    ("this", Role::Name),
    ("throw_statement", Role::Throw),
    ("true", Role::True),
    ("try_statement", Role::Try),
    ("try_with_resources_statement", Role::Own),
    ("type_arguments", Role::Skip),
    ("type_identifier", Role::Name),
    ("type_parameters", Role::Skip),
    ("unary_expression", Role::Unary),
    ("variable_declarator", Role::Declare),
    ("void_type", Role::Skip),
    ("while_statement", Role::Loop),
    ("yield_statement", Role::Group),
];

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_java::LANGUAGE.into(), ROLES));

/// Java.
pub(super) static JAVA: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin: declarations::begin,
    own,
    undeclared,
    function,
    member: as_written,
    rewrite: calls::rewrite,
    keyword: no_keyword,
    parameters: declarations::parameters,
    looped,
    cases,
    take_apart: no_pattern,
    joins: plus,
    spreads: &[],
    bare_fields: true,
    shovels: false,
    yields_last: false,
};

/// Types that every file has.
const LANGUAGE: [&str; 22] = [
    "Boolean",
    "Byte",
    "Character",
    "Class",
    "ClassLoader",
    "Double",
    "Enum",
    "Exception",
    "Float",
    "Integer",
    "Iterable",
    "Long",
    "Math",
    "Object",
    "Process",
    "ProcessBuilder",
    "Runtime",
    "String",
    "StringBuilder",
    "StringBuffer",
    "System",
    "Thread",
];
/// Types that are often imported by their package alone.
const COMMON: [(&str, &[&str]); 5] = [
    (
        "java.io",
        &["File", "FileReader", "FileWriter", "FileInputStream", "FileOutputStream", "ObjectInputStream"],
    ),
    ("java.nio.file", &["Files", "Path", "Paths"]),
    ("java.net", &["URI", "URL", "Socket", "ServerSocket", "URLEncoder", "InetAddress"]),
    ("java.net.http", &["HttpClient", "HttpRequest"]),
    ("java.util", &["Base64", "List", "Map", "Arrays", "Set"]),
];

/// A member of the object, a type of the language, of an imported package, or of this package.
fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    if LANGUAGE.contains(&name) {
        return lowerer.foreign("java.lang", name, at);
    }
    if name.starts_with(|first: char| first.is_uppercase()) {
        let package = COMMON.iter().find(|(package, names)| {
            names.contains(&name) && lowerer.packages.iter().any(|known| known == package)
        });
        return lowerer.foreign(package.map_or(".", |&(package, _)| package), name, at);
    }
    own_member(lowerer, name, at)
}

fn function(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    own_member(lowerer, name, at)
}

/// A member of the object or class around.
fn own_member(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let Some(class) = lowerer.inside.or(lowerer.class) else { return lowerer.foreign(".", name, at) };
    let object = lowerer.builder.node(Value::This(class), at);
    lowerer.member_named(object, name, at)
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    match tree.kind(id) {
        "class_declaration" | "interface_declaration" | "enum_declaration" | "record_declaration" => {
            declarations::class(lowerer, id)
        }
        "method_declaration" | "constructor_declaration" => declarations::method(lowerer, id),
        "field_declaration" => declarations::field(lowerer, id),
        "generic_type" => match tree.child(id) {
            Some(inner) => lowerer.expression(inner),
            None => lowerer.builder.unknown(),
        },
        "integral_type" => {
            let name = lowerer.builder.atom("int");
            lowerer.builder.node(Value::Global(name), at)
        }
        "scoped_identifier" | "scoped_type_identifier" => {
            let (module, name) = tree.text(id).rsplit_once('.').unwrap_or((".", tree.text(id)));
            lowerer.foreign(module, name, at)
        }
        "cast_expression" | "array_creation_expression" => match tree.field(id, "value") {
            Some(value) => lowerer.expression(value),
            None => lowerer.builder.array(&[], at),
        },
        "instanceof_expression" => {
            let left = tree.field(id, "left").map(|left| lowerer.expression(left));
            let left = left.unwrap_or_else(|| lowerer.builder.unknown());
            if let Some(name) = tree.field(id, "name") {
                lowerer.store(name, left, true);
            }
            let right = lowerer.builder.unknown();
            lowerer.builder.binary(Operator::InstanceOf, left, right, at)
        }
        "object_creation_expression" => calls::created(lowerer, id),
        "explicit_constructor_invocation" => {
            if let Some(arguments) = tree.field(id, "arguments") {
                lowerer.arguments(arguments);
            }
            lowerer.builder.unknown()
        }
        "try_with_resources_statement" => {
            if let Some(resources) = tree.field(id, "resources") {
                lowerer.group(resources);
            }
            lowerer.try_statement(id)
        }
        _ => lowerer.builder.unknown(),
    }
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    Looped {
        before: tree.field(id, "init"),
        each: tree.field(id, "value").map(|from| (tree.field(id, "name"), vec![from])),
        condition: tree.field(id, "condition").filter(|_| tree.kind(id) != "do_statement"),
        update: tree.field(id, "update"),
        body: tree.field(id, "body"),
    }
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for group in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        let mut case = Case::default();
        for part in tree.children(group) {
            match tree.kind(part) {
                "switch_label" => case.tests.extend(tree.children(part)),
                "break_statement" => {}
                _ => case.body.push(part),
            }
        }
        // A label without statements falls through to the next.
        if let Some(last) = cases.last_mut()
            && last.body.is_empty()
            && !last.tests.is_empty()
            && !case.tests.is_empty()
        {
            last.tests.append(&mut case.tests);
            last.body = case.body;
            continue;
        }
        cases.push(case);
    }
    cases
}
