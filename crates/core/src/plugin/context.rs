//! The outside world as plugins see it.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::{Commands, ProcessVariables, RequestLimits, SecretFiles, Shared, WriteAccess};
use crate::secret::{Redactor, SecretValue};
use crate::setters::setters;

/// What a plugin may know of the run it is part of. Made once by the program; cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Context {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// The environment variables of the process.
    pub variables: ProcessVariables,
    /// Relative paths in settings start here.
    pub folder: PathBuf,
    /// Runs the commands that credentials come from.
    pub commands: Commands,
    /// The pipeline run or release that this run belongs to, for commit messages and notifications.
    pub link: Option<String>,
    /// The message of commits that the command line asks for; it counts before the settings.
    pub message: Option<String>,
    /// Whether the command line asks to overrule a target that refuses a configuration; it counts before the settings.
    pub force: bool,
    /// Cancelled when the run is asked to stop. Blocking work watches it.
    pub cancel: CancellationToken,
    /// Knows every secret of the run. A plugin adds the tokens it is given or creates.
    pub redactor: Redactor,
    /// The files that credentials and secrets are read from. A source refuses to read them as configuration.
    pub secret_files: SecretFiles,
    /// How many requests are in flight at once, and how large an answer can be. A plugin takes a permit per request.
    pub requests: RequestLimits,
    /// The same for stores: see [`Self::for_stores`].
    pub store_requests: RequestLimits,
    /// Whether the plugin can write now. Only targets are limited: see [`Self::for_targets`].
    pub writes: WriteAccess,
    /// The same for targets.
    pub target_writes: WriteAccess,
    /// Values that the plugins of the run share.
    pub shared: Shared,
}

impl Context {
    /// A context without variables, which runs no commands, for the current folder: the start of every test.
    pub fn new(environment: impl Into<String>) -> Self {
        Self {
            environment: environment.into(),
            variables: ProcessVariables::default(),
            folder: PathBuf::from("."),
            commands: Commands::default(),
            link: None,
            message: None,
            force: false,
            cancel: CancellationToken::new(),
            redactor: Redactor::default(),
            secret_files: SecretFiles::default(),
            requests: RequestLimits::new(RequestLimits::RUN),
            store_requests: RequestLimits::new(RequestLimits::STORES),
            writes: WriteAccess::default(),
            target_writes: WriteAccess::default(),
            shared: Shared::default(),
        }
    }

    /// The context that stores are built with: their requests have a limit of their own.
    #[must_use]
    pub fn for_stores(&self) -> Self {
        Self { requests: self.store_requests.clone(), ..self.clone() }
    }

    /// The context that a place for state is built with: its requests wait for no others.
    #[must_use]
    pub fn for_state(&self) -> Self {
        let requests =
            RequestLimits::new(RequestLimits::STATE).with_answer_bytes(self.requests.answer_bytes());
        Self { requests, ..self.clone() }
    }

    /// The context that targets are built with: they write only while the run has locked them.
    #[must_use]
    pub fn for_targets(&self) -> Self {
        Self { writes: self.target_writes.clone(), ..self.clone() }
    }

    /// A path of the settings, from the folder that relative paths start at.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    /// Takes a text as a secret value and lets the redactor know it under a name.
    pub fn secret(&self, name: &str, value: impl Into<String>) -> SecretValue {
        let value = SecretValue::new(value);
        self.redactor.add(name, &value);
        value
    }
}

setters!(Context {
    with_variables variables: ProcessVariables,
    with_folder folder: PathBuf,
    with_commands commands: Commands,
    with_link link: Option<String>,
    with_cancel cancel: CancellationToken,
    with_redactor redactor: Redactor,
    with_requests requests: RequestLimits,
    with_store_requests store_requests: RequestLimits,
    with_writes writes: WriteAccess,
    with_target_writes target_writes: WriteAccess,
});
