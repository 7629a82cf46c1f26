//! Mail that the user addresses and that also goes to an address fixed in the code.

use super::{View, finding, shown};
use crate::{
    code::graph::{NodeId, Property, Range, Unit, Value},
    code::resolve::At,
    finding::{Finding, Rule},
};

/// Updates of one object that are looked through.
const MOST_UPDATES: usize = 64;
/// Recipients of one list.
const MOST_RECIPIENTS: usize = 64;

pub(super) fn ask(view: &View<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    for (index, unit) in view.code.units.iter().enumerate() {
        let has = |name: &str| unit.strings.find(name).is_some();
        if !COPIES.iter().chain(&OPEN).any(|name| has(name)) && !has("sendmail") {
            continue;
        }
        let letters = Letters { view, unit, index: u32::try_from(index).unwrap_or(u32::MAX) };
        for (position, node) in unit.nodes.iter().enumerate() {
            let at = NodeId(u32::try_from(position).unwrap_or(u32::MAX));
            let found = match node.value {
                Value::Object(range) => letters.in_entries(unit.entries(range)),
                Value::With { key, .. } if is_recipient(unit.text(key)) => letters.in_updates(at),
                Value::Call(call) => {
                    let call = unit.call(call);
                    let listed = letters.in_envelope(call.callee, call.arguments);
                    listed.or_else(|| letters.in_entries(unit.entries(call.keywords)))
                }
                _ => None,
            };
            if let Some((node, address)) = found {
                let message =
                    format!("mail that is addressed by the user also goes to `{}`", shown(&address));
                let finding = finding(rule, unit, node, message);
                if !findings.iter().any(|known| known.location == finding.location) {
                    findings.push(finding);
                }
            }
        }
    }
}

/// Names of fields that hold further recipients.
const COPIES: [&str; 12] = [
    "bcc",
    "Bcc",
    "BCC",
    "cc",
    "Cc",
    "CC",
    "BccAddresses",
    "CcAddresses",
    "bccRecipients",
    "ccRecipients",
    "bcc_emails",
    "cc_emails",
];
/// Names of fields that hold the recipients that the user knows of.
const OPEN: [&str; 10] = [
    "to",
    "To",
    "TO",
    "ToAddresses",
    "toRecipients",
    "to_emails",
    "to_email",
    "recipients",
    "recipient",
    "to_addrs",
];

fn is_recipient(name: &str) -> bool {
    COPIES.contains(&name) || OPEN.contains(&name)
}

struct Letters<'a> {
    view: &'a View<'a>,
    unit: &'a Unit,
    index: u32,
}

/// Where a fixed address stands, and the address.
type Found = Option<(NodeId, String)>;

impl Letters<'_> {
    fn in_entries(&self, entries: &[Property]) -> Found {
        let field = |names: &[&str]| {
            entries.iter().find(|entry| names.contains(&self.unit.text(entry.key))).map(|entry| entry.value)
        };
        self.judge(field(&OPEN)?, field(&COPIES))
    }

    /// `message["To"] = …; message["Bcc"] = …` in either order.
    fn in_updates(&self, start: NodeId) -> Found {
        let (mut open, mut copy) = (None, None);
        let mut node = start;
        for _ in 0..MOST_UPDATES {
            match self.unit.value(node) {
                Value::With { object, key, value } => {
                    let key = self.unit.text(key);
                    if OPEN.contains(&key) {
                        open = open.or(Some(value));
                    } else if COPIES.contains(&key) {
                        copy = copy.or(Some(value));
                    }
                    node = object;
                }
                Value::Object(range) => {
                    for entry in self.unit.entries(range) {
                        let key = self.unit.text(entry.key);
                        if OPEN.contains(&key) {
                            open = open.or(Some(entry.value));
                        } else if COPIES.contains(&key) {
                            copy = copy.or(Some(entry.value));
                        }
                    }
                    break;
                }
                _ => break,
            }
        }
        self.judge(open?, copy)
    }

    /// `connection.sendmail(sender, [to, "fixed"], text)`.
    fn in_envelope(&self, callee: NodeId, arguments: Range) -> Found {
        let Value::Member { name, .. } = self.unit.value(callee) else { return None };
        if self.unit.text(name) != "sendmail" {
            return None;
        }
        self.mixed(*self.unit.list(arguments).get(1)?)
    }

    fn judge(&self, open: NodeId, copy: Option<NodeId>) -> Found {
        if let Some(copy) = copy
            && let Some(address) = self.fixed(copy)
            && self.chosen(open)
        {
            return Some((copy, address));
        }
        self.mixed(open)
    }

    /// A list or text that holds both a chosen and a fixed address.
    fn mixed(&self, node: NodeId) -> Found {
        let (at, items) = self.items(node)?;
        let unit = self.view.resolver.unit(at);
        if unit.path != self.unit.path {
            return None;
        }
        let fixed =
            items.iter().find_map(|&item| Some((item, self.fixed_at(At { unit: at.unit, node: item })?)));
        let chosen = items.iter().any(|&item| self.is_chosen(At { unit: at.unit, node: item }));
        if chosen { fixed } else { None }
    }

    fn items(&self, node: NodeId) -> Option<(At, Vec<NodeId>)> {
        self.view.resolver.definitions(At { unit: self.index, node }).iter().find_map(|&definition| {
            let unit = self.view.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Array(range) | Value::Concat(range) => {
                    Some((definition, unit.list(range).iter().take(MOST_RECIPIENTS).copied().collect()))
                }
                _ => None,
            }
        })
    }

    /// The one address that a field always holds.
    fn fixed(&self, node: NodeId) -> Option<String> {
        if let Some(address) = self.fixed_at(At { unit: self.index, node }) {
            return Some(address);
        }
        let (at, items) = self.items(node)?;
        items.iter().find_map(|&node| self.fixed_at(At { unit: at.unit, node }))
    }

    fn fixed_at(&self, at: At) -> Option<String> {
        self.view.resolver.text(at).filter(|text| is_address(text))
    }

    fn chosen(&self, node: NodeId) -> bool {
        match self.items(node) {
            Some((at, items)) => items.iter().any(|&node| self.is_chosen(At { unit: at.unit, node })),
            None => self.is_chosen(At { unit: self.index, node }),
        }
    }

    /// Whether somebody who calls decides it: a parameter is part of it.
    fn is_chosen(&self, at: At) -> bool {
        self.view.resolver.text(at).is_none()
            && self.view.reaches(at, |_, value| matches!(value, Value::Parameter(..)))
    }
}

/// Whether a text has the shape of mail addresses.
fn is_address(text: &str) -> bool {
    let text = text.trim().trim_start_matches(',').trim_end_matches('>');
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    !name.is_empty()
        && text.len() <= 320
        && !name.ends_with(char::is_whitespace)
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_by_their_shape() {
        for (text, expected) in [
            ("copies@letters.example", true),
            ("Copies <copies@letters.example>", true),
            (", copies@letters.example", true),
            ("@letters.example", false),
            ("copies@letters", false),
            ("see @decorators in a.b", false),
            ("for example a@b.example", true),
            ("", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }
}
