//! The state of one file's lowering: builder, scratch space, the queue of bodies, the budgets.

use std::collections::VecDeque;

use oxc_ast::ast::{
    ArrowFunctionExpression, BinaryExpression, Function, LogicalExpression, MemberExpression, Program,
};
use oxc_span::GetSpan;
use rustc_hash::FxHashSet;

use super::names::Names;
use crate::code::builder::{Branch, Builder, Declared, Mark, ScopeId};
use crate::code::graph::{
    Atom, ClassId, FunctionId, Loses, NodeId, Property, Strings, Unit, Value, VariableId,
};

/// Levels of nested syntax that are lowered; what lies deeper stays unknown. Brackets are bounded
/// before parsing, this bounds chains without them.
const MAX_DEPTH: u32 = 3_000;

/// Assignments that branches may carry through one file: nested branches carry theirs once per
/// level, so that the product of depth and size is what has to be bounded.
const MAX_CARRIED: usize = 8_000_000;

/// A function whose body is still to be lowered.
#[derive(Clone, Copy)]
pub(super) struct Pending<'a> {
    pub(super) function: FunctionId,
    pub(super) scope: ScopeId,
    pub(super) body: Body<'a>,
    /// What `this` means inside.
    pub(super) this: Option<ClassId>,
}

/// The two ways to write a function.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Function(&'a Function<'a>),
    Arrow(&'a ArrowFunctionExpression<'a>),
}

/// What a `break` or `continue` leaves.
pub(super) struct Jump<'a> {
    pub(super) target: JumpTarget,
    pub(super) label: Option<&'a str>,
    pub(super) mark: Mark,
    /// The states in which it was left.
    pub(super) branches: Vec<Branch>,
}

/// What kind of statement can be left.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum JumpTarget {
    Loop,
    Switch,
    Block,
}

/// An exported name whose value is read when the top level is complete.
#[derive(Clone, Copy)]
pub(super) struct Exported {
    pub(super) name: Atom,
    pub(super) local: Atom,
    pub(super) at: u32,
}

