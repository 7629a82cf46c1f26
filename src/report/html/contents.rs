//! What is inside: tools with their texts, what the code can do, dependencies, and what was read.

use std::fmt::Write as _;

use super::{
    Frame, chip, count,
    findings::{choice, field},
    paragraph, picture, prose,
};
use crate::{
    connector::capabilities::Uses,
    report::{Report, Schema, ToolFacts, inventory, markup::Markup, plain::contents::size},
};

/// Tools, dependencies, names and lines that are shown.
const TOOLS: usize = 500;
const DEPENDENCIES: usize = 400;
const NAMES: usize = 60;
const LINES: usize = 200;
/// Things that one tool reaches, in its row.
const CHIPS: usize = 5;
/// Parameters of one tool.
const PARAMETERS: usize = 30;
/// From this many on there is something to filter.
const FEW: usize = 6;

/// The table of tools.
pub(super) fn tools(report: &Report, frame: Frame, markup: &mut Markup) {
    let coverage = &report.coverage;
    let missed = coverage.registrations_seen.saturating_sub(coverage.registrations_read);
    let mut words = format!(
        "{}. What they claim is their own word; what they reach was read from the code.",
        count(report.tools.len(), "tool", "tools")
    );
    if missed > 0 {
        let more = count(missed, "more registration", "more registrations");
        let _ = write!(words, " {more} could not be read without running it.");
    }
    paragraph("lede", &words, markup);
    let list = frame.id("tools-list");
    if report.tools.len() > FEW {
        let attributes = [
            ("class", "controls"),
            ("data-for", list.as_str()),
            ("hidden", "hidden"),
            ("role", "search"),
            ("aria-label", "Tools"),
        ];
        markup.element("form", &attributes, |markup| {
            field("Filter", &frame.id("tools-query"), markup);
            choice("Order", "sort", &frame.id("tools-sort"), &["name", "reach"], markup);
            markup.leaf("button", &[("type", "button")], "Open all");
            markup.leaf("output", &[("aria-live", "polite")], "");
        });
    }
    scroll("card scroll tools", "Tools", markup, |markup| {
        columns(&[("Tool", ""), ("Claims", "optional"), ("Reaches", ""), ("Defined", "optional")], markup);
        markup.element("tbody", &[("id", &list)], |markup| {
            report.tools.iter().take(TOOLS).for_each(|tool| row(report, tool, markup));
        });
    });
    if report.tools.len() > TOOLS {
        paragraph(
            "none",
            &format!("{} more are in `--output json=FILE`.", report.tools.len() - TOOLS),
            markup,
        );
    }
    names("Prompts", &report.prompts, markup);
    names("Resources", &report.resources, markup);
}

fn names(label: &str, names: &[String], markup: &mut Markup) {
    if names.is_empty() {
        return;
    }
    markup.element("p", &[("class", "none")], |markup| {
        markup.text(&format!("{label} ({}): ", names.len()));
        some(names.iter().map(String::as_str), markup);
    });
}

/// Names as literals, as far as they fit.
fn some<'a>(names: impl Iterator<Item = &'a str>, markup: &mut Markup) {
    let mut left = 0_usize;
    for (at, name) in names.enumerate() {
        if at >= NAMES {
            left += 1;
            continue;
        }
        if at > 0 {
            markup.text(", ");
        }
        markup.leaf("code", &[], name);
    }
    if left > 0 {
        markup.text(&format!(" and {left} more"));
    }
}

fn scroll(class: &'static str, label: &str, markup: &mut Markup, content: impl FnOnce(&mut Markup)) {
    let attributes = [("class", class), ("tabindex", "0"), ("role", "group"), ("aria-label", label)];
    markup.element("div", &attributes, |markup| markup.element("table", &[], content));
}

