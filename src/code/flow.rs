//! Where a value comes from: a backward walk over the graph, across calls, callbacks and files.
//!
//! Calls are matched with their returns: a parameter reached through a call goes back to that
//! call's argument, not to every caller's. Bounded by steps; a bound that bites is reported.

mod calls;
mod fields;
mod handed;
pub mod reach;
mod registered;
mod stores;

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

pub(super) use registered::registered;

use super::{
    graph::{Call, CallId, FunctionId, FunctionKind, NodeId, Operator, Strings, Unit, Value},
    guards::{Kinds, Place},
    resolve::{At, Resolver},
};

/// Nodes visited for one question.
const MOST_VISITS: usize = 20_000;
/// Calls remembered on the way into functions.
const DEEPEST_FRAME: u32 = 8;
/// Callers followed out of one function.
const MOST_CALLERS: usize = 64;
/// Classes of one file, and fields of one class, among which that of a value is looked for.
const MOST_CLASSES: usize = 32;
const MOST_FIELDS: usize = 64;

/// What to do at a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Go on to what the node is made of.
    On,
    /// Go on, with this known about everything that the node is made of.
    Knowing(Kinds),
    /// This way ends here: a source, or a value that carries nothing further.
    Stop,
    /// The question is answered: every way ends here.
    Enough,
}

/// A visited node and the node nearer to the start that led to it.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The node.
    pub at: At,
    /// Index of the visit that led here; its own index at the start.
    pub via: usize,
    /// Where the value is used on this way; what holds there is known about it.
    pub place: Place,
    /// What checks between here and the start established.
    pub kinds: Kinds,
    frame: u32,
    field: fields::Field,
    /// The place by number, where places count.
    spot: u32,
}

/// A node to go on to: what, in which frame, used where.
type Onward = (At, u32, Place);

/// The result of a walk.
#[derive(Debug, Default)]
pub struct Walk {
    /// Every visited node, nearest to the start first.
    pub visits: Vec<Visit>,
    /// Whether the bound on visits bit.
    pub cut: bool,
}

impl Walk {
    /// The nodes from a visit back to the start, the far end first.
    pub fn path(&self, mut visit: usize) -> Vec<At> {
        let mut path = vec![self.visits[visit].at];
        while self.visits[visit].via != visit && path.len() < 256 {
            visit = self.visits[visit].via;
            path.push(self.visits[visit].at);
        }
        path
    }
}

/// A place where a function is called or handed over.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The file.
    pub unit: u32,
    /// The call.
    pub call: CallId,
    /// Whether the function is the callee, or an argument that the callee may call.
    pub role: Role,
}

/// How a call uses a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// It is called.
    Callee,
    /// It is handed over at this position.
    Callback(u32),
    /// It is woken, and gets the arguments after the first.
    Listener,
}

/// Callers by file and function.
pub type Callers = FxHashMap<(u32, FunctionId), Vec<Caller>>;

/// A function and one place that calls it.
pub type Called = ((u32, FunctionId), Caller);

/// What makes two ways to the same node different.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Attention {
    /// Nothing but the calls they went through.
    Values,
    /// Also where the value is used.
    Places,
}

struct Frame {
    parent: u32,
    depth: u32,
    unit: u32,
    call: CallId,
}

impl Frame {
    const OUTERMOST: Self = Self { parent: 0, depth: 0, unit: 0, call: CallId(0) };
}

/// What a walk needs beside its visits; kept for the next walk.
#[derive(Default)]
struct Scratch {
    frames: Vec<Frame>,
    /// Node, frame, number of the place and what is known.
    seen: FxHashSet<(At, u32, u32, Kinds, fields::Field)>,
    /// Numbers of places.
    spots: FxHashMap<Place, u32>,
    next: Vec<Onward>,
    /// The members that count of what is in `next`; none where it is shorter.
    fields: Vec<fields::Field>,
}

