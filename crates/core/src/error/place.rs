//! Places in files.

use std::fmt;
use std::sync::Arc;

/// A place in a file, for messages: `pipes/x.conf.json:14:23`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The path as the user knows it, relative to the root of the configuration where there is one.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 when only the file is known.
    pub line: u32,
    /// Column in characters, counted from 1; 0 when only the file or the line is known.
    pub column: u32,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Self {
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
        let mut parts = text.rsplitn(3, ':');
        match (number(parts.next()), number(parts.next()), parts.next()) {
            (Some(column), Some(line), Some(file)) => Self::new(file, line, column),
            (Some(line), ..) => Self::new(text.rsplit_once(':').map_or(text, |(file, _)| file), line, 0),
            _ => Self::file(text),
        }
    }

    /// A line and a column in a file, both counted from 1.
    pub fn new(file: impl Into<Arc<str>>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => f.write_str(&self.file),
            (line, 0) => write!(f, "{}:{line}", self.file),
            (line, column) => write!(f, "{}:{line}:{column}", self.file),
        }
    }
}

impl serde::Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_what_it_knows() {
        assert_eq!(Place::file("a.json").to_string(), "a.json");
        assert_eq!(Place::new("a.json", 3, 0).to_string(), "a.json:3");
        assert_eq!(Place::new("a.json", 3, 7).to_string(), "a.json:3:7");
        for text in ["a.json", "a.json:3", "a.json:3:7", "C:/a.json:3:7"] {
            assert_eq!(Place::parse(text).to_string(), text);
        }
    }
}
