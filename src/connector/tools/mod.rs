//! Tools, prompts and resources, without running anything: from source, manifests and captured lists.

use super::{Connector, manifest::Manifests};
use crate::{artifact::Artifact, code::Code};

/// Fills tools, prompts, resources, instructions and registrations.
pub fn read(artifact: &Artifact, code: &Code, manifests: &Manifests, connector: &mut Connector) {
    let _ = (artifact, code, manifests, connector);
}
