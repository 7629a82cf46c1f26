//! A report to a report whose every text is one printable line. The one place that makes it so.

use serde_json::Value;

use super::{Compared, Excerpt, Report, ToolFacts};
use crate::{
    connector::capabilities::{Capabilities, Uses},
    finding::Finding,
    untrusted::{excerpt, is_invisible, visible},
};

/// Deepest nesting of a schema that is shown; what lies deeper becomes `null`.
const DEPTH: usize = 48;

/// Most characters of one text that are shown.
const LENGTH: usize = 8_000;

/// Makes every text of a report printable. Doing it twice changes nothing.
pub(super) fn clean(report: &mut Report) {
    text(&mut report.target);
    if let Some(configured) = &mut report.configured {
        text(&mut configured.location.path);
        text(&mut configured.name);
    }
    if let Some(artifact) = &mut report.artifact {
        for field in [
            &mut artifact.ecosystem,
            &mut artifact.name,
            &mut artifact.version,
            &mut artifact.digest,
            &mut artifact.source,
        ] {
            text(field);
        }
        artifact.resolution.iter_mut().for_each(text);
        artifact.published.iter_mut().for_each(text);
        artifact.deprecated.iter_mut().for_each(text);
    }
    for judged in &mut report.outcome.findings {
        finding(&mut judged.finding);
        if let Some(accepted) = &mut judged.accepted {
            for field in [&mut accepted.reason, &mut accepted.owner, &mut accepted.until] {
                text(field);
            }
        }
    }
    text(&mut report.outcome.policy);
    for gap in &mut report.outcome.unchecked {
        text(&mut gap.check);
        text(&mut gap.why);
    }
    for one in &mut report.provenance {
        text(&mut one.about);
        text(&mut one.why);
        one.facts.iter_mut().for_each(|(_, fact)| text(fact));
    }
    report.tools.iter_mut().for_each(tool);
    report.prompts.iter_mut().chain(&mut report.resources).for_each(text);
    for scope in &mut report.scopes {
        text(&mut scope.name);
        if let Some(location) = &mut scope.location {
            text(&mut location.path);
        }
    }
    capabilities(&mut report.capabilities);
    for dependency in &mut report.dependencies {
        text(&mut dependency.ecosystem);
        text(&mut dependency.name);
        text(&mut dependency.requirement);
        text(&mut dependency.kind);
    }
    for (path, why) in &mut report.coverage.skipped {
        text(path);
        text(why);
    }
    if let Some(compared) = &mut report.compared {
        let Compared { target, ecosystem, name, version, digest, reason, scope: _ } = compared;
        [target, ecosystem, name, version, digest].into_iter().chain(reason).for_each(text);
    }
    report.manifest.iter_mut().for_each(text);
    report.hints.iter_mut().for_each(text);
    report.excerpts = std::mem::take(&mut report.excerpts)
        .into_iter()
        .map(|(mut location, mut excerpt)| {
            text(&mut location.path);
            lines(&mut excerpt);
            (location, excerpt)
        })
        .collect();
}

fn lines(excerpt: &mut Excerpt) {
    let Excerpt { above, before, marked, after, below } = excerpt;
    above.iter_mut().chain(below).chain([before, marked, after]).for_each(text);
}

fn text(text: &mut String) {
    if text.chars().any(is_invisible) || text.len() > LENGTH {
        *text = excerpt(text, LENGTH);
    }
}

fn finding(finding: &mut Finding) {
    text(&mut finding.message);
    finding.tool.iter_mut().for_each(text);
    if let Some(change) = &mut finding.change {
        text(&mut change.before);
        text(&mut change.now);
    }
    for location in finding.location.iter_mut().chain(&mut finding.also) {
        text(&mut location.path);
    }
    for step in &mut finding.steps {
        text(&mut step.location.path);
        text(&mut step.what);
    }
}

fn tool(tool: &mut ToolFacts) {
    text(&mut tool.name);
    tool.title.iter_mut().chain(&mut tool.description).for_each(text);
    if let Some(location) = &mut tool.location {
        text(&mut location.path);
    }
    if let Some(reach) = &mut tool.reach {
        reach.uses.values_mut().for_each(|location| text(&mut location.path));
        reach.hosts = std::mem::take(&mut reach.hosts).into_iter().map(|host| visible(&host)).collect();
    }
}

/// Makes every text of a schema printable, and cuts what lies too deep.
pub(super) fn schema(value: &mut Value) {
    below(value, DEPTH);
}

fn below(value: &mut Value, depth: usize) {
    if depth == 0 {
        *value = Value::Null;
        return;
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(string) => text(string),
        Value::Array(items) => items.iter_mut().for_each(|item| below(item, depth - 1)),
        Value::Object(members) => {
            if members.keys().any(|key| key.chars().any(is_invisible)) {
                *members =
                    std::mem::take(members).into_iter().map(|(key, item)| (visible(&key), item)).collect();
            }
            members.values_mut().for_each(|item| below(item, depth - 1));
        }
    }
}

fn capabilities(capabilities: &mut Capabilities) {
    for one in [
        &mut capabilities.processes,
        &mut capabilities.file_reads,
        &mut capabilities.file_writes,
        &mut capabilities.network,
        &mut capabilities.listens,
        &mut capabilities.dynamic_code,
    ] {
        uses(one);
    }
    for named in [&mut capabilities.hosts, &mut capabilities.mentioned_hosts, &mut capabilities.environment] {
        *named = std::mem::take(named).into_iter().map(|(name, uses)| (visible(&name), uses)).collect();
        named.values_mut().for_each(uses);
    }
    for named in [&mut capabilities.native, &mut capabilities.install_hooks] {
        *named = std::mem::take(named)
            .into_iter()
            .map(|(name, what)| (visible(&name), excerpt(&what, LENGTH)))
            .collect();
    }
}

fn uses(uses: &mut Uses) {
    for (location, what) in &mut uses.places {
        text(&mut location.path);
        text(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_out_hidden_characters_in_schema_keys_and_values() {
        let mut value = serde_json::json!({ "a\u{202e}": ["x\u{200b}"], "b": { "c": "plain" } });
        schema(&mut value);
        assert_eq!(value.to_string(), r#"{"a\\u{202e}":["x\\u{200b}"],"b":{"c":"plain"}}"#);
    }

    #[test]
    fn cuts_schemas_that_are_nested_too_deep() {
        let mut value = Value::Null;
        for _ in 0..100 {
            value = Value::Array(vec![value]);
        }
        schema(&mut value);
        assert_eq!(value.to_string().len(), 2 * DEPTH + 4);
    }
}
