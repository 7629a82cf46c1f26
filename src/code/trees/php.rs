//! PHP: functions without modules, classes by namespace, text with variables in it.

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, as_written, no_pattern},
    functions::{Defined, Job},
    lowering::Lowerer,
    php_calls as calls,
    roles::{Grammar, Role},
    text,
    tree::{Id, Tree},
};
use crate::code::graph::{Form, FunctionKind, NodeId, ParameterKind, Property, Strings, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("anonymous_function", Role::Lambda),
    ("array_creation_expression", Role::Own),
    ("arrow_function", Role::Lambda),
    ("assignment_expression", Role::Assign),
    ("augmented_assignment_expression", Role::Assign),
    ("binary_expression", Role::Binary),
    ("boolean", Role::Own),
    ("break_statement", Role::Leave),
    ("cast_expression", Role::Own),
    ("class_declaration", Role::Own),
    ("comment", Role::Skip),
    ("compound_statement", Role::Block),
    ("conditional_expression", Role::Choice),
    ("continue_statement", Role::Leave),
    ("do_statement", Role::Loop),
    ("else_if_clause", Role::If),
    ("encapsed_string", Role::Template),
    ("exit_statement", Role::Own),
    ("float", Role::Number),
    ("for_statement", Role::Loop),
    ("foreach_statement", Role::Loop),
    ("function_call_expression", Role::Own),
    ("function_definition", Role::Own),
    ("heredoc_body", Role::Template),
    ("heredoc_end", Role::Skip),
    ("heredoc_start", Role::Skip),
    ("if_statement", Role::If),
    ("include_expression", Role::Own),
    ("include_once_expression", Role::Own),
    ("integer", Role::Number),
    ("interface_declaration", Role::Skip),
    ("list_literal", Role::List),
    ("match_expression", Role::Switch),
    ("member_access_expression", Role::Member),
    ("member_call_expression", Role::Call),
    ("method_declaration", Role::Own),
    ("name", Role::Own),
    ("namespace_use_declaration", Role::Import),
    ("nowdoc_body", Role::Template),
    ("null", Role::Null),
    ("nullsafe_member_access_expression", Role::Member),
    ("nullsafe_member_call_expression", Role::Call),
    ("object_creation_expression", Role::Own),
    ("php_tag", Role::Skip),
    ("primitive_type", Role::Own),
    ("property_declaration", Role::Own),
    ("qualified_name", Role::Own),
    ("relative_scope", Role::Own),
    ("require_expression", Role::Own),
    ("require_once_expression", Role::Own),
    ("return_statement", Role::Return),
    ("scoped_call_expression", Role::Call),
    ("scoped_property_access_expression", Role::Member),
    ("shell_command_expression", Role::Own),
    ("string", Role::Own),
    ("subscript_expression", Role::Index),
    ("switch_statement", Role::Switch),
    ("text", Role::Skip),
    ("throw_expression", Role::Throw),
    ("trait_declaration", Role::Own),
    ("try_statement", Role::Try),
    ("unary_op_expression", Role::Unary),
    ("variable_name", Role::Name),
    ("visibility_modifier", Role::Skip),
    ("while_statement", Role::Loop),
];

static GRAMMAR: LazyLock<Grammar> =
    LazyLock::new(|| Grammar::new(tree_sitter_php::LANGUAGE_PHP.into(), ROLES));

/// PHP.
pub(super) static PHP: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin,
    own,
    undeclared,
    function,
    member: as_written,
    rewrite: calls::rewrite,
    keyword,
    parameters,
    looped,
    cases,
    take_apart: no_pattern,
    joins: |operator| operator == ".",
    spreads: &["variadic_unpacking"],
    bare_fields: false,
    shovels: false,
    yields_last: false,
};

/// Nodes looked at for the declarations of a file.
const MOST_DECLARED: u32 = 200_000;

/// Imports first, then every class and function that the file declares.
fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    for child in tree.inside(root, MOST_DECLARED) {
        match tree.kind(child) {
            "namespace_use_declaration" => imports(lowerer, child),
            "function_definition" => {
                if let Some(name) = tree.field(child, "name") {
                    let name = lowerer.builder.atom(&function_name(tree.text(name)));
                    lowerer.builder.top_level(name);
                }
            }
            "class_declaration" | "trait_declaration" => {
                if let Some(name) = tree.field(child, "name") {
                    lowerer.class_named(tree.text(name), tree.at(child));
                }
            }
            _ => {}
        }
    }
}

