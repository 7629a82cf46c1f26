//! What is installed with the connector.

use std::collections::BTreeMap;

use super::{Told, name, places::Place};
use crate::{
    baseline::{Dependency, Entry},
    finding::{Class, Direction},
};

/// Compares direct dependencies.
pub(super) fn compare(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let (was, is) = (by_name(&before.dependencies), by_name(&now.dependencies));
    for (key, now) in &is {
        match was.get(key) {
            None => {
                let message = format!("dependency {} is new: {}", name(key.1), name(&shown(now)));
                told.push(tell("drift/dependency-added", Direction::Widens, message, key.1).to(&shown(now)));
            }
            Some(before) => changed(key.1, before, now, told),
        }
    }
    for (key, before) in was.iter().filter(|(key, _)| !is.contains_key(*key)) {
        let message = format!("dependency {} is gone", name(key.1));
        told.push(tell("drift/dependency-removed", Direction::Narrows, message, key.1).from(&shown(before)));
    }
}

type Declared<'a> = Vec<&'a Dependency>;

fn by_name(dependencies: &[Dependency]) -> BTreeMap<(&str, &str), Declared<'_>> {
    let mut named: BTreeMap<(&str, &str), Declared<'_>> = BTreeMap::new();
    for dependency in dependencies {
        named.entry((&dependency.ecosystem, dependency.name.raw())).or_default().push(dependency);
    }
    named
}

fn tell(rule: &'static str, direction: Direction, message: String, dependency: &str) -> Told {
    Told::new(rule, Class::Dependency, direction, message)
        .about(dependency)
        .at(Place::Dependency(dependency.to_owned()))
}

fn shown(declared: &[&Dependency]) -> String {
    let shown = |dependency: &&Dependency| match dependency.requirement.raw().trim() {
        "" => "any version".to_owned(),
        requirement => requirement.to_owned(),
    };
    declared.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn changed(dependency: &str, before: &[&Dependency], now: &[&Dependency], told: &mut Vec<Told>) {
    let facts = |declared: &[&Dependency]| -> Vec<(String, String, String)> {
        let mut facts: Vec<_> = declared
            .iter()
            .map(|one| (one.requirement.raw().trim().to_owned(), one.origin.clone(), one.kind.clone()))
            .collect();
        facts.sort();
        facts.dedup();
        facts
    };
    if facts(before) == facts(now) {
        return;
    }
    let new_origin = now
        .iter()
        .find(|one| one.origin != "registry" && !before.iter().any(|known| known.origin == one.origin));
    let loosest = |declared: &[&Dependency]| declared.iter().map(|one| freedom(one)).max();
    let (was, is) = (shown(before), shown(now));
    let (rule, direction, message) = if let Some(one) = new_origin {
        let from = match one.origin.as_str() {
            "git-pinned" => "a git commit",
            "git-moving" => "a git reference that can move",
            "path" => "a path",
            _ => "an address outside the registry",
        };
        let message = format!("dependency {} is fetched from {from} now: {}", name(dependency), name(&is));
        ("drift/dependency-origin", Direction::Widens, message)
    } else if loosest(now) > loosest(before) {
        let message = format!(
            "dependency {} accepts more versions: {}, was {}",
            name(dependency),
            name(&is),
            name(&was)
        );
        ("drift/dependency-loosened", Direction::Widens, message)
    } else {
        let message =
            format!("dependency {} is asked for as {}, was {}", name(dependency), name(&is), name(&was));
        ("drift/dependency-changed", Direction::Same, message)
    };
    told.push(tell(rule, direction, message, dependency).from(&was).to(&is));
}

/// How free the choice of a version is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Freedom {
    /// One version.
    Pinned,
    /// Versions up to a bound.
    Bounded,
    /// Whatever is newest.
    Open,
}

fn freedom(dependency: &Dependency) -> Freedom {
    if dependency.origin != "registry" {
        return if dependency.origin == "git-pinned" { Freedom::Pinned } else { Freedom::Bounded };
    }
    let requirement = dependency.requirement.raw().trim();
    match dependency.ecosystem.as_str() {
        "pypi" => python(requirement),
        "cargo" => cargo(requirement),
        _ => npm(requirement),
    }
}

/// Whether text is a whole version: three numbers, or more of them.
fn is_version(text: &str, least: usize) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    core.split('.').count() >= least
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn npm(requirement: &str) -> Freedom {
    let alternatives = requirement.split("||").map(str::trim).map(|one| {
        let bare = one.trim_start_matches(['=', 'v']).trim();
        if is_version(bare, 3) {
            Freedom::Pinned
        } else if one.contains('<') || one.starts_with(['^', '~']) || one.contains(" - ") || is_prefix(bare) {
            Freedom::Bounded
        } else {
            Freedom::Open
        }
    });
    alternatives.max().unwrap_or(Freedom::Open)
}

/// `1`, `1.2`, `1.x`, `1.2.*`.
fn is_prefix(text: &str) -> bool {
    text.split('.')
        .next()
        .is_some_and(|first| !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()))
}

fn python(requirement: &str) -> Freedom {
    let clauses: Vec<&str> = requirement.split(',').map(str::trim).collect();
    let exact = |clause: &&str| clause.starts_with("==") && !clause.ends_with('*');
    let bounded = |clause: &&str| {
        clause.starts_with('<')
            || clause.starts_with("~=")
            || clause.starts_with("==")
            || clause.starts_with(['^', '~'])
    };
    if clauses.iter().any(exact) {
        Freedom::Pinned
    } else if clauses.iter().any(bounded) {
        Freedom::Bounded
    } else {
        Freedom::Open
    }
}

fn cargo(requirement: &str) -> Freedom {
    let clauses: Vec<&str> = requirement.split(',').map(str::trim).collect();
    if clauses.iter().any(|clause| clause.starts_with('=')) {
        Freedom::Pinned
    } else if clauses.iter().all(|clause| clause.starts_with('>') || *clause == "*" || clause.is_empty()) {
        Freedom::Open
    } else {
        Freedom::Bounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_leave_more_or_less_freedom() {
        use Freedom::{Bounded, Open, Pinned};
        for (ecosystem, requirement, expected) in [
            ("npm", "1.2.3", Pinned),
            ("npm", "=1.2.3-beta.1", Pinned),
            ("npm", "^1.2.3", Bounded),
            ("npm", "1.x", Bounded),
            ("npm", ">=1 <2", Bounded),
            ("npm", ">=1", Open),
            ("npm", "*", Open),
            ("npm", "latest", Open),
            ("npm", "", Open),
            ("npm", "1.2.3 || >=2", Open),
            ("pypi", "==1.2.3", Pinned),
            ("pypi", "==1.*", Bounded),
            ("pypi", ">=1,<2", Bounded),
            ("pypi", "~=1.4", Bounded),
            ("pypi", ">=1", Open),
            ("pypi", "", Open),
            ("cargo", "=1.2.3", Pinned),
            ("cargo", "1.2", Bounded),
            ("cargo", ">=1", Open),
        ] {
            let dependency = Dependency {
                ecosystem: ecosystem.to_owned(),
                requirement: crate::untrusted::Untrusted::new(requirement),
                origin: "registry".to_owned(),
                ..Dependency::default()
            };
            assert_eq!(freedom(&dependency), expected, "{ecosystem} {requirement}");
        }
    }
}
