//! What a tool accepts: parameters that came or went, and limits that were loosened or tightened.

mod limits;

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Map, Value};

use super::{Told, name, similar::parts};
use crate::{
    baseline::Tool,
    finding::{Class, Direction},
    untrusted::excerpt,
};
use limits::Shape;

/// Deepest nesting that is compared.
const DEPTH: usize = 24;
/// Parts of one schema that are compared.
const PARTS: usize = 20_000;

/// What a parameter with such a word in its name decides.
const MEANINGS: [(&str, &[&str]); 5] = [
    (
        "names where something is sent",
        &[
            "url",
            "uri",
            "href",
            "endpoint",
            "webhook",
            "callback",
            "host",
            "hostname",
            "domain",
            "server",
            "email",
            "mail",
            "recipient",
            "recipients",
            "to",
            "cc",
            "bcc",
            "proxy",
            "destination",
            "address",
            "upload",
            "target",
            "redirect",
        ],
    ),
    (
        "names a file or folder",
        &[
            "path",
            "paths",
            "file",
            "files",
            "filename",
            "filepath",
            "dir",
            "directory",
            "folder",
            "root",
            "cwd",
        ],
    ),
    (
        "is run",
        &[
            "command",
            "cmd",
            "script",
            "code",
            "shell",
            "exec",
            "eval",
            "sql",
            "executable",
            "program",
            "hook",
        ],
    ),
    (
        "asks for a secret",
        &[
            "token",
            "password",
            "passwd",
            "secret",
            "credential",
            "credentials",
            "apikey",
            "cookie",
            "auth",
            "key",
        ],
    ),
    (
        "asks for the conversation",
        &["conversation", "history", "transcript", "context", "sidenote", "memory", "reasoning", "messages"],
    ),
];

/// Compares the schemas of one tool; `gained` is what its handler newly does.
pub(super) fn compare(before: &Tool, now: &Tool, gained: &[&'static str], told: &mut Vec<Told>) {
    let mut comparison = Comparison { tool: now, gained, told, left: PARTS };
    match (&before.input, &now.input) {
        (Some(was), None) if has_parameters(was) => {
            let message = format!("what {} accepts can no longer be read", name(now.name.raw()));
            comparison.tell("drift/schema-changed", Direction::Review, "", message, "", "");
        }
        (_, None) => {}
        (was, Some(is)) => {
            let none = Value::Object(Map::new());
            let was = was.as_ref().unwrap_or(&none);
            let sides = Sides { before: was, now: is, roots: (was, is), must: (true, true) };
            comparison.schema(sides, "", DEPTH);
        }
    }
    if let (Some(was), Some(is)) = (&before.output, &now.output)
        && limits::without_text(was) != limits::without_text(is)
    {
        let message = format!("what {} returns has another form", name(now.name.raw()));
        comparison.tell("drift/output-changed", Direction::Same, "output", message, "", "");
    }
}

fn has_parameters(input: &Value) -> bool {
    input.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
}

/// The same place in both schemas.
#[derive(Clone, Copy)]
struct Sides<'a> {
    before: &'a Value,
    now: &'a Value,
    /// Where references point into.
    roots: (&'a Value, &'a Value),
    /// Whether it must be given.
    must: (bool, bool),
}

struct Comparison<'a, 'b> {
    tool: &'a Tool,
    gained: &'a [&'static str],
    told: &'b mut Vec<Told>,
    left: usize,
}

impl Comparison<'_, '_> {
    fn tell(
        &mut self,
        rule: &'static str,
        direction: Direction,
        path: &str,
        message: String,
        before: &str,
        now: &str,
    ) {
        let tool = self.tool.name.raw();
        self.told.push(
            Told::new(rule, Class::Schema, direction, message).about(path).tool(tool).from(before).to(now),
        );
    }

