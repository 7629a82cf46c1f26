//! The source around the places that findings name, cut to what a person can look at.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    artifact::{Artifact, File},
    finding::{Finding, Location},
    report::Excerpt,
    untrusted::visible,
};

/// Places that are kept.
const PLACES: usize = 600;
/// Lines on either side.
const AROUND: usize = 2;
/// Characters of a line that are kept, and of these the ones before the place.
const LENGTH: usize = 200;
const BEFORE: usize = 90;
/// Characters of the word at the place.
const WORD: usize = 60;

/// Reads the places of findings and of their steps, the worst findings first.
pub(super) fn read<'a>(
    artifact: &Artifact,
    findings: impl Iterator<Item = &'a Finding>,
) -> BTreeMap<Location, Excerpt> {
    let places = findings
        .flat_map(|finding| finding.location.iter().chain(finding.steps.iter().map(|step| &step.location)));
    let mut wanted: BTreeSet<&Location> = BTreeSet::new();
    for place in places {
        if wanted.len() == PLACES {
            break;
        }
        wanted.insert(place);
    }
    let mut excerpts = BTreeMap::new();
    let mut open: Option<(&File, Vec<usize>)> = None;
    for place in wanted {
        if open.as_ref().is_none_or(|(file, _)| file.path != place.path) {
            let at = artifact.files.binary_search_by(|file| file.path.as_str().cmp(&place.path));
            open = at.ok().map(|at| &artifact.files[at]).map(|file| (file, starts(&file.bytes)));
        }
        if let Some(excerpt) = open.as_ref().and_then(|(file, starts)| around(file, starts, place)) {
            excerpts.insert(place.clone(), excerpt);
        }
    }
    excerpts
}

/// Where each line begins.
fn starts(bytes: &[u8]) -> Vec<usize> {
    std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1)).collect()
}

fn around(file: &File, starts: &[usize], place: &Location) -> Option<Excerpt> {
    let at = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let line = |at: usize| {
        let from = *starts.get(at)?;
        let to = starts.get(at + 1).map_or(file.bytes.len(), |next| next - 1);
        Some(file.bytes.get(from..to)?.strip_suffix(b"\r").unwrap_or(&file.bytes[from..to]))
    };
    let whole = line(at)?;
    let column = usize::try_from(place.column).unwrap_or(1).saturating_sub(1);
    let (before, marked, after) = cut(whole, column);
    let neighbour = |at: usize| line(at).filter(|line| line.len() <= LENGTH).map(shown);
    let above = (at.saturating_sub(AROUND)..at).filter_map(neighbour).collect();
    let below = (at + 1..=at + AROUND).filter_map(neighbour).collect();
    Some(Excerpt { above, before, marked, after, below })
}

/// What stands before a column, the word there, and what stands behind it.
fn cut(line: &[u8], column: usize) -> (String, String, String) {
    // A character has at most four bytes; what lies further on is not shown anyway.
    let most = column.saturating_add(LENGTH).saturating_mul(4).min(line.len());
    let text = String::from_utf8_lossy(&line[..most]);
    let from = column.saturating_sub(BEFORE);
    let mut before: String = text.chars().skip(from).take(column - from).collect();
    if from > 0 {
        before.insert(0, '…');
    }
    let rest = text.chars().skip(column);
    let marked = word(rest.clone());
    let shown = marked.chars().count();
    let mut after: String = rest.clone().skip(shown).take(LENGTH - BEFORE).collect();
    if most < line.len() || rest.clone().nth(shown + LENGTH - BEFORE).is_some() {
        after.push('…');
    }
    (indented(&before), visible(&marked), visible(&after))
}

