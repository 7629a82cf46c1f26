//! What the gate forbids and needs: a policy file to settings, every mistake at once.
//!
//! Pure: text in, settings out. A setting that is not written down is the profile's.

pub mod keys;
mod profiles;
mod read;

use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};

pub use profiles::Profile;
pub use read::{LONGEST, Mistake, is_day};
use read::{Lines, Reader, age, day, suggestion};

use super::exceptions::Exception;
use crate::finding::{Confidence, Finding, Severity};

/// What the gate forbids and needs.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Where it was read; `None` for a built-in profile.
    pub origin: Option<String>,
    /// Where it begins.
    pub profile: Profile,
    /// What fails, where no rule is named.
    pub threshold: Threshold,
    /// What fails for single rules, by name or family with `*`.
    pub rules: Vec<(String, Threshold)>,
    /// What an incomplete scan means.
    pub incomplete: Incomplete,
    /// Seconds that a version must have been public.
    pub minimum_release_age: Option<i64>,
    /// Seconds that reference data may be old.
    pub maximum_database_age: Option<i64>,
    /// Kinds of sources that may be scanned; `None` for all.
    pub sources: Option<Vec<String>>,
    /// Connectors that may be scanned, as patterns; `None` for all.
    pub connectors: Option<Vec<String>>,
    /// Evidence that must be there.
    pub requirements: Vec<Requirement>,
    /// Whether scanned folders are our own source, whose comments may accept findings.
    pub ours: bool,
    /// Findings that somebody answers for.
    pub exceptions: Vec<Exception>,
    /// Seconds since 1970-01-01 UTC; `None` where no clock is at hand, and then nothing has expired.
    pub now: Option<i64>,
}

/// From where on findings fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Threshold {
    /// Findings of this severity or worse; `None` for never.
    pub fail_on: Option<Severity>,
    /// Of these, only findings at least this sure.
    pub confidence: Confidence,
}

impl Threshold {
    /// Whether a finding is over it.
    pub fn fails(self, finding: &Finding) -> bool {
        self.fail_on.is_some_and(|least| finding.severity >= least) && finding.confidence >= self.confidence
    }
}

/// What an incomplete scan means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Incomplete {
    /// The verdict is incomplete.
    Incomplete,
    /// The verdict is fail.
    Fail,
}

/// Evidence that must be there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// Line in the policy; 0 for a requirement of the profile.
    pub line: usize,
    /// For which connectors, as patterns; empty for all.
    pub connectors: Vec<String>,
    /// Kinds that must verify, see [`keys::EVIDENCE`].
    pub evidence: Vec<String>,
    /// What every verified build must say, by name of the fact, as patterns.
    pub facts: Vec<(&'static str, String)>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::of(Profile::Laptop)
    }
}

impl Policy {
    /// A profile without a file.
    pub fn of(profile: Profile) -> Self {
        Self {
            origin: None,
            profile,
            threshold: profile.threshold(),
            rules: Vec::new(),
            incomplete: profile.incomplete(),
            minimum_release_age: profile.minimum_release_age(),
            maximum_database_age: None,
            sources: None,
            connectors: None,
            requirements: profile.requirements(),
            ours: false,
            exceptions: Vec::new(),
            now: None,
        }
    }

    /// Reads a policy file. `known` says whether a rule, or a family with `*`, exists.
    ///
    /// # Errors
    /// Every mistake in the file, in the order of its lines.
    pub fn read(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader { lines: Lines(text), mistakes: Vec::new() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            reader.mistake(at, format!("this is no TOML: {}", error.message()), None);
        }
        let broken: Vec<usize> = reader.mistakes.iter().map(|mistake| mistake.line).collect();
        let table = table.get_ref();
        reader.table(table, 0, keys::POLICY, "");
        let policy = Values(table).policy(&mut reader, known);
        let syntax = broken.len();
        let mut at = 0;
        reader.mistakes.retain(|mistake| {
            at += 1;
            at <= syntax || !broken.contains(&mistake.line)
        });
        if reader.mistakes.is_empty() {
            return Ok(policy);
        }
        reader.mistakes.sort_by_key(|mistake| mistake.line);
        reader.mistakes.dedup();
        Err(reader.mistakes)
    }

