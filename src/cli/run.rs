//! `mcp-vouch run -- npx -y NAME`: checks what the line would start, and starts exactly that.
//!
//! The only command that starts a connector, and only after a pass on the exact version, which is
//! what it starts. Nothing is written to the standard output: it belongs to the connector.
#![expect(clippy::disallowed_methods, reason = "starts what passed; the one place that does")]

use std::{
    io::{self, Write as _},
    process::Command,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Stop, accept, arguments::Run as Arguments, check, environment, files};
use crate::{
    acquire::{Target, launch::line},
    artifact::hex,
    baseline::bounds::Bounds,
    detect::catalogue,
    gate::Verdict,
    report::{Format as _, Report, Run, plain::Plain},
    scan::{Approved, Entries},
};

/// How long a pass is remembered, seconds. Until then the version that passed is started, also where
/// a newer one is out.
const REMEMBERED: u64 = 24 * 3_600;
/// Longest remembered pass, bytes.
const LONGEST: usize = 1 << 16;

/// A pass on one exact version.
#[derive(Serialize, Deserialize)]
struct Pass {
    /// Seconds since 1970-01-01 UTC.
    time: u64,
    /// What is started.
    words: Vec<String>,
}

/// Checks, and on a pass starts.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Stop> {
    if arguments.connect.is_some() {
        return Err(Stop::new("nothing was started: a server at an address runs already")
            .hint("`mcp-vouch check --connect URL` asks it what it lists"));
    }
    let line = line(&arguments.command);
    let request = check::Request::read(&arguments.options)?;
    let settings = &request.settings;
    let file = settings.cache.as_ref().map(|cache| cache.join("run").join(key(&line, arguments, &request)));
    let remembered =
        file.as_deref().filter(|_| !arguments.recheck && arguments.once.is_none()).and_then(|file| {
            let pass: Pass = serde_json::from_str(&files::read(file, LONGEST).ok()?).ok()?;
            let age = settings.now.checked_sub(pass.time)?;
            (age < REMEMBERED).then_some(pass.words)
        });
    if let Some(words) = remembered {
        return start(&words);
    }
    let target = check::target(&line)?;
    refuse(&target)?;
    let report = scanned(&request, &target)?;
    let words = pinned(&arguments.command, &target, &report.reports[0]);
    let verdict = report.verdict();
    let once = once(&report.reports[0]);
    match (verdict, words) {
        (Verdict::Pass, Some(words)) => {
            if let Some(file) = file {
                let pass = Pass { time: settings.now, words: words.clone() };
                let _ = files::keep(&file, serde_json::to_string(&pass).unwrap_or_default().as_bytes());
            }
            start(&words)
        }
        (_, Some(words)) if arguments.once.as_deref() == Some(once.as_str()) => start(&words),
        (Verdict::Pass, None) => {
            Err(Stop::new("nothing was started: the exact version cannot be written into the line")
                .hint("name the package alone, such as `npx -y NAME` or `uvx NAME`"))
        }
        (Verdict::Fail | Verdict::Incomplete, words) => {
            explain(&report, &request, words.is_some().then_some(once.as_str()), &line);
            Ok(verdict.exit_code())
        }
    }
}

fn scanned(request: &check::Request<'_>, target: &Target) -> Result<Run, Stop> {
    let scanned = request.scan(std::slice::from_ref(target), Approved::Nothing, Entries::Dropped)?;
    let run = request.run(scanned.into_iter().map(|scanned| scanned.report).collect());
    accept::remember(&run, &request.settings);
    Ok(run)
}

/// Only a package of a registry has an exact version that a launcher takes; and what a line adds to
/// it would start unchecked.
fn refuse(target: &Target) -> Result<(), Stop> {
    let notes = target.launch.as_ref().map(|launch| launch.notes.as_slice()).unwrap_or_default();
    if !matches!(target.scheme, "npm" | "pypi") {
        return Err(Stop::new("nothing was started: only packages of the npm registry and PyPI have a version that can be pinned")
            .hint("`mcp-vouch check` takes folders, archives and repositories"));
    }
    if let Some(note) = notes.first() {
        return Err(Stop::new(format!("nothing was started: the line {note}, which was not checked")));
    }
    Ok(())
}

/// The words with the exact version in the place of what was asked for.
fn pinned(words: &[String], target: &Target, report: &Report) -> Option<Vec<String>> {
    let artifact = report.artifact.as_ref().filter(|artifact| !artifact.version.is_empty())?;
    let exact = |asked: &str| match target.scheme {
        "npm" => format!("{}@{}", target.name, artifact.version),
        _ => format!("{}{}=={}", target.name, extras(asked), artifact.version),
    };
    let is_asked = |word: &str| {
        let asked = Target::parse(&format!("{}:{word}", target.scheme), &|_| false);
        asked.is_ok_and(|asked| asked.name == target.name && asked.version == target.version)
    };
    let (at, flag) = words.iter().enumerate().skip(1).find_map(|(at, word)| {
        if is_asked(word) && !word.starts_with('-') {
            return Some((at, None));
        }
        let (flag, value) = word.split_once('=').filter(|(flag, _)| flag.starts_with("--"))?;
        is_asked(value).then_some((at, Some(flag)))
    })?;
    let exact = exact(&words[at]);
    let mut words = words.to_vec();
    // `uvx NAME` and `pipx run NAME` start a command of this name: which package it is from is told apart.
    let is_value = flag.is_some()
        || words.get(at - 1).is_some_and(|before| before.starts_with("--") && !before.contains('='));
    let is_command = target.scheme == "pypi" && !is_value;
    match flag {
        Some(flag) => words[at] = format!("{flag}={exact}"),
        None if is_command => {
            let option = if words[0].ends_with("pipx") { "--spec" } else { "--from" };
            words.splice(at..=at, [option.to_owned(), exact, target.name.clone()]);
        }
        None => words[at] = exact,
    }
    Some(words)
}

