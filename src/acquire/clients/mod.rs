//! The user's own package clients: which registry they would ask, with which credentials, and
//! which runtime they would start a connector with.
//!
//! Settings go in, endpoints and versions come out. Credentials leave as [`Secret`] and belong to
//! one origin: scheme, host and port.

mod ask;
mod ini;
pub(super) mod npm;
pub(super) mod pip;
mod programs;

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use nodejs_semver::Version as NodeVersion;
use pep440_rs::Version as PythonVersion;
use url::Url;

use super::{AcquireError, Settings, web::Secret};
use crate::untrusted::excerpt;
use ask::Question;

/// Whether the configuration of the project that the user works in counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Project {
    /// As commands inside a project see it.
    Read,
    /// As one-off runners see it, which ignore the project.
    Skip,
}

/// A configured URL, apart from the credentials that were written into it.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// Base URL with a final slash, without credentials.
    pub url: Url,
    /// Credentials for that origin, where the configuration has them.
    pub authorization: Option<Secret>,
    /// Who configured it, in words.
    pub from: String,
}

/// The largest configuration file that is read, bytes.
const CONFIGURATION_LIMIT: u64 = 1 << 20;

/// The version of Node.js that a client would start: the flag, the headers that are installed
/// beside it, or its own answer.
///
/// # Errors
/// Where the flag is not a version.
pub(super) fn node_version(settings: &Settings) -> Result<Option<NodeVersion>, AcquireError> {
    let Some(version) = &settings.node_version else { return Ok(installed_node(settings)) };
    NodeVersion::parse(version.trim_start_matches('v')).map(Some).map_err(|_| AcquireError::Usage {
        message: format!("nothing was fetched: `{}` is not a version of Node.js", excerpt(version, 60)),
        hints: vec!["write all three numbers: `--node-version 22.11.0`".into()],
    })
}

fn installed_node(settings: &Settings) -> Option<NodeVersion> {
    let program = programs::find(settings, &["node"])?;
    let header = program.parent()?.parent()?.join("include/node/node_version.h");
    let written = read_file(&header).ok().flatten().and_then(|text| version_in_header(&text));
    let text = written.or_else(|| ask::answer(settings, Question::Node))?;
    NodeVersion::parse(text).ok()
}

/// The release of Python that a client would start, as Python itself states it. Pre-releases count
/// as what they lead to, as for the clients.
pub(super) fn python_version(settings: &Settings) -> Option<PythonVersion> {
    let version: PythonVersion = ask::answer(settings, Question::Python)?.parse().ok()?;
    Some(version.only_release())
}

/// Takes a configured URL apart.
///
/// # Errors
/// Where it is not an absolute `http` or `https` URL.
pub(super) fn endpoint(text: &str, from: &str) -> Result<Endpoint, AcquireError> {
    let wrong = |why: &str| AcquireError::Usage {
        message: format!("nothing was fetched: the registry URL that {from} gives {why}"),
        hints: vec!["write an absolute URL such as `https://registry.example/`".into()],
    };
    if text.contains("${") {
        return Err(wrong("names a variable that is not set"));
    }
    let mut url = Url::parse(text.trim()).map_err(|_| wrong("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("is neither `http` nor `https`"));
    }
    let authorization = take_credentials(&mut url);
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(Endpoint { url, authorization, from: from.to_owned() })
}

/// Removes user name and password from a URL and gives them as a header value.
pub(super) fn take_credentials(url: &mut Url) -> Option<Secret> {
    let name = percent_decoded(url.username());
    let password = percent_decoded(url.password().unwrap_or(""));
    let _ = url.set_username("");
    let _ = url.set_password(None);
    (!name.is_empty() || !password.is_empty()).then(|| basic(&name, &password))
}

/// A basic `Authorization` value.
fn basic(name: &str, password: &str) -> Secret {
    Secret(format!("Basic {}", BASE64.encode(format!("{name}:{password}"))))
}

/// A configuration file's text; `None` where there is none.
fn read_file(path: &Path) -> Result<Option<String>, AcquireError> {
    let unreadable = |why: String| AcquireError::Usage {
        message: format!("nothing was fetched: the configuration file `{}` {why}", path.display()),
        hints: Vec::new(),
    };
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(None) };
    if !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > CONFIGURATION_LIMIT {
        return Err(unreadable(format!("is larger than {CONFIGURATION_LIMIT} bytes")));
    }
    std::fs::read_to_string(path).map(Some).map_err(|error| unreadable(format!("could not be read: {error}")))
}

/// `20.11.1` from the lines that define the version's three parts.
fn version_in_header(text: &str) -> Option<String> {
    let part = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.trim().parse::<u64>().ok())
    };
    let (major, minor) = (part("NODE_MAJOR_VERSION")?, part("NODE_MINOR_VERSION")?);
    Some(format!("{major}.{minor}.{}", part("NODE_PATCH_VERSION")?))
}

/// Percent escapes replaced by what they stand for; malformed ones stay.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_credentials_out_of_a_url() {
        let endpoint = endpoint("https://me:p%40ss@registry.example/npm?x=1", "`--npm-registry`").unwrap();
        assert_eq!(endpoint.url.as_str(), "https://registry.example/npm/");
        assert_eq!(endpoint.authorization.unwrap().0, format!("Basic {}", BASE64.encode("me:p@ss")));
    }

    #[test]
    fn refuses_what_is_not_a_web_address() {
        for (text, why) in [
            ("registry.example", "is not a URL"),
            ("file:///etc", "is neither `http` nor `https`"),
            ("https://registry.example/${TEAM}/", "names a variable that is not set"),
        ] {
            let message = endpoint(text, "`--npm-registry`").unwrap_err().to_string();
            assert!(message.ends_with(why), "{text}: {message}");
        }
    }

    #[test]
    fn reads_the_version_that_headers_define() {
        let header = "#ifndef X\n#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 11\n#define NODE_PATCH_VERSION 1\n";
        assert_eq!(version_in_header(header).as_deref(), Some("20.11.1"));
        assert_eq!(version_in_header("#define NODE_MAJOR_VERSION 20\n"), None);
    }

    #[test]
    fn the_flag_must_be_a_version() {
        let version = |text: &str| {
            let settings = Settings { node_version: Some(text.into()), ..Settings::default() };
            node_version(&settings).map(|version| version.map(|version| version.to_string()))
        };
        assert_eq!(version("v22.1.0").unwrap().as_deref(), Some("22.1.0"));
        assert_eq!(
            version("22").unwrap_err().to_string(),
            "nothing was fetched: `22` is not a version of Node.js"
        );
    }

    #[test]
    fn keeps_malformed_escapes() {
        for (text, decoded) in [("a%20b", "a b"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%41", "A")] {
            assert_eq!(percent_decoded(text), decoded);
        }
    }
}
