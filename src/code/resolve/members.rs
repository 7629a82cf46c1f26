//! Members and elements of objects, classes, instances and modules.

use super::{At, DEEPEST, Definitions, MOST_DEFINITIONS, MOST_STEPS, Resolver, push};
use crate::{
    artifact::Language,
    code::graph::{Atom, Class, ClassId, FunctionId, NodeId, Strings, Unit, Value},
};

/// The name of a member, with its atom in the file that asks.
#[derive(Clone, Copy)]
pub(super) struct Name<'n> {
    pub(super) text: &'n str,
    known: Option<(u32, Atom)>,
}

impl<'n> Name<'n> {
    pub(super) fn new(text: &'n str) -> Self {
        Self { text, known: None }
    }

    pub(super) fn at(index: u32, unit: &'n Unit, atom: Atom) -> Self {
        Self { text: unit.text(atom), known: Some((index, atom)) }
    }

    /// Its atom in a file, where the file has it.
    pub(super) fn of(self, index: u32, unit: &Unit) -> Option<Atom> {
        match self.known {
            Some((known, atom)) if known == index => Some(atom),
            _ => unit.strings.find(self.text),
        }
    }
}

/// In place of a name: all elements.
const ELEMENTS: u32 = 0;

fn found_again(found: &mut Vec<At>, known: &[At]) {
    for &at in known {
        push(found, at);
    }
}

