//! Input schemas: options, literals, raw JSON, and structs with their tags.

use serde_json::{Map, Value as Json, json};

use super::{Definition, Reader};
use crate::code::{
    graph::{Call, CallId, ClassId, NodeId, Value},
    literal,
    resolve::At,
};

/// Structs inside structs.
const DEEPEST: u32 = 4;

impl Reader<'_> {
    /// The schema of a tool's arguments.
    pub(super) fn schema(&self, unit: u32, call: &Call, definition: &Definition) -> Option<Json> {
        let raw = self.given(unit, call, 2, &[]).and_then(|text| serde_json::from_str::<Json>(&text).ok());
        if let Some(Json::Object(schema)) = raw {
            return Some(Json::Object(schema));
        }
        let given = ["InputSchema", "RawInputSchema"].iter().find_map(|name| self.keyword(unit, call, name));
        if let Some(schema) = given.and_then(|at| self.literal_schema(at, 0)) {
            return Some(schema);
        }
        let options = self.option_calls(unit, call);
        let properties: Vec<(String, Json, bool)> =
            options.iter().filter_map(|(name, unit, id)| self.property(name, *unit, *id)).collect();
        if !properties.is_empty() || call.keywords.len == 0 && call.arguments.len > 1 {
            return Some(object(properties));
        }
        let (file, function) = definition.handler?;
        let parameter = self.code.units[file as usize].function(function).parameters.get(2)?;
        self.of_struct(At { unit: file, node: parameter.annotation? }, 0)
    }

    /// A schema as a literal: `mcp.ToolInputSchema{…}`, `jsonschema.Schema{…}`, raw JSON.
    fn literal_schema(&self, at: At, level: u32) -> Option<Json> {
        if let Some(text) = self.text(at)
            && let Ok(schema @ Json::Object(_)) = serde_json::from_str::<Json>(&text)
        {
            return Some(schema);
        }
        let definition = *self.resolver.definitions(at).first()?;
        let file = self.resolver.unit(definition);
        let Value::Call(id) = file.value(definition.node) else { return None };
        let call = file.call(id);
        let Some(properties) = self.keyword(definition.unit, call, "Properties") else {
            // A helper that adds to the schema it is given.
            let &first = file.list(call.arguments).first()?;
            return if level < DEEPEST {
                self.literal_schema(At { unit: definition.unit, node: first }, level + 1)
            } else {
                None
            };
        };
        let mut schema = json!({ "type": "object" });
        let mut known = Map::new();
        for &inner in self.resolver.definitions(properties).iter() {
            let file = self.resolver.unit(inner);
            let Value::Object(range) = file.value(inner.node) else { continue };
            for entry in file.entries(range) {
                let at = At { unit: inner.unit, node: entry.value };
                known.insert(file.text(entry.key).to_owned(), self.property_literal(at));
            }
        }
        schema["properties"] = Json::Object(known);
        if let Some(required) = self
            .keyword(definition.unit, call, "Required")
            .and_then(|at| literal::evaluate(self.resolver, at))
        {
            schema["required"] = required.json;
        }
        Some(schema)
    }

    /// A property: a literal map, or a literal of a schema type.
    fn property_literal(&self, at: At) -> Json {
        if let Some(literal) = literal::evaluate(self.resolver, at)
            && let Json::Object(members) = literal.json
        {
            return Json::Object(members.into_iter().map(|(name, value)| (small(&name), value)).collect());
        }
        let Some(&definition) = self.resolver.definitions(at).first() else { return json!({}) };
        let file = self.resolver.unit(definition);
        let Value::Call(id) = file.value(definition.node) else { return json!({}) };
        let mut property = Map::new();
        for entry in file.entries(file.call(id).keywords) {
            let value = literal::evaluate(self.resolver, At { unit: definition.unit, node: entry.value });
            if let Some(value) = value {
                property.insert(small(file.text(entry.key)), value.json);
            }
        }
        Json::Object(property)
    }

    /// A property made by an option: name, schema, and whether it is required.
    fn property(&self, option: &str, unit: u32, id: CallId) -> Option<(String, Json, bool)> {
        let kind = match option {
            "WithString" => "string",
            "WithNumber" => "number",
            "WithInteger" => "integer",
            "WithBoolean" => "boolean",
            "WithArray" => "array",
            "WithObject" => "object",
            _ => return None,
        };
        let file = &self.code.units[unit as usize];
        let call = file.call(id);
        let &name = file.list(call.arguments).first()?;
        let name = self.text(At { unit, node: name })?;
        let mut property = json!({ "type": kind });
        let mut required = false;
        for (option, unit, id) in self.option_calls(unit, call) {
            let file = &self.code.units[unit as usize];
            let arguments = file.list(file.call(id).arguments);
            let first = arguments.first().and_then(|&node| self.text(At { unit, node }));
            match (option.as_str(), first) {
                ("Required", _) => required = true,
                ("Description", Some(text)) => property["description"] = Json::String(text),
                ("Pattern", Some(text)) => property["pattern"] = Json::String(text),
                ("DefaultString", Some(text)) => property["default"] = Json::String(text),
                ("Enum", _) => {
                    let values = arguments.iter().filter_map(|&node| self.text(At { unit, node }));
                    property["enum"] = Json::Array(values.map(Json::String).collect());
                }
                _ => {}
            }
        }
        Some((name, property, required))
    }

    /// The schema that the library makes of a struct: name, tag and type of each field.
    fn of_struct(&self, at: At, level: u32) -> Option<Json> {
        let class = *self
            .resolver
            .definitions(at)
            .iter()
            .find(|&&at| matches!(self.resolver.value(at), Value::Class(_)))?;
        let Value::Class(id) = self.resolver.value(class) else { return None };
        let unit = self.resolver.unit(class);
        let data = unit.class(id);
        let mut properties = Vec::new();
        for &described in &data.decorators {
            let Value::Array(range) = unit.value(described) else { continue };
            let text = |node: NodeId| self.resolver.text(At { unit: class.unit, node }).unwrap_or_default();
            let &[name, tag, kind] = unit.list(range) else { continue };
            let (name, tag, kind) = (text(name), text(tag), text(kind));
            let json_tag = tag_part(&tag, "json").unwrap_or_default();
            let mut parts = json_tag.split(',');
            let key = parts.next().filter(|key| !key.is_empty()).unwrap_or(&name).to_owned();
            if key == "-" {
                continue;
            }
            let mut property = self.of_type(class.unit, id, &name, &kind, level);
            for (word, text) in described_by(tag_part(&tag, "jsonschema").unwrap_or_default()) {
                match word {
                    "enum" => match property.get_mut("enum").and_then(Json::as_array_mut) {
                        Some(values) => values.push(Json::String(text.to_owned())),
                        None => property["enum"] = json!([text]),
                    },
                    _ => property["description"] = Json::String(text.to_owned()),
                }
            }
            let optional = parts.any(|part| part == "omitempty" || part == "omitzero");
            properties.push((key, property, !optional));
        }
        Some(object(properties))
    }

    fn of_type(&self, unit: u32, class: ClassId, field: &str, kind: &str, level: u32) -> Json {
        let kind = kind.trim_start_matches('*');
        if let Some(items) = kind.strip_prefix("[]") {
            return json!({ "type": "array", "items": self.of_type(unit, class, "", items, level + 1) });
        }
        let word = match kind {
            "string" => "string",
            "bool" => "boolean",
            _ if kind.starts_with("int") || kind.starts_with("uint") => "integer",
            _ if kind.starts_with("float") => "number",
            _ if kind.starts_with("map[") => "object",
            _ => {
                let file = &self.code.units[unit as usize];
                let annotation =
                    file.class(class).annotations.iter().find(|(name, _)| file.text(*name) == field);
                let inner = annotation.filter(|_| level < DEEPEST);
                return inner
                    .and_then(|&(_, node)| self.of_struct(At { unit, node }, level + 1))
                    .unwrap_or_else(|| json!({}));
            }
        };
        json!({ "type": word })
    }
}

