//! Calls of Ruby's own methods in the words that all languages share.

use super::lowering::Lowerer;
use crate::code::graph::{NodeId, Strings, Value};

/// Methods that give back what they are called on, as far as its content goes.
const SAME: &[&str] = &[
    "to_s",
    "to_str",
    "strip",
    "chomp",
    "dup",
    "freeze",
    "lstrip",
    "rstrip",
    "to_a",
    "to_h",
    "compact",
    "flatten",
    "encode",
    "force_encoding",
    "downcase",
    "upcase",
    "to_path",
    "uniq",
    "chars",
    "lines",
    "squeeze",
];

/// What a call is in other words; `None` where it stays as it is.
pub(super) fn rewrite(
    lowerer: &mut Lowerer<'_>,
    callee: NodeId,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    if let Some(name) = lowerer.imported(callee) {
        return library(lowerer, callee, &name, arguments, at);
    }
    let Value::Member { object, name } = lowerer.builder.unit().value(callee) else { return None };
    if matches!(lowerer.builder.unit().value(object), Value::This(_)) {
        return None;
    }
    let name = lowerer.builder.unit().text(name).to_owned();
    let first = arguments.first().copied();
    match name.as_str() {
        "start_with?" => Some(lowerer.call_method(object, "startsWith", arguments, at)),
        "end_with?" => Some(lowerer.call_method(object, "endsWith", arguments, at)),
        "include?" | "member?" => Some(lowerer.call_method(object, "includes", arguments, at)),
        "key?" | "has_key?" => Some(lowerer.call_method(object, "has", arguments, at)),
        "match?" | "match" => {
            let other = first?;
            let (regex, value) = match lowerer.builder.unit().value(other) {
                Value::Regex(..) => (other, object),
                _ => (object, other),
            };
            Some(lowerer.call_method(regex, "test", &[value], at))
        }
        "gsub" | "sub" => Some(lowerer.call_method(object, "replaceAll", arguments, at)),
        "to_i" | "to_f" | "to_r" | "length" | "size" | "count" => {
            Some(lowerer.call_global("Number", &[object], at))
        }
        "fetch" | "dig" if lowerer.constant(first?).is_some() => {
            let key = lowerer.constant(first?)?.to_owned();
            let key = lowerer.builder.atom(&key);
            Some(lowerer.builder.member(object, key, at))
        }
        "push" | "append" | "concat" => Some(lowerer.builder.with(object, Strings::ELEMENT, first?, at)),
        "each" | "collect" | "flat_map" | "select" | "then" | "tap" => {
            Some(lowerer.call_method(object, "map", arguments, at))
        }
        "host" if arguments.is_empty() => Some(lowerer.member_named(object, "hostname", at)),
        _ if SAME.contains(&name.as_str()) => Some(object),
        _ => None,
    }
}

/// `T.new(…)` of a type that is no more than its content.
pub(super) fn created(
    lowerer: &mut Lowerer<'_>,
    class: NodeId,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    match lowerer.imported(class)?.as_str() {
        "Pathname" | "String" => arguments.first().copied(),
        "Array" | "Hash" => Some(lowerer.builder.array(&[], at)),
        "Regexp" => {
            let pattern = lowerer.constant(*arguments.first()?)?.to_owned();
            let pattern = lowerer.builder.atom(&pattern);
            Some(lowerer.builder.node(Value::Regex(pattern, Strings::EMPTY), at))
        }
        _ => None,
    }
}

fn library(
    lowerer: &mut Lowerer<'_>,
    callee: NodeId,
    name: &str,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    let first = arguments.first().copied();
    match name {
        // One text goes through a shell, several do not.
        "Kernel.system" | "Kernel.exec" | "Kernel.spawn" | "Open3.capture2" | "Open3.capture2e"
        | "Open3.capture3" | "Open3.popen3" | "Open3.popen2e" | "Process.spawn" => match arguments {
            [] => None,
            &[only] => Some(lowerer.call_foreign("Kernel", "system", &[only], at)),
            &[program, ref rest @ ..] => {
                let list = lowerer.builder.array(rest, at);
                if name.starts_with("Kernel.") {
                    return Some(lowerer.call_foreign("Kernel", "spawn", &[program, list], at));
                }
                Some(lowerer.plain_call(callee, &[program, list], at))
            }
        },
        "Kernel.exit" | "Kernel.abort" => {
            lowerer.builder.stop();
            Some(lowerer.builder.unknown())
        }
        "Kernel.format" | "Kernel.sprintf" => Some(lowerer.builder.concat(arguments, at)),
        "Kernel.Integer" | "Kernel.Float" => Some(lowerer.call_global("Number", arguments, at)),
        "Kernel.URI" | "URI.parse" => Some(lowerer.call_foreign("urllib.parse", "urlparse", arguments, at)),
        "Kernel.String" | "Kernel.Pathname" => first,
        "File.join" => Some(lowerer.call_foreign("path", "join", arguments, at)),
        "File.expand_path" => match *arguments {
            [path, base] => Some(lowerer.call_foreign("path", "resolve", &[base, path], at)),
            _ => Some(lowerer.call_foreign("path", "resolve", arguments, at)),
        },
        "File.basename" => Some(lowerer.call_foreign("path", "basename", arguments.get(..1)?, at)),
        "File.realpath" => Some(lowerer.call_foreign("fs", "realpathSync", arguments.get(..1)?, at)),
        _ => None,
    }
}
