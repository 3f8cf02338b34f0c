//! Pipelines: the action for GitHub and the template for Azure Pipelines, whose steps run here with the real program, and logs that
//! their systems read.

mod azure;
mod commands;
mod files;
mod github;
mod hostile;
mod yaml;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deployer_testkit::npm;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/clients")
}

/// The folder of the packages that pipelines' own makers publish; the error says why there is none.
fn packages() -> Result<PathBuf, String> {
    Ok(npm::install(&clients().join("package.json"))?.join("node_modules"))
}

/// Runs a script of `clients` in Node.js to its end; what it prints, as JSON.
///
/// # Panics
/// When it fails.
fn node<S: AsRef<std::ffi::OsStr>>(script: &str, arguments: impl IntoIterator<Item = S>) -> Value {
    let output =
        Command::new("node").arg(clients().join(script)).args(arguments).output().expect("node runs");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}
