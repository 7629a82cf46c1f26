//! Comprehensions and generators: their own scope, one element standing for all.

use ruff_python_ast::{Comprehension, Expr, ExprDictComp};

use super::{Lowerer, start};
use crate::code::{
    builder::{Declared, Mark},
    graph::{NodeId, Property, Strings, Value},
};

impl<'a> Lowerer<'a> {
    /// `[element for ...]`, also as a set or generator.
    pub(super) fn comprehension(&mut self, loops: &'a [Comprehension], element: &'a Expr, at: u32) -> NodeId {
        let mark = self.open_comprehension(loops);
        let element = self.expression(element);
        self.close_comprehension(mark, at);
        self.builder.array(&[element], at)
    }

    /// `{key: value for ...}`.
    pub(super) fn dict_comprehension(&mut self, inner: &'a ExprDictComp, at: u32) -> NodeId {
        let mark = self.open_comprehension(&inner.generators);
        let key = match &inner.key {
            Some(key) => {
                self.expression(key);
                Strings::ELEMENT
            }
            None => Strings::SPREAD,
        };
        let value = self.expression(&inner.value);
        self.close_comprehension(mark, at);
        self.builder.object(&[Property { key, value }], at)
    }

    fn open_comprehension(&mut self, loops: &'a [Comprehension]) -> Mark {
        let mark = self.builder.mark();
        for (position, inner) in loops.iter().enumerate() {
            let iterable = self.expression(&inner.iter);
            if position == 0 {
                self.builder.open_scope();
            }
            self.declare_targets(&inner.target);
            let item = self.builder.node(Value::Item(iterable), start(&inner.iter));
            self.store(&inner.target, item);
            for test in &inner.ifs {
                let test = self.expression(test);
                self.builder.enter(test, true);
            }
        }
        mark
    }

    fn close_comprehension(&mut self, mark: Mark, at: u32) {
        self.builder.close_scope();
        let branch = self.builder.take(mark);
        let skip = self.builder.skip();
        self.builder.merge(&[skip, branch], at);
    }

    fn declare_targets(&mut self, target: &'a Expr) {
        if !self.descend(start(target)) {
            return;
        }
        match target {
            Expr::Name(name) => {
                let name = self.builder.atom(name.id.as_str());
                self.builder.declare(name, Declared::Here);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.declare_targets(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.declare_targets(part)),
            Expr::Starred(starred) => self.declare_targets(&starred.value),
            _ => {}
        }
        self.ascend();
    }
}
