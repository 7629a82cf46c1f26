//! Reports to one page that a person looks at: self-contained, without any request, readable without
//! script. Everything that a connector says goes through [`Markup`] and stays text.

mod changes;
mod contents;
mod findings;
mod picture;
mod provenance;
mod source;
mod verdict;
mod words;

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::{
    Format, Report, Run,
    markup::{Attributes, Markup},
    subject,
};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Writes `html`.
pub struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut markup = Markup::default();
        markup.ours("<!DOCTYPE html>\n");
        markup.element("html", &[("lang", "en")], |markup| {
            head(run, markup);
            markup.element("body", &[], |markup| body(run, markup));
        });
        markup.ours("\n");
        out.write_all(markup.finish().as_bytes())
    }
}

/// Where on the page something stands: the number of the report, and how deep its headings are.
#[derive(Clone, Copy)]
struct Frame {
    report: usize,
    depth: usize,
}

impl Frame {
    /// An identifier on the page, made of words of ours alone.
    fn id(self, name: &str) -> String {
        format!("r{}-{name}", self.report)
    }

    /// A heading some levels below the report's own.
    fn heading(self, below: usize) -> &'static str {
        ["h1", "h2", "h3", "h4", "h5", "h6"][(self.depth + below).min(5)]
    }
}

/// Only this style and this script are obeyed, and nothing is ever fetched.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn head(run: &Run, markup: &mut Markup) {
    let what = match run.reports.as_slice() {
        [report] => report.target.clone(),
        reports => format!("{} connectors", reports.len()),
    };
    let title = format!("{}: {what} - mcp-vouch", run.verdict().name().to_uppercase());
    markup.element("head", &[], |markup| {
        markup.void("meta", &[("charset", "utf-8")]);
        markup.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy())]);
        markup.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        markup.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
        markup.void("meta", &[("name", "robots"), ("content", "noindex")]);
        markup.leaf("title", &[], &title);
        markup.element("style", &[], |markup| markup.ours(STYLE));
    });
}

fn body(run: &Run, markup: &mut Markup) {
    markup.leaf("a", &[("class", "skip"), ("href", "#main")], "Skip to the report");
    top(run, markup);
    markup.element("main", &[("id", "main"), ("class", "wrap"), ("tabindex", "-1")], |markup| {
        if run.reports.len() > 1 {
            verdict::overview(run, markup);
        }
        let depth = usize::from(run.reports.len() > 1);
        for (at, report) in run.reports.iter().enumerate() {
            one(report, Frame { report: at, depth }, markup);
        }
    });
    markup.element("footer", &[], |markup| {
        markup.element("div", &[("class", "wrap")], |markup| footer(run, markup));
    });
    markup.element("script", &[], |markup| markup.ours(SCRIPT));
}

/// A part of a report: name in addresses, name for a person, what draws it.
type Part = (&'static str, &'static str, fn(&Report, Frame, &mut Markup));

/// The parts of a report that exist, below its verdict.
fn parts(report: &Report) -> Vec<Part> {
    let has = report.artifact.is_some();
    let all: [(bool, Part); 7] = [
        (changes::exists(report), ("changes", "What changed", changes::changes)),
        (has, ("provenance", "Who built it", provenance::provenance)),
        (has && picture::exists(report), ("reach", "What it reaches", picture::picture)),
        (true, ("findings", "Findings", findings::findings)),
        (!report.tools.is_empty(), ("tools", "Tools", contents::tools)),
        (has, ("inventory", "Inventory", contents::inventory)),
        (true, ("coverage", "Coverage", contents::coverage)),
    ];
    all.into_iter().filter_map(|(exists, part)| exists.then_some(part)).collect()
}

fn top(run: &Run, markup: &mut Markup) {
    markup.element("header", &[("class", "top")], |markup| {
        markup.element("div", &[("class", "wrap")], |markup| {
            markup.leaf("span", &[("class", "brand")], "mcp-vouch");
            let [report] = run.reports.as_slice() else { return };
            let frame = Frame { report: 0, depth: 0 };
            markup.element("nav", &[("aria-label", "Parts of the report")], |markup| {
                markup.element("ul", &[], |markup| {
                    let names = parts(report).into_iter().map(|(id, words, _)| (id, words));
                    for (id, words) in std::iter::once(("verdict", "Verdict")).chain(names) {
                        let address = format!("#{}", frame.id(id));
                        markup.element("li", &[], |markup| markup.leaf("a", &[("href", &address)], words));
                    }
                });
            });
        });
    });
}

fn one(report: &Report, frame: Frame, markup: &mut Markup) {
    markup.element("article", &[("class", "report"), ("id", &frame.id("report"))], |markup| {
        verdict::verdict(report, frame, markup);
        for (id, words, draw) in parts(report) {
            section(frame, id, words, markup, |markup| draw(report, frame, markup));
        }
    });
}

fn section(
    frame: Frame,
    id: &'static str,
    words: &str,
    markup: &mut Markup,
    content: impl FnOnce(&mut Markup),
) {
    let heading = frame.id(&format!("{id}-heading"));
    // Where there are several reports, the name of the connector tells their parts apart.
    let mut named = heading.clone();
    if frame.depth > 0 {
        named = format!("{} {named}", frame.id("verdict-heading"));
    }
    markup.element("section", &[("id", &frame.id(id)), ("aria-labelledby", &named)], |markup| {
        markup.leaf(frame.heading(1), &[("id", &heading)], words);
        content(markup);
    });
}

fn footer(run: &Run, markup: &mut Markup) {
    let words = format!("mcp-vouch {}, rules sha256:{}", run.version, run.rules_digest);
    markup.leaf("p", &[], &words);
    if !run.reference_data.is_empty() {
        markup.leaf("p", &[], &format!("Reference data of {}", run.reference_data));
    }
    if run.time.is_some() {
        markup.leaf("p", &[], &format!("Scanned at {}", subject::moment(run)));
    }
    markup.leaf(
        "p",
        &[],
        "Nothing that was scanned was run. A pass says what was looked at and that no rule which may fail the \
         gate found anything; it is no promise. This page makes no request.",
    );
}

/// Text in which backticks mark literals.
fn prose(text: &str, markup: &mut Markup) {
    if text.matches('`').count() % 2 == 1 {
        markup.text(text);
        return;
    }
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            1 => markup.leaf("code", &[], part),
            _ => markup.text(part),
        }
    }
}

/// A paragraph of prose.
fn paragraph(class: &'static str, text: &str, markup: &mut Markup) {
    let attributes: &Attributes<'_> = if class.is_empty() { &[] } else { &[("class", class)] };
    markup.element("p", attributes, |markup| prose(text, markup));
}

/// A small label.
fn chip(class: &'static str, text: &str, markup: &mut Markup) {
    markup.leaf("span", &[("class", class)], text);
}

/// A sign of lines in a square of 24.
fn sign(class: &'static str, path: &'static str, markup: &mut Markup) {
    let attributes =
        [("class", class), ("viewBox", "0 0 24 24"), ("aria-hidden", "true"), ("focusable", "false")];
    markup.element("svg", &attributes, |markup| {
        markup.void(
            "path",
            &[
                ("d", path),
                ("fill", "none"),
                ("stroke", "currentColor"),
                ("stroke-width", "2"),
                ("stroke-linecap", "round"),
                ("stroke-linejoin", "round"),
            ],
        );
    });
}

/// `1 thing` or `2 things`.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
