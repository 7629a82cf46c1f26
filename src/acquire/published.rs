//! What registries have in common: a pinned archive in, a checked and unpacked artifact out, and
//! the words for what went wrong on the way.

use url::{Host, Url};

use super::{
    AcquireError, Door, Get, Pinned, PinnedFacts, WebError, attestations, digest,
    unpack::{self, Layout},
    web::{Secret, show},
};
use crate::artifact::{Artifact, Digest, Registry, evidence::Evidence};

/// The longest URL that a registry may name, bytes.
const LONGEST_URL: usize = 2048;

/// Fetches a registry's document about one package.
///
/// # Errors
/// Where it does not exist or cannot be had.
pub(super) fn document(
    url: Url,
    accept: &'static str,
    authorization: Option<Secret>,
    door: &Door<'_>,
) -> Result<super::Reply, WebError> {
    let limit = door.settings.limits.document;
    door.web.get(&Get { url, accept: Some(accept), authorization, limit, expected: None })
}

/// Fetches what was pinned, compares it with the promised digest and unpacks it.
///
/// # Errors
/// Where the bytes cannot be had, are not the promised ones, or are built to harm the reader.
pub(super) fn archive(pinned: &Pinned, layout: Layout, door: &Door<'_>) -> Result<Artifact, AcquireError> {
    let url = Url::parse(&pinned.location).map_err(|_| unavailable("the archive's URL is not a URL"))?;
    let strongest = strongest(&pinned.promised);
    let get = Get {
        url,
        accept: None,
        authorization: pinned.authorization.clone(),
        limit: door.settings.limits.download,
        expected: if let [one] = strongest { Some(one.clone()) } else { None },
    };
    let reply = door.web.get(&get).map_err(|error| failed(error, "the archive was not downloaded"))?;
    let promised = matching(&reply.body, strongest, &get.url)?;
    let limits = &door.settings.limits;
    let unpacked = unpack::unpack_as(layout, &reply.body, limits)?;
    let PinnedFacts { coordinate, source, resolution, document, published, deprecated } =
        pinned.facts.clone();
    let filename = document.get("filename").and_then(serde_json::Value::as_str);
    let archive = attestations::archive(filename.unwrap_or(get.url.path()), &reply.body);
    Ok(Artifact {
        coordinate,
        digest: digest::sha256(&reply.body),
        source,
        resolution,
        files: unpacked.files,
        refused: unpacked.refused,
        unread: unpacked.unread,
        registry: Some(Registry { document, published, deprecated, promised }),
        evidence: Evidence { archive, ..pinned.evidence.clone() },
        ..Artifact::default()
    })
}

/// The leading promises that share the strongest algorithm; any of them may hold.
fn strongest(promised: &[Digest]) -> &[Digest] {
    let count = promised
        .first()
        .map_or(0, |first| promised.iter().take_while(|digest| digest.algorithm == first.algorithm).count());
    promised.get(..count).unwrap_or(&[])
}

/// The promise that the bytes keep.
fn matching(bytes: &[u8], promised: &[Digest], url: &Url) -> Result<Option<Digest>, AcquireError> {
    let Some(first) = promised.first() else { return Ok(None) };
    if let Some(kept) = promised.iter().find(|promise| digest::matches(bytes, promise)) {
        return Ok(Some(kept.clone()));
    }
    let mut hasher = digest::Hasher::new(first.algorithm)
        .ok_or_else(|| unavailable("the registry promises a digest of an unknown kind"))?;
    hasher.update(bytes);
    Err(mismatch(&show(url), &first.to_string(), &hasher.finish().to_string()))
}

fn mismatch(url: &str, expected: &str, found: &str) -> AcquireError {
    AcquireError::Hostile {
        message: format!("nothing was unpacked: {url} has digest {found}, the registry promised {expected}"),
        rule: "artifact/digest-mismatch",
    }
}

/// A failed fetch in words: what did not happen, then why.
pub(super) fn failed(error: WebError, undone: &str) -> AcquireError {
    let message = format!("{undone}: {error}");
    let hint = |text: &str| vec![text.to_owned()];
    match error {
        WebError::DigestMismatch { url, expected, found } => mismatch(&url, &expected, &found),
        WebError::NotFound { .. } => AcquireError::NotFound { message, hints: Vec::new() },
        WebError::Offline { .. } => AcquireError::Unavailable {
            message,
            hints: hint("run once without `--offline`, then it is in the cache"),
        },
        WebError::Refused { .. } => AcquireError::Unavailable {
            message,
            hints: hint("credentials come from the client's own configuration for exactly that host"),
        },
        WebError::Failed { .. } | WebError::TooLarge { .. } => {
            AcquireError::Unavailable { message, hints: Vec::new() }
        }
    }
}

