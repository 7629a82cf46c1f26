//! What a schema establishes about a value: types, lists of values, patterns.

use serde_json::Value as Json;

use crate::{
    code::{
        graph::{Unit, Value},
        guards::{Kinds, pattern},
        resolve::{At, Resolver},
    },
    connector::tools,
};

/// What a property of an object schema establishes.
pub(super) fn property(schema: &Json, name: &str) -> Kinds {
    let mut found = Vec::new();
    named(schema, name, 0, &mut found);
    found.into_iter().map(|found| value(found, 0)).reduce(|a, b| a & b).unwrap_or(Kinds::NONE)
}

/// The schemas of a property, of the object itself or else of the objects in it.
fn named<'a>(schema: &'a Json, name: &str, level: u32, found: &mut Vec<&'a Json>) {
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else { return };
    if let Some(own) = own(properties, name) {
        found.push(own);
        return;
    }
    if level < 3 && found.len() < 16 {
        for inner in properties.values() {
            named(inner, name, level + 1, found);
            if let Some(items) = inner.get("items") {
                named(items, name, level + 1, found);
            }
        }
    }
}

/// The property with a name, or with the name that a field of a struct has for it: `UserName` of
/// `user_name`.
fn own<'a>(properties: &'a serde_json::Map<String, Json>, name: &str) -> Option<&'a Json> {
    let same = |key: &str| {
        let letters = key.bytes().filter(|&byte| byte != b'_');
        letters.map(|byte| byte.to_ascii_lowercase()).eq(name.bytes().map(|byte| byte.to_ascii_lowercase()))
    };
    let capital = name.starts_with(|first: char| first.is_ascii_uppercase());
    properties.get(name).or_else(|| {
        let field = properties.iter().find(|(key, _)| capital && same(key))?;
        Some(field.1)
    })
}

/// Whether a property of an object schema may be any text.
pub(super) fn is_free_text(schema: &Json, name: &str) -> bool {
    let mut all = Vec::new();
    named(schema, name, 0, &mut all);
    all.first().is_some_and(|found| {
        let text = |schema: &Json| schema.get("type").and_then(Json::as_str) == Some("string");
        let options = found.get("anyOf").and_then(Json::as_array);
        let any = text(found) || options.is_some_and(|options| options.iter().any(text));
        any && value(found, 0).is_empty()
    })
}

fn value(schema: &Json, level: u32) -> Kinds {
    if level > 4 {
        return Kinds::NONE;
    }
    if schema.get("enum").and_then(Json::as_array).is_some_and(|values| !values.is_empty())
        || schema.get("const").is_some()
    {
        return Kinds::ALLOWED;
    }
    let mut kinds = match schema.get("type").and_then(Json::as_str) {
        Some("number" | "integer" | "boolean" | "null") => Kinds::NUMBER,
        Some("array") => schema.get("items").map_or(Kinds::NONE, |items| value(items, level + 1)),
        _ => Kinds::NONE,
    };
    if let Some(text) = schema.get("pattern").and_then(Json::as_str) {
        kinds |= pattern::judge(text, "", false, false);
    }
    if matches!(
        schema.get("format").and_then(Json::as_str),
        Some("uuid" | "date" | "date-time" | "ipv4" | "ipv6")
    ) {
        kinds |= Kinds::PATTERN | Kinds::SEGMENT | Kinds::NO_DASH;
    }
    let options = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
    if let Some(options) = options {
        let all = options.iter().map(|option| value(option, level + 1)).reduce(|a, b| {
            // A number or one of a list is as good as either.
            if a.has_any(Kinds::NUMBER | Kinds::ALLOWED) && b.has_any(Kinds::NUMBER | Kinds::ALLOWED) {
                a | b
            } else {
                a & b
            }
        });
        kinds |= all.unwrap_or(Kinds::NONE);
    }
    kinds
}

/// What is known about `object.name` because `object` came out of a schema's `parse`, or is an
/// instance of a class with annotated fields.
pub(super) fn member(resolver: &Resolver<'_>, object: At, name: &str) -> Kinds {
    resolver.definitions(object).iter().fold(Kinds::NONE, |kinds, &definition| {
        let unit = resolver.unit(definition);
        kinds
            | match unit.value(definition.node) {
                Value::Call(call) => call_member(resolver, definition, unit, call, name),
                // `schema.safeParse(x).data`
                Value::Member { object, name: data } if unit.text(data) == "data" => {
                    member(resolver, At { unit: definition.unit, node: object }, name)
                }
                _ => Kinds::NONE,
            }
    })
}

fn call_member(
    resolver: &Resolver<'_>,
    at: At,
    unit: &Unit,
    call: crate::code::graph::CallId,
    name: &str,
) -> Kinds {
    let callee = unit.call(call).callee;
    if let Value::Member { object, name: method } = unit.value(callee)
        && matches!(unit.text(method), "parse" | "safeParse" | "parseAsync" | "safeParseAsync")
    {
        let schema = tools::schema(resolver, At { unit: at.unit, node: object });
        return schema.map_or(Kinds::NONE, |schema| property(&schema, name));
    }
    let mut kinds = Kinds::NONE;
    for &definition in resolver.definitions(At { unit: at.unit, node: callee }).iter() {
        if let Value::Class(class) = resolver.value(definition) {
            let file = resolver.unit(definition);
            let annotation =
                file.class(class).annotations.iter().find(|(field, _)| file.text(*field) == name);
            if let Some(&(_, node)) = annotation {
                kinds |= annotated(resolver, At { unit: definition.unit, node });
            }
        }
    }
    kinds
}

/// What a type annotation establishes.
pub(super) fn annotated(resolver: &Resolver<'_>, at: At) -> Kinds {
    let unit = resolver.unit(at);
    if let Value::Element { object, .. } = unit.value(at.node) {
        let name = resolver.name(At { unit: at.unit, node: object });
        return if name.ends_with("Literal") { Kinds::ALLOWED } else { Kinds::NONE };
    }
    match resolver.name(at).as_str() {
        "int" | "float" | "bool" | "datetime.datetime" | "datetime.date" | "uuid.UUID" => Kinds::NUMBER,
        "enum.Enum" | "enum.StrEnum" | "enum.IntEnum" => Kinds::ALLOWED,
        _ => Kinds::NONE,
    }
}
