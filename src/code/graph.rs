//! One language-neutral value graph per source file.
//!
//! Every expression is a node; nodes name their operands, so a value is followed backwards from
//! where it is used to where it comes from. Assignments leave no trace of their own: reading a
//! variable yields the node that was assigned (branches joined), reading it from another function
//! yields [`Value::Variable`], the set of everything ever assigned to it. What had to be true for
//! a call to happen is its [`Context`].

use std::{fmt, hash::Hasher as _};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::artifact::Language;

macro_rules! index {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index into the unit's table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// A node of the unit.
    NodeId
    /// An interned string of the unit.
    Atom
    /// A call site of the unit.
    CallId
    /// A function of the unit; 0 is the top level of the file.
    FunctionId
    /// A class of the unit.
    ClassId
    /// A variable of the unit.
    VariableId
    /// A chain of conditions of the unit; 0 is "always".
    ContextId
}

/// A stretch of one of the unit's side tables.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Range {
    /// First index.
    pub start: u32,
    /// Number of entries.
    pub len: u32,
}

impl Range {
    /// As a range of indices.
    pub fn indices(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// What a node is. Fits 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Something that is not modelled.
    Unknown,
    /// A string literal.
    Text(Atom),
    /// A number literal, as written.
    Number(Atom),
    /// `true`, `false`.
    Bool(bool),
    /// `null`, `undefined`, `None`.
    Null,
    /// A regular expression literal: pattern and flags.
    Regex(Atom, Atom),
    /// A parameter of a function, by position among [`Function::parameters`].
    Parameter(FunctionId, u32),
    /// A variable of another function, or one that is read before it is assigned: any of its values.
    Variable(VariableId),
    /// A name that no scope declares: `fetch`, `process`, `eval`, `open`.
    Global(Atom),
    /// A name imported from a module; `*` for the module itself, `default` for its default export.
    Import {
        /// The specifier as written (`node:fs`, `./x.js`, `..utils`).
        module: Atom,
        /// The exported name.
        name: Atom,
    },
    /// `object.name`, also `object["name"]`.
    Member {
        /// The value left of the dot.
        object: NodeId,
        /// The member's name.
        name: Atom,
    },
    /// `object[key]` with a computed key, and slices.
    Element {
        /// The collection.
        object: NodeId,
        /// The key.
        key: NodeId,
    },
    /// One element of what is iterated over (`for (x of xs)`, comprehension, destructured rest).
    Item(NodeId),
    /// The result of a call.
    Call(CallId),
    /// Any of these values, by control flow.
    Join(Range),
    /// `test ? yes : no`, `yes if test else no`.
    Choice {
        /// The condition.
        test: NodeId,
        /// The value where it holds.
        yes: NodeId,
        /// The value where it does not.
        no: NodeId,
    },
    /// Text put together: template, f-string, `%`, `+`.
    Concat(Range),
    /// A comparison, membership test or arithmetic.
    Binary {
        /// Which.
        operator: Operator,
        /// Left operand.
        left: NodeId,
        /// Right operand.
        right: NodeId,
    },
    /// `!x`, `not x`.
    Not(NodeId),
    /// `a && b`, `a and b`.
    And(NodeId, NodeId),
    /// `a || b`, `a ?? b`, `a or b`.
    Or(NodeId, NodeId),
    /// An object or dict literal: a stretch of [`Unit::properties`].
    Object(Range),
    /// An array, tuple, list or set literal: a stretch of [`Unit::lists`].
    Array(Range),
    /// A function or lambda.
    Function(FunctionId),
    /// A class.
    Class(ClassId),
    /// `this`, `self`, `cls` inside a class.
    This(ClassId),
    /// `object` after `object.key = value`, `object[?] = value` or `object.push(value)`.
    With {
        /// The object before.
        object: NodeId,
        /// The member, [`Unit::element`] where the key is computed or a position.
        key: Atom,
        /// The new member value.
        value: NodeId,
    },
    /// `...x`, `*x`, `**x` in an argument list, array or object.
    Spread(NodeId),
}

/// Operators that the analysis tells apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operator {
    /// `==`, `===`, `is`.
    Equal,
    /// `!=`, `!==`, `is not`.
    NotEqual,
    /// `<`, `<=`, `>`, `>=`.
    Order,
    /// `in`.
    In,
    /// `not in`.
    NotIn,
    /// `instanceof`.
    InstanceOf,
    /// `-`, `*`, `/`, bit operations: the result is a number (Python `/` on paths is [`Value::Concat`]
    /// only when written so; the resolver treats both operands as parts).
    Arithmetic,
    /// `/` in Python: division or `pathlib` joining.
    Slash,
}

