//! Comparisons that no rule's example holds.
