//! Zip entries to files, by the central directory, as installers read them.
//!
//! Where another reader could see other files (a second directory, local headers that disagree,
//! entries that the directory does not list), that is said.

use std::io::{Cursor, Read};

use memchr::memmem;
use zip::{ZipArchive, read::ZipFile};

use super::{Collector, Meter, Metered, broken};
use crate::{
    acquire::AcquireError,
    artifact::{Needed, RefusalReason},
};

/// File type bits of a Unix mode.
const TYPE: u32 = 0o170_000;
/// A regular file.
const REGULAR: u32 = 0o100_000;
/// A folder.
const FOLDER: u32 = 0o040_000;
/// Length of a central directory entry without its variable fields.
const FIXED: usize = 46;

/// Reads a whole zip archive.
///
/// # Errors
/// Where it is a bomb, has too many entries or has no readable directory.
pub(crate) fn read(bytes: &[u8], collector: &mut Collector<'_>) -> Result<(), AcquireError> {
    if stated_entries(bytes) > collector.limits.entries {
        return Err(too_many(collector));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error.to_string()))?;
    if archive.len() > collector.limits.entries {
        return Err(too_many(collector));
    }
    if archive.has_overlapping_entries().unwrap_or(false) {
        return Err(collector.bomb());
    }
    let start = usize::try_from(archive.central_directory_start()).unwrap_or(usize::MAX);
    let directory = bytes.get(start..).unwrap_or_default();
    duplicates(directory, collector)?;
    if memmem::find_iter(directory, b"PK\x05\x06").nth(1).is_some() {
        collector.skip("", "the archive has a second directory", Needed::Yes);
    }
    if !archive.has_duplicate_names()
        && let Err(error) = archive.validate_header_consistency()
    {
        collector.skip("", &format!("two readers would see different files: {error}"), Needed::Yes);
    }
    let meter = collector.meter();
    for index in 0..archive.len() {
        collector.count()?;
        one(&mut archive, index, collector, &meter)?;
    }
    Ok(())
}

fn too_many(collector: &Collector<'_>) -> AcquireError {
    AcquireError::Hostile {
        message: format!("the archive was not unpacked: more than {} entries", collector.limits.entries),
        rule: "artifact/too-many-entries",
    }
}

/// How many directory entries there can be at most, before anything is allocated for them.
fn stated_entries(bytes: &[u8]) -> usize {
    memmem::find_iter(bytes, b"PK\x01\x02").count()
}

/// Notes every name that the directory lists again.
fn duplicates(directory: &[u8], collector: &mut Collector<'_>) -> Result<(), AcquireError> {
    let mut names = std::collections::BTreeSet::new();
    let mut rest = directory;
    while let Some(fixed) = rest.get(..FIXED).filter(|fixed| fixed.starts_with(b"PK\x01\x02")) {
        let length = |at: usize| {
            let pair = fixed.get(at..at + 2).and_then(|pair| <[u8; 2]>::try_from(pair).ok());
            usize::from(u16::from_le_bytes(pair.unwrap_or_default()))
        };
        let Some(name) = rest.get(FIXED..FIXED + length(28)) else { break };
        if !names.insert(name) {
            collector.count()?;
            collector.refuse(name, RefusalReason::Duplicate);
        }
        rest = rest.get(FIXED + length(28) + length(30) + length(32)..).unwrap_or_default();
    }
    Ok(())
}

fn one(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    collector: &mut Collector<'_>,
    meter: &Meter,
) -> Result<(), AcquireError> {
    let Ok(entry) = archive.by_index_data(index) else { return Ok(()) };
    let raw = entry.name_raw().to_vec();
    let (mode, size, is_encrypted) = (entry.unix_mode().unwrap_or(0) & TYPE, entry.size(), entry.encrypted());
    let is_folder = entry.is_dir() || mode == FOLDER;
    let Some(path) = collector.accept(&raw) else { return Ok(()) };
    if entry.is_symlink() {
        return link(archive, index, &path, collector, meter);
    }
    if is_folder && size == 0 {
        return Ok(());
    }
    if mode != 0 && mode != REGULAR && !is_folder {
        collector.refuse(&raw, RefusalReason::Device);
        return Ok(());
    }
    if is_encrypted {
        collector.skip(&path, "encrypted", Needed::Yes);
        return Ok(());
    }
    match archive.by_index(index) {
        Ok(content) => collector.file(path, &mut Metered::new(content, meter), size, meter)?,
        Err(error) => collector.skip(&path, &error.to_string(), Needed::Yes),
    }
    Ok(())
}

/// A link's content is its target.
fn link(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    path: &str,
    collector: &mut Collector<'_>,
    meter: &Meter,
) -> Result<(), AcquireError> {
    const LONGEST_TARGET: u64 = 4096;
    let mut target = Vec::new();
    let is_read = archive.by_index(index).is_ok_and(|content: ZipFile<'_, _>| {
        Metered::new(content, meter).take(LONGEST_TARGET).read_to_end(&mut target).is_ok()
    });
    collector.check(meter)?;
    if is_read {
        collector.link(path, &target, false);
    } else {
        collector.refuse(path.as_bytes(), RefusalReason::LinkOutside);
    }
    Ok(())
}
