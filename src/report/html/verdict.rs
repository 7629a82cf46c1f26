//! The verdict, why it is so, what to do next, and the numbers that a person asks for first.

use std::fmt::Write as _;

use super::{Frame, chip, count, paragraph, prose, sign};
use crate::{
    finding::Severity,
    gate::{Judged, Verdict},
    report::{
        Report, Run, inventory,
        markup::Markup,
        plain::{self, findings::groups},
        subject,
    },
};

/// Reasons and steps that are shown.
const REASONS: usize = 5;
/// The longest side of a bar, in units of its picture.
const BAR: usize = 200;

/// Several targets, the worst first.
pub(super) fn overview(run: &Run, markup: &mut Markup) {
    let mut order: Vec<usize> = (0..run.reports.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(run.reports[*at].outcome.verdict));
    let words = format!("{}: {} connectors", run.verdict().name().to_uppercase(), run.reports.len());
    markup.leaf("h1", &[], &words);
    markup.element(
        "div",
        &[
            ("class", "scroll card overview"),
            ("tabindex", "0"),
            ("role", "group"),
            ("aria-label", "All connectors"),
        ],
        |markup| {
            markup.element("table", &[], |markup| {
                markup.element("thead", &[], |markup| {
                    markup.element("tr", &[], |markup| {
                        for name in ["Connector", "Verdict", "Why"] {
                            markup.leaf("th", &[("scope", "col")], name);
                        }
                    });
                });
                markup.element("tbody", &[], |markup| order.iter().for_each(|at| row(run, *at, markup)));
            });
        },
    );
}

fn row(run: &Run, at: usize, markup: &mut Markup) {
    let report = &run.reports[at];
    let address = format!("#{}", Frame { report: at, depth: 1 }.id("report"));
    markup.element("tr", &[], |markup| {
        markup.element("th", &[("scope", "row")], |markup| {
            markup.leaf("a", &[("href", &address)], &report.target);
        });
        markup.element("td", &[], |markup| {
            chip(tone(report.outcome.verdict).1, report.outcome.verdict.name(), markup);
        });
        markup.element("td", &[], |markup| prose(&plain::because(report), markup));
    });
}

/// Classes and sign of a verdict: of the panel, of a chip, the path of the sign.
fn tone(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Pass => {
            ("verdict pass", "chip verified", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM7.5 12.4l3 3 6-6.3")
        }
        Verdict::Incomplete => (
            "verdict incomplete",
            "chip medium",
            "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM12 7v6M12 16.6v.2",
        ),
        Verdict::Fail => (
            "verdict fail",
            "chip high",
            "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM8.5 8.5l7 7M15.5 8.5l-7 7",
        ),
    }
}

/// The panel on top of a report.
pub(super) fn verdict(report: &Report, frame: Frame, markup: &mut Markup) {
    let verdict = report.outcome.verdict;
    let (class, _, path) = tone(verdict);
    let heading = frame.id("verdict-heading");
    let section =
        [("id", frame.id("verdict")), ("class", class.to_owned()), ("aria-labelledby", heading.clone())];
    let attributes = section.each_ref().map(|(name, value)| (*name, value.as_str()));
    markup.element("section", &attributes, |markup| {
        markup.element("div", &[("class", "answer")], |markup| {
            sign("sign", path, markup);
            markup.element("div", &[], |markup| {
                markup.element(frame.heading(0), &[("id", &heading)], |markup| {
                    markup.leaf("span", &[("class", "word")], verdict.name());
                    markup.text(" ");
                    markup.text(&name(report));
                });
                paragraph("because", &sentence(&plain::because(report)), markup);
                what(report, markup);
            });
        });
        markup.element("div", &[("class", "columns")], |markup| {
            markup.element("div", &[], |markup| reasons(report, frame, markup));
            markup.element("div", &[], |markup| next(report, frame, markup));
        });
    });
    if report.artifact.is_some() {
        tiles(report, markup);
    }
}

fn name(report: &Report) -> String {
    match &report.artifact {
        Some(artifact) if artifact.name.is_empty() => report.target.clone(),
        Some(artifact) => format!("{} {}", artifact.name, artifact.version).trim_end().to_owned(),
        None => report.target.clone(),
    }
}

/// With a capital letter in front and a full stop behind.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}

fn what(report: &Report, markup: &mut Markup) {
    if let Some(configured) = &report.configured {
        paragraph("what", &format!("Asked for by {}.", subject::asked_by(configured)), markup);
    }
    let Some(artifact) = &report.artifact else { return };
    let mut words = if artifact.source.contains(&report.target) {
        artifact.source.clone()
    } else {
        format!("`{}` from {}", report.target, artifact.source)
    };
    if let Some(published) = &artifact.published {
        let _ = write!(words, "; published {}", published.get(..10).unwrap_or(published));
    }
    paragraph("what", &sentence(&words), markup);
    for line in &artifact.resolution {
        markup.element("p", &[("class", "what")], |markup| prose(&sentence(line), markup));
    }
    if let Some(notice) = &artifact.deprecated {
        markup.element("p", &[("class", "what")], |markup| {
            chip("chip high", "deprecated", markup);
            markup.text(" ");
            markup.text(notice);
        });
    }
}

