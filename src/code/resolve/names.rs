//! Canonical names of what is called.

use super::{At, LONGEST_NAME, Resolver};
use crate::code::graph::{Call, ClassId, FunctionId, NodeId, Strings, Value};

impl Resolver<'_> {
    /// Canonical names of what is called, one for each definition: `child_process.exec`,
    /// `subprocess.run`, `pg.Client().query`, `?.execute`.
    pub fn callee_names(&self, at: At) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for &definition in self.definitions(at).iter().take(8) {
            let name = self.name(definition);
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The canonical name of a definition; `?` where nothing is known, empty for a local function.
    pub fn name(&self, at: At) -> String {
        let mut name = String::new();
        self.spell(at, &mut name, 0);
        name
    }

    /// The last part of the name of what is called: `join` of `path.join`, `urlparse` where it was
    /// imported by that name, whatever it is called here.
    pub fn last_name(&self, at: At) -> Option<&str> {
        let unit = self.unit(at);
        match unit.value(at.node) {
            Value::Member { name, .. } | Value::Global(name) => Some(unit.text(name)),
            Value::Import { name, .. } if name != Strings::ALL && name != Strings::DEFAULT => {
                Some(unit.text(name))
            }
            Value::Variable(variable) => {
                let definition = self.definitions(at).first().copied();
                let file = definition.map(|definition| (self.unit(definition), self.value(definition)));
                match file {
                    Some((file, Value::Global(name))) => Some(file.text(name)),
                    Some((file, Value::Import { name, .. }))
                        if name != Strings::ALL && name != Strings::DEFAULT =>
                    {
                        Some(file.text(name))
                    }
                    _ => Some(unit.text(unit.variables[variable.index()].name)),
                }
            }
            _ => None,
        }
    }

    pub(super) fn spell(&self, at: At, out: &mut String, level: u32) {
        let unit = self.unit(at);
        if level > 12 || out.len() > LONGEST_NAME {
            out.push('?');
            return;
        }
        match unit.value(at.node) {
            Value::Import { module, name } => {
                spell_module(unit.text(module), out);
                if name != Strings::ALL && name != Strings::DEFAULT {
                    out.push('.');
                    out.push_str(unit.text(name));
                }
            }
            Value::Global(name) => out.push_str(unit.text(name)),
            Value::Member { object, name } => {
                let object = At { unit: at.unit, node: object };
                let typed = self.definitions(object).iter().copied().find_map(|definition| {
                    matches!(self.value(definition), Value::Member { .. })
                        .then(|| self.annotation_of(definition))
                        .flatten()
                });
                if let Some(annotation) = typed {
                    self.spell_annotation(annotation, out, level);
                    out.push_str("()");
                } else {
                    self.spell_first(object, out, level);
                }
                spell_member(unit.text(name), out);
            }
            Value::Element { object, key } => {
                self.spell_first(At { unit: at.unit, node: object }, out, level);
                match self.member_name(at.unit, key) {
                    Some(name) => spell_member(&name, out),
                    None => out.push_str("[]"),
                }
            }
            Value::Item(object) => {
                self.spell_first(At { unit: at.unit, node: object }, out, level);
                out.push_str("[]");
            }
            Value::Call(call) => {
                let call = unit.call(call);
                if let Some(module) = self.required(at.unit, call) {
                    spell_module(&module, out);
                    return;
                }
                if let Some((object, name)) = self.got_by_name(at.unit, call) {
                    self.spell_first(object, out, level);
                    spell_member(&name, out);
                    return;
                }
                let before = out.len();
                self.spell_first(At { unit: at.unit, node: call.callee }, out, level);
                if out.ends_with('?')
                    && out.len() == before + 1
                    && let Some(annotation) = self.annotation_of(at)
                {
                    out.truncate(before);
                    self.spell_annotation(annotation, out, level);
                }
                out.push_str("()");
            }
            Value::With { object, .. } => self.spell_first(At { unit: at.unit, node: object }, out, level),
            Value::Text(_) | Value::Concat(_) => out.push_str("str"),
            Value::Array(_) => out.push_str("list"),
            Value::Object(_) => out.push_str("object"),
            Value::Regex(..) => out.push_str("regex"),
            Value::Parameter(..) => match self.annotation_of(at) {
                Some(annotation) => {
                    self.spell_annotation(annotation, out, level);
                    out.push_str("()");
                }
                None => out.push('?'),
            },
            Value::This(class) | Value::Class(class) => self.spell_base(at.unit, class, out, level),
            Value::Function(FunctionId(0)) => spell_module(&unit.path, out),
            _ => out.push('?'),
        }
    }

    /// The class that an annotation names: of a union or an optional, the first that has a name.
    fn spell_annotation(&self, at: At, out: &mut String, level: u32) {
        let unit = self.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Binary { left, .. } if level < 12 => self.spell_annotation(here(left), out, level + 1),
            Value::Element { object, key } if level < 12 => {
                let outer = self.name(here(object));
                let wraps = ["Optional", "Annotated", "Union", "Final", "ClassVar"];
                if wraps.iter().any(|word| outer.ends_with(word)) {
                    self.spell_annotation(here(key), out, level + 1);
                } else {
                    self.spell_first(at, out, level);
                }
            }
            Value::Array(range) if level < 12 => match unit.list(range).first() {
                Some(&first) => self.spell_annotation(here(first), out, level + 1),
                None => out.push('?'),
            },
            _ => self.spell_first(at, out, level),
        }
    }

    pub(super) fn spell_base(&self, unit: u32, class: ClassId, out: &mut String, level: u32) {
        let file = &self.code.units[unit as usize];
        match file.class(class).bases.first() {
            Some(&base) => self.spell_first(At { unit, node: base }, out, level + 1),
            None => out.push('?'),
        }
    }

    /// The member that a computed key names, where it is constant.
    fn member_name(&self, unit: u32, key: NodeId) -> Option<String> {
        let name = self.text(At { unit, node: key })?;
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
        let starts = name.starts_with(|c: char| !c.is_ascii_digit());
        (name.len() < 64 && starts && name.chars().all(word)).then_some(name)
    }

    /// Object and member of Python's `getattr(object, "name")`.
    fn got_by_name(&self, unit: u32, call: &Call) -> Option<(At, String)> {
        let file = &self.code.units[unit as usize];
        let Value::Global(name) = file.value(call.callee) else { return None };
        let [object, key, ..] = *file.list(call.arguments) else { return None };
        if file.text(name) != "getattr" {
            return None;
        }
        Some((At { unit, node: object }, self.member_name(unit, key)?))
    }

    /// The module of a `require("x")` whose callee is known only here (a bundler's own `require`).
    pub(super) fn required(&self, unit: u32, call: &Call) -> Option<String> {
        let file = &self.code.units[unit as usize];
        let [argument] = file.list(call.arguments) else { return None };
        let Value::Text(module) = file.value(*argument) else {
            // A name in pieces is hidden from readers, not from us.
            let loads = self.loads_modules(unit, call);
            return if loads { self.text(At { unit, node: *argument }) } else { None };
        };
        let module = file.text(module);
        let callee_is_require = match file.value(call.callee) {
            Value::Global(name) => matches!(file.text(name), "require" | "__require" | "__import__"),
            Value::Variable(_)
            | Value::Call(_)
            | Value::Function(_)
            | Value::Choice { .. }
            | Value::Or(..) => is_node_builtin(module),
            _ => false,
        };
        callee_is_require.then(|| module.to_owned())
    }

    /// Whether a call is of something that loads modules.
    fn loads_modules(&self, unit: u32, call: &Call) -> bool {
        self.definitions(At { unit, node: call.callee }).iter().any(|&definition| {
            let file = self.unit(definition);
            matches!(file.value(definition.node), Value::Global(name)
                if matches!(file.text(name), "require" | "__import__"))
        })
    }

    pub(super) fn spell_first(&self, at: At, out: &mut String, level: u32) {
        let definitions = self.definitions(at);
        // Prefer a definition that has a name of its own.
        let best = definitions
            .iter()
            .copied()
            .find(|&definition| {
                matches!(
                    self.value(definition),
                    Value::Import { .. }
                        | Value::Global(_)
                        | Value::Member { .. }
                        | Value::Call(_)
                        | Value::Element { .. }
                )
            })
            .or_else(|| definitions.first().copied());
        match best {
            Some(best) => self.spell(best, out, level + 1),
            None => out.push('?'),
        }
    }
}

