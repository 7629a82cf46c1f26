//! Tools, prompts and resources built by constructor, once for each value that their name can have.

use super::{
    super::{annotations, text as json_text},
    LONGEST_NAME, Reader, Registration, keyword,
    literal::{exact_text, found_text, json, text},
    look::Place,
    meanings::{DEEPEST, MOST_REPEATS},
    names::{Builds, Registers, builds},
    positional,
};
use crate::{
    code::graph::Call,
    connector::{Found, Handler, Prompt, Resource, Tool},
    untrusted::Untrusted,
};

impl<'a> Reader<'a, '_> {
    pub(super) fn constructed(&mut self, place: &Place, call: &'a Call) {
        let Some(kind) = builds(self.look, &place.at(call.callee)) else { return };
        match kind {
            Builds::SimpleServer => self.instructions(place, call, Some(1)),
            Builds::Server => self.instructions(place, call, None),
            Builds::ToolOfFunction => self.of_function(place, call, Registers::AddedTool),
            Builds::PromptOfFunction => self.of_function(place, call, Registers::Prompt),
            Builds::Tool | Builds::Prompt | Builds::Resource => self.object(place, call, kind),
        }
    }

    /// `Tool.from_function(f, name="x")`.
    fn of_function(&mut self, place: &Place, call: &'a Call, kind: Registers) {
        let argument =
            positional(self.look, place, call, 0).or_else(|| keyword(self.look, place, call, "fn"));
        let Some(function) = argument else { return };
        self.register(&Registration { kind, call: Some((place.clone(), call)), function, at: place.clone() });
    }

    fn object(&mut self, place: &Place, call: &Call, kind: Builds) {
        let Some(name) = keyword(self.look, place, call, "name") else {
            if call.keywords.len > 0 && kind == Builds::Tool {
                self.unread(place, "the fields are computed at run time");
            }
            return;
        };
        self.look.refill();
        let mut read = 0;
        self.named(place, call, kind, &name, 0, &mut read);
        if read == 0 {
            self.unread(place, "the name is computed at run time");
        }
        self.connector.registrations.read += read;
    }

    /// Reads the object here, or once for each value that its name hangs on.
    fn named(
        &mut self,
        place: &Place,
        call: &Call,
        kind: Builds,
        name: &Place,
        level: u32,
        read: &mut usize,
    ) {
        if let Some(text) = exact_text(self.look, name) {
            if (1..=LONGEST_NAME).contains(&text.len()) && *read < MOST_REPEATS {
                *read += 1;
                self.push(place, call, kind, text);
            }
            return;
        }
        if level >= DEEPEST {
            return;
        }
        for bound in self.meanings(name) {
            let (place, name) = (place.seen_from(&bound), name.seen_from(&bound));
            self.named(&place, call, kind, &name, level + 1, read);
        }
    }

    fn push(&mut self, place: &Place, call: &Call, kind: Builds, name: String) {
        let look = self.look;
        let field = |name: &str| keyword(look, place, call, name);
        let words = |name: &str| field(name).and_then(|at| text(look, &at)).map(Untrusted::new);
        let (name, location) = (Untrusted::new(name), Some(self.location(place)));
        match kind {
            Builds::Prompt => {
                let arguments = field("arguments").map(|at| self.argument_names(&at)).unwrap_or_default();
                self.handlers.built_prompts.push((self.connector.prompts.len(), place.unit));
                self.connector.prompts.push(Prompt {
                    name,
                    description: words("description"),
                    arguments,
                    location,
                    ..Prompt::default()
                });
            }
            Builds::Resource => {
                self.handlers.built_resources.push((self.connector.resources.len(), place.unit));
                let uri = words("uri").or_else(|| words("uriTemplate"));
                let description = words("description");
                self.connector.resources.push(Resource { name, uri, description, location, handler: None });
            }
            _ => {
                let hints = field("annotations").and_then(|at| self.hints(&at));
                let title =
                    words("title").or_else(|| hints.as_ref().and_then(|json| json_text(json, "title")));
                self.handlers.built_tools.push((self.connector.tools.len(), place.unit));
                self.connector.tools.push(Tool {
                    name,
                    title,
                    description: words("description"),
                    input: field("inputSchema")
                        .or_else(|| field("parameters"))
                        .and_then(|at| json(look, &at)),
                    output: field("outputSchema").and_then(|at| json(look, &at)),
                    annotations: annotations(hints.as_ref()),
                    found: Found::Source,
                    location,
                    handler: field("fn").and_then(|at| self.handler_of(&at)),
                });
            }
        }
    }

    fn handler_of(&self, place: &Place) -> Option<Handler> {
        let (unit, function) = self.function(place, 0)?;
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
