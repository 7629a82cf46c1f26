//! Tools, prompts and resources made from a function: its name, docstring and parameters.

use super::{
    super::{annotations, text as json_text},
    LONGEST_NAME, Reader, Registration, keyword,
    literal::{exact_text, json, text},
    look::Place,
    names::Registers,
    positional, schema,
};
use crate::{
    code::graph::{Function, Value},
    connector::{Found, Handler, Prompt, Resource, Tool},
    untrusted::Untrusted,
};

impl<'a> Reader<'a, '_> {
    fn signature(&self, registration: &Registration<'a>) -> Option<(usize, &'a Function)> {
        let place = registration.function.as_ref()?;
        let Value::Function(function) = self.look.value(place) else { return None };
        Some((place.unit, self.code.units[place.unit].function(function)))
    }

    /// What a keyword of the registration says, as a value.
    fn said(&self, registration: &Registration<'a>, name: &str) -> Option<Place> {
        let (place, call) = registration.call.as_ref()?;
        let value = keyword(self.look, place, call, name)?;
        (self.look.value(&value) != Value::Null).then_some(value)
    }

    fn said_text(&self, registration: &Registration<'a>, name: &str) -> Option<Untrusted> {
        self.said(registration, name).and_then(|place| text(self.look, &place)).map(Untrusted::new)
    }

    /// The registered name: a keyword, the first argument, or the function's own.
    fn name(&mut self, registration: &Registration<'a>) -> Option<String> {
        let own = self.signature(registration).and_then(|(unit, function)| {
            function.name.map(|name| self.code.units[unit].text(name).to_owned())
        });
        let first = || {
            let (place, call) = registration.call.as_ref()?;
            let first = positional(self.look, place, call, 0)?;
            let is_function = registration.kind == Registers::AddedTool
                || self
                    .look
                    .places(&first)
                    .iter()
                    .any(|found| matches!(self.look.value(found), Value::Function(_)));
            (!is_function && self.look.value(&first) != Value::Null).then_some(first)
        };
        let given = match (registration.kind, self.said(registration, "name")) {
            (_, Some(said)) => Some(said),
            (Registers::Resource, None) => None,
            (_, None) => first(),
        };
        let name = match given {
            Some(place) => exact_text(self.look, &place),
            None => own,
        };
        let name = name.filter(|name| (1..=LONGEST_NAME).contains(&name.len()));
        if name.is_none() {
            self.unread(&registration.at, "the name is computed at run time");
        } else {
            self.connector.registrations.read += 1;
        }
        name
    }

    fn description(&self, registration: &Registration<'a>) -> Option<Untrusted> {
        self.said_text(registration, "description").or_else(|| {
            let (unit, function) = self.signature(registration)?;
            function.doc.map(|doc| Untrusted::new(self.code.units[unit].text(doc)))
        })
    }

    pub(super) fn tool(&mut self, registration: &Registration<'a>, handler: Option<Handler>) {
        let Some(name) = self.name(registration) else { return };
        let hints = self.said(registration, "annotations").and_then(|place| self.hints(&place));
        let title = self
            .said_text(registration, "title")
            .or_else(|| hints.as_ref().and_then(|hints| json_text(hints, "title")));
        let input = self
            .signature(registration)
            .map(|(unit, function)| schema::of_function(self.look, unit, function));
        let tool = Tool {
            name: Untrusted::new(name),
            title,
            description: self.description(registration),
            input,
            output: self.said(registration, "output_schema").and_then(|place| json(self.look, &place)),
            annotations: annotations(hints.as_ref()),
            found: Found::Source,
            location: Some(self.location(&registration.at)),
            handler,
        };
        self.connector.tools.push(tool);
    }

    /// Behaviour hints: a dict, or the keywords of `ToolAnnotations(...)`.
    pub(super) fn hints(&self, place: &Place) -> Option<serde_json::Value> {
        for found in self.look.places(place) {
            let Some(call) = self.look.call(&found) else {
                if let Some(json) = json(self.look, &found) {
                    return Some(json);
                }
                continue;
            };
            let unit = self.look.unit(&found);
            let mut map = serde_json::Map::new();
            for entry in unit.entries(call.keywords) {
                if let Some(value) = json(self.look, &found.at(entry.value)) {
                    map.insert(unit.text(entry.key).to_owned(), value);
                }
            }
            return Some(serde_json::Value::Object(map));
        }
        None
    }

    pub(super) fn prompt(&mut self, registration: &Registration<'a>, handler: Option<Handler>) {
        let Some(name) = self.name(registration) else { return };
        let arguments = self
            .signature(registration)
            .map(|(unit, function)| schema::of_function(self.look, unit, function))
            .and_then(|schema| schema.get("properties")?.as_object().cloned())
            .map(|properties| properties.keys().map(Untrusted::new).collect())
            .unwrap_or_default();
        let prompt = Prompt {
            name: Untrusted::new(name),
            description: self.description(registration),
            arguments,
            text: self.returned(registration),
            location: Some(self.location(&registration.at)),
            handler,
        };
        self.connector.prompts.push(prompt);
    }

    /// The text that a prompt function returns, with gaps for its arguments.
    fn returned(&self, registration: &Registration<'a>) -> Option<Untrusted> {
        let (unit, function) = self.signature(registration)?;
        let exit = function.exits.first()?;
        text(self.look, &Place::new(unit, exit.value)).map(Untrusted::new)
    }

    pub(super) fn resource(&mut self, registration: &Registration<'a>, handler: Option<Handler>) {
        let uri = self.said(registration, "uri").or_else(|| {
            let (place, call) = registration.call.as_ref()?;
            positional(self.look, place, call, 0)
        });
        let uri = uri.and_then(|place| text(self.look, &place));
        if uri.is_none() && registration.call.is_none() {
            return;
        }
        let Some(name) = self.name(registration) else { return };
        let resource = Resource {
            name: Untrusted::new(name),
            uri: uri.map(Untrusted::new),
            description: self.description(registration),
            location: Some(self.location(&registration.at)),
            handler,
        };
        self.connector.resources.push(resource);
    }
}
