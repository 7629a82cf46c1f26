//! Which member of a value a walk is after, so that of an object only that member counts.

use super::{Flow, Frame, Onward, Visit};
use crate::code::{
    graph::{Atom, NodeId, Strings, Unit, Value},
    resolve::At,
};

/// A member's name, in the strings of one file.
pub(super) type Field = Option<(u32, Atom)>;

impl Flow<'_> {
    /// The operands of a node of which one member counts, each with the member of it that counts.
    pub(super) fn field_operands(
        &self,
        visit: Visit,
        value: Value,
        frames: &mut Vec<Frame>,
        next: &mut Vec<Onward>,
        fields: &mut Vec<Field>,
    ) {
        fields.clear();
        let unit = self.resolver.unit(visit.at);
        if let Some(wanted) = visit.field {
            let here = |node: NodeId| (At { unit: visit.at.unit, node }, visit.frame, visit.place);
            match value {
                Value::Object(range) => {
                    for property in unit.entries(range) {
                        if property.key == Strings::SPREAD {
                            next.push(here(property.value));
                            fields.push(visit.field);
                        } else if self.is_field(unit, property.key, wanted) {
                            next.push(here(property.value));
                            fields.push(None);
                        }
                    }
                    return;
                }
                Value::Array(range) if self.position(wanted).is_some() => {
                    let items = unit.list(range);
                    let spread = items.iter().any(|&item| matches!(unit.value(item), Value::Spread(_)));
                    if let (Some(position), false) = (self.position(wanted), spread) {
                        next.extend(items.get(position).map(|&item| here(item)));
                        fields.extend(items.get(position).map(|_| None));
                        return;
                    }
                }
                Value::With { object, key, value } => {
                    if self.is_field(unit, key, wanted) {
                        next.push(here(value));
                        fields.push(None);
                    }
                    next.push(here(object));
                    fields.push(visit.field);
                    return;
                }
                _ => {}
            }
        }
        self.operands(visit, value, frames, next);
        let field = self.passed_on(visit, value);
        fields.extend(next.iter().map(|&(at, ..)| match value {
            // Only the object as a whole is looked through for the member.
            Value::Member { object, name } if at == (At { unit: visit.at.unit, node: object }) => {
                Some((visit.at.unit, name))
            }
            _ => field,
        }));
    }

    /// The position that a member's name is: that of an unpacked element.
    fn position(&self, (unit, name): (u32, Atom)) -> Option<usize> {
        self.resolver.code().units[unit as usize].text(name).parse().ok()
    }

    fn is_field(&self, unit: &Unit, key: Atom, (wanted_unit, wanted): (u32, Atom)) -> bool {
        key == Strings::ELEMENT
            || unit.text(key) == self.resolver.code().units[wanted_unit as usize].text(wanted)
    }

    /// The member that is still looked for behind a value.
    fn passed_on(&self, visit: Visit, value: Value) -> Field {
        let unit = self.resolver.unit(visit.at);
        match value {
            Value::Variable(_)
            | Value::Join(_)
            | Value::Choice { .. }
            | Value::Or(..)
            | Value::And(..)
            | Value::Import { .. }
            | Value::Parameter(..)
            | Value::Item(_)
            | Value::Element { .. }
            | Value::Array(_)
            | Value::Spread(_) => visit.field,
            Value::Call(id) => {
                let call = unit.call(id);
                let callee = At { unit: visit.at.unit, node: call.callee };
                let local = self
                    .resolver
                    .definitions(callee)
                    .iter()
                    .any(|&definition| matches!(self.resolver.value(definition), Value::Function(_)));
                let same = self.resolver.last_name(callee).is_some_and(is_same);
                if local || same { visit.field } else { None }
            }
            _ => None,
        }
    }
}

/// Library functions whose result has the members of what they get.
fn is_same(name: &str) -> bool {
    matches!(
        name,
        "assign"
            | "freeze"
            | "copy"
            | "deepcopy"
            | "dict"
            | "structuredClone"
            | "cloneDeep"
            | "getStore"
            | "model_copy"
    )
}
