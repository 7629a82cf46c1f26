//! A small fact about each of some nodes of a package.

use super::resolve::At;

/// Nodes whose facts stand together.
const PAGE: usize = 128;

/// Facts by node. Neighbours are asked about together, so that a table of small pages is faster
/// than hashing and hardly larger; what was never set is the default.
#[derive(Clone, Debug)]
pub struct PerNode<T> {
    units: Vec<Vec<Option<Box<[T; PAGE]>>>>,
}

impl<T> Default for PerNode<T> {
    fn default() -> Self {
        Self { units: Vec::new() }
    }
}

impl<T: Copy + Default> PerNode<T> {
    /// The fact about a node.
    pub fn get(&self, at: At) -> T {
        let pages = self.units.get(at.unit as usize);
        let page = pages.and_then(|pages| pages.get(at.node.index() / PAGE)?.as_ref());
        page.map_or_else(T::default, |page| page[at.node.index() % PAGE])
    }

    /// Sets the fact about a node.
    pub fn set(&mut self, at: At, fact: T) {
        *self.place(at) = fact;
    }

    /// The place of a node's fact.
    pub fn place(&mut self, at: At) -> &mut T {
        let (unit, page) = (at.unit as usize, at.node.index() / PAGE);
        if self.units.len() <= unit {
            self.units.resize_with(unit + 1, Vec::new);
        }
        let pages = &mut self.units[unit];
        if pages.len() <= page {
            pages.resize_with(page + 1, || None);
        }
        let page = pages[page].get_or_insert_with(|| Box::new([T::default(); PAGE]));
        &mut page[at.node.index() % PAGE]
    }
}