fn reasons(report: &Report, frame: Frame, markup: &mut Markup) {
    let verdict = report.outcome.verdict;
    markup.leaf(frame.heading(1), &[], if verdict == Verdict::Pass { "What it rests on" } else { "Why" });
    let all = groups(&report.outcome.findings);
    let gating: Vec<&Vec<&Judged>> = all.iter().filter(|group| group[0].gates).collect();
    let needed: Vec<_> = report.outcome.unchecked.iter().filter(|gap| gap.needed).collect();
    markup.element("ul", &[], |markup| {
        for group in gating.iter().take(REASONS) {
            markup.element("li", &[], |markup| reason(group, frame, markup));
        }
        for gap in needed.iter().take(REASONS.saturating_sub(gating.len()).max(1)) {
            markup.element("li", &[], |markup| {
                chip("chip medium", "not checked", markup);
                markup.element("p", &[], |markup| prose(&format!("{}: {}", gap.check, gap.why), markup));
            });
        }
        if verdict == Verdict::Pass {
            good(report, markup);
        }
    });
    let more = gating.len().saturating_sub(REASONS);
    if more > 0 {
        paragraph("where", &format!("and {} below", count(more, "more kind", "more kinds")), markup);
    }
}

fn reason(group: &[&Judged], frame: Frame, markup: &mut Markup) {
    let finding = &group[0].finding;
    chip(severity_chip(finding.severity), finding.severity.name(), markup);
    markup.element("p", &[], |markup| {
        let address = format!("#{}", frame.id(&format!("finding-{}", group[0].id)));
        markup.element("a", &[("href", &address)], |markup| prose(&finding.rule.title, markup));
        markup.element("span", &[("class", "where")], |markup| {
            let place = subject::place(finding).unwrap_or_else(|| "the whole package".to_owned());
            markup.text(&place);
            if let Some(tool) = &finding.tool {
                markup.text(", tool ");
                markup.leaf("code", &[], tool);
            }
            if group.len() > 1 {
                markup.text(&format!(", and {} more", group.len() - 1));
            }
        });
    });
}

fn good(report: &Report, markup: &mut Markup) {
    let coverage = &report.coverage;
    let read: usize = coverage.read.values().map(|(files, _)| files).sum();
    let found = match report.outcome.findings.len() {
        0 => "no rule found anything".to_owned(),
        some => format!("no finding fails the gate; {} to read", count(some, "finding is", "findings are")),
    };
    let mut lines = vec![
        (true, found),
        (true, format!("{read} of {} looked at, nothing was run", count(coverage.files, "file", "files"))),
    ];
    let verified: Vec<_> = report.provenance.iter().filter(|one| one.state == "verified").collect();
    lines.extend(verified.iter().take(2).map(|one| (true, format!("{} verified", one.words))));
    if verified.is_empty() {
        lines.push((false, "nothing proves who built it, nor from what".to_owned()));
    }
    lines.extend(reached(report).map(|words| (false, words)));
    for (is_good, line) in lines {
        markup.element("li", &[], |markup| {
            if is_good {
                chip("chip verified", "yes", markup);
            } else {
                chip("chip", "note", markup);
            }
            paragraph("", &line, markup);
        });
    }
}

/// What it can do, in one sentence.
fn reached(report: &Report) -> Option<String> {
    let capabilities = &report.capabilities;
    let uses = inventory::counted(capabilities);
    let can: Vec<&str> =
        uses.iter().filter(|(_, _, uses)| uses.count > 0).map(|(_, words, _)| *words).collect();
    if report.coverage.read.is_empty() {
        return None;
    }
    let can = match can.as_slice() {
        [] => return Some("no use of files, network or processes was seen".to_owned()),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    };
    let hooks = if capabilities.install_hooks.is_empty() { "" } else { ", and runs code at installation" };
    Some(format!("its code {can}{hooks}"))
}

