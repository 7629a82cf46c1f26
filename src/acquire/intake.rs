//! A stream of bytes under a path to a [`File`]: hashed, told apart, kept where it will be read.
//!
//! Never holds more than one file limit of bytes, however long the stream is.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::{Limits, sniff};
use crate::artifact::{File, Kind, Needed, Unread};

/// A file, and what has to be said where its content was not kept although it should be.
pub(crate) struct Taken {
    /// The file.
    pub(crate) file: File,
    /// Says that it is too large.
    pub(crate) unread: Option<Unread>,
}

/// Reads a stream to its end. `hint` is the size that somebody stated; it is not believed.
///
/// # Errors
/// Where the stream cannot be read.
pub(crate) fn take(path: &str, reader: &mut dyn Read, hint: u64, limits: &Limits) -> io::Result<Taken> {
    let mut state = State::default();
    let mut start = [0; sniff::HEAD];
    let length = fill(reader, &mut start)?;
    let head = &start[..length];
    let kind = sniff::kind(path, head);
    let most = usize::try_from(limits.file).unwrap_or(usize::MAX);
    let kept = sniff::is_kept(kind);
    let mut bytes = Vec::new();
    let mut is_whole = kept && length <= most;
    if is_whole {
        // One byte more than stated shows where the file ends.
        let stated = usize::try_from(hint).unwrap_or(0).min(most).saturating_add(1);
        bytes.reserve(if length < start.len() { length } else { stated.max(length) });
        bytes.extend_from_slice(head);
        if length == start.len() {
            let room = u64::try_from(most - length).unwrap_or(u64::MAX).saturating_add(1);
            reader.take(room).read_to_end(&mut bytes)?;
        }
        state.add(&bytes);
        is_whole = bytes.len() <= most;
    } else {
        state.add(head);
    }
    if !is_whole {
        bytes = Vec::new();
        if length == start.len() {
            state.stream(reader)?;
        }
    }
    let unread = (kept && !is_whole).then(|| too_large(path, kind, limits));
    let kind = if is_whole { sniff::settle(kind, path, &bytes) } else { kind };
    if !sniff::is_kept(kind) {
        bytes = Vec::new();
    }
    bytes.shrink_to_fit();
    let path = path.to_owned();
    let file = File { path, size: state.size, sha256: state.hasher.finalize().into(), kind, bytes };
    Ok(Taken { file, unread })
}

/// What is known while reading.
#[derive(Default)]
struct State {
    hasher: Sha256,
    size: u64,
}

impl State {
    fn add(&mut self, chunk: &[u8]) {
        self.hasher.update(chunk);
        self.size = self.size.saturating_add(chunk.len() as u64);
    }

    /// Adds what is left of a stream without keeping it.
    fn stream(&mut self, reader: &mut dyn Read) -> io::Result<()> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = read_some(reader, &mut buffer)?;
            let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else { return Ok(()) };
            self.add(chunk);
        }
    }
}

/// The entry of the ledger for a file whose content is too large to keep.
fn too_large(path: &str, kind: Kind, limits: &Limits) -> Unread {
    let needed = match kind {
        Kind::Source(_) => Needed::Yes,
        Kind::Declaration
        | Kind::SourceMap
        | Kind::Data
        | Kind::Text
        | Kind::Native(_)
        | Kind::Archive
        | Kind::Other => Needed::No,
    };
    Unread { path: path.to_owned(), why: format!("larger than the limit of {} bytes", limits.file), needed }
}

/// Reads until a buffer is full or the stream ends; gives the number of bytes.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match read_some(reader, &mut buffer[length..])? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}

fn read_some(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquire::digest::hex;

    fn taken(path: &str, bytes: &[u8], limit: u64) -> Taken {
        let limits = Limits { file: limit, ..Limits::default() };
        take(path, &mut &*bytes, bytes.len() as u64, &limits).unwrap()
    }

    #[test]
    fn keeps_what_will_be_read_and_hashes_the_rest() {
        let source = taken("a.js", b"abc", 100);
        assert_eq!(source.file.bytes, b"abc");
        assert!(hex(&source.file.sha256).starts_with("ba7816bf"));
        let map = taken("a.d.ts", b"abc", 100);
        assert_eq!((map.file.bytes.len(), map.file.size), (0, 3));
        assert_eq!(map.file.sha256, source.file.sha256);
    }

    #[test]
    fn says_that_source_beyond_the_limit_is_missing() {
        for (size, limit) in [(101, 100), (20_000, 10_000), (200_000, 9_000)] {
            let large = taken("a.js", &vec![b'x'; size], limit);
            assert_eq!((large.file.size, large.file.bytes.len()), (size as u64, 0));
            assert_eq!(large.unread.unwrap().needed, Needed::Yes);
        }
        assert_eq!(taken("a.json", &[b' '; 101], 100).unread.unwrap().needed, Needed::No);
        assert!(taken("a.js", &[b'x'; 100], 100).unread.is_none());
        assert!(taken("a.png", &[0; 101], 100).unread.is_none());
    }

    #[test]
    fn does_not_believe_the_stated_size() {
        let limits = Limits { file: 1000, ..Limits::default() };
        let taken = take("a.js", &mut &b"abc"[..], u64::MAX, &limits).unwrap();
        assert_eq!(taken.file.bytes, b"abc");
    }
}
