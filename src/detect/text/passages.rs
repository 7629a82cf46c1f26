//! The pieces of text that a connector puts before the model.

use serde_json::Value;

use crate::{
    connector::{Connector, Prompt, Resource, Tool},
    finding::Location,
    untrusted::{Untrusted, excerpt},
};

/// Strings that are taken from one schema: real ones have fewer than 2,000.
const STRINGS: usize = 20_000;

/// One piece of text, and whose it is.
pub(super) struct Passage<'a> {
    /// `description`, `parameter …`.
    pub(super) part: Part<'a>,
    /// What it belongs to: `tool`, `prompt`, `resource`, `server`.
    pub(super) owner: &'static str,
    /// The name of what it belongs to.
    pub(super) name: &'a str,
    /// The name, where it belongs to a tool.
    pub(super) tool: Option<&'a str>,
    /// The text.
    pub(super) text: &'a str,
    /// Where it is defined.
    pub(super) location: Option<&'a Location>,
}

/// Which part of its owner a passage is.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// The name itself.
    Name,
    /// The display title.
    Title,
    /// The description.
    Description,
    /// Instructions to the model before any tool is called.
    Instructions,
    /// The text of a prompt.
    Prompt,
    /// A URI.
    Uri,
    /// The name of an argument.
    ParameterName,
    /// Text in a schema, below this argument.
    Parameter(&'a str),
}

impl Passage<'_> {
    /// The passage in words.
    pub(super) fn describe(&self) -> String {
        let part = match self.part {
            Part::Name => "name".to_owned(),
            Part::Title => "title".to_owned(),
            Part::Description => "description".to_owned(),
            Part::Instructions => return "server instructions".to_owned(),
            Part::Prompt => "text".to_owned(),
            Part::Uri => "URI".to_owned(),
            Part::ParameterName => "parameter name".to_owned(),
            Part::Parameter("") => "schema".to_owned(),
            Part::Parameter(name) => format!("parameter `{}`", excerpt(name, 60)),
        };
        format!("{part} of {} `{}`", self.owner, excerpt(self.name, 60))
    }
}

/// Every passage of the connector, in its order.
pub(super) fn of(connector: &Connector) -> Vec<Passage<'_>> {
    let mut passages = Vec::new();
    for instructions in &connector.instructions {
        passages.push(Passage {
            part: Part::Instructions,
            owner: "server",
            name: "",
            tool: None,
            text: instructions.text.raw(),
            location: instructions.location.as_ref(),
        });
    }
    for tool in &connector.tools {
        of_tool(tool, &mut passages);
    }
    for prompt in &connector.prompts {
        of_prompt(prompt, &mut passages);
    }
    for resource in &connector.resources {
        of_resource(resource, &mut passages);
    }
    passages
}

fn of_tool<'a>(tool: &'a Tool, passages: &mut Vec<Passage<'a>>) {
    let passage = |part, text| Passage {
        part,
        owner: "tool",
        name: tool.name.raw(),
        tool: Some(tool.name.raw()),
        text,
        location: tool.location.as_ref(),
    };
    passages.push(passage(Part::Name, tool.name.raw()));
    passages.extend(tool.title.iter().map(|title| passage(Part::Title, title.raw())));
    passages.extend(tool.description.iter().map(|text| passage(Part::Description, text.raw())));
    if let Some(schema) = &tool.input {
        of_schema(schema, |part, text| passages.push(passage(part, text)));
    }
    // What a result has nobody is asked for: its names are no requests.
    if let Some(schema) = &tool.output {
        of_schema(schema, |part, text| {
            if !matches!(part, Part::ParameterName) {
                passages.push(passage(part, text));
            }
        });
    }
}

/// Hands over every string and property name of a schema, with the top-level argument it is below.
fn of_schema<'a>(schema: &'a Value, mut push: impl FnMut(Part<'a>, &'a str)) {
    let mut open: Vec<(&Value, &str, bool)> = vec![(schema, "", false)];
    let mut left = STRINGS;
    while let Some((value, argument, names_arguments)) = open.pop() {
        if left == 0 {
            return;
        }
        match value {
            Value::String(text) => {
                left -= 1;
                push(Part::Parameter(argument), text);
            }
            Value::Array(items) => open.extend(items.iter().rev().map(|item| (item, argument, false))),
            Value::Object(members) => {
                for (key, member) in members.iter().rev() {
                    let below = if names_arguments && argument.is_empty() { key } else { argument };
                    open.push((member, below, key == "properties" && !names_arguments));
                }
                for key in members.keys().filter(|_| names_arguments).take(left) {
                    left -= 1;
                    push(Part::ParameterName, key);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn of_prompt<'a>(prompt: &'a Prompt, passages: &mut Vec<Passage<'a>>) {
    let passage = |part, text: &'a Untrusted| Passage {
        part,
        owner: "prompt",
        name: prompt.name.raw(),
        tool: None,
        text: text.raw(),
        location: prompt.location.as_ref(),
    };
    passages.push(passage(Part::Name, &prompt.name));
    passages.extend(prompt.description.iter().map(|text| passage(Part::Description, text)));
    passages.extend(prompt.arguments.iter().map(|text| passage(Part::ParameterName, text)));
    passages.extend(prompt.text.iter().map(|text| passage(Part::Prompt, text)));
}

fn of_resource<'a>(resource: &'a Resource, passages: &mut Vec<Passage<'a>>) {
    let passage = |part, text: &'a Untrusted| Passage {
        part,
        owner: "resource",
        name: resource.name.raw(),
        tool: None,
        text: text.raw(),
        location: resource.location.as_ref(),
    };
    passages.push(passage(Part::Name, &resource.name));
    passages.extend(resource.uri.iter().map(|text| passage(Part::Uri, text)));
    passages.extend(resource.description.iter().map(|text| passage(Part::Description, text)));
}
