//! What the code can do, from resolved calls and literal values. An inventory, not an accusation.

pub(in crate::connector) mod hosts;

use std::{collections::BTreeMap, ops::BitOr};

use rustc_hash::FxHashSet;

use super::manifest::Manifests;
use crate::{
    artifact::{Artifact, Kind},
    code::{
        Code,
        callees::{SetId, Site},
        flow::Flow,
        graph::{Call, ContextId, FunctionId, NodeId, Unit, Value, VariableId},
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

/// Kinds of things that a place in the code does, as a set.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Ord, PartialOrd)]
pub struct Does(u16);

impl Does {
    /// Starts a process.
    pub const PROCESSES: Self = Self(1);
    /// Reads a file or lists a directory.
    pub const FILE_READS: Self = Self(1 << 1);
    /// Writes, renames, makes or deletes a file.
    pub const FILE_WRITES: Self = Self(1 << 2);
    /// Deletes a file or directory; always with [`Does::FILE_WRITES`].
    pub const FILE_DELETES: Self = Self(1 << 3);
    /// Makes a network request.
    pub const NETWORK: Self = Self(1 << 4);
    /// Makes a request with the method `DELETE`; always with [`Does::NETWORK`].
    pub const REMOTE_DELETES: Self = Self(1 << 5);
    /// Listens on a port.
    pub const LISTENS: Self = Self(1 << 6);
    /// Evaluates code made at run time.
    pub const DYNAMIC_CODE: Self = Self(1 << 7);
    /// Reads an environment variable.
    pub const ENVIRONMENT: Self = Self(1 << 8);

    /// Every kind, with the stable name that reports and baselines use.
    pub const NAMES: [(Self, &'static str); 9] = [
        (Self::PROCESSES, "processes"),
        (Self::FILE_READS, "file-reads"),
        (Self::FILE_WRITES, "file-writes"),
        (Self::FILE_DELETES, "file-deletes"),
        (Self::NETWORK, "network"),
        (Self::REMOTE_DELETES, "remote-deletes"),
        (Self::LISTENS, "listens"),
        (Self::DYNAMIC_CODE, "dynamic-code"),
        (Self::ENVIRONMENT, "environment"),
    ];

    /// Whether any of these kinds is in the set.
    pub fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Does {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One place in the code that does something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Use {
    /// Index in [`Code::units`].
    pub unit: u32,
    /// The function that holds it.
    pub function: FunctionId,
    /// What had to be true for it to happen.
    pub context: ContextId,
    /// The node.
    pub node: NodeId,
    /// What it does.
    pub does: Does,
    /// The literal hosts that it contacts; several where its callers choose.
    pub hosts: Vec<String>,
    /// What is called, or the variable that is read; printable.
    pub name: String,
}

/// Takes the inventory: what the code can do, and every place that does any of it.
pub fn read(artifact: &Artifact, resolver: &Resolver<'_>, manifests: &Manifests) -> (Capabilities, Vec<Use>) {
    let code = resolver.code();
    let flow = Flow::new(resolver);
    let found = Capabilities::default();
    let mut inventory = Inventory { code, resolver, flow: &flow, found, uses: Vec::new() };
    inventory.sites();
    for unit in 0..code.units.len() {
        inventory.addresses(unit);
        inventory.environment(unit);
    }
    let Inventory { mut found, uses, .. } = inventory;
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
    (found, uses)
}

struct Inventory<'a> {
    code: &'a Code,
    resolver: &'a Resolver<'a>,
    flow: &'a Flow<'a>,
    found: Capabilities,
    uses: Vec<Use>,
}

impl Inventory<'_> {
    fn sites(&mut self) {
        let set = |name: &str| self.code.callees.find(name);
        let (shell, arguments) = (set("process-shell"), set("process-arguments"));
        let (reads, writes) = (set("file-read"), set("file-write"));
        let (network, mail, listens) = (set("network-send"), set("mail-send"), set("listen"));
        let (dynamic, import) = (set("dynamic-code"), set("dynamic-import"));
        let environment = set("environment-read");
        let code = self.code;
        for site in &code.sites {
            let is = |set: Option<SetId>| set.is_some_and(|set| site.is(set));
            let unit = &code.units[site.unit as usize];
            let call = unit.call(site.call);
            let place = || (place(unit, call.node), untrusted::excerpt(&site.name, 60));
            let note = |uses: &mut Uses| uses.note(&place, unit.bundled);
            let mut does = Does::default();
            let mut hosts = Vec::new();
            if is(shell) || is(arguments) {
                note(&mut self.found.processes);
                does = does | Does::PROCESSES;
            }
            let opens_to_write = is(reads) && opens_to_write(self.resolver, site, call);
            if is(reads) && !opens_to_write {
                note(&mut self.found.file_reads);
                does = does | Does::FILE_READS;
            }
            if is(writes) || opens_to_write {
                note(&mut self.found.file_writes);
                does = does | Does::FILE_WRITES;
                if deletes_files(last_name(&site.name)) {
                    does = does | Does::FILE_DELETES;
                }
            }
            if is(listens) {
                note(&mut self.found.listens);
                does = does | Does::LISTENS;
            }
            if is(dynamic) || (is(import) && !self.has_constant_argument(site, call)) {
                note(&mut self.found.dynamic_code);
                does = does | Does::DYNAMIC_CODE;
            }
            if is(network) || is(mail) {
                note(&mut self.found.network);
                does = does | Does::NETWORK;
                if self.deletes_remotely(site, call) {
                    does = does | Does::REMOTE_DELETES;
                }
                hosts = self.requested_hosts(site, call);
                for host in &hosts {
                    self.found.hosts.entry(host.clone()).or_default().note(&place, unit.bundled);
                }
            }
            if is(environment) {
                self.variable(site.unit, unit.list(call.arguments).first().copied(), &place, unit.bundled);
                does = does | Does::ENVIRONMENT;
            }
            if !does.is_empty() {
                self.uses.push(Use {
                    unit: site.unit,
                    function: call.function,
                    context: call.context,
                    node: call.node,
                    does,
                    hosts,
                    name: untrusted::excerpt(&site.name, 60),
                });
            }
        }
    }

    /// Whether a request is written with the method `DELETE`.
    fn deletes_remotely(&self, site: &Site, call: &Call) -> bool {
        let last = last_name(&site.name);
        if last == "delete" {
            return true;
        }
        let unit = &self.code.units[site.unit as usize];
        let is_delete = |node: NodeId| matches!(unit.value(node), Value::Text(text) if unit.text(text).eq_ignore_ascii_case("delete"));
        let arguments = unit.list(call.arguments).iter().take(3).copied();
        let by_position = matches!(last, "request" | "stream" | "build_request" | "Request" | "open")
            && arguments.clone().any(is_delete);
        by_position
            || arguments
                .filter_map(|node| match unit.value(node) {
                    Value::Object(range) => Some(range),
                    _ => None,
                })
                .chain([call.keywords])
                .flat_map(|range| unit.entries(range))
                .any(|entry| unit.text(entry.key) == "method" && is_delete(entry.value))
    }

    fn has_constant_argument(&self, site: &Site, call: &Call) -> bool {
        let unit = &self.code.units[site.unit as usize];
        unit.list(call.arguments)
            .first()
            .is_none_or(|&node| self.resolver.text(At { unit: site.unit, node }).is_some())
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
        let functions = Functions::new(unit);
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
                let place = || (place(unit, at), "read".to_owned());
                let name = name.unwrap_or("*");
                self.found.environment.entry(name.to_owned()).or_default().note(&place, unit.bundled);
                self.uses.push(Use {
                    unit: u32::try_from(index).unwrap_or(u32::MAX),
                    function: functions.around(unit, node.at),
                    context: ContextId(0),
                    node: at,
                    does: Does::ENVIRONMENT,
                    hosts: Vec::new(),
                    name: untrusted::excerpt(name, 60),
                });
            }
        }
    }

    fn variable(
        &mut self,
        unit: u32,
        argument: Option<NodeId>,
        place: &dyn Fn() -> (Location, String),
        bundled: bool,
    ) {
        let name = argument
            .and_then(|node| self.resolver.text(At { unit, node }))
            .filter(|name| is_variable_name(name))
            .unwrap_or_else(|| "*".to_owned());
        self.found.environment.entry(name).or_default().note(place, bundled);
    }
}

/// The functions of one file by where they start.
struct Functions(Vec<(u32, FunctionId)>);

impl Functions {
    fn new(unit: &Unit) -> Self {
        let start = |function: FunctionId| unit.nodes[unit.function(function).node.index()].at;
        let ids = (0..unit.functions.len()).map(|id| FunctionId(u32::try_from(id).unwrap_or(u32::MAX)));
        let mut starts: Vec<(u32, FunctionId)> = ids.map(|id| (start(id), id)).collect();
        starts.sort_unstable();
        Self(starts)
    }

    /// The innermost function around a place.
    fn around(&self, unit: &Unit, at: u32) -> FunctionId {
        let before = self.0.partition_point(|&(start, _)| start <= at);
        let mut inner = before.checked_sub(1).map_or(FunctionId(0), |before| self.0[before].1);
        for _ in 0..64 {
            let function = unit.function(inner);
            match function.parent {
                Some(parent) if function.end < at => inner = parent,
                _ => break,
            }
        }
        inner
    }
}

impl Uses {
    /// Counts a use; its place is worked out where it is kept.
    fn note(&mut self, place: &dyn Fn() -> (Location, String), bundled: bool) {
        self.count += 1;
        self.bundled += usize::from(bundled);
        let own = self.count - self.bundled;
        if self.places.len() < Self::SHOWN {
            self.places.push(place());
        } else if !bundled && own <= Self::SHOWN {
            self.places.pop();
            self.places.insert(own - 1, place());
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

/// Whether what writes files under this name takes them away.
fn deletes_files(name: &str) -> bool {
    matches!(
        name,
        "unlink"
            | "unlinkSync"
            | "rm"
            | "rmSync"
            | "rmdir"
            | "rmdirSync"
            | "remove"
            | "removeSync"
            | "removedirs"
            | "rmtree"
            | "rimraf"
            | "del"
            | "Remove"
            | "RemoveAll"
            | "remove_file"
            | "remove_dir_all"
            | "delete"
            | "rm_rf"
    )
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
