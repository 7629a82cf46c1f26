//! Bounds on what the front ends parse: the bytes of a file go in, a measure of its shape comes
//! out. Parsers recurse on brackets, and an overflowing stack ends the process.

/// Deepest bracket nesting that is parsed; the deepest in real packages is 62. The parser of
/// JavaScript tries `(a=(a=…` twice at every level, each try anew: deeper nesting costs quadratic time.
pub(crate) const MAX_NESTING: usize = 200;

/// Largest source file that is parsed, in bytes.
pub(crate) const MAX_SOURCE: usize = 20 << 20;

/// Bytes that are counted together.
const CHUNK: usize = 64;

/// The deepest bracket nesting of a file, counted by bytes; an upper bound of it.
///
/// Brackets in strings and comments count as well. A closing bracket never takes the depth below
/// zero. Closing brackets in strings and comments make the count too low: a front end whose
/// parser recurses needs its own measure beside this one.
pub(crate) fn nesting(source: &[u8]) -> usize {
    let mut depth = 0;
    let mut deepest = 0;
    for chunk in source.chunks(CHUNK) {
        let (opened, closed) = brackets(chunk);
        deepest = deepest.max(depth + opened);
        depth = if closed <= depth { depth - closed + opened } else { exactly(chunk, depth) };
    }
    deepest
}

/// Opening and closing brackets of a chunk.
fn brackets(chunk: &[u8]) -> (usize, usize) {
    let (mut opened, mut closed) = (0_u8, 0_u8);
    for &byte in chunk {
        opened += u8::from(byte == b'(') + u8::from(byte == b'[') + u8::from(byte == b'{');
        closed += u8::from(byte == b')') + u8::from(byte == b']') + u8::from(byte == b'}');
    }
    (usize::from(opened), usize::from(closed))
}

/// The depth after a chunk in which it may touch zero.
fn exactly(chunk: &[u8], depth: usize) -> usize {
    chunk.iter().fold(depth, |depth, byte| match byte {
        b'(' | b'[' | b'{' => depth + 1,
        b')' | b']' | b'}' => depth.saturating_sub(1),
        _ => depth,
    })
}

/// Why a file is not parsed at all, where that is so.
pub(crate) fn refusal(source: &[u8], deepest: usize) -> Option<String> {
    if source.len() > MAX_SOURCE {
        return Some(format!("not parsed: larger than {MAX_SOURCE} bytes"));
    }
    (deepest > MAX_NESTING).then(|| format!("not parsed: pathological nesting, {deepest} levels of brackets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_nesting_from_above() {
        let cases = [
            (String::new(), 0, 0),
            ("f(a, [b], {c: (d)})".to_owned(), 3, 5),
            (format!("{}{}", "(".repeat(5_000), ")".repeat(5_000)), 5_000, 5_000),
            (")".repeat(500) + &"[".repeat(200), 200, 200),
            ("{}".repeat(5_000), 1, 32),
        ];
        for (source, least, most) in cases {
            let measured = nesting(source.as_bytes());
            assert!((least..=most).contains(&measured), "{measured} for {}", &source[..source.len().min(20)]);
        }
    }

    #[test]
    fn refuses_what_is_too_deep_or_too_large() {
        let refusal = |source: &[u8]| refusal(source, nesting(source));
        assert_eq!(refusal("{[(".repeat(60).as_bytes()), None);
        assert!(refusal("{[(".repeat(70).as_bytes()).is_some_and(|why| why.contains("210 levels")));
        assert!(refusal(&vec![b' '; MAX_SOURCE + 1]).is_some_and(|why| why.contains("larger than")));
        assert_eq!(refusal(&vec![b' '; MAX_SOURCE]), None);
    }
}
