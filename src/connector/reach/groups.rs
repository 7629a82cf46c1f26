//! Functions that call each other in a circle, and what each such group can do.

use super::{Bits, Calls};
use crate::connector::capabilities::Does;

/// Number of kinds.
pub(super) const KINDS: usize = Does::NAMES.len();

/// What a function and everything that it calls can do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Summary {
    /// For each kind of [`Does::NAMES`], the nearest place.
    pub(super) nearest: [Option<Nearest>; KINDS],
    /// Hosts by number.
    pub(super) hosts: Bits,
    /// Names of calls that could not be followed, by number.
    pub(super) unfollowed: Bits,
    /// Whether a function that tells tools apart by name is among them.
    pub(super) dispatches: bool,
}

/// A place that does something, by the number of calls on the way to it, then by its number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Nearest {
    /// Calls on the way.
    pub(super) calls: u32,
    /// Index in [`Calls::uses`].
    pub(super) index: u32,
}

impl Summary {
    /// Adds one place.
    pub(super) fn add(&mut self, calls: &Calls, index: u32, distance: u32) {
        let one = &calls.uses[index as usize];
        for (slot, (kind, _)) in self.nearest.iter_mut().zip(Does::NAMES) {
            if one.does.has_any(kind) {
                nearer(slot, Nearest { calls: distance, index });
            }
        }
        for host in &one.hosts {
            if let Ok(number) = calls.hosts.binary_search(host) {
                self.hosts.insert(number);
            }
        }
    }

    /// Adds everything that a callee can do.
    pub(super) fn join(&mut self, other: &Self, distance: u32) {
        for (slot, theirs) in self.nearest.iter_mut().zip(other.nearest) {
            if let Some(theirs) = theirs {
                nearer(slot, Nearest { calls: theirs.calls.saturating_add(distance), ..theirs });
            }
        }
        self.hosts.join(other.hosts);
        self.unfollowed.join(other.unfollowed);
        self.dispatches |= other.dispatches;
    }
}

fn nearer(slot: &mut Option<Nearest>, found: Nearest) {
    if slot.is_none_or(|known| found < known) {
        *slot = Some(found);
    }
}

/// The groups, callees before callers.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// For each function, its group.
    of: Vec<u32>,
    summaries: Vec<Summary>,
}

impl Groups {
    /// Puts functions into groups and sums them up.
    pub(super) fn new(calls: &Calls) -> Self {
        let members = components(calls);
        let mut of = vec![0; calls.functions.len()];
        for (group, members) in members.iter().enumerate() {
            for &member in members {
                of[member as usize] = u32::try_from(group).unwrap_or(u32::MAX);
            }
        }
        let mut summaries: Vec<Summary> = Vec::with_capacity(members.len());
        for (group, members) in members.iter().enumerate() {
            let mut summary = Summary::default();
            for &member in members {
                let function = &calls.functions[member as usize];
                for &(index, _) in &function.uses {
                    summary.add(calls, index, 0);
                }
                summary.unfollowed.join(function.unfollowed);
                summary.dispatches |= function.dispatches;
                for edge in &function.edges {
                    let other = of[edge.to as usize] as usize;
                    if other < group {
                        summary.join(&summaries[other], 1);
                    }
                }
            }
            summaries.push(summary);
        }
        Self { of, summaries }
    }

    /// What a function and everything that it calls can do.
    pub(super) fn summary(&self, function: u32) -> &Summary {
        &self.summaries[self.of[function as usize] as usize]
    }
}

/// Strongly connected components after Tarjan, callees first, without recursion.
fn components(calls: &Calls) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let count = calls.functions.len();
    let mut order = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut open = vec![false; count];
    let mut stack: Vec<u32> = Vec::new();
    let mut found: Vec<Vec<u32>> = Vec::new();
    let mut next = 0;
    let mut work: Vec<(u32, usize)> = Vec::new();
    for root in 0..u32::try_from(count).unwrap_or(0) {
        if order[root as usize] != UNSEEN {
            continue;
        }
        work.push((root, 0));
        while let Some((at, edge)) = work.pop() {
            let here = at as usize;
            if edge == 0 {
                order[here] = next;
                low[here] = next;
                next += 1;
                stack.push(at);
                open[here] = true;
            } else {
                let done = calls.functions[here].edges[edge - 1].to as usize;
                if open[done] {
                    low[here] = low[here].min(low[done]);
                }
            }
            let edges = &calls.functions[here].edges;
            let unseen = (edge..edges.len()).find(|&edge| {
                let to = edges[edge].to as usize;
                if order[to] != UNSEEN && open[to] {
                    low[here] = low[here].min(order[to]);
                }
                order[to] == UNSEEN
            });
            if let Some(unseen) = unseen {
                work.push((at, unseen + 1));
                work.push((edges[unseen].to, 0));
                continue;
            }
            if low[here] == order[here] {
                let mut members = Vec::new();
                while let Some(member) = stack.pop() {
                    open[member as usize] = false;
                    members.push(member);
                    if member == at {
                        break;
                    }
                }
                found.push(members);
            }
        }
    }
    found
}
