//! What runs when the package is installed, before anybody has called a tool.
//!
//! Install hooks and the files that they start go in; findings come out. Nothing is run: commands
//! are read as text.

mod command;

use super::{Asked, Check, Subject};
use crate::{
    connector::manifest::InstallHook,
    finding::{Confidence, Finding},
    untrusted::excerpt,
};

/// Characters of a command that a message quotes.
const QUOTED: usize = 160;

/// Findings that one rule reports.
const FINDINGS: usize = 20;

/// Characters of a command that are looked at: real ones have fewer than 2,000.
const LONGEST: usize = 20_000;

/// Answers for the rules about install hooks.
pub(super) struct Install;

impl Check for Install {
    fn name(&self) -> &'static str {
        "install"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        for hook in subject.connector.manifests.install_hooks.iter().take(FINDINGS) {
            match hook.event.as_str() {
                "preinstall" | "install" | "postinstall" => look(subject, hook, asked, findings),
                "node-gyp" => report(asked, "install/implicit-gyp", hook, "compiles native code", findings),
                "interpreter start" => {
                    report(asked, "install/startup-file", hook, "runs at every start of Python", findings);
                    look_for_fetching(hook, asked, findings);
                }
                // Building from source is a road that the capabilities list; its code is read as code.
                _ => {}
            }
        }
    }
}

fn look(subject: &Subject<'_>, hook: &InstallHook, asked: &Asked, findings: &mut Vec<Finding>) {
    let text = hook.command.raw();
    if command::does_nothing(text) {
        return;
    }
    report(asked, "install/hook-runs-code", hook, "runs code on installation", findings);
    look_for_fetching(hook, asked, findings);
    let folder = hook.location.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for started in command::started_files(text) {
        let Some((what, confidence)) = suspicion(subject, folder, started) else { continue };
        let what = format!("starts `{}`, {what}", excerpt(started, 80));
        report_as(asked, "install/hook-hidden", confidence, hook, &what, findings);
    }
}

fn look_for_fetching(hook: &InstallHook, asked: &Asked, findings: &mut Vec<Finding>) {
    let text: String = hook.command.raw().chars().take(LONGEST).collect();
    if let Some(what) = command::fetches_and_runs(&text) {
        report(asked, "install/hook-fetches-and-runs", hook, what, findings);
    }
}

/// What is wrong with a file that a hook starts.
fn suspicion(subject: &Subject<'_>, folder: &str, started: &str) -> Option<(&'static str, Confidence)> {
    let path = command::relative(started)?;
    if path.split('/').any(|part| part.starts_with('.')) {
        return Some(("a hidden file", Confidence::High));
    }
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    if matches!(
        extension.as_str(),
        "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "svg"
            | "ico"
            | "woff"
            | "woff2"
            | "ttf"
            | "md"
            | "txt"
            | "css"
            | "map"
    ) {
        return Some(("a file that is not called what it is", Confidence::High));
    }
    let full = if folder.is_empty() { path } else { format!("{folder}/{path}") };
    let candidates = ["", ".js", ".cjs", ".mjs", ".ts", ".json", "/index.js", "/package.json"];
    let is_there = candidates.iter().any(|ending| {
        let path = format!("{full}{ending}");
        subject.artifact.files.binary_search_by(|file| file.path.as_str().cmp(&path)).is_ok()
    });
    (!is_there).then_some(("which is not in the package", Confidence::Low))
}

fn report(asked: &Asked, id: &str, hook: &InstallHook, what: &str, findings: &mut Vec<Finding>) {
    report_as(asked, id, Confidence::High, hook, what, findings);
}

fn report_as(
    asked: &Asked,
    id: &str,
    confidence: Confidence,
    hook: &InstallHook,
    what: &str,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule(id) else { return };
    let command = hook.command.excerpt(QUOTED);
    let mut finding = Finding::new(rule, format!("`{}` {what}: `{command}`", hook.event));
    finding.confidence = finding.confidence.min(confidence);
    findings.push(finding.at(hook.location.clone()).because(format!("{}: {command}", hook.event)));
}
