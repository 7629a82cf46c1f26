//! Text without its disguises: one case, one space, no invisible characters, no look-alike letters.

use unicode_normalization::UnicodeNormalization as _;

use super::super::shapes::ascii_twin;
use crate::untrusted::is_invisible;

/// The normal form of a text, and the way back to the original.
pub(super) struct Normal<'a> {
    original: &'a str,
    /// The normal form.
    pub(super) text: String,
    /// Offset in the normal form and in the original, for every character that was written.
    offsets: Vec<(usize, usize)>,
}

impl<'a> Normal<'a> {
    /// Normalises `original`.
    pub(super) fn of(original: &'a str) -> Self {
        let mut normal = Self { original, text: String::with_capacity(original.len()), offsets: Vec::new() };
        for (at, c) in original.char_indices() {
            normal.push(at, c);
        }
        normal
    }

    fn push(&mut self, at: usize, c: char) {
        let start = self.text.len();
        if c.is_ascii() && !c.is_ascii_control() && c != ' ' {
            self.text.push(c.to_ascii_lowercase());
        } else if c.is_whitespace() {
            if !self.text.is_empty() && !self.text.ends_with(' ') {
                self.text.push(' ');
            }
        } else if !is_invisible(c) && c != '\u{fe0f}' {
            fold(c, &mut self.text);
        }
        if self.text.len() > start {
            self.offsets.push((start, at));
        }
    }

    /// The original text of a stretch of the normal form.
    pub(super) fn original(&self, start: usize, end: usize) -> &'a str {
        let first = self.offsets.partition_point(|(normal, _)| *normal <= start).saturating_sub(1);
        let last = self.offsets.partition_point(|(normal, _)| *normal < end);
        let from = self.offsets.get(first).map_or(0, |(_, original)| *original);
        let to = self.offsets.get(last).map_or(self.original.len(), |(_, original)| *original);
        self.original.get(from..to).unwrap_or("")
    }
}

/// Writes a character in its compatibility form, in lower case, and as the ASCII letter that it
/// looks like.
fn fold(c: char, out: &mut String) {
    for c in std::iter::once(c).nfkc().flat_map(char::to_lowercase) {
        match c {
            '‘' | '’' | '‛' | '′' => out.push('\''),
            '“' | '”' | '„' | '″' => out.push('"'),
            c if c.is_ascii() => out.push(c),
            c => out.push(ascii_twin(c).unwrap_or(c)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_disguises_off() {
        for (text, expected) in [
            ("Do  NOT\n\ttell", "do not tell"),
            ("i\u{200b}g\u{2060}nore", "ignore"),
            ("Ｉｇｎｏｒｅ", "ignore"),
            ("іgnоrе", "ignore"),
            ("𝐢𝐠𝐧𝐨𝐫𝐞", "ignore"),
            ("don’t “x”", "don't \"x\""),
            ("读取 été", "读取 été"),
            (" a ", "a "),
        ] {
            assert_eq!(Normal::of(text).text, expected, "{text}");
        }
    }

    #[test]
    fn finds_the_way_back() {
        let normal = Normal::of("ｘ  A\u{200b}B  é c");
        let at = normal.text.find("ab").unwrap();
        assert_eq!(normal.original(at, at + 2), "A\u{200b}B");
        assert_eq!(normal.original(0, normal.text.len()), "ｘ  A\u{200b}B  é c");
        assert_eq!(Normal::of("").original(0, 0), "");
    }
}
