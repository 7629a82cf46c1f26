//! A launch line to the package that it would start, with what is remarkable about the line.
//!
//! Nothing is expanded or run. What the line wraps around the launcher is unwrapped first.

use super::{
    AcquireError,
    target::{self, Target, reference},
};
use crate::{artifact::Launch, untrusted};

mod launchers;
mod options;
mod unwrap;
mod words;

pub(crate) use unwrap::matters;

/// Most wrappers (`sh -c`, `env`, `sudo`, …) around a launcher.
const WRAPPERS: usize = 8;

/// What is known while a line is read.
pub(crate) struct Reading<'a> {
    exists: &'a dyn Fn(&str) -> bool,
    notes: Vec<String>,
    secrets: Vec<String>,
}

impl Reading<'_> {
    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Reads a launch line.
///
/// # Errors
/// [`AcquireError::Usage`] where it starts nothing that can be scanned.
pub(crate) fn parse(line: &str, exists: &dyn Fn(&str) -> bool) -> Result<Target, AcquireError> {
    let mut reading = Reading { exists, notes: Vec::new(), secrets: Vec::new() };
    let commands = unwrap::commands(line, &mut reading, WRAPPERS);
    let mut problem = None;
    for command in &commands {
        let notes = reading.notes.len();
        match launchers::target(command, &mut reading) {
            Ok(target) => return Ok(finish(line, target, &reading)),
            Err(error) => {
                reading.notes.truncate(notes);
                problem.get_or_insert(error);
            }
        }
    }
    Err(problem.unwrap_or_else(|| target::unknown("the launch line is empty")))
}

fn finish(line: &str, target: Target, reading: &Reading<'_>) -> Target {
    let mut shown = target::redacted(line);
    let mut secrets = reading.secrets.clone();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        shown = shown.replace(secret.as_str(), "…");
    }
    let pinned = reference::exact(&target);
    let launch = Launch { line: shown.clone(), pinned, notes: reading.notes.clone() };
    Target { written: shown, launch: Some(launch), ..target }
}

/// Words as one line that reads back as the same words.
pub(crate) fn line(words: &[String]) -> String {
    let is_plain = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@%+=:,./_-^~".contains(&byte))
    };
    let quoted = words
        .iter()
        .map(|word| if is_plain(word) { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) });
    quoted.collect::<Vec<_>>().join(" ")
}

/// The error for a line that starts something else.
fn unsupported(program: &str) -> AcquireError {
    target::unknown(&format!("a line that starts `{}` is not supported", untrusted::excerpt(program, 100)))
}

#[cfg(test)]
mod tests;
