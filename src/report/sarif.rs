//! Reports to SARIF 2.1.0, within the limits of the code scanning services that read it.

use std::{collections::BTreeMap, fmt::Write as _, io};

use serde_json::{Map, Value, json};

use super::{Format, Report, Run, subject};
use crate::{
    finding::{Confidence, Finding, Location, Rule, Severity},
    gate::{Judged, Unchecked, Verdict},
    untrusted::excerpt,
};

/// Most runs in one file; more reports than that share runs.
const RUNS: usize = 20;
/// Most results in one run; findings are sorted, so the mildest are left out.
const RESULTS: usize = 25_000;
/// Most steps of one flow.
const STEPS: usize = 1_000;
/// Most tags of one rule.
const TAGS: usize = 20;
/// Longest rule name and description, characters.
const NAME: usize = 255;
const DESCRIPTION: usize = 1_024;

/// Writes `sarif`.
pub struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let share = run.reports.len().div_ceil(RUNS).max(1);
        let runs: Vec<Value> = run.reports.chunks(share).map(|reports| one_run(run, reports)).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": runs,
        });
        serde_json::to_writer_pretty(&mut *out, &log)?;
        out.write_all(b"\n")
    }
}

fn one_run(run: &Run, reports: &[Report]) -> Value {
    let rules = used_rules(reports);
    let verdict = reports.iter().map(|report| report.outcome.verdict).max().unwrap_or(Verdict::Incomplete);
    let order: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let results: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.outcome.findings.iter().map(move |judged| (report, judged)))
        .take(RESULTS)
        .map(|(report, judged)| {
            let is_several = reports.len() > 1 || report.configured.is_some();
            let prefix = if is_several { prefix(report) } else { String::new() };
            result(report, judged, &prefix, order.get(judged.finding.rule.id.as_str()).copied())
        })
        .collect();
    json!({
        "tool": { "driver": {
            "name": "mcp-vouch",
            "version": run.version,
            "semanticVersion": run.version,
            "rules": rules.values().map(|used| rule(used)).collect::<Vec<_>>(),
            "properties": { "rulesDigest": run.rules_digest, "referenceData": run.reference_data },
        } },
        "automationDetails": { "id": category(reports) },
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(reports, verdict)],
        "results": results,
        "properties": { "verdict": verdict.name(), "targets": reports.iter().map(facts).collect::<Vec<_>>() },
    })
}

/// A rule that has results, with the worst level among them.
struct Used<'a> {
    rule: &'a Rule,
    level: &'static str,
}

fn used_rules(reports: &[Report]) -> BTreeMap<&str, Used<'_>> {
    let mut rules: BTreeMap<&str, Used<'_>> = BTreeMap::new();
    for judged in reports.iter().flat_map(|report| &report.outcome.findings) {
        let rule = judged.finding.rule;
        let used = rules.entry(&rule.id).or_insert(Used { rule, level: level(judged) });
        if level(judged) == "error" {
            used.level = "error";
        }
    }
    rules
}

fn level(judged: &Judged) -> &'static str {
    match (judged.gates, judged.finding.severity) {
        (true, _) => "error",
        (false, Severity::High | Severity::Medium) => "warning",
        (false, Severity::Low | Severity::Info) => "note",
    }
}

