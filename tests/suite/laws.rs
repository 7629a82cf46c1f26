//! Properties that hold for every connector.

use std::fs;

use mcp_vouch::{
    artifact::{Artifact, Needed, Unread},
    gate::{Policy, Verdict},
    report::{FORMATS, Run},
    scan,
};

use super::support::{self, Place, acquire, assert_quiet, fixture, fixtures, shown, tarball};

/// Only OpenVEX has no document that says nothing.
fn nothing_to_say(format: &str, error: &std::io::Error) -> String {
    assert_eq!((format, error.kind()), ("openvex", std::io::ErrorKind::NotFound));
    String::new()
}

/// Every format, written by one run.
fn all_formats(case: &str, threads: &str) -> (i32, Vec<String>) {
    let place = Place::empty();
    let target = support::root().join(fixture(case));
    let mut arguments = vec![target.to_str().unwrap(), "--quiet", "--threads", threads];
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{0}={0}", format.name())).collect();
    arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
    let code = place.check(&arguments).code;
    let texts = FORMATS.iter().map(|format| match fs::read_to_string(place.work().join(format.name())) {
        Err(error) => nothing_to_say(format.name(), &error),
        Ok(text) => text,
    });
    (code, texts.collect())
}

#[test]
fn determinism_threads_change_no_byte() {
    for case in fixtures() {
        let one = all_formats(&case, "1");
        assert_eq!(one, all_formats(&case, "8"), "{case}");
        assert_eq!(one, all_formats(&case, "1"), "{case}");
    }
}

#[test]
fn determinism_the_order_in_which_files_are_made_changes_no_byte() {
    let mut answers = Vec::new();
    for reversed in [false, true] {
        let place = Place::empty();
        let mut names: Vec<String> = (0..40).map(|at| format!("connector/src/file{at}.js")).collect();
        if reversed {
            names.reverse();
        }
        for name in &names {
            place.write(
                name,
                format!("import cp from 'child_process';\ncp.exec(process.argv[2] + '{name}');\n"),
            );
        }
        let answer = place.check(&["connector", "--output", "json=-", "--quiet"]);
        answers.push((answer.code, answer.stdout));
    }
    assert_eq!(answers[0], answers[1]);
}

/// A report without what is said about several connectors together.
fn alone(report: &serde_json::Value) -> serde_json::Value {
    let mut report = report.clone();
    if let Some(findings) = report["findings"].as_array_mut() {
        findings.retain(|finding| !finding["rule"].as_str().unwrap().starts_with("set/"));
    }
    report
}

#[test]
fn several_targets_give_the_same_reports_as_one_at_a_time() {
    let names = fixtures();
    let targets: Vec<String> = names.iter().map(|case| fixture(case)).collect();
    let mut arguments: Vec<&str> = targets.iter().map(String::as_str).collect();
    arguments.extend(["--output", "json=-", "--quiet", "--threads", "8"]);
    let all: serde_json::Value = serde_json::from_str(&Place::new().check(&arguments).stdout).unwrap();
    for (at, target) in targets.iter().enumerate() {
        let one = Place::new().check(&[target, "--output", "json=-", "--quiet"]);
        let one: serde_json::Value = serde_json::from_str(&one.stdout).unwrap();
        assert_eq!(alone(&all["reports"][at]), one["reports"][0], "{target}");
    }
}

#[test]
fn offline_is_never_greener() {
    for case in fixtures() {
        let (target, whole) = acquire(&fixture(&case));
        for at in 0..whole.files.len() {
            let (_, mut artifact) = acquire(&fixture(&case));
            let file = &mut artifact.files[at];
            file.bytes = Vec::new();
            let (path, why) = (file.path.clone(), "taken away".to_owned());
            artifact.unread.push(Unread { path, why, needed: Needed::Yes });
            let verdict = scan::judge(&target, &artifact, &Policy::default()).outcome.verdict;
            assert_ne!(verdict, Verdict::Pass, "{case} without {}", artifact.files[at].path);
        }
    }
}

#[test]
fn a_lenient_gate_does_not_hide_what_was_not_looked_at() {
    let (target, mut artifact) = acquire(&fixture("clean-javascript"));
    artifact.unread.push(Unread { path: String::new(), why: "cut off".to_owned(), needed: Needed::Yes });
    let mut policy = Policy::default();
    policy.threshold.fail_on = None;
    assert_eq!(scan::judge(&target, &artifact, &policy).outcome.verdict, Verdict::Incomplete);
}

#[test]
fn an_artifact_without_files_is_never_a_pass() {
    let (target, _) = acquire(&fixture("clean-javascript"));
    let report = scan::judge(&target, &Artifact::default(), &Policy::default());
    assert_eq!(report.outcome.verdict, Verdict::Incomplete);
}

#[test]
fn no_door_a_folder_is_scanned_with_the_network_refused() {
    for case in fixtures() {
        let (target, artifact) = acquire(&fixture(&case));
        let report = scan::judge(&target, &artifact, &Policy::default());
        assert!(!report.outcome.unchecked.iter().any(|gap| gap.check == "acquire"), "{case}");
    }
}