fn columns(names: &[(&str, &'static str)], markup: &mut Markup) {
    markup.element("thead", &[], |markup| {
        markup.element("tr", &[], |markup| {
            for (name, class) in names {
                markup.leaf("th", &[("scope", "col"), ("class", class)], name);
            }
        });
    });
}

fn row(report: &Report, tool: &ToolFacts, markup: &mut Markup) {
    let reaches = picture::reaches(report, tool);
    let weight = reaches.iter().map(|(_, danger)| if *danger { 100 } else { 1 }).sum::<usize>().to_string();
    markup.element("tr", &[("data-name", tool.name.as_str()), ("data-reach", weight.as_str())], |markup| {
        markup.element("th", &[("scope", "row")], |markup| {
            markup.element("details", &[], |markup| {
                markup.leaf("summary", &[], &tool.name);
                markup.element("div", &[("class", "about")], |markup| about(tool, markup));
            });
        });
        markup.element("td", &[("class", "optional")], |markup| {
            markup.text(&claims(tool));
        });
        markup.element("td", &[], |markup| chips(tool, &reaches, markup));
        markup.element("td", &[("class", "optional")], |markup| defined(tool, markup));
    });
}

/// What a tool says about itself.
fn claims(tool: &ToolFacts) -> String {
    match inventory::claims(tool.annotations).replace("read-only", "only reads") {
        claims if claims.is_empty() => "nothing".to_owned(),
        claims => claims,
    }
}

fn chips(tool: &ToolFacts, reaches: &[(String, bool)], markup: &mut Markup) {
    if reaches.is_empty() {
        let words = if tool.reach.is_some() { "nothing that was seen" } else { "its code was not found" };
        markup.leaf("span", &[("class", "soft")], words);
        return;
    }
    markup.element("span", &[("class", "chips")], |markup| {
        let mut order: Vec<&(String, bool)> = reaches.iter().collect();
        order.sort_by_key(|(_, danger)| !danger);
        for (words, danger) in order.iter().take(CHIPS) {
            chip(if *danger { "chip danger" } else { "chip" }, words, markup);
        }
        if order.len() > CHIPS {
            let rest: Vec<&str> = order[CHIPS..].iter().map(|(words, _)| words.as_str()).collect();
            markup.leaf("span", &[("class", "hidden-text")], &rest.join(", "));
            chip("chip", &format!("and {} more", rest.len()), markup);
        }
    });
}

fn defined(tool: &ToolFacts, markup: &mut Markup) {
    match &tool.location {
        Some(location) => markup.leaf("code", &[], &format!("{}:{}", location.path, location.line)),
        None => markup.text(tool.found),
    }
}

fn about(tool: &ToolFacts, markup: &mut Markup) {
    if let Some(title) = &tool.title {
        markup.leaf("p", &[], title);
    }
    match &tool.description {
        Some(description) => markup.leaf("p", &[], description),
        None => markup.leaf("p", &[("class", "soft")], "It has no description."),
    }
    parameters(tool, markup);
    markup.element("p", &[("class", "soft")], |markup| {
        markup.text(&format!("Claims: {}. Defined at ", claims(tool)));
        defined(tool, markup);
        markup.text(".");
    });
}

fn parameters(tool: &ToolFacts, markup: &mut Markup) {
    let schema = tool.input.as_ref().map(Schema::value).unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(|properties| properties.as_object()) else {
        return;
    };
    if properties.is_empty() {
        return;
    }
    markup.element("ul", &[("class", "params"), ("aria-label", "Parameters")], |markup| {
        for (name, schema) in properties.iter().take(PARAMETERS) {
            markup.element("li", &[], |markup| {
                markup.leaf("code", &[], name);
                if let Some(kind) = schema.get("type").and_then(|kind| kind.as_str()) {
                    markup.text(&format!(" ({kind})"));
                }
                if let Some(text) = schema.get("description").and_then(|text| text.as_str()) {
                    markup.text(": ");
                    markup.text(&crate::untrusted::excerpt(text, 300));
                }
            });
        }
    });
}

/// What the code can do, and what it depends on.
pub(super) fn inventory(report: &Report, frame: Frame, markup: &mut Markup) {
    paragraph("lede", "An inventory, not an accusation: a file server writes files.", markup);
    markup.element("div", &[("class", "two")], |markup| {
        markup.element("div", &[("class", "card")], |markup| {
            markup.leaf(frame.heading(2), &[], "What the code can do");
            if can_nothing(report) {
                paragraph("none", "Nothing outside of itself was seen.", markup);
            } else {
                markup.element("dl", &[("class", "facts")], |markup| capabilities(report, markup));
            }
        });
        markup.element("div", &[("class", "card")], |markup| {
            markup.leaf(frame.heading(2), &[], "What it depends on");
            dependencies(report, markup);
        });
        if !report.scopes.is_empty() {
            markup.element("div", &[("class", "card")], |markup| {
                markup.leaf(frame.heading(2), &[], "What it asks to be granted");
                scopes(report, markup);
            });
        }
    });
}

fn scopes(report: &Report, markup: &mut Markup) {
    markup.element("ul", &[("class", "gaps")], |markup| {
        for scope in report.scopes.iter().take(LINES) {
            markup.element("li", &[], |markup| {
                markup.leaf("code", &[], &scope.name);
                markup.text(&format!(" ({}, by its {}) ", scope.kind, scope.asked));
                for (is_so, class, words) in
                    [(scope.secret, "chip medium", "secret"), (scope.required, "chip", "required")]
                {
                    if is_so == Some(true) {
                        chip(class, words, markup);
                        markup.text(" ");
                    }
                }
            });
        }
        if report.scopes.len() > LINES {
            markup.leaf("li", &[], &format!("and {} more", report.scopes.len() - LINES));
        }
    });
}

fn can_nothing(report: &Report) -> bool {
    let capabilities = &report.capabilities;
    inventory::counted(capabilities).iter().all(|(_, _, uses)| uses.count == 0)
        && inventory::named(capabilities).iter().all(|(_, _, named)| named.is_empty())
        && inventory::described(capabilities).iter().all(|(_, _, described)| described.is_empty())
}

fn capabilities(report: &Report, markup: &mut Markup) {
    let capabilities = &report.capabilities;
    for (_, words, uses) in inventory::counted(capabilities) {
        if uses.count > 0 {
            fact(words, markup, |markup| used(uses, markup));
        }
    }
    for (_, words, named) in inventory::named(capabilities) {
        if !named.is_empty() {
            fact(words, markup, |markup| some(named.keys().map(String::as_str), markup));
        }
    }
    for (_, words, described) in inventory::described(capabilities) {
        if !described.is_empty() {
            fact(words, markup, |markup| {
                for (name, what) in described.iter().take(NAMES) {
                    markup.element("div", &[], |markup| {
                        markup.leaf("code", &[], name);
                        markup.text(": ");
                        markup.leaf("code", &[], what);
                    });
                }
            });
        }
    }
}

fn fact(name: &str, markup: &mut Markup, content: impl FnOnce(&mut Markup)) {
    markup.leaf("dt", &[], name);
    markup.element("dd", &[], content);
}

fn used(uses: &Uses, markup: &mut Markup) {
    let bundled =
        if uses.bundled > 0 { format!(", {} of them in bundled code", uses.bundled) } else { String::new() };
    let summary = format!("{}{bundled}", count(uses.count, "place", "places"));
    if uses.places.is_empty() {
        markup.text(&summary);
        return;
    }
    markup.element("details", &[], |markup| {
        markup.leaf("summary", &[], &summary);
        for (location, what) in &uses.places {
            markup.element("div", &[], |markup| {
                markup.leaf("code", &[], what);
                markup.text(&format!(" {}:{}", location.path, location.line));
            });
        }
    });
}

fn dependencies(report: &Report, markup: &mut Markup) {
    if report.dependencies.is_empty() {
        paragraph("none", "It declares no dependency.", markup);
        return;
    }
    scroll("scroll", "Dependencies", markup, |markup| {
        columns(&[("Package", ""), ("Requirement", ""), ("Kind", "")], markup);
        markup.element("tbody", &[], |markup| {
            for dependency in report.dependencies.iter().take(DEPENDENCIES) {
                markup.element("tr", &[], |markup| {
                    markup.leaf("th", &[("scope", "row")], &dependency.name);
                    markup.element("td", &[], |markup| markup.leaf("code", &[], &dependency.requirement));
                    markup.leaf("td", &[], &dependency.kind);
                });
            }
        });
    });
    if report.dependencies.len() > DEPENDENCIES {
        paragraph("none", &format!("and {} more", report.dependencies.len() - DEPENDENCIES), markup);
    }
}

/// What was read, what was not, and what could not be checked.
pub(super) fn coverage(report: &Report, frame: Frame, markup: &mut Markup) {
    paragraph("lede", "What nobody looked at cannot be called harmless.", markup);
    markup.element("div", &[("class", "two")], |markup| {
        markup.element("div", &[("class", "card")], |markup| {
            markup.leaf(frame.heading(2), &[], "Files");
            files(report, markup);
        });
        markup.element("div", &[("class", "card")], |markup| {
            markup.leaf(frame.heading(2), &[], "Not checked");
            gaps(report, markup);
        });
    });
}

fn files(report: &Report, markup: &mut Markup) {
    let coverage = &report.coverage;
    if coverage.files == 0 {
        paragraph("none", "There was no file to read.", markup);
        return;
    }
    scroll("scroll", "Files by what was done with them", markup, |markup| {
        columns(&[("What was done", ""), ("Files", "n"), ("Size", "n")], markup);
        markup.element("tbody", &[], |markup| {
            for (kind, (files, bytes)) in &coverage.read {
                cells(done(kind), &files.to_string(), &size(*bytes), markup);
            }
            if !coverage.skipped.is_empty() {
                cells("skipped", &coverage.skipped.len().to_string(), "", markup);
            }
        });
    });
    if coverage.skipped.is_empty() {
        return;
    }
    markup.element("details", &[("class", "more")], |markup| {
        markup.leaf("summary", &[], &format!("What was skipped, and why ({})", coverage.skipped.len()));
        markup.element("ul", &[("class", "gaps")], |markup| {
            for (path, why) in coverage.skipped.iter().take(LINES) {
                markup.element("li", &[], |markup| {
                    markup.leaf("code", &[], path);
                    markup.text(": ");
                    markup.text(why);
                });
            }
            if coverage.skipped.len() > LINES {
                markup.leaf("li", &[], &format!("and {} more", coverage.skipped.len() - LINES));
            }
        });
    });
}

fn cells(name: &str, files: &str, bytes: &str, markup: &mut Markup) {
    markup.element("tr", &[], |markup| {
        markup.leaf("th", &[("scope", "row")], name);
        markup.leaf("td", &[("class", "n")], files);
        markup.leaf("td", &[("class", "n")], bytes);
    });
}

fn done(kind: &'static str) -> &'static str {
    match kind {
        "parsed" => "parsed as code",
        "manifest" => "read as manifest",
        "text" => "searched as text",
        "hashed" => "hashed only",
        other => other,
    }
}

fn gaps(report: &Report, markup: &mut Markup) {
    let mut gaps: Vec<_> = report.outcome.unchecked.iter().collect();
    gaps.sort_by_key(|gap| !gap.needed);
    if gaps.is_empty() {
        paragraph("none", "Everything that was asked for was looked at.", markup);
        return;
    }
    markup.element("ul", &[("class", "gaps")], |markup| {
        for gap in gaps.iter().take(LINES) {
            markup.element("li", &[], |markup| {
                if gap.needed {
                    chip("chip medium", "the gate needs it", markup);
                    markup.text(" ");
                }
                prose(&format!("{}: {}", gap.check, gap.why), markup);
            });
        }
        if gaps.len() > LINES {
            markup.leaf("li", &[], &format!("and {} more", gaps.len() - LINES));
        }
    });
}
