//! Chains of schema builders: `z.string().min(1).describe("…").optional()`.

use serde_json::{Map, Value as Json, json};

use super::{DEEPEST, Read, bare_shape, called, members, shape};
use crate::{
    code::graph::{Call, Value},
    connector::tools::{
        literal::json as literal,
        look::{Found, Look, Place},
    },
};

/// Methods that keep a builder's type.
const KEEPS_TYPE: [&str; 56] = [
    "describe",
    "optional",
    "nullable",
    "nullish",
    "default",
    "min",
    "max",
    "length",
    "int",
    "positive",
    "nonnegative",
    "negative",
    "finite",
    "safe",
    "gt",
    "gte",
    "lt",
    "lte",
    "multipleOf",
    "regex",
    "email",
    "url",
    "uuid",
    "datetime",
    "ip",
    "cuid",
    "startsWith",
    "endsWith",
    "includes",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "nonempty",
    "refine",
    "superRefine",
    "transform",
    "pipe",
    "strict",
    "passthrough",
    "strip",
    "catchall",
    "catch",
    "readonly",
    "brand",
    "meta",
    "partial",
    "extend",
    "merge",
    "pick",
    "omit",
    "and",
    "or",
    "array",
    "preprocess",
    "required",
    "deepPartial",
];

/// Functions that take a schema and give its JSON form.
const CONVERTERS: [&str; 6] =
    ["zodToJsonSchema", "toJSONSchema", "toJsonSchema", "zodSchema", "fromJsonSchema", "jsonSchema"];

/// A builder chain.
pub(super) fn builder(look: &Look<'_>, at: &Place, level: u32) -> Option<Read> {
    if level > DEEPEST {
        return None;
    }
    look.behind(at).iter().find_map(|definition| {
        let unit = look.unit(definition);
        match unit.value(definition.node) {
            Value::Call(call) => of_call(look, definition, unit.call(call), level),
            // `X.shape.field`
            Value::Member { object, name } => {
                let mut found = None;
                let wanted = unit.text(name);
                members(look, &definition.at(object), level + 1, &mut |name, read| {
                    if name == wanted {
                        found = Some(read);
                    }
                });
                found
            }
            _ => None,
        }
    })
}

/// A call: a builder's, a converter's, or of a function of the package that returns a builder.
fn of_call(look: &Look<'_>, at: &Place, call: &Call, level: u32) -> Option<Read> {
    call_builder(look, at, call, level).or_else(|| {
        let results = look.places(at).into_iter();
        let mut inner = results.filter(|found| (found.unit, found.node) != (at.unit, at.node));
        inner.find_map(|found| builder(look, &found, level + 1))
    })
}

fn call_builder(look: &Look<'_>, at: &Place, call: &Call, level: u32) -> Option<Read> {
    let unit = look.unit(at);
    let first = unit.list(call.arguments).first().map(|&node| at.at(node));
    let name = called(look, at, call)?;
    if let (true, Some(first)) = (CONVERTERS.contains(&name), &first) {
        return builder(look, first, level + 1).or_else(|| {
            let Json::Object(schema) = bare_shape(look, first).or_else(|| literal(look, first))? else {
                return None;
            };
            Some(Read { schema, required: true })
        });
    }
    let Value::Member { object, .. } = unit.value(call.callee) else {
        return typed(look, at, call, name, level);
    };
    if name == "toJSONSchema" {
        return builder(look, &at.at(object), level + 1);
    }
    refine(look, &at.at(object), at, call, name, level).or_else(|| typed(look, at, call, name, level))
}

/// A method on a builder: it keeps the type and adds to it.
fn refine(
    look: &Look<'_>,
    receiver: &Place,
    at: &Place,
    call: &Call,
    name: &str,
    level: u32,
) -> Option<Read> {
    if !KEEPS_TYPE.contains(&name) {
        return None;
    }
    let mut read = builder(look, receiver, level + 1)?;
    let unit = look.unit(at);
    let first = unit.list(call.arguments).first().map(|&node| at.at(node));
    match (name, &first) {
        ("extend" | "merge", Some(more)) => extend(look, &mut read.schema, more, level),
        ("pick" | "omit", Some(mask)) => select(look, &mut read.schema, mask, name == "pick"),
        ("regex", Some(first)) => {
            if let Value::Regex(pattern, _) = look.value(first) {
                read.schema.insert("pattern".to_owned(), json!(unit.text(pattern)));
            }
        }
        _ => describe(&mut read, name, || first.as_ref().and_then(|at| literal(look, at))),
    }
    Some(read)
}