impl Scratch {
    fn clear(&mut self) {
        self.frames.clear();
        self.frames.push(Frame::OUTERMOST);
        self.seen.clear();
        self.spots.clear();
        self.next.clear();
        self.fields.clear();
    }

    /// Adds the operands of a visit that were not visited before.
    fn go_on(
        &mut self,
        most: usize,
        index: usize,
        kinds: Kinds,
        attention: Attention,
        walk: &mut Walk,
        keep: &impl Fn(At) -> bool,
    ) {
        let visit = walk.visits[index];
        let mut next = std::mem::take(&mut self.next);
        for (position, (at, frame, place)) in next.drain(..).enumerate() {
            if !keep(at) {
                continue;
            }
            if walk.visits.len() >= most {
                walk.cut = true;
                break;
            }
            let spot = if attention == Attention::Places { self.spot(place, &visit) } else { 0 };
            let field = self.fields.get(position).copied().flatten();
            if self.seen.insert((at, frame, spot, kinds, field)) {
                walk.visits.push(Visit { at, via: index, place, kinds, frame, field, spot });
            }
        }
        self.next = next;
    }

    /// The number of a place; walks stay in one place for long.
    fn spot(&mut self, place: Place, from: &Visit) -> u32 {
        if place == from.place {
            return from.spot;
        }
        let number = u32::try_from(self.spots.len() + 1).unwrap_or(u32::MAX);
        *self.spots.entry(place).or_insert(number)
    }
}

/// Answers questions about where values come from. One per thread.
pub struct Flow<'a> {
    resolver: &'a Resolver<'a>,
    scratch: RefCell<Vec<Scratch>>,
    stores: std::cell::OnceCell<stores::Stores>,
    handed: std::cell::OnceCell<handed::Handed>,
    through_stores: bool,
}

impl<'a> Flow<'a> {
    /// A flow over the resolver's package.
    pub fn new(resolver: &'a Resolver<'a>) -> Self {
        Self {
            resolver,
            scratch: RefCell::default(),
            stores: std::cell::OnceCell::new(),
            handed: std::cell::OnceCell::new(),
            through_stores: false,
        }
    }

    /// A flow that also goes through values that are put aside for one request.
    pub fn through_stores(resolver: &'a Resolver<'a>) -> Self {
        Self { through_stores: true, ..Self::new(resolver) }
    }

    /// The resolver.
    pub fn resolver(&self) -> &'a Resolver<'a> {
        self.resolver
    }

    /// Where a value of an outer function is used by a function inside it: where that is defined.
    pub fn outward(&self, place: Place, owner: FunctionId) -> Place {
        outward(&self.resolver.code().units[place.unit as usize], place.unit, place, owner)
    }

    /// The places where a function is called or handed over, in file order.
    pub fn callers(&self, unit: u32, function: FunctionId) -> &[Caller] {
        self.resolver.code().callers.get(&(unit, function)).map_or(&[], Vec::as_slice)
    }

    /// Walks backwards from `start`; `look` decides at every node whether to go on.
    pub fn walk(&self, start: At, look: impl FnMut(At, Value) -> Next) -> Walk {
        self.walk_at_most(MOST_VISITS, start, look)
    }

    /// As [`Flow::walk`], with a bound of its own on the nodes visited.
    pub fn walk_at_most(&self, most: usize, start: At, mut look: impl FnMut(At, Value) -> Next) -> Walk {
        let nowhere = Place::top(start.unit);
        self.run(most, (start, nowhere), Attention::Values, |visit, value| look(visit.at, value), |_| true)
    }

    /// Walks backwards from a value that is used at `place`, and keeps track of where each value on
    /// the way is used and of what is known about it; only to nodes that `keep` takes.
    pub fn trace(
        &self,
        start: At,
        place: Place,
        look: impl FnMut(&Visit, Value) -> Next,
        keep: impl Fn(At) -> bool,
    ) -> Walk {
        self.run(MOST_VISITS, (start, place), Attention::Places, look, keep)
    }

