//! A commit's tree to files: objects in, everything that stands in the tree out, by the same rules
//! as for the entries of an archive.

use std::borrow::Cow;

use super::{Id, object_of};
use crate::{
    acquire::{
        AcquireError, Limits,
        published::unavailable,
        unpack::{Collector, Layout, Meter, Unpacked},
    },
    artifact::{Needed, RefusalReason, evidence::GitSignature},
};

/// What an object is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// A file's content.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// As git writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// An object's kind and content.
pub(super) type Object<'a> = (Kind, Cow<'a, [u8]>);

/// Objects by name.
pub(super) trait Objects {
    /// The object of that name; `None` where there is none.
    ///
    /// # Errors
    /// Where it is there but cannot be read.
    fn object(&self, id: &Id) -> Result<Option<Object<'_>>, AcquireError>;
}

/// One entry of a folder.
struct Item<'a> {
    mode: &'a [u8],
    name: &'a [u8],
    id: Id,
}

/// A folder that is still to be read.
struct Folder {
    path: Vec<u8>,
    id: Id,
}

/// How much of a commit or tag is looked at for a signature, bytes.
const MOST_SIGNED: usize = 1 << 20;

/// How many annotated tags may stand for one another.
const MOST_TAGS: usize = 8;

/// Reads every file of a commit. `packed` is how many bytes it took to transfer.
///
/// # Errors
/// Where objects are missing or damaged, or the tree grows beyond the limits.
pub(super) fn unpack(
    objects: &dyn Objects,
    commit: Id,
    packed: usize,
    limits: &Limits,
) -> Result<Unpacked, AcquireError> {
    let mut collector = Collector::new(Layout::Flat, packed, limits);
    let meter = collector.meter();
    let mut folders = vec![Folder { path: Vec::new(), id: root(objects, commit)? }];
    while let Some(folder) = folders.pop() {
        let tree = object_of(objects, &folder.id, Kind::Tree)?;
        let mut rest: &[u8] = &tree;
        while let Some(item) = item(&mut rest)? {
            collector.count()?;
            add(objects, &folder, &item, &mut collector, &meter, &mut folders)?;
        }
    }
    Ok(collector.finish())
}

/// Whether one of these commits or tags leads to a commit through its parents.
///
/// # Errors
/// Where an object is there but cannot be read.
pub(super) fn leads_to(objects: &dyn Objects, heads: Vec<Id>, wanted: &Id) -> Result<bool, AcquireError> {
    let mut seen: std::collections::BTreeSet<Id> = heads.iter().copied().collect();
    let mut waiting = heads;
    while let Some(id) = waiting.pop() {
        if id == *wanted {
            return Ok(true);
        }
        let Some((kind, data)) = objects.object(&id)? else { continue };
        let field = match kind {
            Kind::Commit => "parent ",
            Kind::Tag => "object ",
            Kind::Tree | Kind::Blob => continue,
        };
        let text = String::from_utf8_lossy(data.get(..data.len().min(MOST_SIGNED)).unwrap_or_default());
        let head = text.lines().take_while(|line| !line.is_empty());
        let next = head.filter_map(|line| super::reference::id(line.strip_prefix(field)?));
        waiting.extend(next.filter(|next| seen.insert(*next)));
    }
    Ok(false)
}

/// How a commit is signed, where its object is at hand.
pub(super) fn signature(objects: &dyn Objects, commit: &Id) -> Option<GitSignature> {
    let (kind, data) = objects.object(commit).ok()??;
    let object = match kind {
        Kind::Commit => "commit",
        Kind::Tag => "tag",
        Kind::Tree | Kind::Blob => return None,
    };
    let name = crate::acquire::digest::hex(commit);
    Some(GitSignature { object, name, format: signature_format(kind, &data) })
}

/// The kind of signature in a commit's head, or behind a tag's message.
pub(super) fn signature_format(kind: Kind, data: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(data.get(..data.len().min(MOST_SIGNED)).unwrap_or_default());
    let signature = match kind {
        Kind::Commit => {
            let head = text.split("\n\n").next().unwrap_or_default();
            head.split_once("\ngpgsig").map(|(_, signature)| signature.to_owned())
        }
        Kind::Tag => text.rfind("\n-----BEGIN ").and_then(|at| text.get(at..)).map(str::to_owned),
        Kind::Tree | Kind::Blob => None,
    };
    let Some(signature) = signature else { return "" };
    [("BEGIN PGP SIGNATURE", "OpenPGP"), ("BEGIN SSH SIGNATURE", "SSH"), ("BEGIN SIGNED MESSAGE", "X.509")]
        .into_iter()
        .find(|(mark, _)| signature.contains(mark))
        .map_or("", |(_, format)| format)
}