fn next(report: &Report, frame: Frame, markup: &mut Markup) {
    markup.leaf(frame.heading(1), &[], "What to do next");
    let mut steps: Vec<String> = Vec::new();
    for group in groups(&report.outcome.findings).iter().filter(|group| group[0].gates) {
        if !steps.contains(&group[0].finding.rule.fix) && steps.len() < 3 {
            steps.push(group[0].finding.rule.fix.clone());
        }
    }
    steps.extend(report.hints.iter().map(|hint| sentence(hint)));
    match report.outcome.verdict {
        Verdict::Pass => {
            if let Some(line) = plain::pinned_launch(report) {
                steps.push(format!("Start exactly what was scanned: `{line}`."));
            }
            if subject::serious(report).next().is_some() {
                steps.push(
                    "Read the findings below: they do not fail the gate, and may still matter to you."
                        .to_owned(),
                );
            }
            if !report.tools.is_empty() {
                steps.push("Look at what the tools reach, and give it no more than that.".to_owned());
            }
            if report.compared.is_none() && report.artifact.is_some() {
                let quote = if report.target.contains(char::is_whitespace) { "\"" } else { "" };
                steps.push(format!(
                    "Write down what you approved, so that a change is told: `mcp-vouch lock {quote}{}{quote}`.",
                    report.target
                ));
            }
        }
        Verdict::Incomplete if report.hints.is_empty() => {
            steps.push("Close the gaps on the left and scan again: until then nobody knows.".to_owned());
        }
        Verdict::Incomplete => {}
        Verdict::Fail => {
            let first = report.outcome.findings.iter().find(|judged| judged.gates);
            let id = first.map_or("ID", |judged| judged.id.as_str());
            steps.push(format!(
                "Do not start it before that. Where you know better, say so for a while: \
                 `mcp-vouch accept {id} --reason TEXT --until DATE`."
            ));
        }
    }
    markup.element("ol", &[("class", "steps")], |markup| {
        for step in steps {
            markup.element("li", &[], |markup| paragraph("", &step, markup));
        }
    });
}

fn tiles(report: &Report, markup: &mut Markup) {
    markup.element("dl", &[("class", "tiles")], |markup| {
        let findings = &report.outcome.findings;
        let of = |severity| findings.iter().filter(|judged| judged.finding.severity == severity).count();
        let parts = [
            ("high", of(Severity::High)),
            ("medium", of(Severity::Medium)),
            ("low", of(Severity::Low)),
            ("info", of(Severity::Info)),
        ];
        let words: Vec<String> = parts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        let detail = if words.is_empty() { "none".to_owned() } else { words.join(", ") };
        tile("Findings", &findings.len().to_string(), &detail, Some(&parts), markup);
        tools(report, markup);
        let hosts = report.capabilities.hosts.len();
        let names: Vec<&str> = report.capabilities.hosts.keys().take(3).map(String::as_str).collect();
        let detail = if hosts == 0 {
            "no host is named in a request".to_owned()
        } else {
            format!("{}{}", names.join(", "), if hosts > 3 { ", …" } else { "" })
        };
        tile("Hosts it talks to", &hosts.to_string(), &detail, None, markup);
        let coverage = &report.coverage;
        let read: usize = coverage.read.values().map(|(files, _)| files).sum();
        let share = (read * 100).checked_div(coverage.files).unwrap_or(0);
        let detail = format!("{read} of {} read", count(coverage.files, "file", "files"));
        let parts = [("read", read), ("none", coverage.files.saturating_sub(read))];
        tile("Looked at", &format!("{share} %"), &detail, Some(&parts), markup);
    });
}

fn tools(report: &Report, markup: &mut Markup) {
    let coverage = &report.coverage;
    let claims = report.tools.iter().filter(|tool| tool.annotations.read_only == Some(true)).count();
    let missed = coverage.registrations_seen.saturating_sub(coverage.registrations_read);
    let mut detail = match (report.tools.len(), claims) {
        (0, _) => "none was found".to_owned(),
        (_, 1) => "1 says that it only reads".to_owned(),
        _ => format!("{claims} say that they only read"),
    };
    if missed > 0 {
        let _ = write!(detail, "; {missed} more could not be read");
    }
    tile("Tools", &report.tools.len().to_string(), &detail, None, markup);
}

fn tile(
    name: &str,
    number: &str,
    detail: &str,
    parts: Option<&[(&'static str, usize)]>,
    markup: &mut Markup,
) {
    markup.element("div", &[("class", "tile card")], |markup| {
        markup.leaf("dt", &[], name);
        markup.element("dd", &[], |markup| {
            markup.leaf("div", &[("class", "number")], number);
            if let Some(parts) = parts {
                bar(parts, markup);
            }
            markup.leaf("div", &[("class", "detail")], detail);
        });
    });
}

fn bar(parts: &[(&'static str, usize)], markup: &mut Markup) {
    let total: usize = parts.iter().map(|(_, count)| count).sum();
    let attributes = [
        ("class", "bar"),
        ("viewBox", "0 0 200 8"),
        ("preserveAspectRatio", "none"),
        ("aria-hidden", "true"),
    ];
    markup.element("svg", &attributes, |markup| {
        let mut from = 0;
        for (class, count) in parts.iter().filter(|(class, count)| *count > 0 && *class != "none") {
            let width = (count * BAR).checked_div(total).unwrap_or(0).max(2);
            markup.void(
                "rect",
                &[
                    ("class", *class),
                    ("x", &from.to_string()),
                    ("y", "0"),
                    ("width", &width.to_string()),
                    ("height", "8"),
                ],
            );
            from += width;
        }
    });
}

/// The class of a chip that says how bad something is.
pub(super) fn severity_chip(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "chip high",
        Severity::Medium => "chip medium",
        Severity::Low => "chip low",
        Severity::Info => "chip",
    }
}
