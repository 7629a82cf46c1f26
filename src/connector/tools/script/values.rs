//! What a registration's arguments say: names, texts, handlers, request methods.

use super::{
    super::{annotations, schema, text},
    Kind, LONGEST_NAME,
};
use crate::{
    code::{
        graph::{Call, FunctionId, Unit, Value},
        literal,
        resolve::{At, Resolver},
    },
    connector::{Found, Handler, Tool},
    finding::Location,
    untrusted::Untrusted,
};

/// Whether a call of a common name is a registration and not something else of that name.
pub(super) fn looks_like_registration(resolver: &Resolver<'_>, kind: Kind, arguments: &[At]) -> bool {
    let function = |at: Option<&At>| at.is_some_and(|&at| handler(resolver, at, false).is_some());
    match kind {
        Kind::ToolObject => arguments.iter().take(2).any(|&at| member(resolver, at, "name").is_some()),
        Kind::ToolConfig => arguments.len() >= 2,
        Kind::ToolCall | Kind::PromptCall => arguments.len() >= 2 && function(arguments.last()),
        Kind::PromptConfig => arguments.len() >= 3,
        Kind::ResourceCall => arguments.len() >= 3 && function(arguments.last()),
    }
}

pub(super) fn is_name(name: &str, kind: Kind) -> bool {
    let tool = !matches!(kind, Kind::ResourceCall | Kind::PromptCall | Kind::PromptConfig);
    (1..=LONGEST_NAME).contains(&name.len())
        && (!tool || name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':')))
}

/// `{name, description, inputSchema, annotations, …}`.
pub(super) fn tool_object(
    resolver: &Resolver<'_>,
    at: At,
    location: Option<Location>,
    validated: bool,
) -> Option<Tool> {
    let name = member(resolver, at, "name").and_then(|at| resolver.text(at))?;
    let run = ["execute", "handler", "handle", "run", "callback", "cb"]
        .iter()
        .find_map(|key| member(resolver, at, key))
        .and_then(|at| handler(resolver, at, validated));
    Some(Tool { name: Untrusted::new(name), location, handler: run, ..described(resolver, at) })
}

/// Title, description, schemas and annotations of a configuration object.
pub(super) fn described(resolver: &Resolver<'_>, at: At) -> Tool {
    let field = |name: &str| member(resolver, at, name);
    let constant = |name: &str| field(name).and_then(|at| text_of(resolver, at)).map(Untrusted::new);
    let hints =
        field("annotations").and_then(|at| literal::evaluate(resolver, at)).map(|literal| literal.json);
    let input = ["inputSchema", "input_schema", "paramsSchema", "parameters", "schema", "argsSchema"];
    Tool {
        title: constant("title").or_else(|| hints.as_ref().and_then(|hints| text(hints, "title"))),
        description: constant("description"),
        input: input.iter().find_map(|key| field(key)).and_then(|at| schema::read(resolver, at)),
        output: field("outputSchema").and_then(|at| schema::read(resolver, at)),
        annotations: annotations(hints.as_ref()),
        found: Found::Source,
        ..Tool::default()
    }
}

/// What `object.name` is, where some definition of the object has it.
pub(super) fn member(resolver: &Resolver<'_>, object: At, name: &str) -> Option<At> {
    let mut found = Vec::new();
    for &definition in resolver.definitions(object).iter() {
        resolver.member_of(definition, name, &mut found);
        // A mapped copy keeps the members that it does not overwrite.
        if let Some(&first) = found.first() {
            return Some(first);
        }
    }
    None
}

/// A text as far as it is constant: variable parts become `{}`.
pub(super) fn text_of(resolver: &Resolver<'_>, at: At) -> Option<String> {
    resolver.text(at).or_else(|| {
        let definitions = resolver.definitions(at);
        // `[…].join("\n")` and `"…".trim()` are texts as well.
        definitions.iter().find_map(|&definition| {
            let unit = resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Text(text) => Some(unit.text(text).to_owned()),
                Value::Concat(_) => {
                    let text = literal::template(resolver, definition, "{}", 0);
                    (text.len() > 2 && text != "{}").then_some(text)
                }
                Value::Call(call) => joined(resolver, definition, unit.call(call)),
                _ => None,
            }
        })
    })
}

