//! What a value was normalised from, and how.

use super::{Facts, Guards, Key, Kinds, reformed};
use crate::code::{
    graph::{Call, ExitKind, FunctionId, NodeId, Operator, Unit, Value},
    resolve::{At, Resolver},
};

/// Calls looked through.
const DEEPEST: u32 = 8;

/// How far a path was resolved before it was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub(super) enum Normal {
    /// Not at all.
    No,
    /// Dots were folded.
    Lexical,
    /// Links were followed as well.
    Real,
}

impl Normal {
    /// What containment of such a path is worth.
    pub(super) fn contained(self) -> Kinds {
        match self {
            Self::No => Kinds::UNNORMALISED,
            Self::Lexical => Kinds::CONTAINED,
            Self::Real => Kinds::CONTAINED | Kinds::REAL,
        }
    }
}

/// Adds what is known about a value, and about what it was normalised from.
pub(super) fn learn(guards: &Guards<'_>, at: At, kinds: Kinds, facts: &mut Facts) {
    let (mut at, mut kinds) = (at, kinds);
    for _ in 0..DEEPEST {
        // What holds for the path that links lead to holds for it by either name.
        if kinds.has_any(Kinds::CONTAINED) && call_normal(guards.resolver, at) == Normal::Real {
            kinds |= Kinds::REAL;
        }
        facts.push((guards.key(at), kinds));
        if let Some(same) = member_value(guards.resolver, at) {
            facts.push((guards.key(same), kinds));
        }
        let Some(inner) = normalised_from(guards.resolver, at) else { return };
        if inner == at {
            return;
        }
        at = inner;
    }
}

/// The one value that a member of an object of the package was given.
fn member_value(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let Value::Member { object, .. } = resolver.value(at) else { return None };
    let object = resolver.value(At { unit: at.unit, node: object });
    if !matches!(object, Value::Object(_) | Value::With { .. }) {
        return None;
    }
    match *resolver.definitions(at) {
        [only] if only != at && only.unit == at.unit => Some(only),
        _ => None,
    }
}

/// Adds what is known about the elements of a collection, and so about the collection.
pub(super) fn learn_all(guards: &Guards<'_>, key: &Key, kinds: Kinds, facts: &mut Facts) {
    let unit = guards.resolver.unit(key.root);
    let (Value::Item(collection), true) = (unit.value(key.root.node), key.path.is_empty()) else { return };
    let collection = At { unit: key.root.unit, node: collection };
    if let Some(whole) = split_of(guards.resolver, collection) {
        // What says nothing about a part that has no separator anyway says nothing about the whole.
        learn(guards, whole, kinds.without(Kinds::SEGMENT), facts);
    } else if let Value::Array(range) = unit.value(collection.node) {
        for &item in unit.list(range).iter().take(16) {
            learn(guards, At { unit: collection.unit, node: item }, kinds, facts);
        }
    } else {
        learn(guards, collection, kinds, facts);
    }
}

/// `x` of `x.split("/")`.
fn split_of(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let at = *resolver.definitions(at).first()?;
    let unit = resolver.unit(at);
    let Value::Call(call) = unit.value(at.node) else { return None };
    let Value::Member { object, name } = unit.value(unit.call(call).callee) else { return None };
    (unit.text(name) == "split").then_some(At { unit: at.unit, node: object })
}

/// The argument of a call that only normalises: `path.resolve(x)`, `x.trim()`, `str(x)`, also of a
/// function of the package that does nothing else; where branches differ, what all come from.
pub(super) fn normalised_from(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let unit = resolver.unit(at);
    let at = assigned(unit, at);
    if let Value::Call(id) = unit.value(at.node)
        && let callee = (At { unit: at.unit, node: unit.call(id).callee })
        && let Some(position) =
            from_parameter(resolver, callee).or_else(|| reformed::parameter(resolver, callee))
    {
        let argument = unit.list(unit.call(id).arguments).get(position);
        return argument.map(|&node| At { unit: at.unit, node });
    }
    let definitions = resolver.definitions(at);
    let mut inner = None;
    for &definition in definitions.iter().take(4) {
        match one_from(resolver, definition) {
            Some(from) => inner = inner.or(Some(from)),
            // `let real;` and the value itself beside its normal form.
            None if matches!(resolver.value(definition), Value::Null | Value::Parameter(..)) => {}
            None => return None,
        }
    }
    inner
}

/// The one value that a variable was given; else the node itself.
fn assigned(unit: &Unit, mut at: At) -> At {
    for _ in 0..DEEPEST {
        let Value::Variable(variable) = unit.value(at.node) else { break };
        let [only] = unit.variables[variable.index()].values[..] else { break };
        at.node = only;
    }
    at
}

fn one_from(resolver: &Resolver<'_>, at: At) -> Option<At> {
    let unit = resolver.unit(at);
    let here = |node: NodeId| At { unit: at.unit, node };
    match unit.value(at.node) {
        Value::Call(call) => call_from(resolver, at.unit, unit.call(call)).map(here),
        // `base / x`
        Value::Binary { operator: Operator::Slash, right, .. } => Some(here(right)),
        _ => None,
    }
}

