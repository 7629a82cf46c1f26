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
            for &index in &function.uses {
                let one = &self.uses[index as usize];
                if !branch::is_of_another_tool(resolver, &self.names, one.unit, one.context, wanted) {
                    summary.add(self, index, distance);
                }
            }
            for edge in self.taken(resolver, at, wanted, name) {
                let theirs = self.groups.summary(edge.to);
                if !theirs.dispatches {
                    summary.join(theirs, distance + 1);
                } else if seen.len() >= MOST_FUNCTIONS {
                    return whole;
                } else if !seen.contains_key(&edge.to) {
                    seen.insert(edge.to, distance + 1);
                    queue.push_back(edge.to);
                }
            }
        }
        summary
    }

    /// The calls of a function that happen for one tool.
    fn taken<'a>(
        &'a self,
        resolver: &'a Resolver<'_>,
        at: u32,
        wanted: usize,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Edge> {
        let function = &self.functions[at as usize];
        let unit = &resolver.code().units[function.unit as usize];
        function.edges.iter().filter(move |edge| {
            let Some(call) = edge.call.filter(|_| function.dispatches) else { return true };
            let call = unit.call(call);
            if branch::is_of_another_tool(resolver, &self.names, function.unit, call.context, wanted) {
                return false;
            }
            let found = branch::looked_up(resolver, function.unit, call.callee, name);
            found.is_none_or(|found| {
                let to = &self.functions[edge.to as usize];
                found.contains(&(to.unit, to.id))
            })
        })
    }

    /// Every place of these kinds that a handler gets to for the tool with this name, nearest first,
    /// with the calls on the way.
    pub fn places(
        &self,
        resolver: &Resolver<'_>,
        handler: Handler,
        name: &str,
        kinds: Does,
        most: usize,
    ) -> Vec<(&Use, Vec<Step>)> {
        let Some(start) = self.at(handler) else { return Vec::new() };
        let wanted = self.names.get(name).copied().filter(|_| handler.shared);
        let mut from: FxHashMap<u32, (u32, Option<&Edge>)> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        from.insert(start, (start, None));
        let mut found = Vec::new();
        while let Some(at) = queue.pop_front() {
            for &index in &self.functions[at as usize].uses {
                let one = &self.uses[index as usize];
                let other = wanted.is_some_and(|wanted| {
                    branch::is_of_another_tool(resolver, &self.names, one.unit, one.context, wanted)
                });
                if one.does.has_any(kinds) && !other && found.len() < most {
                    found.push((one, self.way(resolver, &from, at)));
                }
            }
            if found.len() >= most || from.len() >= MOST_FUNCTIONS {
                break;
            }
            let edges: Vec<&Edge> = match wanted {
                Some(wanted) => self.taken(resolver, at, wanted, name).collect(),
                None => self.functions[at as usize].edges.iter().collect(),
            };
            for edge in edges {
                from.entry(edge.to).or_insert_with(|| {
                    queue.push_back(edge.to);
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
            let (caller, callee) = (&self.functions[before as usize], &self.functions[at as usize]);
            let unit = &resolver.code().units[caller.unit as usize];
            let node = edge.call.map_or(unit.function(caller.id).node, |call| unit.call(call).node);
            steps.push(Step {
                location: place(unit, node),
                what: format!("calls `{}`", self.name(resolver, callee.unit, callee.id)),
            });
            at = before;
        }
        steps.reverse();
        steps
    }

    fn name(&self, resolver: &Resolver<'_>, unit: u32, function: FunctionId) -> String {
        let unit = &resolver.code().units[unit as usize];
        let name = unit.function(function).name.map_or("a function without a name", |name| unit.text(name));
        untrusted::excerpt(name, 60)
    }
}
