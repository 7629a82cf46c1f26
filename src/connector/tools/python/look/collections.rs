//! Elements of lists, entries of dicts, as far as they are written down.

use super::{Found, Look, MAX_VALUES, Place, Seen};
use crate::code::graph::{Call, Strings, Value};

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
                let keys = unit.entries(range).iter().filter(|entry| entry.key != Strings::ELEMENT);
                out.extend(keys.map(|entry| Found::Text(unit.text(entry.key).into())));
            }
            Value::With { object, key, value } => {
                self.collect(&place.at(object), depth, seen, out);
                match key {
                    Strings::ELEMENT => out.push(Found::Node(place.at(value))),
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
        let Value::Member { object, name } = unit.value(call.callee) else { return };
        let view = unit.text(name);
        if !matches!(view, "items" | "values" | "keys") {
            return;
        }
        for found in self.find_below(&place.at(object), depth) {
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
            _ => {}
        }
    }
}
