//! Where one file reads who asks, and where it turns somebody away.

use super::{
    access::Access,
    shape::{callee_name, direct_name, index, receiver},
    words,
};
use crate::code::{
    graph::{Call, CallId, ContextId, ExitKind, FunctionId, NodeId, Unit, Value},
    resolve::{At, Resolver},
};

/// Statuses that one file assigns to answers.
const MOST_ASSIGNED: usize = 1_000;

/// A value that tells who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// Byte offset in the file.
    pub at: u32,
    /// The value.
    pub node: NodeId,
    /// What it tells.
    pub access: Access,
}

/// A place where a caller may be turned away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rejection {
    /// Byte offset in the file.
    pub at: u32,
    /// The function that does it.
    pub function: FunctionId,
    /// What had to be true.
    pub context: ContextId,
    /// Whether a status or a name says that somebody is turned away, not that something failed.
    pub explicit: bool,
}

/// What one file knows about its callers.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// By offset.
    pub reads: Vec<Read>,
    /// By function.
    pub rejections: Vec<Rejection>,
    /// Functions by start.
    starts: Vec<(u32, FunctionId)>,
    /// Calls by function, in source order.
    calls: Vec<Vec<CallId>>,
    /// Functions with decorators, by the function around them.
    decorated: Vec<(FunctionId, FunctionId)>,
}

impl Requests {
    /// Reads one file.
    pub(super) fn of(resolver: &Resolver<'_>, unit: u32) -> Self {
        let file = &resolver.code().units[unit as usize];
        let starts = (file.functions.iter().enumerate())
            .map(|(position, function)| (file.nodes[function.node.index()].at, FunctionId(index(position))))
            .collect();
        let mut requests = Self { starts, ..Self::default() };
        requests.starts.sort_unstable();
        requests.decorated = (file.functions.iter().enumerate())
            .filter(|(_, function)| !function.decorators.is_empty())
            .map(|(position, function)| {
                (function.parent.unwrap_or(FunctionId(0)), FunctionId(index(position)))
            })
            .collect();
        requests.decorated.sort_unstable();
        requests.calls = vec![Vec::new(); file.functions.len()];
        for (position, call) in file.calls.iter().enumerate() {
            requests.calls[call.function.index()].push(super::shape::call_id(position));
        }
        let marks = Marks::of(file);
        for position in 0..file.nodes.len() {
            let node = NodeId(index(position));
            if !marks.may_be_read(file, node) {
                continue;
            }
            let access = read(resolver, At { unit, node });
            if !access.is_none() {
                requests.reads.push(Read { at: file.nodes[position].at, node, access });
            }
        }
        requests.reads.sort_unstable_by_key(|read| (read.at, read.node));
        requests.rejections = rejections(file, &requests, &marks);
        requests.rejections.sort_unstable_by_key(|rejection| (rejection.function, rejection.at));
        requests
    }

    /// The calls of a function's own body.
    pub(super) fn calls(&self, function: FunctionId) -> &[CallId] {
        self.calls.get(function.index()).map_or(&[], Vec::as_slice)
    }

    /// The functions with decorators right inside a function.
    pub(super) fn decorated(&self, outer: FunctionId) -> impl Iterator<Item = FunctionId> + '_ {
        let start = self.decorated.partition_point(|&(parent, _)| parent < outer);
        self.decorated[start..]
            .iter()
            .take_while(move |&&(parent, _)| parent == outer)
            .map(|&(_, function)| function)
    }

    /// The rejections of a function's own body.
    pub(super) fn rejections_of(&self, function: FunctionId) -> impl Iterator<Item = &Rejection> {
        let start = self.rejections.partition_point(|rejection| rejection.function < function);
        self.rejections[start..].iter().take_while(move |rejection| rejection.function == function)
    }

    /// What is read between two offsets.
    pub(super) fn between(&self, start: u32, end: u32) -> impl Iterator<Item = &Read> {
        let first = self.reads.partition_point(|read| read.at < start);
        self.reads[first..].iter().take_while(move |read| read.at < end)
    }

    /// The innermost function around an offset.
    pub(super) fn innermost(&self, unit: &Unit, at: u32) -> FunctionId {
        let before = self.starts.partition_point(|&(start, _)| start <= at);
        let Some(&(_, mut function)) = before.checked_sub(1).and_then(|last| self.starts.get(last)) else {
            return FunctionId(0);
        };
        for _ in 0..64 {
            if function == FunctionId(0) || at < unit.function(function).end {
                return function;
            }
            function = unit.function(function).parent.unwrap_or(FunctionId(0));
        }
        FunctionId(0)
    }
}