pub(super) fn joined(resolver: &Resolver<'_>, at: At, call: &Call) -> Option<String> {
    let unit = resolver.unit(at);
    let Value::Member { object, name } = unit.value(call.callee) else { return None };
    let receiver = At { unit: at.unit, node: object };
    match unit.text(name) {
        "trim" | "trimEnd" | "trimStart" => resolver.text(receiver).map(|text| text.trim().to_owned()),
        "join" => {
            let literal = literal::evaluate(resolver, receiver)?;
            let separator = unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
            let separator = separator.and_then(|at| resolver.text(at)).unwrap_or_else(|| ",".to_owned());
            let parts: Option<Vec<&str>> =
                literal.json.as_array()?.iter().map(serde_json::Value::as_str).collect();
            Some(parts?.join(&separator))
        }
        _ => None,
    }
}

/// The function behind a handler expression, through wrapper calls.
pub(super) fn handler(resolver: &Resolver<'_>, at: At, validated: bool) -> Option<Handler> {
    handler_within(resolver, at, validated, 0)
}

pub(super) fn handler_within(
    resolver: &Resolver<'_>,
    at: At,
    validated: bool,
    level: u32,
) -> Option<Handler> {
    for &definition in resolver.definitions(at).iter() {
        let unit = resolver.unit(definition);
        match unit.value(definition.node) {
            Value::Function(function) if function != FunctionId(0) => {
                return Some(Handler {
                    unit: definition.unit as usize,
                    function,
                    validated,
                    shared: !validated,
                });
            }
            Value::Call(call) if level < 4 => {
                let found = unit.list(unit.call(call).arguments).iter().find_map(|&node| {
                    handler_within(resolver, At { unit: definition.unit, node }, validated, level + 1)
                });
                if found.is_some() {
                    return found;
                }
            }
            _ => {}
        }
    }
    None
}

/// The protocol method that a request schema stands for, by name or by its literal.
pub(super) fn method_of(resolver: &Resolver<'_>, at: At) -> Option<String> {
    if let Some(text) = resolver.text(at) {
        return text.contains('/').then_some(text);
    }
    for &definition in resolver.definitions(at).iter() {
        let unit = resolver.unit(definition);
        let by_name = match unit.value(definition.node) {
            Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => {
                match unit.text(name) {
                    "ListToolsRequestSchema" => Some("tools/list"),
                    "CallToolRequestSchema" => Some("tools/call"),
                    "ListPromptsRequestSchema" => Some("prompts/list"),
                    "GetPromptRequestSchema" => Some("prompts/get"),
                    "ListResourcesRequestSchema" => Some("resources/list"),
                    "ReadResourceRequestSchema" => Some("resources/read"),
                    "ListResourceTemplatesRequestSchema" => Some("resources/templates/list"),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(method) = by_name {
            return Some(method.to_owned());
        }
        if let Some(method) = method_literal(resolver, definition, 0) {
            return Some(method);
        }
    }
    None
}

/// A bundled request schema: `Request.extend({method: z.literal("tools/list"), …})`.
pub(super) fn method_literal(resolver: &Resolver<'_>, at: At, level: u32) -> Option<String> {
    if level > 5 {
        return None;
    }
    let unit: &Unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Text(text) => {
            let text = unit.text(text);
            let known = ["tools/", "prompts/", "resources/"].iter().any(|start| text.starts_with(start));
            known.then(|| text.to_owned())
        }
        Value::Call(call) => unit.list(unit.call(call).arguments).iter().find_map(|&node| {
            resolver
                .definitions(At { unit: at.unit, node })
                .iter()
                .find_map(|&definition| method_literal(resolver, definition, level + 1))
        }),
        Value::Object(range) => {
            unit.entries(range).iter().find(|property| unit.text(property.key) == "method").and_then(
                |property| {
                    resolver
                        .definitions(At { unit: at.unit, node: property.value })
                        .iter()
                        .find_map(|&definition| method_literal(resolver, definition, level + 1))
                },
            )
        }
        _ => None,
    }
}

/// The parameter or loop element that a computed name hangs on.
pub(super) fn root_of(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let mut at = at;
    for _ in 0..8 {
        let definition = *resolver.definitions(at).first()?;
        let unit = resolver.unit(definition);
        match unit.value(definition.node) {
            Value::Parameter(..) | Value::Item(_) => return Some(definition),
            Value::Member { object, .. } | Value::Element { object, .. } => {
                at = At { unit: definition.unit, node: object };
            }
            _ => return None,
        }
    }
    None
}
