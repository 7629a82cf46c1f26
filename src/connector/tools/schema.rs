//! Schema builders (Zod and its kin) and literal JSON Schemas to JSON Schema, as far as literal.

use serde_json::{Map, Value as Json, json};

use crate::code::{
    graph::{Call, Strings, Value},
    literal,
    resolve::{At, Resolver},
};

/// Deepest nesting read.
const DEEPEST: u32 = 24;

/// Methods that keep a builder's type.
const KEEPS_TYPE: [&str; 54] = [
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
];

/// A schema, and whether its property must be present.
struct Read {
    schema: Map<String, Json>,
    required: bool,
}

/// The JSON Schema that an input or output schema expression stands for: a builder chain, a bare
/// shape (`{a: z.string()}`), a converter call around one, or a literal JSON Schema.
pub(super) fn read(resolver: &Resolver<'_>, at: At) -> Option<Json> {
    let shape = builder(resolver, at, 0).map(|read| Json::Object(read.schema));
    shape.or_else(|| bare_shape(resolver, at)).or_else(|| {
        let literal = literal::evaluate(resolver, at)?;
        literal.json.is_object().then_some(literal.json)
    })
}

/// `{name: z.string(), …}` as registration calls take it.
fn bare_shape(resolver: &Resolver<'_>, at: At) -> Option<Json> {
    let definitions = resolver.definitions(at);
    definitions.iter().find_map(|&definition| {
        let Value::Object(_) = resolver.value(definition) else { return None };
        let read = shape(resolver, definition, 0);
        let any = read.get("properties").and_then(Json::as_object).is_some_and(|found| !found.is_empty());
        any.then_some(Json::Object(read))
    })
}

/// The object schema of a shape literal; members that are no builders are left out.
fn shape(resolver: &Resolver<'_>, at: At, level: u32) -> Map<String, Json> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    members(resolver, at, level, &mut |name, read| {
        if read.required {
            required.push(Json::String(name.to_owned()));
        }
        properties.insert(name.to_owned(), Json::Object(read.schema));
    });
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Json::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Json::Array(required));
    }
    schema
}