/// A node and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Byte offset in the file.
    pub at: u32,
}

/// One entry of an object literal.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The key; [`Unit::element`] where it is computed, [`Unit::spread`] for `...x`.
    pub key: Atom,
    /// The value.
    pub value: NodeId,
}

/// A call site.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// What is called: `a.b` in `a.b(c)` is a [`Value::Member`].
    pub callee: NodeId,
    /// Positional arguments: a stretch of [`Unit::lists`]; a spread is a [`Value::Spread`] node.
    pub arguments: Range,
    /// Keyword arguments: a stretch of [`Unit::properties`]; `**x` has key [`Unit::spread`].
    pub keywords: Range,
    /// The node of the result.
    pub node: NodeId,
    /// The function whose body holds the call.
    pub function: FunctionId,
    /// What had to be true for it to happen.
    pub context: ContextId,
    /// `new C()`, or an ordinary call.
    pub form: Form,
}

/// How a call is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// `f(x)`.
    Call,
    /// `new F(x)`.
    New,
    /// A tagged template; argument 0 is the text with the values joined in, the rest the values.
    Tagged,
}

/// A condition on top of another chain of conditions.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The chain below; the same id for the root.
    pub parent: ContextId,
    /// The condition: for `case x:` an [`Operator::Equal`] of the discriminant and `x`.
    pub test: NodeId,
    /// Whether it holds or fails here.
    pub holds: bool,
}

/// A function, method, lambda, or the top level of the file.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its own name, or the name of the variable, property or method it is assigned to.
    pub name: Option<Atom>,
    /// The node of the function value.
    pub node: NodeId,
    /// The function around it.
    pub parent: Option<FunctionId>,
    /// The class it is a method of.
    pub class: Option<ClassId>,
    /// Parameters in order, `self` included.
    pub parameters: Vec<Parameter>,
    /// Decorators, outermost first.
    pub decorators: Vec<NodeId>,
    /// The annotation of what it returns (Python), lowered as an expression.
    pub returns: Option<NodeId>,
    /// The docstring (Python) or leading doc comment.
    pub doc: Option<Atom>,
    /// Every way out, in source order.
    pub exits: Vec<Exit>,
    /// What had to be true where it is defined.
    pub context: ContextId,
    /// Whether decorators, name and position make it a static method, a constructor, ….
    pub kind: FunctionKind,
    /// Where it ends, byte offset; it starts at its node.
    pub end: u32,
    /// What is true where control falls off its end; `None` where it never does.
    pub falls: Option<ContextId>,
}

/// What sort of function it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FunctionKind {
    TopLevel,
    Plain,
    Method,
    Static,
    Constructor,
    Getter,
    Setter,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name; empty for a destructured one, whose parts are members of the node.
    pub name: Atom,
    /// Its [`Value::Parameter`] node.
    pub node: NodeId,
    /// The default value.
    pub default: Option<NodeId>,
    /// The annotation (Python), lowered as an expression; a TypeScript type reference as a name.
    pub annotation: Option<NodeId>,
    /// How arguments reach it.
    pub kind: ParameterKind,
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ParameterKind {
    /// By position or keyword.
    Plain,
    /// By keyword only.
    Keyword,
    /// `*args`, `...rest`.
    Rest,
    /// `**kwargs`.
    Keywords,
}

/// A way out of a function.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// Which.
    pub kind: ExitKind,
    /// The returned, yielded or thrown value.
    pub value: NodeId,
    /// What had to be true.
    pub context: ContextId,
    /// Byte offset.
    pub at: u32,
}

/// How a function is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ExitKind {
    Return,
    Yield,
    Throw,
}

