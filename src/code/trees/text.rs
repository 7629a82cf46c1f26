//! Text of literals: the source of a literal goes in, what it stands for comes out.

use std::iter::Peekable;

/// Whether a kind of node is constant text inside a literal.
pub(super) fn is_content(kind: &str) -> bool {
    matches!(
        kind,
        "string_content"
            | "string_fragment"
            | "string_literal_content"
            | "raw_string_content"
            | "string_value"
            | "escape_sequence"
            | "interpreted_string_literal_content"
            | "raw_string_literal_content"
            | "heredoc_content"
            | "multiline_string_fragment"
            | "nowdoc_string"
            | "encapsed_string_content"
    )
}

/// The text between the delimiters of a literal: quotes, and what stands before and after them.
pub(super) fn inner(literal: &str) -> &str {
    let Some(start) = literal.find(['"', '\'', '`']) else { return literal };
    let quote = literal.as_bytes()[start];
    let run = literal[start..].bytes().take_while(|&byte| byte == quote).count();
    let width = if quote == b'"' && run >= 3 && literal.len() >= start + 6 { 3 } else { 1 };
    let rest = &literal[start + width..];
    match rest.rfind(char::from(quote)) {
        Some(end) => (end + 1).checked_sub(width).and_then(|end| rest.get(..end)).unwrap_or_default(),
        None => rest,
    }
}

/// Escapes replaced by what they stand for; unknown ones stay as they are written.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('e') => out.push('\u{1b}'),
            Some('x') => push_code(&mut rest, 16, 2, 'x', &mut out),
            Some('u') if rest.peek() == Some(&'{') => braced(&mut rest, &mut out),
            Some('u') => push_code(&mut rest, 16, 4, 'u', &mut out),
            Some('U') => push_code(&mut rest, 16, 8, 'U', &mut out),
            Some(digit @ '0'..='7') => {
                let mut value = digit.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(next) = rest.peek().and_then(|c| c.to_digit(8)) else { break };
                    value = value * 8 + next;
                    rest.next();
                }
                out.extend(char::from_u32(value));
            }
            Some('\n') => {}
            Some(quote @ ('"' | '\'' | '`' | '\\' | '$' | '#' | '/' | ' ')) => out.push(quote),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

fn push_code(
    rest: &mut Peekable<std::str::Chars<'_>>,
    radix: u32,
    digits: usize,
    mark: char,
    out: &mut String,
) {
    let mut value = 0_u32;
    let mut read = 0;
    while read < digits {
        let Some(digit) = rest.peek().and_then(|c| c.to_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        read += 1;
        rest.next();
    }
    match char::from_u32(value) {
        Some(c) if read > 0 => out.push(c),
        _ => out.extend(['\\', mark]),
    }
}

/// `\u{1F600}`.
fn braced(rest: &mut Peekable<std::str::Chars<'_>>, out: &mut String) {
    rest.next();
    let mut value = 0_u32;
    while let Some(digit) = rest.peek().and_then(|c| c.to_digit(16)) {
        value = value.wrapping_mul(16).wrapping_add(digit);
        rest.next();
    }
    if rest.peek() == Some(&'}') {
        rest.next();
    }
    out.extend(char::from_u32(value));
}

/// A part of a format text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// Constant text.
    Text(String),
    /// A value by name or position; empty for the next one.
    Value(String),
}

/// The parts of a format with values in braces: `a {} b {name:?} {{`.
pub(super) fn pieces(format: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut pending = String::new();
    let mut rest = format.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
                pending.push(c);
            }
            '{' => {
                let inside: String = rest.by_ref().take_while(|&c| c != '}').take(200).collect();
                if !pending.is_empty() {
                    found.push(Piece::Text(std::mem::take(&mut pending)));
                }
                let name = inside.split(':').next().unwrap_or_default().trim();
                found.push(Piece::Value(name.to_owned()));
            }
            _ => pending.push(c),
        }
    }
    if !pending.is_empty() {
        found.push(Piece::Text(pending));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_not_part_of_a_text() {
        let cases = [
            (r#""a""#, "a"),
            ("'a'", "a"),
            ("`a\"b`", "a\"b"),
            (r##"r#"a"#"##, "a"),
            (r#""""a""""#, "a"),
            (r#""""#, ""),
            (r#"b"a""#, "a"),
            (r#"@"a""#, "a"),
            ("\"a", "a"),
            ("a", "a"),
            ("\"", ""),
        ];
        for (literal, expected) in cases {
            assert_eq!(inner(literal), expected, "{literal}");
        }
    }

    #[test]
    fn escapes_stand_for_characters() {
        let cases = [
            (r"a\nb", "a\nb"),
            (r"\x41\u0042\U00000043\104", "ABCD"),
            (r"\u{45}", "E"),
            (r"\d+\", r"\d+\"),
            (r#"\"\\"#, r#""\"#),
            (r"\xzz", r"\xzz"),
        ];
        for (literal, expected) in cases {
            assert_eq!(unescaped(literal), expected, "{literal}");
        }
    }

    #[test]
    fn formats_have_values_in_braces() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let value = |name: &str| Piece::Value(name.to_owned());
        assert_eq!(pieces("a {} b {x:?}{{}}"), [text("a "), value(""), text(" b "), value("x"), text("{}")]);
        assert_eq!(pieces("{"), [value("")]);
        assert_eq!(pieces(""), []);
    }
}
