//! Functions that look for options among the arguments of a program and can refuse them.

use std::rc::Rc;

use super::{Facts, Guards, Kinds, learn};
use crate::code::{
    graph::{ExitKind, FunctionId, NodeId, Value},
    resolve::At,
};

/// Functions inside functions.
const DEEPEST: u32 = 3;
/// Calls of one function looked at.
const MOST_CALLS: usize = 64;

impl Guards<'_> {
    /// Adds what follows for a call's arguments from a function of the package that came back after it
    /// looked for options in them.
    pub(super) fn learn_options(
        &self,
        unit: u32,
        arguments: &[NodeId],
        target: (u32, FunctionId),
        facts: &mut Facts,
    ) {
        let positions = self.looks_for_options(target.0, target.1, 0);
        if positions.is_empty() || !self.can_refuse(target.0, target.1, 0) {
            return;
        }
        for &position in positions.iter() {
            if let Some(&node) = arguments.get(position) {
                learn(self, At { unit, node }, Kinds::OPTIONS, facts);
            }
        }
    }

    /// Positions of the arguments whose beginning, or that of their elements, is compared with a dash.
    fn looks_for_options(&self, unit: u32, function: FunctionId, level: u32) -> Rc<[usize]> {
        if level > DEEPEST {
            return Rc::default();
        }
        let question = (unit, function, level);
        if let Some(known) = self.options.borrow().get(&question) {
            return Rc::clone(known);
        }
        // A function that calls itself adds nothing.
        self.options.borrow_mut().insert(question, Rc::default());
        let mut found = Vec::new();
        let file = &self.resolver.code().units[unit as usize];
        let shift = self.shift(unit, function);
        for &id in self.calls_of(unit, function).iter().take(MOST_CALLS) {
            let call = file.call(id);
            let arguments = file.list(call.arguments);
            if let Value::Member { object, name } = file.value(call.callee)
                && matches!(file.text(name), "startsWith" | "startswith")
                && arguments.first().is_some_and(|&node| {
                    matches!(self.resolver.text(At { unit, node }).as_deref(), Some("-" | "--"))
                })
            {
                found.extend(self.position_of(At { unit, node: object }, function, shift));
            }
            for (target, inner) in self.callees(unit, id) {
                for &position in self.looks_for_options(target, inner, level + 1).iter() {
                    let given = arguments.get(position).map(|&node| At { unit, node });
                    found.extend(given.and_then(|at| self.position_of(at, function, shift)));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let found: Rc<[usize]> = found.into();
        self.options.borrow_mut().insert(question, Rc::clone(&found));
        found
    }

    /// The position of the parameter that a value is, or is an element of.
    fn position_of(&self, at: At, function: FunctionId, shift: usize) -> Option<usize> {
        let mut root = self.key(at).root;
        if let Value::Item(collection) = self.resolver.value(root) {
            root = self.key(At { unit: root.unit, node: collection }).root;
        }
        match self.resolver.value(root) {
            Value::Parameter(owner, position) if owner == function => (position as usize).checked_sub(shift),
            _ => None,
        }
    }

    fn shift(&self, unit: u32, function: FunctionId) -> usize {
        let file = &self.resolver.code().units[unit as usize];
        let first = file.function(function).parameters.first();
        usize::from(first.is_some_and(|first| matches!(file.value(first.node), Value::This(_))))
    }

    /// Whether a function can end without coming back: it throws, or calls what always does.
    fn can_refuse(&self, unit: u32, function: FunctionId, level: u32) -> bool {
        let file = &self.resolver.code().units[unit as usize];
        if file.function(function).exits.iter().any(|exit| exit.kind == ExitKind::Throw) {
            return true;
        }
        level < DEEPEST
            && self.calls_of(unit, function).iter().take(MOST_CALLS).any(|&id| {
                self.callees(unit, id)
                    .iter()
                    .any(|&(target, inner)| self.can_refuse(target, inner, level + 1))
            })
    }
}
