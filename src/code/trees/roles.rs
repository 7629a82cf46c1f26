//! What kinds of nodes mean: the table of a language goes in, a table by the grammar's numbers comes
//! out.

use tree_sitter::Language;

/// What a node means to the lowering.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// The value of the only node inside; with several, each is lowered and the last is the value.
    Group,
    /// Nothing that has a value: comments, types, labels.
    Skip,
    /// Statements with names of their own.
    Block,
    /// A name that is read.
    Name,
    /// Constant text.
    Text,
    /// Text with values in it.
    Template,
    /// A number.
    Number,
    /// Yes.
    True,
    /// No.
    False,
    /// Nothing at all.
    Null,
    /// `object.name`.
    Member,
    /// `object[key]`.
    Index,
    /// A call.
    Call,
    /// An operator between two values.
    Binary,
    /// An operator before or after one value.
    Unary,
    /// `test ? yes : no`.
    Choice,
    /// A list of values.
    List,
    /// An assignment.
    Assign,
    /// A declaration of names, with values.
    Declare,
    /// A branch.
    If,
    /// A loop.
    Loop,
    /// A branch by cases.
    Switch,
    /// Statements whose errors are handled.
    Try,
    /// A way out of the function with a value.
    Return,
    /// A way out of the function with an error.
    Throw,
    /// A way out of a loop.
    Leave,
    /// A function without a name.
    Lambda,
    /// Names from elsewhere.
    Import,
    /// A form that only this language has.
    Own,
}

/// A language's grammar with what its kinds of nodes mean.
pub(super) struct Grammar {
    /// The grammar.
    pub(super) language: Language,
    /// Names of kinds by number.
    pub(super) kinds: Vec<String>,
    /// Names of fields by number.
    pub(super) fields: Vec<String>,
    /// Meanings by number.
    pub(super) roles: Vec<Role>,
}

impl Grammar {
    /// A grammar with the meanings of its kinds; what is not listed is [`Role::Group`].
    pub(super) fn new(language: Language, table: &[(&str, Role)]) -> Self {
        let number = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
        let kinds: Vec<String> = (0..language.node_kind_count())
            .map(|kind| language.node_kind_for_id(number(kind)).unwrap_or_default().to_owned())
            .collect();
        let fields = (0..=language.field_count())
            .map(|field| language.field_name_for_id(number(field)).unwrap_or_default().to_owned())
            .collect();
        let role = |(index, kind): (usize, &String)| {
            let listed = table.iter().find(|(name, _)| name == kind).map(|&(_, role)| role);
            // What stands for the object is a token in some grammars.
            let object = matches!(kind.as_str(), "this" | "base");
            let token = !language.node_kind_is_named(number(index)) && !object;
            if token { Role::Skip } else { listed.unwrap_or(Role::Group) }
        };
        let roles = kinds.iter().enumerate().map(role).collect();
        Self { language, kinds, fields, roles }
    }

    /// Kinds of a table that the grammar does not have.
    #[cfg(test)]
    pub(super) fn unknown<'t>(&self, table: &[(&'t str, Role)]) -> Vec<&'t str> {
        table
            .iter()
            .map(|&(kind, _)| kind)
            .filter(|&kind| !self.kinds.iter().any(|known| known == kind))
            .collect()
    }
}
