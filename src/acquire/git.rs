//! Git repositories: a URL and a reference in, one commit out, then the files of its tree.
//!
//! A remote repository is read over our own door to the network, a local one in place. Nothing is
//! checked out, no hook, filter, submodule or configuration of the repository takes part.

mod local;
mod pack;
mod reference;
mod tree;
mod wire;

use std::path::PathBuf;

use url::Url;

use super::{
    AcquireError, Door, Get, Pinned, PinnedFacts, Source, Target, WebError, published, web, web::Post,
};
use crate::{
    artifact::{
        Artifact, Coordinate, Digest, Ecosystem,
        evidence::{Evidence, Reach},
    },
    untrusted::excerpt,
};
use reference::{Found, Listing};
use tree::Objects;

/// Git repositories, near and far.
pub struct Git;

/// Where a repository is.
enum Place {
    /// Behind a web address, without credentials in it.
    Remote(Url),
    /// In a folder.
    Local(PathBuf),
}

/// The name of a git object: the SHA-1 of its content.
type Id = [u8; 20];

impl Source for Git {
    fn scheme(&self) -> &'static str {
        "git"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        let (place, authorization) = place(&target.name, door)?;
        let wanted = target.version.trim();
        reference::check(wanted)?;
        let (listing, location, shown) = match &place {
            Place::Remote(url) => {
                let (listing, base) = advertised(url, authorization.clone(), door)?;
                (listing, base.to_string(), web::show(url))
            }
            Place::Local(path) => (
                local::Repository::open(path, &door.settings.limits)?.listing()?,
                path.display().to_string(),
                path.display().to_string(),
            ),
        };
        let found = reference::find(&listing, wanted).map_err(|why| AcquireError::NotFound {
            message: format!("nothing was fetched: the git repository {} {why}", excerpt(&shown, 200)),
            hints: vec!["name a branch, a tag or a full commit id behind `#`".into()],
        })?;
        Ok(pin(&found, location, &shown, authorization))
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        let Some(commit) = pinned.promised.first().and_then(|digest| reference::id(&digest.hex)) else {
            return Err(published::unavailable("nothing was fetched: the commit is not known"));
        };
        let limits = &door.settings.limits;
        let (unpacked, git) = match Url::parse(&pinned.location) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                let packed = fetch(&url, commit, pinned, door)?;
                let objects = pack::read(&packed, limits)?;
                let signature = tree::signature(&objects, &commit);
                (tree::unpack(&objects, commit, packed.len(), limits)?, signature.into_iter().collect())
            }
            _ => {
                let repository = local::Repository::open(&PathBuf::from(&pinned.location), limits)?;
                let most = usize::try_from(limits.unpacked).unwrap_or(usize::MAX);
                (tree::unpack(&repository, commit, most, limits)?, repository.signatures(commit))
            }
        };
        let PinnedFacts { coordinate, source, resolution, .. } = pinned.facts.clone();
        let digest = pinned.promised.first().cloned().unwrap_or_default();
        Ok(Artifact {
            coordinate,
            digest,
            source,
            resolution,
            files: unpacked.files,
            refused: unpacked.refused,
            unread: unpacked.unread,
            evidence: Evidence { git, ..Evidence::default() },
            ..Artifact::default()
        })
    }
}

/// Whether a branch or a tag of a repository leads to the pinned commit.
///
/// # Errors
/// Where the repository cannot be read.
pub(super) fn reach(pinned: &Pinned, door: &Door<'_>) -> Result<Reach, AcquireError> {
    let Some(commit) = pinned.promised.first().and_then(|digest| reference::id(&digest.hex)) else {
        return Ok(Reach::Unknown);
    };
    match Url::parse(&pinned.location) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let (listing, _) = advertised(&url, pinned.authorization.clone(), door)?;
            if listing.references.values().any(|id| *id == commit) {
                return Ok(Reach::Reached);
            }
            let Some(body) = wire::history(&listing) else { return Ok(Reach::Unknown) };
            let objects = pack::read(&ask(&url, body, pinned, door)?, &door.settings.limits)?;
            let is_reached = tree::leads_to(&objects, wire::heads(&listing), &commit)?;
            Ok(if is_reached { Reach::Reached } else { Reach::NotReached })
        }
        _ => {
            let path = PathBuf::from(&pinned.location);
            local::Repository::open(&path, &door.settings.limits)?.reach(commit)
        }
    }
}

/// Where a target's repository is, and the credentials that were written into its URL.
fn place(name: &str, door: &Door<'_>) -> Result<(Place, Option<super::web::Secret>), AcquireError> {
    let name = name.strip_prefix("git+").unwrap_or(name);
    let refused = |why: &str, hint: &str| AcquireError::Usage {
        message: format!("nothing was fetched: the git address {why}"),
        hints: vec![hint.to_owned()],
    };
    let Ok(mut url) = Url::parse(name) else {
        return Ok((Place::Local(door.settings.directory.join(name)), None));
    };
    let secret = super::clients::take_credentials(&mut url);
    url.set_fragment(None);
    url.set_query(None);
    match url.scheme() {
        "https" => Ok((Place::Remote(url), secret)),
        "http" if published::is_loopback(&url) => Ok((Place::Remote(url), secret)),
        "http" => Err(refused("is not encrypted", "write `git+https://…`")),
        "file" => {
            let path =
                url.to_file_path().map_err(|()| refused("is not a path", "write `git+file:///PATH`"))?;
            Ok((Place::Local(path), None))
        }
        "ssh" | "git" => Err(refused(
            "needs a transport that is not supported",
            "write `git+https://…`, or clone it and write `git+PATH`",
        )),
        _ => Ok((Place::Local(door.settings.directory.join(name)), None)),
    }
}

