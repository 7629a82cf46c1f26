//! What the user asked for: text to target. Pure: whether a path exists is asked through a closure.

use super::{AcquireError, launch};
use crate::untrusted;

pub(crate) mod reference;

/// Endings of archives on this machine.
pub const ARCHIVES: &[&str] = &[".tgz", ".tar.gz", ".whl", ".zip", ".mcpb", ".dxt", ".crate"];

/// Every form of a target, with what it means.
pub const FORMS: &[(&str, &str)] = &[
    ("tools:FILE", "a captured `tools/list` answer"),
    ("npm:NAME[@VERSION]", "a package of the npm registry; VERSION may be a tag or a range"),
    ("pypi:NAME[==VERSION]", "a package of PyPI"),
    ("git+URL[#REF]", "a git repository"),
    ("github:OWNER/REPO[@REF]", "a repository on GitHub"),
    ("FOLDER", "a folder on this machine"),
    ("CONFIGURATION", "a file that names servers, such as mcp.json, or a server.json: each of them"),
    ("ARCHIVE", "an archive on this machine: .tgz .tar.gz .whl .zip .mcpb .dxt .crate"),
    ("\"COMMAND LINE\"", "the line that starts the connector: npx, npm exec, pnpm dlx, yarn dlx, bunx,"),
    ("", "uvx, uv tool run, uv run, pipx run, node FILE, python FILE, python -m NAME"),
];

/// Longest target, bytes.
const LONGEST: usize = 4096;

/// One thing to scan, as written on the command line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The text as the user wrote it, for reports; credentials in it are replaced by `…`.
    pub written: String,
    /// The source that answers for it: `npm`, `pypi`, `git`, `folder`, `archive`, `tools`,
    /// `connect`, `configured`.
    pub scheme: &'static str,
    /// Package name, repository URL (without `git+` and without the reference) or path.
    pub name: String,
    /// npm: version, tag or range. `PyPI`: a PEP 440 specifier set such as `==1.2`. git: the
    /// reference. Empty where none was given.
    pub version: String,
    /// How the user would launch it, where the target was a launch line.
    pub launch: Option<crate::artifact::Launch>,
    /// The place in a configuration that asks for it, where one was read.
    pub configured: Option<super::configuration::Configured>,
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// [`AcquireError::Usage`] where the text has none of the [`FORMS`].
    pub fn parse(text: &str, exists: &dyn Fn(&str) -> bool) -> Result<Self, AcquireError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(unknown("the target is empty"));
        }
        if text.len() > LONGEST || text.chars().any(|c| c.is_control() && c != '\t' && c != '\n') {
            return Err(unknown(&format!(
                "the target is longer than {LONGEST} bytes or has control characters"
            )));
        }
        let target = match prefixed(text)? {
            Some(target) => target,
            None if exists(text) => path(text),
            None if text.contains(char::is_whitespace) => return launch::parse(text, exists),
            None if looks_like_path(text) => path(text),
            None => return Err(unknown(&format!("`{}` is no target", untrusted::excerpt(text, 200)))),
        };
        Ok(Self { written: redacted(text), ..target })
    }
}

/// The error that lists all forms.
pub(crate) fn unknown(message: &str) -> AcquireError {
    let mut hints = vec!["a target is one of:".to_owned()];
    hints.extend(FORMS.iter().map(|(form, meaning)| format!("  {form:<26}{meaning}")));
    AcquireError::Usage { message: message.to_owned(), hints }
}

/// A target with a scheme in front.
fn prefixed(text: &str) -> Result<Option<Target>, AcquireError> {
    let target = if let Some(file) = text.strip_prefix("tools:") {
        if file.is_empty() {
            return Err(unknown("`tools:` names no file"));
        }
        Target { scheme: "tools", name: file.to_owned(), ..Target::default() }
    } else if let Some(specification) = text.strip_prefix("npm:") {
        reference::npm(specification)?
    } else if let Some(specification) = text.strip_prefix("pypi:") {
        reference::pypi(specification)?
    } else if let Some(url) = text.strip_prefix("git+") {
        reference::git(url, reference::Revision::Fragment)?
    } else if let Some(repository) = text.strip_prefix("github:") {
        reference::github(repository)?
    } else {
        return Ok(None);
    };
    Ok(Some(target))
}

/// A path: an archive by its name, a folder otherwise.
pub(crate) fn path(text: &str) -> Target {
    let lower = text.to_ascii_lowercase();
    let is_archive = ARCHIVES.iter().any(|end| lower.ends_with(end));
    let scheme = if is_archive { "archive" } else { "folder" };
    Target { scheme, name: text.to_owned(), ..Target::default() }
}

/// Whether text can only be meant as a path, although nothing is there.
pub(crate) fn looks_like_path(text: &str) -> bool {
    let is_drive =
        text.as_bytes().get(1) == Some(&b':') && text.starts_with(|c: char| c.is_ascii_alphabetic());
    let has_scheme = text.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/')) && !is_drive;
    !has_scheme
        && (is_drive
            || text.starts_with(['.', '/', '~', '\\'])
            || text.ends_with('/')
            || path(text).scheme == "archive")
}

/// A target's text without user and password in a URL.
pub(crate) fn redacted(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let tail = redacted(tail);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}{tail}"),
        None => format!("{scheme}://{authority}{tail}"),
    }
}

#[cfg(test)]
mod tests;
