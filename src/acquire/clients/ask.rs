//! What an installed client states about itself: a fixed question in, its answer out, remembered.
//!
//! The only place that starts a program. It starts a client of the user's own by absolute path,
//! with constant arguments, in the root directory, with a bare environment, for a bounded time and
//! output; never anything that is scanned.

use std::{
    io::Read as _,
    path::Path,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    time::{Duration, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::programs;
use crate::acquire::Settings;

/// A question that an installed client answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Question {
    /// Which version of Node.js is installed.
    Node,
    /// Which version of Python is installed.
    Python,
    /// Which index pip uses unless told otherwise.
    Pip,
    /// Which index uv uses unless told otherwise.
    Uv,
}

/// How long a client may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer is remembered, seconds: a version manager changes what a program stands for
/// without touching the program.
const REMEMBERED: u64 = 24 * 60 * 60;
/// Most bytes of an answer that are read; the longest help text is a tenth of it.
const OUTPUT_LIMIT: u64 = 512 << 10;
/// Held while a client is asked.
static TURN: Mutex<()> = Mutex::new(());
/// How far behind an option's name its default is looked for, bytes.
const OPTION_TEXT: usize = 800;
/// What a client needs of the environment to start; nothing that makes it load code.
const ENVIRONMENT: [&str; 9] = [
    "PATH",
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "APPDATA",
    "LOCALAPPDATA",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "VIRTUAL_ENV",
];

impl Question {
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Node => &["node"],
            Self::Python => &["python3", "python"],
            Self::Pip => &["pip", "pip3"],
            Self::Uv => &["uv"],
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Node | Self::Python => &["--version"],
            Self::Pip => &["help", "install"],
            Self::Uv => &["help", "--no-pager", "pip", "install"],
        }
    }

    fn understand(self, output: &str) -> Option<String> {
        match self {
            Self::Node => version(output.trim().strip_prefix('v')?),
            Self::Python => version(output.trim().strip_prefix("Python ")?.trim_end_matches('+')),
            Self::Pip => default_url(output, "--index-url"),
            Self::Uv => default_url(output, "--default-index").or_else(|| default_url(output, "--index-url")),
        }
    }
}

/// The client's answer: from the cache where the program has not changed, else by asking it.
pub(super) fn answer(settings: &Settings, question: Question) -> Option<String> {
    let program = programs::find(settings, question.programs())?;
    // Targets that are looked at in parallel wait for the first one's answer.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = format!("{} {}", program.display(), question.arguments().join(" "));
    let changed = modified(&program);
    let known = settings.cache.as_deref().map(|cache| cache.join("clients.json"));
    if let Some(answer) = known.as_deref().and_then(|path| remembered(path, &key, &changed, settings.now)) {
        return Some(answer);
    }
    let environment: Vec<(&str, &str)> = ENVIRONMENT
        .iter()
        .filter_map(|name| settings.environment.get(*name).map(|value| (*name, value.as_str())))
        .chain([("PIP_CONFIG_FILE", if cfg!(windows) { "nul" } else { "/dev/null" }), ("UV_NO_CONFIG", "1")])
        .collect();
    let answer = question.understand(&output(&program, question.arguments(), &environment)?)?;
    if let Some(path) = known {
        remember(&path, &key, &changed, settings.now, &answer);
    }
    Some(answer)
}

/// What a program prints, cut at the limit; `None` where it does not start or does not end in time.
#[expect(clippy::disallowed_methods, reason = "asks the user's own client, never what is scanned")]
fn output(program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(OUTPUT_LIMIT).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    let bytes = receiver.recv_timeout(PATIENCE);
    let _ = child.kill();
    let _ = child.wait();
    Some(String::from_utf8_lossy(&bytes.ok()?.ok()?).into_owned())
}

/// The first line, where it looks like a version.
fn version(text: &str) -> Option<String> {
    let line = text.lines().next()?.trim();
    let plain = line.len() <= 64 && line.starts_with(|c: char| c.is_ascii_digit());
    (plain && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte)))
        .then(|| line.to_owned())
}

