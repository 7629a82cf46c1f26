//! What a person can get wrong on the command line: every message, and exit code 2.

use super::support::{Place, fixture, shown};

#[test]
fn usage_errors_say_that_nothing_was_scanned() {
    let clean = fixture("clean-javascript");
    for (name, arguments) in [
        ("unknown-target", vec!["no-such-target"]),
        ("unknown-scheme", vec!["gem:name"]),
        ("unsupported-launcher", vec!["docker run image"]),
        ("output-without-file", vec![&clean, "--output", "json"]),
        ("unknown-format", vec![&clean, "--output", "xml=-"]),
        ("two-outputs-one-place", vec![&clean, "--output", "json=-", "--output", "sarif=-"]),
    ] {
        let answer = Place::new().check(&arguments);
        assert_eq!(answer.code, 2, "{name}: {}", shown(&answer));
        assert!(answer.stderr.starts_with("error: no scan was performed: "), "{name}: {}", shown(&answer));
        insta::assert_snapshot!(format!("usage-{name}"), shown(&answer));
    }
}

#[test]
fn one_bad_target_stops_the_whole_run() {
    let place = Place::empty();
    place.write("connector/index.js", "export const nothing = 1;\n");
    let answer = place.check(&["connector", "gem:name", "--output", "json=report.json"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(!place.work().join("report.json").exists());
}

#[test]
fn an_unwritable_output_is_a_usage_error() {
    let answer =
        Place::new().check(&[&fixture("clean-javascript"), "--output", "json=no/such/folder/report.json"]);
    assert_eq!(answer.code, 2, "{}", shown(&answer));
    assert!(answer.stderr.contains("`no/such/folder/report.json` was not written"), "{}", shown(&answer));
}

#[test]
fn a_package_that_is_not_in_the_cache_is_incomplete_offline() {
    for target in ["npm:@example/nothing@1.0.0", "github:example/nothing"] {
        let answer = Place::empty().check(&[target, "--npm-registry", "https://registry.example/"]);
        assert_eq!(answer.code, 3, "{}", shown(&answer));
        assert!(answer.stdout.contains("INCOMPLETE"), "{}", shown(&answer));
    }
}

#[test]
fn the_worst_target_decides_and_reports_keep_their_order() {
    let place = Place::empty();
    place.write("a/index.js", "export const nothing = 1;\n");
    let answer =
        place.check(&["npm:@example/nothing@1.0.0", "a", "--npm-registry", "https://registry.example/"]);
    assert_eq!(answer.code, 3, "{}", shown(&answer));
    let (first, second) =
        (answer.stdout.find("npm:@example/nothing").unwrap(), answer.stdout.find(" a\n").unwrap());
    assert!(first < second, "{}", shown(&answer));
}

#[test]
fn standard_output_carries_one_document_and_plain_goes_to_the_other_stream() {
    let answer = Place::new().check(&[&fixture("clean-javascript"), "--output", "json=-"]);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.stdout).is_ok(), "{}", answer.stdout);
    assert!(answer.stderr.starts_with("VERDICT"), "{}", answer.stderr);
    let quiet = Place::new().check(&[&fixture("clean-javascript"), "--output", "json=-", "--quiet"]);
    assert_eq!((quiet.stdout, quiet.stderr), (answer.stdout, String::new()));
}

#[test]
fn rules_are_listed_and_explained() {
    let place = Place::new();
    let list = place.run(&["rules"]);
    assert_eq!(list.code, 0);
    for entry in mcp_vouch::detect::catalogue::get().entries() {
        assert!(list.stdout.contains(&entry.rule.id), "{}", entry.rule.id);
        let one = place.run(&["rules", &entry.rule.id]);
        assert_eq!(one.code, 0, "{}", one.stderr);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        for text in [&entry.rule.why, &entry.rule.fix] {
            assert!(words(&one.stdout).contains(&words(text)), "{}", one.stdout);
        }
        assert!(one.stdout.lines().take(8).all(|line| line.chars().count() <= 120), "{}", one.stdout);
        super::support::assert_quiet(&one.stdout, &entry.rule.id);
    }
    let family = place.run(&["rules", "artifact"]);
    assert_eq!(family.code, 0);
    assert!(
        family.stdout.contains("artifact/digest-mismatch") && !family.stdout.contains("exec/"),
        "{}",
        family.stdout
    );
    let unknown = place.run(&["rules", "no/such-rule"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.starts_with("error: no rule is called `no/such-rule`\nhint: "),
        "{}",
        unknown.stderr
    );
}

#[test]
fn shells_and_man_learn_every_command() {
    let place = Place::new();
    for arguments in
        [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]]
    {
        let answer = place.run(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.stderr);
        for name in ["check", "run", "policy", "accept", "rules"] {
            assert!(answer.stdout.contains(name), "{arguments:?}: {name}");
        }
    }
}
