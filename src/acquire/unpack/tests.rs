use std::io::Write as _;

use ::zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};
use flate2::{Compression, write::GzEncoder};
use tar::{EntryType, Header};

use super::*;
use crate::artifact::{Kind, Language};

/// A tar header whose name is taken as it is, however hostile.
fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header
}

fn block(header: &Header, content: &[u8]) -> Vec<u8> {
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn member(name: &str, content: &[u8]) -> Vec<u8> {
    block(&header(name.as_bytes(), EntryType::Regular, content.len() as u64), content)
}

fn linked(name: &str, target: &str, kind: EntryType) -> Vec<u8> {
    let mut header = header(name.as_bytes(), kind, 0);
    header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    block(&header, b"")
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut content = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let length = (1..10_000).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
        content.extend([length.to_string(), rest]);
    }
    block(&header(b"pax", EntryType::XHeader, content.len() as u64), content.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tarball(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.extend_from_slice(&[0; 1024]);
    gzip(&bytes)
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn open(name: &str, bytes: &[u8]) -> Unpacked {
    unpack(name, bytes, &Limits::default()).unwrap()
}

fn paths(unpacked: &Unpacked) -> Vec<&str> {
    unpacked.files.iter().map(|file| file.path.as_str()).collect()
}

fn reasons(unpacked: &Unpacked) -> Vec<(&str, RefusalReason)> {
    unpacked.refused.iter().map(|refusal| (refusal.path.raw(), refusal.reason)).collect()
}

fn notes(unpacked: &Unpacked) -> Vec<(&str, &str, Needed)> {
    unpacked.unread.iter().map(|unread| (unread.path.as_str(), unread.why.as_str(), unread.needed)).collect()
}

fn rule(result: &Result<Unpacked, AcquireError>) -> &'static str {
    match result {
        Err(AcquireError::Hostile { rule, .. }) => rule,
        Err(AcquireError::Unavailable { .. }) => "unavailable",
        Err(_) => "other",
        Ok(_) => "unpacked",
    }
}

#[test]
fn drops_the_folder_that_the_installer_drops() {
    type Case<'a> = (&'a str, &'a [Vec<u8>], &'a [&'a str]);
    let package = member("package/package.json", b"{}");
    let cases: &[Case<'_>] = &[
        ("a.tgz", &[package.clone(), member("package/a.js", b"1")], &["a.js", "package.json"]),
        ("a.tgz", &[package.clone(), member("other/a.js", b"1")], &["a.js", "package.json"]),
        ("a.tgz", &[member("package.json", b"{}"), member("d/a.js", b"1")], &["d/a.js", "package.json"]),
        ("a.tar.gz", &[member("x-1/a.py", b""), member("x-1/d/b.py", b"")], &["a.py", "d/b.py"]),
        ("a.tar.gz", &[member("x/a.py", b""), member("y/b.py", b"")], &["x/a.py", "y/b.py"]),
        ("a.crate", &[member("x-1/Cargo.toml", b"")], &["Cargo.toml"]),
    ];
    for (name, members, expected) in cases {
        assert_eq!(paths(&open(name, &tarball(members))), *expected, "{name}");
    }
    assert_eq!(paths(&open("a.whl", &zipped(&[("x/a.py", b"")]))), ["x/a.py"]);
    assert_eq!(paths(&open("a.zip", &zipped(&[("x/a.py", b"")]))), ["a.py"]);
}

#[test]
fn hashes_and_tells_files_apart() {
    let unpacked = open("a.whl", &zipped(&[("a.py", b"abc"), ("b.so", b"\x7fELF123")]));
    let [source, native] = &unpacked.files[..] else { panic!("two files") };
    assert_eq!((source.kind, source.bytes.as_slice()), (Kind::Source(Language::Python), &b"abc"[..]));
    assert_eq!((native.size, native.bytes.len()), (7, 0));
}

#[test]
fn refuses_hostile_tar_entries_and_keeps_the_rest() {
    let cases: &[(Vec<u8>, &str, RefusalReason)] = &[
        (member("../evil.js", b"1"), "../evil.js", RefusalReason::Traversal),
        (member("a/../../evil.js", b"1"), "a/../../evil.js", RefusalReason::Traversal),
        (member("/etc/evil", b"1"), "/etc/evil", RefusalReason::Absolute),
        (member("C:\\evil", b"1"), "C:\\evil", RefusalReason::Absolute),
        (member("a\x07b", b"1"), "a\x07b", RefusalReason::BadName),
        (linked("p/l", "../../x", EntryType::Symlink), "p/l", RefusalReason::LinkOutside),
        (linked("p/l", "/etc/passwd", EntryType::Symlink), "p/l", RefusalReason::LinkOutside),
        (linked("p/l", "ok.js", EntryType::Symlink), "p/l", RefusalReason::Link),
        (linked("p/l", "p/ok.js", EntryType::Link), "p/l", RefusalReason::Link),
        (linked("p/l", "../x", EntryType::Link), "p/l", RefusalReason::LinkOutside),
        (block(&header(b"p/d", EntryType::Char, 0), b""), "p/d", RefusalReason::Device),
        (block(&header(b"p/d", EntryType::Block, 0), b""), "p/d", RefusalReason::Device),
        (block(&header(b"p/d", EntryType::Fifo, 0), b""), "p/d", RefusalReason::Device),
    ];
    for (entry, path, reason) in cases {
        let unpacked = open("a.tar.gz", &tarball(&[entry.clone(), member("p/ok.js", b"1")]));
        assert_eq!(reasons(&unpacked), [(*path, *reason)]);
        assert_eq!(paths(&unpacked), ["ok.js"]);
    }
}

#[test]
fn of_one_path_twice_the_later_stays() {
    let unpacked = open("a.tar.gz", &tarball(&[member("p/a.js", b"good"), member("p/a.js", b"evil")]));
    assert_eq!(reasons(&unpacked), [("a.js", RefusalReason::Duplicate)]);
    assert_eq!(unpacked.files[0].bytes, b"evil");
    let two_roots = [
        member("package/package.json", b"{}"),
        member("package/a.js", b"good"),
        member("other/a.js", b"evil"),
    ];
    let unpacked = open("a.tgz", &tarball(&two_roots));
    assert_eq!(reasons(&unpacked), [("a.js", RefusalReason::Duplicate)]);
    assert_eq!(unpacked.files[0].bytes, b"evil");
}

#[test]
fn refuses_what_only_some_file_systems_tell_apart() {
    for (one, other) in [("p/a.js", "p/A.js"), ("p/\u{e9}.js", "p/e\u{301}.js")] {
        let unpacked = open("a.tar.gz", &tarball(&[member(one, b"1"), member(other, b"2")]));
        assert_eq!(reasons(&unpacked), [(&other[2..], RefusalReason::Collision)]);
        assert_eq!(unpacked.files[0].bytes, b"1");
    }
}

#[test]
fn notes_what_lies_beyond_the_bounds() {
    let deep = format!("{}/a.js", vec!["d"; 40].join("/"));
    let unpacked = open("a.tar.gz", &tarball(&[member(&deep, b"1"), member("p/a.js", b"1")]));
    assert_eq!(notes(&unpacked), [(deep.as_str(), "nested deeper than 32 folders", Needed::Yes)]);
    let limits = Limits { file: 4, ..Limits::default() };
    let unpacked =
        unpack("a.tgz", &tarball(&[member("p/a.js", b"12345"), member("p/b.md", b"12345")]), &limits);
    assert_eq!(
        notes(&unpacked.unwrap()),
        [
            ("a.js", "larger than the limit of 4 bytes", Needed::Yes),
            ("b.md", "larger than the limit of 4 bytes", Needed::No)
        ]
    );
}

#[test]
fn reads_long_names() {
    let long = format!("p/{}.js", "n".repeat(150));
    let gnu =
        block(&header(b"././@LongLink", EntryType::GNULongName, long.len() as u64 + 1), long.as_bytes());
    for extension in [gnu.clone(), pax(&[("path", &long)])] {
        let unpacked = open("a.tar.gz", &tarball(&[extension, member("short", b"1")]));
        assert_eq!(paths(&unpacked), [&long[2..]]);
    }
    let both = [gnu, pax(&[("path", "p/other.js")]), member("short", b"1")];
    assert_eq!(reasons(&open("a.tar.gz", &tarball(&both))), [("p/other.js", RefusalReason::BadName)]);
    let climbing = [pax(&[("path", "../evil.js")]), member("short", b"1")];
    assert_eq!(reasons(&open("a.tar.gz", &tarball(&climbing))), [("../evil.js", RefusalReason::Traversal)]);
}

#[test]
fn reads_what_any_installer_would_read() {
    let mut split = member("p/a.js", b"1");
    split.extend_from_slice(&[0; 512]);
    split.extend(member("p/hidden.js", b"2"));
    let unpacked = open("a.tar.gz", &tarball(&[split]));
    assert_eq!(paths(&unpacked), ["a.js", "hidden.js"]);
    assert_eq!(notes(&unpacked), [("", "the archive continues after its end marker", Needed::Yes)]);
    let mut two = gzip(&member("p/a.js", b"1"));
    two.extend(tarball(&[member("p/second.js", b"2")]));
    assert_eq!(paths(&open("a.tar.gz", &two)), ["a.js", "second.js"]);
    two.extend_from_slice(&[0; 700]);
    assert_eq!(paths(&open("a.tar.gz", &two)), ["a.js", "second.js"]);
    two.extend_from_slice(b"garbage");
    assert_eq!(rule(&unpack("a.tar.gz", &two, &Limits::default())), "unavailable");
    let unknown = block(&header(b"p/b.js", EntryType::new(b'Z'), 1), b"1");
    assert_eq!(paths(&open("a.tar.gz", &tarball(&[unknown]))), ["b.js"]);
}

#[test]
fn does_not_choose_between_two_sizes() {
    let archive = tarball(&[pax(&[("size", "3")]), member("p/a.js", b"12345")]);
    assert_eq!(rule(&unpack("a.tgz", &archive, &Limits::default())), "unavailable");
    let archive = tarball(&[pax(&[("size", "5")]), member("p/a.js", b"12345")]);
    assert_eq!(paths(&open("a.tgz", &archive)), ["a.js"]);
}

#[test]
fn leaves_sparse_files_packed() {
    let archive =
        tarball(&[pax(&[("GNU.sparse.major", "1")]), member("p/a.js", b"1"), member("p/b.js", b"")]);
    assert_eq!(notes(&open("a.tgz", &archive)), [("a.js", "sparse file, not unpacked", Needed::Yes)]);
}

#[test]
fn stops_at_bombs() {
    let small = Limits { unpacked: 1 << 20, ..Limits::default() };
    let bomb = vec![b' '; 2 << 20];
    let tar = tarball(&[member("p/a.js", &bomb)]);
    let hidden = tarball(&[block(&header(b"l", EntryType::GNULongName, 2 << 20), &bomb)]);
    assert_eq!(rule(&unpack("a.tgz", &tar, &small)), "artifact/archive-bomb");
    assert_eq!(rule(&unpack("a.tgz", &gzip(&vec![0; 2 << 20]), &small)), "artifact/archive-bomb");
    assert_eq!(rule(&unpack("a.tgz", &hidden, &small)), "unavailable");
    assert_eq!(rule(&unpack("a.whl", &zipped(&[("a.py", &bomb)]), &small)), "artifact/archive-bomb");
    let half = &bomb[..1 << 19];
    assert_eq!(
        rule(&unpack("a.whl", &zipped(&[("a", half), ("b", half), ("c", half)]), &small)),
        "artifact/archive-bomb"
    );
}

#[test]
fn stops_at_a_ratio_that_no_text_has() {
    let zeros = zipped(&[("a.txt", &vec![0; 20 << 20])]);
    assert!(zeros.len() < 100_000);
    assert_eq!(rule(&unpack("a.whl", &zeros, &Limits::default())), "artifact/archive-bomb");
    let zeros = zipped(&[("a.txt", &vec![0; 10 << 20])]);
    assert_eq!(rule(&unpack("a.whl", &zeros, &Limits::default())), "unpacked");
}

#[test]
fn stops_at_too_many_entries() {
    let limits = Limits { entries: 100, ..Limits::default() };
    let members: Vec<Vec<u8>> = (0..101).map(|number| member(&format!("p/{number}"), b"")).collect();
    assert_eq!(rule(&unpack("a.tgz", &tarball(&members), &limits)), "artifact/too-many-entries");
    assert_eq!(rule(&unpack("a.tgz", &tarball(&members[..100]), &limits)), "unpacked");
    let names: Vec<String> = (0..101).map(|number| format!("{number}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(rule(&unpack("a.whl", &zipped(&entries), &limits)), "artifact/too-many-entries");
    assert_eq!(rule(&unpack("a.whl", &zipped(&entries[..100]), &limits)), "unpacked");
}

#[test]
fn stops_at_a_hundred_thousand_entries_by_default() {
    let one = member("p/a", b"");
    let mut bytes = Vec::with_capacity(one.len() * 100_000);
    for _ in 0..100_000 {
        bytes.extend_from_slice(&one);
    }
    assert_eq!(rule(&unpack("a.tar", &bytes, &Limits::default())), "artifact/too-many-entries");
}

#[test]
fn refuses_hostile_zip_entries() {
    let archive = zipped(&[("a/../../evil.py", b"1"), ("/etc/evil", b"1"), ("ok.py", b"1"), ("OK.py", b"2")]);
    let unpacked = open("a.whl", &archive);
    assert_eq!(
        reasons(&unpacked),
        [
            ("a/../../evil.py", RefusalReason::Traversal),
            ("/etc/evil", RefusalReason::Absolute),
            ("OK.py", RefusalReason::Collision)
        ]
    );
    assert_eq!(paths(&unpacked), ["ok.py"]);
}

#[test]
fn refuses_links_in_zips() {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.add_symlink("out", "../../etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.add_symlink("in", "ok.py", SimpleFileOptions::default()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let unpacked = open("a.whl", &archive);
    assert_eq!(reasons(&unpacked), [("out", RefusalReason::LinkOutside), ("in", RefusalReason::Link)]);
}

/// Gives every `from` in the archive another name of the same length.
fn renamed(mut archive: Vec<u8>, from: &[u8], to: &[u8], skip: usize) -> Vec<u8> {
    let places: Vec<usize> = memchr::memmem::find_iter(&archive, from).skip(skip).collect();
    for at in places {
        archive[at..at + from.len()].copy_from_slice(to);
    }
    archive
}

#[test]
fn reports_a_name_that_a_zip_lists_twice() {
    let archive = renamed(zipped(&[("one.py", b"good"), ("two.py", b"evil")]), b"two.py", b"one.py", 0);
    let unpacked = open("a.whl", &archive);
    assert_eq!(reasons(&unpacked), [("one.py", RefusalReason::Duplicate)]);
    assert_eq!(unpacked.files[0].bytes, b"evil");
}

#[test]
fn reports_headers_that_disagree() {
    let archive = renamed(zipped(&[("one.py", b"1")]), b"one.py", b"two.py", 1);
    let unpacked = open("a.whl", &archive);
    assert!(
        notes(&unpacked)[0].1.starts_with("two readers would see different files"),
        "{:?}",
        unpacked.unread
    );
}

#[test]
fn reports_a_second_directory() {
    let mut archive = zipped(&[("one.py", b"1")]);
    let second = zipped(&[("two.py", b"2")]);
    assert!(open("a.whl", &archive).unread.is_empty());
    let mut commented = archive.clone();
    let length = commented.len();
    commented[length - 2] = u8::try_from(second.len()).unwrap();
    commented.extend_from_slice(&second);
    for bytes in [commented, {
        archive.extend_from_slice(&second);
        archive
    }] {
        let unpacked = open("a.whl", &bytes);
        assert!(unpacked.unread.iter().any(|unread| unread.needed == Needed::Yes), "{:?}", unpacked.unread);
    }
}

#[test]
fn lists_encrypted_and_damaged_entries() {
    let archive = zipped(&[("one.py", b"print(1)")]);
    let mut encrypted = archive.clone();
    for magic in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let at = memchr::memmem::find(&encrypted, magic).unwrap();
        encrypted[at + if magic[2] == 3 { 6 } else { 8 }] |= 1;
    }
    assert_eq!(notes(&open("a.whl", &encrypted)), [("one.py", "encrypted", Needed::Yes)]);
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("one.py", stored).unwrap();
    writer.write_all(b"print(1)").unwrap();
    let archive = renamed(writer.finish().unwrap().into_inner(), b"print(1)", b"print(2)", 0);
    let unpacked = open("a.whl", &archive);
    assert!(unpacked.files.is_empty());
    assert!(notes(&unpacked)[0].1.starts_with("damaged"), "{:?}", unpacked.unread);
}

#[test]
fn survives_every_cut_and_every_flipped_byte() {
    let archives = [
        ("a.tgz", tarball(&[pax(&[("path", "p/x.js")]), member("p/a.js", b"12345"), member("p/b.js", b"")])),
        ("a.whl", zipped(&[("a.py", b"12345"), ("b.py", b"")])),
    ];
    for (name, archive) in archives {
        for at in 0..archive.len() {
            drop(unpack(name, &archive[..at], &Limits::default()));
            let mut flipped = archive.clone();
            flipped[at] ^= 0xff;
            drop(unpack(name, &flipped, &Limits::default()));
        }
        assert_eq!(rule(&unpack(name, &archive[..archive.len() / 2], &Limits::default())), "unavailable");
    }
    assert_eq!(rule(&unpack("a.tgz", b"not an archive", &Limits::default())), "unavailable");
    assert_eq!(rule(&unpack("a.tgz", b"", &Limits::default())), "unavailable");
}
