//! The text of a file, borrowed, and places in it.

use deployer_core::Error;
use deployer_core::error::Place;

use crate::errors;

/// A file's text without a byte order mark. Borrowed: the one copy is zeroed by its owner.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The file as messages call it.
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Text<'a> {
    /// # Errors
    /// `Verification` with the place of the first byte that is not UTF-8.
    pub(crate) fn new(file: &'a str, bytes: &'a [u8]) -> Result<Self, Error> {
        let read = |text: &'a str| Self { file, text: text.strip_prefix('\u{feff}').unwrap_or(text) };
        std::str::from_utf8(bytes).map(read).map_err(|refused| {
            let valid = refused.valid_up_to();
            let before = String::from_utf8_lossy(&bytes[..valid]);
            let place = Text { file, text: &before }.place(valid);
            errors::malformed(place, "it is not UTF-8", "save the file as UTF-8")
        })
    }

    /// The place of a byte offset: line and column counted from 1, columns in characters.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place::new(self.file, number(line), number(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one_and_a_byte_order_mark_does_not_count() {
        let text = Text::new("a", "\u{feff}å=1\nb=2".as_bytes()).unwrap();
        assert_eq!(text.place(0), Place::new("a", 1, 1));
        assert_eq!(text.place("å".len()), Place::new("a", 1, 2));
        assert_eq!(text.place("å=1\nb".len()), Place::new("a", 2, 2));
        assert_eq!(text.place(100), Place::new("a", 2, 4));
    }

    #[test]
    fn the_first_byte_that_is_not_utf_8_is_pointed_at() {
        let error = Text::new("a", b"one=1\ntwo=\xff").err().unwrap();
        assert_eq!(error.places(), [Place::new("a", 2, 5)]);
    }
}
