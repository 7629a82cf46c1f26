//! `rules/**/*.toml` to rules: every list of rules is derived from the files.
//!
//! A rule file that does not load is a failed run, never a skipped rule.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::finding::{Confidence, Rule, Severity};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// All rules.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: BTreeMap<String, Entry>,
}

/// A rule with how it matches and what proves it.
#[derive(Debug)]
pub struct Entry {
    /// What is reported.
    pub rule: Rule,
    /// The check that answers for it.
    pub check: String,
    /// What [`super::patterns`] matches; empty for other checks.
    pub matches: Vec<Match>,
    /// What [`super::flows`] matches; empty for other checks.
    pub flows: Vec<Flow>,
    /// Tool text that says openly what the flow does: then it is a capability, not a weakness.
    pub declared: Option<String>,
    /// Must be found.
    pub bad: Vec<Example>,
    /// Must stay silent: near misses.
    pub good: Vec<Example>,
}

/// One way in which a pattern rule matches. See `rules/README.md` for what each key means.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is one condition of a table")]
pub struct Match {
    /// Canonical callees, one of which is called: `child_process.exec`, `os.system`, `*.execute`.
    pub call: Vec<String>,
    /// Named callee sets of `rules/sets.toml`, in addition to `call`.
    pub calls: Vec<String>,
    /// Canonical name of a member that is assigned, instead of a call: `process.env.X`.
    pub assign: Option<String>,
    /// Position of the argument that the conditions below are about; without it any argument.
    pub argument: Option<usize>,
    /// Name of the keyword argument or options member that the conditions below are about instead.
    pub keyword: Option<String>,
    /// The conditions below are about what the method is called on instead.
    pub receiver: bool,
    /// Options (keyword arguments, or members of an object argument) that have these literal values.
    pub option: BTreeMap<String, toml::Value>,
    /// The argument's literal text matches this regular expression (bytes, no Unicode classes).
    pub text: Option<String>,
    /// The argument's literal text does not match this one.
    pub not_text: Option<String>,
    /// The argument is text put together from something that is not constant.
    pub built: bool,
    /// The argument gets a value from one of these named source sets of `rules/sets.toml`.
    pub from: Vec<String>,
    /// … which itself is made with one of these: the path of a file that is read.
    pub and_from: Vec<String>,
    /// The argument is such a value as a whole, not a text with it inside.
    pub whole: bool,
    /// What the method is called on gets a value from one of these as well.
    pub receiver_from: Vec<String>,
    /// One by one picked out of a source also counts as the source.
    pub items: bool,
    /// The argument is constant, but written in pieces or encoded.
    pub assembled: bool,
    /// Constant text or a pattern in the same file matches this regular expression.
    pub beside: Option<String>,
    /// The call happens when the file is loaded or installed, not inside a handler.
    pub at_load: bool,
    /// The same, and no command-line argument asks for it.
    pub unasked: bool,
    /// Only in these languages.
    pub languages: Vec<String>,
    /// What the finding says; `{callee}`, `{text}` and `{source}` are filled in.
    pub message: Option<String>,
}

