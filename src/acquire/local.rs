//! What the sources on this machine share: a target to an existing path, and the words for it.

use std::path::{Path, PathBuf};

use super::{AcquireError, Door, Pinned, PinnedFacts, Target};
use crate::{
    artifact::{Coordinate, Ecosystem},
    untrusted,
};

/// The path that a target names, from the directory that the user works in.
///
/// # Errors
/// Where nothing is there.
pub(crate) fn find(target: &Target, door: &Door<'_>) -> Result<PathBuf, AcquireError> {
    let name = match (target.name.strip_prefix("~/"), &door.settings.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(&target.name),
    };
    let path = door.settings.directory.join(name);
    if path.exists() {
        return Ok(path);
    }
    Err(AcquireError::NotFound {
        message: format!("`{}` does not exist", untrusted::excerpt(&target.name, 200)),
        hints: vec!["for a published package write `npm:NAME` or `pypi:NAME`".to_owned()],
    })
}

/// A path, pinned as it is; a report shows it as the user wrote it, so that reports do not differ
/// between machines.
pub(crate) fn pin(target: &Target, path: &Path, kind: &str) -> Pinned {
    let coordinate = Coordinate { ecosystem: Ecosystem::Local, name: name(path), version: String::new() };
    Pinned {
        facts: PinnedFacts {
            coordinate,
            source: format!("{kind} `{}`", shown(Path::new(&target.name))),
            ..PinnedFacts::default()
        },
        location: path.to_string_lossy().into_owned(),
        ..Pinned::default()
    }
}

/// The last part of a path, printable.
pub(crate) fn name(path: &Path) -> String {
    let real = std::fs::canonicalize(path);
    let path = real.as_deref().unwrap_or(path);
    untrusted::excerpt(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy(), 200)
}

/// A path, printable.
pub(crate) fn shown(path: &Path) -> String {
    untrusted::excerpt(&path.to_string_lossy(), 400)
}

/// When a file was last changed, in seconds since 1970-01-01 UTC.
pub fn changed(path: &Path) -> Option<u64> {
    let changed = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(changed.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
}

/// Reads a file that a flag names.
///
/// # Errors
/// The words for why it cannot be read.
pub fn read_named(path: &Path) -> Result<Vec<u8>, String> {
    const LARGEST: u64 = 1 << 30;
    read_bounded(path, LARGEST)
}

/// Reads a file that a flag names, if it is not larger than `limit` bytes.
///
/// # Errors
/// The words for why it cannot be read.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    read(path, limit).map_err(|error| error.to_string())
}

/// Reads a whole file that may not be larger than a limit.
///
/// # Errors
/// Where it cannot be read or is larger.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, AcquireError> {
    use std::io::Read as _;
    let unavailable = |why: String| AcquireError::Unavailable {
        message: format!("`{}` was not read: {}", shown(path), untrusted::excerpt(&why, 200)),
        hints: Vec::new(),
    };
    let too_large = || unavailable(format!("it is larger than the limit of {limit} bytes"));
    let metadata = std::fs::metadata(path).map_err(|error| unavailable(error.to_string()))?;
    if !metadata.is_file() {
        return Err(unavailable("it is not a regular file".to_owned()));
    }
    if metadata.len() > limit {
        return Err(too_large());
    }
    let file = std::fs::File::open(path).map_err(|error| unavailable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unavailable(error.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}
