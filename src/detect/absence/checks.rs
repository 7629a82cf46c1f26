//! What a function asks of a caller before it goes on: judged by what it reads and whom it turns
//! away, never by its name.

mod conditions;

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::{
    access::Access,
    command_line::Declared,
    defaults::{self, Defaults},
    requests::{Rejection, Requests},
    shape::{callee_name, direct_name, is_nothing, option},
    words,
};
use crate::code::{
    Code,
    flow::Flow,
    graph::{CallId, ClassId, ContextId, FunctionId, NodeId, Strings, Unit, Value},
    resolve::At,
};

/// Functions inside functions that are looked into.
const DEEPEST: u32 = 4;
/// Calls of one function that are looked into.
const MOST_CALLS: usize = 512;

/// A package, seen as something that answers requests.
pub(super) struct Scene<'a> {
    /// Where values come from.
    pub flow: &'a Flow<'a>,
    requests: Vec<OnceCell<Rc<Requests>>>,
    summaries: RefCell<FxHashMap<(u32, FunctionId), Access>>,
    reads: RefCell<FxHashMap<(u32, FunctionId), Access>>,
    asked: RefCell<FxHashMap<At, Access>>,
    opted: RefCell<FxHashMap<(u32, ContextId), bool>>,
    declared: OnceCell<Declared>,
}

impl<'a> Scene<'a> {
    /// A scene over the flow's package.
    pub(super) fn new(flow: &'a Flow<'a>) -> Self {
        Self {
            flow,
            requests: flow.resolver().code().units.iter().map(|_| OnceCell::new()).collect(),
            summaries: RefCell::default(),
            reads: RefCell::default(),
            asked: RefCell::default(),
            opted: RefCell::default(),
            declared: OnceCell::new(),
        }
    }

