//! Members of whatever an object is: module, class, instance, dict.

use rustc_hash::FxHashMap;

use super::{Found, Look, MAX_VALUES, Place, Seen, arguments::Arguments};
use crate::{
    artifact::Language,
    code::graph::{
        Call, Class, ClassId, ExitKind, Function, FunctionId, FunctionKind, NodeId, Property, Strings, Value,
    },
};

impl<'a> Look<'a> {
    /// The values of a member of whatever an object is.
    pub(in super::super) fn member_of(&self, object: &Found, name: &str) -> Vec<Found> {
        let mut out = Vec::new();
        self.member_below(object, name, 0, &mut Seen::default(), &mut out);
        out
    }

    pub(in super::super) fn member(&self, object: &Place, name: &str, depth: u32) -> Vec<Found> {
        let mut out = Vec::new();
        self.member_in(object, name, depth, &mut Seen::default(), &mut out);
        if out.is_empty() && name == "name" && !self.is_script(object) {
            out.extend(self.member_name(object, depth));
        }
        out
    }

    fn member_in(&self, object: &Place, name: &str, depth: u32, seen: &mut Seen, out: &mut Vec<Found>) {
        for found in self.find_below(object, depth + 1) {
            self.member_below(&found, name, depth + 1, seen, out);
        }
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

    fn member_below(&self, object: &Found, name: &str, depth: u32, seen: &mut Seen, out: &mut Vec<Found>) {
        if !self.spend(depth) {
            return;
        }
        let Found::Node(place) = object else {
            if name == "value" {
                out.push(object.clone());
            }
            if let (Found::List(items), Ok(position)) = (object, name.parse::<usize>()) {
                out.extend(items.get(position).cloned());
            }
            return;
        };
        if !seen.insert((place.unit, place.node)) {
            return;
        }
        let unit = self.unit(place);
        match unit.value(place.node) {
            Value::Text(_) | Value::Number(_) if name == "value" && !self.is_script(place) => {
                out.push(object.clone());
            }
            Value::Function(FunctionId(0)) => out.extend(self.module_member(place.unit, name)),
            Value::Function(function) => {
                match (name, unit.function(function).doc, unit.function(function).name) {
                    ("__doc__", Some(text), _) | ("__name__", _, Some(text)) => {
                        out.push(Found::Text(unit.text(text).into()));
                    }
                    _ => {}
                }
            }
            Value::Class(class) | Value::This(class) => {
                self.class_member(place, class, name, depth, seen, out);
            }
            Value::Parameter(function, position) => {
                let parameter = unit.function(function).parameters.get(position as usize);
                let Some(annotation) = parameter.and_then(|parameter| parameter.annotation) else { return };
                for found in self.find_below(&place.at(annotation), depth + 1) {
                    if let Found::Node(class) = &found
                        && let Value::Class(_) = self.value(class)
                    {
                        self.member_below(&found, name, depth + 1, seen, out);
                    }
                }
            }
            // `exports.x`, also inside the module itself.
            Value::Global(global) if unit.text(global) == "exports" && self.is_script(place) => {
                out.extend(self.exported(place.unit, name, depth));
            }
            Value::Array(range) => {
                let item = name.parse().ok().and_then(|position: usize| unit.list(range).get(position));
                out.extend(item.map(|&item| Found::Node(place.at(item))));
            }
            Value::Object(range) => self.entry(place, unit.entries(range), name, depth, seen, out),
            Value::With { object, key, value } => {
                if unit.text(key) == name {
                    out.push(Found::Node(place.at(value)));
                    return;
                }
                if key == Strings::SPREAD {
                    self.member_in(&place.at(value), name, depth, seen, out);
                }
                self.member_in(&place.at(object), name, depth, seen, out);
            }
            Value::Call(call) => self.instance_member(place, unit.call(call), name, depth, seen, out),
            _ => {}
        }
    }

    fn module_member(&self, unit: usize, name: &str) -> Vec<Found> {
        let file = &self.code.units[unit];
        let found = self.exported(unit, name, 0);
        if !found.is_empty() {
            return found;
        }
        let submodule = match file.language {
            Language::Python if file.path.ends_with("__init__.py") => {
                self.code.modules.submodule(file, ".", name)
            }
            _ => None,
        };
        submodule.map(|unit| self.module(unit as usize)).into_iter().collect()
    }

    fn class_member(
        &self,
        place: &Place,
        class: ClassId,
        name: &str,
        depth: u32,
        seen: &mut Seen,
        out: &mut Vec<Found>,
    ) {
        let unit = self.unit(place);
        let class = unit.class(class);
        let before = out.len();
        let fields = class.fields.iter().filter(|field| unit.text(field.0) == name).take(MAX_VALUES);
        out.extend(fields.map(|field| Found::Node(place.at(field.1))));
        for method in class.methods.iter().filter(|method| unit.text(method.0) == name) {
            let function = unit.function(method.1);
            if function.kind == FunctionKind::Getter {
                let exits = function.exits.iter().filter(|exit| exit.kind == ExitKind::Return);
                out.extend(exits.take(MAX_VALUES).map(|exit| Found::Node(place.at(exit.value))));
            } else {
                out.push(Found::Node(place.at(function.node)));
            }
        }
        if out.len() > before {
            return;
        }
        let handed = self.super_call(place.unit, class);
        for &base in class.bases.iter().take(16) {
            for found in self.find_below(&place.at(base), depth + 1) {
                let Found::Node(base) = found else { continue };
                let Value::Class(id) = self.value(&base) else { continue };
                let base = match handed {
                    Some(call) => self.built(&base, id, &place.at(call)),
                    None => base,
                };
                self.member_below(&Found::Node(base), name, depth + 1, seen, out);
            }
        }
    }

    /// `super(…)` in the constructor of a script's class.
    fn super_call(&self, unit: usize, class: &Class) -> Option<NodeId> {
        let file = &self.code.units[unit];
        if file.language == Language::Python || class.bases.is_empty() {
            return None;
        }
        let &(_, constructor) =
            class.methods.iter().find(|method| file.function(method.1).kind == FunctionKind::Constructor)?;
        let supers = self.supers.get_or_init(|| self.index_supers());
        supers.get(&(unit, constructor)).copied()
    }

    fn index_supers(&self) -> FxHashMap<(usize, FunctionId), NodeId> {
        let mut index = FxHashMap::default();
        for (position, unit) in self.code.units.iter().enumerate() {
            let Some(name) = unit.strings.find("super") else { continue };
            for call in unit.calls.iter().filter(|call| unit.value(call.callee) == Value::Global(name)) {
                index.entry((position, call.function)).or_insert(call.node);
            }
        }
        index
    }

    fn entry(
        &self,
        place: &Place,
        entries: &[Property],
        name: &str,
        depth: u32,
        seen: &mut Seen,
        out: &mut Vec<Found>,
    ) {
        let unit = self.unit(place);
        for entry in entries.iter().rev() {
            if entry.key == Strings::SPREAD {
                self.member_in(&place.at(entry.value), name, depth, seen, out);
            } else if unit.text(entry.key) == name {
                out.push(Found::Node(place.at(entry.value)));
                return;
            }
        }
    }

    /// A field of `Class(field=value)`, else what the class says.
    fn instance_member(
        &self,
        place: &Place,
        call: &Call,
        name: &str,
        depth: u32,
        seen: &mut Seen,
        out: &mut Vec<Found>,
    ) {
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
            let built = self.built(class, id, place);
            self.member_below(&Found::Node(built), name, depth + 1, seen, out);
        }
    }

    /// A class whose constructor's parameters stand for the arguments of a call.
    fn built(&self, class: &Place, id: ClassId, call: &Place) -> Place {
        let Some(arguments) = self.call(call) else { return class.clone() };
        match self.constructor(class, id) {
            Some(constructor) => {
                let arguments = Arguments::of(call, self.unit(call), arguments);
                self.bind(class, &constructor.parameters, &arguments)
            }
            None => class.clone(),
        }
    }

    fn constructor(&self, place: &Place, class: ClassId) -> Option<&'a Function> {
        let unit = self.unit(place);
        let methods = unit.class(class).methods.iter().map(|method| (method.0, unit.function(method.1)));
        let mut constructors = methods.filter(|(name, function)| {
            unit.text(*name) == "__init__" || function.kind == FunctionKind::Constructor
        });
        constructors.next().map(|(_, function)| function)
    }
}
