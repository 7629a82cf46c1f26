//! Files of the user: small ones read, whole ones written.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
};

/// Reads a text file up to a number of bytes.
pub(super) fn read(file: &Path, longest: usize) -> io::Result<String> {
    let mut text = String::new();
    let open = fs::File::open(file)?;
    open.take(longest as u64 + 1).read_to_string(&mut text)?;
    if text.len() > longest {
        let why = format!("it is longer than {} KiB", longest >> 10);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(text)
}

/// Whether there is a file of this name.
pub(super) fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

/// Writes beside the file and renames, so that a reader never sees half a report. A device or a
/// pipe is written to: a file in its place would break whoever else uses it.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return fs::OpenOptions::new().write(true).open(file)?.write_all(bytes);
    }
    let Some(name) = file.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file name"));
    };
    let mut beside = name.to_os_string();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = file.with_file_name(beside);
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Removes a file, where there is one.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    if is_file(file) { fs::remove_file(file) } else { Ok(()) }
}

pub(super) fn write_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a file that may be lost with the machine's power: whole or not at all, but not at once.
pub(super) fn keep(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension(format!("{}.part", std::process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_and_leaves_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("out.json");
        for text in ["first", "second"] {
            replace(&file, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(replace(&directory.path().join("no/out.json"), b"").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn writes_to_what_is_no_file_and_leaves_it_in_its_place() {
        use std::os::unix::{fs::FileTypeExt as _, net::UnixListener};
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out.json");
        let listener = UnixListener::bind(&place).unwrap();
        assert!(replace(&place, b"report").is_err(), "a socket cannot be opened");
        assert!(fs::symlink_metadata(&place).unwrap().file_type().is_socket());
        drop(listener);
    }
}
