//! What is inside the connector, in words: tools, capabilities, dependencies, coverage.

use std::fmt::Write as _;

use super::{GAPS, NAMES, REACHING, Rows, SCOPES, some};
use crate::{
    connector::capabilities::Uses,
    report::{Report, ToolFacts, inventory},
};

/// Adds the rows of tools, prompts and resources.
pub(super) fn tools(report: &Report, rows: &mut Rows) {
    let coverage = &report.coverage;
    let (seen, read) = (coverage.registrations_seen, coverage.registrations_read);
    let mut text =
        if report.tools.is_empty() { "none found".to_owned() } else { report.tools.len().to_string() };
    if seen > read {
        let _ = write!(
            text,
            ", and {} of {seen} registrations could not be read without running them",
            seen - read
        );
    }
    let mut claims: Vec<(String, Vec<&str>)> = Vec::new();
    for tool in &report.tools {
        let claim = claim(tool);
        match claims.iter_mut().find(|(known, _)| *known == claim) {
            Some((_, names)) => names.push(&tool.name),
            None => claims.push((claim, vec![&tool.name])),
        }
    }
    claims.sort();
    for (claim, names) in claims {
        let _ = write!(text, "\n{claim}: {}", some(&names, NAMES));
    }
    rows.push("tools", text);
    for (label, names) in [("prompts", &report.prompts), ("resources", &report.resources)] {
        if !names.is_empty() {
            rows.push(label, format!("{}: {}", names.len(), some(names, NAMES)));
        }
    }
}

/// Adds the row that says which tools reach what.
pub(super) fn reach(report: &Report, rows: &mut Rows) {
    let known = report.tools.iter().filter(|tool| tool.reach.is_some()).count();
    let mut lines = Vec::new();
    for (key, words) in inventory::REACH {
        let reaches =
            |tool: &&ToolFacts| tool.reach.as_ref().is_some_and(|reach| reach.uses.contains_key(key));
        let names: Vec<&str> = report.tools.iter().filter(reaches).map(|tool| tool.name.as_str()).collect();
        match names.len() {
            0 => {}
            all if all == report.tools.len() && all > 1 => lines.push(format!("{words}: all")),
            _ => lines.push(format!("{words}: {}", some(&names, REACHING))),
        }
    }
    if known > 0 && known < report.tools.len() {
        lines.push(format!(
            "not known: the code behind {} of {} tools",
            report.tools.len() - known,
            report.tools.len()
        ));
    }
    if !lines.is_empty() {
        rows.push("tools can", lines.join("\n"));
    }
}

fn claim(tool: &ToolFacts) -> String {
    let claim = inventory::claims(tool.annotations);
    if claim.is_empty() { "no annotations".to_owned() } else { claim }
}

/// Adds the row of capabilities.
pub(super) fn capabilities(report: &Report, rows: &mut Rows) {
    let capabilities = &report.capabilities;
    let mut lines: Vec<String> = Vec::new();
    for (_, words, uses) in inventory::counted(capabilities) {
        if uses.count > 0 {
            lines.push(format!("{words}: {}", used(uses)));
        }
    }
    for (_, words, named) in inventory::named(capabilities) {
        let names: Vec<&str> = named.keys().map(String::as_str).collect();
        if !names.is_empty() {
            lines.push(format!("{words}: {}", some(&names, 12)));
        }
    }
    for (_, words, described) in inventory::described(capabilities) {
        let entries: Vec<String> = described.iter().map(|(name, what)| format!("{name} ({what})")).collect();
        if !entries.is_empty() {
            lines.push(format!("{words}: {}", some(&entries, 6)));
        }
    }
    rows.push("capabilities", if lines.is_empty() { "none seen".to_owned() } else { lines.join("\n") });
}

fn used(uses: &Uses) -> String {
    let mut text = match uses.count {
        1 => "1 place".to_owned(),
        count => format!("{count} places"),
    };
    if let Some((location, what)) = uses.places.first() {
        let _ = write!(text, ", first {what} at {}:{}", location.path, location.line);
    }
    if uses.bundled > 0 {
        let _ = write!(text, "; {} in bundled code", uses.bundled);
    }
    text
}

/// Adds the row of what is asked for, one line: what is neither a host nor a variable that
/// `capabilities` shows.
pub(super) fn scopes(report: &Report, rows: &mut Rows) {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for scope in &report.scopes {
        if scope.asked == "code" && matches!(scope.kind, "host" | "environment") {
            continue;
        }
        match kinds.iter_mut().find(|(kind, _)| *kind == scope.kind) {
            Some((_, names)) if names.last() == Some(&scope.name.as_str()) => {}
            Some((_, names)) => names.push(&scope.name),
            None => kinds.push((scope.kind, vec![&scope.name])),
        }
    }
    if !kinds.is_empty() {
        let lines: Vec<String> =
            kinds.iter().map(|(kind, names)| format!("{kind}: {}", some(names, SCOPES))).collect();
        rows.push("asks for", lines.join("; "));
    }
}

/// Adds the row of dependencies.
pub(super) fn dependencies(report: &Report, rows: &mut Rows) {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for dependency in &report.dependencies {
        match kinds.iter_mut().find(|(kind, _)| *kind == dependency.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((&dependency.kind, 1)),
        }
    }
    let text: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    rows.push("dependencies", if text.is_empty() { "none declared".to_owned() } else { text.join(", ") });
}

/// Adds the row of coverage.
pub(super) fn coverage(report: &Report, rows: &mut Rows) {
    let coverage = &report.coverage;
    let mut text = match coverage.files {
        1 => "1 file: ".to_owned(),
        files => format!("{files} files: "),
    };
    let read: Vec<String> = coverage
        .read
        .iter()
        .map(|(kind, (files, bytes))| format!("{files} {kind} ({})", size(*bytes)))
        .collect();
    text.push_str(if read.is_empty() { "none read" } else { "" });
    text.push_str(&read.join(", "));
    if !coverage.skipped.is_empty() {
        let _ = write!(text, "; {} skipped", coverage.skipped.len());
    }
    for (path, why) in coverage.skipped.iter().take(GAPS) {
        let _ = write!(text, "\nskipped {path}: {why}");
    }
    if coverage.skipped.len() > GAPS {
        let _ = write!(text, "\n… and {} more, see --output json=FILE", coverage.skipped.len() - GAPS);
    }
    rows.push("coverage", text);
}

/// An amount of bytes, for a person.
pub(in crate::report) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut unit = 0;
    let mut tenths = bytes.saturating_mul(10);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_sizes_for_a_person() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (12_345, "12.3 kB"),
            (7_000_000, "7.0 MB"),
            (2_500_000_000, "2.5 GB"),
            (9_000_000_000_000, "9000.0 GB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
