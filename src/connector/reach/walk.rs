//! From one handler: what its tool reaches, and by which calls.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{Calls, Edge, branch, groups::Summary};
use crate::{
    code::{
        graph::FunctionId,
        resolve::{Resolver, place},
    },
    connector::{
        Handler,
        capabilities::{Does, Use},
    },
    finding::Location,
    untrusted,
};

/// Functions walked for one tool alone.
const MOST_FUNCTIONS: usize = 20_000;

/// Which places of a tool are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The kinds.
    pub kinds: Does,
    /// Most calls on the way.
    pub deepest: u32,
    /// Most places.
    pub most: usize,
}

/// A call on the way from a handler to a place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// Where the call stands.
    pub location: Location,
    /// The name of the function that is called, printable.
    pub what: String,
}

impl Calls {
    /// What a handler can do for the tool with this name.
    pub(super) fn summary(&self, resolver: &Resolver<'_>, handler: Handler, name: &str) -> Summary {
        let Some(start) = self.at(handler) else { return Summary::default() };
        let whole = *self.groups.summary(start);
        let Some(&wanted) = self.names.get(name) else { return whole };
        if !(handler.shared && whole.dispatches) {
            return whole;
        }
        let mut summary = Summary::default();
        let mut seen: FxHashMap<u32, u32> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        seen.insert(start, 0);
        while let Some(at) = queue.pop_front() {
            let distance = seen[&at];
            let function = &self.functions[at as usize];
            summary.unfollowed.join(function.unfollowed);
            for &(index, branch) in &function.uses {
                if !self.excludes(branch, Some(wanted)) {
                    summary.add(self, index, distance);
                }
            }
            for edge in self.taken(resolver, at, wanted, name) {
                let theirs = self.groups.summary(edge.to);
                if !theirs.dispatches {
                    summary.join(theirs, distance + 1);
                } else if seen.len() >= MOST_FUNCTIONS {
                    return whole;
                } else {
                    seen.entry(edge.to).or_insert_with(|| {
                        queue.push_back(edge.to);
                        distance + 1
                    });
                }
            }
        }
        summary
    }

    /// The calls of a function that happen for one tool.
    fn taken(&self, resolver: &Resolver<'_>, at: u32, wanted: usize, name: &str) -> Vec<&Edge> {
        let function = &self.functions[at as usize];
        if !function.dispatches {
            return function.edges.iter().collect();
        }
        let unit = &resolver.code().units[function.unit as usize];
        let mut last = None;
        let mut looked: Option<Vec<(u32, FunctionId)>> = None;
        let takes = |edge: &&Edge| {
            let Some(id) = edge.call else { return true };
            if self.excludes(edge.branch, Some(wanted)) {
                return false;
            }
            if last != Some(id) {
                last = Some(id);
                looked = branch::looked_up(resolver, function.unit, unit.call(id).callee, name);
            }
            let to = &self.functions[edge.to as usize];
            looked.as_ref().is_none_or(|found| found.contains(&(to.unit, to.id)))
        };
        function.edges.iter().filter(takes).collect()
    }

    /// Places that a tool gets to, nearest first, with the calls on the way. `tool` is its index in [`crate::connector::Connector::tools`].
    pub fn places(
        &self,
        resolver: &Resolver<'_>,
        tool: usize,
        name: &str,
        asked: Wanted,
    ) -> Vec<(&Use, Vec<Step>)> {
        let handler = self.handler(tool);
        let Some((handler, start)) = handler.and_then(|handler| Some((handler, self.at(handler)?))) else {
            return Vec::new();
        };
        let wanted = self.names.get(name).copied().filter(|_| handler.shared);
        let mut from: FxHashMap<u32, (u32, Option<&Edge>)> = FxHashMap::default();
        let mut queue = VecDeque::from([(start, 0)]);
        from.insert(start, (start, None));
        let mut found = Vec::new();
        while let Some((at, depth)) = queue.pop_front() {
            for &(index, branch) in &self.functions[at as usize].uses {
                let one = &self.uses[index as usize];
                if one.does.has_any(asked.kinds) && !self.excludes(branch, wanted) && found.len() < asked.most
                {
                    found.push((one, self.way(resolver, &from, at)));
                }
            }
            if found.len() >= asked.most || from.len() >= MOST_FUNCTIONS || depth >= asked.deepest {
                continue;
            }
            let edges: Vec<&Edge> = match wanted {
                Some(wanted) => self.taken(resolver, at, wanted, name),
                None => self.functions[at as usize].edges.iter().collect(),
            };
            for edge in edges {
                from.entry(edge.to).or_insert_with(|| {
                    queue.push_back((edge.to, depth + 1));
                    (at, Some(edge))
                });
            }
        }
        found
    }

    /// The calls from the start to a function.
    fn way(
        &self,
        resolver: &Resolver<'_>,
        from: &FxHashMap<u32, (u32, Option<&Edge>)>,
        mut at: u32,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(&(before, Some(edge))) = from.get(&at)
            && steps.len() < 64
        {
            let (outer, inner) = (&self.functions[before as usize], &self.functions[at as usize]);
            let unit = &resolver.code().units[outer.unit as usize];
            let node = edge.call.map_or(unit.function(outer.id).node, |call| unit.call(call).node);
            steps.push(Step {
                location: place(unit, node),
                what: format!("calls `{}`", name_of(resolver, inner.unit, inner.id)),
            });
            at = before;
        }
        steps.reverse();
        steps
    }
}

fn name_of(resolver: &Resolver<'_>, unit: u32, function: FunctionId) -> String {
    let unit = &resolver.code().units[unit as usize];
    let name = unit.function(function).name.map_or("a function without a name", |name| unit.text(name));
    untrusted::excerpt(name, 60)
}
