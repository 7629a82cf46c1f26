//! Servers that are mounted into another one: their tools get a prefix.

use super::{
    super::{literal::exact_text, look::Place},
    Reader, keyword,
    names::{Builds, builds},
};
use crate::{
    code::graph::{Call, NodeId, Value},
    untrusted::Untrusted,
};

/// Tools by the server that registers them, and servers by the prefix they are mounted under.
#[derive(Default)]
pub(super) struct Mounts {
    /// Position among the connector's tools, and the server.
    tools: Vec<(usize, Place)>,
    /// Where a server is made, and its prefix.
    prefixes: Vec<((usize, NodeId), String)>,
}

impl Reader<'_, '_> {
    /// Remembers which server the next tool is registered with.
    pub(super) fn note_server(&mut self, server: Option<&Place>) {
        if let Some(server) = server {
            self.mounts.tools.push((self.connector.tools.len(), server.clone()));
        }
    }

    /// `main.mount(server, "prefix")`, `main.mount("prefix", server)`, `main.import_server(...)`.
    pub(super) fn mount(&mut self, place: &Place, call: &Call) {
        let unit = self.look.unit(place);
        let Value::Member { name, .. } = unit.value(call.callee) else { return };
        if !matches!(unit.text(name), "mount" | "import_server") {
            return;
        }
        self.look.refill();
        let arguments: Vec<Place> = unit.list(call.arguments).iter().map(|&node| place.at(node)).collect();
        let named = |names: [&str; 2]| names.iter().find_map(|name| keyword(self.look, place, call, name));
        let prefix = named(["prefix", "namespace"])
            .and_then(|at| exact_text(self.look, &at))
            .or_else(|| arguments.iter().find_map(|at| exact_text(self.look, at)));
        let server = arguments.iter().find_map(|at| self.made(at));
        let server = server.or_else(|| named(["server", "app"]).and_then(|at| self.made(&at)));
        if let (Some(server), Some(prefix)) = (server, prefix) {
            self.mounts.prefixes.push((server, prefix));
        }
    }

    /// Where a server is made.
    fn made(&self, server: &Place) -> Option<(usize, NodeId)> {
        self.look.places(server).into_iter().find_map(|found| {
            let call = self.look.call(&found)?;
            let callee = found.at(call.callee);
            let is_server = builds(self.look, &callee) == Some(Builds::SimpleServer)
                || self
                    .look
                    .places(&callee)
                    .iter()
                    .any(|class| matches!(self.look.value(class), Value::Class(_)));
            is_server.then_some((found.unit, found.node))
        })
    }

    /// Puts the prefixes before the names.
    pub(super) fn prefix_names(&mut self) {
        let mounts = std::mem::take(&mut self.mounts);
        if mounts.prefixes.is_empty() {
            return;
        }
        for (position, server) in &mounts.tools {
            self.look.refill();
            let Some(made) = self.made(server) else { continue };
            let prefix = mounts.prefixes.iter().find(|(mounted, _)| *mounted == made);
            if let (Some((_, prefix)), Some(tool)) = (prefix, self.connector.tools.get_mut(*position)) {
                tool.name = Untrusted::new(format!("{prefix}_{}", tool.name.raw()));
            }
        }
    }
}
