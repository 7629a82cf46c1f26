//! Registrations in JavaScript and TypeScript: calls, list handlers, decorators, tool objects and
//! tool classes.

mod decorators;
mod elsewhere;
mod registrations;
mod requests;
mod shapes;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;

use super::{
    look::{Look, Place},
    meanings::Meanings,
};
use crate::{
    artifact::Language,
    code::{
        Code,
        flow::Flow,
        graph::{Call, Form, Unit, Value},
        resolve::{Resolver, place},
    },
    connector::{Connector, Described, Handler, Tool},
    finding::Location,
    untrusted::Untrusted,
};
use values::{member, words};

/// Longest tool name that is believed.
const LONGEST_NAME: usize = 128;
/// Functions and loops that a registration may stand in, one inside another.
const DEEPEST: u32 = 3;

/// Reads every registration in script files: of those that the package loads, else of its tests.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    let scripts: Vec<usize> = (0..code.units.len()).filter(|&index| is_script(&code.units[index])).collect();
    if scripts.is_empty() {
        return;
    }
    let resolver = Resolver::new(code);
    let flow = Flow::new(&resolver);
    let look = Look::new(code);
    let meanings = Meanings::new(code, &look, &flow);
    let (idle, loaded): (Vec<usize>, Vec<usize>) =
        scripts.iter().partition(|&&index| code.idle.get(index).copied().unwrap_or(false));
    for units in [loaded, idle] {
        let mut reader = Reader {
            code,
            look: &look,
            meanings: &meanings,
            connector: &mut *connector,
            names: BTreeSet::new(),
            seen: BTreeSet::new(),
            reads: 0,
            listed: Vec::new(),
            answers: Vec::new(),
        };
        reader.all(&units);
        let registrations = &connector.registrations;
        if registrations.read > 0 || !registrations.unread.is_empty() {
            break;
        }
    }
    if connector.tools.is_empty() {
        connector.registrations.elsewhere = elsewhere::suppliers(code);
    }
}

fn is_script(unit: &Unit) -> bool {
    matches!(unit.language, Language::JavaScript | Language::TypeScript)
}

struct Reader<'a, 'c> {
    code: &'a Code,
    look: &'a Look<'a>,
    meanings: &'a Meanings<'a>,
    connector: &'c mut Connector,
    /// Names found by registration: object literals with these names are the same tools.
    names: BTreeSet<String>,
    /// What was read: packages that ship several builds register everything several times.
    seen: BTreeSet<(&'static str, String)>,
    /// How often something was read.
    reads: usize,
    /// Tools that a list handler or nothing but their shape shows, by position among the connector's tools.
    listed: Vec<usize>,
    /// Functions that answer `tools/call` for all tools.
    answers: Vec<Handler>,
}

/// What a registration call registers.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    /// `tool(name, …, handler)`.
    ToolCall,
    /// `registerTool(name, {…}, handler)`.
    ToolConfig,
    /// `addTool({name, …})`.
    ToolObject,
    PromptCall,
    PromptConfig,
    PromptObject,
    ResourceCall,
    ResourceObject,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "tool" => Self::ToolCall,
            "registerTool" | "registerAppTool" | "registerToolTask" => Self::ToolConfig,
            "addTool" | "mcpAddTool" => Self::ToolObject,
            "prompt" => Self::PromptCall,
            "registerPrompt" => Self::PromptConfig,
            "addPrompt" | "mcpAddPrompt" => Self::PromptObject,
            "resource" | "registerResource" => Self::ResourceCall,
            "addResource" | "addResourceTemplate" | "mcpAddResource" => Self::ResourceObject,
            _ => return None,
        })
    }

    fn what(self) -> &'static str {
        match self {
            Self::ToolCall | Self::ToolConfig | Self::ToolObject => "tools",
            Self::PromptCall | Self::PromptConfig | Self::PromptObject => "prompts",
            Self::ResourceCall | Self::ResourceObject => "resources",
        }
    }

    fn is_tool(self) -> bool {
        matches!(self, Self::ToolCall | Self::ToolConfig | Self::ToolObject)
    }
}

impl<'a> Reader<'a, '_> {
    fn all(&mut self, units: &[usize]) {
        let mut requests = Vec::new();
        for &index in units {
            self.calls(index, &mut requests);
        }
        let (calls, lists): (Vec<_>, Vec<_>) =
            requests.into_iter().partition(|(place, call)| self.is_answer(place, call));
        for (place, call) in calls.into_iter().chain(lists) {
            self.request(&place, call);
        }
        let strict = !self.names.is_empty();
        let connector_code = units.iter().any(|&index| is_connector_code(&self.code.units[index]));
        for &index in units {
            self.objects(index, strict);
            self.classes(index);
            if connector_code {
                self.dictionaries(index);
            }
        }
        self.give_answers();
    }

    /// Calls of one file; requests are kept for when all registrations are read.
    fn calls(&mut self, index: usize, requests: &mut Vec<(Place, &'a Call)>) {
        let unit: &'a Unit = &self.code.units[index];
        let handler_name = unit.strings.find("setRequestHandler");
        for call in &unit.calls {
            let place = Place::new(index, call.node);
            match unit.value(call.callee) {
                Value::Member { name, .. } if Some(name) == handler_name => {
                    requests.push((place.clone(), call));
                }
                Value::Member { name, .. } => {
                    if let Some(kind) = Kind::of(unit.text(name)) {
                        self.registration(&place, call, kind, 0);
                    }
                }
                Value::Variable(_) | Value::Import { .. } => self.imported(&place, call),
                _ => {}
            }
            self.server(&place, call);
            self.decorator(&place, call);
        }
    }

    /// `new McpServer({name, …}, {instructions})`: the instructions reach the model.
    fn server(&mut self, place: &Place, call: &Call) {
        let unit = self.look.unit(place);
        if call.form != Form::New || unit.strings.find("instructions").is_none() {
            return;
        }
        self.look.refill();
        for &argument in unit.list(call.arguments).iter().take(2) {
            let said = member(self.look, &place.at(argument), "instructions");
            if let Some(text) = said.and_then(|at| words(self.look, &at)) {
                let location = Some(self.location(place));
                self.connector.instructions.push(Described { text: Untrusted::new(text), location });
            }
        }
    }

    fn location(&self, at: &Place) -> Location {
        place(self.look.unit(at), at.node)
    }

    /// Counts something that was read; the same thing again does not count.
    fn count(&mut self, what: &'static str, name: &str) {
        self.reads += 1;
        if self.seen.insert((what, name.to_owned())) {
            self.connector.registrations.read += 1;
        }
    }

    fn push(&mut self, tool: Tool) {
        self.names.insert(tool.name.raw().to_owned());
        self.connector.tools.push(tool);
    }

    fn unread(&mut self, at: &Place, why: &str) {
        let why = if self.look.gave_up() { "its values are too many to follow" } else { why };
        let location = self.location(at);
        self.connector.registrations.unread.push((location, why.to_owned()));
    }
}

/// Whether a script imports an MCP library.
fn is_connector_code(unit: &Unit) -> bool {
    unit.imports.iter().any(|&module| {
        let module = unit.text(module);
        !module.starts_with('.') && module.contains("mcp") || module.contains("modelcontextprotocol")
    })
}
