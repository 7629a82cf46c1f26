//! What the code behind each tool can do: handlers in, capabilities with their places out.
//!
//! The functions that any handler can get to are walked once; functions that call each other in a
//! circle count as one, and every fact is handed from callee to caller, so that the work grows with
//! the code and not with the number of tools. Only inside functions that tell tools apart by name
//! is each tool walked on its own, and there only through its own branches.

mod branch;
mod groups;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::{
    Found, Handler, Reach, Tool,
    capabilities::{Does, Use},
};
use crate::code::{
    flow::Role,
    graph::{CallId, ContextId, FunctionId, NodeId, Value},
    resolve::{At, Resolver, place},
};

pub use walk::{Step, Wanted};

/// The calls of the functions behind tools, and what each function does itself.
#[derive(Debug, Default)]
pub struct Calls {
    /// Every place of the package that does something, functions behind no tool included.
    pub uses: Vec<Use>,
    functions: Vec<Function>,
    index: FxHashMap<(u32, FunctionId), u32>,
    hosts: Vec<String>,
    groups: groups::Groups,
    /// Names of the tools.
    names: branch::Names,
    /// Branches of functions that tell tools apart.
    branches: Vec<branch::Branch>,
    /// For each tool, the function that answers it.
    handlers: Vec<Option<Handler>>,
}

/// A function that some handler gets to.
#[derive(Debug)]
struct Function {
    unit: u32,
    id: FunctionId,
    edges: Vec<Edge>,
    /// Indices in [`Calls::uses`], and in [`Calls::branches`].
    uses: Vec<(u32, Option<u32>)>,
    /// Calls into the package's own code that could not be followed, by name.
    unfollowed: Bits,
    /// Whether it tells tools apart by name.
    dispatches: bool,
}

/// A call, or a function handed over.
#[derive(Clone, Copy, Debug)]
struct Edge {
    to: u32,
    /// The call; `None` where the function only belongs to the other one.
    call: Option<CallId>,
    /// Index in [`Calls::branches`].
    branch: Option<u32>,
}

/// A set of numbers below 128; everything above is the last one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Bits(u128);

impl Bits {
    fn insert(&mut self, number: usize) {
        self.0 |= 1 << number.min(127);
    }

    fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        (0..128).filter(move |number| self.0 >> number & 1 == 1)
    }
}

/// Fills what the code behind each tool can do.
///
/// A tool of a script without a handler of its own is answered by the one of `dispatchers` that
/// tells tools apart, where there is just one.
pub fn read(resolver: &Resolver<'_>, uses: Vec<Use>, tools: &mut [Tool], dispatchers: &[Handler]) -> Calls {
    let mut calls = Calls { uses, ..Calls::default() };
    let orphan = |tool: &Tool| tool.handler.is_none() && tool.found == Found::Source;
    let dispatchers = if tools.iter().any(orphan) { dispatchers } else { &[] };
    let mut handlers: Vec<Handler> = tools.iter().filter_map(|tool| tool.handler).collect();
    handlers.extend(dispatchers);
    if handlers.is_empty() {
        return calls;
    }
    calls.names = tools.iter().enumerate().map(|(at, tool)| (tool.name.raw().to_owned(), at)).collect();
    let shared = handlers.iter().any(|handler| handler.shared);
    Collector::new(resolver, &mut calls, shared).all(handlers.into_iter());
    calls.groups = groups::Groups::new(&calls);
    let dispatcher = calls.dispatcher(dispatchers);
    calls.handlers = tools.iter().map(|tool| tool.handler.or(dispatcher.filter(|_| orphan(tool)))).collect();
    for (at, tool) in tools.iter_mut().enumerate() {
        tool.reach = calls.handlers[at].map(|handler| calls.reach(resolver, handler, tool.name.raw()));
    }
    calls
}

impl Calls {
    /// The function that answers calls of a tool, by its index in [`super::Connector::tools`].
    pub fn handler(&self, tool: usize) -> Option<Handler> {
        self.handlers.get(tool).copied().flatten()
    }

    /// The one function that tells tools apart, or the only one there is.
    fn dispatcher(&self, dispatchers: &[Handler]) -> Option<Handler> {
        let mut known = dispatchers.to_vec();
        known.sort_unstable();
        known.dedup_by_key(|handler| (handler.unit, handler.function));
        let tells = |handler: &&Handler| {
            self.at(**handler).is_some_and(|function| self.groups.summary(function).dispatches)
        };
        let mut telling = known.iter().filter(tells);
        match (telling.next(), telling.next(), known.as_slice()) {
            (Some(one), None, _) | (None, None, [one]) => Some(Handler { shared: true, ..*one }),
            _ => None,
        }
    }

