//! Tool objects and tool classes that no registration call was read for.

use rustc_hash::FxHashSet;

use super::{
    super::{annotations, literal::json, look::Place, schema},
    Kind, Reader,
    values::{INPUTS, RUNS, handler, is_name, member, name_of, tool_object, words},
};
use crate::{
    code::graph::{Atom, Class, NodeId, Property, Strings, Unit, Value},
    connector::{Handler, Tool},
    untrusted::Untrusted,
};

/// Most members of an object that can be a tool.
const MOST_MEMBERS: u32 = 24;

impl<'a> Reader<'a, '_> {
    /// Object literals that are tools by shape: a name, a description, and an input schema.
    pub(super) fn objects(&mut self, index: usize, strict: bool) {
        let unit: &'a Unit = &self.code.units[index];
        let (Some(name), Some(description)) = (unit.strings.find("name"), unit.strings.find("description"))
        else {
            return;
        };
        let atoms = |names: &[&str]| -> Vec<Atom> {
            names.iter().filter_map(|name| unit.strings.find(name)).collect()
        };
        let (schemas, runs) = (atoms(&INPUTS), atoms(&RUNS));
        let input = unit.strings.find("inputSchema");
        for (node, fields) in objects(unit) {
            let keys: FxHashSet<Atom> = fields.iter().map(|property| property.key).collect();
            let is_tool = keys.contains(&name)
                && keys.contains(&description)
                && (input.is_some_and(|input| keys.contains(&input))
                    || (schemas.iter().any(|key| keys.contains(key))
                        && runs.iter().any(|key| keys.contains(key))));
            if is_tool {
                self.shaped(&Place::new(index, node), strict);
            }
        }
    }

    fn shaped(&mut self, at: &Place, strict: bool) {
        self.look.refill();
        let name = member(self.look, at, "name").and_then(|at| name_of(self.look, &at));
        let Some(name) = name.filter(|name| is_name(name, Kind::ToolObject)) else { return };
        let described =
            member(self.look, at, "description").is_some_and(|at| words(self.look, &at).is_some());
        if !described || self.names.contains(&name) {
            return;
        }
        let location = Some(self.location(at));
        let tool = tool_object(self.look, at, name, location, false);
        // Where others were registered, an object that nothing runs is no tool.
        if strict && tool.handler.is_none() {
            return;
        }
        self.count("tools", tool.name.raw());
        self.listed.push(self.connector.tools.len());
        self.push(tool);
    }

    /// `{tool_name: tool({description, parameters, execute}), …}`: tools by the key they stand under.
    pub(super) fn dictionaries(&mut self, index: usize) {
        let unit: &'a Unit = &self.code.units[index];
        let runs: Vec<Atom> = RUNS.iter().filter_map(|name| unit.strings.find(name)).collect();
        if runs.is_empty() {
            return;
        }
        for (node, fields) in objects(unit) {
            for field in
                fields.iter().filter(|field| !matches!(field.key, Strings::SPREAD | Strings::ELEMENT))
            {
                let Some(value) = written(unit, field.value) else { continue };
                let Value::Object(range) = unit.value(value) else { continue };
                if unit.entries(range).iter().any(|property| runs.contains(&property.key)) {
                    let name = unit.text(field.key).to_owned();
                    self.entry_of_dictionary(&Place::new(index, node).at(value), name);
                }
            }
        }
    }

    fn entry_of_dictionary(&mut self, at: &Place, name: String) {
        self.look.refill();
        if !is_name(&name, Kind::ToolObject)
            || self.names.contains(&name)
            || member(self.look, at, "name").is_some()
        {
            return;
        }
        let location = Some(self.location(at));
        let tool = tool_object(self.look, at, name, location, false);
        if tool.description.is_some() && tool.input.is_some() && tool.handler.is_some() {
            self.count("tools", tool.name.raw());
            self.push(tool);
        }
    }

    /// Classes with a constant name, a description and a schema among their members.
    pub(super) fn classes(&mut self, index: usize) {
        let unit: &'a Unit = &self.code.units[index];
        if unit.strings.find("description").is_none() {
            return;
        }
        for class in &unit.classes {
            self.look.refill();
            let place = Place::new(index, class.node);
            if !may_be_tool(unit, class) {
                continue;
            }
            let text = |names: &[&str]| names.iter().find_map(|name| self.said(&place, name));
            let Some(name) = text(&["name", "toolName", "getName"]) else { continue };
            let Some(description) = text(&["description", "getDescription"]) else { continue };
            let input = INPUTS.iter().find_map(|name| member(self.look, &place, name));
            let Some(input) = input else { continue };
            if self.names.contains(&name) || !is_name(&name, Kind::ToolObject) {
                continue;
            }
            let hints = member(self.look, &place, "annotations").and_then(|at| json(self.look, &at));
            let run =
                RUNS.iter().find_map(|name| handler(self.look, &member(self.look, &place, name)?, false, 0));
            let tool = Tool {
                name: Untrusted::new(name),
                description: Some(Untrusted::new(description)),
                input: schema::read(self.look, &input),
                annotations: annotations(hints.as_ref()),
                location: Some(self.location(&place)),
                handler: run.map(|run| Handler { shared: false, ..run }),
                ..Tool::default()
            };
            self.count("tools", tool.name.raw());
            self.listed.push(self.connector.tools.len());
            self.push(tool);
        }
    }

    /// The text of a field, getter or method of a class.
    fn said(&self, class: &Place, name: &str) -> Option<String> {
        words(self.look, &member(self.look, class, name)?)
    }
}

/// A cheap look at a class, before anything is followed.
fn may_be_tool(unit: &Unit, class: &Class) -> bool {
    let named = |atom: Atom| matches!(unit.text(atom), "name" | "toolName" | "getName");
    class.fields.iter().any(|field| named(field.0))
        || class.methods.iter().any(|method| named(method.0))
        || (!class.bases.is_empty()
            && class.name.is_some_and(|name| unit.text(name).ends_with("Tool"))
            && class.methods.iter().any(|method| RUNS.contains(&unit.text(method.0))))
}

/// Object literals of a file that are neither tiny nor huge.
fn objects(unit: &Unit) -> impl Iterator<Item = (NodeId, &[Property])> {
    unit.nodes.iter().enumerate().filter_map(|(position, node)| match node.value {
        Value::Object(range) if (1..=512).contains(&range.len) => {
            Some((NodeId(u32::try_from(position).unwrap_or(u32::MAX)), unit.entries(range)))
        }
        _ => None,
    })
}

/// The object literal that stands at a node, also as the argument of a call.
fn written(unit: &Unit, node: NodeId) -> Option<NodeId> {
    match unit.value(node) {
        Value::Object(range) if range.len <= MOST_MEMBERS => Some(node),
        Value::Call(call) => {
            let arguments = unit.list(unit.call(call).arguments);
            arguments.iter().copied().find(|&node| matches!(unit.value(node), Value::Object(_)))
        }
        _ => None,
    }
}