    /// The threshold for a rule: the longest name that fits, else the general one.
    pub fn threshold_of(&self, rule: &str) -> Threshold {
        self.rules
            .iter()
            .filter(|(name, _)| name == rule || name.strip_suffix('*').is_some_and(|of| rule.starts_with(of)))
            .max_by_key(|(name, _)| (!name.ends_with('*'), name.len()))
            .map_or(self.threshold, |(_, threshold)| *threshold)
    }

    /// What it is, in words.
    pub fn words(&self) -> String {
        let profile = format!("profile `{}`", self.profile.name());
        match &self.origin {
            Some(origin) => format!("{origin}, {profile}"),
            None => profile,
        }
    }

    /// The settings as a policy file that says the same.
    pub fn show(&self) -> String {
        let mut text = format!("profile = \"{}\"\n\n[gate]\n", self.profile.name());
        let incomplete = match self.incomplete {
            Incomplete::Incomplete => "incomplete",
            Incomplete::Fail => "fail",
        };
        let _ = writeln!(text, "{}incomplete = \"{incomplete}\"", lines_of(self.threshold));
        if let Some(age) = self.minimum_release_age {
            let _ = writeln!(text, "minimum-release-age = \"{}\"", show_age(age));
        }
        if let Some(age) = self.maximum_database_age {
            let _ = writeln!(text, "maximum-database-age = \"{}\"", show_age(age));
        }
        for (rule, threshold) in &self.rules {
            let _ = write!(text, "\n[rules.{}]\n{}", quoted(rule), lines_of(*threshold));
        }
        let lists = [("sources", &self.sources), ("connectors", &self.connectors)];
        if lists.iter().any(|(_, list)| list.is_some()) {
            text.push_str("\n[allow]\n");
            for (name, list) in lists {
                if let Some(list) = list {
                    let _ = writeln!(text, "{name} = {}", list_of(list));
                }
            }
        }
        for requirement in &self.requirements {
            text.push_str("\n[[require]]\n");
            if !requirement.connectors.is_empty() {
                let _ = writeln!(text, "connectors = {}", list_of(&requirement.connectors));
            }
            let _ = writeln!(text, "evidence = {}", list_of(&requirement.evidence));
            for (name, wanted) in &requirement.facts {
                let _ = writeln!(text, "{} = {}", name.replace('_', "-"), quoted(wanted));
            }
        }
        if self.ours {
            text.push_str("\n[source]\nours = true\n");
        }
        for exception in &self.exceptions {
            let _ = write!(text, "\n{}", exception.show());
        }
        text
    }
}

fn lines_of(threshold: Threshold) -> String {
    let least = threshold.fail_on.map_or("never", Severity::name);
    format!("fail-on = \"{least}\"\nconfidence = \"{}\"\n", threshold.confidence.name())
}

