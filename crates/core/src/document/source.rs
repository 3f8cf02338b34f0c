//! The text a document was read from, and places in it.

use std::sync::{Arc, OnceLock};

use super::lines::{self, Lines};
use super::strings;
use crate::error::{Error, Kind, Place};

/// A range of bytes in a [`SourceText`], end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A file's path and text. Cheap to clone; every entity holds one to point at its source.
#[derive(Clone)]
pub struct SourceText(Arc<Inner>);

struct Inner {
    file: Arc<str>,
    text: String,
    byte_order_mark: bool,
    lines: OnceLock<Lines>,
    /// Where the parts of a generated text come from, in order.
    pieces: Vec<Piece>,
}

/// A part of a text that was generated from other files, up to the next part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The part's first byte in the generated text.
    pub start: u32,
    /// Where the part comes from.
    pub place: Place,
    /// Whether the part is a copy of what is there. Otherwise all of it comes from that one place.
    pub copied: bool,
}

impl SourceText {
    /// Takes the text of a file. `file` is the path as messages show it. A byte order mark at the beginning is taken off and
    /// remembered: it is no part of the text, and no offset or column counts it.
    pub fn new(file: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        let byte_order_mark = text.starts_with('\u{feff}');
        if byte_order_mark {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let (lines, pieces) = (OnceLock::new(), Vec::new());
        Self(Arc::new(Inner { file: file.into(), text, byte_order_mark, lines, pieces }))
    }

    /// Takes a text that was generated from `file` and perhaps other files. Its places are those that the pieces name; the pieces are in the
    /// order of the text, and a copied piece is at most one line.
    pub fn generated(file: impl Into<Arc<str>>, text: impl Into<String>, pieces: Vec<Piece>) -> Self {
        let (file, text, lines) = (file.into(), text.into(), OnceLock::new());
        Self(Arc::new(Inner { file, text, byte_order_mark: false, lines, pieces }))
    }

    /// Takes the bytes of a file.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when the bytes are not UTF-8, with the place of the first bad byte, or more than 4 GiB.
    pub fn from_bytes(file: impl Into<Arc<str>>, bytes: Vec<u8>) -> Result<Self, Error> {
        let file = file.into();
        if u32::try_from(bytes.len()).is_err() {
            return Err(Error::new(Kind::Verification, format!("{file} is too large"))
                .with_cause("it has more than 4 GiB")
                .at(Place::file(file))
                .with_hint("split the file, or take it out of the whitelist"));
        }
        if looks_like_utf_16(&bytes) {
            return Err(Error::new(Kind::Verification, format!("{file} is not UTF-8"))
                .with_cause("it looks like UTF-16")
                .at(Place::new(file, 1, 1))
                .with_hint("save the file as UTF-8"));
        }
        String::from_utf8(bytes).map(|text| Self::new(Arc::clone(&file), text)).map_err(|refused| {
            let valid = refused.utf8_error().valid_up_to();
            let bytes = refused.as_bytes();
            let before = Self::new(Arc::clone(&file), String::from_utf8_lossy(&bytes[..valid]));
            Error::new(Kind::Verification, format!("{file} is not UTF-8"))
                .with_cause(format!("byte 0x{:02x} begins no character", bytes[valid]))
                .at(before.place(u32::MAX))
                .with_hint("save the file as UTF-8")
        })
    }

    /// The path as messages show it.
    pub fn file(&self) -> &Arc<str> {
        &self.0.file
    }

    /// The whole text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether the file begins with a byte order mark.
    pub fn byte_order_mark(&self) -> bool {
        self.0.byte_order_mark
    }

    /// The place of a byte offset: line and column counted from 1, columns in characters. An offset past the end is the end.
    pub fn place(&self, offset: u32) -> Place {
        let text = self.text();
        if let Some(piece) = self.piece(offset) {
            let end = (offset as usize).min(text.len());
            let before = text.get(piece.start as usize..end).unwrap_or_default();
            let column = match u32::try_from(before.chars().count()) {
                Ok(count) if piece.copied => piece.place.column.saturating_add(count),
                _ => piece.place.column,
            };
            return Place { column, ..piece.place.clone() };
        }
        let (line, column) = lines::line_and_column(text, offset as usize, &self.0.lines);
        Place::new(Arc::clone(&self.0.file), line, column)
    }

    /// The piece that an offset is in. The first piece if the offset is before all of them.
    fn piece(&self, offset: u32) -> Option<&Piece> {
        let pieces = &self.0.pieces;
        pieces.get(pieces.partition_point(|piece| piece.start <= offset).saturating_sub(1))
    }

    /// The place of a character inside a JSON string: `span` is where its literal stands, quotes included, and
    /// `decoded_offset` the byte offset in the string with its escapes resolved. An offset past the end is the closing quote.
    pub fn place_in_string(&self, span: Span, decoded_offset: usize) -> Place {
        let literal = self.text().get(span.start as usize..span.end as usize).unwrap_or_default();
        let inside = u32::try_from(strings::literal_offset(literal, decoded_offset)).unwrap_or(u32::MAX);
        self.place(span.start.saturating_add(inside))
    }
}

/// JSON begins with an ASCII character, so in UTF-16 one of the first two bytes is zero, unless a byte order mark comes first.
fn looks_like_utf_16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, second, ..] => (*first == 0) != (*second == 0),
        _ => false,
    }
}