/// The tree of a commit, through annotated tags.
fn root(objects: &dyn Objects, commit: Id) -> Result<Id, AcquireError> {
    let mut id = commit;
    for _ in 0..MOST_TAGS {
        let Some((kind, data)) = objects.object(&id)? else {
            return Err(unavailable("the git repository was not read: it did not give the commit"));
        };
        let field: &[u8] = match kind {
            Kind::Commit => b"tree ",
            Kind::Tag => b"object ",
            Kind::Tree | Kind::Blob => {
                return Err(unavailable("the git repository was not read: the reference is not a commit"));
            }
        };
        let named = data
            .strip_prefix(field)
            .and_then(|rest| std::str::from_utf8(rest.get(..40)?).ok())
            .and_then(super::reference::id)
            .ok_or_else(|| unavailable("the git repository was not read: a commit is damaged"))?;
        if kind == Kind::Commit {
            return Ok(named);
        }
        id = named;
    }
    Err(unavailable("the git repository was not read: too many tags stand for one another"))
}

/// Takes one entry off the front of a folder.
fn item<'a>(rest: &mut &'a [u8]) -> Result<Option<Item<'a>>, AcquireError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let damaged = || unavailable("the git repository was not read: a folder is damaged");
    let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(damaged)?;
    let (mode, tail) = rest.split_at_checked(space).ok_or_else(damaged)?;
    let tail = tail.get(1..).ok_or_else(damaged)?;
    let end = tail.iter().position(|byte| *byte == 0).ok_or_else(damaged)?;
    let (name, tail) = tail.split_at_checked(end).ok_or_else(damaged)?;
    let id = tail.get(1..21).and_then(|id| id.try_into().ok()).ok_or_else(damaged)?;
    *rest = tail.get(21..).ok_or_else(damaged)?;
    Ok(Some(Item { mode, name, id }))
}

