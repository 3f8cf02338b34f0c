//! Pages: those that must exist, how long those of the book are, and where their links lead; and a line about every crate.

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
        for (line, text) in file.lines() {
            let dead = targets(text).filter(|target| !leads_somewhere(tree, file, target));
            findings.extend(
                dead.map(|target| Finding::at(file, line, format!("the link to {target} leads nowhere"))),
            );
        }
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

/// The anchors of a page, as GitHub and mdBook make them of its headings.
fn anchors(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut anchors: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let is_kept = |character: &char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_');
        let kept: String = heading.trim().chars().filter(is_kept).collect();
        let anchor = kept.to_lowercase().replace(' ', "-");
        let before = anchors.iter().filter(|other| **other == anchor).count();
        anchors.push(if before == 0 { anchor } else { format!("{anchor}-{before}") });
    }
    anchors
}

/// The targets of the links in a line: what stands between `](` and `)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// Whether a link points out of the repository, or at a file, folder or heading that exists.
fn leads_somewhere(tree: &Tree, file: &File, target: &str) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let has_anchor =
        |page: &File| anchor.is_none_or(|anchor| anchors(&page.text).iter().any(|it| it == anchor));
    if path.is_empty() {
        return has_anchor(file);
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(path) = joined(folder, path) else { return false };
    if let Some(page) = tree.file(&path).filter(|page| page.path.ends_with(".md")) {
        return has_anchor(page);
    }
    tree.files.iter().any(|file| {
        file.path.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A relative path from a folder; none when it leaves the repository.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
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
    fn links_to_files_folders_headings_and_other_sites_are_fine_and_dead_ones_are_told() {
        let page = "# Here\n[a](b.md) [b](../a/b.md#x-y) [c](#here) [d](https://example.com) [e](../a)\n[f](c.md), [g](../../x) [h](b.md#z)";
        let files = [("a/page.md", page), ("a/b.md", "# `X` y\n```\n# z\n```\n")];
        let found = told(findings(&tree(&files, Vec::new())));
        let dead: Vec<&String> = found.iter().filter(|line| line.contains("nowhere")).collect();
        assert_eq!(
            dead,
            [
                "a/page.md:3: the link to c.md leads nowhere",
                "a/page.md:3: the link to ../../x leads nowhere",
                "a/page.md:3: the link to b.md#z leads nowhere"
            ]
        );
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
