//! What a connector asks to be granted: manifests, client files, containers and code in, one sorted
//! list of scopes out. Pure and bounded; what is asked for is said, not judged.

mod clients;
mod code;
mod containers;
mod lines;
mod manifests;
pub mod oauth;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{
    Asked, Scope, ScopeKind,
    capabilities::{Capabilities, Use},
    manifest::Manifests,
};
use crate::{artifact::Artifact, code::resolve::Resolver, finding::Location, untrusted::Untrusted};

/// Scopes kept.
const MOST: usize = 1_000;
/// Longest name kept, bytes.
const LONGEST: usize = 300;
/// Largest file read for scopes, bytes.
const LARGEST: usize = 1 << 20;
/// Files of one kind read for scopes.
const MOST_FILES: usize = 32;

/// Lists everything that a connector asks for.
pub fn read(
    artifact: &Artifact,
    resolver: &Resolver<'_>,
    manifests: &Manifests,
    capabilities: &Capabilities,
    uses: &[Use],
) -> Vec<Scope> {
    let mut collected = Collected::default();
    manifests::read(artifact, manifests, &mut collected);
    clients::read(artifact, &mut collected);
    containers::read(artifact, &mut collected);
    code::read(resolver, capabilities, uses, &mut collected);
    collected.all.into_values().collect()
}

/// Words of names of secrets.
const SECRET: &str = "TOKEN TOKENS SECRET PASSWORD PASSWD PWD PASSPHRASE APIKEY PAT CREDENTIAL CREDENTIALS";
/// What stands before `KEY` where the key is a secret.
const KEYS: &str = "API SECRET PRIVATE ACCESS APP AUTH SERVICE LICENSE MASTER ENCRYPTION SIGNING ADMIN ROLE";
/// Words of names that are about a secret and hold none.
const ABOUT: &str = "MAX MIN MAXIMUM LIMIT LIMITS COUNT TTL EXPIRY TIMEOUT FILE PATH DIR URL URI ENDPOINT NAME ID \
    PUBLIC HEADER TYPE PREFIX ENABLED DISABLED BUDGET REQUIRED MODE LENGTH SIZE CACHE REFRESH ISSUER AUDIENCE \
    SCOPE SCOPES METHOD PORT HOST";

/// Whether a name is one that secrets have.
pub fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase().replace(['-', ' ', '.'], "_");
    let words: Vec<&str> = upper.split('_').filter(|word| !word.is_empty()).collect();
    let has = |list: &str, word: &str| list.split(' ').any(|known| known == word);
    let keyed = words.windows(2).any(|pair| pair[1] == "KEY" && has(KEYS, pair[0]));
    (keyed || words.iter().any(|word| has(SECRET, word))) && !words.iter().any(|word| has(ABOUT, word))
}

/// Scopes by kind, name and who asks.
#[derive(Default)]
struct Collected {
    all: BTreeMap<(ScopeKind, Untrusted, Asked), Scope>,
}

impl Collected {
    /// Adds a scope of a manifest, or what one more manifest says of it.
    fn declared(
        &mut self,
        kind: ScopeKind,
        name: &str,
        secret: Option<bool>,
        required: Option<bool>,
        location: Location,
    ) {
        self.add(Scope {
            kind,
            name: Untrusted::new(name.trim()),
            asked: Asked::Manifest,
            secret,
            required,
            location: Some(location),
        });
    }

    /// Adds a scope that the code asks for.
    fn used(&mut self, kind: ScopeKind, name: &str, location: Location) {
        let (secret, required) = (None, None);
        let name = Untrusted::new(name.trim());
        self.add(Scope { kind, name, asked: Asked::Code, secret, required, location: Some(location) });
    }

    fn add(&mut self, scope: Scope) {
        let fits = (1..=LONGEST).contains(&scope.name.raw().len()) && self.all.len() < MOST;
        let key = (scope.kind, scope.name.clone(), scope.asked);
        if let Some(known) = self.all.get_mut(&key) {
            known.secret = known.secret.or(scope.secret);
            known.required = known.required.or(scope.required);
        } else if fits {
            self.all.insert(key, scope);
        }
    }
}

/// The files of which `wanted` holds for the lower-case name and path, as far as they are read.
fn files<'a>(
    artifact: &'a Artifact,
    wanted: impl Fn(&str, &str) -> bool + 'a,
) -> impl Iterator<Item = &'a crate::artifact::File> {
    artifact
        .files
        .iter()
        .filter(move |file| {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            name.len() < 64 && wanted(&name.to_ascii_lowercase(), &file.path)
        })
        .filter(|file| file.bytes.len() <= LARGEST)
        .take(MOST_FILES)
}
