//! Follows a value to where it is defined: variables, imports, members, elements, local functions.
//!
//! A value is a node together with what parameters and loop items stand for on the way to it. Every
//! look-up is bounded; where the bound is hit, [`Look::gave_up`] says so.

mod arguments;
mod collections;
mod members;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::{FxHashMap, FxHashSet};

use arguments::Arguments;

use crate::code::{
    Code,
    graph::{Call, ExitKind, FunctionId, NodeId, Strings, Unit, Value},
};

const MAX_DEPTH: u32 = 48;
const MAX_VALUES: usize = 512;
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
    /// Answers that do not depend on the way to the question.
    known: RefCell<Answers>,
    steps: Cell<usize>,
    all_steps: Cell<usize>,
    /// Functions whose results are being followed.
    active: RefCell<Vec<(usize, FunctionId)>>,
    /// How many questions were cut short.
    cut: Cell<usize>,
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
        }
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
        let key = (place.unit, place.node);
        if place.bound.is_none()
            && let Some(known) = self.known.borrow().get(&key)
        {
            return known.to_vec();
        }
        let cut = self.cut.get();
        let mut out = Vec::new();
        if place.bound.is_none() {
            // A question that comes back to itself gets an empty answer.
            self.known.borrow_mut().insert(key, Rc::from([]));
        }
        self.walk(place.clone(), depth, &mut FxHashSet::default(), &mut out);
        if place.bound.is_none() {
            if self.cut.get() == cut {
                self.known.borrow_mut().insert(key, out.as_slice().into());
            } else {
                self.known.borrow_mut().remove(&key);
            }
        }
        out
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
        let unit = self.unit(&place);
        let next = match unit.value(place.node) {
            Value::Variable(variable) => {
                let values = &unit.variables[variable.index()].values;
                values.iter().take(MAX_VALUES).map(|&value| Found::Node(place.at(value))).collect()
            }
            Value::Join(range) => {
                unit.list(range).iter().take(MAX_VALUES).map(|&value| Found::Node(place.at(value))).collect()
            }
            Value::Choice { yes, no, .. } => vec![Found::Node(place.at(yes)), Found::Node(place.at(no))],
            Value::And(left, right) | Value::Or(left, right) => {
                vec![Found::Node(place.at(left)), Found::Node(place.at(right))]
            }
            Value::Spread(inner) => vec![Found::Node(place.at(inner))],
            Value::Parameter(..) | Value::Item(_) | Value::This(_) => {
                place.lookup(place.node).cloned().into_iter().collect()
            }
            Value::Import { module, name } => {
                self.import(place.unit, unit.text(module), unit.text(name)).into_iter().collect()
            }
            Value::Member { object, name } => self.member(&place.at(object), unit.text(name), depth),
            Value::Element { object, key } => self.element(&place, object, key, depth),
            Value::Call(_) => {
                let results = self.result(&place, depth);
                if results.is_empty() {
                    out.push(Found::Node(place));
                } else {
                    out.extend(results);
                }
                return;
            }
            _ => Vec::new(),
        };
        if next.is_empty() {
            out.push(Found::Node(place));
        }
        for found in next {
            self.settle(found, depth, seen, out);
        }
    }

    /// The module or name that an import gives; a module is the top-level function of its file.
    fn import(&self, from: usize, module: &str, name: &str) -> Option<Found> {
        let file = &self.code.units[from];
        let unit = self.code.modules.resolve(file, module).map(|unit| unit as usize);
        if name == "*" {
            return unit.map(|unit| self.module(unit));
        }
        if let Some(found) = unit.and_then(|unit| self.exported(unit, name, 0)) {
            return Some(found);
        }
        self.code.modules.submodule(file, module, name).map(|unit| self.module(unit as usize))
    }

    /// What a file exports under a name, by star imports too.
    fn exported(&self, unit: usize, name: &str, depth: u32) -> Option<Found> {
        let file = &self.code.units[unit];
        if !self.spend(depth) {
            return None;
        }
        if let Some(name) = file.strings.find(name)
            && let Some(export) = file.exports.iter().rev().find(|export| export.name == name)
        {
            return Some(Found::Node(Place::new(unit, export.value)));
        }
        if depth > 8 || name.starts_with('_') {
            return None;
        }
        file.exports.iter().filter(|export| export.name == Strings::ALL).find_map(|star| {
            let Value::Import { module, .. } = file.value(star.value) else { return None };
            let next = self.code.modules.resolve(file, file.text(module))? as usize;
            if next == unit { None } else { self.exported(next, name, depth + 1) }
        })
    }

    fn module(&self, unit: usize) -> Found {
        Found::Node(Place::new(unit, self.code.units[unit].function(FunctionId(0)).node))
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

    /// What a call of a function of the package returns, followed to where it is defined.
    fn result(&self, place: &Place, depth: u32) -> Vec<Found> {
        let Some(call) = self.call(place) else { return Vec::new() };
        let unit = self.unit(place);
        if let Some(inner) = self.passed_through(place, call) {
            return self.find_below(&inner, depth + 1);
        }
        let mut out = Vec::new();
        for found in self.find_below(&place.at(call.callee), depth + 1) {
            let Found::Node(callee) = found else { continue };
            let Value::Function(id) = self.value(&callee) else { continue };
            let entered = (callee.unit, id);
            if self.active.borrow().contains(&entered) {
                continue;
            }
            self.active.borrow_mut().push(entered);
            let function = self.unit(&callee).function(id);
            let inside = self.bind(&callee, &function.parameters, &Arguments::of(place, unit, call));
            let returns = function.exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(MAX_VALUES);
            for exit in returns {
                out.extend(self.find_below(&inside.at(exit.value), depth + 1));
            }
            self.active.borrow_mut().pop();
        }
        out
    }

    /// `list(x)`, `x.copy()` and the like are `x`.
    fn passed_through(&self, place: &Place, call: &Call) -> Option<Place> {
        let unit = self.unit(place);
        match unit.value(call.callee) {
            Value::Global(name)
                if matches!(unit.text(name), "list" | "tuple" | "sorted" | "reversed" | "set") =>
            {
                unit.list(call.arguments).first().map(|&argument| place.at(argument))
            }
            Value::Member { object, name } if unit.text(name) == "copy" => Some(place.at(object)),
            _ => None,
        }
    }
}

/// Definitions by file and node.
type Answers = FxHashMap<(usize, NodeId), Rc<[Found]>>;

type Seen = FxHashSet<(usize, NodeId)>;
