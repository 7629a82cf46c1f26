//! What a registration's arguments say: names, texts, handlers, request methods.

use super::{
    super::{
        annotations,
        literal::{exact_text, json, text},
        look::{Found, Look, Place},
        schema, text as json_text,
    },
    Kind, LONGEST_NAME,
};
use crate::{
    code::graph::{Call, ExitKind, FunctionId, NodeId, Value},
    connector::{Found as Road, Handler, Tool},
    finding::Location,
    untrusted::Untrusted,
};

/// Names of the member that runs a tool.
pub(super) const RUNS: [&str; 8] = ["execute", "handler", "handle", "run", "callback", "cb", "call", "exec"];
/// Names of the member that says what a tool takes.
pub(super) const INPUTS: [&str; 8] = [
    "inputSchema",
    "input_schema",
    "paramsSchema",
    "parameters",
    "schema",
    "argsSchema",
    "argsShape",
    "inputSchemaShape",
];

/// The arguments of a call; `...list` as what the list is known to hold.
pub(super) fn arguments(look: &Look<'_>, place: &Place, call: &Call) -> Vec<Place> {
    let unit = look.unit(place);
    let mut all = Vec::new();
    for &node in unit.list(call.arguments) {
        match unit.value(node) {
            Value::Spread(inner) => {
                let elements = look.elements(&place.at(inner)).into_iter();
                all.extend(elements.filter_map(|found| match found {
                    Found::Node(place) => Some(place),
                    Found::Text(_) | Found::List(_) => None,
                }));
            }
            _ => all.push(place.at(node)),
        }
    }
    all
}

/// Whether a call of a common name is a registration and not something else of that name.
pub(super) fn looks_like_registration(look: &Look<'_>, kind: Kind, arguments: &[Place]) -> bool {
    let function = |at: Option<&Place>| at.is_some_and(|at| handler(look, at, false, 0).is_some());
    match kind {
        Kind::ToolObject | Kind::PromptObject | Kind::ResourceObject => {
            arguments.iter().take(2).any(|at| member(look, at, "name").is_some())
        }
        Kind::ToolConfig => arguments.len() >= 2,
        Kind::ToolCall | Kind::PromptCall => arguments.len() >= 2 && function(arguments.last()),
        Kind::PromptConfig => arguments.len() >= 3,
        Kind::ResourceCall => arguments.len() >= 3 && function(arguments.last()),
    }
}

/// Whether a text can be the name of what is registered.
pub(super) fn is_name(name: &str, kind: Kind) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && (!kind.is_tool()
            || name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':')))
}

/// The constant name that a value is.
pub(super) fn name_of(look: &Look<'_>, at: &Place) -> Option<String> {
    exact_text(look, at).or_else(|| look.places(at).iter().find_map(|found| schema::constant(look, found)))
}

/// A text as far as it is constant, also one that a function returns: variable parts become `{}`.
pub(super) fn words(look: &Look<'_>, at: &Place) -> Option<String> {
    text(look, at).or_else(|| {
        look.places(at).iter().find_map(|found| match look.value(found) {
            Value::Function(function) if function != FunctionId(0) => {
                let exits = &look.unit(found).function(function).exits;
                let returned = exits.iter().find(|exit| exit.kind == ExitKind::Return)?;
                text(look, &found.at(returned.value))
            }
            _ => schema::constant(look, found),
        })
    })
}

/// What `object.name` is, as it is written there.
pub(super) fn member(look: &Look<'_>, object: &Place, name: &str) -> Option<Place> {
    look.member(object, name, 0).into_iter().find_map(|found| match found {
        Found::Node(place) => Some(place),
        Found::Text(_) | Found::List(_) => None,
    })
}

/// An object, settled once: what it may be, for looking at its members.
pub(super) struct Thing<'a, 'p> {
    look: &'p Look<'a>,
    may_be: Vec<Place>,
}

impl<'a, 'p> Thing<'a, 'p> {
    /// What a value may be.
    pub(super) fn new(look: &'p Look<'a>, at: &Place) -> Self {
        let mut may_be = look.places(at);
        may_be.truncate(8);
        Self { look, may_be }
    }

    /// A member, as it is written there.
    pub(super) fn member(&self, name: &str) -> Option<Place> {
        self.may_be.iter().find_map(|object| member(self.look, object, name))
    }

    fn words(&self, name: &str) -> Option<Untrusted> {
        self.member(name).and_then(|at| words(self.look, &at)).map(Untrusted::new)
    }
}

/// `{name, description, inputSchema, annotations, …}`; the name is given where the object has none.
pub(super) fn tool_object(
    look: &Look<'_>,
    at: &Place,
    name: String,
    location: Option<Location>,
    validated: bool,
) -> Tool {
    let thing = Thing::new(look, at);
    let run = RUNS.iter().find_map(|key| thing.member(key));
    let run = run.and_then(|at| handler(look, &at, validated, 1));
    Tool { name: Untrusted::new(name), location, handler: run, ..said(&thing) }
}

/// Title, description, schemas and annotations of a configuration object.
pub(super) fn described(look: &Look<'_>, at: &Place) -> Tool {
    said(&Thing::new(look, at))
}

fn said(thing: &Thing<'_, '_>) -> Tool {
    let look = thing.look;
    let hints = thing.member("annotations").and_then(|at| json(look, &at));
    let input = INPUTS.iter().find_map(|key| thing.member(key));
    Tool {
        title: thing.words("title").or_else(|| hints.as_ref().and_then(|hints| json_text(hints, "title"))),
        description: thing.words("description"),
        input: input.and_then(|at| schema::read(look, &at)),
        output: thing.member("outputSchema").and_then(|at| schema::read(look, &at)),
        annotations: annotations(hints.as_ref()),
        found: Road::Source,
        ..Tool::default()
    }
}

