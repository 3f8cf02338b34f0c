//! `cargo xtask bench`

use crate::shell::{Result, Shell, run as run_command};
use crate::workspace::target_folder;

pub(crate) const HELP: &str = "\
Usage: cargo xtask bench [--quick]

Builds an optimised program and prints tables of what its runs cost: time, round trips and memory of a whole deploy at 20 ms a
request, of offline checks beside the plain reading of the same files, and of plans with 500 secrets from each kind of store. Fails
when a target is missed.

Options:
  --quick  small configurations and few runs, to see that it works";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let arguments: Vec<_> = parser.raw_args().map_err(|error| error.to_string())?.collect();
    if let Some(unknown) = arguments.iter().find(|argument| *argument != "--quick") {
        return Err(format!("unknown argument {unknown:?}"));
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