fn call_from(resolver: &Resolver<'_>, index: u32, call: &Call) -> Option<NodeId> {
    let unit = &resolver.code().units[index as usize];
    let arguments = unit.list(call.arguments);
    match unit.value(call.callee) {
        Value::Member { object, name } => match unit.text(name) {
            "trim" | "toLowerCase" | "toUpperCase" | "toString" | "strip" | "lower" | "upper" | "resolve"
            | "absolute" | "expanduser" | "casefold" | "as_posix"
                if arguments.is_empty() =>
            {
                Some(object)
            }
            // `path.resolve(strict=False)` and `Path.resolve()` have no arguments by position.
            "normalize" | "resolve" | "realpath" | "realpathSync" | "abspath" | "normpath" | "expanduser"
            | "join" | "native" | "normcase" | "parse" | "urlparse" | "urlsplit" | "unquote" | "dirname"
            | "Path" | "fspath" => arguments.last().copied(),
            _ => None,
        },
        _ => match resolver.last_name(At { unit: index, node: call.callee })? {
            "resolve" | "normalize" | "realpath" | "realpathSync" | "abspath" | "String" | "str" | "Path"
            | "URL" | "urlparse" | "urlsplit" | "normpath" | "expanduser" | "decodeURIComponent"
            | "unquote" | "dirname" | "fileURLToPath" => arguments.last().copied(),
            _ => None,
        },
    }
}

/// The parameter that a local function gives back normalised on every way out.
fn from_parameter(resolver: &Resolver<'_>, callee: At) -> Option<usize> {
    let definitions = resolver.definitions(callee);
    let mut found = None;
    for &definition in definitions.iter().take(2) {
        let Value::Function(function) = resolver.value(definition) else { continue };
        if function == FunctionId(0) {
            continue;
        }
        let unit = resolver.unit(definition);
        let mut exits = unit.function(function).exits.iter().filter(|exit| exit.kind == ExitKind::Return);
        let first = exits.next()?;
        let mut at = At { unit: definition.unit, node: first.value };
        for _ in 0..DEEPEST {
            if let Value::Parameter(owner, position) = resolver.value(at)
                && owner == function
            {
                found = Some(position as usize);
                break;
            }
            let next = resolver
                .definitions(at)
                .iter()
                .filter(|&&inner| inner.unit == at.unit)
                .find_map(|&inner| one_from(resolver, inner))?;
            at = next;
        }
        let method = unit
            .function(function)
            .parameters
            .first()
            .is_some_and(|first| matches!(unit.value(first.node), Value::This(_)));
        if method {
            found = found.and_then(|position: usize| position.checked_sub(1));
        }
    }
    found
}

/// How far a value was resolved, so that a prefix says something.
pub(super) fn normalised(resolver: &Resolver<'_>, at: At) -> Normal {
    let mut at = at;
    let mut best = Normal::No;
    for _ in 0..DEEPEST {
        let definitions = resolver.definitions(at);
        for &definition in definitions.iter().take(4) {
            best = best.max(call_normal(resolver, definition)).max(local_normal(resolver, definition));
        }
        if best == Normal::Real {
            break;
        }
        let inner = definitions.iter().find_map(|&definition| one_from(resolver, definition));
        let Some(inner) = inner.or_else(|| normalised_from(resolver, at)).filter(|&inner| inner != at) else {
            break;
        };
        at = inner;
    }
    best
}

/// How far a function of the package resolves what it gives back, where that is its parameter.
fn local_normal(resolver: &Resolver<'_>, at: At) -> Normal {
    let unit = resolver.unit(at);
    let Value::Call(call) = unit.value(at.node) else { return Normal::No };
    let callee = At { unit: at.unit, node: unit.call(call).callee };
    if from_parameter(resolver, callee).is_none() {
        return Normal::No;
    }
    let functions = resolver.definitions(callee);
    let normal = |function: FunctionId, file: u32| {
        let exits = &resolver.code().units[file as usize].function(function).exits;
        let returns = exits.iter().filter(|exit| exit.kind == ExitKind::Return).take(4);
        returns.map(|exit| along(resolver, At { unit: file, node: exit.value })).min()
    };
    let of_functions = functions.iter().take(2).filter_map(|&function| match resolver.value(function) {
        Value::Function(id) if id != FunctionId(0) => normal(id, function.unit),
        _ => None,
    });
    of_functions.min().unwrap_or(Normal::No)
}

/// How far a chain of calls that only normalise resolves a value.
fn along(resolver: &Resolver<'_>, at: At) -> Normal {
    let mut at = at;
    let mut best = Normal::No;
    for _ in 0..DEEPEST {
        let definitions = resolver.definitions(at);
        for &definition in definitions.iter().take(4) {
            best = best.max(call_normal(resolver, definition));
        }
        let Some(inner) = definitions.iter().find_map(|&definition| one_from(resolver, definition)) else {
            break;
        };
        at = inner;
    }
    best
}

fn call_normal(resolver: &Resolver<'_>, at: At) -> Normal {
    let unit = resolver.unit(at);
    let Value::Call(call) = unit.value(at.node) else { return Normal::No };
    let call = unit.call(call);
    let Some(name) = resolver.last_name(At { unit: at.unit, node: call.callee }) else { return Normal::No };
    let python = unit.language == crate::artifact::Language::Python;
    match name {
        "realpath" | "realpathSync" | "native" => Normal::Real,
        // `Path.resolve()` follows links, `path.resolve(a, b)` does not.
        "resolve" if python => Normal::Real,
        "resolve" | "normalize" | "abspath" | "normpath" | "absolute" => Normal::Lexical,
        _ => Normal::No,
    }
}
