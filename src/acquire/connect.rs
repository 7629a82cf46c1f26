//! A live server that the user names by URL: asked what it offers, never told to do anything.
//!
//! Streamable HTTP in both generations of the protocol: without sessions (`server/discover`) and
//! with them (`initialize`). What it lists becomes an artifact of one file, like a captured list.

mod events;
mod session;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{AcquireError, Door, Pinned, PinnedFacts, Source, Target, digest, web};
use crate::{
    artifact::{Artifact, Coordinate, Ecosystem, File, Kind, Needed, Unread},
    untrusted,
};
use session::{Listed, Session};

/// Live servers.
pub struct Connect;

/// The file that the lists of a live server are.
const FILE: &str = "tools.json";

impl Target {
    /// The target that a live server is.
    ///
    /// # Errors
    /// Where the address is none, or carries a credential.
    pub fn connect(address: &str) -> Result<Self, AcquireError> {
        let url = address_of(address)?;
        Ok(Self {
            written: format!("connect:{}", web::show(&url)),
            scheme: "connect",
            name: url.to_string(),
            ..Self::default()
        })
    }
}

impl Source for Connect {
    fn scheme(&self) -> &'static str {
        "connect"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        let url = address_of(&target.name)?;
        if door.settings.offline {
            return Err(AcquireError::Unavailable {
                message: format!("`{}` was not asked: the network is off", web::show(&url)),
                hints: Vec::new(),
            });
        }
        if url.scheme() == "http" && !is_own(&url) && !door.settings.headers.is_empty() {
            return Err(AcquireError::Usage {
                message: format!(
                    "`{}` was not asked: headers from the environment are not sent without encryption",
                    web::show(&url)
                ),
                hints: vec!["write `https://`".to_owned()],
            });
        }
        let shown = web::show(&url);
        let coordinate =
            Coordinate { ecosystem: Ecosystem::Local, name: shown.clone(), version: String::new() };
        let facts =
            PinnedFacts { coordinate, source: format!("live server `{shown}`"), ..PinnedFacts::default() };
        Ok(Pinned { facts, location: target.name.clone(), ..Pinned::default() })
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        let url = address_of(&pinned.location)?;
        let listed = Session::open(&url, door).and_then(Session::list)?;
        let mut resolution = pinned.facts.resolution.clone();
        resolution.push(format!("asked a live server: {}", listed.generation));
        resolution.push("the code of the server was not read".to_owned());
        let file = document(&listed);
        Ok(Artifact {
            coordinate: pinned.facts.coordinate.clone(),
            digest: digest::sha256(&file.bytes),
            source: pinned.facts.source.clone(),
            resolution,
            files: vec![file],
            unread: listed
                .gaps
                .into_iter()
                .map(|why| Unread {
                    path: String::new(),
                    why: untrusted::excerpt(&why, 300),
                    needed: Needed::Yes,
                })
                .collect(),
            ..Artifact::default()
        })
    }
}

/// What the server listed, as the file that a captured list would be.
fn document(listed: &Listed) -> File {
    let json = json!({
        "instructions": listed.instructions,
        "tools": listed.tools,
        "prompts": listed.prompts,
        "resources": listed.resources,
        "resourceTemplates": listed.templates,
    });
    let bytes = serde_json::to_vec_pretty(&json).unwrap_or_default();
    File {
        path: FILE.to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        kind: Kind::Data,
        bytes,
    }
}

/// A web address without user and password.
fn address_of(address: &str) -> Result<Url, AcquireError> {
    let usage = |message: String| AcquireError::Usage {
        message,
        hints: vec![
            "write `--connect https://HOST/PATH`; `--header-env NAME=VARIABLE` sends a header".to_owned(),
        ],
    };
    let shown = || untrusted::excerpt(&super::target::redacted(address), 200);
    let url = Url::parse(address).map_err(|_| usage(format!("`{}` is no web address", shown())))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(usage(format!("`{}` is no web address", shown())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(usage(format!("`{}` carries a credential, which is not sent", web::show(&url))));
    }
    Ok(url)
}

/// Whether an address is this machine's own.
fn is_own(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests;
