//! `cargo xtask demo`

use crate::shell::{Result, Shell, run as run_command};
use crate::workspace::{PROGRAM, target_folder};

pub(crate) const HELP: &str = "\
Usage: cargo xtask demo [--watch] [--keep]

Builds the program and runs it, as a process of its own, against a Sesam node, a Vault and a git host on loopback: it plans, deploys,
deploys again, changes one pipe, and deploys that. Nothing is left behind.

Options:
  --watch  show `watch` instead: a commit is deployed, a change by hand corrected, a dangerous plan held
  --keep   leave the servers up at the end, and print the environment variables that reach them";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let arguments: Vec<_> = parser.raw_args().map_err(|error| error.to_string())?.collect();
    if let Some(unknown) = arguments.iter().find(|argument| *argument != "--keep" && *argument != "--watch") {
        return Err(format!("unknown argument {unknown:?}"));
    }
    let demo = if arguments.iter().any(|argument| argument == "--watch") { "demo-watch" } else { "demo" };
    let packages = ["--package", PROGRAM, "--package", "deployer-tests"];
    run_command(shell.cargo(&["build", "--locked", "--bin", PROGRAM, "--bin", demo]).args(packages))?;
    let built = target_folder(shell)?.join("debug");
    let keep = arguments.iter().filter(|argument| *argument == "--keep");
    run_command(shell.program(&built.join(demo)).arg(built.join(PROGRAM)).args(keep))
}
