//! Package and repository references, as targets and launch lines write them.

use std::str::FromStr;

use super::{Target, unknown};
use crate::{acquire::AcquireError, untrusted};

/// Longest package name, characters: the npm registry's own bound.
const LONGEST_NAME: usize = 214;
/// Longest version, range, tag or git reference, bytes.
const LONGEST_VERSION: usize = 256;

/// How a git URL carries its reference.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Revision {
    /// `URL#REF`.
    Fragment,
    /// `URL@REF`, with `#egg=…` and `#subdirectory=…` behind it, as Python clients write it.
    At,
}

/// `NAME[@VERSION]` of the npm registry; `ALIAS@npm:NAME` and `o/r` forms as npm takes them.
pub(crate) fn npm(specification: &str) -> Result<Target, AcquireError> {
    let (name, version) = split_npm(specification);
    if let Some(real) = version.strip_prefix("npm:") {
        let (name, version) = split_npm(real);
        return npm_parts(name, version);
    }
    if specification.ends_with('@') {
        return Err(unknown(&format!("`npm:{}` names no version after `@`", shown(specification))));
    }
    npm_parts(name, version)
}

/// Name and version; the `@` of a scope does not count.
fn split_npm(specification: &str) -> (&str, &str) {
    match specification.char_indices().find(|(at, c)| *at > 0 && *c == '@') {
        Some((at, _)) => {
            (specification.get(..at).unwrap_or_default(), specification.get(at + 1..).unwrap_or_default())
        }
        None => (specification, ""),
    }
}

fn npm_parts(name: &str, version: &str) -> Result<Target, AcquireError> {
    if !is_npm_name(name) {
        return Err(unknown(&format!("`{}` is not a package name of the npm registry", shown(name))));
    }
    if !is_version(version) || version.contains("://") || version.starts_with("file:") {
        return Err(unknown(&format!("`{}` is not a version, tag or range", shown(version))));
    }
    Ok(Target {
        scheme: "npm",
        name: name.to_owned(),
        version: version.trim().to_owned(),
        ..Target::default()
    })
}

/// Whether the npm registry could hold a package of this name.
pub(crate) fn is_npm_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_'])
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~'))
    };
    let is_shaped = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(name),
    };
    is_shaped && name.len() <= LONGEST_NAME && !matches!(name, "node_modules" | "favicon.ico")
}

/// `NAME[EXTRAS][SPECIFIERS]` of `PyPI`, `NAME@VERSION` as uvx takes it, `NAME @ git+URL`.
pub(crate) fn pypi(specification: &str) -> Result<Target, AcquireError> {
    let specification = specification.split(';').next().unwrap_or_default().trim();
    let end = specification
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(specification.len());
    let (name, rest) = specification.split_at(end);
    if !is_pypi_name(name) {
        return Err(unknown(&format!("`{}` is not a package name of PyPI", shown(specification))));
    }
    let wrong = || unknown(&format!("`{}` is not a version specifier", shown(rest)));
    let rest = match rest.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']').ok_or_else(wrong)?.1,
        None => rest,
    };
    let rest = rest.trim();
    if let Some(version) = rest.strip_prefix('@') {
        let version = version.trim();
        if let Some(url) = version.strip_prefix("git+") {
            return git(url, Revision::At);
        }
        let specifier = match version {
            "latest" => String::new(),
            exact if pep440_rs::Version::from_str(exact).is_ok() => format!("=={exact}"),
            _ => return Err(wrong()),
        };
        return Ok(pypi_parts(name, specifier));
    }
    if !is_version(rest) || pep440_rs::VersionSpecifiers::from_str(rest).is_err() {
        return Err(wrong());
    }
    Ok(pypi_parts(name, rest.to_owned()))
}

fn pypi_parts(name: &str, version: String) -> Target {
    Target { scheme: "pypi", name: name.to_owned(), version, ..Target::default() }
}

/// Whether `PyPI` could hold a package of this name.
pub(crate) fn is_pypi_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// A repository URL, with its reference.
pub(crate) fn git(url: &str, revision: Revision) -> Result<Target, AcquireError> {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (url, reference) = match revision {
        Revision::Fragment => (url, fragment),
        Revision::At => {
            let path = url.find("://").map_or(0, |at| at + 3);
            let slash = url.rfind('/').filter(|at| *at > path).unwrap_or(url.len());
            match url.get(slash..).and_then(|rest| rest.find('@')) {
                Some(at) => (url.get(..slash + at).unwrap_or(url), url.get(slash + at + 1..).unwrap_or("")),
                None => (url, ""),
            }
        }
    };
    if url.is_empty() || url.starts_with('-') {
        return Err(unknown("`git+` names no repository"));
    }
    if url.starts_with("ssh://") || url.starts_with("git://") {
        return Err(AcquireError::Usage {
            message: format!(
                "`git+{}` was not scanned: only https repositories are fetched",
                super::redacted(url)
            ),
            hints: vec!["write `git+https://HOST/PATH#REF`".to_owned()],
        });
    }
    Ok(Target {
        scheme: "git",
        name: url.to_owned(),
        version: checked_reference(reference)?,
        ..Target::default()
    })
}

/// `OWNER/REPO[@REF]` or `OWNER/REPO[#REF]`.
pub(crate) fn github(repository: &str) -> Result<Target, AcquireError> {
    let (path, reference) = repository.split_once(['@', '#']).unwrap_or((repository, ""));
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_part = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && !matches!(part, "." | "..")
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    if !path.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name)) {
        return Err(unknown(&format!("`github:{}` is not OWNER/REPO", shown(repository))));
    }
    Ok(Target {
        scheme: "git",
        name: format!("https://github.com/{path}"),
        version: checked_reference(reference)?,
        ..Target::default()
    })
}

fn checked_reference(reference: &str) -> Result<String, AcquireError> {
    if !is_version(reference) || reference.contains(char::is_whitespace) || reference.starts_with('-') {
        return Err(unknown(&format!("`{}` is not a git reference", shown(reference))));
    }
    Ok(reference.to_owned())
}

fn is_version(text: &str) -> bool {
    text.len() <= LONGEST_VERSION && !text.chars().any(untrusted::is_invisible)
}

fn shown(text: &str) -> String {
    untrusted::excerpt(&super::redacted(text), 100)
}

/// How a target is written, whatever it was read from; the launcher and its other words are left out.
pub(crate) fn written(target: &Target) -> String {
    let Target { name, version, .. } = target;
    super::redacted(&match (target.scheme, version.as_str()) {
        ("npm" | "pypi", "") => format!("{}:{name}", target.scheme),
        ("npm", version) => format!("npm:{name}@{version}"),
        ("pypi", version) => format!("pypi:{name}{version}"),
        ("git", "") => format!("git+{name}"),
        ("git", version) => format!("git+{name}#{version}"),
        _ => name.clone(),
    })
}

/// The exact version that a target asks for, where it asks for one.
pub(crate) fn exact(target: &Target) -> Option<String> {
    let version = target.version.as_str();
    match target.scheme {
        "npm" => {
            let bare = version.trim_start_matches(['=', 'v', ' ']);
            semver::Version::parse(bare).ok().map(|_| bare.to_owned())
        }
        "pypi" => {
            let bare = version.strip_prefix("==")?.trim_start_matches('=').trim();
            pep440_rs::Version::from_str(bare).ok().map(|_| bare.to_owned())
        }
        "git" => {
            let is_commit = version.len() >= 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_commit.then(|| version.to_owned())
        }
        _ => None,
    }
}
