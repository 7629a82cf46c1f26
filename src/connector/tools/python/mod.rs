//! Tools, prompts and resources that Python code registers, read from the value graph.
//!
//! Decorators (`@mcp.tool()`), calls (`mcp.tool()(f)`, `mcp.add_tool(f)`), and the objects that a
//! low-level server lists (`Tool(name=...)`). A registration that gives no name is counted and
//! listed with the reason.

mod built;
mod mounts;
mod names;
pub(super) mod schema;
mod signature;

#[cfg(test)]
mod tests;

use super::{
    literal,
    look::{Look, Place},
    meanings::Meanings,
};
use crate::{
    artifact::Language,
    code::{
        Code,
        flow::Flow,
        graph::{Call, NodeId, Strings, Unit, Value},
        resolve::{Resolver, place},
    },
    connector::{Connector, Described, Handler},
    finding::Location,
    untrusted::Untrusted,
};
use mounts::Mounts;
use names::{Registers, builds, registers};

/// Longest name that is believed.
const LONGEST_NAME: usize = 256;

/// Reads every registration in Python files.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    let connector_code = code.units.iter().any(is_connector_code);
    let resolver = Resolver::new(code);
    let flow = Flow::new(&resolver);
    let look = Look::new(code);
    let meanings = Meanings::new(code, &look, &flow);
    let mut reader = Reader {
        code,
        look: &look,
        meanings: &meanings,
        connector,
        handlers: Handlers::default(),
        mounts: Mounts::default(),
    };
    for index in 0..code.units.len() {
        if code.units[index].language != Language::Python || code.units[index].bundled {
            continue;
        }
        if connector_code {
            reader.decorated(index);
            reader.calls(index);
            reader.request_handlers(index);
        }
        reader.dicts(index);
    }
    reader.prefix_names();
    reader.give_handlers();
}

/// Whether a Python file imports an MCP library.
fn is_connector_code(unit: &Unit) -> bool {
    unit.language == Language::Python
        && unit.imports.iter().any(|&module| names::is_library(unit.text(module)))
}

/// Functions that answer for all tools, prompts or resources of a low-level server.
#[derive(Default)]
struct Handlers {
    tools: Vec<Handler>,
    prompts: Vec<Handler>,
    resources: Vec<Handler>,
    /// Where tools are listed.
    lists: Vec<Place>,
    /// Tools, prompts and resources built by constructor, by position: they share the handlers.
    built_tools: Vec<(usize, usize)>,
    built_prompts: Vec<(usize, usize)>,
    built_resources: Vec<(usize, usize)>,
}

struct Reader<'a, 'c> {
    code: &'a Code,
    look: &'a Look<'a>,
    meanings: &'a Meanings<'a>,
    connector: &'c mut Connector,
    handlers: Handlers,
    mounts: Mounts,
}

/// One registration: what is registered, with which arguments, and the function behind it.
struct Registration<'a> {
    kind: Registers,
    /// The call that carries name and description; none for a bare decorator.
    call: Option<(Place, &'a Call)>,
    /// The function, as it is written.
    function: Place,
    /// Where it stands.
    at: Place,
    /// The server that it registers with.
    server: Option<Place>,
}

