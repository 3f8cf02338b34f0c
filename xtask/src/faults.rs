//! `cargo xtask faults`

use crate::shell::{Result, Shell, run as run_command};
use crate::workspace::{PROGRAM, target_folder};

pub(crate) const HELP: &str = "\
Usage: cargo xtask faults [--writes | --races]

Deploys to a node, an extra node and a git repository, with secrets from Vault, once for each fault at each request: cut connections,
answers that are truncated, empty, wrong or late, requests that arrive twice. Checks the exit code, the receipt against the state of the
servers, that no secret is shown, and that the next run converges. Before that, lets somebody else change the node before and after
each request of `deploy` and `apply`, and checks that whatever is lost is named and can be restored. Prints a table of all cases, which
takes about an hour.

Options:
  --writes  faults only at requests that write
  --races   only changes by somebody else";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let arguments: Vec<_> = parser.raw_args().map_err(|error| error.to_string())?.collect();
    if let Some(unknown) = arguments.iter().find(|argument| *argument != "--writes" && *argument != "--races")
    {
        return Err(format!("unknown argument {unknown:?}"));
    }
    let packages = ["--package", PROGRAM, "--package", "deployer-tests"];
    run_command(shell.cargo(&["build", "--locked", "--bin", PROGRAM, "--bin", "faults"]).args(packages))?;
    let built = target_folder(shell)?.join("debug");
    run_command(shell.program(&built.join("faults")).arg(built.join(PROGRAM)).args(arguments))
}
