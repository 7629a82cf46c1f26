//! Calls of the standard library in the words that all languages share.

use super::{
    super::{lowering::Lowerer, tree::Id},
    processes,
};
use crate::code::graph::{NodeId, Operator, Strings, Value};

/// Methods that give back what they are called on, as far as its content goes.
const SAME: &[&str] = &[
    "AsSpan",
    "ConfigureAwait",
    "GetAwaiter",
    "GetResult",
    "GetString",
    "Normalize",
    "ToArray",
    "ToList",
    "ToLower",
    "ToLowerInvariant",
    "ToString",
    "Trim",
    "TrimEnd",
    "TrimStart",
];

/// `new T(…) { … }`.
pub(super) fn created(lowerer: &mut Lowerer<'_>, id: Id) -> NodeId {
    let kind = lowerer.tree.field(id, "type");
    created_as(lowerer, id, kind)
}

/// As [`created`], of a type that stands elsewhere.
pub(super) fn created_as(lowerer: &mut Lowerer<'_>, id: Id, kind: Option<Id>) -> NodeId {
    let (tree, at) = (lowerer.tree, lowerer.tree.at(id));
    let class = match kind {
        Some(kind) => lowerer.expression(kind),
        None => lowerer.builder.unknown(),
    };
    let arguments = tree.field(id, "arguments").or_else(|| tree.child_of(id, "argument_list"));
    let (arguments, keywords) = match arguments {
        Some(arguments) => lowerer.arguments(arguments),
        None => (Vec::new(), Vec::new()),
    };
    let name = lowerer.imported(class).unwrap_or_default();
    let mut made = match (name.as_str(), arguments.as_slice()) {
        (
            "System.IO.FileInfo" | "System.IO.DirectoryInfo" | "System.String" | "System.UriBuilder",
            &[only],
        ) => only,
        ("System.Uri", &[only]) => lowerer.call_foreign("urllib.parse", "urlparse", &[only], at),
        ("System.Text.RegularExpressions.Regex", [first, ..]) => {
            regex(lowerer, *first, at).unwrap_or_else(|| lowerer.instance(class, &arguments, &keywords, at))
        }
        (
            "System.Collections.Generic.List"
            | "System.Collections.Generic.HashSet"
            | "System.Collections.Generic.Dictionary"
            | "System.Text.StringBuilder",
            given,
        ) => given.first().copied().unwrap_or_else(|| lowerer.builder.array(&[], at)),
        _ => lowerer.instance(class, &arguments, &keywords, at),
    };
    let initializer = tree.field(id, "initializer").or_else(|| tree.child_of(id, "initializer_expression"));
    let parts: Vec<Id> = initializer.into_iter().flat_map(|list| tree.children(list)).collect();
    for part in parts {
        let assigned = tree.field(part, "left").zip(tree.field(part, "right"));
        let assigned = assigned.filter(|_| tree.kind(part) == "assignment_expression");
        let (key, value) = if let Some((left, right)) = assigned {
            let named = tree.kind(left) == "identifier";
            let key = if named { lowerer.builder.atom(tree.text(left)) } else { Strings::ELEMENT };
            (key, lowerer.expression(right))
        } else {
            (Strings::ELEMENT, lowerer.expression(part))
        };
        made = lowerer.builder.with(made, key, value, at);
    }
    made
}

fn regex(lowerer: &mut Lowerer<'_>, pattern: NodeId, at: u32) -> Option<NodeId> {
    let pattern = lowerer.constant(pattern)?.to_owned();
    let pattern = lowerer.builder.atom(&pattern);
    Some(lowerer.builder.node(Value::Regex(pattern, Strings::EMPTY), at))
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
    let unit = lowerer.builder.unit();
    if matches!(unit.value(object), Value::This(_)) {
        return None;
    }
    let name = unit.text(name).to_owned();
    if matches!(unit.value(object), Value::Global(_)) && name.ends_with("Parse") {
        return Some(lowerer.call_global("Number", arguments, at));
    }
    method(lowerer, object, &name, arguments, at)
}

