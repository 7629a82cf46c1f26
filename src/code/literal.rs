//! From a node to a JSON value, as far as it is literal.

use serde_json::{Map, Number, Value as Json};

use super::{
    graph::{Strings, Value},
    resolve::{At, Resolver},
};

/// Deepest nesting evaluated.
const DEEPEST: u32 = 32;
/// Values produced for one question.
const MOST_VALUES: usize = 20_000;

/// A literal, and whether anything in it could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The value; what could not be read is left out of objects and `null` in arrays.
    pub json: Json,
    /// Whether everything could be read.
    pub whole: bool,
}

/// Evaluates a node as far as it is literal; `None` where nothing of it is.
pub fn evaluate(resolver: &Resolver<'_>, at: At) -> Option<Literal> {
    let mut budget = MOST_VALUES;
    let mut whole = true;
    let json = value(resolver, at, &mut budget, &mut whole, 0)?;
    Some(Literal { json, whole })
}

fn value(resolver: &Resolver<'_>, at: At, budget: &mut usize, whole: &mut bool, level: u32) -> Option<Json> {
    if level > DEEPEST || *budget == 0 {
        *whole = false;
        return None;
    }
    *budget -= 1;
    if let Some(text) = resolver.text(at) {
        return Some(text_or_number(resolver, at, text));
    }
    let definitions = resolver.definitions(at);
    if definitions.len() > 1 {
        *whole = false;
    }
    let found = definitions.iter().find_map(|&definition| one(resolver, definition, budget, whole, level));
    if found.is_none() {
        *whole = false;
    }
    found
}

fn text_or_number(resolver: &Resolver<'_>, at: At, text: String) -> Json {
    let number = resolver
        .definitions(at)
        .iter()
        .any(|&definition| matches!(resolver.value(definition), Value::Number(_)));
    if number && let Ok(number) = text.parse::<i64>() {
        return Json::Number(number.into());
    }
    if number && let Some(number) = text.parse::<f64>().ok().and_then(Number::from_f64) {
        return Json::Number(number);
    }
    Json::String(text)
}

fn one(resolver: &Resolver<'_>, at: At, budget: &mut usize, whole: &mut bool, level: u32) -> Option<Json> {
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Text(text) => Some(Json::String(unit.text(text).to_owned())),
        Value::Number(_) => resolver.text(at).map(|text| text_or_number(resolver, at, text)),
        Value::Bool(value) => Some(Json::Bool(value)),
        Value::Null => Some(Json::Null),
        Value::Object(range) => {
            let mut object = Map::new();
            for property in unit.entries(range) {
                let inner = At { unit: at.unit, node: property.value };
                if property.key == Strings::SPREAD {
                    match value(resolver, inner, budget, whole, level + 1) {
                        Some(Json::Object(spread)) => object.extend(spread),
                        _ => *whole = false,
                    }
                } else if property.key == Strings::ELEMENT {
                    *whole = false;
                } else if let Some(json) = value(resolver, inner, budget, whole, level + 1) {
                    object.insert(unit.text(property.key).to_owned(), json);
                }
            }
            Some(Json::Object(object))
        }
        Value::Array(range) => {
            let mut items = Vec::new();
            for &item in unit.list(range) {
                let (inner, spread) = match unit.value(item) {
                    Value::Spread(inner) => (inner, true),
                    _ => (item, false),
                };
                match (value(resolver, At { unit: at.unit, node: inner }, budget, whole, level + 1), spread) {
                    (Some(Json::Array(spread)), true) => items.extend(spread),
                    (Some(json), false) => items.push(json),
                    (_, true) => *whole = false,
                    (None, false) => items.push(Json::Null),
                }
            }
            Some(Json::Array(items))
        }
        Value::With { object, key, value: new } => {
            let base = value(resolver, At { unit: at.unit, node: object }, budget, whole, level + 1);
            let new = value(resolver, At { unit: at.unit, node: new }, budget, whole, level + 1);
            match (base?, new) {
                (Json::Object(mut object), Some(new))
                    if key != Strings::ELEMENT && key != Strings::SPREAD =>
                {
                    object.insert(unit.text(key).to_owned(), new);
                    Some(Json::Object(object))
                }
                (Json::Object(mut object), Some(Json::Object(new))) if key == Strings::SPREAD => {
                    object.extend(new);
                    Some(Json::Object(object))
                }
                (Json::Array(mut items), Some(new)) if key == Strings::ELEMENT => {
                    items.push(new);
                    Some(Json::Array(items))
                }
                (base, _) => {
                    *whole = false;
                    Some(base)
                }
            }
        }
        Value::Concat(_) => {
            // A text with unknown parts is still worth reading: the unknown parts become `{}`.
            *whole = false;
            let text = template(resolver, at, "{}", 0);
            (text.len() > 2 && !text.trim_matches(['{', '}']).is_empty()).then_some(Json::String(text))
        }
        _ => None,
    }
}

/// The constant parts of a text in order, with `gap` for each part that is not constant.
pub fn template(resolver: &Resolver<'_>, at: At, gap: &str, level: u32) -> String {
    if let Some(text) = resolver.text(at) {
        return text;
    }
    let definitions = resolver.definitions(at);
    for &definition in definitions.iter() {
        if let Value::Concat(range) = resolver.value(definition)
            && level < 8
        {
            let unit = resolver.unit(definition);
            let mut out = String::new();
            for &part in unit.list(range).iter().take(256) {
                out.push_str(&template(resolver, At { unit: definition.unit, node: part }, gap, level + 1));
                if out.len() > 1 << 16 {
                    break;
                }
            }
            return out;
        }
    }
    gap.to_owned()
}
