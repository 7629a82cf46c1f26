//! Lines of source with the word at a place marked.

use crate::{
    finding::Location,
    report::{Excerpt, Report, markup::Markup},
};

/// Whether the neighbours of a line are shown.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Around {
    Shown,
    Hidden,
}

/// The line at a place, where its source is kept.
pub(super) fn source(report: &Report, location: &Location, around: Around, markup: &mut Markup) {
    let Some(excerpt) = report.excerpts.get(location) else { return };
    let label = format!("Source of {} around line {}", location.path, location.line);
    let attributes =
        [("class", "source"), ("tabindex", "0"), ("role", "group"), ("aria-label", label.as_str())];
    markup.element("pre", &attributes, |markup| {
        markup.element("code", &[], |markup| lines(excerpt, location.line, around, markup));
    });
}

fn lines(excerpt: &Excerpt, line: u32, around: Around, markup: &mut Markup) {
    let shown = around == Around::Shown;
    if shown {
        let first = line.saturating_sub(u32::try_from(excerpt.above.len()).unwrap_or(0));
        for (number, text) in (first..).zip(&excerpt.above) {
            row("row", number, markup, |markup| markup.text(text));
        }
    }
    row("row here", line, markup, |markup| {
        markup.text(&excerpt.before);
        if !excerpt.marked.is_empty() {
            markup.leaf("mark", &[], &excerpt.marked);
        }
        markup.text(&excerpt.after);
    });
    if shown {
        for (number, text) in (line.saturating_add(1)..).zip(&excerpt.below) {
            row("row", number, markup, |markup| markup.text(text));
        }
    }
}

fn row(class: &'static str, number: u32, markup: &mut Markup, content: impl FnOnce(&mut Markup)) {
    markup.element("span", &[("class", class)], |markup| {
        markup.leaf("span", &[("class", "number")], &number.to_string());
        content(markup);
    });
}
