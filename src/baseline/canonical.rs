//! One form for all that means the same: schemas without order, text without layout.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Deepest nesting of a schema that is kept; what lies deeper becomes `null`.
const DEPTH: usize = 64;

/// Values of one schema that are kept: real ones have fewer than 5,000.
const VALUES: usize = 50_000;

/// Lists whose order means nothing.
const SETS: [&str; 7] = ["required", "enum", "type", "anyOf", "oneOf", "allOf", "examples"];

/// A schema in canonical form: members and sets sorted; the name of the dialect goes.
pub fn schema(schema: &Value) -> Value {
    let mut left = VALUES;
    let mut canonical = value(schema, Place::Schema, DEPTH, &mut left);
    if let Some(members) = canonical.as_object_mut() {
        members.shift_remove("$schema");
    }
    canonical
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// It is a schema: its keys are keywords.
    Schema,
    /// Its keys are names that the author chose, its values schemas.
    Names,
    /// It is a value as such: its order counts.
    Literal,
    /// It is a list without order.
    Set,
    /// It is a list of schemas without order.
    Schemas,
}

fn value(from: &Value, place: Place, depth: usize, left: &mut usize) -> Value {
    if depth == 0 || *left == 0 {
        return Value::Null;
    }
    *left -= 1;
    match from {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => from.clone(),
        Value::Array(items) => {
            let inner = if place == Place::Schemas { Place::Schema } else { place };
            let items: Vec<Value> = items.iter().map(|item| value(item, inner, depth - 1, left)).collect();
            if matches!(place, Place::Set | Place::Schemas) { sorted(items) } else { Value::Array(items) }
        }
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let mut out = Map::new();
            for key in keys {
                let inner = below(place, key);
                out.insert(key.clone(), value(&members[key.as_str()], inner, depth - 1, left));
            }
            Value::Object(out)
        }
    }
}

/// What stands below a key.
fn below(place: Place, key: &str) -> Place {
    match (place, key) {
        (Place::Names, _) => Place::Schema,
        (Place::Literal | Place::Set, _) | (_, "default" | "const") => Place::Literal,
        (_, "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas") => {
            Place::Names
        }
        (_, "anyOf" | "oneOf" | "allOf") => Place::Schemas,
        (_, key) if SETS.contains(&key) => Place::Set,
        _ => Place::Schema,
    }
}

fn sorted(items: Vec<Value>) -> Value {
    let mut keyed: Vec<(String, Value)> = items.into_iter().map(|item| (item.to_string(), item)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    let mut seen = BTreeSet::new();
    keyed.retain(|(text, _)| seen.insert(text.clone()));
    Value::Array(keyed.into_iter().map(|(_, item)| item).collect())
}

/// The words of a text: what is left where layout means nothing.
pub fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_that_means_nothing_goes_and_order_that_means_something_stays() {
        let a = json!({ "required": ["b", "a"], "type": ["string", "null"], "$schema": "x",
            "properties": { "required": { "enum": [2, 1, 1] }, "d": { "default": ["b", "a"] } } });
        let b = json!({ "properties": { "d": { "default": ["b", "a"] }, "required": { "enum": [1, 2] } },
            "type": ["null", "string"], "required": ["a", "b"] });
        assert_eq!(schema(&a).to_string(), schema(&b).to_string());
        let c = json!({ "default": ["a", "b"] });
        assert_ne!(schema(&json!({ "default": ["b", "a"] })), schema(&c));
        assert_eq!(schema(&schema(&a)), schema(&a));
    }

    #[test]
    fn a_parameter_may_have_any_name() {
        let named = json!({ "properties": { "$schema": {}, "default": { "enum": ["b", "a"] } } });
        let canonical = schema(&named);
        assert_eq!(canonical["properties"]["default"]["enum"], json!(["a", "b"]));
        assert!(canonical["properties"].get("$schema").is_some());
    }

    #[test]
    fn what_is_nested_too_deep_is_cut() {
        let deep = (0..500).fold(json!("core"), |inner, _| json!({ "items": inner }));
        assert!(!schema(&deep).to_string().contains("core"));
    }
}
