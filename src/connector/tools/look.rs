//! Follows a value to where it is defined: variables, imports, members, elements, local functions.
//! Python and scripts alike.
//!
//! A value is a node together with what parameters and loop items stand for on the way to it. Every
//! look-up is bounded; where the bound is hit, [`Look::gave_up`] says so.

mod arguments;
mod collections;
mod members;
mod modules;
mod results;

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    artifact::Language,
    code::{
        Code,
        graph::{Call, FunctionId, NodeId, Unit, Value},
    },
};

const MAX_DEPTH: u32 = 48;
const MAX_VALUES: usize = 2_048;
const MAX_BINDINGS: u32 = 32;
const MAX_ANSWERS: usize = 200_000;
/// Steps for one registration, and for a whole package.
const STEPS: usize = 60_000;
const ALL_STEPS: usize = 3_000_000;

/// A node, and what parameters and items stand for.
#[derive(Clone)]
pub(super) struct Place {
    /// Index of the unit.
    pub(super) unit: usize,
    /// The node.
    pub(super) node: NodeId,
    bound: Bound,
}

type Bound = Option<Rc<Binding>>;

struct Binding {
    unit: usize,
    node: NodeId,
    value: Found,
    next: Bound,
}

impl Place {
    /// A node on its own.
    pub(super) fn new(unit: usize, node: NodeId) -> Self {
        Self { unit, node, bound: None }
    }

    /// Another node of the same file, seen from here.
    pub(super) fn at(&self, node: NodeId) -> Self {
        Self { unit: self.unit, node, bound: self.bound.clone() }
    }

    /// The same node where another node has a known value.
    pub(super) fn with(&self, unit: usize, node: NodeId, value: Found) -> Self {
        let next = self.bound.clone();
        Self { unit: self.unit, node: self.node, bound: Some(Rc::new(Binding { unit, node, value, next })) }
    }

    /// The same node where parameters and items stand for what they do at another place.
    pub(super) fn seen_from(&self, other: &Self) -> Self {
        Self { unit: self.unit, node: self.node, bound: other.bound.clone() }
    }

    /// The same node where what is not known here stands for what it does at another place.
    pub(super) fn also_from(&self, other: &Self) -> Self {
        Self { unit: self.unit, node: self.node, bound: append(&self.bound, &other.bound, 0) }
    }

    fn lookup(&self, node: NodeId) -> Option<&Found> {
        let mut at = self.bound.as_ref();
        while let Some(binding) = at {
            if binding.unit == self.unit && binding.node == node {
                return Some(&binding.value);
            }
            at = binding.next.as_ref();
        }
        None
    }
}

/// One chain of bindings on top of another, also for the values that are bound.
fn append(own: &Bound, below: &Bound, level: u32) -> Bound {
    let Some(binding) = own else { return below.clone() };
    if level > MAX_BINDINGS {
        return own.clone();
    }
    let value = match &binding.value {
        Found::Node(place) => {
            let bound = append(&place.bound, below, level + 8);
            Found::Node(Place { unit: place.unit, node: place.node, bound })
        }
        other => other.clone(),
    };
    let next = append(&binding.next, below, level + 1);
    Some(Rc::new(Binding { unit: binding.unit, node: binding.node, value, next }))
}

/// A value where it is defined.
#[derive(Clone)]
pub(super) enum Found {
    /// A node.
    Node(Place),
    /// Text that no node stands for: a key, the name of an enumeration member.
    Text(Rc<str>),
    /// Values that no node holds together: an entry of `items()`.
    List(Rc<[Self]>),
}

/// Follows values through a package.
pub(super) struct Look<'a> {
    /// The package.
    pub(super) code: &'a Code,
    /// Answers, by what is bound on the way to the question.
    known: RefCell<Answers>,
    steps: Cell<usize>,
    all_steps: Cell<usize>,
    /// Functions whose results are being followed.
    active: RefCell<Vec<(usize, FunctionId)>>,
    /// How many questions were cut short.
    cut: Cell<usize>,
    /// For constructors of scripts, their calls of the base class's constructor.
    supers: OnceCell<FxHashMap<(usize, FunctionId), NodeId>>,
}

impl<'a> Look<'a> {
    /// Over all files of a package.
    pub(super) fn new(code: &'a Code) -> Self {
        Self {
            code,
            known: RefCell::default(),
            active: RefCell::default(),
            steps: Cell::new(0),
            all_steps: Cell::new(0),
            cut: Cell::new(0),
            supers: OnceCell::new(),
        }
    }

