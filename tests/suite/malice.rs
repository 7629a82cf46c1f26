//! Planted malice through the real binary: every bad connector is found by a rule that names the
//! behaviour, its benign twin is silent.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::support::{Place, root, shown};

/// Each case with the rule that names what it does.
const CASES: &[(&str, &str)] = &[
    ("address-swap", "network/address-swap"),
    ("character-codes", "exec/hidden-name"),
    ("client-configuration-sent", "secrets/client-configuration-sent"),
    ("computed-import", "exec/assembled-module"),
    ("computed-module", "exec/assembled-module"),
    ("connector-entry", "persistence/connector-entry"),
    ("copied-mail", "network/hidden-recipient"),
    ("copied-mail-header", "network/hidden-recipient"),
    ("date-trigger", "exec/conditional-trigger"),
    ("decode-chain", "exec/decoded-payload"),
    ("decode-chain-import", "exec/decoded-payload"),
    ("dns-exfiltration", "network/dns-exfiltration"),
    ("download-run", "exec/downloaded-file"),
    ("environment-dump", "secrets/environment-sent"),
    ("hidden-text", "text/invisible-characters"),
    ("host-trigger", "exec/conditional-trigger"),
    ("import-hook", "exec/downloaded-code"),
    ("import-time-report", "network/host-report"),
    ("install-shell", "exec/reverse-shell"),
    ("key-sent", "secrets/file-sent"),
    ("look-alike", "names/look-alike"),
    ("member-by-pieces", "exec/assembled-module"),
    ("ordered-key", "text/secret-request"),
    ("republish", "exec/publishes"),
    ("reversed-address", "exec/hidden-name"),
    ("second-post", "network/second-address"),
    ("secrets-as-telemetry", "secrets/environment-picked"),
    ("shell-socket", "exec/reverse-shell"),
    ("shell-startup", "persistence/startup-file"),
    ("shifted-code", "exec/decoded-payload"),
    ("shifted-function", "exec/decoded-payload"),
    ("site-start", "persistence/startup-file"),
    ("socket-sent", "secrets/file-sent"),
    ("start-line", "install/startup-file"),
    ("string-array", "exec/hidden-name"),
    ("timed-job", "persistence/startup-file"),
];

fn findings(case: &str, twin: &str) -> Vec<Value> {
    let target = format!("fixtures/malice/{case}/{twin}");
    let answer = Place::new().check(&[&target, "--output", "json=-", "--quiet"]);
    assert!(answer.stderr.is_empty(), "{target}: {}", shown(&answer));
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    let findings = document["reports"][0]["findings"].as_array().unwrap().clone();
    if twin == "good" {
        assert_eq!(answer.code, 0, "{target}: {findings:#?}");
    }
    findings
}

#[test]
fn every_planted_behaviour_is_found_and_every_twin_is_silent() {
    let (mut found, mut silent, mut gates) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (case, rule) in CASES {
        let bad = findings(case, "bad");
        let named = bad.iter().any(|finding| finding["rule"] == *rule && finding["severity"] == "high");
        gates += usize::from(bad.iter().any(|finding| finding["gates"] == true));
        if named {
            found += 1;
        } else {
            wrong.push(format!("{case}: no high `{rule}` among {bad:#?}"));
        }
        let loud: Vec<Value> = findings(case, "good")
            .into_iter()
            .filter(|finding| finding["severity"] == "high" || finding["severity"] == "medium")
            .collect();
        if loud.is_empty() {
            silent += 1;
        } else {
            wrong.push(format!("{case}: the benign twin has {loud:#?}"));
        }
    }
    println!("{found} found ({gates} fail the gate), {silent} silent, of {}", CASES.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_has_a_rule_and_both_twins() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("fixtures/malice"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let cases: BTreeSet<String> = CASES.iter().map(|(case, _)| (*case).to_owned()).collect();
    assert_eq!(folders, cases);
    for case in cases {
        for twin in ["bad", "good"] {
            assert!(root().join("fixtures/malice").join(&case).join(twin).is_dir(), "{case}/{twin}");
        }
    }
}
