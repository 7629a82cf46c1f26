//! Which sources can get to a node at all, asked once for the whole package: calls are not matched
//! with their returns, so that the answer is never too small.

use std::cell::{Cell, RefCell};

use super::Flow;
use crate::code::{graph::Value, per_node::PerNode, resolve::At};

/// A set of sources, one bit each.
pub type Sources = u32;

/// Every source; also the answer where the package is too large to tell.
pub const EVERY: Sources = DONE - 1;

/// Nodes looked at for one package.
const MOST_NODES: u32 = 400_000;

/// Marks an answer; without it a number is the order in which open nodes were met.
const DONE: u32 = 1 << 31;

/// What a node adds by itself.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// The sources that it is.
    pub sources: Sources,
    /// Whether what it is made of counts.
    pub goes_on: bool,
}

/// A node whose operands are being asked about.
struct Open {
    at: At,
    number: u32,
    /// The earliest open node that it leads back to.
    low: u32,
    sources: Sources,
    /// Its operands that are left: a stretch of [`Work::operands`] up to the end.
    operands: usize,
}

/// Lists that are kept for the next question.
#[derive(Default)]
struct Work {
    open: Vec<Open>,
    operands: Vec<At>,
    /// Nodes without an answer, in the order in which they were met.
    members: Vec<At>,
}

/// Sources by node; remembers answers. One per thread.
pub struct Reach<'a> {
    flow: &'a Flow<'a>,
    known: RefCell<PerNode<u32>>,
    work: RefCell<Work>,
    met: Cell<u32>,
}

impl<'a> Reach<'a> {
    /// Nothing is known yet.
    pub fn new(flow: &'a Flow<'a>) -> Self {
        Self { flow, known: RefCell::default(), work: RefCell::default(), met: Cell::new(0) }
    }

    /// The sources that may get to a node; `own` has to give the same answers every time.
    ///
    /// Strongly connected nodes share their answer, each node is looked at once.
    pub fn sources(&self, start: At, own: impl Fn(At, Value) -> Own) -> Sources {
        let known = self.known.borrow().get(start);
        if known & DONE != 0 {
            return known & EVERY;
        }
        let mut work = self.work.take();
        self.enter(start, &own, &mut work);
        while let Some(top) = work.open.last() {
            if work.operands.len() > top.operands
                && let Some(next) = work.operands.pop()
            {
                self.look(next, &own, &mut work);
            } else {
                self.leave(&mut work);
            }
        }
        self.work.replace(work);
        self.known.borrow().get(start) & EVERY
    }

    fn look(&self, next: At, own: &impl Fn(At, Value) -> Own, work: &mut Work) {
        let known = self.known.borrow().get(next);
        if known == 0 {
            return self.enter(next, own, work);
        }
        if let Some(top) = work.open.last_mut() {
            if known & DONE != 0 {
                top.sources |= known & EVERY;
            } else {
                top.low = top.low.min(known);
            }
        }
    }

    fn enter(&self, at: At, own: &impl Fn(At, Value) -> Own, work: &mut Work) {
        let number = self.met.get() + 1;
        let own = if number < MOST_NODES {
            self.met.set(number);
            own(at, self.flow.resolver().value(at))
        } else {
            Own { sources: EVERY, goes_on: false }
        };
        if !own.goes_on {
            self.known.borrow_mut().set(at, own.sources | DONE);
            if let Some(top) = work.open.last_mut() {
                top.sources |= own.sources;
            }
            return;
        }
        self.known.borrow_mut().set(at, number);
        work.members.push(at);
        let operands = work.operands.len();
        self.flow.made_of(at, &mut work.operands);
        work.open.push(Open { at, number, low: number, sources: own.sources, operands });
    }

    /// Ends a node; the first one of a cycle settles all of it.
    fn leave(&self, work: &mut Work) {
        let Some(done) = work.open.pop() else { return };
        if done.low == done.number {
            let mut known = self.known.borrow_mut();
            while let Some(member) = work.members.pop() {
                known.set(member, done.sources | DONE);
                if member == done.at {
                    break;
                }
            }
        }
        if let Some(top) = work.open.last_mut() {
            top.sources |= done.sources;
            top.low = top.low.min(done.low);
        }
    }
}