    /// Everything that a node is made of, whichever calls lead to it.
    fn made_of(&self, at: At, found: &mut Vec<At>) {
        let mut scratch = self.scratch.borrow_mut().pop().unwrap_or_default();
        scratch.frames.clear();
        scratch.frames.push(Frame::OUTERMOST);
        scratch.next.clear();
        let place = Place::top(at.unit);
        let visit = Visit { at, via: 0, place, kinds: Kinds::NONE, frame: 0, field: None, spot: 0 };
        let value = self.resolver.value(at);
        self.operands(visit, value, &mut scratch.frames, &mut scratch.next);
        if let Value::Parameter(function, position) = value {
            for &caller in self.callers(at.unit, function).iter().skip(MOST_CALLERS) {
                if caller.role == Role::Callee {
                    self.argument(at.unit, function, position, caller, 0, &mut scratch.next);
                }
            }
        }
        found.extend(scratch.next.drain(..).map(|(at, _, _)| at));
        self.scratch.borrow_mut().push(scratch);
    }

    fn run(
        &self,
        most: usize,
        (start, place): (At, Place),
        attention: Attention,
        mut look: impl FnMut(&Visit, Value) -> Next,
        keep: impl Fn(At) -> bool,
    ) -> Walk {
        let mut walk = Walk::default();
        let mut scratch = self.scratch.borrow_mut().pop().unwrap_or_default();
        scratch.clear();
        if attention == Attention::Places {
            scratch.spots.insert(place, 0);
        }
        walk.visits.push(Visit {
            at: start,
            via: 0,
            place,
            kinds: Kinds::NONE,
            frame: 0,
            field: None,
            spot: 0,
        });
        let mut index = 0;
        while let Some(&visit) = walk.visits.get(index) {
            let value = self.resolver.value(visit.at);
            let kinds = match look(&visit, value) {
                Next::Enough => break,
                Next::Stop => None,
                Next::On => Some(visit.kinds),
                Next::Knowing(more) => Some(visit.kinds | more),
            };
            if let Some(kinds) = kinds {
                if attention == Attention::Places {
                    let Scratch { frames, next, fields, .. } = &mut scratch;
                    self.field_operands(visit, value, frames, next, fields);
                } else {
                    self.operands(visit, value, &mut scratch.frames, &mut scratch.next);
                }
                scratch.go_on(most, index, kinds, attention, &mut walk, &keep);
                if walk.cut {
                    break;
                }
            }
            index += 1;
        }
        self.scratch.borrow_mut().push(scratch);
        walk
    }