/// Functions have names of their own beside those of variables and classes.
pub(super) fn function_name(name: &str) -> String {
    format!("{}()", name.to_ascii_lowercase())
}

/// `use A\B as C;`, `use A\{B, C};`
fn imports(lowerer: &mut Lowerer<'_>, id: Id) {
    let tree = lowerer.tree;
    let prefix = tree.child_of(id, "namespace_name").map_or("", |prefix| tree.text(prefix));
    for clause in tree.inside(id, 2_000).filter(|&clause| tree.kind(clause) == "namespace_use_clause") {
        let Some(path) = tree.child(clause) else { continue };
        let path = tree.text(path).trim_start_matches('\\');
        let whole = if prefix.is_empty() { path.to_owned() } else { format!("{prefix}\\{path}") };
        let dotted = whole.replace('\\', ".");
        let (module, name) = dotted.rsplit_once('.').unwrap_or((".", &dotted));
        let value = lowerer.builder.import(module, name, tree.at(clause));
        let local = tree.field(clause, "alias").map_or(name, |alias| tree.text(alias));
        let local = lowerer.builder.atom(local);
        let variable = lowerer.builder.top_level(local);
        lowerer.builder.assign_variable(variable, value);
    }
}

/// Variables that every file has.
fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    match name.strip_prefix('$').unwrap_or(name) {
        "_ENV" => {
            let process = lowerer.builder.atom("process");
            let process = lowerer.builder.node(Value::Global(process), at);
            lowerer.member_named(process, "env", at)
        }
        known @ ("_GET" | "_POST" | "_REQUEST" | "_COOKIE" | "_FILES" | "_SERVER" | "argv") => {
            lowerer.foreign("php", known, at)
        }
        _ => lowerer.builder.unknown(),
    }
}

fn function(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let name = name.trim_start_matches('\\');
    let own = lowerer.builder.atom(&function_name(name));
    if lowerer.builder.lookup(own).is_some() {
        return lowerer.builder.read(own, at);
    }
    let name = name.rsplit('\\').next().unwrap_or(name).to_ascii_lowercase();
    lowerer.foreign("php", &name, at)
}

/// A class or constant by its name.
fn named(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let name = name.trim_start_matches('\\');
    let (module, last) = match name.rsplit_once('\\') {
        Some((module, last)) => (module.replace('\\', "."), last),
        None => ("php".to_owned(), name),
    };
    let atom = lowerer.builder.atom(last);
    if module == "php" && lowerer.builder.lookup(atom).is_some() {
        return lowerer.builder.read(atom, at);
    }
    lowerer.foreign(&module, last, at)
}

