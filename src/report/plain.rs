//! Reports to one screen of text for a person.

mod changes;
pub(super) mod contents;
pub(super) mod findings;
mod provenance;

use std::{fmt::Write as _, io};

use tabled::{
    builder::Builder,
    settings::{Padding, Style as Lines, Width, object::Columns, width::Wrap},
};

use super::{Asked, Format, Report, Run, subject};
use crate::{
    finding::Severity,
    gate::{Judged, Verdict},
};

/// Groups of findings that are shown in full.
const GROUPS: usize = 12;
/// Names in one list.
const NAMES: usize = 24;
/// Names of tools that reach one thing.
const REACHING: usize = 12;
/// Names of scopes of one kind.
const SCOPES: usize = 6;
/// Gaps and skipped files that are shown.
const GAPS: usize = 10;
/// Lines of a screen: a longer report says its verdict again at its end.
const SCREEN: usize = 40;
/// Reasons that are named beside the verdict.
const REASONS: usize = 3;
/// Characters of the first column.
const LABEL: usize = 14;

/// How text is laid out and coloured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Style {
    /// Whether words are coloured. Colour never carries meaning alone.
    pub colour: Colour,
    /// Characters of a line.
    pub width: usize,
}

/// Whether words are coloured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colour {
    /// No escape sequence is written.
    Never,
    /// Verdicts and severities are coloured.
    Always,
}

/// Writes `plain`.
pub struct Plain {
    /// How it is laid out.
    pub style: Style,
}

impl Plain {
    /// Without colour, 100 characters wide.
    pub const DEFAULT: Self = Self { style: Style { colour: Colour::Never, width: 100 } };
}

impl Format for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        for (at, report) in run.reports.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            out.write_all(self.report(run, report).as_bytes())?;
        }
        if run.reports.len() > 1 {
            writeln!(out)?;
            out.write_all(self.summary(run).as_bytes())?;
        }
        Ok(())
    }
}

impl Plain {
    fn report(&self, run: &Run, report: &Report) -> String {
        let mut rows = Rows::default();
        rows.push("VERDICT", format!("{} {}", self.verdict(report.outcome.verdict), report.target));
        rows.push("", reasons(report));
        exceptions(report, &mut rows);
        scanned(report, &mut rows);
        let is_comparison = report.compared.as_ref().is_some_and(|it| it.scope == Asked::Changes);
        if !is_comparison {
            provenance::provenance(report, &mut rows);
        }
        self.changes(report, &mut rows);
        self.findings(report, &mut rows);
        unchecked(report, &mut rows);
        next(report, &mut rows);
        if report.artifact.is_some() && !is_comparison {
            contents::tools(report, &mut rows);
            contents::reach(report, &mut rows);
            contents::capabilities(report, &mut rows);
            contents::scopes(report, &mut rows);
            contents::dependencies(report, &mut rows);
            contents::coverage(report, &mut rows);
            if !run.reference_data.is_empty() {
                rows.push("rules", format!("reference data of {}", run.reference_data));
            }
        }
        let mut text = rows.table(self.style.width);
        // What a terminal shows of a long report is its end.
        if text.lines().count() > SCREEN && run.reports.len() == 1 {
            let mut last = Rows::default();
            let verdict = self.verdict(report.outcome.verdict);
            last.push("VERDICT", format!("{verdict}: {}", reasons(report)));
            text.push_str(&last.table(self.style.width));
        }
        text
    }

    fn summary(&self, run: &Run) -> String {
        let mut rows = Rows::default();
        for verdict in [Verdict::Fail, Verdict::Incomplete, Verdict::Pass] {
            let targets: Vec<&str> = run
                .reports
                .iter()
                .filter(|report| report.outcome.verdict == verdict)
                .map(|report| report.target.as_str())
                .collect();
            if !targets.is_empty() {
                rows.push(
                    &verdict.name().to_uppercase(),
                    format!("{}: {}", targets.len(), some(&targets, NAMES)),
                );
            }
        }
        rows.table(self.style.width)
    }

    fn verdict(&self, verdict: Verdict) -> String {
        let colour = match verdict {
            Verdict::Pass => "32",
            Verdict::Incomplete => "33",
            Verdict::Fail => "31",
        };
        self.paint(&verdict.name().to_uppercase(), colour)
    }

    fn severity(&self, severity: Severity) -> String {
        match severity {
            Severity::High => self.paint(severity.name(), "31"),
            Severity::Medium => self.paint(severity.name(), "33"),
            Severity::Low => self.paint(severity.name(), "36"),
            Severity::Info => severity.name().to_owned(),
        }
    }

    fn paint(&self, word: &str, colour: &str) -> String {
        match self.style.colour {
            Colour::Never => word.to_owned(),
            Colour::Always => format!("\u{1b}[{colour}m{word}\u{1b}[39m"),
        }
    }