impl<'a> Reader<'a, '_> {
    /// `@mcp.tool()`, `@server.list_tools()`, … on functions.
    fn decorated(&mut self, index: usize) {
        let unit: &'a Unit = &self.code.units[index];
        for function in &unit.functions {
            for &decorator in &function.decorators {
                let place = Place::new(index, decorator);
                let call = self.look.call(&place);
                let target = call.map_or(decorator, |call| call.callee);
                let Some(kind) = registers(self.look, &place.at(target)) else { continue };
                let here = Place::new(index, function.node);
                let call = call.map(|call| (place, call));
                let server = self.server(&Place::new(index, target));
                self.register(&Registration { kind, call, function: here.clone(), at: here, server });
            }
        }
    }

    /// `mcp.tool()(f)`, `mcp.tool(f)`, `mcp.add_tool(f)`, `Tool(...)`, `FastMCP(..., instructions=...)`.
    fn calls(&mut self, index: usize) {
        let unit: &'a Unit = &self.code.units[index];
        for call in &unit.calls {
            let place = Place::new(index, call.node);
            if let Some(inner) = self.look.call(&place.at(call.callee)) {
                self.applied(&place, call, inner);
            } else if let Some(kind) = registers(self.look, &place.at(call.callee)) {
                self.direct(&place, call, kind);
            } else {
                self.constructed(&place, call);
                self.mount(&place, call);
            }
        }
    }

    /// `mcp.tool(name="x")(f)`.
    fn applied(&mut self, place: &Place, outer: &'a Call, inner: &'a Call) {
        let Some(kind) = registers(self.look, &place.at(inner.callee)) else { return };
        let unit = self.look.unit(place);
        let Some(&argument) = unit.list(outer.arguments).first() else { return };
        let call = Some((place.at(inner.node), inner));
        let server = self.server(&place.at(inner.callee));
        let (function, at) = (place.at(argument), place.clone());
        self.register(&Registration { kind, call, function, at, server });
    }

    /// `mcp.tool(f)`, `mcp.add_tool(f, name="x")`.
    fn direct(&mut self, place: &Place, call: &'a Call, kind: Registers) {
        let unit = self.look.unit(place);
        let Some(&argument) = unit.list(call.arguments).first() else { return };
        self.look.refill();
        let argument = place.at(argument);
        let made = self.look.places(&argument).iter().any(|found| {
            let call = self.look.call(found);
            call.is_some_and(|call| builds(self.look, &found.at(call.callee)).is_some())
        });
        let function = self.meanings.function(&argument, 0).is_some();
        // A tool object is read where it is built; text is the name in a decorator's own call.
        if (kind == Registers::AddedTool && !made) || function {
            let server = self.server(&place.at(call.callee));
            let call = Some((place.clone(), call));
            self.register(&Registration { kind, call, function: argument, at: place.clone(), server });
        }
    }

    /// `mcp` of `mcp.tool`.
    fn server(&self, callee: &Place) -> Option<Place> {
        match self.look.value(callee) {
            Value::Member { object, .. } => Some(callee.at(object)),
            _ => None,
        }
    }

    fn register(&mut self, registration: &Registration<'a>) {
        match registration.kind {
            Registers::Tool | Registers::AddedTool | Registers::Prompt | Registers::Resource => {
                if let Err(why) = self.settle(registration, 0) {
                    self.unread(&registration.at, why);
                }
            }
            Registers::ToolList => self.handlers.lists.push(registration.at.clone()),
            Registers::ToolCalls => self.handlers.tools.extend(self.shared(registration)),
            Registers::PromptCalls => self.handlers.prompts.extend(self.shared(registration)),
            Registers::ResourceCalls => self.handlers.resources.extend(self.shared(registration)),
        }
    }

    fn shared(&self, registration: &Registration<'a>) -> Option<Handler> {
        self.look.refill();
        let (unit, function) = self.meanings.function(&registration.function, 0)?;
        Some(Handler { unit, function, validated: false, shared: true })
    }

    /// `app.request_handlers[ListToolsRequest] = f`.
    fn request_handlers(&mut self, index: usize) {
        let unit: &'a Unit = &self.code.units[index];
        let Some(member) = unit.strings.find("request_handlers") else { return };
        for (position, node) in unit.nodes.iter().enumerate() {
            let Value::With { object, key: Strings::ELEMENT, value } = node.value else { continue };
            let Value::Member { name, .. } = unit.value(object) else { continue };
            // The front end lowers the key directly before the assignment.
            let Some(key) = position.checked_sub(1).map(|before| unit.nodes[before].value) else { continue };
            let (Value::Member { name: request, .. } | Value::Import { name: request, .. }) = key else {
                continue;
            };
            if name != member {
                continue;
            }
            let place = Place::new(index, value);
            let kind = match unit.text(request) {
                "ListToolsRequest" => Registers::ToolList,
                "CallToolRequest" => Registers::ToolCalls,
                "GetPromptRequest" => Registers::PromptCalls,
                "ReadResourceRequest" => Registers::ResourceCalls,
                _ => continue,
            };
            self.register(&Registration {
                kind,
                call: None,
                function: place.clone(),
                at: place,
                server: None,
            });
        }
    }

    /// Instructions of `FastMCP("name", instructions="...")`: they reach the model.
    fn instructions(&mut self, place: &Place, call: &Call, position: Option<usize>) {
        let named = keyword(self.look, place, call, "instructions");
        let at = named.or_else(|| positional(self.look, place, call, position?));
        let Some(at) = at else { return };
        self.look.refill();
        if let Some(text) = literal::text(self.look, &at) {
            let location = Some(self.location(place));
            self.connector.instructions.push(Described { text: Untrusted::new(text), location });
        }
    }

    fn location(&self, at: &Place) -> Location {
        place(self.look.unit(at), at.node)
    }

    fn unread(&mut self, place: &Place, why: &str) {
        let why = if self.look.gave_up() { "its values are too many to follow" } else { why };
        let location = self.location(place);
        self.connector.registrations.unread.push((location, why.to_owned()));
    }

    /// Gives what a low-level server lists the functions that answer for it.
    fn give_handlers(&mut self) {
        let handlers = std::mem::take(&mut self.handlers);
        let nearest = |all: &[Handler], unit: usize| {
            all.iter().find(|handler| handler.unit == unit).or_else(|| all.first()).copied()
        };
        for &(position, unit) in &handlers.built_tools {
            self.connector.tools[position].handler =
                self.connector.tools[position].handler.or_else(|| nearest(&handlers.tools, unit));
        }
        for &(position, unit) in &handlers.built_prompts {
            self.connector.prompts[position].handler = nearest(&handlers.prompts, unit);
        }
        for &(position, unit) in &handlers.built_resources {
            self.connector.resources[position].handler = nearest(&handlers.resources, unit);
        }
        if handlers.built_tools.is_empty() {
            for list in &handlers.lists {
                self.look.refill();
                self.unread(list, "the list of tools is made at run time");
            }
        }
    }
}

/// A keyword argument of a call.
fn keyword(look: &Look<'_>, place: &Place, call: &Call, name: &str) -> Option<Place> {
    let unit = look.unit(place);
    let entry = unit.entries(call.keywords).iter().find(|entry| unit.text(entry.key) == name)?;
    Some(place.at(entry.value))
}

/// A positional argument of a call.
fn positional(look: &Look<'_>, place: &Place, call: &Call, position: usize) -> Option<Place> {
    let node: NodeId = *look.unit(place).list(call.arguments).get(position)?;
    Some(place.at(node))
}