/// `.name` after what has been spelled; what every scope has needs no object.
fn spell_member(name: &str, out: &mut String) {
    if matches!(out.as_str(), "globalThis" | "window" | "global" | "self" | "builtins" | "__builtins__") {
        out.clear();
    } else {
        out.push('.');
    }
    out.push_str(name);
}

/// `node:fs/promises` to `fs.promises`, `@scope/x` stays, `os.path` stays.
fn spell_module(module: &str, out: &mut String) {
    let module = module.strip_prefix("node:").unwrap_or(module);
    match module {
        "fs/promises" => out.push_str("fs.promises"),
        "timers/promises" => out.push_str("timers.promises"),
        other => out.push_str(other),
    }
}

/// Node's own modules that matter to rules.
fn is_node_builtin(module: &str) -> bool {
    let module = module.strip_prefix("node:").unwrap_or(module);
    matches!(
        module,
        "child_process"
            | "fs"
            | "fs/promises"
            | "http"
            | "https"
            | "http2"
            | "net"
            | "tls"
            | "dgram"
            | "dns"
            | "os"
            | "path"
            | "process"
            | "vm"
            | "module"
            | "worker_threads"
            | "cluster"
            | "url"
            | "util"
            | "crypto"
            | "zlib"
            | "stream"
            | "buffer"
            | "events"
            | "readline"
    )
}
