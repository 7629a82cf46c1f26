//! The list of well-known names, and a name taken apart.

use std::sync::LazyLock;

use crate::artifact::Ecosystem;

/// The list, as written.
pub(in crate::detect) const SOURCE: &str = include_str!("../../../rules/well-known.tsv");

/// A package name taken apart.
pub(super) struct Name {
    /// Where it is unique.
    pub(super) ecosystem: Ecosystem,
    /// The whole name as the registry compares it.
    pub(super) full: String,
    /// The part between `@` and `/`.
    pub(super) scope: Option<String>,
    /// The part after the scope.
    pub(super) base: String,
}

impl Name {
    /// Takes a name apart, in the form in which its registry compares names.
    pub(super) fn parse(ecosystem: Ecosystem, name: &str) -> Self {
        let lower = name.trim().to_lowercase();
        let full = if ecosystem == Ecosystem::Pypi { hyphened(&lower) } else { lower };
        let scoped = full.strip_prefix('@').and_then(|rest| rest.split_once('/'));
        let (scope, base) = match scoped {
            Some((scope, base)) => (Some(scope.to_owned()), base.to_owned()),
            None => (None, full.clone()),
        };
        Self { ecosystem, full, scope, base }
    }
}

/// A `PyPI` name with one hyphen for every run of separators (PEP 503).
fn hyphened(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

/// Every well-known name.
pub(super) fn all() -> &'static [Name] {
    static NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| {
        let lines = SOURCE.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once('\t'))
            .map(|(ecosystem, name)| parse(ecosystem, name))
            .collect()
    });
    &NAMES
}

fn parse(ecosystem: &str, name: &str) -> Name {
    Name::parse(if ecosystem == "npm" { Ecosystem::Npm } else { Ecosystem::Pypi }, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_in_the_registries_own_form() {
        let lines: Vec<&str> = SOURCE.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.is_sorted() && lines.len() > 150);
        assert_eq!(all().len(), lines.len());
        for (line, name) in lines.iter().zip(all()) {
            assert_eq!(*line, format!("{}\t{}", name.ecosystem.name(), name.full));
        }
    }
}
