//! An archive's bytes to its files, in memory and never on disk.
//!
//! Every entry ends up in exactly one place: a file, a refusal, or the list of what was not read.

use std::{
    cell::Cell,
    collections::BTreeMap,
    io::{self, Read},
};

use super::{
    AcquireError, Limits,
    entry::{self, Name},
    intake,
};
use crate::{
    artifact::{File, Needed, Refusal, RefusalReason, Unread},
    untrusted,
};

pub(crate) mod tarball;
pub(crate) mod zip;

/// Everything that an archive holds.
#[derive(Debug, Default)]
pub(crate) struct Unpacked {
    /// Every file, sorted by path.
    pub(crate) files: Vec<File>,
    /// Refused entries, in archive order.
    pub(crate) refused: Vec<Refusal>,
    /// What was not read, sorted.
    pub(crate) unread: Vec<Unread>,
}

/// What the installer does with the archive's own folders.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Layout {
    /// An npm tarball: the first folder of every entry is dropped, whatever it is called.
    Package,
    /// A source archive: one folder that holds everything is dropped.
    Rooted,
    /// A wheel or bundle: paths stay as they are.
    Flat,
}

impl Layout {
    /// The layout that a file name promises.
    pub(crate) fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("tgz") => Self::Package,
            Some("whl" | "mcpb" | "dxt") => Self::Flat,
            _ => Self::Rooted,
        }
    }
}

/// Unpacks an archive whose file name tells the layout.
///
/// # Errors
/// Where the archive is built to harm its reader, or cannot be read.
pub(crate) fn unpack(name: &str, bytes: &[u8], limits: &Limits) -> Result<Unpacked, AcquireError> {
    unpack_as(Layout::of(name), bytes, limits)
}

/// Unpacks an archive, told apart by its first bytes.
///
/// # Errors
/// Where the archive is built to harm its reader, or cannot be read.
pub(crate) fn unpack_as(layout: Layout, bytes: &[u8], limits: &Limits) -> Result<Unpacked, AcquireError> {
    let mut collector = Collector::new(layout, bytes.len(), limits);
    if bytes.starts_with(b"PK") {
        zip::read(bytes, &mut collector)?;
    } else if bytes.starts_with(b"\x1f\x8b") {
        tarball::read(tarball::Members::new(bytes), &mut collector)?;
    } else if bytes.get(257..262) == Some(b"ustar") {
        tarball::read(bytes, &mut collector)?;
    } else {
        return Err(broken("it is neither a gzip, a tar nor a zip archive"));
    }
    Ok(collector.finish())
}

/// The error for an archive that cannot be read.
pub(crate) fn broken(why: &str) -> AcquireError {
    AcquireError::Unavailable {
        message: format!("the archive was not unpacked: {}", untrusted::excerpt(why, 200)),
        hints: Vec::new(),
    }
}

/// How much may still be unpacked, shared by all entries.
pub(crate) struct Meter {
    left: Cell<u64>,
    is_tripped: Cell<bool>,
}

/// A stream that ends in an error when the meter is used up.
pub(crate) struct Metered<'a, R> {
    inner: R,
    meter: &'a Meter,
}

impl<'a, R> Metered<'a, R> {
    pub(crate) fn new(inner: R, meter: &'a Meter) -> Self {
        Self { inner, meter }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let Some(left) = self.meter.left.get().checked_sub(count as u64) else {
            self.meter.is_tripped.set(true);
            return Err(io::Error::other("the archive grows beyond its limit"));
        };
        self.meter.left.set(left);
        Ok(count)
    }
}

/// Takes entries one after another and judges their names when all are there.
pub(crate) struct Collector<'a> {
    /// The bounds.
    pub(crate) limits: &'a Limits,
    layout: Layout,
    packed: u64,
    allowance: u64,
    entries: usize,
    files: Vec<(usize, File)>,
    refused: Vec<(usize, Refusal)>,
    unread: Vec<Unread>,
}

/// A safe path, or nothing where the entry has been dealt with.
pub(crate) type Accepted = Option<String>;