fn rule(used: &Used<'_>) -> Value {
    let Used { rule, level } = used;
    let references: Vec<String> =
        rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).chain(rule.references.iter().cloned()).collect();
    let mut text = format!("Why: {}\n\nFix: {}", rule.why, rule.fix);
    let mut markdown = format!("**Why.** {}\n\n**Fix.** {}", rule.why, rule.fix);
    if !references.is_empty() {
        let _ = write!(text, "\n\nSee also: {}", references.join("; "));
        let _ = write!(markdown, "\n\n**See also.** {}", references.join("; "));
    }
    json!({
        "id": rule.id,
        "name": excerpt(&rule.title, NAME),
        "shortDescription": { "text": excerpt(&rule.title, DESCRIPTION) },
        "fullDescription": { "text": excerpt(&rule.why, DESCRIPTION) },
        "help": { "text": text, "markdown": markdown },
        "defaultConfiguration": { "level": level },
        "properties": {
            "tags": tags(rule),
            "precision": match rule.confidence {
                Confidence::High => "high",
                Confidence::Medium => "medium",
                Confidence::Low => "low",
            },
            "security-severity": match rule.severity {
                Severity::High => "8.5",
                Severity::Medium => "5.5",
                Severity::Low => "2.5",
                Severity::Info => "0.5",
            },
        },
    })
}

