//! Calls of functions that were handed over: `wrap = (run) => async (args) => run(args)`.

use rustc_hash::FxHashMap;

use super::{Caller, Flow, Onward, Role};
use crate::code::{
    graph::{CallId, FunctionId, Unit, Value},
    resolve::At,
};

/// Calls of a parameter, by file, function and position.
pub(super) type Handed = FxHashMap<(u32, FunctionId, u32), Vec<CallId>>;

/// Calls of one parameter that are followed.
const MOST_CALLS: usize = 16;

impl Flow<'_> {
    /// What a function of the package passes to the callback that it got at a position of a call.
    pub(super) fn handed_arguments(
        &self,
        target: (u32, FunctionId),
        position: u32,
        caller: Caller,
        frame: u32,
        next: &mut Vec<Onward>,
    ) {
        let Role::Callback(given) = caller.role else { return };
        let file = &self.resolver.code().units[caller.unit as usize];
        let target_of = At { unit: caller.unit, node: file.call(caller.call).callee };
        for &definition in self.resolver.definitions(target_of).iter().take(4) {
            let Value::Function(function) = self.resolver.value(definition) else { continue };
            let unit = self.resolver.unit(definition);
            let method = unit
                .function(function)
                .parameters
                .first()
                .is_some_and(|first| matches!(unit.value(first.node), Value::This(_)));
            let key = (definition.unit, function, given.saturating_add(u32::from(method)));
            let handed = self.handed.get_or_init(|| handed(&self.resolver.code().units));
            for &call in handed.get(&key).into_iter().flatten() {
                let inner = Caller { unit: definition.unit, call, role: Role::Callee };
                self.argument(target.0, target.1, position, inner, frame, next);
            }
        }
    }
}

fn handed(units: &[Unit]) -> Handed {
    let mut found = Handed::default();
    for (index, unit) in units.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for (position, call) in unit.calls.iter().enumerate() {
            let parameter = match unit.value(call.callee) {
                Value::Parameter(function, position) => Some((function, position)),
                Value::Variable(variable) => {
                    unit.variables[variable.index()].values.iter().take(4).find_map(|&value| {
                        match unit.value(value) {
                            Value::Parameter(function, position) => Some((function, position)),
                            _ => None,
                        }
                    })
                }
                _ => None,
            };
            if let Some((function, at)) = parameter {
                let calls = found.entry((index, function, at)).or_default();
                if calls.len() < MOST_CALLS {
                    calls.push(CallId(u32::try_from(position).unwrap_or(u32::MAX)));
                }
            }
        }
    }
    found
}