fn pin(found: &Found, location: String, shown: &str, authorization: Option<super::web::Secret>) -> Pinned {
    let facts = PinnedFacts {
        coordinate: Coordinate {
            ecosystem: Ecosystem::Git,
            name: excerpt(shown, 200),
            version: super::digest::hex(&found.commit),
        },
        source: format!("git repository {}", excerpt(shown, 200)),
        resolution: found.how.clone(),
        ..PinnedFacts::default()
    };
    let promised = vec![Digest { algorithm: "gitsha1", hex: super::digest::hex(&found.commit) }];
    Pinned { facts, location, authorization, promised, ..Pinned::default() }
}

/// What a remote repository offers, and the address that it answers under.
fn advertised(
    url: &Url,
    authorization: Option<super::web::Secret>,
    door: &Door<'_>,
) -> Result<(Listing, Url), AcquireError> {
    let mut asked = below(url, "info/refs")?;
    asked.set_query(Some("service=git-upload-pack"));
    let get = Get {
        url: asked,
        accept: Some("application/x-git-upload-pack-advertisement"),
        authorization,
        limit: door.settings.limits.document,
        expected: None,
    };
    let reply = door.web.get(&get).map_err(|error| {
        unanswered(error, &format!("the git repository {} was not looked up", web::show(url)))
    })?;
    let listing = wire::listing(&reply.body).map_err(|why| not_git(url, &why))?;
    Ok((listing, answered_under(url, &reply.url)))
}

/// The repository's address after redirects, which may go to another path of the same origin only:
/// everything else would be asked with a request that was meant for somebody else.
fn answered_under(url: &Url, reply: &Url) -> Url {
    let base = reply.path().strip_suffix("/info/refs").filter(|_| reply.origin() == url.origin());
    let mut answered = url.clone();
    if let Some(base) = base {
        answered.set_path(base);
    }
    answered
}

/// The pack that holds one commit and its tree.
fn fetch(url: &Url, commit: Id, pinned: &Pinned, door: &Door<'_>) -> Result<Vec<u8>, AcquireError> {
    let (listing, _) = advertised(url, pinned.authorization.clone(), door)?;
    ask(url, wire::request(&listing, commit), pinned, door)
}

/// The pack that answers a request.
fn ask(url: &Url, body: Vec<u8>, pinned: &Pinned, door: &Door<'_>) -> Result<Vec<u8>, AcquireError> {
    let post = Post {
        url: below(url, "git-upload-pack")?,
        content_type: "application/x-git-upload-pack-request",
        accept: Some("application/x-git-upload-pack-result"),
        authorization: pinned.authorization.clone(),
        body,
        limit: door.settings.limits.download,
    };
    let reply = door.web.post(&post).map_err(|error| {
        unanswered(error, &format!("the git repository {} was not fetched", web::show(url)))
    })?;
    wire::pack(&reply.body).map_err(|why| not_git(url, &why))
}

/// A failed request in words; forges refuse what is private and what does not exist alike.
fn unanswered(error: WebError, undone: &str) -> AcquireError {
    match error {
        WebError::Refused { .. } => AcquireError::Unavailable {
            message: format!("{undone}: {error}"),
            hints: vec![
                "it does not exist, or it is private".into(),
                "credentials are taken from the address: `git+https://USER:TOKEN@HOST/PATH`".into(),
            ],
        },
        _ => published::failed(error, undone),
    }
}

fn not_git(url: &Url, why: &str) -> AcquireError {
    published::unavailable(&format!(
        "the git repository {} was not read: {}",
        web::show(url),
        excerpt(why, 200)
    ))
}

fn below(url: &Url, path: &str) -> Result<Url, AcquireError> {
    let mut url = url.clone();
    url.path_segments_mut()
        .map_err(|()| published::unavailable("nothing was fetched: the git address has no path"))?
        .pop_if_empty()
        .extend(path.split('/'));
    Ok(url)
}

/// Reads an object and checks what it is.
fn object_of<'a>(
    objects: &'a dyn Objects,
    id: &Id,
    kind: tree::Kind,
) -> Result<std::borrow::Cow<'a, [u8]>, AcquireError> {
    match objects.object(id)? {
        Some((found, data)) if found == kind => Ok(data),
        Some(_) => {
            Err(published::unavailable("the git repository was not read: an object is of the wrong kind"))
        }
        None => Err(published::unavailable("the git repository was not read: an object is missing")),
    }
}

#[cfg(test)]
mod tests;