impl<'a> Collector<'a> {
    /// An empty collector for an archive of so many packed bytes.
    pub(crate) fn new(layout: Layout, packed: usize, limits: &'a Limits) -> Self {
        /// Below this many unpacked bytes no ratio makes a bomb: small files of one repeated
        /// character are ordinary.
        const HARMLESS: u64 = 16 << 20;
        let packed = packed as u64;
        let allowance = packed.saturating_mul(limits.ratio).max(HARMLESS).min(limits.unpacked);
        Self {
            limits,
            layout,
            packed,
            allowance,
            entries: 0,
            files: Vec::new(),
            refused: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// The meter that all entries of this archive share.
    pub(crate) fn meter(&self) -> Meter {
        Meter { left: Cell::new(self.allowance), is_tripped: Cell::new(false) }
    }

    /// Counts one entry of any type.
    ///
    /// # Errors
    /// Where there are too many.
    pub(crate) fn count(&mut self) -> Result<(), AcquireError> {
        self.entries += 1;
        if self.entries <= self.limits.entries {
            return Ok(());
        }
        Err(AcquireError::Hostile {
            message: format!("the archive was not unpacked: more than {} entries", self.limits.entries),
            rule: "artifact/too-many-entries",
        })
    }

    /// Reads an entry's name; refuses what is hostile.
    pub(crate) fn accept(&mut self, raw: &[u8]) -> Accepted {
        match entry::name(raw, self.limits) {
            Name::Path(path) => return Some(path),
            Name::Root => {}
            Name::Refused(reason) => self.refuse(raw, reason),
            Name::Beyond(why) => self.skip(&entry::shown(raw).excerpt(200), &why, Needed::Yes),
        }
        None
    }

    /// Reads one file's content.
    ///
    /// # Errors
    /// Where the archive is a bomb. A damaged entry is noted and the reading goes on.
    pub(crate) fn file(
        &mut self,
        path: String,
        reader: &mut dyn Read,
        hint: u64,
        meter: &Meter,
    ) -> Result<(), AcquireError> {
        match intake::take(&path, reader, hint.min(self.allowance), self.limits) {
            Ok(taken) => {
                self.unread.extend(taken.unread);
                self.files.push((self.entries, taken.file));
                Ok(())
            }
            Err(error) => {
                self.check(meter)?;
                let why = untrusted::excerpt(&format!("damaged: {error}"), 200);
                self.unread.push(Unread { path, why, needed: Needed::Yes });
                Ok(())
            }
        }
    }

    /// Fails where the meter has been used up.
    ///
    /// # Errors
    /// The archive is a bomb.
    pub(crate) fn check(&self, meter: &Meter) -> Result<(), AcquireError> {
        if meter.is_tripped.get() { Err(self.bomb()) } else { Ok(()) }
    }

    /// The error for an archive that grows too far.
    pub(crate) fn bomb(&self) -> AcquireError {
        AcquireError::Hostile {
            message: format!(
                "the archive was not unpacked: {} packed bytes grow beyond {} bytes",
                self.packed, self.allowance
            ),
            rule: "artifact/archive-bomb",
        }
    }

    /// Notes a refused entry.
    pub(crate) fn refuse(&mut self, raw: &[u8], reason: RefusalReason) {
        self.refused.push((self.entries, Refusal { path: entry::shown(raw), reason }));
    }

    /// Notes a link, which is never followed.
    pub(crate) fn link(&mut self, path: &str, target: &[u8], is_hard: bool) {
        let floor = usize::from(self.layout != Layout::Flat);
        self.refuse(path.as_bytes(), entry::link(path, target, is_hard, floor));
    }

    /// Notes something that was not read.
    pub(crate) fn skip(&mut self, path: &str, why: &str, needed: Needed) {
        let why = untrusted::excerpt(why, 200);
        self.unread.push(Unread { path: path.to_owned(), why, needed });
    }

    /// Everything that was collected, its names judged.
    pub(crate) fn finish(mut self) -> Unpacked {
        let root = self.root();
        for (_, file) in &mut self.files {
            root.strip(&mut file.path);
        }
        for unread in &mut self.unread {
            root.strip(&mut unread.path);
        }
        let files = self.without_duplicates();
        self.refused.sort_by_key(|(order, _)| *order);
        self.unread.sort();
        self.unread.dedup();
        Unpacked {
            files,
            refused: self.refused.into_iter().map(|(_, refusal)| refusal).collect(),
            unread: self.unread,
        }
    }

    fn root(&self) -> Root {
        let paths = || self.files.iter().map(|(_, file)| file.path.as_str());
        let single = || {
            let first = paths().next()?.split_once('/')?.0;
            paths()
                .all(|path| path.split_once('/').is_some_and(|(folder, _)| folder == first))
                .then(|| first.to_owned())
        };
        let is_package =
            || paths().any(|path| path.split_once('/').is_some_and(|(_, rest)| rest == "package.json"));
        match self.layout {
            Layout::Flat => Root::None,
            Layout::Package if is_package() => Root::Any,
            Layout::Package | Layout::Rooted => single().map_or(Root::None, Root::Folder),
        }
    }

    /// Of one path twice the later one stays, as when an installer writes one over the other. Of
    /// paths that only some file systems tell apart the first one stays.
    fn without_duplicates(&mut self) -> Vec<File> {
        let mut last: BTreeMap<String, (usize, File)> = BTreeMap::new();
        for (order, file) in std::mem::take(&mut self.files) {
            let path = file.path.clone();
            if let Some((earlier, file)) = last.insert(path, (order, file)) {
                self.refused.push((earlier, refusal(&file.path, RefusalReason::Duplicate)));
            }
        }
        let mut folded: BTreeMap<String, String> = BTreeMap::new();
        let mut in_order: Vec<&(usize, File)> = last.values().collect();
        in_order.sort_by_key(|(order, _)| *order);
        let mut colliding = Vec::new();
        for (order, file) in in_order {
            if folded.insert(entry::folded(&file.path), file.path.clone()).is_some() {
                colliding.push((*order, file.path.clone()));
            }
        }
        for (order, path) in colliding {
            last.remove(&path);
            self.refused.push((order, refusal(&path, RefusalReason::Collision)));
        }
        last.into_values().map(|(_, file)| file).collect()
    }
}

fn refusal(path: &str, reason: RefusalReason) -> Refusal {
    Refusal { path: entry::shown(path.as_bytes()), reason }
}

/// The folder that is dropped from paths.
enum Root {
    None,
    Any,
    Folder(String),
}

impl Root {
    fn strip(&self, path: &mut String) {
        let Some((folder, rest)) = path.split_once('/') else { return };
        let drops = match self {
            Self::None => false,
            Self::Any => true,
            Self::Folder(name) => name == folder,
        };
        if drops {
            *path = rest.to_owned();
        }
    }
}

#[cfg(test)]
mod tests;