fn keyword<'t>(tree: &'t Tree<'t>, id: Id) -> Option<(&'t str, Id)> {
    let name = tree.field(id, "name")?;
    Some((tree.text(name), tree.children(id).last()?))
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    match tree.kind(id) {
        "boolean" => {
            let truth = tree.text(id).eq_ignore_ascii_case("true");
            lowerer.builder.node(Value::Bool(truth), at)
        }
        "string" => {
            let content = text::inner(tree.text(id)).replace("\\'", "'").replace("\\\\", "\\");
            lowerer.builder.text(&content, at)
        }
        "name" | "qualified_name" => named(lowerer, tree.text(id), at),
        "relative_scope" => match lowerer.inside.or(lowerer.class) {
            Some(class) => lowerer.builder.node(Value::This(class), at),
            None => lowerer.builder.unknown(),
        },
        "primitive_type" if matches!(tree.text(id), "int" | "float" | "bool") => {
            let name = lowerer.builder.atom("int");
            lowerer.builder.node(Value::Global(name), at)
        }
        "array_creation_expression" => array(lowerer, id),
        "cast_expression" => {
            let value = tree.field(id, "value").map(|value| lowerer.expression(value));
            let value = value.unwrap_or_else(|| lowerer.builder.unknown());
            let kind = tree.field(id, "type").map_or("", |kind| tree.text(kind));
            let number = matches!(kind.trim(), "int" | "integer" | "float" | "bool" | "boolean" | "double");
            if number { lowerer.call_global("Number", &[value], at) } else { value }
        }
        "function_call_expression" => {
            let Some(callee) = tree.field(id, "function") else { return lowerer.builder.unknown() };
            let callee = match tree.kind(callee) {
                "name" | "qualified_name" => function(lowerer, tree.text(callee), at),
                _ => lowerer.expression(callee),
            };
            let (arguments, keywords) = match tree.field(id, "arguments") {
                Some(arguments) => lowerer.arguments(arguments),
                None => (Vec::new(), Vec::new()),
            };
            lowerer.called(callee, &arguments, &keywords, at)
        }
        "object_creation_expression" => created(lowerer, id),
        "shell_command_expression" => {
            let command = lowerer.template(id);
            lowerer.call_foreign("php", "shell_exec", &[command], at)
        }
        "include_expression"
        | "include_once_expression"
        | "require_expression"
        | "require_once_expression" => {
            let path = lowerer.group(id);
            lowerer.call_foreign("php", "include", &[path], at)
        }
        "exit_statement" => {
            lowerer.group(id);
            lowerer.builder.stop();
            lowerer.builder.unknown()
        }
        "function_definition" | "method_declaration" => defined(lowerer, id),
        "class_declaration" | "trait_declaration" => class(lowerer, id),
        "property_declaration" => property(lowerer, id),
        _ => lowerer.builder.unknown(),
    }
}

/// `[a, 'k' => b, ...c]`
fn array(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let (mut items, mut members) = (Vec::new(), Vec::new());
    for element in tree.children(id) {
        let parts: Vec<Id> = tree.children(element).collect();
        match *parts.as_slice() {
            [key, value] => {
                let key = lowerer.expression(key);
                let key = match lowerer.builder.unit().value(key) {
                    Value::Text(text) => text,
                    _ => Strings::ELEMENT,
                };
                let value = lowerer.expression(value);
                members.push(Property { key, value });
            }
            [only] => items.push(lowerer.item(only)),
            _ => {}
        }
    }
    if members.is_empty() { lowerer.builder.array(&items, at) } else { lowerer.builder.object(&members, at) }
}

fn created(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let mut class = lowerer.builder.unknown();
    let (mut positional, mut keywords) = (Vec::new(), Vec::new());
    for part in tree.children(id) {
        match tree.kind(part) {
            "arguments" => (positional, keywords) = lowerer.arguments(part),
            "anonymous_class" => {}
            _ => class = lowerer.expression(part),
        }
    }
    lowerer.builder.call(class, &positional, &keywords, Form::New, at)
}

fn defined(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let written = tree.text(name);
    let name = lowerer.builder.atom(written);
    let decorators = decorators(lowerer, id);
    let mut made = Defined::plain(Some(name), id);
    if let Some(class) = lowerer.class {
        let fixed = tree.child_of(id, "static_modifier").is_some();
        made.class = Some(class);
        made.kind = match (written, fixed) {
            ("__construct", _) => FunctionKind::Constructor,
            (_, true) => FunctionKind::Static,
            (_, false) => FunctionKind::Method,
        };
        made.this = (!fixed).then(|| lowerer.builder.atom("$this"));
    }
    let function = lowerer.define(&made);
    let returns = tree.field(id, "return_type").and_then(|kind| lowerer.annotation(kind));
    let entry = lowerer.builder.function_mut(function);
    entry.decorators = decorators;
    entry.returns = returns;
    let node = lowerer.builder.function_node(function);
    if lowerer.class.is_none() {
        let name = lowerer.builder.atom(&function_name(written));
        let variable = lowerer.builder.top_level(name);
        lowerer.builder.assign_variable(variable, node);
    }
    node
}

