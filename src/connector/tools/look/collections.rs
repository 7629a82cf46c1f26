//! Elements of lists, entries of dicts, as far as they are written down.

use super::{Found, Look, MAX_VALUES, Place, Seen};
use crate::code::graph::{Call, ExitKind, FunctionId, Strings, Value};

impl Look<'_> {
    /// The elements of what is iterated over.
    pub(in super::super) fn elements(&self, place: &Place) -> Vec<Found> {
        let mut out = Vec::new();
        self.collect(place, 0, &mut Seen::default(), &mut out);
        out
    }

    fn collect(&self, place: &Place, depth: u32, seen: &mut Seen, out: &mut Vec<Found>) {
        for found in self.find_below(place, depth + 1) {
            match found {
                Found::List(items) => out.extend(items.iter().cloned()),
                Found::Node(place) => self.collect_node(&place, depth + 1, seen, out),
                Found::Text(_) => {}
            }
        }
        out.truncate(MAX_VALUES);
    }

    fn collect_node(&self, place: &Place, depth: u32, seen: &mut Seen, out: &mut Vec<Found>) {
        if !self.spend(depth) || out.len() >= MAX_VALUES || !seen.insert((place.unit, place.node)) {
            return;
        }
        let unit = self.unit(place);
        match unit.value(place.node) {
            Value::Array(range) => {
                for &item in unit.list(range) {
                    match unit.value(item) {
                        Value::Spread(inner) => self.collect(&place.at(inner), depth, seen, out),
                        _ => out.push(Found::Node(place.at(item))),
                    }
                }
            }
            Value::Concat(range) => {
                unit.list(range).iter().for_each(|&part| self.collect(&place.at(part), depth, seen, out));
            }
            Value::Object(range) => {
                let keys = unit
                    .entries(range)
                    .iter()
                    .filter(|entry| !matches!(entry.key, Strings::ELEMENT | Strings::SPREAD));
                out.extend(keys.map(|entry| Found::Text(unit.text(entry.key).into())));
            }
            Value::With { object, key, value } => {
                self.collect(&place.at(object), depth, seen, out);
                match key {
                    Strings::ELEMENT => match unit.value(value) {
                        // `list.push(...more)`
                        Value::Item(more) if self.is_script(place) && place.lookup(value).is_none() => {
                            self.collect(&place.at(more), depth, seen, out);
                        }
                        _ => out.push(Found::Node(place.at(value))),
                    },
                    Strings::SPREAD => self.collect(&place.at(value), depth, seen, out),
                    _ => {}
                }
            }
            Value::Class(class) => {
                let fields = unit.class(class).fields.iter();
                out.extend(fields.map(|field| Found::Node(place.at(field.1))));
            }
            Value::Call(call) => self.view_elements(place, unit.call(call), depth, out),
            Value::Item(of) => {
                let mut outer = Vec::new();
                self.collect(&place.at(of), depth, seen, &mut outer);
                for inner in outer {
                    match inner {
                        Found::List(items) => out.extend(items.iter().cloned()),
                        Found::Node(inner) => self.collect(&inner, depth, seen, out),
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
        if self.is_script(place) {
            self.script_elements(place, call, depth, out);
            return;
        }
        let Value::Member { object, name } = unit.value(call.callee) else { return };
        self.views(&place.at(object), unit.text(name), depth, out);
    }

    fn views(&self, dict: &Place, view: &str, depth: u32, out: &mut Vec<Found>) {
        if !matches!(view, "items" | "entries" | "values" | "keys") {
            return;
        }
        for found in self.find_below(dict, depth) {
            let Found::Node(dict) = found else { continue };
            for (key, value) in self.entries(&dict) {
                out.push(match view {
                    "values" => value,
                    "keys" => Found::Text(key.into()),
                    _ => Found::List([Found::Text(key.into()), value].into()),
                });
            }
        }
    }

    /// `Object.values(o)`, `list.filter(f)`, `list.map(f)`, `[].concat(a, b)`, `new Set(list)`, ….
    fn script_elements(&self, place: &Place, call: &Call, depth: u32, out: &mut Vec<Found>) {
        let unit = self.unit(place);
        let arguments: Vec<Place> = unit.list(call.arguments).iter().map(|&node| place.at(node)).collect();
        let mut seen = Seen::default();
        let (object, name) = match unit.value(call.callee) {
            Value::Member { object, name } => (place.at(object), unit.text(name)),
            Value::Global(name) if matches!(unit.text(name), "Set" | "Map" | "Array") => {
                for inner in &arguments {
                    self.collect(inner, depth, &mut seen, out);
                }
                return;
            }
            _ => return,
        };
        let of_object = matches!(unit.value(object.node), Value::Global(name) if unit.text(name) == "Object");
        match (name, arguments.as_slice()) {
            ("values" | "entries" | "keys", [inner, ..]) if of_object => {
                self.views(inner, name, depth, out);
            }
            ("values" | "entries" | "keys", _) => {
                let before = out.len();
                self.views(&object, name, depth, out);
                if out.len() == before {
                    self.collect(&object, depth, &mut seen, out);
                }
            }
            ("from" | "all" | "of", inner) => {
                inner.iter().take(1).for_each(|inner| self.collect(inner, depth, &mut seen, out));
            }
            ("filter" | "sort" | "slice" | "reverse" | "toSorted" | "toReversed", _) => {
                self.collect(&object, depth, &mut seen, out);
            }
            ("flat", _) => self.flattened(&object, depth, out),
            ("concat", more) => {
                self.collect(&object, depth, &mut seen, out);
                for inner in more {
                    self.collect(inner, depth, &mut seen, out);
                }
            }
            ("map", [function, ..]) => self.mapped(&object, function, depth, out),
            ("flatMap", [function, ..]) => {
                let mut made = Vec::new();
                self.mapped(&object, function, depth, &mut made);
                self.flatten(made, depth, out);
            }
            _ => {}
        }
    }

    fn flattened(&self, list: &Place, depth: u32, out: &mut Vec<Found>) {
        let mut outer = Vec::new();
        self.collect(list, depth, &mut Seen::default(), &mut outer);
        self.flatten(outer, depth, out);
    }

    fn flatten(&self, outer: Vec<Found>, depth: u32, out: &mut Vec<Found>) {
        for inner in outer {
            let before = out.len();
            match &inner {
                Found::List(items) => out.extend(items.iter().cloned()),
                Found::Node(place) => self.collect(place, depth + 1, &mut Seen::default(), out),
                Found::Text(_) => {}
            }
            if out.len() == before {
                out.push(inner);
            }
        }
    }

    /// What a function makes of each element of a list.
    fn mapped(&self, list: &Place, function: &Place, depth: u32, out: &mut Vec<Found>) {
        let mut elements = Vec::new();
        self.collect(list, depth, &mut Seen::default(), &mut elements);
        let functions = self.find_below(function, depth + 1);
        let made = functions.iter().find_map(|found| {
            let Found::Node(place) = found else { return None };
            let Value::Function(id) = self.value(place) else { return None };
            Some((place, self.unit(place).function(id)))
        });
        let Some((place, function)) = made else {
            out.extend(elements);
            return;
        };
        for element in elements.into_iter().take(MAX_VALUES) {
            let seen = match function.parameters.first() {
                Some(parameter) => place.with(place.unit, parameter.node, element),
                None => place.clone(),
            };
            let exits = function.exits.iter().filter(|exit| exit.kind == ExitKind::Return);
            out.extend(exits.take(4).map(|exit| Found::Node(seen.at(exit.value))));
        }
    }

    /// Keys and values of a dict that is written down; the last value of a key comes last.
    pub(in super::super) fn entries(&self, dict: &Place) -> Vec<(String, Found)> {
        let mut out = Vec::new();
        self.collect_entries(dict, 0, &mut Seen::default(), &mut out);
        out
    }

    fn spread(&self, dict: &Place, depth: u32, seen: &mut Seen, out: &mut Vec<(String, Found)>) {
        for found in self.find_below(dict, depth + 1) {
            if let Found::Node(inner) = found {
                self.collect_entries(&inner, depth + 1, seen, out);
            }
        }
    }

    fn collect_entries(&self, dict: &Place, depth: u32, seen: &mut Seen, out: &mut Vec<(String, Found)>) {
        if !self.spend(depth) || !seen.insert((dict.unit, dict.node)) {
            return;
        }
        let unit = self.unit(dict);
        match unit.value(dict.node) {
            Value::Object(range) => {
                for entry in unit.entries(range) {
                    match entry.key {
                        Strings::SPREAD => self.spread(&dict.at(entry.value), depth, seen, out),
                        Strings::ELEMENT => {}
                        key => out.push((unit.text(key).to_owned(), Found::Node(dict.at(entry.value)))),
                    }
                }
            }
            Value::With { object, key, value } => {
                self.spread(&dict.at(object), depth, seen, out);
                match key {
                    Strings::SPREAD => self.spread(&dict.at(value), depth, seen, out),
                    Strings::ELEMENT => {}
                    key => out.push((unit.text(key).to_owned(), Found::Node(dict.at(value)))),
                }
            }
            // `import * as tools from "./tools"`
            Value::Function(FunctionId(0)) if self.is_script(dict) => {
                for export in unit
                    .exports
                    .iter()
                    .filter(|export| !matches!(export.name, Strings::ALL | Strings::DEFAULT))
                {
                    let value = Found::Node(Place::new(dict.unit, export.value));
                    out.push((unit.text(export.name).to_owned(), value));
                }
                for star in unit.exports.iter().filter(|export| export.name == Strings::ALL) {
                    self.spread(&Place::new(dict.unit, star.value), depth, seen, out);
                }
            }
            Value::Call(call) if self.is_script(dict) => self.call_entries(dict, unit.call(call), depth, out),
            _ => {}
        }
    }

    /// `Object.fromEntries(list)`, `new Map(list)`, `Object.assign({}, a, b)`.
    fn call_entries(&self, place: &Place, call: &Call, depth: u32, out: &mut Vec<(String, Found)>) {
        let unit = self.unit(place);
        let arguments = unit.list(call.arguments);
        let (Value::Member { name, .. } | Value::Global(name)) = unit.value(call.callee) else { return };
        match unit.text(name) {
            "fromEntries" | "Map" => {
                let Some(&list) = arguments.first() else { return };
                for entry in self.elements(&place.at(list)) {
                    let part = |position: &str| self.parts(&entry, position, depth).into_iter().next();
                    let (Some(key), Some(value)) = (part("0"), part("1")) else { continue };
                    if let Some(key) = self.settled_text(&key, depth) {
                        out.push((key, value));
                    }
                }
            }
            "assign" => {
                for &argument in arguments.iter().take(16) {
                    self.spread(&place.at(argument), depth, &mut Seen::default(), out);
                }
            }
            _ => {}
        }
    }

    fn parts(&self, entry: &Found, position: &str, depth: u32) -> Vec<Found> {
        match entry {
            Found::Node(place) => self.member(place, position, depth),
            other => self.member_of(other, position),
        }
    }

    fn settled_text(&self, found: &Found, depth: u32) -> Option<String> {
        match found {
            Found::Node(place) => {
                self.find_below(place, depth + 1).iter().find_map(|found| self.plain_text(found))
            }
            other => self.plain_text(other),
        }
    }
}
