//! Values through calls: what comes out of a call, and what calls pass to parameters.

use super::{Caller, DEEPEST_FRAME, Flow, Frame, MOST_CALLERS, Onward, Role, Visit};
use crate::code::{
    graph::{Atom, CallId, ClassId, ExitKind, FunctionId, NodeId, ParameterKind, Strings, Unit, Value},
    guards::Place,
    resolve::At,
};

/// Base classes looked through for the fields of an instance.
const MOST_BASES: u32 = 6;

impl Flow<'_> {
    pub(super) fn call_operands(
        &self,
        visit: Visit,
        id: CallId,
        frames: &mut Vec<Frame>,
        next: &mut Vec<Onward>,
    ) {
        let Visit { at, frame, place, .. } = visit;
        let unit = self.resolver.unit(at);
        let call = unit.call(id);
        let mut local = false;
        for &callee in self.resolver.definitions(At { unit: at.unit, node: call.callee }).iter() {
            let Value::Function(function) = self.resolver.value(callee) else { continue };
            if function == FunctionId(0) {
                continue;
            }
            local = true;
            let inner = enter(frames, frame, at.unit, id);
            let target = self.resolver.unit(callee);
            for exit in &target.function(function).exits {
                if exit.kind != ExitKind::Throw {
                    let place = Place::exit(callee.unit, function, exit.context);
                    next.push((At { unit: callee.unit, node: exit.value }, inner, place));
                }
            }
        }
        if local {
            return;
        }
        if self.through_stores && self.stored(at.unit, call, frame, next) {
            return;
        }
        // Code that is not in the package: what goes in may come out.
        let arguments = unit.list(call.arguments);
        let mut skipped = 0;
        if let Value::Member { object, name } = unit.value(call.callee) {
            let gives = gives(unit, object, unit.text(name));
            let mapped = gives == Gives::Mapped
                && arguments.first().is_some_and(|&node| matches!(unit.value(node), Value::Function(_)));
            if !mapped {
                next.push((At { unit: at.unit, node: object }, frame, place));
            }
            skipped = match gives {
                Gives::Receiver => arguments.len(),
                Gives::Looked => 1,
                Gives::Mapped | Gives::Anything => 0,
            };
        } else if let Value::Element { object, .. } = unit.value(call.callee) {
            next.push((At { unit: at.unit, node: object }, frame, place));
        }
        for &argument in arguments.iter().skip(skipped) {
            if let Value::Function(function) = unit.value(argument) {
                for exit in &unit.function(function).exits {
                    if exit.kind == ExitKind::Return {
                        let place = Place::exit(at.unit, function, exit.context);
                        next.push((At { unit: at.unit, node: exit.value }, frame, place));
                    }
                }
            } else {
                next.push((At { unit: at.unit, node: argument }, frame, place));
            }
        }
        for property in unit.entries(call.keywords) {
            next.push((At { unit: at.unit, node: property.value }, frame, place));
        }
    }

    /// The values that a parameter gets.
    pub(super) fn arguments(
        &self,
        visit: Visit,
        function: FunctionId,
        position: u32,
        frames: &mut [Frame],
        next: &mut Vec<Onward>,
    ) {
        let Visit { at, frame, place, .. } = visit;
        let unit = self.resolver.unit(at);
        if let Some(default) =
            unit.function(function).parameters.get(position as usize).and_then(|parameter| parameter.default)
        {
            next.push((At { unit: at.unit, node: default }, frame, place));
        }
        if frame != 0 {
            let top = &frames[frame as usize];
            let caller = Caller { unit: top.unit, call: top.call, role: Role::Callee };
            let enters = self.callers(at.unit, function).iter().any(|known| {
                known.unit == caller.unit && known.call == caller.call && known.role == Role::Callee
            });
            if enters {
                self.argument(at.unit, function, position, caller, top.parent, next);
                return;
            }
        }
        for &caller in self.callers(at.unit, function).iter().take(MOST_CALLERS) {
            match caller.role {
                Role::Callee | Role::Listener => {
                    self.argument(at.unit, function, position, caller, frame, next);
                }
                // What a callee hands to a callback comes from the call: its receiver and arguments.
                Role::Callback(_) => {
                    self.handed_arguments((at.unit, function), position, caller, frame, next);
                    let file = &self.resolver.code().units[caller.unit as usize];
                    let call = file.call(caller.call);
                    let place = self.place_of(caller);
                    // An element of what is mapped, not of what comes out.
                    let node = match file.value(call.callee) {
                        Value::Member { object, name }
                            if gives(file, object, file.text(name)) == Gives::Mapped =>
                        {
                            object
                        }
                        _ => call.node,
                    };
                    next.push((At { unit: caller.unit, node }, frame, place));
                }
            }
        }
    }

    /// What one call passes to one parameter.
    pub(super) fn argument(
        &self,
        unit: u32,
        function: FunctionId,
        position: u32,
        caller: Caller,
        frame: u32,
        next: &mut Vec<Onward>,
    ) {
        let target = &self.resolver.code().units[unit as usize];
        let file = &self.resolver.code().units[caller.unit as usize];
        let call = file.call(caller.call);
        let place = self.place_of(caller);
        let here = |node: NodeId| (At { unit: caller.unit, node }, frame, place);
        let parameters = &target.function(function).parameters;
        let Some(parameter) = parameters.get(position as usize) else { return };
        let shift = u32::from(
            parameters.first().is_some_and(|first| matches!(target.value(first.node), Value::This(_))),
        );
        let arguments = file.list(call.arguments);
        let before = next.len();
        let index = (position - shift.min(position)) as usize;
        let index = index + usize::from(caller.role == Role::Listener);
        let bound = bound_before(file, call.callee).unwrap_or_default();
        if let Some(&given) = bound.get(index) {
            next.push(here(given));
            return;
        }
        let index = index - bound.len();
        match parameter.kind {
            ParameterKind::Plain => {
                if let Some(&argument) = arguments.get(index) {
                    next.push(here(argument));
                } else if let Some(&last) = arguments.last()
                    && matches!(file.value(last), Value::Spread(_))
                {
                    next.push(here(last));
                }
            }
            ParameterKind::Rest => next.extend(arguments.iter().skip(index).map(|&node| here(node))),
            ParameterKind::Keyword | ParameterKind::Keywords => {}
        }
        let name = target.text(parameter.name);
        let by_position = parameter.kind == ParameterKind::Plain
            && next.get(before).is_some_and(|&(at, ..)| !matches!(file.value(at.node), Value::Spread(_)));
        for property in file.entries(call.keywords) {
            if by_position && property.key == Strings::SPREAD {
                continue;
            }
            let wanted = parameter.kind == ParameterKind::Keywords
                || property.key == Strings::SPREAD
                || file.text(property.key) == name;
            if wanted {
                next.push(here(property.value));
            }
        }
    }

    /// Where a call stands.
    fn place_of(&self, caller: Caller) -> Place {
        Place::call(caller.unit, self.resolver.code().units[caller.unit as usize].call(caller.call))
    }

    /// What every call passes to a parameter, with the place where it is passed.
    pub fn passed(&self, unit: u32, function: FunctionId, position: u32) -> Vec<(At, Place)> {
        let mut next: Vec<Onward> = Vec::new();
        for &caller in self.callers(unit, function).iter().take(MOST_CALLERS) {
            if caller.role == Role::Callee {
                self.argument(unit, function, position, caller, 0, &mut next);
            }
        }
        next.into_iter().map(|(at, _, place)| (at, place)).collect()
    }

    /// What one call passes to a parameter.
    pub fn passed_by(
        &self,
        unit: u32,
        function: FunctionId,
        position: u32,
        caller: u32,
        call: CallId,
    ) -> Vec<(At, Place)> {
        let mut next: Vec<Onward> = Vec::new();
        let caller = Caller { unit: caller, call, role: Role::Callee };
        self.argument(unit, function, position, caller, 0, &mut next);
        next.into_iter().map(|(at, _, place)| (at, place)).collect()
    }

    /// The argument that became a field of an instance without a constructor of its own: dataclasses,
    /// models, named tuples.
    pub(super) fn constructed(
        &self,
        at: At,
        object: NodeId,
        name: Atom,
        frame: u32,
        next: &mut Vec<Onward>,
    ) -> bool {
        let before = next.len();
        let name = self.resolver.unit(at).text(name);
        for &definition in self.resolver.definitions(At { unit: at.unit, node: object }).iter() {
            let file = self.resolver.unit(definition);
            let Value::Call(id) = file.value(definition.node) else { continue };
            let call = file.call(id);
            let callee = At { unit: definition.unit, node: call.callee };
            for &class in self.resolver.definitions(callee).iter() {
                let (Value::Class(id) | Value::This(id)) = self.resolver.value(class) else { continue };
                let Some(position) = self.field(class.unit, id, name, 0) else { continue };
                let place = Place::call(definition.unit, call);
                let here = |node: NodeId| (At { unit: definition.unit, node }, frame, place);
                let wanted = |key: Atom| key == Strings::SPREAD || file.text(key) == name;
                next.extend(
                    file.entries(call.keywords)
                        .iter()
                        .filter(|entry| wanted(entry.key))
                        .map(|entry| here(entry.value)),
                );
                next.extend(file.list(call.arguments).get(position).map(|&node| here(node)));
            }
        }
        next.len() > before
    }

    /// The position of an annotated field among those that a class without a constructor takes.
    fn field(&self, unit: u32, class: ClassId, name: &str, level: u32) -> Option<usize> {
        let file = &self.resolver.code().units[unit as usize];
        let data = file.class(class);
        if level > MOST_BASES || super::constructor(file, class).is_some() {
            return None;
        }
        if let Some(position) = data.annotations.iter().position(|&(field, _)| file.text(field) == name) {
            return Some(position);
        }
        data.bases.iter().find_map(|&base| {
            self.resolver.definitions(At { unit, node: base }).iter().find_map(|&definition| {
                let Value::Class(base) = self.resolver.value(definition) else { return None };
                self.field(definition.unit, base, name, level + 1)
            })
        })
    }
}