/// What a method adds to a schema.
pub(super) fn describe(read: &mut Read, name: &str, literal: impl Fn() -> Option<Json>) {
    match name {
        "optional" | "nullish" => read.required = false,
        "partial" => {
            read.schema.remove("required");
        }
        "int" => {
            read.schema.insert("type".to_owned(), json!("integer"));
        }
        "email" | "url" | "uuid" | "datetime" | "ip" => {
            read.schema.insert("format".to_owned(), json!(if name == "url" { "uri" } else { name }));
        }
        "array" => {
            let items = Json::Object(std::mem::take(&mut read.schema));
            read.schema.insert("type".to_owned(), json!("array"));
            read.schema.insert("items".to_owned(), items);
        }
        "describe" => {
            if let Some(text) = literal() {
                read.schema.insert("description".to_owned(), text);
            }
        }
        "meta" => {
            if let Some(Json::Object(meta)) = literal() {
                read.schema.extend(meta);
            }
        }
        "default" => {
            read.required = false;
            if let Some(value) = literal() {
                read.schema.insert("default".to_owned(), value);
            }
        }
        "min" | "max" => {
            if let Some(value) = literal() {
                read.schema.insert(bound(&read.schema, name).to_owned(), value);
            }
        }
        _ => {}
    }
}

/// The keyword of a bound, which depends on what is bounded.
fn bound(schema: &Map<String, Json>, name: &str) -> &'static str {
    match (schema.get("type").and_then(Json::as_str), name) {
        (Some("string"), "min") => "minLength",
        (Some("string"), _) => "maxLength",
        (Some("array"), "min") => "minItems",
        (Some("array"), _) => "maxItems",
        (_, "min") => "minimum",
        (_, _) => "maximum",
    }
}

/// Adds the members of a shape or of another schema.
fn extend(look: &Look<'_>, schema: &mut Map<String, Json>, more: &Place, level: u32) {
    let mut added = match builder(look, more, level + 1) {
        Some(read) => read.schema,
        None => shape(look, more, level + 1),
    };
    if let (Some(Json::Object(to)), Some(Json::Object(from))) =
        (schema.get_mut("properties"), added.remove("properties"))
    {
        to.extend(from);
    }
    if let Some(Json::Array(mut more)) = added.remove("required") {
        match schema.get_mut("required") {
            Some(Json::Array(known)) => known.append(&mut more),
            _ => {
                schema.insert("required".to_owned(), Json::Array(more));
            }
        }
    }
}

/// `pick({a: true})`, `omit({a: true})`.
fn select(look: &Look<'_>, schema: &mut Map<String, Json>, mask: &Place, keep: bool) {
    let Some(Json::Object(mask)) = literal(look, mask) else { return };
    if let Some(Json::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| mask.contains_key(name) == keep);
    }
    if let Some(Json::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name.as_str().is_some_and(|name| mask.contains_key(name)) == keep);
    }
}

/// The call that starts a chain: `z.string()`, `Type.String()`.
fn typed(look: &Look<'_>, at: &Place, call: &Call, name: &str, level: u32) -> Option<Read> {
    let unit = look.unit(at);
    let arguments = unit.list(call.arguments);
    let argument = |position: usize| arguments.get(position).map(|&node| at.at(node));
    let inner = |at: Option<Place>| at.and_then(|at| builder(look, &at, level + 1));
    let method = matches!(unit.value(call.callee), Value::Member { .. });
    let lowered = name.to_lowercase();
    // TypeBox spells the same builders with a capital.
    let capital = method && lowered != name && name.chars().skip(1).all(|c| c.is_ascii_lowercase());
    // Bundlers call them by the names that the library has inside: `stringType()`.
    let name = match name.strip_suffix("Type") {
        Some(inner) if !method => inner,
        _ if capital => lowered.as_str(),
        _ => name,
    };
    let mut read = match name {
        "preprocess" => inner(argument(1)),
        "optional" | "nullable" | "nullish" | "exactOptional" => {
            let mut read = inner(argument(0))?;
            read.required = name == "nullable";
            Some(read)
        }
        "pipe" => piped(look, at, arguments.len(), &argument, level),
        _ => of_kind(look, name, &argument, level),
    }?;
    let options = argument(usize::from(matches!(name, "object" | "array" | "union" | "literal")));
    if let (true, Some(Json::Object(options))) = (capital, options.and_then(|at| literal(look, &at))) {
        read.schema.extend(options);
    }
    Some(read)
}

