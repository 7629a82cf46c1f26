//! Values as text and JSON, as far as the source says them.

use serde_json::{Map, Number, Value as Json};

use super::look::{Found, Look, Place};
use super::python::schema;
use crate::code::graph::{Call, Form, NodeId, Strings, Value};

const MAX_DEPTH: u32 = 24;
const MAX_TEXT: usize = 200_000;

/// What stands in a text for a part that is computed.
const GAP: &str = "{}";

/// The text of a value, where all of it is written down.
pub(super) fn exact_text(look: &Look<'_>, place: &Place) -> Option<String> {
    look.find(place).iter().find_map(|found| text_of(look, found, Parts::All, 0))
}

/// The text of a value, with gaps where a part is computed; several values one after the other.
pub(super) fn text(look: &Look<'_>, place: &Place) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    for found in look.find(place) {
        if let Some(text) = text_of(look, &found, Parts::Known, 0)
            && !texts.contains(&text)
            && texts.len() < 16
        {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The exact text of something that is already found.
pub(super) fn found_text(look: &Look<'_>, found: &Found) -> Option<String> {
    match found {
        Found::Node(place) => exact_text(look, place),
        other => text_of(look, other, Parts::All, 0),
    }
}

/// Whether a text with computed parts counts.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Parts {
    All,
    Known,
}

fn text_of(look: &Look<'_>, found: &Found, parts: Parts, depth: u32) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    let place = match found {
        Found::Text(text) => return Some(text.to_string()),
        Found::List(_) => return None,
        Found::Node(place) => place,
    };
    let unit = look.unit(place);
    match unit.value(place.node) {
        Value::Text(atom) => Some(unit.text(atom).to_owned()),
        Value::Number(digits) if depth > 0 => Some(unit.text(digits).to_owned()),
        Value::Concat(range) => concat(look, place, unit.list(range), parts, depth),
        Value::Call(call) => call_text(look, place, unit.call(call), parts, depth),
        _ => None,
    }
}

fn node_text(look: &Look<'_>, place: &Place, parts: Parts, depth: u32) -> Option<String> {
    look.find(place).iter().find_map(|found| text_of(look, found, parts, depth + 1))
}

fn concat(look: &Look<'_>, place: &Place, all: &[NodeId], parts: Parts, depth: u32) -> Option<String> {
    let mut whole = String::new();
    let mut known = false;
    for &part in all {
        match node_text(look, &place.at(part), parts, depth) {
            Some(text) => {
                known = true;
                whole.push_str(&text);
            }
            None if parts == Parts::Known => whole.push_str(GAP),
            None => return None,
        }
        if whole.len() > MAX_TEXT {
            break;
        }
    }
    known.then_some(whole)
}

/// Methods and functions that give their text back, trimmed or joined.
fn call_text(look: &Look<'_>, place: &Place, call: &Call, parts: Parts, depth: u32) -> Option<String> {
    let unit = look.unit(place);
    let first = unit.list(call.arguments).first().map(|&argument| place.at(argument));
    if look.is_script(place) {
        return script_call_text(look, place, call, parts, depth);
    }
    let (object, name) = match unit.value(call.callee) {
        Value::Member { object, name } => (Some(place.at(object)), unit.text(name)),
        Value::Global(name) | Value::Import { name, .. } => (None, unit.text(name)),
        Value::Variable(_) => return call_text_of_import(look, place, call, parts, depth),
        _ => return None,
    };
    match name {
        "strip" | "lstrip" | "rstrip" => {
            node_text(look, &object?, parts, depth).map(|text| text.trim().to_owned())
        }
        "lower" => node_text(look, &object?, parts, depth).map(|text| text.to_lowercase()),
        "upper" => node_text(look, &object?, parts, depth).map(|text| text.to_uppercase()),
        "format" | "replace" | "format_map" if parts == Parts::Known => {
            node_text(look, &object?, parts, depth)
        }
        "dedent" | "cleandoc" => node_text(look, &first?, parts, depth).map(|text| dedent(&text)),
        "str" | "AnyUrl" => node_text(look, &first?, parts, depth),
        "Field" | "field" => default_text(look, place, call, parts, depth),
        "getdoc" => {
            let found = look.find(&first?);
            let docs = found.iter().flat_map(|found| look.member_of(found, "__doc__"));
            docs.into_iter().find_map(|doc| text_of(look, &doc, parts, depth + 1))
        }
        "join" => {
            let separator = node_text(look, &object?, parts, depth)?;
            let items = look.elements(&first?);
            let texts: Option<Vec<String>> =
                items.iter().map(|item| text_of_any(look, item, parts, depth)).collect();
            texts.map(|texts| texts.join(&separator))
        }
        _ => None,
    }
}

