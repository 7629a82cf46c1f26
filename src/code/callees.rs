//! Named sets of callees, and the call sites of a package that belong to them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    graph::{CallId, NodeId, Strings, Unit, Value},
    resolve::{At, Resolver},
};
use crate::artifact::Language;

/// A named set of callees or values, by index in the order in which the names were first added.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct SetId(pub u16);

/// Named sets of canonical names.
///
/// A pattern is a canonical name in which `*` stands for anything but a dot and `**` for anything.
/// Its last segment is literal, so that a call is looked at only where its name is wanted.
#[derive(Clone, Debug, Default)]
pub struct Callees {
    names: Arc<Vec<String>>,
    by_last: Arc<ByLast>,
    /// Those of other languages than scripts and Python.
    others: Arc<ByLast>,
}

/// Patterns and their sets by last segment.
type ByLast = FxHashMap<String, Vec<(String, SetId)>>;

impl Callees {
    /// Adds a pattern to a set.
    ///
    /// # Errors
    /// Where the last segment is not literal.
    pub fn add(&mut self, set: &str, pattern: &str) -> Result<(), String> {
        let last = literal_last(pattern)?;
        let set = self.set(set);
        let by_last = Arc::make_mut(&mut self.by_last);
        by_last.entry(last.to_owned()).or_default().push((pattern.to_owned(), set));
        Ok(())
    }

    /// Adds a pattern that is looked for in files of other languages than scripts and Python alone.
    ///
    /// # Errors
    /// Where the last segment is not literal.
    pub fn add_other(&mut self, set: &str, pattern: &str) -> Result<(), String> {
        let last = literal_last(pattern)?;
        let set = self.set(set);
        let others = Arc::make_mut(&mut self.others);
        others.entry(last.to_owned()).or_default().push((pattern.to_owned(), set));
        Ok(())
    }

    fn set(&mut self, name: &str) -> SetId {
        let index = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            Arc::make_mut(&mut self.names).push(name.to_owned());
            self.names.len() - 1
        });
        SetId(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// The set with this name.
    pub fn find(&self, name: &str) -> Option<SetId> {
        let index = self.names.iter().position(|known| known == name)?;
        Some(SetId(u16::try_from(index).unwrap_or(u16::MAX)))
    }

    /// The sets that a canonical name belongs to, sorted.
    pub fn sets_of(&self, name: &str) -> Vec<SetId> {
        Self::found_in(&[&self.by_last], name)
    }

    /// The sets that a canonical name of a file in this language belongs to, sorted.
    pub fn sets_in(&self, language: Language, name: &str) -> Vec<SetId> {
        // In Python a file; in scripts a package that shows an address in the browser.
        if name == "open" && matches!(language, Language::JavaScript | Language::TypeScript) {
            return self.sets_of("open.default");
        }
        if is_other(language) {
            Self::found_in(&[&self.by_last, &self.others], name)
        } else {
            self.sets_of(name)
        }
    }

    fn found_in(tables: &[&ByLast], name: &str) -> Vec<SetId> {
        let last = last_segment(name);
        let mut sets: Vec<SetId> = tables
            .iter()
            .filter_map(|table| table.get(last))
            .flatten()
            .filter(|(pattern, _)| matches(pattern.as_bytes(), name.as_bytes()))
            .map(|&(_, set)| set)
            .collect();
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    /// Whether any pattern ends in this segment.
    pub fn wants(&self, last: &str) -> bool {
        self.by_last.contains_key(last)
    }

    fn wants_in(&self, language: Language, last: &str) -> bool {
        self.wants(last) || (is_other(language) && self.others.contains_key(last))
    }
}

/// Whether a language is neither a script nor Python.
fn is_other(language: Language) -> bool {
    !matches!(language, Language::JavaScript | Language::TypeScript | Language::Python)
}

fn literal_last(pattern: &str) -> Result<&str, String> {
    let last = last_segment(pattern);
    if last.is_empty() || last.contains('*') {
        return Err(format!("`{pattern}` must end in a literal name"));
    }
    Ok(last)
}

/// `b()` of `a.b()`: call and element marks belong to the segment but not to what selects it.
fn last_segment(name: &str) -> &str {
    let name = name.trim_end_matches("()").trim_end_matches("[]");
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

/// Glob match; `*` is anything but a dot, `**` anything. Linear in practice: patterns are short.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=name.len()).any(|at| matches(rest, &name[at..])),
        [b'*', rest @ ..] => {
            let end = name.iter().position(|&byte| byte == b'.').unwrap_or(name.len());
            (0..=end).any(|at| matches(rest, &name[at..]))
        }
        [first, rest @ ..] => name.first() == Some(first) && matches(rest, &name[1..]),
    }
}

