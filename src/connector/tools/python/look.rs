//! Follows a value to where it is defined: variables, imports, members, elements, local functions.
//!
//! A value is a node together with what parameters and loop items stand for on the way to it. Every
//! look-up is bounded; where the bound is hit, [`Look::gave_up`] says so.

use std::{cell::Cell, rc::Rc};

use rustc_hash::FxHashSet;

use crate::code::{
    Code,
    graph::{
        Call, ClassId, ExitKind, FunctionId, NodeId, Parameter, ParameterKind, Property, Strings, Unit, Value,
    },
};

const MAX_DEPTH: u32 = 48;
const MAX_VALUES: usize = 512;
/// Steps for one registration, and for a whole package.
const STEPS: usize = 60_000;
const ALL_STEPS: usize = 20_000_000;

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
    List(Rc<[Found]>),
}

/// Follows values through a package.
pub(super) struct Look<'a> {
    /// The package.
    pub(super) code: &'a Code,
    steps: Cell<usize>,
    all_steps: Cell<usize>,
}

impl<'a> Look<'a> {
    /// Over all files of a package.
    pub(super) fn new(code: &'a Code) -> Self {
        Self { code, steps: Cell::new(0), all_steps: Cell::new(0) }
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
        let mut out = Vec::new();
        self.walk(place.clone(), depth, &mut FxHashSet::default(), &mut out);
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
            Value::Call(_) => self.result(&place, depth),
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

    /// The values of a member of whatever an object is.
    pub(super) fn member_of(&self, object: &Found, name: &str) -> Vec<Found> {
        let mut out = Vec::new();
        self.member_below(object, name, 0, &mut out);
        out
    }

    fn member(&self, object: &Place, name: &str, depth: u32) -> Vec<Found> {
        let mut out = Vec::new();
        for found in self.find_below(object, depth + 1) {
            self.member_below(&found, name, depth + 1, &mut out);
        }
        if out.is_empty() && name == "name" {
            out.extend(self.member_name(object, depth));
        }
        out
    }

    /// `Colour.RED.name`.
    fn member_name(&self, object: &Place, depth: u32) -> Option<Found> {
        let Value::Member { object: class, name } = self.value(object) else { return None };
        let unit = self.unit(object);
        let is_class = self
            .find_below(&object.at(class), depth + 1)
            .iter()
            .any(|found| matches!(found, Found::Node(place) if matches!(self.value(place), Value::Class(_))));
        is_class.then(|| Found::Text(unit.text(name).into()))
    }

    fn member_below(&self, object: &Found, name: &str, depth: u32, out: &mut Vec<Found>) {
        if !self.spend(depth) {
            return;
        }
        let Found::Node(place) = object else {
            if name == "value" {
                out.push(object.clone());
            }
            return;
        };
        let unit = self.unit(place);
        match unit.value(place.node) {
            Value::Text(_) | Value::Number(_) if name == "value" => out.push(object.clone()),
            Value::Function(FunctionId(0)) => out.extend(self.module_member(place.unit, name)),
            Value::Function(function) => {
                match (name, unit.function(function).doc, unit.function(function).name) {
                    ("__doc__", Some(text), _) | ("__name__", _, Some(text)) => {
                        out.push(Found::Text(unit.text(text).into()));
                    }
                    _ => {}
                }
            }
            Value::Class(class) | Value::This(class) => self.class_member(place, class, name, depth, out),
            Value::Object(range) => self.entry(place, unit.entries(range), name, depth, out),
            Value::With { object, key, value } => {
                if unit.text(key) == name {
                    out.push(Found::Node(place.at(value)));
                    return;
                }
                if key == Strings::SPREAD {
                    out.extend(self.member(&place.at(value), name, depth));
                }
                out.extend(self.member(&place.at(object), name, depth));
            }
            Value::Call(call) => self.instance_member(place, unit.call(call), name, depth, out),
            _ => {}
        }
    }

    fn module_member(&self, unit: usize, name: &str) -> Option<Found> {
        let file = &self.code.units[unit];
        self.exported(unit, name, 0).or_else(|| {
            let package = file.path.ends_with("__init__.py");
            let submodule = if package { self.code.modules.submodule(file, ".", name) } else { None };
            submodule.map(|unit| self.module(unit as usize))
        })
    }

    fn class_member(&self, place: &Place, class: ClassId, name: &str, depth: u32, out: &mut Vec<Found>) {
        let unit = self.unit(place);
        let class = unit.class(class);
        let before = out.len();
        let fields = class.fields.iter().filter(|field| unit.text(field.0) == name).take(MAX_VALUES);
        out.extend(fields.map(|field| Found::Node(place.at(field.1))));
        for method in class.methods.iter().filter(|method| unit.text(method.0) == name) {
            out.push(Found::Node(place.at(unit.function(method.1).node)));
        }
        if out.len() > before {
            return;
        }
        for &base in class.bases.iter().take(16) {
            for found in self.find_below(&place.at(base), depth + 1) {
                if let Found::Node(base) = &found
                    && matches!(self.value(base), Value::Class(_))
                {
                    self.member_below(&found, name, depth + 1, out);
                }
            }
        }
    }

    fn entry(&self, place: &Place, entries: &[Property], name: &str, depth: u32, out: &mut Vec<Found>) {
        let unit = self.unit(place);
        for entry in entries.iter().rev() {
            if entry.key == Strings::SPREAD {
                out.extend(self.member(&place.at(entry.value), name, depth));
            } else if unit.text(entry.key) == name {
                out.push(Found::Node(place.at(entry.value)));
                return;
            }
        }
    }

    /// A field of `Class(field=value)`, else what the class says.
    fn instance_member(&self, place: &Place, call: &Call, name: &str, depth: u32, out: &mut Vec<Found>) {
        let unit = self.unit(place);
        let keyword = unit.entries(call.keywords).iter().find(|entry| unit.text(entry.key) == name);
        if let Some(entry) = keyword {
            out.push(Found::Node(place.at(entry.value)));
            return;
        }
        for found in self.find_below(&place.at(call.callee), depth + 1) {
            let Found::Node(class) = &found else { continue };
            let Value::Class(id) = self.value(class) else { continue };
            let fields = &self.unit(class).class(id).annotations;
            let position = fields.iter().position(|field| self.unit(class).text(field.0) == name);
            if let Some(&argument) = position.and_then(|position| unit.list(call.arguments).get(position)) {
                out.push(Found::Node(place.at(argument)));
                continue;
            }
            let built = match self.constructor(class, id) {
                Some(parameters) => self.bind(class, parameters, &Arguments::of(place, unit, call)),
                None => class.clone(),
            };
            self.member_below(&Found::Node(built), name, depth + 1, out);
        }
    }

    fn constructor(&self, place: &Place, class: ClassId) -> Option<&'a [Parameter]> {
        let unit = self.unit(place);
        let methods = &unit.class(class).methods;
        let &(_, function) = methods.iter().find(|method| unit.text(method.0) == "__init__")?;
        Some(&unit.function(function).parameters)
    }

