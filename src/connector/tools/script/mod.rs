//! Registrations in JavaScript and TypeScript: calls, list handlers, tool objects and tool classes.

mod elements;
mod shapes;
mod values;

use std::collections::BTreeSet;

use super::{annotations, schema};
use crate::{
    artifact::Language,
    code::{
        Code,
        flow::{Flow, Role},
        graph::{Call, CallId, ExitKind, Form, FunctionId, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    connector::{Connector, Described, Handler, Prompt, Resource, Tool},
    finding::Location,
    untrusted::Untrusted,
};
use elements::elements;
use values::{
    described, handler, is_name, looks_like_registration, member, method_of, root_of, text_of, tool_object,
};

/// Longest tool name that is believed.
const LONGEST_NAME: usize = 128;
/// Elements or callers that one registration is repeated for.
const MOST_REPEATS: usize = 400;
/// Functions and loops that a registration may stand in, one inside another.
const DEEPEST: u32 = 3;

/// Reads every registration in script files.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    if !code.units.iter().any(|unit| unit.language != Language::Python) {
        return;
    }
    let resolver = Resolver::new(code);
    let flow = Flow::new(&resolver);
    let mut reader = Reader { code, flow: &flow, connector, names: BTreeSet::new() };
    for (index, unit) in code.units.iter().enumerate() {
        if unit.language != Language::Python {
            reader.calls(&resolver, u32::try_from(index).unwrap_or(u32::MAX));
        }
    }
    for (index, unit) in code.units.iter().enumerate() {
        if unit.language != Language::Python {
            reader.objects(&resolver, u32::try_from(index).unwrap_or(u32::MAX));
            reader.classes(&resolver, u32::try_from(index).unwrap_or(u32::MAX));
        }
    }
}

struct Reader<'a, 'c> {
    code: &'a Code,
    flow: &'a Flow<'a>,
    connector: &'c mut Connector,
    /// Names found by registration: object literals with these names are the same tools.
    names: BTreeSet<String>,
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
    ResourceCall,
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "tool" => Kind::ToolCall,
        "registerTool" | "registerAppTool" => Kind::ToolConfig,
        "addTool" => Kind::ToolObject,
        "prompt" => Kind::PromptCall,
        "registerPrompt" => Kind::PromptConfig,
        "resource" | "registerResource" => Kind::ResourceCall,
        _ => return None,
    })
}

impl Reader<'_, '_> {
    fn calls(&mut self, resolver: &Resolver<'_>, index: u32) {
        let unit = &self.code.units[index as usize];
        let handler_name = unit.strings.find("setRequestHandler");
        for (position, call) in unit.calls.iter().enumerate() {
            let id = CallId(u32::try_from(position).unwrap_or(u32::MAX));
            match unit.value(call.callee) {
                Value::Member { name, .. } if Some(name) == handler_name => {
                    self.request_handler(resolver, index, call);
                }
                Value::Member { name, .. } => {
                    if let Some(kind) = kind_of(unit.text(name)) {
                        self.registration(resolver, index, id, kind, 0);
                    }
                }
                _ => {}
            }
            self.server(resolver, index, call);
        }
    }

    /// `new McpServer({name, …}, {instructions})`: the instructions reach the model.
    fn server(&mut self, resolver: &Resolver<'_>, index: u32, call: &Call) {
        let unit = &self.code.units[index as usize];
        if call.form != Form::New || unit.strings.find("instructions").is_none() {
            return;
        }
        for &argument in unit.list(call.arguments).iter().take(2) {
            let at = At { unit: index, node: argument };
            if let Some(text) = member(resolver, at, "instructions").and_then(|at| text_of(resolver, at)) {
                let location = Some(place(unit, call.node));
                self.connector.instructions.push(Described { text: Untrusted::new(text), location });
            }
        }
    }

    // ---- registration calls ------------------------------------------------------------------

