//! Input schemas from signatures and classes: annotations, defaults, `Field(...)`.

use serde_json::{Map, Value as Json, json};

use super::super::literal::{self, json, text};
use super::super::look::{Found, Look, Place};
use crate::code::graph::{Call, ClassId, Function, Operator, Parameter, ParameterKind, Value};

const MAX_DEPTH: u32 = 8;

/// The schema of what a function takes, without the object and the request context.
pub(super) fn of_function(look: &Look<'_>, unit: usize, function: &Function) -> Json {
    let graph = &look.code.units[unit];
    let mut fields = Fields::default();
    for parameter in &function.parameters {
        if matches!(parameter.kind, ParameterKind::Rest | ParameterKind::Keywords)
            || matches!(graph.value(parameter.node), Value::This(_))
            || is_injected(look, unit, parameter)
        {
            continue;
        }
        let annotation = parameter.annotation.map(|node| Place::new(unit, node));
        let default = parameter.default.map(|node| Place::new(unit, node));
        fields.add(look, graph.text(parameter.name), annotation, default, 0);
    }
    fields.schema()
}

/// `ctx: Context` and dependencies come from the framework, not from the caller.
fn is_injected(look: &Look<'_>, unit: usize, parameter: &Parameter) -> bool {
    let context = parameter.annotation.is_some_and(|node| names(look, &Place::new(unit, node), "Context", 0));
    let depends = parameter.default.is_some_and(|node| {
        let place = Place::new(unit, node);
        look.call(&place).is_some_and(|call| {
            matches!(last_name(look, &place.at(call.callee)).as_deref(), Some("Depends" | "CurrentContext"))
        })
    });
    context || depends
}

fn names(look: &Look<'_>, place: &Place, wanted: &str, depth: u32) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let graph = look.unit(place);
    match graph.value(place.node) {
        Value::Element { object, key } => {
            names(look, &place.at(object), wanted, depth + 1)
                || names(look, &place.at(key), wanted, depth + 1)
        }
        Value::Binary { left, right, .. } => {
            names(look, &place.at(left), wanted, depth + 1)
                || names(look, &place.at(right), wanted, depth + 1)
        }
        Value::Member { object, name } => {
            graph.text(name) == wanted || names(look, &place.at(object), wanted, depth + 1)
        }
        Value::Text(text) => graph.text(text) == wanted,
        _ => last_name(look, place).as_deref() == Some(wanted),
    }
}

/// The schema of a model class.
pub(in super::super) fn of_class(look: &Look<'_>, place: &Place) -> Option<Json> {
    look.places(place).iter().find_map(|class| match look.value(class) {
        Value::Class(id) => Some(class_schema(look, class, id, 0)),
        _ => None,
    })
}

/// What a function returns as schema, where a class says it; annotations of results are not kept.
#[derive(Default)]
struct Fields {
    properties: Map<String, Json>,
    required: Vec<Json>,
}

impl Fields {
    fn add(
        &mut self,
        look: &Look<'_>,
        name: &str,
        annotation: Option<Place>,
        default: Option<Place>,
        depth: u32,
    ) {
        let mut schema = annotation.map_or_else(|| json!({}), |place| of_type(look, &place, depth));
        let mut required = default.is_none();
        if let Some(default) = default {
            match field_call(look, &default) {
                Some((place, call)) => required = !describe(look, &place, call, &mut schema),
                None => set_default(look, &default, &mut schema),
            }
        }
        if let Json::Object(map) = &mut schema {
            required &= !map.contains_key("default");
        }
        if required {
            self.required.push(Json::String(name.to_owned()));
        }
        self.properties.insert(name.to_owned(), schema);
    }

    fn schema(self) -> Json {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), Json::String("object".to_owned()));
        schema.insert("properties".to_owned(), Json::Object(self.properties));
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), Json::Array(self.required));
        }
        Json::Object(schema)
    }
}

fn set_default(look: &Look<'_>, default: &Place, schema: &mut Json) {
    if let (Some(value), Json::Object(map)) = (json(look, default), schema) {
        map.insert("default".to_owned(), value);
    }
}

/// `Field(...)`, also behind a variable.
fn field_call<'a>(look: &Look<'a>, place: &Place) -> Option<(Place, &'a Call)> {
    let place = look.places(place).into_iter().next()?;
    let call = look.call(&place)?;
    let name = last_name(look, &place.at(call.callee))?;
    matches!(name.as_str(), "Field" | "Query" | "Body" | "Param").then_some((place, call))
}

