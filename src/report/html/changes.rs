//! What changed since the approval: how it was beside how it is.

use super::{
    Frame, chip, count, paragraph, prose,
    verdict::{sentence, severity_chip},
    words::{self, Part},
};
use crate::{
    finding::{Change, Direction},
    gate::Judged,
    report::{Asked, Compared, Report, markup::Markup, subject},
};

/// Changes that are shown.
const MOST: usize = 200;

/// Whether it was compared with anything.
pub(super) fn exists(report: &Report) -> bool {
    report.compared.is_some()
}

/// Everything that changed, what asks for more first.
pub(super) fn changes(report: &Report, frame: Frame, markup: &mut Markup) {
    let Some(compared) = &report.compared else { return };
    let mut changes: Vec<(&Judged, &Change)> = report
        .outcome
        .findings
        .iter()
        .filter_map(|judged| Some((judged, judged.finding.change.as_deref()?)))
        .collect();
    changes.sort_by_key(|(_, change)| change.direction);
    lede(compared, &changes, markup);
    if changes.is_empty() {
        return;
    }
    markup.element("ul", &[("class", "changes")], |markup| {
        changes.iter().take(MOST).for_each(|(judged, change)| one(judged, change, frame, markup));
    });
    if changes.len() > MOST {
        let words = format!("{} more are in `--output json=FILE`.", changes.len() - MOST);
        paragraph("none", &words, markup);
    }
}

fn lede(compared: &Compared, changes: &[(&Judged, &Change)], markup: &mut Markup) {
    let what = format!("{} {}", compared.name, compared.version);
    let what = if what.trim().is_empty() { compared.target.clone() } else { what.trim_end().to_owned() };
    let widens = changes.iter().filter(|(_, change)| change.direction == Direction::Widens).count();
    let words = match (changes.len(), widens) {
        (0, _) => "nothing changed that has a meaning".to_owned(),
        (all, 0) => format!("{}, and none asks for more", count(all, "change", "changes")),
        (all, 1) => format!("{}, of which 1 asks for more", count(all, "change", "changes")),
        (all, widens) => format!("{all} changes, of which {widens} ask for more"),
    };
    markup.element("p", &[("class", "lede")], |markup| {
        markup.text("Compared with ");
        markup.leaf("code", &[], &what);
        let approved = match compared.scope {
            Asked::Everything => ", which was approved",
            Asked::Changes => "",
        };
        markup.text(&format!("{approved}: {words}."));
    });
    if let Some(reason) = &compared.reason {
        paragraph("lede", &format!("It was approved because: {reason}"), markup);
    }
}

/// The class and the words of a direction.
fn direction(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Widens => ("chip widens", "asks for more"),
        Direction::Review => ("chip review", "to review"),
        Direction::Narrows => ("chip narrows", "asks for less"),
        Direction::Same => ("chip", "means the same"),
    }
}

fn one(judged: &Judged, change: &Change, frame: Frame, markup: &mut Markup) {
    let finding = &judged.finding;
    let id = frame.id(&format!("finding-{}", judged.id));
    let (class, words) = direction(change.direction);
    markup.element("li", &[("id", &id), ("class", "change card")], |markup| {
        markup.element("p", &[], |markup| {
            chip(class, words, markup);
            markup.text(" ");
            chip("chip", change.class.name(), markup);
            markup.text(" ");
            chip(severity_chip(finding.severity), finding.severity.name(), markup);
            if judged.gates {
                markup.text(" ");
                chip("chip high", "fails the gate", markup);
            }
            if judged.accepted.is_some() {
                markup.text(" ");
                chip("chip accepted", "accepted", markup);
            }
        });
        markup.element(frame.heading(2), &[], |markup| prose(&sentence(subject::message(finding)), markup));
        if !change.before.is_empty() || !change.now.is_empty() {
            sides(change, frame, markup);
        }
        markup.element("p", &[("class", "where")], |markup| {
            prose(&finding.rule.why, markup);
            markup.text(" ");
            markup.leaf("code", &[], &finding.rule.id);
        });
    });
}

fn sides(change: &Change, frame: Frame, markup: &mut Markup) {
    let (before, now) = words::compare(&change.before, &change.now);
    markup.element("div", &[("class", "sides")], |markup| {
        for (class, name, parts, mark) in
            [("side before", "Before", before, "del"), ("side now", "Now", now, "ins")]
        {
            markup.element("div", &[("class", class)], |markup| {
                markup.leaf(frame.heading(3), &[], name);
                if parts.is_empty() {
                    markup.leaf("p", &[("class", "nothing")], "nothing");
                    return;
                }
                markup.element("p", &[], |markup| {
                    for part in &parts {
                        match part {
                            Part::Same(text) => markup.text(text),
                            Part::Changed(text) => markup.leaf(mark, &[], text),
                        }
                    }
                });
            });
        }
    });
}
