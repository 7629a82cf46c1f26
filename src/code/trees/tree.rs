//! A syntax tree as a flat table: source text goes in, nodes in the order in which they begin come
//! out. No type of the parser leaves this file.
//!
//! Parsing is bounded in steps, nodes and depth, never in time, and nothing here recurses.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser, TreeCursor};

use super::roles::{Grammar, Role};

/// Nodes kept of one file.
const MOST_NODES: usize = 4_000_000;
/// Levels of nodes; a sum of many terms has a level for each.
const DEEPEST: usize = 200_000;
/// Steps of the parser for one byte of source, and for any file: a step is one report of progress.
const STEPS_PER_BYTE: usize = 2;
const STEPS: usize = 20_000;

/// A node by its position in the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub(super) struct Id(u32);

#[derive(Clone, Copy, Debug)]
struct Item {
    kind: u16,
    field: u16,
    start: u32,
    end: u32,
    /// The position after the last node inside this one.
    next: u32,
    named: bool,
}

/// A parsed file.
pub(super) struct Tree<'a> {
    items: Vec<Item>,
    source: &'a str,
    grammar: &'static Grammar,
    /// Where the first part stands that the grammar does not understand.
    pub(super) error: Option<u32>,
}

/// Why a file has no tree.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// The parser refused the grammar or gave nothing back.
    Parser,
    /// Too many steps for its size.
    Steps,
    /// Too many nodes.
    Nodes,
    /// Nodes inside nodes inside nodes.
    Depth,
}

impl Failure {
    /// The words for a person.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Parser => "the parser failed on this file",
            Self::Steps => "parsing takes too many steps",
            Self::Nodes => "the syntax tree has too many nodes",
            Self::Depth => "code is nested too deep to be read",
        }
    }
}

impl<'a> Tree<'a> {
    /// Parses a source text.
    pub(super) fn parse(source: &'a str, grammar: &'static Grammar) -> Result<Self, Failure> {
        let mut parser = Parser::new();
        parser.set_language(&grammar.language).map_err(|_| Failure::Parser)?;
        let budget = STEPS + source.len() * STEPS_PER_BYTE;
        let mut steps = 0;
        let mut progress = |_: &ParseState| {
            steps += 1;
            if steps > budget { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let bytes = source.as_bytes();
        let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
        let options = ParseOptions::new().progress_callback(&mut progress);
        let parsed = parser.parse_with_options(&mut read, None, Some(options));
        let parsed = parsed.ok_or(if steps > budget { Failure::Steps } else { Failure::Parser })?;
        let mut tree = Self { items: Vec::with_capacity(source.len() / 4), source, grammar, error: None };
        tree.flatten(&mut parsed.walk())?;
        Ok(tree)
    }

    fn flatten(&mut self, cursor: &mut TreeCursor<'_>) -> Result<(), Failure> {
        let mut open: Vec<u32> = Vec::new();
        loop {
            if self.items.len() >= MOST_NODES {
                return Err(Failure::Nodes);
            }
            let position = self.push(cursor);
            if cursor.goto_first_child() {
                if open.len() >= DEEPEST {
                    return Err(Failure::Depth);
                }
                open.push(position);
                continue;
            }
            self.items[position as usize].next = position + 1;
            while !cursor.goto_next_sibling() {
                let Some(closed) = open.pop() else { return Ok(()) };
                cursor.goto_parent();
                self.items[closed as usize].next = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
            }
        }
    }

    fn push(&mut self, cursor: &TreeCursor<'_>) -> u32 {
        let node = cursor.node();
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (start, end) = (offset(node.start_byte()), offset(node.end_byte()));
        if (node.is_error() || node.is_missing()) && self.error.is_none() {
            self.error = Some(start);
        }
        let position = offset(self.items.len());
        self.items.push(Item {
            kind: node.kind_id(),
            field: cursor.field_id().map_or(0, std::num::NonZero::get),
            start,
            end,
            next: position + 1,
            named: node.is_named() && !node.is_extra(),
        });
        position
    }

    /// The node of the whole file.
    pub(super) fn root() -> Id {
        Id(0)
    }

    fn item(&self, id: Id) -> Item {
        self.items[id.0 as usize]
    }

    /// The name of the node's kind.
    pub(super) fn kind(&self, id: Id) -> &'static str {
        self.grammar.kinds.get(self.item(id).kind as usize).map_or("ERROR", String::as_str)
    }

    /// What the node means.
    pub(super) fn role(&self, id: Id) -> Role {
        self.grammar.roles.get(self.item(id).kind as usize).copied().unwrap_or(Role::Group)
    }

    /// Where the node begins.
    pub(super) fn at(&self, id: Id) -> u32 {
        self.item(id).start
    }

    /// Where the node ends.
    pub(super) fn end(&self, id: Id) -> u32 {
        self.item(id).end
    }

    /// The source text of the node.
    pub(super) fn text(&self, id: Id) -> &'a str {
        let item = self.item(id);
        self.source.get(item.start as usize..item.end as usize).unwrap_or_default()
    }

    /// The source text between two offsets.
    pub(super) fn between(&self, start: u32, end: u32) -> &'a str {
        self.source.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Every node directly inside, tokens and comments included.
    pub(super) fn all(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let mut at = id.0 + 1;
        let end = self.item(id).next;
        std::iter::from_fn(move || {
            let found = (at < end).then_some(Id(at))?;
            at = self.item(found).next;
            Some(found)
        })
    }

    /// The nodes directly inside that are neither tokens nor comments.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        self.all(id).filter(|&child| self.item(child).named)
    }

    /// The first of the nodes directly inside.
    pub(super) fn child(&self, id: Id) -> Option<Id> {
        self.children(id).next()
    }

    /// The nodes directly inside that stand in a field.
    pub(super) fn fields(&self, id: Id, name: &'static str) -> impl Iterator<Item = Id> + '_ {
        let wanted = self.grammar.fields.iter().position(|field| field == name);
        self.all(id)
            .filter(move |&child| wanted.is_some_and(|wanted| self.item(child).field as usize == wanted))
    }

    /// The first node directly inside that stands in a field.
    pub(super) fn field(&self, id: Id, name: &'static str) -> Option<Id> {
        self.fields(id, name).next()
    }

    /// The first node directly inside of a kind.
    pub(super) fn child_of(&self, id: Id, kind: &str) -> Option<Id> {
        self.all(id).find(|&child| self.kind(child) == kind)
    }

    /// At most `most` nodes inside a node, the node itself first.
    pub(super) fn inside(&self, id: Id, most: u32) -> impl Iterator<Item = Id> + '_ {
        (id.0..self.item(id).next.min(id.0.saturating_add(most))).map(Id)
    }
}