    fn findings(&self, report: &Report, rows: &mut Rows) {
        let others = report.outcome.findings.iter().filter(|judged| judged.finding.change.is_none());
        let groups = findings::groups(others.clone());
        let is_comparison = report.compared.as_ref().is_some_and(|it| it.scope == Asked::Changes);
        if groups.is_empty() {
            if report.artifact.is_some() && !is_comparison {
                rows.push("findings", "none");
            }
            return;
        }
        rows.push(if is_comparison { "new findings" } else { "findings" }, findings::counts(others));
        for group in groups.iter().take(GROUPS) {
            rows.push(&format!("  {}", self.severity(group[0].finding.severity)), findings::shown(group));
        }
        let more: usize = groups.iter().skip(GROUPS).map(Vec::len).sum();
        if more > 0 {
            rows.push("", format!("… and {more} more, see --output json=FILE"));
        }
    }
}

/// Labels and texts, one row each.
#[derive(Default)]
struct Rows(Vec<[String; 2]>);

impl Rows {
    fn push(&mut self, label: &str, text: impl Into<String>) {
        self.0.push([label.to_owned(), text.into()]);
    }

    fn table(self, width: usize) -> String {
        let width = width.saturating_sub(LABEL).max(40);
        let mut builder = Builder::default();
        for [label, text] in self.0 {
            builder.push_record([label, wrapped(&text, width)]);
        }
        let mut table = builder.build();
        table.with(Lines::empty()).with(Padding::zero()).modify(Columns::first(), Width::increase(LABEL));
        table.to_string().lines().map(harmless).collect()
    }
}

/// Text whose every line fits; what a break leaves in front of the next line goes.
fn wrapped(text: &str, width: usize) -> String {
    let lines = text.lines().map(|line| Wrap::wrap(line, width, true));
    let lines: Vec<String> =
        lines.flat_map(|line| line.lines().map(|part| part.trim().to_owned()).collect::<Vec<_>>()).collect();
    lines.join("\n")
}

/// A line that no build service takes for a command, which would start with `::` or `##[`.
fn harmless(line: &str) -> String {
    let line = line.trim_end();
    let text = line.trim_start();
    let blank = &line[..line.len() - text.len()];
    let mark = if text.starts_with("::") || text.starts_with("##[") { "\\" } else { "" };
    format!("{blank}{mark}{text}\n")
}

/// Why the verdict is what it is, in one sentence.
pub(super) fn because(report: &Report) -> String {
    let gating = report.outcome.findings.iter().filter(|judged| judged.gates).count();
    let needed = report.outcome.unchecked.iter().filter(|gap| gap.needed).count();
    if let Some(words) = changes::because(report) {
        return words;
    }
    match report.outcome.verdict {
        Verdict::Pass => "nothing fails the gate, and everything that it needs was looked at".to_owned(),
        Verdict::Fail if gating == 0 => {
            format!(
                "the policy fails what is incomplete, and {} not looked at",
                counted(needed, "thing was", "things were")
            )
        }
        Verdict::Fail if gating == 1 => "1 finding fails the gate".to_owned(),
        Verdict::Fail => format!("{gating} findings fail the gate"),
        Verdict::Incomplete if needed == 1 => "1 thing that the gate needs was not looked at".to_owned(),
        Verdict::Incomplete => format!("{needed} things that the gate needs were not looked at"),
    }
}

/// Why the verdict is what it is, with the names of what fails.
fn reasons(report: &Report) -> String {
    let because = because(report);
    let is_gating = |judged: &&Judged| judged.gates && judged.finding.change.is_none();
    let mut titles: Vec<&str> = Vec::new();
    for judged in report.outcome.findings.iter().filter(is_gating) {
        if !titles.contains(&judged.finding.rule.title.as_str()) {
            titles.push(&judged.finding.rule.title);
        }
    }
    if titles.is_empty() {
        return because;
    }
    let more = titles.len().saturating_sub(REASONS);
    titles.truncate(REASONS);
    let more = if more > 0 { format!("; {more} more") } else { String::new() };
    format!("{because}: {}{more}", titles.join("; "))
}

