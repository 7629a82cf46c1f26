//! The HTML form of an index's page: the links with their file attributes. Tolerant, one pass.

use super::simple::{PublishedFile, sha256};

/// Reads every link that names a file.
///
/// # Errors
/// Where the text is no page of links at all.
pub(super) fn parse(text: &str) -> Result<Vec<PublishedFile>, String> {
    let mut files = Vec::new();
    let mut rest = text;
    let mut is_page = false;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let (tag, after) = tag(&rest[1..]);
        is_page = true;
        rest = after;
        if tag.name.eq_ignore_ascii_case("a") {
            let end = after.find('<').unwrap_or(after.len());
            files.extend(file(&tag, after[..end].trim()));
        }
    }
    if is_page { Ok(files) } else { Err("it is neither JSON nor HTML".into()) }
}

/// A start tag.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, String)>,
}

/// The tag that `text` begins with, and what follows it.
fn tag(text: &str) -> (Tag<'_>, &str) {
    const MOST_ATTRIBUTES: usize = 32;
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    let mut tag = Tag { name: &text[..end], attributes: Vec::new() };
    let mut rest = text[end..].trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap_or(rest.len());
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        if tag.attributes.len() < MOST_ATTRIBUTES {
            tag.attributes.push((name, unescaped(value)));
        }
        rest = rest.trim_start();
    }
    (tag, "")
}

fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len()))
}

fn file(tag: &Tag<'_>, text: &str) -> Option<PublishedFile> {
    let attribute = |name: &str| {
        tag.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
    };
    let href = attribute("href")?;
    let (url, fragment) = href.split_once('#').unwrap_or((&href, ""));
    let path = url.split('?').next().unwrap_or(url);
    let named = path.rsplit('/').next().unwrap_or(path);
    let filename = if text.is_empty() { named.to_owned() } else { unescaped(text) };
    Some(PublishedFile {
        filename,
        url: url.to_owned(),
        sha256: fragment.split('&').find_map(|part| sha256(part.strip_prefix("sha256=")?)),
        requires_python: attribute("data-requires-python"),
        yanked: attribute("data-yanked"),
        uploaded: None,
        provenance: attribute("data-provenance").map_or(serde_json::Value::Null, Into::into),
    })
}

/// Character references replaced by their characters; unknown ones stay.
fn unescaped(text: &str) -> String {
    const LONGEST: usize = 10;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((reference(&rest[1..end])?, end + 1)));
        let (c, length) = known.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let hexadecimal = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse()).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).unwrap().into_iter().map(|file| format!("{} {}", file.filename, file.url)).collect()
    }

    #[test]
    fn reads_links_as_people_write_them() {
        for (text, expected) in [
            ("<a href=f/x.whl>x.whl</a>", vec!["x.whl f/x.whl"]),
            ("<A  HREF = 'f/x.whl?y=1' >\n x.whl </A>", vec!["x.whl f/x.whl?y=1"]),
            ("<a href=\"f/x.whl\"></a>", vec!["x.whl f/x.whl"]),
            ("<!-- <a href=no>no</a> --><a href=\"a&amp;b\">a&#38;b</a>", vec!["a&b a&b"]),
            ("<a name=top>x</a><abbr href=no>", vec![]),
            ("<a rel=\"a>b\" href=y>y", vec!["y y"]),
            ("<a href=\"never closed", vec!["never closed never closed"]),
            ("<a", vec![]),
            ("<!--", vec![]),
        ] {
            let found = if text == "<!--" { Vec::new() } else { names(text) };
            assert_eq!(found, expected, "{text}");
        }
        assert!(parse("<!--").is_err());
    }

    #[test]
    fn leaves_unknown_references_alone() {
        for (text, expected) in
            [("&x;", "&x;"), ("&", "&"), ("&#x110000;", "&#x110000;"), ("&gt;=3", ">=3"), ("&é;", "&é;")]
        {
            assert_eq!(unescaped(text), expected);
        }
    }

    #[test]
    fn takes_time_in_proportion_to_the_page() {
        let text = format!("<a {}>", "a=b ".repeat(200_000));
        assert!(names(&text).is_empty());
        let text = "<a href=x".repeat(100_000);
        assert_eq!(names(&text).len(), 1);
    }
}
