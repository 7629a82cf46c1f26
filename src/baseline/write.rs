//! A [`Lock`] to its text: sorted, one item a line, nothing invisible.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use super::{
    Entry, FORMAT, Form, Lock,
    entry::{Prompt, Resource, Tool},
    seal,
};
use crate::untrusted::{Untrusted, is_invisible};

/// Longest line of a text that is not broken after a sentence, characters.
const LINE: usize = 100;
/// A sentence that is shorter shares its line with the next.
const SENTENCE: usize = 40;

const HEAD: &str = "\
# What was approved: written by mcp-vouch, compared by `mcp-vouch check --baseline`.
# Review a change to this file as you would review code. Edits by hand break its digests;
# `mcp-vouch lock --update --reason TEXT` accepts what changed.

";

/// The text of a lock, with true digests.
pub fn render(lock: &Lock) -> String {
    let mut out = String::from(HEAD);
    let _ = writeln!(out, "format = {FORMAT}");
    pair(&mut out, "written_by", &lock.written_by);
    pair(&mut out, "rules", &lock.rules);
    pair(&mut out, "digest", &seal::of_lock(lock));
    for entry in &lock.connectors {
        out.push_str("\n[[connector]]\n");
        for (_, section) in sections(entry) {
            out.push_str(&section);
        }
        out.push_str(&seal::of(entry).render());
    }
    out
}

