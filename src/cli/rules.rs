//! `mcp-vouch rules`: the catalogue as a list, or one rule explained.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use tabled::{
    builder::Builder,
    settings::{Padding, Style},
};

use super::{Stop, arguments::Rules};
use crate::detect::catalogue::{self, Entry, Example};

/// Prints the list or the explanation.
pub(super) fn run(rules: &Rules) -> Result<u8, Stop> {
    let catalogue = catalogue::get();
    let text = match &rules.id {
        None => list(catalogue.entries()),
        Some(id) => match catalogue.entry(id) {
            Some(entry) => explain(entry),
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

fn unknown(id: &str) -> Stop {
    let stop = Stop::new(format!("no rule is called `{id}`"));
    let near = catalogue::get()
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
    let _ = writeln!(text, "severity    {}", rule.severity);
    let _ = writeln!(text, "confidence  {}", rule.confidence);
    let references: Vec<String> =
        rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).chain(rule.references.iter().cloned()).collect();
    if !references.is_empty() {
        let _ = writeln!(text, "references  {}", references.join("; "));
    }
    let _ = write!(text, "\nWhy: {}\n\nFix: {}\n", rule.why, rule.fix);
    for (title, examples) in [("Found in", &entry.bad), ("Silent on", &entry.good)] {
        for example in examples {
            let _ = write!(text, "\n{title}:\n{}", indented(&shown(example)));
        }
    }
    text
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
