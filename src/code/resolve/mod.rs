//! From a node to what it means: definitions across files, and canonical names of what is called.
//!
//! Bounded by steps, never by time: the same package gives the same answer everywhere.

mod answers;
mod calls;
mod dispatch;
mod fold;
mod members;
mod names;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::{
    Code,
    graph::{Atom, FunctionId, NodeId, Strings, Unit, Value, VariableId},
};

use crate::finding::Location;

use answers::Answers;
pub use answers::Definitions;
pub(crate) use dispatch::{Methods, only_methods};
use members::Name;

/// A node of the package.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct At {
    /// Index in [`Code::units`].
    pub unit: u32,
    /// The node.
    pub node: NodeId,
}

/// Definitions kept for one node; more are dropped and counted in [`Resolver::capped`].
const MOST_DEFINITIONS: usize = 24;
/// Steps for one question.
const MOST_STEPS: u32 = 4_000;
/// Nesting of questions inside questions.
const DEEPEST: u32 = 48;
/// Length of a canonical name, bytes.
const LONGEST_NAME: usize = 200;

/// Answers questions about nodes; remembers answers. One per thread.
pub struct Resolver<'a> {
    code: &'a Code,
    bound: FxHashMap<At, At>,
    answers: RefCell<Answers>,
    /// Lists that are being put together, kept for the next one.
    lists: RefCell<Vec<Vec<At>>>,
    texts: RefCell<FxHashMap<At, Option<Rc<str>>>>,
    /// Members of updated objects, by the update and the number of the name.
    updates: RefCell<FxHashMap<(At, u32), Definitions>>,
    /// Numbers of names.
    spelled: RefCell<FxHashMap<Box<str>, u32>>,
    steps: Cell<u32>,
    depth: Cell<u32>,
    capped: Cell<usize>,
}

impl<'a> Resolver<'a> {
    /// A resolver over a package.
    pub fn new(code: &'a Code) -> Self {
        Self {
            code,
            bound: FxHashMap::default(),
            answers: RefCell::default(),
            lists: RefCell::default(),
            texts: RefCell::default(),
            updates: RefCell::default(),
            spelled: RefCell::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
            capped: Cell::new(0),
        }
    }

    /// A resolver to which some nodes mean others: a parameter one call's argument, the element of
    /// a loop one element of the collection.
    pub fn binding(code: &'a Code, bound: impl IntoIterator<Item = (At, At)>) -> Self {
        Self { bound: bound.into_iter().collect(), ..Self::new(code) }
    }

