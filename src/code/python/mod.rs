//! The Python front end: source text in, value graph out. No type of the parser leaves this folder.

mod assign;
mod chain;
mod class;
mod comprehension;
mod expression;
mod flow;
mod function;
mod import;
mod limits;
mod names;
mod pattern;
mod statement;
mod text;

#[cfg(test)]
mod tests;

use std::{cmp::Reverse, collections::VecDeque, panic};

use ruff_python_ast::{Expr, Mod, ModModule, Stmt};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::{Ranged, TextSize};

use self::{class::ClassBody, function::Job, names::Bindings};
use super::{
    builder::{Builder, Declared},
    graph::{Atom, Loses, NodeId, Property, Unit, Value, VariableId},
};
use crate::{artifact::Language, untrusted};

/// Folders whose files were copied from other packages.
const VENDORED: [&str; 3] = ["_vendor", "vendor", "site-packages"];

/// Lowers a file; what cannot be parsed is a problem of the unit, never an error.
///
/// The caller has checked size and bracket nesting and runs this on a large stack.
pub(crate) fn lower(file: usize, path: &str, source: &str) -> Unit {
    let mut builder = Builder::new(file, path, Language::Python, source);
    builder.set_bundled(path.split('/').any(|segment| VENDORED.contains(&segment)));
    if limits::nests_too_deep(source) {
        builder.problem(0, "an expression is nested too deep to be parsed", Loses::Code);
        return builder.finish();
    }
    let Ok(parsed) = panic::catch_unwind(|| parse_unchecked(source, ParseOptions::from(Mode::Module))) else {
        builder.problem(0, "the parser failed on this file", Loses::Code);
        return builder.finish();
    };
    note_errors(&parsed, &mut builder);
    let Mod::Module(module) = parsed.syntax() else { return builder.finish() };
    Lowerer::new(builder, source).module(module)
}

fn note_errors(parsed: &Parsed<Mod>, builder: &mut Builder) {
    let Some(first) = parsed.errors().first() else { return };
    let why = untrusted::excerpt(&format!("syntax error: {}", first.error), 200);
    builder.problem(offset(first.location.start()), why, Loses::Code);
}

/// A syntax tree on its way into the graph.
struct Lowerer<'a> {
    builder: Builder,
    source: &'a str,
    /// Bodies to lower after the body around them.
    queue: VecDeque<Job<'a>>,
    /// Default and annotation of each parameter, lowered where the function is defined.
    described: Vec<(Option<NodeId>, Option<NodeId>)>,
    /// Scratch stacks; every user takes back what it pushed.
    nodes: Vec<NodeId>,
    entries: Vec<Property>,
    links: Vec<&'a Expr>,
    /// The class body that is being lowered.
    class: Option<ClassBody>,
    /// Names of the current function that mean an outer variable.
    aliased: Vec<Atom>,
    /// Modules that `from x import *` takes names from.
    stars: Vec<Atom>,
    /// Variables of the top level.
    exported: Vec<(Atom, VariableId)>,
    depth: u32,
    too_deep: bool,
    known: Known,
}

/// Names that the front end itself understands.
struct Known {
    sys: Atom,
    exit: Atom,
    quit: Atom,
    os: Atom,
    hard_exit: Atom,
    importlib: Atom,
    import_module: Atom,
    dunder_import: Atom,
    builtins: Atom,
    dunder_builtins: Atom,
    getattr: Atom,
}

impl Known {
    fn new(builder: &mut Builder) -> Self {
        Self {
            sys: builder.atom("sys"),
            exit: builder.atom("exit"),
            quit: builder.atom("quit"),
            os: builder.atom("os"),
            hard_exit: builder.atom("_exit"),
            importlib: builder.atom("importlib"),
            import_module: builder.atom("import_module"),
            dunder_import: builder.atom("__import__"),
            builtins: builder.atom("builtins"),
            dunder_builtins: builder.atom("__builtins__"),
            getattr: builder.atom("getattr"),
        }
    }
}

