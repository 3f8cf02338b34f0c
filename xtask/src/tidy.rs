//! `cargo xtask tidy`

mod arrows;
mod circles;
mod english;
mod pages;
mod plugins;
mod rust;
mod text;

use std::fs;

use crate::Result;
use crate::shell::{Shell, read};
use crate::workspace::{Package, packages};

pub(crate) const HELP: &str = "\
Usage: cargo xtask tidy

Checks what no compiler sees, in every file that git knows or would add:
  plugins   each folder has its row in plugins.rs, its feature, its entry in `all`, and the sections of its README; its tests build
            the example of each kind, and call the contract suite of its family
  arrows    core depends on no other crate; a plugin depends on core and the http and git rings, never on the engine or another plugin
  circles   no files of a crate import each other, directly or through others
  english   none of the phrases that a reader has to read twice
  rust      each file says what it is for, holds at most 400 lines, and no leftovers
  text      no paths of one machine and no hosts of package registries
  pages     the pages of the repository exist, and their links lead somewhere";

/// Everything the rules look at.
struct Tree {
    files: Vec<File>,
    packages: Vec<Package>,
}

/// A text file of the repository.
struct File {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

/// Something that is not tidy.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// A path, and a line where there is one.
    place: String,
    message: String,
}

const RULES: [fn(&Tree) -> Vec<Finding>; 7] = [
    plugins::findings,
    arrows::findings,
    circles::findings,
    english::findings,
    rust::findings,
    text::findings,
    pages::findings,
];

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    match parser.next().map_err(|error| error.to_string())? {
        Some(argument) => Err(argument.unexpected().to_string()),
        None => check(shell),
    }
}

/// The same as [`run`], without arguments.
pub(crate) fn check(shell: &Shell) -> Result {
    let tree = Tree { files: files(shell)?, packages: packages(shell)? };
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.sort();
    findings.iter().for_each(|finding| eprintln!("{}: {}", finding.place, finding.message));
    match findings.len() {
        0 => Ok(()),
        1 => Err("1 thing is not tidy".to_owned()),
        count => Err(format!("{count} things are not tidy")),
    }
}

/// The files that git knows or would add, without what is no text.
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
    fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl File {
    /// The lines with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    fn at(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self::new(format!("{}:{line}", file.path), message)
    }
}

/// What the tests of the rules look at.
#[cfg(test)]
fn tree(files: &[(&str, &str)], packages: Vec<Package>) -> Tree {
    let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
    Tree { files: files.iter().map(file).collect(), packages }
}

/// The messages of findings, each behind its place.
#[cfg(test)]
fn told(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| format!("{}: {}", finding.place, finding.message)).collect()
}