fn add(
    objects: &dyn Objects,
    folder: &Folder,
    item: &Item<'_>,
    collector: &mut Collector<'_>,
    meter: &Meter,
    folders: &mut Vec<Folder>,
) -> Result<(), AcquireError> {
    let mut raw = folder.path.clone();
    raw.extend_from_slice(item.name);
    if item.name.contains(&b'/') || matches!(item.name, b"" | b".") || item.name.eq_ignore_ascii_case(b".git")
    {
        collector.refuse(&raw, RefusalReason::BadName);
        return Ok(());
    }
    let Some(path) = collector.accept(&raw) else { return Ok(()) };
    match item.mode {
        b"40000" | b"040000" => {
            raw.push(b'/');
            folders.push(Folder { path: raw, id: item.id });
        }
        b"160000" => collector.skip(&path, "submodule not followed", Needed::No),
        b"120000" => collector.link(&path, &object_of(objects, &item.id, Kind::Blob)?, false),
        _ => {
            let data = object_of(objects, &item.id, Kind::Blob)?;
            let mut reader = crate::acquire::unpack::Metered::new(&*data, meter);
            collector.file(path, &mut reader, data.len() as u64, meter)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{pack, pack::tests::Builder};
    use super::*;
    use sha1::{Digest as _, Sha1};

    /// A pack that grows by trees, with the commit that stands for the last of them.
    struct Repository {
        pack: Builder,
    }

    impl Repository {
        fn new() -> Self {
            Self { pack: Builder::new() }
        }

        fn add(&mut self, kind: Kind, data: &[u8]) -> Id {
            let number = match kind {
                Kind::Commit => 1,
                Kind::Tree => 2,
                Kind::Blob => 3,
                Kind::Tag => 4,
            };
            self.pack.add(number, &[], data);
            let mut hash = Sha1::new();
            hash.update(format!("{} {}\0", kind.name(), data.len()));
            hash.update(data);
            hash.finalize().into()
        }

        fn tree(&mut self, items: &[(&str, &str, Id)]) -> Id {
            let mut data = Vec::new();
            for (mode, name, id) in items {
                data.extend_from_slice(format!("{mode} {name}\0").as_bytes());
                data.extend_from_slice(id);
            }
            self.add(Kind::Tree, &data)
        }

        fn unpack(mut self, tree: Id, limits: &Limits) -> Result<Unpacked, AcquireError> {
            let commit = format!("tree {}\nauthor nobody\n", crate::acquire::digest::hex(&tree));
            let commit = self.add(Kind::Commit, commit.as_bytes());
            let tag = format!("object {}\ntype commit\n", crate::acquire::digest::hex(&commit));
            let tag = self.add(Kind::Tag, tag.as_bytes());
            let bytes = self.pack.finish();
            unpack(&pack::read(&bytes, limits)?, tag, bytes.len(), limits)
        }
    }

    #[test]
    fn lists_every_entry_once() {
        let mut repository = Repository::new();
        let code = repository.add(Kind::Blob, b"export default 1;\n");
        let inside = repository.add(Kind::Blob, b"../b.js");
        let outside = repository.add(Kind::Blob, b"../../etc/passwd");
        let folder = repository.tree(&[
            ("100644", "a.js", code),
            ("120000", "in", inside),
            ("120000", "out", outside),
        ]);
        let tree = repository.tree(&[
            ("100755", "b.js", code),
            ("100644", "B.js", code),
            ("160000", "module", [7; 20]),
            ("40000", "src", folder),
            ("40000", "..", folder),
            ("40000", ".GIT", folder),
            ("100644", "x/y", code),
            ("100644", "line\nbreak", code),
        ]);
        let unpacked = repository.unpack(tree, &Limits::default()).unwrap();
        let files: Vec<&str> = unpacked.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["b.js", "src/a.js"]);
        let refused: Vec<(String, RefusalReason)> =
            unpacked.refused.iter().map(|refusal| (refusal.path.visible(), refusal.reason)).collect();
        for (path, reason) in [
            ("..", RefusalReason::Traversal),
            (".GIT", RefusalReason::BadName),
            ("x/y", RefusalReason::BadName),
            ("line break", RefusalReason::BadName),
            ("src/in", RefusalReason::Link),
            ("src/out", RefusalReason::LinkOutside),
        ] {
            assert!(refused.contains(&(path.into(), reason)), "{path}: {refused:?}");
        }
        assert!(refused.iter().any(|(_, reason)| *reason == RefusalReason::Collision));
        assert_eq!(unpacked.unread[0].why, "submodule not followed");
    }

    #[test]
    fn stops_trees_that_multiply() {
        let mut repository = Repository::new();
        let mut tree = repository.add(Kind::Blob, b"x");
        let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
        for level in 0..10 {
            let mode = if level == 0 { "100644" } else { "40000" };
            let items: Vec<(&str, &str, Id)> = names.iter().map(|name| (mode, name.as_str(), tree)).collect();
            tree = repository.tree(&items);
        }
        let Err(AcquireError::Hostile { rule, .. }) = repository.unpack(tree, &Limits::default()) else {
            panic!("not refused")
        };
        assert_eq!(rule, "artifact/too-many-entries");
    }

    #[test]
    fn lists_what_is_nested_too_deep() {
        let mut repository = Repository::new();
        let mut tree = repository.add(Kind::Blob, b"x");
        for level in 0..40 {
            tree = repository.tree(&[(if level == 0 { "100644" } else { "40000" }, "d", tree)]);
        }
        let unpacked = repository.unpack(tree, &Limits::default()).unwrap();
        assert!(unpacked.files.is_empty());
        assert_eq!(unpacked.unread.len(), 1);
        assert_eq!(unpacked.unread[0].needed, Needed::Yes);
    }

    #[test]
    fn refuses_what_is_missing_or_of_the_wrong_kind() {
        for item in [("40000", "a", [9; 20]), ("100644", "a", [9; 20])] {
            let mut repository = Repository::new();
            let tree = repository.tree(&[item]);
            let error = repository.unpack(tree, &Limits::default()).unwrap_err().to_string();
            assert!(error.ends_with("an object is missing"), "{error}");
        }
        let mut repository = Repository::new();
        let blob = repository.add(Kind::Blob, b"x");
        let tree = repository.tree(&[("40000", "a", blob)]);
        assert!(
            repository
                .unpack(tree, &Limits::default())
                .unwrap_err()
                .to_string()
                .ends_with("of the wrong kind")
        );
        let mut repository = Repository::new();
        let tree = repository.add(Kind::Tree, b"100644 cut\0short");
        assert!(
            repository
                .unpack(tree, &Limits::default())
                .unwrap_err()
                .to_string()
                .ends_with("a folder is damaged")
        );
    }
}
