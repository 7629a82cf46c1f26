//! Conditions on a call beside the value that reaches it, and values by what they are.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Table, Tracer, Wanted, parts::Start, secrets::Look, sources::Source, templates, together::Reported,
};
use crate::{
    code::{
        graph::{Call, CallId, ExitKind, NodeId, Value},
        guards::{Kinds, Place},
        literal,
        resolve::{At, place},
    },
    finding::Rule,
};

/// What numbers that can be guessed are made with.
const PREDICTABLE: [&str; 14] = [
    "Math.random()",
    "Date.now()",
    "random.random()",
    "random.choice()",
    "random.choices()",
    "random.randint()",
    "random.randrange()",
    "random.getrandbits()",
    "random.sample()",
    "time.time()",
    "uuid.uuid1()",
    "time.time_ns()",
    "Date().getTime()",
    "performance.now()",
];

/// Words by which a text says that others wrote what it holds.
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("(?i-u)untrusted|external[ _-]content|not (?:as )?instructions|do not follow|<[a-z_-]*(?:content|data|document|result)").ok()
});

/// What random values of the system are made with.
const SECURE: [&str; 8] =
    ["randomUUID", "uuid", "v4()", "randomBytes", "getRandomValues", "token_", "nanoid", "secrets."];

/// Members under which tokens are handed out.
const TOKENS: [&str; 6] =
    ["access_token", "refresh_token", "id_token", "accessToken", "refreshToken", "client_secret"];

