//! What the rules look at, and what they find.

use std::fs;

use crate::shell::{Result, Shell, read};
use crate::workspace::{Package, packages};

/// Everything the rules look at.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    pub(super) packages: Vec<Package>,
}

/// A text file of the repository.
pub(super) struct File {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Something that is not tidy.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// A path, and a line where there is one.
    pub(super) place: String,
    pub(super) message: String,
}

/// The text files that git tracks or would add.
fn files(shell: &Shell) -> Result<Vec<File>> {
    let listed = read(shell.git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    // A file that was deleted and is still known is no concern here.
    let texts = paths.filter_map(|path| {
        let text = fs::read_to_string(shell.root().join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    });
    Ok(texts.collect())
}

impl Tree {
    /// Reads the repository.
    pub(super) fn read(shell: &Shell) -> Result<Self> {
        Ok(Self { files: files(shell)?, packages: packages(shell)? })
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl File {
    /// The lines with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

impl Finding {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    pub(super) fn at(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self::new(format!("{}:{line}", file.path), message)
    }
}

/// What the tests of the rules look at.
#[cfg(test)]
pub(super) fn tree(files: &[(&str, &str)], packages: Vec<Package>) -> Tree {
    let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
    Tree { files: files.iter().map(file).collect(), packages }
}

/// The messages of findings, each behind its place.
#[cfg(test)]
pub(super) fn told(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| format!("{}: {}", finding.place, finding.message)).collect()
}
