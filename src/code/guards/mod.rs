//! What is known about values at a place: conditions that hold there, and calls before it that
//! would not have come back otherwise. Judged by what a check does, never by its name.

mod addresses;
mod endings;
mod forms;
pub mod kinds;
mod normal;
mod options;
pub mod pattern;
mod reformed;
mod summary;
#[cfg(test)]
mod tests;
mod tests_of;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::{
    graph::{Atom, Call, CallId, ContextId, FunctionId, NodeId, Strings, Value},
    resolve::{At, Resolver},
};
pub use kinds::Kinds;
use normal::{Normal, learn, normalised, normalised_from};

/// A value by the way to it: a root node and the members from there.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Key {
    /// Where the way begins: a parameter, a call, a variable.
    pub root: At,
    /// Member names with a dot before each; `[]` for elements.
    pub path: String,
}

/// What is known about values, by key, sorted.
pub type Facts = Vec<(Key, Kinds)>;

/// A place in a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
pub struct Place {
    /// The file.
    pub unit: u32,
    /// The function whose body it is in.
    pub function: FunctionId,
    /// What had to be true to get there.
    pub context: ContextId,
    /// What was evaluated before it: nodes below this one.
    pub before: NodeId,
}

impl Place {
    /// The top level of a file, where nothing is known.
    pub fn top(unit: u32) -> Self {
        Self { unit, function: FunctionId(0), context: ContextId(0), before: NodeId(0) }
    }

    /// A way out of a function.
    pub fn exit(unit: u32, function: FunctionId, context: ContextId) -> Self {
        Self { unit, function, context, before: NodeId(u32::MAX) }
    }

    /// A call.
    pub fn call(unit: u32, call: &Call) -> Self {
        Self { unit, function: call.function, context: call.context, before: call.node }
    }
}

/// Members on the way of a key.
const LONGEST_KEY: usize = 8;
/// Conditions looked at for one place.
const MOST_CONDITIONS: usize = 64;
/// Calls looked at before one place.
const MOST_CALLS: usize = 256;

/// What is known when a function ends in some way.
type Summaries = FxHashMap<(u32, FunctionId, summary::Outcome), Rc<Facts>>;

/// The calls of a function, in order.
type Calls = FxHashMap<(u32, FunctionId), Rc<[CallId]>>;

/// Positions of the arguments that a function looks for options in, by how deep the question is.
type Options = FxHashMap<(u32, FunctionId, u32), Rc<[usize]>>;

/// Answers what is known where; remembers answers. One per thread.
pub struct Guards<'a> {
    resolver: &'a Resolver<'a>,
    places: RefCell<FxHashMap<Place, Rc<Facts>>>,
    summaries: RefCell<Summaries>,
    calls: RefCell<Calls>,
    options: RefCell<Options>,
    /// Values looked at for the ending of one name.
    ending_steps: Cell<u32>,
}

impl<'a> Guards<'a> {
    /// Guards over the resolver's package.
    pub fn new(resolver: &'a Resolver<'a>) -> Self {
        Self {
            resolver,
            places: RefCell::default(),
            summaries: RefCell::default(),
            calls: RefCell::default(),
            options: RefCell::default(),
            ending_steps: Cell::new(0),
        }
    }

    /// What is known about a value at a place.
    pub fn known(&self, at: At, place: Place) -> Kinds {
        let facts = self.facts(place);
        if facts.is_empty() {
            return Kinds::NONE;
        }
        let root = self.way(at, |_| ());
        let start = facts.partition_point(|(known, _)| known.root < root);
        let about: &[(Key, Kinds)] = facts.get(start..).unwrap_or_default();
        if about.first().is_none_or(|(known, _)| known.root != root) {
            return Kinds::NONE;
        }
        let key = self.key(at);
        let about = about.iter().take_while(|(known, _)| known.root == root);
        about.filter(|(known, _)| known.path == key.path).fold(Kinds::NONE, |all, &(_, kinds)| all | kinds)
    }

    /// Everything that is known at a place.
    pub fn facts(&self, place: Place) -> Rc<Facts> {
        if let Some(known) = self.places.borrow().get(&place) {
            return Rc::clone(known);
        }
        // A question that comes back to itself knows nothing.
        self.places.borrow_mut().insert(place, Rc::new(Vec::new()));
        let mut facts = Vec::new();
        self.conditions(place.unit, place.context, 0, &mut facts);
        self.returned_calls(place, &mut facts);
        let file = &self.resolver.code().units[place.unit as usize];
        let before = file.nodes.get(place.before.index()).map_or(u32::MAX, |node| node.at);
        self.left_loops(place, before, 0, &mut facts);
        facts.sort();
        facts.dedup();
        let facts = Rc::new(facts);
        self.places.borrow_mut().insert(place, Rc::clone(&facts));
        facts
    }

