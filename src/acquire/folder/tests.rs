use std::{fs, os::unix::fs::symlink};

use super::*;
use crate::{
    acquire::{Settings, acquire, target, web::Refused},
    artifact::Kind,
};

fn scan(root: &Path, limits: Limits) -> Result<Artifact, AcquireError> {
    let settings = Settings { directory: root.to_owned(), limits, ..Settings::default() };
    let target = Target { written: ".".into(), scheme: "folder", name: ".".into(), ..Target::default() };
    acquire(&target, &Door { web: &Refused, settings: &settings })
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn paths(artifact: &Artifact) -> Vec<&str> {
    artifact.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn reads_a_folder_in_the_order_of_its_paths() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["b.js", "a/z.js", "a.js", "a/b/c.md"] {
        write(folder.path(), path, "1");
    }
    write(folder.path(), "package.json", r#"{"name":"@a/b","version":"1.2.3"}"#);
    let artifact = scan(folder.path(), Limits::default()).unwrap();
    assert_eq!(paths(&artifact), ["a.js", "a/b/c.md", "a/z.js", "b.js", "package.json"]);
    assert_eq!((artifact.coordinate.name.as_str(), artifact.coordinate.version.as_str()), ("@a/b", "1.2.3"));
    assert_eq!(artifact.coordinate.ecosystem, Ecosystem::Local);
    assert_eq!(artifact.digest, scan(folder.path(), Limits::default()).unwrap().digest);
    write(folder.path(), "a.js", "2");
    assert_ne!(artifact.digest, scan(folder.path(), Limits::default()).unwrap().digest);
}

#[test]
fn keeps_the_paths_of_an_unpacked_package() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "package/package.json", r#"{"name":"a"}"#);
    let artifact = scan(folder.path(), Limits::default()).unwrap();
    assert_eq!(paths(&artifact), ["package/package.json"]);
    assert_eq!(artifact.coordinate.name, "a");
}

#[test]
fn leaves_out_what_tools_put_there() {
    let folder = tempfile::tempdir().unwrap();
    for path in [".git/config", "node_modules/a/b.js", "x/__pycache__/a.pyc", "venv/pyvenv.cfg", "dist/a.js"]
    {
        write(folder.path(), path, "1");
    }
    write(folder.path(), "x/venv/code.py", "1");
    write(folder.path(), "target/a.js", "1");
    let artifact = scan(folder.path(), Limits::default()).unwrap();
    assert_eq!(paths(&artifact), ["dist/a.js", "target/a.js", "x/venv/code.py"]);
    let left_out: Vec<&str> = artifact.unread.iter().map(|unread| unread.path.as_str()).collect();
    assert_eq!(left_out, [".git", "node_modules", "venv", "x/__pycache__"]);
    assert!(artifact.unread.iter().all(|unread| unread.needed == Needed::No));
}

#[test]
fn follows_no_link() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret", "1");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a.js", "1");
    symlink(root.join("a.js"), root.join("inside")).unwrap();
    symlink(outside.path().join("secret"), root.join("out")).unwrap();
    symlink(outside.path(), root.join("out-folder")).unwrap();
    symlink("nowhere", root.join("broken")).unwrap();
    symlink(".", root.join("loop")).unwrap();
    let artifact = scan(root, Limits::default()).unwrap();
    assert_eq!(paths(&artifact), ["a.js"]);
    let refused: Vec<(&str, RefusalReason)> =
        artifact.refused.iter().map(|refusal| (refusal.path.raw(), refusal.reason)).collect();
    assert_eq!(refused, ["broken", "out", "out-folder"].map(|path| (path, RefusalReason::LinkOutside)));
    let unread: Vec<&str> = artifact.unread.iter().map(|unread| unread.path.as_str()).collect();
    assert_eq!(unread, ["inside", "loop"]);
}

#[test]
fn refuses_sockets_and_bad_names() {
    let folder = tempfile::tempdir().unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    write(folder.path(), "a\nb.js", "1");
    write(folder.path(), "a\\..\\b.js", "1");
    let artifact = scan(folder.path(), Limits::default()).unwrap();
    assert!(artifact.files.is_empty());
    let reasons: Vec<RefusalReason> = artifact.refused.iter().map(|refusal| refusal.reason).collect();
    assert_eq!(reasons, [RefusalReason::BadName, RefusalReason::BadName, RefusalReason::Device]);
}

#[test]
fn streams_past_a_large_sparse_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("large.bin")).unwrap().set_len(200 << 20).unwrap();
    fs::File::create(folder.path().join("large.js")).unwrap().set_len(40 << 20).unwrap();
    let artifact = scan(folder.path(), Limits::default()).unwrap();
    let [binary, source] = &artifact.files[..] else { panic!("two files") };
    assert_eq!((binary.kind, binary.size, binary.bytes.capacity()), (Kind::Other, 200 << 20, 0));
    assert_eq!((source.size, source.bytes.capacity()), (40 << 20, 0));
    assert_eq!(artifact.unread.len(), 1);
    assert_eq!(artifact.unread[0].needed, Needed::Yes);
}

#[test]
fn stops_at_the_bounds() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5 {
        write(folder.path(), &format!("{number}.js"), "12345");
    }
    let message = |limits| scan(folder.path(), limits).unwrap_err().to_string();
    assert!(message(Limits { entries: 4, ..Limits::default() }).ends_with("it has more than 4 entries"));
    assert!(message(Limits { unpacked: 20, ..Limits::default() }).ends_with("hold more than 20 bytes"));
    assert_eq!(scan(folder.path(), Limits { entries: 5, ..Limits::default() }).unwrap().files.len(), 5);
    write(folder.path(), "d/e/f/g.js", "1");
    let artifact = scan(folder.path(), Limits { depth: 3, ..Limits::default() }).unwrap();
    assert_eq!(artifact.unread[0].path, "d/e/f/g.js");
}

#[test]
fn says_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.js", "1");
    let settings = Settings { directory: folder.path().to_owned(), ..Settings::default() };
    let door = Door { web: &Refused, settings: &settings };
    let missing = acquire(&target::path("./missing"), &door).unwrap_err();
    assert!(
        matches!(&missing, AcquireError::NotFound { message, .. } if message == "`./missing` does not exist")
    );
    let file = acquire(&target::path("a.js"), &door).unwrap_err();
    assert!(
        matches!(&file, AcquireError::Usage { message, .. } if message.ends_with("is neither a folder nor an archive"))
    );
}

#[test]
fn reads_archives_and_captured_lists_beside_folders() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "list.json", r#"{"tools":[]}"#);
    fs::write(folder.path().join("x.mcpb"), b"PK\x05\x06").unwrap();
    let settings = Settings { directory: folder.path().to_owned(), ..Settings::default() };
    let door = Door { web: &Refused, settings: &settings };
    let list = Target { scheme: "tools", name: "list.json".into(), ..Target::default() };
    let artifact = acquire(&list, &door).unwrap();
    assert_eq!((artifact.coordinate.name.as_str(), artifact.files[0].kind), ("list.json", Kind::Data));
    assert_eq!(artifact.digest, digest::sha256(br#"{"tools":[]}"#));
    let archive = acquire(&target::path("x.mcpb"), &door).unwrap_err();
    assert!(archive.to_string().starts_with("the archive was not unpacked: "), "{archive}");
    let unknown = acquire(&Target { scheme: "moon", ..Target::default() }, &door).unwrap_err();
    assert_eq!(unknown.to_string(), "no source is called `moon`");
}
