//! Git's smart protocol over HTTP, the two replies that fetching needs: bytes in, references or a
//! pack out; and the one request between them.

use super::{
    Id,
    reference::{self, Listing},
};
use crate::acquire::digest::hex;

/// Capabilities that we use where the server offers them.
const USED: [&str; 4] = ["ofs-delta", "side-band-64k", "no-progress", "shallow"];

/// Most branches that are asked for at once.
const MOST_WANTS: usize = 1000;

/// One line of the protocol.
enum Line<'a> {
    Data(&'a [u8]),
    Flush,
}

/// Takes one line off the front.
fn line<'a>(bytes: &mut &'a [u8]) -> Result<Option<Line<'a>>, String> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let length = bytes
        .get(..4)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .ok_or("the server does not speak git's smart protocol")?;
    if length < 4 {
        *bytes = bytes.get(4..).unwrap_or(&[]);
        return if length == 0 { Ok(Some(Line::Flush)) } else { Err("a line has a forbidden length".into()) };
    }
    let data = bytes.get(4..length).ok_or("the reply ends within a line")?;
    *bytes = bytes.get(length..).unwrap_or(&[]);
    if let Some(error) = data.strip_prefix(b"ERR ") {
        return Err(format!("the server says: {}", String::from_utf8_lossy(error)));
    }
    Ok(Some(Line::Data(data)))
}

/// Reads what a server offers.
///
/// # Errors
/// The words for what is wrong with the reply.
pub(super) fn listing(body: &[u8]) -> Result<Listing, String> {
    let mut rest = body;
    let mut listing = Listing::default();
    match line(&mut rest)? {
        Some(Line::Data(service)) if service.trim_ascii_end() == b"# service=git-upload-pack" => {}
        Some(_) | None => return Err("the server does not speak git's smart protocol".into()),
    }
    let mut flushes = 0;
    while flushes < 2 {
        match line(&mut rest)? {
            Some(Line::Flush) => flushes += 1,
            Some(Line::Data(data)) => add_reference(&mut listing, data)?,
            None => return Err("the list of references ends early".into()),
        }
    }
    Ok(listing)
}

fn add_reference(listing: &mut Listing, data: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(data);
    let (named, capabilities) = text.split_once('\0').unwrap_or((&text, ""));
    if listing.capabilities.is_empty() {
        listing.capabilities = capabilities.split_ascii_whitespace().map(str::to_owned).collect();
        listing.head = listing
            .capabilities
            .iter()
            .find_map(|capability| capability.strip_prefix("symref=HEAD:").map(str::to_owned));
    }
    let (id, name) = named.trim_end().split_once(' ').ok_or("a reference has no name")?;
    let id = reference::id(id).ok_or("a reference has no id")?;
    if name != "capabilities^{}" && !name.starts_with(".have") {
        listing.references.insert(name.to_owned(), id);
    }
    Ok(())
}

/// The request for one commit with its tree, without its history where the server can.
///
/// A server that gives no single commits is asked for everything that its branches and tags reach.
pub(super) fn request(listing: &Listing, commit: Id) -> Vec<u8> {
    let offers = |name: &str| listing.capabilities.iter().any(|capability| capability == name);
    let is_tip = listing.references.values().any(|id| *id == commit);
    let gives_any = offers("allow-reachable-sha1-in-want") || offers("allow-any-sha1-in-want");
    let is_given = is_tip || gives_any || offers("allow-tip-sha1-in-want");
    let wants: Vec<Id> = if is_given {
        vec![commit]
    } else {
        let tips = listing.references.iter().filter(|(name, _)| name.starts_with("refs/heads/"));
        tips.map(|(_, id)| *id).take(MOST_WANTS).collect()
    };
    let mut body = Vec::new();
    let used: Vec<&str> = USED.into_iter().filter(|name| offers(name)).collect();
    for (order, id) in wants.iter().enumerate() {
        let capabilities = if order == 0 { format!(" {}", used.join(" ")) } else { String::new() };
        push(&mut body, &format!("want {}{}\n", hex(id), capabilities.trim_end()));
    }
    if is_given && offers("shallow") {
        push(&mut body, "deepen 1\n");
    }
    body.extend_from_slice(b"0000");
    push(&mut body, "done\n");
    body
}

/// The request for every commit that a branch or a tag leads to, without any content; `None` where
/// the server cannot leave content out.
pub(super) fn history(listing: &Listing) -> Option<Vec<u8>> {
    let offers = |name: &str| listing.capabilities.iter().any(|capability| capability == name);
    if !offers("filter") {
        return None;
    }
    let used: Vec<&str> = USED.into_iter().filter(|name| offers(name)).chain(["filter"]).collect();
    let mut body = Vec::new();
    for (order, id) in heads(listing).iter().enumerate() {
        let capabilities = if order == 0 { format!(" {}", used.join(" ")) } else { String::new() };
        push(&mut body, &format!("want {}{capabilities}\n", hex(id)));
    }
    push(&mut body, "filter tree:0\n");
    body.extend_from_slice(b"0000");
    push(&mut body, "done\n");
    Some(body)
}

