//! Promises about every rule file.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use mcp_vouch::{
    detect::{
        catalogue::{self, Entry},
        precision, reference,
    },
    gate::policy::is_day,
};

use super::support;

fn entries() -> Vec<&'static Entry> {
    catalogue::complete().entries().collect()
}

/// Rules that no example can prove: those that speak while acquiring, those of the policy, which the
/// tests of `src/gate/requirements.rs` prove, those about several connectors, which the tests of
/// `src/detect/set.rs` prove, and those about signatures, which
/// `src/detect/provenance/tests/rules.rs` proves one by one with real ones.
pub(crate) fn speaks_while_acquiring(entry: &Entry) -> bool {
    matches!(entry.check.as_str(), "acquire" | "policy" | "provenance" | "set")
}

#[test]
fn ids_are_a_family_and_a_name() {
    let pattern = regex::Regex::new("^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$").unwrap();
    for entry in entries() {
        assert!(pattern.is_match(&entry.rule.id), "`{}`", entry.rule.id);
    }
}

#[test]
fn every_rule_says_what_why_and_what_to_do() {
    for entry in entries() {
        let rule = &entry.rule;
        for (name, text) in [("title", &rule.title), ("why", &rule.why), ("fix", &rule.fix)] {
            assert!(text.len() >= 10, "{}: {name} is `{text}`", rule.id);
            assert!(!text.contains('\n') && text.trim() == text, "{}: {name} is not one line", rule.id);
        }
        assert!(!rule.title.ends_with('.'), "{}: a title has no full stop", rule.id);
        for (name, text) in [("why", &rule.why), ("fix", &rule.fix)] {
            assert!(text.ends_with(['.', '?', '`']), "{}: {name} is not a sentence", rule.id);
        }
    }
}

#[test]
fn every_rule_has_a_bad_and_a_good_example() {
    for entry in entries().into_iter().filter(|entry| !speaks_while_acquiring(entry)) {
        assert!(!entry.bad.is_empty(), "{}: no bad example", entry.rule.id);
        assert!(!entry.good.is_empty(), "{}: no good example", entry.rule.id);
    }
}

#[test]
fn every_check_that_a_rule_names_exists() {
    let checks: BTreeSet<&str> = mcp_vouch::detect::CHECKS.iter().map(|check| check.name()).collect();
    assert_eq!(checks.len(), mcp_vouch::detect::CHECKS.len(), "two checks have the same name");
    for entry in
        entries().into_iter().filter(|entry| !matches!(entry.check.as_str(), "acquire" | "policy" | "set"))
    {
        assert!(
            checks.contains(entry.check.as_str()),
            "{}: no check is called `{}`",
            entry.rule.id,
            entry.check
        );
    }
}

#[test]
fn every_rule_that_acquiring_speaks_for_exists() {
    let quoted = regex::Regex::new("\"(artifact/[a-z-]+)\"").unwrap();
    let named: BTreeSet<String> = super::architecture::sources()
        .into_iter()
        .filter(|(path, _)| path.starts_with("src/acquire/"))
        .flat_map(|(_, code)| {
            quoted.captures_iter(&code).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let rules: BTreeSet<String> = entries()
        .into_iter()
        .filter(|entry| entry.check == "acquire")
        .map(|entry| entry.rule.id.clone())
        .collect();
    assert_eq!(named, rules);
}

#[test]
fn references_carry_identifier_and_title() {
    for entry in entries() {
        for reference in &entry.rule.references {
            assert!(reference.chars().any(|c| c.is_ascii_digit()), "{}: `{reference}`", entry.rule.id);
        }
        assert!(
            entry.rule.cwe.iter().all(|cwe| (1..2_000).contains(cwe)),
            "{}: {:?}",
            entry.rule.id,
            entry.rule.cwe
        );
    }
}

/// Today, for the rewrite that a person asked for.
#[expect(clippy::disallowed_methods, reason = "only the rewrite needs to know the day")]
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    mcp_vouch::artifact::time::show(now.as_secs().try_into().unwrap())[..10].to_owned()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the rewrite through the environment")]
fn reference_data_says_how_old_it_is() {
    let path = support::root().join("rules/reference.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    let (written, now) = (reference::all(), reference::digests());
    assert_eq!(written.keys().map(String::as_str).collect::<Vec<_>>(), ["names", "roots", "rules"]);
    for (name, one) in written {
        assert!(one.seconds().is_some() && is_day(&one.date), "{name}: {}", one.date);
        if std::env::var_os("UPDATE").is_some() && one.digest != now[name.as_str()] {
            let block = |date: &str, digest: &str| {
                format!("[{name}]\nwhat = \"{}\"\ndate = \"{date}\"\ndigest = \"{digest}\"\n", one.what)
            };
            text = text.replace(&block(&one.date, &one.digest), &block(&today(), &now[name.as_str()]));
            fs::write(&path, &text).unwrap();
        }
        assert!(
            text.contains(&now[name.as_str()]),
            "rules/reference.toml: {name} changed since {}: `UPDATE=1 cargo test --test suite reference` says so",
            one.date
        );
    }
    assert_eq!(reference::oldest(), written.values().map(|one| one.date.as_str()).min().unwrap());
}

const START: &str = "<!-- rules: generated, rewrite with UPDATE=1 cargo test catalogue -->";
const END: &str = "<!-- end of rules -->";

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the rewrite through the environment")]
fn table_of_rules_is_current() {
    let path = support::root().join("rules/README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let current = format!("{before}{START}\n{}{END}{after}", table());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        text == current || fs::read_to_string(&path).unwrap() == current,
        "rules/README.md is stale: {START}"
    );
}

fn table() -> String {
    let mut table = String::from(
        "\n| rule | severity | confidence | what it finds | read by hand, right |\n|---|---|---|---|---|\n",
    );
    for Entry { rule, .. } in entries() {
        let title = rule.title.replace('|', "\\|");
        let readings = precision::of(&rule.id)
            .fold((0, 0), |(read, right), reading| (read + reading.read, right + reading.right));
        let precision =
            if readings.0 > 0 { format!("{} of {}", readings.1, readings.0) } else { String::new() };
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {title} | {precision} |",
            rule.id, rule.severity, rule.confidence
        );
    }
    table.push('\n');
    table
}
