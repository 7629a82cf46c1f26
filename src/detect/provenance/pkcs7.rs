//! Detached PKCS #7 signatures: DER in, signer and what was signed out.
//!
//! Written by hand for two reasons: writers of MCP bundles leave signed attributes unsorted, so the
//! bytes must be hashed as they stand, and everything else that could be in there is refused.

use sha2::{Digest as _, Sha256};

use super::{sigstore, statement::to_hex, time};
use crate::untrusted::excerpt;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];

/// Most certificates, attributes, extensions or name parts that are looked at.
const MOST: usize = 64;

/// Who signed, with which certificate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Signer {
    /// The certificate's subject, printable.
    pub(super) subject: String,
    /// The certificate's issuer, printable.
    pub(super) issuer: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub(super) fingerprint: String,
    /// Whether the certificate vouches for itself.
    pub(super) is_self_signed: bool,
    /// Whether the certificate may sign code.
    pub(super) may_sign_code: bool,
    /// From when the certificate is valid, seconds since 1970-01-01 UTC.
    pub(super) not_before: i64,
    /// Until when.
    pub(super) not_after: i64,
}

/// Verifies a signature over content of which only digests are at hand: SHA-256 in hexadecimal, one
/// for each way in which the content may have been laid out.
///
/// # Errors
/// The words for what does not hold.
pub(super) fn verify(der: &[u8], digests: &[String]) -> Result<Signer, String> {
    let parsed = Parsed::of(der).ok_or("the signature block is not the expected structure")?;
    if !digests.iter().any(|digest| to_hex(parsed.message_digest) == *digest) {
        return Err("the content is not what was signed".to_owned());
    }
    let mut attributes = parsed.attributes.to_vec();
    if let Some(first) = attributes.first_mut() {
        *first = 0x31;
    }
    let certificate = parsed.certificate;
    let is_good = match parsed.algorithm {
        RSA | RSA_SHA256 => sigstore::is_rsa(certificate.key, &attributes, parsed.signature),
        ECDSA_SHA256 => sigstore::is_ecdsa(certificate.key, &attributes, parsed.signature),
        _ => return Err("the signature uses an unknown algorithm".to_owned()),
    };
    if !is_good {
        return Err("the signature does not belong to the certificate in the block".to_owned());
    }
    let signer = certificate.describe();
    if certificate.issuer == certificate.subject && !signer.is_self_signed {
        return Err("the certificate in the block was changed".to_owned());
    }
    Ok(signer)
}

/// What verifying needs of a signature block.
struct Parsed<'a> {
    certificate: Certificate<'a>,
    /// Signed attributes as they stand.
    attributes: &'a [u8],
    message_digest: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Parsed<'a> {
    /// `None` for everything that is not one detached signature of one signer with SHA-256.
    fn of(der: &'a [u8]) -> Option<Self> {
        let outer = only(der, 0x30)?;
        let (kind, rest) = take(outer, 0x06)?;
        let data = only(only(rest, 0xa0)?, 0x30)?;
        let (_, data) = take(data, 0x02)?;
        let (_, data) = take(data, 0x31)?;
        let (content, data) = take(data, 0x30)?;
        let is_detached = kind == SIGNED_DATA && only(content, 0x06) == Some(DATA);
        let (certificates, data) = take(data, 0xa0)?;
        let data = take(data, 0xa1).map_or(data, |(_, data)| data);
        let signer = only(only(data, 0x31)?, 0x30)?;
        is_detached.then(|| Self::of_signer(signer, certificates))?
    }

    fn of_signer(signer: &'a [u8], certificates: &'a [u8]) -> Option<Self> {
        let (_, rest) = take(signer, 0x02)?;
        let (issuer_and_serial, rest) = take(rest, 0x30)?;
        let (digest, rest) = take(rest, 0x30)?;
        let (tag, attributes_value, attributes, rest) = tlv(rest)?;
        let (algorithm, rest) = take(rest, 0x30)?;
        let (signature, rest) = take(rest, 0x04)?;
        let is_over = rest.is_empty() || take(rest, 0xa1).is_some_and(|(_, rest)| rest.is_empty());
        if tag != 0xa0 || take(digest, 0x06)?.0 != SHA256 || !is_over {
            return None;
        }
        let attribute = |kind: &[u8]| one_attribute(attributes_value, kind);
        if only(attribute(CONTENT_TYPE)?, 0x06)? != DATA {
            return None;
        }
        let certificate = each(certificates)?
            .into_iter()
            .filter_map(|(_, _, whole)| Certificate::of(whole))
            .find(|certificate| certificate.is_named(issuer_and_serial))?;
        Some(Self {
            certificate,
            attributes,
            message_digest: only(attribute(MESSAGE_DIGEST)?, 0x04)?,
            algorithm: take(algorithm, 0x06)?.0,
            signature,
        })
    }
}

/// The values of an attribute that stands there exactly once.
fn one_attribute<'a>(attributes: &'a [u8], kind: &[u8]) -> Option<&'a [u8]> {
    let mut found = None;
    for (tag, attribute, _) in each(attributes)? {
        let (name, values) = take(attribute, 0x06)?;
        if name == kind && (tag != 0x30 || found.replace(only(values, 0x31)?).is_some()) {
            return None;
        }
    }
    found
}

