//! What one language does in its own way.

use std::sync::LazyLock;

use super::{
    functions::Job,
    lowering::Lowerer,
    roles::Grammar,
    tree::{Id, Tree},
};
use crate::code::graph::NodeId;

/// A language, as far as it differs from the others.
pub(super) struct Dialect {
    /// Its grammar, with what the kinds of nodes mean.
    pub(super) grammar: &'static LazyLock<Grammar>,
    /// Declares what the file declares, before anything is lowered.
    pub(super) begin: fn(&mut Lowerer<'_>, Id),
    /// Forms that only this language has, and imports.
    pub(super) own: fn(&mut Lowerer<'_>, Id) -> NodeId,
    /// A name that no scope of the file declares.
    pub(super) undeclared: fn(&mut Lowerer<'_>, &str, u32) -> NodeId,
    /// A function that is called by its name alone.
    pub(super) function: fn(&mut Lowerer<'_>, &str, u32) -> NodeId,
    /// The name of a member in the words of the graph.
    pub(super) member: fn(&str) -> &str,
    /// What a call is in the words that all languages share: callee, arguments, place.
    pub(super) rewrite: fn(&mut Lowerer<'_>, NodeId, &[NodeId], u32) -> Option<NodeId>,
    /// Name and value of an argument that is passed by name.
    pub(super) keyword: for<'t> fn(&'t Tree<'t>, Id) -> Option<(&'t str, Id)>,
    /// Adds the parameters of a function whose body begins.
    pub(super) parameters: fn(&mut Lowerer<'_>, &Job),
    /// The parts of a loop.
    pub(super) looped: for<'t> fn(&'t Tree<'t>, Id) -> Looped,
    /// The cases of a branch by cases: tests, and statements.
    pub(super) cases: for<'t> fn(&'t Tree<'t>, Id) -> Vec<Case>,
    /// Gives the names of a pattern of its own kind their parts of a value.
    pub(super) take_apart: fn(&mut Lowerer<'_>, Id, NodeId),
    /// Whether an operator puts text together.
    pub(super) joins: fn(&str) -> bool,
    /// Kinds of arguments that stand for several.
    pub(super) spreads: &'static [&'static str],
    /// Whether a field of the object is named without the object.
    pub(super) bare_fields: bool,
    /// Whether `<<` adds to what is left of it.
    pub(super) shovels: bool,
    /// Whether the last expression of a body is what the function gives back.
    pub(super) yields_last: bool,
}

/// The parts of a loop.
#[derive(Debug, Default)]
pub(super) struct Looped {
    /// What happens once before.
    pub(super) before: Option<Id>,
    /// What is assigned in each round, and from where.
    pub(super) each: Option<(Option<Id>, Vec<Id>)>,
    /// What holds in each round.
    pub(super) condition: Option<Id>,
    /// What happens after each round.
    pub(super) update: Option<Id>,
    /// What happens in each round.
    pub(super) body: Option<Id>,
}

/// One case of a branch.
#[derive(Debug, Default)]
pub(super) struct Case {
    /// The values of the case; none for the default.
    pub(super) tests: Vec<Id>,
    /// A pattern whose names get parts of the value.
    pub(super) binds: Option<Id>,
    /// What happens in it.
    pub(super) body: Vec<Id>,
}

/// For languages whose arguments have no names.
pub(super) fn no_keyword<'t>(_: &'t Tree<'t>, _: Id) -> Option<(&'t str, Id)> {
    None
}

/// For languages whose members are named as the graph names them.
pub(super) fn as_written(name: &str) -> &str {
    name
}

/// For languages whose functions have names like all else.
pub(super) fn by_name(lowerer: &mut Lowerer<'_>, name: &str, at: u32) -> NodeId {
    lowerer.name(name, at)
}

/// For languages without patterns.
pub(super) fn no_pattern(_: &mut Lowerer<'_>, _: Id, _: NodeId) {}

/// `+` puts text together, among other things.
pub(super) fn plus(operator: &str) -> bool {
    operator == "+"
}
