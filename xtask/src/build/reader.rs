//! Reads values of a TOML file, and collects what is wrong with them, each problem with its line.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::shell::Result;
use crate::words::closest;

/// Reads values of a file and collects problems.
pub(super) struct Reader<'t> {
    file: &'t Path,
    text: &'t str,
    problems: Vec<String>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(file: &'t Path, text: &'t str) -> Self {
        Self { file, text, problems: Vec::new() }
    }

    /// The place of an offset: `acme.toml:3`.
    pub(super) fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.file.display(), line(self.text, offset))
    }

    /// A problem with its place.
    pub(super) fn message(&self, offset: usize, problem: &str) -> String {
        format!("{}: {problem}", self.place(offset))
    }

    pub(super) fn problem(&mut self, offset: usize, problem: &str) {
        self.problems.push(self.message(offset, problem));
    }

    /// Fails with all problems.
    pub(super) fn outcome(self) -> Result {
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems.join("\n       ")) }
    }

    pub(super) fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for (key, _) in table.iter() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let expected = match closest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are `{}`", known.join("`, `")),
            };
            self.problem(key.span().start, &format!("unknown key `{name}`; {expected}"));
        }
    }

    pub(super) fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        self.expect(value, key, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Option<Vec<String>> {
        let value = table.get(key)?;
        self.expect(value, key, "a list of texts", |value| {
            value.as_array()?.iter().map(|text| text.get_ref().as_str().map(str::to_owned)).collect()
        })
    }

    pub(super) fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        self.expect(value, key, "true or false", |value| value.as_bool()).unwrap_or(false)
    }

    /// A path that starts at the folder of the file.
    pub(super) fn path(&mut self, table: &DeTable<'_>, key: &str) -> Option<PathBuf> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        self.text(table, key).map(|path| folder.join(path))
    }

    fn expect<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        key: &str,
        expected: &str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let read = read(value.get_ref());
        if read.is_none() {
            self.problem(value.span().start, &format!("`{key}` must be {expected}"));
        }
        read
    }
}

/// The number of the line of an offset.
pub(super) fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
