//! npm packages: a target in, the exact version that npm would start out, then its files.

mod choose;
mod packument;

use url::Url;

use super::{
    AcquireError, Door, Pinned, PinnedFacts, Source, Target, WebError, attestations,
    clients::{self, Endpoint, Project, npm as configuration},
    published,
    unpack::Layout,
    web,
};
use crate::{
    artifact::{Artifact, Coordinate, Ecosystem},
    untrusted::{Untrusted, excerpt},
};
use choose::Runtime;
use packument::Packument;

/// The npm registry.
pub struct Npm;

impl Source for Npm {
    fn scheme(&self) -> &'static str {
        "npm"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        let project = if target.launch.is_some() { Project::Skip } else { Project::Read };
        let configuration = configuration::read(door.settings, project)?;
        let registry = configuration.registry_for(&target.name)?;
        let url = document_url(&registry, &target.name)?;
        let authorization = configuration.authorization(&registry, &url);
        let reply = published::document(url, "application/json", authorization, door)
            .map_err(|error| not_read(error, target, &registry))?;
        let packument = Packument::parse(&reply.body).map_err(|why| broken(target, &why))?;
        let choice = choose::choose(&packument, &target.version, &runtime(door)?)
            .map_err(|why| no_version(target, &why))?;
        let mut pinned = pin(&registry, target, &packument, &choice)?;
        pinned.facts.document =
            packument::version_document(&reply.body, &choice.version).map_err(|why| broken(target, &why))?;
        let location =
            Url::parse(&pinned.location).map_err(|_| broken(target, "its archive URL is not a URL"))?;
        pinned.authorization = configuration.authorization(&registry, &location);
        pinned.evidence.registry_signatures = attestations::registry_signatures(&pinned.facts.document);
        pinned.evidence.versions = packument.evidence();
        pinned.registry = Some(attestations::Registry {
            authorization: configuration.authorization(&registry, &registry.url),
            url: registry.url.clone(),
        });
        Ok(pinned)
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        published::archive(pinned, Layout::Package, door)
    }
}

fn runtime(door: &Door<'_>) -> Result<Runtime, AcquireError> {
    let npm = if door.settings.node_version.is_some() { None } else { configuration::version(door.settings) };
    Ok(Runtime { node: clients::node_version(door.settings)?, npm })
}

/// The URL of a package's document: a scope's slash is escaped, as npm does.
fn document_url(registry: &Endpoint, name: &str) -> Result<Url, AcquireError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!'()*@/".contains(&byte);
    let slashes = usize::from(name.starts_with('@'));
    let plain = !name.is_empty() && name.len() <= 214 && name.bytes().all(allowed);
    if !plain
        || name.matches('/').count() != slashes
        || name.split('/').any(|part| part.trim_matches('.').is_empty())
    {
        return Err(AcquireError::Usage {
            message: format!("nothing was fetched: `{}` is not an npm package name", excerpt(name, 100)),
            hints: vec!["write `npm:NAME` or `npm:@SCOPE/NAME`".into()],
        });
    }
    registry.url.join(&format!("./{}", name.replace('/', "%2f"))).map_err(|_| {
        published::unavailable("nothing was fetched: registry and package name do not make a URL")
    })
}

fn not_read(error: WebError, target: &Target, registry: &Endpoint) -> AcquireError {
    let name = excerpt(&target.name, 100);
    if let WebError::NotFound { .. } = error {
        return AcquireError::NotFound {
            message: format!(
                "nothing was fetched: the npm registry {} has no package `{name}`",
                web::show(&registry.url)
            ),
            hints: vec![format!(
                "that registry comes from {}; `--npm-registry URL` names another",
                registry.from
            )],
        };
    }
    published::failed(error, &format!("the npm package `{name}` was not looked up"))
}

fn broken(target: &Target, why: &str) -> AcquireError {
    published::unavailable(&format!(
        "the npm package `{}` was not looked up: the registry's document could not be used: {}",
        excerpt(&target.name, 100),
        excerpt(why, 200)
    ))
}

fn no_version(target: &Target, why: &str) -> AcquireError {
    AcquireError::NotFound {
        message: format!("nothing was fetched: the npm package `{}` {why}", excerpt(&target.name, 100)),
        hints: Vec::new(),
    }
}

fn pin(
    registry: &Endpoint,
    target: &Target,
    packument: &Packument,
    choice: &choose::Choice,
) -> Result<Pinned, AcquireError> {
    let entry = packument.versions.get(&choice.version);
    let archive = entry.map(|entry| packument::archive(&entry.dist)).unwrap_or_default();
    let Some(named) = archive.url else {
        return Err(broken(target, "it names no archive for the version"));
    };
    let url = archive_url(registry, &named)?;
    let mut resolution = choice.how.clone();
    match archive.promised.first().map(|digest| digest.algorithm) {
        None => resolution.push("the registry promises no digest for the archive".into()),
        Some("sha1") => resolution.push("the registry promises only a SHA-1 digest, which is weak".into()),
        Some(_) => {}
    }
    resolution.extend(published::unencrypted(&registry.url));
    let deprecated = entry.and_then(packument::Entry::deprecation);
    let facts = PinnedFacts {
        coordinate: Coordinate {
            ecosystem: Ecosystem::Npm,
            name: target.name.clone(),
            version: choice.version.clone(),
        },
        source: format!("npm registry {}", web::show(&registry.url)),
        resolution,
        document: serde_json::Value::Null,
        published: packument.published(&choice.version),
        deprecated: deprecated.map(Untrusted::new),
    };
    Ok(Pinned { facts, location: url.into(), promised: archive.promised, ..Pinned::default() })
}

/// The archive's URL. A document that a mirror took over unchanged names npm's own host: then the
/// mirror is asked, as npm does.
fn archive_url(registry: &Endpoint, named: &str) -> Result<Url, AcquireError> {
    let foreign = |url: &Url| url.host_str().map(str::to_owned) == configuration::default_host();
    if let Ok(url) = Url::parse(named)
        && foreign(&url)
        && !foreign(&registry.url)
    {
        return Ok(published::named_url(&registry.url, url.path())?.0);
    }
    Ok(published::named_url(&registry.url, named)?.0)
}

#[cfg(test)]
mod tests;
