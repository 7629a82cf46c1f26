//! Tool objects and tool classes that no registration call was read for.

use rustc_hash::FxHashSet;

use super::{
    super::{annotations, schema},
    Kind, Reader,
    values::{is_name, member, text_of, tool_object},
};
use crate::{
    code::{
        graph::{NodeId, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    connector::{Handler, Tool},
    untrusted::Untrusted,
};

impl Reader<'_, '_> {
    /// Object literals that are tools by shape: a name, a description, and an input schema.
    pub(super) fn objects(&mut self, resolver: &Resolver<'_>, index: u32) {
        let unit = &self.code.units[index as usize];
        let find = |name: &str| unit.strings.find(name);
        let (Some(name), Some(description)) = (find("name"), find("description")) else { return };
        let schemas: Vec<_> = ["inputSchema", "input_schema", "paramsSchema", "schema", "parameters"]
            .iter()
            .filter_map(|key| find(key))
            .collect();
        let runs: Vec<_> = ["handler", "execute", "handle", "run", "callback", "cb"]
            .iter()
            .filter_map(|key| find(key))
            .collect();
        let input = find("inputSchema");
        for (position, node) in unit.nodes.iter().enumerate() {
            let Value::Object(range) = node.value else { continue };
            if !(3..=24).contains(&range.len) {
                continue;
            }
            let keys: FxHashSet<_> = unit.entries(range).iter().map(|property| property.key).collect();
            let is_tool = keys.contains(&name)
                && keys.contains(&description)
                && (input.is_some_and(|input| keys.contains(&input))
                    || (schemas.iter().any(|key| keys.contains(key))
                        && runs.iter().any(|key| keys.contains(key))));
            if !is_tool {
                continue;
            }
            let at = At { unit: index, node: NodeId(u32::try_from(position).unwrap_or(u32::MAX)) };
            self.shaped(resolver, at);
        }
    }

    fn shaped(&mut self, resolver: &Resolver<'_>, at: At) {
        let name = member(resolver, at, "name").and_then(|at| resolver.text(at));
        let Some(name) = name.filter(|name| is_name(name, Kind::ToolObject)) else { return };
        let described = member(resolver, at, "description").is_some_and(|at| text_of(resolver, at).is_some());
        if !described || self.names.contains(&name) {
            return;
        }
        let location = Some(place(resolver.unit(at), at.node));
        if let Some(tool) = tool_object(resolver, at, location, false) {
            self.connector.registrations.read += 1;
            self.push(tool);
        }
    }

    /// Classes with constant `name`, `description` and a schema among their fields.
    pub(super) fn classes(&mut self, resolver: &Resolver<'_>, index: u32) {
        let unit = &self.code.units[index as usize];
        for class in &unit.classes {
            let field = |names: &[&str]| {
                let found = class.fields.iter().find(|(field, _)| names.contains(&unit.text(*field)));
                found.map(|&(_, node)| At { unit: index, node })
            };
            let (Some(name), Some(description)) = (field(&["name", "toolName"]), field(&["description"]))
            else {
                continue;
            };
            let Some(input) = field(&[
                "inputSchema",
                "schema",
                "paramsSchema",
                "argsShape",
                "parameters",
                "inputSchemaShape",
            ]) else {
                continue;
            };
            let Some(name) = resolver.text(name).filter(|name| is_name(name, Kind::ToolObject)) else {
                continue;
            };
            let Some(description) = text_of(resolver, description) else { continue };
            if self.names.contains(&name) {
                continue;
            }
            let method = class.methods.iter().find(|(method, _)| {
                matches!(unit.text(*method), "execute" | "handle" | "handler" | "run" | "call")
            });
            self.connector.registrations.read += 1;
            self.push(Tool {
                name: Untrusted::new(name),
                description: Some(Untrusted::new(description)),
                input: schema::read(resolver, input),
                annotations: annotations(
                    field(&["annotations"])
                        .and_then(|at| literal::evaluate(resolver, at))
                        .map(|literal| literal.json)
                        .as_ref(),
                ),
                location: Some(place(unit, class.node)),
                handler: method.map(|&(_, function)| Handler {
                    unit: index as usize,
                    function,
                    validated: false,
                    shared: false,
                }),
                ..Tool::default()
            });
        }
    }
}
