//! What runs when the package is installed, before anybody has called a tool.
//!
//! Install hooks and the files that they start go in; findings come out. Nothing is run: commands
//! are read as text.

mod command;

use super::{Asked, Check, Subject};
use crate::{
    artifact::{Artifact, File, Kind, Language},
    connector::manifest::{InstallHook, string},
    finding::{Confidence, Finding, Severity},
    untrusted::excerpt,
};

/// Characters of a command that a message quotes.
const QUOTED: usize = 160;

/// Findings that one rule reports.
const FINDINGS: usize = 20;

/// Characters of a command that are looked at: real ones have fewer than 2,000.
const LONGEST: usize = 20_000;

/// Scripts of the package that one hook may call.
const SCRIPTS: usize = 20;

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
    if command::does_nothing(hook.command.raw()) {
        return;
    }
    report(asked, "install/hook-runs-code", hook, "runs code on installation", findings);
    look_for_fetching(hook, asked, findings);
    let folder = hook.location.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for text in with_named_scripts(subject, hook.command.raw()) {
        if text != hook.command.raw()
            && let Some(what) = command::fetches_and_runs(&bounded(text))
        {
            let what = format!("calls a script that {what} (`{}`), through", excerpt(text, 80));
            report(asked, "install/hook-fetches-and-runs", hook, &what, findings);
        }
        for started in command::started_files(text) {
            look_at_file(subject, hook, folder, started, asked, findings);
        }
    }
}

/// The command, and the commands of the package's scripts that it calls by name.
fn with_named_scripts<'a>(subject: &Subject<'a>, command: &'a str) -> Vec<&'a str> {
    let mut texts = vec![command];
    let Some(document) = &subject.connector.manifests.package_json else { return texts };
    let mut next = 0;
    while let Some(text) = texts.get(next).copied().filter(|_| next < SCRIPTS) {
        next += 1;
        for name in command::named_scripts(text) {
            for name in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
                let script = string(&document.value, &["scripts", &name]);
                texts.extend(script.filter(|script| !texts.contains(script)));
            }
        }
    }
    texts
}

fn look_at_file(
    subject: &Subject<'_>,
    hook: &InstallHook,
    folder: &str,
    started: &str,
    asked: &Asked,
    findings: &mut Vec<Finding>,
) {
    let Some(path) = command::relative(started) else { return };
    let file = find(subject.artifact, folder, &path);
    if let Some((what, severity, confidence)) = suspicion(&path, file) {
        let what = format!("starts `{}`, {what}", excerpt(started, 80));
        report_as(asked, "install/hook-hidden", (severity, confidence), hook, &what, findings);
    }
    let Some(file) = file.filter(|file| file.kind == Kind::Source(Language::Shell)) else { return };
    let text = file.text();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let script = bounded(&lines.collect::<Vec<_>>().join("\n"));
    if let Some(what) = command::fetches_and_runs(&script) {
        let what = format!("starts `{}`, which {what}:", excerpt(started, 80));
        report(asked, "install/hook-fetches-and-runs", hook, &what, findings);
    }
}

fn look_for_fetching(hook: &InstallHook, asked: &Asked, findings: &mut Vec<Finding>) {
    if let Some(what) = command::fetches_and_runs(&bounded(hook.command.raw())) {
        report(asked, "install/hook-fetches-and-runs", hook, what, findings);
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The file of the package that a script means, as the runtime would find it.
fn find<'a>(artifact: &'a Artifact, folder: &str, path: &str) -> Option<&'a File> {
    let full = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let endings = ["", ".js", ".cjs", ".mjs", ".ts", ".json", "/index.js", "/package.json"];
    endings.into_iter().find_map(|ending| {
        let path = format!("{full}{ending}");
        let at = artifact.files.binary_search_by(|file| file.path.as_str().cmp(&path)).ok()?;
        artifact.files.get(at)
    })
}

/// What is wrong with a file that a hook starts.
fn suspicion(path: &str, file: Option<&File>) -> Option<(&'static str, Severity, Confidence)> {
    const NOT_CODE: [&str; 15] = [
        "png", "jpg", "jpeg", "gif", "svg", "ico", "woff", "woff2", "ttf", "md", "txt", "css", "map", "lock",
        "pdf",
    ];
    if path.split('/').any(|part| part.starts_with('.')) {
        return Some(("a hidden file", Severity::High, Confidence::High));
    }
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    if NOT_CODE.contains(&extension.as_str()) {
        return Some(("a file that is not called what it is", Severity::High, Confidence::High));
    }
    file.is_none().then_some(("which is not in the package", Severity::Medium, Confidence::Low))
}

fn report(asked: &Asked, id: &str, hook: &InstallHook, what: &str, findings: &mut Vec<Finding>) {
    report_as(asked, id, (Severity::High, Confidence::High), hook, what, findings);
}

fn report_as(
    asked: &Asked,
    id: &str,
    (severity, confidence): (Severity, Confidence),
    hook: &InstallHook,
    what: &str,
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = asked.rule(id) else { return };
    let command = hook.command.excerpt(QUOTED);
    let mut finding = Finding::new(rule, format!("`{}` {what}: `{command}`", hook.event));
    finding.severity = finding.severity.min(severity);
    finding.confidence = finding.confidence.min(confidence);
    findings.push(finding.at(hook.location.clone()).because(format!("{}: {command}", hook.event)));
}