/// The text of an entry by section, in the order in which it is written.
pub(super) fn sections(entry: &Entry) -> [(&'static str, String); 7] {
    [
        ("approval", approval(entry)),
        ("scopes", scopes(entry)),
        ("dependencies", dependencies(entry)),
        ("artifact", artifact(entry)),
        ("publisher", publishers(entry)),
        ("capabilities", capabilities(entry)),
        ("tools", tools(entry)),
    ]
}

fn approval(entry: &Entry) -> String {
    let mut out = String::new();
    pair(&mut out, "target", &entry.target);
    pair(&mut out, "verdict", &entry.verdict);
    if let Some(reason) = &entry.reason {
        pair(&mut out, "reason", reason);
    }
    rows(&mut out, "accepted", &entry.accepted, |row, accepted| {
        row.text("rule", &accepted.rule);
        for (key, value) in [("path", &accepted.path), ("tool", &accepted.tool)] {
            if let Some(value) = value {
                row.text(key, value.raw());
            }
        }
        row.text("content", &accepted.content).text("reason", &accepted.reason);
    });
    if entry.unread > 0 {
        let _ = writeln!(out, "unread = {}", entry.unread);
    }
    texts(&mut out, "instructions", &entry.instructions);
    out
}

fn scopes(entry: &Entry) -> String {
    let mut out = String::new();
    rows(&mut out, "scope", &entry.scopes, |row, scope| {
        row.text("kind", &scope.kind).text("name", scope.name.raw()).list("asked", &scope.asked);
        row.flag("secret", scope.secret).flag("required", scope.required);
    });
    out
}

fn dependencies(entry: &Entry) -> String {
    let mut out = String::new();
    rows(&mut out, "dependency", &entry.dependencies, |row, dependency| {
        row.text("ecosystem", &dependency.ecosystem).text("name", dependency.name.raw());
        row.text("requirement", dependency.requirement.raw());
        row.text("kind", &dependency.kind).text("origin", &dependency.origin);
    });
    out
}

fn artifact(entry: &Entry) -> String {
    let mut out = String::from("\n[connector.artifact]\n");
    let artifact = &entry.artifact;
    for (key, value) in [
        ("ecosystem", &artifact.ecosystem),
        ("name", &artifact.name),
        ("version", &artifact.version),
        ("file", &artifact.file),
        ("digest", &artifact.digest),
    ] {
        if !value.is_empty() {
            pair(&mut out, key, value);
        }
    }
    if artifact.form == Form::ToolList {
        pair(&mut out, "form", "tool-list");
    }
    out
}

fn publishers(entry: &Entry) -> String {
    let mut out = String::new();
    let claims = &entry.claims;
    if claims.repository.is_some() || claims.uploader.is_some() {
        out.push_str("\n[connector.claims]\n");
        optional(&mut out, "repository", claims.repository.as_ref());
        optional(&mut out, "uploader", claims.uploader.as_ref());
    }
    for publisher in &entry.publishers {
        out.push_str("\n[[connector.publisher]]\n");
        pair(&mut out, "kind", &publisher.kind);
        pair(&mut out, "state", &publisher.state);
        if !publisher.facts.is_empty() {
            out.push_str("[connector.publisher.facts]\n");
            for (name, fact) in &publisher.facts {
                pair(&mut out, &key(name), fact.raw());
            }
        }
    }
    out
}

fn capabilities(entry: &Entry) -> String {
    let mut out = String::from("\n[connector.capabilities]\n");
    let found = &entry.capabilities;
    list(&mut out, "uses", found.uses.iter().map(String::as_str));
    list(&mut out, "hosts", found.hosts.iter().map(Untrusted::raw));
    list(&mut out, "mentioned_hosts", found.mentioned_hosts.iter().map(Untrusted::raw));
    let native: BTreeMap<&str, &str> =
        found.native.iter().map(|(path, format)| (path.as_str(), format.as_str())).collect();
    let hooks: BTreeMap<&str, &str> =
        found.install_hooks.iter().map(|(event, command)| (event.as_str(), command.raw())).collect();
    for (name, table) in [("native", native), ("install_hooks", hooks)] {
        if !table.is_empty() {
            let _ = writeln!(out, "[connector.capabilities.{name}]");
            for (name, value) in &table {
                pair(&mut out, &key(name), value);
            }
        }
    }
    out
}

fn tools(entry: &Entry) -> String {
    let mut out = String::new();
    for one in &entry.tools {
        tool(&mut out, one);
    }
    for one in &entry.prompts {
        prompt(&mut out, one);
    }
    for one in &entry.resources {
        resource(&mut out, one);
    }
    out
}

fn tool(out: &mut String, tool: &Tool) {
    out.push_str("\n[[connector.tool]]\n");
    text(out, "name", tool.name.raw());
    optional(out, "title", tool.title.as_ref());
    optional(out, "description", tool.description.as_ref());
    let mut hints = Row::default();
    for (name, hint) in tool.annotations.list() {
        hints.flag(name, hint);
    }
    if !hints.0.is_empty() {
        let _ = writeln!(out, "annotations = {}", hints.inline());
    }
    if let Some(reach) = &tool.reach {
        let mut row = Row::default();
        row.list("uses", &reach.uses);
        row.list("hosts", &reach.hosts.iter().map(Untrusted::raw).collect::<Vec<_>>());
        if reach.unfollowed > 0 {
            row.0.push(format!("unfollowed = {}", reach.unfollowed));
        }
        let _ = writeln!(out, "reach = {}", row.inline());
    }
    schema(out, "input", tool.input.as_ref());
    schema(out, "output", tool.output.as_ref());
}

fn prompt(out: &mut String, prompt: &Prompt) {
    out.push_str("\n[[connector.prompt]]\n");
    text(out, "name", prompt.name.raw());
    optional(out, "description", prompt.description.as_ref());
    list(out, "arguments", prompt.arguments.iter().map(Untrusted::raw));
    optional(out, "text", prompt.text.as_ref());
}

fn resource(out: &mut String, resource: &Resource) {
    out.push_str("\n[[connector.resource]]\n");
    text(out, "name", resource.name.raw());
    optional(out, "uri", resource.uri.as_ref());
    optional(out, "description", resource.description.as_ref());
}

/// The members of a table that is written on one line.
#[derive(Default)]
struct Row(Vec<String>);

impl Row {
    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.0.push(format!("{key} = {}", quoted(value)));
        self
    }

    fn flag(&mut self, key: &str, value: Option<bool>) -> &mut Self {
        self.0.extend(value.map(|value| format!("{key} = {value}")));
        self
    }

    fn list<T: AsRef<str>>(&mut self, key: &str, values: &[T]) -> &mut Self {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| quoted(value.as_ref())).collect();
            self.0.push(format!("{key} = [{}]", values.join(", ")));
        }
        self
    }

    fn inline(&self) -> String {
        if self.0.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", self.0.join(", ")) }
    }
}

