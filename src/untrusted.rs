//! Text that the scanned connector controls, kept apart from text that we wrote.
//!
//! Names nothing else in this crate.

use std::fmt;

/// A string the scanned connector controls.
///
/// It has no `Display`, so it cannot reach a terminal, a log or a workflow command by accident.
/// Ask for the rendering that is meant.
#[derive(Clone, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Untrusted(String);

impl Untrusted {
    /// Takes ownership of connector-controlled text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The exact text, for matching and hashing. Never for output.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// One visible line: control and invisible characters are spelled out.
    pub fn visible(&self) -> String {
        visible(&self.0)
    }

    /// As [`Untrusted::visible`], cut to at most `limit` characters.
    pub fn excerpt(&self, limit: usize) -> String {
        excerpt(&self.0, limit)
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Untrusted({:?})", self.visible())
    }
}

/// One visible line of `text`: line breaks become spaces, other control and invisible characters
/// are spelled out as `\u{…}`.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_invisible(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// As [`visible`], cut to at most `limit` characters with an ellipsis.
pub fn excerpt(text: &str, limit: usize) -> String {
    let shown = visible(text);
    if shown.chars().count() <= limit {
        return shown;
    }
    let mut cut: String = shown.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Whether a character has no glyph of its own or changes how others are shown: controls, zero
/// width, bidirectional control, tags, variation selectors beyond the emoji one, fillers, private use.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0E}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_out_what_a_terminal_would_obey_or_hide() {
        let text = Untrusted::new("a\u{1b}[31mb\u{200b}c\u{202e}d\ne");
        assert_eq!(text.visible(), "a\\u{1b}[31mb\\u{200b}c\\u{202e}d e");
    }

    #[test]
    fn keeps_other_scripts_readable() {
        assert_eq!(visible("读取文件 – été ✅"), "读取文件 – été ✅");
    }

    #[test]
    fn cuts_by_characters() {
        assert_eq!(excerpt("äöüß", 3), "äö…");
    }
}