/// `#[McpTool(name: 'x')]` as calls with arguments by name.
fn decorators(lowerer: &mut Lowerer<'_>, id: Id) -> Vec<NodeId> {
    let tree = lowerer.tree;
    let Some(attributes) = tree.field(id, "attributes") else { return Vec::new() };
    let found: Vec<Id> =
        tree.inside(attributes, 500).filter(|&inner| tree.kind(inner) == "attribute").collect();
    found
        .into_iter()
        .filter_map(|attribute| {
            let callee = lowerer.expression(tree.child(attribute)?);
            let (positional, keywords) = match tree.field(attribute, "parameters") {
                Some(arguments) => lowerer.arguments(arguments),
                None => (Vec::new(), Vec::new()),
            };
            Some(lowerer.builder.call(callee, &positional, &keywords, Form::Call, tree.at(attribute)))
        })
        .collect()
}

fn class(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let class = lowerer.class_named(tree.text(name), tree.at(id));
    if let Some(base) = tree.child_of(id, "base_clause").and_then(|base| tree.child(base)) {
        let base = lowerer.expression(base);
        lowerer.builder.class_mut(class).bases.push(base);
    }
    let outer = lowerer.class.replace(class);
    if let Some(body) = tree.field(id, "body") {
        lowerer.group(body);
    }
    lowerer.class = outer;
    lowerer.builder.class_node(class)
}

/// Fields with their types and first values.
fn property(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(class) = lowerer.class else { return lowerer.builder.unknown() };
    let annotation = tree.field(id, "type").and_then(|kind| lowerer.annotation(kind));
    for element in tree.children(id).filter(|&element| tree.kind(element) == "property_element") {
        let Some(name) = tree.field(element, "name") else { continue };
        let name = lowerer.builder.atom(tree.text(name).trim_start_matches('$'));
        let value = tree.field(element, "default_value").map(|value| lowerer.expression(value));
        let class = lowerer.builder.class_mut(class);
        class.annotations.extend(annotation.map(|annotation| (name, annotation)));
        class.fields.extend(value.map(|value| (name, value)));
    }
    lowerer.builder.unknown()
}

fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let tree = lowerer.tree;
    let Some(list) = tree.field(job.node, "parameters") else { return };
    for parameter in tree.children(list) {
        let Some(name) = tree.field(parameter, "name") else { continue };
        let kind = if tree.kind(parameter) == "variadic_parameter" {
            ParameterKind::Rest
        } else {
            ParameterKind::Plain
        };
        let described = (tree.field(parameter, "type"), tree.field(parameter, "default_value"));
        let (written, at) = (tree.text(name), tree.at(parameter));
        let plain = written.trim_start_matches('$');
        lowerer.parameter(plain, kind, described, at);
        let value = lowerer.name(plain, at);
        lowerer.store_name(written, value, true);
        if tree.kind(parameter) == "property_promotion_parameter"
            && let Some(class) = job.class
        {
            let annotation = described.0.and_then(|kind| lowerer.annotation(kind));
            let name = lowerer.builder.atom(plain);
            let class = lowerer.builder.class_mut(class);
            class.fields.push((name, value));
            class.annotations.extend(annotation.map(|annotation| (name, annotation)));
        }
    }
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    let body = tree.field(id, "body");
    let mut each = None;
    if tree.kind(id) == "foreach_statement" {
        let parts: Vec<Id> = tree.children(id).filter(|&part| Some(part) != body).take(2).collect();
        if let &[from, target] = parts.as_slice() {
            each = Some((Some(target), vec![from]));
        }
    }
    Looped {
        before: tree.field(id, "initialize"),
        each,
        condition: tree.field(id, "condition").filter(|_| tree.kind(id) != "do_statement"),
        update: tree.field(id, "update"),
        body,
    }
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for part in tree.field(id, "body").into_iter().flat_map(|body| tree.children(body)) {
        let mut case = Case::default();
        match tree.kind(part) {
            "match_conditional_expression" => {
                case.tests.extend(
                    tree.field(part, "conditional_expressions")
                        .into_iter()
                        .flat_map(|list| tree.children(list)),
                );
                case.body.extend(tree.field(part, "return_expression"));
            }
            "match_default_expression" => case.body.extend(tree.field(part, "return_expression")),
            _ => {
                let value = tree.field(part, "value");
                case.tests.extend(value);
                case.body.extend(
                    tree.children(part)
                        .filter(|&inner| Some(inner) != value && tree.kind(inner) != "break_statement"),
                );
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