/// The arguments that `partial(f, a)` and `f.bind(this, a)` put before those of a call.
fn bound_before(unit: &Unit, callee: NodeId) -> Option<&[NodeId]> {
    let made = match unit.value(callee) {
        Value::Call(call) => call,
        Value::Variable(variable) => {
            unit.variables[variable.index()].values.iter().take(2).find_map(|&value| {
                match unit.value(value) {
                    Value::Call(call) => Some(call),
                    _ => None,
                }
            })?
        }
        _ => return None,
    };
    let call = unit.call(made);
    let name = match unit.value(call.callee) {
        Value::Member { name, .. } | Value::Import { name, .. } => unit.text(name),
        _ => return None,
    };
    matches!(name, "partial" | "bind").then(|| unit.list(call.arguments).get(1..)).flatten()
}

/// The frame after one more call; deep chains share the last frame.
fn enter(frames: &mut Vec<Frame>, parent: u32, unit: u32, call: CallId) -> u32 {
    let depth = frames[parent as usize].depth + 1;
    if depth > DEEPEST_FRAME {
        return 0;
    }
    // Recursion through the same call keeps one frame.
    if frames[parent as usize].depth > 0
        && frames[parent as usize].unit == unit
        && frames[parent as usize].call == call
    {
        return parent;
    }
    frames.push(Frame { parent, depth, unit, call });
    u32::try_from(frames.len() - 1).unwrap_or(0)
}

/// What a method of somebody else's object gives back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Gives {
    /// What its callback makes of the elements.
    Mapped,
    /// Something of the receiver, found by the first argument.
    Looked,
    /// Something of the receiver.
    Receiver,
    /// Perhaps any of its arguments.
    Anything,
}

fn gives(unit: &Unit, object: NodeId, name: &str) -> Gives {
    match name {
        "map" | "flatMap" => Gives::Mapped,
        "get" | "getAll" | "at" | "charAt" | "pop" => Gives::Looked,
        // Rows of a statement; `Promise.all(x)` is another matter.
        "all"
            if !matches!(
                unit.value(object),
                Value::Global(_) | Value::Import { .. } | Value::Variable(_)
            ) =>
        {
            Gives::Receiver
        }
        _ => Gives::Anything,
    }
}
