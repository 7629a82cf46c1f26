//! Python packages: a target in, the exact version and files that pip or uv would take out, then
//! their contents.

mod choose;
mod filename;
mod fit;
mod html;
mod simple;

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    AcquireError, Door, Pinned, PinnedFacts, Source, Target, WebError, attestations,
    clients::{
        self, Endpoint,
        pip::{self, Client, Strategy},
    },
    published,
    unpack::Layout,
    web,
};
use crate::{
    artifact::{
        Artifact, Coordinate, Digest, Ecosystem, Needed, Unread,
        evidence::{Evidence, FileEvidence, Level, VersionEvidence},
    },
    untrusted::{Untrusted, excerpt},
};
use choose::Choice;
use fit::Machine;
use simple::PublishedFile;

/// What is asked of an index: the JSON form, or the older HTML one.
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";

/// The Python package index, and all that speak its simple interface.
pub struct Pypi;

/// What one index has of a package.
struct Page<'a> {
    index: &'a Endpoint,
    url: url::Url,
    files: Vec<PublishedFile>,
}

impl Source for Pypi {
    fn scheme(&self) -> &'static str {
        "pypi"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        let (name, wanted) = requested(target)?;
        let client = client(target);
        let indexes = pip::indexes(door.settings, client)?;
        let pages = pages(&indexes, &name, door)?;
        let machine = Machine::of_this(clients::python_version(door.settings));
        let files: Vec<(usize, &PublishedFile)> = pages
            .iter()
            .enumerate()
            .flat_map(|(place, page)| page.files.iter().map(move |file| (place, file)))
            .collect();
        let choice =
            choose::choose(&name, &files, &wanted, &machine).map_err(|why| AcquireError::NotFound {
                message: format!("nothing was fetched: the Python package `{}` {why}", excerpt(&name, 100)),
                hints: Vec::new(),
            })?;
        pin(&name, &pages, &choice)
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        let mut artifact = published::archive(pinned, layout(pinned), door)?;
        for companion in &pinned.companions {
            let file = companion.location.rsplit('/').next().unwrap_or("");
            match published::archive(companion, layout(companion), door) {
                Ok(source) => artifact.companion = Some(Box::new(source)),
                Err(hostile @ AcquireError::Hostile { .. }) => return Err(hostile),
                Err(error) => artifact.unread.push(Unread {
                    path: String::new(),
                    why: format!(
                        "the source archive `{}` of the same version was not read: {error}",
                        excerpt(file, 120)
                    ),
                    needed: Needed::No,
                }),
            }
        }
        let others = pinned.facts.document.get("wheels_not_read").and_then(serde_json::Value::as_array);
        artifact.unread.extend(others.into_iter().flatten().filter_map(serde_json::Value::as_str).map(
            |other| Unread {
                path: String::new(),
                why: format!(
                    "the wheel `{}` of the same version was not read: this machine takes another",
                    excerpt(other, 120)
                ),
                needed: Needed::No,
            },
        ));
        artifact.unread.sort();
        Ok(artifact)
    }
}

/// The layout that the file's published name promises, whatever its address ends in.
fn layout(pinned: &Pinned) -> Layout {
    Layout::of(pinned.facts.document.get("filename").and_then(serde_json::Value::as_str).unwrap_or(""))
}

/// The normalised name and the version specifier, without extras.
fn requested(target: &Target) -> Result<(String, String), AcquireError> {
    let name = target.name.split('[').next().unwrap_or("").trim();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let (first, last) = (name.as_bytes().first(), name.as_bytes().last());
    if name.len() > 200 || !name.bytes().all(allowed) || !is_edge(first) || !is_edge(last) {
        return Err(AcquireError::Usage {
            message: format!(
                "nothing was fetched: `{}` is not a Python package name",
                excerpt(&target.name, 100)
            ),
            hints: vec!["write `pypi:NAME` or `pypi:NAME==VERSION`".into()],
        });
    }
    Ok((filename::normalised(name), target.version.trim().to_owned()))
}

/// The client that a launch line would start.
fn client(target: &Target) -> Client {
    let line = target.launch.as_ref().map_or("", |launch| launch.line.as_str());
    let program = |word: &str| {
        let base = word.rsplit(['/', '\\']).next().unwrap_or(word);
        match base.trim_end_matches(".exe") {
            "uv" | "uvx" => Some(Client::Uv),
            "pip" | "pipx" => Some(Client::Pip),
            _ => None,
        }
    };
    line.split_whitespace().find_map(program).unwrap_or(Client::Either)
}

