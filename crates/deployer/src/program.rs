//! From the command line to an exit code.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use deployer_core::error::nearest;
use deployer_core::plugin::{Family, Plugin, ProcessVariables};
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_engine::saved::Purpose;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "watch")]
use crate::autodeployer;
#[cfg(feature = "watch")]
use crate::cli::Watch;
use crate::cli::{Cli, Command, Deploy, Restore};
use crate::commands;
use crate::exit::Exit;
use crate::output::Output;
use crate::output::plan::format_of;
use crate::plugins;
use crate::session::{Needs, Opener, Process, Scope, Session, way_in};
use crate::settings::{Carried, WayIn};
use crate::signals::Signals;

/// The program, with the plugins of its features and those that are added.
#[derive(Debug, Default)]
pub struct Program {
    added: Vec<&'static Plugin>,
    settings: Carried,
    distribution: Option<&'static str>,
}

/// How long blocking work, such as a git transfer, can still take after the run has ended.
const PATIENCE: Duration = Duration::from_millis(300);

impl Program {
    /// Adds a plugin. Two plugins of one kind are an error when the program starts.
    #[must_use]
    pub fn with(mut self, plugin: &'static Plugin) -> Self {
        self.added.push(plugin);
        self
    }

    /// Sets the text of a settings file, which is used if neither `--settings` nor the current folder has one. Its relative paths start at
    /// the current folder.
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

    /// The name of the distribution, which `version` shows.
    #[must_use]
    pub fn named(mut self, distribution: &'static str) -> Self {
        self.distribution = Some(distribution);
        self
    }

    /// Runs with the arguments and environment variables of the process.
    pub fn run(self) -> ExitCode {
        #[cfg(panic = "abort")]
        exit_after_panics();
        forbid_core_dumps();
        let cli = match Cli::try_parse() {
            Ok(cli) => cli,
            Err(error) => {
                let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
                let _ = with_likely_commands(error).print();
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
        let mut exit = ended.unwrap_or_else(|error| {
            output.error(&error);
            Exit::of(&error)
        });
        if let Some(error) = output.lost_results() {
            output.failure(&error);
            exit = if matches!(exit, Exit::Done | Exit::Changes) { Exit::Failed } else { exit };
        }
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
        check_clock(SystemTime::now())?;
        let table = plugins::table(&self.added)?;
        let cancel = CancellationToken::new();
        let command = match cli.command {
            Some(command) => command,
            None => match way_in(&cli.global, self.settings, &variables)? {
                // Without a command the program deploys only in place of the original.
                WayIn::Variables => Command::Deploy(Deploy::default()),
                #[cfg(feature = "watch")]
                WayIn::Autodeployer => Command::Watch(Watch::default()),
                _ => return Ok(no_command(output)),
            },
        };
        signals
            .watch(cancel.clone(), !reads_settings_again(&command))
            .map_err(|error| Error::new(Kind::Io, "watch for signals").with_cause(error))?;
        let needs = needs(&command);
        let process =
            Process { variables: variables.clone(), redactor: redactor.clone(), cancel: cancel.clone() };
        let opener = Opener { carried: self.settings, needs, table: &table, process };
        let open = || opener.open(&cli.global, output);
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
                restore(&mut session, &arguments).await
            }
            Command::Lock(arguments) => commands::lock::run(&open()?, &arguments).await,
            Command::Plan(arguments) => match format_of(arguments.format, cli.global.json) {
                Ok(format) => commands::plan::run(&open()?, &arguments, format).await,
                Err(error) => {
                    output.error(&error);
                    Ok(Exit::Usage)
                }
            },
            Command::Test(arguments) => commands::test::test(&mut open()?, &arguments).await,
            Command::Run(arguments) => commands::test::run(&open()?, &arguments).await,
            Command::Verify(arguments) => commands::test::verify(&open()?, &arguments).await,
            Command::Update(arguments) => commands::test::update(&open()?, &arguments).await,
            #[cfg(feature = "watch")]
            Command::Watch(_)
                if way_in(&cli.global, self.settings, &variables)? == WayIn::Autodeployer
                    && autodeployer::is_off(&variables) =>
            {
                Ok(commands::watch::idle(&cancel, output).await)
            }
            #[cfg(feature = "watch")]
            Command::Watch(arguments) => commands::watch::run(&opener, &cli.global, &arguments, output).await,
            #[cfg(feature = "watch")]
            Command::Approve(arguments) => {
                commands::watch::approve(&opener, &cli.global, &arguments, output).await
            }
            Command::Pipes(arguments) => commands::pipes::pipes(&open()?, &arguments).await,
            Command::Logs(arguments) => commands::pipes::logs(&open()?, &arguments).await,
            Command::Status(arguments) => commands::status::run(&open()?, &arguments).await,
            Command::Explain(arguments) => commands::explain::run(&open()?, &arguments).await,
            Command::Dump(arguments) => commands::dump::run(&open()?, &arguments).await,
            Command::Check(arguments) => commands::check::run(&open()?, &arguments).await,
            Command::Init(arguments) => {
                commands::init::run(&cli.global, &arguments, &table, &variables, output)
            }
            Command::Settings(arguments) if arguments.schema => {
                Ok(commands::settings::schema(&table, output))
            }
            Command::Settings(arguments) if arguments.keys => Ok(commands::settings::keys(output)),
            Command::Settings(_) => commands::settings::run(&open()?),
            Command::Graph(arguments) => commands::graph::run(&open()?, &arguments).await,
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
            Command::Man { folder } => commands::man::run(&folder),
            Command::Completions { shell } => {
                Ok(commands::completions::run(shell, &cli.global, self.settings, &variables, &table, output))
            }
        }
    }
}

