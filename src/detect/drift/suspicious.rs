//! Text that the rules about text find something in now, and did not find it in when it was approved.

use std::collections::BTreeMap;

use super::{Measure, Subject, Told};
use crate::{
    artifact::Artifact,
    baseline::{Entry, Tool},
    code::Code,
    connector::{self, Annotations, Connector, Described},
    detect::{Asked, Check as _, catalogue, text::Text},
    finding::{Class, Confidence, Direction, Finding, Severity},
    untrusted::excerpt,
};

/// The learned model asks for a review and never fails a gate; what it quotes is the whole text.
const LEARNED: &str = "text/reads-like-poisoning";

/// Compares what the rules about text say.
pub(super) fn compare(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in findings(before) {
        *known.entry(key(&finding)).or_default() += 1;
    }
    for finding in findings(now) {
        let key = key(&finding);
        if let Some(left) = known.get_mut(&key).filter(|left| **left > 0) {
            *left -= 1;
            continue;
        }
        let is_weak = finding.severity < Severity::Medium || finding.confidence < Confidence::Medium;
        if is_weak || is_unchanged(&finding, before, now) {
            continue;
        }
        let message = format!("now, and not before: {} ({})", finding.message, finding.rule.id);
        let is_learned = finding.rule.id == LEARNED;
        let direction = if is_learned { Direction::Review } else { Direction::Widens };
        let widens = Told::new("drift/text-suspicious", Class::Text, direction, message)
            .about(&format!("{} {}", finding.rule.id, finding.evidence))
            .to(finding.evidence.trim());
        told.push(match &finding.tool {
            Some(tool) => widens.tool(tool),
            None => widens,
        });
    }
}

/// What makes two findings one: rule and words; of the learned model rule and tool.
fn key(finding: &Finding) -> (String, String) {
    let what = match &finding.tool {
        Some(tool) if finding.rule.id == LEARNED => tool,
        _ => &finding.evidence,
    };
    (finding.rule.id.clone(), what.clone())
}

/// Whether the text was approved as it is: what is said about it then comes from other changes, such
/// as another tool's name.
fn is_unchanged(finding: &Finding, before: &Entry, now: &Entry) -> bool {
    let Some(tool) = &finding.tool else {
        return (&before.prompts, &before.resources, &before.instructions)
            == (&now.prompts, &now.resources, &now.instructions);
    };
    let texts = |entry: &Entry| -> Vec<_> {
        let named = entry.tools.iter().filter(|known| excerpt(known.name.raw(), 120) == *tool);
        let texts = |tool: &Tool| {
            (tool.title.clone(), tool.description.clone(), tool.input.clone(), tool.output.clone())
        };
        named.map(texts).collect()
    };
    texts(before) == texts(now)
}

/// What the rules about text say about the texts of an entry.
fn findings(entry: &Entry) -> Vec<Finding> {
    let connector = connector(entry);
    let (artifact, code) = (Artifact::default(), Code::default());
    let subject = Subject {
        artifact: &artifact,
        code: &code,
        connector: &connector,
        provenance: &[],
        measure: Measure::default(),
    };
    let asked = Asked(catalogue::get().of_check(Text.name()).collect());
    let mut findings = Vec::new();
    Text.run(&subject, &asked, &mut findings);
    findings
}

/// The texts of an entry as a connector that has nothing else.
fn connector(entry: &Entry) -> Connector {
    let registrations =
        connector::Registrations { seen: entry.unread, read: 0, ..connector::Registrations::default() };
    Connector {
        tools: entry
            .tools
            .iter()
            .map(|tool| connector::Tool {
                name: tool.name.clone(),
                title: tool.title.clone(),
                description: tool.description.clone(),
                input: tool.input.clone(),
                output: tool.output.clone(),
                annotations: Annotations {
                    read_only: tool.annotations.read_only,
                    destructive: tool.annotations.destructive,
                    idempotent: tool.annotations.idempotent,
                    open_world: tool.annotations.open_world,
                },
                ..connector::Tool::default()
            })
            .collect(),
        prompts: entry
            .prompts
            .iter()
            .map(|prompt| connector::Prompt {
                name: prompt.name.clone(),
                description: prompt.description.clone(),
                arguments: prompt.arguments.clone(),
                text: prompt.text.clone(),
                ..connector::Prompt::default()
            })
            .collect(),
        resources: entry
            .resources
            .iter()
            .map(|resource| connector::Resource {
                name: resource.name.clone(),
                uri: resource.uri.clone(),
                description: resource.description.clone(),
                ..connector::Resource::default()
            })
            .collect(),
        instructions: entry
            .instructions
            .iter()
            .map(|text| Described { text: text.clone(), location: None })
            .collect(),
        registrations,
        ..Connector::default()
    }
}
