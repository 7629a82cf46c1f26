//! Findings that somebody looked at and answers for, until a day, for exactly what was looked at.

use std::fmt::Write as _;

use super::policy::{Mistakes, Values, fits, quoted};
use crate::finding::Finding;

/// One exception.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Exception {
    /// Line in the policy, or in the source file that carries the comment.
    pub line: usize,
    /// The rule.
    pub rule: String,
    /// For which connector, as a pattern; empty for all.
    pub connector: String,
    /// The file.
    pub path: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The digest of what was looked at.
    pub content: Option<String>,
    /// Why it is acceptable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub until: String,
    /// Whether it is meant although it names no content or no place.
    pub broad: bool,
}

/// The last day of what holds without an end: what was accepted together with an approval.
pub const FOREVER: &str = "9999-12-31";

impl Exception {
    pub(super) fn read(
        table: &Values<'_>,
        at: usize,
        mistakes: &mut Mistakes<'_>,
        known: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        let exception = Self {
            line: mistakes.lines.of(at),
            rule: table.text("rule")?,
            connector: table.text("connector").unwrap_or_default(),
            path: table.text("path"),
            tool: table.text("tool"),
            content: table.text("content"),
            reason: table.text("reason")?,
            owner: table.text("owner")?,
            until: table.day("until")?,
            broad: table.flag("broad"),
        };
        if !known(&exception.rule) || exception.rule.ends_with('*') {
            let message = format!("no rule is called `{}`", exception.rule);
            mistakes.mistake(at, message, Some("`mcp-vouch rules` lists all rules".to_owned()));
        }
        if let Some(why) = exception.too_broad().filter(|_| !exception.broad) {
            let hint = "let `mcp-vouch accept` write it, or add `broad = true`".to_owned();
            mistakes.mistake(at, format!("the exception for `{}` {why}", exception.rule), Some(hint));
        }
        Some(exception)
    }

    /// What makes it accept more than one thing that somebody looked at.
    pub fn too_broad(&self) -> Option<&'static str> {
        if self.path.is_none() && self.tool.is_none() {
            return Some("names no path and no tool");
        }
        self.content.is_none().then_some("is not bound to a content")
    }

    /// Whether it speaks about this connector, written as `ecosystem:name`.
    pub fn concerns(&self, connector: &str) -> bool {
        self.connector.is_empty() || fits(connector, &self.connector)
    }

    /// Whether it accepts a finding, apart from connector and day.
    pub fn fits(&self, finding: &Finding) -> bool {
        let path = finding.location.as_ref().map(|location| location.path.as_str());
        self.rule == finding.rule.id
            && self.path.as_deref().is_none_or(|wanted| path == Some(wanted))
            && self.tool.as_deref().is_none_or(|wanted| finding.tool.as_deref() == Some(wanted))
            && self.content.as_deref().is_none_or(|wanted| finding.content == wanted)
    }

    /// Until when it holds, in words.
    pub fn end(&self) -> String {
        if self.until == FOREVER { "no end".to_owned() } else { format!("until {}", self.until) }
    }

    /// Whether it has ended on a day.
    pub fn has_ended(&self, today: Option<&str>) -> bool {
        today.is_some_and(|today| self.until.as_str() < today)
    }

    /// The exception as a policy file writes it.
    pub fn show(&self) -> String {
        let mut text = String::from("[[exception]]\n");
        let mut line = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let _ = writeln!(text, "{name} = {}", quoted(value));
            }
        };
        line("rule", Some(&self.rule));
        line("connector", Some(self.connector.as_str()).filter(|name| !name.is_empty()));
        line("path", self.path.as_deref());
        line("tool", self.tool.as_deref());
        line("content", self.content.as_deref());
        line("reason", Some(&self.reason));
        line("owner", Some(&self.owner));
        line("until", Some(&self.until));
        if self.broad {
            text.push_str("broad = true\n");
        }
        text
    }
}

/// What became of an exception in one scan.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Spent {
    /// Line of the exception.
    pub line: usize,
    /// Its rule.
    pub rule: String,
    /// Its last day.
    pub until: String,
    /// What became of it.
    pub state: SpentState,
}

/// What became of an exception.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum SpentState {
    /// It has ended, and what it accepted is there.
    Ended,
    /// Its place still has such a finding, but what was looked at has changed.
    Changed,
    /// Nothing that it accepts was found.
    Unused,
}

impl SpentState {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Changed => "changed",
            Self::Unused => "unused",
        }
    }

    /// What it means, for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Ended => "has ended: its finding counts again",
            Self::Changed => "is for other content: what it accepted has changed and needs a new look",
            Self::Unused => "accepts nothing that was found: remove it",
        }
    }
}
