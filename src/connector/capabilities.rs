//! What the code can do, from resolved calls and literal values. An inventory, not an accusation.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::manifest::Manifests;
use crate::{
    artifact::{Artifact, Kind},
    code::{
        Code,
        callees::{SetId, Site},
        flow::{Flow, Next},
        graph::{Atom, Call, NodeId, Value, VariableId},
        literal,
        resolve::{At, Resolver, place},
    },
    finding::Location,
    untrusted,
};

/// What the code can do. Places are the first few, in file order; counts are complete.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Capabilities {
    /// Starts processes.
    pub processes: Uses,
    /// Reads files.
    pub file_reads: Uses,
    /// Writes, renames or deletes files.
    pub file_writes: Uses,
    /// Makes network requests.
    pub network: Uses,
    /// Listens on a port.
    pub listens: Uses,
    /// Evaluates code made at run time, or loads modules by computed name.
    pub dynamic_code: Uses,
    /// Literal hosts that requests go to: host to uses.
    pub hosts: BTreeMap<String, Uses>,
    /// Literal hosts that occur in strings without a known request: listed apart.
    pub mentioned_hosts: BTreeMap<String, Uses>,
    /// Environment variables read, by name; `*` where the name is computed or all are read.
    pub environment: BTreeMap<String, Uses>,
    /// Native binaries shipped: path to format.
    pub native: BTreeMap<String, String>,
    /// Install hooks: event to printable command.
    pub install_hooks: BTreeMap<String, String>,
}

/// How often, and where first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Uses {
    /// Number of call sites.
    pub count: usize,
    /// Of these, inside code bundled from other packages.
    pub bundled: usize,
    /// The first places, at most [`Uses::SHOWN`], the connector's own code first.
    pub places: Vec<(Location, String)>,
}

impl Uses {
    /// Places kept per capability.
    pub const SHOWN: usize = 5;
}

/// Keys under which a literal address is kept for requests made elsewhere.
const ADDRESS_KEYS: [&str; 8] =
    ["baseURL", "baseUrl", "base_url", "url", "endpoint", "apiUrl", "api_url", "BASE_URL"];
/// Nodes visited to find the address of one request.
const MOST_VISITS: usize = 300;
/// Longest host name kept, bytes.
const LONGEST_HOST: usize = 253;

/// Takes the inventory.
pub fn read(artifact: &Artifact, code: &Code, manifests: &Manifests) -> Capabilities {
    let resolver = Resolver::new(code);
    let flow = Flow::new(&resolver);
    let mut inventory = Inventory { code, resolver: &resolver, flow: &flow, found: Capabilities::default() };
    inventory.sites();
    for unit in 0..code.units.len() {
        inventory.addresses(unit);
        inventory.environment(unit);
    }
    let mut found = inventory.found;
    let requested: Vec<String> = found.hosts.keys().cloned().collect();
    for host in requested {
        found.mentioned_hosts.remove(&host);
    }
    for file in &artifact.files {
        if let Kind::Native(native) = file.kind {
            found.native.insert(file.path.clone(), native.name().to_owned());
        }
    }
    for hook in &manifests.install_hooks {
        found.install_hooks.insert(hook.event.clone(), hook.command.excerpt(200));
    }
    found
}

struct Inventory<'a> {
    code: &'a Code,
    resolver: &'a Resolver<'a>,
    flow: &'a Flow<'a>,
    found: Capabilities,
}

