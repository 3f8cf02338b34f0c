//! How much of a diff a message shows.

/// The most characters of a diff that a message shows; Slack allows about 13,000 in all blocks of a message together.
pub(super) const LONGEST_DIFF: usize = 3_000;

/// How much of the diff a message shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Whole,
    /// The start that fits, and the number of lines left out.
    Start,
    /// Nothing: the diff comes as a file, or there is none.
    Nothing,
}

/// Whether a diff is short enough to be shown in a message.
pub(crate) fn is_short(diff: &str) -> bool {
    diff.chars().nth(LONGEST_DIFF).is_none()
}
