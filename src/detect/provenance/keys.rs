//! Lists of a registry's keys: JSON of either form in, one key with its window out.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

use super::time;
use crate::artifact::evidence::KeyList;

/// Most keys of one list.
const MOST: usize = 64;

/// One key of a registry.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    /// Its name.
    pub(super) id: String,
    /// The public half in DER.
    pub(super) der: Vec<u8>,
    /// Where the list comes from.
    pub(super) from: String,
    usage: Option<String>,
    start: Option<i64>,
    end: Option<i64>,
}

impl Key {
    /// Whether the key was valid at a time.
    pub(super) fn is_valid_at(&self, seconds: i64) -> bool {
        self.start.is_none_or(|start| start <= seconds) && self.end.is_none_or(|end| seconds <= end)
    }
}

/// The key with this name for this use, from the first list that has it.
pub(super) fn find(lists: &[KeyList], id: &str, usage: &str) -> Option<Key> {
    let keys = lists.iter().flat_map(read);
    keys.into_iter().find(|key| key.id == id && key.usage.as_deref().is_none_or(|stated| stated == usage))
}

fn read(list: &KeyList) -> Vec<Key> {
    let value: Value = serde_json::from_slice(&list.bytes).unwrap_or_default();
    let keys = value.get("keys").and_then(Value::as_array);
    keys.into_iter().flatten().take(MOST).filter_map(|key| one(key, &list.from)).collect()
}

/// A key as the root of trust writes it, or as the registry does. A window that cannot be read is
/// one that nothing lies in.
fn one(value: &Value, from: &str) -> Option<Key> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let moment = |text: Option<String>, broken: i64| text.map(|text| time::parse(&text).unwrap_or(broken));
    if let Some(public) = value.get("publicKey") {
        let window = public.get("validFor").unwrap_or(&Value::Null);
        return Some(Key {
            id: text(value, "keyId")?,
            der: BASE64.decode(text(public, "rawBytes")?).ok()?,
            from: from.to_owned(),
            usage: text(value, "keyUsage"),
            start: moment(text(window, "start"), i64::MAX),
            end: moment(text(window, "end"), i64::MIN),
        });
    }
    Some(Key {
        id: text(value, "keyid")?,
        der: BASE64.decode(text(value, "key")?).ok()?,
        from: from.to_owned(),
        usage: None,
        start: None,
        end: moment(text(value, "expires"), i64::MIN),
    })
}
