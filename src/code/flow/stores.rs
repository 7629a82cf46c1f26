//! Values that are put aside for everything that one request runs, and taken out elsewhere:
//! `AsyncLocalStorage`, `ContextVar`.

use rustc_hash::FxHashMap;

use super::{Flow, Onward};
use crate::code::{
    graph::{Call, NodeId, Unit, Value},
    guards::Place,
    resolve::At,
};

/// What is put into each store, and where.
pub(super) type Stores = FxHashMap<At, Vec<(At, Place)>>;

/// Values remembered for one store.
const MOST_VALUES: usize = 32;

impl Flow<'_> {
    /// Goes on to everything that is ever put into the store that a call reads; whether it reads one.
    pub(super) fn stored(&self, unit: u32, call: &Call, frame: u32, next: &mut Vec<Onward>) -> bool {
        let file = &self.resolver.code().units[unit as usize];
        let Value::Member { object, name } = file.value(call.callee) else { return false };
        if !matches!(file.text(name), "getStore" | "get" | "get_nowait") || call.arguments.len > 1 {
            return false;
        }
        let stores = self.stores.get_or_init(|| self.find_stores());
        if stores.is_empty() {
            return false;
        }
        let mut any = false;
        for definition in self.resolver.definitions(At { unit, node: object }).iter() {
            for &(at, place) in stores.get(definition).into_iter().flatten() {
                next.push((at, frame, place));
                any = true;
            }
        }
        any
    }

    fn find_stores(&self) -> Stores {
        let mut stores = Stores::default();
        let units = &self.resolver.code().units;
        if !units.iter().any(has_stores) {
            return stores;
        }
        for (index, unit) in units.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            for call in &unit.calls {
                let Value::Member { object, name } = unit.value(call.callee) else { continue };
                let Some(&value) = unit.list(call.arguments).first() else { continue };
                if matches!(unit.text(name), "run" | "enterWith" | "set" | "put" | "put_nowait") {
                    self.note(At { unit: index, node: object }, value, call, &mut stores);
                }
            }
        }
        stores
    }

    fn note(&self, store: At, value: NodeId, call: &Call, stores: &mut Stores) {
        for &definition in self.resolver.definitions(store).iter().take(4) {
            if !matches!(self.resolver.value(definition), Value::Call(_)) {
                continue;
            }
            let name = self.resolver.name(definition);
            if name.ends_with("AsyncLocalStorage()")
                || name.ends_with("ContextVar()")
                || name.ends_with("Queue()")
            {
                let values = stores.entry(definition).or_default();
                if values.len() < MOST_VALUES {
                    values.push((At { unit: store.unit, node: value }, Place::call(store.unit, call)));
                }
            }
        }
    }
}

/// Whether a file can make a store.
fn has_stores(unit: &Unit) -> bool {
    let modules = ["async_hooks", "node:async_hooks", "contextvars", "queue"];
    unit.imports.iter().any(|&module| modules.contains(&unit.text(module)))
        || unit.strings.find("AsyncLocalStorage").is_some()
        || unit.strings.find("ContextVar").is_some()
        || unit.strings.find("Queue").is_some()
}
