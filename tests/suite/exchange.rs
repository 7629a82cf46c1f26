//! Formats that others define, read by something that is not ours: schemas, an XML parser, the lists
//! of members that a specification requires. And texts of a connector that try to be more than text.

use std::collections::BTreeSet;

use mcp_vouch::report::FORMATS;
use regex::Regex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    formats::{golden, hostile, render, rendered},
    support::{
        self, CYCLONEDX_SCHEMA, JSON_SCHEMA, OPENVEX_SCHEMA, Place, SARIF_SCHEMA, fixture, schema_errors,
    },
};

/// Texts that mean something to some reader of some format.
pub(crate) const INJECTIONS: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style></script><svg/onload=alert(1)>",
    "--><script>alert(1)</script><!--",
    "]]><x/>",
    "::error file=a::b",
    "%0A::error::x",
    "a|b|c\\|d",
    "`code` ``more`` ```",
    "[link](javascript:alert(1)) ![i](https://evil.example/x.png) <https://evil.example>",
    "${{ secrets.TOKEN }} $(id) {{7*7}}",
    "@everyone #1 https://evil.example www.evil.example",
    "*b* _i_ ~~s~~ # h\n## h\n- l\n> q",
    "&lt;b&gt; &amp; &#60;",
    "a\r\n::set-output name=x::y\u{85}\u{2028}b\u{1b}[2J\u{202e}",
];

/// Formats that are one JSON document, or one for each line.
const DOCUMENTS: [&str; 5] = ["cyclonedx", "json", "openvex", "receipt", "sarif"];
const LINES: [&str; 2] = ["intoto", "ocsf"];

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn formats_keep_their_shape() {
    for name in ["cyclonedx", "github", "intoto", "junit", "markdown", "ocsf", "openvex", "receipt"] {
        insta::assert_snapshot!(name, rendered(name));
    }
}

#[test]
fn documents_fit_the_schemas_of_their_formats() {
    let schemas = [
        ("cyclonedx", CYCLONEDX_SCHEMA),
        ("json", JSON_SCHEMA),
        ("openvex", OPENVEX_SCHEMA),
        ("sarif", SARIF_SCHEMA),
    ];
    for (name, schema) in schemas {
        assert_eq!(schema_errors(schema, &rendered(name)), [""; 0], "{name}");
        for text in INJECTIONS {
            assert_eq!(schema_errors(schema, &render(name, &hostile(text))), [""; 0], "{name}: {text}");
        }
    }
}

#[test]
fn without_a_statement_there_is_no_openvex_document() {
    let place = Place::empty();
    place.write("clean/index.js", "export const nothing = 1;\n");
    place
        .write("clean/package.json", "{\"name\":\"clean\",\"repository\":\"https://forge.example/a/clean\"}");
    place.write("out.json", "what an earlier run said");
    let answer = place.check(&["clean", "--output", "openvex=out.json"]);
    assert_eq!(answer.code, 0, "{}", support::shown(&answer));
    let said =
        "`out.json` was not written: there is nothing to state, and a document without a statement is none\n";
    assert_eq!(answer.stderr, said);
    assert!(!place.work().join("out.json").exists());
    let answer = place.check(&["clean", "--quiet", "--output", "openvex=-"]);
    assert_eq!((answer.code, answer.stdout.as_str(), answer.stderr.as_str()), (0, "", ""));
    let failing = support::root().join(fixture("planted-src"));
    place.check(&[failing.to_str().unwrap(), "--quiet", "--output", "openvex=out.json"]);
    let text = std::fs::read_to_string(place.work().join("out.json")).unwrap();
    assert_eq!(schema_errors(OPENVEX_SCHEMA, &text), [""; 0]);
}

#[test]
fn schemas_refuse_what_they_do_not_describe() {
    for (name, schema, from, to) in [
        ("cyclonedx", CYCLONEDX_SCHEMA, "\"SHA-256\"", "\"SHA-257\""),
        ("cyclonedx", CYCLONEDX_SCHEMA, "\"bi-directional\"", "\"sideways\""),
        ("openvex", OPENVEX_SCHEMA, "\"affected\"", "\"harmed\""),
        ("openvex", OPENVEX_SCHEMA, "\"action_statement\"", "\"action\""),
    ] {
        let text = rendered(name);
        assert!(text.contains(from), "{name}: {from}");
        assert_ne!(schema_errors(schema, &text.replace(from, to)), [""; 0], "{name}: {to}");
    }
}

