//! `switch`: every case under the equality that leads to it.

use oxc_ast::ast::{SwitchCase, SwitchStatement};

use super::lowering::{Jump, JumpTarget, Lowering};
use crate::code::builder::{Branch, Mark};
use crate::code::graph::{NodeId, Operator, Value};

/// What leads to the next case body.
#[derive(Clone, Copy)]
enum Entry {
    /// Nothing yet.
    Closed,
    /// One of these tests.
    Test(NodeId),
    /// The default label, so no test says anything.
    Any,
}

impl<'a> Lowering<'a> {
    pub(super) fn switch(&mut self, switch: &'a SwitchStatement<'a>) {
        let at = switch.span.start;
        let discriminant = self.expression(&switch.discriminant);
        let scope = switch.cases.iter().any(|case| Self::has_names(&case.consequent));
        if scope {
            self.builder.open_scope();
            for case in &switch.cases {
                self.hoist(&case.consequent);
            }
        }
        let label = self.label.take();
        let mark = self.builder.mark();
        self.jumps.push(Jump { target: JumpTarget::Switch, label, mark, branches: Vec::new() });
        let last = self.cases(switch, discriminant, mark);
        let mut ends = Vec::new();
        ends.extend(last);
        if switch.cases.iter().all(|case| case.test.is_some()) {
            ends.push(self.builder.skip());
        }
        self.leave(at, ends);
        if scope {
            self.builder.close_scope();
        }
    }

    /// Lowers the cases in order; the state at the end of the last one.
    fn cases(
        &mut self,
        switch: &'a SwitchStatement<'a>,
        discriminant: NodeId,
        start: Mark,
    ) -> Option<Branch> {
        let mut entry = Entry::Closed;
        let mut falling: Option<Branch> = None;
        for (position, case) in switch.cases.iter().enumerate() {
            entry = self.label_entry(entry, case, discriminant);
            let is_last = position + 1 == switch.cases.len();
            if case.consequent.is_empty() && !is_last {
                continue;
            }
            if let Some(before) = falling.take() {
                let skip = self.builder.skip();
                self.merge(&[before, skip], case.span.start);
            }
            if let Entry::Test(test) = entry {
                self.builder.enter(test, true);
            }
            self.statements(&case.consequent);
            let end = self.take(start);
            if end.is_dead() {
                entry = Entry::Closed;
            }
            falling = Some(end).filter(|end| !end.is_dead());
        }
        falling
    }

    fn label_entry(&mut self, entry: Entry, case: &'a SwitchCase<'a>, discriminant: NodeId) -> Entry {
        let at = case.span.start;
        let Some(value) = &case.test else { return Entry::Any };
        let value = self.expression(value);
        let equal = self.builder.binary(Operator::Equal, discriminant, value, at);
        match entry {
            Entry::Closed => Entry::Test(equal),
            Entry::Test(test) => Entry::Test(self.builder.node(Value::Or(test, equal), at)),
            Entry::Any => Entry::Any,
        }
    }
}
