//! The line with which the user would start the connector.
//!
//! A launch line goes in; findings about how it starts the connector come out.

use super::{Asked, Check, Subject};
use crate::{artifact::Launch, finding::Finding, untrusted::excerpt};

/// Commands that fetch a package and run it.
const RUNNERS: [&str; 9] = ["npx", "bunx", "pnpx", "uvx", "pipx", "pnpm", "yarn", "npm", "uv"];

/// Flags and variables that choose another place to fetch from.
const INDEXES: [&str; 10] = [
    "--registry",
    "--index-url",
    "--extra-index-url",
    "--default-index",
    "--index",
    "--find-links",
    "npm_config_registry",
    "uv_index_url",
    "uv_default_index",
    "pip_index_url",
];

/// Answers for the rules about launch lines.
pub(super) struct LaunchLine;

impl Check for LaunchLine {
    fn name(&self) -> &'static str {
        "launch"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let Some(launch) = &subject.artifact.launch else { return };
        let line = excerpt(&launch.line, 120);
        let mut report = |id: &str, message: String| {
            if let Some(rule) = asked.rule(id) {
                findings.push(Finding::new(rule, message).because(line.clone()));
            }
        };
        if launch.pinned.is_none() && fetches(&launch.line) {
            report("launch/unpinned", format!("`{line}` starts whatever version is newest on that day"));
        }
        if let Some(what) = power(launch) {
            report("launch/sudo-or-shell", format!("`{line}` {what}"));
        }
        if let Some(index) = other_index(&launch.line) {
            report(
                "launch/other-index",
                format!("`{line}` fetches from another place: `{}`", excerpt(index, 80)),
            );
        }
    }
}

/// The words of a line, without the quotes around them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace().map(|word| word.trim_matches(['"', '\'']))
}

/// The program that a word names: without folder and extension.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.split_once('.').map_or(name, |(name, _)| name)
}

fn fetches(line: &str) -> bool {
    words(line).any(|word| RUNNERS.contains(&program(word)))
}

/// What the line starts besides the connector.
fn power(launch: &Launch) -> Option<&'static str> {
    let line = &launch.line;
    if words(line).take(8).any(|word| matches!(program(word), "sudo" | "doas" | "runas" | "pkexec")) {
        return Some("runs with the rights of an administrator");
    }
    let is_operator = |word: &str| matches!(word, "|" | "||" | "&&" | ";" | "&") || word.ends_with(';');
    let substitutes = line.contains("$(") || line.contains('`');
    let starts_shell = words(line)
        .take(2)
        .any(|word| matches!(program(word), "sh" | "bash" | "zsh" | "dash" | "powershell" | "pwsh"))
        && words(line).any(|word| word.starts_with("-c") || word.eq_ignore_ascii_case("-command"));
    (words(line).any(is_operator) || substitutes || starts_shell).then_some("hands the line to a shell")
}

/// The word that chooses another index.
fn other_index(line: &str) -> Option<&str> {
    words(line).find(|word| {
        let name = word.split_once('=').map_or(*word, |(name, _)| name);
        INDEXES.iter().any(|index| name.eq_ignore_ascii_case(index))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_lines_apart() {
        for (line, fetching, powerful, index) in [
            ("npx -y @scope/name", true, false, false),
            ("/usr/bin/npx -y name", true, false, false),
            ("node ./x.js --index.js", false, false, false),
            ("sudo npx name", true, true, false),
            ("bash -c \"npx name\"", true, true, false),
            ("bash ./start.sh", false, false, false),
            ("cmd /c npx name", true, false, false),
            ("curl https://a.example | sh", false, true, false),
            ("npx --registry=https://b.example name", true, false, true),
            ("uvx --extra-index-url https://b.example name", true, false, true),
            ("UV_INDEX_URL=https://b.example uvx name", true, false, true),
        ] {
            let launch = Launch { line: line.to_owned(), ..Launch::default() };
            assert_eq!(fetches(line), fetching, "{line}");
            assert_eq!(power(&launch).is_some(), powerful, "{line}");
            assert_eq!(other_index(line).is_some(), index, "{line}");
        }
    }
}
