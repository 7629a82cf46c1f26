//! Wording: descriptions, titles, texts in schemas, prompts, resources, instructions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Told, name, names, rename::Pairs, words::difference};
use crate::{
    baseline::{Entry, Prompt, Resource, Tool},
    finding::{Class, Direction},
    untrusted::Untrusted,
};

/// Texts of one schema that are compared.
const TEXTS: usize = 5_000;

/// Compares wording.
pub(super) fn compare(before: &Entry, now: &Entry, pairs: &Pairs<'_>, told: &mut Vec<Told>) {
    let joined = |texts: &[Untrusted]| texts.iter().map(Untrusted::raw).collect::<Vec<_>>().join("\n\n");
    let instructions = (joined(&before.instructions), joined(&now.instructions));
    changed("the server instructions", None, &instructions.0, &instructions.1, told);
    for (before, now) in &pairs.same {
        tool(before, now, told);
    }
    if before.has_code() == now.has_code() {
        prompts(&before.prompts, &now.prompts, told);
        resources(&before.resources, &now.resources, told);
    }
}

/// One text; a change asks for a review.
fn changed(what: &str, tool: Option<&str>, before: &str, now: &str, told: &mut Vec<Told>) {
    let Some(difference) = difference(before, now) else { return };
    let size = difference.describe();
    let message = match (before.trim().is_empty(), now.trim().is_empty()) {
        (true, _) => format!("{what} is new: {size}"),
        (_, true) => format!("{what} is gone: {size}"),
        _ => format!("{what} changed: {size}"),
    };
    let about = if what.starts_with("the title") { "title" } else { what };
    let review = Told::new("drift/text-changed", Class::Text, Direction::Review, message)
        .about(about)
        .from(&difference.before)
        .to(&difference.now);
    told.push(match tool {
        Some(tool) => review.tool(tool),
        None => review,
    });
}

fn raw(text: Option<&Untrusted>) -> &str {
    text.map_or("", Untrusted::raw)
}

fn tool(before: &Tool, now: &Tool, told: &mut Vec<Told>) {
    let tool = now.name.raw();
    // A text that names its own tool follows a rename.
    let is_renamed = before.name != now.name;
    let follow =
        |text: &str| if is_renamed { text.replace(before.name.raw(), tool) } else { text.to_owned() };
    for (what, was, is) in [
        ("description", raw(before.description.as_ref()), raw(now.description.as_ref())),
        ("title", raw(before.title.as_ref()), raw(now.title.as_ref())),
    ] {
        let what = format!("the {what} of {}", name(tool));
        if is_renamed && what.starts_with("the title") && !was.is_empty() && !is.is_empty() {
            continue;
        }
        changed(&what, Some(tool), &follow(was), is, told);
    }
    let pairs = [(&before.input, &now.input), (&before.output, &now.output)];
    let (mut was, mut is) = (Vec::new(), Vec::new());
    let mut paths = BTreeSet::new();
    for (before, now) in pairs {
        let (Some(before), Some(now)) = (before, now) else { continue };
        let (before, now) = (texts(before), texts(now));
        for (path, text) in &now {
            let known = before.get(path).cloned().or_else(|| knows(&before, path).then(String::new));
            let Some(known) = known else { continue };
            if difference(&known, text).is_some() {
                paths.insert(parameter(path));
                was.push(known);
                is.push(text.clone());
            }
        }
        for (path, text) in before.iter().filter(|(path, _)| !now.contains_key(*path) && knows(&now, path)) {
            paths.insert(parameter(path));
            was.push(text.clone());
        }
    }
    let paths: Vec<String> = paths.into_iter().collect();
    let what = match paths.as_slice() {
        [] => return,
        [one] if one.is_empty() => format!("the text in the schema of {}", name(tool)),
        [one] => format!("the text on parameter {} of {}", name(one), name(tool)),
        several => format!("the text on parameters {} of {}", names(several), name(tool)),
    };
    changed(&what, Some(tool), &was.join("\n"), &is.join("\n"), told);
}

/// Whether a schema has the thing that a text stands at, with or without a text.
fn knows(texts: &BTreeMap<String, String>, path: &str) -> bool {
    let holder = path.rsplit_once('/').map_or("", |(holder, _)| holder);
    texts.contains_key(holder)
}

