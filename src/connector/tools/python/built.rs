//! Tools, prompts and resources built by constructor or as dicts, once for each value that their name can have.

use super::{
    super::{
        annotations,
        literal::{exact_text, found_text, json, text},
        look::{Look, Place},
        meanings::{DEEPEST, MOST_REPEATS},
        text as json_text,
    },
    LONGEST_NAME, Reader, Registration, keyword,
    names::{Builds, Registers, builds},
    positional,
};
use crate::{
    code::graph::{Atom, Call, NodeId, Property, Strings, Unit, Value},
    connector::{Found, Handler, Prompt, Resource, Tool},
    untrusted::Untrusted,
};

/// Something with named fields: a constructor call or a dict.
struct Thing<'a> {
    kind: Builds,
    place: Place,
    fields: &'a [Property],
}

impl Thing<'_> {
    fn field(&self, look: &Look<'_>, name: &str) -> Option<Place> {
        let unit = look.unit(&self.place);
        let field = self.fields.iter().find(|field| unit.text(field.key) == name)?;
        Some(self.place.at(field.value))
    }
}

impl<'a> Reader<'a, '_> {
    pub(super) fn constructed(&mut self, place: &Place, call: &'a Call) {
        let Some(kind) = builds(self.look, &place.at(call.callee)) else { return };
        match kind {
            Builds::SimpleServer => self.instructions(place, call, Some(1)),
            Builds::Server => {
                self.instructions(place, call, None);
                self.answers(place, call);
            }
            Builds::ToolOfFunction => self.of_function(place, call, Registers::AddedTool),
            Builds::PromptOfFunction => self.of_function(place, call, Registers::Prompt),
            Builds::Tool | Builds::Prompt | Builds::Resource => self.object(place, call, kind),
        }
    }

    /// `Server("n", on_list_tools=f, on_call_tool=g)`.
    fn answers(&mut self, place: &Place, call: &'a Call) {
        for (name, kind) in [
            ("on_list_tools", Registers::ToolList),
            ("on_call_tool", Registers::ToolCalls),
            ("on_get_prompt", Registers::PromptCalls),
            ("on_read_resource", Registers::ResourceCalls),
        ] {
            if let Some(function) = keyword(self.look, place, call, name) {
                let at = place.clone();
                self.register(&Registration { kind, call: None, function, at, server: None });
            }
        }
    }

    /// `Tool.from_function(f, name="x")`.
    fn of_function(&mut self, place: &Place, call: &'a Call, kind: Registers) {
        let argument =
            positional(self.look, place, call, 0).or_else(|| keyword(self.look, place, call, "fn"));
        let Some(function) = argument else { return };
        let (call, at) = (Some((place.clone(), call)), place.clone());
        self.register(&Registration { kind, call, function, at, server: None });
    }

    fn object(&mut self, place: &Place, call: &Call, kind: Builds) {
        self.look.refill();
        let fields = self.look.unit(place).entries(call.keywords);
        if self.whole(&Thing { kind, place: place.clone(), fields }) {
            return;
        }
        if let Some(all) = fields.iter().find(|field| field.key == Strings::SPREAD) {
            self.spread(place, kind, &place.at(all.value));
        }
    }

    /// `Tool(**fields)`: once for each dict that the fields are known to be.
    fn spread(&mut self, place: &Place, kind: Builds, fields: &Place) {
        let found = self.look.places(fields);
        let mut dicts: Vec<Place> = Vec::new();
        for found in found {
            match self.look.value(&found) {
                Value::Item(_) => dicts.extend(
                    self.meanings
                        .of(&found)
                        .iter()
                        .flat_map(|meaning| self.look.places(&found.also_from(meaning))),
                ),
                _ => dicts.push(found),
            }
        }
        let mut any = false;
        for dict in dicts {
            if let Value::Object(range) = self.look.value(&dict) {
                let fields = self.look.unit(&dict).entries(range);
                any |= self.whole(&Thing { kind, place: dict, fields });
            }
        }
        if !any {
            self.unread(place, "the fields are computed at run time");
        }
    }

    /// Dicts of a server that speaks the protocol by itself: `{"name": ..., "inputSchema": {...}}`.
    pub(super) fn dicts(&mut self, index: usize) {
        let unit: &'a Unit = &self.code.units[index];
        let (Some(schema), Some(name)) = (unit.strings.find("inputSchema"), unit.strings.find("name")) else {
            return;
        };
        for (position, node) in unit.nodes.iter().enumerate() {
            let Value::Object(range) = node.value else { continue };
            let fields = unit.entries(range);
            let has = |key: Atom| fields.iter().any(|field| field.key == key);
            if has(schema) && has(name) {
                let place = Place::new(index, NodeId(u32::try_from(position).unwrap_or(u32::MAX)));
                self.whole(&Thing { kind: Builds::Tool, place, fields });
            }
        }
    }

    /// Whether the thing has a field that names it; what the name is may still be unknown.
    fn whole(&mut self, thing: &Thing<'_>) -> bool {
        let Some(name) = thing.field(self.look, "name") else { return false };
        let mut read = 0;
        self.named(thing, &name, 0, &mut read);
        if read == 0 {
            self.unread(&thing.place, "the name is computed at run time");
        }
        self.connector.registrations.read += read;
        true
    }

    /// Reads the thing here, or once for each value that its name hangs on.
    fn named(&mut self, thing: &Thing<'_>, name: &Place, level: u32, read: &mut usize) {
        self.look.refill();
        if let Some(text) = exact_text(self.look, name) {
            if (1..=LONGEST_NAME).contains(&text.len()) && *read < MOST_REPEATS {
                *read += 1;
                self.push(thing, text);
            }
            return;
        }
        if level >= DEEPEST {
            return;
        }
        for meaning in self.meanings.of(name) {
            let place = thing.place.also_from(&meaning);
            let seen = Thing { kind: thing.kind, place, fields: thing.fields };
            self.named(&seen, &name.also_from(&meaning), level + 1, read);
        }
    }

    fn push(&mut self, thing: &Thing<'_>, name: String) {
        let look = self.look;
        let words = |field: &str| thing.field(look, field).and_then(|at| text(look, &at)).map(Untrusted::new);
        let (name, location) = (Untrusted::new(name), Some(self.location(&thing.place)));
        let description = words("description");
        match thing.kind {
            Builds::Prompt => {
                let arguments = thing.field(look, "arguments").map(|at| self.argument_names(&at));
                self.handlers.built_prompts.push((self.connector.prompts.len(), thing.place.unit));
                self.connector.prompts.push(Prompt {
                    name,
                    description,
                    arguments: arguments.unwrap_or_default(),
                    location,
                    ..Prompt::default()
                });
            }
            Builds::Resource => {
                self.handlers.built_resources.push((self.connector.resources.len(), thing.place.unit));
                let uri = words("uri").or_else(|| words("uriTemplate"));
                self.connector.resources.push(Resource { name, uri, description, location, handler: None });
            }
            _ => {
                let tool = Tool { name, description, location, ..self.described(thing) };
                self.handlers.built_tools.push((self.connector.tools.len(), thing.place.unit));
                self.connector.tools.push(tool);
            }
        }
    }

    /// Title, schemas, hints and function of a tool.
    fn described(&self, thing: &Thing<'_>) -> Tool {
        let look = self.look;
        let field = |name: &str| thing.field(look, name);
        let hints = field("annotations").and_then(|at| self.hints(&at));
        let title = field("title").and_then(|at| text(look, &at)).map(Untrusted::new);
        let input = field("inputSchema").or_else(|| field("parameters"));
        Tool {
            title: title.or_else(|| hints.as_ref().and_then(|json| json_text(json, "title"))),
            input: input.and_then(|at| json(look, &at)),
            output: field("outputSchema").and_then(|at| json(look, &at)),
            annotations: annotations(hints.as_ref()),
            found: Found::Source,
            handler: field("fn").and_then(|at| self.handler_of(&at)),
            ..Tool::default()
        }
    }

    fn handler_of(&self, place: &Place) -> Option<Handler> {
        let (unit, function) = self.meanings.function(place, 0)?;
        Some(Handler { unit, function, validated: true, shared: false })
    }

    fn argument_names(&self, list: &Place) -> Vec<Untrusted> {
        let mut names = Vec::new();
        for element in self.look.elements(list) {
            let name = self.look.member_of(&element, "name").into_iter().next();
            let text = name.and_then(|found| found_text(self.look, &found));
            names.extend(text.map(Untrusted::new));
        }
        names
    }
}