/// An error without hints.
pub(super) fn unavailable(message: &str) -> AcquireError {
    AcquireError::Unavailable { message: message.to_owned(), hints: Vec::new() }
}

/// The URL that a registry names, resolved against the document that names it.
///
/// # Errors
/// Where it is no web address, too long, or gives up the encryption that the document came with.
pub(super) fn named_url(base: &Url, named: &str) -> Result<(Url, Option<Secret>), AcquireError> {
    if named.len() > LONGEST_URL {
        return Err(unavailable(
            "nothing was downloaded: the registry names an archive URL that is too long",
        ));
    }
    let mut url = base.join(named).map_err(|_| {
        unavailable("nothing was downloaded: the registry names an archive URL that is not a URL")
    })?;
    let secret = super::clients::take_credentials(&mut url);
    url.set_fragment(None);
    match (base.scheme(), url.scheme()) {
        (_, "https") | ("http", "http") => Ok((url, secret)),
        (_, scheme) => Err(unavailable(&format!(
            "nothing was downloaded: the registry is `{}`, but names an archive at a `{}` address",
            base.scheme(),
            crate::untrusted::excerpt(scheme, 20)
        ))),
    }
}

/// Whether a URL means this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What has to be said about a registry that is asked in the clear over a network.
pub(super) fn unencrypted(url: &Url) -> Option<String> {
    (url.scheme() == "http" && !is_loopback(url))
        .then(|| format!("{} is asked without encryption, as configured", show(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(algorithm: &'static str, hex: &str) -> Digest {
        Digest { algorithm, hex: hex.to_owned() }
    }

    #[test]
    fn says_when_a_registry_is_asked_in_the_clear() {
        for (url, is_said) in [
            ("http://registry.example/", true),
            ("https://registry.example/", false),
            ("http://127.0.0.1:8080/", false),
            ("http://[::1]/", false),
            ("http://localhost/", false),
            ("http://localhost.example/", true),
        ] {
            assert_eq!(unencrypted(&Url::parse(url).unwrap()).is_some(), is_said, "{url}");
        }
    }

    #[test]
    fn only_the_strongest_promises_count() {
        let promised = [digest("sha512", "a"), digest("sha512", "b"), digest("sha1", "c")];
        assert_eq!(strongest(&promised), &promised[..2]);
        assert_eq!(strongest(&[]), &[]);
    }

    #[test]
    fn any_of_several_promises_may_hold() {
        let url = Url::parse("https://registry.example/x.tgz").unwrap();
        let right = digest::sha256(b"abc");
        let wrong = digest("sha256", "00");
        assert_eq!(matching(b"abc", &[wrong.clone(), right.clone()], &url).unwrap(), Some(right));
        assert_eq!(matching(b"abc", &[], &url).unwrap(), None);
        let AcquireError::Hostile { rule, message } = matching(b"abc", &[wrong], &url).unwrap_err() else {
            panic!("another error")
        };
        assert_eq!(rule, "artifact/digest-mismatch");
        assert!(message.contains("the registry promised sha256:00"), "{message}");
    }

    #[test]
    fn resolves_names_and_refuses_other_schemes() {
        let https = Url::parse("https://registry.example/simple/x/").unwrap();
        let http = Url::parse("http://127.0.0.1/simple/x/").unwrap();
        let ok = |base: &Url, named: &str| named_url(base, named).map(|(url, _)| url.to_string());
        assert_eq!(ok(&https, "../../f/x.whl#sha256=00").unwrap(), "https://registry.example/f/x.whl");
        assert_eq!(ok(&http, "x.whl").unwrap(), "http://127.0.0.1/simple/x/x.whl");
        for named in ["http://registry.example/x", "file:///etc/passwd", "data:text/plain,x", "https://"] {
            assert!(ok(&https, named).is_err(), "{named}");
        }
        assert!(ok(&https, &"x".repeat(3000)).is_err());
    }
}
