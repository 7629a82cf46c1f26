//! Shell scripts: every command is a call, a pipe hands one call's result to the next.

use std::sync::LazyLock;

use super::{
    dialect::{Case, Dialect, Looped, as_written, by_name, no_keyword, no_pattern},
    functions::{Defined, Job},
    lowering::Lowerer,
    roles::{Grammar, Role},
    text,
    tree::{Id, Tree},
};
use crate::code::graph::{ExitKind, NodeId, ParameterKind, Property, Value};

/// What kinds of nodes mean.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("ansi_c_string", Role::Text),
    ("arithmetic_expansion", Role::Own),
    ("array", Role::List),
    ("binary_expression", Role::Binary),
    ("c_style_for_statement", Role::Loop),
    ("case_statement", Role::Switch),
    ("command", Role::Own),
    ("comment", Role::Skip),
    ("concatenation", Role::Own),
    ("expansion", Role::Own),
    ("file_descriptor", Role::Skip),
    ("for_statement", Role::Loop),
    ("function_definition", Role::Own),
    ("heredoc_body", Role::Template),
    ("heredoc_end", Role::Skip),
    ("heredoc_start", Role::Skip),
    ("if_statement", Role::Own),
    ("negated_command", Role::Own),
    ("number", Role::Own),
    ("pipeline", Role::Own),
    ("raw_string", Role::Own),
    ("redirected_statement", Role::Own),
    ("regex", Role::Own),
    ("simple_expansion", Role::Own),
    ("special_variable_name", Role::Skip),
    ("string", Role::Template),
    ("subscript", Role::Own),
    ("test_operator", Role::Skip),
    ("unset_command", Role::Skip),
    ("variable_assignment", Role::Own),
    ("variable_name", Role::Name),
    ("while_statement", Role::Loop),
    ("word", Role::Own),
];

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(tree_sitter_bash::LANGUAGE.into(), ROLES));

/// Shell scripts.
pub(super) static SHELL: Dialect = Dialect {
    grammar: &GRAMMAR,
    begin,
    own,
    undeclared,
    function: by_name,
    member: as_written,
    rewrite: |_, _, _, _| None,
    keyword: no_keyword,
    parameters,
    looped,
    cases,
    take_apart: no_pattern,
    joins: |_| false,
    spreads: &[],
    bare_fields: false,
    shovels: false,
    yields_last: true,
};

/// Nodes looked at for the functions of a file.
const MOST_FUNCTIONS: u32 = 200_000;
/// Numbered parameters that a function is given.
const PARAMETERS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Commands that run the command that follows.
const PREFIXES: [&str; 9] = ["sudo", "exec", "command", "nohup", "env", "time", "builtin", "nice", "doas"];

/// Functions may be called before the line that defines them.
fn begin(lowerer: &mut Lowerer<'_>, root: Id) {
    let tree = lowerer.tree;
    for inner in tree.inside(root, MOST_FUNCTIONS).filter(|&inner| tree.kind(inner) == "function_definition")
    {
        if let Some(name) = tree.field(inner, "name") {
            let name = lowerer.builder.atom(&function_name(tree.text(name)));
            lowerer.builder.top_level(name);
        }
    }
}

/// Functions have names of their own beside those of variables.
fn function_name(name: &str) -> String {
    format!("{name}()")
}

/// Names in capitals come from the environment.
fn undeclared(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    let environment = name.starts_with(|first: char| first.is_ascii_uppercase());
    if environment {
        return lowerer.environment(name, at);
    }
    let arguments = lowerer.foreign("shell", "arguments", at);
    if name.bytes().all(|byte| byte.is_ascii_digit()) || matches!(name, "@" | "*") {
        return lowerer.member_named(arguments, name, at);
    }
    lowerer.builder.unknown()
}

/// `$1` to `$9`, and all of them.
fn parameters(lowerer: &mut Lowerer<'_>, job: &Job) {
    let at = lowerer.tree.at(job.node);
    let nodes: Vec<NodeId> = PARAMETERS
        .iter()
        .map(|name| {
            lowerer.parameter(name, ParameterKind::Plain, (None, None), at);
            lowerer.name(name, at)
        })
        .collect();
    let all = lowerer.builder.array(&nodes, at);
    for name in ["@", "*"] {
        lowerer.store_name(name, all, true);
    }
}

