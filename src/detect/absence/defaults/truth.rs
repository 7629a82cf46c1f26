//! Whether a test holds where nobody set anything.

use super::{DEEPEST, Defaults, Frame, MOST_STEPS, Question};
use crate::{
    code::{
        graph::{NodeId, Operator, Value},
        resolve::At,
    },
    detect::absence::shape::callee_name,
};

impl Question<'_, '_> {
    /// Whether a test holds; `None` where that depends on more.
    pub(super) fn truth(&mut self, at: At, frame: Option<&Frame<'_>>, level: u32) -> Option<bool> {
        self.steps += 1;
        if level > DEEPEST || self.steps > MOST_STEPS {
            return None;
        }
        let unit = self.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Bool(value) => Some(value),
            Value::Null => Some(false),
            Value::Text(text) => Some(!unit.text(text).is_empty()),
            Value::Function(_) | Value::Class(_) | Value::Object(_) => Some(true),
            Value::Not(inner) => self.truth(here(inner), frame, level + 1).map(|value| !value),
            Value::And(left, right) => {
                match (self.truth(here(left), frame, level + 1), self.truth(here(right), frame, level + 1)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), other) => other,
                    (None, _) => None,
                }
            }
            Value::Or(left, right) => {
                match (self.truth(here(left), frame, level + 1), self.truth(here(right), frame, level + 1)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), other) => other,
                    (None, _) => None,
                }
            }
            Value::Binary { operator, left, right } => {
                self.comparison(operator, here(left), here(right), frame, level)
            }
            Value::Call(call) if matches!(callee_name(unit, unit.call(call)), "Boolean" | "bool") => {
                let first = *unit.list(unit.call(call).arguments).first()?;
                self.truth(here(first), frame, level + 1)
            }
            Value::Variable(_)
            | Value::Join(_)
            | Value::Member { .. }
            | Value::Element { .. }
            | Value::Import { .. }
            | Value::Call(_)
            | Value::Choice { .. }
            | Value::Parameter(..) => {
                let found = self.of(at, frame, level + 1);
                match (found.unset, found.yes || !found.texts.is_empty(), found.unknown) {
                    (true, false, false) => Some(false),
                    (false, true, false) => Some(true),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn comparison(
        &mut self,
        operator: Operator,
        left: At,
        right: At,
        frame: Option<&Frame<'_>>,
        level: u32,
    ) -> Option<bool> {
        let holds = matches!(operator, Operator::Equal | Operator::In);
        if !holds && !matches!(operator, Operator::NotEqual | Operator::NotIn) {
            return None;
        }
        let (first, second) = (self.of(left, frame, level + 1), self.of(right, frame, level + 1));
        if first.unknown || second.unknown {
            // A switch that is compared with a word for "on" is off until somebody turns it.
            let word = |one: &Defaults| {
                !one.texts.is_empty()
                    && one.texts.iter().all(|text| {
                        matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on" | "enabled")
                    })
            };
            return (word(&first) || word(&second)).then_some(!holds);
        }
        if first.is_unset() && second.is_unset() {
            return Some(holds);
        }
        if first.is_unset() || second.is_unset() {
            return Some(!holds);
        }
        let common = first.texts.iter().any(|text| second.texts.contains(text));
        let alone = first.texts.len() == 1 && (second.texts.len() == 1 || operator != Operator::Equal);
        match (common, alone && !first.unset && !second.unset) {
            (false, _) if !first.texts.is_empty() && !second.texts.is_empty() => Some(!holds),
            (true, true) => Some(holds),
            _ => None,
        }
    }
}
