//! Parameters as a call fills them.

use super::{Found, Look, Place};
use crate::code::graph::{Call, FunctionId, NodeId, Parameter, ParameterKind, Property, Unit, Value};

/// What a call hands over.
pub(super) struct Arguments<'a> {
    place: &'a Place,
    positional: &'a [NodeId],
    named: &'a [Property],
}

impl<'a> Arguments<'a> {
    pub(super) fn of(place: &'a Place, unit: &'a Unit, call: &Call) -> Self {
        Self { place, positional: unit.list(call.arguments), named: unit.entries(call.keywords) }
    }
}

impl Look<'_> {
    /// A function's or constructor's parameters, seen from one of its calls.
    pub(in super::super) fn called_from(
        &self,
        place: &Place,
        function: (usize, FunctionId),
        caller: &Place,
    ) -> Place {
        let Some(call) = self.call(caller) else { return place.clone() };
        let parameters = &self.code.units[function.0].function(function.1).parameters;
        let inside = Place { unit: function.0, node: place.node, bound: place.bound.clone() };
        let bound = self.bind(&inside, parameters, &Arguments::of(caller, self.unit(caller), call)).bound;
        Place { unit: place.unit, node: place.node, bound }
    }

    /// Parameters of a callee, each standing for its argument or default.
    pub(super) fn bind(&self, callee: &Place, parameters: &[Parameter], arguments: &Arguments<'_>) -> Place {
        let target = self.unit(callee);
        let source = self.unit(arguments.place);
        let mut inside = callee.clone();
        let own = usize::from(
            parameters.first().is_some_and(|first| matches!(target.value(first.node), Value::This(_))),
        );
        for (position, parameter) in parameters.iter().skip(own).enumerate().take(64) {
            let name = target.text(parameter.name);
            let named = arguments.named.iter().find(|entry| source.text(entry.key) == name);
            let positional =
                arguments.positional.get(position).filter(|_| parameter.kind == ParameterKind::Plain);
            let value = match (named, positional, parameter.default) {
                (Some(entry), _, _) => arguments.place.at(entry.value),
                (None, Some(&argument), _) => arguments.place.at(argument),
                (None, None, Some(default)) => Place::new(callee.unit, default),
                (None, None, None) => continue,
            };
            inside = inside.with(callee.unit, parameter.node, Found::Node(value));
        }
        inside
    }
}