    /// What is bound, for a further [`Resolver::binding`].
    pub fn bound(&self) -> impl Iterator<Item = (At, At)> + '_ {
        self.bound.iter().map(|(&from, &to)| (from, to))
    }

    /// The package.
    pub fn code(&self) -> &'a Code {
        self.code
    }

    /// The file of a node.
    pub fn unit(&self, at: At) -> &'a Unit {
        &self.code.units[at.unit as usize]
    }

    /// What a node is.
    pub fn value(&self, at: At) -> Value {
        self.unit(at).value(at.node)
    }

    /// How many questions were cut short by a bound.
    pub fn capped(&self) -> usize {
        self.capped.get()
    }

    /// The definitions that a node may stand for, in source order of discovery: literals, objects,
    /// functions, classes, external imports and their members, globals, parameters, and calls of
    /// anything that is not in the package. Never a variable, join, or import of a package file.
    pub fn definitions(&self, at: At) -> Definitions {
        if self.depth.get() == 0 {
            self.steps.set(0);
        }
        if self.is_its_own(at) {
            return Definitions::One(at);
        }
        if let Some(known) = self.answers.borrow().get(at) {
            return known.clone();
        }
        if self.depth.get() >= DEEPEST || self.steps.get() >= MOST_STEPS {
            self.capped.set(self.capped.get() + 1);
            return Definitions::One(at);
        }
        self.depth.set(self.depth.get() + 1);
        self.steps.set(self.steps.get() + 1);
        // A question that comes back to itself gets an empty answer.
        self.answers.borrow_mut().set(at, Definitions::None);
        let mut list = self.lists.borrow_mut().pop().unwrap_or_default();
        self.define(at, &mut list);
        if list.len() > MOST_DEFINITIONS {
            self.capped.set(self.capped.get() + 1);
            list.truncate(MOST_DEFINITIONS);
        }
        let found = Definitions::new(&list);
        list.clear();
        self.lists.borrow_mut().push(list);
        self.answers.borrow_mut().set(at, found.clone());
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// Whether a node can stand for nothing but itself.
    fn is_its_own(&self, at: At) -> bool {
        if !self.bound.is_empty() {
            return false;
        }
        match self.value(at) {
            Value::Variable(_)
            | Value::Join(_)
            | Value::Choice { .. }
            | Value::Or(..)
            | Value::And(..)
            | Value::Import { .. }
            | Value::Element { .. }
            | Value::Call(_) => false,
            Value::Member { name, .. } => !self.code.may_have_member(at.unit, name),
            Value::Unknown
            | Value::Text(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Regex(..)
            | Value::Parameter(..)
            | Value::Global(_)
            | Value::Item(_)
            | Value::Concat(_)
            | Value::Binary { .. }
            | Value::Not(_)
            | Value::Object(_)
            | Value::Array(_)
            | Value::Function(_)
            | Value::Class(_)
            | Value::This(_)
            | Value::With { .. }
            | Value::Spread(_) => true,
        }
    }

    pub(super) fn define(&self, at: At, found: &mut Vec<At>) {
        if let Some(&other) = self.bound.get(&at) {
            for &definition in self.definitions(other).iter() {
                push(found, definition);
            }
            return;
        }
        let unit = self.unit(at);
        match unit.value(at.node) {
            Value::Variable(variable) => self.define_variable(at.unit, variable, found),
            Value::Join(range) => self.define_all(at.unit, unit.list(range), found),
            Value::Choice { yes, no, .. } => self.define_all(at.unit, &[yes, no], found),
            Value::Or(left, right) => self.define_all(at.unit, &[left, right], found),
            Value::And(_, right) => self.define_all(at.unit, &[right], found),
            Value::Import { module, name } => self.define_import(at, module, name, found),
            Value::Member { object, name } => {
                self.define_member(at, object, Name::at(at.unit, unit, name), found);
            }
            Value::Element { object, key } => self.define_element(at, object, key, found),
            Value::Call(call) => self.define_call(at, call, found),
            _ => push(found, at),
        }
    }

    pub(super) fn define_all(&self, unit: u32, nodes: &[NodeId], found: &mut Vec<At>) {
        for &node in nodes.iter().take(MOST_DEFINITIONS * 4) {
            for &definition in self.definitions(At { unit, node }).iter() {
                push(found, definition);
            }
        }
    }

    pub(super) fn define_variable(&self, unit: u32, variable: VariableId, found: &mut Vec<At>) {
        let values = &self.code.units[unit as usize].variables[variable.index()].values;
        self.define_all(unit, values, found);
    }

    pub(super) fn define_import(&self, at: At, module: Atom, name: Atom, found: &mut Vec<At>) {
        let unit = self.unit(at);
        let (specifier, exported) = (unit.text(module), unit.text(name));
        if self.declared(at.unit, specifier, exported, found) {
            return;
        }
        let Some(target) = self.code.modules.resolve(unit, specifier) else {
            if unit.language == crate::artifact::Language::Python
                && let Some(submodule) = self.code.modules.submodule(unit, specifier, exported)
            {
                push(
                    found,
                    At { unit: submodule, node: self.code.units[submodule as usize].functions[0].node },
                );
                return;
            }
            push(found, at);
            return;
        };
        if exported == "*" {
            push(found, At { unit: target, node: self.code.units[target as usize].functions[0].node });
            return;
        }
        let before = found.len();
        self.exported(target, exported, found);
        if found.len() > before {
            return;
        }
        if let Some(submodule) = self.code.modules.submodule(unit, specifier, exported) {
            push(found, At { unit: submodule, node: self.code.units[submodule as usize].functions[0].node });
        } else {
            push(found, at);
        }
    }

    /// What another file of the package declares under a name that is not imported from a file.
    pub(super) fn declared(&self, unit: u32, specifier: &str, name: &str, found: &mut Vec<At>) -> bool {
        let before = found.len();
        let from = &self.code.units[unit as usize];
        let declaring = self.code.modules.declaring(from, specifier, name);
        let name =
            if name == "*" { specifier.rsplit(['.', '/', ':', '\\']).next().unwrap_or(name) } else { name };
        for target in declaring {
            self.exported(target, name, found);
            if found.len() == before {
                self.exported(target, &format!("{name}()"), found);
            }
        }
        found.len() > before
    }

    /// What a file exports under a name.
    pub fn exported(&self, unit: u32, name: &str, found: &mut Vec<At>) {
        self.exported_as(unit, Name::new(name), found);
    }

    fn exported_as(&self, unit: u32, name: Name<'_>, found: &mut Vec<At>) {
        let exports = &self.code.units[unit as usize].exports;
        let file = &self.code.units[unit as usize];
        let mut any = false;
        let wanted = name.of(unit, file);
        for export in exports {
            if Some(export.name) == wanted {
                any = true;
                self.define_all(unit, &[export.value], found);
            }
        }
        if any {
            return;
        }
        for export in exports {
            if export.name == Strings::ALL {
                for &definition in self.definitions(At { unit, node: export.value }).iter() {
                    if let Some(target) = self.module_of(definition)
                        && target != unit
                    {
                        self.enter(|| self.exported_as(target, name, found));
                    }
                }
            } else if export.name == Strings::DEFAULT && name.text != "default" {
                for &definition in self.definitions(At { unit, node: export.value }).iter() {
                    self.enter(|| self.member_named(definition, name, found));
                }
            }
        }
    }

    pub(super) fn enter(&self, question: impl FnOnce()) {
        if self.depth.get() < DEEPEST && self.steps.get() < MOST_STEPS {
            self.depth.set(self.depth.get() + 1);
            self.steps.set(self.steps.get() + 1);
            question();
            self.depth.set(self.depth.get() - 1);
        }
    }

    /// The file whose namespace a definition is: a top-level function node stands for its module.
    pub fn module_of(&self, at: At) -> Option<u32> {
        matches!(self.value(at), Value::Function(FunctionId(0))).then_some(at.unit)
    }

    /// The one constant text that a node is, constants joined.
    pub fn text(&self, at: At) -> Option<String> {
        let definitions = self.definitions(at);
        let [only] = *definitions else { return None };
        let unit = self.unit(only);
        match unit.value(only.node) {
            Value::Text(text) => Some(unit.text(text).to_owned()),
            Value::Number(number) => Some(unit.text(number).to_owned()),
            Value::Concat(_) | Value::Call(_) => {
                if let Some(known) = self.texts.borrow().get(&only) {
                    return known.as_deref().map(str::to_owned);
                }
                // Text that is made of itself is not constant.
                self.texts.borrow_mut().insert(only, None);
                let made = self.made_text(only);
                self.texts.borrow_mut().insert(only, made.as_deref().map(Rc::from));
                made
            }
            _ => None,
        }
    }

    /// Text put together from constants.
    fn made_text(&self, only: At) -> Option<String> {
        let unit = self.unit(only);
        match unit.value(only.node) {
            Value::Concat(range) if range.len <= 64 && self.depth.get() < DEEPEST / 2 => {
                let mut joined = String::new();
                for &part in unit.list(range) {
                    self.depth.set(self.depth.get() + 1);
                    let part = self.text(At { unit: only.unit, node: part });
                    self.depth.set(self.depth.get() - 1);
                    joined.push_str(&part?);
                    if joined.len() > 1 << 20 {
                        return None;
                    }
                }
                Some(joined)
            }
            Value::Call(call) if self.depth.get() < DEEPEST / 2 => {
                self.depth.set(self.depth.get() + 1);
                let folded = self.fold(only, call);
                self.depth.set(self.depth.get() - 1);
                folded
            }
            _ => None,
        }
    }
}

/// The place of a node.
pub fn place(unit: &Unit, node: NodeId) -> Location {
    let at = unit.nodes[node.index()].at;
    let line = unit.line(at);
    let start = unit.lines.get(line as usize - 1).copied().unwrap_or(0);
    Location { path: unit.path.clone(), line, column: at.saturating_sub(start) + 1 }
}

fn push(found: &mut Vec<At>, at: At) {
    if found.len() <= MOST_DEFINITIONS && !found.contains(&at) {
        found.push(at);
    }
}
