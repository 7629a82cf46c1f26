//! Everything that a request passes on its way to one place: the functions around it, who calls or
//! registers them, and what is put before them.

use std::collections::BTreeSet;

use super::{
    access::Access,
    checks::Scene,
    shape::{call_id, callee_name, direct_name, receiver},
    words,
};
use crate::code::{
    graph::{Call, CallId, FunctionId, NodeId, Strings, Unit, Value},
    resolve::At,
};

/// Functions around one place.
const MOST_FUNCTIONS: usize = 96;
/// Calls of one function.
const MOST_CALLS: usize = 2_048;
/// Calls from one function to the next.
const DEEPEST: u32 = 6;

/// The functions around a place.
pub(super) struct Around {
    /// Functions that hold it, and those that call or register them.
    pub functions: BTreeSet<(u32, FunctionId)>,
    /// Functions that prepare what these serve: set-up helpers.
    pub helpers: BTreeSet<(u32, FunctionId)>,
}

impl Around {
    /// Finds the functions around a call.
    pub(super) fn call(
        scene: &Scene<'_>,
        unit: u32,
        call: CallId,
        stops: &dyn Fn(u32, FunctionId) -> bool,
    ) -> Self {
        let start = scene.unit(unit).call(call).function;
        let mut functions = BTreeSet::new();
        let mut pending = vec![(unit, start, 0)];
        while let Some((unit, function, level)) = pending.pop() {
            if functions.len() >= MOST_FUNCTIONS || !functions.insert((unit, function)) {
                continue;
            }
            let file = scene.unit(unit);
            if let Some(parent) = file.function(function).parent {
                pending.push((unit, parent, level));
            }
            if level >= DEEPEST || function == FunctionId(0) {
                continue;
            }
            for caller in scene.flow.callers(unit, function).iter().take(24) {
                let around = scene.unit(caller.unit).call(caller.call).function;
                pending.push((caller.unit, around, level + 1));
            }
        }
        let mut around = Self { functions, helpers: BTreeSet::new() };
        around.add_helpers(scene, stops);
        around
    }

    /// Functions that those around call, two deep, unless they serve something of their own.
    fn add_helpers(&mut self, scene: &Scene<'_>, stops: &dyn Fn(u32, FunctionId) -> bool) {
        let mut pending: Vec<(u32, FunctionId, u32)> =
            self.functions.iter().map(|&(unit, function)| (unit, function, 0)).collect();
        while let Some((unit, function, level)) = pending.pop() {
            if is_foreign(scene, unit, function) {
                continue;
            }
            let requests = scene.requests(unit);
            for &id in requests.calls(function).iter().take(256) {
                for (target, callee) in scene.callees(unit, id) {
                    if self.functions.contains(&(target, callee))
                        || self.helpers.len() >= MOST_FUNCTIONS * 2
                        || stops(target, callee)
                        || !self.helpers.insert((target, callee))
                    {
                        continue;
                    }
                    if level < 2 {
                        pending.push((target, callee, level + 1));
                    }
                }
            }
        }
    }

    /// What is asked of a caller on the way.
    pub(super) fn access(&self, scene: &Scene<'_>) -> Access {
        let mut access = Access::NONE;
        for &(unit, function) in &self.functions {
            access |= scene.function(unit, function);
            access |= Self::decorated(scene, unit, function);
        }
        for &(unit, function) in self.functions.iter().chain(&self.helpers) {
            let foreign = is_foreign(scene, unit, function);
            for &id in scene.requests(unit).calls(function).iter().take(MOST_CALLS) {
                if foreign && !registers(callee_name(scene.unit(unit), scene.unit(unit).call(id))) {
                    continue;
                }
                let asked = self.registered(scene, unit, id);
                let context = scene.unit(unit).call(id).context;
                let opted = !asked.is_none() && scene.is_opt_in(unit, context);
                access |= if opted { asked.opted() } else { asked };
            }
        }
        access
    }

