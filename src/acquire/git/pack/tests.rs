//! Packs as git writes them, and as an attacker would.

use super::*;
use std::io::Write as _;

/// A pack of entries that are written as they will be read.
pub(crate) struct Builder {
    body: Vec<u8>,
    count: u32,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self { body: Vec::new(), count: 0 }
    }

    /// Adds an entry; gives the offset at which it begins.
    pub(crate) fn add(&mut self, kind: u8, base: &[u8], data: &[u8]) -> usize {
        self.add_stating(kind, base, data, data.len())
    }

    fn add_stating(&mut self, kind: u8, base: &[u8], data: &[u8], size: usize) -> usize {
        let offset = 12 + self.body.len();
        let mut byte = (kind << 4) | u8::try_from(size & 15).unwrap();
        let mut rest = size >> 4;
        while rest > 0 {
            self.body.push(byte | 0x80);
            byte = u8::try_from(rest & 0x7f).unwrap();
            rest >>= 7;
        }
        self.body.push(byte);
        self.body.extend_from_slice(base);
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(data).unwrap();
        self.body.extend(packed.finish().unwrap());
        self.count += 1;
        offset
    }

    pub(crate) fn finish(&self) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend(self.count.to_be_bytes());
        pack.extend(&self.body);
        let checksum = Sha1::digest(&pack);
        pack.extend(checksum);
        pack
    }
}

fn contents(pack: &[u8]) -> Result<Vec<String>, String> {
    let pack = read(pack, &Limits::default()).map_err(|error| error.to_string())?;
    let mut all: Vec<String> =
        pack.objects.values().map(|(_, data)| String::from_utf8_lossy(data).into_owned()).collect();
    all.sort();
    Ok(all)
}

fn distance(from: usize, to: usize) -> Vec<u8> {
    let distance = from - to;
    assert!(distance < 128);
    vec![u8::try_from(distance).unwrap()]
}

#[test]
fn applies_deltas_in_any_order() {
    let mut pack = Builder::new();
    let base = name(Kind::Blob, b"hello world");
    // Copy five bytes from 6, then insert one.
    pack.add(7, &base, &[11, 6, 0x91, 6, 5, 1, b'!']);
    let offset = pack.add(3, &[], b"hello world");
    let next = 12 + pack.body.len();
    pack.add(6, &distance(next, offset), &[11, 5, 0x90, 5]);
    assert_eq!(contents(&pack.finish()).unwrap(), ["hello", "hello world", "world!"]);
}

#[test]
fn names_objects_as_git_does() {
    assert_eq!(
        crate::acquire::digest::hex(&name(Kind::Blob, b"")),
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    );
}

#[test]
fn refuses_what_is_damaged() {
    let made = |kind: u8, base: &[u8], data: &[u8]| {
        let mut pack = Builder::new();
        pack.add(3, &[], b"base");
        pack.add(kind, base, data);
        contents(&pack.finish()).unwrap_err()
    };
    let base = name(Kind::Blob, b"base");
    for (error, why) in [
        (made(7, &[9; 20], &[4, 0]), "it changes objects that it does not hold"),
        (made(6, &[127], &[4, 0]), "a distance leaves the pack"),
        (made(6, &[0], &[4, 0]), "a distance leaves the pack"),
        (made(0, &[], b"x"), "an object is of an unknown kind"),
        (made(7, &base, &[5, 0]), "a change does not fit its base"),
        (made(7, &base, &[4, 9, 0x90, 9]), "a change leaves its base"),
        (made(7, &base, &[4, 9, 0x90, 4]), "a change makes less than it states"),
        (made(7, &base, &[4, 2, 0x90, 4]), "a change makes more than it states"),
        (made(7, &base, &[4, 2, 9, 1]), "a change ends early"),
        (made(7, &base, &[4, 2, 0]), "a change ends early"),
        (made(7, &base, &[4, 0xff]), "it ends early"),
    ] {
        assert!(error.ends_with(why), "{error} is not {why}");
    }
    let mut whole = Builder::new();
    whole.add(3, &[], b"base");
    let mut flipped = whole.finish();
    flipped[14] ^= 1;
    for bytes in [&b""[..], b"PACK", &flipped, &whole.finish()[..20]] {
        assert!(contents(bytes).is_err());
    }
    let mut liar = Builder::new();
    liar.add_stating(3, &[], b"base", 3);
    assert!(contents(&liar.finish()).unwrap_err().ends_with("the size that it states"));
    let mut missing = Builder::new();
    missing.add(3, &[], b"base");
    missing.count = 2;
    assert!(contents(&missing.finish()).is_err());
}

#[test]
fn stops_bombs_before_they_grow() {
    let limits = Limits { unpacked: 1 << 20, entries: 10, ..Limits::default() };
    let rule = |pack: &Builder| match read(&pack.finish(), &limits) {
        Err(AcquireError::Hostile { rule, .. }) => rule,
        Err(other) => panic!("{other}"),
        Ok(_) => "none",
    };
    let mut stated = Builder::new();
    stated.add_stating(3, &[], b"", 1 << 30);
    assert_eq!(rule(&stated), "artifact/archive-bomb");
    let mut delta = Builder::new();
    delta.add(3, &[], b"base");
    // Two bytes of size that mean a gigabyte.
    delta.add(7, &name(Kind::Blob, b"base"), &[4, 0x80, 0x80, 0x80, 0x80, 4, 0x90, 4]);
    assert_eq!(rule(&delta), "artifact/archive-bomb");
    let mut many = Builder::new();
    for byte in 0..81_u8 {
        many.add(3, &[], &[byte]);
    }
    assert_eq!(rule(&many), "artifact/too-many-entries");
}

#[test]
fn follows_long_chains_without_recursion() {
    let mut pack = Builder::new();
    let mut offset = pack.add(3, &[], &[0; 40]);
    for byte in 1..=200_u8 {
        let next = 12 + pack.body.len();
        let delta = [40, 40, 0x90, 39, 1, byte];
        offset = pack.add(6, &distance(next, offset), &delta);
    }
    assert_eq!(contents(&pack.finish()).unwrap().len(), 201);
}