/// One way in which a flow rule matches: a value that somebody else chooses reaches a call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is one condition of a table")]
pub struct Flow {
    /// Canonical callees, one of which is called.
    pub call: Vec<String>,
    /// Named callee sets of `rules/sets.toml`, in addition to `call`.
    pub calls: Vec<String>,
    /// Position of the argument that counts; without it any argument.
    pub argument: Option<usize>,
    /// Name of the keyword argument or options member that counts, in addition.
    pub keyword: Vec<String>,
    /// What the method is called on counts instead.
    pub receiver: bool,
    /// Options that have these literal values.
    pub option: BTreeMap<String, toml::Value>,
    /// Options that the call must not have.
    pub without: Vec<String>,
    /// Named callee sets whose calls do not count.
    pub except: Vec<String>,
    /// The argument that is chosen has a name that matches this regular expression.
    pub named: Option<String>,
    /// The call has keyword arguments or an object of options.
    pub with_options: bool,
    /// What a handler gives back counts, instead of a call's arguments.
    pub returned: bool,
    /// The program that is started, as constant text, matches this regular expression.
    pub program: Option<String>,
    /// Which part of the argument counts.
    pub part: Part,
    /// The constant parts of the argument match this regular expression (bytes, no Unicode classes).
    pub text: Option<String>,
    /// Who chooses the value: `tool`, `http`, `command-line`.
    pub from: Vec<String>,
    /// Kinds of checks that hold it back, as `code::guards::kinds` names them.
    pub stops: Vec<String>,
    /// Kinds of checks one of which must be there: for rules about checks that do not reach far enough.
    pub checked: Vec<String>,
    /// A value that nothing on the way says anything about makes the finding certain.
    pub certain: bool,
    /// Only values of tools that say that they change nothing.
    pub read_only: bool,
    /// Every call that makes an instance of a class, instead of named calls.
    pub constructor: bool,
    /// Every text that is put together, instead of calls; values between quotes in it count.
    pub template: bool,
    /// The call is harmless where its result is compared with known types before each use.
    pub result: bool,
    /// Another argument, an option, or the client that the call is made on holds a credential.
    pub secret_beside: bool,
    /// Names of calls that make it harmless where one is in the same function.
    pub unless_called: Vec<String>,
    /// Values of variables with a name that matches this regular expression, instead of calls.
    pub assigned: Option<String>,
    /// Names of members that are written, instead of calls.
    pub members: bool,
    /// The calls write a file that the package runs.
    pub run_files: bool,
    /// Some tool of the connector starts programs or runs code; the rule speaks once.
    pub dangerous_tool: bool,
    /// Only in these languages.
    pub languages: Vec<String>,
}

/// Which part of an argument a flow rule is about.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of it.
    #[default]
    Any,
    /// All of it, where nothing constant is put around it.
    Whole,
    /// A value inside a text with constant text of its own.
    Inside,
    /// The beginning of an address: scheme and host.
    Host,
    /// An address after its host.
    Path,
    /// An element of an argument list that a program may read as an option.
    Option,
    /// An argument that is such an element by itself.
    Word,
    /// The script after `sh -c` in an argument list.
    Script,
    /// The program after `-e` in the argument list of an interpreter.
    Evaluated,
    /// The program itself, alone or first in a list.
    Program,
    /// The names in a dictionary, where somebody gives all of it.
    Names,
    /// What a function that is handed over gives back.
    Result,
}

/// A piece of a connector that proves a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Example {
    /// Source of one file.
    pub code: Option<String>,
    /// Its path; by default `index.js`, or `server.py` where `language` is `python`.
    pub file: Option<String>,
    /// `javascript`, `typescript`, `python`.
    pub language: Option<String>,
    /// Several files by path, in addition to `code`.
    pub files: BTreeMap<String, String>,
    /// Names of further archive entries, in order; `name -> target` is a symbolic link, `name (device)`
    /// a device. With any of them the example is packed, not a folder.
    pub entries: Vec<String>,
    /// Files of the other published form of the same version.
    pub companion: BTreeMap<String, String>,
    /// A captured tool.
    pub tool: Option<toml::Value>,
    /// The registry's document for the version.
    pub registry: Option<toml::Value>,
    /// The target as a launch line.
    pub launch: Option<String>,
    /// The package's name and version, as `name@version`, for rules about names.
    pub package: Option<String>,
    /// The ecosystem of `package`: `npm` or `pypi`.
    pub ecosystem: Option<String>,
    /// What was approved, as an entry of a lock; with `is` instead of everything above.
    pub was: Option<toml::Value>,
    /// What is there now, as an entry of a lock.
    pub is: Option<toml::Value>,
    /// What any connector may ask for.
    pub bounds: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: String,
    title: String,
    severity: String,
    confidence: String,
    #[serde(default)]
    check: Option<String>,
    why: String,
    fix: String,
    #[serde(default)]
    cwe: Vec<u32>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default, rename = "match")]
    matches: Vec<Match>,
    #[serde(default, rename = "flow")]
    flows: Vec<Flow>,
    #[serde(default)]
    declared: Option<String>,
    #[serde(default)]
    bad: Vec<Example>,
    #[serde(default)]
    good: Vec<Example>,
}

