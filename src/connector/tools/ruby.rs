//! Tools of Ruby servers: classes below the SDK's tool class, and tools defined with a block.

use serde_json::{Map, Value as Json};

use super::annotations;
use crate::{
    artifact::Language,
    code::{
        Code,
        graph::{Call, Class, ClassId, FunctionId, NodeId, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    connector::{Connector, Handler, Tool},
    untrusted::Untrusted,
};

/// Reads every tool in Ruby files.
pub(super) fn read(code: &Code, connector: &mut Connector) {
    if !code.units.iter().any(|unit| unit.language == Language::Ruby) {
        return;
    }
    let reader = Reader { code, resolver: &Resolver::new(code) };
    for (index, unit) in code.units.iter().enumerate() {
        let idle = code.idle.get(index).copied().unwrap_or(false);
        if unit.language != Language::Ruby || unit.bundled || idle {
            continue;
        }
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for (position, class) in unit.classes.iter().enumerate() {
            reader.class(index, ClassId(u32::try_from(position).unwrap_or(u32::MAX)), class, connector);
        }
        for call in &unit.calls {
            if matches!(unit.value(call.callee), Value::Member { name, .. } if unit.text(name) == "define_tool")
            {
                reader.defined(index, call, connector);
            }
        }
    }
}

struct Reader<'a> {
    code: &'a Code,
    resolver: &'a Resolver<'a>,
}

impl Reader<'_> {
    /// `class X < MCP::Tool` with `description`, `input_schema` and `self.call`.
    fn class(&self, index: u32, id: ClassId, class: &Class, connector: &mut Connector) {
        let unit = &self.code.units[index as usize];
        let is_tool = |&base: &NodeId| self.resolver.name(At { unit: index, node: base }) == "MCP.Tool";
        if !class.bases.iter().any(is_tool) {
            return;
        }
        let mut tool = Tool {
            name: Untrusted::new(snake(class.name.map_or("", |name| unit.text(name)))),
            ..Tool::default()
        };
        for call in &unit.calls {
            let Value::Member { object, name } = unit.value(call.callee) else { continue };
            if unit.value(object) != Value::This(id) {
                continue;
            }
            let first = unit.list(call.arguments).first();
            let text = first.and_then(|&node| self.text(index, node));
            match (unit.text(name), text) {
                ("tool_name", Some(text)) => tool.name = Untrusted::new(text),
                ("description", Some(text)) => tool.description = Some(Untrusted::new(text)),
                ("title", Some(text)) => tool.title = Some(Untrusted::new(text)),
                ("input_schema", _) => tool.input = Some(self.schema(index, call)),
                ("annotations", _) => {
                    tool.annotations = annotations(Some(&camel(self.entries(index, call))));
                }
                _ => {}
            }
        }
        let handler = class.methods.iter().find(|(name, _)| unit.text(*name) == "call");
        tool.handler = handler.map(|&(_, function)| handler_of(index, function));
        tool.location = Some(place(unit, class.node));
        connector.registrations.read += 1;
        connector.tools.push(tool);
    }

    /// `server.define_tool(name: "x", description: "…", input_schema: {…}) { |arguments| … }`
    fn defined(&self, index: u32, call: &Call, connector: &mut Connector) {
        let unit = &self.code.units[index as usize];
        let keyword = |name: &str| {
            unit.entries(call.keywords)
                .iter()
                .find(|entry| unit.text(entry.key) == name)
                .map(|entry| entry.value)
        };
        let text = |name: &str| keyword(name).and_then(|node| self.text(index, node));
        let location = place(unit, call.node);
        let Some(name) = text("name") else {
            connector.registrations.unread.push((location, "its name is not constant".to_owned()));
            return;
        };
        let block = unit.list(call.arguments).iter().find_map(|&node| match unit.value(node) {
            Value::Function(function) => Some(function),
            _ => None,
        });
        let input = keyword("input_schema")
            .and_then(|node| literal::evaluate(self.resolver, At { unit: index, node }))
            .map(|schema| typed(schema.json));
        connector.registrations.read += 1;
        connector.tools.push(Tool {
            name: Untrusted::new(name),
            title: text("title").map(Untrusted::new),
            description: text("description").map(Untrusted::new),
            input,
            location: Some(location),
            handler: block.map(|function| handler_of(index, function)),
            ..Tool::default()
        });
    }

    fn text(&self, unit: u32, node: NodeId) -> Option<String> {
        self.resolver.text(At { unit, node })
    }

    fn entries(&self, index: u32, call: &Call) -> Map<String, Json> {
        let unit = &self.code.units[index as usize];
        unit.entries(call.keywords)
            .iter()
            .filter_map(|entry| {
                let value = literal::evaluate(self.resolver, At { unit: index, node: entry.value })?;
                Some((unit.text(entry.key).to_owned(), value.json))
            })
            .collect()
    }

    fn schema(&self, index: u32, call: &Call) -> Json {
        typed(Json::Object(self.entries(index, call)))
    }
}

fn handler_of(unit: u32, function: FunctionId) -> Handler {
    Handler { unit: unit as usize, function, validated: true, shared: false }
}

/// A schema says that it is one of an object.
fn typed(schema: Json) -> Json {
    let Json::Object(mut members) = schema else { return schema };
    members.entry("type").or_insert_with(|| Json::String("object".to_owned()));
    Json::Object(members)
}

/// Hints by the names of the protocol.
fn camel(entries: Map<String, Json>) -> Json {
    let name = |name: String| match name.as_str() {
        "read_only_hint" => "readOnlyHint".to_owned(),
        "destructive_hint" => "destructiveHint".to_owned(),
        "idempotent_hint" => "idempotentHint".to_owned(),
        "open_world_hint" => "openWorldHint".to_owned(),
        _ => name,
    };
    Json::Object(entries.into_iter().map(|(key, value)| (name(key), value)).collect())
}

/// `count_lines` of `CountLines`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_become_tool_names() {
        for (name, expected) in [("CountLines", "count_lines"), ("Echo", "echo"), ("", "")] {
            assert_eq!(snake(name), expected);
        }
    }
}