    /// The package.
    pub(super) fn code(&self) -> &'a Code {
        self.flow.resolver().code()
    }

    /// One file.
    pub(super) fn unit(&self, unit: u32) -> &'a Unit {
        &self.code().units[unit as usize]
    }

    /// What a value is where nobody set anything.
    pub(super) fn defaults(&self, at: At) -> Defaults {
        defaults::of(self.flow, &self.declared, at)
    }

    /// Whether a test holds where nobody set anything; `None` where that depends on more.
    pub(super) fn truth(&self, at: At) -> Option<bool> {
        defaults::truth(self.flow, &self.declared, at)
    }

    /// What one file knows about its callers.
    pub(super) fn requests(&self, unit: u32) -> Rc<Requests> {
        let read = || Rc::new(Requests::of(self.flow.resolver(), unit));
        Rc::clone(self.requests[unit as usize].get_or_init(read))
    }

    /// What a function asks of a caller, in its own body and in what it calls.
    pub(super) fn function(&self, unit: u32, function: FunctionId) -> Access {
        self.summary(unit, function, 0)
    }

    fn summary(&self, unit: u32, function: FunctionId, level: u32) -> Access {
        if let Some(&known) = self.summaries.borrow().get(&(unit, function)) {
            return known;
        }
        if level > DEEPEST {
            return Access::NONE;
        }
        // A question that comes back to itself asks nothing.
        self.summaries.borrow_mut().insert((unit, function), Access::NONE);
        let requests = self.requests(unit);
        let mut access = Access::NONE;
        // In a bundle other packages' code throws everywhere: only where somebody's request is read near.
        let anything = !self.unit(unit).bundled || !self.reads(unit, function, 0).is_none();
        for rejection in requests.rejections_of(function).filter(|one| anything || one.explicit).take(128) {
            access |= self.rejection(unit, &requests, rejection);
        }
        for &id in requests.calls(function).iter().take(MOST_CALLS) {
            access |= self.inner_call(unit, &requests, id, level);
        }
        access |= self.dependencies(unit, function, level);
        self.summaries.borrow_mut().insert((unit, function), access);
        access
    }

    /// What a call to a function of the package adds: its own questions, and, where it answers with
    /// a refusal, the conditions under which it is called.
    fn inner_call(&self, unit: u32, requests: &Requests, id: CallId, level: u32) -> Access {
        let file = self.unit(unit);
        let call = file.call(id);
        let mut access = words::library_check(callee_name(file, call)).only(Access::CREDENTIAL);
        if !access.is_none() && !self.is_external(At { unit, node: call.callee }) {
            access = Access::NONE;
        }
        if let Value::Member { object, name } = file.value(call.callee) {
            access |= words::library_method(direct_name(file, object), file.text(name));
        }
        let mut refuses = false;
        for (target, function) in self.callees(unit, id) {
            access |= self.summary(target, function, level + 1);
            refuses |= self
                .requests(target)
                .rejections_of(function)
                .any(|rejection| rejection.explicit && rejection.context == ContextId(0));
        }
        if refuses {
            let at = file.nodes[call.node.index()].at;
            let rejection = Rejection { at, function: call.function, context: call.context, explicit: true };
            access |= self.rejection(unit, requests, &rejection);
        }
        if self.is_opt_in(unit, call.context) { access.opted() } else { access }
    }

    /// `user = Depends(require_user)`.
    fn dependencies(&self, unit: u32, function: FunctionId, level: u32) -> Access {
        let file = self.unit(unit);
        let mut access = Access::NONE;
        for parameter in file.function(function).parameters.iter().take(64) {
            for node in [parameter.default, parameter.annotation].into_iter().flatten() {
                for id in calls_in(file, node) {
                    let call = file.call(id);
                    if !matches!(callee_name(file, call), "Depends" | "Security") {
                        continue;
                    }
                    for &argument in file.list(call.arguments).iter().take(1) {
                        access |= self.dependency(At { unit, node: argument }, level);
                    }
                }
            }
        }
        access
    }

    /// What a dependency asks; one that is not in the package is taken at its word.
    pub(super) fn dependency(&self, at: At, level: u32) -> Access {
        let mut access = Access::NONE;
        if level > DEEPEST {
            return access;
        }
        for &definition in self.flow.resolver().definitions(at).iter().take(4) {
            let file = self.flow.resolver().unit(definition);
            access |= match file.value(definition.node) {
                Value::Function(function) if function != FunctionId(0) => {
                    self.summary(definition.unit, function, level + 1)
                }
                Value::Class(class) => self.class(definition.unit, class, level + 1),
                Value::Call(call) => {
                    let call = file.call(call);
                    words::library_check(callee_name(file, call))
                        | self.dependency(At { unit: definition.unit, node: call.callee }, level + 2)
                }
                Value::Import { .. } | Value::Member { .. } => {
                    let name = direct_name(file, definition.node).to_ascii_lowercase();
                    let vouched = ["auth", "user", "token", "key", "permission", "session"];
                    if vouched.iter().any(|word| name.contains(word)) {
                        Access::CREDENTIAL
                    } else {
                        words::library_check(direct_name(file, definition.node))
                    }
                }
                _ => Access::NONE,
            };
        }
        access
    }

    /// What a class of middleware asks in any of its methods.
    pub(super) fn class(&self, unit: u32, class: ClassId, level: u32) -> Access {
        let file = self.unit(unit);
        let class = file.class(class);
        let mut access = Access::NONE;
        for &(_, method) in class.methods.iter().take(64) {
            access |= self.summary(unit, method, level);
        }
        for &base in &class.bases {
            let base = At { unit, node: base };
            if self.is_external(base) {
                access |= words::library_check(direct_name(file, base.node));
            } else if level < DEEPEST {
                for &definition in self.flow.resolver().definitions(base).iter().take(2) {
                    if let Value::Class(base) = self.flow.resolver().value(definition)
                        && (definition.unit, base) != (unit, ClassId(u32::MAX))
                    {
                        access |= self.class(definition.unit, base, level + 1);
                    }
                }
            }
        }
        access
    }

    /// What a value asks where it is handed over as middleware, handler, dependency or option.
    pub(super) fn value(&self, at: At, level: u32) -> Access {
        let file = self.unit(at.unit);
        let here = |node: NodeId| At { unit: at.unit, node };
        if level > DEEPEST {
            return Access::NONE;
        }
        match file.value(at.node) {
            Value::Choice { test, yes, no } => match self.truth(here(test)) {
                Some(true) => self.value(here(yes), level + 1) | self.value(here(no), level + 1).opted(),
                Some(false) => self.value(here(no), level + 1) | self.value(here(yes), level + 1).opted(),
                None => (self.value(here(yes), level + 1) | self.value(here(no), level + 1)).opted(),
            },
            Value::Array(range) => file
                .list(range)
                .iter()
                .take(32)
                .fold(Access::NONE, |all, &item| all | self.value(here(item), level + 1)),
            Value::Spread(inner) | Value::Item(inner) => self.value(here(inner), level + 1),
            Value::With { object, value, .. } => {
                self.value(here(object), level + 1) | self.value(here(value), level + 1)
            }
            Value::Variable(variable) => {
                let values = &file.variables[variable.index()].values;
                match values.as_slice() {
                    [only] => self.value(here(*only), level + 1),
                    _ => self.any_of(at, level),
                }
            }
            _ => self.any_of(at, level),
        }
    }

    /// One of several definitions: asked always only where every one of them asks.
    fn any_of(&self, at: At, level: u32) -> Access {
        let definitions = self.flow.resolver().definitions(at);
        let mut access = Access::NONE;
        let mut all = true;
        for &definition in definitions.iter().take(8) {
            let one = self.definition(definition, at, level);
            all &= !one.is_none();
            access |= one;
        }
        if all { access } else { access.opted() }
    }

    fn definition(&self, definition: At, from: At, level: u32) -> Access {
        let file = self.flow.resolver().unit(definition);
        match file.value(definition.node) {
            Value::Function(function) if function != FunctionId(0) => {
                self.summary(definition.unit, function, level)
            }
            Value::Class(class) => self.class(definition.unit, class, level),
            Value::Import { .. } | Value::Global(_) => {
                words::library_check(direct_name(file, definition.node))
            }
            Value::Member { object, name } => {
                words::library_check(file.text(name))
                    | words::library_method(direct_name(file, object), file.text(name))
            }
            Value::Call(id) => {
                let call = file.call(id);
                let mut access = self.library_call(definition.unit, id);
                if let Value::Member { object, name } = file.value(call.callee) {
                    access |= words::library_method(direct_name(file, object), file.text(name));
                }
                let callee = At { unit: definition.unit, node: call.callee };
                if callee != from && !self.is_external(callee) {
                    access |= self.value(callee, level + 1);
                }
                // `Middleware(Checks, …)`, `partial(check, …)`, `wrap(check)`.
                for &argument in file.list(call.arguments).iter().take(4) {
                    let argument = At { unit: definition.unit, node: argument };
                    let own = matches!(
                        file.value(argument.node),
                        Value::Import { .. } | Value::Class(_) | Value::Function(_) | Value::Variable(_)
                    );
                    if own && words::library_check(direct_name(file, argument.node)).is_none() {
                        access |= self.value(argument, level + 1);
                    }
                }
                access
            }
            Value::Array(_) | Value::With { .. } | Value::Choice { .. } if definition != from => {
                self.value(definition, level + 1)
            }
            _ => Access::NONE,
        }
    }

    /// What a call of a library's check establishes: nothing where its options let everybody through.
    pub(super) fn library_call(&self, unit: u32, id: CallId) -> Access {
        let file = self.unit(unit);
        let call = file.call(id);
        let named = file.list(call.arguments).iter().take(3).map(|&argument| direct_name(file, argument));
        let access = named
            .chain([callee_name(file, call)])
            .fold(Access::NONE, |all, name| all | words::library_check(name));
        if !access.ever(Access::HOST) {
            return access;
        }
        let resolver = self.flow.resolver();
        let off = option(resolver, unit, call, "enable_dns_rebinding_protection")
            .is_some_and(|at| is_nothing(resolver, at));
        let any = option(resolver, unit, call, "allowed_hosts")
            .is_some_and(|at| self.defaults(at).texts.iter().any(|text| text == "*"));
        if off || any { access.only(Access::CREDENTIAL | Access::ORIGIN) } else { access }
    }

    /// Whether nothing in the package defines a value.
    pub(super) fn is_external(&self, at: At) -> bool {
        self.flow.resolver().definitions(at).iter().all(|&definition| {
            matches!(
                self.flow.resolver().value(definition),
                Value::Import { .. } | Value::Global(_) | Value::Member { .. } | Value::Call(_)
            )
        })
    }

    /// The functions of the package that a call may call.
    pub(super) fn callees(&self, unit: u32, id: CallId) -> Vec<(u32, FunctionId)> {
        let callee = At { unit, node: self.unit(unit).call(id).callee };
        let definitions = self.flow.resolver().definitions(callee);
        let functions = definitions.iter().take(4).filter_map(|&definition| {
            match self.flow.resolver().value(definition) {
                Value::Function(function) if function != FunctionId(0) => Some((definition.unit, function)),
                _ => None,
            }
        });
        functions.collect()
    }
}

/// The calls that a default value or an annotation is made of.
fn calls_in(unit: &Unit, node: NodeId) -> Vec<CallId> {
    let mut found = Vec::new();
    let mut pending = vec![node];
    let mut steps = 0;
    while let Some(node) = pending.pop() {
        steps += 1;
        if steps > 64 {
            break;
        }
        match unit.value(node) {
            Value::Call(call) => found.push(call),
            Value::Element { object, key } => pending.extend([object, key]),
            Value::Array(range) | Value::Join(range) => pending.extend(unit.list(range).iter().take(8)),
            Value::Object(range) => {
                let entries = unit.entries(range).iter().filter(|entry| entry.key != Strings::SPREAD);
                pending.extend(entries.take(8).map(|entry| entry.value));
            }
            _ => {}
        }
    }
    found
}