/// A class.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its name.
    pub name: Option<Atom>,
    /// The node of the class value.
    pub node: NodeId,
    /// Base classes.
    pub bases: Vec<NodeId>,
    /// Methods, accessors and constructor by name, in source order.
    pub methods: Vec<(Atom, FunctionId)>,
    /// Everything ever assigned to a field, class attributes and parameter properties included.
    pub fields: Vec<(Atom, NodeId)>,
    /// Annotations of fields (Python): name and lowered annotation.
    pub annotations: Vec<(Atom, NodeId)>,
    /// Decorators.
    pub decorators: Vec<NodeId>,
    /// The docstring.
    pub doc: Option<Atom>,
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Atom,
    /// The function that declares it.
    pub function: FunctionId,
    /// Every value ever assigned, in source order; updates of its members are [`Value::With`].
    pub values: Nodes,
}

/// A list of nodes that is mostly short.
#[derive(Clone, Debug)]
pub enum Nodes {
    /// So many of the places are taken.
    Few(u8, [NodeId; 4]),
    /// A longer list.
    Many(Vec<NodeId>),
}

impl Default for Nodes {
    fn default() -> Self {
        Self::Few(0, [NodeId(0); 4])
    }
}

impl Nodes {
    /// All of them.
    pub fn as_slice(&self) -> &[NodeId] {
        match self {
            Self::Few(length, places) => &places[..usize::from(*length)],
            Self::Many(all) => all,
        }
    }

    /// Adds a node at the end.
    pub fn push(&mut self, node: NodeId) {
        match self {
            Self::Few(length, places) => {
                if let Some(place) = places.get_mut(usize::from(*length)) {
                    *place = node;
                    *length += 1;
                } else {
                    let mut all = Vec::with_capacity(places.len() * 2);
                    all.extend_from_slice(places);
                    all.push(node);
                    *self = Self::Many(all);
                }
            }
            Self::Many(all) => all.push(node),
        }
    }
}

impl std::ops::Deref for Nodes {
    type Target = [NodeId];

    fn deref(&self) -> &[NodeId] {
        self.as_slice()
    }
}

impl FromIterator<NodeId> for Nodes {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut all = Self::default();
        nodes.into_iter().for_each(|node| all.push(node));
        all
    }
}

/// Something a file gives to others.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// The exported name: `default`, `*` for `export * from` (the value is an [`Value::Import`] of `*`).
    pub name: Atom,
    /// The value; `module.exports = x` is `default` and, where x is an object, its members too.
    pub value: NodeId,
}

/// One parsed file.
#[derive(Debug)]
pub struct Unit {
    /// The file's index in [`crate::artifact::Artifact::files`].
    pub file: usize,
    /// Path in the artifact.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// Nodes; operands usually come before the nodes that use them.
    pub nodes: Vec<Node>,
    /// Side table of node lists.
    pub lists: Vec<NodeId>,
    /// Side table of object entries and keyword arguments.
    pub properties: Vec<Property>,
    /// Call sites in source order, nested function bodies after the body that holds them.
    pub calls: Vec<Call>,
    /// Functions; 0 is the top level.
    pub functions: Vec<Function>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Variables.
    pub variables: Vec<Variable>,
    /// Condition chains; 0 is "always".
    pub contexts: Vec<Context>,
    /// Constants that were assigned, and under which conditions; sorted by node.
    pub assigned: Vec<(NodeId, ContextId)>,
    /// What the file exports. For Python: every top-level variable.
    pub exports: Vec<Export>,
    /// Every module specifier that is imported by literal name, in source order.
    pub imports: Vec<Atom>,
    /// Interned strings.
    pub strings: Strings,
    /// Byte offsets of line starts.
    pub lines: Vec<u32>,
    /// Why parts of the file are not in the graph: syntax errors, limits.
    pub problems: Vec<Problem>,
    /// Whether the file looks bundled or minified: other packages' code may be inside.
    pub bundled: bool,
}

/// A part of a file that is not in the graph.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Byte offset.
    pub at: u32,
    /// Why, printable.
    pub why: String,
    /// Whether code may be missing from the graph because of it.
    pub loses: Loses,
}

/// Whether a problem hides code from the analysis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Loses {
    /// The tree is complete enough.
    Nothing,
    /// Code may be missing.
    Code,
}

impl Unit {
    /// The key that stands for "some computed key or position".
    pub fn element(&self) -> Atom {
        Strings::ELEMENT
    }

    /// The key that stands for a spread.
    pub fn spread(&self) -> Atom {
        Strings::SPREAD
    }

    /// What a node is.
    pub fn value(&self, node: NodeId) -> Value {
        self.nodes[node.index()].value
    }

    /// The text of an interned string.
    pub fn text(&self, atom: Atom) -> &str {
        self.strings.get(atom)
    }

