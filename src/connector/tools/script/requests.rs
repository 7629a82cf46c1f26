//! Handlers of protocol requests: what `tools/list` lists, and who answers `tools/call`.

use super::{
    super::look::{Found, Place},
    LONGEST_NAME, Reader,
    values::{Thing, function_of, functions, handler, member, method_of, name_of, tool_object, words},
};
use crate::{
    code::graph::{Call, ExitKind, FunctionId, Unit, Value},
    connector::{Handler, Prompt, Resource},
    finding::Location,
    untrusted::Untrusted,
};

/// Elements that one list is read for.
const MOST_LISTED: usize = 2_000;
/// Functions one inside another.
const DEEPEST_FUNCTION: usize = 32;

impl<'a> Reader<'a, '_> {
    /// Whether a request handler answers calls: it is cheap to read, lists are not.
    pub(super) fn is_answer(&self, place: &Place, call: &Call) -> bool {
        let request = self.look.unit(place).list(call.arguments).first();
        request.and_then(|&node| method_of(self.look, &place.at(node))).as_deref() == Some("tools/call")
    }

    /// `server.setRequestHandler(ListToolsRequestSchema, handler)`.
    pub(super) fn request(&mut self, place: &Place, call: &'a Call) {
        self.look.refill();
        let unit = self.look.unit(place);
        // A third argument is the handler where the second one is a schema.
        let [request, answers @ ..] = unit.list(call.arguments) else { return };
        let Some(method) = method_of(self.look, &place.at(*request)) else { return };
        let answers: Vec<Place> = answers.iter().map(|&node| place.at(node)).collect();
        let what = match method.as_str() {
            "tools/list" => "tools",
            "prompts/list" => "prompts",
            "resources/list" => "resources",
            "resources/templates/list" => "resourceTemplates",
            "tools/call" => {
                let answer = answers.iter().find_map(|at| handler(self.look, at, false, 0));
                match answer {
                    Some(answer) => {
                        let answer = Handler { shared: true, ..answer };
                        self.connector.dispatchers.push(answer);
                        self.answers.push(answer);
                    }
                    None => self.unread(place, "the handler is computed at run time"),
                }
                return;
            }
            _ => return,
        };
        if self.is_library(place, call) {
            return;
        }
        let functions: Vec<_> = answers.iter().flat_map(|at| functions(self.look, at)).collect();
        if functions.is_empty() {
            self.unread(place, "the handler is computed at run time");
        } else {
            self.listing(&functions, what, place);
        }
    }

    /// Whether the call stands in a class that registers what it is given: an SDK in the bundle,
    /// whose registrations are read where it is called.
    fn is_library(&self, place: &Place, call: &Call) -> bool {
        let unit = self.look.unit(place);
        let mut at = call.function;
        for _ in 0..DEEPEST_FUNCTION {
            if let Some(class) = unit.function(at).class {
                let methods = &unit.class(class).methods;
                return methods.iter().any(|method| {
                    matches!(unit.text(method.0), "registerTool" | "registerPrompt" | "registerResource")
                });
            }
            let Some(parent) = unit.function(at).parent else { return false };
            at = parent;
        }
        false
    }

    fn listing(&mut self, functions: &[(usize, FunctionId)], what: &'static str, place: &Place) {
        let before = self.reads;
        let (mut seen, mut empty) = (0, false);
        for &(index, function) in functions {
            let unit = &self.code.units[index];
            let exits = unit.function(function).exits.iter();
            for exit in exits.filter(|exit| exit.kind == ExitKind::Return) {
                let answer = Place::new(index, exit.value);
                for list in self.look.member(&answer, what, 0) {
                    let Found::Node(list) = list else { continue };
                    empty |= self.is_empty(&list);
                    for element in self.listed_elements(&list) {
                        seen += 1;
                        if let Found::Node(element) = element {
                            self.element(&element, what, 0);
                        }
                    }
                }
            }
            if self.reads > before {
                return;
            }
        }
        if seen > 0 || !empty {
            let why =
                if seen == 0 { "the list is computed at run time" } else { "names are computed at run time" };
            self.unread(place, why);
        }
    }

    fn is_empty(&self, list: &Place) -> bool {
        let found = self.look.places(list);
        !found.is_empty()
            && found.iter().all(|list| matches!(self.look.value(list), Value::Array(range) if range.len == 0))
    }

    /// The elements of a list, or of what the list can be.
    fn listed_elements(&self, list: &Place) -> Vec<Found> {
        let mut elements = self.look.elements(list);
        if elements.is_empty() {
            for meaning in self.meanings.of(list) {
                elements.extend(self.look.elements(&list.also_from(&meaning)));
            }
        }
        elements.truncate(MOST_LISTED);
        elements
    }

    fn element(&mut self, element: &Place, what: &'static str, level: u32) {
        self.look.refill();
        let thing = Thing::new(self.look, element);
        let name_at = thing.member("name");
        let name = name_at.as_ref().and_then(|at| name_of(self.look, at));
        let Some(name) = name.filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME) else {
            if level < super::DEEPEST && !self.look.gave_up() {
                for meaning in self.meanings.of(name_at.as_ref().unwrap_or(element)) {
                    self.element(&element.also_from(&meaning), what, level + 1);
                }
            }
            return;
        };
        self.count(what, &name);
        let location = name_at.map(|at| self.defined(element, &at));
        let field = |name: &str| thing.member(name).and_then(|at| words(self.look, &at)).map(Untrusted::new);
        match what {
            "tools" => {
                let tool = tool_object(self.look, element, name, location, false);
                self.listed.push(self.connector.tools.len());
                self.push(tool);
            }
            "prompts" => {
                let arguments = thing.member("arguments").map(|at| self.argument_names(&at));
                self.connector.prompts.push(Prompt {
                    name: Untrusted::new(name),
                    description: field("description"),
                    arguments: arguments.unwrap_or_default(),
                    location,
                    ..Prompt::default()
                });
            }
            _ => self.connector.resources.push(Resource {
                name: Untrusted::new(name),
                uri: field("uri").or_else(|| field("uriTemplate")),
                description: field("description"),
                location,
                handler: None,
            }),
        }
    }

    /// Where an element is defined: the object that has its name written in it, else the name.
    fn defined(&self, element: &Place, name: &Place) -> Location {
        let literal = self.look.places(name).into_iter().next();
        let objects = self.look.places(element);
        let whole = objects.iter().find(|object| match self.look.value(object) {
            Value::Object(range) => {
                let entries = self.look.unit(object).entries(range);
                literal.as_ref().is_none_or(|literal| {
                    object.unit == literal.unit && entries.iter().any(|entry| entry.value == literal.node)
                })
            }
            _ => false,
        });
        self.location(whole.or(literal.as_ref()).unwrap_or(element))
    }

    /// Gives listed tools the function that answers for them: from a table by name, else the one
    /// that answers for all.
    pub(super) fn give_answers(&mut self) {
        let answers = std::mem::take(&mut self.answers);
        let listed = std::mem::take(&mut self.listed);
        let tables: Vec<Place> = answers.iter().flat_map(|answer| self.tables(answer)).collect();
        for position in listed {
            if self.connector.tools[position].handler.is_some() {
                continue;
            }
            let name = self.connector.tools[position].name.raw().to_owned();
            let own = tables.iter().find_map(|table| {
                self.look.refill();
                let entry = member(self.look, table, &name)?;
                let (unit, function) = function_of(self.look, &entry)?;
                Some(Handler { unit, function, validated: false, shared: false })
            });
            let file = self.connector.tools[position].location.as_ref().map(|location| &location.path);
            let near = answers.iter().find(|answer| Some(&self.code.units[answer.unit].path) == file);
            let only = answers.first().filter(|first| answers.iter().all(|answer| answer == *first));
            self.connector.tools[position].handler = own.or_else(|| near.or(only).copied());
        }
    }

    /// The objects that a function calls members of by computed name: `handlers[name](args)`.
    fn tables(&self, answer: &Handler) -> Vec<Place> {
        let unit = &self.code.units[answer.unit];
        let calls = unit.calls.iter().filter(|call| inside(unit, call.function, answer.function));
        let callees = calls.map(|call| Place::new(answer.unit, call.callee));
        let mut tables = Vec::new();
        for callee in callees {
            let found = self.look.behind(&callee);
            tables.extend(found.iter().filter_map(|found| match self.look.value(found) {
                Value::Element { object, .. } => Some(found.at(object)),
                _ => None,
            }));
        }
        tables
    }
}

/// Whether a function is another one, or stands inside it.
fn inside(unit: &Unit, function: FunctionId, outer: FunctionId) -> bool {
    let mut at = function;
    for _ in 0..DEEPEST_FUNCTION {
        if at == outer {
            return true;
        }
        let Some(parent) = unit.function(at).parent else { return false };
        at = parent;
    }
    false
}
