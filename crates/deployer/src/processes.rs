//! Commands of the settings that credentials come from, as processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use deployer_core::plugin::RunCommand;
use deployer_core::{Error, Kind, Result, SecretValue};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The most bytes that a command may write: more than any credential has.
const MOST_BYTES: u64 = 64 * 1024;

/// Runs commands with the environment variables that they are given, and nothing to read.
#[derive(Debug)]
pub(crate) struct Processes {
    cancel: CancellationToken,
    limit: Duration,
}

impl Processes {
    /// Commands that end when the run is asked to stop.
    pub(crate) fn new(cancel: CancellationToken) -> Self {
        Self { cancel, limit: LIMIT }
    }

    async fn output(
        &self,
        command: &[String],
        variables: &[(&str, &str)],
        folder: &Path,
    ) -> Result<SecretValue> {
        let name = command.join(" ");
        let failed = |what: String| Error::new(Kind::Settings, format!("the command {name} {what}"));
        let mut child = start(command, variables, folder).map_err(|error| {
            failed("cannot be started".to_owned()).with_cause(error).with_hint(
                "a name is looked for on PATH, and a relative path starts at the folder of the settings",
            )
        })?;
        let ended = tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                Err(Error::new(Kind::Interrupted, format!("the command {name} was interrupted")))
            }
            () = tokio::time::sleep(self.limit) => {
                Err(failed(format!("did not end within {} seconds", self.limit.as_secs_f32()))
                    .with_hint("it has nothing to read and no one to ask: choose one that needs no answer"))
            }
            ended = ended(&mut child) => ended.map_err(|error| failed("cannot be read".to_owned()).with_cause(error)),
        };
        let (output, status) = match ended {
            Ok(Some(ended)) => ended,
            other => {
                // Whoever is not waited for is killed by the runtime when it is dropped; here its end is waited for.
                let _ = child.kill().await;
                let too_much = || failed(format!("writes more than {MOST_BYTES} bytes"));
                return Err(other.err().unwrap_or_else(too_much));
            }
        };
        if !status.success() {
            return Err(failed(format!("failed: {status}")).with_hint("run it by itself to see what it says"));
        }
        let text = String::from_utf8(output).map_err(|_| failed("wrote what is not UTF-8".to_owned()))?;
        match text.trim() {
            "" => Err(failed("wrote nothing".to_owned()).with_hint("run it by itself to see what it says")),
            text => Ok(SecretValue::new(text)),
        }
    }
}

impl RunCommand for Processes {
    fn run(&self, command: &[String], variables: &[(&str, &str)], folder: &Path) -> Result<SecretValue> {
        // A thread with a runtime of its own, so that the caller can be in any runtime, or in none.
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime =
                runtime.map_err(|error| Error::new(Kind::Io, "start a command").with_cause(error))?;
            runtime.block_on(self.output(command, variables, folder))
        };
        std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|_| {
            Err(Error::new(Kind::Bug, "run a command: the program failed").with_cause("a panic"))
        })
    }
}

/// Starts a command in a folder. What it complains about is not read: it may hold the credential.
fn start(command: &[String], variables: &[(&str, &str)], folder: &Path) -> std::io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let folder = std::path::absolute(folder)?;
    Command::new(program_path(program, &folder))
        .args(arguments)
        .current_dir(&folder)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// A name alone is looked for on `PATH`; a path starts at the folder.
fn program_path(program: &str, folder: &Path) -> PathBuf {
    if program.contains(std::path::is_separator) { folder.join(program) } else { PathBuf::from(program) }
}

/// What a command wrote, and how it ended; none when it wrote too much.
async fn ended(child: &mut Child) -> std::io::Result<Option<(Vec<u8>, std::process::ExitStatus)>> {
    let mut output = Vec::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.take(MOST_BYTES + 1).read_to_end(&mut output).await?;
    }
    if output.len() as u64 > MOST_BYTES {
        return Ok(None);
    }
    Ok(Some((output, child.wait().await?)))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
