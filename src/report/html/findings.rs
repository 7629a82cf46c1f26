//! Findings, each with what it means, what to do, and the way of the value through the source.

use super::{
    Frame, chip, count, paragraph, prose,
    source::{self, Around},
    verdict::{sentence, severity_chip},
};
use crate::{
    finding::{Finding, Severity},
    gate::Judged,
    report::{Report, markup::Markup, subject},
};

/// Findings that are shown: more than that nobody reads.
const MOST: usize = 300;
/// Further places of one finding that are shown.
const ALSO: usize = 12;
/// Findings that stand open at first.
const OPEN: usize = 3;
/// From this many on there is something to filter.
const FEW: usize = 4;

/// All findings of a report.
pub(super) fn findings(report: &Report, frame: Frame, markup: &mut Markup) {
    let is_other = |judged: &&Judged| judged.finding.change.is_none();
    let findings: Vec<&Judged> = report.outcome.findings.iter().filter(is_other).collect();
    if findings.is_empty() {
        paragraph("none", "No rule found anything.", markup);
        return;
    }
    let gating = findings.iter().filter(|judged| judged.gates).count();
    let words = match gating {
        0 if findings.len() == 1 => "1 finding, which does not fail the gate.".to_owned(),
        1 if findings.len() == 1 => "1 finding, which fails the gate.".to_owned(),
        0 => format!("{}, and none of them fails the gate.", count(findings.len(), "finding", "findings")),
        1 => format!("{}; 1 of them fails the gate.", count(findings.len(), "finding", "findings")),
        _ => format!("{}; {gating} of them fail the gate.", count(findings.len(), "finding", "findings")),
    };
    paragraph("lede", &words, markup);
    let list = frame.id("findings-list");
    if findings.len() > FEW {
        controls(&list, frame, markup);
    }
    markup.element("ul", &[("class", "findings"), ("id", &list)], |markup| {
        for (at, judged) in findings.iter().take(MOST).enumerate() {
            item(report, judged, frame, at < OPEN && (judged.gates || at == 0), markup);
        }
    });
    if findings.len() > MOST {
        let words = format!("{} more are in `--output json=FILE`.", findings.len() - MOST);
        paragraph("none", &words, markup);
    }
}

fn controls(list: &str, frame: Frame, markup: &mut Markup) {
    let attributes = [
        ("class", "controls"),
        ("data-for", list),
        ("hidden", "hidden"),
        ("role", "search"),
        ("aria-label", "Findings"),
    ];
    markup.element("form", &attributes, |markup| {
        field("Filter", &frame.id("findings-query"), markup);
        choice(
            "Severity",
            "severity",
            &frame.id("findings-severity"),
            &["all", "high", "medium", "low", "info"],
            markup,
        );
        choice("Order", "sort", &frame.id("findings-sort"), &["severity", "place", "rule"], markup);
        markup.leaf("button", &[("type", "button")], "Open all");
        markup.leaf("output", &[("aria-live", "polite")], "");
    });
}

/// A field for words.
pub(super) fn field(label: &str, id: &str, markup: &mut Markup) {
    markup.element("label", &[("for", id)], |markup| {
        markup.text(label);
        markup.void("input", &[("id", id), ("type", "search"), ("autocomplete", "off")]);
    });
}

