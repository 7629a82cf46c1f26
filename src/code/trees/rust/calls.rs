//! Calls of the standard library in the words that all languages share.

use super::super::lowering::Lowerer;
use crate::code::graph::{NodeId, Operator, Strings, Value};

/// Methods that give back what they are called on, as far as its content goes.
const SAME: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "clone",
    "cloned",
    "copied",
    "to_string",
    "to_owned",
    "into",
    "try_into",
    "as_str",
    "as_ref",
    "as_mut",
    "as_deref",
    "as_bytes",
    "as_path",
    "as_os_str",
    "to_string_lossy",
    "into_owned",
    "to_path_buf",
    "display",
    "borrow",
    "iter",
    "into_iter",
    "iter_mut",
    "collect",
    "context",
    "with_context",
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "trim_start",
    "trim_end",
    "parse",
    "into_string",
    "to_vec",
    "chars",
    "lines",
    "lock",
    "read",
    "write",
    "as_array",
    "as_object",
    "into_inner",
    "to_str",
    "into_bytes",
    "or_else",
];

/// What a call is in other words; `None` where it stays as it is.
pub(super) fn rewrite(
    lowerer: &mut Lowerer<'_>,
    callee: NodeId,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    if let Value::Global(name) = lowerer.builder.unit().value(callee) {
        let name = lowerer.builder.unit().text(name).to_owned();
        return match name.as_str() {
            "Ok" | "Some" => arguments.first().copied(),
            _ => None,
        };
    }
    if let Some(name) = lowerer.imported(callee) {
        return library(lowerer, &name, arguments, at);
    }
    let Value::Member { object, name } = lowerer.builder.unit().value(callee) else { return None };
    if let Value::Global(class) = lowerer.builder.unit().value(object) {
        let (class, name) = (lowerer.builder.unit().text(class), lowerer.builder.unit().text(name));
        return match (class, name) {
            ("String", "from") | ("Box" | "Arc" | "Rc", "new") => arguments.first().copied(),
            ("String" | "Vec", "new" | "with_capacity") => Some(lowerer.builder.array(&[], at)),
            _ => None,
        };
    }
    let name = lowerer.builder.unit().text(name).to_owned();
    method(lowerer, object, &name, arguments, at)
}

fn library(lowerer: &mut Lowerer<'_>, name: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    match name {
        "std.path.Path.new"
        | "std.path.PathBuf.from"
        | "std.path.PathBuf.new"
        | "std.str.from_utf8"
        | "camino.Utf8PathBuf.from" => arguments.first().copied(),
        "std.fs.canonicalize" | "tokio.fs.canonicalize" | "dunce.canonicalize" => {
            Some(lowerer.call_foreign("fs", "realpathSync", arguments, at))
        }
        "regex.Regex.new" => {
            let pattern = lowerer.constant(*arguments.first()?)?.to_owned();
            let pattern = lowerer.builder.atom(&pattern);
            Some(lowerer.builder.node(Value::Regex(pattern, Strings::EMPTY), at))
        }
        "url.Url.parse" | "reqwest.Url.parse" => {
            Some(lowerer.call_foreign("urllib.parse", "urlparse", arguments, at))
        }
        "urlencoding.encode" => Some(lowerer.call_global("encodeURIComponent", arguments, at)),
        "std.process.exit" => {
            lowerer.builder.stop();
            Some(lowerer.builder.unknown())
        }
        _ => None,
    }
}

/// Program and module of a command that is put together by methods.
fn command(lowerer: &Lowerer<'_>, node: NodeId) -> Option<(NodeId, &'static str)> {
    let mut at = node;
    for _ in 0..128 {
        match lowerer.builder.unit().value(at) {
            Value::With { object, .. } => at = object,
            Value::Variable(variable) => {
                at = *lowerer.builder.unit().variables[variable.index()].values.first()?;
            }
            Value::Call(id) => {
                let call = lowerer.builder.unit().call(id);
                let module = match lowerer.imported(call.callee)?.as_str() {
                    "std.process.Command.new" => "std.process.Command",
                    "tokio.process.Command.new" => "tokio.process.Command",
                    _ => return None,
                };
                let &program = lowerer.builder.unit().list(call.arguments).first()?;
                return Some((program, module));
            }
            _ => return None,
        }
    }
    None
}

fn method(
    lowerer: &mut Lowerer<'_>,
    object: NodeId,
    name: &str,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    let first = arguments.first().copied();
    match name {
        "output" | "spawn" | "status" | "exec" => {
            let (program, module) = command(lowerer, object)?;
            Some(lowerer.call_foreign(module, name, &[program, object], at))
        }
        "args" if first.is_some() => {
            let list = lowerer.builder.node(Value::Spread(first?), at);
            Some(lowerer.builder.with(object, Strings::ELEMENT, list, at))
        }
        "arg" | "push" | "push_str" | "extend" => {
            Some(lowerer.builder.with(object, Strings::ELEMENT, first?, at))
        }
        "current_dir" | "env" | "envs" | "env_clear" | "stdin" | "stdout" | "stderr" | "kill_on_drop" => {
            command(lowerer, object).map(|_| object)
        }
        "insert" if arguments.len() == 2 => {
            let key = match lowerer.builder.unit().value(first?) {
                Value::Text(text) => text,
                _ => Strings::ELEMENT,
            };
            Some(lowerer.builder.with(object, key, *arguments.get(1)?, at))
        }
        "parse_number" => Some(lowerer.call_global("Number", &[object], at)),
        "as_i64" | "as_u64" | "as_f64" | "as_bool" | "len" => {
            Some(lowerer.call_global("Number", &[object], at))
        }
        "starts_with" => Some(lowerer.call_method(object, "startsWith", arguments, at)),
        "ends_with" => Some(lowerer.call_method(object, "endsWith", arguments, at)),
        "contains" => Some(lowerer.call_method(object, "includes", arguments, at)),
        "contains_key" => Some(lowerer.call_method(object, "has", arguments, at)),
        "is_match" => Some(lowerer.call_method(object, "test", arguments, at)),
        "eq" => Some(lowerer.builder.binary(Operator::Equal, object, first?, at)),
        "to_lowercase" | "to_ascii_lowercase" => Some(lowerer.call_method(object, "toLowerCase", &[], at)),
        "to_uppercase" => Some(lowerer.call_method(object, "toUpperCase", &[], at)),
        "replace" => Some(lowerer.call_method(object, "replaceAll", arguments, at)),
        "and_then" => Some(lowerer.call_method(object, "map", arguments, at)),
        "canonicalize" if arguments.is_empty() => {
            Some(lowerer.call_foreign("fs", "realpathSync", &[object], at))
        }
        "host_str" | "domain" if arguments.is_empty() => Some(lowerer.member_named(object, "hostname", at)),
        _ if SAME.contains(&name) => Some(object),
        _ => None,
    }
}
