//! Which tool of now is which tool of the approval: by name, or by what it says and takes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::similar::{overlap, parts};
use crate::baseline::{Tool, words};

/// Tools on each side that are tried as renames of each other.
const TRIED: usize = 150;
/// Words of a description that are compared.
const WORDS: usize = 300;

/// Tools of both sides, matched.
pub(super) struct Pairs<'a> {
    /// The same tool: before and now.
    pub(super) same: Vec<(&'a Tool, &'a Tool)>,
    /// Of these, those that have another name now.
    pub(super) renamed: Vec<(&'a Tool, &'a Tool)>,
    /// Tools that are gone.
    pub(super) removed: Vec<&'a Tool>,
    /// Tools that are new.
    pub(super) added: Vec<&'a Tool>,
}

/// Matches tools.
pub(super) fn pair<'a>(before: &'a [Tool], now: &'a [Tool]) -> Pairs<'a> {
    let mut named: BTreeMap<&str, (Vec<&Tool>, Vec<&Tool>)> = BTreeMap::new();
    for tool in before {
        named.entry(tool.name.raw()).or_default().0.push(tool);
    }
    for tool in now {
        named.entry(tool.name.raw()).or_default().1.push(tool);
    }
    let mut pairs = Pairs { same: Vec::new(), renamed: Vec::new(), removed: Vec::new(), added: Vec::new() };
    for (before, now) in named.into_values() {
        match (before.first(), now.is_empty()) {
            (None, _) => pairs.added.extend(now),
            (Some(_), true) => pairs.removed.extend(before),
            (Some(_), false) => pairs.same.extend(of_one_name(before, now)),
        }
    }
    renames(&mut pairs);
    pairs
}

/// Definitions under one name: equal ones belong together, the rest in order; a definition more than
/// before is compared with the first.
fn of_one_name<'a>(mut before: Vec<&'a Tool>, now: Vec<&'a Tool>) -> Vec<(&'a Tool, &'a Tool)> {
    let first = before[0];
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for tool in now {
        match before.iter().position(|known| *known == tool) {
            Some(at) => pairs.push((before.remove(at), tool)),
            None => left.push(tool),
        }
    }
    let mut before = before.into_iter();
    pairs.extend(left.into_iter().map(|tool| (before.next().unwrap_or(first), tool)));
    pairs
}

fn renames<'a>(pairs: &mut Pairs<'a>) {
    let removed: Vec<Shape<'a>> = pairs.removed.iter().take(TRIED).map(|tool| Shape::of(tool)).collect();
    let added: Vec<Shape<'a>> = pairs.added.iter().take(TRIED).map(|tool| Shape::of(tool)).collect();
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for (from, before) in removed.iter().enumerate() {
        for (to, now) in added.iter().enumerate() {
            candidates.extend(likeness(before, now).map(|likeness| (likeness, from, to)));
        }
    }
    candidates.sort_by_key(|&(likeness, from, to)| (std::cmp::Reverse(likeness), from, to));
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    for (_, from, to) in candidates {
        if !gone.contains(&from) && !come.contains(&to) {
            gone.insert(from);
            come.insert(to);
            pairs.renamed.push((removed[from].tool, added[to].tool));
        }
    }
    pairs.renamed.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    pairs.same.extend(&pairs.renamed);
    let renamed = &pairs.renamed;
    pairs.removed.retain(|tool| !renamed.iter().any(|(before, _)| std::ptr::eq(*before, *tool)));
    pairs.added.retain(|tool| !renamed.iter().any(|(_, now)| std::ptr::eq(*now, *tool)));
}

/// What a tool is known by apart from its name.
struct Shape<'a> {
    tool: &'a Tool,
    name: BTreeSet<String>,
    words: BTreeSet<String>,
    parameters: BTreeSet<&'a str>,
}

impl<'a> Shape<'a> {
    fn of(tool: &'a Tool) -> Self {
        let name: BTreeSet<String> = parts(tool.name.raw()).into_iter().collect();
        let text = tool.description.as_ref().map_or("", |text| text.raw());
        let lower = |word: &&str| word.to_lowercase();
        let is_own = |word: &String| *word == tool.name.raw().to_lowercase();
        let words = words(text).iter().take(WORDS).map(lower).filter(|word| !is_own(word)).collect();
        let properties = tool.input.as_ref().and_then(|input| input.get("properties")?.as_object());
        let parameters = properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
        Self { tool, name, words, parameters: parameters.collect() }
    }
}

/// How alike two tools are, where they are alike enough to be one.
fn likeness(before: &Shape<'_>, now: &Shape<'_>) -> Option<usize> {
    let text = overlap(&before.words, &now.words);
    let takes = overlap(&before.parameters, &now.parameters);
    let is_same_schema = before.tool.input == now.tool.input && has_parameters(before.tool.input.as_ref());
    let shares_name = before.name.intersection(&now.name).next().is_some();
    let says = |shape: &Shape<'_>| shape.words.len() >= 3;
    let is_alike = match (says(before), says(now)) {
        (true, true) => (text >= 80 && takes >= 50) || (text >= 50 && is_same_schema && shares_name),
        (false, false) => is_same_schema && shares_name,
        (true, false) | (false, true) => false,
    };
    is_alike.then(|| text + takes + usize::from(shares_name))
}

fn has_parameters(input: Option<&Value>) -> bool {
    input
        .and_then(|input| input.get("properties")?.as_object())
        .is_some_and(|properties| !properties.is_empty())
}
