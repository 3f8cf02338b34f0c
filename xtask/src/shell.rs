//! Runs programs in the root of the repository, and shows each command before it runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use xshell::Cmd;

/// The outcome of a task; the error is a text for people.
pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// Runs programs in the root of the repository.
pub(crate) struct Shell {
    shell: xshell::Shell,
    root: PathBuf,
    cargo: OsString,
}

impl Shell {
    /// In the repository that this task was built from.
    pub(crate) fn new() -> Result<Self> {
        Self::at(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned())
    }

    /// In a repository at another place.
    pub(crate) fn at(root: PathBuf) -> Result<Self> {
        let shell = xshell::Shell::new().map_err(|error| error.to_string())?;
        shell.change_dir(&root);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Self { shell, root, cargo })
    }

    /// The root of the repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// An environment variable of the programs that it runs.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        self.shell.var_os(name)
    }

    /// Sets an environment variable of the programs that it runs.
    #[cfg(test)]
    pub(crate) fn set(&self, name: &str, value: impl AsRef<std::ffi::OsStr>) {
        self.shell.set_var(name, value);
    }

    /// The cargo that runs this task.
    pub(crate) fn cargo<'a>(&'a self, arguments: &[&str]) -> Cmd<'a> {
        self.shell.cmd(&self.cargo).args(arguments)
    }

    /// A program of the workspace that has been built.
    pub(crate) fn program<'a>(&'a self, path: &Path) -> Cmd<'a> {
        self.shell.cmd(path)
    }

    /// Git, which never asks a question.
    pub(crate) fn git<'a>(&'a self, arguments: &[&str]) -> Cmd<'a> {
        self.shell.cmd("git").args(arguments).env("GIT_TERMINAL_PROMPT", "0")
    }
}

/// Runs a command to its end, its output going to the terminal.
pub(crate) fn run(command: Cmd<'_>) -> Result {
    let shown = shown(&command);
    eprintln!("$ {shown}");
    command.quiet().run().map_err(|_| format!("`{shown}` failed"))
}

/// What a command prints on standard output.
pub(crate) fn read(command: Cmd<'_>) -> Result<String> {
    command.quiet().read().map_err(|error| error.to_string())
}

/// A command as people type it: without the path of the program.
pub(crate) fn shown(command: &Cmd<'_>) -> String {
    let text = command.to_string();
    let (program, arguments) = text.split_once(' ').unwrap_or((&text, ""));
    let name = Path::new(program).file_name().map_or(program.into(), |name| name.to_string_lossy());
    format!("{name} {arguments}")
}