fn library(lowerer: &mut Lowerer<'_>, name: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let first = arguments.first().copied();
    match name {
        "System.Diagnostics.Process.Start" => processes::started(lowerer, arguments, at),
        "System.String.Format" | "System.String.Concat" => Some(lowerer.builder.concat(arguments, at)),
        "System.String.Join" => {
            let (&separator, parts) = arguments.split_first()?;
            let list = match parts {
                &[only] => only,
                several => lowerer.builder.array(several, at),
            };
            Some(lowerer.call_method(list, "join", &[separator], at))
        }
        "System.Convert.ToString" => first,
        "System.Convert.ToInt32"
        | "System.Convert.ToInt64"
        | "System.Convert.ToBoolean"
        | "System.Guid.Parse" => Some(lowerer.call_global("Number", arguments, at)),
        "System.IO.Path.Combine" | "System.IO.Path.Join" => {
            Some(lowerer.call_foreign("path", "join", arguments, at))
        }
        "System.IO.Path.GetFullPath" => Some(lowerer.call_foreign("path", "resolve", arguments, at)),
        "System.IO.Path.GetFileName" => Some(lowerer.call_foreign("path", "basename", arguments, at)),
        "System.Uri.EscapeDataString"
        | "System.Net.WebUtility.UrlEncode"
        | "System.Web.HttpUtility.UrlEncode" => {
            Some(lowerer.call_global("encodeURIComponent", arguments, at))
        }
        "System.Net.WebUtility.HtmlEncode" | "System.Web.HttpUtility.HtmlEncode" => {
            Some(lowerer.call_foreign("html", "escape", arguments, at))
        }
        "System.Environment.GetEnvironmentVariable" => {
            let name = lowerer.constant(first?)?.to_owned();
            Some(lowerer.environment(&name, at))
        }
        "System.Text.RegularExpressions.Regex.IsMatch" => {
            let pattern = regex(lowerer, *arguments.get(1)?, at)?;
            Some(lowerer.call_method(pattern, "test", &[first?], at))
        }
        "System.Environment.Exit" => {
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
    lowerer.imported(unit.call(call).callee).is_some_and(|name| name == "path.resolve")
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
        "Start" if arguments.is_empty() => processes::started(lowerer, &[object], at),
        "CreateClient" => {
            let class = lowerer.foreign("System.Net.Http", "HttpClient", at);
            Some(lowerer.instance(class, &[], &[], at))
        }
        "Equals" => Some(lowerer.builder.binary(Operator::Equal, object, first?, at)),
        "IsMatch" => Some(lowerer.call_method(object, "test", &[first?], at)),
        "StartsWith" if is_resolved(lowerer, object) => {
            Some(lowerer.call_method(object, "startswith", &[first?], at))
        }
        "StartsWith" => Some(lowerer.call_method(object, "startsWith", &[first?], at)),
        "EndsWith" => Some(lowerer.call_method(object, "endsWith", &[first?], at)),
        "Contains" if arguments.len() == 1 => Some(lowerer.call_method(object, "includes", arguments, at)),
        "Replace" if arguments.len() == 2 => Some(lowerer.call_method(object, "replaceAll", arguments, at)),
        "Append" | "AppendLine" | "AppendFormat" | "Add" | "AddRange" if arguments.len() == 1 => {
            Some(lowerer.builder.with(object, Strings::ELEMENT, first?, at))
        }
        "Add" if arguments.len() == 2 => {
            let key = match lowerer.builder.unit().value(first?) {
                Value::Text(text) => text,
                _ => Strings::ELEMENT,
            };
            Some(lowerer.builder.with(object, key, *arguments.get(1)?, at))
        }
        "GetProperty" if lowerer.constant(first?).is_some() => {
            let key = lowerer.constant(first?)?.to_owned();
            let key = lowerer.builder.atom(&key);
            Some(lowerer.builder.member(object, key, at))
        }
        "GetInt32" | "GetInt64" | "GetBoolean" | "GetDouble" => {
            Some(lowerer.call_global("Number", &[object], at))
        }
        _ if SAME.contains(&name) => Some(object),
        _ => None,
    }
}