    /// What the code behind one tool can do.
    fn reach(&self, resolver: &Resolver<'_>, handler: Handler, name: &str) -> Reach {
        let summary = self.summary(resolver, handler, name);
        let mut reach = Reach { unfollowed: summary.unfollowed.iter().count(), ..Reach::default() };
        for ((_, name), nearest) in Does::NAMES.iter().zip(summary.nearest) {
            if let Some(nearest) = nearest {
                let one = &self.uses[nearest.index as usize];
                let unit = &resolver.code().units[one.unit as usize];
                reach.uses.insert(name, place(unit, one.node));
            }
        }
        reach.hosts = summary.hosts.iter().map(|host| self.host(host)).collect();
        reach
    }

    /// Whether a branch is one of other tools.
    fn excludes(&self, branch: Option<u32>, tool: Option<usize>) -> bool {
        matches!((branch, tool), (Some(branch), Some(tool)) if self.branches[branch as usize].excludes(tool))
    }

    fn host(&self, number: usize) -> String {
        if number == 127 { "*".to_owned() } else { self.hosts[number].clone() }
    }

    fn at(&self, handler: Handler) -> Option<u32> {
        let unit = u32::try_from(handler.unit).ok()?;
        self.index.get(&(unit, handler.function)).copied()
    }
}

/// Finds the functions behind tools.
struct Collector<'a, 'b> {
    resolver: &'a Resolver<'a>,
    calls: &'b mut Calls,
    /// For each unit with functions behind tools, where the calls of each function are.
    units: FxHashMap<u32, Calling>,
    by_function: FxHashMap<(u32, FunctionId), Vec<u32>>,
    unfollowed: FxHashMap<String, usize>,
    branches: FxHashMap<(u32, ContextId), Option<u32>>,
    shared: bool,
}

/// The calls of one file by function.
struct Calling {
    /// Calls sorted by function, then position.
    calls: Vec<CallId>,
    /// For each function, where its calls start in `calls`; one more at the end.
    starts: Vec<usize>,
    /// For each call, where its callees start in [`crate::code::Code::called`]; one more at the end.
    called: Vec<usize>,
}

