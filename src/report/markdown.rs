//! Reports to Markdown for a job summary: one screen for each target, everything escaped.

use std::{fmt::Write as _, io};

use super::{
    Format, ProvenanceFacts, Report, Run,
    plain::{self, findings},
    subject,
};
use crate::{gate::Judged, untrusted::excerpt};

/// Most bytes of a job summary; one that is larger is not shown at all.
const MOST: usize = 1 << 20;
/// What is kept free for the last line.
const SPARE: usize = 200;
/// Groups of findings, gaps and pieces of evidence that are shown.
const GROUPS: usize = 8;
const GAPS: usize = 5;
const EVIDENCE: usize = 4;
/// Characters of one text.
const LENGTH: usize = 300;

/// Writes `markdown`.
pub struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(document(run, MOST).as_bytes())
    }
}

fn document(run: &Run, most: usize) -> String {
    let mut text = String::new();
    if run.reports.len() > 1 {
        overview(run, &mut text);
    }
    for (at, report) in run.reports.iter().enumerate() {
        let one = one(report);
        if text.len() + one.len() > most - SPARE {
            let left = run.reports.len() - at;
            let _ =
                writeln!(text, "\n**{left} of {} targets do not fit into a summary.**", run.reports.len());
            break;
        }
        text.push_str(&one);
    }
    text
}

fn overview(run: &Run, text: &mut String) {
    let _ = writeln!(text, "# {} of {} targets\n", run.verdict().name().to_uppercase(), run.reports.len());
    text.push_str("| verdict | target | why |\n|---|---|---|\n");
    for report in run.reports.iter().take(200) {
        let verdict = report.outcome.verdict.name().to_uppercase();
        let _ =
            writeln!(text, "| {verdict} | {} | {} |", code(&report.target), prose(&plain::because(report)));
    }
    if run.reports.len() > 200 {
        let _ = writeln!(text, "\nand {} more", run.reports.len() - 200);
    }
    text.push('\n');
}

fn one(report: &Report) -> String {
    let verdict = report.outcome.verdict.name().to_uppercase();
    let mut text =
        format!("## {verdict} {}\n\n{}.\n\n", code(&report.target), sentence(&plain::because(report)));
    facts(report, &mut text);
    findings_table(report, &mut text);
    gaps(report, &mut text);
    next(report, &mut text);
    text.push('\n');
    text
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    prose(&first.chain(characters).collect::<String>())
}

fn facts(report: &Report, text: &mut String) {
    if report.artifact.is_none() && report.configured.is_none() {
        return;
    }
    text.push_str("| | |\n|---|---|\n");
    if let Some(configured) = &report.configured {
        let place = format!("{}:{}", configured.location.path, configured.location.line);
        let _ = writeln!(text, "| asked for by | {} as {} |", code(&place), code(&configured.name));
    }
    let Some(artifact) = &report.artifact else {
        text.push('\n');
        return;
    };
    let name = format!("{} {}", artifact.name, artifact.version);
    let published =
        artifact.published.as_ref().map(|at| format!(", published {}", prose(at))).unwrap_or_default();
    let _ =
        writeln!(text, "| scanned | {} ({}){published} |", code(name.trim_end()), prose(&artifact.ecosystem));
    let _ = writeln!(text, "| digest | {} |", code(&subject::digest(artifact)));
    if let Some(notice) = &artifact.deprecated {
        let _ = writeln!(text, "| deprecated | {} |", prose(notice));
    }
    for one in report.provenance.iter().take(EVIDENCE) {
        let _ = writeln!(text, "| {} | {} |", prose(one.words), evidence(one));
    }
    let coverage = &report.coverage;
    let read: usize = coverage.read.values().map(|(files, _)| files).sum();
    let _ = writeln!(text, "| read | {read} of {} files, {} tools |", coverage.files, report.tools.len());
    text.push('\n');
}

fn evidence(facts: &ProvenanceFacts) -> String {
    let mut text = format!("**{}**", facts.state);
    if !facts.why.is_empty() {
        let _ = write!(text, ": {}", prose(&facts.why));
    }
    if let Some(repository) = facts.fact("repository") {
        let _ = write!(text, ", from {}", code(repository));
    }
    if let Some(commit) = facts.fact("commit") {
        let _ = write!(text, " at {}", code(commit.get(..12).unwrap_or(commit)));
    }
    text
}

fn findings_table(report: &Report, text: &mut String) {
    let groups = findings::groups(&report.outcome.findings);
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(text, "### Findings: {}\n", findings::counts(&report.outcome.findings));
    text.push_str("| severity | what | where |\n|---|---|---|\n");
    for group in groups.iter().take(GROUPS) {
        let finding = &group[0].finding;
        let gates = match subject::accepted(group[0]) {
            Some(words) => format!("**accepted**: {}<br>", prose(&words)),
            None if group[0].gates => "**fails the gate**<br>".to_owned(),
            None => String::new(),
        };
        let message = subject::message(finding);
        let said =
            if message == finding.rule.title { String::new() } else { format!(": {}", prose(message)) };
        let _ = writeln!(
            text,
            "| {} | {gates}{}{said}<br>{} | {} |",
            finding.severity,
            prose(&finding.rule.title),
            code(&finding.rule.id),
            places(group)
        );
    }
    let more: usize = groups.iter().skip(GROUPS).map(Vec::len).sum();
    if more > 0 {
        let _ = writeln!(text, "\nand {more} more in the full report");
    }
    text.push('\n');
    for group in groups.iter().filter(|group| group[0].gates).take(3) {
        let rule = group[0].finding.rule;
        let _ = writeln!(text, "- **What to do** about {}: {}", code(&rule.id), prose(&rule.fix));
    }
}

