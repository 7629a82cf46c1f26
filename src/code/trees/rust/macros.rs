//! Macros: the grammar gives their tokens, of which values and text are read.

use super::super::{lowering::Lowerer, text, tree::Id};
use crate::code::graph::{ExitKind, NodeId, Property, Value};

/// Macros inside macros.
const DEEPEST: u32 = 16;

/// `name!(…)`.
pub(super) fn invoked(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let path = tree.field(id, "macro").map_or("", |name| tree.text(name));
    let name = path.rsplit("::").next().unwrap_or(path);
    let Some(tokens) = tree.child_of(id, "token_tree") else { return lowerer.builder.unknown() };
    let arguments = segments(lowerer, tokens, 0);
    match name {
        "format" | "concat" | "println" | "print" | "eprintln" | "eprint" | "anyhow" | "format_args" => {
            formatted(lowerer, &arguments, at)
        }
        "write" | "writeln" => formatted(lowerer, arguments.get(1..).unwrap_or_default(), at),
        "vec" => {
            let items: Vec<NodeId> = arguments.iter().map(|argument| argument.value).collect();
            lowerer.builder.array(&items, at)
        }
        "bail" | "panic" | "unreachable" | "todo" | "unimplemented" => {
            let value = formatted(lowerer, &arguments, at);
            lowerer.builder.exit(ExitKind::Throw, value, at);
            value
        }
        "json" => {
            let items: Vec<NodeId> = arguments.iter().map(|argument| argument.value).collect();
            lowerer.builder.array(&items, at)
        }
        _ => {
            let name = format!("{name}!");
            let callee = lowerer.foreign(".", &name, at);
            let values: Vec<NodeId> = arguments
                .iter()
                .filter(|argument| argument.name.is_none())
                .map(|argument| argument.value)
                .collect();
            let mut named: Vec<Property> = Vec::new();
            for argument in &arguments {
                if let Some(name) = argument.name {
                    named.push(Property { key: lowerer.builder.atom(name), value: argument.value });
                }
            }
            lowerer.call_with(callee, &values, &named, at)
        }
    }
}

/// One argument of a macro.
struct Argument<'t> {
    /// Its name: `name = value`.
    name: Option<&'t str>,
    value: NodeId,
}

/// The arguments of a macro: what stands between commas.
fn segments<'t>(lowerer: &mut Lowerer<'t>, tokens: Id, level: u32) -> Vec<Argument<'t>> {
    let tree = lowerer.tree;
    let mut found: Vec<Argument<'t>> = Vec::new();
    let mut current: Option<NodeId> = None;
    let mut name: Option<&'t str> = None;
    let mut word: Option<&'t str> = None;
    let mut end = tree.at(tokens);
    for token in tree.children(tokens) {
        let gap = tree.between(end, tree.at(token));
        end = tree.end(token);
        if gap.contains(',') || gap.contains(';') {
            found.extend(current.take().map(|value| Argument { name: name.take(), value }));
            word = None;
        } else if gap.trim() == "=" {
            name = word.take();
            current = None;
        }
        let at = tree.at(token);
        let joined = gap.trim_end().ends_with('.') || gap.trim_end().ends_with("::");
        let value = match tree.kind(token) {
            "identifier" | "self" | "type_identifier" | "super" | "crate" => {
                word = Some(tree.text(token));
                match current {
                    Some(object) if joined => Some(lowerer.member_named(object, tree.text(token), at)),
                    _ => Some(lowerer.name(tree.text(token), at)),
                }
            }
            "token_tree" if level < DEEPEST => {
                let inner = segments(lowerer, token, level + 1);
                let values: Vec<NodeId> = inner.iter().map(|argument| argument.value).collect();
                match current {
                    Some(callee) if tree.text(token).starts_with('(') => {
                        Some(lowerer.called(callee, &values, &[], at))
                    }
                    Some(object) => {
                        values.first().map(|&key| lowerer.builder.element(object, key, at)).or(current)
                    }
                    None => match values.as_slice() {
                        &[only] => Some(only),
                        several => Some(lowerer.builder.array(several, at)),
                    },
                }
            }
            "string_literal" | "raw_string_literal" | "integer_literal" | "float_literal"
            | "boolean_literal" | "char_literal" => Some(lowerer.expression(token)),
            _ => current,
        };
        let extends = joined || tree.kind(token) == "token_tree";
        current = match (current, value) {
            // `a == b`, `a + b`: either may be meant.
            (Some(before), Some(value)) if !extends && value != before => {
                Some(lowerer.builder.concat(&[before, value], at))
            }
            (_, value) => value,
        };
    }
    found.extend(current.map(|value| Argument { name, value }));
    found
}

/// The constant text of a format with the values in it.
fn formatted(lowerer: &mut Lowerer<'_>, arguments: &[Argument<'_>], at: u32) -> NodeId {
    let Some((format, values)) = arguments.split_first() else { return lowerer.builder.unknown() };
    let Value::Text(atom) = lowerer.builder.unit().value(format.value) else {
        let all: Vec<NodeId> = arguments.iter().map(|argument| argument.value).collect();
        return lowerer.builder.concat(&all, at);
    };
    let format = lowerer.builder.unit().text(atom).to_owned();
    let mut positional = values.iter().filter(|argument| argument.name.is_none());
    let mut parts: Vec<NodeId> = Vec::new();
    for piece in text::pieces(&format) {
        match piece {
            text::Piece::Text(text) => parts.push(lowerer.builder.text(&text, at)),
            text::Piece::Value(name) => {
                let by_name = values.iter().find(|argument| argument.name == Some(name.as_str()));
                let value = match (by_name, name.parse::<usize>()) {
                    (Some(argument), _) => Some(argument.value),
                    (None, Ok(position)) => values.get(position).map(|argument| argument.value),
                    (None, Err(_)) if name.is_empty() => positional.next().map(|argument| argument.value),
                    (None, Err(_)) => Some(lowerer.name(&name, at)),
                };
                parts.extend(value);
            }
        }
    }
    match parts.as_slice() {
        &[only] => only,
        several => lowerer.builder.concat(several, at),
    }
}
