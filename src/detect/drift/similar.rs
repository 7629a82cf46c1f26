//! How alike two names or texts are, and which words a name is made of.

use std::collections::BTreeSet;

/// The lower-case words of a name in any of the usual spellings.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        let begins = c.is_uppercase() && was_lower;
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            parts.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    if !word.is_empty() {
        parts.push(word);
    }
    parts
}

/// The share of items that two sets have in common, in percent; two empty sets are alike.
pub(super) fn overlap<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> usize {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    (shared * 100).checked_div(all).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("callback_url", &["callback", "url"][..]),
            ("callbackUrl", &["callback", "url"]),
            ("GITHUB_TOKEN", &["github", "token"]),
            ("list-issues.v2", &["list", "issues", "v2"]),
            ("", &[]),
        ] {
            assert_eq!(parts(name), expected, "{name}");
        }
    }

    #[test]
    fn sets_are_alike_by_what_they_share() {
        let set = |items: &[u8]| items.iter().copied().collect::<BTreeSet<u8>>();
        assert_eq!(overlap(&set(&[]), &set(&[])), 100);
        assert_eq!(overlap(&set(&[1, 2, 3]), &set(&[1, 2, 4])), 50);
        assert_eq!(overlap(&set(&[1]), &set(&[])), 0);
    }
}