/// Which strings of a file matter here, so that most nodes are passed over without a look.
struct Marks {
    reads: Vec<bool>,
    refusals: Vec<bool>,
    statuses: Vec<bool>,
}

impl Marks {
    fn of(file: &Unit) -> Self {
        let mark = |test: &dyn Fn(&str) -> bool| file.strings.iter().map(|(_, text)| test(text)).collect();
        Self {
            reads: mark(&|text| {
                !words::header(text).is_none()
                    || matches!(text, "remoteAddress" | "ip" | "hostname" | "credentials")
                    || CHECKS.contains(&text)
                    || LOOK_UPS.contains(&text)
            }),
            refusals: mark(&words::names_refusal),
            statuses: mark(&|text| matches!(text, "statusCode" | "status" | "status_code" | "code")),
        }
    }

    fn may_be_read(&self, file: &Unit, node: NodeId) -> bool {
        match file.value(node) {
            Value::Member { name, .. } => self.reads[name.index()],
            Value::Call(call) => match file.value(file.call(call).callee) {
                Value::Member { name, .. } | Value::Global(name) | Value::Import { name, .. } => {
                    self.reads[name.index()]
                }
                _ => false,
            },
            Value::Parameter(..) => true,
            _ => false,
        }
    }

    /// Whether a value is a status with which a caller is (or may be) turned away.
    fn refusing(&self, unit: &Unit, node: NodeId) -> Option<bool> {
        match unit.value(node) {
            Value::Number(number) if words::is_refusal(unit.text(number)) => Some(true),
            Value::Number(number) if words::may_be_refusal(unit.text(number)) => Some(false),
            Value::Member { name, .. } if self.refusals[name.index()] => Some(true),
            _ => None,
        }
    }
}

/// Calls that only a check of credentials makes.
const CHECKS: [&str; 3] = ["compare_digest", "timingSafeEqual", "isAuthenticated"];
/// Methods that look a header up.
const LOOK_UPS: [&str; 6] = ["get", "header", "getHeader", "get_header", "getlist", "getone"];

/// What a value tells about who asks.
fn read(resolver: &Resolver<'_>, at: At) -> Access {
    let unit = resolver.unit(at);
    match unit.value(at.node) {
        Value::Member { object, name } => member_read(unit, object, unit.text(name)),
        Value::Call(call) => call_read(unit, unit.call(call)),
        Value::Parameter(function, position) => parameter_read(resolver, at.unit, function, position),
        _ => Access::NONE,
    }
}

fn member_read(unit: &Unit, object: NodeId, name: &str) -> Access {
    let holder = direct_name(unit, object);
    match name {
        "remoteAddress" => return Access::PEER,
        "ip" if words::is_request(holder) => return Access::PEER,
        "host" if holder == "client" => return Access::PEER,
        "hostname" if words::is_request(holder) => return Access::HOST,
        "credentials" if holder == "credentials" => return Access::CREDENTIAL,
        _ => {}
    }
    let access = words::header(name);
    if access.is_none() {
        return access;
    }
    if holds_headers(unit, object, 0) {
        return access;
    }
    if matches!(holder, "query" | "query_params" | "cookies") {
        return access.only(Access::CREDENTIAL);
    }
    Access::NONE
}

fn call_read(unit: &Unit, call: &Call) -> Access {
    let name = callee_name(unit, call);
    if CHECKS.contains(&name) {
        return Access::CREDENTIAL;
    }
    if !LOOK_UPS.contains(&name) {
        return Access::NONE;
    }
    let (Some(object), Some(&first)) = (receiver(unit, call), unit.list(call.arguments).first()) else {
        return Access::NONE;
    };
    let Value::Text(header) = unit.value(first) else { return Access::NONE };
    let access = words::header(unit.text(header));
    let holder = direct_name(unit, object);
    if name == "header" || name == "getHeader" || words::is_request(holder) || holds_headers(unit, object, 0)
    {
        access
    } else if matches!(holder, "query" | "query_params" | "cookies") {
        access.only(Access::CREDENTIAL)
    } else {
        Access::NONE
    }
}

