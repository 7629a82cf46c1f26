//! One golden outcome through every format.

use std::collections::BTreeMap;

use mcp_vouch::{
    connector::{
        Annotations, Reach,
        capabilities::{Capabilities, Uses},
    },
    finding::{Change, Class, Confidence, Direction, Finding, Location, Rule, Severity, Step},
    gate::{self, Policy, Unchecked, exceptions::Exception},
    report::{
        ArtifactFacts, Compared, Coverage, DependencyFacts, Excerpt, FORMATS, Format as _, ProvenanceFacts,
        Report, Run, Schema, ScopeFacts, ToolFacts, json,
        plain::{Colour, Plain, Style},
        sarif::Sarif,
    },
};
use serde_json::{Value, json as object};

use super::support::{self, JSON_SCHEMA, SARIF_SCHEMA, schema_errors};

/// Escape sequences, bidirectional controls, tags and line ends: what a connector may try.
const LOUD: &str = "a\u{1b}[31mb\u{202e}c\u{200b}d\re\n::error::f\u{e0041}\u{7}";

fn rule(id: &str, severity: Severity, confidence: Confidence) -> &'static Rule {
    Box::leak(Box::new(Rule {
        id: id.to_owned(),
        title: format!("Title of {id}"),
        severity,
        confidence,
        why: "A reason that a person understands.".to_owned(),
        fix: "Something that a person can do today.".to_owned(),
        cwe: vec![78, 94],
        references: vec![
            "OWASP MCP05:2025 Command Injection & Execution".to_owned(),
            "SAFE-T1101".to_owned(),
        ],
    }))
}

fn at(path: &str, line: u32) -> Location {
    Location { path: path.to_owned(), line, column: 5 }
}

fn findings() -> Vec<Finding> {
    let high = rule("exec/shell", Severity::High, Confidence::High);
    let medium = rule("net/any-host", Severity::Medium, Confidence::Medium);
    let info = rule("identity/nothing", Severity::Info, Confidence::High);
    let mut flow = Finding::new(high, "argument `command` reaches `child_process.exec`")
        .at(at("dist/index.js", 12))
        .about("run")
        .because("child_process.exec");
    flow.steps = vec![
        Step { location: at("dist/index.js", 3), what: "argument `command`".to_owned() },
        Step { location: at("dist/index.js", 12), what: String::new() },
    ];
    let mut all = vec![
        flow,
        Finding::new(high, format!("hidden {LOUD}")).at(at(&format!("dist/{LOUD}.js"), 1)).about(LOUD),
        Finding::new(info, "the package names no repository"),
    ];
    all.extend((1..=20).map(|line| Finding::new(medium, "any host").at(at("dist/net.js", line))));
    mcp_vouch::finding::sort(&mut all);
    all
}

fn uses(count: usize) -> Uses {
    Uses { count, bundled: 1, places: vec![(at("dist/index.js", 12), format!("child_process.exec {LOUD}"))] }
}