/// Copies what `Field(...)` says into a schema; gives whether it sets a default.
fn describe(look: &Look<'_>, place: &Place, call: &Call, schema: &mut Json) -> bool {
    let graph = look.unit(place);
    let Json::Object(map) = schema else { return false };
    let first = graph.list(call.arguments).first();
    let mut has_default = first.is_some_and(|&first| field_default(look, &place.at(first), map));
    for entry in graph.entries(call.keywords) {
        let key = match graph.text(entry.key) {
            "default" => {
                has_default |= field_default(look, &place.at(entry.value), map);
                continue;
            }
            "default_factory" => {
                has_default = true;
                continue;
            }
            "description" => {
                if let Some(text) = text(look, &place.at(entry.value)) {
                    map.insert("description".to_owned(), Json::String(text));
                }
                continue;
            }
            "title" => "title",
            "ge" => "minimum",
            "le" => "maximum",
            "gt" => "exclusiveMinimum",
            "lt" => "exclusiveMaximum",
            "min_length" => "minLength",
            "max_length" => "maxLength",
            "pattern" | "regex" => "pattern",
            "examples" => "examples",
            _ => continue,
        };
        if let Some(value) = json(look, &place.at(entry.value)) {
            map.insert(key.to_owned(), value);
        }
    }
    has_default
}

/// Notes a default; `...` is none.
fn field_default(look: &Look<'_>, place: &Place, map: &mut Map<String, Json>) -> bool {
    if look.value(place) == Value::Unknown {
        return false;
    }
    if let Some(value) = json(look, place) {
        map.insert("default".to_owned(), value);
    }
    true
}

/// The schema of an annotation.
fn of_type(look: &Look<'_>, place: &Place, depth: u32) -> Json {
    if depth > MAX_DEPTH {
        return json!({});
    }
    let graph = look.unit(place);
    match graph.value(place.node) {
        Value::Element { object, key } => {
            let keys = match graph.value(key) {
                Value::Array(range) => graph.list(range).iter().map(|&key| place.at(key)).collect(),
                _ => vec![place.at(key)],
            };
            subscripted(look, &place.at(object), &keys, depth)
        }
        Value::Member { object, name }
            if last_name(look, &place.at(object)).as_deref() == Some("Literal") =>
        {
            json!({"enum": [graph.text(name)], "type": "string"})
        }
        Value::Binary { operator: Operator::Arithmetic, left, right } => {
            union(look, &[place.at(left), place.at(right)], depth)
        }
        Value::Null => json!({"type": "null"}),
        Value::Variable(_) | Value::Member { .. } | Value::Import { .. } | Value::Join(_) => {
            followed(look, place, depth)
        }
        Value::Class(class) => class_schema(look, place, class, depth),
        _ => simple(look, place),
    }
}

/// An alias or a class of the package, else a name.
fn followed(look: &Look<'_>, place: &Place, depth: u32) -> Json {
    match look.places(place).into_iter().next() {
        Some(found) if (found.unit, found.node) != (place.unit, place.node) => {
            of_type(look, &found, depth + 1)
        }
        _ => simple(look, place),
    }
}

fn simple(look: &Look<'_>, place: &Place) -> Json {
    match last_name(look, place).as_deref() {
        Some("str" | "Path" | "AnyUrl" | "HttpUrl" | "UUID" | "EmailStr" | "bytes") => {
            json!({"type": "string"})
        }
        Some("int") => json!({"type": "integer"}),
        Some("float" | "Decimal") => json!({"type": "number"}),
        Some("bool") => json!({"type": "boolean"}),
        Some("list" | "List" | "tuple" | "Tuple" | "set" | "Set" | "Sequence") => json!({"type": "array"}),
        Some("dict" | "Dict" | "Mapping") => json!({"type": "object"}),
        Some("datetime") => json!({"type": "string", "format": "date-time"}),
        _ => json!({}),
    }
}

fn subscripted(look: &Look<'_>, base: &Place, keys: &[Place], depth: u32) -> Json {
    let first = keys.first();
    match last_name(look, base).as_deref() {
        Some("Optional") => {
            let inner = first.map_or_else(|| json!({}), |key| of_type(look, key, depth + 1));
            nullable(&inner)
        }
        Some("Union") => union(look, keys, depth),
        Some("Annotated") => annotated(look, keys, depth),
        Some("Literal") => literals(look, keys),
        Some("list" | "List" | "set" | "Set" | "Sequence" | "Iterable" | "tuple" | "Tuple") => {
            let items = first.map_or_else(|| json!({}), |key| of_type(look, key, depth + 1));
            json!({"type": "array", "items": items})
        }
        Some("dict" | "Dict" | "Mapping") => json!({"type": "object"}),
        _ => json!({}),
    }
}

