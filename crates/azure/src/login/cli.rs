//! The Azure CLI, asked for a token.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};

use azure_identity::Executor;
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Redactor};
use tokio::process::Command;

use crate::words::lines;

/// The status of a shell that does not find the program.
const NOT_FOUND: i32 = 127;

/// Runs the CLI in the shell that the SDK names, on the `PATH` of the run. It ends when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Shell {
    path: Option<String>,
    redactor: Redactor,
}

impl Shell {
    pub(super) fn new(context: &Context) -> Self {
        Self { path: context.variables.get("PATH").map(str::to_owned), redactor: context.redactor.clone() }
    }

    /// Why the CLI gave no token. Its words are meant for people.
    fn failure(&self, output: &Output) -> Error {
        let words = String::from_utf8_lossy(&output.stderr);
        let attempted = "ask the Azure CLI for a token";
        let error = if output.status.code() == Some(NOT_FOUND) {
            return Error::new(Kind::Settings, attempted)
                .with_cause("there is no program `az`")
                .with_hint("install the Azure CLI, or choose another `login`");
        } else if words.contains("az login") || words.contains("AADSTS") {
            Error::new(Kind::Unauthenticated, attempted)
                .with_cause("nobody is logged in, or the login has expired")
                .with_hint("run `az login`")
        } else {
            Error::new(Kind::Unexpected, attempted).with_cause(output.status)
        };
        let lines = lines(&words, &self.redactor);
        lines.iter().fold(error, |error, line| error.with_detail(format!("az says: {line}")))
    }
}

#[async_trait::async_trait]
impl Executor for Shell {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        let output = command.output().await?;
        if output.status.success() { Ok(output) } else { Err(io::Error::other(self.failure(&output))) }
    }
}
