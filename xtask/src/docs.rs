//! `cargo xtask docs`

pub(crate) mod commands;
mod plugins;
mod settings;
mod site;

use std::fs;

use lexopt::prelude::*;

use crate::shell::{Result, Shell};

pub(crate) const HELP: &str = "\
Usage: cargo xtask docs [--check | --site]

Writes what comes from the program itself: the commands and options in docs/commands.md, the JSON schema of the settings file in
docs/deployer.schema.json, and the tables in docs/plugins.md and docs/settings-keys.md.

Options:
  --check  write nothing, and fail when a page is not what it would be
  --site   build the book with mdBook, which is installed below target if it is not there, and check its links; in target/book";

/// A page as it is and as it should be.
struct Page {
    /// Relative to the root.
    path: &'static str,
    /// The current text; empty when there is no such file.
    is: String,
    should_be: String,
}

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    match parser.next().map_err(|error| error.to_string())? {
        None => write(shell),
        Some(Long("check")) => check(shell),
        Some(Long("site")) => site::build(shell),
        Some(argument) => Err(argument.unexpected().to_string()),
    }
}

/// Fails when a page is not what the program says.
pub(crate) fn check(shell: &Shell) -> Result {
    let pages = pages(shell)?;
    let stale: Vec<&str> =
        pages.iter().filter(|page| page.is != page.should_be).map(|page| page.path).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("stale: {}; run `cargo xtask docs` and commit the result", stale.join(", ")))
}

fn write(shell: &Shell) -> Result {
    for page in pages(shell)?.iter().filter(|page| page.is != page.should_be) {
        let path = shell.root().join(page.path);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        folder
            .and_then(|()| fs::write(&path, &page.should_be))
            .map_err(|error| format!("{}: {error}", page.path))?;
        println!("wrote {}", page.path);
    }
    Ok(())
}

/// Where the schema of the settings file is.
const SCHEMA: &str = "docs/deployer.schema.json";

/// Where the tables of plugins and of keys are.
const PLUGINS: &str = "docs/plugins.md";
const KEYS: &str = "docs/settings-keys.md";

fn pages(shell: &Shell) -> Result<[Page; 4]> {
    let now = |path: &str| fs::read_to_string(shell.root().join(path)).unwrap_or_default();
    let plugins = plugins::table(&commands::program(shell, &["plugins", "--json"])?)?;
    let keys = settings::table(&commands::program(shell, &["settings", "--keys", "--json"])?)?;
    Ok([
        Page { path: commands::PATH, is: now(commands::PATH), should_be: commands::page(shell)? },
        Page {
            path: SCHEMA,
            is: now(SCHEMA),
            should_be: format!("{}\n", commands::program(shell, &["settings", "--schema"])?),
        },
        Page {
            path: PLUGINS,
            should_be: replaced(PLUGINS, &now(PLUGINS), "plugins", &plugins)?,
            is: now(PLUGINS),
        },
        Page { path: KEYS, should_be: replaced(KEYS, &now(KEYS), "settings", &keys)?, is: now(KEYS) },
    ])
}

/// The text of a page with the part between `<!-- generated: NAME -->` and `<!-- end: NAME -->` replaced.
fn replaced(path: &str, text: &str, name: &str, part: &str) -> Result<String> {
    let (start, end) = (format!("<!-- generated: {name} -->\n"), format!("<!-- end: {name} -->"));
    let between = text.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        between.ok_or_else(|| format!("{path} has no lines `{}` and `{end}`", start.trim_end()))?;
    Ok(format!("{before}{start}{part}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_part_is_replaced() {
        let text = "a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n";
        let expected = "a\n<!-- generated: x -->\nnew\n<!-- end: x -->\nb\n";
        assert_eq!(replaced("a.md", text, "x", "new\n").unwrap(), expected);
        assert_eq!(replaced("a.md", expected, "x", "new\n").unwrap(), expected);
        assert!(replaced("a.md", text, "y", "new\n").unwrap_err().contains("<!-- generated: y -->"));
    }
}
