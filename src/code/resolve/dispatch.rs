//! Members of values whose class the source tells by an annotation, or by a method that only one
//! class of the package has.

use rustc_hash::FxHashMap;

use super::{At, Resolver, members::Name, push};
use crate::{
    artifact::Language,
    code::graph::{ClassId, FunctionKind, NodeId, Unit, Value},
};

/// Shortest method name that tells a class: minifiers use shorter ones.
const SHORTEST_NAME: usize = 6;

/// Methods by name, where one class alone has them: those of scripts, those of Python.
pub(crate) type Methods = [FxHashMap<String, Option<At>>; 2];

impl Resolver<'_> {
    /// The annotation of a parameter, of what a local function returns, or of a field of a class.
    pub(super) fn annotation_of(&self, at: At) -> Option<At> {
        let unit = self.unit(at);
        match unit.value(at.node) {
            Value::Parameter(function, position) => {
                let annotation = unit.function(function).parameters.get(position as usize)?.annotation?;
                Some(At { unit: at.unit, node: annotation })
            }
            Value::Call(call) => {
                let callee = At { unit: at.unit, node: unit.call(call).callee };
                self.definitions(callee).iter().find_map(|&definition| {
                    let Value::Function(function) = self.value(definition) else { return None };
                    let returns = self.unit(definition).function(function).returns?;
                    Some(At { unit: definition.unit, node: returns })
                })
            }
            Value::Member { object, name } => {
                let name = unit.text(name);
                self.definitions(At { unit: at.unit, node: object })
                    .iter()
                    .find_map(|&definition| self.field_annotation(definition, name))
            }
            _ => None,
        }
    }

    /// The annotation of a field of an instance, through base classes.
    fn field_annotation(&self, instance: At, name: &str) -> Option<At> {
        let unit = self.unit(instance);
        let mut classes = match unit.value(instance.node) {
            Value::This(class) | Value::Class(class) => vec![(instance.unit, class)],
            Value::Call(call) => {
                let callee = At { unit: instance.unit, node: unit.call(call).callee };
                self.classes_at(callee)
            }
            Value::Parameter(..) => self.classes_at(self.annotation_of(instance)?),
            _ => Vec::new(),
        };
        let mut looked = 0;
        while let Some((unit, class)) = classes.pop() {
            let file = &self.code.units[unit as usize];
            let class = file.class(class);
            if let Some(&(_, node)) = class.annotations.iter().find(|(field, _)| file.text(*field) == name) {
                return Some(At { unit, node });
            }
            looked += 1;
            if looked < 8 {
                classes.extend(self.namesakes(unit, class));
                classes.extend(class.bases.iter().flat_map(|&node| self.classes_at(At { unit, node })));
            }
        }
        None
    }

    fn classes_at(&self, at: At) -> Vec<(u32, ClassId)> {
        let class = |&definition: &At| match self.value(definition) {
            Value::Class(class) | Value::This(class) => Some((definition.unit, class)),
            _ => None,
        };
        self.definitions(at).iter().filter_map(class).collect()
    }

    /// Members of what is annotated with a class of the package.
    pub(super) fn member_of_annotated(&self, at: At, name: Name<'_>, found: &mut Vec<At>) {
        if let Some(annotation) = self.annotation_of(at) {
            self.member_of_named(annotation.unit, annotation.node, name, 0, found);
        }
    }

    /// Members of what an annotation names: `C`, `C | None`, `Optional[C]`, `Annotated[C, …]`.
    fn member_of_named(
        &self,
        unit: u32,
        annotation: NodeId,
        name: Name<'_>,
        level: u32,
        found: &mut Vec<At>,
    ) {
        if level > 3 {
            return;
        }
        let file = &self.code.units[unit as usize];
        match file.value(annotation) {
            Value::Element { key, .. } => self.member_of_named(unit, key, name, level + 1, found),
            Value::Binary { left, right, .. } => {
                self.member_of_named(unit, left, name, level + 1, found);
                self.member_of_named(unit, right, name, level + 1, found);
            }
            Value::Array(range) => {
                for &item in file.list(range).iter().take(2) {
                    self.member_of_named(unit, item, name, level + 1, found);
                }
            }
            _ => {
                for &definition in self.definitions(At { unit, node: annotation }).iter() {
                    if let Value::Class(class) = self.value(definition) {
                        self.member_of_class(definition.unit, class, name, found, 0);
                    }
                }
            }
        }
    }

    /// The one method of the package with this name, for a receiver that nothing else is known about.
    pub(super) fn only_method(&self, at: At, object: NodeId, name: &str, found: &mut Vec<At>) {
        if name.len() < SHORTEST_NAME {
            return;
        }
        let unknown = self.definitions(At { unit: at.unit, node: object }).iter().all(|&definition| {
            let unit = self.unit(definition);
            match unit.value(definition.node) {
                Value::Parameter(function, position) => unit
                    .function(function)
                    .parameters
                    .get(position as usize)
                    .is_none_or(|parameter| parameter.annotation.is_none()),
                Value::Member { object, .. } => matches!(unit.value(object), Value::This(_)),
                Value::Null | Value::Unknown => true,
                _ => false,
            }
        });
        let unit = self.unit(at);
        if !unknown || unit.bundled {
            return;
        }
        if let Some(&Some(method)) = self.code.methods[usize::from(is_python(unit))].get(name) {
            push(found, method);
        }
    }
}

fn is_python(unit: &Unit) -> bool {
    unit.language == Language::Python
}

/// Every method name of the package's own classes, with the method where only one class has it.
pub(crate) fn only_methods(units: &[Unit]) -> Methods {
    let mut methods = Methods::default();
    for (index, unit) in units.iter().enumerate().filter(|(_, unit)| !unit.bundled) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for class in &unit.classes {
            let declares_only = class.bases.iter().any(|&base| match unit.value(base) {
                Value::Import { name, .. } | Value::Member { name, .. } | Value::Global(name) => {
                    matches!(unit.text(name), "Protocol" | "ABC")
                }
                _ => false,
            });
            if declares_only {
                continue;
            }
            for &(name, function) in &class.methods {
                let method = unit.function(function);
                if unit.text(name).len() < SHORTEST_NAME || method.kind != FunctionKind::Method {
                    continue;
                }
                let at = At { unit: index, node: method.node };
                methods[usize::from(is_python(unit))]
                    .entry(unit.text(name).to_owned())
                    .and_modify(|known| *known = None)
                    .or_insert(Some(at));
            }
        }
    }
    methods
}
