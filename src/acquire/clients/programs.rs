//! Programs on the user's search path, found without starting anything.

use std::path::{Path, PathBuf};

use crate::acquire::Settings;

/// The first of these programs on the search path, by absolute path.
///
/// Relative entries, `node_modules` and folders of the directory that the user works in are not
/// searched: what lies there may belong to what is scanned.
pub(super) fn find(settings: &Settings, names: &[&str]) -> Option<PathBuf> {
    let path = settings.environment.get("PATH").or_else(|| settings.environment.get("Path"))?;
    let folders: Vec<PathBuf> =
        std::env::split_paths(path).filter(|folder| trusted(settings, folder)).collect();
    names.iter().find_map(|name| {
        let file = if cfg!(windows) { format!("{name}.exe") } else { (*name).to_owned() };
        folders.iter().map(|folder| folder.join(&file)).find(|program| is_program(program))
    })
}

fn trusted(settings: &Settings, folder: &Path) -> bool {
    let works_at_home = settings.home.as_ref().is_none_or(|home| home.starts_with(&settings.directory));
    folder.is_absolute()
        && !folder.components().any(|part| part.as_os_str() == "node_modules")
        && (works_at_home || !folder.starts_with(&settings.directory))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(folder: &Path) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join("node");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn settings(path: &[&Path], directory: &Path, home: &Path) -> Settings {
        let path = std::env::join_paths(path).unwrap().into_string().unwrap();
        Settings {
            environment: [("PATH".to_owned(), path)].into(),
            directory: directory.into(),
            home: Some(home.into()),
            ..Settings::default()
        }
    }

    #[test]
    fn skips_what_the_scanned_tree_may_have_put_there() {
        let root = tempfile::tempdir().unwrap();
        let (project, home) = (root.path().join("project"), root.path().join("home"));
        program(&project.join("bin"));
        program(&root.path().join("other/node_modules/.bin"));
        let real = program(&root.path().join("usr/bin"));
        let settings = settings(
            &[
                Path::new("bin"),
                &project.join("bin"),
                &root.path().join("other/node_modules/.bin"),
                &root.path().join("usr/bin"),
            ],
            &project,
            &home,
        );
        assert_eq!(find(&settings, &["missing", "node"]), Some(real));
    }

    #[test]
    fn finds_programs_below_home_when_the_user_works_there() {
        let root = tempfile::tempdir().unwrap();
        let real = program(&root.path().join("tools"));
        let settings = settings(&[&root.path().join("tools")], root.path(), root.path());
        assert_eq!(find(&settings, &["node"]), Some(real));
    }

    #[test]
    fn skips_files_that_cannot_be_started() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("node"), "").unwrap();
        let settings = settings(&[root.path()], Path::new("/elsewhere"), Path::new("/home/me"));
        assert_eq!(find(&settings, &["node"]), None);
    }
}