#[test]
fn a_bill_of_materials_has_what_was_found() {
    let one = mcp_vouch::report::Run { reports: vec![golden().reports.remove(0)], ..golden() };
    let bill: Value = serde_json::from_str(&render("cyclonedx", &one)).unwrap();
    let component = &bill["metadata"]["component"];
    assert_eq!(component["purl"], "pkg:npm/%40example/server@1.2.3");
    assert_eq!(component["hashes"].as_array().unwrap().len(), 2);
    assert_eq!(bill["components"][0]["purl"], "pkg:npm/left");
    let hosts: Vec<&str> =
        bill["services"].as_array().unwrap().iter().map(|host| host["name"].as_str().unwrap()).collect();
    assert!(hosts.contains(&"api.example"), "{hosts:?}");
    assert_eq!(bill["vulnerabilities"][0]["cwes"], serde_json::json!([78, 94]));
    let needed = bill["dependencies"][0]["dependsOn"].as_array().unwrap().len();
    assert_eq!(needed, bill["components"].as_array().unwrap().len() + hosts.len());
}

#[test]
fn a_serial_number_follows_from_the_content() {
    let serial = |run: &mcp_vouch::report::Run| {
        let bill: Value = serde_json::from_str(&render("cyclonedx", run)).unwrap();
        bill["serialNumber"].as_str().unwrap().to_owned()
    };
    let (run, mut other) = (golden(), golden());
    assert_eq!(serial(&run), serial(&golden().at(1)));
    other.reports[0].tools.pop();
    assert_ne!(serial(&run), serial(&other));
    assert!(
        Regex::new("^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$").unwrap().is_match(&serial(&run))
    );
}

