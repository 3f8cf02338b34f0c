//! `cargo xtask docs --site`: the book as a site, built by mdBook.

use std::fs;
use std::path::{Path, PathBuf};

use crate::links;
use crate::shell::{Result, Shell, read, run};
use crate::workspace::target_folder;

/// The version of mdBook that the book is written for.
const MDBOOK: &str = "0.5.4";

/// Builds the site from a copy of the pages. The copy has the folders of the repository, so that links between pages work in both.
pub(super) fn build(shell: &Shell) -> Result {
    let mdbook = mdbook(shell)?;
    let book = shell.root().join("target/book");
    let failed = |path: &Path, error: &std::io::Error| format!("{}: {error}", path.display());
    if book.exists() {
        fs::remove_dir_all(&book).map_err(|error| failed(&book, &error))?;
    }
    let listed = read(shell.git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    for path in listed.split('\0').filter(|path| is_shown(path)) {
        let (from, to) = (shell.root().join(path), book.join("src").join(path));
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        folder.and_then(|()| fs::copy(&from, &to).map(drop)).map_err(|error| failed(&from, &error))?;
    }
    let write = |path: &Path, text: &str| fs::write(path, text).map_err(|error| failed(path, &error));
    let summary =
        fs::read_to_string(shell.root().join("docs/SUMMARY.md")).map_err(|error| error.to_string())?;
    write(&book.join("src/SUMMARY.md"), &from_the_root(&summary))?;
    let settings =
        fs::read_to_string(shell.root().join("docs/book.toml")).map_err(|error| error.to_string())?;
    write(&book.join("book.toml"), &settings)?;
    run(shell.program(&mdbook).arg("build").arg(&book))?;
    let site = book.join("book");
    links::check(shell, &site, [site.as_path()])?;
    println!("the book is in {}", book.join("book/index.html").display());
    Ok(())
}

/// The program of mdBook, installed below the target folder unless it is there.
fn mdbook(shell: &Shell) -> Result<PathBuf> {
    let folder = target_folder(shell)?.join(format!("mdbook-{MDBOOK}"));
    let program = folder.join("bin/mdbook");
    if !program.is_file() {
        let package = format!("mdbook@{MDBOOK}");
        let install =
            ["install", "--locked", "--no-default-features", "--features", "search", &package, "--root"];
        run(shell.cargo(&install).arg(&folder))?;
    }
    Ok(program)
}

/// Whether a file is a page, or a file that pages show or link to.
fn is_shown(path: &str) -> bool {
    let is_page = path.ends_with(".md") && path != "docs/SUMMARY.md";
    is_page
        || ["docs/", "pipelines/", "images/"].iter().any(|folder| path.starts_with(folder))
        || path.starts_with("plugins/") && path.ends_with(".json")
        || path == "LICENSE"
}

/// The summary with links from the root, in place of links from `docs`.
fn from_the_root(summary: &str) -> String {
    summary.replace("](../", "](\0").replace("](", "](docs/").replace("](docs/\0", "](")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_the_summary_start_at_the_root() {
        let summary = "- [a](a.md)\n- [b](../plugins/b/README.md)\n";
        assert_eq!(from_the_root(summary), "- [a](docs/a.md)\n- [b](plugins/b/README.md)\n");
        assert!(is_shown("plugins/b/README.md") && !is_shown("crates/core/src/lib.rs"));
    }
}