fn call_text_of_import(
    look: &Look<'_>,
    place: &Place,
    call: &Call,
    parts: Parts,
    depth: u32,
) -> Option<String> {
    let unit = look.unit(place);
    let callees = look.places(&place.at(call.callee));
    let name = callees.iter().find_map(|callee| match look.value(callee) {
        Value::Import { name, .. } => Some(look.unit(callee).text(name)),
        _ => None,
    })?;
    let first = || unit.list(call.arguments).first().map(|&argument| place.at(argument));
    match name {
        "Field" | "field" => default_text(look, place, call, parts, depth),
        "dedent" | "cleandoc" => node_text(look, &first()?, parts, depth).map(|text| dedent(&text)),
        "AnyUrl" => node_text(look, &first()?, parts, depth),
        _ => None,
    }
}

/// The default of a field of a settings class: `Field("…")`, `Field(default="…")`.
fn default_text(look: &Look<'_>, place: &Place, call: &Call, parts: Parts, depth: u32) -> Option<String> {
    let unit = look.unit(place);
    let named = unit.entries(call.keywords).iter().find(|entry| unit.text(entry.key) == "default");
    let first = unit.list(call.arguments).first().copied();
    node_text(look, &place.at(named.map(|entry| entry.value).or(first)?), parts, depth)
}

/// `"…".trim()`, `[…].join("\n")`, ``dedent`…` ``, `String(x)`.
fn script_call_text(look: &Look<'_>, place: &Place, call: &Call, parts: Parts, depth: u32) -> Option<String> {
    let unit = look.unit(place);
    let first = unit.list(call.arguments).first().map(|&argument| place.at(argument));
    let (object, name) = match unit.value(call.callee) {
        Value::Member { object, name } => (Some(place.at(object)), unit.text(name)),
        Value::Import { module, name: Strings::DEFAULT } => (None, unit.text(module)),
        Value::Global(name) | Value::Import { name, .. } => (None, unit.text(name)),
        Value::Variable(variable) => (None, unit.text(unit.variables[variable.index()].name)),
        _ => (None, ""),
    };
    let argument = || node_text(look, first.as_ref()?, parts, depth);
    let strips = ["dedent", "stripIndent", "outdent", "stripIndents"];
    if call.form == Form::Tagged || strips.contains(&name) || matches!((&object, name), (None, "String")) {
        let text = argument()?;
        return Some(if strips.contains(&name) { dedent(&text) } else { text });
    }
    let receiver = || node_text(look, object.as_ref()?, parts, depth);
    match name {
        "trim" => receiver().map(|text| text.trim().to_owned()),
        "trimStart" => receiver().map(|text| text.trim_start().to_owned()),
        "trimEnd" => receiver().map(|text| text.trim_end().to_owned()),
        "toLowerCase" => receiver().map(|text| text.to_lowercase()),
        "toUpperCase" => receiver().map(|text| text.to_uppercase()),
        "toString" => receiver(),
        "concat" => {
            let mut whole = receiver()?;
            for &more in unit.list(call.arguments).iter().take(64) {
                whole.push_str(&node_text(look, &place.at(more), parts, depth)?);
            }
            Some(whole)
        }
        "replace" | "replaceAll" | "slice" | "substring" if parts == Parts::Known => receiver(),
        "join" => {
            let separator = argument().unwrap_or_else(|| ",".to_owned());
            let items = look.elements(&object?);
            let texts = items.iter().map(|item| text_of_any(look, item, parts, depth));
            let texts: Option<Vec<String>> = match parts {
                Parts::All => texts.collect(),
                Parts::Known => Some(texts.map(|text| text.unwrap_or_else(|| GAP.to_owned())).collect()),
            };
            texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join(&separator))
        }
        _ => None,
    }
}