#[test]
fn statements_of_exploitability_say_no_more_than_is_known() {
    let document: Value = serde_json::from_str(&rendered("openvex")).unwrap();
    let statements = document["statements"].as_array().unwrap();
    let states: BTreeSet<&str> = statements.iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(states.into_iter().collect::<Vec<_>>(), ["affected", "not_affected", "under_investigation"]);
    let names: BTreeSet<&str> =
        statements.iter().map(|one| one["vulnerability"]["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), statements.len());
    assert!(statements.iter().all(|one| one["vulnerability"]["name"] != "mcp-vouch:identity/nothing"));
}

/// Members that the classes 2003 and 2004 of OCSF 1.6 require, with what their objects require.
const EVENT: [&str; 10] = [
    "/activity_id",
    "/category_uid",
    "/class_uid",
    "/type_uid",
    "/severity_id",
    "/time",
    "/metadata/version",
    "/metadata/product/name",
    "/finding_info/uid",
    "/finding_info/title",
];

#[test]
fn events_have_every_member_that_their_class_requires() {
    let events = lines(&rendered("ocsf"));
    let mut classes = Vec::new();
    for event in &events {
        for pointer in EVENT {
            assert!(event.pointer(pointer).is_some_and(|value| !value.is_null()), "{pointer}: {event}");
        }
        let (class, activity) =
            (event["class_uid"].as_u64().unwrap(), event["activity_id"].as_u64().unwrap());
        assert_eq!(event["type_uid"].as_u64().unwrap(), class * 100 + activity);
        assert_eq!(event["category_uid"], class / 1_000);
        assert!((1..=6).contains(&event["severity_id"].as_u64().unwrap()));
        assert_eq!(event["time"], 1_790_000_000_000_u64);
        assert!(event["finding_info"]["analytic"]["type_id"].is_u64());
        match class {
            2003 => {
                assert!(!event["compliance"]["standards"].as_array().unwrap().is_empty());
                assert!((1..=3).contains(&event["compliance"]["status_id"].as_u64().unwrap()));
                assert_eq!(event["unmapped"]["rules_digest"], format!("sha256:{}", "0".repeat(64)));
            }
            2004 => {
                for weakness in event["vulnerabilities"].as_array().into_iter().flatten() {
                    assert!(weakness["cwe"]["uid"].as_str().unwrap().starts_with("CWE-"));
                }
                assert!(event["evidences"][0]["data"].is_object());
            }
            other => panic!("class {other}"),
        }
        classes.push(class);
    }
    assert_eq!(classes.iter().filter(|class| **class == 2003).count(), 2);
    assert_eq!(classes.len(), 2 + golden().reports[0].outcome.findings.len());
}

#[test]
fn statements_come_back_as_they_were_written() {
    #[derive(serde::Deserialize, serde::Serialize)]
    #[serde(deny_unknown_fields)]
    struct Statement {
        #[serde(rename = "_type")]
        kind: String,
        subject: Vec<Subject>,
        #[serde(rename = "predicateType")]
        predicate_type: String,
        predicate: Value,
    }
    #[derive(serde::Deserialize, serde::Serialize)]
    #[serde(deny_unknown_fields)]
    struct Subject {
        name: String,
        digest: std::collections::BTreeMap<String, String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<Value>,
    }
    let text = rendered("intoto");
    assert_eq!(text.lines().count(), 1, "what was not acquired has no statement");
    let statement: Statement = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(serde_json::to_string(&statement).unwrap(), text.trim_end());
    assert_eq!(statement.kind, "https://in-toto.io/Statement/v1");
    assert_eq!(statement.predicate_type, "https://in-toto.io/attestation/svr/v0.2");
    assert_eq!(statement.subject[0].digest["sha256"], "cd".repeat(32));
    for required in ["/verifier/id", "/verifier/policies", "/timeCreated", "/properties"] {
        assert!(statement.predicate.pointer(required).is_some(), "{required}");
    }
    let properties = statement.predicate["properties"].as_array().unwrap();
    assert!(properties.contains(&Value::from("MCP_VOUCH_BUILD_PROVENANCE_VERIFIED")), "{properties:?}");
    assert!(!properties.contains(&Value::from("MCP_VOUCH_GATE_PASSED")), "{properties:?}");
}

#[test]
fn a_receipt_is_bound_to_bytes_rules_scope_and_time() {
    let document: Value = serde_json::from_str(&rendered("receipt")).unwrap();
    let receipts = document["_meta"]["io.github.mcp-vouch/security-scan"].as_array().unwrap();
    assert_eq!(receipts.len(), 1);
    let receipt = &receipts[0];
    for required in [
        "scanner",
        "scanner_version",
        "rule_set_ref",
        "policy_profile",
        "scanned_artifact_ref",
        "scanned_at",
        "freshness_expires_at",
        "evidence_digest",
    ] {
        assert!(receipt[required].as_str().is_some_and(|text| !text.is_empty()), "{required}: {receipt}");
    }
    assert_eq!(receipt["scanned_artifact_digest"], format!("sha256:{}", "cd".repeat(32)));
    assert!(!receipt["scan_scope"].as_array().unwrap().is_empty());
    assert!(
        ["clean", "warnings", "findings", "inconclusive"].contains(&receipt["verdict"].as_str().unwrap())
    );
    assert_eq!(receipt["verdict"], "findings");
    assert_eq!(receipt["attestation"], "publisher-asserted");
}

#[test]
fn an_evidence_digest_is_that_of_the_json_report() {
    let place = Place::new();
    let target = fixture("planted-src");
    let answers: Vec<String> = ["json=-", "receipt=-", "intoto=-"]
        .into_iter()
        .map(|output| place.run_raw(&["check", "--offline", &target, "--quiet", "--output", output]))
        .collect();
    let digest = mcp_vouch::artifact::hex(&Sha256::digest(&answers[0]));
    assert!(answers[1].contains(&format!("\"evidence_digest\": \"sha256:{digest}\"")), "{}", answers[1]);
    assert!(answers[2].contains(&digest), "{}", answers[2]);
}

#[test]
fn junit_is_read_by_an_xml_parser_and_counts_right() {
    let text = rendered("junit");
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let count = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.descendants().filter(|child| child.has_tag_name(name)).count()
    };
    let nodes: Vec<roxmltree::Node<'_, '_>> =
        root.descendants().filter(|node| node.has_attribute("tests")).collect();
    assert_eq!(nodes.len(), 3);
    for node in nodes {
        for (attribute, name) in
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            assert_eq!(node.attribute(attribute).unwrap(), count(node, name).to_string(), "{attribute}");
        }
    }
    for case in root.descendants().filter(|node| node.has_tag_name("testcase")) {
        assert!(case.has_attribute("name") && case.has_attribute("classname"));
        assert_eq!(case.children().filter(roxmltree::Node::is_element).count(), 1);
    }
}

