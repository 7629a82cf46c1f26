//! Reports to JUnit XML, which build services show as tests: one suite for each target.

use std::{fmt::Write as _, io};

use super::{Format, Report, Run, markup::Markup, plain, subject};
use crate::gate::{Judged, Unchecked, Verdict};

/// Writes `junit`.
pub struct JUnit;

impl Format for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut markup = Markup::default();
        markup.ours("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let total = run.reports.iter().map(Counts::of).fold(Counts::default(), Counts::plus);
        let [tests, failures, errors, skipped] = total.words();
        let counts = [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)];
        let mut attributes = vec![("name", "mcp-vouch")];
        attributes.extend(counts.iter().map(|(name, count)| (*name, count.as_str())));
        markup.element("testsuites", &attributes, |markup| {
            markup.ours("\n");
            run.reports.iter().for_each(|report| suite(run, report, markup));
        });
        markup.ours("\n");
        out.write_all(markup.finish().as_bytes())
    }
}

/// How many cases there are, and how they came out.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let outcome = &report.outcome;
        let errors = outcome.unchecked.iter().filter(|gap| gap.needed).count();
        Self {
            tests: 1 + outcome.findings.len() + outcome.unchecked.len(),
            failures: usize::from(outcome.verdict == Verdict::Fail)
                + outcome.findings.iter().filter(|judged| judged.gates).count(),
            errors: errors + usize::from(outcome.verdict == Verdict::Incomplete),
            skipped: outcome.unchecked.len() - errors,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }

    fn words(self) -> [String; 4] {
        [self.tests, self.failures, self.errors, self.skipped].map(|count| count.to_string())
    }
}

fn suite(run: &Run, report: &Report, markup: &mut Markup) {
    let [tests, failures, errors, skipped] = Counts::of(report).words();
    let moment = subject::moment(run);
    let mut attributes = vec![
        ("name", report.target.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
        ("time", "0"),
    ];
    if run.time.is_some() {
        attributes.push(("timestamp", moment.trim_end_matches('Z')));
    }
    markup.element("testsuite", &attributes, |markup| {
        markup.ours("\n");
        verdict(report, markup);
        report.outcome.findings.iter().for_each(|judged| finding(report, judged, markup));
        report.outcome.unchecked.iter().for_each(|gap| unchecked(report, gap, markup));
    });
    markup.ours("\n");
}

fn case(report: &Report, class: &str, name: &str, markup: &mut Markup, content: impl FnOnce(&mut Markup)) {
    let class = format!("mcp-vouch.{class}");
    let asked_by = report.configured.as_ref().map(|configured| configured.location.path.as_str());
    let file = asked_by.or(report.manifest.as_deref()).unwrap_or(&report.target);
    let attributes = [("classname", class.as_str()), ("name", name), ("file", file), ("time", "0")];
    markup.element("testcase", &attributes, content);
    markup.ours("\n");
}

fn verdict(report: &Report, markup: &mut Markup) {
    let because = plain::because(report);
    case(report, "verdict", "the gate", markup, |markup| match report.outcome.verdict {
        Verdict::Pass => markup.leaf("system-out", &[], &because),
        Verdict::Fail => markup.leaf("failure", &[("type", "fail"), ("message", &because)], &because),
        Verdict::Incomplete => {
            markup.leaf("error", &[("type", "incomplete"), ("message", &because)], &because);
        }
    });
}

fn finding(report: &Report, judged: &Judged, markup: &mut Markup) {
    let finding = &judged.finding;
    let message = subject::message(finding);
    let place = subject::place(finding).unwrap_or_else(|| "whole package".to_owned());
    let mut text = format!(
        "{} severity, {} confidence\n{place}\n{message}\nwhy: {}\nfix: {}\nid: {}",
        finding.severity, finding.confidence, finding.rule.why, finding.rule.fix, judged.id
    );
    for step in &finding.steps {
        let _ = write!(text, "\nstep {}:{} {}", step.location.path, step.location.line, step.what);
    }
    if let Some(words) = subject::accepted(judged) {
        let _ = write!(text, "\naccepted: {words}");
    }
    let class = finding.rule.id.replace('/', ".");
    case(report, &class, &format!("{} at {place} [{}]", finding.rule.title, judged.id), markup, |markup| {
        if judged.gates {
            markup.leaf("failure", &[("type", &finding.rule.id), ("message", message)], &text);
        } else {
            markup.leaf("system-out", &[], &text);
        }
    });
}

fn unchecked(report: &Report, gap: &Unchecked, markup: &mut Markup) {
    case(report, "unchecked", &format!("{}: {}", gap.check, gap.why), markup, |markup| {
        if gap.needed {
            markup.leaf("error", &[("type", "unchecked"), ("message", &gap.why)], "the gate needs it");
        } else {
            markup.void("skipped", &[("message", &gap.why)]);
        }
    });
}