/// The package's page of each index that counts.
fn pages<'a>(indexes: &'a pip::Indexes, name: &str, door: &Door<'_>) -> Result<Vec<Page<'a>>, AcquireError> {
    let mut pages = Vec::new();
    for index in &indexes.list {
        let url = index.url.join(&format!("{name}/")).map_err(|_| {
            published::unavailable("nothing was fetched: index and package name do not make a URL")
        })?;
        let reply = match published::document(url, ACCEPT, index.authorization.clone(), door) {
            Ok(reply) => reply,
            Err(WebError::NotFound { .. }) => continue,
            Err(error) => {
                let undone = format!("the Python package `{}` was not looked up", excerpt(name, 100));
                return Err(published::failed(error, &undone));
            }
        };
        let files = simple::parse(&reply.body).map_err(|why| {
            published::unavailable(&format!(
                "the Python package `{}` was not looked up: the index's page could not be used: {}",
                excerpt(name, 100),
                excerpt(&why, 200)
            ))
        })?;
        pages.push(Page { index, url: reply.url, files });
        if indexes.strategy == Strategy::First {
            break;
        }
    }
    if pages.is_empty() {
        return Err(unknown(name, indexes));
    }
    Ok(pages)
}

fn unknown(name: &str, indexes: &pip::Indexes) -> AcquireError {
    let asked: Vec<String> =
        indexes.list.iter().map(|index| format!("{} (from {})", web::show(&index.url), index.from)).collect();
    AcquireError::NotFound {
        message: format!("nothing was fetched: no index has the Python package `{}`", excerpt(name, 100)),
        hints: vec![format!("asked: {}", asked.join(", ")), "`--pypi-index URL` names another index".into()],
    }
}

fn pin(name: &str, pages: &[Page<'_>], choice: &Choice<'_>) -> Result<Pinned, AcquireError> {
    let mut pinned = pin_file(name, pages, choice, choice.main)?;
    if let Some(source) = choice.source {
        pinned.companions.push(pin_file(name, pages, choice, source)?);
    }
    Ok(pinned)
}

/// One file of the chosen version.
fn pin_file(
    name: &str,
    pages: &[Page<'_>],
    choice: &Choice<'_>,
    (place, file): (usize, &PublishedFile),
) -> Result<Pinned, AcquireError> {
    let page = pages
        .get(place)
        .ok_or_else(|| published::unavailable("nothing was fetched: no index has the file"))?;
    let (location, written) = published::named_url(page.base(), &file.url)?;
    let same_origin = location.origin() == page.index.url.origin();
    let authorization = written.or_else(|| page.index.authorization.clone().filter(|_| same_origin));
    let mut resolution = choice.how.clone();
    let promised: Vec<Digest> =
        file.sha256.iter().map(|hex| Digest { algorithm: "sha256", hex: hex.to_ascii_lowercase() }).collect();
    if promised.is_empty() {
        resolution.push("the index promises no digest for the file".into());
    }
    resolution.extend(published::unencrypted(&page.index.url));
    let facts = PinnedFacts {
        coordinate: Coordinate {
            ecosystem: Ecosystem::Pypi,
            name: name.to_owned(),
            version: choice.version.clone(),
        },
        source: format!("Python package index {}", web::show(&page.index.url)),
        resolution,
        document: document(name, choice, file),
        published: file.uploaded.clone(),
        deprecated: file.yanked.clone().map(Untrusted::new),
    };
    let registry = attestations::Registry {
        url: page.index.url.clone(),
        authorization: page.index.authorization.clone(),
    };
    let files = page.files.iter().filter(|listed| choice.files.contains(&listed.filename));
    let files = files.map(|listed| FileEvidence {
        name: listed.filename.clone(),
        is_attested: match &listed.provenance {
            serde_json::Value::String(_) => Some(true),
            serde_json::Value::Bool(_) => Some(false),
            _ => None,
        },
    });
    let evidence =
        Evidence { files: files.collect(), versions: versions(&page.files, name), ..Evidence::default() };
    let registry = Some(registry);
    Ok(Pinned {
        facts,
        location: location.into(),
        authorization,
        promised,
        registry,
        evidence,
        ..Pinned::default()
    })
}

/// What the index says speaks for each version; versions of which it does not say are left out.
fn versions(files: &[PublishedFile], name: &str) -> Vec<VersionEvidence> {
    let mut versions: BTreeMap<pep440_rs::Version, VersionEvidence> = BTreeMap::new();
    for file in files {
        let (Some(parsed), Some(uploaded)) = (filename::parse(&file.filename, name), &file.uploaded) else {
            continue;
        };
        let level = match &file.provenance {
            serde_json::Value::String(_) => Level::Provenance,
            serde_json::Value::Bool(_) => Level::None,
            _ => continue,
        };
        let version = parsed.version.to_string();
        let one = versions.entry(parsed.version).or_insert_with(|| VersionEvidence {
            version,
            published: uploaded.clone(),
            level,
        });
        one.level = one.level.max(level);
    }
    versions.into_values().collect()
}

impl Page<'_> {
    /// What the file URLs are relative to.
    fn base(&self) -> &url::Url {
        &self.url
    }
}

/// What the index says about the version, in one shape for both forms of its page.
fn document(name: &str, choice: &Choice<'_>, file: &PublishedFile) -> serde_json::Value {
    json!({
        "name": name,
        "version": choice.version,
        "filename": file.filename,
        "requires_python": file.requires_python,
        "yanked": file.yanked,
        "provenance": file.provenance,
        "files": choice.files,
        "wheels_not_read": choice.others,
    })
}

#[cfg(test)]
mod tests;