/// A list of tables, one a line.
fn rows<T>(out: &mut String, key: &str, items: &[T], fill: impl Fn(&mut Row, &T)) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for item in items {
        let mut row = Row::default();
        fill(&mut row, item);
        let _ = writeln!(out, "  {},", row.inline());
    }
    out.push_str("]\n");
}

/// A list of texts, one a line.
fn list<'a>(out: &mut String, key: &str, items: impl Iterator<Item = &'a str>) {
    let items: Vec<String> = items.map(|item| format!("  {},\n", quoted(item))).collect();
    if !items.is_empty() {
        let _ = writeln!(out, "{key} = [\n{}]", items.concat());
    }
}

/// A list of texts that may have several lines each.
fn texts(out: &mut String, key: &str, items: &[Untrusted]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for item in items {
        let _ = writeln!(out, "{},", of_text(item.raw()));
    }
    out.push_str("]\n");
}

fn optional(out: &mut String, key: &str, value: Option<&Untrusted>) {
    if let Some(value) = value {
        text(out, key, value.raw());
    }
}

fn text(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {}", of_text(value));
}

fn pair(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {}", quoted(value));
}

/// A key as it is, or quoted.
fn key(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A text on one line.
fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    value.chars().for_each(|c| escaped(c, &mut out));
    out.push('"');
    out
}

fn escaped(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        c if !is_invisible(c) => out.push(c),
        c if u32::from(c) <= 0xffff => {
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\U{:08X}", u32::from(c));
        }
    }
}

/// A text on as many lines as it has; a long line is broken after its sentences, which adds nothing
/// to the text and keeps changes local.
fn of_text(value: &str) -> String {
    if !value.contains('\n') && value.chars().count() <= LINE {
        return quoted(value);
    }
    let mut out = String::from("\"\"\"\n");
    let mut lines = value.split('\n').peekable();
    while let Some(line) = lines.next() {
        broken(line, &mut out);
        if lines.peek().is_some() {
            out.push('\n');
        }
    }
    out.push_str("\"\"\"");
    out
}

fn broken(line: &str, out: &mut String) {
    let is_long = line.chars().count() > LINE;
    let kept = line.trim_end_matches(' ').len();
    let mut since = 0;
    let mut previous = ' ';
    let mut characters = line.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c == ' ' && at >= kept {
            // An editor would take spaces at the end of a line away.
            out.push_str("\\u0020");
        } else if c == '"' && characters.peek().is_some_and(|(_, next)| *next != '"') {
            out.push('"');
        } else {
            escaped(c, out);
        }
        since += 1;
        let ends = c == ' ' && matches!(previous, '.' | '!' | '?' | ';');
        let next = characters.peek().map(|(_, next)| *next);
        if is_long && ends && since >= SENTENCE && next.is_some_and(|next| !next.is_whitespace()) && at < kept
        {
            out.push_str("\\\n");
            since = 0;
        }
        previous = c;
    }
}

/// A schema: JSON over several lines, in a text without escapes of its own.
fn schema(out: &mut String, key: &str, value: Option<&Value>) {
    let Some(value) = value else { return };
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    let _ = writeln!(out, "{key} = '''");
    for c in json.replace("'''", "\\u0027\\u0027\\u0027").chars() {
        if c == '\n' || !is_invisible(c) {
            out.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        }
    }
    out.push_str("\n'''\n");
}
