//! Where in the connector a change is seen.

use super::Subject;
use crate::{
    connector::{Connector, capabilities::Uses},
    finding::Location,
};

/// What a change is about.
pub(super) enum Place {
    /// The whole package.
    None,
    /// The definition of a tool.
    Tool(String),
    /// Where a tool's handler uses a capability.
    Reach(String, &'static str),
    /// Where a capability is used.
    Use(&'static str),
    /// Where a request goes to a host, or where the host is named.
    Host(String),
    /// Where a scope is asked for: kind and name.
    Scope(String, String),
    /// Where a dependency is declared.
    Dependency(String),
}

impl Place {
    /// The place in the connector.
    pub(super) fn find(&self, subject: &Subject<'_>) -> Option<Location> {
        let connector = subject.connector;
        match self {
            Self::None => None,
            Self::Tool(name) => tool(connector, name),
            Self::Reach(name, kind) => {
                let mut tools = connector.tools.iter().filter(|tool| tool.name.raw() == name);
                let used = tools.find_map(|tool| tool.reach.as_ref()?.uses.get(kind).cloned());
                used.or_else(|| tool(connector, name))
            }
            Self::Use(kind) => uses(connector, kind).and_then(first),
            Self::Host(host) => {
                let found = &connector.capabilities;
                found.hosts.get(host).or_else(|| found.mentioned_hosts.get(host)).and_then(first)
            }
            Self::Scope(kind, name) => {
                let is_it =
                    |scope: &&crate::connector::Scope| scope.kind.name() == kind && scope.name.raw() == name;
                let asked = connector.scopes.iter().filter(is_it).find_map(|scope| scope.location.clone());
                asked.or_else(|| connector.capabilities.environment.get(name).and_then(first))
            }
            Self::Dependency(name) => {
                let named = connector.dependencies.iter().find(|dependency| dependency.name.raw() == name);
                named.map(|dependency| dependency.location.clone())
            }
        }
    }
}

fn tool(connector: &Connector, name: &str) -> Option<Location> {
    connector.tools.iter().filter(|tool| tool.name.raw() == name).find_map(|tool| tool.location.clone())
}

fn first(uses: &Uses) -> Option<Location> {
    uses.places.first().map(|(location, _)| location.clone())
}

/// The uses of a capability by its stable name.
fn uses<'a>(connector: &'a Connector, kind: &str) -> Option<&'a Uses> {
    super::now::counted(&connector.capabilities)
        .into_iter()
        .find(|(name, _)| *name == kind)
        .map(|(_, uses)| uses)
}
