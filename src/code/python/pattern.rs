//! `match` statements: patterns become tests of the subject and bind its parts.

use ruff_python_ast::{Expr, Pattern, PatternMatchClass, PatternMatchMapping, Singleton, StmtMatch};

use super::{Lowerer, start};
use crate::code::graph::{NodeId, Operator, Value};

/// When a pattern matches.
#[derive(Clone, Copy)]
enum Matches {
    Always,
    Where(NodeId),
}

impl<'a> Lowerer<'a> {
    pub(super) fn match_statement(&mut self, inner: &'a StmtMatch) {
        let subject = self.expression(&inner.subject);
        let mut paths = self.open_paths();
        let mut complete = false;
        for case in &inner.cases {
            let at = start(case);
            let mark = self.builder.mark();
            let matches = self.pattern(&case.pattern, subject);
            if let Matches::Where(test) = matches {
                self.builder.enter(test, true);
            }
            self.capture(&case.pattern, subject);
            if let Some(guard) = &case.guard {
                let guard = self.expression(guard);
                self.builder.enter(guard, true);
            }
            self.suite(&case.body);
            self.end_path(&mut paths, mark);
            match (matches, &case.guard) {
                (Matches::Always, None) => {
                    complete = true;
                    break;
                }
                (Matches::Where(test), None) => self.next_path(&mut paths, test),
                (_, Some(_)) => {
                    let test = self.unknown(at);
                    self.next_path(&mut paths, test);
                }
            }
        }
        self.close_paths(paths, complete, start(inner));
    }

    /// The test that a pattern makes; what it cannot say exactly is an unknown one.
    fn pattern(&mut self, pattern: &'a Pattern, subject: NodeId) -> Matches {
        let at = start(pattern);
        if !self.descend(at) {
            return Matches::Where(self.builder.unknown());
        }
        let matches = match pattern {
            Pattern::MatchValue(inner) => {
                let value = self.expression(&inner.value);
                Matches::Where(self.builder.binary(Operator::Equal, subject, value, at))
            }
            Pattern::MatchSingleton(inner) => {
                let value = match inner.value {
                    Singleton::None => Value::Null,
                    Singleton::True => Value::Bool(true),
                    Singleton::False => Value::Bool(false),
                };
                let value = self.builder.node(value, at);
                Matches::Where(self.builder.binary(Operator::Equal, subject, value, at))
            }
            Pattern::MatchAs(inner) => match &inner.pattern {
                Some(pattern) => self.pattern(pattern, subject),
                None => Matches::Always,
            },
            Pattern::MatchStar(_) => Matches::Always,
            Pattern::MatchOr(inner) => self.alternatives(&inner.patterns, subject, at),
            Pattern::MatchClass(inner) => self.class_pattern(inner, subject, at),
            Pattern::MatchMapping(inner) => self.mapping_pattern(inner, subject, at),
            Pattern::MatchSequence(inner) => {
                let mut all = Matches::Where(self.unknown(at));
                for (position, pattern) in inner.patterns.iter().enumerate() {
                    let part = self.position(subject, position, at);
                    let matches = self.pattern(pattern, part);
                    all = self.both(all, matches, at);
                }
                all
            }
        };
        self.ascend();
        matches
    }

    fn alternatives(&mut self, patterns: &'a [Pattern], subject: NodeId, at: u32) -> Matches {
        let mut any: Option<NodeId> = None;
        for pattern in patterns {
            let Matches::Where(test) = self.pattern(pattern, subject) else { return Matches::Always };
            any = Some(match any {
                Some(before) => self.builder.node(Value::Or(before, test), at),
                None => test,
            });
        }
        any.map_or(Matches::Always, Matches::Where)
    }

    fn class_pattern(&mut self, inner: &'a PatternMatchClass, subject: NodeId, at: u32) -> Matches {
        let class = self.expression(&inner.cls);
        let mut all = Matches::Where(self.builder.binary(Operator::InstanceOf, subject, class, at));
        for keyword in &inner.arguments.keywords {
            let name = self.builder.atom(keyword.attr.as_str());
            let part = self.builder.member(subject, name, start(keyword));
            let matches = self.pattern(&keyword.pattern, part);
            all = self.both(all, matches, at);
        }
        for pattern in &inner.arguments.patterns {
            let part = self.builder.node(Value::Item(subject), start(pattern));
            let matches = self.pattern(pattern, part);
            all = self.both(all, matches, at);
        }
        all
    }

    fn mapping_pattern(&mut self, inner: &'a PatternMatchMapping, subject: NodeId, at: u32) -> Matches {
        let mut all = Matches::Where(self.unknown(at));
        for (key, pattern) in inner.keys.iter().zip(&inner.patterns) {
            let key = self.expression(key);
            let part = self.builder.element(subject, key, at);
            let matches = self.pattern(pattern, part);
            all = self.both(all, matches, at);
        }
        all
    }

    fn both(&mut self, left: Matches, right: Matches, at: u32) -> Matches {
        match (left, right) {
            (Matches::Always, other) | (other, Matches::Always) => other,
            (Matches::Where(left), Matches::Where(right)) => {
                if self.builder.unit().value(left) == Value::Unknown {
                    return Matches::Where(right);
                }
                Matches::Where(self.builder.node(Value::And(left, right), at))
            }
        }
    }

    fn position(&mut self, subject: NodeId, position: usize, at: u32) -> NodeId {
        let digits = self.builder.atom(&position.to_string());
        let key = self.builder.node(Value::Number(digits), at);
        self.builder.element(subject, key, at)
    }

    /// Binds the names of a pattern to parts of the subject.
    fn capture(&mut self, pattern: &'a Pattern, subject: NodeId) {
        let at = start(pattern);
        if !self.descend(at) {
            return;
        }
        match pattern {
            Pattern::MatchAs(inner) => {
                if let Some(pattern) = &inner.pattern {
                    self.capture(pattern, subject);
                }
                if let Some(name) = &inner.name {
                    self.bind(name.as_str(), subject);
                }
            }
            Pattern::MatchStar(inner) => {
                if let Some(name) = &inner.name {
                    self.bind(name.as_str(), subject);
                }
            }
            Pattern::MatchOr(inner) => {
                inner.patterns.iter().for_each(|pattern| self.capture(pattern, subject));
            }
            Pattern::MatchSequence(inner) => {
                for (position, pattern) in inner.patterns.iter().enumerate() {
                    let part = match pattern {
                        Pattern::MatchStar(_) => subject,
                        _ => self.position(subject, position, at),
                    };
                    self.capture(pattern, part);
                }
            }
            Pattern::MatchMapping(inner) => self.capture_mapping(inner, subject),
            Pattern::MatchClass(inner) => {
                for keyword in &inner.arguments.keywords {
                    let name = self.builder.atom(keyword.attr.as_str());
                    let part = self.builder.member(subject, name, at);
                    self.capture(&keyword.pattern, part);
                }
                for pattern in &inner.arguments.patterns {
                    let part = self.builder.node(Value::Item(subject), at);
                    self.capture(pattern, part);
                }
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
        self.ascend();
    }

    fn capture_mapping(&mut self, inner: &'a PatternMatchMapping, subject: NodeId) {
        for (key, pattern) in inner.keys.iter().zip(&inner.patterns) {
            let at = start(key);
            let key = match key {
                Expr::StringLiteral(key) => self.builder.text(key.value.to_str(), at),
                _ => self.builder.unknown(),
            };
            let part = self.builder.element(subject, key, at);
            self.capture(pattern, part);
        }
        if let Some(rest) = &inner.rest {
            self.bind(rest.as_str(), subject);
        }
    }
}
