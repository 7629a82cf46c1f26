//! The forms in which tests speak of values: the host of an address, the base of a relative path.

use super::{Facts, Guards, Kinds, learn, normalised_from};
use crate::code::{
    graph::{NodeId, Value},
    resolve::At,
};

impl Guards<'_> {
    /// Whether a folder is one of several: an element of a list.
    pub(super) fn several(&self, at: At) -> Kinds {
        let mut at = at;
        for _ in 0..8 {
            let Some(&definition) = self.resolver.definitions(at).first() else { break };
            let unit = self.resolver.unit(definition);
            let inner = match unit.value(definition.node) {
                Value::Item(_) | Value::Element { .. } => return Kinds::ROOTS,
                Value::Parameter(function, 0) if self.mapped(definition.unit, function).is_some() => {
                    return Kinds::ROOTS;
                }
                Value::Concat(range) => unit.list(range).first().copied(),
                Value::Choice { no, .. } => Some(no),
                Value::Member { object, .. } => Some(object),
                Value::Call(call) => {
                    let call = unit.call(call);
                    match unit.value(call.callee) {
                        Value::Member { object, name } if unit.text(name) == "replace" => Some(object),
                        _ => unit.list(call.arguments).first().copied(),
                    }
                }
                _ => None,
            };
            match inner {
                Some(node) => at = At { unit: definition.unit, node },
                None => break,
            }
        }
        Kinds::NONE
    }

    /// `base` of `path.relative(base, x)`.
    pub(super) fn relative_base(&self, at: At) -> Option<At> {
        let definition = *self.resolver.definitions(at).first()?;
        let unit = self.resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { return None };
        let first = unit.list(unit.call(call).arguments).first()?;
        Some(At { unit: definition.unit, node: *first })
    }

    /// `x` of `path.relative(base, x)`.
    pub(super) fn relative_argument(&self, at: At) -> Option<At> {
        let definition = *self.resolver.definitions(at).first()?;
        let unit = self.resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { return None };
        let name = self.resolver.name(definition);
        if !matches!(name.as_str(), "path.relative()" | "os.path.relpath()") {
            return None;
        }
        let arguments = unit.list(unit.call(call).arguments);
        let position = usize::from(name == "path.relative()");
        arguments.get(position).map(|&node| At { unit: definition.unit, node })
    }

    /// The paths of `os.path.commonpath([base, x])`.
    pub(super) fn common_path(&self, at: At) -> Vec<At> {
        let Some(&definition) = self.resolver.definitions(at).first() else { return Vec::new() };
        let unit = self.resolver.unit(definition);
        let Value::Call(call) = unit.value(definition.node) else { return Vec::new() };
        if self.resolver.name(definition) != "os.path.commonpath()" {
            return Vec::new();
        }
        let Some(&first) = unit.list(unit.call(call).arguments).first() else { return Vec::new() };
        match unit.value(first) {
            Value::Array(range) => {
                unit.list(range).iter().map(|&node| At { unit: definition.unit, node }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The address of `new URL(x).hostname`, `urlparse(x).netloc`, ….
    pub(super) fn host_of(&self, at: At) -> Option<At> {
        let mut at = at;
        for _ in 0..4 {
            let definition = *self.resolver.definitions(at).first()?;
            let unit = self.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Member { object, name } => {
                    let known = matches!(unit.text(name), "hostname" | "host" | "netloc" | "origin" | "href");
                    let object = At { unit: definition.unit, node: object };
                    return known.then(|| normalised_from(self.resolver, object).unwrap_or(object));
                }
                _ => at = normalised_from(self.resolver, definition)?,
            }
        }
        None
    }

    /// `x` of `typeof x`.
    pub(super) fn typeof_argument(&self, at: At) -> Option<At> {
        let unit = self.resolver.unit(at);
        let Value::Call(call) = unit.value(at.node) else { return None };
        let call = unit.call(call);
        let Value::Global(name) = unit.value(call.callee) else { return None };
        if unit.text(name) != "typeof" {
            return None;
        }
        unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node })
    }

    /// `x` and the position of `x[0]`, `x.charAt(0)`.
    pub(super) fn indexed(&self, at: At) -> Option<(At, String)> {
        let unit = self.resolver.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Element { object, key } => Some((here(object), self.resolver.text(here(key))?)),
            Value::Member { object, name } if unit.text(name) == "0" => Some((here(object), "0".to_owned())),
            Value::Call(call) => {
                let call = unit.call(call);
                let Value::Member { object, name } = unit.value(call.callee) else { return None };
                let first = *unit.list(call.arguments).first()?;
                (unit.text(name) == "charAt")
                    .then(|| Some((here(object), self.resolver.text(here(first))?)))?
            }
            _ => None,
        }
    }

    pub(super) fn is_truth(&self, at: At, truth: bool) -> bool {
        self.resolver.value(at) == Value::Bool(truth)
    }

    /// `x.replace("_", "").isalnum()`: the rest is harmless, and so is what was taken out.
    pub(super) fn without_marks(&self, at: At, kinds: Kinds, facts: &mut Facts) {
        let (mut at, mut kinds) = (at, kinds.without(Kinds::NUMBER));
        for _ in 0..6 {
            let Some(&definition) = self.resolver.definitions(at).first() else { return };
            let unit = self.resolver.unit(definition);
            let here = |node: NodeId| At { unit: definition.unit, node };
            let Value::Call(call) = unit.value(definition.node) else { return };
            let call = unit.call(call);
            let Value::Member { object, name } = unit.value(call.callee) else { return };
            let taken = unit.list(call.arguments).first().and_then(|&node| self.resolver.text(here(node)));
            let (true, Some(taken)) = (matches!(unit.text(name), "replace" | "replaceAll"), taken) else {
                return;
            };
            match taken.as_str() {
                "_" | ":" => {}
                "-" => kinds = kinds.without(Kinds::NO_DASH),
                "." => kinds = kinds.without(Kinds::SEGMENT),
                _ => return,
            }
            at = here(object);
            learn(self, at, kinds, facts);
        }
    }

    /// Whether a value says that a limit is configured: a member of the object or of the file's own.
    pub(super) fn is_limit(&self, at: At) -> bool {
        let unit = self.resolver.unit(at);
        match unit.value(at.node) {
            Value::Member { object, .. } => match unit.value(object) {
                Value::This(_) => true,
                Value::Parameter(..) | Value::Call(_) => false,
                _ => !matches!(self.resolver.value(self.key(at).root), Value::Parameter(..) | Value::Item(_)),
            },
            _ => false,
        }
    }
}
