//! What a test says about the values in it, where it holds and where it fails.

use super::{Facts, Guards, Key, Kinds, Normal, is_constant, learn, normalised, pattern};
use crate::code::{
    graph::{Call, NodeId, Operator, Value},
    resolve::At,
};

/// Tests inside tests.
const DEEPEST: u32 = 12;

impl Guards<'_> {
    /// Adds what follows from a test that holds or fails.
    pub(super) fn test(&self, at: At, holds: bool, level: u32, facts: &mut Facts) {
        if level > DEEPEST {
            return;
        }
        let unit = self.resolver.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        match unit.value(at.node) {
            Value::Not(inner) => self.test(here(inner), !holds, level + 1, facts),
            Value::And(left, right) | Value::Or(left, right) => {
                let both = matches!(unit.value(at.node), Value::And(..)) == holds;
                self.two(here(left), here(right), holds, both, level, facts);
            }
            Value::Binary { operator, left, right } => {
                self.compare(operator, here(left), here(right), holds, level, facts);
            }
            Value::Call(call) => {
                let id = call;
                self.call_test(at, unit.call(id), holds, level, facts);
                self.local_test(at.unit, id, holds, level, facts);
            }
            Value::Variable(_) | Value::Join(_) => {
                let definitions = self.resolver.definitions(at);
                match *definitions {
                    [only] if only != at => self.test(only, holds, level + 1, facts),
                    [_, _, ..] => self.flag_test(&definitions, holds, level, facts),
                    _ => {}
                }
            }
            Value::Element { object, key } if holds => {
                // A look-up in a constant table that finds something.
                let table = self.resolver.definitions(here(object));
                if table.iter().any(|&table| matches!(self.resolver.value(table), Value::Object(_))) {
                    learn(self, here(key), Kinds::ALLOWED, facts);
                }
            }
            Value::Member { object, name } => {
                if !holds {
                    learn(self, at, Kinds::ALLOWED, facts);
                }
                self.address_member(here(object), unit.text(name), holds, facts);
                self.member_test(here(object), unit.text(name), holds, level, facts);
            }
            // Nothing is as harmless as an empty value.
            Value::Parameter(..) | Value::Item(_) if !holds => learn(self, at, Kinds::ALLOWED, facts),
            _ => {}
        }
    }

    /// A variable that is set to yes or no under conditions: what all ways to the wanted answer say.
    fn flag_test(&self, values: &[At], holds: bool, level: u32, facts: &mut Facts) {
        let mut sets: Vec<Facts> = Vec::new();
        for &at in values {
            let unit = self.resolver.unit(at);
            let truth = match unit.value(at.node) {
                Value::Bool(truth) => truth,
                Value::Null => false,
                Value::Text(text) => !unit.text(text).is_empty(),
                Value::Concat(_) => true,
                _ => return,
            };
            if truth == holds {
                let Some(context) = unit.assigned_under(at.node) else { return };
                let mut found = Vec::new();
                self.conditions(at.unit, context, level + 1, &mut found);
                sets.push(found);
            }
        }
        facts.extend(common(&sets));
    }

    fn two(&self, left: At, right: At, holds: bool, both: bool, level: u32, facts: &mut Facts) {
        if both {
            self.test(left, holds, level + 1, facts);
            self.test(right, holds, level + 1, facts);
            return;
        }
        // One of the two: only what both say.
        let (mut first, mut second) = (Vec::new(), Vec::new());
        self.test(left, holds, level + 1, &mut first);
        self.test(right, holds, level + 1, &mut second);
        // `limited and not inside(x)`: the check can be left out by configuration.
        if first.is_empty() && self.is_limit(left) {
            facts.extend(second.into_iter().map(|(key, kinds)| (key, kinds | Kinds::OPTIONAL)));
            return;
        }
        facts.extend(common(&[first, second]));
    }

    fn compare(&self, operator: Operator, left: At, right: At, holds: bool, level: u32, facts: &mut Facts) {
        let equal = match operator {
            Operator::Equal => holds,
            Operator::NotEqual => !holds,
            Operator::In => return self.membership(left, right, holds, facts),
            Operator::NotIn => return self.membership(left, right, !holds, facts),
            Operator::InstanceOf | Operator::Order | Operator::Arithmetic | Operator::Slash => return,
        };
        for (value, other) in [(left, right), (right, left)] {
            if self.is_truth(other, true) || self.is_truth(other, false) {
                // `f(x) === true`
                self.test(value, equal == self.is_truth(other, true), level + 1, facts);
                continue;
            }
            if self.resolver.value(other) == Value::Null {
                self.test(value, !equal, level + 1, facts);
            }
            if let Some(tested) = self.typeof_argument(value) {
                if equal
                    && matches!(self.resolver.text(other).as_deref(), Some("number" | "boolean" | "bigint"))
                {
                    learn(self, tested, Kinds::NUMBER, facts);
                }
                continue;
            }
            self.compared(value, other, equal, facts);
        }
    }

    fn compared(&self, value: At, other: At, equal: bool, facts: &mut Facts) {
        self.address_compared(value, other, equal, facts);
        if let Some((text, position)) = self.indexed(value) {
            // `x[0] === "-"`, `x.indexOf("..") === -1`
            let other = self.resolver.text(other);
            if !equal && position == "0" && other.as_deref() == Some("-") {
                learn(self, text, Kinds::NO_DASH, facts);
            }
            return;
        }
        if !equal {
            return;
        }
        let constant =
            self.resolver.definitions(other).iter().all(|&at| is_constant(self.resolver.value(at)));
        if constant && !self.resolver.definitions(other).is_empty() {
            learn(self, value, Kinds::ALLOWED, facts);
        }
        if let Some(address) = self.host_of(value) {
            learn(self, address, Kinds::HOST, facts);
        } else if normalised(self.resolver, value) != Normal::No {
            // `resolve(x) === base`
            let kinds = normalised(self.resolver, value).contained() | self.several(other);
            learn(self, value, kinds, facts);
        }
        for inner in self.common_path(value) {
            let kinds = Kinds::CONTAINED | normalised(self.resolver, inner).contained();
            learn(self, inner, kinds.without(Kinds::UNNORMALISED), facts);
        }
    }

    /// `x in list`, `"text" in x`.
    fn membership(&self, left: At, right: At, holds: bool, facts: &mut Facts) {
        if let Some(text) = self.resolver.text(left) {
            if !holds {
                learn(self, right, not_containing(&text), facts);
            }
            return;
        }
        if !holds {
            let names_dots = self.resolver.definitions(right).iter().any(|&definition| {
                let unit = self.resolver.unit(definition);
                matches!(unit.value(definition.node), Value::Array(range) if unit.list(range).iter().any(
                    |&node| self.resolver.text(At { unit: definition.unit, node }).as_deref() == Some("..")))
            });
            if names_dots {
                learn(self, left, Kinds::NO_DOTS | Kinds::BLOCKLIST, facts);
            }
            self.not_private(left, right, facts);
            return;
        }
        // `base in path.parents`
        let unit = self.resolver.unit(right);
        if let Value::Member { object, name } = unit.value(right.node)
            && unit.text(name) == "parents"
        {
            let path = At { unit: right.unit, node: object };
            learn(self, path, normalised(self.resolver, path).contained(), facts);
            return;
        }
        learn(self, left, Kinds::ALLOWED, facts);
        if let Some(address) = self.host_of(left) {
            learn(self, address, Kinds::HOST, facts);
        }
    }

    fn call_test(&self, at: At, call: &Call, holds: bool, level: u32, facts: &mut Facts) {
        let unit = self.resolver.unit(at);
        let here = |node: NodeId| At { unit: at.unit, node };
        let arguments: Vec<At> = unit.list(call.arguments).iter().map(|&node| here(node)).collect();
        match unit.value(call.callee) {
            Value::Member { object, name } => {
                self.method_test(here(object), unit.text(name), &arguments, holds, level, facts);
                if let Some(&first) = arguments.first() {
                    self.library_says(here(call.callee), unit.text(name), first, holds, facts);
                } else {
                    self.address_member(here(object), unit.text(name), holds, facts);
                }
            }
            _ => {
                if let Some(name) = self.resolver.last_name(here(call.callee)) {
                    self.function_test(name, &arguments, holds, level, facts);
                    if let Some(&first) = arguments.first() {
                        self.library_says(here(call.callee), name, first, holds, facts);
                    }
                }
            }
        }
    }

    fn method_test(
        &self,
        object: At,
        name: &str,
        arguments: &[At],
        holds: bool,
        level: u32,
        facts: &mut Facts,
    ) {
        let first = arguments.first().copied();
        match (name, first) {
            ("includes" | "has" | "contains" | "indexOf" | "hasOwnProperty", Some(value)) => {
                if let Some(text) = self.resolver.text(value) {
                    if !holds {
                        learn(self, object, not_containing(&text), facts);
                    }
                } else {
                    self.membership(value, object, holds, facts);
                }
            }
            ("hasOwn", Some(_)) if holds => {
                if let Some(&key) = arguments.get(1) {
                    learn(self, key, Kinds::ALLOWED, facts);
                }
            }
            ("test" | "match" | "fullmatch" | "search" | "exec" | "matches", Some(value)) => {
                self.pattern_test(object, name, value, arguments, holds, facts);
            }
            ("startsWith" | "startswith", Some(prefix)) => self.prefix_test(object, prefix, holds, facts),
            ("endsWith" | "endswith", Some(suffix)) if holds => self.suffix_test(object, suffix, facts),
            ("is_relative_to", Some(_)) if holds => {
                learn(self, object, normalised(self.resolver, object).contained(), facts);
            }
            ("isdigit" | "isnumeric" | "isdecimal" | "isalnum" | "isidentifier" | "isalpha", None)
                if holds =>
            {
                let kinds = Kinds::PATTERN | Kinds::SEGMENT | Kinds::NO_DASH | Kinds::NUMBER;
                let kinds = if matches!(name, "isdigit" | "isnumeric" | "isdecimal") {
                    kinds
                } else {
                    kinds.without(Kinds::NUMBER)
                };
                learn(self, object, kinds, facts);
                self.without_marks(object, kinds, facts);
            }
            ("isInteger" | "isSafeInteger" | "isFinite", Some(value)) if holds => {
                learn(self, value, Kinds::NUMBER, facts);
            }
            ("isNaN", Some(value)) if !holds => learn(self, value, Kinds::NUMBER, facts),
            // `dirs.some((dir) => within(x, dir))`
            ("some" | "every" | "find", Some(callback)) if holds => {
                self.callback_test(callback, true, level, facts);
            }
            ("some" | "find", Some(callback)) => self.callback_test(callback, false, level, facts),
            _ => {}
        }
    }

    fn function_test(&self, name: &str, arguments: &[At], holds: bool, level: u32, facts: &mut Facts) {
        let Some(&first) = arguments.first() else { return };
        match name {
            "isinstance" if holds => {
                let types = arguments.get(1).map(|&at| self.resolver.callee_names(at)).unwrap_or_default();
                let number = types.iter().all(|name| matches!(name.as_str(), "int" | "float" | "bool"));
                let text = types.iter().any(|name| {
                    matches!(name.as_str(), "str" | "list" | "dict" | "tuple" | "bytes" | "list[]")
                });
                if number && !types.is_empty() {
                    learn(self, first, Kinds::NUMBER, facts);
                } else if !text {
                    learn(self, first, Kinds::ALLOWED, facts);
                }
            }
            "isFinite" | "isInteger" if holds => learn(self, first, Kinds::NUMBER, facts),
            "isNaN" if !holds => learn(self, first, Kinds::NUMBER, facts),
            // `any(within(x, dir) for dir in dirs)`
            "any" | "all" if holds => {
                for &definition in self.resolver.definitions(first).iter() {
                    if let Value::Array(range) = self.resolver.value(definition) {
                        for &item in self.resolver.unit(definition).list(range).iter().take(4) {
                            self.test(At { unit: definition.unit, node: item }, true, level + 1, facts);
                        }
                    }
                }
            }
            "any" if !holds => {
                for &definition in self.resolver.definitions(first).iter() {
                    if let Value::Array(range) = self.resolver.value(definition) {
                        for &item in self.resolver.unit(definition).list(range).iter().take(4) {
                            self.test(At { unit: definition.unit, node: item }, false, level + 1, facts);
                        }
                    }
                }
            }
            "bool" | "Boolean" => self.test(first, holds, level + 1, facts),
            _ => {}
        }
    }

    /// `regex.test(x)`, `x.match(regex)`, `re.match(pattern, x)`.
    fn pattern_test(
        &self,
        object: At,
        name: &str,
        value: At,
        arguments: &[At],
        holds: bool,
        facts: &mut Facts,
    ) {
        let python = matches!(name, "match" | "fullmatch" | "search");
        if !holds {
            self.not_private(value, object, facts);
            self.not_private(object, value, facts);
            if let Some(&text) = arguments.get(1) {
                self.not_private(text, value, facts);
            }
        }
        if let Some((pattern, flags)) = self.regex_of(object) {
            let kinds = if holds {
                pattern::judge(&pattern, &flags, name == "fullmatch", name == "match" || name == "fullmatch")
            } else {
                Kinds::BLOCKLIST
            };
            learn(self, value, kinds, facts);
        } else if let (true, Some(&text)) =
            (self.resolver.callee_names(object).iter().any(|name| name == "re"), arguments.get(1))
        {
            let Some(pattern) = self.resolver.text(value) else { return };
            let kinds = if holds {
                pattern::judge(&pattern, "", name == "fullmatch", python && name != "search")
            } else {
                Kinds::BLOCKLIST
            };
            learn(self, text, kinds, facts);
        } else if let Some((pattern, flags)) = self.regex_of(value) {
            let kinds = if holds { pattern::judge(&pattern, &flags, false, false) } else { Kinds::BLOCKLIST };
            learn(self, object, kinds, facts);
        }
    }

    fn regex_of(&self, at: At) -> Option<(String, String)> {
        self.resolver.definitions(at).iter().find_map(|&definition| {
            let unit = self.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Regex(pattern, flags) => {
                    Some((unit.text(pattern).to_owned(), unit.text(flags).to_owned()))
                }
                Value::Call(call) => {
                    let name = self.resolver.name(definition);
                    let first = *unit.list(unit.call(call).arguments).first()?;
                    let first = At { unit: definition.unit, node: first };
                    matches!(name.as_str(), "re.compile()" | "RegExp()")
                        .then(|| self.resolver.text(first))?
                        .map(|pattern| (pattern, String::new()))
                }
                _ => None,
            }
        })
    }

    fn prefix_test(&self, object: At, prefix: At, holds: bool, facts: &mut Facts) {
        let text = self.resolver.text(prefix);
        if !holds {
            self.not_private(object, prefix, facts);
            match text.as_deref() {
                Some("-" | "--") => learn(self, object, Kinds::NO_DASH, facts),
                Some("//") => learn(self, object, Kinds::LOCAL, facts),
                Some("..") => {
                    // `relative(base, x)` that does not climb.
                    if let Some(inner) = self.relative_argument(object) {
                        let kinds = Kinds::CONTAINED
                            | normalised(self.resolver, inner).contained()
                            | self.relative_base(object).map_or(Kinds::NONE, |base| self.several(base));
                        learn(self, inner, kinds.without(Kinds::UNNORMALISED), facts);
                    } else {
                        learn(self, object, Kinds::BLOCKLIST, facts);
                    }
                }
                _ => {}
            }
            return;
        }
        let kinds = match text.as_deref() {
            Some(text) if text.contains("://") => {
                let rest = text.split_once("://").map_or("", |(_, rest)| rest);
                let kinds = if rest.contains('/') { Kinds::HOST } else { Kinds::PREFIX };
                kinds | Kinds::NO_DASH
            }
            // What begins with other text does not begin with a dash.
            Some(text) if !text.starts_with('-') && normalised(self.resolver, object) == Normal::No => {
                Kinds::UNNORMALISED | if text.is_empty() { Kinds::NONE } else { Kinds::NO_DASH }
            }
            _ if normalised(self.resolver, object) == Normal::No => Kinds::UNNORMALISED,
            _ if self.ends_in_separator(prefix) => {
                normalised(self.resolver, object).contained() | self.several(prefix)
            }
            _ if self.ends_bare(prefix) => Kinds::PREFIX | Kinds::SIBLING,
            _ => Kinds::PREFIX,
        };
        learn(self, object, kinds, facts);
    }

    /// `hostname.endsWith(".example.com")`.
    fn suffix_test(&self, object: At, suffix: At, facts: &mut Facts) {
        let Some(address) = self.host_of(object) else { return };
        let dotted = self.resolver.definitions(suffix).iter().all(|&definition| {
            let unit = self.resolver.unit(definition);
            let first = match unit.value(definition.node) {
                Value::Concat(range) => {
                    unit.list(range).first().map(|&node| At { unit: definition.unit, node })
                }
                _ => Some(definition),
            };
            first.and_then(|at| self.resolver.text(at)).is_none_or(|text| text.starts_with('.'))
        });
        learn(self, address, if dotted { Kinds::HOST } else { Kinds::PREFIX }, facts);
    }
}

/// What it says that a text is not contained.
fn not_containing(text: &str) -> Kinds {
    match text {
        "/" | "\\" => Kinds::SEGMENT | Kinds::BLOCKLIST,
        ".." => Kinds::NO_DOTS | Kinds::BLOCKLIST,
        _ => Kinds::BLOCKLIST,
    }
}

/// What every one of several sets of facts says. A constant or a number is as good as any check.
pub(super) fn common(sets: &[Facts]) -> Facts {
    let Some((first, rest)) = sets.split_first() else { return Vec::new() };
    let of = |set: &Facts, key: &Key| {
        let all =
            set.iter().filter(|(other, _)| other == key).fold(Kinds::NONE, |all, &(_, kinds)| all | kinds);
        if all.has_any(Kinds::ALLOWED) { all | Kinds::STRONG } else { all }
    };
    let mut keys: Vec<&Key> = first.iter().map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    let mut found = Vec::new();
    for key in keys {
        let all = rest.iter().fold(of(first, key), |all, set| all & of(set, key));
        if !all.is_empty() {
            found.push((key.clone(), all));
        }
    }
    found
}
