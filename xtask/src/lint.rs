//! `cargo xtask lint`

use crate::shell::{Result, Shell, run as run_command};
use crate::{crates, docs, links, tidy};

pub(crate) const HELP: &str = "\
Usage: cargo xtask lint

Runs every check but the tests, all of them even when one fails:
  cargo fmt --check          mend it with `cargo fmt --all`
  cargo clippy               warnings are errors; also for the program without plugins, where what one feature alone uses shows
  cargo doc                  broken links in documentation are errors
  cargo xtask tidy
  cargo xtask docs --check   mend it with `cargo xtask docs`
  links                      between pages, if lychee is installed
  crates of other makers     licences, duplicates and sources, with the rules of deny.toml; advisories if cargo-deny is installed";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    if let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        return Err(argument.unexpected().to_string());
    }
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    let bare = [
        "clippy",
        "--package",
        "sesam-deployer",
        "--no-default-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    let doc = ["doc", "--workspace", "--no-deps", "--locked"];
    let outcomes = [
        ("format", run_command(shell.cargo(&["fmt", "--all", "--check"]))),
        ("clippy", run_command(shell.cargo(&clippy))),
        ("clippy without plugins", run_command(shell.cargo(&bare))),
        ("documentation", run_command(shell.cargo(&doc).env("RUSTDOCFLAGS", "-D warnings"))),
        ("tidy", tidy::check(shell)),
        ("generated pages", docs::check(shell)),
        ("links", links::of_repository(shell)),
        ("crates", crates::check(shell)),
    ];
    let failed: Vec<String> = outcomes
        .into_iter()
        .filter_map(|(name, outcome)| Some(format!("{name}: {}", outcome.err()?)))
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n       ")) }
}
