//! Functions whose parameters somebody else fills: handlers of tools, prompts, resources and HTTP
//! routes, and commands.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    artifact::Language,
    code::{
        Code,
        flow::reach::Sources,
        graph::{Call, Class, FunctionId, NodeId, Unit, Value},
        resolve::{At, Resolver},
    },
    connector::{Connector, Handler, tools},
};

/// Who fills a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub(super) enum Source {
    /// A model, through a tool, prompt or resource.
    Tool,
    /// Whoever reaches the server's own HTTP endpoints.
    Http,
    /// The person or configuration that starts the program.
    CommandLine,
    /// Code that uses the package as a library: its public functions' arguments.
    Caller,
    /// A credential, from the environment or a request.
    Secret,
    /// A constant where a credential belongs.
    Constant,
    /// What another server answered.
    Fetched,
    /// A name that an archive brings along.
    Archive,
    /// The credential that somebody sends to the server.
    Bearer,
    /// A number that can be guessed.
    Predictable,
    /// A token that a service handed out.
    Token,
    /// Somebody that this package does not show: a parameter of a function that nothing calls.
    Open,
}

impl Source {
    /// Its bit in a set of sources.
    pub(super) fn bit(self) -> Sources {
        1 << match self {
            Self::Tool => 0,
            Self::Http => 1,
            Self::CommandLine => 2,
            Self::Caller => 3,
            Self::Secret => 4,
            Self::Constant => 5,
            Self::Fetched => 6,
            Self::Open => 7,
            Self::Archive => 8,
            Self::Bearer => 9,
            Self::Predictable => 10,
            Self::Token => 11,
        }
    }

    /// Whether it passes through other functions than what somebody chooses.
    pub(super) fn is_special(self) -> bool {
        match self {
            Self::Secret | Self::Constant | Self::Bearer | Self::Predictable | Self::Token => true,
            Self::Tool
            | Self::Http
            | Self::CommandLine
            | Self::Caller
            | Self::Fetched
            | Self::Archive
            | Self::Open => false,
        }
    }

    /// The source that a rule file names.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "tool" => Self::Tool,
            "http" => Self::Http,
            "command-line" => Self::CommandLine,
            "caller" => Self::Caller,
            "secret" => Self::Secret,
            "constant" => Self::Constant,
            "fetched" => Self::Fetched,
            "archive" => Self::Archive,
            "caller-credential" => Self::Bearer,
            "predictable" => Self::Predictable,
            "token" => Self::Token,
            "open" => Self::Open,
            _ => return None,
        })
    }
}

/// A function whose parameters somebody else fills.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Who fills them.
    pub(super) source: Source,
    /// Tools that it answers for, by index in [`Connector::tools`]; empty for prompts, resources
    /// and routes.
    pub(super) tools: Vec<usize>,
    /// What it is called in messages.
    pub(super) label: &'static str,
    /// Whether the values were validated against the schema before.
    pub(super) validated: bool,
    /// Whether it serves several tools, told apart by name.
    pub(super) shared: bool,
}

/// Entry functions by unit and function.
pub(super) struct Entries {
    known: FxHashMap<(u32, FunctionId), Entry>,
    public: FxHashSet<(u32, FunctionId)>,
}

/// Exports of one file looked at.
const MOST_EXPORTS: usize = 1024;

/// Names of parameters that the framework fills, by annotation or name.
const CONTEXT_WORDS: [&str; 11] = [
    "Context",
    "ctx",
    "extra",
    "context",
    "_ctx",
    "_extra",
    "server_context",
    "CancellationToken",
    "HttpClient",
    "IHttpClientFactory",
    "McpServer",
];

