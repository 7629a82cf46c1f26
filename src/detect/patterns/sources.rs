//! Named sources of values: which nodes are one, and which nodes any of them gets to.

use std::collections::BTreeSet;

use regex::bytes::Regex;

use super::Matcher;
use crate::{
    code::{
        callees::{SetId, Site},
        flow::reach::{Own, Sources},
        graph::Value,
        resolve::At,
    },
    detect::{
        Asked, catalogue,
        sets::{self, Conditional},
    },
};

/// A named source set, ready for a walk.
pub(super) struct Source {
    calls: Option<SetId>,
    pub(super) values: Option<SetId>,
    pub(super) text: Option<&'static Regex>,
    conditional: &'static [Conditional],
}

/// Sources that have a bit of their own; the others share the last one.
const MOST_BITS: usize = 31;

/// Every source that a table of the rules follows.
pub(super) fn followed(asked: &Asked) -> Vec<(&'static str, Source)> {
    let entries = asked.rules().iter().filter_map(|rule| catalogue::get().entry(&rule.id));
    let tables = entries.flat_map(|entry| &entry.matches);
    let names: BTreeSet<&'static str> = tables
        .flat_map(|table| table.from.iter().chain(&table.receiver_from).chain(&table.and_from))
        .map(String::as_str)
        .collect();
    names.into_iter().map(|name| (name, source(name))).collect()
}

pub(super) fn source(name: &str) -> Source {
    let sets = sets::get();
    Source {
        calls: sets.callees.find(name),
        values: sets.values(name),
        text: sets.texts.get(name),
        conditional: sets.conditional.get(name).map_or(&[], Vec::as_slice),
    }
}

fn bit(position: usize) -> Sources {
    1 << position.min(MOST_BITS - 1)
}

impl Matcher<'_> {
    /// The bits of named sources.
    pub(super) fn bits(&self, names: &[String]) -> Sources {
        let followed = self.followed.iter().enumerate();
        let asked = followed.filter(|(_, (name, _))| names.iter().any(|asked| asked == name));
        asked.fold(0, |bits, (position, _)| bits | bit(position))
    }

    /// The sources that may get to a node.
    pub(super) fn reaching(&self, at: At) -> Sources {
        self.reach.sources(at, |at, value| {
            let of = |is: &dyn Fn(&Source) -> bool| {
                let followed = self.followed.iter().enumerate().filter(|(_, (_, source))| is(source));
                followed.fold(0, |bits, (position, _)| bits | bit(position))
            };
            let unit = self.resolver.unit(at);
            let sources = match value {
                Value::Call(call) => self
                    .sites
                    .get(&(at.unit, call))
                    .map_or(0, |site| of(&|source| self.is_source_call(site, source))),
                Value::Member { name, .. } if self.sets.callees.wants(unit.text(name)) => {
                    let sets = self.sets.callees.sets_of(&self.resolver.name(at));
                    of(&|source| source.values.is_some_and(|set| sets.contains(&set)))
                }
                Value::Text(text) => {
                    let text = unit.text(text).as_bytes();
                    of(&|source| source.text.is_some_and(|regex| regex.is_match(text)))
                }
                _ => 0,
            };
            Own { sources, goes_on: true }
        })
    }

    /// Whether the package has anything of a source at all.
    pub(super) fn may_occur(&self, source: &Source) -> bool {
        let has = |set: SetId| self.present.contains(&set);
        source.text.is_some()
            || source.values.is_some()
            || source.calls.is_some_and(has)
            || source.conditional.iter().any(|conditional| has(conditional.set))
    }

    pub(super) fn is_source(&self, at: At, value: Value, sources: &[Source]) -> Option<String> {
        let unit = self.resolver.unit(at);
        match value {
            Value::Call(call) => {
                let site = self.sites.get(&(at.unit, call))?;
                sources.iter().any(|source| self.is_source_call(site, source)).then(|| site.name.clone())
            }
            Value::Member { name, .. } if self.sets.callees.wants(unit.text(name)) => {
                let name = self.resolver.name(at);
                let of = self.sets.callees.sets_of(&name);
                sources
                    .iter()
                    .any(|source| source.values.is_some_and(|set| of.contains(&set)))
                    .then_some(name)
            }
            Value::Text(text) => {
                let text = unit.text(text);
                sources
                    .iter()
                    .any(|source| source.text.is_some_and(|regex| regex.is_match(text.as_bytes())))
                    .then(|| text.to_owned())
            }
            _ => None,
        }
    }

    fn is_source_call(&self, site: &Site, source: &Source) -> bool {
        if source.calls.is_some_and(|set| site.is(set)) {
            return true;
        }
        let unit = &self.code.units[site.unit as usize];
        let arguments = unit.list(unit.call(site.call).arguments);
        source.conditional.iter().filter(|conditional| site.is(conditional.set)).any(|conditional| {
            arguments
                .get(conditional.argument)
                .and_then(|&node| self.resolver.text(At { unit: site.unit, node }))
                .is_some_and(|text| conditional.text.is_match(text.as_bytes()))
        })
    }
}
