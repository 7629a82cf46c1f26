//! A git repository in a folder: read in place, nothing written, nothing checked out.

use std::{borrow::Cow, path::Path};

use git2::{ObjectType, Odb, Oid, RepositoryOpenFlags};

use super::{
    Id,
    reference::Listing,
    tree::{Kind, Object, Objects},
};
use crate::{
    acquire::{AcquireError, Limits},
    untrusted::excerpt,
};

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
