//! What a computed name or function can be: each element of a loop, each call, each decorated
//! function, each subclass that it hangs on.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::{
    literal::exact_text,
    look::{Found, Look, Place},
    python::schema::last_name,
};
use crate::{
    artifact::Language,
    code::{
        Code,
        flow::{Caller, Flow, Role},
        graph::{ClassId, FunctionId, Value},
    },
};

/// Elements, callers and subclasses that one registration is read for.
pub(super) const MOST_REPEATS: usize = 2_000;
/// Loops and functions that a registration may stand in, one inside another.
pub(super) const DEEPEST: u32 = 4;

/// For a function that is used as a decorator: what it decorates, and itself as it is used there.
type Decorating = FxHashMap<(usize, FunctionId), Vec<(Place, Place)>>;

/// Follows what is not known at one place to everything that it can be.
pub(super) struct Meanings<'a> {
    code: &'a Code,
    look: &'a Look<'a>,
    flow: &'a Flow<'a>,
    /// Functions of the package that are used as decorators, and on what.
    decorating: OnceCell<Decorating>,
}

impl<'a> Meanings<'a> {
    /// Over a package.
    pub(super) fn new(code: &'a Code, look: &'a Look<'a>, flow: &'a Flow<'a>) -> Self {
        Self { code, look, flow, decorating: OnceCell::new() }
    }

    /// The function that a value is, through wrappers that keep its name and signature.
    pub(super) fn function(&self, place: &Place, depth: u32) -> Option<(usize, FunctionId)> {
        for found in self.look.places(place) {
            let function = match self.look.value(&found) {
                Value::Function(function) if function != FunctionId(0) => function,
                // A function with attributes of its own is still the function.
                Value::With { object, .. } if depth < DEEPEST => {
                    if let Some(inner) = self.function(&found.at(object), depth + 1) {
                        return Some(inner);
                    }
                    continue;
                }
                _ => continue,
            };
            match self.wrapped(&found, function) {
                Some(inner) if depth < DEEPEST => {
                    if let Some(inner) = self.function(&inner, depth + 1) {
                        return Some(inner);
                    }
                }
                _ => return Some((found.unit, function)),
            }
        }
        None
    }

    /// The function that `@functools.wraps(f)` names.
    fn wrapped(&self, place: &Place, function: FunctionId) -> Option<Place> {
        let unit = self.look.unit(place);
        unit.function(function).decorators.iter().find_map(|&decorator| {
            let decorator = place.at(decorator);
            let call = self.look.call(&decorator)?;
            if last_name(self.look, &decorator.at(call.callee)).as_deref() != Some("wraps") {
                return None;
            }
            let &first = self.look.unit(&decorator).list(call.arguments).first()?;
            Some(decorator.at(first))
        })
    }

    /// A value seen with each meaning of the loop item, parameter or object that it hangs on.
    pub(super) fn of(&self, value: &Place) -> Vec<Place> {
        self.below(value, 0)
    }

