//! `cargo xtask services`

use lexopt::prelude::*;

use crate::shell::{Result, Shell, run as run_command};

pub(crate) const HELP: &str = "\
Usage: cargo xtask services up|down|status

Starts, ends or shows the real servers for trying things out: Vault, moto, versitygw (S3), Azurite,
and the stand-in of Azure Key Vault, each on a free port of this machine. Tests start servers of their own and need none of these.
The first start builds Vault and versitygw with Go, which takes some minutes; what is built stays in the user's cache folder.";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let verb = match parser.next().map_err(|error| error.to_string())? {
        Some(Value(verb)) => verb.string().map_err(|error| error.to_string())?,
        Some(other) => return Err(other.unexpected().to_string()),
        None => return Err("say `up`, `down` or `status`".to_owned()),
    };
    let arguments =
        ["run", "--quiet", "--locked", "--package", "deployer-testkit", "--bin", "services", "--"];
    run_command(shell.cargo(&arguments).arg(verb))
}