impl Calling {
    fn new(resolver: &Resolver<'_>, index: u32) -> Self {
        let code = resolver.code();
        let unit = &code.units[index as usize];
        let mut starts = vec![0; unit.functions.len() + 1];
        for call in &unit.calls {
            starts[call.function.index() + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut calls = vec![CallId(0); unit.calls.len()];
        for (position, call) in unit.calls.iter().enumerate() {
            let slot = &mut next[call.function.index()];
            calls[*slot] = CallId(u32::try_from(position).unwrap_or(u32::MAX));
            *slot += 1;
        }
        let mut called = vec![0; unit.calls.len() + 1];
        for (_, caller) in code.called.get(index as usize).into_iter().flatten() {
            called[caller.call.index() + 1] += 1;
        }
        for at in 1..called.len() {
            called[at] += called[at - 1];
        }
        Self { calls, starts, called }
    }

    fn of(&self, function: FunctionId) -> &[CallId] {
        &self.calls[self.starts[function.index()]..self.starts[function.index() + 1]]
    }
}

impl<'a, 'b> Collector<'a, 'b> {
    fn new(resolver: &'a Resolver<'a>, calls: &'b mut Calls, shared: bool) -> Self {
        let mut by_function: FxHashMap<(u32, FunctionId), Vec<u32>> = FxHashMap::default();
        let mut hosts = BTreeSet::new();
        for (index, one) in calls.uses.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            by_function.entry((one.unit, one.function)).or_default().push(index);
            hosts.extend(one.hosts.iter().cloned());
        }
        calls.hosts = hosts.into_iter().collect();
        Self {
            resolver,
            calls,
            units: FxHashMap::default(),
            by_function,
            unfollowed: FxHashMap::default(),
            branches: FxHashMap::default(),
            shared,
        }
    }

    /// Every function that a handler gets to.
    fn all(mut self, handlers: impl Iterator<Item = Handler>) {
        for handler in handlers {
            if let Ok(unit) = u32::try_from(handler.unit) {
                self.function(unit, handler.function);
            }
        }
        let mut at = 0;
        while at < self.calls.functions.len() {
            self.follow(at);
            at += 1;
        }
    }

    /// The number of a function.
    fn function(&mut self, unit: u32, id: FunctionId) -> u32 {
        let next = u32::try_from(self.calls.functions.len()).unwrap_or(u32::MAX);
        let known = *self.calls.index.entry((unit, id)).or_insert(next);
        if known == next {
            let uses = self.by_function.remove(&(unit, id)).unwrap_or_default();
            let branch = |index: u32| self.calls.uses[index as usize].context;
            let uses: Vec<(u32, ContextId)> = uses.into_iter().map(|index| (index, branch(index))).collect();
            let uses = uses.into_iter().map(|(index, context)| (index, self.branch(unit, context))).collect();
            self.calls.functions.push(Function {
                unit,
                id,
                edges: Vec::new(),
                uses,
                unfollowed: Bits::default(),
                dispatches: false,
            });
        }
        known
    }

    /// Where the calls of one function go.
    fn follow(&mut self, at: usize) {
        let (index, id) = (self.calls.functions[at].unit, self.calls.functions[at].id);
        let resolver = self.resolver;
        let code = resolver.code();
        let unit = &code.units[index as usize];
        let calling = self.units.entry(index).or_insert_with(|| Calling::new(resolver, index));
        let calls: Vec<(CallId, std::ops::Range<usize>)> = calling
            .of(id)
            .iter()
            .map(|&call| (call, calling.called[call.index()]..calling.called[call.index() + 1]))
            .collect();
        let mut targets: Vec<(u32, FunctionId, Option<CallId>)> = Vec::new();
        let mut unfollowed = Bits::default();
        let mut dispatches = false;
        for (call, called) in calls {
            let mut followed = false;
            for &((unit, function), caller) in &code.called[index as usize][called] {
                followed |= caller.role == Role::Callee;
                targets.push((unit, function, Some(call)));
            }
            if !followed {
                let table = branch::all_of_table(resolver, index, unit.call(call).callee);
                followed = !table.is_empty();
                targets.extend(table.into_iter().map(|(unit, id)| (unit, id, Some(call))));
            }
            if !followed && let Some(name) = self.own_method(index, unit.call(call).callee) {
                let next = self.unfollowed.len();
                unfollowed.insert(*self.unfollowed.entry(name).or_insert(next));
            }
            dispatches |= self.branch(index, unit.call(call).context).is_some();
        }
        for node in unit.function(id).exits.iter().map(|exit| exit.value).take(16) {
            if let Value::Function(inner) = unit.value(node) {
                targets.push((index, inner, None));
            }
        }
        targets.extend(self.decorators(index, id).into_iter().map(|(unit, id)| (unit, id, None)));
        let edges: Vec<Edge> = targets
            .into_iter()
            .map(|(to, id, call)| Edge {
                to: self.function(to, id),
                call,
                branch: call.and_then(|call| self.branch(index, unit.call(call).context)),
            })
            .collect();
        dispatches |= self.shared && branch::looks_up(resolver, index, &edges);
        let function = &mut self.calls.functions[at];
        function.edges = edges;
        function.unfollowed = unfollowed;
        function.dispatches = dispatches;
    }

    /// The branch that a place is in.
    fn branch(&mut self, unit: u32, context: ContextId) -> Option<u32> {
        if !self.shared || context == ContextId(0) {
            return None;
        }
        if let Some(&known) = self.branches.get(&(unit, context)) {
            return known;
        }
        let branch = branch::of(self.resolver, &self.calls.names, unit, context).map(|branch| {
            self.calls.branches.push(branch);
            u32::try_from(self.calls.branches.len() - 1).unwrap_or(u32::MAX)
        });
        self.branches.insert((unit, context), branch);
        branch
    }

    /// Functions of the package that wrap this one.
    fn decorators(&self, index: u32, id: FunctionId) -> Vec<(u32, FunctionId)> {
        let unit = &self.resolver.code().units[index as usize];
        let mut found = Vec::new();
        for &decorator in unit.function(id).decorators.iter().take(8) {
            let callee = match unit.value(decorator) {
                Value::Call(call) => unit.call(call).callee,
                _ => decorator,
            };
            for &definition in self.resolver.definitions(At { unit: index, node: callee }).iter().take(4) {
                if let Value::Function(function) = self.resolver.value(definition)
                    && function != FunctionId(0)
                {
                    found.push((definition.unit, function));
                }
            }
        }
        found
    }

    /// The name of a method of the package's own classes that is called on something unknown.
    fn own_method(&self, index: u32, callee: NodeId) -> Option<String> {
        let code = self.resolver.code();
        let unit = &code.units[index as usize];
        let Value::Member { object, name } = unit.value(callee) else { return None };
        let python = unit.language == crate::artifact::Language::Python;
        let name = unit.text(name);
        if !code.methods[usize::from(python)].contains_key(name) {
            return None;
        }
        let receiver = self.resolver.definitions(At { unit: index, node: object });
        let unknown = |&at: &At| {
            matches!(self.resolver.value(at), Value::Parameter(..) | Value::Unknown | Value::Null)
                || matches!(self.resolver.value(at), Value::Member { object, .. }
                    if matches!(self.resolver.unit(at).value(object), Value::This(_) | Value::Parameter(..)))
        };
        receiver.iter().all(unknown).then(|| name.to_owned())
    }
}
