//! From a node to what it means: definitions across files, and canonical names of what is called.
//!
//! Bounded by steps, never by time: the same package gives the same answer everywhere.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use rustc_hash::FxHashMap;

use super::{
    Code,
    graph::{Atom, ClassId, ExitKind, Form, FunctionId, NodeId, Strings, Unit, Value, VariableId},
};

use crate::finding::Location;

/// A node of the package.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct At {
    /// Index in [`Code::units`].
    pub unit: u32,
    /// The node.
    pub node: NodeId,
}

/// Definitions kept for one node; more are dropped and counted in [`Resolver::capped`].
const MOST_DEFINITIONS: usize = 24;
/// Steps for one question.
const MOST_STEPS: u32 = 4_000;
/// Nesting of questions inside questions.
const DEEPEST: u32 = 48;
/// Length of a canonical name, bytes.
const LONGEST_NAME: usize = 200;

/// Answers questions about nodes; remembers answers. One per thread.
pub struct Resolver<'a> {
    code: &'a Code,
    bound: FxHashMap<At, At>,
    definitions: RefCell<FxHashMap<At, Rc<[At]>>>,
    steps: Cell<u32>,
    depth: Cell<u32>,
    capped: Cell<usize>,
}

impl<'a> Resolver<'a> {
    /// A resolver over a package.
    pub fn new(code: &'a Code) -> Self {
        Self {
            code,
            bound: FxHashMap::default(),
            definitions: RefCell::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
            capped: Cell::new(0),
        }
    }

    /// A resolver to which some nodes mean others: a parameter one call's argument, the element of
    /// a loop one element of the collection.
    pub fn binding(code: &'a Code, bound: impl IntoIterator<Item = (At, At)>) -> Self {
        Self { bound: bound.into_iter().collect(), ..Self::new(code) }
    }