    /// Whether a place is in a script, not in Python.
    pub(super) fn is_script(&self, place: &Place) -> bool {
        self.unit(place).language != Language::Python
    }

    /// The file of a place.
    pub(super) fn unit(&self, place: &Place) -> &'a Unit {
        &self.code.units[place.unit]
    }

    /// What the node of a place is.
    pub(super) fn value(&self, place: &Place) -> Value {
        self.unit(place).value(place.node)
    }

    /// Gives the next registration its own budget.
    pub(super) fn refill(&self) {
        self.all_steps.set(self.all_steps.get() + self.steps.get());
        self.steps.set(0);
        if self.known.borrow().len() > MAX_ANSWERS {
            self.known.borrow_mut().clear();
        }
    }

    /// Whether the budget did not suffice since [`Look::refill`].
    pub(super) fn gave_up(&self) -> bool {
        self.steps.get() >= STEPS || self.all_steps.get() >= ALL_STEPS
    }

    fn spend(&self, depth: u32) -> bool {
        if depth > MAX_DEPTH || self.gave_up() {
            self.cut.set(self.cut.get() + 1);
            return false;
        }
        self.steps.set(self.steps.get() + 1);
        true
    }

    /// The call behind a node.
    pub(super) fn call(&self, place: &Place) -> Option<&'a Call> {
        match self.value(place) {
            Value::Call(call) => Some(self.unit(place).call(call)),
            _ => None,
        }
    }

    /// Where the values of a node are defined.
    pub(super) fn find(&self, place: &Place) -> Vec<Found> {
        self.find_below(place, 0)
    }

    /// As [`Look::find`], nodes only.
    pub(super) fn places(&self, place: &Place) -> Vec<Place> {
        let nodes = self.find(place).into_iter();
        nodes.filter_map(|found| if let Found::Node(place) = found { Some(place) } else { None }).collect()
    }

    fn find_below(&self, place: &Place, depth: u32) -> Vec<Found> {
        if self.is_its_own(place) {
            return if self.spend(depth) { vec![Found::Node(place.clone())] } else { Vec::new() };
        }
        let key = (place.unit, place.node, place.bound.as_ref().map(Rc::as_ptr));
        if let Some((_, known)) = self.known.borrow().get(&key) {
            return known.to_vec();
        }
        let cut = self.cut.get();
        let mut out = Vec::new();
        // A question that comes back to itself gets an empty answer.
        self.known.borrow_mut().insert(key, (place.bound.clone(), Rc::from([])));
        self.walk(place.clone(), depth, &mut Seen::default(), &mut out);
        if self.cut.get() == cut {
            self.known.borrow_mut().insert(key, (place.bound.clone(), out.as_slice().into()));
        } else {
            self.known.borrow_mut().remove(&key);
        }
        out
    }

    /// Whether a node can stand for nothing but itself.
    fn is_its_own(&self, place: &Place) -> bool {
        match self.value(place) {
            Value::Parameter(..) | Value::Item(_) | Value::This(_) => place.bound.is_none(),
            Value::Variable(_)
            | Value::Join(_)
            | Value::Choice { .. }
            | Value::And(..)
            | Value::Or(..)
            | Value::Spread(_)
            | Value::Import { .. }
            | Value::Member { .. }
            | Value::Element { .. }
            | Value::Call(_) => false,
            Value::Unknown
            | Value::Text(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Regex(..)
            | Value::Global(_)
            | Value::Concat(_)
            | Value::Binary { .. }
            | Value::Not(_)
            | Value::Object(_)
            | Value::Array(_)
            | Value::Function(_)
            | Value::Class(_)
            | Value::With { .. } => true,
        }
    }

    fn settle(&self, found: Found, depth: u32, seen: &mut Seen, out: &mut Vec<Found>) {
        match found {
            Found::Node(place) => self.walk(place, depth + 1, seen, out),
            other => out.push(other),
        }
    }

    fn walk(&self, place: Place, depth: u32, seen: &mut Seen, out: &mut Vec<Found>) {
        if !self.spend(depth) || out.len() >= MAX_VALUES || !seen.insert((place.unit, place.node)) {
            return;
        }
        if matches!(self.value(&place), Value::Call(_)) {
            let results = self.result(&place, depth);
            if results.is_empty() {
                out.push(Found::Node(place));
            } else {
                out.extend(results);
            }
            return;
        }
        let next = self.step(&place, depth);
        if next.is_empty() {
            out.push(Found::Node(place));
        }
        for found in next {
            self.settle(found, depth, seen, out);
        }
    }

    /// What a node stands for, one step nearer to where it is defined; calls are not entered.
    fn step(&self, place: &Place, depth: u32) -> Vec<Found> {
        let unit = self.unit(place);
        let nodes = |nodes: &[NodeId]| -> Vec<Found> {
            nodes.iter().take(MAX_VALUES).map(|&value| Found::Node(place.at(value))).collect()
        };
        match unit.value(place.node) {
            Value::Variable(variable) => nodes(&unit.variables[variable.index()].values),
            Value::Join(range) => nodes(unit.list(range)),
            Value::Choice { yes, no, .. } => nodes(&[yes, no]),
            Value::And(_, right) if self.is_script(place) => nodes(&[right]),
            Value::And(left, right) | Value::Or(left, right) => nodes(&[left, right]),
            Value::Spread(inner) => nodes(&[inner]),
            Value::Parameter(..) | Value::Item(_) | Value::This(_) => {
                place.lookup(place.node).cloned().into_iter().collect()
            }
            Value::Import { module, name } => self.import(place.unit, unit.text(module), unit.text(name)),
            Value::Member { object, name } => self.member(&place.at(object), unit.text(name), depth),
            Value::Element { object, key } => self.element(place, object, key, depth),
            _ => Vec::new(),
        }
    }

    /// The nodes that a name stands for; a call of the package's own functions stays a call.
    pub(super) fn behind(&self, place: &Place) -> Vec<Place> {
        let mut out = Vec::new();
        self.behind_below(place, 0, &mut Seen::default(), &mut out);
        out
    }

    fn behind_below(&self, place: &Place, depth: u32, seen: &mut Seen, out: &mut Vec<Place>) {
        if !self.spend(depth) || out.len() >= MAX_VALUES || !seen.insert((place.unit, place.node)) {
            return;
        }
        let next = self.step(place, depth);
        if next.is_empty() {
            out.push(place.clone());
        }
        for found in next {
            if let Found::Node(inner) = found {
                self.behind_below(&inner, depth + 1, seen, out);
            }
        }
    }

    fn element(&self, place: &Place, object: NodeId, key: NodeId, depth: u32) -> Vec<Found> {
        let unit = self.unit(place);
        if let Value::Number(digits) = unit.value(key) {
            let Ok(position) = unit.text(digits).parse::<usize>() else { return Vec::new() };
            let mut out = Vec::new();
            for found in self.find_below(&place.at(object), depth + 1) {
                match &found {
                    Found::List(items) => out.extend(items.get(position).cloned()),
                    Found::Node(list) => out.extend(self.position(list, position)),
                    Found::Text(_) => {}
                }
            }
            return out;
        }
        let keys = self.find_below(&place.at(key), depth + 1);
        let mut out = Vec::new();
        for key in keys.iter().take(32) {
            if let Some(name) = self.plain_text(key) {
                out.extend(self.member(&place.at(object), &name, depth));
            }
        }
        out
    }

    fn position(&self, list: &Place, position: usize) -> Option<Found> {
        let unit = self.unit(list);
        let Value::Array(range) = unit.value(list.node) else { return None };
        let &item = unit.list(range).get(position)?;
        Some(Found::Node(list.at(item)))
    }

    fn plain_text(&self, found: &Found) -> Option<String> {
        match found {
            Found::Text(text) => Some(text.to_string()),
            Found::Node(place) => match self.value(place) {
                Value::Text(atom) => Some(self.unit(place).text(atom).to_owned()),
                _ => None,
            },
            Found::List(_) => None,
        }
    }
}

/// Definitions by file, node and what is bound; what is bound is kept, so that no other binding
/// can have its address.
type Answers = FxHashMap<(usize, NodeId, Option<*const Binding>), (Bound, Rc<[Found]>)>;

/// Nodes that were met. Mostly there are few, and a list of few is faster than a set.
#[derive(Default)]
struct Seen {
    first: Vec<(usize, NodeId)>,
    more: FxHashSet<(usize, NodeId)>,
}

impl Seen {
    /// Adds a node; whether it is new.
    fn insert(&mut self, node: (usize, NodeId)) -> bool {
        if self.first.contains(&node) {
            return false;
        }
        if self.first.len() < 16 {
            self.first.push(node);
            return true;
        }
        self.more.insert(node)
    }
}