    /// What a value is made of, with the frame in which it is to be read.
    fn operands(&self, visit: Visit, value: Value, frames: &mut Vec<Frame>, next: &mut Vec<Onward>) {
        let Visit { at, frame, place, .. } = visit;
        let unit = self.resolver.unit(at);
        let here = |node: NodeId| (At { unit: at.unit, node }, frame, place);
        match value {
            Value::Variable(variable) => {
                let variable = &unit.variables[variable.index()];
                let place = outward(unit, at.unit, place, variable.function);
                next.extend(variable.values.iter().map(|&node| (At { unit: at.unit, node }, frame, place)));
            }
            Value::Join(range) | Value::Concat(range) | Value::Array(range) => {
                next.extend(unit.list(range).iter().map(|&node| here(node)));
            }
            Value::Choice { yes, no, .. } => next.extend([here(yes), here(no)]),
            Value::Or(left, right) | Value::And(left, right) => next.extend([here(left), here(right)]),
            Value::Object(range) => {
                next.extend(unit.entries(range).iter().map(|property| here(property.value)));
            }
            Value::With { object, value, .. } => next.extend([here(value), here(object)]),
            Value::Item(inner) | Value::Spread(inner) => next.push(here(inner)),
            Value::Binary { operator: Operator::Slash, left, right } => {
                next.extend([here(left), here(right)]);
            }
            Value::Element { object, .. } | Value::Member { object, .. } => self.through(visit, object, next),
            Value::Import { .. } => {
                for &definition in self.resolver.definitions(at).iter() {
                    if definition != at {
                        next.push((definition, frame, Place::top(definition.unit)));
                    }
                }
            }
            Value::Parameter(function, position) => self.arguments(visit, function, position, frames, next),
            Value::Call(call) => self.call_operands(visit, call, frames, next),
            Value::Unknown
            | Value::Text(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Regex(..)
            | Value::Global(_)
            | Value::Binary { .. }
            | Value::Not(_)
            | Value::Function(_)
            | Value::Class(_)
            | Value::This(_) => {}
        }
    }

    /// A member or element: what the package says it is, else the whole object.
    fn through(&self, visit: Visit, object: NodeId, next: &mut Vec<Onward>) {
        let Visit { at, frame, place, .. } = visit;
        let definitions = self.resolver.definitions(at);
        let mut known = false;
        for &definition in definitions.iter() {
            if definition != at {
                let place = match self.set_in(definition, place) {
                    Some(set) => set,
                    None if definition.unit == at.unit => place,
                    None => Place::top(definition.unit),
                };
                next.push((definition, frame, place));
                known = true;
            }
        }
        if let Value::Member { name, .. } = self.resolver.value(at) {
            known |= self.constructed(at, object, name, frame, next);
            // A field of what somebody hands in: its default is only one of its values.
            known &= !self.is_handed_in(At { unit: at.unit, node: object });
        }
        if !known {
            next.push((At { unit: at.unit, node: object }, frame, place));
        }
    }

    /// The end of the method that set a field, where it is another than the one that reads it.
    pub fn set_in(&self, value: At, place: Place) -> Option<Place> {
        let unit = self.resolver.unit(value);
        let mut holders = unit
            .classes
            .iter()
            .take(MOST_CLASSES)
            .filter(|class| class.fields.iter().take(MOST_FIELDS).any(|&(_, field)| field == value.node));
        let class = holders.next()?;
        let offset = unit.nodes[value.node.index()].at;
        let (_, method) = *class.methods.iter().find(|&&(_, method)| {
            let function = unit.function(method);
            unit.nodes[function.node.index()].at <= offset && offset < function.end
        })?;
        if place.unit == value.unit && place.function == method {
            return None;
        }
        let function = unit.function(method);
        Some(Place::exit(value.unit, method, function.falls.unwrap_or(function.context)))
    }

    fn is_handed_in(&self, at: At) -> bool {
        self.resolver.definitions(at).iter().any(|&definition| match self.resolver.value(definition) {
            Value::Parameter(..) => true,
            // `{ ...DEFAULTS, ...given }`
            Value::Object(range) => {
                let unit = self.resolver.unit(definition);
                unit.entries(range).iter().any(|property| {
                    let spread = At { unit: definition.unit, node: property.value };
                    property.key == Strings::SPREAD
                        && self.resolver.definitions(spread).iter().any(|&inner| {
                            !matches!(self.resolver.value(inner), Value::Object(_) | Value::Null)
                        })
                })
            }
            _ => false,
        })
    }

    /// Whether a call happens while the file is loaded: at the top level, or in a function that the
    /// top level calls.
    pub fn at_load(&self, unit: u32, function: FunctionId) -> bool {
        let mut seen: FxHashSet<(u32, FunctionId)> = FxHashSet::default();
        let mut stack = vec![(unit, function)];
        while let Some((unit, function)) = stack.pop() {
            if function == FunctionId(0) {
                return true;
            }
            if !seen.insert((unit, function)) || seen.len() > 64 {
                continue;
            }
            for caller in self.callers(unit, function) {
                if caller.role == Role::Callee {
                    let file = &self.resolver.code().units[caller.unit as usize];
                    stack.push((caller.unit, file.call(caller.call).function));
                }
            }
        }
        false
    }
}

/// The callers of one unit's calls, in call order.
pub(super) fn called(resolver: &Resolver<'_>, index: u32) -> Vec<Called> {
    let unit = &resolver.code().units[index as usize];
    let mut called = Vec::new();
    for (position, call) in unit.calls.iter().enumerate() {
        let id = CallId(u32::try_from(position).unwrap_or(u32::MAX));
        called_by(resolver, index, id, call, &mut called);
    }
    called
}

fn called_by(resolver: &Resolver<'_>, index: u32, id: CallId, call: &Call, called: &mut Vec<Called>) {
    let unit = &resolver.code().units[index as usize];
    let mut note = |node: NodeId, role: Role| {
        for &definition in resolver.definitions(At { unit: index, node }).iter() {
            let target = match resolver.value(definition) {
                Value::Function(function) if function != FunctionId(0) => Some(function),
                Value::Class(class) if role == Role::Callee => {
                    constructor(&resolver.code().units[definition.unit as usize], class)
                }
                _ => None,
            };
            if let Some(function) = target {
                called.push(((definition.unit, function), Caller { unit: index, call: id, role }));
            }
        }
    };
    note(call.callee, Role::Callee);
    for (position, &argument) in unit.list(call.arguments).iter().enumerate() {
        if may_be_function(unit, argument) {
            note(argument, Role::Callback(u32::try_from(position).unwrap_or(u32::MAX)));
        }
    }
    for property in unit.entries(call.keywords) {
        if may_be_function(unit, property.value) {
            note(property.value, Role::Callback(u32::MAX));
        }
    }
}

/// Callers by function, in file and call order.
pub(super) fn callers(called: impl Iterator<Item = Called>) -> Callers {
    let mut callers = Callers::default();
    for (function, caller) in called {
        let known = callers.entry(function).or_default();
        if known.len() < MOST_CALLERS * 4 {
            known.push(caller);
        }
    }
    callers
}

/// Adds callers that were found after the others.
pub(super) fn add_callers(callers: &mut Callers, more: Vec<Called>) {
    for (function, caller) in more {
        let known = callers.entry(function).or_default();
        let same = |other: &Caller| (other.unit, other.call) == (caller.unit, caller.call);
        if known.len() < MOST_CALLERS * 4 && !known.iter().any(same) {
            known.push(caller);
        }
    }
}

/// Where a value of an outer function is used: where the function inside it is defined.
fn outward(unit: &Unit, index: u32, place: Place, owner: FunctionId) -> Place {
    if place.unit != index || place.function == owner {
        return place;
    }
    let mut inner = place.function;
    for _ in 0..64 {
        let function = unit.function(inner);
        match function.parent {
            Some(parent) if parent == owner => {
                return Place {
                    unit: index,
                    function: owner,
                    context: function.context,
                    before: function.node,
                };
            }
            Some(parent) => inner = parent,
            None => break,
        }
    }
    Place::top(index)
}

fn constructor(unit: &Unit, class: super::graph::ClassId) -> Option<FunctionId> {
    unit.class(class)
        .methods
        .iter()
        .map(|&(_, function)| function)
        .find(|&function| unit.function(function).kind == FunctionKind::Constructor)
}

fn may_be_function(unit: &Unit, node: NodeId) -> bool {
    match unit.value(node) {
        Value::Function(_) => true,
        Value::Variable(variable) => unit.variables[variable.index()]
            .values
            .iter()
            .take(4)
            .any(|&value| matches!(unit.value(value), Value::Function(_) | Value::Import { .. })),
        Value::Member { object, .. } => matches!(unit.value(object), Value::This(_)),
        Value::Call(call) => {
            matches!(unit.value(unit.call(call).callee), Value::Member { name, .. } if unit.text(name) == "bind")
        }
        _ => false,
    }
}