/// What is needed of a certificate.
struct Certificate<'a> {
    whole: &'a [u8],
    signed: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    key: &'a [u8],
    not_before: i64,
    not_after: i64,
    extensions: Option<&'a [u8]>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    fn of(whole: &'a [u8]) -> Option<Self> {
        let certificate = only(whole, 0x30)?;
        let (_, value, signed, rest) = tlv(certificate)?;
        let (algorithm, rest) = take(rest, 0x30)?;
        let signature = only(rest, 0x03)?.get(1..)?;
        let value = take(value, 0xa0).map_or(value, |(_, value)| value);
        let (_, _, serial, value) = tlv(value)?;
        let (_, value) = take(value, 0x30)?;
        let (_, _, issuer, value) = tlv(value)?;
        let (validity, value) = take(value, 0x30)?;
        let (_, _, subject, value) = tlv(value)?;
        let (_, _, key, value) = tlv(value)?;
        let extensions = each(value)?.into_iter().find(|(tag, _, _)| *tag == 0xa3);
        let (from, from_text, _, validity) = tlv(validity)?;
        let (until, until_text, _, _) = tlv(validity)?;
        Some(Self {
            whole,
            signed,
            serial,
            issuer,
            subject,
            key,
            not_before: moment(from, from_text)?,
            not_after: moment(until, until_text)?,
            extensions: extensions.and_then(|(_, value, _)| only(value, 0x30)),
            algorithm: take(algorithm, 0x06)?.0,
            signature,
        })
    }

    fn is_named(&self, issuer_and_serial: &[u8]) -> bool {
        issuer_and_serial.len() == self.issuer.len() + self.serial.len()
            && issuer_and_serial.starts_with(self.issuer)
            && issuer_and_serial.ends_with(self.serial)
    }

    fn describe(&self) -> Signer {
        Signer {
            subject: common_name(self.subject),
            issuer: common_name(self.issuer),
            fingerprint: to_hex(&Sha256::digest(self.whole)),
            is_self_signed: self.is_self_signed(),
            may_sign_code: self.may_sign_code().unwrap_or(false),
            not_before: self.not_before,
            not_after: self.not_after,
        }
    }

    fn is_self_signed(&self) -> bool {
        let is_good = match self.algorithm {
            RSA_SHA256 => sigstore::is_rsa(self.key, self.signed, self.signature),
            ECDSA_SHA256 => sigstore::is_ecdsa(self.key, self.signed, self.signature),
            _ => false,
        };
        self.issuer == self.subject && is_good
    }

    fn may_sign_code(&self) -> Option<bool> {
        for (_, extension, _) in each(self.extensions?)? {
            let (name, mut rest) = take(extension, 0x06)?;
            if name == EXTENDED_KEY_USAGE {
                rest = take(rest, 0x01).map_or(rest, |(_, rest)| rest);
                let usages = each(only(only(rest, 0x04)?, 0x30)?)?;
                return Some(usages.iter().any(|(tag, usage, _)| *tag == 0x06 && *usage == CODE_SIGNING));
            }
        }
        Some(false)
    }
}

/// The last common name in a name, printable.
fn common_name(name: &[u8]) -> String {
    let parts = only(name, 0x30).and_then(each).unwrap_or_default();
    let mut names = parts.into_iter().filter_map(|(_, set, _)| {
        let (kind, value) = take(only(set, 0x30)?, 0x06)?;
        let (_, text, _, _) = tlv(value)?;
        (kind == COMMON_NAME).then(|| excerpt(&String::from_utf8_lossy(text), 120))
    });
    names.next_back().unwrap_or_else(|| "no name".to_owned())
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (year, rest) = match tag {
        0x17 => {
            let year: u32 = text.get(..2)?.parse().ok()?;
            (if year < 50 { year + 2000 } else { year + 1900 }, text.get(2..)?)
        }
        0x18 => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2);
    let written = format!(
        "{year:04}-{}-{}T{}:{}:{}{}",
        part(0)?,
        part(2)?,
        part(4)?,
        part(6)?,
        part(8)?,
        rest.get(10..)?
    );
    time::parse(&written)
}

/// An element with what follows it: tag, value, whole, rest.
type Element<'a> = (u8, &'a [u8], &'a [u8], &'a [u8]);

/// The first element: tag, value, whole, rest. Lengths have at most four bytes.
pub(super) fn tlv(bytes: &[u8]) -> Option<Element<'_>> {
    let (tag, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let (header, length) = if length < 128 {
        (2, length)
    } else {
        let count = length & 127;
        if count == 0 || count > 4 {
            return None;
        }
        let digits = bytes.get(2..2 + count)?;
        (2 + count, digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit)))
    };
    let end = header.checked_add(length)?;
    Some((tag, bytes.get(header..end)?, bytes.get(..end)?, bytes.get(end..)?))
}

/// The value of the first element, which must have this tag, and the rest.
fn take(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, value, _, rest) = tlv(bytes)?;
    (tag == wanted).then_some((value, rest))
}

/// The value of the only element, which must have this tag.
fn only(bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    let (value, rest) = take(bytes, wanted)?;
    rest.is_empty().then_some(value)
}

/// One of several elements: tag, value, whole.
type Member<'a> = (u8, &'a [u8], &'a [u8]);

/// Every element.
fn each(mut bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() && found.len() < MOST {
        let (tag, value, whole, rest) = tlv(bytes)?;
        found.push((tag, value, whole));
        bytes = rest;
    }
    Some(found)
}
