//! Tools, prompts and resources of Go servers: definitions made by a library's constructors or as
//! literals of its types, and the functions that are registered with them.

mod options;
mod schema;

use std::collections::BTreeMap;

use super::annotations;
use crate::{
    artifact::Language,
    code::{
        Code,
        graph::{Call, ExitKind, FunctionId, NodeId, Unit, Value},
        resolve::{At, Resolver, place},
    },
    connector::{Connector, Described, Handler, Prompt, Resource, Tool},
    untrusted::Untrusted,
};

/// Definitions kept of one package.
const MOST: usize = 5_000;
/// Options that carry the text for the model.
const DESCRIPTIONS: &[&str] =
    &["WithDescription", "WithPromptDescription", "WithResourceDescription", "WithTemplateDescription"];

/// What a definition defines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Tool,
    Prompt,
    Resource,
}

/// A definition and the function that answers for it.
struct Definition {
    at: At,
    kind: Kind,
    handler: Option<(u32, FunctionId)>,
    /// Whether the library checks the arguments before it calls the function.
    validated: bool,
}

/// Reads every definition in Go files.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    if !code.units.iter().any(|unit| unit.language == Language::Go) {
        return;
    }
    let resolver = Resolver::new(code);
    let reader = Reader { code, resolver: &resolver };
    let mut definitions = reader.definitions();
    reader.handlers(&mut definitions);
    for definition in definitions.values() {
        reader.add(definition, connector);
    }
    reader.instructions(connector);
}

struct Reader<'a> {
    code: &'a Code,
    resolver: &'a Resolver<'a>,
}

impl<'a> Reader<'a> {
    fn units(&self) -> impl Iterator<Item = (u32, &'a Unit)> {
        let own = |unit: &&Unit| unit.language == Language::Go && !unit.bundled;
        let numbered = self.code.units.iter().enumerate().filter(move |(_, unit)| own(unit));
        numbered
            .map(|(index, unit)| (u32::try_from(index).unwrap_or(u32::MAX), unit))
            .filter(|&(index, _)| !self.code.idle.get(index as usize).copied().unwrap_or(false))
    }

    /// Module and name of what is called, where an MCP library gives it.
    fn library(&self, unit: u32, call: &Call) -> Option<String> {
        let names = self.resolver.callee_names(At { unit, node: call.callee });
        names.into_iter().find_map(|name| {
            let (module, function) = name.rsplit_once('.')?;
            module.contains("mcp").then(|| function.to_owned())
        })
    }

    fn definitions(&self) -> BTreeMap<At, Definition> {
        let mut found = BTreeMap::new();
        for (index, unit) in self.units() {
            for call in &unit.calls {
                if found.len() >= MOST {
                    return found;
                }
                let Some(name) = self.library(index, call) else { continue };
                let kind = match name.as_str() {
                    "NewTool" | "Tool" | "NewToolWithRawSchema" => Kind::Tool,
                    "NewPrompt" | "Prompt" => Kind::Prompt,
                    "NewResource" | "Resource" | "NewResourceTemplate" | "ResourceTemplate" => Kind::Resource,
                    _ => continue,
                };
                let at = At { unit: index, node: call.node };
                found.insert(at, Definition { at, kind, handler: None, validated: false });
            }
        }
        found
    }

    /// A call that is given a definition and a function registers the one with the other; so does a
    /// function that gives back both.
    fn handlers(&self, definitions: &mut BTreeMap<At, Definition>) {
        for (index, unit) in self.units() {
            for call in &unit.calls {
                let values = unit.list(call.arguments).iter().copied();
                let values = values.chain(unit.entries(call.keywords).iter().map(|entry| entry.value));
                let values: Vec<NodeId> = values.take(8).collect();
                let Some((definition, function)) = self.registered(index, &values, definitions) else {
                    continue;
                };
                let name = self.library(index, call);
                if let Some(known) = definitions.get_mut(&definition) {
                    known.handler.get_or_insert(function);
                    known.validated |= name.as_deref() == Some("AddTool") && self.is_typed(function);
                }
            }
            for function in &unit.functions {
                let given: Vec<NodeId> = function
                    .exits
                    .iter()
                    .filter(|exit| exit.kind == ExitKind::Return)
                    .map(|exit| exit.value)
                    .take(8)
                    .collect();
                if let Some((definition, handler)) = self.registered(index, &given, definitions)
                    && let Some(known) = definitions.get_mut(&definition)
                {
                    known.handler.get_or_insert(handler);
                }
            }
        }
    }

