//! An archive entry's own name to a path that is safe to use as a key, or to why it is refused.

use unicode_normalization::UnicodeNormalization;

use super::Limits;
use crate::{
    artifact::RefusalReason,
    untrusted::{self, Untrusted},
};

/// What an entry's name means.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Name {
    /// A relative, `/`-separated path without `.` and empty parts.
    Path(String),
    /// The root itself.
    Root,
    /// A hostile or malformed name.
    Refused(RefusalReason),
    /// A name beyond the limits, with the words for a person.
    Beyond(String),
}

/// Reads an entry's name.
pub(crate) fn name(raw: &[u8], limits: &Limits) -> Name {
    let Ok(text) = std::str::from_utf8(raw) else { return Name::Refused(RefusalReason::BadName) };
    if text.chars().any(untrusted::is_invisible) {
        return Name::Refused(RefusalReason::BadName);
    }
    let text = text.replace('\\', "/");
    if is_absolute(&text) {
        return Name::Refused(RefusalReason::Absolute);
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => return Name::Refused(RefusalReason::Traversal),
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Name::Root;
    }
    if parts.len() > limits.depth {
        return Name::Beyond(format!("nested deeper than {} folders", limits.depth));
    }
    let path = parts.join("/");
    if path.len() > limits.path {
        return Name::Beyond(format!("path is longer than {} bytes", limits.path));
    }
    Name::Path(path)
}

/// The entry's name as the report keeps it.
pub(crate) fn shown(raw: &[u8]) -> Untrusted {
    const MOST: usize = 4096;
    Untrusted::new(String::from_utf8_lossy(raw.get(..MOST).unwrap_or(raw)))
}

/// The path as a file system that ignores case and Unicode form sees it.
pub(crate) fn folded(path: &str) -> String {
    if path.is_ascii() { path.to_ascii_lowercase() } else { path.nfc().collect::<String>().to_lowercase() }
}

/// Why a link is refused: it leaves the root, or it is only a link. `floor` is how many leading
/// folders of the path belong to the root itself.
pub(crate) fn link(path: &str, target: &[u8], is_hard: bool, floor: usize) -> RefusalReason {
    let Ok(target) = std::str::from_utf8(target) else { return RefusalReason::LinkOutside };
    let target = target.replace('\\', "/");
    if is_absolute(&target) {
        return RefusalReason::LinkOutside;
    }
    let mut depth = if is_hard { 0 } else { path.matches('/').count() };
    let mut parts = target.split('/').filter(|part| !matches!(*part, "" | ".")).peekable();
    if is_hard && parts.peek().is_none() {
        return RefusalReason::LinkOutside;
    }
    for part in parts {
        if part != ".." {
            depth += 1;
        } else if depth > if is_hard { 0 } else { floor } {
            depth -= 1;
        } else {
            return RefusalReason::LinkOutside;
        }
    }
    RefusalReason::Link
}

fn is_absolute(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    first == Some('/') || (first.is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RefusalReason::{Absolute, BadName, Link, LinkOutside, Traversal};

    #[test]
    fn normalises_and_refuses_names() {
        let path = |path: &str| Name::Path(path.into());
        let cases: &[(&[u8], Name)] = &[
            (b"a/b.js", path("a/b.js")),
            (b"./a//b/./c", path("a/b/c")),
            (b"a\\b.js", path("a/b.js")),
            (b"...", path("...")),
            (b"./", Name::Root),
            (b"", Name::Root),
            (b"../a", Name::Refused(Traversal)),
            (b"a/../../b", Name::Refused(Traversal)),
            (b"a\\..\\b", Name::Refused(Traversal)),
            (b"a/..", Name::Refused(Traversal)),
            (b"/etc/x", Name::Refused(Absolute)),
            (b"\\\\host\\x", Name::Refused(Absolute)),
            (b"C:\\x", Name::Refused(Absolute)),
            (b"c:x", Name::Refused(Absolute)),
            (b"a\0b", Name::Refused(BadName)),
            (b"a\nb", Name::Refused(BadName)),
            (b"a\xff", Name::Refused(BadName)),
            ("a\u{202e}sj.b".as_bytes(), Name::Refused(BadName)),
        ];
        for (raw, expected) in cases {
            assert_eq!(name(raw, &Limits::default()), *expected, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn bounds_depth_and_length() {
        let limits = Limits { depth: 3, path: 10, ..Limits::default() };
        assert_eq!(name(b"a/b/c", &limits), Name::Path("a/b/c".into()));
        assert!(matches!(name(b"a/b/c/d", &limits), Name::Beyond(_)));
        assert!(matches!(name(b"abcdefghijk", &limits), Name::Beyond(_)));
    }

    #[test]
    fn tells_links_that_leave_the_root() {
        for (path, target, is_hard, floor, expected) in [
            ("a/b", "c", false, 0, Link),
            ("a/b", "../c", false, 0, Link),
            ("a/b", "../../c", false, 0, LinkOutside),
            ("package/b", "../c", false, 1, LinkOutside),
            ("package/d/b", "../c", false, 1, Link),
            ("a/b", "/etc/passwd", false, 0, LinkOutside),
            ("a/b", "C:\\x", false, 0, LinkOutside),
            ("a/b", "..\\..\\x", false, 0, LinkOutside),
            ("a/b", "a/c", true, 0, Link),
            ("a/b", "../c", true, 0, LinkOutside),
        ] {
            assert_eq!(link(path, target.as_bytes(), is_hard, floor), expected, "{path} -> {target}");
        }
        assert_eq!(link("a", b"\xff", false, 0), LinkOutside);
    }

    #[test]
    fn folds_case_and_form() {
        assert_eq!(folded("SRC/A.js"), "src/a.js");
        assert_eq!(folded("E\u{301}.js"), folded("\u{e9}.js"));
    }
}
