//! Bounds on what the front ends parse: the bytes of a file go in, a measure of its shape comes
//! out. Parsers recurse on brackets, and an overflowing stack ends the process.

/// Deepest bracket nesting that is parsed; the deepest in real packages is 62.
pub(crate) const MAX_NESTING: usize = 1_000;

/// Largest source file that is parsed, in bytes.
pub(crate) const MAX_SOURCE: usize = 20 << 20;

/// How a byte changes the bracket depth.
static STEP: [i8; 256] = {
    let mut step = [0; 256];
    step[b'(' as usize] = 1;
    step[b'[' as usize] = 1;
    step[b'{' as usize] = 1;
    step[b')' as usize] = -1;
    step[b']' as usize] = -1;
    step[b'}' as usize] = -1;
    step
};

/// The deepest bracket nesting of a file, counted by bytes.
///
/// Brackets in strings and comments count as well, and a closing bracket never takes the depth
/// below zero. Where the plain count goes too deep, closing brackets in strings could have hidden
/// nothing: a parser sees at most the brackets that are there.
pub(crate) fn nesting(source: &[u8]) -> usize {
    let mut depth = 0_isize;
    let mut deepest = 0_isize;
    for &byte in source {
        depth = (depth + isize::from(STEP[usize::from(byte)])).max(0);
        deepest = deepest.max(depth);
    }
    deepest.unsigned_abs()
}

/// Why a file is not parsed at all, where that is so.
pub(crate) fn refusal(source: &[u8]) -> Option<String> {
    if source.len() > MAX_SOURCE {
        return Some(format!("not parsed: larger than {MAX_SOURCE} bytes"));
    }
    let deepest = nesting(source);
    (deepest > MAX_NESTING).then(|| format!("not parsed: pathological nesting, {deepest} levels of brackets"))
}
