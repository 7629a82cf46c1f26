//! How two names look alike.

use super::{super::shapes::of_name, known::Name};
use crate::finding::{Confidence, Severity};

/// Words that say nothing about which server it is.
const GENERIC: [&str; 8] = ["mcp", "server", "servers", "client", "tool", "tools", "api", "ai"];

/// In what way one name looks like another, from the weakest evidence to the strongest.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub(super) enum Likeness {
    /// The name is well known, in another ecosystem.
    OtherEcosystem,
    /// The well-known name below a scope of its own.
    ScopeAdded,
    /// Nearly another package of the same scope, which only the scope's owner can publish.
    SameScope,
    /// The well-known name without its scope.
    ScopeDropped,
    /// One or two letters away.
    Close,
    /// The same words in another order, across the scope.
    Rearranged,
    /// The scope is a letter or two away, the rest is another name.
    ScopeClose,
    /// The same name below a scope that is a letter or two away.
    ScopeImitated,
    /// The same shape: digits for letters, letters of other alphabets, moved hyphens in the scope.
    SameShape,
}

impl Likeness {
    /// How bad and how sure it is, and the words for it.
    pub(super) fn judge(self) -> (Severity, Confidence, &'static str) {
        match self {
            Self::OtherEcosystem => (Severity::Low, Confidence::Low, "has the name of"),
            Self::ScopeAdded => (Severity::Low, Confidence::Low, "adds a scope to the name of"),
            Self::SameScope => (Severity::Medium, Confidence::Low, "is nearly the name of"),
            Self::ScopeDropped => (Severity::Medium, Confidence::Medium, "drops the scope of"),
            Self::Close => (Severity::High, Confidence::Medium, "is a letter or two away from"),
            Self::Rearranged => (Severity::High, Confidence::Medium, "rearranges the words of"),
            Self::ScopeClose => (Severity::High, Confidence::Medium, "has nearly the scope of"),
            Self::ScopeImitated => (Severity::High, Confidence::High, "imitates the scope of"),
            Self::SameShape => (Severity::High, Confidence::High, "looks the same as"),
        }
    }
}

/// How `name` looks like `known`, by the strongest evidence.
pub(super) fn compare(name: &Name, known: &Name) -> Option<Likeness> {
    if name.ecosystem != known.ecosystem {
        let is_same = name.full == known.full && distinctive(&name.base) >= 6;
        return is_same.then_some(Likeness::OtherEcosystem);
    }
    match (&name.scope, &known.scope) {
        (Some(scope), Some(other)) if scope != other => compare_scopes(name, scope, known, other),
        (None, None) | (Some(_), Some(_)) => {
            let likeness = compare_bases(&name.base, &known.base)?;
            Some(if name.scope.is_some() { Likeness::SameScope } else { likeness })
        }
        (None, Some(_)) => is_scope_dropped(&name.base, &known.base).then_some(Likeness::ScopeDropped),
        (Some(_), None) => {
            (name.base == known.base && distinctive(&name.base) >= 5).then_some(Likeness::ScopeAdded)
        }
    }
}

fn compare_scopes(name: &Name, scope: &str, known: &Name, other: &str) -> Option<Likeness> {
    let (shape, other_shape) = (joined(&of_name(scope)), joined(&of_name(other)));
    if shape == other_shape && other.len() >= 4 {
        return Some(Likeness::SameShape);
    }
    let apart = distance(&shape, &other_shape);
    if apart == 1 && other.len() >= 6 || apart == 2 && other.len() >= 12 {
        return Some(if name.base == known.base { Likeness::ScopeImitated } else { Likeness::ScopeClose });
    }
    let is_rearranged = words(&name.full) == words(&known.full) && distinctive(&known.base) >= 5;
    is_rearranged.then_some(Likeness::Rearranged)
}

fn compare_bases(base: &str, known: &str) -> Option<Likeness> {
    let (shape, known_shape) = (of_name(base), of_name(known));
    let weight = distinctive(known);
    if shape == known_shape && weight >= 3 {
        return Some(Likeness::SameShape);
    }
    let (shape, known_shape) = (joined(&shape), joined(&known_shape));
    if shape == known_shape && weight >= 6 {
        return Some(Likeness::Close);
    }
    if misspells_generic(base, known) && weight >= 5 {
        return Some(Likeness::Close);
    }
    if adds_to(base, known) {
        return None;
    }
    match distance(&shape, &known_shape) {
        1 if weight >= 6 => Some(Likeness::Close),
        2 if weight >= 10 => Some(Likeness::Close),
        _ => None,
    }
}

/// Whether the names differ in one generic word alone, which the one misspells: `mpc` for `mcp`.
fn misspells_generic(base: &str, known: &str) -> bool {
    let (own, other): (Vec<&str>, Vec<&str>) = (split(base).collect(), split(known).collect());
    let mut different = own.iter().zip(&other).filter(|(own, other)| own != other);
    own.len() == other.len()
        && different.next().is_some_and(|(own, other)| {
            GENERIC.contains(other) && !GENERIC.contains(own) && distance(own, other) == 1 && own.len() >= 3
        })
        && different.next().is_none()
}

/// Whether a name is another with a word or a last digit more: a variant that says so.
fn adds_to(base: &str, known: &str) -> bool {
    let has_word = base.strip_suffix(known).is_some_and(|rest| rest.ends_with(['-', '_', '.']))
        || base.strip_prefix(known).is_some_and(|rest| rest.starts_with(['-', '_', '.']));
    let digits = base.strip_prefix(known);
    has_word || digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether `base` is a scoped package's name without its scope, also with `mcp` in its place.
fn is_scope_dropped(base: &str, known: &str) -> bool {
    let shape = of_name(base);
    let without = shape.strip_prefix("mcp-").or_else(|| shape.strip_suffix("-mcp"));
    let known_shape = of_name(known);
    distinctive(known) >= 5 && (shape == known_shape || without == Some(known_shape.as_str()))
}

/// How many characters of a name are in words that say which server it is.
fn distinctive(name: &str) -> usize {
    split(name).filter(|word| !GENERIC.contains(word)).map(|word| word.chars().count()).sum()
}

fn split(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_', '.', '/', '@']).filter(|word| !word.is_empty())
}

fn words(name: &str) -> Vec<&str> {
    let mut words: Vec<&str> = split(name).collect();
    words.sort_unstable();
    words
}

fn joined(name: &str) -> String {
    split(name).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours between two names; above 2 it is
/// not counted further.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return 3;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits_and_swaps() {
        for (a, b, expected) in [
            ("", "", 0),
            ("mcp", "mpc", 1),
            ("remote", "remot", 1),
            ("abcd", "acbde", 2),
            ("a", "abcd", 3),
            ("é", "e", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }
}