impl Catalogue {
    /// Reads rule files, given as path below `rules/` without `.toml`, and text.
    ///
    /// # Errors
    /// Where a file does not parse or contradicts itself; names the file.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, String> {
        let mut entries = BTreeMap::new();
        for (path, text) in files {
            let entry = load(path, text).map_err(|why| format!("rules/{path}.toml: {why}"))?;
            entries.insert(entry.rule.id.clone(), entry);
        }
        Ok(Self { entries })
    }

    /// Every rule, sorted by id.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The rule with this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The rules that one check answers for.
    pub fn of_check(&self, check: &str) -> impl Iterator<Item = &Rule> {
        self.entries.values().filter(move |entry| entry.check == check).map(|entry| &entry.rule)
    }
}

fn load(path: &str, text: &str) -> Result<Entry, String> {
    let file: RuleFile = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.id != *path {
        return Err(format!("id is `{}`", file.id));
    }
    let check = match (file.check, file.matches.is_empty(), file.flows.is_empty()) {
        (Some(check), true, true) => check,
        (None, false, true) => "patterns".to_owned(),
        (None, true, false) => "flows".to_owned(),
        (None, true, true) => return Err("no `check`, no `[[match]]`, no `[[flow]]`".to_owned()),
        _ => return Err("`check`, `[[match]]` and `[[flow]]` exclude each other".to_owned()),
    };
    let rule = Rule {
        id: file.id,
        title: file.title,
        severity: Severity::parse(&file.severity).ok_or("severity is not info, low, medium or high")?,
        confidence: Confidence::parse(&file.confidence).ok_or("confidence is not low, medium or high")?,
        why: file.why,
        fix: file.fix,
        cwe: file.cwe,
        references: file.references,
    };
    let (matches, flows, declared) = (file.matches, file.flows, file.declared);
    Ok(Entry { rule, check, matches, flows, declared, bad: file.bad, good: file.good })
}

/// The rules that this binary carries, without their examples: reading those takes longer than
/// reading a small connector.
#[expect(clippy::panic, reason = "a test loads every rule file; a binary without rules must not run")]
pub fn get() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let bare: Vec<(&str, &str)> =
            RULES.iter().map(|&(path, text)| (path, without_examples(text))).collect();
        match Catalogue::load(&bare) {
            Ok(catalogue) => catalogue,
            Err(why) => panic!("{why}"),
        }
    });
    &CATALOGUE
}

/// The rules that this binary carries, with their examples.
#[expect(clippy::panic, reason = "a test loads every rule file; a binary without rules must not run")]
pub fn complete() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| match Catalogue::load(RULES) {
        Ok(catalogue) => catalogue,
        Err(why) => panic!("{why}"),
    });
    &CATALOGUE
}

/// A rule file up to its first example; examples stand last, and a test holds that.
fn without_examples(text: &str) -> &str {
    let ends = ["\n[[bad]]", "\n[[good]]"].map(|head| text.find(head).unwrap_or(text.len()));
    &text[..ends[0].min(ends[1])]
}

/// The named sets of callees and sources, as written.
pub(super) const fn sets() -> &'static str {
    SETS
}

/// SHA-256 over every rule file in order, in hexadecimal: which rules gave an answer.
pub fn digest() -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    let words = [("text-words", super::text::words::SOURCE), ("text-model", super::text::learned::SOURCE)];
    for (path, text) in RULES.iter().chain(&[("sets", SETS)]).chain(&words) {
        hash.update(path.as_bytes());
        hash.update([0]);
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    crate::artifact::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_examples_stands_after_the_first_example() {
        for (bare, whole) in get().entries().zip(complete().entries()) {
            assert_eq!(bare.rule, whole.rule);
            assert_eq!(bare.check, whole.check, "{}", whole.rule.id);
            assert_eq!(bare.declared, whole.declared, "{}", whole.rule.id);
            assert_eq!(bare.matches.len(), whole.matches.len(), "{}", whole.rule.id);
            assert_eq!(bare.flows.len(), whole.flows.len(), "{}", whole.rule.id);
        }
    }
}
