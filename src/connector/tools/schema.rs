//! Schema builders (Zod and its kin) and literal JSON Schemas to JSON Schema, as far as literal.

mod builders;

use serde_json::{Map, Value as Json, json};

use super::{
    literal::{exact_text, json as literal},
    look::{Found, Look, Place},
};
use crate::code::graph::{Call, Strings, Value};
use builders::{builder, describe};

/// Deepest nesting read.
const DEEPEST: u32 = 24;

/// A schema, and whether its property must be present.
struct Read {
    schema: Map<String, Json>,
    required: bool,
}

/// The JSON Schema that an input or output schema expression stands for: a builder chain, a bare
/// shape (`{a: z.string()}`), a converter call around one, or a literal JSON Schema.
pub(super) fn read(look: &Look<'_>, at: &Place) -> Option<Json> {
    let shape = builder(look, at, 0).map(|read| Json::Object(read.schema));
    shape.or_else(|| bare_shape(look, at)).or_else(|| literal(look, at).filter(is_schema)).or_else(|| {
        // A converter of the package's own: what it is given.
        let calls = look.behind(at);
        calls.iter().find_map(|place| {
            let unit = look.unit(place);
            let call = look.call(place)?;
            let arguments = unit.list(call.arguments).iter().take(4).map(|&node| place.at(node));
            arguments.map(|argument| builder_or_shape(look, &argument)).find(Option::is_some)?
        })
    })
}

fn builder_or_shape(look: &Look<'_>, at: &Place) -> Option<Json> {
    // What is given is the whole definition of a tool: its input is one member of it.
    let inputs = ["inputSchema", "parameters", "input", "schema"];
    let members = inputs.iter().flat_map(|name| look.member(at, name, 0));
    let mut inside = members.filter_map(|found| match found {
        Found::Node(place) => builder(look, &place, 1)
            .map(|read| Json::Object(read.schema))
            .or_else(|| bare_shape(look, &place))
            .or_else(|| literal(look, &place).filter(is_schema)),
        Found::Text(_) | Found::List(_) => None,
    });
    let shape = inside.next().or_else(|| builder(look, at, 1).map(|read| Json::Object(read.schema)));
    shape.or_else(|| bare_shape(look, at))
}

/// Whether a literal is a JSON Schema.
fn is_schema(json: &Json) -> bool {
    let words = ["type", "properties", "$ref", "anyOf", "oneOf", "allOf", "$schema", "additionalProperties"];
    json.as_object().is_some_and(|map| words.iter().any(|word| map.contains_key(*word)))
}

/// `{name: z.string(), …}` as registration calls take it, and `{name: {type: z.string(), …}}`.
fn bare_shape(look: &Look<'_>, at: &Place) -> Option<Json> {
    look.places(at).iter().find_map(|definition| {
        let of_schema = match look.value(definition) {
            Value::Object(_) | Value::With { .. } => false,
            Value::Member { name, .. } if look.unit(definition).text(name) == "shape" => true,
            _ => return None,
        };
        let read = shape(look, definition, 0);
        let any = read.get("properties").and_then(Json::as_object).is_some_and(|found| !found.is_empty());
        let empty = of_schema || matches!(look.value(definition), Value::Object(range) if range.len == 0);
        (any || empty).then_some(Json::Object(read))
    })
}

