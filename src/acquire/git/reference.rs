//! What a repository offers and what was asked for, to one commit, and why.

use std::collections::BTreeMap;

use super::Id;
use crate::{acquire::AcquireError, acquire::digest::hex, untrusted::excerpt};

/// What a repository offers.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Object names by full reference name; `^{}` behind a tag's name is the commit it stands for.
    pub(super) references: BTreeMap<String, Id>,
    /// The branch that `HEAD` stands for.
    pub(super) head: Option<String>,
    /// What the server can do.
    pub(super) capabilities: Vec<String>,
}

/// One commit.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Found {
    /// Its name.
    pub(super) commit: Id,
    /// Why this one, one sentence a line.
    pub(super) how: Vec<String>,
}

/// An object name from forty hexadecimal digits.
pub(super) fn id(hex: &str) -> Option<Id> {
    let mut id = [0; 20];
    let digits = hex.as_bytes();
    if digits.len() != 40 {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(id)
}

/// Refuses what git does not allow in a reference's name.
///
/// # Errors
/// Where the name cannot be one.
pub(super) fn check(wanted: &str) -> Result<(), AcquireError> {
    let is_allowed = |c: char| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\".contains(c);
    let is_plain = wanted.len() <= 250 && wanted.chars().all(is_allowed);
    if is_plain && !wanted.contains("..") && !wanted.contains("@{") && !wanted.starts_with('-') {
        return Ok(());
    }
    Err(AcquireError::Usage {
        message: format!("nothing was fetched: `{}` is not a branch, tag or commit", excerpt(wanted, 60)),
        hints: vec!["name a branch, a tag or a full commit id behind `#`".into()],
    })
}

/// The commit that was asked for; an empty `wanted` means the default branch.
///
/// # Errors
/// The words for why there is none.
pub(super) fn find(listing: &Listing, wanted: &str) -> Result<Found, String> {
    if wanted.is_empty() {
        let Some(commit) = listing.references.get("HEAD") else { return Err("is empty".into()) };
        let branch =
            listing.head.as_deref().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or("HEAD");
        return Ok(branch_at(branch, *commit));
    }
    if let Some(commit) = id(&wanted.to_ascii_lowercase()) {
        return Ok(Found { commit, how: vec!["the commit that was asked for".into()] });
    }
    let at = |name: String| {
        let peeled = listing.references.get(&format!("{name}^{{}}"));
        peeled.or_else(|| listing.references.get(&name)).copied()
    };
    let tag = at(format!("refs/tags/{wanted}"));
    let branch = at(format!("refs/heads/{wanted}"));
    if let Some(commit) = at(wanted.to_owned()).filter(|_| wanted.starts_with("refs/")).or(tag) {
        let mut how = vec![format!("`{}` is commit {} now", excerpt(wanted, 60), short(commit))];
        if branch.is_some_and(|branch| branch != commit) {
            how.push(format!("a branch `{}` is another commit: the tag was read", excerpt(wanted, 60)));
        }
        return Ok(Found { commit, how });
    }
    if let Some(commit) = branch {
        return Ok(branch_at(wanted, commit));
    }
    by_start(listing, wanted)
}

fn branch_at(branch: &str, commit: Id) -> Found {
    let how = format!("branch `{}` is commit {} now, and moves", excerpt(branch, 60), short(commit));
    Found { commit, how: vec![how] }
}

/// An abbreviated commit, where exactly one reference has it.
fn by_start(listing: &Listing, wanted: &str) -> Result<Found, String> {
    let shown = excerpt(wanted, 60);
    let wanted = wanted.to_ascii_lowercase();
    if !(7..40).contains(&wanted.len()) || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("has no branch or tag `{shown}`"));
    }
    let ids: std::collections::BTreeSet<Id> =
        listing.references.values().filter(|id| hex(*id).starts_with(&wanted)).copied().collect();
    match ids.iter().collect::<Vec<_>>().as_slice() {
        [commit] => {
            Ok(Found { commit: **commit, how: vec![format!("`{shown}` is commit {}", short(**commit))] })
        }
        _ => Err(format!("has no branch or tag `{shown}`, and commit ids are read in full length only")),
    }
}

fn short(commit: Id) -> String {
    hex(&commit).get(..12).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let references = [
            ("HEAD", 1),
            ("refs/heads/main", 1),
            ("refs/heads/v2", 2),
            ("refs/tags/v1", 3),
            ("refs/tags/v1^{}", 4),
            ("refs/tags/v2", 5),
            ("refs/pull/7/head", 6),
        ];
        let references = references.iter().map(|(name, byte)| ((*name).to_owned(), [*byte; 20])).collect();
        Listing { references, head: Some("refs/heads/main".into()), capabilities: Vec::new() }
    }

    #[test]
    fn finds_the_commit_that_a_name_means() {
        let full = "0a".repeat(20);
        for (wanted, byte, how) in [
            ("", 1, "branch `main` is commit 010101010101 now, and moves"),
            ("main", 1, "branch `main` is commit 010101010101 now, and moves"),
            ("v1", 4, "`v1` is commit 040404040404 now"),
            ("v2", 5, "`v2` is commit 050505050505 now\na branch `v2` is another commit: the tag was read"),
            ("refs/pull/7/head", 6, "`refs/pull/7/head` is commit 060606060606 now"),
            ("0202020", 2, "`0202020` is commit 020202020202"),
            (&full, 10, "the commit that was asked for"),
        ] {
            let found = find(&listing(), wanted).unwrap();
            assert_eq!((found.commit, found.how.join("\n").as_str()), ([byte; 20], how), "{wanted}");
        }
    }

    #[test]
    fn says_what_is_missing() {
        for (wanted, why) in [
            ("nope", "has no branch or tag `nope`"),
            ("abcdef0", "has no branch or tag `abcdef0`, and commit ids are read in full length only"),
        ] {
            assert_eq!(find(&listing(), wanted), Err(why.into()));
        }
        assert_eq!(find(&Listing::default(), ""), Err("is empty".into()));
    }

    #[test]
    fn refuses_what_is_no_name() {
        for wanted in ["a..b", "a b", "HEAD~1", "a:b", "-x", "main@{1}", "a\nb", &"x".repeat(300)] {
            assert!(check(wanted).is_err(), "{wanted}");
        }
        for wanted in ["", "main", "feature/x", "v1.0.0", "refs/pull/1/head"] {
            assert!(check(wanted).is_ok(), "{wanted}");
        }
    }

    #[test]
    fn reads_object_names() {
        assert_eq!(id(&"Ab".repeat(20)), Some([0xab; 20]));
        for text in ["", "ab", &"+1".repeat(20), &"é".repeat(20)] {
            assert_eq!(id(text), None);
        }
    }
}
