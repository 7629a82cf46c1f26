//! Text without its disguises: one case, one space, no invisible characters, no look-alike letters.

use unicode_normalization::UnicodeNormalization as _;

use super::super::shapes::ascii_twin;
use crate::untrusted::is_invisible;

/// The normal form of a text, and the way back to the original.
pub(super) struct Normal<'a> {
    original: &'a str,
    /// The normal form.
    pub(super) text: String,
    /// The same, byte for byte, with case; a line break is `\n`, an empty line a form feed.
    pub(super) cased: String,
    /// Offset in the normal form and in the original, for every character that was written.
    offsets: Vec<(usize, usize)>,
}

impl<'a> Normal<'a> {
    /// Normalises `original`.
    pub(super) fn of(original: &'a str) -> Self {
        let (text, cased) = (String::with_capacity(original.len()), String::with_capacity(original.len()));
        let mut normal = Self { original, text, cased, offsets: Vec::new() };
        for (at, c) in original.char_indices() {
            normal.push(at, c);
        }
        normal
    }

    fn push(&mut self, at: usize, c: char) {
        let start = self.text.len();
        if c.is_ascii() && !c.is_ascii_control() && c != ' ' {
            self.text.push(c.to_ascii_lowercase());
            self.cased.push(c);
        } else if c.is_whitespace() {
            self.space(c);
        } else if !is_invisible(c) && c != '\u{fe0f}' {
            self.fold(c);
        }
        if self.text.len() > start {
            self.offsets.push((start, at));
        }
    }

    fn space(&mut self, c: char) {
        let is_break = matches!(c, '\n' | '\u{2028}' | '\u{2029}' | '\u{85}');
        if self.text.is_empty() {
            return;
        }
        if !self.text.ends_with(' ') {
            self.text.push(' ');
            self.cased.push(if is_break { '\n' } else { ' ' });
        } else if is_break {
            let space = if self.cased.pop() == Some(' ') { '\n' } else { '\u{c}' };
            self.cased.push(space);
        }
    }

    /// Writes a character in its compatibility form, and as the ASCII letter that it looks like.
    fn fold(&mut self, c: char) {
        for c in std::iter::once(c).nfkc() {
            let is_upper = c.is_uppercase();
            for c in c.to_lowercase() {
                let plain = match c {
                    '‘' | '’' | '‛' | '′' => '\'',
                    '“' | '”' | '„' | '″' => '"',
                    c if c.is_ascii() => c,
                    c => ascii_twin(c).unwrap_or(c),
                };
                self.text.push(plain);
                self.cased.push(if is_upper { plain.to_ascii_uppercase() } else { plain });
            }
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

/// The normal form alone.
pub(super) fn plain(text: &str) -> String {
    Normal::of(text).text
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
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn keeps_case_and_lines_at_the_same_offsets() {
        for (text, expected) in
            [("Do  NOT\n\ttell", "Do NOT\ntell"), ("A.\n\n B \r\nc", "A.\u{c}B\nc"), ("ＡＢ Дx", "AB дx")]
        {
            let normal = Normal::of(text);
            assert_eq!(normal.cased, expected, "{text}");
            assert_eq!(normal.cased.len(), normal.text.len(), "{text}");
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
