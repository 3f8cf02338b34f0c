//! Pages: those that must exist, and where their links lead; and a line about every crate.

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
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, text) in file.lines() {
            let dead = targets(text).filter(|target| !leads_somewhere(tree, file, target));
            findings.extend(
                dead.map(|target| Finding::at(file, line, format!("the link to {target} leads nowhere"))),
            );
        }
    }
    findings
}

/// The targets of the links in a line: what stands between `](` and `)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// Whether a link points out of the repository, into its own page, or at a file or folder that exists.
fn leads_somewhere(tree: &Tree, file: &File, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(path) = joined(folder, path) else { return false };
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
    fn links_to_files_folders_and_other_sites_are_fine_and_dead_ones_are_told() {
        let page = "[a](b.md) [b](../a/b.md#x) [c](#here) [d](https://example.com) [e](../a)\n[f](c.md), [g](../../x)";
        let files = [("a/page.md", page), ("a/b.md", "")];
        let found = told(findings(&tree(&files, Vec::new())));
        let dead: Vec<&String> = found.iter().filter(|line| line.contains("nowhere")).collect();
        assert_eq!(
            dead,
            ["a/page.md:2: the link to c.md leads nowhere", "a/page.md:2: the link to ../../x leads nowhere"]
        );
    }
}