fn members(resolver: &Resolver<'_>, at: At, level: u32, found: &mut dyn FnMut(&str, Read)) {
    if level > DEEPEST {
        return;
    }
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Object(range) => {
            for property in unit.entries(range) {
                let inner = At { unit: at.unit, node: property.value };
                if property.key == Strings::SPREAD {
                    for &definition in resolver.definitions(inner).iter() {
                        members(resolver, definition, level + 1, found);
                    }
                } else if let Some(read) = builder(resolver, inner, level + 1) {
                    found(unit.text(property.key), read);
                }
            }
        }
        Value::With { object, key, value } => {
            for &definition in resolver.definitions(At { unit: at.unit, node: object }).iter() {
                members(resolver, definition, level + 1, found);
            }
            if let Some(read) = builder(resolver, At { unit: at.unit, node: value }, level + 1) {
                found(unit.text(key), read);
            }
        }
        // `Schema.shape`
        Value::Member { object, name } if unit.text(name) == "shape" => {
            if let Some(argument) = object_argument(resolver, At { unit: at.unit, node: object }) {
                for &definition in resolver.definitions(argument).iter() {
                    members(resolver, definition, level + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// The shape argument of the `object(…)` call at the root of a chain.
fn object_argument(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let mut at = *resolver.definitions(at).first()?;
    for _ in 0..DEEPEST {
        let unit = resolver.unit(at);
        let Value::Call(call) = unit.value(at.node) else { return None };
        let call = unit.call(call);
        let Value::Member { object, name } = unit.value(call.callee) else { return None };
        if matches!(unit.text(name), "object" | "strictObject" | "looseObject") {
            return unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
        }
        at = *resolver.definitions(At { unit: at.unit, node: object }).first()?;
    }
    None
}

/// A builder chain.
fn builder(resolver: &Resolver<'_>, at: At, level: u32) -> Option<Read> {
    if level > DEEPEST {
        return None;
    }
    resolver.definitions(at).iter().find_map(|&definition| {
        let unit = resolver.unit(definition);
        match unit.value(definition.node) {
            Value::Call(call) => call_builder(resolver, definition, unit.call(call), level),
            // `X.shape.field`
            Value::Member { object, name } => {
                let mut found = None;
                let wanted = unit.text(name).to_owned();
                for &holder in resolver.definitions(At { unit: definition.unit, node: object }).iter() {
                    members(resolver, holder, level + 1, &mut |name, read| {
                        if name == wanted {
                            found = Some(read);
                        }
                    });
                }
                found
            }
            _ => None,
        }
    })
}

fn call_builder(resolver: &Resolver<'_>, at: At, call: &Call, level: u32) -> Option<Read> {
    let unit = resolver.unit(at);
    let first = unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
    let name = match unit.value(call.callee) {
        Value::Member { name, .. } | Value::Import { name, .. } | Value::Global(name) => unit.text(name),
        Value::Variable(variable) => unit.text(unit.variables[variable.index()].name),
        _ => return None,
    };
    // Converters take a schema and give its JSON form.
    if matches!(name, "zodToJsonSchema" | "toJSONSchema" | "toJsonSchema" | "zodSchema") {
        return builder(resolver, first?, level + 1);
    }
    let Value::Member { object, .. } = unit.value(call.callee) else {
        return typed(resolver, at, call, name, level);
    };
    let receiver = At { unit: at.unit, node: object };
    if let Some(read) = refine(resolver, receiver, at, call, name, level) {
        return Some(read);
    }
    typed(resolver, at, call, name, level)
}

/// A method on a builder: it keeps the type and adds to it.
fn refine(
    resolver: &Resolver<'_>,
    receiver: At,
    at: At,
    call: &Call,
    name: &str,
    level: u32,
) -> Option<Read> {
    if !KEEPS_TYPE.contains(&name) {
        return None;
    }
    let mut read = builder(resolver, receiver, level + 1)?;
    let unit = resolver.unit(at);
    let first = unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
    match name {
        "extend" | "merge" => extend(resolver, &mut read.schema, first, name, level),
        "regex" => {
            if let Some(Value::Regex(pattern, _)) = first.map(|at| resolver.value(at)) {
                read.schema.insert("pattern".to_owned(), json!(unit.text(pattern)));
            }
        }
        _ => {
            let literal = || first.and_then(|at| literal::evaluate(resolver, at)).map(|literal| literal.json);
            describe(&mut read, name, literal);
        }
    }
    Some(read)
}

/// What a method adds to a schema.
fn describe(read: &mut Read, name: &str, literal: impl Fn() -> Option<Json>) {
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
fn extend(resolver: &Resolver<'_>, schema: &mut Map<String, Json>, more: Option<At>, name: &str, level: u32) {
    let Some(more) = more else { return };
    let added = if name == "merge" {
        builder(resolver, more, level + 1).map(|read| read.schema)
    } else {
        resolver.definitions(more).first().map(|&definition| shape(resolver, definition, level + 1))
    };
    let Some(mut added) = added else { return };
    if let (Some(Json::Object(to)), Some(Json::Object(from))) =
        (schema.get_mut("properties"), added.remove("properties"))
    {
        to.extend(from);
    }
    if let Some(Json::Array(from)) = added.remove("required") {
        match schema.get_mut("required") {
            Some(Json::Array(to)) => to.extend(from),
            _ => {
                schema.insert("required".to_owned(), Json::Array(from));
            }
        }
    }
}

/// The call that starts a chain: `z.string()`.
fn typed(resolver: &Resolver<'_>, at: At, call: &Call, name: &str, level: u32) -> Option<Read> {
    let unit = resolver.unit(at);
    let first = unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
    let literal = || first.and_then(|at| literal::evaluate(resolver, at)).map(|literal| literal.json);
    let inner = |at: Option<At>| at.and_then(|at| builder(resolver, at, level + 1));
    let mut schema = Map::new();
    let mut required = true;
    let kind = match name {
        "string" | "number" | "boolean" | "null" => name,
        "int" | "int32" | "bigint" => "integer",
        "date" => "string",
        "email" | "url" | "uuid" => {
            schema.insert("format".to_owned(), json!(name));
            "string"
        }
        "object" | "strictObject" | "looseObject" => {
            let argument = first.and_then(|at| resolver.definitions(at).first().copied());
            schema = argument.map(|at| shape(resolver, at, level + 1)).unwrap_or_default();
            "object"
        }
        "array" | "set" => {
            schema.insert(
                "items".to_owned(),
                Json::Object(inner(first).map(|read| read.schema).unwrap_or_default()),
            );
            "array"
        }
        "tuple" => "array",
        "record" | "map" => "object",
        "enum" | "nativeEnum" => {
            let values = match literal() {
                Some(Json::Array(values)) => values,
                Some(Json::Object(values)) => values.into_iter().map(|(_, value)| value).collect(),
                _ => Vec::new(),
            };
            schema.insert("enum".to_owned(), Json::Array(values));
            "string"
        }
        "literal" => {
            if let Some(value) = literal() {
                schema.insert("const".to_owned(), value);
            }
            ""
        }
        "union" | "discriminatedUnion" => {
            let position = usize::from(name == "discriminatedUnion");
            let list = unit.list(call.arguments).get(position).map(|&node| At { unit: at.unit, node });
            let options = list.map(|list| options(resolver, list, level)).unwrap_or_default();
            schema.insert("anyOf".to_owned(), Json::Array(options));
            ""
        }
        "any" | "unknown" | "custom" | "lazy" | "instanceof" => {
            required = false;
            ""
        }
        "preprocess" => {
            let second = unit.list(call.arguments).get(1).map(|&node| At { unit: at.unit, node });
            return inner(second);
        }
        "optional" | "nullable" | "nullish" => {
            let mut read = inner(first)?;
            read.required = name == "nullable";
            return Some(read);
        }
        _ => return None,
    };
    if !kind.is_empty() {
        schema.insert("type".to_owned(), json!(kind));
    }
    Some(Read { schema, required })
}

/// The schemas of a union's options.
fn options(resolver: &Resolver<'_>, list: At, level: u32) -> Vec<Json> {
    let mut items = Vec::new();
    for &definition in resolver.definitions(list).iter() {
        resolver.elements_of(definition, &mut items);
    }
    items
        .into_iter()
        .filter_map(|item| Some(Json::Object(builder(resolver, item, level + 1)?.schema)))
        .collect()
}