    /// A function's or constructor's parameters, seen from one of its calls.
    pub(super) fn called_from(&self, place: &Place, callee: (usize, FunctionId), caller: &Place) -> Place {
        let Some(call) = self.call(caller) else { return place.clone() };
        let parameters = &self.code.units[callee.0].function(callee.1).parameters;
        let inside = Place { unit: callee.0, node: place.node, bound: place.bound.clone() };
        let bound = self.bind(&inside, parameters, &Arguments::of(caller, self.unit(caller), call)).bound;
        Place { unit: place.unit, node: place.node, bound }
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

    /// What a call of a function of the package returns.
    fn result(&self, place: &Place, depth: u32) -> Vec<Found> {
        let Some(call) = self.call(place) else { return Vec::new() };
        let unit = self.unit(place);
        if let Some(inner) = self.passed_through(place, call) {
            return vec![Found::Node(inner)];
        }
        let mut out = Vec::new();
        for found in self.find_below(&place.at(call.callee), depth + 1) {
            let Found::Node(callee) = found else { continue };
            let Value::Function(id) = self.value(&callee) else { continue };
            let function = self.unit(&callee).function(id);
            let inside = self.bind(&callee, &function.parameters, &Arguments::of(place, unit, call));
            let returns = function.exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(MAX_VALUES);
            out.extend(returns.map(|exit| Found::Node(inside.at(exit.value))));
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

    fn bind(&self, callee: &Place, parameters: &[Parameter], arguments: &Arguments<'_>) -> Place {
        let target = self.unit(callee);
        let source = self.unit(arguments.place);
        let mut inside = callee.clone();
        let own = usize::from(
            parameters.first().is_some_and(|first| matches!(target.value(first.node), Value::This(_))),
        );
        for (position, parameter) in parameters.iter().skip(own).enumerate().take(64) {
            let name = target.text(parameter.name);
            let named = arguments.named.iter().find(|entry| source.text(entry.key) == name);
            let positional =
                arguments.positional.get(position).filter(|_| parameter.kind == ParameterKind::Plain);
            let value = match (named, positional, parameter.default) {
                (Some(entry), _, _) => arguments.place.at(entry.value),
                (None, Some(&argument), _) => arguments.place.at(argument),
                (None, None, Some(default)) => Place::new(callee.unit, default),
                (None, None, None) => continue,
            };
            inside = inside.with(callee.unit, parameter.node, Found::Node(value));
        }
        inside
    }

    /// The elements of what is iterated over.
    pub(super) fn elements(&self, place: &Place) -> Vec<Found> {
        self.elements_below(place, 0)
    }

    fn elements_below(&self, place: &Place, depth: u32) -> Vec<Found> {
        let mut out = Vec::new();
        for found in self.find_below(place, depth + 1) {
            match found {
                Found::List(items) => out.extend(items.iter().cloned()),
                Found::Node(place) => self.node_elements(&place, depth + 1, &mut out),
                Found::Text(_) => {}
            }
        }
        out.truncate(MAX_VALUES);
        out
    }

    fn node_elements(&self, place: &Place, depth: u32, out: &mut Vec<Found>) {
        if !self.spend(depth) || out.len() >= MAX_VALUES {
            return;
        }
        let unit = self.unit(place);
        match unit.value(place.node) {
            Value::Array(range) => {
                for &item in unit.list(range) {
                    match unit.value(item) {
                        Value::Spread(inner) => out.extend(self.elements_below(&place.at(inner), depth)),
                        _ => out.push(Found::Node(place.at(item))),
                    }
                }
            }
            Value::Concat(range) => {
                unit.list(range)
                    .iter()
                    .for_each(|&part| out.extend(self.elements_below(&place.at(part), depth)));
            }
            Value::Object(range) => {
                let keys = unit.entries(range).iter().filter(|entry| entry.key != Strings::ELEMENT);
                out.extend(keys.map(|entry| Found::Text(unit.text(entry.key).into())));
            }
            Value::With { object, key, value } => {
                out.extend(self.elements_below(&place.at(object), depth));
                match key {
                    Strings::ELEMENT => out.push(Found::Node(place.at(value))),
                    Strings::SPREAD => out.extend(self.elements_below(&place.at(value), depth)),
                    _ => {}
                }
            }
            Value::Class(class) => {
                let fields = unit.class(class).fields.iter();
                out.extend(fields.map(|field| Found::Node(place.at(field.1))));
            }
            Value::Call(call) => self.view_elements(place, unit.call(call), depth, out),
            Value::Item(of) => {
                for inner in self.elements_below(&place.at(of), depth) {
                    match inner {
                        Found::List(items) => out.extend(items.iter().cloned()),
                        Found::Node(inner) => out.extend(self.elements_below(&inner, depth)),
                        Found::Text(_) => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// `d.items()`, `d.values()`, `d.keys()`.
    fn view_elements(&self, place: &Place, call: &Call, depth: u32, out: &mut Vec<Found>) {
        let unit = self.unit(place);
        let Value::Member { object, name } = unit.value(call.callee) else { return };
        let view = unit.text(name);
        if !matches!(view, "items" | "values" | "keys") {
            return;
        }
        for found in self.find_below(&place.at(object), depth) {
            let Found::Node(dict) = found else { continue };
            for (key, value) in self.entries(&dict, depth) {
                out.push(match view {
                    "values" => value,
                    "keys" => Found::Text(key.into()),
                    _ => Found::List([Found::Text(key.into()), value].into()),
                });
            }
        }
    }

    /// Keys and values of a dict that is written down.
    pub(super) fn entries(&self, dict: &Place, depth: u32) -> Vec<(String, Found)> {
        let mut out = Vec::new();
        if !self.spend(depth) {
            return out;
        }
        let unit = self.unit(dict);
        let spread = |node: NodeId, out: &mut Vec<(String, Found)>| {
            for found in self.find_below(&dict.at(node), depth + 1) {
                if let Found::Node(inner) = found {
                    out.extend(self.entries(&inner, depth + 1));
                }
            }
        };
        match unit.value(dict.node) {
            Value::Object(range) => {
                for entry in unit.entries(range) {
                    match entry.key {
                        Strings::SPREAD => spread(entry.value, &mut out),
                        Strings::ELEMENT => {}
                        key => out.push((unit.text(key).to_owned(), Found::Node(dict.at(entry.value)))),
                    }
                }
            }
            Value::With { object, key, value } => {
                spread(object, &mut out);
                match key {
                    Strings::SPREAD => spread(value, &mut out),
                    Strings::ELEMENT => {}
                    key => out.push((unit.text(key).to_owned(), Found::Node(dict.at(value)))),
                }
            }
            _ => {}
        }
        out
    }
}

type Seen = FxHashSet<(usize, NodeId)>;

struct Arguments<'a> {
    place: &'a Place,
    positional: &'a [NodeId],
    named: &'a [Property],
}

impl<'a> Arguments<'a> {
    fn of(place: &'a Place, unit: &'a Unit, call: &Call) -> Self {
        Self { place, positional: unit.list(call.arguments), named: unit.entries(call.keywords) }
    }
}
