//! Pages: those that must exist, and how long those of the book are; and a line about every crate.

use super::tree::{File, Finding, Tree};

/// The pages at the root.
const PAGES: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let crates = tree.packages.iter().filter(|package| package.folder.starts_with("crates"));
    let pages = crates.map(|package| format!("{}/README.md", package.folder.display()));
    let absent = PAGES.map(str::to_owned).into_iter().chain(pages).filter(|page| tree.file(page).is_none());
    let mut findings: Vec<Finding> = absent.map(|page| Finding::new(page, "this page is missing")).collect();
    let silent = tree.packages.iter().filter(|package| package.description.is_empty());
    findings.extend(
        silent.map(|package| {
            Finding::new(format!("{}/Cargo.toml", package.folder.display()), "no description")
        }),
    );
    let summary = tree.file("docs/SUMMARY.md").map_or("", |file| file.text.as_str());
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        findings.extend(of_book(file, summary));
    }
    findings
}

/// The most lines of a page of the book, unless it is generated.
const LONGEST: usize = 250;

/// A page of the book that is too long, or that the summary does not name.
fn of_book(file: &File, summary: &str) -> Vec<Finding> {
    let Some(name) = file.path.strip_prefix("docs/").filter(|name| *name != "SUMMARY.md") else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > LONGEST && !file.text.starts_with("<!-- generated") {
        findings.push(Finding::new(&file.path, format!("{lines} lines; a page has at most {LONGEST}")));
    }
    if !summary.contains(&format!("]({name})")) {
        findings.push(Finding::new(&file.path, "docs/SUMMARY.md does not name this page"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::{told, tree};
    use super::*;
    use crate::workspace::Package;

    #[test]
    fn pages_that_are_missing_are_told() {
        let package =
            Package { folder: "crates/core".into(), description: "About".into(), ..Package::default() };
        let files = [("README.md", ""), ("LICENSE", ""), ("CHANGELOG.md", ""), ("CONTRIBUTING.md", "")];
        let expected =
            ["ARCHITECTURE.md: this page is missing", "crates/core/README.md: this page is missing"];
        assert_eq!(told(findings(&tree(&files, vec![package]))), expected);
    }

    #[test]
    fn a_page_of_the_book_is_short_or_generated_and_in_the_summary() {
        let long = "a\n".repeat(LONGEST + 1);
        let generated = format!("<!-- generated -->\n{long}");
        let files =
            [("docs/a.md", long.as_str()), ("docs/b.md", &generated), ("docs/SUMMARY.md", "- [b](b.md)\n")];
        let found = told(findings(&tree(&files, Vec::new())));
        let of_book: Vec<&String> = found.iter().filter(|line| line.starts_with("docs/a.md")).collect();
        assert_eq!(
            of_book,
            [
                "docs/a.md: 251 lines; a page has at most 250",
                "docs/a.md: docs/SUMMARY.md does not name this page"
            ]
        );
        assert!(!found.iter().any(|line| line.starts_with("docs/b.md")), "{found:?}");
    }
}