impl Inventory<'_> {
    fn sites(&mut self) {
        let set = |name: &str| self.code.callees.find(name);
        let (shell, arguments) = (set("process-shell"), set("process-arguments"));
        let (reads, writes) = (set("file-read"), set("file-write"));
        let (network, mail, listens) = (set("network-send"), set("mail-send"), set("listen"));
        let (dynamic, import) = (set("dynamic-code"), set("dynamic-import"));
        let code = self.code;
        for site in &code.sites {
            let is = |set: Option<SetId>| set.is_some_and(|set| site.is(set));
            let unit = &code.units[site.unit as usize];
            let call = unit.call(site.call);
            let place = (place(unit, call.node), untrusted::excerpt(&site.name, 60));
            let note = |uses: &mut Uses| uses.note(&place, unit.bundled);
            if is(shell) || is(arguments) {
                note(&mut self.found.processes);
            }
            let opens_to_write = is(reads) && opens_to_write(self.resolver, site, call);
            if is(reads) && !opens_to_write {
                note(&mut self.found.file_reads);
            }
            if is(writes) || opens_to_write {
                note(&mut self.found.file_writes);
            }
            if is(listens) {
                note(&mut self.found.listens);
            }
            if is(dynamic) || (is(import) && !self.has_constant_argument(site, call)) {
                note(&mut self.found.dynamic_code);
            }
            if is(network) || is(mail) {
                note(&mut self.found.network);
                if let Some(host) = self.requested_host(site, call) {
                    self.found.hosts.entry(host).or_default().note(&place, unit.bundled);
                }
            }
            if matches!(last_name(&site.name), "getenv" | "get") && site.name.starts_with("os.") {
                self.variable(site.unit, unit.list(call.arguments).first().copied(), &place, unit.bundled);
            }
        }
    }

    fn has_constant_argument(&self, site: &Site, call: &Call) -> bool {
        let unit = &self.code.units[site.unit as usize];
        unit.list(call.arguments)
            .first()
            .is_none_or(|&node| self.resolver.text(At { unit: site.unit, node }).is_some())
    }

    /// The literal host of a request: in its first argument, or in a constant that flows into it.
    fn requested_host(&self, site: &Site, call: &Call) -> Option<String> {
        let unit = &self.code.units[site.unit as usize];
        let keywords = unit.entries(call.keywords).iter().map(|property| property.value);
        let arguments = unit.list(call.arguments).iter().take(2).copied().chain(keywords.take(2));
        let mut found = None;
        for node in arguments {
            let at = At { unit: site.unit, node };
            let text = literal::template(self.resolver, at, "\u{0}", 0);
            if let Some(host) = host_of(&text) {
                return Some(host);
            }
            self.flow.walk_at_most(MOST_VISITS, at, |at, value| {
                if let (None, Value::Text(text)) = (&found, value) {
                    found = host_of(self.resolver.unit(at).text(text));
                }
                if found.is_some() { Next::Stop } else { Next::On }
            });
            if found.is_some() {
                return found;
            }
        }
        found
    }

    /// Literal addresses in strings, and those kept under a key that requests use.
    fn addresses(&mut self, index: usize) {
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
                let place = (place(unit, property.value), "address of requests".to_owned());
                self.found.hosts.entry(host.clone()).or_default().note(&place, unit.bundled);
            }
        }
        for (index, node) in unit.nodes.iter().enumerate() {
            if let Value::Text(text) = node.value
                && let Some(host) = hosts.get(&text)
            {
                let node = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
                let place = (place(unit, node), "text".to_owned());
                self.found.mentioned_hosts.entry(host.clone()).or_default().note(&place, unit.bundled);
            }
        }
    }

    /// Members of `process.env` and `os.environ`, by direct name or through a variable.
    fn environment(&mut self, index: usize) {
        let unit = &self.code.units[index];
        let names = ["env", "environ"].map(|name| unit.strings.find(name));
        if names.iter().all(Option::is_none) {
            return;
        }
        let is_environment = |node: NodeId| match unit.value(node) {
            Value::Member { object, name } => {
                names.contains(&Some(name))
                    && match unit.value(object) {
                        Value::Global(global) => {
                            matches!(unit.text(global), "process" | "Bun" | "globalThis")
                        }
                        Value::Import { module, .. } => {
                            matches!(unit.text(module), "process" | "node:process" | "os")
                        }
                        Value::Variable(_) | Value::Member { .. } => {
                            let at = At { unit: u32::try_from(index).unwrap_or(u32::MAX), node };
                            matches!(self.resolver.name(at).as_str(), "process.env" | "os.environ")
                        }
                        _ => false,
                    }
            }
            Value::Import { module, name } => unit.text(module) == "os" && unit.text(name) == "environ",
            _ => false,
        };
        let whole: FxHashSet<NodeId> = (0..unit.nodes.len())
            .map(|node| NodeId(u32::try_from(node).unwrap_or(u32::MAX)))
            .filter(|&node| is_environment(node))
            .collect();
        if whole.is_empty() {
            return;
        }
        let held: FxHashSet<VariableId> = (0..unit.variables.len())
            .map(|variable| VariableId(u32::try_from(variable).unwrap_or(u32::MAX)))
            .filter(|variable| {
                unit.variables[variable.index()].values.iter().any(|value| whole.contains(value))
            })
            .collect();
        for (position, node) in unit.nodes.iter().enumerate() {
            let (object, name) = match node.value {
                Value::Member { object, name } => (object, Some(unit.text(name))),
                Value::Element { object, .. } => (object, None),
                _ => continue,
            };
            let of_environment = whole.contains(&object)
                || matches!(unit.value(object), Value::Variable(variable) if held.contains(&variable));
            let at = NodeId(u32::try_from(position).unwrap_or(u32::MAX));
            // Members that cannot be variables are methods: `os.environ.get`.
            if of_environment && !whole.contains(&at) && name.is_none_or(is_variable_name) {
                let place = (place(unit, at), "read".to_owned());
                let name = name.unwrap_or("*");
                self.found.environment.entry(name.to_owned()).or_default().note(&place, unit.bundled);
            }
        }
    }

    fn variable(&mut self, unit: u32, argument: Option<NodeId>, place: &(Location, String), bundled: bool) {
        let name = argument
            .and_then(|node| self.resolver.text(At { unit, node }))
            .filter(|name| is_variable_name(name))
            .unwrap_or_else(|| "*".to_owned());
        self.found.environment.entry(name).or_default().note(place, bundled);
    }
}

impl Uses {
    fn note(&mut self, place: &(Location, String), bundled: bool) {
        self.count += 1;
        self.bundled += usize::from(bundled);
        let own = self.count - self.bundled;
        if self.places.len() < Self::SHOWN {
            self.places.push(place.clone());
        } else if !bundled && own <= Self::SHOWN {
            self.places.pop();
            self.places.insert(own - 1, place.clone());
        }
    }
}

/// `open(path, "w")` and its kin: the mode says what it is.
fn opens_to_write(resolver: &Resolver<'_>, site: &Site, call: &Call) -> bool {
    if !matches!(last_name(&site.name), "open" | "openSync" | "open_file") {
        return false;
    }
    let unit = &resolver.code().units[site.unit as usize];
    let named =
        unit.entries(call.keywords).iter().find(|entry| matches!(unit.text(entry.key), "mode" | "flags"));
    let position = usize::from(!site.name.contains("Path()"));
    let mode = named.map(|entry| entry.value).or_else(|| unit.list(call.arguments).get(position).copied());
    mode.and_then(|node| resolver.text(At { unit: site.unit, node }))
        .is_some_and(|mode| mode.len() < 6 && mode.contains(['w', 'a', 'x', '+']))
}

fn last_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Names that an environment variable can have.
fn is_variable_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The host of an `http`, `https`, `ws` or `wss` address at the start of a text, lower-case.
fn host_of(text: &str) -> Option<String> {
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