/// The parameter that a text in a schema is about.
fn parameter(path: &str) -> String {
    let mut parts = path.split('/').skip_while(|part| *part != "properties");
    parts.nth(1).unwrap_or_default().replace("~1", "/")
}

/// Texts that a model reads in a schema, by path; every schema in it stands there with an empty text.
fn texts(schema: &Value) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut open: Vec<(String, &Value, bool)> = vec![(String::new(), schema, false)];
    while let Some((path, value, is_names)) = open.pop() {
        if texts.len() >= TEXTS {
            break;
        }
        match value {
            Value::Object(members) => {
                texts.insert(path.clone(), String::new());
                for (key, member) in members {
                    let below = format!("{path}/{}", key.replace('/', "~1"));
                    let is_value = matches!(
                        key.as_str(),
                        "type" | "format" | "pattern" | "enum" | "const" | "default" | "required" | "$ref"
                    );
                    match member {
                        Value::String(text) if is_names || !is_value => {
                            texts.insert(below, text.clone());
                        }
                        Value::Object(_) | Value::Array(_) if is_names || !is_value => {
                            let holds_names = matches!(key.as_str(), "properties" | "$defs" | "definitions");
                            open.push((below, member, holds_names && !is_names));
                        }
                        _ => {}
                    }
                }
            }
            Value::Array(items) => {
                let strings: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                texts.insert(path.clone(), strings.join("\n"));
                let nested = items.iter().enumerate().filter(|(_, item)| item.is_object() || item.is_array());
                open.extend(nested.map(|(at, item)| (format!("{path}/{at}"), item, false)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    texts
}

fn prompts(before: &[Prompt], now: &[Prompt], told: &mut Vec<Told>) {
    let shown = |prompt: &Prompt| {
        let arguments = prompt.arguments.iter().map(Untrusted::raw).collect::<Vec<_>>().join(" ");
        [raw(prompt.description.as_ref()), raw(prompt.text.as_ref()), &arguments].join("\n").trim().to_owned()
    };
    let before = by_name(before.iter().map(|prompt| (prompt.name.raw(), shown(prompt))));
    let now = by_name(now.iter().map(|prompt| (prompt.name.raw(), shown(prompt))));
    offers("prompt", &before, &now, told);
}

fn resources(before: &[Resource], now: &[Resource], told: &mut Vec<Told>) {
    let shown = |resource: &Resource| {
        [raw(resource.uri.as_ref()), raw(resource.description.as_ref())].join("\n").trim().to_owned()
    };
    let before = by_name(before.iter().map(|resource| (resource.name.raw(), shown(resource))));
    let now = by_name(now.iter().map(|resource| (resource.name.raw(), shown(resource))));
    offers("resource", &before, &now, told);
}

/// Texts by name; what has one name is one text.
fn by_name<'a>(items: impl Iterator<Item = (&'a str, String)>) -> BTreeMap<&'a str, String> {
    let mut named: BTreeMap<&str, String> = BTreeMap::new();
    for (name, text) in items {
        let known = named.entry(name).or_default();
        if !known.is_empty() {
            known.push('\n');
        }
        known.push_str(&text);
    }
    named
}

/// Prompts or resources: new ones ask for a review, as do other words; fewer of them narrow.
fn offers(kind: &str, before: &BTreeMap<&str, String>, now: &BTreeMap<&str, String>, told: &mut Vec<Told>) {
    let rules = match kind {
        "prompt" => ["drift/prompt-added", "drift/prompt-removed"],
        _ => ["drift/resource-added", "drift/resource-removed"],
    };
    for (title, text) in now {
        if let Some(was) = before.get(title) {
            changed(&format!("the text of {kind} {}", name(title)), None, was, text, told);
        } else {
            let message = format!("{kind} {} is new", name(title));
            let new = Told::new(rules[0], Class::Capability, Direction::Review, message);
            told.push(new.about(title).to(text));
        }
    }
    for (title, text) in before.iter().filter(|(title, _)| !now.contains_key(*title)) {
        let message = format!("{kind} {} is gone", name(title));
        let gone = Told::new(rules[1], Class::Capability, Direction::Narrows, message);
        told.push(gone.about(title).from(text));
    }
}
