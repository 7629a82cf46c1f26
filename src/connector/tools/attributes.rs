//! Tools that an attribute or annotation on a function makes: `#[tool(description = "…")]` in Rust,
//! also `#[mcp_tool(…)]` on the struct of the arguments,
//! `@Tool(description = "…")` in Java, `#[McpTool(description: '…')]` in PHP,
//! `[McpServerTool, Description("…")]` in C#.

use serde_json::{Map, Value as Json, json};

use super::annotations;
use crate::{
    artifact::Language,
    code::{
        Code,
        graph::{Call, Class, Function, FunctionId, NodeId, Strings, Unit, Value},
        resolve::{At, Resolver, place},
    },
    connector::{Connector, Handler, Prompt, Tool},
    untrusted::Untrusted,
};

/// Structs inside structs.
const DEEPEST: u32 = 4;

/// Reads every function with such an attribute.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    let wanted = |unit: &Unit| {
        matches!(unit.language, Language::Rust | Language::Java | Language::Php | Language::CSharp)
    };
    if !code.units.iter().any(wanted) {
        return;
    }
    let reader = Reader { code, resolver: &Resolver::new(code) };
    for (index, unit) in code.units.iter().enumerate().filter(|(_, unit)| wanted(unit) && !unit.bundled) {
        if code.idle.get(index).copied().unwrap_or(false) {
            continue;
        }
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for class in &unit.classes {
            reader.structure(index, class, connector);
        }
        for (position, function) in unit.functions.iter().enumerate() {
            let id = FunctionId(u32::try_from(position).unwrap_or(u32::MAX));
            for &decorator in &function.decorators {
                if let Value::Call(call) = unit.value(decorator) {
                    reader.attribute(index, id, function, unit.call(call), connector);
                }
            }
        }
    }
}

struct Reader<'a> {
    code: &'a Code,
    resolver: &'a Resolver<'a>,
}

