//! Files of Rust: what they are for, how long they are, and what must not stay in them.

use super::tree::{File, Finding, Tree};

/// A file that holds more does more than one thing.
const MAXIMUM_LINES: usize = 400;

/// A file of so few lines needs no word about itself.
const SHORT: usize = 10;

/// What must not stay, and what to do instead. The words are put together so that this file does not hold them.
const LEFTOVERS: [(&str, &str); 10] = [
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "mend it, or open an issue"),
    (concat!("XX", "X"), "say what is meant"),
    (concat!("HA", "CK"), "say why it is done this way"),
    (concat!("dbg", "!("), "remove it"),
    (concat!("to", "do!("), "write it"),
    (concat!("unimple", "mented!("), "write it"),
    (concat!("#[ign", "ore"), "a test that does not run proves nothing; skip a case with its reason"),
    (concat!("#[all", "ow("), "use `#[expect(…, reason = \"…\")]`"),
    (concat!("#![all", "ow("), "use `#![expect(…, reason = \"…\")]`"),
];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(of_file).collect()
}

fn of_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let count = file.text.lines().count();
    if count > MAXIMUM_LINES {
        let message = format!("{count} lines; at most {MAXIMUM_LINES}: split it by purpose");
        findings.push(Finding::new(file.path.as_str(), message));
    }
    if count > SHORT && !is_introduced(file) {
        findings.push(Finding::new(file.path.as_str(), "no `//!` that says what the file is for"));
    }
    for (line, text) in file.lines() {
        let left = LEFTOVERS.iter().filter(|(word, _)| is_there(text, word));
        findings.extend(left.map(|(word, advice)| Finding::at(file, line, format!("`{word}`: {advice}"))));
    }
    findings
}

/// Whether a file begins with words about itself, before any code. The tests of a module need none.
fn is_introduced(file: &File) -> bool {
    let mut head = file.text.lines().take_while(|line| line.starts_with("//") || line.starts_with("#!"));
    file.path.ends_with("/tests.rs") || head.any(|line| line.starts_with("//!") || line.starts_with("#![doc"))
}

/// Whether a line holds a leftover; a word counts only when it is no part of a longer one.
fn is_there(line: &str, leftover: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    let is_word = leftover.chars().all(joins);
    line.match_indices(leftover).any(|(at, _)| {
        let (before, after) = (line[..at].chars().next_back(), line[at + leftover.len()..].chars().next());
        !is_word || !before.into_iter().chain(after).any(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::{told, tree};
    use super::*;

    fn check(text: &str) -> Vec<String> {
        told(findings(&tree(&[("a.rs", text), ("b.md", text)], Vec::new())))
    }

    #[test]
    fn a_file_says_what_it_is_for_before_its_code() {
        let code = "fn f() {}\n".repeat(SHORT);
        for head in ["//! For f.\n", "#![doc = \"f\"]\n", "#![expect(a, reason = \"b\")]\n//! For f.\n"] {
            assert_eq!(check(&format!("{head}{code}")), Vec::<String>::new());
        }
        assert_eq!(check("mod a;\n"), Vec::<String>::new());
        assert_eq!(
            check(&format!("use a;\n//! late\n{code}")),
            ["a.rs: no `//!` that says what the file is for"]
        );
    }

    #[test]
    fn a_long_file_is_told() {
        let text = format!("//! Long.\n{}", "fn f() {}\n".repeat(MAXIMUM_LINES));
        assert_eq!(check(&text), ["a.rs: 401 lines; at most 400: split it by purpose"]);
    }

    #[test]
    fn leftovers_are_told_with_their_line_and_longer_words_are_not() {
        let (note, macro_call, skip) = (LEFTOVERS[0].0, LEFTOVERS[4].0, LEFTOVERS[7].0);
        let found = check(&format!(
            "// {note}: later\n{macro_call}x);\n{skip} = \"slow\"]\n// {note}S and MY{note}\n"
        ));
        let lines: Vec<&str> = found.iter().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(lines, ["a.rs:1", "a.rs:2", "a.rs:3"]);
    }
}
