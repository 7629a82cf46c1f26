//! The picture of a connector as SVG: boxes, lines, and words that fit.

use super::{Group, Picture, Target};
use crate::{
    report::{html::Frame, markup::Markup},
    untrusted::excerpt,
};

/// Sizes in units of the picture.
const WIDTH: usize = 880;
const LEFT: usize = 330;
const RIGHT: usize = 270;
const ROW: usize = 42;
const BOX: usize = 32;
const TOP: usize = 34;
/// Characters of a box on the left and on the right.
const LEFT_WORDS: usize = 37;
const RIGHT_WORDS: usize = 27;

/// Where rows stand: the shorter side is in the middle.
fn row(at: usize, rows: usize, most: usize) -> usize {
    TOP + (most - rows) * ROW / 2 + at * ROW
}

/// Draws everything.
pub(super) fn draw(picture: &Picture, frame: Frame, markup: &mut Markup) {
    let most = picture.groups.len().max(picture.targets.len());
    let height = TOP + most * ROW;
    let (title, words) = (frame.id("reach-title"), frame.id("reach-words"));
    let named = format!("{title} {words}");
    let view = format!("0 0 {WIDTH} {height}");
    let attributes = [("viewBox", view.as_str()), ("role", "img"), ("aria-labelledby", named.as_str())];
    markup.element("svg", &attributes, |markup| {
        markup.leaf("title", &[("id", &title)], "What the tools reach");
        let told = format!(
            "{} groups of tools on the left are joined by lines to {} things on the right. The list below says the same.",
            picture.groups.len(),
            picture.targets.len()
        );
        markup.leaf("desc", &[("id", &words)], &told);
        head(0, "Tools", markup);
        head(WIDTH - RIGHT, "What they reach", markup);
        for hot in [false, true] {
            lines(picture, hot, most, markup);
        }
        for (at, group) in picture.groups.iter().enumerate() {
            tool(group, row(at, picture.groups.len(), most), markup);
        }
        for (at, target) in picture.targets.iter().enumerate() {
            reached(target, picture.is_dangerous(target), row(at, picture.targets.len(), most), markup);
        }
    });
}

fn head(x: usize, words: &str, markup: &mut Markup) {
    markup.leaf("text", &[("class", "head"), ("x", &x.to_string()), ("y", "14")], words);
}

fn lines(picture: &Picture, hot: bool, most: usize, markup: &mut Markup) {
    for (at, group) in picture.groups.iter().enumerate() {
        let from = row(at, picture.groups.len(), most) + BOX / 2;
        for (target, danger) in group.reaches.iter().filter(|(_, danger)| **danger == hot) {
            let Ok(place) = picture.targets.binary_search(target) else { continue };
            let to = row(place, picture.targets.len(), most) + BOX / 2;
            let (start, end) = (LEFT, WIDTH - RIGHT);
            let (bend, back) = (start + 130, end - 130);
            let path = format!("M{start} {from} C{bend} {from} {back} {to} {end} {to}");
            let class = match (danger, group.note.is_empty()) {
                (true, _) => "edge hot",
                (false, true) => "edge",
                (false, false) => "edge quiet",
            };
            markup.void("path", &[("class", class), ("d", &path)]);
        }
    }
}

fn tool(group: &Group, y: usize, markup: &mut Markup) {
    let class = match (group.has_danger(), group.note.is_empty() && !group.reaches.is_empty()) {
        (true, _) => "tool danger",
        (false, true) => "tool",
        (false, false) => "tool quiet",
    };
    markup.element("g", &[("class", class)], |markup| {
        markup.leaf("title", &[], &group.all_names());
        boxed(1, y, LEFT - 2, markup);
        let mut indent = 14;
        if group.has_danger() {
            icon(10, y, "M8 2.5L14.5 14H1.5ZM8 6.5v3.5M8 12v.2", markup);
            indent = 34;
        }
        let most = LEFT_WORDS - if group.has_danger() { 3 } else { 0 };
        words(indent, y, &excerpt(&group.label(most), most), markup);
    });
}

fn reached(target: &Target, danger: bool, y: usize, markup: &mut Markup) {
    let path = match target {
        Target::Processes => "M1.5 3h13v10h-13ZM4 6l2 2-2 2M8 10.5h3.5",
        Target::DynamicCode => "M5 4.5L1.5 8 5 11.5M11 4.5L14.5 8 11 11.5",
        Target::FileDeletes => "M3 5h10M6 5V3h4v2M4.2 5l.6 8.5h6.4L11.8 5",
        Target::FileWrites => "M3 13l.6-3L10.8 2.8l2.4 2.4L6 12.4ZM9.3 4.3l2.4 2.4",
        Target::FileReads => "M4 1.8h5.5L12.5 5v9.2H4ZM6.5 8h3.6M6.5 11h3.6",
        Target::Environment => "M6 10.5a3 3 0 1 1 0-5 3 3 0 0 1 0 5ZM8 8h6.5M12 8v2.5",
        Target::RemoteDeletes | Target::Host(_) | Target::OtherHosts | Target::SomeHost => {
            "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM1.8 8h12.4M8 1.8c2.2 2 2.2 10.4 0 12.4M8 1.8c-2.2 2-2.2 10.4 0 12.4"
        }
        Target::Listens => "M8 14V9M4.5 9h7V5.5h-7ZM6 5.5V2M10 5.5V2",
    };
    let class = if danger { "target danger" } else { "target" };
    let label = target.words();
    markup.element("g", &[("class", class)], |markup| {
        markup.leaf("title", &[], &label);
        let x = WIDTH - RIGHT;
        boxed(x + 1, y, RIGHT - 2, markup);
        icon(x + 11, y, path, markup);
        words(x + 36, y, &excerpt(&label, RIGHT_WORDS), markup);
    });
}

fn boxed(x: usize, y: usize, width: usize, markup: &mut Markup) {
    markup.void(
        "rect",
        &[
            ("class", "box"),
            ("x", &x.to_string()),
            ("y", &y.to_string()),
            ("width", &width.to_string()),
            ("height", &BOX.to_string()),
            ("rx", "8"),
        ],
    );
}

fn words(x: usize, y: usize, text: &str, markup: &mut Markup) {
    markup.leaf("text", &[("x", &x.to_string()), ("y", &(y + 20).to_string())], text);
}

fn icon(x: usize, y: usize, path: &'static str, markup: &mut Markup) {
    let place = format!("translate({x} {})", y + 8);
    markup.void("path", &[("class", "icon"), ("transform", &place), ("d", path)]);
}

/// What the lines mean.
pub(super) fn legend(markup: &mut Markup) {
    markup.element("div", &[("class", "legend")], |markup| {
        for (class, meaning) in [
            ("edge hot", "dangerous, by a finding"),
            ("edge", "reached by a tool's code"),
            ("edge quiet", "reached by the package, by which tool is not known"),
        ] {
            markup.element("span", &[], |markup| {
                markup.element("svg", &[("viewBox", "0 0 34 10"), ("aria-hidden", "true")], |markup| {
                    markup.void("path", &[("class", class), ("d", "M1 5H33")]);
                });
                markup.text(meaning);
            });
        }
    });
}