    /// Facts from a chain of conditions.
    fn conditions(&self, unit: u32, context: ContextId, level: u32, facts: &mut Facts) {
        let file = &self.resolver.code().units[unit as usize];
        for condition in file.conditions(context).take(MOST_CONDITIONS) {
            self.test(At { unit, node: condition.test }, condition.holds, level, facts);
        }
    }

    /// Facts from calls that come before a place on every way to it, and that throw unless
    /// something holds.
    fn returned_calls(&self, place: Place, facts: &mut Facts) {
        let file = &self.resolver.code().units[place.unit as usize];
        let calls = self.calls_of(place.unit, place.function);
        let before = calls.iter().rev().filter(|&&id| file.call(id).node < place.before);
        for &id in before.take(MOST_CALLS) {
            let call = file.call(id);
            if self.encloses(place.unit, call.context, place.context) {
                let first = facts.len();
                self.came_back(place.unit, id, 0, facts);
                self.of_each(first, facts);
            }
        }
    }

    /// What was learned about the element of a loop holds for all of them.
    fn of_each(&self, first: usize, facts: &mut Facts) {
        for at in first..facts.len() {
            let (key, kinds) = &facts[at];
            if matches!(self.resolver.value(key.root), Value::Item(_)) {
                let (key, kinds) = (key.clone(), *kinds);
                normal::learn_all(self, &key, kinds, facts);
            }
        }
    }

    fn calls_of(&self, unit: u32, function: FunctionId) -> Rc<[CallId]> {
        if let Some(known) = self.calls.borrow().get(&(unit, function)) {
            return Rc::clone(known);
        }
        // One pass over the file finds the calls of all its functions.
        let file = &self.resolver.code().units[unit as usize];
        let mut found: Vec<Vec<CallId>> = vec![Vec::new(); file.functions.len()];
        for (index, call) in file.calls.iter().enumerate() {
            if let Some(calls) = found.get_mut(call.function.index()) {
                calls.push(CallId(u32::try_from(index).unwrap_or(u32::MAX)));
            }
        }
        let mut known = self.calls.borrow_mut();
        for (index, calls) in found.into_iter().enumerate() {
            known.insert((unit, FunctionId(u32::try_from(index).unwrap_or(u32::MAX))), calls.into());
        }
        known.get(&(unit, function)).map_or_else(|| Rc::from([]), Rc::clone)
    }

    /// Whether whatever happens under `inner` happens under `outer` as well.
    fn encloses(&self, unit: u32, outer: ContextId, inner: ContextId) -> bool {
        let file = &self.resolver.code().units[unit as usize];
        let mut at = inner;
        for _ in 0..512 {
            if at == outer {
                return true;
            }
            if at.0 == 0 {
                return false;
            }
            at = file.contexts[at.index()].parent;
        }
        false
    }

    /// The way to a value: members unwound, single-valued variables looked through.
    pub fn key(&self, at: At) -> Key {
        let mut steps = [Strings::EMPTY; LONGEST_KEY];
        let mut length = 0;
        let root = self.way(at, |name| {
            steps[length] = name;
            length += 1;
        });
        let unit = self.resolver.unit(at);
        let mut path = String::new();
        for &name in steps[..length].iter().rev() {
            path.push('.');
            path.push_str(unit.text(name));
        }
        Key { root, path }
    }

    /// The root of a value; `member` gets the names of the members on the way, the last one first.
    fn way(&self, mut at: At, mut member: impl FnMut(Atom)) -> At {
        let unit = self.resolver.unit(at);
        let mut members = 0;
        for _ in 0..LONGEST_KEY * 2 {
            at.node = match unit.value(at.node) {
                Value::Member { object, name } if members < LONGEST_KEY => {
                    members += 1;
                    member(name);
                    object
                }
                Value::Variable(variable) => {
                    let mut values = unit.variables[variable.index()]
                        .values
                        .iter()
                        .filter(|&&value| !matches!(unit.value(value), Value::Null));
                    let (Some(&only), None) = (values.next(), values.next()) else { break };
                    only
                }
                Value::Spread(inner) => inner,
                Value::Or(left, right) if is_constant(unit.value(right)) => left,
                _ => break,
            };
        }
        at
    }
}

fn is_constant(value: Value) -> bool {
    matches!(value, Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null)
        || matches!(value, Value::Array(range) | Value::Object(range) if range.len == 0)
}
