//! Builds the value graph of one file; the JavaScript and Python front ends drive it.
//!
//! Front ends walk their syntax tree once and call, in evaluation order: scopes and declarations,
//! [`Builder::read`] and [`Builder::assign`], branches, calls, functions. Bodies of functions are
//! lowered after the body around them (the front end keeps the queue), so that every name an outer
//! scope declares is known.

use rustc_hash::{FxHashMap, FxHashSet};

use super::graph::{
    Atom, Call, CallId, Class, ClassId, Context, ContextId, Exit, ExitKind, Export, Form, Function,
    FunctionId, FunctionKind, Loses, Node, NodeId, Nodes, Operator, Parameter, ParameterKind, Problem,
    Property, Range, Strings, Unit, Value, Variable, VariableId,
};
use crate::artifact::Language;

/// A lexical scope; never removed, so that a body can be lowered later in the scope it stands in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScopeId(u32);

/// How a name is declared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Declared {
    /// In the innermost scope (`let`, `const`, `class`, parameters, comprehension variables).
    Here,
    /// In the scope of the function (`var`, Python assignment).
    InFunction,
}

/// The state that a branch starts from.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    undo: usize,
    context: ContextId,
    dead: bool,
}

/// Variables whose values a stretch of code may change: a loop body, a `try` body.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    variables: Vec<Watched>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    variable: VariableId,
    /// The version before.
    before: NodeId,
    /// The node that a loop body reads: the version before, or one from an earlier round.
    carried: NodeId,
    /// Number of values before.
    values: usize,
}

/// What a branch changed.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Sorted by variable, each one once.
    changes: Vec<(VariableId, NodeId)>,
    dead: bool,
}

impl Branch {
    /// Whether control never reaches the end of the branch.
    pub fn is_dead(&self) -> bool {
        self.dead
    }

    /// Whether it changed no variable.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

struct Scope {
    parent: Option<ScopeId>,
    function: FunctionId,
    names: ScopeNames,
}

/// The names of a scope; most scopes have few.
#[derive(Default)]
struct ScopeNames {
    few: Vec<(Atom, VariableId)>,
    many: FxHashMap<Atom, VariableId>,
}

/// Names of a scope that are looked through one by one.
const FEW_NAMES: usize = 8;

impl ScopeNames {
    fn get(&self, name: Atom) -> Option<VariableId> {
        if self.many.is_empty() {
            return self.few.iter().find(|(known, _)| *known == name).map(|&(_, variable)| variable);
        }
        self.many.get(&name).copied()
    }

