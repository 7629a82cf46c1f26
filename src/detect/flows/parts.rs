//! Which part of an argument counts, and what carries a value on.

use regex::bytes::Regex;

use super::Part;
use crate::code::{
    graph::{Call, ExitKind, FunctionId, NodeId, Value},
    literal,
    resolve::{At, Resolver},
};

/// Library functions that give back what they get, changed in a way that keeps it dangerous.
const CARRIERS: &[&str] = &[
    "join",
    "resolve",
    "normalize",
    "relative",
    "dirname",
    "format",
    "concat",
    "replace",
    "replaceAll",
    "trim",
    "trimEnd",
    "trimStart",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "partition",
    "map",
    "filter",
    "flatMap",
    "forEach",
    "reduce",
    "slice",
    "substring",
    "substr",
    "toString",
    "String",
    "str",
    "stringify",
    "dumps",
    "toLowerCase",
    "toUpperCase",
    "lower",
    "upper",
    "title",
    "entries",
    "values",
    "keys",
    "items",
    "assign",
    "from",
    "fromEntries",
    "of",
    "push",
    "pop",
    "shift",
    "get",
    "getAll",
    "at",
    "charAt",
    "encode",
    "decode",
    "Path",
    "PurePath",
    "PosixPath",
    "URL",
    "urljoin",
    "urlparse",
    "urlunparse",
    "expanduser",
    "expandvars",
    "abspath",
    "realpath",
    "realpathSync",
    "normpath",
    "as_posix",
    "absolute",
    "with_suffix",
    "with_name",
    "joinpath",
    "parse",
    "parseAsync",
    "safeParse",
    "model_validate",
    "dict",
    "list",
    "tuple",
    "set",
    "sorted",
    "sort",
    "reverse",
    "repeat",
    "padStart",
    "padEnd",
    "template",
    "Template",
    "substitute",
    "then",
    "catch",
    "finally",
    "all",
    "race",
    "bind",
    "call",
    "apply",
    "query",
    "param",
    "params",
    "header",
    "json",
    "text",
    "formData",
    "form",
    "body",
    "loads",
    "decodeURIComponent",
    "decodeURI",
    "unquote",
    "copy",
    "fspath",
    "Array",
    "dedent",
    "render",
    "cast",
    "Object",
    "Buffer",
    "TextEncoder",
    "prepare",
    "gather",
    "wait_for",
    "to_thread",
    "run_sync",
    "removeprefix",
    "removesuffix",
    "zip",
    "enumerate",
    "model_dump",
    "getattr",
    "next",
    "match",
    "exec",
    "group",
    "toJSON",
    "valueOf",
    "fileURLToPath",
    "pathToFileURL",
    "StringIO",
    "BytesIO",
];

/// Whether a call outside the package gives back what it gets.
pub(super) fn carries(resolver: &Resolver<'_>, unit: u32, call: &Call) -> bool {
    CARRIERS.contains(&resolver.called(unit, call.callee))
}

/// Whether the constant parts of a text match.
pub(super) fn text_matches(resolver: &Resolver<'_>, at: At, text: &Regex) -> bool {
    made_of(resolver, at, 0)
        .into_iter()
        .any(|definition| text.is_match(literal::template(resolver, definition, "\u{0}", 0).as_bytes()))
}

/// The definitions of a value, with calls of local functions looked through to what they return.
fn made_of(resolver: &Resolver<'_>, at: At, level: u32) -> Vec<At> {
    let mut found = Vec::new();
    for &definition in resolver.definitions(at).iter() {
        let unit = resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else {
            found.push(definition);
            continue;
        };
        let before = found.len();
        let callee = At { unit: definition.unit, node: unit.call(call).callee };
        for &callee in resolver.definitions(callee).iter().take(2) {
            let Value::Function(function) = resolver.value(callee) else { continue };
            if function == FunctionId(0) || level > 3 {
                continue;
            }
            for exit in &resolver.unit(callee).function(function).exits {
                if exit.kind == ExitKind::Return {
                    found.extend(made_of(resolver, At { unit: callee.unit, node: exit.value }, level + 1));
                }
            }
        }
        if found.len() == before {
            found.push(definition);
        }
    }
    found
}

/// The nodes of an argument that count.
pub(super) fn select(resolver: &Resolver<'_>, at: At, part: Part) -> Vec<At> {
    match part {
        Part::Any => vec![at],
        Part::Inside => inside(resolver, at, 0),
        Part::Host => host(resolver, at),
        Part::Path => path(resolver, at),
        Part::Option => options(resolver, at, false),
        Part::Script => options(resolver, at, true),
    }
}

