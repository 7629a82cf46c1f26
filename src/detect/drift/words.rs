//! Two texts, word by word: what was taken out and what was put in, with a few words around it.

use crate::baseline::words;

/// Words of context on each side of a change.
const AROUND: usize = 6;
/// Largest table that is filled to compare two texts; larger ones are compared by their ends.
const CELLS: usize = 250_000;

/// How two texts differ.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Difference {
    /// Words that were put in.
    pub(super) added: usize,
    /// Words that were taken out.
    pub(super) removed: usize,
    /// The changed passages as they were.
    pub(super) before: String,
    /// The changed passages as they are.
    pub(super) now: String,
}

impl Difference {
    /// The size of the change in words.
    pub(super) fn describe(&self) -> String {
        let count = |count: usize| if count == 1 { "1 word".to_owned() } else { format!("{count} words") };
        match (self.added, self.removed) {
            (added, 0) => format!("{} added", count(added)),
            (0, removed) => format!("{} removed", count(removed)),
            (added, removed) => format!("{} added, {removed} removed", count(added)),
        }
    }
}

/// How two texts differ; `None` where they have the same words.
pub(super) fn difference(before: &str, now: &str) -> Option<Difference> {
    let (before, now) = (words(before), words(now));
    if before == now {
        return None;
    }
    let hunks = hunks(&before, &now);
    Some(Difference {
        added: hunks.iter().map(|hunk| hunk.now.1 - hunk.now.0).sum(),
        removed: hunks.iter().map(|hunk| hunk.before.1 - hunk.before.0).sum(),
        before: shown(&before, hunks.iter().map(|hunk| hunk.before)),
        now: shown(&now, hunks.iter().map(|hunk| hunk.now)),
    })
}

/// Names, one after the other.
pub(super) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// A passage that differs: from and to on each side.
struct Hunk {
    before: (usize, usize),
    now: (usize, usize),
}

fn hunks(before: &[&str], now: &[&str]) -> Vec<Hunk> {
    let shortest = before.len().min(now.len());
    let head = before.iter().zip(now).take_while(|(a, b)| a == b).count();
    let rest = shortest - head;
    let tail = before.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[head..before.len() - tail], &now[head..now.len() - tail]);
    if old.is_empty() || new.is_empty() || old.len().saturating_mul(new.len()) > CELLS {
        let hunk = Hunk { before: (head, head + old.len()), now: (head, head + new.len()) };
        return vec![hunk];
    }
    let mut hunks = Vec::new();
    let common = common(old, new);
    let (mut from, mut to) = (0, 0);
    for (a, b) in common.into_iter().chain([(old.len(), new.len())]) {
        if a > from || b > to {
            hunks.push(Hunk { before: (head + from, head + a), now: (head + to, head + b) });
        }
        (from, to) = (a + 1, b + 1);
    }
    merged(hunks)
}

/// Positions of the longest common subsequence.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut table = vec![0u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            table[a * width + b] = if old[a] == new[b] {
                table[(a + 1) * width + b + 1] + 1
            } else {
                table[(a + 1) * width + b].max(table[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut found = Vec::new();
    while a < old.len() && b < new.len() {
        if old[a] == new[b] {
            found.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if table[(a + 1) * width + b] >= table[a * width + b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    found
}

/// Changes that a word or two part are one change to a reader.
fn merged(hunks: Vec<Hunk>) -> Vec<Hunk> {
    let mut merged: Vec<Hunk> = Vec::new();
    for hunk in hunks {
        match merged.last_mut() {
            Some(last) if hunk.now.0 - last.now.1 <= 2 => {
                last.before.1 = hunk.before.1;
                last.now.1 = hunk.now.1;
            }
            _ => merged.push(hunk),
        }
    }
    merged
}

fn shown(words: &[&str], ranges: impl Iterator<Item = (usize, usize)>) -> String {
    let mut text = String::new();
    let mut end = 0;
    for (from, to) in ranges {
        let start = from.saturating_sub(AROUND).max(end);
        let stop = (to + AROUND).min(words.len());
        if start > end || (text.is_empty() && start > 0) {
            text.push_str(if text.is_empty() { "… " } else { " … " });
        } else if !text.is_empty() && stop > end {
            text.push(' ');
        }
        text.push_str(&words[start.min(stop)..stop].join(" "));
        end = end.max(stop);
    }
    if end < words.len() {
        text.push_str(" …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, now: &str) -> (String, String, String) {
        let difference = difference(before, now).unwrap();
        (difference.describe(), difference.before, difference.now)
    }

    #[test]
    fn layout_is_no_difference() {
        assert_eq!(difference("a b\n  c", " a  b c\n"), None);
        assert_eq!(difference("", "  "), None);
    }

    #[test]
    fn shows_what_changed_and_a_little_around_it() {
        for (before, now, expected) in [
            ("Adds numbers.", "Adds two numbers.", ("1 word added", "Adds numbers.", "Adds two numbers.")),
            ("", "Reads a key.", ("3 words added", "", "Reads a key.")),
            ("Reads a key.", "", ("3 words removed", "Reads a key.", "")),
            (
                "one two three four five six seven eight nine ten",
                "one two three four five six seven eight nine ELEVEN",
                (
                    "1 word added, 1 removed",
                    "… four five six seven eight nine ten",
                    "… four five six seven eight nine ELEVEN",
                ),
            ),
            (
                "a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 b",
                "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 B",
                (
                    "2 words added, 2 removed",
                    "a 1 2 3 4 5 6 … 10 11 12 13 14 15 b",
                    "A 1 2 3 4 5 6 … 10 11 12 13 14 15 B",
                ),
            ),
        ] {
            let (size, from, to) = told(before, now);
            assert_eq!((size.as_str(), from.as_str(), to.as_str()), expected, "{before} / {now}");
        }
    }

    #[test]
    fn texts_that_are_too_long_to_compare_are_one_change() {
        let (a, b) = ("a b ".repeat(5_000), "b a ".repeat(5_000) + "c");
        let difference = difference(&a, &b).unwrap();
        assert_eq!((difference.added, difference.removed), (10_001, 10_000));
    }
}
