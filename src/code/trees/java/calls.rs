//! Calls of the standard library in the words that all languages share.

use super::super::{lowering::Lowerer, tree::Id};
use crate::code::graph::{NodeId, Operator, Strings, Value};

/// Methods that give back what they are called on, as far as its content goes.
const SAME: &[&str] = &[
    "toString",
    "strip",
    "toFile",
    "toPath",
    "toUri",
    "getBytes",
    "stream",
    "toList",
    "build",
    "intern",
    "orElse",
    "orElseThrow",
    "toArray",
];

/// `new T(…)`.
pub(super) fn created(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let class = match tree.field(id, "type") {
        Some(kind) => lowerer.expression(kind),
        None => lowerer.builder.unknown(),
    };
    let arguments = match tree.field(id, "arguments") {
        Some(arguments) => lowerer.arguments(arguments).0,
        None => Vec::new(),
    };
    if let Some(body) = tree.child_of(id, "class_body") {
        lowerer.group(body);
    }
    let name = lowerer.imported(class).unwrap_or_default();
    match name.as_str() {
        // Program and list.
        "java.lang.ProcessBuilder" => {
            let (program, list) = match arguments.as_slice() {
                [] => (lowerer.builder.unknown(), lowerer.builder.array(&[], at)),
                &[only] => (lowerer.builder.unknown(), only),
                &[first, ref rest @ ..] => (first, lowerer.builder.array(rest, at)),
            };
            lowerer.instance(class, &[program, list], &[], at)
        }
        "java.io.File" if arguments.len() == 2 => lowerer.call_foreign("path", "join", &arguments, at),
        "java.io.File" | "java.lang.String" if arguments.len() == 1 => arguments[0],
        "java.net.URI" if arguments.len() == 1 => {
            lowerer.call_foreign("urllib.parse", "urlparse", &arguments, at)
        }
        "java.lang.StringBuilder"
        | "java.lang.StringBuffer"
        | "java.util.ArrayList"
        | "java.util.HashMap"
        | "java.util.LinkedHashMap" => {
            arguments.first().copied().unwrap_or_else(|| lowerer.builder.array(&[], at))
        }
        _ => lowerer.instance(class, &arguments, &[], at),
    }
}

/// What a call is in other words; `None` where it stays as it is.
pub(super) fn rewrite(
    lowerer: &mut Lowerer<'_>,
    callee: NodeId,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    if let Some(name) = lowerer.imported(callee) {
        return library(lowerer, &name, arguments, at);
    }
    let Value::Member { object, name } = lowerer.builder.unit().value(callee) else { return None };
    if matches!(lowerer.builder.unit().value(object), Value::This(_)) {
        return None;
    }
    let name = lowerer.builder.unit().text(name).to_owned();
    method(lowerer, object, &name, arguments, at)
}

fn library(lowerer: &mut Lowerer<'_>, name: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let first = arguments.first().copied();
    match name {
        "java.lang.String.format" => Some(lowerer.builder.concat(arguments, at)),
        "java.lang.String.valueOf" | "java.util.Objects.requireNonNull" => first,
        "java.lang.String.join" => {
            let (&separator, parts) = arguments.split_first()?;
            let list = match parts {
                &[only] => only,
                several => lowerer.builder.array(several, at),
            };
            Some(lowerer.call_method(list, "join", &[separator], at))
        }
        "java.lang.Integer.parseInt"
        | "java.lang.Integer.valueOf"
        | "java.lang.Long.parseLong"
        | "java.lang.Boolean.parseBoolean"
        | "java.lang.Double.parseDouble" => Some(lowerer.call_global("Number", arguments, at)),
        "java.util.List.of" | "java.util.Arrays.asList" | "java.util.Set.of" => {
            Some(lowerer.builder.array(arguments, at))
        }
        "java.nio.file.Path.of" | "java.nio.file.Paths.get" => match arguments {
            &[only] => Some(only),
            several => Some(lowerer.call_foreign("path", "join", several, at)),
        },
        "java.net.URI.create" => Some(lowerer.call_foreign("urllib.parse", "urlparse", arguments, at)),
        "java.util.regex.Pattern.compile" => {
            let pattern = lowerer.constant(first?)?.to_owned();
            let pattern = lowerer.builder.atom(&pattern);
            Some(lowerer.builder.node(Value::Regex(pattern, Strings::EMPTY), at))
        }
        "java.lang.System.exit" => {
            lowerer.builder.stop();
            Some(lowerer.builder.unknown())
        }
        _ => None,
    }
}

/// Whether a value is a path that was resolved.
fn is_resolved(lowerer: &Lowerer<'_>, node: NodeId) -> bool {
    let unit = lowerer.builder.unit();
    let Value::Call(call) = unit.value(node) else { return false };
    lowerer
        .imported(unit.call(call).callee)
        .is_some_and(|name| matches!(name.as_str(), "path.normalize" | "path.resolve" | "fs.realpathSync"))
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
        "equals" | "equalsIgnoreCase" => Some(lowerer.builder.binary(Operator::Equal, object, first?, at)),
        "matches" => {
            let pattern = format!("^(?:{})$", lowerer.constant(first?)?);
            let pattern = lowerer.builder.atom(&pattern);
            let regex = lowerer.builder.node(Value::Regex(pattern, Strings::EMPTY), at);
            Some(lowerer.call_method(regex, "test", &[object], at))
        }
        "startsWith" if is_resolved(lowerer, object) => {
            Some(lowerer.call_method(object, "is_relative_to", arguments, at))
        }
        "normalize" if arguments.is_empty() => Some(lowerer.call_foreign("path", "normalize", &[object], at)),
        "toAbsolutePath" | "getAbsolutePath" | "getPath" if arguments.is_empty() => Some(object),
        "toRealPath" | "getCanonicalPath" | "getCanonicalFile" => {
            Some(lowerer.call_foreign("fs", "realpathSync", &[object], at))
        }
        "resolve" if arguments.len() == 1 => {
            Some(lowerer.call_foreign("path", "join", &[object, first?], at))
        }
        "getFileName" => Some(lowerer.call_foreign("path", "basename", &[object], at)),
        "append" | "add" | "addAll" => Some(lowerer.builder.with(object, Strings::ELEMENT, first?, at)),
        "put" if arguments.len() == 2 => {
            let key = match lowerer.builder.unit().value(first?) {
                Value::Text(text) => text,
                _ => Strings::ELEMENT,
            };
            Some(lowerer.builder.with(object, key, *arguments.get(1)?, at))
        }
        "get" | "getOrDefault" | "asText" if !arguments.is_empty() && lowerer.constant(first?).is_some() => {
            let key = lowerer.constant(first?)?.to_owned();
            let key = lowerer.builder.atom(&key);
            Some(lowerer.builder.member(object, key, at))
        }
        "formatted" => {
            let mut parts = vec![object];
            parts.extend(arguments);
            Some(lowerer.builder.concat(&parts, at))
        }
        "getHost" if arguments.is_empty() => Some(lowerer.member_named(object, "hostname", at)),
        "intValue" | "asInt" | "asBoolean" | "length" => Some(lowerer.call_global("Number", &[object], at)),
        _ if SAME.contains(&name) => Some(object),
        _ => None,
    }
}