    /// A node list.
    pub fn list(&self, range: Range) -> &[NodeId] {
        &self.lists[range.indices()]
    }

    /// Object entries or keyword arguments.
    pub fn entries(&self, range: Range) -> &[Property] {
        &self.properties[range.indices()]
    }

    /// A call site.
    pub fn call(&self, call: CallId) -> &Call {
        &self.calls[call.index()]
    }

    /// A function.
    pub fn function(&self, function: FunctionId) -> &Function {
        &self.functions[function.index()]
    }

    /// The conditions under which a constant was assigned to a variable.
    pub fn assigned_under(&self, node: NodeId) -> Option<ContextId> {
        let at = self.assigned.binary_search_by_key(&node, |&(node, _)| node).ok()?;
        Some(self.assigned[at].1)
    }

    /// A class.
    pub fn class(&self, class: ClassId) -> &Class {
        &self.classes[class.index()]
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, at: u32) -> u32 {
        u32::try_from(self.lines.partition_point(|&start| start <= at)).unwrap_or(u32::MAX).max(1)
    }

    /// The conditions of a context, innermost first.
    pub fn conditions(&self, context: ContextId) -> impl Iterator<Item = Context> + '_ {
        let mut at = context;
        std::iter::from_fn(move || {
            if at.0 == 0 {
                return None;
            }
            let condition = self.contexts[at.index()];
            at = condition.parent;
            Some(condition)
        })
    }
}

/// Interned strings of one file.
pub struct Strings {
    text: String,
    ends: Vec<u32>,
    table: HashTable<Known>,
}

/// A known string: with hash and place, so that growing and most misses read no string.
#[derive(Clone, Copy)]
struct Known {
    hash: u32,
    atom: Atom,
    start: u32,
    length: u32,
}

impl Known {
    fn is(&self, hash: u32, string: &str, text: &str) -> bool {
        let start = self.start as usize;
        self.hash == hash
            && self.length as usize == string.len()
            && text.as_bytes().get(start..start + string.len()) == Some(string.as_bytes())
    }
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Self { text: String::new(), ends: Vec::new(), table: HashTable::new() };
        for reserved in ["", "*", "default", "[]", "..."] {
            strings.intern(reserved);
        }
        strings
    }
}

impl Strings {
    /// The empty string.
    pub const EMPTY: Atom = Atom(0);
    /// `*`: a whole module.
    pub const ALL: Atom = Atom(1);
    /// `default`.
    pub const DEFAULT: Atom = Atom(2);
    /// `[]`: some computed key or position.
    pub const ELEMENT: Atom = Atom(3);
    /// `...`: a spread.
    pub const SPREAD: Atom = Atom(4);

    /// The atom of a string, new or known.
    pub fn intern(&mut self, string: &str) -> Atom {
        let hash = hash(string);
        let Self { text, ends, table } = self;
        if let Some(known) = table.find(spread(hash), |known| known.is(hash, string, text)) {
            return known.atom;
        }
        let atom = Atom(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
        text.push_str(string);
        ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        let known = Known { hash, atom, start, length };
        table.insert_unique(spread(hash), known, |known| spread(known.hash));
        atom
    }

    /// The atom of a string, where the file has it.
    pub fn find(&self, string: &str) -> Option<Atom> {
        let hash = hash(string);
        let known = self.table.find(spread(hash), |known| known.is(hash, string, &self.text))?;
        Some(known.atom)
    }

    /// The string of an atom.
    pub fn get(&self, atom: Atom) -> &str {
        slice(&self.text, &self.ends, atom)
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none; never so, because some are reserved.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every string, with its atom.
    pub fn iter(&self) -> impl Iterator<Item = (Atom, &str)> + '_ {
        (0..self.ends.len()).map(|at| {
            let atom = Atom(u32::try_from(at).unwrap_or(u32::MAX));
            (atom, self.get(atom))
        })
    }
}

impl fmt::Debug for Strings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], atom: Atom) -> &'a str {
    let start = atom.index().checked_sub(1).map_or(0, |before| ends[before]);
    &text[start as usize..ends[atom.index()] as usize]
}

fn hash(string: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(string.as_bytes());
    let hash = hasher.finish();
    u32::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or(0)
}

/// The table looks at the lowest and the highest bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) | u64::from(hash) << 32
}