    /// What is bound, for a further [`Resolver::binding`].
    pub fn bound(&self) -> impl Iterator<Item = (At, At)> + '_ {
        self.bound.iter().map(|(&from, &to)| (from, to))
    }

    /// The package.
    pub fn code(&self) -> &'a Code {
        self.code
    }

    /// The file of a node.
    pub fn unit(&self, at: At) -> &'a Unit {
        &self.code.units[at.unit as usize]
    }

    /// What a node is.
    pub fn value(&self, at: At) -> Value {
        self.unit(at).value(at.node)
    }

    /// How many questions were cut short by a bound.
    pub fn capped(&self) -> usize {
        self.capped.get()
    }

    /// The definitions that a node may stand for, in source order of discovery: literals, objects,
    /// functions, classes, external imports and their members, globals, parameters, and calls of
    /// anything that is not in the package. Never a variable, join, or import of a package file.
    pub fn definitions(&self, at: At) -> Rc<[At]> {
        if self.depth.get() == 0 {
            self.steps.set(0);
        }
        if let Some(known) = self.definitions.borrow().get(&at) {
            return Rc::clone(known);
        }
        if self.depth.get() >= DEEPEST || self.steps.get() >= MOST_STEPS {
            self.capped.set(self.capped.get() + 1);
            return Rc::from([at]);
        }
        self.depth.set(self.depth.get() + 1);
        self.steps.set(self.steps.get() + 1);
        // A question that comes back to itself gets an empty answer.
        self.definitions.borrow_mut().insert(at, Rc::from([]));
        let mut found = Vec::new();
        self.define(at, &mut found);
        if found.len() > MOST_DEFINITIONS {
            self.capped.set(self.capped.get() + 1);
            found.truncate(MOST_DEFINITIONS);
        }
        let found: Rc<[At]> = found.into();
        self.definitions.borrow_mut().insert(at, Rc::clone(&found));
        self.depth.set(self.depth.get() - 1);
        found
    }

    fn define(&self, at: At, found: &mut Vec<At>) {
        if let Some(&other) = self.bound.get(&at) {
            for &definition in self.definitions(other).iter() {
                push(found, definition);
            }
            return;
        }
        let unit = self.unit(at);
        match unit.value(at.node) {
            Value::Variable(variable) => self.define_variable(at.unit, variable, found),
            Value::Join(range) => self.define_all(at.unit, unit.list(range), found),
            Value::Choice { yes, no, .. } => self.define_all(at.unit, &[yes, no], found),
            Value::Or(left, right) => self.define_all(at.unit, &[left, right], found),
            Value::And(_, right) => self.define_all(at.unit, &[right], found),
            Value::Import { module, name } => self.define_import(at, module, name, found),
            Value::Member { object, name } => self.define_member(at, object, unit.text(name), found),
            Value::Element { object, key } => self.define_element(at, object, key, found),
            Value::Call(call) => self.define_call(at, call, found),
            _ => push(found, at),
        }
    }

    fn define_all(&self, unit: u32, nodes: &[NodeId], found: &mut Vec<At>) {
        for &node in nodes.iter().take(MOST_DEFINITIONS * 4) {
            for &definition in self.definitions(At { unit, node }).iter() {
                push(found, definition);
            }
        }
    }

    fn define_variable(&self, unit: u32, variable: VariableId, found: &mut Vec<At>) {
        let values = &self.code.units[unit as usize].variables[variable.index()].values;
        self.define_all(unit, values, found);
    }

    fn define_import(&self, at: At, module: Atom, name: Atom, found: &mut Vec<At>) {
        let unit = self.unit(at);
        let (specifier, exported) = (unit.text(module), unit.text(name));
        let Some(target) = self.code.modules.resolve(unit, specifier) else {
            if unit.language == crate::artifact::Language::Python
                && let Some(submodule) = self.code.modules.submodule(unit, specifier, exported)
            {
                push(
                    found,
                    At { unit: submodule, node: self.code.units[submodule as usize].functions[0].node },
                );
                return;
            }
            push(found, at);
            return;
        };
        if exported == "*" {
            push(found, At { unit: target, node: self.code.units[target as usize].functions[0].node });
            return;
        }
        let before = found.len();
        self.exported(target, exported, found);
        if found.len() > before {
            return;
        }
        if let Some(submodule) = self.code.modules.submodule(unit, specifier, exported) {
            push(found, At { unit: submodule, node: self.code.units[submodule as usize].functions[0].node });
        } else {
            push(found, at);
        }
    }

    /// What a file exports under a name.
    pub fn exported(&self, unit: u32, name: &str, found: &mut Vec<At>) {
        let exports = &self.code.units[unit as usize].exports;
        let file = &self.code.units[unit as usize];
        let mut any = false;
        for export in exports {
            if file.text(export.name) == name {
                any = true;
                self.define_all(unit, &[export.value], found);
            }
        }
        if any {
            return;
        }
        for export in exports {
            if export.name == Strings::ALL {
                for &definition in self.definitions(At { unit, node: export.value }).iter() {
                    if let Some(target) = self.module_of(definition)
                        && target != unit
                    {
                        self.enter(|| self.exported(target, name, found));
                    }
                }
            } else if export.name == Strings::DEFAULT && name != "default" {
                for &definition in self.definitions(At { unit, node: export.value }).iter() {
                    self.enter(|| self.member_of(definition, name, found));
                }
            }
        }
    }

    fn enter(&self, question: impl FnOnce()) {
        if self.depth.get() < DEEPEST && self.steps.get() < MOST_STEPS {
            self.depth.set(self.depth.get() + 1);
            self.steps.set(self.steps.get() + 1);
            question();
            self.depth.set(self.depth.get() - 1);
        }
    }

    /// The file whose namespace a definition is: a top-level function node stands for its module.
    pub fn module_of(&self, at: At) -> Option<u32> {
        matches!(self.value(at), Value::Function(FunctionId(0))).then_some(at.unit)
    }

    fn define_member(&self, at: At, object: NodeId, name: &str, found: &mut Vec<At>) {
        let mut any = false;
        for &definition in self.definitions(At { unit: at.unit, node: object }).iter() {
            let before = found.len();
            self.member_of(definition, name, found);
            any |= found.len() > before;
        }
        if !any {
            push(found, at);
        }
    }

    /// What `definition.name` is, where the package says so; nothing where it does not.
    pub fn member_of(&self, definition: At, name: &str, found: &mut Vec<At>) {
        if self.steps.get() >= MOST_STEPS {
            return;
        }
        self.steps.set(self.steps.get() + 1);
        let unit = self.unit(definition);
        match unit.value(definition.node) {
            Value::Function(FunctionId(0)) => self.exported(definition.unit, name, found),
            Value::Object(range) => {
                let mut spreads = Vec::new();
                let before = found.len();
                for property in unit.entries(range).iter().rev() {
                    if property.key == Strings::SPREAD {
                        spreads.push(property.value);
                    } else if unit.text(property.key) == name {
                        self.define_all(definition.unit, &[property.value], found);
                    }
                }
                if found.len() == before {
                    self.members_of(definition.unit, &spreads, name, found);
                }
            }
            Value::With { object, key, value } => {
                if key != Strings::ELEMENT && unit.text(key) == name {
                    self.define_all(definition.unit, &[value], found);
                } else {
                    if key == Strings::SPREAD {
                        self.members_of(definition.unit, &[value], name, found);
                    }
                    self.members_of(definition.unit, &[object], name, found);
                }
            }
            Value::This(class) | Value::Class(class) => {
                self.member_of_class(definition.unit, class, name, found, 0);
            }
            Value::Call(call) => {
                for &callee in
                    self.definitions(At { unit: definition.unit, node: unit.call(call).callee }).iter()
                {
                    if let Value::Class(class) = self.value(callee) {
                        self.member_of_class(callee.unit, class, name, found, 0);
                    }
                }
            }
            Value::Spread(inner) => self.members_of(definition.unit, &[inner], name, found),
            _ => {}
        }
    }

    fn members_of(&self, unit: u32, nodes: &[NodeId], name: &str, found: &mut Vec<At>) {
        for &node in nodes.iter().take(MOST_DEFINITIONS) {
            for &definition in self.definitions(At { unit, node }).iter() {
                self.enter(|| self.member_of(definition, name, found));
            }
        }
    }

    fn member_of_class(&self, unit: u32, class: ClassId, name: &str, found: &mut Vec<At>, level: u32) {
        let file = &self.code.units[unit as usize];
        let class = file.class(class);
        let before = found.len();
        for &(method, function) in &class.methods {
            if file.text(method) == name {
                push(found, At { unit, node: file.function(function).node });
            }
        }
        for &(field, value) in &class.fields {
            if file.text(field) == name {
                self.define_all(unit, &[value], found);
            }
        }
        if found.len() > before || level > 8 {
            return;
        }
        for &base in &class.bases {
            for &definition in self.definitions(At { unit, node: base }).iter() {
                if let Value::Class(base) = self.value(definition) {
                    self.member_of_class(definition.unit, base, name, found, level + 1);
                }
            }
        }
    }

    fn define_element(&self, at: At, object: NodeId, key: NodeId, found: &mut Vec<At>) {
        let mut any = false;
        let key = self.text(At { unit: at.unit, node: key });
        for &definition in self.definitions(At { unit: at.unit, node: object }).iter() {
            let before = found.len();
            match &key {
                Some(name) => self.member_of(definition, name, found),
                None => self.elements_of(definition, found),
            }
            any |= found.len() > before;
        }
        if !any {
            push(found, at);
        }
    }

    /// Every element that a collection literal is known to have.
    pub fn elements_of(&self, definition: At, found: &mut Vec<At>) {
        let unit = self.unit(definition);
        match unit.value(definition.node) {
            Value::Object(range) => {
                for property in unit.entries(range).iter().take(512) {
                    if property.key == Strings::SPREAD {
                        self.elements_of_all(definition.unit, property.value, found);
                    } else {
                        self.define_all(definition.unit, &[property.value], found);
                    }
                }
            }
            Value::Array(range) => {
                for &item in unit.list(range).iter().take(512) {
                    if let Value::Spread(inner) = unit.value(item) {
                        self.elements_of_all(definition.unit, inner, found);
                    } else {
                        self.define_all(definition.unit, &[item], found);
                    }
                }
            }
            Value::With { object, key, value } => {
                self.elements_of_all(definition.unit, object, found);
                if key == Strings::SPREAD {
                    self.elements_of_all(definition.unit, value, found);
                } else {
                    self.define_all(definition.unit, &[value], found);
                }
            }
            _ => {}
        }
    }

    fn elements_of_all(&self, unit: u32, node: NodeId, found: &mut Vec<At>) {
        for &definition in self.definitions(At { unit, node }).iter() {
            self.enter(|| self.elements_of(definition, found));
        }
    }

    fn define_call(&self, at: At, call: super::graph::CallId, found: &mut Vec<At>) {
        let unit = self.unit(at);
        let call = unit.call(call);
        if call.form == Form::New {
            push(found, at);
            return;
        }
        let first = unit.list(call.arguments).first().map(|&node| At { unit: at.unit, node });
        // `f.bind(x)`, `promisify(f)`, `partial(f, …)` and bundlers' interop wrappers stand for f.
        if let Value::Member { object, name } = unit.value(call.callee)
            && unit.text(name) == "bind"
        {
            self.define_all(at.unit, &[object], found);
            return;
        }
        // Schema builders stay calls even where their library is bundled: the chain is what matters.
        if let Value::Member { name, .. } = unit.value(call.callee)
            && is_schema_builder(unit.text(name))
        {
            push(found, at);
            return;
        }
        let mut any = false;
        for &callee in self.definitions(At { unit: at.unit, node: call.callee }).iter() {
            match self.value(callee) {
                Value::Function(function) if function != FunctionId(0) => {
                    any |= self.define_returns(callee, function, first, found);
                }
                _ => {
                    let name = self.name(callee);
                    let last = name.rsplit('.').next().unwrap_or_default();
                    if let (Some(first), true) = (first, is_wrapper(last)) {
                        self.define_all(first.unit, &[first.node], found);
                        any = true;
                    } else if let (Some(first), "require") = (first, last)
                        && self.text(first).is_some()
                    {
                        push(found, at);
                        any = true;
                    }
                }
            }
        }
        if !any {
            push(found, at);
        }
    }

    /// What a local function returns, where that is more than its own parameters and unknowns.
    fn define_returns(&self, at: At, function: FunctionId, first: Option<At>, found: &mut Vec<At>) -> bool {
        let unit = self.unit(at);
        let function = unit.function(function);
        if let Some(first) = first
            && self.is_module(first)
        {
            // A local function called with a whole module is a bundler's interop helper.
            self.define_all(first.unit, &[first.node], found);
            return true;
        }
        let mut any = false;
        for exit in function.exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(16) {
            for &value in self.definitions(At { unit: at.unit, node: exit.value }).iter() {
                match self.value(value) {
                    Value::Object(_)
                    | Value::Array(_)
                    | Value::Function(_)
                    | Value::Class(_)
                    | Value::Text(_)
                    | Value::Number(_)
                    | Value::Bool(_)
                    | Value::Import { .. }
                    | Value::Global(_)
                    | Value::With { .. } => {
                        push(found, value);
                        any = true;
                    }
                    Value::Call(_) if value.unit == at.unit => {
                        push(found, value);
                        any = true;
                    }
                    _ => {}
                }
            }
        }
        any
    }

    fn is_module(&self, at: At) -> bool {
        self.definitions(at).iter().any(|&definition| match self.value(definition) {
            Value::Import { name, .. } => name == Strings::ALL,
            Value::Call(call) => {
                let unit = self.unit(definition);
                let call = unit.call(call);
                matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == "require")
            }
            _ => false,
        })
    }

    /// The one constant text that a node is, constants joined.
    pub fn text(&self, at: At) -> Option<String> {
        let definitions = self.definitions(at);
        let [only] = *definitions else { return None };
        let unit = self.unit(only);
        match unit.value(only.node) {
            Value::Text(text) => Some(unit.text(text).to_owned()),
            Value::Number(number) => Some(unit.text(number).to_owned()),
            Value::Concat(range) if range.len <= 64 && self.depth.get() < DEEPEST / 2 => {
                let mut joined = String::new();
                for &part in unit.list(range) {
                    self.depth.set(self.depth.get() + 1);
                    let part = self.text(At { unit: only.unit, node: part });
                    self.depth.set(self.depth.get() - 1);
                    joined.push_str(&part?);
                    if joined.len() > 1 << 20 {
                        return None;
                    }
                }
                Some(joined)
            }
            _ => None,
        }
    }

    // ---- names -------------------------------------------------------------------------------

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

    fn spell(&self, at: At, out: &mut String, level: u32) {
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
                self.spell_first(At { unit: at.unit, node: object }, out, level);
                if matches!(out.as_str(), "globalThis" | "window" | "global" | "self") {
                    out.clear();
                } else {
                    out.push('.');
                }
                out.push_str(unit.text(name));
            }
            Value::Element { object, .. } | Value::Item(object) => {
                self.spell_first(At { unit: at.unit, node: object }, out, level);
                out.push_str("[]");
            }
            Value::Call(call) => {
                let call = unit.call(call);
                if let Some(module) = self.required(at.unit, call) {
                    spell_module(&module, out);
                    return;
                }
                self.spell_first(At { unit: at.unit, node: call.callee }, out, level);
                out.push_str("()");
            }
            Value::With { object, .. } => self.spell_first(At { unit: at.unit, node: object }, out, level),
            Value::Text(_) | Value::Concat(_) => out.push_str("str"),
            Value::Array(_) => out.push_str("list"),
            Value::Object(_) => out.push_str("object"),
            Value::Regex(..) => out.push_str("regex"),
            Value::Parameter(function, position) => {
                let annotation = unit
                    .function(function)
                    .parameters
                    .get(position as usize)
                    .and_then(|parameter| parameter.annotation);
                match annotation {
                    Some(annotation) => {
                        self.spell_first(At { unit: at.unit, node: annotation }, out, level);
                        out.push_str("()");
                    }
                    None => out.push('?'),
                }
            }
            Value::This(class) | Value::Class(class) => self.spell_base(at.unit, class, out, level),
            Value::Function(FunctionId(0)) => spell_module(&unit.path, out),
            _ => out.push('?'),
        }
    }

    fn spell_base(&self, unit: u32, class: ClassId, out: &mut String, level: u32) {
        let file = &self.code.units[unit as usize];
        match file.class(class).bases.first() {
            Some(&base) => self.spell_first(At { unit, node: base }, out, level + 1),
            None => out.push('?'),
        }
    }

    /// The module of a `require("x")` whose callee is known only here (a bundler's own `require`).
    fn required(&self, unit: u32, call: &super::graph::Call) -> Option<String> {
        let file = &self.code.units[unit as usize];
        let [argument] = file.list(call.arguments) else { return None };
        let Value::Text(module) = file.value(*argument) else { return None };
        let module = file.text(module);
        let callee_is_require = match file.value(call.callee) {
            Value::Global(name) => matches!(file.text(name), "require" | "__require"),
            Value::Variable(_)
            | Value::Call(_)
            | Value::Function(_)
            | Value::Choice { .. }
            | Value::Or(..) => is_node_builtin(module),
            _ => false,
        };
        callee_is_require.then(|| module.to_owned())
    }

    fn spell_first(&self, at: At, out: &mut String, level: u32) {
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

/// The place of a node.
pub fn place(unit: &Unit, node: NodeId) -> Location {
    let at = unit.nodes[node.index()].at;
    let line = unit.line(at);
    let start = unit.lines.get(line as usize - 1).copied().unwrap_or(0);
    Location { path: unit.path.clone(), line, column: at.saturating_sub(start) + 1 }
}

fn push(found: &mut Vec<At>, at: At) {
    if found.len() <= MOST_DEFINITIONS && !found.contains(&at) {
        found.push(at);
    }
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

/// Methods of the schema libraries that connectors use.
fn is_schema_builder(name: &str) -> bool {
    matches!(
        name,
        "object"
            | "strictObject"
            | "looseObject"
            | "string"
            | "number"
            | "boolean"
            | "enum"
            | "nativeEnum"
            | "array"
            | "union"
            | "discriminatedUnion"
            | "literal"
            | "record"
            | "tuple"
            | "optional"
            | "nullable"
            | "nullish"
            | "default"
            | "describe"
            | "coerce"
            | "passthrough"
            | "strict"
            | "refine"
            | "superRefine"
            | "transform"
            | "meta"
    )
}

fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "promisify"
            | "partial"
            | "bind"
            | "__toESM"
            | "__toCommonJS"
            | "__importDefault"
            | "__importStar"
            | "_interopRequireDefault"
            | "_interopRequireWildcard"
            | "freeze"
            | "wraps"
    )
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