/// The word, quotation or bracket that a text begins with.
fn word(text: impl Iterator<Item = char>) -> String {
    let text: String = text.take(WORD).collect();
    let end = |c: char| !is_word(c);
    let head = text.find(end).map_or(text.as_str(), |at| &text[..at]);
    if matches!(head, "await" | "new" | "return" | "yield" | "f" | "r") {
        let rest = &text[head.len()..];
        let gap = rest.len() - rest.trim_start().len();
        let next = rest[gap..].find(end).unwrap_or(rest.len() - gap);
        return text[..head.len() + gap + next].trim_end().to_owned();
    }
    if !head.is_empty() {
        return head.to_owned();
    }
    closed(&text).map_or_else(|| text.chars().take(1).collect(), str::to_owned)
}

/// As far as what the first character opens.
fn closed(text: &str) -> Option<&str> {
    let open = text.chars().next()?;
    let close = match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '"' | '\'' | '`' => open,
        _ => return None,
    };
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == close && at > 0 {
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
        if depth == 0 {
            return text.get(..at + c.len_utf8());
        }
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '@')
}

fn shown(line: &[u8]) -> String {
    indented(&String::from_utf8_lossy(line))
}

/// A tab is two columns wide.
fn indented(line: &str) -> String {
    visible(&line.replace('\t', "  "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Kind, Language};

    fn artifact(text: &str) -> Artifact {
        let bytes = text.as_bytes().to_vec();
        let kind = Kind::Source(Language::JavaScript);
        let file = File { path: "a.js".to_owned(), size: bytes.len() as u64, sha256: [0; 32], kind, bytes };
        Artifact { files: vec![file], ..Artifact::default() }
    }

    fn excerpt(text: &str, line: u32, column: u32) -> Option<Excerpt> {
        let artifact = artifact(text);
        let file = &artifact.files[0];
        around(file, &starts(&file.bytes), &Location { path: file.path.clone(), line, column })
    }

    #[test]
    fn marks_the_word_at_the_place() {
        let found = excerpt("one\r\n\ttwo\n  run.it(x)\nfour\nfive\nsix", 3, 3).unwrap();
        assert_eq!(found.above, ["one", "  two"]);
        assert_eq!(
            (found.before.as_str(), found.marked.as_str(), found.after.as_str()),
            ("  ", "run.it", "(x)")
        );
        assert_eq!(found.below, ["four", "five"]);
    }

    #[test]
    fn marks_what_belongs_together() {
        for (line, expected) in [
            ("new Server(x)", "new Server"),
            ("await fetch(url)", "await fetch"),
            ("{ a: { b: 1 } }, c", "{ a: { b: 1 } }"),
            ("(open", "("),
            ("`a ${b}` + c", "`a ${b}`"),
            ("\"a\", b", "\"a\""),
            ("+ c", "+"),
            ("os.system(x)", "os.system"),
            ("return", "return"),
            ("", ""),
        ] {
            assert_eq!(word(line.chars()), expected, "{line}");
        }
    }

    #[test]
    fn cuts_long_lines_around_the_place() {
        let line = format!("{}é.run(){}", "ü".repeat(500), "x".repeat(5_000));
        let found = excerpt(&line, 1, 501).unwrap();
        assert_eq!(found.marked, "é.run");
        assert!(found.before.starts_with('…') && found.after.ends_with('…'));
        assert!(found.before.chars().count() + found.after.chars().count() < LENGTH + 4);
    }

    #[test]
    fn spells_out_what_is_hidden_in_source() {
        let found = excerpt("x\u{202e}y\u{1b}z", 1, 1).unwrap();
        assert_eq!((found.marked.as_str(), found.after.as_str()), ("x", "\\u{202e}y\\u{1b}z"));
    }

    #[test]
    fn places_that_do_not_exist_have_no_excerpt() {
        for (line, column) in [(0, 1), (3, 1), (u32::MAX, u32::MAX)] {
            assert_eq!(excerpt("one\ntwo", line, column), None, "{line}:{column}");
        }
        assert_eq!(excerpt("one", 1, u32::MAX).unwrap().marked, "");
    }
}
