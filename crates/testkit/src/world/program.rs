//! Running a program in a world.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::fakes::World;

/// A program with its arguments and environment, not yet started.
#[derive(Debug)]
pub struct Program<'world> {
    world: &'world World,
    executable: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

impl World {
    /// A program to run in this world.
    pub fn program(&self, executable: impl AsRef<Path>) -> Program<'_> {
        Program::new(self, executable.as_ref())
    }
}

impl<'world> Program<'world> {
    pub(super) fn new(world: &'world World, executable: &Path) -> Self {
        let path = world.spawned.path();
        let program = Self {
            world,
            executable: executable.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: world.folder().to_owned(),
        };
        program
            .env("PATH", path)
            .env("HOME", world.folder().join("home"))
            .env("TMPDIR", world.folder().join("tmp"))
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable. Nothing but `PATH`, `HOME` and `TMPDIR` is set otherwise.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs in a folder, given in full or below the world's folder, in place of the world's folder.
    #[must_use]
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = self.world.folder().join(folder);
        self
    }

    /// Starts the program.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(self) -> Running<'world> {
        let mut command = Command::new(&self.executable);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.executable.display()));
        Running { world: self.world, executable: self.executable, child, said: Vec::new(), readers: None }
    }

    /// Runs the program to its end and searches for leaks.
    ///
    /// # Panics
    /// When it cannot be started, does not end in time, or a planted secret shows.
    pub async fn run(self, limit: Duration) -> Outcome {
        self.start().wait(limit).await
    }
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Running<'world> {
    world: &'world World,
    executable: PathBuf,
    child: Child,
    /// What was read of standard error.
    said: Vec<u8>,
    /// What reads both outputs to their ends.
    readers: Option<[JoinHandle<Vec<u8>>; 2]>,
}

impl Running<'_> {
    /// Reads both outputs from now on. A program that prints much stops when nobody reads.
    pub fn keep_reading(&mut self) {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        self.readers = Some([tokio::spawn(read_all(stdout)), tokio::spawn(read_all(stderr))]);
    }

    /// The ID of the process. `None` after its end.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Reads standard error up to the line that contains a text, and returns that line. `None` if the program ends before.
    pub async fn line_with(&mut self, text: &str) -> Option<String> {
        let stderr = self.child.stderr.as_mut()?;
        let mut start = self.said.len();
        // No byte after the line is read, so that `wait` finds the rest.
        while let Ok(byte) = stderr.read_u8().await {
            self.said.push(byte);
            if byte == b'\n' {
                let line = String::from_utf8_lossy(&self.said[start..]);
                if line.contains(text) {
                    return Some(line.into_owned());
                }
                start = self.said.len();
            }
        }
        None
    }

    /// Sends a signal, such as `Signal::TERM`. A program that has ended already does not get it.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // The id stays ours until the program has been waited for; it may have ended meanwhile.
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits for the end of the program and searches for leaks.
    ///
    /// # Panics
    /// When it does not end in time (it is killed then), or a planted secret shows.
    pub async fn wait(self, limit: Duration) -> Outcome {
        let outcome = tokio::time::timeout(limit, self.child.wait_with_output()).await;
        let name = self.executable.display();
        let output = outcome
            .unwrap_or_else(|_| panic!("{name} did not end within {} seconds", limit.as_secs_f32()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let (mut stdout, mut stderr) = (output.stdout, [self.said, output.stderr].concat());
        for (reader, read) in self.readers.into_iter().flatten().zip([&mut stdout, &mut stderr]) {
            read.extend(reader.await.unwrap_or_default());
        }
        let outcome = Outcome { status: output.status, stdout, stderr };
        self.world.assert_silent(&outcome);
        outcome
    }
}

async fn read_all(output: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut read = Vec::new();
    if let Some(mut output) = output {
        // A read that fails ends the output; the bytes before it are kept.
        let _ = output.read_to_end(&mut read).await;
    }
    read
}

/// How a program ended, and what it said.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Exit code or signal.
    pub status: ExitStatus,
    /// All of standard output.
    pub stdout: Vec<u8>,
    /// All of standard error.
    pub stderr: Vec<u8>,
}

impl Outcome {
    /// The exit code; `None` when a signal ended the program.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Standard output as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}