impl Reader<'_> {
    fn attribute(
        &self,
        index: u32,
        id: FunctionId,
        function: &Function,
        call: &Call,
        connector: &mut Connector,
    ) {
        let unit = &self.code.units[index as usize];
        let callee = match unit.value(call.callee) {
            Value::Import { name, module } if name == Strings::ALL => last(unit.text(module)),
            Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => unit.text(name),
            Value::Variable(variable) => unit.text(unit.variables[variable.index()].name),
            _ => return,
        };
        let tool = matches!(callee, "tool" | "Tool" | "McpTool" | "McpServerTool" | "McpServerToolAttribute");
        let prompt = matches!(
            callee,
            "prompt" | "Prompt" | "McpPrompt" | "McpServerPrompt" | "McpServerPromptAttribute"
        );
        if !tool && !prompt {
            return;
        }
        let given = |names: &[&str]| names.iter().find_map(|name| self.keyword(index, call, name));
        let is_csharp = unit.language == Language::CSharp;
        let written = function.name.map(|name| unit.text(name));
        let written = written.map(|name| if is_csharp { snake(name) } else { name.to_owned() });
        let name = given(&["name", "Name"]).or(written);
        let Some(name) = name else { return };
        let doc = function.doc.map(|doc| unit.text(doc).to_owned());
        let description = given(&["description", "value"])
            .or_else(|| is_csharp.then(|| self.description(index, function)).flatten())
            .or_else(|| unit.list(call.arguments).first().and_then(|&node| self.text(index, node)))
            .or(doc);
        connector.registrations.read += 1;
        let description = description.map(Untrusted::new);
        let location = Some(place(unit, function.node));
        let handler = Some(Handler { unit: index as usize, function: id, validated: true, shared: false });
        let name = Untrusted::new(name);
        if prompt {
            let arguments =
                Self::parameters(unit, function).map(|(_, name)| Untrusted::new(unit.text(name))).collect();
            connector.prompts.push(Prompt { name, description, arguments, text: None, location, handler });
            return;
        }
        connector.tools.push(Tool {
            name,
            title: given(&["title", "Title"]).map(Untrusted::new),
            description,
            input: Some(self.schema(index, function)),
            annotations: annotations(Some(&self.hints(index, call))),
            location,
            handler,
            ..Tool::default()
        });
    }

    /// A struct of arguments that an attribute makes a tool; one of its methods answers.
    fn structure(&self, index: u32, class: &Class, connector: &mut Connector) {
        let unit = &self.code.units[index as usize];
        let call = class.decorators.iter().find_map(|&decorator| tool_struct(unit, decorator));
        let Some(call) = call else { return };
        let Some(name) = self.keyword(index, call, "name") else { return };
        connector.registrations.read += 1;
        let answers = |name: &str| {
            matches!(name, "run_tool" | "call_tool" | "run" | "call" | "execute" | "handle" | "invoke")
        };
        let method = class.methods.iter().find(|(name, _)| answers(unit.text(*name)));
        let shape = self.fields(index, class, 0);
        connector.tools.push(Tool {
            name: Untrusted::new(name),
            title: self.keyword(index, call, "title").map(Untrusted::new),
            description: self.keyword(index, call, "description").map(Untrusted::new),
            input: Some(shape),
            annotations: annotations(Some(&self.hints(index, call))),
            location: Some(place(unit, call.node)),
            handler: method.map(|&(_, function)| Handler {
                unit: index as usize,
                function,
                validated: true,
                shared: false,
            }),
            ..Tool::default()
        });
    }

    fn text(&self, unit: u32, node: NodeId) -> Option<String> {
        self.resolver.text(At { unit, node })
    }

    fn keyword(&self, unit: u32, call: &Call, name: &str) -> Option<String> {
        let file = &self.code.units[unit as usize];
        let entry = file.entries(call.keywords).iter().find(|entry| file.text(entry.key) == name)?;
        self.text(unit, entry.value)
    }

    /// The text of `[Description("…")]` beside the attribute.
    fn description(&self, index: u32, function: &Function) -> Option<String> {
        let unit = &self.code.units[index as usize];
        function.decorators.iter().find_map(|&decorator| {
            let Value::Call(call) = unit.value(decorator) else { return None };
            let call = unit.call(call);
            let Value::Import { name, .. } = unit.value(call.callee) else { return None };
            let described = matches!(unit.text(name), "Description" | "DescriptionAttribute");
            let &text = unit.list(call.arguments).first().filter(|_| described)?;
            self.text(index, text)
        })
    }

    /// The parameters of a C# method as text: name, description and type; services are left out.
    fn described(&self, index: u32, function: &Function) -> Json {
        let unit = &self.code.units[index as usize];
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for &decorator in &function.decorators {
            let Value::Array(range) = unit.value(decorator) else { continue };
            let &[name, doc, kind] = unit.list(range) else { continue };
            let [name, doc, kind] = [name, doc, kind].map(|node| self.text(index, node).unwrap_or_default());
            if doc.is_empty() && is_service(&kind) {
                continue;
            }
            let inner = kind.strip_suffix('?').unwrap_or(&kind);
            let mut property = of_type(inner, 0);
            if !doc.is_empty() {
                property["description"] = Json::String(doc);
            }
            let parameter = function.parameters.iter().find(|known| unit.text(known.name) == name);
            if inner == kind && parameter.is_none_or(|parameter| parameter.default.is_none()) {
                required.push(Json::String(name.clone()));
            }
            properties.insert(name, property);
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = Json::Array(required);
        }
        schema
    }

    fn hints(&self, unit: u32, call: &Call) -> Json {
        let file = &self.code.units[unit as usize];
        let mut hints = Map::new();
        for entry in file.entries(call.keywords) {
            let name = match file.text(entry.key) {
                "read_only_hint" | "readOnlyHint" | "ReadOnly" => "readOnlyHint",
                "destructive_hint" | "destructiveHint" | "Destructive" => "destructiveHint",
                "idempotent_hint" | "idempotentHint" | "Idempotent" => "idempotentHint",
                "open_world_hint" | "openWorldHint" | "OpenWorld" => "openWorldHint",
                _ => continue,
            };
            if let Value::Bool(known) = file.value(entry.value) {
                hints.insert(name.to_owned(), Json::Bool(known));
            }
        }
        Json::Object(hints)
    }

    /// Parameters that the caller fills, with their names.
    fn parameters<'f>(
        unit: &'f Unit,
        function: &'f Function,
    ) -> impl Iterator<Item = (usize, crate::code::graph::Atom)> + 'f {
        let own = |node: NodeId| matches!(unit.value(node), Value::This(_));
        let filled = move |name: &str| !matches!(name, "ctx" | "_ctx" | "context" | "exchange");
        function
            .parameters
            .iter()
            .enumerate()
            .filter(move |(_, parameter)| !own(parameter.node) && filled(unit.text(parameter.name)))
            .map(|(position, parameter)| (position, parameter.name))
    }

    /// The schema of the arguments: the fields of the one struct, else the parameters by name.
    fn schema(&self, index: u32, function: &Function) -> Json {
        let unit = &self.code.units[index as usize];
        if unit.language == Language::CSharp {
            return self.described(index, function);
        }
        let known: Vec<_> = Self::parameters(unit, function).collect();
        if let &[(position, _)] = known.as_slice()
            && let Some(node) = function.parameters[position].annotation
            && let Some(schema) = self.of_struct(At { unit: index, node }, 0)
        {
            return schema;
        }
        let mut properties = Map::new();
        for (position, name) in known {
            if name != Strings::EMPTY {
                let annotation = function.parameters[position].annotation;
                let kind = annotation.map(|node| self.resolver.name(At { unit: index, node }));
                let property = match kind.as_deref().map(last) {
                    None | Some("String") => json!({ "type": "string" }),
                    Some("int") => json!({ "type": "number" }),
                    Some(_) => json!({}),
                };
                properties.insert(unit.text(name).to_owned(), property);
            }
        }
        json!({ "type": "object", "properties": properties })
    }

    fn of_struct(&self, at: At, level: u32) -> Option<Json> {
        let definitions = self.resolver.definitions(at);
        let class = *definitions.iter().find(|&&at| matches!(self.resolver.value(at), Value::Class(_)))?;
        let Value::Class(id) = self.resolver.value(class) else { return None };
        let unit = self.resolver.unit(class);
        Some(self.fields(class.unit, unit.class(id), level))
    }

    /// The schema of what a class or struct holds.
    fn fields(&self, index: u32, data: &Class, level: u32) -> Json {
        let unit = &self.code.units[index as usize];
        let mut properties = Map::new();
        let mut required = Vec::new();
        for &described in &data.decorators {
            let Value::Array(range) = unit.value(described) else { continue };
            let &[name, doc, kind] = unit.list(range) else { continue };
            let text = |node: NodeId| self.text(index, node).unwrap_or_default();
            let (name, doc, kind) = (text(name), text(doc), text(kind));
            let inner = kind.strip_prefix("Option<").and_then(|kind| kind.strip_suffix('>')).unwrap_or(&kind);
            if inner == kind {
                required.push(Json::String(name.clone()));
            }
            let annotation = data.annotations.iter().find(|(field, _)| unit.text(*field) == name);
            let nested = annotation
                .filter(|_| level < DEEPEST)
                .and_then(|&(_, node)| self.of_struct(At { unit: index, node }, level + 1));
            let mut property = nested.unwrap_or_else(|| of_type(inner, 0));
            if !doc.is_empty() {
                property["description"] = Json::String(doc);
            }
            properties.insert(name, property);
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = Json::Array(required);
        }
        schema
    }
}