fn tags(rule: &Rule) -> Vec<String> {
    let weaknesses = rule.cwe.iter().map(|cwe| format!("external/cwe/cwe-{cwe}"));
    let frameworks = rule.references.iter().filter_map(|reference| framework_id(reference));
    let mut tags: Vec<String> = vec!["security".to_owned()];
    for tag in weaknesses.chain(frameworks) {
        if tags.len() < TAGS && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The identifier in a reference such as `OWASP MCP03:2025 Tool Poisoning`: its first word with a digit.
fn framework_id(reference: &str) -> Option<String> {
    reference
        .split_whitespace()
        .find(|word| word.contains(|c: char| c.is_ascii_digit()))
        .filter(|word| !word.contains("://"))
        .map(str::to_owned)
}

fn result(report: &Report, judged: &Judged, prefix: &str, rule: Option<usize>) -> Value {
    let finding = &judged.finding;
    // One change at one of them mends them all: what SARIF has several locations for.
    let mut places: Vec<Value> =
        finding.places().map(|at| json!({ "physicalLocation": place(at, prefix) })).collect();
    if places.is_empty() {
        places.push(json!({ "physicalLocation": whole(report, prefix) }));
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "level": level(judged),
        "message": { "text": message(finding) },
        "locations": places,
        "partialFingerprints": { "primaryLocationLineHash": judged.id },
        "properties": {
            "severity": finding.severity.name(),
            "confidence": finding.confidence.name(),
            "gates": judged.gates,
        },
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    if let Some(configured) = &report.configured {
        result["locations"] = json!([{ "physicalLocation": place(&configured.location, "") }]);
        result["message"]["text"] = json!(subject::configured(report, configured, finding));
        result["partialFingerprints"]["primaryLocationLineHash"] =
            json!(subject::identity(configured, judged));
        if let Some(location) = &finding.location {
            let words = format!("in {}", subject::named(report));
            result["relatedLocations"] = json!([{
                "id": 1,
                "physicalLocation": place(location, prefix),
                "message": { "text": words },
            }]);
        }
    }
    if let Some(words) = subject::accepted(judged) {
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": words }]);
    }
    if let Some(tool) = &finding.tool {
        result["properties"]["tool"] = json!(tool);
    }
    if let Some(change) = &finding.change {
        result["properties"]["change"] = json!({
            "class": change.class.name(),
            "direction": change.direction.name(),
            "before": change.before,
            "now": change.now,
        });
    }
    if !finding.steps.is_empty() {
        let steps: Vec<Value> = finding
            .steps
            .iter()
            .take(STEPS)
            .map(|step| {
                json!({ "location": {
                    "physicalLocation": place(&step.location, prefix),
                    "message": { "text": not_empty(&step.what) },
                } })
            })
            .collect();
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    result
}

fn message(finding: &Finding) -> String {
    not_empty(if finding.message.is_empty() { &finding.rule.title } else { &finding.message }).to_owned()
}

fn not_empty(text: &str) -> &str {
    if text.is_empty() { "(no text)" } else { text }
}

fn place(location: &Location, prefix: &str) -> Value {
    json!({
        "artifactLocation": { "uri": uri(&format!("{prefix}{}", location.path)) },
        "region": { "startLine": location.line.max(1), "startColumn": location.column.max(1) },
    })
}

/// The place of a finding about the whole package: its manifest, or the target itself.
fn whole(report: &Report, prefix: &str) -> Value {
    let path = report.manifest.as_deref().unwrap_or(&report.target);
    json!({
        "artifactLocation": { "uri": uri(&format!("{prefix}{path}")) },
        "region": { "startLine": 1 },
    })
}

/// A path as a relative reference: everything but unreserved characters and `/` is encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    if uri.is_empty() { ".".to_owned() } else { uri }
}

fn prefix(report: &Report) -> String {
    report.artifact.as_ref().map_or_else(String::new, |artifact| {
        format!("{}/{}@{}/", artifact.ecosystem, artifact.name, artifact.version)
    })
}

/// The category under which a later upload replaces this one: the package without its version.
fn category(reports: &[Report]) -> String {
    let files: Vec<Option<&str>> = reports
        .iter()
        .map(|report| report.configured.as_ref().map(|configured| configured.location.path.as_str()))
        .collect();
    match reports {
        _ if let [Some(file), rest @ ..] = files.as_slice()
            && rest.iter().all(|other| *other == Some(*file)) =>
        {
            format!("mcp-vouch/{}/", uri(file))
        }
        [report] => match &report.artifact {
            Some(artifact) => format!("mcp-vouch/{}/{}/", artifact.ecosystem, uri(&artifact.name)),
            None => format!("mcp-vouch/{}/", uri(&report.target)),
        },
        _ => "mcp-vouch/several/".to_owned(),
    }
}

fn invocation(reports: &[Report], verdict: Verdict) -> Value {
    let gaps =
        reports.iter().flat_map(|report| report.outcome.unchecked.iter().map(move |gap| (report, gap)));
    let complete = !reports.iter().any(|report| report.outcome.unchecked.iter().any(|gap| gap.needed));
    json!({
        "executionSuccessful": complete,
        "exitCode": verdict.exit_code(),
        "exitCodeDescription": verdict.name(),
        "toolExecutionNotifications": gaps.map(|(report, gap)| notification(report, gap)).collect::<Vec<_>>(),
    })
}

fn notification(report: &Report, gap: &Unchecked) -> Value {
    let mut notification = json!({
        "descriptor": { "id": gap.check },
        "level": if gap.needed { "error" } else { "note" },
        "message": { "text": format!("{}: not checked: {}", report.target, gap.why) },
    });
    if let Some(configured) = &report.configured {
        notification["locations"] = json!([{ "physicalLocation": place(&configured.location, "") }]);
    }
    notification
}

fn facts(report: &Report) -> Value {
    let mut facts = Map::new();
    facts.insert("target".to_owned(), json!(report.target));
    facts.insert("verdict".to_owned(), json!(report.outcome.verdict.name()));
    if let Some(artifact) = &report.artifact {
        for (key, value) in [
            ("ecosystem", &artifact.ecosystem),
            ("name", &artifact.name),
            ("version", &artifact.version),
            ("digest", &artifact.digest),
        ] {
            facts.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_paths_as_relative_references() {
        for (path, expected) in [
            ("dist/index.js", "dist/index.js"),
            ("a b/ü.py", "a%20b/%C3%BC.py"),
            ("/etc/passwd", "etc/passwd"),
            ("npm:@scope/name", "npm%3A@scope/name"),
            ("", "."),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn takes_the_identifier_out_of_a_reference() {
        for (reference, expected) in [
            ("OWASP MCP03:2025 Tool Poisoning", Some("MCP03:2025")),
            ("SAFE-T1001", Some("SAFE-T1001")),
            ("MITRE ATLAS AML.T0110", Some("AML.T0110")),
            ("https://docs.example/page2", None),
            ("no identifier", None),
        ] {
            assert_eq!(framework_id(reference).as_deref(), expected, "{reference}");
        }
    }
}