#[test]
fn annotations_are_few_and_the_worst_come_first() {
    let text = rendered("github");
    for level in ["error", "warning", "notice"] {
        let count = text.lines().filter(|line| line.starts_with(&format!("::{level} "))).count();
        assert!((1..=10).contains(&count), "{level}: {count}");
    }
    let leading = text.lines().take_while(|line| line.starts_with("::error ")).count();
    assert_eq!(leading, text.lines().filter(|line| line.starts_with("::error ")).count());
    assert!(text.lines().last().unwrap().contains(" more in the full report"), "{text}");
}

#[test]
fn annotations_of_a_folder_point_into_the_repository() {
    let target = fixture("planted-src");
    let answer = Place::new().check(&[&target, "--quiet", "--output", "github=-"]);
    let prefix = format!("file={target}/");
    assert!(answer.stdout.lines().any(|line| line.contains(&prefix)), "{}", answer.stdout);
}

#[test]
fn no_text_of_a_connector_is_more_than_text_to_xml() {
    let (elements, attributes) = (
        ["testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"],
        [
            "name",
            "tests",
            "failures",
            "errors",
            "skipped",
            "time",
            "timestamp",
            "classname",
            "file",
            "type",
            "message",
        ],
    );
    for text in INJECTIONS {
        let xml = render("junit", &hostile(text));
        let document = roxmltree::Document::parse(&xml).unwrap();
        for node in document.descendants() {
            assert!(
                node.is_root() || node.is_text() || elements.contains(&node.tag_name().name()),
                "{node:?}"
            );
            assert!(node.attributes().all(|attribute| attributes.contains(&attribute.name())), "{node:?}");
        }
        let shown = mcp_vouch::untrusted::visible(text);
        assert!(document.descendants().any(|node| node.attribute("message") == Some(&shown)), "{text}");
    }
}

#[test]
fn no_text_of_a_connector_is_more_than_text_to_markdown() {
    let ours = Regex::new("</?code>|<br>").unwrap();
    let references = Regex::new("&#[0-9]+;").unwrap();
    for text in INJECTIONS {
        let markdown = render("markdown", &hostile(text));
        for line in markdown.lines() {
            let bare = ours.replace_all(line, "");
            assert!(!bare.contains(['<', '>', '`', '@', '[', ']', '$', '{', '\\']), "{text}: {line}");
            assert!(!references.replace_all(&bare, "").contains('&'), "{text}: {line}");
            if line.starts_with('|') {
                assert!([3, 4].contains(&line.matches('|').count()), "{text}: {line}");
            } else {
                assert!(!line.contains('|'), "{text}: {line}");
            }
        }
        assert!(!markdown.contains("://"), "{text}: an address would be linked");
    }
}

#[test]
fn no_text_of_a_connector_is_a_command_to_a_build_service() {
    let command = Regex::new(
        "^::(error|warning|notice) (file=[^,:]*,line=[0-9]+,col=[0-9]+,)?title=[^,:]*::[^\u{0}-\u{1f}]*$",
    )
    .unwrap();
    for text in INJECTIONS {
        for line in render("github", &hostile(text)).lines() {
            assert!(command.is_match(line), "{text}: {line}");
        }
        for line in render("plain", &hostile(text)).lines() {
            assert!(!line.trim_start().starts_with("::"), "{text}: {line}");
        }
    }
}

#[test]
fn documents_stay_documents_whatever_a_connector_says() {
    for text in INJECTIONS {
        let run = hostile(text);
        for name in DOCUMENTS {
            let document: Value = serde_json::from_str(&render(name, &run)).unwrap();
            assert!(document.is_object(), "{name}");
        }
        for name in LINES {
            assert!(lines(&render(name, &run)).iter().all(Value::is_object), "{name}");
        }
        for format in FORMATS {
            support::assert_quiet(&render(format.name(), &run), format.name());
        }
    }
}
