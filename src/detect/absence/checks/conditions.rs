//! What has to be true of a request where a caller is turned away.

use super::{DEEPEST, Scene};
use crate::{
    code::{
        flow::{Next, Role},
        graph::{ContextId, FunctionId, NodeId, Value},
        resolve::At,
    },
    detect::absence::{
        access::Access,
        requests::{Rejection, Requests},
        shape::receiver,
    },
};

/// Parts of one condition.
const MOST_PARTS: usize = 48;
/// Values visited behind one part of a condition.
const MOST_VISITS: usize = 240;
/// Conditions of one place.
const MOST_CONDITIONS: usize = 24;

impl Scene<'_> {
    /// What a rejection depends on.
    pub(super) fn rejection(&self, unit: u32, requests: &Requests, rejection: &Rejection) -> Access {
        let file = self.unit(unit);
        let mut access = Access::NONE;
        for condition in file.conditions(rejection.context).take(MOST_CONDITIONS) {
            access |= self.asked_by(At { unit, node: condition.test });
        }
        if rejection.explicit && !access.ever(Access::CREDENTIAL) {
            // `try { verify(token) } catch { refuse }`: the credential was read before, in the same body.
            let start = file.nodes[file.function(rejection.function).node.index()].at;
            access |= requests
                .between(start, rejection.at)
                .filter(|read| {
                    rejection.function != FunctionId(0)
                        && requests.innermost(file, read.at) == rejection.function
                })
                .fold(Access::NONE, |all, read| all | read.access)
                .only(Access::CREDENTIAL);
        }
        if self.is_opt_in(unit, rejection.context) { access.opted() } else { access }
    }

    /// Whether a place is reached only where somebody switched something on.
    pub(in crate::detect::absence) fn is_opt_in(&self, unit: u32, context: ContextId) -> bool {
        if context == ContextId(0) {
            return false;
        }
        if let Some(&known) = self.opted.borrow().get(&(unit, context)) {
            return known;
        }
        let opted = self.unit(unit).conditions(context).take(MOST_CONDITIONS).any(|condition| {
            let test = At { unit, node: condition.test };
            self.truth(test).is_some_and(|usual| usual != condition.holds)
        });
        self.opted.borrow_mut().insert((unit, context), opted);
        opted
    }

    /// What a test asks of a caller.
    fn asked_by(&self, test: At) -> Access {
        if let Some(&known) = self.asked.borrow().get(&test) {
            return known;
        }
        let mut access = Access::NONE;
        let mut parts = vec![test];
        let mut next = 0;
        while let Some(&at) = parts.get(next) {
            next += 1;
            let file = self.unit(at.unit);
            let here = |node: NodeId| At { unit: at.unit, node };
            let before = parts.len();
            match file.value(at.node) {
                Value::Not(inner) => parts.push(here(inner)),
                Value::And(left, right) | Value::Or(left, right) | Value::Binary { left, right, .. } => {
                    parts.extend([here(left), here(right)]);
                }
                Value::Choice { test, yes, no } => parts.extend([here(test), here(yes), here(no)]),
                _ => access |= self.behind(at, &mut parts),
            }
            let mut fresh = parts.split_off(before);
            fresh.retain(|part| !parts.contains(part));
            parts.extend(fresh);
            parts.truncate(MOST_PARTS);
        }
        self.asked.borrow_mut().insert(test, access);
        access
    }

    /// What a value comes from; arguments of calls on the way are further parts.
    fn behind(&self, start: At, parts: &mut Vec<At>) -> Access {
        let mut access = Access::NONE;
        self.flow.walk_at_most(MOST_VISITS, start, |at, value| {
            let requests = self.requests(at.unit);
            let offset = self.unit(at.unit).nodes[at.node.index()].at;
            let known = requests.between(offset, offset + 1).find(|read| read.node == at.node);
            if let Some(read) = known {
                access |= read.access;
                return Next::Stop;
            }
            match value {
                Value::Call(id) => {
                    let file = self.unit(at.unit);
                    let arguments = file.list(file.call(id).arguments).iter().take(6);
                    parts.extend(arguments.map(|&node| At { unit: at.unit, node }));
                    if let Some(object) = receiver(file, file.call(id)) {
                        parts.push(At { unit: at.unit, node: object });
                    }
                    for (unit, function) in self.callees(at.unit, id) {
                        access |= self.reads(unit, function, 0);
                    }
                    Next::On
                }
                Value::Not(_) | Value::Binary { .. } => {
                    parts.push(at);
                    Next::Stop
                }
                Value::Parameter(function, _) => {
                    let callers = self.flow.callers(at.unit, function);
                    let handed = callers.iter().any(|caller| matches!(caller.role, Role::Callback(_)));
                    if handed || callers.is_empty() { Next::Stop } else { Next::On }
                }
                _ => Next::On,
            }
        });
        access
    }

    /// What a function reads about a caller, in its own text and in what it calls.
    pub(super) fn reads(&self, unit: u32, function: FunctionId, level: u32) -> Access {
        if let Some(&known) = self.reads.borrow().get(&(unit, function)) {
            return known;
        }
        if level > DEEPEST || function == FunctionId(0) {
            return Access::NONE;
        }
        self.reads.borrow_mut().insert((unit, function), Access::NONE);
        let file = self.unit(unit);
        let requests = self.requests(unit);
        let start = file.nodes[file.function(function).node.index()].at;
        let inside = requests.between(start, file.function(function).end);
        let mut access = inside.fold(Access::NONE, |all, read| all | read.access);
        for &id in requests.calls(function).iter().take(64) {
            for (target, callee) in self.callees(unit, id) {
                access |= self.reads(target, callee, level + 1);
            }
        }
        self.reads.borrow_mut().insert((unit, function), access);
        access
    }

    /// Whether a function or the functions inside it read any of `wanted`.
    pub(in crate::detect::absence) fn function_reads(
        &self,
        unit: u32,
        function: FunctionId,
        wanted: Access,
    ) -> bool {
        self.reads(unit, function, 0).ever(wanted)
    }
}
