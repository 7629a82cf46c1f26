//! `mcp-name:` markers of READMEs: the MCP registry name that a package claims.

use super::{Manifests, Places, Reader};
use crate::untrusted::Untrusted;

/// Markers that are read of one text: a package has one.
const MARKERS: usize = 16;

/// Characters of a registry name, by the registry's schema.
const LONGEST: usize = 200;

pub(super) fn read(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    let named = |path: &str| {
        let stem = path.split('.').next().unwrap_or("");
        !path.contains('/') && stem.eq_ignore_ascii_case("readme")
    };
    let Some(file) = reader.root.files(reader.artifact, named) else { return };
    let text = file.text();
    read_markers(&Places::new(&file.path, &text), &text, 0, manifests);
}

/// Reads the markers of `text`, which begins at byte `start` of the indexed file.
pub(super) fn read_markers(places: &Places<'_>, text: &str, start: usize, manifests: &mut Manifests) {
    const MARKER: &str = "mcp-name:";
    for (at, _) in text.match_indices(MARKER).take(MARKERS) {
        let rest = text.get(at + MARKER.len()..).unwrap_or("").trim_start_matches([' ', '\t', '`', '*']);
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or("").trim_end_matches(['.', '-']);
        let is_new = manifests.mcp_names.iter().all(|(known, _)| known.raw() != name);
        if name.contains('/') && name.len() <= LONGEST && is_new {
            manifests.mcp_names.push((Untrusted::new(name), places.at(start + at)));
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/')
}
