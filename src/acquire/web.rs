//! The one door to the network.

use crate::artifact::Digest;

/// Fetches documents and archives.
pub trait Web: Sync {
    /// Performs one GET.
    ///
    /// # Errors
    /// Where nothing usable came back.
    fn get(&self, get: &Get) -> Result<Reply, WebError>;
}

/// One thing to fetch.
#[derive(Clone, Debug)]
pub struct Get {
    /// Absolute URL.
    pub url: url::Url,
    /// `Accept` header.
    pub accept: Option<&'static str>,
    /// `Authorization` header value, sent to this URL's host only and never printed.
    pub authorization: Option<Secret>,
    /// Most bytes to take.
    pub limit: u64,
    /// The digest that the body must have: then the cache may answer, and keeps the body.
    pub expected: Option<Digest>,
}

/// A reply with status 200.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The body, decoded.
    pub body: Vec<u8>,
    /// The URL after redirects.
    pub url: url::Url,
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
