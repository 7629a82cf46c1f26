//! Text that reaches the model: names, descriptions, schemas, prompts, resources, instructions.
//!
//! Each rule looks at one passage at a time. Phrases are looked for in a normal form without
//! disguises; what is reported is the original. Pure: no network, no files, no clock.

mod hidden;
mod normal;
mod order;
mod parameters;
mod passages;
mod phrases;

use std::collections::BTreeMap;

use super::{Asked, Check, Subject};
use crate::{
    finding::{Confidence, Finding},
    untrusted::excerpt,
};
use normal::Normal;
use passages::Passage;

/// Characters of connector text that a message quotes.
const QUOTED: usize = 120;

/// Findings that one rule reports; the rest would say the same.
const FINDINGS: usize = 100;

/// Answers for the rules about text that reaches the model.
pub(super) struct Text;

impl Check for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let mut sink = Sink { asked, findings, counts: BTreeMap::new() };
        let own = order::OwnNames::of(subject.connector);
        for passage in passages::of(subject.connector) {
            let normal = Normal::of(passage.text);
            hidden::look(&passage, &mut sink);
            phrases::look(&passage, &normal, &mut sink);
            order::look(&passage, &normal, &own, &mut sink);
            parameters::look(&passage, &normal, &mut sink);
        }
    }
}

/// Where findings go: only those that are asked for, and not too many of one rule.
struct Sink<'a> {
    asked: &'a Asked,
    findings: &'a mut Vec<Finding>,
    counts: BTreeMap<&'static str, usize>,
}

impl Sink<'_> {
    /// Reports that `passage` has `what`, with the original text around it.
    fn report(
        &mut self,
        id: &'static str,
        confidence: Confidence,
        passage: &Passage<'_>,
        what: &str,
        quote: &str,
    ) {
        let Some(rule) = self.asked.rule(id) else { return };
        let count = self.counts.entry(id).or_default();
        *count += 1;
        if *count > FINDINGS {
            return;
        }
        let message = format!("{} {what}: `{}`", passage.describe(), excerpt(quote.trim(), QUOTED));
        let mut finding = Finding::new(rule, message).because(excerpt(quote, QUOTED));
        finding.confidence = finding.confidence.min(confidence);
        finding.location = passage.location.cloned();
        finding.tool = passage.tool.map(|name| excerpt(name, QUOTED));
        self.findings.push(finding);
    }
}

#[cfg(test)]
mod tests;