fn own(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    match tree.kind(id) {
        "word" | "number" => {
            let word = text::unescaped(tree.text(id));
            lowerer.builder.text(&word, at)
        }
        "raw_string" | "regex" => lowerer.builder.text(text::inner(tree.text(id)), at),
        "concatenation" => {
            let parts: Vec<NodeId> = tree.children(id).map(|part| lowerer.expression(part)).collect();
            let constant = parts.iter().map(|&part| lowerer.constant(part)).collect::<Option<String>>();
            match constant {
                Some(text) => lowerer.builder.text(&text, at),
                None => lowerer.builder.concat(&parts, at),
            }
        }
        "simple_expansion" => lowerer.name(tree.text(id).trim_start_matches('$'), at),
        "expansion" => expansion(lowerer, id),
        "arithmetic_expansion" => {
            let value = lowerer.group(id);
            lowerer.call_global("Number", &[value], at)
        }
        "negated_command" => {
            let value = lowerer.group(id);
            lowerer.builder.node(Value::Not(value), at)
        }
        "subscript" => match tree.field(id, "name") {
            Some(name) => lowerer.name(tree.text(name), at),
            None => lowerer.builder.unknown(),
        },
        "variable_assignment" => assigned(lowerer, id),
        "function_definition" => defined(lowerer, id),
        "if_statement" => branch(lowerer, id),
        "pipeline" => {
            let outer = lowerer.piped.take();
            let mut last = lowerer.builder.unknown();
            for part in tree.children(id) {
                last = lowerer.expression(part);
                lowerer.piped = Some(last);
            }
            lowerer.piped = outer;
            last
        }
        "redirected_statement" => redirected(lowerer, id),
        "command" => command(lowerer, id),
        _ => lowerer.builder.unknown(),
    }
}

/// `${name}`, `${name:-default}`, `${name%suffix}`.
fn expansion(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let mut value = None;
    let operator = tree.field(id, "operator").map_or("", |operator| tree.text(operator));
    for part in tree.children(id) {
        match (tree.kind(part), value) {
            ("variable_name" | "special_variable_name", None) => {
                value = Some(lowerer.name(tree.text(part), at));
            }
            ("subscript", None) => value = Some(lowerer.expression(part)),
            (_, Some(before)) if matches!(operator, ":-" | "-" | ":=" | "=" | ":+" | "+") => {
                let default = lowerer.expression(part);
                value = Some(lowerer.builder.node(Value::Or(before, default), at));
            }
            _ => {}
        }
    }
    value.unwrap_or_else(|| lowerer.builder.unknown())
}

fn assigned(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let name = if tree.kind(name) == "subscript" { tree.field(name, "name").unwrap_or(name) } else { name };
    let value = match tree.field(id, "value") {
        Some(value) => lowerer.expression(value),
        None => lowerer.builder.unknown(),
    };
    let atom = lowerer.builder.atom(tree.text(name));
    if lowerer.builder.lookup(atom).is_none() {
        lowerer.builder.top_level(atom);
    }
    lowerer.builder.assign(atom, value);
    value
}

fn defined(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let tree = lowerer.tree;
    let Some(name) = tree.field(id, "name") else { return lowerer.builder.unknown() };
    let short = lowerer.builder.atom(tree.text(name));
    let function = lowerer.define(&Defined::plain(Some(short), id));
    let node = lowerer.builder.function_node(function);
    let name = lowerer.builder.atom(&function_name(tree.text(name)));
    let variable = lowerer.builder.top_level(name);
    lowerer.builder.assign_variable(variable, node);
    node
}

fn branch(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let mut paths = lowerer.open_paths();
    let conditions: Vec<Id> = tree.fields(id, "condition").collect();
    let mut clauses: Vec<(Option<Vec<Id>>, Vec<Id>)> = vec![(Some(conditions.clone()), Vec::new())];
    for part in tree.children(id) {
        match tree.kind(part) {
            "elif_clause" => {
                let inner: Vec<Id> = tree.children(part).collect();
                let (test, body) = inner.split_at(inner.len().min(1));
                clauses.push((Some(test.to_vec()), body.to_vec()));
            }
            "else_clause" => clauses.push((None, tree.children(part).collect())),
            _ if conditions.contains(&part) => {}
            _ => {
                if let Some(clause) = clauses.first_mut() {
                    clause.1.push(part);
                }
            }
        }
    }
    let mut complete = false;
    for (tests, body) in clauses {
        let test = tests.map(|tests| lowerer.all(&tests));
        let mark = lowerer.builder.mark();
        if let Some(test) = test {
            lowerer.builder.enter(test, true);
        }
        lowerer.all(&body);
        lowerer.end_path(&mut paths, mark);
        match test {
            Some(test) => lowerer.next_path(&mut paths, test),
            None => complete = true,
        }
    }
    lowerer.close_paths(paths, complete, at);
    lowerer.builder.unknown()
}