    fn registration(&mut self, resolver: &Resolver<'_>, index: u32, id: CallId, kind: Kind, level: u32) {
        let unit = &self.code.units[index as usize];
        let call = unit.call(id);
        let arguments: Vec<At> =
            unit.list(call.arguments).iter().map(|&node| At { unit: index, node }).collect();
        let Some(&first) = arguments.first() else { return };
        if !looks_like_registration(resolver, kind, &arguments) {
            return;
        }
        let name_at = if kind == Kind::ToolObject { member(resolver, first, "name") } else { Some(first) };
        let name = name_at.and_then(|at| resolver.text(at)).filter(|name| is_name(name, kind));
        let Some(name) = name else {
            let repeated =
                level < DEEPEST && self.repeat(resolver, index, id, kind, name_at.unwrap_or(first), level);
            if !repeated && level == 0 && kind != Kind::ResourceCall {
                self.unread(place(unit, call.node), "the name is computed at run time");
            }
            return;
        };
        let location = Some(place(unit, call.node));
        self.connector.registrations.read += 1;
        match kind {
            Kind::ToolCall => self.tool_call(resolver, name, location, &arguments),
            Kind::ToolConfig => self.tool_config(resolver, name, location, &arguments),
            Kind::ToolObject => {
                if let Some(tool) = tool_object(resolver, first, location, true) {
                    self.push(tool);
                }
            }
            Kind::PromptCall | Kind::PromptConfig => self.prompt(resolver, name, location, &arguments),
            Kind::ResourceCall => self.resource(resolver, name, location, &arguments),
        }
    }

    /// `tool(name, [description], [schema], [annotations], handler)`.
    fn tool_call(
        &mut self,
        resolver: &Resolver<'_>,
        name: String,
        location: Option<Location>,
        arguments: &[At],
    ) {
        let mut tool = Tool { name: Untrusted::new(name), location, ..Tool::default() };
        let last = arguments.len() - 1;
        for (position, &at) in arguments.iter().enumerate().skip(1) {
            if position == last
                && let Some(handler) = handler(resolver, at, true)
            {
                tool.handler = Some(handler);
                break;
            }
            if position == 1
                && let Some(text) = text_of(resolver, at)
            {
                tool.description = Some(Untrusted::new(text));
                continue;
            }
            let literal = literal::evaluate(resolver, at).map(|literal| literal.json);
            let hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title"];
            let is_annotations =
                literal.as_ref().is_some_and(|json| hints.iter().any(|hint| json.get(hint).is_some()))
                    && tool.annotations == super::Annotations::default();
            if is_annotations
                && schema::read(resolver, at).is_none_or(|schema| schema.get("properties").is_none())
            {
                tool.annotations = annotations(literal.as_ref());
                tool.title = literal.as_ref().and_then(|json| super::text(json, "title"));
            } else if tool.input.is_none() {
                tool.input = schema::read(resolver, at);
            }
        }
        self.push(tool);
    }

    /// `registerTool(name, {title, description, inputSchema, outputSchema, annotations}, handler)`.
    fn tool_config(
        &mut self,
        resolver: &Resolver<'_>,
        name: String,
        location: Option<Location>,
        arguments: &[At],
    ) {
        let mut tool = arguments.get(1).map(|&config| described(resolver, config)).unwrap_or_default();
        tool.name = Untrusted::new(name);
        tool.location = location;
        tool.handler = arguments.get(2).and_then(|&at| handler(resolver, at, true));
        self.push(tool);
    }