    fn below(&self, value: &Place, level: u32) -> Vec<Place> {
        let Some(root) = self.root(value, 0) else { return Vec::new() };
        match self.look.value(&root) {
            Value::Item(collection) => self.items(&root, &root.at(collection), level),
            Value::Parameter(function, position) => self.uses(&root, function, position),
            Value::This(class) => self
                .subclasses(root.unit, class)
                .into_iter()
                .map(|subclass| root.with(root.unit, root.node, Found::Node(subclass)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// An item as each element of a collection, or of what the collection itself can be.
    fn items(&self, item: &Place, collection: &Place, level: u32) -> Vec<Place> {
        let all = |collection: &Place| {
            let elements = self.look.elements(collection).into_iter().take(MOST_REPEATS);
            let seen = item.seen_from(collection);
            elements.map(|element| seen.with(item.unit, item.node, element)).collect::<Vec<Place>>()
        };
        let known = all(collection);
        if !known.is_empty() || level >= DEEPEST {
            return known;
        }
        let mut found = Vec::new();
        for meaning in self.below(collection, level + 1).iter().take(MOST_REPEATS) {
            found.extend(self.items(item, &collection.also_from(meaning), level + 1));
            if found.len() >= MOST_REPEATS || self.look.gave_up() {
                break;
            }
        }
        found.truncate(MOST_REPEATS);
        found
    }

    /// A parameter as each call and each decorated function gives it, and as each element of a list
    /// that the function is run over.
    fn uses(&self, root: &Place, function: FunctionId, position: u32) -> Vec<Place> {
        let index = u32::try_from(root.unit).unwrap_or(u32::MAX);
        let mut uses = Vec::new();
        for caller in self.flow.callers(index, function).iter().take(MOST_REPEATS) {
            let calling = caller.unit as usize;
            let call = Place::new(calling, self.code.units[calling].call(caller.call).node);
            match caller.role {
                Role::Callee => uses.push(self.look.called_from(root, (root.unit, function), &call)),
                Role::Callback(0) if position == 0 => uses.extend(self.run_over(root, caller)),
                Role::Callback(_) | Role::Listener => {}
            }
        }
        let first = self.code.units[root.unit].function(function).parameters.first();
        let own = first.is_some_and(|first| matches!(self.look.value(&root.at(first.node)), Value::This(_)));
        if position == u32::from(own) {
            let decorating = self.decorating.get_or_init(|| self.index_decorators());
            let decorated = decorating.get(&(root.unit, function)).map_or(&[][..], Vec::as_slice);
            uses.extend(decorated.iter().take(MOST_REPEATS).map(|(decorated, decorator)| {
                root.seen_from(decorator).with(root.unit, root.node, Found::Node(decorated.clone()))
            }));
        }
        uses
    }

    /// The parameter of `list.forEach(f)` as each element of the list.
    fn run_over(&self, parameter: &Place, caller: &Caller) -> Vec<Place> {
        let unit = &self.code.units[caller.unit as usize];
        if unit.language == Language::Python {
            return Vec::new();
        }
        let Value::Member { object, name } = unit.value(unit.call(caller.call).callee) else {
            return Vec::new();
        };
        if !matches!(unit.text(name), "forEach" | "map" | "flatMap" | "filter") {
            return Vec::new();
        }
        self.items(parameter, &Place::new(caller.unit as usize, object), 1)
    }

    /// Every function of the package that decorates another one.
    fn index_decorators(&self) -> Decorating {
        let mut index = Decorating::default();
        for (unit, file) in self.code.units.iter().enumerate() {
            for function in &file.functions {
                for &decorator in &function.decorators {
                    self.look.refill();
                    for found in self.look.places(&Place::new(unit, decorator)) {
                        if let Value::Function(id) = self.look.value(&found)
                            && id != FunctionId(0)
                        {
                            let decorated = Place::new(unit, function.node);
                            index.entry((found.unit, id)).or_default().push((decorated, found));
                        }
                    }
                }
            }
        }
        index
    }

    /// Classes of the package that have a class among their bases.
    fn subclasses(&self, unit: usize, class: ClassId) -> Vec<Place> {
        let mut found = Vec::new();
        for (index, file) in self.code.units.iter().enumerate() {
            for candidate in &file.classes {
                let derived = candidate.bases.iter().any(|&base| {
                    let bases = self.look.places(&Place::new(index, base));
                    bases.iter().any(|base| base.unit == unit && self.look.value(base) == Value::Class(class))
                });
                if derived && found.len() < MOST_REPEATS {
                    found.push(Place::new(index, candidate.node));
                }
            }
        }
        found
    }

    /// The loop item, parameter or object that a computed value hangs on.
    fn root(&self, place: &Place, depth: u32) -> Option<Place> {
        if depth > 12 {
            return None;
        }
        for found in self.look.places(place).into_iter().take(8) {
            if let Value::Function(function) = self.look.value(&found) {
                let inner = self.wrapped(&found, function);
                if let Some(root) = inner.and_then(|inner| self.root(&inner, depth + 1)) {
                    return Some(root);
                }
                continue;
            }
            if matches!(self.look.value(&found), Value::Item(_) | Value::Parameter(..) | Value::This(_)) {
                return Some(found);
            }
            let inner = made_of(self.look, &found);
            if let Some(root) = inner.and_then(|inner| self.root(&inner, depth + 1)) {
                return Some(root);
            }
        }
        None
    }
}

/// The part of a value that is not known.
fn made_of(look: &Look<'_>, place: &Place) -> Option<Place> {
    let unit = look.unit(place);
    let node = match unit.value(place.node) {
        Value::Member { object, .. } | Value::Element { object, .. } => object,
        Value::Call(call) => match unit.value(unit.call(call).callee) {
            Value::Member { object, .. } => object,
            _ => *unit.list(unit.call(call).arguments).first()?,
        },
        Value::Concat(range) => {
            *unit.list(range).iter().find(|&&part| exact_text(look, &place.at(part)).is_none())?
        }
        _ => return None,
    };
    Some(place.at(node))
}