impl Resolver<'_> {
    pub(super) fn define_member(&self, at: At, object: NodeId, name: Name<'_>, found: &mut Vec<At>) {
        let mut any = false;
        for &definition in self.definitions(At { unit: at.unit, node: object }).iter() {
            let before = found.len();
            self.member_named(definition, name, found);
            any |= found.len() > before;
        }
        if !any {
            self.member_of_annotated(At { unit: at.unit, node: object }, name, found);
            if found.is_empty() {
                self.only_method(at, object, name.text, found);
            }
            push(found, at);
        }
    }

    /// What `definition.name` is, where the package says so; nothing where it does not.
    pub fn member_of(&self, definition: At, name: &str, found: &mut Vec<At>) {
        self.member_named(definition, Name::new(name), found);
    }

    pub(super) fn member_named(&self, definition: At, name: Name<'_>, found: &mut Vec<At>) {
        if self.steps.get() >= MOST_STEPS {
            return;
        }
        self.steps.set(self.steps.get() + 1);
        let unit = self.unit(definition);
        match unit.value(definition.node) {
            Value::Function(FunctionId(0)) => self.exported_as(definition.unit, name, found),
            Value::Object(range) => {
                let mut spreads = Vec::new();
                let before = found.len();
                let key = name.of(definition.unit, unit);
                for property in unit.entries(range).iter().rev() {
                    if property.key == Strings::SPREAD {
                        spreads.push(property.value);
                    } else if Some(property.key) == key {
                        self.define_all(definition.unit, &[property.value], found);
                    }
                }
                if found.len() == before {
                    self.members_of(definition.unit, &spreads, name, found);
                }
            }
            Value::Array(range) => {
                let items = unit.list(range);
                if let Ok(position) = name.text.parse::<usize>()
                    && let Some(&item) = items.get(position)
                    && !items
                        .iter()
                        .take(position + 1)
                        .any(|&item| matches!(unit.value(item), Value::Spread(_)))
                {
                    self.define_all(definition.unit, &[item], found);
                }
            }
            Value::With { .. } => self.member_of_updated(definition, name, found),
            Value::This(class) | Value::Class(class) => {
                self.member_of_class(definition.unit, class, name, found, 0);
            }
            Value::Call(call) => {
                for &callee in
                    self.definitions(At { unit: definition.unit, node: unit.call(call).callee }).iter()
                {
                    if let Value::Class(class) = self.value(callee) {
                        self.member_of_class(callee.unit, class, name, found, 0);
                    }
                }
                if found.is_empty() {
                    self.member_of_annotated(definition, name, found);
                }
            }
            Value::Spread(inner) => self.members_of(definition.unit, &[inner], name, found),
            Value::Import { module, name: imported } => {
                let module = if imported == Strings::ALL { module } else { imported };
                self.declared(definition.unit, unit.text(module), name.text, found);
            }
            Value::Parameter(..) | Value::Member { .. } => {
                self.member_of_annotated(definition, name, found);
            }
            _ => {}
        }
    }

    /// A member of an object that was updated step by step: the last update of that name. Answers
    /// are remembered: objects that are updated under conditions are met again on every way to them.
    fn member_of_updated(&self, at: At, name: Name<'_>, found: &mut Vec<At>) {
        let id = self.spelled(name.text);
        if let Some(known) = self.updates.borrow().get(&(at, id)) {
            found_again(found, known);
            return;
        }
        // A question that comes back to itself gets an empty answer.
        self.updates.borrow_mut().insert((at, id), Definitions::None);
        let mut list = self.lists.borrow_mut().pop().unwrap_or_default();
        self.last_update(at, name, id, &mut list);
        let answer = Definitions::new(&list);
        list.clear();
        self.lists.borrow_mut().push(list);
        found_again(found, &answer);
        self.updates.borrow_mut().insert((at, id), answer);
    }

    fn last_update(&self, mut at: At, name: Name<'_>, id: u32, found: &mut Vec<At>) {
        let unit = self.unit(at);
        let wanted = name.of(at.unit, unit);
        let depth = self.depth.get();
        while let Value::With { object, key, value } = unit.value(at.node) {
            if key != Strings::ELEMENT && Some(key) == wanted {
                self.define_all(at.unit, &[value], found);
                break;
            }
            if key == Strings::SPREAD {
                self.members_of(at.unit, &[value], name, found);
            }
            at.node = object;
            if !self.bound.is_empty() || !matches!(unit.value(object), Value::With { .. }) {
                self.members_of(at.unit, &[object], name, found);
                break;
            }
            if let Some(known) = self.updates.borrow().get(&(at, id)) {
                found_again(found, known);
                break;
            }
            // The same account as for a question about the object before.
            if self.depth.get() == 0 {
                self.steps.set(0);
            }
            if self.depth.get() >= DEEPEST || self.steps.get() + 2 >= MOST_STEPS {
                break;
            }
            self.depth.set(self.depth.get() + 1);
            self.steps.set(self.steps.get() + 2);
        }
        self.depth.set(depth);
    }

    /// A number for a name, the same in all files.
    fn spelled(&self, name: &str) -> u32 {
        let mut spelled = self.spelled.borrow_mut();
        if let Some(&id) = spelled.get(name) {
            return id;
        }
        let id = u32::try_from(spelled.len()).unwrap_or(u32::MAX).saturating_add(1);
        spelled.insert(name.into(), id);
        id
    }

    pub(super) fn members_of(&self, unit: u32, nodes: &[NodeId], name: Name<'_>, found: &mut Vec<At>) {
        for &node in nodes.iter().take(MOST_DEFINITIONS) {
            for &definition in self.definitions(At { unit, node }).iter() {
                self.enter(|| self.member_named(definition, name, found));
            }
        }
    }

    pub(super) fn member_of_class(
        &self,
        unit: u32,
        class: ClassId,
        name: Name<'_>,
        found: &mut Vec<At>,
        level: u32,
    ) {
        let file = &self.code.units[unit as usize];
        let class = file.class(class);
        let before = found.len();
        if let Some(wanted) = name.of(unit, file) {
            for &(method, function) in &class.methods {
                if method == wanted {
                    push(found, At { unit, node: file.function(function).node });
                }
            }
            for &(field, value) in &class.fields {
                if field == wanted {
                    self.define_all(unit, &[value], found);
                }
            }
        }
        if found.len() > before || level > 8 {
            return;
        }
        for &base in &class.bases {
            for &definition in self.definitions(At { unit, node: base }).iter() {
                if let Value::Class(base) = self.value(definition) {
                    self.member_of_class(definition.unit, base, name, found, level + 1);
                }
            }
        }
        if found.len() == before && level == 0 {
            for (unit, other) in self.namesakes(unit, class) {
                self.member_of_class(unit, other, name, found, 9);
            }
        }
    }

    /// The same type in other files of the package, where a language spreads its methods over files.
    pub(super) fn namesakes(&self, unit: u32, class: &Class) -> Vec<(u32, ClassId)> {
        let file = &self.code.units[unit as usize];
        let Some(name) = class.name.filter(|_| matches!(file.language, Language::Go | Language::Rust)) else {
            return Vec::new();
        };
        let name = file.text(name);
        let mut found = Vec::new();
        for other in self.code.modules.declaring(file, ".", name) {
            let theirs = &self.code.units[other as usize];
            let named =
                |(_, class): &(usize, &Class)| class.name.is_some_and(|known| theirs.text(known) == name);
            let classes = theirs.classes.iter().enumerate().filter(named);
            found.extend(
                classes
                    .map(|(id, _)| (other, ClassId(u32::try_from(id).unwrap_or(u32::MAX))))
                    .filter(|_| other != unit),
            );
        }
        found
    }

    pub(super) fn define_element(&self, at: At, object: NodeId, key: NodeId, found: &mut Vec<At>) {
        let mut any = false;
        let key = self.text(At { unit: at.unit, node: key });
        for &definition in self.definitions(At { unit: at.unit, node: object }).iter() {
            let before = found.len();
            match &key {
                Some(name) => self.member_named(definition, Name::new(name), found),
                None => self.elements_of(definition, found),
            }
            any |= found.len() > before;
        }
        if !any {
            push(found, at);
        }
    }

    /// Every element that a collection literal is known to have.
    pub fn elements_of(&self, definition: At, found: &mut Vec<At>) {
        let unit = self.unit(definition);
        match unit.value(definition.node) {
            Value::Object(range) => {
                for property in unit.entries(range).iter().take(512) {
                    if property.key == Strings::SPREAD {
                        self.elements_of_all(definition.unit, property.value, found);
                    } else {
                        self.define_all(definition.unit, &[property.value], found);
                    }
                }
            }
            Value::Array(range) => {
                for &item in unit.list(range).iter().take(512) {
                    if let Value::Spread(inner) = unit.value(item) {
                        self.elements_of_all(definition.unit, inner, found);
                    } else {
                        self.define_all(definition.unit, &[item], found);
                    }
                }
            }
            Value::With { object, key, value } => {
                if let Some(known) = self.updates.borrow().get(&(definition, ELEMENTS)) {
                    found_again(found, known);
                    return;
                }
                self.updates.borrow_mut().insert((definition, ELEMENTS), Definitions::None);
                let mut list = self.lists.borrow_mut().pop().unwrap_or_default();
                self.elements_of_all(definition.unit, object, &mut list);
                if key == Strings::SPREAD {
                    self.elements_of_all(definition.unit, value, &mut list);
                } else {
                    self.define_all(definition.unit, &[value], &mut list);
                }
                let answer = Definitions::new(&list);
                list.clear();
                self.lists.borrow_mut().push(list);
                found_again(found, &answer);
                self.updates.borrow_mut().insert((definition, ELEMENTS), answer);
            }
            _ => {}
        }
    }

    pub(super) fn elements_of_all(&self, unit: u32, node: NodeId, found: &mut Vec<At>) {
        for &definition in self.definitions(At { unit, node }).iter() {
            self.enter(|| self.elements_of(definition, found));
        }
    }
}
