//! `rules/sets.toml`, and the callees that rule files name themselves, ready for matching.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::bytes::Regex;
use serde::Deserialize;

use super::catalogue;
use crate::code::callees::{Callees, SetId};

/// The sets that this binary carries.
#[derive(Debug)]
pub struct Sets {
    /// Callees and values by set.
    pub callees: Callees,
    /// Constant text by set.
    pub texts: BTreeMap<String, Regex>,
    /// Callees that belong to a set where an argument's constant text matches.
    pub conditional: BTreeMap<String, Vec<Conditional>>,
    /// Every set name that a rule may use.
    pub names: Vec<String>,
}

/// Callees that count where one argument says so.
#[derive(Debug)]
pub struct Conditional {
    /// The callees.
    pub set: SetId,
    /// Position of the argument.
    pub argument: usize,
    /// What its constant text matches.
    pub text: Regex,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SetFile {
    call: Vec<String>,
    others: Vec<String>,
    value: Vec<String>,
    text: Option<String>,
    when: Vec<When>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    call: Vec<String>,
    argument: usize,
    text: String,
}

impl Sets {
    fn load() -> Result<Self, String> {
        let files: BTreeMap<String, SetFile> =
            toml::from_str(catalogue::sets()).map_err(|error| format!("rules/sets.toml: {error}"))?;
        let mut sets = Self {
            callees: Callees::default(),
            texts: BTreeMap::new(),
            conditional: BTreeMap::new(),
            names: Vec::new(),
        };
        for (name, file) in files {
            for pattern in &file.call {
                sets.callees.add(&name, pattern)?;
            }
            for pattern in &file.others {
                sets.callees.add_other(&name, pattern)?;
            }
            for pattern in &file.value {
                sets.callees.add(&value_set(&name), pattern)?;
            }
            if let Some(text) = file.text {
                let regex = Regex::new(&text).map_err(|error| format!("set `{name}`: {error}"))?;
                sets.texts.insert(name.clone(), regex);
            }
            for (index, when) in file.when.iter().enumerate() {
                let conditional = sets.conditional(&format!("when {name} {index}"), when)?;
                sets.conditional.entry(name.clone()).or_default().push(conditional);
            }
            sets.names.push(name);
        }
        for entry in catalogue::get().entries() {
            let calls = entry.matches.iter().map(|matched| &matched.call);
            for (index, calls) in calls.chain(entry.flows.iter().map(|flow| &flow.call)).enumerate() {
                for pattern in calls {
                    sets.callees
                        .add(&own_set(&entry.rule.id, index), pattern)
                        .map_err(|why| format!("rules/{}.toml: {why}", entry.rule.id))?;
                }
            }
        }
        Ok(sets)
    }

    fn conditional(&mut self, set: &str, when: &When) -> Result<Conditional, String> {
        for pattern in &when.call {
            self.callees.add(set, pattern)?;
        }
        Ok(Conditional {
            set: self.callees.find(set).ok_or("a condition without callees")?,
            argument: when.argument,
            text: Regex::new(&when.text).map_err(|error| format!("`{set}`: {error}"))?,
        })
    }

    /// The callee set of one `[[match]]` or `[[flow]]` table of a rule.
    pub fn own(&self, rule: &str, index: usize) -> Option<SetId> {
        self.callees.find(&own_set(rule, index))
    }

    /// The values of a named set.
    pub fn values(&self, name: &str) -> Option<SetId> {
        self.callees.find(&value_set(name))
    }
}

fn own_set(rule: &str, index: usize) -> String {
    format!("rule {rule} {index}")
}

fn value_set(name: &str) -> String {
    format!("value {name}")
}

/// The sets that this binary carries.
#[expect(clippy::panic, reason = "a test loads every set; a binary without rules must not run")]
pub fn get() -> &'static Sets {
    static SETS: LazyLock<Sets> = LazyLock::new(|| match Sets::load() {
        Ok(sets) => sets,
        Err(why) => panic!("{why}"),
    });
    &SETS
}
