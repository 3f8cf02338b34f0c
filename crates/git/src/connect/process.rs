//! Git through the pipes of a process: `ssh` to another machine, or `git` on this one.

use std::io::{self, Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deployer_core::{Error, Kind, Result};
use gix_protocol::transport::client::blocking_io::Transport;
use gix_protocol::transport::client::git::ConnectMode;
use gix_protocol::transport::client::git::blocking_io::Connection as Pipes;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio_util::sync::CancellationToken;

use crate::endpoint::Endpoint;
use crate::errors;
use crate::purpose::Purpose;
use crate::session::Session;

/// How many bytes of a process's standard error are kept.
const COMPLAINTS_LIMIT: usize = 8 * 1024;

/// How long to wait for the rest of the standard error after a process closed its output.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A command with this environment alone: the environment of this process can contain credentials.
pub(super) fn command(program: &str, environment: &[(String, String)], purpose: Purpose) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().cloned());
    if purpose == Purpose::Read {
        command.env("GIT_PROTOCOL", "version=2");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Starts a process and speaks git with it. `key` is a file that lives as long as the connection.
pub(super) fn transport(
    session: &Arc<Session>,
    purpose: Purpose,
    mut command: Command,
    key: Option<NamedTempFile>,
) -> Result<(Box<dyn Transport>, Complaints)> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let mut child = session.entered(|| command.spawn()).map_err(|cause| {
        Error::new(Kind::Settings, format!("the program {program} cannot be started"))
            .with_cause(cause)
            .with_hint(format!(
                "install {program}, and see that PATH leads to it; where it cannot be, as in the image `minimal`, use an https:// address"
            ))
    })?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::new(Kind::Bug, format!("the program {program} has no pipes")));
    };
    let complaints = session.entered(|| Complaints::listen(stderr));
    let output = Output { session: Arc::clone(session), stdout, _child: child, _key: key };
    let input = Input { session: Arc::clone(session), stdin };
    let pipes = Pipes::new(
        output,
        input,
        purpose.protocol(),
        "",
        None::<(&str, Option<u16>)>,
        ConnectMode::Process,
        false,
    );
    Ok((Box::new(pipes), complaints))
}

/// The output of the process. The process ends when this is dropped.
struct Output {
    session: Arc<Session>,
    stdout: ChildStdout,
    _child: Child,
    _key: Option<NamedTempFile>,
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.session.wait_for_bytes(self.stdout.read(buffer))
    }
}

/// The input of the process.
struct Input {
    session: Arc<Session>,
    stdin: ChildStdin,
}

impl Write for Input {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.session.wait_for_bytes(self.stdin.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.session.wait_for_bytes(self.stdin.flush())
    }
}

/// The standard error of a process, which is never passed on unread.
pub(crate) struct Complaints {
    text: Arc<Mutex<Vec<u8>>>,
    ended: CancellationToken,
}

impl Complaints {
    fn listen(mut stderr: ChildStderr) -> Self {
        let complaints = Self { text: Arc::default(), ended: CancellationToken::new() };
        let (text, ended) = (Arc::clone(&complaints.text), complaints.ended.clone().drop_guard());
        tokio::spawn(async move {
            let mut chunk = [0; 1024];
            while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
                let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                let room = COMPLAINTS_LIMIT.saturating_sub(text.len());
                text.extend_from_slice(&chunk[..read.min(room)]);
            }
            drop(ended);
        });
        complaints
    }

    /// Notes the error on the standard error of the process in the session, if there is one.
    pub(crate) fn report(&self, session: &Session, endpoint: &Endpoint) {
        // However the wait ends, the text so far is all of it.
        let _ = session.wait(async {
            tokio::time::timeout(LAST_WORDS, self.ended.cancelled()).await.map_err(io::Error::other)
        });
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = errors::complaint(&endpoint.url, &String::from_utf8_lossy(&text)) {
            session.fail(error);
        }
    }
}
