//! Calls of the standard library and of MCP libraries in the words that all languages share.

use super::super::lowering::Lowerer;
use crate::code::graph::{ExitKind, NodeId, Operator, Strings, Value};

/// What a call is in other words; `None` where it stays as it is.
pub(super) fn rewrite(
    lowerer: &mut Lowerer<'_>,
    callee: NodeId,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    if let Value::Global(name) = lowerer.builder.unit().value(callee) {
        let name = lowerer.builder.unit().text(name).to_owned();
        return builtin(lowerer, &name, arguments, at);
    }
    if let Some(name) = lowerer.imported(callee) {
        return library(lowerer, callee, &name, arguments, at);
    }
    let Value::Member { object, name } = lowerer.builder.unit().value(callee) else { return None };
    let name = lowerer.builder.unit().text(name).to_owned();
    method(lowerer, object, &name, arguments, at)
}

fn builtin(lowerer: &mut Lowerer<'_>, name: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    match name {
        "append" => {
            let (&list, added) = arguments.split_first()?;
            let mut list = list;
            for &value in added {
                list = lowerer.builder.with(list, Strings::ELEMENT, value, at);
            }
            Some(list)
        }
        "string" | "any" | "byte" | "rune" | "error" => arguments.first().copied(),
        "make" => Some(lowerer.builder.array(&[], at)),
        "panic" => {
            let value = arguments.first().copied().unwrap_or_else(|| lowerer.builder.unknown());
            lowerer.builder.exit(ExitKind::Throw, value, at);
            Some(value)
        }
        _ if name.starts_with("int") || name.starts_with("uint") || name.starts_with("float") => {
            Some(lowerer.call_global("Number", arguments, at))
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
    let (module, function) = name.rsplit_once('.')?;
    match module {
        "strings" | "bytes" => strings(lowerer, function, arguments, at),
        "fmt" => match function {
            "Sprintf" => Some(formatted(lowerer, arguments, at)),
            "Sprint" | "Sprintln" => Some(lowerer.builder.concat(arguments, at)),
            _ => None,
        },
        "slices" if function == "Contains" => as_method(lowerer, "includes", arguments, at),
        "regexp" => regexp(lowerer, function, arguments, at),
        "path" | "path/filepath" => path(lowerer, function, arguments, at),
        "strconv" => match function {
            "Atoi" | "ParseInt" | "ParseUint" | "ParseFloat" | "ParseBool" | "Itoa" | "FormatInt" => {
                Some(lowerer.call_global("Number", arguments.get(..1)?, at))
            }
            _ => None,
        },
        "net/url" => match function {
            "Parse" | "ParseRequestURI" => {
                Some(lowerer.call_foreign("urllib.parse", "urlparse", arguments.get(..1)?, at))
            }
            "QueryEscape" | "PathEscape" => Some(lowerer.call_global("encodeURIComponent", arguments, at)),
            _ => None,
        },
        "os/exec" => started(lowerer, function, arguments, at),
        "net/http" if function == "NewRequestWithContext" => {
            Some(lowerer.call_foreign(module, "NewRequest", arguments.get(1..)?, at))
        }
        "log" if function.starts_with("Fatal") => Some(stopped(lowerer, callee, arguments, at)),
        "os" if function == "Exit" => Some(stopped(lowerer, callee, arguments, at)),
        _ => None,
    }
}

/// A call that does not come back.
fn stopped(lowerer: &mut Lowerer<'_>, callee: NodeId, arguments: &[NodeId], at: u32) -> NodeId {
    let node = lowerer.plain_call(callee, arguments, at);
    lowerer.builder.stop();
    node
}

/// `f(x, …)` as `x.name(…)`.
fn as_method(lowerer: &mut Lowerer<'_>, name: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let (&object, rest) = arguments.split_first()?;
    Some(lowerer.call_method(object, name, rest, at))
}

fn strings(lowerer: &mut Lowerer<'_>, function: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let name = match function {
        "HasPrefix" => "startsWith",
        "HasSuffix" => "endsWith",
        "Contains" | "ContainsAny" | "ContainsRune" => "includes",
        "Split" | "SplitN" | "Fields" => "split",
        "Replace" | "ReplaceAll" => "replaceAll",
        "Join" => "join",
        "TrimSpace" | "Trim" | "TrimLeft" | "TrimRight" | "TrimPrefix" | "TrimSuffix" => {
            return as_method(lowerer, "trim", arguments.get(..1)?, at);
        }
        "ToLower" => "toLowerCase",
        "ToUpper" => "toUpperCase",
        "EqualFold" | "Equal" => {
            let [left, right] = *arguments else { return None };
            return Some(lowerer.builder.binary(Operator::Equal, left, right, at));
        }
        "NewReader" | "NewBufferString" | "NewBuffer" | "Clone" => return arguments.first().copied(),
        _ => return None,
    };
    as_method(lowerer, name, arguments, at)
}