/// The attribute that makes a struct a tool.
pub(crate) fn tool_struct(unit: &Unit, decorator: NodeId) -> Option<&Call> {
    let Value::Call(call) = unit.value(decorator) else { return None };
    let call = unit.call(call);
    let name = match unit.value(call.callee) {
        Value::Import { name, module } if name == Strings::ALL => last(unit.text(module)),
        Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => unit.text(name),
        Value::Variable(variable) => unit.text(unit.variables[variable.index()].name),
        _ => return None,
    };
    (unit.language == Language::Rust && name == "mcp_tool").then_some(call)
}

/// The schema of a type that is written so.
fn of_type(kind: &str, level: u32) -> Json {
    let kind = kind.trim_start_matches('&').trim();
    let items = kind.strip_prefix("Vec<").and_then(|kind| kind.strip_suffix('>'));
    let items = items.or_else(|| kind.strip_suffix("[]")).or_else(|| {
        let list = ["List<", "IEnumerable<", "IReadOnlyList<", "IList<"];
        list.iter().find_map(|open| kind.strip_prefix(open)?.strip_suffix('>'))
    });
    if let (Some(items), true) = (items, level < DEEPEST) {
        return json!({ "type": "array", "items": of_type(items, level + 1) });
    }
    match kind {
        "String" | "str" | "&str" | "string" | "PathBuf" => json!({ "type": "string" }),
        "bool" | "boolean" => json!({ "type": "boolean" }),
        "f32" | "f64" | "double" | "float" | "decimal" => json!({ "type": "number" }),
        _ if integer(kind) => json!({ "type": "integer" }),
        _ => json!({}),
    }
}

