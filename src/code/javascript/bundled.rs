//! Whether a file is the output of a bundler or minifier.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Size from which long lines mean minified, in bytes.
const MINIFIED_SIZE: usize = 20_000;

/// Mean line length from which a file counts as minified, in bytes.
const MINIFIED_LINE: usize = 300;

static MARKERS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::new([
        "__commonJS(",
        "__webpack_require__",
        "// node_modules/",
        "/*! For license information",
        "__toESM(",
    ])
    .ok()
});

/// Whether other packages' code may be inside.
pub(super) fn is_bundled(source: &str, lines: usize) -> bool {
    if source.len() > MINIFIED_SIZE && source.len() / lines.max(1) > MINIFIED_LINE {
        return true;
    }
    MARKERS.as_ref().is_some_and(|markers| markers.is_match(source))
}
