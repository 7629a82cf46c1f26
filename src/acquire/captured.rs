//! A captured `tools/list` answer to an artifact of that one file.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{AcquireError, Door, Pinned, Source, Target, digest, local};
use crate::artifact::{Artifact, File, Kind};

/// Captured tool lists.
pub struct Captured;

impl Source for Captured {
    fn scheme(&self) -> &'static str {
        "tools"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        Ok(local::pin(target, &local::find(target, door)?, "captured tool list"))
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        let path = Path::new(&pinned.location);
        let bytes = local::read(path, door.settings.limits.file)?;
        let file = File {
            path: local::name(path),
            size: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            kind: Kind::Data,
            bytes,
        };
        Ok(Artifact {
            coordinate: pinned.facts.coordinate.clone(),
            digest: digest::sha256(&file.bytes),
            source: pinned.facts.source.clone(),
            resolution: pinned.facts.resolution.clone(),
            files: vec![file],
            ..Artifact::default()
        })
    }
}