impl<'a> Lowerer<'a> {
    fn new(mut builder: Builder, source: &'a str) -> Self {
        let known = Known::new(&mut builder);
        Self {
            builder,
            source,
            queue: VecDeque::new(),
            described: Vec::new(),
            nodes: Vec::new(),
            entries: Vec::new(),
            links: Vec::new(),
            class: None,
            aliased: Vec::new(),
            stars: Vec::new(),
            exported: Vec::new(),
            depth: 0,
            too_deep: false,
            known,
        }
    }

    fn module(mut self, module: &'a ModModule) -> Unit {
        let bindings = Bindings::of(&module.body);
        for name in bindings.assigned {
            self.top_level(name);
        }
        self.suite(&module.body);
        let before: Vec<usize> = self.exported.iter().map(|&(_, variable)| self.count(variable)).collect();
        while let Some(job) = self.queue.pop_front() {
            self.body(&job);
        }
        self.export(&before, offset(module.range.end()));
        self.builder.finish()
    }

    fn top_level(&mut self, name: &str) -> VariableId {
        let name = self.builder.atom(name);
        let variable = self.builder.top_level(name);
        if self.exported.last() != Some(&(name, variable)) {
            self.exported.push((name, variable));
        }
        variable
    }

    fn count(&self, variable: VariableId) -> usize {
        self.builder.unit().variables[variable.index()].values.len()
    }

    /// Every top-level variable: its value at the end of the module and what functions assign later.
    fn export(&mut self, before: &[usize], at: u32) {
        let mut exported: Vec<(VariableId, Atom, usize)> = self
            .exported
            .iter()
            .enumerate()
            .map(|(position, &(name, variable))| (variable, name, before.get(position).copied().unwrap_or(0)))
            .collect();
        exported.sort_unstable_by_key(|&(variable, _, before)| (variable, Reverse(before)));
        exported.dedup_by_key(|entry| entry.0);
        for (variable, name, before) in exported {
            let values = &self.builder.unit().variables[variable.index()].values;
            let later: Vec<NodeId> = values.get(before..).unwrap_or_default().to_vec();
            if values.is_empty() {
                continue;
            }
            let last = self.builder.read_variable(variable, at);
            let all = match self.builder.unit().value(last) {
                Value::Variable(_) => self.builder.unit().variables[variable.index()].values.clone(),
                _ => std::iter::once(last).chain(later).collect(),
            };
            let value = self.builder.join(&all, at);
            self.builder.export(name, value);
        }
    }

    fn suite(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    /// Declares what a body assigns in the scope that is current.
    fn declare(&mut self, names: &[&str]) {
        for name in names {
            let name = self.builder.atom(name);
            if !self.aliased.contains(&name) {
                self.builder.declare(name, Declared::Here);
            }
        }
    }

    fn unknown(&mut self, at: u32) -> NodeId {
        self.builder.node(Value::Unknown, at)
    }

    /// Enters one level of nesting; `false` where the budget is spent.
    fn descend(&mut self, at: u32) -> bool {
        if self.depth >= limits::MAX_DEPTH {
            if !self.too_deep {
                self.too_deep = true;
                self.builder.problem(at, "code is nested too deep to be read", Loses::Code);
            }
            return false;
        }
        self.depth += 1;
        true
    }

    fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// What a node is, seen through a variable that is assigned once and past star imports.
    fn origin(&self, node: NodeId) -> Value {
        let unit = self.builder.unit();
        match unit.value(node) {
            Value::Variable(variable) => match unit.variables[variable.index()].values.as_slice() {
                &[only] => unit.value(only),
                _ => Value::Variable(variable),
            },
            Value::Join(range) => match unit.list(range).split_last() {
                Some((&last, rest)) if rest.iter().all(|&from| self.is_starred(from, last)) => {
                    unit.value(last)
                }
                _ => Value::Join(range),
            },
            value => value,
        }
    }

    fn is_starred(&self, from: NodeId, undeclared: NodeId) -> bool {
        let unit = self.builder.unit();
        match (unit.value(from), unit.value(undeclared)) {
            (Value::Import { name, .. }, Value::Global(global)) => name == global,
            _ => false,
        }
    }
}

fn offset(at: TextSize) -> u32 {
    at.to_u32()
}

fn start(ranged: &impl Ranged) -> u32 {
    offset(ranged.start())
}
