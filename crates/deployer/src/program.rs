//! From the command line to an exit code.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use deployer_core::plugin::{Plugin, ProcessVariables};
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_engine::saved::Purpose;
use tokio_util::sync::CancellationToken;

use crate::cli::{Cli, Command, Deploy};
use crate::commands;
use crate::exit::Exit;
use crate::output::Output;
use crate::plugins;
use crate::session::{Session, way_in};
use crate::settings::{Carried, WayIn};
use crate::signals::Signals;

/// The program, with the plugins of its features and those that are added.
#[derive(Debug, Default)]
pub struct Program {
    added: Vec<&'static Plugin>,
    settings: Carried,
    distribution: Option<&'static str>,
}

/// How long blocking work, such as a git transfer, may still take after the run has ended.
const PATIENCE: Duration = Duration::from_millis(300);

impl Program {
    /// Adds a plugin of one's own. Two plugins of one kind stop the program at its start.
    #[must_use]
    pub fn with(mut self, plugin: &'static Plugin) -> Self {
        self.added.push(plugin);
        self
    }

    /// Carries the text of a settings file, which is used where neither `--settings` nor the current folder has one. Its relative paths
    /// start at the current folder.
    #[must_use]
    pub fn with_settings(mut self, text: &'static str) -> Self {
        self.settings.text = Some(text);
        self
    }

    /// Refuses any other settings than the text it carries: neither a file nor `--settings` takes precedence over it.
    #[must_use]
    pub fn settings_only(mut self) -> Self {
        self.settings.is_pinned = true;
        self
    }

    /// Bears the name of the distribution that it is built for, which `version` tells.
    #[must_use]
    pub fn named(mut self, distribution: &'static str) -> Self {
        self.distribution = Some(distribution);
        self
    }

    /// Runs with the arguments and environment variables of the process.
    pub fn run(self) -> ExitCode {
        #[cfg(panic = "abort")]
        exit_after_panics();
        let cli = match Cli::try_parse() {
            Ok(cli) => cli,
            Err(error) => {
                let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
                let _ = error.print();
                return ExitCode::from(exit.code());
            }
        };
        let variables: ProcessVariables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let redactor = Redactor::default();
        let output = Output::new(&cli.global, redactor.clone(), &variables);
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                output.error(&Error::new(Kind::Io, "the program cannot start").with_cause(error));
                return ExitCode::from(Exit::Failed.code());
            }
        };
        let signals = Signals::default();
        let ended = runtime.block_on(self.dispatch(cli, variables, redactor, &output, &signals));
        runtime.shutdown_timeout(PATIENCE);
        let exit = ended.unwrap_or_else(|error| {
            output.error(&error);
            Exit::of(&error)
        });
        ExitCode::from(signals.exit(exit).code())
    }

    async fn dispatch(
        self,
        cli: Cli,
        variables: ProcessVariables,
        redactor: Redactor,
        output: &Output,
        signals: &Signals,
    ) -> Result<Exit> {
        let table = plugins::table(&self.added)?;
        let cancel = CancellationToken::new();
        signals
            .watch(cancel.clone())
            .map_err(|error| Error::new(Kind::Io, "watch for signals").with_cause(error))?;
        let command = match cli.command {
            Some(command) => command,
            // Without a command the program deploys only in place of the original.
            None if way_in(&cli.global, self.settings, &variables)? == WayIn::Variables => {
                Command::Deploy(Deploy::default())
            }
            None => {
                let help = crate::cli::command().render_long_help().to_string();
                output.message(&help);
                output.message("error: no command; to write the configuration, run `sesam-deployer deploy`");
                return Ok(Exit::Usage);
            }
        };
        let open = || {
            Session::open(
                cli.global.clone(),
                self.settings,
                &table,
                variables.clone(),
                redactor.clone(),
                cancel.clone(),
                output,
            )
        };
        match command {
            Command::Deploy(arguments) => {
                let mut session = open()?;
                session.prepare_to_write(&arguments)?;
                commands::deploy::run(&session, &arguments).await
            }
            Command::Apply(arguments) => {
                let mut session = open()?;
                session.prepare_to_write(&arguments.deploy)?;
                commands::deploy::saved(&session, &arguments.deploy, &arguments.file, Purpose::Plan).await
            }
            Command::Restore(arguments) => {
                let mut session = open()?;
                match &arguments.file {
                    Some(file) => {
                        session.prepare_to_write(&arguments.deploy)?;
                        commands::deploy::saved(&session, &arguments.deploy, file, Purpose::Snapshot).await
                    }
                    None => commands::restore::list(&session, arguments.deploy.state.as_deref()).await,
                }
            }
            Command::Plan(arguments) => commands::plan::run(&open()?, &arguments).await,
            Command::Check(arguments) => commands::check::run(&open()?, &arguments).await,
            Command::Init(arguments) => {
                commands::init::run(&cli.global, &arguments, &table, &variables, output)
            }
            Command::Settings(arguments) if arguments.schema => {
                Ok(commands::settings::schema(&table, output))
            }
            Command::Settings(_) => commands::settings::run(&open()?),
            Command::Render(arguments) => commands::render::run(&open()?, &arguments).await,
            Command::Notify(_) => commands::notify::run(&open()?).await,
            #[cfg(feature = "embedded-node")]
            Command::Node(arguments) => {
                commands::node::run(&cli.global, &arguments, &variables, redactor, &cancel, output).await
            }
            Command::Plugins(arguments) => {
                Ok(commands::plugins::run(&table, arguments.command.as_ref(), output))
            }
            Command::Version => Ok(commands::version::run(&table, self.distribution, output)),
            Command::Completions { shell } => Ok(commands::completions::run(shell, output)),
        }
    }
}

/// Ends the process after the message of a panic, where nothing unwinds: an abort may leave a dump of the memory, which holds secrets.
#[cfg(panic = "abort")]
#[expect(clippy::exit, reason = "nothing is left to be given back")]
fn exit_after_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(Exit::Failed.code().into());
    }));
}