pub(crate) fn report() -> Report {
    let unchecked = vec![
        Unchecked { check: "code".to_owned(), why: format!("dist/big.js: {LOUD}"), needed: true },
        Unchecked { check: "tools".to_owned(), why: "name is computed".to_owned(), needed: false },
    ];
    let tool = |name: &str, annotations| ToolFacts {
        name: name.to_owned(),
        description: Some(LOUD.to_owned()),
        input: Some(Schema::of(&object!({ LOUD: [LOUD] }))),
        annotations,
        found: "source",
        location: Some(at("dist/index.js", 3)),
        ..ToolFacts::default()
    };
    let mut outcome = gate::judge(findings(), unchecked, &Policy::default(), &gate::About::default(), &[]);
    outcome.findings[10].accepted = Some(Exception {
        rule: "net/any-host".to_owned(),
        reason: format!("talks to our own hosts {LOUD}"),
        owner: "platform team".to_owned(),
        until: "2027-01-31".to_owned(),
        ..Exception::default()
    });
    let reads = Annotations { read_only: Some(true), ..Annotations::default() };
    let destroys = Annotations { destructive: Some(true), open_world: Some(true), ..Annotations::default() };
    Report {
        target: "npm:@example/server".to_owned(),
        configured: None,
        artifact: Some(ArtifactFacts {
            ecosystem: "npm".to_owned(),
            name: "@example/server".to_owned(),
            version: "1.2.3".to_owned(),
            digest: format!("sha512:{}", "ab".repeat(64)),
            digests: [("sha256", "cd".repeat(32)), ("sha512", "ab".repeat(64))].into(),
            source: "npm registry at registry.example".to_owned(),
            resolution: vec!["version 1.2.3 (latest)".to_owned()],
            published: Some("2026-01-02T03:04:05Z".to_owned()),
            deprecated: Some(LOUD.to_owned()),
        }),
        outcome,
        provenance: vec![
            ProvenanceFacts {
                kind: "npm-provenance",
                words: "npm build provenance",
                state: "verified",
                about: "weather 1.2.3".to_owned(),
                why: String::new(),
                facts: [
                    ("repository", "https://github.com/acme/weather"),
                    ("reference", "refs/tags/v1.2.3"),
                    ("commit", "0123456789012345678901234567890123456789"),
                    (
                        "workflow",
                        "https://github.com/acme/weather/.github/workflows/release.yml@refs/tags/v1.2.3",
                    ),
                    ("log", "inclusion proof"),
                    ("time", "2024-05-16T17:12:03Z"),
                    ("note", "a note\u{202e}"),
                ]
                .map(|(name, fact)| (name, fact.to_owned()))
                .into(),
                limits: "says which workflow made these bytes",
            },
            ProvenanceFacts {
                kind: "registry-signature",
                words: "registry signature",
                state: "failed",
                about: "weather 1.2.3".to_owned(),
                why: "the registry has no key `\u{1b}x`".to_owned(),
                ..ProvenanceFacts::default()
            },
        ],
        tools: vec![tool("list", reads), tool("run", destroys), tool(LOUD, Annotations::default())],
        prompts: vec!["greet".to_owned()],
        resources: Vec::new(),
        capabilities: Capabilities {
            processes: uses(3),
            hosts: [("api.example".to_owned(), uses(1)), (LOUD.to_owned(), uses(1))].into(),
            environment: [("EXAMPLE_TOKEN".to_owned(), uses(1))].into(),
            native: [("lib/x.node".to_owned(), "ELF".to_owned())].into(),
            install_hooks: [("postinstall".to_owned(), LOUD.to_owned())].into(),
            ..Capabilities::default()
        },
        scopes: vec![ScopeFacts {
            kind: "oauth",
            name: format!("files:* {LOUD}"),
            asked: "manifest",
            secret: Some(true),
            required: Some(false),
            location: Some(at("server.json", 7)),
        }],
        dependencies: vec![DependencyFacts {
            ecosystem: "npm".to_owned(),
            name: "left".to_owned(),
            requirement: LOUD.to_owned(),
            kind: "normal".to_owned(),
        }],
        coverage: Coverage {
            files: 4,
            read: [("parsed", (2, 2_048)), ("manifest", (1, 300))].into(),
            skipped: vec![("dist/big.js".to_owned(), "larger than the limit".to_owned())],
            registrations_seen: 4,
            registrations_read: 3,
        },
        manifest: Some("package.json".to_owned()),
        hints: Vec::new(),
        excerpts: excerpts(),
        compared: None,
    }
}

fn excerpts() -> BTreeMap<Location, Excerpt> {
    let excerpt = |above: &str, before: &str, marked: &str, after: &str| Excerpt {
        above: vec![above.to_owned()],
        before: before.to_owned(),
        marked: marked.to_owned(),
        after: after.to_owned(),
        below: vec!["});".to_owned()],
    };
    [
        (at("dist/index.js", 3), excerpt("// a comment", "server.tool(", "command", ", async () => {")),
        (at("dist/index.js", 12), excerpt("", "  ", "cp.exec", &format!("(command); // {LOUD}"))),
    ]
    .into()
}