    fn schema(&mut self, sides: Sides<'_>, path: &str, depth: usize) {
        if depth == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        let before = limits::resolve(sides.before, sides.roots.0);
        let now = limits::resolve(sides.now, sides.roots.1);
        if before == now && sides.must.0 == sides.must.1 {
            return;
        }
        let (was, is) = (Shape::of(before, sides.roots.0), Shape::of(now, sides.roots.1));
        if !path.is_empty() {
            self.presence(sides, path);
        }
        for change in limits::compare(&was, &is, path.is_empty()) {
            let subject = self.subject(path);
            let message = format!("{subject} {}", change.words);
            let rule = match change.direction {
                Direction::Widens => "drift/constraint-loosened",
                Direction::Review => "drift/schema-changed",
                Direction::Narrows | Direction::Same => "drift/constraint-tightened",
            };
            self.tell(rule, change.direction, path, message, &change.before, &change.now);
        }
        self.properties(&was, &is, sides.roots, path, depth);
        for (was, is) in was.items.iter().zip(&is.items) {
            let below = Sides { before: was, now: is, roots: sides.roots, must: (true, true) };
            self.schema(below, &format!("{path}[]"), depth - 1);
        }
    }

    fn subject(&self, path: &str) -> String {
        if path.is_empty() {
            name(self.tool.name.raw())
        } else {
            format!("parameter {} of {}", name(path), name(self.tool.name.raw()))
        }
    }

    fn presence(&mut self, sides: Sides<'_>, path: &str) {
        let subject = self.subject(path);
        match sides.must {
            (true, false) => {
                // What holds a call back is not to be left out.
                let guards = parts(path).iter().any(|part| {
                    ["confirm", "confirmed", "confirmation", "approve", "approved", "consent", "dry"]
                        .contains(&part.as_str())
                });
                let (rule, direction) = if guards {
                    ("drift/constraint-loosened", Direction::Widens)
                } else {
                    ("drift/schema-changed", Direction::Review)
                };
                self.tell(
                    rule,
                    direction,
                    path,
                    format!("{subject} may be left out now"),
                    "required",
                    "optional",
                );
            }
            (false, true) => self.tell(
                "drift/constraint-tightened",
                Direction::Narrows,
                path,
                format!("{subject} must be given now"),
                "optional",
                "required",
            ),
            _ => {}
        }
    }

    fn properties(
        &mut self,
        was: &Shape<'_>,
        is: &Shape<'_>,
        roots: (&Value, &Value),
        path: &str,
        depth: usize,
    ) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        for (key, now) in &is.properties {
            let must = (was.required.contains(key), is.required.contains(key));
            match was.properties.get(key) {
                Some(before) => {
                    self.schema(Sides { before, now, roots, must }, &below(key), depth - 1);
                }
                None => self.added(&below(key), key, now, roots.1, must.1),
            }
        }
        let gone: BTreeSet<&&str> =
            was.properties.keys().filter(|key| !is.properties.contains_key(*key)).collect();
        for key in gone {
            let message = format!("{} lost parameter {}", name(self.tool.name.raw()), name(&below(key)));
            let before = was.properties[*key].to_string();
            self.tell("drift/parameter-removed", Direction::Narrows, &below(key), message, &before, "");
        }
    }

    fn added(&mut self, path: &str, key: &str, schema: &Value, root: &Value, must: bool) {
        let shape = Shape::of(limits::resolve(schema, root), root);
        let kind = shape.describe();
        let presence = if must { "required" } else { "optional" };
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let mut message =
            format!("{} gained parameter {} ({kind}, {presence})", name(self.tool.name.raw()), name(path));
        let meaning = meaning(key, &shape);
        if let Some(meaning) = meaning {
            let _ = write!(message, ", which {meaning}");
        }
        if !self.gained.is_empty() {
            let _ = write!(message, "; its handler now {}", self.gained.join(" and "));
        }
        let (rule, direction) = match meaning {
            Some(_) => ("drift/parameter-reaches", Direction::Widens),
            None => ("drift/parameter-added", Direction::Review),
        };
        let now = if text.is_empty() { kind } else { format!("{kind}: {}", excerpt(text, 300)) };
        self.tell(rule, direction, path, message, "", &now);
    }
}

/// What a parameter that takes any text decides, by its name or format.
fn meaning(key: &str, shape: &Shape<'_>) -> Option<&'static str> {
    if shape.is_closed() {
        return None;
    }
    if matches!(shape.format, Some("uri" | "url" | "uri-reference" | "email" | "hostname" | "ipv4" | "ipv6"))
    {
        return Some(MEANINGS[0].0);
    }
    let parts = parts(key);
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    MEANINGS.iter().find(|(_, words)| has(words)).map(|(meaning, _)| *meaning)
}