/// `pipe(string(), description("…"))`.
fn piped(
    look: &Look<'_>,
    at: &Place,
    count: usize,
    argument: &dyn Fn(usize) -> Option<Place>,
    level: u32,
) -> Option<Read> {
    let mut read = builder(look, &argument(0)?, level + 1)?;
    for action in (1..count.min(16)).filter_map(argument) {
        let Some(call) = look.call(&action) else { continue };
        let text = look.unit(at).list(call.arguments).first().map(|&node| action.at(node));
        if called(look, &action, call) == Some("description") {
            describe(&mut read, "describe", || text.as_ref().and_then(|at| literal(look, at)));
        }
    }
    Some(read)
}

/// The schema of a builder's own kind.
fn of_kind(
    look: &Look<'_>,
    name: &str,
    argument: &dyn Fn(usize) -> Option<Place>,
    level: u32,
) -> Option<Read> {
    let value = || argument(0).and_then(|at| literal(look, &at));
    let inner = |at: Option<Place>| {
        Json::Object(
            at.and_then(|at| builder(look, &at, level + 1)).map(|read| read.schema).unwrap_or_default(),
        )
    };
    let schema = match name {
        "string" | "number" | "boolean" | "null" => json!({"type": name}),
        "int" | "int32" | "integer" | "bigint" => json!({"type": "integer"}),
        "date" | "stringbool" | "templateLiteral" => json!({"type": "string"}),
        "email" | "uuid" => json!({"type": "string", "format": name}),
        "url" => json!({"type": "string", "format": "uri"}),
        "object" | "strictObject" | "looseObject" => match argument(0) {
            Some(fields) => Json::Object(shape(look, &fields, level + 1)),
            None => json!({"type": "object"}),
        },
        "array" | "set" => json!({"type": "array", "items": inner(argument(0))}),
        "tuple" => json!({"type": "array"}),
        "record" | "map" | "partialRecord" => {
            let mut record = json!({"type": "object"});
            if let (Some(values), Json::Object(map)) = (argument(1), &mut record) {
                map.insert("additionalProperties".to_owned(), inner(Some(values)));
            }
            record
        }
        "enum" | "nativeEnum" | "picklist" => json!({"type": "string", "enum": options_of(value())}),
        "literal" => match value() {
            Some(value) => json!({"const": value}),
            None => json!({}),
        },
        "union" | "variant" => json!({"anyOf": options(look, argument(0), level)}),
        "discriminatedUnion" => json!({"anyOf": options(look, argument(1), level)}),
        "intersection" => json!({"allOf": [inner(argument(0)), inner(argument(1))]}),
        "any" | "unknown" | "custom" | "lazy" | "instanceof" | "json" => json!({}),
        _ => return None,
    };
    let Json::Object(schema) = schema else { return None };
    let required = !matches!(name, "any" | "unknown" | "custom" | "lazy" | "instanceof" | "json");
    Some(Read { schema, required })
}

fn options_of(values: Option<Json>) -> Vec<Json> {
    match values {
        Some(Json::Array(values)) => values,
        Some(Json::Object(values)) => values.into_iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    }
}

/// The schemas of a union's options.
fn options(look: &Look<'_>, list: Option<Place>, level: u32) -> Vec<Json> {
    let items = list.map(|list| look.elements(&list)).unwrap_or_default();
    let schemas = items.iter().filter_map(|item| match item {
        Found::Node(item) => builder(look, item, level + 1),
        _ => None,
    });
    schemas.map(|read| Json::Object(read.schema)).collect()
}
