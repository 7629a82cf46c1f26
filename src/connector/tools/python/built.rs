//! Tools, prompts and resources built by constructor, once for each value that their name can have.

use super::{
    super::{annotations, text as json_text},
    LONGEST_NAME, Reader, Registration, keyword,
    literal::{exact_text, json, text},
    look::{Found as Value_, Look, Place},
    names::{Builds, Registers, builds},
    positional,
};
use crate::{
    code::{
        flow::Role,
        graph::{Call, ClassId, FunctionId, Value},
    },
    connector::{Found, Prompt, Resource, Tool},
    untrusted::Untrusted,
};

/// Elements or callers that one constructor is read for.
const MOST_REPEATS: usize = 400;
/// Loops and functions that a constructor may stand in, one inside another.
const DEEPEST: u32 = 4;

impl<'a> Reader<'a, '_> {
    pub(super) fn constructed(&mut self, place: &Place, call: &'a Call) {
        let Some(kind) = builds(self.look, &place.at(call.callee)) else { return };
        match kind {
            Builds::SimpleServer => self.instructions(place, call, Some(1)),
            Builds::Server => self.instructions(place, call, None),
            Builds::ToolOfFunction => self.tool_of_function(place, call),
            Builds::Tool | Builds::Prompt | Builds::Resource => self.object(place, call, kind),
        }
    }

    /// `Tool.from_function(f, name="x")`.
    fn tool_of_function(&mut self, place: &Place, call: &'a Call) {
        let argument =
            positional(self.look, place, call, 0).or_else(|| keyword(self.look, place, call, "fn"));
        let Some(function) = argument.and_then(|place| self.function(&place)) else {
            self.unread(place, "the function of the tool is not known");
            return;
        };
        let (kind, call) = (Registers::AddedTool, Some((place.clone(), call)));
        self.register(&Registration { kind, call, function: Some(function), at: place.clone() });
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
            let node = bound.at(name.node);
            self.named(&bound.at(place.node), call, kind, &node, level + 1, read);
        }
    }

    /// The name seen with each value of the loop item, parameter or object that it hangs on.
    fn meanings(&self, name: &Place) -> Vec<Place> {
        let Some(root) = root(self.look, name, 0) else { return Vec::new() };
        let unit = self.look.unit(&root);
        match unit.value(root.node) {
            Value::Item(collection) => {
                let elements = self.look.elements(&root.at(collection)).into_iter().take(MOST_REPEATS);
                elements.map(|element| name.with(root.unit, root.node, element)).collect()
            }
            Value::Parameter(function, _) => self.callers(name, root.unit, function),
            Value::This(class) => self
                .subclasses(root.unit, class)
                .into_iter()
                .map(|subclass| name.with(root.unit, root.node, Value_::Node(subclass)))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn callers(&self, name: &Place, unit: usize, function: FunctionId) -> Vec<Place> {
        let index = u32::try_from(unit).unwrap_or(u32::MAX);
        let callers = self.flow.callers(index, function).iter().filter(|caller| caller.role == Role::Callee);
        let calls = callers.take(MOST_REPEATS).map(|caller| {
            let calling = caller.unit as usize;
            let node = self.code.units[calling].call(caller.call).node;
            self.look.called_from(name, (unit, function), &Place::new(calling, node))
        });
        calls.collect()
    }

    /// Classes of the package that have a class among their bases.
    fn subclasses(&self, unit: usize, class: ClassId) -> Vec<Place> {
        let mut found = Vec::new();
        for (index, file) in self.code.units.iter().enumerate() {
            for candidate in &file.classes {
                let derived = candidate.bases.iter().any(|&base| {
                    self.look
                        .places(&Place::new(index, base))
                        .iter()
                        .any(|base| base.unit == unit && self.look.value(base) == Value::Class(class))
                });
                if derived && found.len() < MOST_REPEATS {
                    found.push(Place::new(index, candidate.node));
                }
            }
        }
        found
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

    fn handler_of(&self, place: &Place) -> Option<crate::connector::Handler> {
        let found = self.function(place)?;
        let Value::Function(function) = self.look.value(&found) else { return None };
        Some(crate::connector::Handler { unit: found.unit, function, validated: true, shared: false })
    }

    fn argument_names(&self, list: &Place) -> Vec<Untrusted> {
        let mut names = Vec::new();
        for element in self.look.elements(list) {
            let name = self.look.member_of(&element, "name").into_iter().next();
            let text = name.and_then(|found| super::literal::found_text(self.look, &found));
            names.extend(text.map(Untrusted::new));
        }
        names
    }
}

/// The loop item, parameter or object that a computed value hangs on.
fn root(look: &Look<'_>, place: &Place, depth: u32) -> Option<Place> {
    if depth > 12 {
        return None;
    }
    for found in look.places(place).into_iter().take(8) {
        let unit = look.unit(&found);
        let inner = match unit.value(found.node) {
            Value::Item(_) | Value::Parameter(..) | Value::This(_) => return Some(found),
            Value::Member { object, .. } | Value::Element { object, .. } => Some(object),
            Value::Call(call) => match unit.value(unit.call(call).callee) {
                Value::Member { object, .. } => Some(object),
                _ => unit.list(unit.call(call).arguments).first().copied(),
            },
            Value::Concat(range) => {
                let parts = unit.list(range).iter();
                let open = parts.copied().find(|&part| exact_text(look, &found.at(part)).is_none());
                open
            }
            _ => None,
        };
        if let Some(root) = inner.and_then(|inner| root(look, &found.at(inner), depth + 1)) {
            return Some(root);
        }
    }
    None
}
