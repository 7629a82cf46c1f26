//! Regular expressions of rule files, each compiled once for all packages, when it is first asked.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::bytes::Regex;
use rustc_hash::FxHashMap;

type Known = FxHashMap<String, Option<Arc<Regex>>>;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The expression of a text from a rule file; `None` where it is none, which the catalogue refuses.
pub(super) fn compiled(text: &str) -> Option<Arc<Regex>> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(text) {
        return regex.clone();
    }
    let regex = Regex::new(text).ok().map(Arc::new);
    known.insert(text.to_owned(), regex.clone());
    regex
}