    fn insert(&mut self, name: Atom, variable: VariableId) {
        if !self.many.is_empty() {
            self.many.insert(name, variable);
        } else if let Some(known) = self.few.iter_mut().find(|(known, _)| *known == name) {
            known.1 = variable;
        } else if self.few.len() < FEW_NAMES {
            self.few.push((name, variable));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(name, variable);
        }
    }
}

const NONE: NodeId = NodeId(u32::MAX);

/// A graph under construction.
pub struct Builder {
    unit: Unit,
    scopes: Vec<Scope>,
    scope: ScopeId,
    function: FunctionId,
    context: ContextId,
    dead: bool,
    /// Current node of each variable, within the function that declares it.
    versions: Vec<NodeId>,
    /// The node that stands for "any value of the variable".
    any: Vec<NodeId>,
    /// The initial literal of a variable that is declared mutable.
    initial: Vec<NodeId>,
    undo: Vec<(VariableId, NodeId)>,
    unknown: NodeId,
    null: NodeId,
}

impl Builder {
    /// An empty graph for one file; `lines` are the byte offsets of line starts.
    pub fn new(file: usize, path: &str, language: Language, source: &str) -> Self {
        let lines = std::iter::once(0)
            .chain(
                memchr::memchr_iter(b'\n', source.as_bytes())
                    .map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)),
            )
            .collect();
        let root = Context { parent: ContextId(0), test: NodeId(0), holds: true };
        let unit = Unit {
            file,
            path: path.to_owned(),
            language,
            nodes: Vec::with_capacity(source.len() / 8),
            lists: Vec::new(),
            properties: Vec::new(),
            calls: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            variables: Vec::new(),
            contexts: vec![root],
            assigned: Vec::new(),
            exports: Vec::new(),
            imports: Vec::new(),
            strings: Strings::default(),
            lines,
            problems: Vec::new(),
            bundled: false,
        };
        let mut builder = Self {
            unit,
            scopes: vec![Scope { parent: None, function: FunctionId(0), names: ScopeNames::default() }],
            scope: ScopeId(0),
            function: FunctionId(0),
            context: ContextId(0),
            dead: false,
            versions: Vec::new(),
            any: Vec::new(),
            initial: Vec::new(),
            undo: Vec::new(),
            unknown: NodeId(0),
            null: NodeId(0),
        };
        builder.unknown = builder.node(Value::Unknown, 0);
        builder.null = builder.node(Value::Null, 0);
        let top = builder.node(Value::Function(FunctionId(0)), 0);
        builder.unit.functions.push(Function {
            name: None,
            node: top,
            parent: None,
            class: None,
            parameters: Vec::new(),
            decorators: Vec::new(),
            returns: None,
            doc: None,
            exits: Vec::new(),
            context: ContextId(0),
            kind: FunctionKind::TopLevel,
            end: u32::try_from(source.len()).unwrap_or(u32::MAX),
            falls: Some(ContextId(0)),
        });
        builder
    }

    /// The finished graph.
    pub fn finish(mut self) -> Unit {
        self.unit.nodes.shrink_to_fit();
        self.unit.assigned.sort_unstable();
        self.unit.assigned.dedup();
        // A constant that was assigned twice says nothing.
        let nodes: Vec<NodeId> = self.unit.assigned.iter().map(|&(node, _)| node).collect();
        let mut at = 0;
        self.unit.assigned.retain(|&(node, _)| {
            at += 1;
            nodes.get(at) != Some(&node) && (at < 2 || nodes[at - 2] != node)
        });
        self.unit
    }

    /// The graph so far.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    // ---- nodes -------------------------------------------------------------------------------

    /// A new node.
    pub fn node(&mut self, value: Value, at: u32) -> NodeId {
        let id = NodeId(u32::try_from(self.unit.nodes.len()).unwrap_or(u32::MAX));
        self.unit.nodes.push(Node { value, at });
        id
    }

    /// The shared node for what is not modelled.
    pub fn unknown(&self) -> NodeId {
        self.unknown
    }

    /// The shared node for `null`, `undefined`, `None`.
    pub fn null(&self) -> NodeId {
        self.null
    }

    /// Interns a string.
    pub fn atom(&mut self, text: &str) -> Atom {
        self.unit.strings.intern(text)
    }

    /// A string literal.
    pub fn text(&mut self, text: &str, at: u32) -> NodeId {
        let atom = self.atom(text);
        self.node(Value::Text(atom), at)
    }

    /// A node list in the side table.
    pub fn list(&mut self, nodes: &[NodeId]) -> Range {
        let start = u32::try_from(self.unit.lists.len()).unwrap_or(u32::MAX);
        self.unit.lists.extend_from_slice(nodes);
        Range { start, len: u32::try_from(nodes.len()).unwrap_or(u32::MAX) }
    }

    /// Object entries or keyword arguments in the side table.
    pub fn entries(&mut self, properties: &[Property]) -> Range {
        let start = u32::try_from(self.unit.properties.len()).unwrap_or(u32::MAX);
        self.unit.properties.extend_from_slice(properties);
        Range { start, len: u32::try_from(properties.len()).unwrap_or(u32::MAX) }
    }

    /// An array literal.
    pub fn array(&mut self, items: &[NodeId], at: u32) -> NodeId {
        let range = self.list(items);
        self.node(Value::Array(range), at)
    }

    /// An object literal.
    pub fn object(&mut self, properties: &[Property], at: u32) -> NodeId {
        let range = self.entries(properties);
        self.node(Value::Object(range), at)
    }

    /// Text put together from parts; one literal part stays itself.
    pub fn concat(&mut self, parts: &[NodeId], at: u32) -> NodeId {
        let range = self.list(parts);
        self.node(Value::Concat(range), at)
    }

    /// `object.name`, or what was last assigned to it in this function.
    ///
    /// `this.name` and members of unchanged objects stay symbolic.
    pub fn member(&mut self, object: NodeId, name: Atom, at: u32) -> NodeId {
        let mut base = object;
        for _ in 0..16 {
            let Value::With { object: before, key, value } = self.unit.value(base) else { break };
            if key == name {
                return value;
            }
            if key == Strings::ELEMENT {
                break;
            }
            base = before;
        }
        self.node(Value::Member { object, name }, at)
    }

    /// `object[key]`; a literal string key is a member.
    pub fn element(&mut self, object: NodeId, key: NodeId, at: u32) -> NodeId {
        if let Value::Text(name) = self.unit.value(key) {
            return self.member(object, name, at);
        }
        self.node(Value::Element { object, key }, at)
    }

    /// A comparison or arithmetic.
    pub fn binary(&mut self, operator: Operator, left: NodeId, right: NodeId, at: u32) -> NodeId {
        self.node(Value::Binary { operator, left, right }, at)
    }

    /// A call in the current function and context; the result is its node.
    pub fn call(
        &mut self,
        callee: NodeId,
        arguments: &[NodeId],
        keywords: &[Property],
        form: Form,
        at: u32,
    ) -> NodeId {
        let arguments = self.list(arguments);
        let keywords = if keywords.is_empty() { Range::default() } else { self.entries(keywords) };
        let id = CallId(u32::try_from(self.unit.calls.len()).unwrap_or(u32::MAX));
        let node = self.node(Value::Call(id), at);
        self.unit.calls.push(Call {
            callee,
            arguments,
            keywords,
            node,
            function: self.function,
            context: self.context,
            form,
        });
        node
    }

    // ---- scopes and variables ----------------------------------------------------------------

    /// The innermost scope.
    pub fn scope(&self) -> ScopeId {
        self.scope
    }

    /// Opens a block scope inside the current one.
    pub fn open_scope(&mut self) -> ScopeId {
        self.scopes.push(Scope {
            parent: Some(self.scope),
            function: self.function,
            names: ScopeNames::default(),
        });
        self.scope = ScopeId(u32::try_from(self.scopes.len() - 1).unwrap_or(u32::MAX));
        self.scope
    }

    /// Goes back to the scope around the current one.
    pub fn close_scope(&mut self) {
        if let Some(parent) = self.scopes[self.scope.0 as usize].parent {
            self.scope = parent;
        }
    }

    /// Declares a name; declaring it again in the same scope gives the same variable.
    pub fn declare(&mut self, name: Atom, declared: Declared) -> VariableId {
        let mut scope = self.scope;
        if declared == Declared::InFunction {
            while let Some(parent) = self.scopes[scope.0 as usize].parent {
                if self.scopes[parent.0 as usize].function != self.function {
                    break;
                }
                scope = parent;
            }
        }
        if let Some(known) = self.scopes[scope.0 as usize].names.get(name) {
            return known;
        }
        let id = VariableId(u32::try_from(self.unit.variables.len()).unwrap_or(u32::MAX));
        self.unit.variables.push(Variable { name, function: self.function, values: Nodes::default() });
        self.versions.push(NONE);
        self.initial.push(NONE);
        self.any.push(NONE);
        self.scopes[scope.0 as usize].names.insert(name, id);
        id
    }

    /// Makes a name of this scope mean a variable of an outer one (`global`, `nonlocal`).
    pub fn alias(&mut self, name: Atom, variable: VariableId) {
        self.scopes[self.scope.0 as usize].names.insert(name, variable);
    }

    /// The variable that a name means here.
    pub fn lookup(&self, name: Atom) -> Option<VariableId> {
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            let scope = &self.scopes[scope.0 as usize];
            if let Some(variable) = scope.names.get(name) {
                return Some(variable);
            }
            at = scope.parent;
        }
        None
    }

    /// The value of a name here: its current version in this function, any of its values from
    /// another function, or a global.
    pub fn read(&mut self, name: Atom, at: u32) -> NodeId {
        match self.lookup(name) {
            Some(variable) => self.read_variable(variable, at),
            None => self.node(Value::Global(name), at),
        }
    }

    /// As [`Builder::read`] for a known variable.
    pub fn read_variable(&mut self, variable: VariableId, at: u32) -> NodeId {
        let version = self.versions[variable.index()];
        if self.unit.variables[variable.index()].function == self.function
            && version != NONE
            && version != self.initial[variable.index()]
        {
            return version;
        }
        if self.any[variable.index()] == NONE {
            self.any[variable.index()] = self.node(Value::Variable(variable), at);
        }
        self.any[variable.index()]
    }

    /// Gives a variable its first value. A literal one stays symbolic, because closures may still
    /// change it: `let body = ""` followed by `body += chunk` in a callback.
    pub fn initialise(&mut self, variable: VariableId, value: NodeId, mutable: bool) {
        self.assign_variable(variable, value);
        if mutable && self.is_blank(value) {
            self.initial[variable.index()] = value;
        }
    }

    fn is_blank(&self, node: NodeId) -> bool {
        match self.unit.value(node) {
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null => true,
            Value::Array(range) | Value::Object(range) => range.len == 0,
            _ => false,
        }
    }

    /// Assigns to a name; a name that no scope declares becomes a variable of the top level.
    pub fn assign(&mut self, name: Atom, value: NodeId) {
        let variable = match self.lookup(name) {
            Some(variable) => variable,
            // `process.env.X = 1` changes a global; it does not declare one.
            None if self.updates_global(value) => return,
            None => self.top_level(name),
        };
        self.assign_variable(variable, value);
    }

    /// The variable of the top level with this name, declared if it is not yet.
    pub fn top_level(&mut self, name: Atom) -> VariableId {
        let (scope, function) = (self.scope, self.function);
        self.scope = ScopeId(0);
        self.function = FunctionId(0);
        let variable = self.declare(name, Declared::Here);
        self.scope = scope;
        self.function = function;
        variable
    }

    fn updates_global(&self, value: NodeId) -> bool {
        let mut at = value;
        for _ in 0..64 {
            match self.unit.value(at) {
                Value::With { object, .. } => at = object,
                Value::Global(_) => return at != value,
                _ => return false,
            }
        }
        false
    }

    /// Assigns to a variable.
    pub fn assign_variable(&mut self, variable: VariableId, value: NodeId) {
        self.unit.variables[variable.index()].values.push(value);
        if matches!(self.unit.value(value), Value::Bool(_) | Value::Null | Value::Text(_) | Value::Concat(_))
        {
            self.unit.assigned.push((value, self.context));
        }
        if self.unit.variables[variable.index()].function == self.function {
            self.undo.push((variable, self.versions[variable.index()]));
            self.versions[variable.index()] = value;
        }
    }

    /// Names an anonymous function or class after what it is assigned to.
    pub fn name_value(&mut self, value: NodeId, name: Atom) {
        match self.unit.value(value) {
            Value::Function(function) => {
                self.unit.functions[function.index()].name.get_or_insert(name);
            }
            Value::Class(class) => {
                self.unit.classes[class.index()].name.get_or_insert(name);
            }
            _ => {}
        }
    }

    /// `object` after `object.key = value`; assign the result to whatever held `object`.
    pub fn with(&mut self, object: NodeId, key: Atom, value: NodeId, at: u32) -> NodeId {
        if let Value::This(class) = self.unit.value(object) {
            self.unit.classes[class.index()].fields.push((key, value));
            return object;
        }
        self.node(Value::With { object, key, value }, at)
    }

    // ---- conditions and branches -------------------------------------------------------------

    /// The condition chain here.
    pub fn context(&self) -> ContextId {
        self.context
    }

    /// Whether control cannot reach this point.
    pub fn is_dead(&self) -> bool {
        self.dead
    }

    /// From here on, `test` holds (or fails).
    pub fn enter(&mut self, test: NodeId, holds: bool) {
        let id = ContextId(u32::try_from(self.unit.contexts.len()).unwrap_or(u32::MAX));
        self.unit.contexts.push(Context { parent: self.context, test, holds });
        self.context = id;
    }

    /// Remembers the state before a branch.
    pub fn mark(&self) -> Mark {
        Mark { undo: self.undo.len(), context: self.context, dead: self.dead }
    }

    /// Number of assignments since the mark.
    pub fn assigned_since(&self, mark: Mark) -> usize {
        self.undo.len().saturating_sub(mark.undo)
    }

    /// What was changed since the mark, as a branch that goes on elsewhere (`break`, an exception);
    /// unlike [`Builder::take`] it leaves the state as it is.
    pub fn snapshot(&self, mark: Mark) -> Branch {
        let changes = self.changes(mark);
        Branch { changes, dead: false }
    }

    /// What was changed since the mark, each variable once and in order.
    fn changes(&self, mark: Mark) -> Vec<(VariableId, NodeId)> {
        let mut changes: Vec<(VariableId, NodeId)> = self
            .undo
            .get(mark.undo..)
            .unwrap_or_default()
            .iter()
            .map(|&(variable, _)| (variable, self.versions[variable.index()]))
            .collect();
        changes.sort_unstable();
        changes.dedup();
        changes
    }

    /// Ends a branch: restores the state of the mark and returns what the branch changed.
    pub fn take(&mut self, mark: Mark) -> Branch {
        let changes = self.changes(mark);
        while self.undo.len() > mark.undo {
            if let Some((variable, before)) = self.undo.pop() {
                self.versions[variable.index()] = before;
            }
        }
        let dead = self.dead;
        self.context = mark.context;
        self.dead = mark.dead;
        Branch { changes, dead }
    }

    /// Joins branches that started from the same mark, in order. Add an empty branch
    /// ([`Builder::skip`]) where none of them need be taken.
    pub fn merge(&mut self, branches: &[Branch], at: u32) {
        if branches.iter().all(|branch| branch.changes.is_empty()) {
            self.dead |= branches.iter().all(|branch| branch.dead);
            return;
        }
        let live: Vec<&Branch> = branches.iter().filter(|branch| !branch.dead).collect();
        if live.is_empty() {
            self.dead = true;
            return;
        }
        let mut changes: Vec<(VariableId, usize, NodeId)> = Vec::new();
        for (position, branch) in live.iter().enumerate() {
            changes.extend(branch.changes.iter().map(|&(variable, value)| (variable, position, value)));
        }
        changes.sort_unstable();
        for group in changes.chunk_by(|one, other| one.0 == other.0) {
            self.merge_variable(group, live.len(), at);
        }
    }

    /// Joins the values of one variable: `group` holds it, the position of the branch and the new
    /// value, in order; in the other branches it keeps the value from before.
    fn merge_variable(&mut self, group: &[(VariableId, usize, NodeId)], branches: usize, at: u32) {
        let Some(&(variable, _, _)) = group.first() else { return };
        let before = self.versions[variable.index()];
        let unchanged = group.iter().zip(0..).position(|(&(_, position, _), next)| position != next);
        let unchanged = unchanged.or((group.len() < branches).then_some(group.len()));
        let mut values: Vec<NodeId> = group.iter().map(|&(_, _, value)| value).collect();
        if let Some(at) = unchanged {
            values.insert(at, before);
        }
        let mut seen = FxHashSet::default();
        values.retain(|&value| value != NONE && seen.insert(value));
        if values.is_empty() {
            return;
        }
        let joined = self.join(&values, at);
        self.undo.push((variable, before));
        self.versions[variable.index()] = joined;
    }

    /// Remembers the values of names before code that may run in part (a `try` body).
    pub fn watch(&mut self, names: &[Atom]) -> Watch {
        let mut variables: Vec<Watched> = Vec::new();
        for &name in names {
            let Some(variable) = self.lookup(name) else { continue };
            let known = &self.unit.variables[variable.index()];
            if known.function != self.function {
                continue;
            }
            let before = self.versions[variable.index()];
            variables.push(Watched { variable, before, carried: NONE, values: known.values.len() });
        }
        variables.sort_unstable_by_key(|watched| watched.variable);
        variables.dedup_by_key(|watched| watched.variable);
        Watch { variables }
    }

    /// Every watched name reads as its value before or any that was assigned since.
    pub fn blur(&mut self, watch: &Watch, at: u32) {
        for watched in &watch.variables {
            let since = self.unit.variables[watched.variable.index()]
                .values
                .get(watched.values..)
                .unwrap_or_default();
            let mut values: Vec<NodeId> = since.to_vec();
            if watched.before != NONE && !values.is_empty() {
                values.insert(0, watched.before);
            }
            if !values.is_empty() {
                let joined = self.join(&values, at);
                self.set_version(watched.variable, joined);
            }
        }
    }

    /// Starts a loop after its mark: each name reads as its value before the loop or from an
    /// earlier round. The graph has a cycle where a round uses what the round before assigned.
    pub fn open_loop(&mut self, names: &[Atom], at: u32) -> Watch {
        let mut watch = self.watch(names);
        for watched in &mut watch.variables {
            if watched.before == NONE {
                continue;
            }
            let range = self.list(&[watched.before, watched.before]);
            watched.carried = self.node(Value::Join(range), at);
            self.set_version(watched.variable, watched.carried);
        }
        watch
    }

    /// Ends a loop: back to the mark, with every name as the loop leaves it. `leaves` says whether
    /// a round can end early (`break`, `continue`), with any of the values assigned so far.
    pub fn close_loop(&mut self, watch: &Watch, mark: Mark, leaves: bool, at: u32) {
        let mut after: Vec<(VariableId, NodeId)> = Vec::new();
        for watched in &watch.variables {
            let index = watched.variable.index();
            let end = if leaves {
                let since =
                    self.unit.variables[index].values.get(watched.values..).unwrap_or_default().to_vec();
                if since.is_empty() { NONE } else { self.join(&since, at) }
            } else if self.dead {
                NONE
            } else {
                self.versions[index]
            };
            if watched.carried == NONE {
                after.push((watched.variable, end));
                continue;
            }
            after.push((watched.variable, watched.carried));
            let Value::Join(range) = self.unit.value(watched.carried) else { continue };
            if end != NONE && end != watched.carried {
                self.unit.lists[range.start as usize + 1] = end;
            }
        }
        let branch = self.take(mark);
        let skip = self.skip();
        self.merge(&[skip, branch], at);
        for (variable, node) in after {
            if node != NONE {
                self.set_version(variable, node);
            }
        }
    }

    fn set_version(&mut self, variable: VariableId, node: NodeId) {
        self.undo.push((variable, self.versions[variable.index()]));
        self.versions[variable.index()] = node;
    }

    /// The branch that changes nothing.
    pub fn skip(&self) -> Branch {
        Branch { changes: Vec::new(), dead: false }
    }

    /// Any of several values.
    pub fn join(&mut self, values: &[NodeId], at: u32) -> NodeId {
        match values {
            [] => self.unknown,
            &[only] => only,
            many => {
                let range = self.list(many);
                self.node(Value::Join(range), at)
            }
        }
    }

    /// Control does not pass this point (`return`, `throw`, `break`, `process.exit()`).
    pub fn stop(&mut self) {
        self.dead = true;
    }

    /// A way out of the current function.
    pub fn exit(&mut self, kind: ExitKind, value: NodeId, at: u32) {
        let context = self.context;
        self.unit.functions[self.function.index()].exits.push(Exit { kind, value, context, at });
        if kind != ExitKind::Yield {
            self.dead = true;
        }
    }

    // ---- functions and classes ---------------------------------------------------------------

    /// The function whose body is being lowered.
    pub fn function(&self) -> FunctionId {
        self.function
    }

    /// A new function value; its body is lowered later between [`Builder::enter_function`] and
    /// [`Builder::leave_function`], in the scope that is current now.
    pub fn new_function(
        &mut self,
        name: Option<Atom>,
        kind: FunctionKind,
        class: Option<ClassId>,
        at: u32,
        end: u32,
    ) -> FunctionId {
        let id = FunctionId(u32::try_from(self.unit.functions.len()).unwrap_or(u32::MAX));
        let node = self.node(Value::Function(id), at);
        self.unit.functions.push(Function {
            name,
            node,
            parent: Some(self.function),
            class,
            parameters: Vec::new(),
            decorators: Vec::new(),
            returns: None,
            doc: None,
            exits: Vec::new(),
            context: self.context,
            kind,
            end,
            falls: None,
        });
        id
    }

    /// The node of a function value.
    pub fn function_node(&self, function: FunctionId) -> NodeId {
        self.unit.functions[function.index()].node
    }

    /// Access for decorators, docstring and the like.
    pub fn function_mut(&mut self, function: FunctionId) -> &mut Function {
        &mut self.unit.functions[function.index()]
    }

    /// Starts lowering a body: opens its scope inside `scope`, with no conditions.
    pub fn enter_function(&mut self, function: FunctionId, scope: ScopeId) {
        self.function = function;
        self.context = ContextId(0);
        self.dead = false;
        self.undo.clear();
        self.scope = scope;
        self.open_scope();
    }

    /// Ends a body that [`Builder::enter_function`] started.
    pub fn leave_function(&mut self) {
        self.unit.functions[self.function.index()].falls = (!self.dead).then_some(self.context);
        self.function = FunctionId(0);
        self.context = ContextId(0);
        self.dead = false;
        self.undo.clear();
        self.scope = ScopeId(0);
    }

    /// Adds the next parameter of the current function and declares its name, unless it is empty
    /// (a destructured one: bind its parts to members of the node). Where `this` is given the
    /// parameter is the object itself (`self`).
    pub fn parameter(&mut self, name: Atom, kind: ParameterKind, this: Option<ClassId>, at: u32) -> NodeId {
        let position =
            u32::try_from(self.unit.functions[self.function.index()].parameters.len()).unwrap_or(u32::MAX);
        let value = match this {
            Some(class) => Value::This(class),
            None => Value::Parameter(self.function, position),
        };
        let node = self.node(value, at);
        self.unit.functions[self.function.index()].parameters.push(Parameter {
            name,
            node,
            default: None,
            annotation: None,
            kind,
        });
        if name != Strings::EMPTY {
            let variable = self.declare(name, Declared::Here);
            self.assign_variable(variable, node);
        }
        node
    }

    /// Sets default and annotation of the last parameter. With a default the parameter's variable
    /// reads as either of the two.
    pub fn describe_parameter(&mut self, default: Option<NodeId>, annotation: Option<NodeId>) {
        let Some(last) = self.unit.functions[self.function.index()].parameters.last_mut() else { return };
        last.default = default;
        last.annotation = annotation;
    }

    /// A new class value.
    pub fn new_class(&mut self, name: Option<Atom>, at: u32) -> ClassId {
        let id = ClassId(u32::try_from(self.unit.classes.len()).unwrap_or(u32::MAX));
        let node = self.node(Value::Class(id), at);
        self.unit.classes.push(Class {
            name,
            node,
            bases: Vec::new(),
            methods: Vec::new(),
            fields: Vec::new(),
            annotations: Vec::new(),
            decorators: Vec::new(),
            doc: None,
        });
        id
    }

    /// The node of a class value.
    pub fn class_node(&self, class: ClassId) -> NodeId {
        self.unit.classes[class.index()].node
    }

    /// Access for bases, methods, fields and the like.
    pub fn class_mut(&mut self, class: ClassId) -> &mut Class {
        &mut self.unit.classes[class.index()]
    }

    // ---- modules -----------------------------------------------------------------------------

    /// A name imported from a module by literal specifier.
    pub fn import(&mut self, module: &str, name: &str, at: u32) -> NodeId {
        let module = self.atom(module);
        let name = self.atom(name);
        if self.unit.imports.last() != Some(&module) {
            self.unit.imports.push(module);
        }
        self.node(Value::Import { module, name }, at)
    }

    /// Something the file gives to others.
    pub fn export(&mut self, name: Atom, value: NodeId) {
        self.unit.exports.push(Export { name, value });
    }

    /// Something that is not in the graph.
    pub fn problem(&mut self, at: u32, why: impl Into<String>, loses: Loses) {
        self.unit.problems.push(Problem { at, why: why.into(), loses });
    }

    /// Marks the file as bundled or minified.
    pub fn set_bundled(&mut self, bundled: bool) {
        self.unit.bundled = bundled;
    }
}
