//! Members of whatever an object is: module, class, instance, dict.

use super::{Found, Look, MAX_VALUES, Place, Seen, arguments::Arguments};
use crate::code::graph::{Call, ClassId, FunctionId, Parameter, Property, Strings, Value};

impl<'a> Look<'a> {
    /// The values of a member of whatever an object is.
    pub(in super::super) fn member_of(&self, object: &Found, name: &str) -> Vec<Found> {
        let mut out = Vec::new();
        self.member_below(object, name, 0, &mut Seen::default(), &mut out);
        out
    }

    pub(super) fn member(&self, object: &Place, name: &str, depth: u32) -> Vec<Found> {
        let mut out = Vec::new();
        self.member_in(object, name, depth, &mut Seen::default(), &mut out);
        if out.is_empty() && name == "name" {
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
            return;
        };
        if !seen.insert((place.unit, place.node)) {
            return;
        }
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

    fn module_member(&self, unit: usize, name: &str) -> Option<Found> {
        let file = &self.code.units[unit];
        self.exported(unit, name, 0).or_else(|| {
            let package = file.path.ends_with("__init__.py");
            let submodule = if package { self.code.modules.submodule(file, ".", name) } else { None };
            submodule.map(|unit| self.module(unit as usize))
        })
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
                    self.member_below(&found, name, depth + 1, seen, out);
                }
            }
        }
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
            let built = match self.constructor(class, id) {
                Some(parameters) => self.bind(class, parameters, &Arguments::of(place, unit, call)),
                None => class.clone(),
            };
            self.member_below(&Found::Node(built), name, depth + 1, seen, out);
        }
    }

    fn constructor(&self, place: &Place, class: ClassId) -> Option<&'a [Parameter]> {
        let unit = self.unit(place);
        let methods = &unit.class(class).methods;
        let &(_, function) = methods.iter().find(|method| unit.text(method.0) == "__init__")?;
        Some(&unit.function(function).parameters)
    }
}