fn regexp(lowerer: &mut Lowerer<'_>, function: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let pattern = lowerer.constant(*arguments.first()?)?.to_owned();
    let pattern = lowerer.builder.atom(&pattern);
    let regex = lowerer.builder.node(Value::Regex(pattern, Strings::EMPTY), at);
    match function {
        "MustCompile" | "Compile" => Some(regex),
        "MatchString" | "Match" => Some(lowerer.call_method(regex, "test", arguments.get(1..)?, at)),
        _ => None,
    }
}

fn path(lowerer: &mut Lowerer<'_>, function: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let name = match function {
        "Clean" | "FromSlash" | "ToSlash" => "normalize",
        // Joining cleans as well.
        "Abs" | "Join" => "resolve",
        "Rel" => "relative",
        "Base" => "basename",
        "Dir" => "dirname",
        "EvalSymlinks" => return Some(lowerer.call_foreign("fs", "realpathSync", arguments, at)),
        "IsLocal" => {
            let normal = lowerer.call_foreign("path", "normalize", arguments, at);
            return Some(lowerer.call_method(normal, "is_relative_to", arguments, at));
        }
        _ => return None,
    };
    Some(lowerer.call_foreign("path", name, arguments, at))
}

/// Program and list of arguments, without the context.
fn started(lowerer: &mut Lowerer<'_>, function: &str, arguments: &[NodeId], at: u32) -> Option<NodeId> {
    let arguments = match function {
        "Command" => arguments,
        "CommandContext" => arguments.get(1..)?,
        _ => return None,
    };
    let (&program, rest) = arguments.split_first()?;
    let list = lowerer.builder.array(rest, at);
    Some(lowerer.call_foreign("os/exec", "Command", &[program, list], at))
}

/// `Sprintf`: the constant text of the format with the values in it.
fn formatted(lowerer: &mut Lowerer<'_>, arguments: &[NodeId], at: u32) -> NodeId {
    let Some((&format, values)) = arguments.split_first() else { return lowerer.builder.unknown() };
    let Some(text) = lowerer.constant(format).map(str::to_owned) else {
        return lowerer.builder.concat(arguments, at);
    };
    let mut values = values.iter().copied();
    let mut parts: Vec<NodeId> = Vec::new();
    let mut pending = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '%' {
            pending.push(c);
            continue;
        }
        let mut verb = rest.next();
        while verb
            .is_some_and(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '#' | ' ' | '.' | '*' | '[' | ']'))
        {
            verb = rest.next();
        }
        match verb {
            Some('%') | None => pending.push('%'),
            Some(verb) => {
                if !pending.is_empty() {
                    parts.push(lowerer.builder.text(&pending, at));
                    pending.clear();
                }
                let Some(value) = values.next() else { continue };
                let number = matches!(verb, 'd' | 'f' | 'x' | 'X' | 't' | 'g' | 'e' | 'b' | 'o');
                parts.push(if number { lowerer.call_global("Number", &[value], at) } else { value });
            }
        }
    }
    if !pending.is_empty() {
        parts.push(lowerer.builder.text(&pending, at));
    }
    lowerer.builder.concat(&parts, at)
}

/// Methods of values from elsewhere: requests of MCP libraries, addresses, patterns, databases.
fn method(
    lowerer: &mut Lowerer<'_>,
    object: NodeId,
    name: &str,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    let key = arguments.first().and_then(|&node| lowerer.constant(node)).map(str::to_owned);
    match (name, key) {
        ("MatchString" | "Match", _) => Some(lowerer.call_method(object, "test", arguments, at)),
        ("String", _) if arguments.is_empty() => Some(lowerer.call_method(object, "toString", &[], at)),
        ("Hostname", _) if arguments.is_empty() => {
            let name = lowerer.builder.atom("hostname");
            Some(lowerer.builder.member(object, name, at))
        }
        ("GetArguments" | "GetRawArguments", _) if arguments.is_empty() => {
            let name = lowerer.builder.atom("arguments");
            Some(lowerer.builder.member(object, name, at))
        }
        ("GetString" | "RequireString" | "GetStringSlice" | "RequireStringSlice", Some(key)) => {
            let key = lowerer.builder.atom(&key);
            Some(lowerer.builder.member(object, key, at))
        }
        (
            "GetInt" | "RequireInt" | "GetFloat" | "RequireFloat" | "GetBool" | "RequireBool" | "GetIntSlice"
            | "GetFloatSlice" | "GetBoolSlice",
            Some(key),
        ) => {
            let key = lowerer.builder.atom(&key);
            let value = lowerer.builder.member(object, key, at);
            Some(lowerer.call_global("Number", &[value], at))
        }
        ("QueryContext" | "QueryRowContext" | "ExecContext" | "PrepareContext", _) => {
            let name = name.strip_suffix("Context").unwrap_or(name);
            Some(lowerer.call_method(object, name, arguments.get(1..)?, at))
        }
        _ => None,
    }
}
