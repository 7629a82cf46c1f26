//! A git repository in a folder: read in place, nothing written, nothing checked out.

use std::{borrow::Cow, path::Path};

use git2::{ObjectType, Odb, Oid, RepositoryOpenFlags};

use super::{
    Id,
    reference::Listing,
    tree::{self, Kind, Object, Objects},
};
use crate::{
    acquire::{AcquireError, Limits},
    artifact::evidence::{GitSignature, Reach},
    untrusted::excerpt,
};

/// Most branches and tags whose history is followed.
const MOST_HEADS: usize = 200;

/// An open repository.
pub(super) struct Repository {
    inner: git2::Repository,
    objects: Odb<'static>,
    limit: u64,
}

impl Repository {
    /// Opens exactly this folder; folders above it are not searched.
    ///
    /// # Errors
    /// Where it is not a repository, or another user's.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, AcquireError> {
        let none: [&Path; 0] = [];
        let opened = git2::Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, none);
        let inner =
            opened.map_err(|error| failed(&format!("`{}` could not be opened", path.display()), &error))?;
        let objects = Odb::new().map_err(|error| failed("its objects could not be opened", &error))?;
        let folder = inner.commondir().join("objects");
        objects
            .add_disk_alternate(&folder.to_string_lossy())
            .map_err(|error| failed("its objects could not be opened", &error))?;
        Ok(Self { inner, objects, limit: limits.unpacked })
    }

    /// Branches, tags and the default branch.
    pub(super) fn listing(&self) -> Result<Listing, AcquireError> {
        let unreadable = |error: git2::Error| failed("its references could not be read", &error);
        let mut listing = Listing::default();
        for reference in self.inner.references().map_err(unreadable)? {
            let Ok(reference) = reference else { continue };
            let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) else { continue };
            listing.references.insert(name.to_owned(), id(commit.id()));
        }
        if let Ok(head) = self.inner.head() {
            listing.head = head.name().ok().map(str::to_owned);
            if let Ok(commit) = head.peel_to_commit() {
                listing.references.insert("HEAD".into(), id(commit.id()));
            }
        }
        Ok(listing)
    }
}

impl Repository {
    /// How a commit and the annotated tags on it are signed.
    pub(super) fn signatures(&self, commit: Id) -> Vec<GitSignature> {
        let mut signatures: Vec<GitSignature> = tree::signature(self, &commit).into_iter().collect();
        let Ok(names) = self.inner.tag_names(None) else { return signatures };
        let names = names.iter().take(MOST_HEADS).filter_map(|name| name.ok().flatten());
        for name in names {
            let Ok(reference) = self.inner.find_reference(&format!("refs/tags/{name}")) else { continue };
            let is_here = reference.peel_to_commit().is_ok_and(|found| id(found.id()) == commit);
            let Some(target) = reference.target().map(id).filter(|target| is_here && *target != commit)
            else {
                continue;
            };
            signatures.extend(
                tree::signature(self, &target)
                    .map(|signature| GitSignature { name: excerpt(name, 100), ..signature }),
            );
        }
        signatures
    }

    /// Whether a branch or a tag leads to a commit.
    pub(super) fn reach(&self, commit: Id) -> Result<Reach, AcquireError> {
        let unreadable = |error: git2::Error| failed("its history could not be read", &error);
        let wanted = Oid::from_bytes(&commit).map_err(unreadable)?;
        let listing = self.listing()?;
        let mut heads: Vec<Id> = listing.references.into_values().collect();
        heads.sort_unstable();
        heads.dedup();
        if heads.contains(&commit) {
            return Ok(Reach::Reached);
        }
        for head in heads.into_iter().take(MOST_HEADS) {
            let head = Oid::from_bytes(&head).map_err(unreadable)?;
            if self.inner.graph_descendant_of(head, wanted).unwrap_or(false) {
                return Ok(Reach::Reached);
            }
        }
        Ok(Reach::NotReached)
    }
}

impl Objects for Repository {
    fn object(&self, id: &Id) -> Result<Option<Object<'_>>, AcquireError> {
        let unreadable = |error: git2::Error| failed("an object could not be read", &error);
        let id = Oid::from_bytes(id).map_err(unreadable)?;
        if !self.objects.exists(id) {
            return Ok(None);
        }
        let (size, kind) = self.objects.read_header(id).map_err(unreadable)?;
        if size as u64 > self.limit {
            return Err(AcquireError::Hostile {
                message: format!(
                    "the git repository was not read: an object of {size} bytes is beyond the limit"
                ),
                rule: "artifact/archive-bomb",
            });
        }
        let kind = match kind {
            ObjectType::Commit => Kind::Commit,
            ObjectType::Tree => Kind::Tree,
            ObjectType::Blob => Kind::Blob,
            ObjectType::Tag => Kind::Tag,
            ObjectType::Any => return Ok(None),
        };
        let object = self.objects.read(id).map_err(unreadable)?;
        Ok(Some((kind, Cow::Owned(object.data().to_vec()))))
    }
}

fn id(oid: Oid) -> Id {
    oid.as_bytes().try_into().unwrap_or_default()
}

fn failed(undone: &str, error: &git2::Error) -> AcquireError {
    AcquireError::Unavailable {
        message: format!("the git repository was not read: {undone}: {}", excerpt(error.message(), 200)),
        hints: Vec::new(),
    }
}
