//! Text that reaches the model: names, descriptions, schemas, prompts, resources, instructions.
//!
//! Each rule looks at one passage at a time. Phrases are looked for in a normal form without
//! disguises; what is reported is the original. Pure: no network, no files, no clock.

mod demands;
mod effects;
mod hidden;
mod languages;
mod layers;
pub mod learned;
mod normal;
mod order;
mod parameters;
mod passages;
mod persuasions;
mod phrases;
mod wordings;
pub(super) mod words;

use std::{
    collections::BTreeMap,
    mem::{Discriminant, discriminant},
};

use rustc_hash::FxHashSet;

use super::{Asked, Check, Subject};
use crate::{
    finding::{Confidence, Finding},
    untrusted::excerpt,
};
use layers::Form;
use normal::Normal;
use passages::{Part, Passage};
use words::Text as Words;

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
        // Texts of which nothing was told, each with the kind of passage that it was: schemas repeat them.
        let mut harmless: FxHashSet<(&str, Discriminant<Part<'_>>)> = FxHashSet::default();
        for passage in passages::of(subject.connector) {
            let told = sink.findings.len();
            let text = (passage.text, discriminant(&passage.part));
            if harmless.contains(&text) {
                // What sentences say depends on whose they are.
                if passage.text.contains(char::is_whitespace) {
                    sentences(&passage, &Normal::of(passage.text), &own, told, &mut sink);
                }
                continue;
            }
            let normal = Normal::of(passage.text);
            hidden::look(&passage, &mut sink);
            phrases::look(&passage, &normal, &mut sink);
            parameters::look(&passage, &normal, &mut sink);
            sentences(&passage, &normal, &own, told, &mut sink);
            in_other_languages(&passage, &normal, &mut sink);
            under_other_forms(&passage, &normal, &mut sink);
            if sink.findings.len() == told {
                harmless.insert(text);
            }
        }
    }
}

/// Looks at what the sentences of a passage order and describe; the learned model speaks where
/// nothing else was told since `told`.
fn sentences(
    passage: &Passage<'_>,
    normal: &Normal<'_>,
    own: &order::OwnNames,
    told: usize,
    sink: &mut Sink<'_>,
) {
    if matches!(passage.part, Part::Name | Part::ParameterName | Part::Uri | Part::Prompt)
        || !normal.text.contains(' ')
    {
        return;
    }
    let words = Words::of(&normal.cased);
    let orders = order::of(&words, passage.name, own);
    order::look(passage, &orders, normal, own, sink);
    if let Some((what, start, end)) = demands::of(&words, matches!(passage.part, Part::Parameter(_))) {
        sink.report("text/secret-request", Confidence::Medium, passage, what, normal.original(start, end));
    }
    if !matches!(passage.part, Part::Description) || passage.tool.is_none() {
        return;
    }
    let effects = effects::of(&effects::Story::of(&words), passage.name);
    for (effect, start, end) in effects {
        sink.report("text/side-effect", Confidence::Low, passage, effect.what(), normal.original(start, end));
    }
    if sink.findings.len() > told {
        return;
    }
    if let Some(features) = learned::judge(&words, passage.name, &orders) {
        let what = format!("reads like a poisoned one ({features})");
        sink.report("text/reads-like-poisoning", Confidence::Medium, passage, &what, passage.text);
    }
}

/// Looks for orders in other languages than English.
fn in_other_languages(passage: &Passage<'_>, normal: &Normal<'_>, sink: &mut Sink<'_>) {
    for (rule, what, confidence, start, end) in languages::of(&normal.text) {
        sink.report(rule, confidence, passage, what, normal.original(start, end));
    }
}

/// Looks at what stands in a passage under another form.
fn under_other_forms(passage: &Passage<'_>, normal: &Normal<'_>, sink: &mut Sink<'_>) {
    for (form, plain) in layers::of(passage.text, &normal.text) {
        let hidden = normal::plain(&plain);
        let told = phrases::of(&hidden).into_iter().find(|found| {
            found.confidence >= Confidence::Medium
                && found.wording.rule != "text/preference"
                && !normal.text.contains(hidden.get(found.start..found.end).unwrap_or(""))
        });
        let is_payload = match form {
            Form::Encoded => layers::is_payload(&hidden),
            Form::Disguised | Form::SetApart => demands::handles_secrets(&Words::of(&hidden)),
            Form::Escaped | Form::Rotated | Form::Reversed => false,
        };
        let is_new = form != Form::Escaped || passage.text.len() > plain.len();
        if !is_new || (told.is_none() && !is_payload) {
            continue;
        }
        let (rule, what) = match form {
            Form::Encoded => (
                "text/encoded-payload",
                "has encoded text that decodes to an address, a command or an instruction",
            ),
            Form::Escaped => ("text/encoded-payload", "has an instruction written with escapes"),
            Form::Rotated => {
                ("text/encoded-payload", "has an instruction with every letter moved by thirteen")
            }
            Form::Reversed => ("text/disguised-words", "has an instruction written from its end"),
            Form::SetApart => ("text/disguised-words", "has an instruction with its letters set apart"),
            Form::Disguised => ("text/disguised-words", "has an instruction with digits in place of letters"),
        };
        sink.report(rule, Confidence::High, passage, what, &plain);
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
