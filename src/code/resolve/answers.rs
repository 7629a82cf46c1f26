//! Answers that a resolver remembers: the definitions of nodes.

use std::{ops::Deref, rc::Rc};

use super::At;
use crate::code::per_node::PerNode;

/// The definitions that a node may stand for; mostly there is one.
#[derive(Clone, Debug)]
pub enum Definitions {
    /// None at all.
    None,
    /// One.
    One(At),
    /// Several.
    Several(Rc<[At]>),
}

impl Definitions {
    pub(super) fn new(found: &[At]) -> Self {
        match *found {
            [] => Self::None,
            [only] => Self::One(only),
            _ => Self::Several(found.into()),
        }
    }
}

impl Deref for Definitions {
    type Target = [At];

    fn deref(&self) -> &[At] {
        match self {
            Self::None => &[],
            Self::One(only) => std::slice::from_ref(only),
            Self::Several(found) => found,
        }
    }
}

/// Definitions by node.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// One more than the index of the answer; 0 where there is none.
    places: PerNode<u32>,
    known: Vec<Definitions>,
}

impl Answers {
    /// The answer for a node, if there is one.
    pub(super) fn get(&self, at: At) -> Option<&Definitions> {
        self.known.get((self.places.get(at) as usize).checked_sub(1)?)
    }

    /// Remembers an answer.
    pub(super) fn set(&mut self, at: At, definitions: Definitions) {
        let place = self.places.place(at);
        if let Some(known) = (*place as usize).checked_sub(1).and_then(|at| self.known.get_mut(at)) {
            *known = definitions;
        } else {
            self.known.push(definitions);
            *place = u32::try_from(self.known.len()).unwrap_or(0);
        }
    }
}