    fn prompt(
        &mut self,
        resolver: &Resolver<'_>,
        name: String,
        location: Option<Location>,
        arguments: &[At],
    ) {
        let config = arguments.get(1).copied();
        let description = config
            .and_then(|at| {
                text_of(resolver, at)
                    .or_else(|| member(resolver, at, "description").and_then(|at| text_of(resolver, at)))
            })
            .map(Untrusted::new);
        let shape = config
            .and_then(|at| member(resolver, at, "argsSchema"))
            .or_else(|| arguments.get(arguments.len().saturating_sub(2)).copied());
        let names = shape
            .and_then(|at| schema::read(resolver, at))
            .and_then(|schema| schema.get("properties").and_then(|found| found.as_object().cloned()))
            .map(|found| found.keys().map(Untrusted::new).collect());
        self.connector.prompts.push(Prompt {
            name: Untrusted::new(name),
            description,
            arguments: names.unwrap_or_default(),
            text: None,
            location,
            handler: arguments.last().and_then(|&at| handler(resolver, at, true)),
        });
    }

    fn resource(
        &mut self,
        resolver: &Resolver<'_>,
        name: String,
        location: Option<Location>,
        arguments: &[At],
    ) {
        let uri = arguments.get(1).and_then(|&at| {
            text_of(resolver, at).or_else(|| {
                // `new ResourceTemplate("scheme://{x}", …)`
                let definitions = resolver.definitions(at);
                let unit = resolver.unit(*definitions.first()?);
                let Value::Call(call) = resolver.value(*definitions.first()?) else { return None };
                let node = *unit.list(unit.call(call).arguments).first()?;
                text_of(resolver, At { unit: definitions.first()?.unit, node })
            })
        });
        let description = arguments
            .get(2)
            .and_then(|&at| member(resolver, at, "description"))
            .and_then(|at| text_of(resolver, at));
        self.connector.resources.push(Resource {
            name: Untrusted::new(name),
            uri: uri.map(Untrusted::new),
            description: description.map(Untrusted::new),
            location,
            handler: arguments.last().and_then(|&at| handler(resolver, at, true)),
        });
    }

    /// Reads a registration once for each call of the function, or element of the loop, that it
    /// stands in. Says whether any of these gave a name.
    fn repeat(
        &mut self,
        resolver: &Resolver<'_>,
        index: u32,
        id: CallId,
        kind: Kind,
        name: At,
        level: u32,
    ) -> bool {
        let before = self.connector.registrations.read;
        for bound in self.bindings(resolver, name).into_iter().take(MOST_REPEATS) {
            let bound: Vec<(At, At)> = resolver.bound().chain(bound).collect();
            let inner = Resolver::binding(self.code, bound);
            self.registration(&inner, index, id, kind, level + 1);
        }
        self.connector.registrations.read > before
    }

    /// What the root of a computed name can be: for a parameter the arguments of each call, for a
    /// loop variable each element.
    fn bindings(&self, resolver: &Resolver<'_>, name: At) -> Vec<Vec<(At, At)>> {
        let Some(root) = root_of(resolver, name) else { return Vec::new() };
        let unit = resolver.unit(root);
        match unit.value(root.node) {
            Value::Item(collection) => elements(resolver, At { unit: root.unit, node: collection })
                .into_iter()
                .map(|element| element.bind(root))
                .collect(),
            Value::Parameter(function, _) => self.bind_parameters(resolver, root.unit, function),
            _ => Vec::new(),
        }
    }

    fn bind_parameters(
        &self,
        resolver: &Resolver<'_>,
        unit: u32,
        function: FunctionId,
    ) -> Vec<Vec<(At, At)>> {
        let file = &self.code.units[unit as usize];
        let parameters = &file.function(function).parameters;
        let mut found = Vec::new();
        for caller in self.flow.callers(unit, function) {
            let calling = &self.code.units[caller.unit as usize];
            let call = calling.call(caller.call);
            match caller.role {
                Role::Callee => {
                    let arguments = calling.list(call.arguments);
                    let bound = parameters.iter().zip(arguments).map(|(parameter, &argument)| {
                        (At { unit, node: parameter.node }, At { unit: caller.unit, node: argument })
                    });
                    found.push(bound.collect());
                }
                // `tools.forEach((tool) => …)`
                Role::Callback(0) => {
                    let Value::Member { object, name } = calling.value(call.callee) else { continue };
                    if !matches!(calling.text(name), "forEach" | "map" | "flatMap" | "filter") {
                        continue;
                    }
                    let Some(parameter) = parameters.first() else { continue };
                    for element in elements(resolver, At { unit: caller.unit, node: object }) {
                        found.push(element.bind(At { unit, node: parameter.node }));
                    }
                }
                Role::Callback(_) => {}
            }
        }
        found
    }

