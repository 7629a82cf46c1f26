//! How deep a TOML text nests tables, before a parser that recurses sees it.

/// Whether tables and arrays nest deeper than `limit`, dotted keys counted by their parts.
///
/// The parser bounds its own recursion by brackets alone; a dotted key opens as many tables as it
/// has parts.
pub(crate) fn is_deeper(text: &str, limit: usize) -> bool {
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut dots = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' | b'\'' => after_string(bytes, at),
            b'#' => memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length),
            _ => at + 1,
        };
        match byte {
            b'{' | b'[' => {
                open.push(dots + 1);
                depth += dots + 1;
                dots = 0;
            }
            b'}' | b']' => {
                depth -= open.pop().unwrap_or(0);
                dots = 0;
            }
            b',' | b'\n' => dots = 0,
            b'.' => dots += 1,
            _ => {}
        }
        if depth + dots > limit {
            return true;
        }
    }
    false
}

/// The offset after the string that starts at `start`: basic or literal, on one line or several.
fn after_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = [quote; 3];
    let is_long = bytes[start..].starts_with(&triple);
    let mut at = if is_long { start + 3 } else { start + 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\n' if !is_long => return at,
            byte if byte == quote && !is_long => return at + 1,
            byte if byte == quote && bytes[at..].starts_with(&triple) => return at + 3,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_brackets_and_the_parts_of_keys() {
        for (text, depth) in [
            ("a = 1", 0),
            ("a.b.c = 1", 2),
            ("[a.b]\nc.d = 1", 2),
            ("a = { b = [1] }", 2),
            ("a.b = { c.d = {} }", 4),
            ("a = \"x.y.z{{{[[[\" # ...[[[", 0),
            ("a = '''\n...{{{\n'''\nb = \"\"\"\\\"\"\"{{{\"\"\"\n", 0),
            ("a = \"\\\"{{{\"", 0),
            ("a = [1.5, 2.5]", 2),
            ("\"", 0),
            ("]]]a.b", 1),
        ] {
            assert!(!is_deeper(text, depth), "{text} is deeper than {depth}");
            assert!(depth == 0 || is_deeper(text, depth - 1), "{text} is not {depth} deep");
        }
    }
}