impl Tracer<'_> {
    /// Whether everything else holds that a table asks of a call.
    pub(super) fn is_wanted(&self, index: u32, call: &Call, table: &Table) -> bool {
        (!table.secret_beside || self.carries_secret(index, call, table))
            && !table.unless_called.iter().any(|name| self.is_called_beside(index, call, name))
    }

    /// Whether a call of this name is in the same function.
    fn is_called_beside(&self, index: u32, call: &Call, name: &str) -> bool {
        let unit = &self.code.units[index as usize];
        unit.calls.iter().filter(|other| other.function == call.function).any(|other| {
            match unit.value(other.callee) {
                Value::Member { name: known, .. } | Value::Import { name: known, .. } => {
                    unit.text(known) == name
                }
                _ => false,
            }
        })
    }

    /// Whether another argument, an option, or the client that sends holds a credential.
    fn carries_secret(&self, index: u32, call: &Call, table: &Table) -> bool {
        let unit = &self.code.units[index as usize];
        let address = table.argument.unwrap_or(0);
        let arguments = unit.list(call.arguments).iter().enumerate();
        let mut nodes: Vec<NodeId> =
            arguments.filter(|&(position, _)| position != address).map(|(_, &node)| node).collect();
        nodes.extend(
            unit.entries(call.keywords)
                .iter()
                .filter(|entry| !table.keyword.iter().any(|word| unit.text(entry.key) == word))
                .map(|entry| entry.value),
        );
        if let Value::Member { object, .. } = unit.value(call.callee) {
            for &client in self.resolver.definitions(At { unit: index, node: object }).iter().take(2) {
                if client.unit == index
                    && let Value::Call(made) = unit.value(client.node)
                {
                    nodes.extend(unit.list(unit.call(made).arguments));
                    nodes.extend(unit.entries(unit.call(made).keywords).iter().map(|entry| entry.value));
                }
            }
        }
        let wanted = Wanted::of(Source::Secret);
        let here = Place::call(index, call);
        nodes.into_iter().any(|node| {
            let mut hits = Vec::new();
            self.trace(Start::new(At { unit: index, node }, here), &wanted, &mut hits);
            !hits.is_empty()
        })
    }

    /// Values of variables whose name says what they are for.
    pub(super) fn assigned(&self, rule: &'static Rule, wanted: &Wanted, findings: &mut Vec<Reported>) {
        let Some(named) = &wanted.assigned else { return };
        for (position, unit) in self.code.units.iter().enumerate() {
            if unit.bundled || self.code.idle.get(position).copied().unwrap_or(false) {
                continue;
            }
            let index = u32::try_from(position).unwrap_or(u32::MAX);
            for variable in &unit.variables {
                if !named.is_match(unit.text(variable.name).as_bytes()) {
                    continue;
                }
                for &node in variable.values.iter().take(8) {
                    let mut hits = Vec::new();
                    let here = templates::place_of(unit, index, node);
                    self.trace(Start::new(At { unit: index, node }, here), wanted, &mut hits);
                    if !hits.is_empty() {
                        let name = unit.text(variable.name).to_owned();
                        let at = place(unit, node);
                        findings.push(self.report(rule, &name, at, wanted, unit.bundled, hits));
                        break;
                    }
                }
            }
        }
    }

    /// The credential of whoever calls: an `Authorization` header of a request to the server.
    pub(super) fn bearer(&self, at: At, value: Value) -> Look {
        match (self.secret(at, value), value) {
            (Look::Found, Value::Member { object, .. }) => {
                let object = At { unit: at.unit, node: object };
                if self.is_environment(object) || self.is_environment(at) {
                    Look::Nothing
                } else {
                    Look::Found
                }
            }
            (Look::Found, Value::Call(call)) => {
                let read = ["environment-read", "environment-all"];
                if read.iter().any(|set| self.is_in(at.unit, call, set)) {
                    Look::Nothing
                } else {
                    Look::Found
                }
            }
            (look, _) => look,
        }
    }

    /// A number that can be guessed.
    pub(super) fn predictable(&self, at: At, value: Value) -> Look {
        match value {
            Value::Call(call) => {
                let names = self.resolver.callee_names(at);
                if names.iter().any(|name| PREDICTABLE.contains(&name.as_str())) {
                    return Look::Found;
                }
                if self.is_text(at, call) { Look::Onward } else { Look::Nothing }
            }
            // A time is no secret, but beside something else it may only tell when.
            Value::Concat(range) => {
                let unit = self.resolver.unit(at);
                let parts =
                    unit.list(range).iter().flat_map(|&node| self.names_in(At { unit: at.unit, node }));
                let parts: Vec<String> = parts.collect();
                let random = parts.iter().any(|name| name.to_ascii_lowercase().contains("random"));
                let secure = parts.iter().any(|name| SECURE.iter().any(|word| name.contains(word)));
                if random && !secure { Look::Onward } else { Look::Nothing }
            }
            Value::Binary { .. } | Value::Member { .. } | Value::Object(_) | Value::Parameter(..) => {
                Look::Nothing
            }
            _ => Look::Onward,
        }
    }

    /// The names of the calls that a value is made with.
    fn names_in(&self, at: At) -> Vec<String> {
        self.resolver.definitions(at).iter().map(|&definition| self.resolver.name(definition)).collect()
    }

    /// A token that a service handed out.
    pub(super) fn token(&self, at: At, value: Value) -> Look {
        let unit = self.resolver.unit(at);
        match value {
            Value::Member { name, .. } if TOKENS.contains(&unit.text(name)) => Look::Found,
            Value::Object(range) => {
                let token = |key| TOKENS.contains(&unit.text(key));
                let found = unit.entries(range).iter().any(|entry| token(entry.key));
                if found { Look::Found } else { Look::Onward }
            }
            Value::Call(call) if self.is_text(at, call) => Look::Onward,
            Value::Call(_) | Value::Member { .. } | Value::Element { .. } | Value::Binary { .. } => {
                Look::Nothing
            }
            _ => Look::Onward,
        }
    }

    /// Whether a call gives a text or object back in another form.
    fn is_text(&self, at: At, call: CallId) -> bool {
        let callee = At { unit: at.unit, node: self.resolver.unit(at).call(call).callee };
        self.resolver.last_name(callee).is_some_and(|name| {
            matches!(
                name,
                "stringify"
                    | "dumps"
                    | "toString"
                    | "slice"
                    | "substring"
                    | "substr"
                    | "join"
                    | "str"
                    | "String"
                    | "padStart"
                    | "replace"
            )
        })
    }

    /// What methods of a model that look at one field establish: `@field_validator("name")`.
    pub(super) fn field_checks(&self, class: At, field: &str) -> Kinds {
        let unit = self.resolver.unit(class);
        let Value::Class(id) = unit.value(class.node) else { return Kinds::NONE };
        let mut kinds = Kinds::NONE;
        for &(_, method) in unit.class(id).methods.iter().take(64) {
            let function = unit.function(method);
            let checks = function.decorators.iter().any(|&decorator| {
                let Value::Call(call) = unit.value(decorator) else { return false };
                let callee = At { unit: class.unit, node: unit.call(call).callee };
                matches!(self.resolver.last_name(callee), Some("field_validator" | "validator"))
                    && unit.list(unit.call(call).arguments).iter().any(|&node| {
                        self.resolver.text(At { unit: class.unit, node }).as_deref() == Some(field)
                    })
            });
            let Some(value) = function.parameters.get(1).filter(|_| checks) else { continue };
            let at = At { unit: class.unit, node: value.node };
            let returns = function.exits.iter().filter(|exit| exit.kind == ExitKind::Return);
            let known =
                returns.map(|exit| self.guards.known(at, Place::exit(class.unit, method, exit.context)));
            kinds |= known.reduce(|all, one| all & one).unwrap_or(Kinds::NONE);
        }
        kinds
    }

    /// Whether a text says of what it holds that others wrote it.
    pub(super) fn is_marked(&self, at: At, value: Value) -> bool {
        let Value::Concat(_) = value else { return false };
        MARK.as_ref().is_some_and(|mark| mark.is_match(&literal::template(self.resolver, at, " ", 0)))
    }

    /// Whether some tool of the connector can do what an order hidden in text would ask for.
    pub(super) fn has_dangerous_tool(&self) -> bool {
        self.connector.tools.iter().any(|tool| {
            tool.reach.as_ref().is_some_and(|reach| {
                ["processes", "dynamic-code", "file-deletes"].iter().any(|use_| reach.uses.contains_key(use_))
            })
        })
    }
}

impl Wanted {
    /// Everything that comes from one source.
    fn of(source: Source) -> Self {
        Self { stops: Kinds::NUMBER, from: vec![source], ..Self::default() }
    }
}
