//! One place of a schema as what it allows, and whether another allows more.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Map, Value};

use super::super::words::quoted;
use crate::{finding::Direction, untrusted::excerpt};

/// References that are followed for one place.
const HOPS: usize = 8;
/// Values of an enumeration that a message lists.
const LISTED: usize = 6;

/// Keywords that hold text for a reader.
const TEXTS: [&str; 4] = ["description", "title", "examples", "$comment"];

/// Limits by their keyword: whether a larger number allows more.
const NUMBERS: [(&str, bool); 10] = [
    ("maximum", true),
    ("exclusiveMaximum", true),
    ("maxLength", true),
    ("maxItems", true),
    ("maxProperties", true),
    ("minimum", false),
    ("exclusiveMinimum", false),
    ("minLength", false),
    ("minItems", false),
    ("minProperties", false),
];

/// The types that JSON Schema knows.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// What one place of a schema allows, alternatives together.
pub(super) struct Shape<'a> {
    pub(super) types: BTreeSet<&'a str>,
    pub(super) values: Option<BTreeSet<String>>,
    pub(super) format: Option<&'a str>,
    pattern: Option<&'a str>,
    numbers: BTreeMap<&'static str, f64>,
    is_open: bool,
    default: Option<&'a Value>,
    pub(super) properties: BTreeMap<&'a str, &'a Value>,
    pub(super) required: BTreeSet<&'a str>,
    pub(super) items: Option<&'a Value>,
}

/// A reference inside the document, followed.
pub(super) fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..HOPS {
        let Some(path) = schema.get("$ref").and_then(Value::as_str) else { return schema };
        let Some(found) = path.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else {
            return schema;
        };
        schema = found;
    }
    schema
}

impl<'a> Shape<'a> {
    /// What a schema allows.
    pub(super) fn of(schema: &'a Value, root: &'a Value) -> Self {
        let alternatives = alternatives(schema, root);
        let mut shape = Self {
            types: BTreeSet::new(),
            values: None,
            format: None,
            pattern: None,
            numbers: BTreeMap::new(),
            is_open: true,
            default: schema.get("default"),
            properties: BTreeMap::new(),
            required: BTreeSet::new(),
            items: None,
        };
        let mut values = BTreeSet::new();
        let mut is_listed = true;
        for one in &alternatives {
            let types = types(one);
            let is_null = types.len() == 1 && types.contains("null");
            shape.types.extend(types);
            if is_null {
                values.insert("null".to_owned());
                continue;
            }
            match listed(one) {
                Some(some) => values.extend(some),
                None => is_listed = false,
            }
            shape.take(one);
        }
        shape.values = (is_listed && !values.is_empty()).then_some(values);
        shape
    }

    fn take(&mut self, one: &'a Value) {
        let text = |key: &str| one.get(key).and_then(Value::as_str);
        self.format = self.format.or_else(|| text("format"));
        self.pattern = self.pattern.or_else(|| text("pattern"));
        for (key, _) in NUMBERS {
            if let Some(number) = one.get(key).and_then(Value::as_f64) {
                self.numbers.insert(key, number);
            }
        }
        if one.get("additionalProperties") == Some(&Value::Bool(false)) {
            self.is_open = false;
        }
        for (key, schema) in one.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.properties.entry(key).or_insert(schema);
        }
        self.required.extend(
            one.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str),
        );
        self.items = self.items.or_else(|| one.get("items").filter(|items| items.is_object()));
    }

    /// Whether it takes nothing but values that the schema lists, or numbers and truth values.
    pub(super) fn is_closed(&self) -> bool {
        self.values.is_some()
            || self.types.iter().all(|kind| matches!(*kind, "boolean" | "integer" | "number" | "null"))
    }

    /// The type in words.
    pub(super) fn describe(&self) -> String {
        if let Some(values) = &self.values {
            return format!("one of {}", some(values));
        }
        if self.types.len() == TYPES.len() {
            return "anything".to_owned();
        }
        let kinds: Vec<&str> = self.types.iter().copied().filter(|kind| *kind != "null").collect();
        let kinds = if kinds.is_empty() { "null".to_owned() } else { kinds.join(" or ") };
        self.format.map_or(kinds.clone(), |format| format!("{kinds}, {}", excerpt(format, 30)))
    }
}

/// The alternatives of a schema: itself, or what its `anyOf`, `oneOf` and `allOf` list.
fn alternatives<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    let lists = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    let inner: Vec<&Value> = lists.flatten().map(|one| resolve(one, root)).collect();
    let has_own = ["type", "properties", "enum", "const"].iter().any(|key| schema.get(key).is_some());
    if inner.is_empty() {
        vec![schema]
    } else if has_own {
        std::iter::once(schema).chain(inner).collect()
    } else {
        inner
    }
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => BTreeSet::from([kind.as_str()]),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("properties").is_some() => BTreeSet::from(["object"]),
        _ if listed(schema).is_some() => BTreeSet::from(["string"]),
        _ => BTreeSet::from(TYPES),
    }
}

fn listed(schema: &Value) -> Option<BTreeSet<String>> {
    if let Some(constant) = schema.get("const") {
        return Some(BTreeSet::from([constant.to_string()]));
    }
    let values = schema.get("enum")?.as_array()?;
    Some(values.iter().map(Value::to_string).collect())
}

/// One way in which a place allows more or less.
pub(super) struct Limit {
    pub(super) direction: Direction,
    pub(super) words: String,
    pub(super) before: String,
    pub(super) now: String,
}

