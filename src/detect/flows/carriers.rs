//! Library functions that give back what they get, and the names of arguments on the way.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::code::{
    graph::{Call, Value},
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
    "getStore",
    "get_nowait",
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
    "run_in_executor",
    "run_in_threadpool",
    "submit",
    "partial",
    "promisify",
    "Thread",
    "create_task",
    "ensure_future",
    "filter_map",
    "allSettled",
    "flat",
    "unshift",
    "splice",
    "extend",
    "append",
    "setdefault",
    "update",
    "model_copy",
    "model_dump_json",
    "asdict",
    "vars",
    "structuredClone",
    "cloneDeep",
    "merge",
    "chain",
    "reversed",
    "translate",
    "casefold",
    "swapcase",
    "capitalize",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "splitlines",
    "trimLeft",
    "trimRight",
    "normalizePath",
    "fromCharCode",
    "b64decode",
    "unescape",
    "fromIni",
    "parse_qs",
    "parse_qsl",
    "literal_eval",
    "safe_load",
    "urlunsplit",
    "urlsplit",
    "SimpleNamespace",
    "deque",
    "frozenset",
    "iter",
    "map_async",
    "Set",
    "Map",
    "Request",
    "StringIO",
    "BytesIO",
    "compile",
];

/// Whether a call outside the package gives back what it gets.
pub(super) fn carries(resolver: &Resolver<'_>, unit: u32, call: &Call) -> bool {
    static NAMES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| CARRIERS.iter().copied().collect());
    let name = resolver.last_name(At { unit, node: call.callee });
    name.is_some_and(|name| NAMES.contains(name))
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