/// What comes in through `<`, and a file that is written through `>`.
fn redirected(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let outer = lowerer.piped;
    let mut written: Vec<NodeId> = Vec::new();
    let mut after: Vec<Id> = Vec::new();
    let redirects: Vec<Id> = tree.fields(id, "redirect").collect();
    for redirect in redirects {
        if tree.kind(redirect) == "heredoc_redirect" {
            // What follows on the line stands inside, before the text.
            for part in tree.children(redirect) {
                match tree.kind(part) {
                    "heredoc_body" => lowerer.piped = Some(lowerer.expression(part)),
                    "pipeline" | "command" | "list" | "redirected_statement" => after.push(part),
                    _ => {}
                }
            }
            continue;
        }
        let Some(inner) = tree.field(redirect, "destination").or_else(|| tree.children(redirect).last())
        else {
            continue;
        };
        let value = lowerer.expression(inner);
        let sign = lowerer.operator(redirect);
        if tree.kind(redirect) != "file_redirect" || sign == "<" {
            lowerer.piped = Some(value);
        } else if !sign.contains('&')
            && !lowerer.constant(value).is_some_and(|path| path.starts_with("/dev/"))
        {
            written.push(value);
        }
    }
    let body = match tree.field(id, "body") {
        Some(body) => lowerer.expression(body),
        None => lowerer.builder.unknown(),
    };
    for target in written {
        lowerer.call_foreign("shell", "redirect", &[target, body], at);
    }
    let mut last = body;
    for part in after {
        lowerer.piped = Some(last);
        last = lowerer.expression(part);
    }
    lowerer.piped = outer;
    last
}

fn command(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let piped = lowerer.piped.take();
    let mut words: Vec<NodeId> = Vec::new();
    words.extend(tree.field(id, "name").map(|name| lowerer.expression(name)));
    let arguments: Vec<Id> = tree.fields(id, "argument").collect();
    words.extend(arguments.into_iter().map(|argument| lowerer.expression(argument)));
    lowerer.piped = piped;
    let skipped = prefix(lowerer, &words);
    let Some((&program, arguments)) = words.get(skipped..).and_then(<[NodeId]>::split_first) else {
        return lowerer.builder.unknown();
    };
    let Some(name) = lowerer.constant(program).map(str::to_owned) else {
        return lowerer.plain_call(program, arguments, at);
    };
    let name = name.rsplit('/').next().unwrap_or(&name);
    let name = if name == "." { "source" } else { name };
    match name {
        "exit" => {
            lowerer.builder.stop();
            return lowerer.builder.unknown();
        }
        "return" => {
            let value = arguments.first().copied().unwrap_or_else(|| lowerer.builder.null());
            lowerer.builder.exit(ExitKind::Return, value, at);
            return value;
        }
        "echo" | "printf" => return printed(lowerer, arguments, at),
        _ => {}
    }
    let function = lowerer.builder.atom(&function_name(name));
    if lowerer.builder.lookup(function).is_some() {
        let callee = lowerer.builder.read(function, at);
        return lowerer.plain_call(callee, arguments, at);
    }
    let callee = lowerer.foreign("shell", name, at);
    let mut keywords: Vec<Property> = Vec::new();
    if let Some(value) = piped {
        let key = lowerer.builder.atom("stdin");
        keywords.push(Property { key, value });
    }
    lowerer.call_with(callee, arguments, &keywords, at)
}

/// How many words stand before the command that runs: `sudo -E`, `env A=b`.
fn prefix(lowerer: &Lowerer<'_>, words: &[NodeId]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).and_then(|&word| lowerer.constant(word))
        && PREFIXES.contains(&word)
        && at + 1 < words.len()
    {
        at += 1;
        while let Some(word) = words.get(at).and_then(|&word| lowerer.constant(word))
            && (word.starts_with('-') || word.contains('='))
            && at + 1 < words.len()
        {
            at += 1;
        }
    }
    at
}

/// What a command prints is its words with blanks between.
fn printed(lowerer: &mut Lowerer<'_>, words: &[NodeId], at: u32) -> NodeId {
    let mut parts: Vec<NodeId> = Vec::new();
    for &word in words {
        if !parts.is_empty() {
            parts.push(lowerer.builder.text(" ", at));
        }
        parts.push(word);
    }
    lowerer.builder.concat(&parts, at)
}

fn looped(tree: &Tree<'_>, id: Id) -> Looped {
    let values: Vec<Id> = tree.fields(id, "value").collect();
    let each = match tree.field(id, "variable") {
        Some(variable) if !values.is_empty() => Some((Some(variable), values)),
        _ => None,
    };
    Looped {
        before: tree.field(id, "initializer"),
        each,
        condition: tree.field(id, "condition"),
        update: tree.field(id, "update"),
        body: tree.field(id, "body"),
    }
}

fn cases(tree: &Tree<'_>, id: Id) -> Vec<Case> {
    let mut cases = Vec::new();
    for item in tree.children(id).filter(|&item| tree.kind(item) == "case_item") {
        let tests: Vec<Id> = tree.fields(item, "value").collect();
        let body = tree.children(item).filter(|part| !tests.contains(part)).collect();
        let any = tests.iter().any(|&test| tree.text(test) == "*");
        let tests = if any { Vec::new() } else { tests };
        cases.push(Case { tests, body, ..Case::default() });
    }
    cases
}