fn object(properties: Vec<(String, Json, bool)>) -> Json {
    let required: Vec<Json> = properties
        .iter()
        .filter(|(.., required)| *required)
        .map(|(name, ..)| Json::String(name.clone()))
        .collect();
    let known: Map<String, Json> =
        properties.into_iter().map(|(name, property, _)| (name, property)).collect();
    let mut schema = json!({ "type": "object", "properties": known });
    if !required.is_empty() {
        schema["required"] = Json::Array(required);
    }
    schema
}

/// The name in JSON of a field of a schema's struct: `minLength` of `MinLength`.
fn small(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// `value` of `key:"value"` in a struct tag.
fn tag_part<'t>(tag: &'t str, key: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let (name, after) = rest.trim_start().split_once(":\"")?;
        let (value, next) = after.split_once('"')?;
        if name == key {
            return Some(value);
        }
        rest = next;
    }
}

/// What a `jsonschema` tag says: `description=…` and `enum=…` in a list, or one plain description.
fn described_by(tag: &str) -> Vec<(&str, &str)> {
    let known = ["description=", "enum=", "required", "title=", "default="];
    if !known.iter().any(|word| tag.contains(word)) {
        return if tag.is_empty() { Vec::new() } else { vec![("description", tag)] };
    }
    tag.split(',')
        .filter_map(|part| part.split_once('='))
        .filter(|(word, _)| matches!(*word, "description" | "enum"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn struct_tags_are_read_by_key() {
        let tag = r#"json:"user_name,omitempty" jsonschema:"the name, in full""#;
        assert_eq!(tag_part(tag, "json"), Some("user_name,omitempty"));
        assert_eq!(tag_part(tag, "jsonschema"), Some("the name, in full"));
        assert_eq!(tag_part(tag, "yaml"), None);
        assert_eq!(tag_part("json:", "json"), None);
    }

    #[test]
    fn schema_tags_have_two_forms() {
        assert_eq!(described_by("the name, in full"), [("description", "the name, in full")]);
        assert_eq!(
            described_by("required,description=the name,enum=a,enum=b"),
            [("description", "the name"), ("enum", "a"), ("enum", "b")]
        );
        assert_eq!(described_by(""), []);
    }
}
