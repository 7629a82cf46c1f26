//! Ruby: blocks, symbols, constants by path, the last expression is what a method gives back.

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, as_written, no_keyword},
    functions::{Defined, Job},
    lowering::Lowerer,
    roles::{Grammar, Role},
    ruby_calls as calls,
    tree::{Id, Tree},
};
use crate::code::graph::{ExitKind, FunctionKind, NodeId, ParameterKind, Property, Strings, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("array", Role::List),
    ("assignment", Role::Assign),
    ("bare_string", Role::Template),
    ("begin", Role::Try),
    ("binary", Role::Binary),
    ("block_argument", Role::Group),
    ("break", Role::Leave),
    ("call", Role::Own),
    ("case", Role::Switch),
    ("chained_string", Role::Own),
    ("class", Role::Own),
    ("comment", Role::Skip),
    ("conditional", Role::Choice),
    ("constant", Role::Own),
    ("element_reference", Role::Index),
    ("elsif", Role::If),
    ("empty_statement", Role::Skip),
    ("exceptions", Role::Skip),
    ("exception_variable", Role::Skip),
    ("false", Role::False),
    ("float", Role::Number),
    ("for", Role::Loop),
    ("global_variable", Role::Name),
    ("hash", Role::Own),
    ("hash_key_symbol", Role::Own),
    ("heredoc_body", Role::Skip),
    ("identifier", Role::Name),
    ("if", Role::If),
    ("if_modifier", Role::If),
    ("instance_variable", Role::Own),
    ("integer", Role::Number),
    ("lambda", Role::Lambda),
    ("left_assignment_list", Role::List),
    ("method", Role::Own),
    ("module", Role::Own),
    ("next", Role::Leave),
    ("nil", Role::Null),
    ("operator_assignment", Role::Assign),
    ("regex", Role::Own),
    ("return", Role::Return),
    ("right_assignment_list", Role::List),
    ("scope_resolution", Role::Own),
    ("self", Role::Name),
    ("simple_symbol", Role::Own),
    ("singleton_method", Role::Own),
    ("string", Role::Template),
    ("string_array", Role::List),
    ("subshell", Role::Own),
    ("true", Role::True),
    ("unary", Role::Unary),
    ("unless", Role::Own),
    ("unless_modifier", Role::Own),
    ("until", Role::Loop),
    ("while", Role::Loop),
    ("while_modifier", Role::Loop),
];

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_ruby::LANGUAGE.into(), ROLES));

/// Ruby.
pub(super) static RUBY: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin,
    own,
    undeclared,
    function: undeclared,
    member: as_written,
    rewrite: calls::rewrite,
    keyword: no_keyword,
    parameters,
    looped,
    cases,
    take_apart,
    joins: |operator| operator == "+",
    spreads: &["splat_argument", "hash_splat_argument"],
    bare_fields: false,
    shovels: true,
    yields_last: true,
};

/// Nodes looked at for the classes of a file.
const MOST_DECLARED: u32 = 200_000;
/// Methods that every object has.
const KERNEL: [&str; 12] = [
    "system",
    "exec",
    "spawn",
    "eval",
    "open",
    "require",
    "require_relative",
    "load",
    "exit",
    "abort",
    "raise",
    "fork",
];

fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    for child in tree.inside(root, MOST_DECLARED) {
        if tree.kind(child) == "class"
            && let Some(name) = tree.field(child, "name")
        {
            lowerer.class_named(last(tree.text(name)), tree.at(child));
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// A method of the object, of every object, or of another file.
fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let atom = lowerer.builder.atom(name);
    if lowerer.builder.lookup(atom).is_some() {
        return lowerer.builder.read(atom, at);
    }
    if name == "self" {
        return match lowerer.inside.or(lowerer.class) {
            Some(class) => lowerer.builder.node(Value::This(class), at),
            None => lowerer.builder.unknown(),
        };
    }
    if KERNEL.contains(&name) {
        return lowerer.foreign("Kernel", name, at);
    }
    if name.starts_with('$') {
        return lowerer.builder.unknown();
    }
    match lowerer.inside.or(lowerer.class) {
        Some(class) => {
            let object = lowerer.builder.node(Value::This(class), at);
            lowerer.member_named(object, name, at)
        }
        None => lowerer.foreign("Kernel", name, at),
    }
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    match tree.kind(id) {
        "call" => call(lowerer, id),
        "chained_string" => {
            let parts: Vec<NodeId> = tree.children(id).map(|part| lowerer.expression(part)).collect();
            lowerer.builder.concat(&parts, at)
        }
        "constant" | "scope_resolution" => constant(lowerer, tree.text(id), at),
        "instance_variable" => {
            let Some(class) = lowerer.inside.or(lowerer.class) else { return lowerer.builder.unknown() };
            let object = lowerer.builder.node(Value::This(class), at);
            lowerer.member_named(object, tree.text(id), at)
        }
        "simple_symbol" | "hash_key_symbol" => {
            lowerer.builder.text(tree.text(id).trim_start_matches(':'), at)
        }
        "hash" => {
            let (_, members) = pairs(lowerer, id);
            lowerer.builder.object(&members, at)
        }
        "regex" => {
            let text = tree.text(id);
            let pattern = text.strip_prefix('/').and_then(|text| text.rsplit_once('/'));
            let (pattern, flags) = pattern.unwrap_or((text, ""));
            // The anchors that others use for the whole text mean a line here.
            let lines = pattern.starts_with('^') || pattern.ends_with('$');
            let pattern = pattern.replace("\\A", "^").replace("\\z", "$").replace("\\Z", "$");
            let flags = flags.replace('m', "s") + if lines { "m" } else { "" };
            let (pattern, flags) = (lowerer.builder.atom(&pattern), lowerer.builder.atom(&flags));
            lowerer.builder.node(Value::Regex(pattern, flags), at)
        }
        "subshell" => {
            let command = lowerer.template(id);
            lowerer.call_foreign("Kernel", "backticks", &[command], at)
        }
        "unless" | "unless_modifier" => unless(lowerer, id),
        "method" | "singleton_method" => defined(lowerer, id),
        "class" | "module" => class(lowerer, id),
        _ => lowerer.builder.unknown(),
    }
}

/// `A::B::C`; the environment has a name that all languages share.
fn constant(lowerer: &mut Lowerer<'_>, path: &str, at: u32) -> NodeId {
    if path == "ENV" {
        let process = lowerer.builder.atom("process");
        let process = lowerer.builder.node(Value::Global(process), at);
        return lowerer.member_named(process, "env", at);
    }
    let atom = lowerer.builder.atom(last(path));
    if lowerer.builder.lookup(atom).is_some() {
        return lowerer.builder.read(atom, at);
    }
    let path = path.trim_start_matches("::").replace("::", ".");
    lowerer.foreign(&path, "*", at)
}

/// Values by position and by name of an argument list or hash.
fn pairs(lowerer: &mut Lowerer<'_>, id: Id) -> (Vec<NodeId>, Vec<Property>) {
    let tree = lowerer.tree;
    let (mut positional, mut named) = (Vec::new(), Vec::new());
    for child in tree.children(id) {
        match tree.kind(child) {
            "pair" => {
                let key = tree.field(child, "key").map(|key| lowerer.expression(key));
                let key = match key.map(|key| lowerer.builder.unit().value(key)) {
                    Some(Value::Text(text)) => text,
                    _ => Strings::ELEMENT,
                };
                let value = match tree.field(child, "value") {
                    Some(value) => lowerer.expression(value),
                    None => lowerer.name(tree.text(child).trim_end_matches(':'), tree.at(child)),
                };
                named.push(Property { key, value });
            }
            "hash_splat_argument" => {
                let value = lowerer.group(child);
                named.push(Property { key: Strings::SPREAD, value });
            }
            _ => positional.push(lowerer.item(child)),
        }
    }
    (positional, named)
}

fn call(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let name = tree.field(id, "method").map_or("call", |name| tree.text(name));
    let receiver = tree.field(id, "receiver");
    let callee = match receiver {
        Some(object) => {
            let object = lowerer.expression(object);
            lowerer.member_named(object, name, at)
        }
        None => undeclared(lowerer, name, at),
    };
    let (mut positional, named) = match tree.field(id, "arguments") {
        Some(arguments) => pairs(lowerer, arguments),
        None => (Vec::new(), Vec::new()),
    };
    let block = tree.field(id, "block").map(|block| lowerer.lambda(block));
    if receiver.is_none() && name == "raise" {
        let value = positional.first().copied().unwrap_or_else(|| lowerer.builder.unknown());
        lowerer.builder.exit(ExitKind::Throw, value, at);
        return value;
    }
    positional.extend(block);
    if name == "new"
        && let Value::Member { object, .. } = lowerer.builder.unit().value(callee)
    {
        return match calls::created(lowerer, object, &positional, at) {
            Some(value) => value,
            None => lowerer.instance(object, &positional, &named, at),
        };
    }
    if named.is_empty()
        && let Some(value) = calls::rewrite(lowerer, callee, &positional, at)
    {
        return value;
    }
    lowerer.call_with(callee, &positional, &named, at)
}

/// `unless` is `if` the other way round.
fn unless(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let mut paths = lowerer.open_paths();
    let test = tree.field(id, "condition").map(|test| lowerer.expression(test));
    let test = test.unwrap_or_else(|| lowerer.builder.unknown());
    let test = lowerer.builder.node(Value::Not(test), at);
    let mark = lowerer.builder.mark();
    lowerer.builder.enter(test, true);
    for body in [tree.field(id, "consequence"), tree.field(id, "body")].into_iter().flatten() {
        lowerer.expression(body);
    }
    lowerer.end_path(&mut paths, mark);
    lowerer.next_path(&mut paths, test);
    let other = tree.field(id, "alternative");
    if let Some(other) = other {
        let mark = lowerer.builder.mark();
        lowerer.expression(other);
        lowerer.end_path(&mut paths, mark);
    }
    lowerer.close_paths(paths, other.is_some(), at);
    lowerer.builder.unknown()
}

fn defined(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let name = lowerer.builder.atom(tree.text(name));
    let mut made = Defined::plain(Some(name), id);
    if let Some(class) = lowerer.class {
        let fixed = tree.kind(id) == "singleton_method";
        made.class = Some(class);
        made.kind = match (lowerer.builder.unit().text(name), fixed) {
            ("initialize", _) => FunctionKind::Constructor,
            (_, true) => FunctionKind::Static,
            (_, false) => FunctionKind::Method,
        };
        made.this = (!fixed).then(|| lowerer.builder.atom("self"));
    }
    let function = lowerer.define(&made);
    let node = lowerer.builder.function_node(function);
    if lowerer.class.is_none() {
        let variable = lowerer.builder.top_level(name);
        lowerer.builder.assign_variable(variable, node);
    }
    node
}

fn class(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    if tree.kind(id) == "module" {
        return match tree.field(id, "body") {
            Some(body) => lowerer.group(body),
            None => lowerer.builder.unknown(),
        };
    }
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let class = lowerer.class_named(last(tree.text(name)), tree.at(id));
    if let Some(base) = tree.field(id, "superclass").and_then(|base| tree.child(base)) {
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

fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let tree = lowerer.tree;
    let Some(list) = tree.field(job.node, "parameters") else { return };
    for parameter in tree.children(list) {
        let (name, at) = (tree.field(parameter, "name").unwrap_or(parameter), tree.at(parameter));
        let kind = match tree.kind(parameter) {
            "splat_parameter" => ParameterKind::Rest,
            "hash_splat_parameter" => ParameterKind::Keywords,
            "keyword_parameter" => ParameterKind::Keyword,
            "identifier" | "optional_parameter" => ParameterKind::Plain,
            _ => continue,
        };
        lowerer.parameter(tree.text(name), kind, (None, tree.field(parameter, "value")), at);
    }
}

/// `@name = value`.
fn take_apart(lowerer: &mut Lowerer<'_>, id: Id, value: NodeId) {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    if tree.kind(id) == "instance_variable"
        && let Some(class) = lowerer.inside.or(lowerer.class)
    {
        let object = lowerer.builder.node(Value::This(class), at);
        let name = lowerer.builder.atom(tree.text(id));
        lowerer.builder.with(object, name, value, at);
    }
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    let each = tree
        .field(id, "value")
        .and_then(|from| tree.child(from).or(Some(from)))
        .map(|from| (tree.field(id, "pattern"), vec![from]));
    let condition = tree.field(id, "condition").filter(|_| tree.kind(id) != "until");
    Looped { each, condition, body: tree.field(id, "body"), ..Looped::default() }
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases = Vec::new();
    for part in tree.children(id) {
        match tree.kind(part) {
            "when" => cases.push(Case {
                tests: tree.fields(part, "pattern").filter(|&pattern| tree.text(pattern) != ",").collect(),
                body: tree.field(part, "body").into_iter().collect(),
                ..Case::default()
            }),
            "else" => cases.push(Case { body: vec![part], ..Case::default() }),
            _ => {}
        }
    }
    cases
}