/// Text without the indentation that all its lines share, and without blank ends.
fn dedent(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let shared = lines().map(indent).min().unwrap_or(0);
    let mut whole = String::with_capacity(text.len());
    for (position, line) in text.lines().enumerate() {
        let kept = if position == 0 { line.trim_start() } else { line.get(shared..).unwrap_or("") };
        if position > 0 {
            whole.push('\n');
        }
        whole.push_str(kept);
    }
    whole.trim().to_owned()
}

fn text_of_any(look: &Look<'_>, found: &Found, parts: Parts, depth: u32) -> Option<String> {
    match found {
        Found::Node(place) => node_text(look, place, parts, depth),
        other => text_of(look, other, parts, depth),
    }
}

/// The JSON of a value; entries that are computed are left out.
pub(super) fn json(look: &Look<'_>, place: &Place) -> Option<Json> {
    json_below(look, place, 0)
}

fn json_below(look: &Look<'_>, place: &Place, depth: u32) -> Option<Json> {
    if depth > MAX_DEPTH {
        return None;
    }
    look.find(place).iter().find_map(|found| json_of(look, found, depth))
}

pub(super) fn json_of(look: &Look<'_>, found: &Found, depth: u32) -> Option<Json> {
    let place = match found {
        Found::Text(text) => return Some(Json::String(text.to_string())),
        Found::List(items) => {
            return Some(items.iter().filter_map(|item| json_of(look, item, depth + 1)).collect());
        }
        Found::Node(place) => place,
    };
    let unit = look.unit(place);
    match unit.value(place.node) {
        Value::Number(digits) => number(unit.text(digits)),
        Value::Bool(value) => Some(Json::Bool(value)),
        Value::Null => Some(Json::Null),
        Value::Array(_) => Some(array(look, place, depth)),
        Value::Object(_) => Some(object(look, place, depth)),
        Value::With { key, .. } => match key {
            Strings::ELEMENT => Some(array(look, place, depth)),
            _ => Some(object(look, place, depth)),
        },
        Value::Call(call) => called(look, place, unit.call(call), depth),
        _ => text_of(look, found, Parts::Known, 0).map(Json::String),
    }
}

fn array(look: &Look<'_>, place: &Place, depth: u32) -> Json {
    look.elements(place).iter().filter_map(|item| found_json(look, item, depth + 1)).collect()
}

fn object(look: &Look<'_>, place: &Place, depth: u32) -> Json {
    let entries = look.entries(place);
    let known =
        entries.into_iter().filter_map(|(key, value)| Some((key, found_json(look, &value, depth + 1)?)));
    Json::Object(known.collect())
}

fn found_json(look: &Look<'_>, found: &Found, depth: u32) -> Option<Json> {
    match found {
        Found::Node(place) => json_below(look, place, depth),
        other => json_of(look, other, depth),
    }
}

/// `dict(a=1)`, `Model.model_json_schema()`, text that is computed from text.
fn called(look: &Look<'_>, place: &Place, call: &Call, depth: u32) -> Option<Json> {
    let unit = look.unit(place);
    match unit.value(call.callee) {
        Value::Global(name) if unit.text(name) == "dict" => {
            let mut map = Map::new();
            for entry in unit.entries(call.keywords) {
                if let Some(value) = json_below(look, &place.at(entry.value), depth + 1) {
                    map.insert(unit.text(entry.key).to_owned(), value);
                }
            }
            Some(Json::Object(map))
        }
        Value::Member { object, name } if matches!(unit.text(name), "model_json_schema" | "schema") => {
            schema::of_class(look, &place.at(object))
        }
        _ => text_of(look, &Found::Node(place.clone()), Parts::Known, 0).map(Json::String),
    }
}

fn number(digits: &str) -> Option<Json> {
    let plain = digits.replace('_', "");
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(Json::Number(whole.into()));
    }
    plain.parse::<f64>().ok().and_then(Number::from_f64).map(Json::Number)
}