/// The extras of a Python requirement, such as `[cli]`.
fn extras(asked: &str) -> &str {
    let open = asked.find('[').unwrap_or(asked.len());
    let close = asked.find(']').map_or(asked.len(), |close| close + 1);
    asked.get(open..close).unwrap_or_default()
}

/// What overrides this one answer: other bytes or other findings have another.
fn once(report: &Report) -> String {
    let mut hash = Sha256::new();
    hash.update(report.artifact.as_ref().map_or("", |artifact| artifact.digest.as_str()));
    for judged in report.outcome.findings.iter().filter(|judged| judged.gates) {
        hash.update(&judged.id);
    }
    for gap in report.outcome.unchecked.iter().filter(|gap| gap.needed) {
        hash.update(&gap.why);
    }
    hex(&hash.finalize()[..6])
}

fn explain(run: &Run, request: &check::Request<'_>, once: Option<&str>, line: &str) {
    let variables = &request.settings.environment;
    let style = environment::style(request.options.color, environment::is_terminal(false), variables);
    let mut text = Vec::new();
    let _ = Plain { style }.render(run, &mut text);
    let _ = writeln!(text, "not started");
    if let Some(once) = once {
        let _ = writeln!(text, "hint: to start it all the same, once: mcp-vouch run --once {once} -- {line}");
    }
    let _ = io::stderr().write_all(&text);
}

/// A name for a pass: the same line under the same rules, policy, bounds and flags.
fn key(line: &str, arguments: &Arguments, request: &check::Request<'_>) -> String {
    let mut hash = Sha256::new();
    let flags = format!("{:?}", arguments.options);
    let bounds: String = request.bounds.iter().map(Bounds::show).collect();
    let policy = request.policy.show();
    for part in [env!("CARGO_PKG_VERSION"), &catalogue::digest(), &policy, &bounds, &flags, line] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}

fn failed(words: &[String], error: &io::Error) -> Stop {
    Stop::new(format!(
        "nothing was started: `{}` cannot be started: {error}",
        words.first().map_or("", String::as_str)
    ))
}

/// Becomes the connector: its standard streams and signals are ours from here on.
#[cfg(unix)]
fn start(words: &[String]) -> Result<u8, Stop> {
    use std::os::unix::process::CommandExt as _;
    let Some((program, arguments)) = words.split_first() else {
        return Err(Stop::new("nothing was started: the line is empty"));
    };
    Err(failed(words, &Command::new(program).args(arguments).exec()))
}

/// Starts the connector on our standard streams and answers with its exit code.
#[cfg(not(unix))]
fn start(words: &[String]) -> Result<u8, Stop> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Stop::new("nothing was started: the line is empty"));
    };
    let launched = [program.clone(), format!("{program}.cmd")]
        .iter()
        .map(|program| Command::new(program).args(arguments).status())
        .find(|status| !matches!(status, Err(error) if error.kind() == io::ErrorKind::NotFound));
    match launched {
        Some(Ok(status)) => Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Some(Err(error)) => Err(failed(words, &error)),
        None => Err(failed(words, &io::Error::from(io::ErrorKind::NotFound))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ArtifactFacts;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_exact_version_stands_where_the_package_was_asked_for() {
        for (line, version, expected) in [
            ("npx -y @scope/name", "1.2.3", Some("npx -y @scope/name@1.2.3")),
            ("npx -y @scope/name@latest /folder", "1.2.3", Some("npx -y @scope/name@1.2.3 /folder")),
            (
                "npx --package=name@^1 -- command name",
                "1.2.3",
                Some("npx --package=name@1.2.3 -- command name"),
            ),
            ("npx -p name command", "1.2.3", Some("npx -p name@1.2.3 command")),
            ("uvx name", "1.2", Some("uvx --from name==1.2 name")),
            ("uvx --from name[cli]>=1 command", "1.2", Some("uvx --from name[cli]==1.2 command")),
            ("uvx --from name==1.0 command", "1.0", Some("uvx --from name==1.0 command")),
            ("uv tool run name --flag", "1.2", Some("uv tool run --from name==1.2 name --flag")),
            ("pipx run name", "1.2", Some("pipx run --spec name==1.2 name")),
        ] {
            let target = Target::parse(&super::line(&words(line)), &|_| false).unwrap();
            let artifact = ArtifactFacts { version: version.to_owned(), ..ArtifactFacts::default() };
            let report = Report { artifact: Some(artifact), ..crate::scan::unknown_report(&target) };
            let pinned = pinned(&words(line), &target, &report).map(|words| words.join(" "));
            assert_eq!(pinned.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn lines_that_add_what_was_not_checked_are_refused() {
        for line in [
            "npx -y -p name -p other command",
            "npx -y --registry https://registry.example name",
            "uvx --with other name",
            "node server.js",
            "npx -y ./folder",
        ] {
            let target = Target::parse(line, &|_| false).unwrap();
            assert!(refuse(&target).is_err(), "{line}");
        }
    }
}
