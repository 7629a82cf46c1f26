//! A folder on this machine to an artifact. Follows no link, opens nothing but regular files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    AcquireError, Door, Limits, Pinned, Source, Target, digest,
    entry::{self, Name},
    identity,
    intake::{self, Taken},
    local,
};
use crate::{
    artifact::{Artifact, Coordinate, Digest, Ecosystem, File, Needed, Refusal, RefusalReason, Unread},
    untrusted,
};

/// Folders on this machine.
pub struct Folder;

impl Source for Folder {
    fn scheme(&self) -> &'static str {
        "folder"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        let path = local::find(target, door)?;
        if path.is_dir() {
            return Ok(local::pin(target, &path, "folder"));
        }
        Err(AcquireError::Usage {
            message: format!("`{}` is neither a folder nor an archive", local::shown(&path)),
            hints: vec![
                "for a captured tool list write `tools:FILE`".to_owned(),
                format!("archives end in {}", super::target::ARCHIVES.join(", ")),
            ],
        })
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        let root = Path::new(&pinned.location);
        let walk = Walk::run(root, &door.settings.limits)?;
        let mut refused = walk.refused;
        let mut unread = walk.unread;
        let files = read_all(root, walk.files, &door.settings.limits, &mut unread)?;
        refused.sort_by(|a, b| a.path.cmp(&b.path));
        unread.sort();
        let (name, version) = identity::of(&files).unwrap_or_else(|| (local::name(root), String::new()));
        Ok(Artifact {
            coordinate: Coordinate { ecosystem: Ecosystem::Local, name, version },
            digest: tree_digest(&files),
            source: pinned.facts.source.clone(),
            resolution: pinned.facts.resolution.clone(),
            files,
            refused,
            unread,
            ..Artifact::default()
        })
    }
}

/// SHA-256 over every path and content digest, in the order of the paths.
pub(crate) fn tree_digest(files: &[File]) -> Digest {
    let mut lines = String::new();
    for file in files {
        lines.push_str(&digest::hex(&file.sha256));
        lines.push_str("  ");
        lines.push_str(&file.path);
        lines.push('\n');
    }
    digest::sha256(lines.as_bytes())
}

/// Reads the files side by side; the order of the result is that of the paths.
fn read_all(
    root: &Path,
    mut paths: Vec<(String, u64)>,
    limits: &Limits,
    unread: &mut Vec<Unread>,
) -> Result<Vec<File>, AcquireError> {
    paths.sort();
    let read = |(path, size): (String, u64)| {
        let taken =
            open(&root.join(&path), size).and_then(|mut file| intake::take(&path, &mut file, size, limits));
        (path, taken)
    };
    let mut files = Vec::with_capacity(paths.len());
    let mut total: u64 = 0;
    for (path, taken) in paths.into_par_iter().map(read).collect::<Vec<(String, io::Result<Taken>)>>() {
        match taken {
            Ok(taken) => {
                total = total.saturating_add(taken.file.bytes.len() as u64);
                unread.extend(taken.unread);
                files.push(taken.file);
            }
            Err(error) => unread.push(unreadable(path, &error)),
        }
    }
    if total > limits.unpacked {
        return Err(too_much(root, &format!("its files hold more than {} bytes", limits.unpacked)));
    }
    Ok(files)
}

/// Opens what is still a regular file, and reads no further than it was long when it was found.
fn open(path: &Path, size: u64) -> io::Result<io::Take<fs::File>> {
    use io::Read as _;
    let file = fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("no longer a regular file"));
    }
    Ok(file.take(size))
}

fn unreadable(path: String, error: &io::Error) -> Unread {
    Unread { path, why: untrusted::excerpt(&error.to_string(), 200), needed: Needed::Yes }
}

fn too_much(root: &Path, why: &str) -> AcquireError {
    AcquireError::Unavailable {
        message: format!("`{}` was not scanned: {why}", local::shown(root)),
        hints: vec!["name the folder of the connector itself".to_owned()],
    }
}

/// What a walk through the folder found.
struct Walk<'a> {
    root: PathBuf,
    limits: &'a Limits,
    entries: usize,
    kept: u64,
    files: Vec<(String, u64)>,
    refused: Vec<Refusal>,
    unread: Vec<Unread>,
    folders: Vec<PathBuf>,
}

