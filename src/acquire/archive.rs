//! An archive on this machine to an artifact.

use std::{borrow::Cow, path::Path};

use super::{
    AcquireError, Door, Pinned, Source, Target,
    attestations::{self, Split},
    digest, identity, local, unpack,
};
use crate::artifact::{Artifact, Coordinate, Ecosystem, evidence::Evidence};

/// Archives on this machine.
pub struct Archive;

impl Source for Archive {
    fn scheme(&self) -> &'static str {
        "archive"
    }

    fn resolve(&self, target: &Target, door: &Door<'_>) -> Result<Pinned, AcquireError> {
        let path = local::find(target, door)?;
        let mut pinned = local::pin(target, &path, "archive");
        pinned.facts.coordinate.ecosystem = ecosystem(&path);
        Ok(pinned)
    }

    fn acquire(&self, pinned: &Pinned, door: &Door<'_>) -> Result<Artifact, AcquireError> {
        let limits = &door.settings.limits;
        let bytes = local::read(Path::new(&pinned.location), limits.download)?;
        let stated = pinned.facts.coordinate.clone();
        let split = match stated.ecosystem {
            Ecosystem::Mcpb => attestations::split(&bytes),
            _ => Split { content: Cow::Borrowed(&bytes), block: None },
        };
        let unpacked = unpack::unpack(&pinned.location, &split.content, limits)?;
        let (name, version) = identity::of(&unpacked.files).unwrap_or((stated.name, stated.version));
        Ok(Artifact {
            coordinate: Coordinate { ecosystem: stated.ecosystem, name, version },
            digest: digest::sha256(&bytes),
            source: pinned.facts.source.clone(),
            resolution: pinned.facts.resolution.clone(),
            files: unpacked.files,
            refused: unpacked.refused,
            unread: unpacked.unread,
            evidence: Evidence {
                archive: attestations::archive(&pinned.location, &bytes),
                bundle: split.block,
                ..Evidence::default()
            },
            ..Artifact::default()
        })
    }
}

/// The ecosystem that only one kind of file belongs to.
fn ecosystem(path: &Path) -> Ecosystem {
    match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("mcpb" | "dxt") => Ecosystem::Mcpb,
        Some("crate") => Ecosystem::Cargo,
        _ => Ecosystem::Local,
    }
}