/// A choice among words of ours.
pub(super) fn choice(
    label: &str,
    name: &'static str,
    id: &str,
    options: &[&'static str],
    markup: &mut Markup,
) {
    markup.element("label", &[("for", id)], |markup| {
        markup.text(label);
        markup.element("select", &[("id", id), ("name", name)], |markup| {
            for option in options {
                markup.leaf("option", &[("value", *option)], option);
            }
        });
    });
}

fn item(report: &Report, judged: &Judged, frame: Frame, open: bool, markup: &mut Markup) {
    let finding = &judged.finding;
    let place = subject::place(finding).unwrap_or_default();
    let item = [
        ("id", frame.id(&format!("finding-{}", judged.id))),
        ("data-severity", finding.severity.name().to_owned()),
        ("data-place", place),
        ("data-rule", finding.rule.id.clone()),
    ];
    let attributes = item.each_ref().map(|(name, value)| (*name, value.as_str()));
    let class = match finding.severity {
        Severity::High => "card finding is-high",
        Severity::Medium => "card finding is-medium",
        Severity::Low => "card finding is-low",
        Severity::Info => "card finding",
    };
    let mut details = vec![("class", class)];
    if open {
        details.push(("open", "open"));
    }
    markup.element("li", &attributes, |markup| {
        markup.element("details", &details, |markup| {
            markup.element("summary", &[], |markup| summary(judged, markup));
            markup.element("div", &[("class", "body")], |markup| body(report, judged, markup));
        });
    });
}

fn summary(judged: &Judged, markup: &mut Markup) {
    let finding = &judged.finding;
    markup.element("span", &[("class", "line")], |markup| {
        markup.element("span", &[("class", "tag")], |markup| {
            chip(severity_chip(finding.severity), finding.severity.name(), markup);
        });
        markup.element("span", &[("class", "title")], |markup| {
            prose(&finding.rule.title, markup);
            if judged.gates {
                markup.text(" ");
                chip("chip high", "fails the gate", markup);
            }
            if judged.accepted.is_some() {
                markup.text(" ");
                chip("chip accepted", "accepted", markup);
            }
        });
        markup.element("span", &[("class", "where")], |markup| {
            markup.text(&subject::place(finding).unwrap_or_else(|| "the whole package".to_owned()));
            if let Some(tool) = &finding.tool {
                markup.text(" in tool ");
                markup.leaf("code", &[], tool);
            }
        });
    });
}

fn body(report: &Report, judged: &Judged, markup: &mut Markup) {
    let finding = &judged.finding;
    if subject::message(finding) != finding.rule.title {
        paragraph("message", &sentence(subject::message(finding)), markup);
    }
    if finding.steps.is_empty() {
        if let Some(location) = &finding.location {
            source::source(report, location, Around::Shown, markup);
        }
    } else {
        flow(report, finding, markup);
    }
    markup.element("dl", &[], |markup| {
        let confidence = match finding.confidence.name() {
            "high" => "high: a rule that is hardly ever wrong",
            "medium" => "medium: usually right",
            _ => "low: often something else",
        };
        let references: Vec<String> = finding
            .rule
            .cwe
            .iter()
            .map(|cwe| format!("CWE-{cwe}"))
            .chain(finding.rule.references.iter().cloned())
            .collect();
        let also: Vec<String> = finding.also.iter().map(|at| format!("`{}:{}`", at.path, at.line)).collect();
        for (name, text) in [
            ("Also at", crate::report::plain::some(&also, ALSO)),
            ("Why it matters", finding.rule.why.clone()),
            ("What to do", finding.rule.fix.clone()),
            ("Accepted", subject::accepted(judged).unwrap_or_default()),
            ("Confidence", confidence.to_owned()),
            ("Rule", format!("`{}`", finding.rule.id)),
            ("Also known as", references.join("; ")),
            ("Id", format!("`{}`", judged.id)),
        ] {
            if !text.is_empty() {
                markup.leaf("dt", &[], name);
                markup.element("dd", &[], |markup| prose(&text, markup));
            }
        }
    });
}

/// The way of a value: where it comes in, where it passes, where it ends up.
fn flow(report: &Report, finding: &Finding, markup: &mut Markup) {
    let last = finding.steps.len() - 1;
    markup.element("ol", &[("class", "flow"), ("aria-label", "The way of the value")], |markup| {
        for (at, step) in finding.steps.iter().enumerate() {
            let role = match at {
                _ if last == 0 => "Here",
                0 => "It comes in",
                at if at == last => "It ends up here",
                _ => "It passes",
            };
            markup.element("li", &[], |markup| {
                markup.element("div", &[("class", "step")], |markup| {
                    markup.leaf("span", &[("class", "role")], role);
                    if !step.what.is_empty() {
                        markup.text(": ");
                        prose(&step.what, markup);
                    }
                    markup.text(" ");
                    let place = format!("{}:{}", step.location.path, step.location.line);
                    markup.leaf("span", &[("class", "place")], &place);
                });
                let around = if at == last { Around::Shown } else { Around::Hidden };
                source::source(report, &step.location, around, markup);
            });
        }
    });
}