fn nullable(inner: &Json) -> Json {
    json!({"anyOf": [inner, {"type": "null"}]})
}

fn union(look: &Look<'_>, members: &[Place], depth: u32) -> Json {
    let mut all: Vec<Json> = Vec::new();
    for member in members.iter().take(32) {
        match of_type(look, member, depth + 1) {
            Json::Object(mut map) if map.len() == 1 && map.contains_key("anyOf") => {
                if let Some(Json::Array(inner)) = map.remove("anyOf") {
                    all.extend(inner);
                }
            }
            other => all.push(other),
        }
    }
    json!({"anyOf": all})
}

/// `Annotated[T, Field(...)]`, `Annotated[T, "text"]`.
fn annotated(look: &Look<'_>, keys: &[Place], depth: u32) -> Json {
    let Some((first, rest)) = keys.split_first() else { return json!({}) };
    let mut schema = of_type(look, first, depth + 1);
    for extra in rest {
        if let Some((place, call)) = field_call(look, extra) {
            describe(look, &place, call, &mut schema);
        } else if let (Some(text), Json::Object(map)) = (literal::exact_text(look, extra), &mut schema) {
            map.insert("description".to_owned(), Json::String(text));
        }
    }
    schema
}

fn literals(look: &Look<'_>, keys: &[Place]) -> Json {
    let values: Vec<Json> = keys.iter().filter_map(|key| json(look, key)).collect();
    let all_text = !values.is_empty() && values.iter().all(Json::is_string);
    if all_text { json!({"enum": values, "type": "string"}) } else { json!({"enum": values}) }
}

fn class_schema(look: &Look<'_>, place: &Place, class: ClassId, depth: u32) -> Json {
    let graph = look.unit(place);
    let entry = graph.class(class);
    let is_enum = entry.bases.iter().any(|&base| {
        last_name(look, &place.at(base))
            .is_some_and(|name| matches!(name.as_str(), "Enum" | "StrEnum" | "IntEnum"))
    });
    if is_enum {
        let values: Vec<Json> =
            entry.fields.iter().filter_map(|field| json(look, &place.at(field.1))).collect();
        return json!({"enum": values});
    }
    let mut fields = Fields::default();
    class_fields(look, place, class, &mut fields, depth);
    let mut schema = fields.schema();
    if let (Some(doc), Json::Object(map)) = (entry.doc, &mut schema) {
        map.insert("description".to_owned(), Json::String(graph.text(doc).to_owned()));
    }
    schema
}

fn class_fields(look: &Look<'_>, place: &Place, class: ClassId, fields: &mut Fields, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    let graph = look.unit(place);
    let entry = graph.class(class);
    for &base in entry.bases.iter().take(16) {
        for found in look.places(&place.at(base)) {
            if let Value::Class(id) = look.value(&found) {
                class_fields(look, &found, id, fields, depth + 1);
            }
        }
    }
    for &(name, annotation) in entry.annotations.iter().take(512) {
        let default = entry.fields.iter().find(|field| field.0 == name).map(|field| place.at(field.1));
        let text = graph.text(name);
        if text.starts_with('_') || text == "model_config" {
            continue;
        }
        fields.add(look, text, Some(place.at(annotation)), default, depth + 1);
    }
}

/// The last name of what a node names: `Optional` for `typing.Optional`.
pub(in super::super) fn last_name(look: &Look<'_>, place: &Place) -> Option<String> {
    let graph = look.unit(place);
    match graph.value(place.node) {
        Value::Global(name) | Value::Member { name, .. } | Value::Import { name, .. } => {
            Some(graph.text(name).to_owned())
        }
        Value::Class(class) => graph.class(class).name.map(|name| graph.text(name).to_owned()),
        Value::Variable(variable) => {
            let found = look.find(place).into_iter().next();
            match found {
                Some(Found::Node(found)) if found.node != place.node || found.unit != place.unit => {
                    match look.value(&found) {
                        Value::Import { .. } | Value::Member { .. } | Value::Class(_) => {
                            last_name(look, &found)
                        }
                        _ => Some(graph.text(graph.variables[variable.index()].name).to_owned()),
                    }
                }
                _ => Some(graph.text(graph.variables[variable.index()].name).to_owned()),
            }
        }
        Value::Join(range) => graph.list(range).iter().find_map(|&part| match graph.value(part) {
            Value::Import { name, .. } => Some(graph.text(name).to_owned()),
            _ => None,
        }),
        _ => None,
    }
}
