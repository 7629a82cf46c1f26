//! Scopes that the code asks for: OAuth scopes, secrets, hosts, ports, programs, paths at home.

use super::{Collected, is_secret_name, oauth};
use crate::{
    code::{
        graph::{Atom, Call, NodeId, Operator, Unit, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    connector::{
        ScopeKind,
        capabilities::{Capabilities, Does, Use, Uses},
    },
};

/// Names under which scopes are kept.
const SCOPES: [&str; 11] = [
    "scopes",
    "SCOPES",
    "scopes_supported",
    "scopesSupported",
    "required_scopes",
    "requiredScopes",
    "default_scopes",
    "defaultScopes",
    "oauth_scopes",
    "OAUTH_SCOPES",
    "DEFAULT_SCOPES",
];
/// Members that stand beside `scope` where it is an OAuth scope.
const BESIDE: [&str; 9] = [
    "client_id",
    "clientId",
    "redirect_uri",
    "redirectUri",
    "response_type",
    "responseType",
    "grant_type",
    "grantType",
    "code_challenge",
];
/// Scopes read from one list.
const MOST_SCOPES: usize = 128;
/// Nesting of one path.
const MOST_PARTS_DEEP: u32 = 8;
/// Uses looked at for programs, ports and paths.
const MOST_USES: usize = 4_000;
/// Longest path kept, parts.
const MOST_PARTS: usize = 8;

/// Adds what the code asks for.
pub(super) fn read(
    resolver: &Resolver<'_>,
    capabilities: &Capabilities,
    uses: &[Use],
    collected: &mut Collected,
) {
    let code = resolver.code();
    for (index, unit) in code.units.iter().enumerate() {
        if !code.idle.get(index).copied().unwrap_or(false) {
            known_scopes(unit, collected);
            kept_scopes(resolver, u32::try_from(index).unwrap_or(u32::MAX), unit, collected);
        }
    }
    let mut named = |kind: ScopeKind, name: &str, uses: &Uses| {
        if let Some((location, _)) = uses.places.first() {
            collected.used(kind, name, location.clone());
        }
    };
    for (name, uses) in capabilities.environment.iter().filter(|(name, _)| is_secret_name(name)) {
        named(ScopeKind::Environment, name, uses);
    }
    for (host, uses) in &capabilities.hosts {
        named(ScopeKind::Host, host, uses);
    }
    let asked = Does::PROCESSES | Does::LISTENS | Does::FILE_READS | Does::FILE_WRITES;
    for one in uses.iter().filter(|one| one.does.has_any(asked)).take(MOST_USES) {
        self::place_of(resolver, one, collected);
    }
}

/// Scopes of known providers, wherever they stand. Code of others lists all that there are.
fn known_scopes(unit: &Unit, collected: &mut Collected) {
    if unit.bundled {
        return;
    }
    let known: Vec<Atom> =
        unit.strings.iter().filter(|(_, text)| oauth::is_known(text)).map(|(atom, _)| atom).collect();
    if known.is_empty() {
        return;
    }
    for (index, node) in unit.nodes.iter().enumerate() {
        if let Value::Text(text) = node.value
            && known.contains(&text)
        {
            let node = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            collected.used(ScopeKind::OAuth, unit.text(text), place(unit, node));
        }
    }
}

/// Scopes in what is called so.
fn kept_scopes(resolver: &Resolver<'_>, index: u32, unit: &Unit, collected: &mut Collected) {
    let names: Vec<Atom> = SCOPES.iter().filter_map(|name| unit.strings.find(name)).collect();
    let single = unit.strings.find("scope");
    if names.is_empty() && single.is_none() {
        return;
    }
    let mut values: Vec<NodeId> =
        unit.properties.iter().filter(|entry| names.contains(&entry.key)).map(|entry| entry.value).collect();
    for variable in unit.variables.iter().filter(|variable| names.contains(&variable.name)) {
        values.extend(variable.values.iter().take(4));
    }
    if let Some(single) = single {
        let beside: Vec<Atom> = BESIDE.iter().filter_map(|name| unit.strings.find(name)).collect();
        values.extend(beside_client(unit, single, &beside));
    }
    for node in values.into_iter().take(MOST_SCOPES) {
        if matches!(
            unit.value(node),
            Value::Text(_)
                | Value::Array(_)
                | Value::Variable(_)
                | Value::Member { .. }
                | Value::Call(_)
                | Value::Import { .. }
        ) {
            list(resolver, At { unit: index, node }, collected);
        }
    }
}

/// `scope` beside `client_id` and its like, in objects and keyword arguments.
fn beside_client(unit: &Unit, single: Atom, beside: &[Atom]) -> Vec<NodeId> {
    if beside.is_empty() {
        return Vec::new();
    }
    let objects = unit.nodes.iter().filter_map(|node| match node.value {
        Value::Object(range) => Some(range),
        _ => None,
    });
    let ranges = objects.chain(unit.calls.iter().map(|call| call.keywords));
    ranges
        .map(|range| unit.entries(range))
        .filter(|entries| entries.iter().any(|entry| beside.contains(&entry.key)))
        .flatten()
        .filter(|entry| entry.key == single)
        .map(|entry| entry.value)
        .collect()
}

/// The scopes of a list, or of a text that separates them.
fn list(resolver: &Resolver<'_>, at: At, collected: &mut Collected) {
    let mut texts: Vec<(At, String)> = Vec::new();
    for &definition in resolver.definitions(at).iter().take(4) {
        let unit = resolver.unit(definition);
        match unit.value(definition.node) {
            Value::Array(range) => {
                for &item in unit.list(range).iter().take(MOST_SCOPES) {
                    let item = At { unit: definition.unit, node: item };
                    texts.extend(resolver.text(item).map(|text| (item, text)));
                }
            }
            Value::Text(_) => texts.extend(resolver.text(definition).map(|text| (definition, text))),
            Value::Call(call) => {
                // `[…].join(" ")`
                if let Value::Member { object, name } = unit.value(unit.call(call).callee)
                    && unit.text(name) == "join"
                    && let Value::Array(range) = unit.value(object)
                {
                    for &item in unit.list(range).iter().take(MOST_SCOPES) {
                        let item = At { unit: definition.unit, node: item };
                        texts.extend(resolver.text(item).map(|text| (item, text)));
                    }
                }
            }
            _ => {}
        }
    }
    for (at, text) in texts {
        for scope in text.split([' ', ',']).filter(|scope| oauth::is_plausible(scope)).take(MOST_SCOPES) {
            collected.used(ScopeKind::OAuth, scope, place(resolver.unit(at), at.node));
        }
    }
}

/// The program, port or path of one place.
fn place_of(resolver: &Resolver<'_>, one: &Use, collected: &mut Collected) {
    let unit = &resolver.code().units[one.unit as usize];
    let Value::Call(call) = unit.value(one.node) else { return };
    let call = unit.call(call);
    let first = unit.list(call.arguments).first().map(|&node| At { unit: one.unit, node });
    let location = || place(unit, one.node);
    if one.does.has_any(Does::PROCESSES)
        && let Some(program) = first.and_then(|at| program(resolver, at))
    {
        collected.used(ScopeKind::Executable, &program, location());
    }
    if one.does.has_any(Does::LISTENS)
        && let Some(port) = port(resolver, one.unit, unit, call)
    {
        collected.used(ScopeKind::Port, &port, location());
    }
    if one.does.has_any(Does::FILE_READS | Does::FILE_WRITES) && !unit.bundled {
        let receiver = match unit.value(call.callee) {
            Value::Member { object, .. }
                if first.is_none() || one.name.starts_with('?') || one.name.contains("Path()") =>
            {
                Some(At { unit: one.unit, node: object })
            }
            _ => None,
        };
        if let Some(path) = receiver.or(first).and_then(|at| at_home(resolver, at)) {
            collected.used(ScopeKind::Path, &path, location());
        }
    }
}

/// The literal name of a program: the first word of a command, or the first of its arguments.
fn program(resolver: &Resolver<'_>, at: At) -> Option<String> {
    let definition = *resolver.definitions(at).first()?;
    let unit = resolver.unit(definition);
    let text = match unit.value(definition.node) {
        Value::Array(range) => {
            let &first = unit.list(range).first()?;
            resolver.text(At { unit: definition.unit, node: first })?
        }
        _ => literal::template(resolver, definition, "\u{0}", 0),
    };
    let word = text.split_whitespace().next()?;
    let name = word.rsplit(['/', '\\']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    ((1..=64).contains(&name.len()) && word.chars().all(|c| plain(c) || matches!(c, '/' | '\\' | ':')))
        .then(|| name.to_owned())
}

fn port(resolver: &Resolver<'_>, index: u32, unit: &Unit, call: &Call) -> Option<String> {
    let keyed = unit.entries(call.keywords).iter();
    let inner = unit.list(call.arguments).iter().filter_map(|&node| match unit.value(node) {
        Value::Object(range) => Some(unit.entries(range)),
        _ => None,
    });
    let named =
        keyed.chain(inner.flatten()).find(|entry| unit.text(entry.key) == "port").map(|entry| entry.value);
    let node = named.or_else(|| unit.list(call.arguments).first().copied())?;
    let at = At { unit: index, node };
    // `process.env.PORT || 3000` has a second meaning that is a number.
    let number =
        resolver.definitions(at).iter().find_map(|&definition| match resolver.value(definition) {
            Value::Number(number) => Some(resolver.unit(definition).text(number).to_owned()),
            _ => None,
        })?;
    number.parse::<u16>().is_ok_and(|port| port > 0).then_some(number)
}

/// A path below the home directory, as far as it is constant.
fn at_home(resolver: &Resolver<'_>, at: At) -> Option<String> {
    let mut path = Path::default();
    path.collect(resolver, at, 0);
    (path.home && !path.parts.is_empty()).then(|| format!("~/{}", path.parts.join("/")))
}

/// The constant parts of a path, in order.
#[derive(Default)]
struct Path {
    home: bool,
    parts: Vec<String>,
}

impl Path {
    fn collect(&mut self, resolver: &Resolver<'_>, at: At, level: u32) {
        if level > MOST_PARTS_DEEP || self.parts.len() >= MOST_PARTS {
            return;
        }
        let Some(&at) = resolver.definitions(at).first() else { return };
        let unit = resolver.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Text(text) => self.text(unit.text(text)),
            Value::Concat(range) => {
                for &part in unit.list(range).iter().take(MOST_PARTS) {
                    self.collect(resolver, here(part), level + 1);
                }
            }
            Value::Binary { operator: Operator::Slash, left, right } => {
                self.collect(resolver, here(left), level + 1);
                self.collect(resolver, here(right), level + 1);
            }
            Value::Member { name, .. } => self.home |= matches!(unit.text(name), "HOME" | "USERPROFILE"),
            Value::Call(call) => {
                let call = unit.call(call);
                let last = resolver.last_name(here(call.callee)).unwrap_or_default();
                if matches!(last, "homedir" | "home" | "expanduser") {
                    self.home = true;
                }
                if let ("joinpath" | "expanduser", Value::Member { object, .. }) =
                    (last, unit.value(call.callee))
                {
                    self.collect(resolver, here(object), level + 1);
                }
                if matches!(
                    last,
                    "join" | "resolve" | "joinpath" | "expanduser" | "Path" | "abspath" | "normalize"
                ) {
                    for &part in unit.list(call.arguments).iter().take(MOST_PARTS) {
                        self.collect(resolver, here(part), level + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.home |= self.parts.is_empty() && (text == "~" || text.starts_with("~/"));
        let part = text.trim_start_matches('~').trim_matches('/');
        if !part.is_empty() && part.len() < 80 && !part.contains("://") {
            self.parts.push(part.to_owned());
        }
    }
}