impl Entries {
    /// Finds every entry function of a package.
    pub(super) fn new(code: &Code, connector: &Connector, resolver: &Resolver<'_>) -> Self {
        let mut entries = Self { known: FxHashMap::default(), public: FxHashSet::default() };
        for (index, tool) in connector.tools.iter().enumerate() {
            if let Some(handler) = tool.handler {
                entries.tool(handler, Some(index), "tool");
            }
        }
        for prompt in &connector.prompts {
            if let Some(handler) = prompt.handler {
                entries.tool(handler, None, "prompt");
            }
        }
        for resource in &connector.resources {
            if let Some(handler) = resource.handler {
                entries.tool(handler, None, "resource");
            }
        }
        for (index, unit) in code.units.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            for call in &unit.calls {
                entries.call(index, unit, call, resolver);
            }
            for (position, function) in unit.functions.iter().enumerate() {
                let id = FunctionId(u32::try_from(position).unwrap_or(u32::MAX));
                for &decorator in &function.decorators {
                    entries.decorated(index, unit, id, decorator);
                }
            }
            for class in &unit.classes {
                entries.class(index, unit, class);
            }
            let idle = code.idle.get(index as usize).copied().unwrap_or(false);
            let importable =
                matches!(unit.language, Language::JavaScript | Language::TypeScript | Language::Python);
            if connector.tools.is_empty() && !idle && importable {
                entries.exported(index, unit, resolver);
            }
        }
        entries
    }

    /// Public functions of a package that offers no tools of its own: a library.
    fn exported(&mut self, index: u32, unit: &Unit, resolver: &Resolver<'_>) {
        for export in unit.exports.iter().take(MOST_EXPORTS) {
            for &definition in resolver.definitions(At { unit: index, node: export.value }).iter().take(2) {
                if let Value::Function(function) = resolver.value(definition)
                    && function != FunctionId(0)
                {
                    self.public.insert((definition.unit, function));
                }
            }
        }
    }

    /// Whether code that uses the package as a library calls a function.
    pub(super) fn is_public(&self, unit: u32, function: FunctionId) -> bool {
        self.public.contains(&(unit, function))
    }

    /// Methods that a framework calls with what somebody sends: `run` of a tool class, `dispatch` of
    /// a middleware.
    fn class(&mut self, index: u32, unit: &Unit, class: &Class) {
        let based = |words: &[&str]| {
            class.bases.iter().any(|&base| match unit.value(base) {
                Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => {
                    words.iter().any(|word| unit.text(name).ends_with(word))
                }
                Value::Class(base) => unit
                    .class(base)
                    .name
                    .is_some_and(|name| words.iter().any(|word| unit.text(name).ends_with(word))),
                Value::Variable(base) => {
                    let name = unit.variables[base.index()].name;
                    words.iter().any(|word| unit.text(name).ends_with(word))
                }
                _ => false,
            })
        };
        let (tool, web) =
            (based(&["Tool", "ToolHandler", "ToolBase"]), based(&["HTTPMiddleware", "Endpoint"]));
        if !tool && !web {
            return;
        }
        for &(name, function) in &class.methods {
            match unit.text(name) {
                "run" | "execute" | "call" | "invoke" | "_run" | "_arun" | "arun" | "acall" | "handle"
                | "run_tool" | "call_tool" | "forward" | "handler"
                    if tool =>
                {
                    self.add(index, function, Source::Tool, "tool");
                }
                "dispatch" | "get" | "post" | "put" | "delete" | "patch" if web => {
                    self.add(index, function, Source::Http, "route");
                }
                _ => {}
            }
        }
    }

    /// Functions that answer a model or a request, in file and function order.
    pub(super) fn answering(&self) -> Vec<(u32, FunctionId, &Entry)> {
        let mut found: Vec<(u32, FunctionId, &Entry)> = self
            .known
            .iter()
            .filter(|(_, entry)| matches!(entry.source, Source::Tool | Source::Http))
            .map(|(&(unit, function), entry)| (unit, function, entry))
            .collect();
        found.sort_by_key(|&(unit, function, _)| (unit, function));
        found
    }

    /// The entry that a function is.
    pub(super) fn get(&self, unit: u32, function: FunctionId) -> Option<&Entry> {
        self.known.get(&(unit, function))
    }

    fn tool(&mut self, handler: Handler, tool: Option<usize>, label: &'static str) {
        let unit = u32::try_from(handler.unit).unwrap_or(u32::MAX);
        let entry = self.known.entry((unit, handler.function)).or_insert(Entry {
            source: Source::Tool,
            tools: Vec::new(),
            label,
            validated: handler.validated,
            shared: handler.shared,
        });
        entry.tools.extend(tool);
        entry.validated &= handler.validated;
    }

    fn add(&mut self, unit: u32, function: FunctionId, source: Source, label: &'static str) {
        let entry = Entry { source, tools: Vec::new(), label, validated: false, shared: false };
        self.known.entry((unit, function)).or_insert(entry);
    }

    /// `app.get("/path", …, handler)`, `setRequestHandler(CallTool…, handler)`, `createServer(handler)`.
    fn call(&mut self, index: u32, unit: &Unit, call: &Call, resolver: &Resolver<'_>) {
        let name = match unit.value(call.callee) {
            Value::Member { name, .. } | Value::Import { name, .. } => unit.text(name),
            Value::Variable(variable) => unit.text(unit.variables[variable.index()].name),
            _ => return,
        };
        let arguments = unit.list(call.arguments);
        match name {
            "get" | "post" | "put" | "delete" | "patch" | "all" | "use" | "route" => {
                let Some(&first) = arguments.first() else { return };
                let routed = matches!(unit.value(first), Value::Text(text) if unit.text(text).starts_with('/'))
                    || matches!(unit.value(first), Value::Array(_));
                // `client.interceptors.request.use(…)` sees what is sent, not what is asked.
                let intercepts = matches!(unit.value(call.callee), Value::Member { object, .. }
                    if matches!(unit.value(object), Value::Member { name, .. }
                        if matches!(unit.text(name), "request" | "response")));
                if routed || (name == "use" && !intercepts) {
                    self.functions(index, arguments, resolver, Source::Http, "route");
                }
            }
            // `http.HandleFunc("/path", handler)`, `router.POST("/path", handler)`
            "HandleFunc" | "Handle" | "GET" | "POST" | "PUT" | "DELETE" | "PATCH"
                if unit.language == Language::Go =>
            {
                self.functions(index, arguments, resolver, Source::Http, "route");
            }
            "createServer" => self.functions(index, arguments, resolver, Source::Http, "route"),
            "Route" | "add_api_route" | "add_route" | "add_url_rule" | "add_get" | "add_post" | "add_put"
            | "add_delete" | "add_patch" => {
                self.functions(index, arguments, resolver, Source::Http, "route");
                let keywords: Vec<NodeId> =
                    unit.entries(call.keywords).iter().map(|entry| entry.value).collect();
                self.functions(index, &keywords, resolver, Source::Http, "route");
            }
            // `app.command(run, name="x")`, `program.command("x").action(run)`
            "command" | "action" | "register_command" | "add_command" => {
                let functions: Vec<NodeId> = arguments
                    .iter()
                    .copied()
                    .filter(|&node| !matches!(unit.value(node), Value::Text(_)))
                    .collect();
                self.functions(index, &functions, resolver, Source::CommandLine, "command");
            }
            // `websockets.serve(handler, host, port)`
            "serve" if unit.language == Language::Python => {
                let name = resolver.name(At { unit: index, node: call.callee });
                if name.starts_with("websockets.") {
                    self.functions(index, arguments, resolver, Source::Http, "route");
                }
            }
            // `socket.on("message", (data) => …)` of a connection that was accepted.
            "on" | "addEventListener" if is_accepted(unit, call) => {
                self.functions(
                    index,
                    arguments.get(1..).unwrap_or_default(),
                    resolver,
                    Source::Http,
                    "route",
                );
            }
            "setRequestHandler" => self.shared(index, unit, arguments, resolver),
            _ => {}
        }
    }

    /// The handler of every tool call, where no tool is known to be answered by it.
    fn shared(&mut self, index: u32, unit: &Unit, arguments: &[NodeId], resolver: &Resolver<'_>) {
        let [request, answer, ..] = arguments else { return };
        let request = resolver.name(At { unit: index, node: *request });
        let by_name = ["CallTool", "GetPrompt", "ReadResource"].iter().any(|word| request.contains(word));
        let local = by_name || request.is_empty() || request.contains('?') || request.contains("()");
        if !local || request.contains("List") {
            return;
        }
        for &definition in resolver.definitions(At { unit: index, node: *answer }).iter() {
            if let Some((unit, function)) = function_of(resolver, definition, 0) {
                let entry = Entry {
                    source: Source::Tool,
                    tools: Vec::new(),
                    label: "tool",
                    validated: false,
                    shared: true,
                };
                self.known.entry((unit, function)).or_insert(entry);
            }
        }
        let _ = unit;
    }

    fn functions(
        &mut self,
        index: u32,
        nodes: &[NodeId],
        resolver: &Resolver<'_>,
        source: Source,
        label: &'static str,
    ) {
        for &node in nodes {
            for &definition in resolver.definitions(At { unit: index, node }).iter().take(4) {
                if let Some((unit, function)) = function_of(resolver, definition, 0) {
                    self.add(unit, function, source, label);
                }
            }
        }
    }

    /// `@app.get("/x")`, `@mcp.custom_route(…)`, `@click.command()`.
    fn decorated(&mut self, index: u32, unit: &Unit, function: FunctionId, decorator: NodeId) {
        let callee = match unit.value(decorator) {
            Value::Call(call) => unit.call(call).callee,
            _ => decorator,
        };
        let (Value::Member { name, .. } | Value::Import { name, .. }) = unit.value(callee) else { return };
        match unit.text(name) {
            "get" | "post" | "put" | "delete" | "patch" | "route" | "api_route" | "websocket"
            | "custom_route" | "call_tool"
                if decorator != callee =>
            {
                if unit.text(name) == "call_tool" {
                    let entry = Entry {
                        source: Source::Tool,
                        tools: Vec::new(),
                        label: "tool",
                        validated: false,
                        shared: true,
                    };
                    self.known.entry((index, function)).or_insert(entry);
                } else {
                    self.add(index, function, Source::Http, "route");
                }
            }
            "command" => self.add(index, function, Source::CommandLine, "command"),
            _ => {}
        }
    }
}

