//! A git pack to its objects: inflated, deltas applied, every object named by its own SHA-1.
//!
//! Bounded before it grows: the sizes that the pack states are added up first and believed only as
//! upper bounds. Deltas are applied once each, from their bases upwards, without recursion.

use std::{borrow::Cow, collections::BTreeMap, io::Read as _};

use flate2::bufread::ZlibDecoder;
use sha1::{Digest as _, Sha1};

use super::{
    Id,
    tree::{Kind, Object, Objects},
};
use crate::acquire::{AcquireError, Limits, published::unavailable};

/// The objects of a pack by name.
pub(super) struct Pack {
    objects: BTreeMap<Id, (Kind, Vec<u8>)>,
}

impl Objects for Pack {
    fn object(&self, id: &Id) -> Result<Option<Object<'_>>, AcquireError> {
        Ok(self.objects.get(id).map(|(kind, data)| (*kind, Cow::Borrowed(data.as_slice()))))
    }
}

/// An entry as the pack holds it.
enum Entry {
    Whole(Kind, Vec<u8>),
    Delta(Base, Vec<u8>),
}

/// What a delta changes.
#[derive(Clone, Copy)]
enum Base {
    /// The entry that begins there.
    Offset(usize),
    /// The object of that name.
    Named(Id),
}

/// Objects for each file of the tree that a pack may hold: folders, older versions, tags.
const OBJECTS_PER_ENTRY: usize = 8;

/// Reads a pack.
///
/// # Errors
/// Where it is damaged, incomplete, or grows beyond the limits.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Pack, AcquireError> {
    let mut meter = Meter { left: limits.unpacked };
    let entries = entries(bytes, limits, &mut meter)?;
    let mut whole = Vec::new();
    let mut at_offset: BTreeMap<usize, Vec<Delta>> = BTreeMap::new();
    let mut at_name: BTreeMap<Id, Vec<Delta>> = BTreeMap::new();
    let mut waiting = 0_usize;
    for (offset, entry) in entries {
        match entry {
            Entry::Whole(kind, data) => whole.push((offset, kind, data)),
            Entry::Delta(base, delta) => {
                waiting += 1;
                let delta = Delta { offset, delta };
                match base {
                    Base::Offset(base) => at_offset.entry(base).or_default().push(delta),
                    Base::Named(base) => at_name.entry(base).or_default().push(delta),
                }
            }
        }
    }
    let mut objects = BTreeMap::new();
    while let Some((offset, kind, data)) = whole.pop() {
        let id = name(kind, &data);
        let by_offset = at_offset.remove(&offset).unwrap_or_default();
        let by_name = at_name.remove(&id).unwrap_or_default();
        for delta in by_offset.into_iter().chain(by_name) {
            waiting -= 1;
            whole.push((delta.offset, kind, apply(&data, &delta.delta, &mut meter)?));
        }
        objects.insert(id, (kind, data));
    }
    if waiting > 0 {
        return Err(damaged("it changes objects that it does not hold"));
    }
    Ok(Pack { objects })
}

/// A delta, and where its entry begins.
struct Delta {
    offset: usize,
    delta: Vec<u8>,
}

/// How many bytes may still be made.
struct Meter {
    left: u64,
}

impl Meter {
    fn take(&mut self, size: usize) -> Result<(), AcquireError> {
        self.left = self.left.checked_sub(size as u64).ok_or_else(|| AcquireError::Hostile {
            message: "the git repository was not read: its pack grows beyond the limit".into(),
            rule: "artifact/archive-bomb",
        })?;
        Ok(())
    }
}

fn damaged(why: &str) -> AcquireError {
    unavailable(&format!("the git repository was not read: its pack is damaged: {why}"))
}

/// Every entry with the offset at which it begins.
fn entries(bytes: &[u8], limits: &Limits, meter: &mut Meter) -> Result<Vec<(usize, Entry)>, AcquireError> {
    let body = bytes.len().checked_sub(20).and_then(|end| bytes.get(..end)).unwrap_or(&[]);
    let number = |at: usize| {
        let word: [u8; 4] = body.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(word))
    };
    if !body.starts_with(b"PACK") || !matches!(number(4), Some(2 | 3)) {
        return Err(damaged("it has no header"));
    }
    if bytes.get(body.len()..) != Some(Sha1::digest(body).as_slice()) {
        return Err(damaged("its checksum is wrong"));
    }
    let count = number(8).and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    if count > limits.entries.saturating_mul(OBJECTS_PER_ENTRY) {
        return Err(AcquireError::Hostile {
            message: format!("the git repository was not read: its pack has {count} objects"),
            rule: "artifact/too-many-entries",
        });
    }
    let mut entries = Vec::new();
    let mut offset = 12;
    for _ in 0..count {
        let (entry, length) = entry(body, offset, meter)?;
        entries.push((offset, entry));
        offset += length;
    }
    Ok(entries)
}