/// The object schema of a shape literal; members that are no builders are left out.
fn shape(look: &Look<'_>, at: &Place, level: u32) -> Map<String, Json> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    members(look, at, level, &mut |name, read| {
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

fn members(look: &Look<'_>, at: &Place, level: u32, found: &mut dyn FnMut(&str, Read)) {
    if level > DEEPEST {
        return;
    }
    for definition in look.behind(at) {
        members_of(look, &definition, level, found);
    }
}

fn members_of(look: &Look<'_>, at: &Place, level: u32, found: &mut dyn FnMut(&str, Read)) {
    let unit = look.unit(at);
    match unit.value(at.node) {
        Value::Object(range) => {
            for property in unit.entries(range) {
                let inner = at.at(property.value);
                if property.key == Strings::SPREAD {
                    members(look, &inner, level + 1, found);
                } else if let Some(read) = member(look, &inner, level + 1) {
                    found(unit.text(property.key), read);
                }
            }
        }
        Value::With { object, key, value } => {
            members(look, &at.at(object), level + 1, found);
            if key == Strings::SPREAD {
                members(look, &at.at(value), level + 1, found);
            } else if let Some(read) = member(look, &at.at(value), level + 1) {
                found(unit.text(key), read);
            }
        }
        // `Schema.shape`
        Value::Member { object, name } if unit.text(name) == "shape" => {
            if let Some(argument) = object_argument(look, &at.at(object)) {
                members(look, &argument, level + 1, found);
            }
        }
        Value::Call(_) => {
            for result in look.places(at) {
                if (result.unit, result.node) != (at.unit, at.node) {
                    members(look, &result, level + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// A builder, or `{type: z.string(), description: "…"}`.
fn member(look: &Look<'_>, at: &Place, level: u32) -> Option<Read> {
    builder(look, at, level).or_else(|| {
        let object =
            look.places(at).into_iter().find(|found| matches!(look.value(found), Value::Object(_)))?;
        let kind = look.member(&object, "type", 0);
        let Some(Found::Node(kind)) = kind.first() else { return None };
        let mut read = builder(look, kind, level + 1)?;
        if let Some(Found::Node(text)) = look.member(&object, "description", 0).first() {
            describe(&mut read, "describe", || literal(look, text));
        }
        Some(read)
    })
}

/// The shape argument of the `object(…)` call at the root of a chain.
fn object_argument(look: &Look<'_>, at: &Place) -> Option<Place> {
    let mut at = look.behind(at).into_iter().next()?;
    for _ in 0..DEEPEST {
        let call = look.call(&at)?;
        let unit = look.unit(&at);
        let first = unit.list(call.arguments).first().map(|&node| at.at(node));
        let Value::Member { object, name } = unit.value(call.callee) else { return None };
        if matches!(unit.text(name), "object" | "strictObject" | "looseObject") {
            return first;
        }
        at = look.behind(&at.at(object)).into_iter().next()?;
    }
    None
}

/// The text of `Schema.shape.name.value`, where the builder there is `literal("…")`.
pub(super) fn constant(look: &Look<'_>, at: &Place) -> Option<String> {
    let unit = look.unit(at);
    let Value::Member { object, name } = unit.value(at.node) else { return None };
    if unit.text(name) != "value" {
        return None;
    }
    let field = at.at(object);
    let Value::Member { object, name } = unit.value(object) else { return None };
    let wanted = unit.text(name);
    let Value::Member { object: schema, name: shape } = unit.value(object) else { return None };
    if unit.text(shape) != "shape" {
        return None;
    }
    let argument = object_argument(look, &field.at(schema))?;
    look.member(&argument, wanted, 0).iter().find_map(|found| {
        let Found::Node(found) = found else { return None };
        let place = look.behind(found).into_iter().next()?;
        let call = look.call(&place)?;
        let &first = look.unit(&place).list(call.arguments).first()?;
        (called(look, &place, call) == Some("literal")).then(|| exact_text(look, &place.at(first)))?
    })
}

/// The last name of what a call calls.
fn called<'a>(look: &Look<'a>, at: &Place, call: &Call) -> Option<&'a str> {
    let unit = look.unit(at);
    match unit.value(call.callee) {
        Value::Member { name, .. } | Value::Import { name, .. } | Value::Global(name) => {
            Some(unit.text(name))
        }
        Value::Variable(variable) => {
            let imported = look.behind(&at.at(call.callee)).into_iter().find_map(|found| {
                let file = look.unit(&found);
                match file.value(found.node) {
                    Value::Import { name, .. } => Some(file.text(name)),
                    _ => None,
                }
            });
            let own = unit.text(unit.variables[variable.index()].name);
            Some(imported.filter(|name| !matches!(*name, "default" | "*")).unwrap_or(own))
        }
        _ => None,
    }
}
