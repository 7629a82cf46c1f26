//! What a check establishes about a value.

use std::{
    fmt,
    ops::{BitAnd, BitOr, BitOrAssign},
};

/// A set of properties that a value is known to have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Kinds(u32);

macro_rules! kinds {
    ($($name:ident $bit:literal $word:literal #[$doc:meta])*) => {
        impl Kinds {
            $(#[$doc] pub const $name: Self = Self(1 << $bit);)*

            /// Every kind with the word that rule files use.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $word)),*];
        }
    };
}

kinds! {
    NUMBER 0 "number" #[doc = "It is a number or a truth value."]
    ALLOWED 1 "allowed" #[doc = "It is one of a known list."]
    PATTERN 2 "pattern" #[doc = "It matches, from end to end, a pattern without dangerous characters."]
    CONTAINED 3 "contained" #[doc = "Its normalised path lies inside a directory."]
    NO_DASH 4 "no-dash" #[doc = "It does not begin with a dash."]
    HOST 5 "host" #[doc = "Its host was compared with known ones."]
    PUBLIC 6 "public" #[doc = "Its address was checked not to be private."]
    QUOTED 7 "quoted" #[doc = "It was quoted for a shell."]
    SEGMENT 8 "segment" #[doc = "It is one path segment: no separator gets through."]
    HTML 9 "html" #[doc = "It was escaped for HTML."]
    ENCODED 10 "encoded" #[doc = "It was percent-encoded."]
    BOUND 11 "bound" #[doc = "It is passed beside the query, not in it."]
    REAL 12 "real" #[doc = "Links in its path were followed before it was checked."]
    NO_DOTS 13 "no-dots" #[doc = "No segment of it is a dot segment."]
    OPTIONS 14 "options" #[doc = "Options among it were looked for, and can be refused."]
    FIELDS 15 "fields" #[doc = "Its names are those that a class declares."]
    PREFIX 16 "prefix" #[doc = "It begins with some text: weak, a sibling may begin so too."]
    BLOCKLIST 17 "blocklist" #[doc = "It does not contain some text: weak, other spellings pass."]
    UNNORMALISED 18 "unnormalised" #[doc = "It was checked before it was normalised: weak."]
    OPTIONAL 20 "optional" #[doc = "Its check can be left out by configuration: weak."]
    EXAMINED 21 "examined" #[doc = "A function of the package looked at it and could have refused it."]
    ROOTS 22 "roots" #[doc = "Its path was compared with each of several folders."]
    DOUBLED 27 "doubled" #[doc = "Quotes in it were doubled, as in a quoted name of a query."]
    LOCAL 25 "local" #[doc = "It does not begin with two slashes: it stays on the same host."]
    FILTER 24 "filter" #[doc = "It was escaped for a directory's search filter."]
    SIBLING 23 "sibling" #[doc = "Its path begins with the name of a folder, without a separator behind it: weak, a sibling's path may begin so too."]
    OTHER_CHECK 19 "other-check" #[doc = "Some check that says nothing about its content."]
}

impl Kinds {
    /// Nothing is known.
    pub const NONE: Self = Self(0);
    /// Kinds that never protect by themselves.
    pub const WEAK: Self = Self(
        Self::PREFIX.0
            | Self::SIBLING.0
            | Self::BLOCKLIST.0
            | Self::UNNORMALISED.0
            | Self::OPTIONAL.0
            | Self::OTHER_CHECK.0,
    );

    /// Kinds that protect something.
    pub const STRONG: Self = Self((1 << 15) - 1);

    /// Whether nothing is known.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any of `other` is known.
    pub fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is known here and not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|&&(_, known)| known == word).map(|&(kind, _)| kind)
    }
}

impl BitOr for Kinds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Kinds {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Kinds {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> =
            Self::ALL.iter().filter(|&&(kind, _)| self.has_any(kind)).map(|&(_, word)| word).collect();
        formatter.write_str(&words.join(", "))
    }
}
