//! The network itself: bounded in bytes, time and patience, and careful with credentials.

mod asking;

use std::{
    io::{self, Read},
    sync::OnceLock,
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::{
    StatusCode,
    blocking::{Client, RequestBuilder, Response},
    header,
    redirect::Policy,
};
use url::Url;

use super::{
    digest::Hasher,
    web::{Answer, Get, Post, Question, Reply, Web, WebError, same_origin, show},
};
use crate::untrusted;

/// Most redirects that are followed.
const REDIRECTS: usize = 5;
/// Most attempts after the first.
const RETRIES: u32 = 3;
/// Longest wait over all retries.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest time for one whole transfer.
const WHOLE: Duration = Duration::from_mins(2);
/// Bodies at least this large get a progress bar, bytes.
const WORTH_SHOWING: u64 = 1 << 20;

/// The live network. Connects to nothing before the first fetch.
pub struct Live {
    client: OnceLock<Result<Client, String>>,
    progress: bool,
    pause: Duration,
}

impl Live {
    /// A door that shows progress on a terminal's standard error, or never does.
    pub fn new(progress: bool) -> Self {
        Self { client: OnceLock::new(), progress, pause: Duration::from_millis(300) }
    }

    /// A door that retries without waiting.
    #[cfg(test)]
    pub(crate) fn impatient() -> Self {
        Self { pause: Duration::ZERO, ..Self::new(false) }
    }

    fn client(&self, url: &Url) -> Result<&Client, WebError> {
        let built = self.client.get_or_init(|| {
            let builder = Client::builder();
            // Tests talk to loopback servers, whatever the environment says.
            #[cfg(test)]
            let builder = builder.no_proxy();
            builder
                .user_agent(concat!("mcp-vouch/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(CONNECT)
                .timeout(WHOLE)
                .build()
                .map_err(reason)
        });
        built.as_ref().map_err(|why| failed(url, why))
    }

    /// Tries until it succeeds, cannot succeed, or has taken too long.
    fn patiently(&self, url: &Url, attempt: impl Fn() -> Result<Reply, Failure>) -> Result<Reply, WebError> {
        let mut waited = Duration::ZERO;
        for retry in 0..=RETRIES {
            let (error, wait) = match attempt() {
                Ok(reply) => return Ok(reply),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { error, wait }) => (error, wait),
            };
            let wait = wait.unwrap_or_else(|| self.pause.saturating_mul(1 << (2 * retry)));
            if retry == RETRIES || waited + wait > PATIENCE {
                return Err(error);
            }
            thread::sleep(wait);
            waited += wait;
        }
        Err(failed(url, "it did not answer"))
    }

    /// One attempt, redirects included.
    fn attempt(&self, get: &Get) -> Result<Reply, Failure> {
        let mut url = get.url.clone();
        for _ in 0..=REDIRECTS {
            check_scheme(&get.url, &url)?;
            let request = self.client(&url).map_err(Failure::Final)?.get(url.clone());
            let response = Self::send(get, &url, request)?;
            let status = response.status();
            if status.is_redirection() && response.headers().contains_key(header::LOCATION) {
                url = next(&url, &response)?;
                continue;
            }
            return self.answer(get, url, response);
        }
        Err(Failure::Final(failed(&get.url, &format!("more than {REDIRECTS} redirects"))))
    }

    /// One attempt to post. A redirect is an answer that cannot be used.
    fn attempt_post(&self, post: &Post) -> Result<Reply, Failure> {
        let get = Get {
            url: post.url.clone(),
            accept: post.accept,
            authorization: post.authorization.clone(),
            limit: post.limit,
            expected: None,
        };
        check_scheme(&get.url, &get.url)?;
        let request = self.client(&get.url).map_err(Failure::Final)?.post(get.url.clone());
        let request = request.header(header::CONTENT_TYPE, post.content_type).body(post.body.clone());
        let response = Self::send(&get, &get.url, request)?;
        self.answer(&get, get.url.clone(), response)
    }

    fn answer(&self, get: &Get, url: Url, response: Response) -> Result<Reply, Failure> {
        match response.status() {
            StatusCode::OK => self.body(get, url, response),
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                Err(Failure::Final(WebError::NotFound { url: show(&url) }))
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(Failure::Final(WebError::Refused { url: show(&url), status: status.as_u16() }))
            }
            status => Err(refused(&url, status, &response)),
        }
    }

    fn send(get: &Get, url: &Url, mut request: RequestBuilder) -> Result<Response, Failure> {
        if let Some(accept) = get.accept {
            request = request.header(header::ACCEPT, accept);
            if accept.starts_with("application/x-git-") {
                // Forges answer git's protocol only to agents whose name begins like this.
                request =
                    request.header(header::USER_AGENT, concat!("git/mcp-vouch-", env!("CARGO_PKG_VERSION")));
            }
        }
        if get.expected.is_some() {
            // The digest is that of the bytes as they were published.
            request = request.header(header::ACCEPT_ENCODING, "identity");
        }
        if let Some(secret) = get.authorization.as_ref().filter(|_| same_origin(&get.url, url)) {
            let mut value = header::HeaderValue::from_str(&secret.0).map_err(|_| {
                Failure::Final(failed(url, "the credential has characters that no header can carry"))
            })?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        request.send().map_err(|error| Failure::Passing { error: failed(url, &reason(error)), wait: None })
    }

    fn body(&self, get: &Get, url: Url, response: Response) -> Result<Reply, Failure> {
        let too_large = || Failure::Final(WebError::TooLarge { url: show(&url), limit: get.limit });
        let stated = response.content_length();
        if stated.is_some_and(|length| length > get.limit) {
            return Err(too_large());
        }
        let bar = self.bar(&url, stated);
        let mut hasher = match &get.expected {
            Some(expected) => Some(Hasher::new(expected.algorithm).ok_or_else(|| {
                Failure::Final(failed(
                    &url,
                    &format!("its digest `{}` cannot be checked", expected.algorithm),
                ))
            })?),
            None => None,
        };
        let mut body = Vec::new();
        let mut reader = response;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = read(&mut reader, &mut buffer).map_err(|error| Failure::Passing {
                error: failed(&url, &format!("the transfer broke off: {}", chain(&error))),
                wait: None,
            })?;
            let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else { break };
            if (body.len() + count) as u64 > get.limit {
                return Err(too_large());
            }
            if let Some(hasher) = &mut hasher {
                hasher.update(chunk);
            }
            bar.inc(count as u64);
            body.extend_from_slice(chunk);
        }
        bar.finish_and_clear();
        if let (Some(hasher), Some(expected)) = (hasher, &get.expected) {
            let found = hasher.finish();
            if !found.hex.eq_ignore_ascii_case(&expected.hex) {
                return Err(Failure::Final(mismatch(&url, &expected.to_string(), &found.to_string())));
            }
        }
        Ok(Reply { body, url, stored: None })
    }

    fn bar(&self, url: &Url, length: Option<u64>) -> ProgressBar {
        if !self.progress || length.is_none_or(|length| length < WORTH_SHOWING) {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(untrusted::excerpt(&show(url), 100));
        bar
    }
}

impl Web for Live {
    fn get(&self, get: &Get) -> Result<Reply, WebError> {
        self.patiently(&get.url, || self.attempt(get))
    }

    fn post(&self, post: &Post) -> Result<Reply, WebError> {
        self.patiently(&post.url, || self.attempt_post(post))
    }

    fn ask(&self, question: &Question, enough: &mut dyn FnMut(&[u8]) -> bool) -> Result<Answer, WebError> {
        asking::ask(self.client(&question.url)?, question, enough)
    }
}

/// Why an attempt failed.
enum Failure {
    /// Trying again will not help.
    Final(WebError),
    /// Trying again may help, after a wait where the server named one.
    Passing { error: WebError, wait: Option<Duration> },
}

/// Only web addresses, and from an encrypted one never to one in the clear.
fn check_scheme(first: &Url, url: &Url) -> Result<(), Failure> {
    match (first.scheme(), url.scheme()) {
        (_, "https") | ("http", "http") => Ok(()),
        ("https", "http") => Err(Failure::Final(failed(first, "it redirects from https to http"))),
        _ => Err(Failure::Final(failed(first, &format!("`{}` is no web address", show(url))))),
    }
}

fn next(url: &Url, response: &Response) -> Result<Url, Failure> {
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let joined = location.and_then(|location| url.join(location).ok());
    let mut joined = joined.ok_or_else(|| Failure::Final(failed(url, "it redirects to no valid address")))?;
    // What a server writes there would otherwise be sent as a credential.
    if joined.has_authority() && (joined.set_username("").is_err() || joined.set_password(None).is_err()) {
        return Err(Failure::Final(failed(url, &format!("`{}` is no web address", show(&joined)))));
    }
    Ok(joined)
}

fn refused(url: &Url, status: StatusCode, response: &Response) -> Failure {
    let error = failed(url, &format!("status {}", status.as_u16()));
    match status.as_u16() {
        429 | 500 | 502 | 503 | 504 => {
            let wait = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let wait = wait.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
            Failure::Passing { error, wait }
        }
        _ => Failure::Final(error),
    }
}

fn failed(url: &Url, why: &str) -> WebError {
    WebError::Failed { url: show(url), why: untrusted::excerpt(why, 300) }
}

fn mismatch(url: &Url, expected: &str, found: &str) -> WebError {
    WebError::DigestMismatch { url: show(url), expected: expected.to_owned(), found: found.to_owned() }
}

fn read(reader: &mut Response, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The innermost reason, without the URL, which may hold credentials.
fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    chain(&error.without_url())
}

/// The last cause in a chain of errors says what happened.
fn chain(error: &dyn std::error::Error) -> String {
    const LONGEST: usize = 16;
    let mut last = error;
    for _ in 0..LONGEST {
        let Some(source) = last.source() else { break };
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests;
