//! An index's page about a package, JSON or HTML, to the files that it lists.

use serde::Deserialize;
use serde_json::Value;

use super::html;

/// One published file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct PublishedFile {
    /// Its name.
    pub(super) filename: String,
    /// Its address, absolute or relative to the page.
    pub(super) url: String,
    /// SHA-256 in hexadecimal.
    pub(super) sha256: Option<String>,
    /// The Python versions that it says it works with.
    pub(super) requires_python: Option<String>,
    /// Why it was withdrawn; empty where no reason is given.
    pub(super) yanked: Option<String>,
    /// When it was uploaded, RFC 3339.
    pub(super) uploaded: Option<String>,
    /// Where its attestations are; `false` where the index says that there are none, `null` where
    /// it does not say.
    pub(super) provenance: Value,
}

#[derive(Deserialize)]
struct Page {
    files: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Item {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: Value,
    #[serde(default)]
    requires_python: Value,
    #[serde(default)]
    yanked: Value,
    #[serde(default)]
    upload_time: Value,
    #[serde(default = "unsaid")]
    provenance: Value,
}

/// What stands for a member that is not there, apart from one that is `null`.
fn unsaid() -> Value {
    Value::Bool(true)
}

/// Reads a page.
///
/// # Errors
/// The words for what is wrong with it.
pub(super) fn parse(body: &[u8]) -> Result<Vec<PublishedFile>, String> {
    let body = body.trim_ascii_start();
    if !body.starts_with(b"{") {
        return html::parse(&String::from_utf8_lossy(body));
    }
    let page: Page = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(page.files.into_iter().map(published).collect())
}

/// The digest where it has the form of a SHA-256.
pub(super) fn sha256(hex: &str) -> Option<String> {
    (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hex.to_ascii_lowercase())
}

fn published(item: Item) -> PublishedFile {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    PublishedFile {
        filename: item.filename,
        url: item.url,
        sha256: item.hashes.get("sha256").and_then(Value::as_str).and_then(sha256),
        requires_python: text(&item.requires_python),
        yanked: match item.yanked {
            Value::Bool(true) => Some(String::new()),
            Value::String(reason) => Some(reason),
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        },
        uploaded: text(&item.upload_time),
        provenance: match item.provenance {
            Value::String(url) => Value::String(url),
            Value::Bool(true) => Value::Null,
            _ => Value::Bool(false),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_json_and_html_alike() {
        let hex = "ab".repeat(32);
        let json = format!(
            r#" {{"meta":{{"api-version":"1.1"}},"name":"x","files":[
            {{"filename":"x-1.tar.gz","url":"../../f/x-1.tar.gz","hashes":{{"sha256":"{hex}"}},"requires-python":">=3.9","yanked":"broken"}},
            {{"filename":"x-2.tar.gz","url":"https://f.example/x-2.tar.gz","hashes":{{}},"yanked":false}}]}}"#
        );
        let html = format!(
            "<!DOCTYPE html><body>\n<a href=\"../../f/x-1.tar.gz#sha256={hex}\" data-requires-python=\"&gt;=3.9\" data-yanked='broken'>x-1.tar.gz</a><br>\n<a href=\"https://f.example/x-2.tar.gz\">x-2.tar.gz</a>"
        );
        let files = parse(json.as_bytes()).unwrap();
        assert_eq!(files[0].sha256.as_deref(), Some(hex.as_str()));
        assert_eq!(files[0].yanked.as_deref(), Some("broken"));
        assert_eq!(files[1].yanked, None);
        assert_eq!(parse(html.as_bytes()).unwrap(), files);
    }

    #[test]
    fn refuses_broken_pages() {
        for body in ["{", "{}", "{\"files\":[{}]}", "{\"files\":7}", "", "hello"] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn ignores_digests_of_another_form() {
        for hex in ["", "ab", &"g".repeat(64), &"a".repeat(65)] {
            assert_eq!(sha256(hex), None);
        }
    }
}
