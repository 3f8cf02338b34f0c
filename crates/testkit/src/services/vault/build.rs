//! Building the program, once for all tests of all processes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::provision;

/// What is built, and nothing else: the cache is keyed by these files.
const SOURCES: [&str; 3] = ["go.mod", "go.sum", "main.go"];

/// The built program; the error says why there is none. The first build downloads Vault's modules and takes some minutes.
pub fn program() -> Result<PathBuf, String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/vault");
    let contents = SOURCES.map(|name| provision::read(&sources.join(name)));
    let contents = contents.into_iter().collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let folder = provision::folder("services/vault", &parts, |folder| build(&sources, folder))?;
    Ok(folder.join("vault"))
}

#[expect(
    clippy::print_stderr,
    reason = "a build of several minutes must be visible in the output of the tests"
)]
fn build(sources: &Path, folder: &Path) -> Result<(), String> {
    provision::run(Command::new("go").arg("version"))
        .map_err(|reason| format!("Vault is built with Go, which is not there: {reason}"))?;
    eprintln!("building Vault from its Go module; this happens once and takes some minutes");
    let mut command = Command::new("go");
    command.current_dir(sources).args(["build", "-trimpath", "-buildvcs=false", "-tags", "minimal"]);
    command.args(["-ldflags", "-s -w", "-o"]).arg(folder.join("vault")).arg(".");
    provision::run(&mut command).map(drop)
}
