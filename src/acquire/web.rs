//! The one door to the network.

use url::Url;

use super::{Settings, cache::Cached, live::Live};
use crate::{artifact::Digest, untrusted};

/// The door that the settings ask for: live or refused, behind the cache where there is one.
pub fn open(settings: &Settings, progress: bool) -> Box<dyn Web> {
    match (&settings.cache, settings.offline) {
        (Some(folder), true) => Box::new(Cached::new(Refused, folder, settings)),
        (Some(folder), false) => Box::new(Cached::new(Live::new(progress), folder, settings)),
        (None, true) => Box::new(Refused),
        (None, false) => Box::new(Live::new(progress)),
    }
}

/// Fetches documents and archives.
pub trait Web: Sync {
    /// Performs one GET.
    ///
    /// # Errors
    /// Where nothing usable came back.
    fn get(&self, get: &Get) -> Result<Reply, WebError>;

    /// Performs one POST that asks and changes nothing, as git's protocol has it.
    ///
    /// # Errors
    /// Where nothing usable came back, or this door does not post.
    fn post(&self, post: &Post) -> Result<Reply, WebError> {
        Err(WebError::Offline { url: show(&post.url) })
    }

    /// Puts one question to a live server, once: no retries, no redirects, no memory. Where the
    /// answer is a stream, `enough` gets each part of it and says when to stop reading.
    ///
    /// # Errors
    /// Where nobody answered, or this door asks no live servers.
    fn ask(&self, question: &Question, enough: &mut dyn FnMut(&[u8]) -> bool) -> Result<Answer, WebError> {
        let _ = enough;
        Err(WebError::Offline { url: show(&question.url) })
    }
}

/// A question to a live server.
#[derive(Clone, Debug)]
pub struct Question {
    /// How it is put.
    pub verb: Verb,
    /// Absolute URL.
    pub url: Url,
    /// Headers, whose values are never printed.
    pub headers: Vec<(String, Secret)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// Most bytes to take.
    pub limit: u64,
}

/// How a question is put.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verb {
    /// With a JSON body.
    Post,
    /// As the end of a session.
    Delete,
}

/// What a live server answered, whatever the status.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, lower case.
    pub content_type: String,
    /// `Mcp-Session-Id`.
    pub session: Option<String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// One thing to fetch.
#[derive(Clone, Debug)]
pub struct Get {
    /// Absolute URL.
    pub url: Url,
    /// `Accept` header.
    pub accept: Option<&'static str>,
    /// `Authorization` header value, sent to this URL's host only and never printed.
    pub authorization: Option<Secret>,
    /// Most bytes to take.
    pub limit: u64,
    /// The digest that the body must have: then the cache may answer, and keeps the body.
    pub expected: Option<Digest>,
}

/// One question that needs a body.
#[derive(Clone, Debug)]
pub struct Post {
    /// Absolute URL; redirects are not followed.
    pub url: Url,
    /// `Content-Type` header.
    pub content_type: &'static str,
    /// `Accept` header.
    pub accept: Option<&'static str>,
    /// `Authorization` header value, sent to this URL's host only and never printed.
    pub authorization: Option<Secret>,
    /// What is sent.
    pub body: Vec<u8>,
    /// Most bytes to take.
    pub limit: u64,
}

/// A reply with status 200.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The body, decoded.
    pub body: Vec<u8>,
    /// The URL after redirects.
    pub url: Url,
    /// When it was fetched, in seconds since 1970-01-01 UTC, where it comes out of the cache and might
    /// be another one by now.
    pub stored: Option<u64>,
}

/// No network: nothing is fetched.
pub struct Refused;

impl Web for Refused {
    fn get(&self, get: &Get) -> Result<Reply, WebError> {
        Err(WebError::Offline { url: show(&get.url) })
    }
}

/// A URL for a person: without user, password, query and fragment.
pub fn show(url: &Url) -> String {
    let mut shown = String::from(url.scheme());
    shown.push_str("://");
    shown.push_str(url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        shown.push(':');
        shown.push_str(&port.to_string());
    }
    shown.push_str(url.path());
    untrusted::excerpt(&shown, 300)
}

/// Whether two URLs have the same scheme, host and port, so that one's credentials may go to the other.
pub fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// A value that must not be shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Why a fetch failed. URLs in messages are shown without credentials and query.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The network is refused and the cache does not have it.
    #[error("{url} is not in the cache and the network is off")]
    Offline {
        /// Shown URL.
        url: String,
    },
    /// 404 or 410.
    #[error("{url} does not exist")]
    NotFound {
        /// Shown URL.
        url: String,
    },
    /// 401 or 403.
    #[error("{url} refused access (status {status})")]
    Refused {
        /// Shown URL.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Another status, a broken connection or a time-out, after retries.
    #[error("{url} could not be read: {why}")]
    Failed {
        /// Shown URL.
        url: String,
        /// Printable reason.
        why: String,
    },
    /// More bytes than allowed.
    #[error("{url} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Shown URL.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The body does not have the promised digest.
    #[error("{url} has digest {found}, promised was {expected}")]
    DigestMismatch {
        /// Shown URL.
        url: String,
        /// What was promised.
        expected: String,
        /// What came.
        found: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn shows_urls_without_credentials() {
        for (written, shown) in [
            ("https://user:pass@registry.example/a?token=1#x", "https://registry.example/a"),
            ("http://registry.example:8080/", "http://registry.example:8080/"),
            ("file:///a/b", "file:///a/b"),
        ] {
            assert_eq!(show(&url(written)), shown);
        }
        assert_eq!(format!("{:?}", Secret("Bearer abc".into())), "Secret(…)");
    }

    #[test]
    fn tells_origins_apart() {
        let home = url("https://registry.example/a");
        for (other, expected) in [
            ("https://registry.example/b?c", true),
            ("https://registry.example:443/", true),
            ("http://registry.example/", false),
            ("https://registry.example:444/", false),
            ("https://cdn.registry.example/", false),
            ("https://registry.example.evil.example/", false),
        ] {
            assert_eq!(same_origin(&home, &url(other)), expected, "{other}");
        }
    }

    #[test]
    fn refuses_everything_offline() {
        let get = Get {
            url: url("https://user:pass@registry.example/a"),
            accept: None,
            authorization: None,
            limit: 1,
            expected: None,
        };
        let error = Refused.get(&get).unwrap_err().to_string();
        assert_eq!(error, "https://registry.example/a is not in the cache and the network is off");
    }
}
