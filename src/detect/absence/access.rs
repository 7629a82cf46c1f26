//! What a check looks at before it lets a caller in.

use std::ops::{BitOr, BitOrAssign};

/// A set of questions asked of a caller; each asked always, or only where somebody switched it on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Access {
    always: u8,
    opted: u8,
}

impl Access {
    /// Nothing is asked.
    pub(super) const NONE: Self = Self { always: 0, opted: 0 };
    /// Which host name was asked for.
    pub(super) const HOST: Self = Self { always: 1, opted: 0 };
    /// Which web page asks.
    pub(super) const ORIGIN: Self = Self { always: 2, opted: 0 };
    /// Who asks: a token, key, cookie or session.
    pub(super) const CREDENTIAL: Self = Self { always: 4, opted: 0 };
    /// From which address.
    pub(super) const PEER: Self = Self { always: 8, opted: 0 };

    /// The questions of both.
    pub(super) const fn and(self, other: Self) -> Self {
        Self { always: self.always | other.always, opted: self.opted | other.opted }
    }

    /// Whether nothing is asked.
    pub(super) fn is_none(self) -> bool {
        self.always | self.opted == 0
    }

    /// Whether any of `other` is asked without anybody switching it on.
    pub(super) fn always(self, other: Self) -> bool {
        self.always & other.always != 0
    }

    /// Whether any of `other` is asked at all.
    pub(super) fn ever(self, other: Self) -> bool {
        (self.always | self.opted) & other.always != 0
    }

    /// The same questions, asked only where somebody switched them on.
    #[must_use]
    pub(super) fn opted(self) -> Self {
        Self { always: 0, opted: self.always | self.opted }
    }

    /// These questions without those of `other`.
    #[must_use]
    pub(super) fn only(self, other: Self) -> Self {
        Self { always: self.always & other.always, opted: self.opted & other.always }
    }
}

impl BitOr for Access {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOrAssign for Access {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}