impl<'a> Walk<'a> {
    fn run(root: &Path, limits: &'a Limits) -> Result<Self, AcquireError> {
        let real = fs::canonicalize(root).map_err(|error| too_much(root, &error.to_string()))?;
        let mut walk = Self {
            root: real,
            limits,
            entries: 0,
            kept: 0,
            files: Vec::new(),
            refused: Vec::new(),
            unread: Vec::new(),
            folders: vec![PathBuf::new()],
        };
        while let Some(folder) = walk.folders.pop() {
            walk.folder(root, &folder)?;
        }
        Ok(walk)
    }

    fn folder(&mut self, root: &Path, folder: &Path) -> Result<(), AcquireError> {
        let listing = match fs::read_dir(root.join(folder)) {
            Ok(listing) => listing,
            Err(error) if folder.as_os_str().is_empty() => return Err(too_much(root, &error.to_string())),
            Err(error) => {
                self.unread.push(unreadable(slashed(folder), &error));
                return Ok(());
            }
        };
        for found in listing {
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(too_much(root, &format!("it has more than {} entries", self.limits.entries)));
            }
            match found {
                Ok(found) => self.entry(root, &folder.join(found.file_name()))?,
                Err(error) => self.unread.push(unreadable(slashed(folder), &error)),
            }
        }
        Ok(())
    }

    fn entry(&mut self, root: &Path, relative: &Path) -> Result<(), AcquireError> {
        let Some(path) = self.accept(relative) else { return Ok(()) };
        let metadata = match fs::symlink_metadata(root.join(relative)) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.unread.push(unreadable(path, &error));
                return Ok(());
            }
        };
        let kind = metadata.file_type();
        if kind.is_symlink() {
            self.link(root, relative, path);
        } else if kind.is_dir() {
            match left_out(&root.join(relative)) {
                Some(why) => self.unread.push(Unread { path, why: why.to_owned(), needed: Needed::No }),
                None => self.folders.push(relative.to_owned()),
            }
        } else if kind.is_file() {
            // What is kept is bounded; the rest is only streamed past.
            self.kept = self.kept.saturating_add(metadata.len().min(self.limits.file));
            if self.kept > self.limits.unpacked {
                return Err(too_much(
                    root,
                    &format!("its files hold more than {} bytes", self.limits.unpacked),
                ));
            }
            self.files.push((path, metadata.len()));
        } else {
            self.refuse(&path, RefusalReason::Device);
        }
        Ok(())
    }

    fn accept(&mut self, relative: &Path) -> Option<String> {
        let shown = slashed(relative);
        // Here, unlike in an archive, a backslash is a character like any other.
        let is_plain = relative.to_str().is_some() && (cfg!(windows) || !shown.contains('\\'));
        match entry::name(shown.as_bytes(), self.limits) {
            Name::Path(path) if is_plain => return Some(path),
            Name::Path(_) | Name::Root => self.refuse(&shown, RefusalReason::BadName),
            Name::Refused(reason) => {
                let reason = if is_plain { reason } else { RefusalReason::BadName };
                self.refuse(&shown, reason);
            }
            Name::Beyond(why) => {
                let path = untrusted::excerpt(&shown, 200);
                self.unread.push(Unread { path, why, needed: Needed::Yes });
            }
        }
        None
    }

    fn link(&mut self, root: &Path, relative: &Path, path: String) {
        let full = root.join(relative);
        let is_inside = fs::canonicalize(&full).is_ok_and(|target| target.starts_with(&self.root));
        if is_inside {
            let why = "link inside the folder, not followed".to_owned();
            self.unread.push(Unread { path, why, needed: Needed::No });
        } else {
            self.refuse(&path, RefusalReason::LinkOutside);
        }
    }

    fn refuse(&mut self, path: &str, reason: RefusalReason) {
        self.refused.push(Refusal { path: entry::shown(path.as_bytes()), reason });
    }
}

/// Why a folder is not walked, where it is not: what it holds was put there by a tool.
fn left_out(folder: &Path) -> Option<&'static str> {
    match folder.file_name()?.to_str()? {
        ".git" => Some("version control, not part of the connector"),
        "node_modules" => Some("installed packages, not part of the connector"),
        "__pycache__" => Some("compiled by Python, not part of the connector"),
        ".venv" | "venv" if folder.join("pyvenv.cfg").is_file() => {
            Some("Python environment, not part of the connector")
        }
        _ => None,
    }
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
