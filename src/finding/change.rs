//! The words for what changed since an approval.

/// One change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// What kind of thing changed.
    pub class: Class,
    /// Whether the connector asks for more or for less.
    pub direction: Direction,
    /// How it was, printable; empty where there was nothing.
    pub before: String,
    /// How it is, printable; empty where there is nothing.
    pub now: String,
}

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    /// Text that the model reads.
    Text,
    /// What a tool accepts and returns.
    Schema,
    /// Which tools there are, and what they and the code can do.
    Capability,
    /// What it asks to be granted.
    Scope,
    /// Who it is from, and which bytes it is.
    Identity,
    /// What is installed with it.
    Dependency,
}

impl Class {
    /// All, in report order.
    pub const ALL: [Self; 6] =
        [Self::Identity, Self::Capability, Self::Scope, Self::Dependency, Self::Schema, Self::Text];

    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Schema => "schema",
            Self::Capability => "capability",
            Self::Scope => "scope",
            Self::Identity => "identity",
            Self::Dependency => "dependency",
        }
    }
}

/// Whether a connector asks for more or for less than was approved.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    /// It asks for more, or is from somebody else.
    Widens,
    /// It may mean more: a person has to look.
    Review,
    /// It asks for less.
    Narrows,
    /// It is called something else, and means the same.
    Same,
}

impl Direction {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Widens => "widens",
            Self::Review => "review",
            Self::Narrows => "narrows",
            Self::Same => "same",
        }
    }
}