/// The first URL in the help text of an option.
fn default_url(help: &str, option: &str) -> Option<String> {
    help.match_indices(option).find_map(|(at, _)| {
        let text = help[at + option.len()..].get(..OPTION_TEXT).unwrap_or(&help[at + option.len()..]);
        let url = &text[text.find("https://").or_else(|| text.find("http://"))?..];
        let end = url.find(|c: char| c.is_whitespace() || ")>]\"'".contains(c)).unwrap_or(url.len());
        Some(url[..end].to_owned())
    })
}

fn modified(program: &Path) -> String {
    std::fs::metadata(program)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or_else(String::new, |time| time.as_nanos().to_string())
}

fn stored(path: &Path) -> Option<Value> {
    serde_json::from_str(&super::read_file(path).ok()??).ok()
}

fn remembered(path: &Path, key: &str, changed: &str, now: u64) -> Option<String> {
    let stored = stored(path)?;
    let entry = stored.get(key)?;
    let same = !changed.is_empty() && entry.get("modified")?.as_str()? == changed;
    let age = now.checked_sub(entry.get("asked")?.as_u64()?)?;
    (same && age <= REMEMBERED).then(|| entry.get("answer")?.as_str().map(str::to_owned)).flatten()
}

/// Failing to remember costs one more question, nothing else.
fn remember(path: &Path, key: &str, changed: &str, now: u64, answer: &str) {
    let mut all = stored(path).filter(Value::is_object).unwrap_or_else(|| json!({}));
    all[key] = json!({ "modified": changed, "asked": now, "answer": answer });
    let draft = path.with_extension(format!("{}.part", std::process::id()));
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    if std::fs::write(&draft, all.to_string()).is_ok() && std::fs::rename(&draft, path).is_err() {
        let _ = std::fs::remove_file(&draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_default_index_out_of_help_texts() {
        let pip = "  --platform <platform>\n  -i, --index-url <url>       Base URL of the Python Package Index (default\n                              https://index.example/simple). This should point\n";
        let uv = "      --default-index <DEFAULT_INDEX>\n          The URL of the default package index (by default: <https://index.example/simple>).\n";
        for (question, help, url) in [
            (Question::Pip, pip, Some("https://index.example/simple")),
            (Question::Uv, uv, Some("https://index.example/simple")),
            (Question::Uv, pip, Some("https://index.example/simple")),
            (Question::Pip, "usage: pip install", None),
            (Question::Pip, "--index-url", None),
        ] {
            assert_eq!(question.understand(help).as_deref(), url, "{help}");
        }
    }

    #[test]
    fn reads_versions_and_nothing_else() {
        for (question, output, version) in [
            (Question::Node, "v20.20.2\n", Some("20.20.2")),
            (Question::Python, "Python 3.13.0rc1\n", Some("3.13.0rc1")),
            (Question::Python, "Python 3.15.0a1+", Some("3.15.0a1")),
            (Question::Node, "node: not found", None),
            (Question::Node, "v20\u{1b}[31m", None),
            (Question::Python, "", None),
        ] {
            assert_eq!(question.understand(output).as_deref(), version, "{output}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn stops_a_program_that_never_ends_its_answer() {
        let text = output(Path::new("/bin/sh"), &["-c", "while :; do echo yyyyyyyyyyyyyyyy; done"], &[]);
        assert_eq!(text.unwrap().len() as u64, OUTPUT_LIMIT);
    }

    #[cfg(unix)]
    #[test]
    fn starts_programs_with_a_bare_environment_in_the_root() {
        let text = output(Path::new("/bin/sh"), &["-c", "pwd; echo \"$HOME|$ONLY\""], &[("ONLY", "this")]);
        assert_eq!(text.as_deref(), Some("/\n|this\n"));
    }

    #[test]
    fn forgets_answers_that_are_old_or_of_a_program_that_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/clients.json");
        remember(&path, "/bin/node --version", "1", 100, "20.0.0");
        remember(&path, "/bin/uv help", "1", 100, "https://index.example/");
        assert_eq!(remembered(&path, "/bin/node --version", "1", 200).as_deref(), Some("20.0.0"));
        assert_eq!(remembered(&path, "/bin/node --version", "2", 200), None);
        assert_eq!(remembered(&path, "/bin/node --version", "1", 101 + REMEMBERED), None);
        assert_eq!(remembered(&path, "/bin/node --version", "1", 99), None);
        assert_eq!(remembered(&path, "/bin/other", "1", 200), None);
    }
}