/// The variable parts of a text that has constant text of its own.
fn inside(resolver: &Resolver<'_>, at: At, level: u32) -> Vec<At> {
    let mut found = Vec::new();
    if level > 4 {
        return found;
    }
    for definition in made_of(resolver, at, 0) {
        let unit = resolver.unit(definition);
        let here = |node: NodeId| At { unit: definition.unit, node };
        match unit.value(definition.node) {
            Value::Concat(range) => {
                let parts = unit.list(range);
                let constant =
                    |&node: &NodeId| resolver.text(here(node)).is_some_and(|text| !text.trim().is_empty());
                if parts.iter().any(constant) {
                    found.extend(parts.iter().filter(|node| !constant(node)).map(|&node| here(node)));
                } else {
                    for &node in parts {
                        found.extend(inside(resolver, here(node), level + 1));
                    }
                }
            }
            Value::Call(call) => {
                let call = unit.call(call);
                let Value::Member { object, name } = unit.value(call.callee) else { continue };
                match unit.text(name) {
                    "format" if resolver.text(here(object)).is_some() => {
                        found.extend(unit.list(call.arguments).iter().map(|&node| here(node)));
                        found.extend(unit.entries(call.keywords).iter().map(|entry| here(entry.value)));
                    }
                    // A command that is joined from a list.
                    "join" => {
                        for &list in resolver.definitions(here(object)).iter() {
                            found.extend(list_parts(resolver, list));
                        }
                        for &argument in unit.list(call.arguments) {
                            for &list in resolver.definitions(here(argument)).iter() {
                                found.extend(list_parts(resolver, list));
                            }
                        }
                    }
                    "replace" | "trim" | "strip" | "dedent" | "concat" => {
                        found.extend(inside(resolver, here(object), level + 1));
                    }
                    _ => {}
                }
            }
            Value::Or(left, right) => {
                found.extend(inside(resolver, here(left), level + 1));
                found.extend(inside(resolver, here(right), level + 1));
            }
            _ => {}
        }
    }
    found
}

/// The variable elements of a list that has constant elements as well.
fn list_parts(resolver: &Resolver<'_>, list: At) -> Vec<At> {
    let mut items = Vec::new();
    elements(resolver, list, 0, &mut items);
    let constant = |&at: &At| resolver.text(at).is_some();
    if items.iter().any(constant) {
        items.into_iter().filter(|at| !constant(at)).collect()
    } else {
        Vec::new()
    }
}

/// What stands at the beginning of an address, up to the end of its host.
fn host(resolver: &Resolver<'_>, at: At) -> Vec<At> {
    let mut found = Vec::new();
    for &definition in resolver.definitions(at).iter() {
        let unit = resolver.unit(definition);
        let here = |node: NodeId| At { unit: definition.unit, node };
        match unit.value(definition.node) {
            Value::Concat(range) => {
                let mut before = String::new();
                for &node in unit.list(range) {
                    let text = resolver.text(here(node));
                    if let Some(text) = text {
                        before.push_str(&text);
                    } else {
                        found.push(here(node));
                        before.push('x');
                    }
                    let rest = before.split_once("://").map_or(before.as_str(), |(_, rest)| rest);
                    let opened = before.contains("://") || before.starts_with('x');
                    if opened && rest.contains(['/', '?', '#']) {
                        break;
                    }
                }
            }
            Value::Text(_) => {}
            Value::Call(call) => {
                // `new URL(path, base)` and `urljoin(base, path)`: an absolute second part wins.
                let call = unit.call(call);
                let name = resolver.name(definition);
                if matches!(name.as_str(), "URL()" | "urllib.parse.urljoin()") {
                    found.extend(unit.list(call.arguments).iter().map(|&node| here(node)));
                } else {
                    found.push(definition);
                }
            }
            _ => found.push(definition),
        }
    }
    found
}

/// Variable parts of an address after its host: after constant text that has a path, or after a
/// base that is a value of its own.
fn path(resolver: &Resolver<'_>, at: At) -> Vec<At> {
    let mut found = Vec::new();
    for &definition in resolver.definitions(at).iter() {
        let unit = resolver.unit(definition);
        let here = |node: NodeId| At { unit: definition.unit, node };
        let Value::Concat(range) = unit.value(definition.node) else { continue };
        let mut before = String::new();
        for (position, &node) in unit.list(range).iter().enumerate() {
            if let Some(text) = resolver.text(here(node)) {
                before.push_str(&text);
            } else {
                let after_host = before
                    .split_once("://")
                    .map_or_else(|| position > 0 && before.contains('/'), |(_, rest)| rest.contains('/'));
                // What follows a question mark is a query value: another matter.
                if after_host && !before.contains('?') {
                    found.push(here(node));
                }
                before.push('x');
            }
        }
        // A base and a path that is a value as a whole: look into the path.
        for &node in unit.list(range).iter().skip(1) {
            found.extend(path(resolver, here(node)).into_iter().filter(|_| before.len() < 64));
        }
    }
    found
}