/// `authorization: str = Header()`, `credentials = Depends(HTTPBearer())`.
fn parameter_read(resolver: &Resolver<'_>, unit: u32, function: FunctionId, position: u32) -> Access {
    let file = &resolver.code().units[unit as usize];
    let Some(parameter) = file.function(function).parameters.get(position as usize) else {
        return Access::NONE;
    };
    if parameter
        .annotation
        .is_some_and(|annotation| direct_name(file, annotation) == "HTTPAuthorizationCredentials")
    {
        return Access::CREDENTIAL;
    }
    let Some(Value::Call(call)) = parameter.default.map(|default| file.value(default)) else {
        return Access::NONE;
    };
    let call = file.call(call);
    match callee_name(file, call) {
        "Header" | "Cookie" => words::header(file.text(parameter.name)),
        "Depends" | "Security" => {
            let Some(&first) = file.list(call.arguments).first() else { return Access::NONE };
            resolver.definitions(At { unit, node: first }).iter().fold(Access::NONE, |all, &definition| {
                let target = resolver.unit(definition);
                match target.value(definition.node) {
                    Value::Call(call) => all | words::library_check(callee_name(target, target.call(call))),
                    _ => all,
                }
            })
        }
        _ => Access::NONE,
    }
}

/// Whether a value is the headers of a request.
fn holds_headers(unit: &Unit, node: NodeId, level: u32) -> bool {
    if level > 4 {
        return false;
    }
    let named = |name: &str| name.to_ascii_lowercase().contains("header");
    match unit.value(node) {
        Value::Member { name, .. } => named(unit.text(name)),
        Value::Text(text) => unit.text(text) == "headers",
        Value::Parameter(..) | Value::Variable(_) | Value::Global(_) => named(direct_name(unit, node)),
        Value::Call(call) => {
            let call = unit.call(call);
            named(callee_name(unit, call))
                || unit.list(call.arguments).iter().take(3).any(|&part| holds_headers(unit, part, level + 1))
        }
        Value::Or(left, _) => holds_headers(unit, left, level + 1),
        Value::Choice { yes, no, .. } => {
            holds_headers(unit, yes, level + 1) || holds_headers(unit, no, level + 1)
        }
        Value::Array(range) | Value::Join(range) => {
            unit.list(range).iter().take(3).any(|&part| holds_headers(unit, part, level + 1))
        }
        Value::Item(inner) | Value::Spread(inner) => holds_headers(unit, inner, level + 1),
        _ => false,
    }
}

fn rejections(unit: &Unit, requests: &Requests, marks: &Marks) -> Vec<Rejection> {
    let mut found = Vec::new();
    for call in &unit.calls {
        if let Some(explicit) = turns_away(unit, call, marks) {
            let at = unit.nodes[call.node.index()].at;
            found.push(Rejection { at, function: call.function, context: call.context, explicit });
        }
    }
    for (position, function) in unit.functions.iter().enumerate() {
        for exit in function.exits.iter().filter(|exit| exit.kind == ExitKind::Throw) {
            let function = FunctionId(index(position));
            found.push(Rejection { at: exit.at, function, context: exit.context, explicit: false });
        }
    }
    let mut assigned = 0;
    for (position, node) in unit.nodes.iter().enumerate() {
        let Value::With { key, value, .. } = node.value else { continue };
        if !marks.statuses[key.index()] {
            continue;
        }
        let Some(explicit) = marks.refusing(unit, value) else { continue };
        assigned += 1;
        if assigned > MOST_ASSIGNED {
            break;
        }
        let function = requests.innermost(unit, node.at);
        // An assignment has no conditions of its own: those of the call that follows are its own.
        let next = requests.calls(function).iter().find(|&&id| unit.call(id).node.index() > position);
        if let Some(&next) = next {
            found.push(Rejection { at: node.at, function, context: unit.call(next).context, explicit });
        }
    }
    found
}

/// Whether a call may turn a caller away, and whether it says so.
fn turns_away(unit: &Unit, call: &Call, marks: &Marks) -> Option<bool> {
    let name = callee_name(unit, call);
    let arguments = unit.list(call.arguments);
    if name == "next" && !arguments.is_empty() && matches!(unit.value(call.callee), Value::Parameter(..)) {
        return Some(false);
    }
    if matches!(name, "destroy" | "terminate" | "close") && receiver(unit, call).is_some() {
        return Some(arguments.first().is_some_and(|&code| marks.refusing(unit, code) == Some(true)));
    }
    if matches!(name, "HTTPUnauthorized" | "HTTPForbidden" | "UnauthorizedException" | "ForbiddenException") {
        return Some(true);
    }
    let mut found = arguments.iter().take(6).find_map(|&argument| marks.refusing(unit, argument));
    let entries = unit.entries(call.keywords).iter().chain(
        arguments
            .iter()
            .take(6)
            .filter_map(|&argument| match unit.value(argument) {
                Value::Object(range) => Some(unit.entries(range).iter().take(32)),
                _ => None,
            })
            .flatten(),
    );
    for entry in entries {
        if marks.statuses[entry.key.index()] {
            found = found.max(marks.refusing(unit, entry.value));
        }
    }
    found
}