/// Compares what two places allow; at the top of a schema only its openness counts.
pub(super) fn compare(was: &Shape<'_>, is: &Shape<'_>, is_top: bool) -> Vec<Limit> {
    let mut limits = Vec::new();
    let mut tell = |direction, words: String, before: String, now: String| {
        limits.push(Limit { direction, words, before, now });
    };
    match (was.is_open, is.is_open) {
        (false, true) => {
            let words = "accepts parameters that it does not name".to_owned();
            tell(Direction::Widens, words, "additionalProperties: false".to_owned(), "open".to_owned());
        }
        (true, false) => {
            let words = "refuses parameters that it does not name".to_owned();
            tell(Direction::Narrows, words, "open".to_owned(), "additionalProperties: false".to_owned());
        }
        _ => {}
    }
    if is_top {
        return limits;
    }
    types_differ(was, is, &mut tell);
    values_differ(was, is, &mut tell);
    text_limits_differ(was, is, &mut tell);
    numbers_differ(was, is, &mut tell);
    if was.default != is.default {
        let shown = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
        let words = format!("has another default: {}", excerpt(&shown(is.default), 80));
        tell(Direction::Review, words, shown(was.default), shown(is.default));
    }
    limits
}

fn types_differ(was: &Shape<'_>, is: &Shape<'_>, tell: &mut impl FnMut(Direction, String, String, String)) {
    let allows = |shape: &Shape<'_>, kind: &str| {
        shape.types.contains(kind) || (kind == "integer" && shape.types.contains("number"))
    };
    let more: Vec<&str> = is.types.iter().copied().filter(|kind| !allows(was, kind)).collect();
    let less: Vec<&str> = was.types.iter().copied().filter(|kind| !allows(is, kind)).collect();
    // To accept null is to be optional in another word.
    let direction = match (more.as_slice(), less.as_slice()) {
        ([], []) => return,
        ([], _) => Direction::Narrows,
        (["null"], _) => Direction::Review,
        _ => Direction::Widens,
    };
    let words = format!("takes {} now, not {}", is.describe(), was.describe());
    tell(direction, words, was.describe(), is.describe());
}

fn values_differ(was: &Shape<'_>, is: &Shape<'_>, tell: &mut impl FnMut(Direction, String, String, String)) {
    match (&was.values, &is.values) {
        (Some(was), Some(is)) => {
            let more: BTreeSet<String> = is.difference(was).cloned().collect();
            let less: BTreeSet<String> = was.difference(is).cloned().collect();
            if !more.is_empty() {
                tell(Direction::Widens, format!("also takes {}", some(&more)), some(was), some(is));
            } else if !less.is_empty() {
                tell(Direction::Narrows, format!("no longer takes {}", some(&less)), some(was), some(is));
            }
        }
        (Some(values), None) => {
            let words = "is no longer limited to the values that were listed".to_owned();
            tell(Direction::Widens, words, some(values), is.describe());
        }
        (None, Some(values)) => {
            tell(Direction::Narrows, format!("is limited to {}", some(values)), was.describe(), some(values));
        }
        (None, None) => {}
    }
}

fn text_limits_differ(
    was: &Shape<'_>,
    is: &Shape<'_>,
    tell: &mut impl FnMut(Direction, String, String, String),
) {
    for (what, before, now) in [("pattern", was.pattern, is.pattern), ("format", was.format, is.format)] {
        let shown = |text: Option<&str>| text.map_or(String::new(), |text| excerpt(text, 200));
        let (direction, words) = match (before, now) {
            (before, now) if before == now => continue,
            (Some(_), None) if what == "pattern" => (Direction::Widens, "has no pattern any more".to_owned()),
            (Some(_), None) => (Direction::Review, format!("has no {what} any more")),
            (None, Some(now)) => (Direction::Narrows, format!("has a {what}: `{}`", excerpt(now, 80))),
            (_, now) => {
                (Direction::Review, format!("has another {what}: `{}`", excerpt(now.unwrap_or_default(), 80)))
            }
        };
        tell(direction, words, shown(before), shown(now));
    }
}

fn numbers_differ(was: &Shape<'_>, is: &Shape<'_>, tell: &mut impl FnMut(Direction, String, String, String)) {
    for (key, larger_is_more) in NUMBERS {
        let (before, now) = (was.numbers.get(key).copied(), is.numbers.get(key).copied());
        let shown = |number: Option<f64>| number.map_or("none".to_owned(), |number| number.to_string());
        let direction = match (before, now) {
            (before, now) if before == now => continue,
            (Some(_), None) => Direction::Review,
            (None, Some(_)) => Direction::Narrows,
            (before, now) => {
                if (now > before) == larger_is_more {
                    Direction::Review
                } else {
                    Direction::Narrows
                }
            }
        };
        let words = format!("has another `{key}`: {}, was {}", shown(now), shown(before));
        tell(direction, words, shown(before), shown(now));
    }
}

/// The first few values.
fn some(values: &BTreeSet<String>) -> String {
    let mut text = excerpt(&quoted(values.iter().map(String::as_str).take(LISTED)), 200);
    if values.len() > LISTED {
        let _ = write!(text, " and {} more", values.len() - LISTED);
    }
    text
}

/// A schema without what is only read.
pub(super) fn without_text(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let kept =
                members.iter().filter(|(key, value)| !TEXTS.contains(&key.as_str()) || value.is_object());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_text(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_text).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}
