//! Literal hosts of requests.

use rustc_hash::FxHashMap;

use super::Inventory;
use crate::code::{
    callees::Site,
    flow::Next,
    graph::{Atom, Call, NodeId, Value},
    literal,
    resolve::{At, place},
};

/// Keys under which a literal address is kept for requests made elsewhere.
const ADDRESS_KEYS: [&str; 8] =
    ["baseURL", "baseUrl", "base_url", "url", "endpoint", "apiUrl", "api_url", "BASE_URL"];
/// Nodes visited to find the address of one request.
const MOST_VISITS: usize = 300;
/// Hosts kept of one request.
const MOST_HOSTS: usize = 8;
/// Longest host name kept, bytes.
const LONGEST_HOST: usize = 253;

impl Inventory<'_> {
    /// The literal hosts of a request: in its address, or in constants that flow into it.
    pub(super) fn requested_hosts(&self, site: &Site, call: &Call) -> Vec<String> {
        let unit = &self.code.units[site.unit as usize];
        let keywords = unit.entries(call.keywords).iter().map(|property| property.value);
        let arguments = unit.list(call.arguments).iter().take(2).copied().chain(keywords.take(2));
        for node in arguments {
            let at = At { unit: site.unit, node };
            if let Some(host) = host_of(&literal::template(self.resolver, at, "\u{0}", 0)) {
                return vec![host];
            }
            let mut found: Vec<String> = Vec::new();
            self.flow.walk_at_most(MOST_VISITS, self.start_of(at), |at, value| {
                if let Value::Text(text) = value
                    && let Some(host) = host_of(self.resolver.unit(at).text(text))
                    && found.len() < MOST_HOSTS
                    && !found.contains(&host)
                {
                    found.push(host);
                }
                // A member of something unknown says nothing about the rest of it.
                let unknown = matches!(value, Value::Member { .. } | Value::Element { .. })
                    && self.resolver.definitions(at).iter().all(|&definition| definition == at);
                if unknown { Next::Stop } else { Next::On }
            });
            if !found.is_empty() {
                return found;
            }
        }
        self.host_of_receiver(site, call).into_iter().collect()
    }

    /// The part of an address in which its host is: the first of what it is put together from.
    fn start_of(&self, at: At) -> At {
        let mut start = at;
        for _ in 0..4 {
            let definitions = self.resolver.definitions(start);
            let [only] = *definitions else { break };
            let unit = self.resolver.unit(only);
            let Value::Concat(range) = unit.value(only.node) else { break };
            let Some(&first) = unit.list(range).first() else { break };
            start = At { unit: only.unit, node: first };
        }
        start
    }

    /// Literal addresses in strings, and those kept under a key that requests use.
    pub(super) fn addresses(&mut self, index: usize) {
        let unit = &self.code.units[index];
        let mut hosts: FxHashMap<Atom, String> = FxHashMap::default();
        for (atom, text) in unit.strings.iter() {
            if let Some(host) = host_of(text) {
                hosts.insert(atom, host);
            }
        }
        if hosts.is_empty() {
            return;
        }
        let keys: Vec<Atom> = ADDRESS_KEYS.iter().filter_map(|key| unit.strings.find(key)).collect();
        for property in &unit.properties {
            if let Value::Text(text) = unit.value(property.value)
                && let Some(host) = hosts.get(&text)
                && keys.contains(&property.key)
            {
                let place = || (place(unit, property.value), "address of requests".to_owned());
                self.found.hosts.entry(host.clone()).or_default().note(&place, unit.bundled);
            }
        }
        for (index, node) in unit.nodes.iter().enumerate() {
            if let Value::Text(text) = node.value
                && let Some(host) = hosts.get(&text)
            {
                let node = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
                let place = || (place(unit, node), "text".to_owned());
                self.found.mentioned_hosts.entry(host.clone()).or_default().note(&place, unit.bundled);
            }
        }
    }

    /// The literal address that a client was made with: `axios.create({ baseURL })`.
    fn host_of_receiver(&self, site: &Site, call: &Call) -> Option<String> {
        let unit = &self.code.units[site.unit as usize];
        let Value::Member { object, .. } = unit.value(call.callee) else { return None };
        self.resolver.definitions(At { unit: site.unit, node: object }).iter().take(4).find_map(|&made| {
            let file = self.resolver.unit(made);
            let Value::Call(id) = file.value(made.node) else { return None };
            let made_by = file.call(id);
            let options = file.list(made_by.arguments).iter().take(2).filter_map(|&node| {
                let Value::Object(range) = file.value(node) else { return None };
                Some(file.entries(range))
            });
            let entries = options.flatten().chain(file.entries(made_by.keywords));
            entries.filter(|entry| ADDRESS_KEYS.contains(&file.text(entry.key))).find_map(|entry| {
                let at = At { unit: made.unit, node: entry.value };
                host_of(&literal::template(self.resolver, at, "\u{0}", 0))
            })
        })
    }
}

/// The host of an `http`, `https`, `ws` or `wss` address at the start of a text, lower-case.
pub(in crate::connector) fn host_of(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https" | "ws" | "wss") {
        return None;
    }
    let end =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(rest.len());
    let host = rest[..end].trim_end_matches('.').to_ascii_lowercase();
    let next = rest[end..].chars().next();
    let whole = matches!(next, None | Some('/' | ':' | '?' | '#' | '\'' | '"' | ' '));
    (whole && host.contains('.') && host.len() <= LONGEST_HOST && !host.starts_with('.')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_whole_and_literal() {
        let cases = [
            ("https://api.service.example/v1", Some("api.service.example")),
            ("https://API.Service.Example:8443", Some("api.service.example")),
            ("https://\u{0}.service.example/", None),
            ("https://service.\u{0}", None),
            ("http://localhost:3000", None),
            ("ftp://files.example", None),
            ("see https://docs.example", None),
        ];
        for (text, expected) in cases {
            assert_eq!(host_of(text).as_deref(), expected, "{text:?}");
        }
    }
}