/// Whether a call listens to messages of a web socket that a server accepted.
fn is_accepted(unit: &Unit, call: &Call) -> bool {
    let Value::Member { object, .. } = unit.value(call.callee) else { return false };
    let message = unit
        .list(call.arguments)
        .first()
        .is_some_and(|&first| matches!(unit.value(first), Value::Text(text) if unit.text(text) == "message"));
    message
        && matches!(unit.value(object), Value::Parameter(..))
        && unit.strings.find("WebSocketServer").or_else(|| unit.strings.find("WebSocket.Server")).is_some()
}

/// The function behind a value, through wrapper calls.
fn function_of(resolver: &Resolver<'_>, at: At, level: u32) -> Option<(u32, FunctionId)> {
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Function(function) if function != FunctionId(0) => Some((at.unit, function)),
        Value::Call(call) if level < 3 => unit.list(unit.call(call).arguments).iter().find_map(|&node| {
            let definitions = resolver.definitions(At { unit: at.unit, node });
            definitions.iter().find_map(|&definition| function_of(resolver, definition, level + 1))
        }),
        _ => None,
    }
}

/// Whether a parameter is filled by whoever calls, and not by the framework.
pub(super) fn is_filled(
    unit: &Unit,
    function: FunctionId,
    position: u32,
    entry: &Entry,
    script: bool,
) -> bool {
    let parameters = &unit.function(function).parameters;
    let Some(parameter) = parameters.get(position as usize) else { return false };
    if let Value::This(class) = unit.value(parameter.node) {
        // A struct of arguments that answers for itself.
        let decorators = &unit.class(class).decorators;
        return decorators.iter().any(|&decorator| tools::tool_struct(unit, decorator).is_some());
    }
    if script {
        // `(uri, variables)` of a resource template.
        return position == 0
            || entry.source == Source::CommandLine
            || (position == 1 && entry.label == "resource");
    }
    let name = unit.text(parameter.name);
    let annotated = parameter.annotation.is_some_and(|annotation| match unit.value(annotation) {
        Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => {
            CONTEXT_WORDS.contains(&unit.text(name))
        }
        _ => false,
    });
    !(annotated || CONTEXT_WORDS.contains(&name)) || entry.shared
}

/// Tool names to their index.
pub(super) fn names(connector: &Connector) -> BTreeMap<&str, usize> {
    connector.tools.iter().enumerate().map(|(index, tool)| (tool.name.raw(), index)).collect()
}