impl std::fmt::Debug for SourceText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SourceText({}, {} bytes)", self.0.file, self.0.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> Error {
        SourceText::from_bytes("pipes/a.conf.json", bytes.to_vec()).expect_err("the test gives bad bytes")
    }

    #[test]
    fn the_first_bad_byte_is_pointed_at() {
        let error = refusal(b"{\n  \"\xc3\xa5\": \"\xe5\"}");
        assert_eq!(error.places(), [Place::new("pipes/a.conf.json", 2, 9)]);
        assert_eq!(error.to_string(), "pipes/a.conf.json is not UTF-8: byte 0xe5 begins no character");
        assert_eq!(error.kind(), Kind::Verification);
        assert_eq!(error.hints(), ["save the file as UTF-8"]);
    }

    #[test]
    fn utf_16_is_named() {
        for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
            assert_eq!(refusal(bytes).cause(), Some("it looks like UTF-16"));
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let source = SourceText::from_bytes("a", b"\xef\xbb\xbf{}".to_vec()).expect("a mark is accepted");
        assert!(source.byte_order_mark());
        assert_eq!(source.text(), "{}");
        assert_eq!(source.place(1), Place::new("a", 1, 2));
        assert_eq!(refusal(b"\xef\xbb\xbf{\xff").places(), [Place::new("pipes/a.conf.json", 1, 2)]);
    }

    #[test]
    fn a_place_in_a_string_sees_through_escapes() {
        let source = SourceText::new("a", r#"{"k": "å\n\u00e5\ud834\udd1e$ENV(x)"}"#);
        let decoded = "å\nå𝄞$ENV(x)";
        let span = Span { start: 6, end: u32::try_from(source.text().len()).expect("short") - 1 };
        let column = |offset| source.place_in_string(span, offset).column;
        assert_eq!(column(0), 8);
        assert_eq!(column(decoded.find('\n').expect("there")), 9);
        assert_eq!(column(decoded.find('𝄞').expect("there")), 17);
        assert_eq!(column(decoded.find('$').expect("there")), 29);
        assert_eq!(column(decoded.len()), 36);
        assert_eq!(column(usize::MAX), 36);
    }

    #[test]
    fn a_generated_text_has_the_places_of_its_pieces() {
        let piece =
            |start, line, column, copied| Piece { start, place: Place::new("t", line, column), copied };
        let pieces = vec![piece(1, 1, 2, true), piece(6, 1, 7, false), piece(10, 1, 20, true)];
        let source = SourceText::generated("t", r#"{"k": "value"}"#, pieces);
        let column = |offset| source.place(offset).column;
        assert_eq!([column(0), column(1), column(3), column(6), column(9)], [2, 2, 4, 7, 7]);
        assert_eq!([column(10), column(12), column(99)], [20, 22, 24]);
    }

    #[test]
    fn a_place_in_a_string_without_a_source_is_the_beginning() {
        assert_eq!(SourceText::new("a", "").place_in_string(Span::default(), 5), Place::new("a", 1, 1));
    }
}
