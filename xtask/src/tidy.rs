//! `cargo xtask tidy`

mod arrows;
mod circles;
mod english;
mod pages;
mod plugins;
mod rust;
mod text;
mod tree;

use crate::shell::{Result, Shell};
use tree::{Finding, Tree};

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
  pages     the pages of the repository exist, those of the book are short and in its summary";

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
    let tree = Tree::read(shell)?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.sort();
    findings.iter().for_each(|finding| eprintln!("{}: {}", finding.place, finding.message));
    match findings.len() {
        0 => Ok(()),
        1 => Err("1 thing is not tidy".to_owned()),
        count => Err(format!("{count} things are not tidy")),
    }
}