/// One file on its way from syntax tree to graph.
pub(super) struct Lowering<'a> {
    pub(super) builder: Builder,
    pub(super) source: &'a str,
    pub(super) names: Names,
    pub(super) this: Option<ClassId>,
    /// Operands that are being collected; used as a stack.
    pub(super) nodes: Vec<NodeId>,
    /// Object entries that are being collected; used as a stack.
    pub(super) properties: Vec<Property>,
    /// Objects and keys on the way to an assigned member; used as a stack.
    pub(super) steps: Vec<(NodeId, Atom)>,
    /// Members from an assigned one inwards; used as a stack.
    pub(super) members: Vec<&'a MemberExpression<'a>>,
    /// Binary expressions from the outermost inwards; used as a stack.
    pub(super) binaries: Vec<&'a BinaryExpression<'a>>,
    /// Logical expressions from the outermost inwards; used as a stack.
    pub(super) logicals: Vec<&'a LogicalExpression<'a>>,
    pub(super) jumps: Vec<Jump<'a>>,
    /// The label before the statement that comes next.
    pub(super) label: Option<&'a str>,
    pub(super) exported: Vec<Exported>,
    /// Variables that hold a `require` function.
    pub(super) requires: FxHashSet<VariableId>,
    queue: VecDeque<Pending<'a>>,
    depth: u32,
    carried: usize,
    /// Whether the budget for branches is spent.
    exhausted: bool,
    /// Whether something lay too deep.
    lost: bool,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(mut builder: Builder, source: &'a str) -> Self {
        let names = Names::new(&mut builder);
        Self {
            builder,
            source,
            names,
            this: None,
            nodes: Vec::new(),
            properties: Vec::new(),
            steps: Vec::new(),
            members: Vec::new(),
            binaries: Vec::new(),
            logicals: Vec::new(),
            jumps: Vec::new(),
            label: None,
            exported: Vec::new(),
            requires: FxHashSet::default(),
            queue: VecDeque::new(),
            depth: 0,
            carried: 0,
            exhausted: false,
            lost: false,
        }
    }

    /// Lowers the whole file: the top level, then every body in the order in which they were met.
    pub(super) fn program(&mut self, program: &'a Program<'a>) {
        self.body(&program.body);
        self.export_locals();
        while let Some(pending) = self.queue.pop_front() {
            self.function_body(pending);
        }
    }

    pub(super) fn finish(self) -> Unit {
        self.builder.finish()
    }

    pub(super) fn enqueue(&mut self, pending: Pending<'a>) {
        self.queue.push_back(pending);
    }

    /// Goes one level deeper, unless that is too deep; then [`Lowering::ascend`] is not due.
    pub(super) fn descend(&mut self, into: &impl GetSpan) -> bool {
        if self.depth >= MAX_DEPTH || self.exhausted {
            self.lose(into.span().start);
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    fn lose(&mut self, at: u32) {
        if !self.lost && !self.exhausted {
            self.lost = true;
            let why = "pathological nesting, the inner levels were not analysed";
            self.builder.problem(at, why, Loses::Code);
        }
    }

    // ---- branches ----------------------------------------------------------------------------

    /// [`Builder::take`], with the work accounted for.
    pub(super) fn take(&mut self, mark: Mark) -> Branch {
        self.carry(mark);
        self.builder.take(mark)
    }

    /// [`Builder::snapshot`], with the work accounted for.
    pub(super) fn snapshot(&mut self, mark: Mark) -> Branch {
        self.carry(mark);
        if self.exhausted { self.builder.skip() } else { self.builder.snapshot(mark) }
    }

    /// [`Builder::merge`], unless the budget is spent.
    pub(super) fn merge(&mut self, branches: &[Branch], at: u32) {
        if !self.exhausted {
            self.builder.merge(branches, at);
        }
    }

    fn carry(&mut self, mark: Mark) {
        self.carried += self.builder.assigned_since(mark);
        if self.carried > MAX_CARRIED && !self.exhausted {
            self.exhausted = true;
            let why = "too many assignments in nested branches, the rest was not analysed";
            self.builder.problem(0, why, Loses::Code);
        }
    }

    // ---- small conveniences ------------------------------------------------------------------

    /// The variable that a name means here, if any.
    pub(super) fn local(&self, name: Atom) -> Option<VariableId> {
        self.builder.lookup(name)
    }

    /// Assigns to a declared name; a name of the runtime keeps its meaning.
    pub(super) fn assign_local(&mut self, name: Atom, value: NodeId) {
        if let Some(variable) = self.local(name) {
            self.builder.assign_variable(variable, value);
        }
    }

    pub(super) fn declare_here(&mut self, name: &str) -> (Atom, VariableId) {
        let name = self.builder.atom(name);
        (name, self.builder.declare(name, Declared::Here))
    }

    pub(super) fn global(&mut self, name: Atom, at: u32) -> NodeId {
        self.builder.node(Value::Global(name), at)
    }

    /// The collected operands from `start` on, as an array.
    pub(super) fn drain_array(&mut self, start: usize, at: u32) -> NodeId {
        let node = self.builder.array(&self.nodes[start..], at);
        self.nodes.truncate(start);
        node
    }

    /// The collected operands from `start` on, as joined text; a single one stays itself.
    pub(super) fn drain_concat(&mut self, start: usize, at: u32) -> NodeId {
        let node = match self.nodes[start..] {
            [] => self.builder.node(Value::Text(Strings::EMPTY), at),
            [only] if matches!(self.builder.unit().value(only), Value::Text(_)) => only,
            _ => self.builder.concat(&self.nodes[start..], at),
        };
        self.nodes.truncate(start);
        node
    }

    /// The collected entries from `start` on, as an object.
    pub(super) fn drain_object(&mut self, start: usize, at: u32) -> NodeId {
        let node = self.builder.object(&self.properties[start..], at);
        self.properties.truncate(start);
        node
    }
}