/// Elements of an argument list: those that a program may read as options, or the script after `-c`.
fn options(resolver: &Resolver<'_>, at: At, scripts: bool) -> Vec<At> {
    let mut found = Vec::new();
    for &definition in resolver.definitions(at).iter() {
        let mut items = Vec::new();
        elements(resolver, definition, 0, &mut items);
        if items.is_empty()
            && !scripts
            && !matches!(resolver.value(definition), Value::Object(_) | Value::Function(_))
        {
            // A list that is not a literal: split from a text, or given as a whole.
            found.push(definition);
            continue;
        }
        let mut flag = false;
        let mut shell = false;
        for (position, &item) in items.iter().enumerate() {
            let text = resolver.text(item);
            match text.as_deref() {
                Some("--") if !scripts => break,
                Some("-c" | "/c" | "/C" | "-lc" | "-Command" | "-command") if position > 0 || scripts => {
                    shell = true;
                    flag = true;
                }
                Some(text) => flag = text.starts_with('-'),
                None => {
                    let option = !scripts && !flag && !begins_constant(resolver, item);
                    if option || (scripts && shell) {
                        found.push(item);
                    }
                    flag = false;
                }
            }
        }
    }
    found
}

/// Whether a text begins with constant text, so that it cannot begin with a dash.
fn begins_constant(resolver: &Resolver<'_>, at: At) -> bool {
    resolver.definitions(at).iter().all(|&definition| {
        let unit = resolver.unit(definition);
        let Value::Concat(range) = unit.value(definition.node) else { return false };
        unit.list(range).first().is_some_and(|&first| {
            resolver.text(At { unit: definition.unit, node: first }).is_some_and(|text| !text.is_empty())
        })
    })
}

/// The elements of a list in order, with what was pushed to it.
fn elements(resolver: &Resolver<'_>, at: At, level: u32, found: &mut Vec<At>) {
    if level > 16 || found.len() > 256 {
        return;
    }
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    match unit.value(at.node) {
        Value::Array(range) => {
            for &item in unit.list(range) {
                match unit.value(item) {
                    Value::Spread(inner) => {
                        let before = found.len();
                        for &definition in resolver.definitions(here(inner)).iter() {
                            elements(resolver, definition, level + 1, found);
                        }
                        if found.len() == before {
                            found.push(here(inner));
                        }
                    }
                    _ => found.push(here(item)),
                }
            }
        }
        Value::With { object, value, .. } => {
            for &definition in resolver.definitions(here(object)).iter() {
                elements(resolver, definition, level + 1, found);
            }
            // A list that is appended as a whole: `args.extend(["-n", x])`.
            let before = found.len();
            let inner = match unit.value(value) {
                Value::Spread(inner) => inner,
                _ => value,
            };
            for &definition in resolver.definitions(here(inner)).iter() {
                if matches!(resolver.value(definition), Value::Array(_) | Value::With { .. }) {
                    elements(resolver, definition, level + 1, found);
                }
            }
            if found.len() == before {
                found.push(here(value));
            }
        }
        Value::Concat(range) => {
            // `["git"] + args`
            for &part in unit.list(range) {
                for &definition in resolver.definitions(here(part)).iter() {
                    elements(resolver, definition, level + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// The name of the argument that a path begins with: the first member that is not a wrapper's.
pub(super) fn parameter_name(resolver: &Resolver<'_>, path: &[At]) -> String {
    let mut name = String::new();
    for &at in path.iter().take(24) {
        let unit = resolver.unit(at);
        let step = match unit.value(at.node) {
            Value::Parameter(function, position) => {
                let parameter = unit.function(function).parameters.get(position as usize);
                parameter.map_or("", |parameter| unit.text(parameter.name))
            }
            Value::Member { name, .. } => unit.text(name),
            _ => continue,
        };
        if matches!(
            step,
            "" | "args"
                | "params"
                | "arguments"
                | "input"
                | "request"
                | "req"
                | "data"
                | "body"
                | "query"
                | "self"
                | "headers"
        ) {
            if name.is_empty() {
                step.clone_into(&mut name);
            }
            continue;
        }
        if let Value::Member { .. } = unit.value(at.node) {
            return step.to_owned();
        }
        step.clone_into(&mut name);
        // A parameter with a telling name; a member that follows says more.
        let next = path.iter().skip_while(|&&other| other != at).nth(1);
        let more = next.is_some_and(|&next| matches!(resolver.value(next), Value::Member { .. }));
        if !more {
            return name;
        }
    }
    name
}