/// The name that the C# SDK makes of a method's: `read_file` of `ReadFileAsync`.
fn snake(name: &str) -> String {
    let name = name.strip_suffix("Async").filter(|rest| !rest.is_empty()).unwrap_or(name);
    let mut out = String::new();
    let mut before = false;
    let letters: Vec<char> = name.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && at > 0 && (before || next) && !out.ends_with('_') {
            out.push('_');
        }
        before = letter.is_lowercase() || letter.is_ascii_digit();
        out.extend(letter.to_lowercase());
    }
    out
}

/// Whether the framework fills a parameter of a type: services, the server itself, cancellation.
fn is_service(kind: &str) -> bool {
    let name = kind.split(['<', '?']).next().unwrap_or(kind);
    let name = name.rsplit('.').next().unwrap_or(name);
    let mut letters = name.chars();
    let is_interface = letters.next() == Some('I') && letters.next().is_some_and(char::is_uppercase);
    let is_list =
        matches!(name, "IEnumerable" | "IReadOnlyList" | "IList" | "IDictionary" | "IReadOnlyDictionary");
    let suffixes =
        ["Client", "Service", "Context", "Server", "Factory", "Provider", "Logger", "Manager", "Repository"];
    (is_interface && !is_list)
        || name == "CancellationToken"
        || suffixes.iter().any(|suffix| name.ends_with(suffix))
}

fn integer(kind: &str) -> bool {
    matches!(kind, "int" | "long" | "short" | "usize" | "isize")
        || kind
            .strip_prefix(['u', 'i'])
            .is_some_and(|width| matches!(width, "8" | "16" | "32" | "64" | "128"))
}

fn last(path: &str) -> &str {
    path.rsplit(['.', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_methods_become_names_of_tools() {
        for (method, tool) in [
            ("ReadFileAsync", "read_file"),
            ("Echo", "echo"),
            ("GetHTTPStatus", "get_http_status"),
            ("Async", "async"),
            ("run_it", "run_it"),
        ] {
            assert_eq!(snake(method), tool);
        }
    }

    #[test]
    fn services_are_no_arguments() {
        let service = ["HttpClient", "ILogger<Tools>", "CancellationToken", "McpServer", "WeatherService"];
        assert!(service.iter().all(|kind| is_service(kind)));
        assert!(
            !["string", "Item", "IEnumerable<string>", "int?", "Image"].iter().any(|kind| is_service(kind))
        );
    }

    #[test]
    fn types_become_schemas() {
        let cases = [
            ("String", json!({ "type": "string" })),
            ("u32", json!({ "type": "integer" })),
            ("Vec<bool>", json!({ "type": "array", "items": { "type": "boolean" } })),
            ("Map", json!({})),
        ];
        for (kind, expected) in cases {
            assert_eq!(of_type(kind, 0), expected, "{kind}");
        }
    }
}
