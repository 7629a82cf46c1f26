//! What was fetched before, under the user's cache directory.
//!
//! A blob is kept under its digest and checked again when it is read: what was changed on disk is
//! as good as absent. A document is kept under the address that it came from and answers while it
//! is fresh, or at any age without network. Nothing is written outside the cache.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use url::Url;

use super::{
    Settings, digest,
    web::{Answer, Get, Post, Question, Reply, Web, WebError, show},
};
use crate::artifact::Digest;

/// How long a document answers without asking again, seconds.
const MAX_AGE: u64 = 300;
/// First line of a stored document.
const FORMAT: &str = "mcp-vouch document 1";

/// A door with a memory.
pub struct Cached<W> {
    inner: W,
    folder: PathBuf,
    is_offline: bool,
    now: u64,
}

impl<W: Web> Cached<W> {
    /// Remembers in a folder what `inner` fetches.
    pub fn new(inner: W, folder: &Path, settings: &Settings) -> Self {
        Self { inner, folder: folder.to_owned(), is_offline: settings.offline, now: settings.now }
    }

    fn blob(&self, get: &Get, expected: &Digest) -> Result<Reply, WebError> {
        let path = self.blob_path(expected);
        let stored = path.as_deref().and_then(|path| read_bounded(path, get.limit));
        if let Some(body) = stored.filter(|body| digest::matches(body, expected)) {
            return Ok(Reply { body, url: get.url.clone(), stored: None });
        }
        if self.is_offline {
            return Err(WebError::Offline { url: show(&get.url) });
        }
        let reply = self.inner.get(get)?;
        if !digest::matches(&reply.body, expected) {
            return Err(WebError::DigestMismatch {
                url: show(&reply.url),
                expected: expected.to_string(),
                found: digest::sha256(&reply.body).to_string(),
            });
        }
        if let Some(path) = path {
            keep(&path, &[&reply.body]);
        }
        Ok(reply)
    }

    /// Where a digest is kept; nowhere where it is not hexadecimal.
    fn blob_path(&self, expected: &Digest) -> Option<PathBuf> {
        let is_hex = !expected.hex.is_empty() && expected.hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = expected.hex.to_ascii_lowercase();
        is_hex.then(|| self.folder.join("blob").join(expected.algorithm).join(name))
    }

    /// A reply that is kept under the request that it answered.
    fn remembered(
        &self,
        request: &str,
        url: &Url,
        limit: u64,
        fetch: impl FnOnce() -> Result<Reply, WebError>,
    ) -> Result<Reply, WebError> {
        let path = self.folder.join("document").join(request);
        let stored = read_bounded(&path, limit.saturating_add(4096)).and_then(|bytes| parse(&bytes));
        if let Some(document) = stored {
            let age = self.now.checked_sub(document.stored);
            let is_fresh = age.is_some_and(|age| age <= MAX_AGE);
            if (self.is_offline || is_fresh) && document.reply.body.len() as u64 <= limit {
                return Ok(document.reply);
            }
        }
        if self.is_offline {
            return Err(WebError::Offline { url: show(url) });
        }
        let absent = self.folder.join("absent").join(request);
        if self.is_known_absent(&absent) {
            return Err(WebError::NotFound { url: show(url) });
        }
        match fetch() {
            Ok(reply) => {
                self.store(&path, &reply);
                Ok(reply)
            }
            Err(error) => {
                if matches!(error, WebError::NotFound { .. }) {
                    keep(&absent, &[format!("{FORMAT}\n{}\n", self.now).as_bytes()]);
                }
                Err(error)
            }
        }
    }

    /// Whether the network said a short while ago that there is nothing. Without network that is
    /// not known any more.
    fn is_known_absent(&self, path: &Path) -> bool {
        let Some(bytes) = read_bounded(path, 256) else { return false };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        let is_known = lines.next() == Some(FORMAT);
        let stored: Option<u64> = lines.next().and_then(|line| line.parse().ok());
        let age = stored.and_then(|stored| self.now.checked_sub(stored));
        is_known && age.is_some_and(|age| age <= MAX_AGE)
    }

    fn store(&self, path: &Path, reply: &Reply) {
        let head = format!(
            "{FORMAT}\n{}\n{}\n{}\n",
            self.now,
            digest::sha256(&reply.body).hex,
            without_credentials(&reply.url)
        );
        keep(path, &[head.as_bytes(), &reply.body]);
    }
}

