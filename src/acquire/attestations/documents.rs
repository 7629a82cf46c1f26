//! Files that the user names with `--attestations`.

use std::path::{Path, PathBuf};

use crate::{
    acquire::{AcquireError, Door, local},
    artifact::evidence::{Document, Evidence, Origin},
};

/// Largest file, bytes.
const LARGEST: u64 = 16 << 20;
/// Most files of a folder.
const MOST: usize = 500;
/// How the names of attestation files end.
const ENDINGS: [&str; 7] =
    [".json", ".jsonl", ".sigstore", ".attestation", ".provenance", ".intoto.jsonl", ".bundle"];

/// Reads the file, or every file of the folder whose name says that it may be one.
pub(super) fn collect(evidence: &mut Evidence, door: &Door<'_>) -> Result<(), AcquireError> {
    let Some(named) = &door.settings.attestations else { return Ok(()) };
    let path = door.settings.directory.join(named);
    if !path.is_dir() {
        let bytes = read(&path, "--attestations")?;
        evidence.documents.push(Document { name: local::shown(named), origin: Origin::File, bytes });
        return Ok(());
    }
    for path in files(&path)? {
        let bytes = read(&path, "--attestations")?;
        evidence.documents.push(Document { name: local::shown(&path), origin: Origin::Folder, bytes });
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, AcquireError> {
    let unreadable = |error: std::io::Error| usage(folder, "--attestations", &error.to_string());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_file() && ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
        if files.len() > MOST {
            return Err(usage(folder, "--attestations", &format!("it holds more than {MOST} files")));
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a file that a flag names.
pub(super) fn read(path: &Path, flag: &str) -> Result<Vec<u8>, AcquireError> {
    local::read(path, LARGEST).map_err(|error| usage(path, flag, &error.to_string()))
}

fn usage(path: &Path, flag: &str, why: &str) -> AcquireError {
    AcquireError::Usage {
        message: format!("`{flag} {}` cannot be used: {why}", local::shown(path)),
        hints: Vec::new(),
    }
}
