//! Bytes to digests, in the algorithms that registries promise.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::artifact::Digest;
pub(crate) use crate::artifact::hex;

/// A running digest.
pub(crate) enum Hasher {
    /// Weak, but some registries promise nothing else.
    Sha1(Sha1),
    /// The common one.
    Sha256(Sha256),
    /// Rare, but allowed in subresource integrity.
    Sha384(Sha384),
    /// The npm registry's.
    Sha512(Sha512),
}

impl Hasher {
    /// Starts a digest; `None` where the algorithm is not a digest of plain bytes.
    pub(crate) fn new(algorithm: &str) -> Option<Self> {
        match algorithm {
            "sha1" => Some(Self::Sha1(Sha1::new())),
            "sha256" => Some(Self::Sha256(Sha256::new())),
            "sha384" => Some(Self::Sha384(Sha384::new())),
            "sha512" => Some(Self::Sha512(Sha512::new())),
            _ => None,
        }
    }

    /// Takes in more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(state) => state.update(bytes),
            Self::Sha256(state) => state.update(bytes),
            Self::Sha384(state) => state.update(bytes),
            Self::Sha512(state) => state.update(bytes),
        }
    }

    /// The digest of everything taken in.
    pub(crate) fn finish(self) -> Digest {
        let (algorithm, hex) = match self {
            Self::Sha1(state) => ("sha1", hex(&state.finalize())),
            Self::Sha256(state) => ("sha256", hex(&state.finalize())),
            Self::Sha384(state) => ("sha384", hex(&state.finalize())),
            Self::Sha512(state) => ("sha512", hex(&state.finalize())),
        };
        Digest { algorithm, hex }
    }
}

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest { algorithm: "sha256", hex: hex(&Sha256::digest(bytes)) }
}

/// Whether bytes have a promised digest; `false` where the algorithm is unknown.
pub(crate) fn matches(bytes: &[u8], promised: &Digest) -> bool {
    Hasher::new(promised.algorithm).is_some_and(|mut hasher| {
        hasher.update(bytes);
        hasher.finish().hex.eq_ignore_ascii_case(&promised.hex)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_digests_of_nothing() {
        for (algorithm, start) in
            [("sha1", "da39a3ee"), ("sha256", "e3b0c442"), ("sha384", "38b060a7"), ("sha512", "cf83e135")]
        {
            let digest = Hasher::new(algorithm).unwrap().finish();
            assert_eq!(digest.algorithm, algorithm);
            assert!(digest.hex.starts_with(start), "{digest}");
            assert!(matches(b"", &digest));
            assert!(!matches(b"x", &digest));
        }
    }

    #[test]
    fn never_matches_an_unknown_algorithm() {
        assert!(!matches(b"", &Digest { algorithm: "gitsha1", hex: String::new() }));
    }
}