fn places(group: &[&Judged]) -> String {
    let first = subject::place(&group[0].finding).unwrap_or_else(|| "whole package".to_owned());
    let mut text = code(&first);
    if let Some(tool) = &group[0].finding.tool {
        let _ = write!(text, " in {}", code(tool));
    }
    if group.len() > 1 {
        let _ = write!(text, " and {} more", group.len() - 1);
    }
    text
}

fn gaps(report: &Report, text: &mut String) {
    let mut gaps: Vec<_> = report.outcome.unchecked.iter().collect();
    gaps.sort_by_key(|gap| !gap.needed);
    if gaps.is_empty() && report.hints.is_empty() {
        return;
    }
    text.push_str("\n### Not checked\n\n");
    for gap in gaps.iter().take(GAPS) {
        let needed = if gap.needed { "**needed** " } else { "" };
        let _ = writeln!(text, "- {needed}{}: {}", prose(&gap.check), prose(&gap.why));
    }
    if gaps.len() > GAPS {
        let _ = writeln!(text, "- and {} more", gaps.len() - GAPS);
    }
    for hint in &report.hints {
        let _ = writeln!(text, "- hint: {}", prose(hint));
    }
}

fn next(report: &Report, text: &mut String) {
    if let Some(line) = plain::pinned_launch(report) {
        let _ = writeln!(text, "\nStarts exactly what was scanned: {}", code(&line));
    }
}

/// A literal: nothing in it is obeyed, linked or takes anybody's name.
fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    excerpt(text, LENGTH).chars().for_each(|c| escape(c, &mut out));
    out.push_str("</code>");
    out
}

/// Text in which backticks mark literals, and nothing else means anything.
fn prose(text: &str) -> String {
    let text = excerpt(text, LENGTH);
    if text.matches('`').count() % 2 == 1 {
        return code(&text);
    }
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            out.push_str(&code(part));
            continue;
        }
        for c in part.chars() {
            // A name or a number behind these would be told or linked.
            if matches!(c, '@' | '#') {
                out.push_str(&code(&c.to_string()));
            } else {
                escape(c, &mut out);
            }
        }
    }
    out
}

/// Punctuation as a reference to its number is shown, and is never syntax.
fn escape(c: char, out: &mut String) {
    if c.is_ascii_punctuation() && !matches!(c, ',' | ';' | '(' | ')' | '/' | '%' | '?' | '=') {
        let _ = write!(out, "&#{};", u32::from(c));
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_means_nothing() {
        for (hostile, expected) in [
            ("a|b", "a&#124;b"),
            ("<b>", "&#60;b&#62;"),
            ("[x](y)", "&#91;x&#93;(y)"),
            ("run `x|y`", "run <code>x&#124;y</code>"),
            ("one ` alone", "<code>one &#96; alone</code>"),
            ("ask @user", "ask <code>&#64;</code>user"),
            ("see #1", "see <code>&#35;</code>1"),
            ("https://x.y", "https&#58;//x&#46;y"),
            ("*a* _b_ ~~c~~", "&#42;a&#42; &#95;b&#95; &#126;&#126;c&#126;&#126;"),
            ("${{ x }}", "&#36;&#123;&#123; x &#125;&#125;"),
        ] {
            assert_eq!(prose(hostile), expected);
        }
        assert_eq!(code("`@a`"), "<code>&#96;&#64;a&#96;</code>");
    }

    #[test]
    fn says_what_does_not_fit() {
        let report = Report { target: "x".repeat(100), ..testing() };
        let run = Run::new(String::new(), vec![report; 9]);
        let text = document(&run, 3_000);
        assert!(text.len() <= 3_000, "{}", text.len());
        assert!(text.contains("of 9 targets do not fit into a summary.**"), "{text}");
        assert!(!document(&run, MOST).contains("do not fit"));
    }

    fn testing() -> Report {
        Report {
            target: String::new(),
            configured: None,
            artifact: None,
            outcome: crate::gate::judge(
                Vec::new(),
                Vec::new(),
                &crate::gate::Policy::default(),
                &crate::gate::About::default(),
                &[],
            ),
            provenance: Vec::new(),
            tools: Vec::new(),
            prompts: Vec::new(),
            resources: Vec::new(),
            capabilities: crate::connector::capabilities::Capabilities::default(),
            scopes: Vec::new(),
            dependencies: Vec::new(),
            coverage: crate::report::Coverage::default(),
            manifest: None,
            hints: Vec::new(),
            compared: None,
            excerpts: std::collections::BTreeMap::new(),
        }
    }
}
