//! `.jinja_vars`: values for the marks of a plain folder.
//!
//! In spite of its name this is not Jinja: each `{{@ name @}}` with exactly one blank on each side is replaced in the text of a file, one
//! name after the other.

mod ini;

use deployer_core::document::{Piece, SourceText};
use deployer_core::error::{Note, Place, Result};

use crate::jinja::printed;
use crate::marks::{mark, marks};

/// The file's name, below the folder of the configuration.
pub const JINJA_VARS: &str = ".jinja_vars";

/// The values of a `.jinja_vars`.
#[derive(Debug, Clone, Default)]
pub struct JinjaVars {
    /// Names and values, in the order of the file.
    values: Vec<(String, String)>,
    /// Whether names are read in lower case.
    lower_case: bool,
    /// What is odd about the file.
    pub notes: Vec<Note>,
}

impl JinjaVars {
    /// Reads the file: a JSON object, or lines such as `name=value`. A file that Sesam's tool cannot read has no values and a warning.
    ///
    /// # Errors
    /// `Settings` if the file is JSON and this crate is built without the template language, which prints the values.
    pub fn read(source: &SourceText) -> Result<Self> {
        let parsed = source.parse().ok();
        let object = parsed.as_ref().and_then(|parsed| parsed.root.value.as_object());
        if let Some(object) = object.filter(|object| !object.is_empty()) {
            let values = object.members().iter();
            let values = values.map(|member| Ok((member.key.to_string(), printed(&member.node.value)?)));
            let values = values.collect::<Result<_>>();
            let values = values.map_err(|error| error.at(Place::file(source.file().clone())))?;
            return Ok(Self { values, ..Self::default() }.with_signs(source));
        }
        Ok(match ini::read(source) {
            Ok(values) => Self { values, lower_case: true, notes: Vec::new() }.with_signs(source),
            Err((reason, place)) => {
                let message =
                    format!("{reason}; Sesam's tool ignores the whole file, and no mark is filled in");
                Self { notes: vec![Note::warning(message).at_all([place])], ..Self::default() }
            }
        })
    }

    /// A file with its marks filled in, and a warning for each mark that stays. Places are those of the file.
    pub fn fill(&self, source: &SourceText) -> (SourceText, Vec<Note>) {
        let mut filled = Filled::new(source.text());
        for (name, value) in &self.values {
            filled.replace(&mark(name), &unescaped(value));
        }
        let notes = marks(&filled.text).into_iter().map(|(at, name)| {
            let message = format!("the mark {} stays in the text: {}", mark(name), self.why_it_stays(name));
            Note::warning(message).at_all([filled.place(source, at)])
        });
        let notes: Vec<Note> = notes.collect();
        if filled.text == source.text() {
            return (source.clone(), notes);
        }
        let pieces = filled.pieces(source);
        (SourceText::generated(source.file().clone(), filled.text, pieces), notes)
    }

    fn why_it_stays(&self, name: &str) -> String {
        let known = |name: &str| self.values.iter().any(|(known, _)| known == name);
        if known(name) {
            return "exactly one blank is needed after `{{@` and before `@}}`".to_owned();
        }
        if self.lower_case && known(&name.to_lowercase()) {
            return format!("names in {JINJA_VARS} are read in lower case");
        }
        format!("{JINJA_VARS} has no value for it")
    }

    /// Warns of names that are patterns for Sesam's tool.
    fn with_signs(mut self, source: &SourceText) -> Self {
        let is_sign = |c: char| "*+?[](){}|^$\\".contains(c);
        let odd: Vec<&str> =
            self.values.iter().map(|(name, _)| name.as_str()).filter(|name| name.contains(is_sign)).collect();
        if !odd.is_empty() {
            let message = format!(
                "names that are patterns for Sesam's tool are read letter for letter: {}",
                odd.join(", ")
            );
            self.notes.push(Note::warning(message).at_all([Place::file(source.file().clone())]));
        }
        self
    }
}

/// A value without its escapes: for Sesam's tool it is the replacement of a regular expression.
fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.peek().copied().filter(|_| character == '\\');
        let replaced = match escaped {
            Some('\\') => '\\',
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('a') => '\u{7}',
            _ => {
                text.push(character);
                continue;
            }
        };
        characters.next();
        text.push(replaced);
    }
    text
}

/// A text in which marks are replaced, and where its parts come from.
struct Filled {
    text: String,
    /// Each part's first byte here and in the file, and whether it is copied.
    parts: Vec<(usize, usize, bool)>,
}

impl Filled {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), parts: vec![(0, 0, true)] }
    }

    fn replace(&mut self, mark: &str, value: &str) {
        let mut next = Self { text: String::new(), parts: Vec::new() };
        let mut copied = 0;
        for start in found(&self.text, mark) {
            let end = start.1;
            next.copy(self, copied..start.0);
            next.parts.push((next.text.len(), self.origin(start.0), false));
            next.text.push_str(value);
            copied = end;
        }
        if copied > 0 {
            next.copy(self, copied..self.text.len());
            *self = next;
        }
    }

    fn copy(&mut self, from: &Self, range: std::ops::Range<usize>) {
        let inside = from.parts.iter().filter(|(start, ..)| range.contains(start) && *start > range.start);
        let (.., whole) = from.part(range.start);
        let first = (range.start, from.origin(range.start), whole);
        for (start, origin, copied) in std::iter::once(&first).chain(inside) {
            self.parts.push((self.text.len() + start - range.start, *origin, *copied));
        }
        self.text.push_str(&from.text[range]);
    }

    fn part(&self, at: usize) -> (usize, usize, bool) {
        let index = self.parts.partition_point(|(start, ..)| *start <= at);
        self.parts.get(index.saturating_sub(1)).copied().unwrap_or((0, 0, true))
    }

    /// Where a byte comes from.
    fn origin(&self, at: usize) -> usize {
        let (start, origin, copied) = self.part(at);
        if copied { origin + at - start } else { origin }
    }

    fn place(&self, source: &SourceText, at: usize) -> Place {
        source.place(u32::try_from(self.origin(at)).unwrap_or(u32::MAX))
    }

    fn pieces(&self, source: &SourceText) -> Vec<Piece> {
        let ends = self.parts.iter().skip(1).map(|(start, ..)| *start).chain([self.text.len()]);
        let mut pieces = Vec::new();
        for ((start, _, copied), end) in self.parts.iter().zip(ends) {
            let lines = self.text[*start..end].match_indices('\n').map(|(at, _)| start + at + 1);
            for at in std::iter::once(*start).chain(lines) {
                let start = u32::try_from(at).unwrap_or(u32::MAX);
                pieces.push(Piece { start, place: self.place(source, at), copied: *copied });
            }
        }
        pieces
    }
}

/// Where a mark stands. A dot in it is any character except a line end, as in a regular expression.
fn found(text: &str, mark: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("{{@ ").map(|at| from + at) {
        let mut rest = text[start..].chars();
        let matches = mark
            .chars()
            .all(|expected| rest.next().is_some_and(|c| c == expected || (expected == '.' && c != '\n')));
        if matches {
            let end = text.len() - rest.as_str().len();
            found.push((start, end));
            from = end;
        } else {
            from = start + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests;