/// The function behind a handler expression: the one that is handed to a wrapper, else what the
/// wrapper returns. From level 1 on, a function that only calls a method stands for the method.
pub(super) fn handler(look: &Look<'_>, at: &Place, validated: bool, level: u32) -> Option<Handler> {
    handler_within(look, at, validated, level > 0, 0)
}

fn handler_within(
    look: &Look<'_>,
    at: &Place,
    validated: bool,
    through: bool,
    depth: u32,
) -> Option<Handler> {
    if depth > 4 {
        return None;
    }
    look.behind(at).iter().find_map(|found| match look.value(found) {
        Value::Function(function) if function != FunctionId(0) => {
            let method = if through { method_called(look, found, function) } else { None };
            let (unit, function) = method.unwrap_or((found.unit, function));
            Some(Handler { unit, function, validated, shared: false })
        }
        Value::Call(call) => {
            let call = look.unit(found).call(call);
            let given = look.unit(found).list(call.arguments).iter().rev();
            let mut given = given.filter_map(|&node| function_of(look, &found.at(node)));
            let given = given.find(|&(unit, function)| takes_something(look, unit, function));
            if let Some((unit, function)) = given {
                return Some(Handler { unit, function, validated, shared: false });
            }
            if let Some((unit, function)) = function_of(look, found) {
                return Some(Handler { unit, function, validated, shared: false });
            }
            let mut inner = look.unit(found).list(call.arguments).iter();
            inner.find_map(|&node| handler_within(look, &found.at(node), validated, through, depth + 1))
        }
        _ => None,
    })
}

/// The function that a value is.
pub(super) fn function_of(look: &Look<'_>, at: &Place) -> Option<(usize, FunctionId)> {
    look.places(at).into_iter().find_map(|found| match look.value(&found) {
        Value::Function(function) if function != FunctionId(0) => Some((found.unit, function)),
        _ => None,
    })
}

fn takes_something(look: &Look<'_>, unit: usize, function: FunctionId) -> bool {
    !look.code.units[unit].function(function).parameters.is_empty()
}

/// The method that a function does nothing but call: `(args) => tool.execute(args)`.
fn method_called(look: &Look<'_>, at: &Place, function: FunctionId) -> Option<(usize, FunctionId)> {
    let unit = look.unit(at);
    let mut exits = unit.function(function).exits.iter().filter(|exit| exit.kind == ExitKind::Return);
    let (Some(exit), None) = (exits.next(), exits.next()) else { return None };
    let Value::Call(call) = unit.value(exit.value) else { return None };
    let callee: NodeId = unit.call(call).callee;
    let of_something = matches!(unit.value(callee), Value::Member { .. } | Value::Element { .. });
    function_of(look, &at.at(callee)).filter(|_| of_something)
}

/// Every function that a handler expression may stand for: itself, what a wrapper is given, what it
/// returns.
pub(super) fn functions(look: &Look<'_>, at: &Place) -> Vec<(usize, FunctionId)> {
    let mut found = Vec::new();
    collect_functions(look, at, 0, &mut found);
    found
}

fn collect_functions(look: &Look<'_>, at: &Place, level: u32, found: &mut Vec<(usize, FunctionId)>) {
    for place in look.behind(at) {
        match look.value(&place) {
            Value::Function(function) if function != FunctionId(0) => found.push((place.unit, function)),
            Value::Call(call) if level < 4 => {
                let call = look.unit(&place).call(call);
                for &node in look.unit(&place).list(call.arguments).iter().take(8) {
                    collect_functions(look, &place.at(node), level + 1, found);
                }
                found.extend(function_of(look, &place));
            }
            _ => {}
        }
    }
}

/// The protocol method that a request schema stands for, by name or by its literal.
pub(super) fn method_of(look: &Look<'_>, at: &Place) -> Option<String> {
    if let Some(text) = exact_text(look, at) {
        return text.contains('/').then_some(text);
    }
    look.behind(at).iter().find_map(|found| {
        let unit = look.unit(found);
        let by_name = match unit.value(found.node) {
            Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => {
                named_method(unit.text(name))
            }
            _ => None,
        };
        by_name.map(str::to_owned).or_else(|| method_literal(look, found, 0))
    })
}

fn named_method(schema: &str) -> Option<&'static str> {
    Some(match schema {
        "ListToolsRequestSchema" => "tools/list",
        "CallToolRequestSchema" => "tools/call",
        "ListPromptsRequestSchema" => "prompts/list",
        "GetPromptRequestSchema" => "prompts/get",
        "ListResourcesRequestSchema" => "resources/list",
        "ReadResourceRequestSchema" => "resources/read",
        "ListResourceTemplatesRequestSchema" => "resources/templates/list",
        _ => return None,
    })
}

/// A bundled request schema: `Request.extend({method: z.literal("tools/list"), …})`.
fn method_literal(look: &Look<'_>, at: &Place, level: u32) -> Option<String> {
    if level > 5 {
        return None;
    }
    let unit = look.unit(at);
    let inside = |node: NodeId| {
        look.behind(&at.at(node)).iter().find_map(|found| method_literal(look, found, level + 1))
    };
    match unit.value(at.node) {
        Value::Text(text) => {
            let text = unit.text(text);
            let known = ["tools/", "prompts/", "resources/"].iter().any(|start| text.starts_with(start));
            known.then(|| text.to_owned())
        }
        Value::Call(call) => unit.list(unit.call(call).arguments).iter().find_map(|&node| inside(node)),
        Value::Object(range) => {
            let mut entries = unit.entries(range).iter();
            inside(entries.find(|property| unit.text(property.key) == "method")?.value)
        }
        _ => None,
    }
}