fn not_acquired() -> Report {
    let gap = Unchecked {
        check: "acquire".to_owned(),
        why: "the registry did not answer".to_owned(),
        needed: true,
    };
    Report {
        target: "pypi:nobody".to_owned(),
        configured: None,
        artifact: None,
        outcome: gate::judge(Vec::new(), vec![gap], &Policy::default(), &gate::About::default(), &[]),
        provenance: Vec::new(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        capabilities: Capabilities::default(),
        scopes: Vec::new(),
        dependencies: Vec::new(),
        coverage: Coverage::default(),
        manifest: None,
        hints: vec!["try again later".to_owned()],
        excerpts: BTreeMap::new(),
        compared: None,
    }
}

pub(crate) fn golden() -> Run {
    Run { version: "0.0.0", ..Run::new("0".repeat(64), vec![report(), not_acquired()]) }.at(1_790_000_000)
}

/// A report whose every text is the same, wherever a connector may choose it.
pub(crate) fn hostile(text: &str) -> Run {
    let own = || text.to_owned();
    let place = || Location { path: own(), line: 7, column: 3 };
    let uses = || Uses { count: 1, bundled: 0, places: vec![(place(), own())] };
    let tool = |name: String| ToolFacts {
        name,
        title: Some(own()),
        description: Some(own()),
        input: Some(Schema::of(&object!({ text: { "description": text, "enum": [text] } }))),
        found: "source",
        location: Some(place()),
        reach: Some(Reach {
            uses: [("processes", place()), ("network", place())].into(),
            hosts: [own()].into(),
            unfollowed: 1,
        }),
        ..ToolFacts::default()
    };
    let mut report = report();
    report.outcome.findings.truncate(4);
    for judged in &mut report.outcome.findings {
        let finding = &mut judged.finding;
        finding.message = own();
        finding.location = Some(place());
        finding.tool = Some(own());
        finding.steps = vec![Step { location: place(), what: own() }; 2];
        let exception = Exception { reason: own(), owner: own(), until: own(), ..Exception::default() };
        judged.accepted = (!judged.gates).then_some(exception);
    }
    let change = Change {
        class: Class::Text,
        direction: Direction::Widens,
        before: own(),
        now: format!("{text} {text}"),
    };
    let mut changed = report.outcome.findings[0].clone();
    "0123456789abcdef".clone_into(&mut changed.id);
    changed.finding.change = Some(Box::new(change));
    report.outcome.findings.push(changed);
    report.compared = Some(Compared {
        target: own(),
        name: own(),
        version: own(),
        digest: "sha256:00".to_owned(),
        ecosystem: "npm".to_owned(),
        reason: Some(own()),
        ..Compared::default()
    });
    for gap in &mut report.outcome.unchecked {
        gap.why = own();
    }
    if let Some(artifact) = &mut report.artifact {
        for field in [&mut artifact.name, &mut artifact.version, &mut artifact.source] {
            *field = own();
        }
        artifact.resolution = vec![own()];
        artifact.published = Some(own());
        artifact.deprecated = Some(own());
    }
    for one in &mut report.provenance {
        one.about = own();
        one.why = own();
        one.facts.iter_mut().for_each(|(_, fact)| *fact = own());
    }
    report.target = own();
    report.tools = vec![tool(own()), tool(format!("second {text}"))];
    report.prompts = vec![own()];
    report.resources = vec![own()];
    for scope in &mut report.scopes {
        scope.name = own();
        scope.location = Some(place());
    }
    report.capabilities = Capabilities {
        processes: uses(),
        file_reads: uses(),
        network: uses(),
        hosts: [(own(), uses())].into(),
        mentioned_hosts: [(own(), uses())].into(),
        environment: [(own(), uses())].into(),
        native: [(own(), own())].into(),
        install_hooks: [(own(), own())].into(),
        ..Capabilities::default()
    };
    report.dependencies[0].name = own();
    report.dependencies[0].requirement = own();
    report.coverage.skipped = vec![(own(), own())];
    report.manifest = Some(own());
    report.hints = vec![own()];
    let excerpt =
        Excerpt { above: vec![own()], before: own(), marked: own(), after: own(), below: vec![own()] };
    report.excerpts = [(place(), excerpt)].into();
    Run::new("0".repeat(64), vec![report.clone(), report]).at(1_790_000_000)
}

pub(crate) fn rendered(name: &str) -> String {
    render(name, &golden())
}

pub(crate) fn render(name: &str, run: &Run) -> String {
    let mut bytes = Vec::new();
    mcp_vouch::report::format(name).unwrap().render(run, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn formats_are_sorted_and_found_by_name() {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(names.iter().all(|name| mcp_vouch::report::format(name).is_some()));
    assert!(mcp_vouch::report::format("xml").is_none());
}

#[test]
fn plain_is_one_screen() {
    insta::assert_snapshot!("plain", rendered("plain"));
}

#[test]
fn json_keeps_its_shape() {
    insta::assert_snapshot!("json", rendered("json"));
}

#[test]
fn sarif_keeps_its_shape() {
    insta::assert_snapshot!("sarif", rendered("sarif"));
}

#[test]
fn json_fits_its_schema() {
    assert_eq!(schema_errors(JSON_SCHEMA, &rendered("json")), [""; 0]);
}

#[test]
fn json_schema_refuses_what_it_does_not_describe() {
    let text = rendered("json").replace("\"verdict\": \"fail\"", "\"verdict\": \"maybe\"");
    assert_eq!(schema_errors(JSON_SCHEMA, &text).len(), 1);
}

/// Whether a document says everything that another one says: members may be added, none may be gone
/// or mean something else.
fn says_all_of(new: &Value, old: &Value, place: &str) {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            for (name, old) in old {
                let new = new.get(name).unwrap_or_else(|| panic!("{place}.{name} is gone"));
                says_all_of(new, old, &format!("{place}.{name}"));
            }
        }
        (Value::Array(new), Value::Array(old)) => {
            assert_eq!(new.len(), old.len(), "{place}");
            for (at, (new, old)) in new.iter().zip(old).enumerate() {
                says_all_of(new, old, &format!("{place}[{at}]"));
            }
        }
        (new, old) => assert_eq!(new, old, "{place}"),
    }
}

/// Reports of earlier versions of this program, whose format has the number of ours.
fn earlier() -> Vec<(String, String)> {
    let folder = support::root().join("fixtures/report/1");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
    };
    files.into_iter().map(read).collect()
}