fn list_of(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// An age as a policy writes it.
pub(super) fn show_age(seconds: i64) -> String {
    let (number, unit) =
        if seconds % 86_400 == 0 { (seconds / 86_400, "day") } else { (seconds / 3_600, "hour") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// A table whose values are read where they have the right shape; the reader told the rest.
pub(super) struct Values<'a>(pub(super) &'a DeTable<'a>);

impl Values<'_> {
    fn policy(&self, reader: &mut Reader<'_>, known: &dyn Fn(&str) -> bool) -> Policy {
        let profile = self.text("profile").and_then(|name| Profile::parse(&name)).unwrap_or_default();
        let mut policy = Policy::of(profile);
        if let Some(gate) = self.inner("gate") {
            policy.threshold = gate.threshold(policy.threshold);
            match gate.text("incomplete").as_deref() {
                Some("fail") => policy.incomplete = Incomplete::Fail,
                Some("incomplete") => policy.incomplete = Incomplete::Incomplete,
                Some(_) | None => {}
            }
            if let Some(age) = gate.text("minimum-release-age") {
                policy.minimum_release_age = self::age(&age);
            }
            if let Some(age) = gate.text("maximum-database-age") {
                policy.maximum_database_age = self::age(&age);
            }
        }
        if let Some(DeValue::Table(rules)) = self.0.get("rules").map(toml::Spanned::get_ref) {
            for (name, value) in rules {
                if !known(name.get_ref()) {
                    let hint = "`mcp-vouch rules` lists all rules".to_owned();
                    reader.mistake(
                        name.span().start,
                        format!("no rule is called `{}`", name.get_ref()),
                        Some(hint),
                    );
                }
                if let DeValue::Table(table) = value.get_ref() {
                    let threshold = Values(table).threshold(policy.threshold);
                    policy.rules.push((name.get_ref().to_string(), threshold));
                }
            }
        }
        if let Some(allow) = self.inner("allow") {
            policy.sources = allow.texts("sources");
            policy.connectors = allow.texts("connectors");
        }
        for (table, at) in self.tables("require") {
            policy.requirements.push(table.requirement(reader.lines.of(at)));
        }
        // A requirement that is written out as well is one, not two.
        let written: Vec<Requirement> =
            policy.requirements.iter().filter(|one| one.line > 0).cloned().collect();
        policy.requirements.retain(|one| {
            one.line > 0 || !written.iter().any(|other| Requirement { line: 0, ..other.clone() } == *one)
        });
        policy.ours = self.inner("source").is_some_and(|source| source.flag("ours"));
        for (table, at) in self.tables("exception") {
            policy.exceptions.extend(Exception::read(&table, at, reader, known));
        }
        policy
    }

    fn threshold(&self, usual: Threshold) -> Threshold {
        let fail_on = self.text("fail-on").map_or(usual.fail_on, |word| Severity::parse(&word));
        let confidence =
            self.text("confidence").and_then(|word| Confidence::parse(&word)).unwrap_or(usual.confidence);
        Threshold { fail_on, confidence }
    }

    fn requirement(&self, line: usize) -> Requirement {
        let names = ["repository", "owner_id", "workflow", "issuer", "builder"];
        Requirement {
            line,
            connectors: self.texts("connectors").unwrap_or_default(),
            evidence: self.texts("evidence").unwrap_or_default(),
            facts: names
                .into_iter()
                .filter_map(|name| Some((name, self.text(&name.replace('_', "-"))?)))
                .collect(),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.get_ref().as_str().map(str::to_owned)
    }

    pub(super) fn day(&self, name: &str) -> Option<String> {
        day(self.0.get(name)?.get_ref())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(|value| value.get_ref().as_bool()).unwrap_or_default()
    }

    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.0.get(name)?.get_ref().as_array()?;
        Some(list.iter().filter_map(|item| item.get_ref().as_str().map(str::to_owned)).collect())
    }

    fn inner(&self, name: &str) -> Option<Values<'_>> {
        self.0.get(name)?.get_ref().as_table().map(Values)
    }

    fn tables(&self, name: &str) -> Vec<(Values<'_>, usize)> {
        let list = self.0.get(name).and_then(|value| value.get_ref().as_array());
        list.into_iter()
            .flat_map(|list| list.iter())
            .filter_map(|item| Some((Values(item.get_ref().as_table()?), item.span().start)))
            .collect()
    }
}

pub(super) use read::Reader as Mistakes;

/// The known word that is most like a word, as a hint.
pub fn similar(word: &str, known: &[&str]) -> Option<String> {
    suggestion(word, known)
}

/// Whether a text fits a pattern, in which `*` stands for any characters.
pub fn fits(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pattern.contains('*').then(|| parts.next_back()).flatten() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
