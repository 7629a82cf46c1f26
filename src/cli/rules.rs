//! `mcp-vouch rules`: the catalogue as a list, or one rule explained.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use tabled::{
    builder::Builder,
    settings::{Padding, Style, width::Wrap},
};

use super::{Stop, arguments::Rules};
use crate::detect::{
    catalogue::{self, Entry, Example},
    precision,
};

/// Characters of a line beside its label.
const WIDTH: usize = 88;

/// Prints the list or the explanation.
pub(super) fn run(rules: &Rules) -> Result<u8, Stop> {
    let catalogue = catalogue::complete();
    let text = match &rules.id {
        None => list(catalogue.entries()),
        Some(id) => match catalogue.entry(id) {
            Some(entry) => explain(entry),
            None if catalogue.entries().any(|entry| family(entry) == id) => {
                list(catalogue.entries().filter(|entry| family(entry) == id))
            }
            None => return Err(unknown(id)),
        },
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Stop::new(format!("the rules were not written: {error}")))
        }
        Ok(()) | Err(_) => Ok(0),
    }
}

fn family(entry: &Entry) -> &str {
    entry.rule.id.split('/').next().unwrap_or_default()
}

fn unknown(id: &str) -> Stop {
    let stop = Stop::new(format!("no rule is called `{id}`"));
    let near = catalogue::complete()
        .entries()
        .map(|entry| entry.rule.id.as_str())
        .filter(|known| {
            known.contains(id) || known.split('/').any(|part| !part.is_empty() && id.contains(part))
        })
        .take(5)
        .collect::<Vec<_>>();
    if near.is_empty() {
        stop.hint("`mcp-vouch rules` lists all rules")
    } else {
        stop.hint(format!("rules with a similar name: {}", near.join(", ")))
    }
}

fn list<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    let mut builder = Builder::default();
    builder.push_record(["RULE", "SEVERITY", "CONFIDENCE", "TITLE"]);
    for Entry { rule, .. } in entries {
        builder.push_record([&rule.id, rule.severity.name(), rule.confidence.name(), &rule.title]);
    }
    let mut table = builder.build();
    table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn explain(entry: &Entry) -> String {
    let rule = &entry.rule;
    let mut text = format!("{}: {}\n\n", rule.id, rule.title);
    text += &labelled("severity", rule.severity.name());
    text += &labelled("confidence", rule.confidence.name());
    let weaknesses = rule.cwe.iter().map(|cwe| format!("CWE-{cwe}"));
    let references: Vec<String> = weaknesses.chain(rule.references.iter().cloned()).collect();
    text += &labelled("references", &references.join("\n"));
    let readings: Vec<String> = precision::of(&rule.id)
        .map(|reading| {
            format!("{} of {} right ({}, {})", reading.right, reading.read, reading.over, reading.date)
        })
        .collect();
    if !readings.is_empty() {
        text += &labelled("read", &readings.join("\n"));
    }
    text += &labelled("why", &rule.why);
    text += &labelled("fix", &rule.fix);
    for (title, examples) in [("Found in", &entry.bad), ("Silent on", &entry.good)] {
        for example in examples {
            let _ = write!(text, "\n{title}:\n{}", indented(&shown(example)));
        }
    }
    text
}

/// A label in a column of its own, beside text whose lines fit.
fn labelled(label: &str, text: &str) -> String {
    let mut label = label;
    let mut out = String::new();
    for line in text.lines().flat_map(|line| {
        Wrap::wrap(line, WIDTH, true).lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    }) {
        let _ = writeln!(out, "{label:<12}{line}");
        label = "";
    }
    out
}

/// An example in the words of its rule file, whatever it is made of.
fn shown(example: &Example) -> String {
    let mut parts = Vec::new();
    if let Some(code) = &example.code {
        parts.push(code.clone());
    }
    parts.extend(example.files.iter().map(|(path, content)| format!("{path}:\n{content}")));
    parts.extend(example.entries.iter().map(|entry| format!("archive entry: {entry}")));
    parts.extend(
        example.companion.iter().map(|(path, content)| format!("{path} in the other form:\n{content}")),
    );
    if let Some(tool) = &example.tool {
        parts.push(format!("tool: {tool}"));
    }
    if let Some(registry) = &example.registry {
        parts.push(format!("registry document: {registry}"));
    }
    if let Some(launch) = &example.launch {
        parts.push(format!("launch line: {launch}"));
    }
    if let Some(package) = &example.package {
        parts.push(format!("package: {package}"));
    }
    parts.join("\n")
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{}", format!("    {}", crate::untrusted::visible(line)).trim_end());
        out
    })
}
