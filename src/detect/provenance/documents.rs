//! Attestation documents of every form to bundles, one by one.

use serde_json::{Value, json};

use super::statement::PAYLOAD_TYPE;
use crate::artifact::evidence::Document;

/// Most bundles of one document.
const MOST: usize = 64;
/// Largest document, bytes.
const LARGEST: usize = 16 << 20;

/// One bundle with what stands around it.
pub(super) struct Item {
    /// Which kind of document it stands in.
    pub(super) form: Form,
    /// The predicate type that stands beside the bundle, unsigned.
    pub(super) outer: Option<String>,
    /// The publisher that stands beside it, unsigned.
    pub(super) publisher: Option<Value>,
    /// The bundle.
    pub(super) bundle: String,
}

/// Kinds of documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// The npm registry's answer.
    Npm,
    /// A Python provenance object or attestation.
    Python,
    /// Bundles as they are.
    Plain,
}

/// Takes a document apart.
///
/// # Errors
/// Where it is none of the known forms.
pub(super) fn items(document: &Document) -> Result<Vec<Item>, String> {
    if document.bytes.len() > LARGEST {
        return Err(format!("the document is larger than {LARGEST} bytes"));
    }
    let values = match serde_json::from_slice::<Value>(&document.bytes) {
        Ok(value) => vec![value],
        Err(error) => lines(&document.bytes).ok_or_else(|| format!("not JSON: {error}"))?,
    };
    let mut items = Vec::new();
    for value in &values {
        take(value, &mut items)?;
    }
    if items.is_empty() {
        return Err("it holds no attestation".to_owned());
    }
    if items.len() > MOST {
        return Err(format!("it holds more than {MOST} attestations"));
    }
    Ok(items)
}

/// One value on each line.
fn lines(bytes: &[u8]) -> Option<Vec<Value>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST + 1).collect();
    lines.into_iter().map(|line| serde_json::from_str(line).ok()).collect()
}

fn take(value: &Value, items: &mut Vec<Item>) -> Result<(), String> {
    if let Some(bundles) = value.get("attestation_bundles").and_then(Value::as_array) {
        is_first_version(value)?;
        for bundle in bundles {
            let attestations = bundle.get("attestations").and_then(Value::as_array);
            for attestation in attestations.into_iter().flatten() {
                items.push(python(attestation, bundle.get("publisher"))?);
            }
        }
    } else if let Some(attestations) = value.get("attestations").and_then(Value::as_array) {
        items.extend(attestations.iter().map(listed));
    } else if value.get("verification_material").is_some() && value.get("envelope").is_some() {
        items.push(python(value, None)?);
    } else if value.get("mediaType").is_some() || value.get("verificationMaterial").is_some() {
        items.push(Item { form: Form::Plain, outer: None, publisher: None, bundle: value.to_string() });
    }
    Ok(())
}

/// One member of a list of attestations: npm's names the predicate type, GitHub's does not.
fn listed(value: &Value) -> Item {
    let outer = value.get("predicateType").map(|outer| outer.as_str().unwrap_or_default().to_owned());
    let form = if outer.is_some() { Form::Npm } else { Form::Plain };
    let bundle = value.get("bundle").unwrap_or(&Value::Null).to_string();
    Item { form, outer, publisher: None, bundle }
}

fn is_first_version(value: &Value) -> Result<(), String> {
    match value.get("version").and_then(Value::as_u64) {
        Some(1) => Ok(()),
        _ => Err("the version of the provenance object is not 1".to_owned()),
    }
}

/// A Python attestation says the same as a bundle in other words.
fn python(value: &Value, publisher: Option<&Value>) -> Result<Item, String> {
    is_first_version(value)?;
    let member = |outer: &str, inner: &str| {
        value.get(outer).and_then(|outer| outer.get(inner)).cloned().unwrap_or_default()
    };
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": { "rawBytes": member("verification_material", "certificate") },
            "tlogEntries": member("verification_material", "transparency_entries"),
        },
        "dsseEnvelope": {
            "payload": member("envelope", "statement"),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "sig": member("envelope", "signature"), "keyid": "" }],
        },
    });
    Ok(Item { form: Form::Python, outer: None, publisher: publisher.cloned(), bundle: bundle.to_string() })
}
