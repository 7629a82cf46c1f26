//! Tools that an attribute or annotation on a function makes: `#[tool(description = "…")]` in Rust,
//! `@Tool(description = "…")` in Java, `#[McpTool(description: '…')]` in PHP.

use serde_json::{Map, Value as Json, json};

use super::annotations;
use crate::{
    artifact::Language,
    code::{
        Code,
        graph::{Call, Function, FunctionId, NodeId, Strings, Unit, Value},
        resolve::{At, Resolver, place},
    },
    connector::{Connector, Handler, Prompt, Tool},
    untrusted::Untrusted,
};

/// Structs inside structs.
const DEEPEST: u32 = 4;

/// Reads every function with such an attribute.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    let wanted = |unit: &Unit| matches!(unit.language, Language::Rust | Language::Java | Language::Php);
    if !code.units.iter().any(wanted) {
        return;
    }
    let reader = Reader { code, resolver: &Resolver::new(code) };
    for (index, unit) in code.units.iter().enumerate().filter(|(_, unit)| wanted(unit) && !unit.bundled) {
        if code.idle.get(index).copied().unwrap_or(false) {
            continue;
        }
        let index = u32::try_from(index).unwrap_or(u32::MAX);
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
        let tool = matches!(callee, "tool" | "Tool" | "McpTool");
        let prompt = matches!(callee, "prompt" | "Prompt" | "McpPrompt");
        if !tool && !prompt {
            return;
        }
        let given = |names: &[&str]| names.iter().find_map(|name| self.keyword(index, call, name));
        let name = given(&["name"]).or_else(|| function.name.map(|name| unit.text(name).to_owned()));
        let Some(name) = name else { return };
        let doc = function.doc.map(|doc| unit.text(doc).to_owned());
        let description = given(&["description", "value"])
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
            title: given(&["title"]).map(Untrusted::new),
            description,
            input: Some(self.schema(index, function)),
            annotations: annotations(Some(&self.hints(index, call))),
            location,
            handler,
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

    fn hints(&self, unit: u32, call: &Call) -> Json {
        let file = &self.code.units[unit as usize];
        let mut hints = Map::new();
        for entry in file.entries(call.keywords) {
            let name = match file.text(entry.key) {
                "read_only_hint" | "readOnlyHint" => "readOnlyHint",
                "destructive_hint" | "destructiveHint" => "destructiveHint",
                "idempotent_hint" | "idempotentHint" => "idempotentHint",
                "open_world_hint" | "openWorldHint" => "openWorldHint",
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
        let data = unit.class(id);
        let mut properties = Map::new();
        let mut required = Vec::new();
        for &described in &data.decorators {
            let Value::Array(range) = unit.value(described) else { continue };
            let &[name, doc, kind] = unit.list(range) else { continue };
            let text = |node: NodeId| self.text(class.unit, node).unwrap_or_default();
            let (name, doc, kind) = (text(name), text(doc), text(kind));
            let inner = kind.strip_prefix("Option<").and_then(|kind| kind.strip_suffix('>')).unwrap_or(&kind);
            if inner == kind {
                required.push(Json::String(name.clone()));
            }
            let annotation = data.annotations.iter().find(|(field, _)| unit.text(*field) == name);
            let nested = annotation
                .filter(|_| level < DEEPEST)
                .and_then(|&(_, node)| self.of_struct(At { unit: class.unit, node }, level + 1));
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
        Some(schema)
    }
}

/// The schema of a type that is written so.
fn of_type(kind: &str, level: u32) -> Json {
    let kind = kind.trim_start_matches('&').trim();
    let items = kind.strip_prefix("Vec<").and_then(|kind| kind.strip_suffix('>'));
    if let (Some(items), true) = (items, level < DEEPEST) {
        return json!({ "type": "array", "items": of_type(items, level + 1) });
    }
    match kind {
        "String" | "str" | "&str" | "string" | "PathBuf" => json!({ "type": "string" }),
        "bool" | "boolean" => json!({ "type": "boolean" }),
        "f32" | "f64" | "double" | "float" => json!({ "type": "number" }),
        _ if integer(kind) => json!({ "type": "integer" }),
        _ => json!({}),
    }
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
