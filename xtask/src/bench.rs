//! `cargo xtask bench`

use crate::shell::{Result, Shell, run as run_command};
use crate::workspace::target_folder;

pub(crate) const HELP: &str = "\
Usage: cargo xtask bench [--quick] [--keep]

Builds an optimised program and prints tables of what its runs cost: time, processors, requests, bytes and memory of a first deploy, an
unchanged deploy, a plan and a check, each beside the figures of the last release (tests/bench.tsv), of offline checks beside the plain
reading of the same files, and of plans with 500 secrets from each kind of store. Fails when a target is missed.

Options:
  --quick  small configurations and few runs, to see that it works
  --keep   write the figures to tests/bench.tsv, for a release";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let arguments: Vec<_> = parser.raw_args().map_err(|error| error.to_string())?.collect();
    if let Some(unknown) = arguments.iter().find(|it| *it != "--quick" && *it != "--keep") {
        return Err(format!("unknown argument {unknown:?}"));
    }
    if arguments.len() > 1 && arguments.iter().any(|argument| argument == "--quick") {
        return Err("--keep needs the figures of all sizes: leave out --quick".to_owned());
    }
    run_command(shell.cargo(&[
        "build",
        "--locked",
        "--release",
        "--package",
        "deployer-tests",
        "--bin",
        "bench",
    ]))?;
    run_command(shell.program(&target_folder(shell)?.join("release/bench")).args(arguments))
}