#[test]
fn no_escape_no_archive_writes_outside_its_root() {
    for hostile in
        ["../escaped.js", "/escaped.js", "package/../../escaped.js", "package/a/../../../escaped.js"]
    {
        let place = Place::empty();
        let manifest = br#"{"name":"x","version":"1.0.0"}"#;
        place.write(
            "x.tgz",
            tarball(&[("package/package.json", manifest), (hostile, b"run()"), ("package/i.js", b"1")]),
        );
        let before = place.listing();
        let answer = place.check(&["x.tgz", "--no-cache"]);
        assert!([1, 3].contains(&answer.code), "{hostile}: {}", shown(&answer));
        assert_eq!(place.listing(), before, "{hostile}");
    }
}

#[cfg(unix)]
#[test]
fn no_escape_links_out_of_a_folder_are_not_followed() {
    let place = Place::empty();
    place.write("secret.js", "secretFunction()\n");
    place.write("connector/index.js", "export const nothing = 1;\n");
    std::os::unix::fs::symlink("../secret.js", place.work().join("connector/link.js")).unwrap();
    std::os::unix::fs::symlink("..", place.work().join("connector/up")).unwrap();
    let answer = place.check(&["connector", "--output", "json=-", "--quiet"]);
    assert!([1, 3].contains(&answer.code), "{}", shown(&answer));
    let document: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(document["reports"][0]["coverage"]["files"], 1, "{document:#}");
    assert!(answer.stdout.contains("link.js") && !answer.stdout.contains("secretFunction"));
}

#[test]
fn quiet_output_whatever_a_connector_is_called_or_says() {
    let loud = "\u{1b}]0;owned\u{7}\u{202e}\u{200b}\u{e0041}\r::error::x";
    let place = Place::empty();
    let manifest = serde_json::json!({
        "name": loud, "version": loud, "description": loud, "repository": loud, "bin": { loud: loud },
        "scripts": { "postinstall": loud }, "dependencies": { loud: loud },
    });
    place.write("connector/package.json", manifest.to_string());
    place.write("connector/a\u{202e}b.js", format!("require('child_process').exec('{loud}')\n// {loud}\n"));
    place.write("connector/server.py", format!("import os\nos.system('''{loud}''')\n"));
    let tool = serde_json::json!({ "name": loud, "title": loud, "description": loud, "inputSchema": {
        "type": "object", "properties": { loud: { "description": loud, "enum": [loud] } } } });
    place.write("tools.json", serde_json::json!({ "tools": [tool] }).to_string());
    for target in ["connector", "tools:tools.json"] {
        for format in FORMATS {
            let output = format!("{}=-", format.name());
            let answer = place.check(&[target, "--quiet", "--output", &output]);
            assert_quiet(&answer.stdout, format.name());
            assert_quiet(&answer.stderr, format.name());
            assert!(!answer.stdout.is_empty());
        }
    }
}

#[test]
fn quiet_output_also_where_the_target_itself_is_hostile() {
    for target in ["\u{1b}[2J", "npm:\u{202e}x", "tools:\u{7}", "no\nsuch\ntarget"] {
        let answer = Place::new().check(&[target]);
        assert!([2, 3].contains(&answer.code), "{}", shown(&answer));
        assert_quiet(&answer.stdout, target);
        assert_quiet(&answer.stderr, target);
    }
}

#[test]
fn format_neutrality_no_set_of_outputs_changes_the_exit_code() {
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{0}={0}", format.name())).collect();
    let all: Vec<&str> = outputs.iter().flat_map(|output| ["--output", output]).collect();
    for case in fixtures() {
        let place = Place::empty();
        let target = support::root().join(fixture(&case));
        let target = target.to_str().unwrap();
        let plain = place.check(&[target]).code;
        for outputs in
            [&["--quiet"][..], &all, &["--output", "json=-", "--color", "always"], &["--output", "github=-"]]
        {
            let mut arguments = vec![target];
            arguments.extend(outputs);
            assert_eq!(place.check(&arguments).code, plain, "{case} {outputs:?}");
        }
        for format in FORMATS {
            match fs::metadata(place.work().join(format.name())) {
                Err(error) => drop(nothing_to_say(format.name(), &error)),
                Ok(written) => assert!(written.len() > 0, "{case}: {}", format.name()),
            }
        }
    }
}

#[test]
fn cause_and_effect_the_clean_twin_lacks_the_finding_and_nothing_else() {
    let rules = |case: &str| -> Vec<String> {
        let (target, artifact) = acquire(&fixture(case));
        let report = scan::judge(&target, &artifact, &Policy::default());
        report.outcome.findings.iter().map(|judged| judged.finding.rule.id.clone()).collect()
    };
    let (poisoned, clean) = (rules("poisoned-tool"), rules("poisoned-tool-twin"));
    let left: Vec<&String> = poisoned.iter().filter(|rule| !rule.starts_with("text/")).collect();
    assert!(left.len() < poisoned.len(), "{poisoned:?}");
    assert_eq!(left, clean.iter().collect::<Vec<_>>());
}

#[test]
fn making_a_report_printable_twice_changes_nothing() {
    for case in fixtures() {
        let (target, artifact) = acquire(&fixture(&case));
        let once = Run::new(String::new(), vec![scan::judge(&target, &artifact, &Policy::default())]);
        let twice = Run::new(String::new(), once.reports.clone());
        assert_eq!(format!("{once:?}"), format!("{twice:?}"), "{case}");
    }
}
