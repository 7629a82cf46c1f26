//! Which names register something with an MCP library.

use super::super::look::{Look, Place};
use crate::code::graph::{Strings, Value};

/// What a decorator or method registers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Registers {
    /// `@mcp.tool`.
    Tool,
    /// `mcp.add_tool(f)`.
    AddedTool,
    /// `@mcp.prompt`.
    Prompt,
    /// `@mcp.resource`.
    Resource,
    /// `@server.list_tools`.
    ToolList,
    /// `@server.call_tool`.
    ToolCalls,
    /// `@server.get_prompt`.
    PromptCalls,
    /// `@server.read_resource`.
    ResourceCalls,
}

/// Objects of the protocol that are built by constructor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Builds {
    /// `Tool(...)`.
    Tool,
    /// `Tool.from_function(f)`.
    ToolOfFunction,
    /// `Prompt.from_function(f)`.
    PromptOfFunction,
    /// `Prompt(...)`.
    Prompt,
    /// `Resource(...)`, `ResourceTemplate(...)`.
    Resource,
    /// A server whose second argument is its instructions.
    SimpleServer,
    /// A low-level server.
    Server,
}

/// Whether a module belongs to an MCP library: some part of its top-level name is `mcp`.
pub(super) fn is_library(module: &str) -> bool {
    module.split('.').next().is_some_and(|first| first.contains("mcp"))
}

/// What calling or decorating with a name registers.
pub(super) fn registers(look: &Look<'_>, callee: &Place) -> Option<Registers> {
    let unit = look.unit(callee);
    match unit.value(callee.node) {
        Value::Member { object, name } => {
            let kind = match unit.text(name) {
                "tool" => Registers::Tool,
                "add_tool" => Registers::AddedTool,
                "prompt" => Registers::Prompt,
                "resource" => Registers::Resource,
                "list_tools" => Registers::ToolList,
                "call_tool" => Registers::ToolCalls,
                "get_prompt" => Registers::PromptCalls,
                "read_resource" => Registers::ResourceCalls,
                _ => return None,
            };
            (!is_foreign(look, &callee.at(object))).then_some(kind)
        }
        Value::Import { .. } | Value::Variable(_) | Value::Global(_) => {
            match library_name(look, callee)?.as_str() {
                "tool" | "mcp_tool" => Some(Registers::Tool),
                "prompt" | "mcp_prompt" => Some(Registers::Prompt),
                "resource" | "mcp_resource" => Some(Registers::Resource),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an object was made by a library that has nothing to do with MCP.
fn is_foreign(look: &Look<'_>, object: &Place) -> bool {
    look.refill();
    let places = look.places(object);
    !places.is_empty()
        && places.iter().all(|place| {
            root_module(look, place, 0).is_some_and(|module| !is_library(&module) && !module.starts_with('.'))
        })
}

/// The module that a chain of members and calls starts with.
fn root_module(look: &Look<'_>, place: &Place, depth: u32) -> Option<String> {
    if depth > 12 {
        return None;
    }
    let unit = look.unit(place);
    match unit.value(place.node) {
        Value::Import { module, .. } => Some(unit.text(module).to_owned()),
        Value::Member { object, .. } | Value::With { object, .. } => {
            root_module(look, &place.at(object), depth + 1)
        }
        Value::Call(call) => root_module(look, &place.at(unit.call(call).callee), depth + 1),
        Value::Variable(_) => {
            let found = look.places(place).into_iter().next()?;
            if found.node == place.node { None } else { root_module(look, &found, depth + 1) }
        }
        _ => None,
    }
}

/// The name that an MCP library gives: `Tool` for `mcp.types.Tool`, however it was imported.
pub(super) fn library_name(look: &Look<'_>, place: &Place) -> Option<String> {
    let unit = look.unit(place);
    match unit.value(place.node) {
        Value::Import { module, name } if name != Strings::ALL && is_library(unit.text(module)) => {
            Some(unit.text(name).to_owned())
        }
        Value::Member { object, name } => {
            root_module(look, &place.at(object), 0).filter(|module| is_library(module))?;
            Some(unit.text(name).to_owned())
        }
        Value::Variable(_) | Value::Join(_) => {
            look.refill();
            let found = look.places(place);
            let mut elsewhere =
                found.iter().filter(|found| (found.unit, found.node) != (place.unit, place.node));
            elsewhere.find_map(|found| match look.value(found) {
                Value::Import { .. } | Value::Member { .. } => library_name(look, found),
                _ => None,
            })
        }
        _ => None,
    }
}

/// What a constructor call builds.
pub(super) fn builds(look: &Look<'_>, callee: &Place) -> Option<Builds> {
    let unit = look.unit(callee);
    if let Value::Member { object, name } = unit.value(callee.node)
        && unit.text(name) == "from_function"
    {
        let class = library_name(look, &callee.at(object))?;
        return match class.as_str() {
            name if name.ends_with("Tool") => Some(Builds::ToolOfFunction),
            name if name.ends_with("Prompt") => Some(Builds::PromptOfFunction),
            _ => None,
        };
    }
    if !could_build(look, callee) {
        return None;
    }
    match library_name(look, callee)?.as_str() {
        "Tool" => Some(Builds::Tool),
        "Prompt" => Some(Builds::Prompt),
        "Resource" | "ResourceTemplate" => Some(Builds::Resource),
        "FastMCP" | "MCPServer" => Some(Builds::SimpleServer),
        "Server" => Some(Builds::Server),
        _ => None,
    }
}

/// A cheap look at the last name, before anything is followed.
fn could_build(look: &Look<'_>, callee: &Place) -> bool {
    let unit = look.unit(callee);
    match unit.value(callee.node) {
        Value::Import { name, .. } | Value::Member { name, .. } => {
            matches!(
                unit.text(name),
                "Tool" | "Prompt" | "Resource" | "ResourceTemplate" | "FastMCP" | "Server"
            )
        }
        Value::Variable(_) | Value::Join(_) => true,
        _ => false,
    }
}
