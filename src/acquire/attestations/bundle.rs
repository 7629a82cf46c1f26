//! The signature block behind the archive of an MCP bundle: bytes in, archive and block out.
//!
//! Two writers exist. One leaves the archive as it was; the other adds the length of the block to
//! the length of the archive's comment after signing, so that two bytes have to be put back.

use std::borrow::Cow;

use memchr::memmem;

use super::digest;
use crate::artifact::evidence::BundleBlock;

const HEADER: &[u8] = b"MCPB_SIG_V1";
const FOOTER: &[u8] = b"MCPB_SIG_END";
/// How the last record of a zip archive begins, and how long it is without its comment.
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
/// Largest signature, bytes.
const LARGEST: usize = 1 << 20;
/// Most places that are looked at.
const MOST: usize = 1_000;

/// A bundle taken apart.
pub(crate) struct Split<'a> {
    /// The archive alone, as it was before it was signed.
    pub(crate) content: Cow<'a, [u8]>,
    /// What stands behind it; `None` for a bundle that nobody signed.
    pub(crate) block: Option<BundleBlock>,
}

/// Takes a bundle apart. Where the layout is not one that a writer makes, the whole file is the
/// content, as it is for a program that knows nothing of signatures.
pub(crate) fn split(bytes: &[u8]) -> Split<'_> {
    let blocks: Vec<Block> =
        memmem::find_iter(bytes, HEADER).take(MOST).filter_map(|at| Block::at(bytes, at)).collect();
    let whole = |problem: Option<&str>| {
        let is_ambiguous = problem.is_some() && has_second_archive(bytes, &blocks);
        let block = problem.map(|problem| BundleBlock {
            problem: Some(problem.to_owned()),
            is_ambiguous,
            ..BundleBlock::default()
        });
        Split { content: Cow::Borrowed(bytes), block }
    };
    match blocks.as_slice() {
        [] if bytes.ends_with(FOOTER) => {
            whole(Some("the signature block does not begin where its length says"))
        }
        [] => whole(None),
        [block] if block.end == bytes.len() => signed(bytes, block),
        [_] => whole(Some("bytes stand behind the signature block")),
        [..] => whole(Some("there is more than one signature block")),
    }
}

fn signed<'a>(bytes: &'a [u8], block: &Block) -> Split<'a> {
    let content = bytes.get(..block.start).unwrap_or_default();
    let mut evidence = BundleBlock {
        signature: bytes.get(block.signature.clone()).map(<[u8]>::to_vec),
        signed: vec![digest::sha256(content).hex],
        ..BundleBlock::default()
    };
    if block.comment == 0 {
        return Split { content: Cow::Borrowed(content), block: Some(evidence) };
    }
    let mut restored = content.to_vec();
    if let Some(length) = restored.len().checked_sub(2).and_then(|at| restored.get_mut(at..)) {
        length.fill(0);
    }
    evidence.signed.push(digest::sha256(&restored).hex);
    Split { content: Cow::Owned(restored), block: Some(evidence) }
}

/// A signature block that stands right behind an archive.
struct Block {
    start: usize,
    signature: std::ops::Range<usize>,
    end: usize,
    /// The comment length that the archive states.
    comment: usize,
}

impl Block {
    /// The block at a place, where its length is consistent and an archive ends in front of it.
    fn at(bytes: &[u8], start: usize) -> Option<Self> {
        let length = start.checked_add(HEADER.len())?;
        let stated: [u8; 4] = bytes.get(length..length.checked_add(4)?)?.try_into().ok()?;
        let stated = usize::try_from(u32::from_le_bytes(stated)).ok().filter(|stated| *stated <= LARGEST)?;
        let signature = length + 4..(length + 4).checked_add(stated)?;
        let end = signature.end.checked_add(FOOTER.len())?;
        let last = bytes.get(start.checked_sub(END_LENGTH)?..start)?;
        let comment = usize::from(u16::from_le_bytes([*last.get(20)?, *last.get(21)?]));
        let is_block = bytes.get(signature.end..end)? == FOOTER
            && last.starts_with(END)
            && (comment == 0 || comment == end - start);
        is_block.then_some(Self { start, signature, end, comment })
    }
}

/// Whether the end of another archive stands behind the first block.
fn has_second_archive(bytes: &[u8], blocks: &[Block]) -> bool {
    let behind = blocks.first().and_then(|block| bytes.get(block.start..));
    behind.is_some_and(|behind| memmem::find(behind, END).is_some())
}