    /// The one definition and the one function among some values.
    fn registered(
        &self,
        unit: u32,
        values: &[NodeId],
        definitions: &BTreeMap<At, Definition>,
    ) -> Option<(At, (u32, FunctionId))> {
        let mut found: Vec<At> = Vec::new();
        let mut function = None;
        for &node in values {
            for &value in self.resolver.definitions(At { unit, node }).iter() {
                if definitions.contains_key(&value) {
                    if !found.contains(&value) {
                        found.push(value);
                    }
                } else {
                    function = function.or_else(|| self.function(value, 0));
                }
            }
        }
        let &[definition] = found.as_slice() else { return None };
        Some((definition, function?))
    }

    /// The function behind a value, through wrapper calls.
    fn function(&self, at: At, level: u32) -> Option<(u32, FunctionId)> {
        let unit = self.resolver.unit(at);
        match unit.value(at.node) {
            Value::Function(function) if function != FunctionId(0) => Some((at.unit, function)),
            Value::Call(call) if level < 2 => unit.list(unit.call(call).arguments).iter().find_map(|&node| {
                let definitions = self.resolver.definitions(At { unit: at.unit, node });
                definitions.iter().find_map(|&definition| self.function(definition, level + 1))
            }),
            _ => None,
        }
    }

    /// Whether a function gets its arguments as a struct, as the third parameter.
    fn is_typed(&self, function: (u32, FunctionId)) -> bool {
        self.code.units[function.0 as usize].function(function.1).parameters.len() > 2
    }

    fn add(&self, definition: &Definition, connector: &mut Connector) {
        let At { unit: index, node } = definition.at;
        let unit = &self.code.units[index as usize];
        let Value::Call(id) = unit.value(node) else { return };
        let call = unit.call(id);
        let location = place(unit, node);
        let position = usize::from(definition.kind == Kind::Resource);
        let Some(name) = self.given(index, call, position, &["Name"]) else {
            if call.arguments.len + call.keywords.len > 0 {
                connector.registrations.unread.push((location, "its name is not constant".to_owned()));
            }
            return;
        };
        connector.registrations.read += 1;
        let name = Untrusted::new(name);
        let handler = definition.handler.map(|(unit, function)| Handler {
            unit: unit as usize,
            function,
            validated: definition.validated,
            shared: false,
        });
        let description = self
            .option_text(index, call, DESCRIPTIONS)
            .or_else(|| self.keyword_text(index, call, "Description"))
            .map(Untrusted::new);
        let location = Some(location);
        match definition.kind {
            Kind::Tool => {
                let mut tool = self.tool(index, call, definition);
                (tool.name, tool.location, tool.handler) = (name, location, handler);
                tool.description = description.or(tool.description);
                connector.tools.push(tool);
            }
            Kind::Prompt => {
                let arguments = self.options(index, call, "WithArgument");
                let arguments = arguments.into_iter().map(|(name, _)| Untrusted::new(name)).collect();
                connector.prompts.push(Prompt {
                    name,
                    description,
                    arguments,
                    text: None,
                    location,
                    handler,
                });
            }
            Kind::Resource => {
                let uri = self.given(index, call, 0, &["URI", "URITemplate"]).map(Untrusted::new);
                connector.resources.push(Resource { name, uri, description, location, handler });
            }
        }
    }

    /// What only tools have.
    fn tool(&self, index: u32, call: &Call, definition: &Definition) -> Tool {
        let raw = self.library(index, call).as_deref() == Some("NewToolWithRawSchema");
        let described = if raw { self.given(index, call, 1, &[]) } else { None };
        let title = self
            .option_text(index, call, &["WithTitleAnnotation"])
            .or_else(|| self.keyword_text(index, call, "Title"));
        Tool {
            title: title.map(Untrusted::new),
            description: described.map(Untrusted::new),
            input: self.schema(index, call, definition),
            annotations: annotations(Some(&self.hints(index, call))),
            ..Tool::default()
        }
    }

    /// `WithInstructions(text)`, `ServerOptions{Instructions: text}`.
    fn instructions(&self, connector: &mut Connector) {
        for (index, unit) in self.units() {
            for call in &unit.calls {
                let text = match self.library(index, call).as_deref() {
                    Some("WithInstructions") => self.given(index, call, 0, &[]),
                    Some("ServerOptions") => self.keyword_text(index, call, "Instructions"),
                    _ => None,
                };
                if let Some(text) = text {
                    let location = Some(place(unit, call.node));
                    connector.instructions.push(Described { text: Untrusted::new(text), location });
                }
            }
        }
    }
}
