//! What a person looks at to judge a finding, as a digest: other content needs a new look.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::{
    artifact::{Artifact, File, hex},
    connector::Connector,
    finding::{Finding, Location},
};

/// Lines up to this length count as a whole, bytes.
const LINE: usize = 2_000;
/// Of longer lines, what stands this near to the column, bytes.
const NEAR: usize = 200;

/// Sets the digest of every finding: rule, trimmed lines of its places, text of its tool.
pub(super) fn contents(findings: &mut [Finding], artifact: &Artifact, connector: &Connector) {
    let mut lines = Lines { artifact, starts: BTreeMap::new() };
    for finding in findings {
        let mut hash = Sha256::new();
        let mut add = |text: &[u8]| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        add(finding.rule.id.as_bytes());
        add(finding.evidence.as_bytes());
        for place in finding.places().chain(finding.steps.iter().map(|step| &step.location)) {
            add(place.path.as_bytes());
            add(lines.line(place));
        }
        for tool in connector.tools.iter().filter(|tool| {
            finding.tool.as_deref().is_some_and(|name| tool.name.raw() == name || tool.name.visible() == name)
        }) {
            add(tool.title.as_ref().map_or("", |title| title.raw()).as_bytes());
            add(tool.description.as_ref().map_or("", |description| description.raw()).as_bytes());
            add(tool.input.as_ref().map(ToString::to_string).unwrap_or_default().as_bytes());
        }
        if finding.location.is_none() && finding.tool.is_none() {
            add(finding.message.as_bytes());
        }
        finding.content = hex(&hash.finalize()[..8]);
    }
}

struct Lines<'a> {
    artifact: &'a Artifact,
    /// Where lines begin, by index of the file.
    starts: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Lines<'a> {
    fn line(&mut self, place: &Location) -> &'a [u8] {
        let files = &self.artifact.files;
        let Ok(at) = files.binary_search_by(|file| file.path.as_str().cmp(&place.path)) else { return &[] };
        let bytes = &files[at].bytes;
        let starts = self.starts.entry(at).or_insert_with(|| starts(&files[at]));
        let row = place.line.max(1) as usize;
        let Some(&start) = starts.get(row - 1) else { return &[] };
        let end = starts.get(row).copied().unwrap_or(bytes.len());
        let line = &bytes[start..end];
        if line.len() <= LINE {
            return line.trim_ascii();
        }
        let column = (place.column as usize).min(line.len());
        &line[column.saturating_sub(NEAR)..line.len().min(column + NEAR)]
    }
}

fn starts(file: &File) -> Vec<usize> {
    std::iter::once(0).chain(memchr::memchr_iter(b'\n', &file.bytes).map(|at| at + 1)).collect()
}

/// The text of a line and of the one before it.
pub(super) fn around(file: &File, line: u32) -> [(u32, &[u8]); 2] {
    let mut rows = file.bytes.split(|byte| *byte == b'\n').skip(line.saturating_sub(2) as usize);
    let first = if line > 1 { rows.next() } else { None };
    [(line.saturating_sub(1), first.unwrap_or_default()), (line, rows.next().unwrap_or_default())]
}