/// What branches and tags stand for, each once.
pub(super) fn heads(listing: &Listing) -> Vec<Id> {
    let is_own = |name: &str| name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    let named = listing.references.iter().filter(|(name, _)| is_own(name) && !name.ends_with("^{}"));
    let mut heads: Vec<Id> = named.map(|(_, id)| *id).collect();
    heads.sort_unstable();
    heads.dedup();
    heads.truncate(MOST_WANTS);
    heads
}

fn push(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(format!("{:04x}{text}", text.len() + 4).as_bytes());
}

/// The pack in a reply to [`request`].
///
/// # Errors
/// The words for what is wrong with the reply.
pub(super) fn pack(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut rest = body;
    let mut pack = Vec::new();
    loop {
        if rest.starts_with(b"PACK") {
            return Ok(rest.to_vec());
        }
        match line(&mut rest)? {
            None => break,
            Some(Line::Flush) => {}
            Some(Line::Data(data)) => match data.split_first() {
                Some((1, chunk)) => pack.extend_from_slice(chunk),
                Some((3, words)) => {
                    return Err(format!("the server says: {}", String::from_utf8_lossy(words)));
                }
                Some(_) | None => {}
            },
        }
    }
    if pack.is_empty() { Err("the server sent no pack".into()) } else { Ok(pack) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<u8> {
        let mut body = Vec::new();
        for text in texts {
            if text.is_empty() { body.extend_from_slice(b"0000") } else { push(&mut body, text) }
        }
        body
    }

    fn offer(capabilities: &str) -> Listing {
        let (head, tag) = ("11".repeat(20), "22".repeat(20));
        listing(&lines(&[
            "# service=git-upload-pack\n",
            "",
            &format!("{head} HEAD\0{capabilities}\n"),
            &format!("{head} refs/heads/main\n"),
            &format!("{tag} refs/tags/v1\n"),
            "",
        ]))
        .unwrap()
    }

    #[test]
    fn reads_references_and_capabilities() {
        let listing = offer("shallow symref=HEAD:refs/heads/main agent=x");
        assert_eq!(listing.head.as_deref(), Some("refs/heads/main"));
        assert_eq!(listing.references.len(), 3);
        assert_eq!(listing.references["refs/tags/v1"], [0x22; 20]);
    }

    #[test]
    fn reads_an_empty_repository() {
        let zero = "00".repeat(20);
        let body =
            lines(&["# service=git-upload-pack\n", "", &format!("{zero} capabilities^{{}}\0shallow\n"), ""]);
        assert!(listing(&body).unwrap().references.is_empty());
    }

    #[test]
    fn refuses_other_protocols_and_cut_replies() {
        let whole =
            lines(&["# service=git-upload-pack\n", "", &format!("{} HEAD\0x\n", "11".repeat(20)), ""]);
        for body in [
            &b""[..],
            b"<html>",
            b"0003",
            b"fffe",
            b"000eERR nope\n",
            &whole[..whole.len() - 4],
            &whole[..50],
        ] {
            assert!(listing(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn asks_for_one_commit_or_for_all_branches() {
        let text = |listing: &Listing, id| String::from_utf8(request(listing, id)).unwrap();
        let (tip, other) = ([0x11; 20], [0x33; 20]);
        let shallow = format!("want {} ofs-delta shallow\n", "11".repeat(20));
        let expected = format!("{:04x}{shallow}000ddeepen 1\n00000009done\n", shallow.len() + 4);
        assert_eq!(text(&offer("ofs-delta shallow thin-pack"), tip), expected);
        assert!(text(&offer("shallow allow-reachable-sha1-in-want"), other).contains(&"33".repeat(20)));
        let all = text(&offer("shallow"), other);
        assert!(
            all.contains(&"11".repeat(20)) && !all.contains("deepen") && !all.contains(&"33".repeat(20)),
            "{all}"
        );
    }

    #[test]
    fn takes_the_pack_out_of_both_forms_of_reply() {
        let mut banded =
            lines(&["shallow 11\n", "", "NAK\n", "\u{2}counting\n", "\u{1}PACK", "\u{1}rest", ""]);
        assert_eq!(pack(&banded).unwrap(), b"PACKrest");
        banded.truncate(banded.len() - 6);
        assert!(pack(&banded).is_err());
        let mut plain = lines(&["NAK\n"]);
        plain.extend_from_slice(b"PACKrest");
        assert_eq!(pack(&plain).unwrap(), b"PACKrest");
        assert_eq!(
            pack(&lines(&["NAK\n", "\u{3}no such commit\n"])).unwrap_err(),
            "the server says: no such commit\n"
        );
        assert!(pack(&lines(&["NAK\n", ""])).is_err());
    }
}
