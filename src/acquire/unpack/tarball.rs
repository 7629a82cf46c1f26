//! Tar entries to files: regular files only, one at a time.
//!
//! Readers disagree about where an archive ends and which of two headers counts. This one reads
//! everything that any of them would, and says where they disagree.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use tar::{Archive, EntryType, PaxExtensions};

use super::{Collector, Meter, Metered, broken};
use crate::{
    acquire::AcquireError,
    artifact::{Needed, RefusalReason},
};

/// Longest extension header (long name, pax records), bytes; real ones hold a few hundred.
const EXTENSION: u64 = 64 << 10;

/// Reads a whole tar stream.
///
/// # Errors
/// Where it is a bomb, has too many entries or is damaged.
pub(crate) fn read<R: Read>(stream: R, collector: &mut Collector<'_>) -> Result<(), AcquireError> {
    let meter = collector.meter();
    let mut archive = Archive::new(Metered::new(stream, &meter));
    // Some installers read on after one zero block, others stop there.
    archive.set_ignore_zeros(true);
    let mut reading = Reading { meter: &meter, next: Next::default(), end: 0, is_continued: false };
    let entries = archive.entries().map_err(|error| broken(&error.to_string()))?.raw(true);
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                collector.check(&meter)?;
                return Err(broken(&format!("it is damaged: {error}")));
            }
        };
        collector.count()?;
        reading.one(&mut entry, collector)?;
    }
    if reading.is_continued {
        collector.skip("", "the archive continues after its end marker", Needed::Yes);
    }
    Ok(())
}

/// All members of a gzip stream, one behind the other; zeros behind the last one are padding.
pub(crate) struct Members<'a> {
    current: GzDecoder<&'a [u8]>,
}

impl<'a> Members<'a> {
    /// Reads from packed bytes.
    pub(crate) fn new(packed: &'a [u8]) -> Self {
        Self { current: GzDecoder::new(packed) }
    }
}

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            let rest: &[u8] = self.current.get_ref();
            if count > 0 || buffer.is_empty() || rest.iter().all(|byte| *byte == 0) {
                return Ok(count);
            }
            self.current = GzDecoder::new(rest);
        }
    }
}

/// What extension headers say about the entry that follows them.
#[derive(Default)]
struct Next {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<Vec<u8>>,
    is_sparse: bool,
    is_ambiguous: bool,
}

impl Next {
    fn set_path(&mut self, path: Vec<u8>) {
        self.is_ambiguous |= self.path.as_ref().is_some_and(|before| *before != path);
        self.path = Some(path);
    }
}

struct Reading<'a> {
    meter: &'a Meter,
    next: Next,
    end: u64,
    is_continued: bool,
}

impl Reading<'_> {
    fn one<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        collector: &mut Collector<'_>,
    ) -> Result<(), AcquireError> {
        self.is_continued |= self.end != 0 && entry.raw_header_position() > self.end;
        self.end = entry.raw_file_position().saturating_add(entry.size().div_ceil(512).saturating_mul(512));
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                let path = until_nul(self.extension(entry, collector)?);
                self.next.set_path(path);
            }
            EntryType::GNULongLink => {
                self.next.link = Some(until_nul(self.extension(entry, collector)?));
            }
            EntryType::XHeader => {
                let records = self.extension(entry, collector)?;
                self.records(&records)?;
            }
            EntryType::XGlobalHeader => {
                let records = self.extension(entry, collector)?;
                let mut global =
                    Reading { meter: self.meter, next: Next::default(), end: 0, is_continued: false };
                global.records(&records)?;
                if global.next.path.is_some() || global.next.link.is_some() || global.next.size.is_some() {
                    collector.skip("", "the archive renames all of its entries", Needed::Yes);
                }
            }
            kind => {
                let next = std::mem::take(&mut self.next);
                self.member(kind, entry, next, collector)?;
            }
        }
        Ok(())
    }

    fn extension<R: Read>(
        &self,
        entry: &mut tar::Entry<'_, R>,
        collector: &Collector<'_>,
    ) -> Result<Vec<u8>, AcquireError> {
        if entry.size() > EXTENSION {
            return Err(broken(&format!("an extension header is longer than {EXTENSION} bytes")));
        }
        let mut bytes = Vec::new();
        if let Err(error) = entry.take(EXTENSION).read_to_end(&mut bytes) {
            collector.check(self.meter)?;
            return Err(broken(&format!("it is damaged: {error}")));
        }
        Ok(bytes)
    }

    fn records(&mut self, records: &[u8]) -> Result<(), AcquireError> {
        for record in PaxExtensions::new(records) {
            let record = record.map_err(|error| broken(&format!("it is damaged: {error}")))?;
            let value = record.value_bytes().to_vec();
            match record.key_bytes() {
                b"path" => self.next.set_path(value),
                b"linkpath" => self.next.link = Some(value),
                b"size" => self.next.size = Some(value),
                key if key.starts_with(b"GNU.sparse.") => self.next.is_sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn member<R: Read>(
        &mut self,
        kind: EntryType,
        entry: &mut tar::Entry<'_, R>,
        next: Next,
        collector: &mut Collector<'_>,
    ) -> Result<(), AcquireError> {
        let size = entry.size();
        if next.size.is_some_and(|stated| {
            std::str::from_utf8(&stated).ok().and_then(|s| s.parse().ok()) != Some(size)
        }) {
            return Err(broken("two headers state different sizes for one entry"));
        }
        let raw = next.path.unwrap_or_else(|| entry.header().path_bytes().into_owned());
        if next.is_ambiguous {
            collector.refuse(&raw, RefusalReason::BadName);
            return Ok(());
        }
        let Some(path) = collector.accept(&raw) else { return Ok(()) };
        match kind {
            EntryType::Directory => {}
            EntryType::Link | EntryType::Symlink => {
                let target =
                    next.link.or_else(|| entry.header().link_name_bytes().map(std::borrow::Cow::into_owned));
                collector.link(&path, &target.unwrap_or_default(), kind == EntryType::Link);
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                collector.refuse(&raw, RefusalReason::Device);
            }
            EntryType::GNUSparse => collector.skip(&path, "sparse file, not unpacked", Needed::Yes),
            // Before there was a type for folders, a final slash said so.
            EntryType::Regular if raw.ends_with(b"/") && size == 0 => {}
            _ if next.is_sparse => collector.skip(&path, "sparse file, not unpacked", Needed::Yes),
            // Installers write entries of unknown types as regular files.
            _ => collector.file(path, entry, size, self.meter)?,
        }
        Ok(())
    }
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}
