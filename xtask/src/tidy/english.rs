//! Phrases that a reader has to read twice, and what to write instead.

use super::tree::{File, Finding, Tree};

/// The files that people read.
const ENDINGS: [&str; 6] = [".rs", ".md", ".toml", ".yml", ".sh", ".html"];

/// This file names the phrases.
const OWN: &str = "xtask/src/tidy/english.rs";

/// Phrases in lower case, each with its advice. They count as whole words.
const PHRASES: [(&str, &str); 40] = [
    ("tells of", "say `returns`, `reports` or `shows`"),
    ("tell of", "say `return`, `report` or `show`"),
    ("but for those", "say `except`"),
    ("but for the", "say `except the`"),
    ("but for that", "say `except`"),
    ("but for what", "say `except` and name the thing"),
    ("that is none", "say which thing it is not: `that is not a file`"),
    ("that are none", "say which things they are not"),
    ("which is none", "say which thing it is not"),
    ("by nothing", "negate the verb"),
    ("stands for nothing", "negate the verb"),
    ("stand for nothing", "negate the verb"),
    ("what for for", "say `why`"),
    ("bears the", "say `has the`"),
    ("bear the", "say `have the`"),
    ("all the same", "say `anyway`, or leave it out"),
    ("it has to", "say `must`"),
    ("they have to", "say `must`"),
    ("is to be", "say `must be` or `is`"),
    ("are to be", "say `must be` or `are`"),
    ("is to hold", "say `must contain`"),
    ("is to go", "say `is removed`"),
    ("when it is not given", "write `[default: …]`"),
    ("where it is not given", "write `[default: …]`"),
    ("what the node held", "name the thing: `the node's configuration`"),
    ("what the nodes held", "name the thing: `the nodes' configuration`"),
    ("what a node held", "name the thing: `the node's configuration`"),
    ("what the nodes hold", "name the thing: `the nodes' configuration`"),
    ("what nodes held", "name the thing: `the nodes' configuration`"),
    ("the way back", "say `restore`"),
    ("two doors", "say `a settings file or environment variables`"),
    ("door of", "say `settings file` or `environment variables`"),
    ("knows no", "say `unknown …`"),
    ("know no", "say `unknown …`"),
    ("is no file", "say `is not a file`"),
    ("is no folder", "say `is not a folder`"),
    ("is no pattern", "say `invalid pattern`"),
    ("is no text", "say `is not text`"),
    ("is no name", "say `invalid name`"),
    ("no such thing", "name the thing"),
];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let read = |file: &&File| ENDINGS.iter().any(|ending| file.path.ends_with(ending)) && file.path != OWN;
    tree.files.iter().filter(read).flat_map(of_file).collect()
}

fn of_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        let lower = text.to_lowercase();
        let found = PHRASES.iter().filter(|(phrase, _)| stands_in(&lower, phrase));
        findings
            .extend(found.map(|(phrase, advice)| Finding::at(file, line, format!("`{phrase}`: {advice}"))));
    }
    findings
}

/// Whether a line has a phrase that is no part of longer words.
fn stands_in(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, _)| {
        let (before, after) = (line[..at].chars().next_back(), line[at + phrase.len()..].chars().next());
        !before.into_iter().chain(after).any(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::{told, tree};
    use super::*;

    #[test]
    fn phrases_are_found_as_whole_words_in_files_that_people_read() {
        let text = "It tells of it.\nBut for the rest.\nHotels office.\n";
        let found = told(findings(&tree(&[("a.md", text), ("a.json", text), (OWN, text)], Vec::new())));
        assert_eq!(
            found,
            [
                "a.md:1: `tells of`: say `returns`, `reports` or `shows`",
                "a.md:2: `but for the`: say `except the`"
            ]
        );
    }
}