    // ---- list and call handlers --------------------------------------------------------------

    fn request_handler(&mut self, resolver: &Resolver<'_>, index: u32, call: &Call) {
        let unit = &self.code.units[index as usize];
        let [request, answer, ..] = unit.list(call.arguments) else { return };
        let Some(method) = method_of(resolver, At { unit: index, node: *request }) else { return };
        let answer = At { unit: index, node: *answer };
        let location = place(unit, call.node);
        let Some(function) = handler(resolver, answer, false) else {
            if method.ends_with("/list") || method == "tools/call" {
                self.unread(location, "the handler is computed at run time");
            }
            return;
        };
        match method.as_str() {
            "tools/call" => self.connector.dispatchers.push(function),
            "tools/list" => self.listed(resolver, function, "tools", &location),
            "prompts/list" => self.listed(resolver, function, "prompts", &location),
            "resources/list" => self.listed(resolver, function, "resources", &location),
            "resources/templates/list" => self.listed(resolver, function, "resourceTemplates", &location),
            _ => {}
        }
    }

    fn listed(&mut self, resolver: &Resolver<'_>, function: Handler, what: &str, location: &Location) {
        let before = self.connector.registrations.read;
        let unit_index = u32::try_from(function.unit).unwrap_or(u32::MAX);
        let unit = &self.code.units[function.unit];
        let mut seen = 0;
        for exit in &unit.function(function.function).exits {
            if exit.kind != ExitKind::Return {
                continue;
            }
            let Some(list) = member(resolver, At { unit: unit_index, node: exit.value }, what) else {
                continue;
            };
            for element in elements(resolver, list) {
                seen += 1;
                if element.bound.is_empty() {
                    self.element(resolver, element.at, what);
                } else {
                    let inner = Resolver::binding(self.code, resolver.bound().chain(element.bound));
                    self.element(&inner, element.at, what);
                }
            }
        }
        if self.connector.registrations.read == before {
            let why =
                if seen == 0 { "the list is computed at run time" } else { "names are computed at run time" };
            self.unread(location.clone(), why);
        }
    }

    fn element(&mut self, resolver: &Resolver<'_>, element: At, what: &str) {
        let location = Some(place(resolver.unit(element), element.node));
        let name = member(resolver, element, "name").and_then(|at| resolver.text(at));
        let Some(name) = name.filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME) else { return };
        self.connector.registrations.read += 1;
        let field = |name: &str| {
            member(resolver, element, name).and_then(|at| text_of(resolver, at)).map(Untrusted::new)
        };
        match what {
            "tools" => {
                if let Some(tool) = tool_object(resolver, element, location, false) {
                    self.push(tool);
                }
            }
            "prompts" => self.connector.prompts.push(Prompt {
                name: Untrusted::new(name),
                description: field("description"),
                location,
                ..Prompt::default()
            }),
            _ => self.connector.resources.push(Resource {
                name: Untrusted::new(name),
                uri: field("uri").or_else(|| field("uriTemplate")),
                description: field("description"),
                location,
                handler: None,
            }),
        }
    }

    fn push(&mut self, tool: Tool) {
        self.names.insert(tool.name.raw().to_owned());
        self.connector.tools.push(tool);
    }

    fn unread(&mut self, location: Location, why: &str) {
        self.connector.registrations.unread.push((location, why.to_owned()));
    }
}