/// Prints the help of a program that was started without a command.
fn no_command(output: &Output) -> Exit {
    output.message(&crate::cli::command().render_long_help().to_string());
    output.message("error: a command is required. To deploy, run `sesam-deployer deploy`");
    Exit::Usage
}

/// Whether SIGHUP makes a command read its settings again. It ends all others.
fn reads_settings_again(command: &Command) -> bool {
    match command {
        #[cfg(feature = "watch")]
        Command::Watch(_) => true,
        _ => false,
    }
}

fn needs(command: &Command) -> Needs {
    let is_test =
        matches!(command, Command::Test(_) | Command::Run(_) | Command::Verify(_) | Command::Update(_));
    Needs {
        credentials: credentials(command),
        environment: is_test.then_some(commands::test::ENVIRONMENT),
        #[cfg(feature = "watch")]
        takes_fleet: matches!(command, Command::Watch(_) | Command::Approve(_) | Command::Settings(_)),
    }
}

/// The families of plugins whose credentials a command needs.
fn credentials(command: &Command) -> &'static [Family] {
    match command {
        Command::Deploy(_) | Command::Apply(_) => Scope::Everything.families(),
        #[cfg(feature = "watch")]
        Command::Watch(_) => Scope::Everything.families(),
        #[cfg(feature = "watch")]
        Command::Approve(_) => Scope::State.families(),
        Command::Plan(_) => Scope::Targets.families(),
        Command::Status(status) => commands::status::scope(status).families(),
        Command::Test(test) => commands::test::scope(test.with_secrets).families(),
        Command::Lock(_) => Scope::NodesAndState.families(),
        Command::Dump(_) | Command::Pipes(_) | Command::Logs(_) => Scope::Nodes.families(),
        Command::Run(_) => Scope::NodesAndState.families(),
        Command::Verify(_) | Command::Update(_) => Scope::Nodes.families(),
        Command::Explain(explain) => commands::explain::scope(explain).families(),
        Command::Check(check) if check.resolve => Scope::Stores.families(),
        Command::Notify(_) => Scope::Notifiers.families(),
        _ => &[],
    }
}

/// Restores a snapshot, or lists snapshots.
async fn restore(session: &mut Session<'_>, arguments: &Restore) -> Result<Exit> {
    let state = arguments.deploy.state.as_deref();
    let last = if arguments.last { Some(commands::restore::last(session, state).await?) } else { None };
    match arguments.file.clone().or(last.map(PathBuf::from)) {
        Some(file) => {
            session.prepare_to_write(&arguments.deploy)?;
            commands::deploy::saved(session, &arguments.deploy, &file, Purpose::Snapshot).await
        }
        None => commands::restore::list(session, state).await,
    }
}

/// Replaces clap's guess of a similar command by ours, which needs more letters in common.
fn with_likely_commands(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand).cloned() else {
        return error;
    };
    error.remove(ContextKind::SuggestedSubcommand);
    let command = crate::cli::command();
    if let Some(near) = nearest(&typed, command.get_subcommands().map(clap::Command::get_name)) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![near.to_owned()]));
    }
    error
}

/// Tokens and commits contain times, which cannot be computed before 1970.
///
/// # Errors
/// `Io` when the clock of this machine is set to a time before 1970.
fn check_clock(now: SystemTime) -> Result<()> {
    if now >= SystemTime::UNIX_EPOCH {
        return Ok(());
    }
    Err(Error::new(Kind::Io, "the clock of this machine is set to a time before 1970")
        .with_hint("set the clock, then run again"))
}

/// A dump of the memory would contain secrets. A system that does not allow the limit keeps its own.
fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// Ends the process after the message of a panic if panics abort: an abort can leave a dump of the memory, which contains secrets.
#[cfg(panic = "abort")]
#[expect(clippy::exit, reason = "nothing is left to release")]
fn exit_after_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(Exit::Failed.code().into());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion(typed: &str) -> Option<String> {
        let error = Cli::try_parse_from(["sesam-deployer", typed]).expect_err("there is no such command");
        let text = with_likely_commands(error).to_string();
        let tip = text.split_once("similar subcommand exists: '")?.1;
        tip.split_once('\'').map(|(name, _)| name.to_owned())
    }

    #[test]
    fn only_a_likely_command_is_suggested() {
        for (typed, expected) in [
            ("teste", Some("test")),
            ("stauts", Some("status")),
            ("depoly", Some("deploy")),
            ("pln", Some("plan")),
            ("x", None),
        ] {
            assert_eq!(suggestion(typed).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn a_clock_before_1970_is_an_error() {
        assert!(check_clock(SystemTime::UNIX_EPOCH).is_ok());
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(check_clock(before).unwrap_err().kind(), Kind::Io);
    }
}