/// A call site whose callee belongs to at least one set.
#[derive(Clone, Debug)]
pub struct Site {
    /// Index in [`Code::units`].
    pub unit: u32,
    /// The call.
    pub call: CallId,
    /// The canonical name that matched.
    pub name: String,
    /// The sets it belongs to, sorted.
    pub sets: Vec<SetId>,
}

impl Site {
    /// Whether the callee belongs to a set.
    pub fn is(&self, set: SetId) -> bool {
        self.sets.binary_search(&set).is_ok()
    }
}

/// Finds the call sites of one unit that belong to any set, in source order.
pub(super) fn sites(resolver: &Resolver<'_>, unit: u32, callees: &Callees) -> Vec<Site> {
    let file = &resolver.code().units[unit as usize];
    let wanted: Vec<bool> =
        file.strings.iter().map(|(_, text)| callees.wants_in(file.language, text)).collect();
    let mut sites = Vec::new();
    for (index, call) in file.calls.iter().enumerate() {
        if !may_be_wanted(file, call.callee, &wanted, callees, 0) {
            continue;
        }
        for name in resolver.callee_names(At { unit, node: call.callee }) {
            let sets = callees.sets_in(file.language, &name);
            if !sets.is_empty() {
                let call = CallId(u32::try_from(index).unwrap_or(u32::MAX));
                sites.push(Site { unit, call, name, sets });
                break;
            }
        }
    }
    sites
}

/// A cheap look at a callee: could its name be in a set? Errs on the side of yes.
fn may_be_wanted(unit: &Unit, callee: NodeId, wanted: &[bool], callees: &Callees, level: u32) -> bool {
    match unit.value(callee) {
        Value::Member { name, .. } => {
            let text = unit.text(name);
            wanted[name.index()] || matches!(text, "default" | "call" | "apply" | "bind")
        }
        Value::Global(name) => wanted[name.index()],
        Value::Import { module, name } => {
            wanted[name.index()]
                || (matches!(name, Strings::ALL | Strings::DEFAULT)
                    && callees.wants_in(unit.language, last_segment(unit.text(module))))
                || unit.text(module).starts_with(['.', '@', '~'])
        }
        Value::Variable(variable) => {
            level < 4
                && unit.variables[variable.index()]
                    .values
                    .iter()
                    .take(32)
                    .any(|&value| may_be_wanted(unit, value, wanted, callees, level + 1))
        }
        Value::Join(range) => {
            level < 4
                && unit
                    .list(range)
                    .iter()
                    .take(32)
                    .any(|&value| may_be_wanted(unit, value, wanted, callees, level + 1))
        }
        Value::Choice { yes, no, .. } | Value::Or(yes, no) => {
            level < 4
                && (may_be_wanted(unit, yes, wanted, callees, level + 1)
                    || may_be_wanted(unit, no, wanted, callees, level + 1))
        }
        // `object[key]()` and `getattr(object, key)()`, where the key may turn out constant.
        Value::Element { .. } => true,
        Value::Call(call) if matches!(unit.value(unit.call(call).callee), Value::Global(name) if unit.text(name) == "getattr") => {
            true
        }
        Value::Call(call) => {
            let call = unit.call(call);
            level < 4
                && unit
                    .list(call.arguments)
                    .iter()
                    .take(4)
                    .any(|&value| may_be_wanted(unit, value, wanted, callees, level + 1))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        let cases = [
            ("child_process.exec", "child_process.exec", true),
            ("child_process.exec", "child_process.execFile", false),
            ("child_process.exec", "x.child_process.exec", false),
            ("**.execute", "?.execute", true),
            ("**.execute", "pg.Client().execute", true),
            ("**.execute", "execute", false),
            ("pg.*().query", "pg.Client().query", true),
            ("pg.*().query", "pg.a.b().query", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_without_a_literal_last_segment_is_refused() {
        let mut callees = Callees::default();
        assert!(callees.add("x", "child_process.*").is_err());
        assert!(callees.add("x", "**.open").is_ok());
        assert_eq!(callees.sets_of("a.open").len(), 1);
    }
}
