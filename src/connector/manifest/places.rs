//! Where the words of a manifest stand: text in, lines and columns out.

use rustc_hash::FxHashMap;

use crate::finding::Location;

/// An index of the keys and quoted strings of one JSON or TOML text, built in one pass.
pub(crate) struct Places<'a> {
    path: &'a str,
    text: &'a str,
    /// Byte offsets of line starts.
    lines: Vec<usize>,
    /// Byte offsets by word, ascending.
    words: FxHashMap<&'a str, Vec<usize>>,
}

impl<'a> Places<'a> {
    /// Indexes `text`, the content of the file at `path`.
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        let mut words: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let lines: Vec<usize> =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        for (start, word) in Words::new(text) {
            words.entry(word).or_default().push(start);
        }
        Self { path, text, lines, words }
    }

    /// The place of the last word of `keys`, each looked for after the one before it; a word that
    /// is written in another way leaves the place where its parent stands.
    pub(crate) fn of(&self, keys: &[&str]) -> Location {
        let mut at = 0;
        for key in keys {
            let Some(offsets) = self.words.get(key) else { continue };
            let next = offsets.partition_point(|offset| *offset < at);
            if let Some(offset) = offsets.get(next) {
                at = *offset;
            }
        }
        self.at(at)
    }

    /// The place of a byte offset.
    pub(crate) fn at(&self, offset: usize) -> Location {
        let line = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or("");
        Location { path: self.path.to_owned(), line: count(line), column: count(before.chars().count()) }
    }
}

/// A count from 0 as a position from 1.
fn count(zero_based: usize) -> u32 {
    u32::try_from(zero_based).unwrap_or(u32::MAX - 1) + 1
}

/// Quoted strings without their quotes, and bare words.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte == b'"' || byte == b'\'' {
                let start = self.at;
                let end = closing(bytes, start);
                self.at = end + 1;
                if end > start + 1
                    && let Some(word) = self.text.get(start + 1..end)
                {
                    return Some((start, word));
                }
            } else if is_bare(byte) {
                let start = self.at;
                let end = bytes[start..]
                    .iter()
                    .position(|byte| !is_bare(*byte))
                    .map_or(bytes.len(), |length| start + length);
                self.at = end;
                if let Some(word) = self.text.get(start..end) {
                    return Some((start, word));
                }
            } else {
                self.at += 1;
            }
        }
        None
    }
}

/// The offset of the quote that ends the string at `start`, or of the end of its line.
fn closing(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\n' => return at,
            byte if byte == quote => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_nested_keys_array_members_and_bare_keys() {
        let json = "{\n  \"bin\": \"a\",\n  \"scripts\": {\n    \"postinstall\": \"node x.js\"\n  }\n}";
        let toml = "[project]\ndependencies = [\n  \"httpx>=1\",\n]\n[project.scripts]\nrun = \"a:b\"\n";
        let cases: [(&str, &[&str], u32, u32); 6] = [
            (json, &["scripts", "postinstall"], 4, 5),
            (json, &["bin"], 2, 3),
            (json, &["scripts", "gone"], 3, 3),
            (json, &[], 1, 1),
            (toml, &["project", "httpx>=1"], 3, 3),
            (toml, &["scripts", "run"], 6, 1),
        ];
        for (text, keys, line, column) in cases {
            let place = Places::new("m", text).of(keys);
            assert_eq!((place.line, place.column), (line, column), "{keys:?}");
        }
    }

    #[test]
    fn survives_what_is_not_json() {
        for text in ["\"", "\"\\", "'\n\"é", "\u{feff}\"a\u{301}", "\"\\é\" x"] {
            let place = Places::new("m", text).of(&["a"]);
            assert_eq!(place.line, 1, "{text:?}");
        }
    }
}
