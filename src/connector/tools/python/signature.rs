//! Tools, prompts and resources made from a function: its name, docstring and parameters.

use super::{
    super::{
        annotations,
        literal::{exact_text, json, text},
        look::Place,
        meanings::DEEPEST,
        text as json_text,
    },
    LONGEST_NAME, Reader, Registration, keyword,
    names::Registers,
    positional, schema,
};
use crate::{
    code::graph::{Function, FunctionId, Value},
    connector::{Found, Handler, Prompt, Resource, Tool},
    finding::Location,
    untrusted::Untrusted,
};

/// A function that is registered: its file, itself, and where it stands.
type Signature<'a> = (usize, &'a Function);

impl<'a> Reader<'a, '_> {
    /// Reads a registration here, or once for each meaning of what its name or function hangs on.
    pub(super) fn settle(&mut self, registration: &Registration<'a>, level: u32) -> Result<(), &'static str> {
        self.look.refill();
        let found = self.meanings.function(&registration.function, 0);
        let given = self.given_name(registration);
        let name = match (&given, found) {
            (Some(given), _) => exact_text(self.look, given),
            (None, Some((unit, function))) => {
                let own = self.code.units[unit].function(function).name;
                own.map(|name| self.code.units[unit].text(name).to_owned())
            }
            (None, None) => None,
        };
        let name = name.filter(|name| (1..=LONGEST_NAME).contains(&name.len()));
        if let (Some(name), true) = (&name, found.is_some() || level >= DEEPEST) {
            self.registered(registration, name, found, level);
            return Ok(());
        }
        if level < DEEPEST && self.settle_meanings(registration, given.as_ref(), name.is_some(), level) {
            return Ok(());
        }
        match name {
            Some(name) => {
                self.registered(registration, &name, found, level);
                Ok(())
            }
            None if given.is_some() => Err("the name is computed at run time"),
            None => Err("the function is not known before run time"),
        }
    }

    /// Whether any meaning gave a name.
    fn settle_meanings(
        &mut self,
        registration: &Registration<'a>,
        given: Option<&Place>,
        named: bool,
        level: u32,
    ) -> bool {
        let hangs = if named { &registration.function } else { given.unwrap_or(&registration.function) };
        let mut any = false;
        for meaning in self.meanings.of(hangs) {
            let seen = Registration {
                kind: registration.kind,
                call: registration.call.as_ref().map(|(place, call)| (place.also_from(&meaning), *call)),
                function: registration.function.also_from(&meaning),
                at: registration.at.clone(),
                server: registration.server.as_ref().map(|server| server.also_from(&meaning)),
            };
            any |= self.settle(&seen, level + 1).is_ok();
        }
        any
    }

    fn registered(
        &mut self,
        registration: &Registration<'a>,
        name: &str,
        found: Option<(usize, FunctionId)>,
        level: u32,
    ) {
        self.connector.registrations.read += 1;
        let signature = found.map(|(unit, function)| (unit, self.code.units[unit].function(function)));
        let handler =
            found.map(|(unit, function)| Handler { unit, function, validated: true, shared: false });
        // A registration that serves many functions stands at each of them.
        let at = match signature {
            Some((unit, function)) if level > 0 => Place::new(unit, function.node),
            _ => registration.at.clone(),
        };
        let entry = Entry { name: Untrusted::new(name), signature, handler, location: self.location(&at) };
        match registration.kind {
            Registers::Prompt => self.prompt(registration, entry),
            Registers::Resource => self.resource(registration, entry),
            _ => self.tool(registration, entry),
        }
    }

    /// The name that the registration gives: a keyword or the first argument.
    fn given_name(&self, registration: &Registration<'a>) -> Option<Place> {
        if let Some(said) = self.said(registration, "name") {
            return Some(said);
        }
        if let Some(renamed) = self.renamed(&registration.function) {
            return Some(renamed);
        }
        if matches!(registration.kind, Registers::Resource | Registers::AddedTool) {
            return None;
        }
        let (place, call) = registration.call.as_ref()?;
        let first = positional(self.look, place, call, 0)?;
        let itself = first.unit == registration.function.unit && first.node == registration.function.node;
        (!itself && self.look.value(&first) != Value::Null).then_some(first)
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

    /// The value of `f.__name__ = "x"`.
    fn renamed(&self, function: &Place) -> Option<Place> {
        for found in self.look.places(function) {
            let mut at = found;
            for _ in 0..8 {
                let Value::With { object, key, value } = self.look.value(&at) else { break };
                if self.look.unit(&at).text(key) == "__name__" {
                    return Some(at.at(value));
                }
                at = at.at(object);
            }
        }
        None
    }

    fn description(
        &self,
        registration: &Registration<'a>,
        signature: Option<Signature<'a>>,
    ) -> Option<Untrusted> {
        self.said_text(registration, "description").or_else(|| {
            let (unit, function) = signature?;
            function.doc.map(|doc| Untrusted::new(self.code.units[unit].text(doc)))
        })
    }

    fn tool(&mut self, registration: &Registration<'a>, entry: Entry<'a>) {
        let hints = self.said(registration, "annotations").and_then(|place| self.hints(&place));
        let title = self
            .said_text(registration, "title")
            .or_else(|| hints.as_ref().and_then(|hints| json_text(hints, "title")));
        let input = entry.signature.map(|(unit, function)| schema::of_function(self.look, unit, function));
        let tool = Tool {
            name: entry.name,
            title,
            description: self.description(registration, entry.signature),
            input,
            output: self.said(registration, "output_schema").and_then(|place| json(self.look, &place)),
            annotations: annotations(hints.as_ref()),
            found: Found::Source,
            location: Some(entry.location),
            handler: entry.handler,
            reach: None,
        };
        self.note_server(registration.server.as_ref());
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
                    map.insert(hint_name(unit.text(entry.key)).to_owned(), value);
                }
            }
            return Some(serde_json::Value::Object(map));
        }
        None
    }

    fn prompt(&mut self, registration: &Registration<'a>, entry: Entry<'a>) {
        let arguments = entry
            .signature
            .map(|(unit, function)| schema::of_function(self.look, unit, function))
            .and_then(|schema| schema.get("properties")?.as_object().cloned())
            .map(|properties| properties.keys().map(Untrusted::new).collect())
            .unwrap_or_default();
        let prompt = Prompt {
            name: entry.name,
            description: self.description(registration, entry.signature),
            arguments,
            text: entry.signature.and_then(|signature| self.returned(signature)),
            location: Some(entry.location),
            handler: entry.handler,
        };
        self.connector.prompts.push(prompt);
    }

    /// The text that a prompt function returns, with gaps for its arguments.
    fn returned(&self, (unit, function): Signature<'a>) -> Option<Untrusted> {
        let exit = function.exits.first()?;
        text(self.look, &Place::new(unit, exit.value)).map(Untrusted::new)
    }

    fn resource(&mut self, registration: &Registration<'a>, entry: Entry<'a>) {
        let uri = self.said(registration, "uri").or_else(|| {
            let (place, call) = registration.call.as_ref()?;
            positional(self.look, place, call, 0)
        });
        let resource = Resource {
            name: entry.name,
            uri: uri.and_then(|place| text(self.look, &place)).map(Untrusted::new),
            description: self.description(registration, entry.signature),
            location: Some(entry.location),
            handler: entry.handler,
        };
        self.connector.resources.push(resource);
    }
}

/// What every registration has.
struct Entry<'a> {
    name: Untrusted,
    signature: Option<Signature<'a>>,
    handler: Option<Handler>,
    location: Location,
}

/// The protocol's spelling of a hint.
fn hint_name(name: &str) -> &str {
    match name {
        "read_only_hint" => "readOnlyHint",
        "destructive_hint" => "destructiveHint",
        "idempotent_hint" => "idempotentHint",
        "open_world_hint" => "openWorldHint",
        other => other,
    }
}
