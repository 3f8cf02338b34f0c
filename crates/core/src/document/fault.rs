//! What is wrong with a text that is not JSON, as the parser reports it.

/// The deepest nesting of lists and objects that is read.
pub const MAX_DEPTH: usize = 256;

/// What is wrong, and at which byte. Small, so that the parser's results stay small; the words are made later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Problem {
    TooLong,
    TooDeep,
    ExpectedValue,
    ExpectedKey,
    ExpectedColon,
    ExpectedEnd,
    /// A comma or the bracket that closes the object or list opened at this byte.
    Unclosed {
        opened: usize,
    },
    TrailingComma,
    UnclosedString,
    ControlCharacter,
    UnknownEscape,
    BadUnicodeEscape,
    LoneSurrogate,
    LeadingZero,
    ExpectedDigit,
}