impl<W: Web> Web for Cached<W> {
    fn get(&self, get: &Get) -> Result<Reply, WebError> {
        match &get.expected {
            Some(expected) => self.blob(get, expected),
            None => self.remembered(&key(get), &get.url, get.limit, || self.inner.get(get)),
        }
    }

    fn post(&self, post: &Post) -> Result<Reply, WebError> {
        self.remembered(&key_of_post(post), &post.url, post.limit, || self.inner.post(post))
    }

    fn ask(&self, question: &Question, enough: &mut dyn FnMut(&[u8]) -> bool) -> Result<Answer, WebError> {
        self.inner.ask(question, enough)
    }
}

/// A door that notes how old the answers are which come through it.
pub(super) struct Watched<'a> {
    inner: &'a dyn Web,
    oldest: AtomicU64,
}

impl<'a> Watched<'a> {
    pub(super) fn new(inner: &'a dyn Web) -> Self {
        Self { inner, oldest: AtomicU64::new(u64::MAX) }
    }

    /// When the oldest of the answers was fetched that came out of a cache.
    pub(super) fn oldest(&self) -> Option<u64> {
        Some(self.oldest.load(Ordering::Relaxed)).filter(|stored| *stored != u64::MAX)
    }

    fn noted(&self, reply: Result<Reply, WebError>) -> Result<Reply, WebError> {
        if let Ok(Reply { stored: Some(stored), .. }) = &reply {
            self.oldest.fetch_min(*stored, Ordering::Relaxed);
        }
        reply
    }
}

impl Web for Watched<'_> {
    fn get(&self, get: &Get) -> Result<Reply, WebError> {
        self.noted(self.inner.get(get))
    }

    fn post(&self, post: &Post) -> Result<Reply, WebError> {
        self.noted(self.inner.post(post))
    }

    fn ask(&self, question: &Question, enough: &mut dyn FnMut(&[u8]) -> bool) -> Result<Answer, WebError> {
        self.inner.ask(question, enough)
    }
}

/// A document as it was stored.
struct Document {
    stored: u64,
    reply: Reply,
}

fn parse(bytes: &[u8]) -> Option<Document> {
    let mut parts = bytes.splitn(5, |byte| *byte == b'\n');
    let mut line = || parts.next().and_then(|line| std::str::from_utf8(line).ok());
    let is_known = line()? == FORMAT;
    let stored = line()?.parse().ok()?;
    let hex = line()?.to_owned();
    let url = Url::parse(line()?).ok()?;
    let body = parts.next()?.to_vec();
    let is_intact = digest::sha256(&body).hex == hex;
    (is_known && is_intact).then_some(Document { stored, reply: Reply { body, url, stored: Some(stored) } })
}

/// What makes two requests the same; a credential only as part of the hash.
fn key(get: &Get) -> String {
    let secret = get.authorization.as_ref().map_or("", |secret| secret.0.as_str());
    hashed(&[get.url.as_str().as_bytes(), get.accept.unwrap_or_default().as_bytes(), secret.as_bytes()])
}

fn key_of_post(post: &Post) -> String {
    let secret = post.authorization.as_ref().map_or("", |secret| secret.0.as_str());
    hashed(&[post.url.as_str().as_bytes(), b"post", secret.as_bytes(), &post.body])
}

fn hashed(parts: &[&[u8]]) -> String {
    let hashed: Vec<String> = parts.iter().map(|part| digest::sha256(part).hex).collect();
    digest::sha256(hashed.join("\n").as_bytes()).hex
}

fn without_credentials(url: &Url) -> Url {
    let mut bare = url.clone();
    let is_bare = bare.set_username("").is_ok() && bare.set_password(None).is_ok();
    bare.set_query(None);
    bare.set_fragment(None);
    if is_bare || url.username().is_empty() { bare } else { url.clone() }
}

fn read_bounded(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let file = fs::File::open(path).ok()?;
    let length = file.metadata().ok().filter(fs::Metadata::is_file)?.len();
    if length > limit {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    io::Read::read_to_end(&mut io::Read::take(file, limit), &mut bytes).ok()?;
    Some(bytes)
}

/// Stores a file whole or not at all. A cache that cannot be written is slow, not wrong.
fn keep(path: &Path, parts: &[&[u8]]) {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let Some(folder) = path.parent() else { return };
    if create_folder(folder).is_err() {
        return;
    }
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".new-{}-{number}", std::process::id()));
    let is_kept = write(&temporary, parts).and_then(|()| fs::rename(&temporary, path)).is_ok();
    if !is_kept {
        drop(fs::remove_file(&temporary));
    }
}

fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.flush()
}

/// Creates the folders of the cache for the user alone.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests;
