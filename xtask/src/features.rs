//! `cargo xtask features`

use crate::Result;
use crate::shell::{Shell, run as run_command};
use crate::workspace::{PROGRAM, packages};

pub(crate) const HELP: &str = "\
Usage: cargo xtask features

Checks the program with no feature, and with each feature alone, as its manifest lists them. Warnings are errors.";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    match parser.next().map_err(|error| error.to_string())? {
        Some(argument) => Err(argument.unexpected().to_string()),
        None => check(shell),
    }
}

/// The same as [`run`], without arguments.
pub(crate) fn check(shell: &Shell) -> Result {
    let packages = packages(shell)?;
    let program = packages.iter().find(|package| package.name == PROGRAM);
    let features = program.into_iter().flat_map(|program| program.features.keys());
    let single = features.map(String::as_str).filter(|feature| !matches!(*feature, "default" | "all"));
    let broken: Vec<&str> =
        ["none"].into_iter().chain(single).filter(|feature| !passes(shell, feature)).collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(format!("the program fails with feature: {}", broken.join(", ")))
    }
}

/// Whether the program passes with one feature, or with `none`.
fn passes(shell: &Shell, feature: &str) -> bool {
    let command = shell.cargo(&["clippy", "--locked", "--package", PROGRAM, "--no-default-features"]);
    let command = if feature == "none" { command } else { command.args(["--features", feature]) };
    run_command(command.args(["--", "-D", "warnings"])).is_ok()
}