#[test]
fn earlier_reports_still_read_and_nothing_of_them_is_lost() {
    let files = earlier();
    assert_eq!(files.len(), 2);
    for (name, text) in files {
        assert_eq!(schema_errors(JSON_SCHEMA, &text), [""; 0], "{name}");
        let document = json::read(&text).unwrap();
        let again = serde_json::to_value(&document).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(&text).unwrap(), "{name}");
    }
}

#[test]
fn todays_report_says_what_the_earlier_one_said() {
    let (_, old) = earlier().into_iter().find(|(name, _)| name == "golden.json").unwrap();
    let (old, new) = (serde_json::from_str(&old).unwrap(), serde_json::from_str(&rendered("json")).unwrap());
    says_all_of(&new, &old, "");
    let document = json::read(&rendered("json")).unwrap();
    let finding = &document.reports[0].findings[1];
    assert_eq!((finding.rule.as_str(), finding.gates), ("exec/shell", true));
    assert_eq!(finding.location.as_ref().map(|place| (place.line, place.column)), Some((12, 5)));
    assert_eq!(document.reports[0].tools[1].name, "run");
}

#[test]
fn reports_of_other_formats_are_refused() {
    for (text, why) in [
        ("{}", "its `schema` is ``, not `mcp-vouch/report/1`"),
        (
            "{\"schema\":\"mcp-vouch/report/2\"}",
            "its `schema` is `mcp-vouch/report/2`, not `mcp-vouch/report/1`",
        ),
        ("{\"schema\":1}", "invalid type: integer `1`, expected a string at line 1 column 11"),
        ("{", "EOF while parsing"),
    ] {
        let said = json::read(text).unwrap_err();
        assert!(said.starts_with(why), "{text}: {said}");
    }
}

#[test]
fn sarif_fits_its_schema() {
    assert_eq!(schema_errors(SARIF_SCHEMA, &rendered("sarif")), [""; 0]);
}

#[test]
fn no_format_lets_control_characters_through() {
    for format in FORMATS {
        support::assert_quiet(&rendered(format.name()), format.name());
    }
}

#[test]
fn colour_adds_escape_sequences_of_ours_and_nothing_else() {
    let mut bytes = Vec::new();
    let plain = Plain { style: Style { colour: Colour::Always, width: 100 } };
    plain.render(&golden(), &mut bytes).unwrap();
    let coloured = String::from_utf8(bytes).unwrap();
    let stripped =
        regex::Regex::new("\u{1b}\\[(31|32|33|36|39)m").unwrap().replace_all(&coloured, "").into_owned();
    assert_ne!(stripped, coloured);
    assert_eq!(stripped, rendered("plain"));
}

#[test]
fn only_what_fails_the_gate_is_an_error_in_sarif() {
    let log: Value = serde_json::from_str(&rendered("sarif")).unwrap();
    for result in log["runs"].as_array().unwrap().iter().flat_map(|run| run["results"].as_array().unwrap()) {
        assert_eq!(result["level"] == "error", result["properties"]["gates"] == true, "{result}");
    }
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), findings().len());
}

#[test]
fn every_sarif_result_has_a_place_and_a_stable_identity() {
    let log: Value = serde_json::from_str(&rendered("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let mut identities: Vec<&str> = Vec::new();
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert!(
            place["artifactLocation"]["uri"].is_string() && place["region"]["startLine"].is_u64(),
            "{result}"
        );
        identities.push(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap());
    }
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), results.len());
    let whole = results.iter().find(|result| result["ruleId"] == "identity/nothing").unwrap();
    assert_eq!(whole["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "package.json");
}

#[test]
fn sarif_stays_within_twenty_runs() {
    let run = Run::new("0".repeat(64), (0..45).map(|_| report()).collect());
    let mut bytes = Vec::new();
    Sarif.render(&run, &mut bytes).unwrap();
    let log: Value = serde_json::from_slice(&bytes).unwrap();
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 15);
    let targets: usize = runs.iter().map(|run| run["properties"]["targets"].as_array().unwrap().len()).sum();
    assert_eq!(targets, 45);
}