/// The policy where it is not the usual one, what it accepts, and exceptions that accept nothing.
fn exceptions(report: &Report, rows: &mut Rows) {
    let outcome = &report.outcome;
    if outcome.policy != "profile `laptop`" && !outcome.policy.is_empty() {
        rows.push("policy", outcome.policy.clone());
    }
    let accepted: Vec<String> = outcome
        .findings
        .iter()
        .filter_map(|judged| {
            let accepted = judged.accepted.as_ref()?;
            let rule = &judged.finding.rule.id;
            Some(format!("{rule}, {}: {} ({})", accepted.end(), accepted.reason, accepted.owner))
        })
        .collect();
    if !accepted.is_empty() {
        rows.push("accepted", accepted.join("\n"));
    }
    let spent: Vec<String> = outcome
        .spent
        .iter()
        .map(|spent| {
            let what = spent.state.describe();
            format!("the exception for {} in line {} {what}", spent.rule, spent.line)
        })
        .collect();
    if !spent.is_empty() {
        rows.push("exceptions", spent.join("\n"));
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn scanned(report: &Report, rows: &mut Rows) {
    if let Some(configured) = &report.configured {
        rows.push("asked for by", subject::asked_by(configured));
    }
    let Some(artifact) = &report.artifact else {
        rows.push("scanned", "nothing: the connector could not be acquired");
        return;
    };
    if changes::compared(report, rows) == Asked::Changes {
        return;
    }
    let mut text = format!("{} {}", artifact.name, artifact.version).trim_end().to_owned();
    let _ = write!(text, " ({})", artifact.ecosystem);
    if let Some(published) = &artifact.published {
        let _ = write!(text, ", published {}", published.get(..10).unwrap_or(published));
    }
    let _ = write!(text, "\n{}", artifact.source);
    rows.push("scanned", text);
    let lines: Vec<&str> = std::iter::once(artifact.digest.as_str())
        .chain(artifact.resolution.iter().map(String::as_str))
        .collect();
    rows.push("pinned", lines.join("\n"));
    if let Some(notice) = &artifact.deprecated {
        rows.push("deprecated", notice.clone());
    }
}

fn unchecked(report: &Report, rows: &mut Rows) {
    let mut gaps: Vec<_> = report.outcome.unchecked.iter().collect();
    gaps.sort_by_key(|gap| !gap.needed);
    let mut lines: Vec<String> = gaps
        .iter()
        .take(GAPS)
        .map(|gap| format!("{}{}: {}", if gap.needed { "needed: " } else { "" }, gap.check, gap.why))
        .collect();
    if gaps.len() > GAPS {
        lines.push(format!("… and {} more, see --output json=FILE", gaps.len() - GAPS));
    }
    if !lines.is_empty() {
        rows.push("not checked", lines.join("\n"));
    }
    if !report.hints.is_empty() {
        rows.push("hint", report.hints.join("\n"));
    }
}

fn next(report: &Report, rows: &mut Rows) {
    let mut lines = Vec::new();
    if report.compared.is_some() && report.outcome.verdict == Verdict::Fail {
        let accepts = "mcp-vouch lock --update --reason TEXT: accepts what changed, where a lock approves it";
        lines.push(accepts.to_owned());
    }
    if let Some(line) = pinned_launch(report) {
        lines.push(format!("{line}: starts exactly what was scanned"));
    }
    let gating = report.outcome.findings.iter().find(|judged| is_acceptable(judged));
    if let (Some(judged), None) = (gating, &report.compared) {
        let id = &judged.id;
        lines.push(format!(
            "do what `fix` says; or, where you know better, mcp-vouch accept {id} --reason TEXT --until DATE"
        ));
    }
    if report.outcome.unchecked.iter().any(|gap| gap.needed) && report.artifact.is_some() {
        lines.push("close what is `needed` above and check again: until then nobody knows".to_owned());
    }
    if let Some(judged) =
        report.outcome.findings.iter().find(|judged| judged.finding.severity > Severity::Info)
    {
        lines.push(format!("mcp-vouch rules {}: explains the first finding", judged.finding.rule.id));
    }
    if report.artifact.is_some() {
        lines.push(
            "--output html=FILE shows it, json=FILE or sarif=FILE has everything for machines".to_owned(),
        );
    }
    if !lines.is_empty() {
        rows.push("next", lines.join("\n"));
    }
}

/// Whether it fails the gate and an exception of the policy could accept it.
fn is_acceptable(judged: &Judged) -> bool {
    judged.gates && judged.finding.change.is_none() && !judged.finding.rule.id.starts_with("policy/")
}

/// The line that starts exactly what was scanned, where it passed.
pub(super) fn pinned_launch(report: &Report) -> Option<String> {
    let artifact = report.artifact.as_ref().filter(|artifact| !artifact.version.is_empty())?;
    let (name, version) = (&artifact.name, &artifact.version);
    match (report.outcome.verdict, artifact.ecosystem.as_str()) {
        (Verdict::Pass, "npm") => Some(format!("npx -y {name}@{version}")),
        (Verdict::Pass, "pypi") => Some(format!("uvx {name}@{version}")),
        _ => None,
    }
}

pub(super) fn some<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let mut text = names.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > most {
        let _ = write!(text, " and {} more", names.len() - most);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_long_lists_and_says_how_many_are_missing() {
        assert_eq!(some(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(some(&["a", "b"], 2), "a, b");
    }

    #[test]
    fn no_line_is_a_command_to_a_build_service() {
        let mut rows = Rows::default();
        rows.push("", format!("{} ::error::x ::error::y\n##[error]z", "word ".repeat(17)));
        for line in rows.table(100).lines() {
            let text = line.trim_start();
            assert!(!text.starts_with("::") && !text.starts_with("##["), "{line}");
        }
    }

    #[test]
    fn keeps_to_the_width_without_losing_words() {
        let mut rows = Rows::default();
        rows.push("label", "word ".repeat(60));
        let text = rows.table(80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("word").count(), 60);
    }
}
