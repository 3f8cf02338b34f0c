//! The text a document was read from, and places in it.

use std::sync::Arc;

use crate::error::Place;

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
}

impl SourceText {
    /// Takes the text of a file. `file` is the path as messages show it.
    pub fn new(file: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self(Arc::new(Inner { file: file.into(), text: text.into() }))
    }

    /// The path as messages show it.
    pub fn file(&self) -> &Arc<str> {
        &self.0.file
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The place of a byte offset: line and column counted from 1, columns in characters.
    pub fn place(&self, offset: u32) -> Place {
        let mut offset = (offset as usize).min(self.0.text.len());
        while !self.0.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.0.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Place::new(Arc::clone(&self.0.file), clamp(line), clamp(column))
    }
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl std::fmt::Debug for SourceText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SourceText({}, {} bytes)", self.0.file, self.0.text.len())
    }
}