    /// The calls of the functions around and their helpers.
    pub(super) fn calls<'s>(&'s self, scene: &'s Scene<'_>) -> impl Iterator<Item = (u32, CallId)> + 's {
        self.functions.iter().chain(&self.helpers).flat_map(|&(unit, function)| {
            let requests = scene.requests(unit);
            let calls: Vec<CallId> = requests.calls(function).iter().take(MOST_CALLS).copied().collect();
            calls.into_iter().map(move |id| (unit, id))
        })
    }

    /// `@app.middleware("http")`, `@app.before_request` above a function inside one of those around.
    fn decorated(scene: &Scene<'_>, unit: u32, outer: FunctionId) -> Access {
        let file = scene.unit(unit);
        let mut access = Access::NONE;
        for inner in scene.requests(unit).decorated(outer).take(512) {
            let before = file.function(inner).decorators.iter().any(|&decorator| {
                let name = match file.value(decorator) {
                    Value::Call(call) => callee_name(file, file.call(call)),
                    _ => direct_name(file, decorator),
                };
                matches!(name, "middleware" | "before_request" | "before_app_request" | "before_serving")
            });
            if before {
                access |= scene.function(unit, inner);
            }
        }
        access
    }

    /// What a call puts before the place: middleware, dependencies, wrappers.
    fn registered(&self, scene: &Scene<'_>, unit: u32, id: CallId) -> Access {
        let file = scene.unit(unit);
        let call = file.call(id);
        let name = callee_name(file, call);
        if is_route(name) && receiver(file, call).is_some() && !self.leads_here(scene, unit, call) {
            return Access::NONE;
        }
        let callee = At { unit, node: call.callee };
        let mut access = Access::NONE;
        if scene.is_external(callee) {
            access |= scene.library_call(unit, id);
            if name == "createMcpExpressApp" || name == "createMcpHonoApp" {
                access |= Access::HOST;
            }
        }
        for &argument in file.list(call.arguments).iter().take(16) {
            if words::library_check(direct_name(file, argument)).is_none() {
                access |= self.handed(scene, At { unit, node: argument });
            }
        }
        for entry in file.entries(call.keywords).iter().take(32) {
            let value = At { unit, node: entry.value };
            let key = file.text(entry.key);
            if matches!(key, "dependencies" | "middleware" | "middlewares")
                || is_reference(file.value(value.node))
            {
                access |= self.handed(scene, value);
            }
        }
        if matches!(name, "Depends" | "Security")
            && let Some(&first) = file.list(call.arguments).first()
        {
            access |= scene.dependency(At { unit, node: first }, 0);
        }
        // `Protect(app)`: a class of the package that wraps an application.
        for &definition in scene.flow.resolver().definitions(callee).iter().take(2) {
            if let Value::Class(class) = scene.flow.resolver().value(definition)
                && !file.list(call.arguments).is_empty()
            {
                access |= scene
                    .class(definition.unit, class, 1)
                    .only(Access::CREDENTIAL | Access::HOST | Access::ORIGIN);
            }
        }
        access
    }

    /// What a handed-over value asks, unless it is one of the functions around itself.
    fn handed(&self, scene: &Scene<'_>, at: At) -> Access {
        let own = scene.flow.resolver().definitions(at).iter().any(|&definition| {
            matches!(scene.flow.resolver().value(definition), Value::Function(function)
                if self.functions.contains(&(definition.unit, function)))
        });
        if own { Access::NONE } else { scene.value(at, 0) }
    }

    /// Whether a route's handlers lead to the place.
    fn leads_here(&self, scene: &Scene<'_>, unit: u32, call: &Call) -> bool {
        let file = scene.unit(unit);
        let hands: Vec<NodeId> = file
            .list(call.arguments)
            .iter()
            .copied()
            .chain(file.entries(call.keywords).iter().map(|entry| entry.value))
            .collect();
        hands.into_iter().take(16).any(|node| {
            scene.flow.resolver().definitions(At { unit, node }).iter().any(|&definition| {
                matches!(scene.flow.resolver().value(definition), Value::Function(function)
                    if self.functions.contains(&(definition.unit, function)))
            })
        })
    }
}

/// The top level of a bundle: mostly other packages' code.
fn is_foreign(scene: &Scene<'_>, unit: u32, function: FunctionId) -> bool {
    function == FunctionId(0) && scene.unit(unit).bundled
}

/// Whether a call of this name puts something before requests.
fn registers(name: &str) -> bool {
    is_route(name) || matches!(name, "use" | "on" | "addHook" | "register" | "createServer" | "listen")
}

fn is_reference(value: Value) -> bool {
    matches!(
        value,
        Value::Function(_) | Value::Class(_) | Value::Import { .. } | Value::Variable(_) | Value::Array(_)
    )
}

fn is_route(name: &str) -> bool {
    words::ROUTES.contains(&name)
}

/// Every call of a file with its id.
pub(super) fn calls_of(unit: &Unit) -> impl Iterator<Item = (CallId, &Call)> {
    unit.calls.iter().enumerate().map(|(position, call)| (call_id(position), call))
}

/// Longest text that is asked about as a name, bytes: names and module specifiers are shorter.
const LONGEST_NAME: usize = 160;

/// The calls of a file whose name may be wanted: strings are asked about once, not at every call.
pub(super) fn calls_named(
    unit: &Unit,
    wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (CallId, &Call)> {
    let wants = |text: &str| {
        if text.len() > LONGEST_NAME {
            return false;
        }
        let last = text.rsplit(['/', '.']).next().unwrap_or(text);
        wanted(text) || wanted(last) || wanted(text.trim_end_matches(|c: char| c.is_ascii_digit()))
    };
    let marks: Vec<bool> = unit.strings.iter().map(|(_, text)| wants(text)).collect();
    let calls = if marks.contains(&true) { unit.calls.as_slice() } else { &[] };
    let may_be = move |callee: NodeId| match unit.value(callee) {
        Value::Import { module, name: Strings::DEFAULT | Strings::ALL } => marks[module.index()],
        Value::Member { name, .. } | Value::Global(name) | Value::Import { name, .. } => marks[name.index()],
        Value::Class(class) => unit.class(class).name.is_some_and(|name| marks[name.index()]),
        Value::Function(function) => unit.function(function).name.is_some_and(|name| marks[name.index()]),
        Value::Variable(variable) => marks[unit.variables[variable.index()].name.index()],
        Value::Parameter(..) | Value::Join(_) => true,
        _ => false,
    };
    (calls.iter().enumerate())
        .filter(move |(_, call)| may_be(call.callee))
        .map(|(position, call)| (call_id(position), call))
}