/// The entry at an offset, and its length.
fn entry(body: &[u8], offset: usize, meter: &mut Meter) -> Result<(Entry, usize), AcquireError> {
    let whole = body.get(offset..).unwrap_or(&[]);
    let mut rest = whole;
    let first = take_byte(&mut rest)?;
    let mut size = usize::from(first & 15);
    let mut shift = 4;
    let mut last = first;
    while last & 0x80 != 0 {
        last = take_byte(&mut rest)?;
        size = grown(size, last & 0x7f, shift)?;
        shift += 7;
    }
    let base = match (first >> 4) & 7 {
        1..=4 => None,
        6 => Some(Base::Offset(base_offset(&mut rest, offset)?)),
        7 => {
            let id =
                rest.get(..20).and_then(|id| id.try_into().ok()).ok_or_else(|| damaged("it ends early"))?;
            rest = rest.get(20..).unwrap_or(&[]);
            Some(Base::Named(id))
        }
        _ => return Err(damaged("an object is of an unknown kind")),
    };
    meter.take(size)?;
    let mut data = Vec::with_capacity(size.min(1 << 20));
    let mut reader = ZlibDecoder::new(rest);
    (&mut reader)
        .take(size as u64 + 1)
        .read_to_end(&mut data)
        .map_err(|_| damaged("an object cannot be inflated"))?;
    if data.len() != size {
        return Err(damaged("an object has not the size that it states"));
    }
    let packed = usize::try_from(reader.total_in()).unwrap_or(usize::MAX);
    let entry = match (base, (first >> 4) & 7) {
        (Some(base), _) => Entry::Delta(base, data),
        (None, 1) => Entry::Whole(Kind::Commit, data),
        (None, 2) => Entry::Whole(Kind::Tree, data),
        (None, 3) => Entry::Whole(Kind::Blob, data),
        (None, _) => Entry::Whole(Kind::Tag, data),
    };
    Ok((entry, (whole.len() - rest.len()).saturating_add(packed)))
}

/// Where the base of an entry begins, as a distance backwards.
fn base_offset(rest: &mut &[u8], offset: usize) -> Result<usize, AcquireError> {
    let mut last = take_byte(rest)?;
    let mut distance = usize::from(last & 0x7f);
    while last & 0x80 != 0 {
        last = take_byte(rest)?;
        distance = distance
            .checked_add(1)
            .and_then(|distance| distance.checked_mul(128))
            .and_then(|distance| distance.checked_add(usize::from(last & 0x7f)))
            .ok_or_else(|| damaged("a distance is too large"))?;
    }
    offset.checked_sub(distance).filter(|_| distance > 0).ok_or_else(|| damaged("a distance leaves the pack"))
}

fn take_byte(rest: &mut &[u8]) -> Result<u8, AcquireError> {
    let (first, tail) = rest.split_first().ok_or_else(|| damaged("it ends early"))?;
    *rest = tail;
    Ok(*first)
}

/// A number with seven more bits at `shift`; refuses what no object can be.
fn grown(number: usize, bits: u8, shift: u32) -> Result<usize, AcquireError> {
    if shift > 42 {
        return Err(damaged("a size is too large"));
    }
    let more = (u64::from(bits) << shift) | number as u64;
    usize::try_from(more).map_err(|_| damaged("a size is too large"))
}

fn size_in(rest: &mut &[u8]) -> Result<usize, AcquireError> {
    let (mut size, mut shift) = (0, 0);
    loop {
        let byte = take_byte(rest)?;
        size = grown(size, byte & 0x7f, shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok(size);
        }
    }
}

/// The object that a delta makes of its base.
fn apply(base: &[u8], delta: &[u8], meter: &mut Meter) -> Result<Vec<u8>, AcquireError> {
    let mut rest = delta;
    if size_in(&mut rest)? != base.len() {
        return Err(damaged("a change does not fit its base"));
    }
    let size = size_in(&mut rest)?;
    meter.take(size)?;
    let mut out = Vec::with_capacity(size.min(1 << 20));
    while !rest.is_empty() {
        let code = take_byte(&mut rest)?;
        let chunk = if code & 0x80 == 0 {
            let (chunk, tail) = rest
                .split_at_checked(usize::from(code))
                .filter(|_| code != 0)
                .ok_or_else(|| damaged("a change ends early"))?;
            rest = tail;
            chunk
        } else {
            let start = little_endian(&mut rest, code, 4)?;
            let length = match little_endian(&mut rest, code >> 4, 3)? {
                0 => 0x10000,
                length => length,
            };
            base.get(start..start.saturating_add(length))
                .ok_or_else(|| damaged("a change leaves its base"))?
        };
        if chunk.len() > size - out.len() {
            return Err(damaged("a change makes more than it states"));
        }
        out.extend_from_slice(chunk);
    }
    if out.len() == size { Ok(out) } else { Err(damaged("a change makes less than it states")) }
}

/// A number of which only the bytes that `present` marks are written.
fn little_endian(rest: &mut &[u8], present: u8, bytes: u32) -> Result<usize, AcquireError> {
    let mut number = 0;
    for place in 0..bytes {
        if present & (1 << place) != 0 {
            number |= usize::from(take_byte(rest)?) << (8 * place);
        }
    }
    Ok(number)
}

/// The name of an object.
fn name(kind: Kind, data: &[u8]) -> Id {
    let mut hash = Sha1::new();
    hash.update(format!("{} {}\0", kind.name(), data.len()));
    hash.update(data);
    hash.finalize().into()
}

#[cfg(test)]
pub(super) mod tests;
