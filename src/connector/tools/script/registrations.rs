//! Calls that register one tool, prompt or resource.

use super::{
    super::{annotations, literal::json, look::Place, schema, text as json_text},
    DEEPEST, Kind, Reader,
    values::{
        arguments, described, function_of, handler, is_name, looks_like_registration, member, name_of,
        tool_object, words,
    },
};
use crate::{
    code::graph::{Call, Value},
    connector::{Annotations, Prompt, Resource, Tool},
    finding::Location,
    untrusted::Untrusted,
};

/// A registration whose name is known.
struct Entry<'p> {
    name: String,
    /// Where the name comes from.
    name_at: &'p Place,
    at: &'p Place,
    arguments: &'p [Place],
    /// How many loops and functions it was repeated for.
    level: u32,
}

impl<'a> Reader<'a, '_> {
    /// `registerAppTool(server, name, {…}, handler)` of a library.
    pub(super) fn imported(&mut self, place: &Place, call: &'a Call) {
        let unit = self.look.unit(place);
        let known = ["registerAppTool", "registerAppResource"].map(|name| unit.strings.find(name));
        if known.iter().all(Option::is_none) {
            return;
        }
        let called = self.look.behind(&place.at(call.callee)).into_iter().find_map(|found| {
            let file = self.look.unit(&found);
            match file.value(found.node) {
                Value::Import { name, .. } => Some(file.text(name)),
                _ => None,
            }
        });
        let kind = match called {
            Some("registerAppTool") => Kind::ToolConfig,
            Some("registerAppResource") => Kind::ResourceCall,
            _ => return,
        };
        let arguments = arguments(self.look, place, call);
        let Some((_, rest)) = arguments.split_first() else { return };
        self.named(place, call, kind, rest, 0);
    }

    /// A call with the name of a registration.
    pub(super) fn registration(&mut self, place: &Place, call: &'a Call, kind: Kind, level: u32) {
        if level == 0 {
            self.look.refill();
        }
        let arguments = arguments(self.look, place, call);
        self.named(place, call, kind, &arguments, level);
    }

    fn named(&mut self, place: &Place, call: &'a Call, kind: Kind, arguments: &[Place], level: u32) {
        let Some(first) = arguments.first() else { return };
        if !looks_like_registration(self.look, kind, arguments) && !self.hands_on(kind, arguments, level) {
            return;
        }
        let object = matches!(kind, Kind::ToolObject | Kind::PromptObject | Kind::ResourceObject)
            || (arguments.len() == 2 && member(self.look, first, "name").is_some());
        let name_at = if object { member(self.look, first, "name") } else { None };
        let name_at = name_at.unwrap_or_else(|| first.clone());
        if let Some(name) = name_of(self.look, &name_at).filter(|name| is_name(name, kind)) {
            self.count(kind.what(), &name);
            let entry = Entry { name, name_at: &name_at, at: place, arguments, level };
            self.entry(kind, object, entry);
            return;
        }
        let before = self.reads;
        if level < DEEPEST && !self.look.gave_up() {
            for meaning in self.meanings.of(&name_at) {
                self.look.refill();
                self.registration(&place.also_from(&meaning), call, kind, level + 1);
            }
        }
        let repeated = self.reads > before;
        if !repeated && level == 0 && kind != Kind::ResourceCall {
            self.unread(place, "the name is computed at run time");
        }
    }

    /// Whether a call in a function of the package hands on what its callers give: a name or an
    /// object, and a function.
    fn hands_on(&self, kind: Kind, arguments: &[Place], level: u32) -> bool {
        let (Some(last), true) = (arguments.last(), level == 0 && kind.is_tool()) else { return false };
        arguments.len() >= 2
            && self
                .meanings
                .of(last)
                .iter()
                .take(8)
                .any(|meaning| function_of(self.look, &last.also_from(meaning)).is_some())
    }

    fn entry(&mut self, kind: Kind, object: bool, entry: Entry<'_>) {
        match kind {
            Kind::ToolCall | Kind::ToolConfig | Kind::ToolObject if object => self.tool_object(&entry),
            Kind::ToolCall => self.tool_call(&entry),
            Kind::ToolConfig | Kind::ToolObject => self.tool_config(&entry),
            Kind::PromptCall | Kind::PromptConfig | Kind::PromptObject => self.prompt(entry, object),
            Kind::ResourceCall | Kind::ResourceObject => self.resource(entry, object),
        }
    }

    /// `addTool({name, …})`, `tool({name, …}, handler)`.
    fn tool_object(&mut self, entry: &Entry<'_>) {
        let Some(first) = entry.arguments.first() else { return };
        let location = Some(self.location(entry.at));
        let mut tool = tool_object(self.look, first, entry.name.clone(), location, true);
        if tool.handler.is_none() {
            tool.handler = entry.arguments.get(1).and_then(|at| handler(self.look, at, true, entry.level));
        }
        tool.location = Some(self.definition(entry));
        self.push(tool);
    }

    /// `tool(name, [description], [schema], [annotations], handler)`.
    fn tool_call(&mut self, entry: &Entry<'_>) {
        let look = self.look;
        let location = Some(self.location(entry.at));
        let name = Untrusted::new(&entry.name);
        let mut tool = Tool { name, location, ..Tool::default() };
        let last = entry.arguments.len() - 1;
        for (position, at) in entry.arguments.iter().enumerate().skip(1) {
            if position == last
                && let Some(handler) = handler(look, at, true, entry.level)
            {
                tool.handler = Some(handler);
                break;
            }
            if position == 1
                && let Some(text) = words(look, at)
            {
                tool.description = Some(Untrusted::new(text));
                continue;
            }
            let hints = json(look, at);
            let known = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title"];
            let are_hints = tool.annotations == Annotations::default()
                && hints.as_ref().is_some_and(|json| {
                    json.get("properties").is_none()
                        && known.iter().any(|hint| json.get(hint).is_some_and(|hint| !hint.is_object()))
                });
            if are_hints {
                tool.annotations = annotations(hints.as_ref());
                tool.title = hints.as_ref().and_then(|json| json_text(json, "title"));
            } else if tool.input.is_none() {
                tool.input = schema::read(look, at);
            }
        }
        self.ask_holders(entry, &mut tool);
        self.push(tool);
    }

    /// `registerTool(name, {title, description, inputSchema, outputSchema, annotations}, handler)`.
    fn tool_config(&mut self, entry: &Entry<'_>) {
        let look = self.look;
        let mut tool = entry.arguments.get(1).map(|config| described(look, config)).unwrap_or_default();
        tool.name = Untrusted::new(&entry.name);
        tool.handler = entry.arguments.get(2).and_then(|at| {
            // `registerToolTask(name, {…}, {createTask})`
            let begins = || handler(look, &member(look, at, "createTask")?, true, entry.level);
            handler(look, at, true, entry.level).or_else(begins)
        });
        self.ask_holders(entry, &mut tool);
        self.push(tool);
    }

    /// Where a registration that serves several tools has the name from, else the registration.
    fn definition(&self, entry: &Entry<'_>) -> Location {
        let literal = if entry.level > 0 { self.look.places(entry.name_at).into_iter().next() } else { None };
        self.location(literal.as_ref().unwrap_or(entry.at))
    }

    /// What the objects say that a registration has its name from: `tool.name` of `tool`. The one
    /// that the name is written in knows best.
    fn ask_holders(&self, entry: &Entry<'_>, tool: &mut Tool) {
        tool.location = Some(self.definition(entry));
        for holder in self.holders(entry.name_at).iter().rev() {
            let said = tool_object(self.look, holder, entry.name.clone(), None, true);
            if let Some(own) = said.handler {
                tool.handler = Some(own);
            }
            tool.description = tool.description.take().or(said.description);
            tool.input = tool.input.take().or(said.input);
            tool.output = tool.output.take().or(said.output);
            tool.title = tool.title.take().or(said.title);
            if tool.annotations == Annotations::default() {
                tool.annotations = said.annotations;
            }
            if said.handler.is_some() {
                return;
            }
        }
    }

    /// The objects on the way from a name to where it is written, the nearest first.
    fn holders(&self, name_at: &Place) -> Vec<Place> {
        let mut holders: Vec<Place> = Vec::new();
        let mut at = name_at.clone();
        for _ in 0..4 {
            let unit = self.look.unit(&at);
            let said = match unit.value(at.node) {
                Value::Call(call) => unit.value(unit.call(call).callee),
                other => other,
            };
            let Value::Member { object, name } = said else { break };
            let name = unit.text(name);
            if !matches!(name, "name" | "toolName" | "getName" | "getToolName") {
                break;
            }
            let holder = at.at(object);
            let Some(next) = member(self.look, &holder, name) else { break };
            holders.push(holder);
            at = next;
        }
        holders
    }

    fn prompt(&mut self, entry: Entry<'_>, object: bool) {
        let look = self.look;
        let config = entry.arguments.get(usize::from(!object));
        let description = config.and_then(|at| {
            words(look, at).or_else(|| member(look, at, "description").and_then(|at| words(look, &at)))
        });
        let shape = config
            .and_then(|at| member(look, at, "argsSchema").or_else(|| member(look, at, "arguments")))
            .or_else(|| entry.arguments.get(entry.arguments.len().saturating_sub(2)).cloned());
        let listed = shape.as_ref().map(|at| self.argument_names(at)).unwrap_or_default();
        let of_schema = || {
            let schema = schema::read(look, shape.as_ref()?)?;
            Some(schema.get("properties")?.as_object()?.keys().map(Untrusted::new).collect())
        };
        let arguments = if listed.is_empty() { of_schema().unwrap_or_default() } else { listed };
        self.connector.prompts.push(Prompt {
            name: Untrusted::new(entry.name),
            description: description.map(Untrusted::new),
            arguments,
            text: None,
            location: Some(self.location(entry.at)),
            handler: entry
                .arguments
                .last()
                .and_then(|at| handler(look, at, true, entry.level))
                .or_else(|| config.and_then(|at| handler(look, &member(look, at, "load")?, true, 1))),
        });
    }

    /// The names in `[{name: "x", …}, …]`.
    pub(super) fn argument_names(&self, list: &Place) -> Vec<Untrusted> {
        let elements = self.look.elements(list).into_iter();
        let names = elements.filter_map(|element| {
            let found = self.look.member_of(&element, "name").into_iter().next();
            let super::super::look::Found::Node(at) = found? else { return None };
            name_of(self.look, &at)
        });
        names.map(Untrusted::new).collect()
    }

    fn resource(&mut self, entry: Entry<'_>, object: bool) {
        let look = self.look;
        let config = entry.arguments.get(if object { 0 } else { 2 });
        let uri = if object {
            let keys = ["uri", "uriTemplate"];
            keys.iter().find_map(|key| words(look, &member(look, config?, key)?))
        } else {
            entry.arguments.get(1).and_then(|at| words(look, at).or_else(|| self.template(at)))
        };
        let description =
            config.and_then(|at| member(look, at, "description")).and_then(|at| words(look, &at));
        self.connector.resources.push(Resource {
            name: Untrusted::new(entry.name),
            uri: uri.map(Untrusted::new),
            description: description.map(Untrusted::new),
            location: Some(self.location(entry.at)),
            handler: entry
                .arguments
                .last()
                .and_then(|at| handler(look, at, true, entry.level))
                .or_else(|| config.and_then(|at| handler(look, &member(look, at, "load")?, true, 1))),
        });
    }

    /// `new ResourceTemplate("scheme://{x}", …)`.
    fn template(&self, at: &Place) -> Option<String> {
        self.look.behind(at).iter().find_map(|found| {
            let call = self.look.call(found)?;
            let &first = self.look.unit(found).list(call.arguments).first()?;
            words(self.look, &found.at(first))
        })
    }
}
