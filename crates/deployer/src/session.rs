//! The parts that every command on a configuration needs: the settings, the context of plugins, and the runner.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deployer_core::document::SourceText;
use deployer_core::error::{Note, nearest};
use deployer_core::model::NodeName;
use deployer_core::plugin::{
    Commands, Context, Family, Plugin, ProcessVariables, RequestLimits, WriteAccess, blocking,
};
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_engine::run::{Deployment, Policy, Runner};
use deployer_engine::stages::Removals;
use tokio_util::sync::CancellationToken;

use crate::cli::{Deploy, Global};
use crate::delivery::Recipient;
use crate::output::{Output, Terminal};
use crate::plugins::find;
use crate::processes::Processes;
use crate::settings::{Asked, Built, Carried, Provenance, Setting, Settings, SettingsSource, WayIn};

/// The variable that chooses the environment.
const ENVIRONMENT: &str = "ENVIRONMENT";

/// How texts name the settings file that the program carries.
const BUILT_IN: &str = "the built-in deployer.toml";

/// How often progress is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// The settings, the context and the runner of a command.
pub(crate) struct Session<'a> {
    pub(crate) settings: Settings,
    pub(crate) context: Context,
    pub(crate) runner: Runner,
    pub(crate) output: &'a Output,
    pub(crate) leases: deployer_state::Ledger,
    table: &'a [&'static Plugin],
    global: Global,
    only: Option<NodeName>,
    progress: Arc<Terminal>,
    /// Draws the progress, if it is shown.
    drawing: Option<tokio::task::JoinHandle<()>>,
}

/// Opens sessions of one process.
pub(crate) struct Opener<'t> {
    pub(crate) carried: Carried,
    pub(crate) needs: Needs,
    pub(crate) table: &'t [&'static Plugin],
    pub(crate) process: Process,
}

impl Opener<'_> {
    /// Reads the settings that options name.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(crate) fn open<'s>(&'s self, global: &Global, output: &'s Output) -> Result<Session<'s>> {
        Session::open(global.clone(), self.carried, self.needs, self.table, self.process.clone(), output)
    }
}

/// What a process gives to its run.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// The environment variables.
    pub(crate) variables: ProcessVariables,
    /// Masks every secret of the run.
    pub(crate) redactor: Redactor,
    /// Is cancelled by a signal.
    pub(crate) cancel: CancellationToken,
}

/// What a command needs of the settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// The families of plugins whose credentials must be found.
    pub(crate) credentials: &'static [Family],
    /// The environment that it is for, if the settings file defines it and no other is asked for.
    pub(crate) environment: Option<&'static str>,
    /// Whether it can use a settings file that lists deployments.
    #[cfg(feature = "watch")]
    pub(crate) takes_fleet: bool,
}

/// The plugins that a command needs. Other plugins are not built, so that their credentials are not required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The source.
    Source,
    /// The source and the stores.
    Stores,
    /// The source, the stores, the targets and the state.
    Targets,
    /// The source and the targets.
    Nodes,
    /// The source, the targets and the state.
    NodesAndState,
    /// The source and the state.
    #[cfg(feature = "watch")]
    State,
    /// All plugins.
    Everything,
    /// The notifiers.
    Notifiers,
}

impl Scope {
    pub(crate) fn families(self) -> &'static [Family] {
        const ALL: [Family; 5] =
            [Family::Source, Family::Store, Family::Target, Family::State, Family::Notify];
        match self {
            Self::Source => &ALL[..1],
            Self::Stores => &ALL[..2],
            Self::Targets => &ALL[..4],
            Self::Nodes => &[Family::Source, Family::Target],
            Self::NodesAndState => &[Family::Source, Family::Target, Family::State],
            #[cfg(feature = "watch")]
            Self::State => &ALL[3..4],
            Self::Everything => &ALL,
            Self::Notifiers => &ALL[4..],
        }
    }
}

impl<'a> Session<'a> {
    /// Reads the settings, and starts the log and the progress.
    pub(crate) fn open(
        global: Global,
        carried: Carried,
        needs: Needs,
        table: &'a [&'static Plugin],
        Process { variables, redactor, cancel }: Process,
        output: &'a Output,
    ) -> Result<Self> {
        let mut settings = read_settings(&global, carried, table, &variables, needs)?;
        #[cfg(feature = "watch")]
        if let Some(error) = settings.not_one().filter(|_| !needs.takes_fleet) {
            return Err(error);
        }
        if let Some(folder) = &global.source {
            settings.read_from(&source_folder(folder)?);
        }
        let commands = match (global.no_commands, settings.keys.safety.commands) {
            (true, _) => Commands::forbidden("`--no-commands` forbids commands"),
            (false, false) => Commands::forbidden("`commands = false` in [safety] forbids commands"),
            (false, true) => Commands::new(Processes::new(cancel.clone())),
        };
        let level = global.level().map_or(settings.keys.log_level.0, |(level, _)| level);
        output.use_format(settings.keys.log_format);
        output.start_log(level);
        output.notes(&settings.notes);
        let only = global.node.as_deref().map(|name| known_node(&settings, name)).transpose()?;
        let limits = &settings.keys.limits;
        let at_most = |requests: NonZeroUsize| {
            RequestLimits::new(requests.get()).with_answer_bytes(limits.answer_bytes())
        };
        let context = Context::new(settings.environment.clone())
            .with_variables(variables)
            .with_folder(settings.folder())
            .with_commands(commands)
            .with_requests(at_most(limits.requests))
            .with_store_requests(at_most(limits.store_requests))
            .with_target_writes(WriteAccess::none())
            .with_link(settings.link.clone())
            .with_cancel(cancel.clone())
            .with_redactor(redactor);
        let progress = Arc::new(Terminal::new(!global.json && !global.quiet && !output.is_labelled()));
        let policy = Policy { silence: Duration::from_secs(limits.silence_seconds), ..Policy::default() };
        let runner = Runner::new(policy, cancel, Arc::clone(&progress) as _)
            .with_writes(context.target_writes.clone());
        let (leases, drawn) = (deployer_state::Ledger::default(), Arc::clone(&progress));
        let drawing = async move {
            loop {
                tokio::time::sleep(FRAME).await;
                drawn.tick();
            }
        };
        // A process that watches for days does not wake up for nobody.
        let drawing = progress.is_shown().then(|| tokio::spawn(drawing));
        Ok(Self { settings, context, runner, output, leases, table, global, only, progress, drawing })
    }

    /// The deployment of the settings with the plugins that the command needs, and its notifiers.
    pub(crate) async fn deployment(&self, scope: Scope) -> Result<(Deployment, Vec<Recipient>)> {
        let Built { deployment, notifiers, .. } = self.built(scope).await?;
        Ok((deployment, notifiers))
    }

    /// Everything that the settings and the command need.
    pub(crate) async fn built(&self, scope: Scope) -> Result<Built> {
        let (settings, table, context) = (self.settings.clone(), self.table.to_vec(), self.context.clone());
        // Building reads files, and waits for the commands that credentials come from.
        let span = tracing::Span::current();
        let build = move || span.in_scope(|| settings.build(&table, &context, scope.families()));
        let mut built = blocking("read the settings of plugins", build).await?;
        let deployment = &mut built.deployment;
        let root = deployment.source.location();
        self.output.use_configuration(Path::new(&root), &self.settings.configuration.folder);
        for node in &mut deployment.nodes {
            if !self.is_selected(&node.name) {
                node.target = None;
            }
        }
        Ok(built)
    }

    /// The deployments of the other environments of the settings file, only to read their configuration.
    pub(crate) async fn other_environments(&self) -> Vec<(String, Result<Deployment>)> {
        let mut deployments = Vec::new();
        for settings in &self.settings.others {
            let settings = settings.clone();
            let (name, table) = (settings.environment.clone(), self.table.to_vec());
            let mut context = self.context.clone();
            context.environment.clone_from(&name);
            let build = move || settings.build(&table, &context, Scope::Source.families());
            let built = blocking("read the settings of plugins", build).await;
            deployments.push((name, built.map(|built| built.deployment)));
        }
        deployments
    }

    /// Applies the options of a deploy, which take precedence over the settings.
    pub(crate) fn adopt(&mut self, arguments: &Deploy) {
        self.context.message.clone_from(&arguments.message);
        self.context.force = arguments.force;
        if let Some(most) = arguments.max_deletions {
            self.settings.safety.guard.removals = Removals::AtMost(most);
        }
    }

    /// Prepares a run that can write: checks that it may, and says so if `DRY_RUN` makes it dry.
    ///
    /// # Errors
    /// As [`Settings::allow_writing`], unless the command line asks for a dry run.
    pub(crate) fn prepare_to_write(&mut self, arguments: &Deploy) -> Result<()> {
        self.adopt(arguments);
        if arguments.dry_run {
            return Ok(());
        }
        if self.settings.dry_run && self.settings.origin.source != SettingsSource::Variables {
            let message = "DRY_RUN is set to true in the environment: this run writes nothing";
            self.output.notes(&[Note::remark(message)]);
        }
        self.settings.allow_writing()
    }

    /// A plugin of this program.
    pub(crate) fn plugin(&self, family: Family, kind: &str) -> Option<&'static Plugin> {
        find(self.table, family, kind)
    }

    /// Checks the settings of every environment as a program with all plugins would.
    pub(crate) fn check_all_environments(&self) -> Result<()> {
        self.settings.check(self.table)
    }

    /// The effective settings. Options take precedence over environment variables, then the file.
    pub(crate) fn effective(&self) -> Result<Vec<Setting>> {
        let mut settings = self.settings.effective(self.table)?;
        let level =
            self.global.level().map(|(level, option)| (level.to_string().to_ascii_lowercase(), option));
        let by_variable = self.settings.origin.source != SettingsSource::Variables
            && self.context.variables.get(ENVIRONMENT).is_some();
        if self.global.source.is_some() {
            let source = settings.iter_mut().filter(|setting| setting.section == ["source"]);
            source.for_each(|setting| setting.from = Provenance::Flag("--source"));
        }
        for setting in settings.iter_mut().filter(|setting| setting.section.is_empty()) {
            match (setting.key[0].as_str(), &level) {
                ("environment", _) if self.global.environment.is_some() => {
                    setting.from = Provenance::Flag("--environment");
                }
                ("environment", _) if by_variable => {
                    setting.from = Provenance::Variable(ENVIRONMENT.to_owned());
                }
                ("log_level", Some((level, option))) => {
                    setting.value = level.as_str().into();
                    setting.from = Provenance::Flag(option);
                }
                ("log_format", _) => {
                    setting.value = serde_json::json!(self.output.log_format());
                    if self.global.log_format.is_some() {
                        setting.from = Provenance::Flag("--log-format");
                    } else if let Some(variable) = self.output.log_format_variable() {
                        setting.from = Provenance::Variable(variable.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(settings)
    }

    /// Whether a node takes part in the run.
    pub(crate) fn is_selected(&self, node: &NodeName) -> bool {
        self.only.as_ref().is_none_or(|only| only == node)
    }

    /// Ends the progress and prints notes.
    pub(crate) fn finish(&self, notes: Vec<Note>) {
        self.progress.clear();
        self.output.notes(&notes);
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(drawing) = &self.drawing {
            drawing.abort();
        }
        self.progress.clear();
    }
}

/// Where the settings of the run come from.
pub(crate) fn way_in(global: &Global, carried: Carried, variables: &ProcessVariables) -> Result<WayIn> {
    WayIn::find(global.settings.as_deref(), global.no_settings_file, carried, Path::new("."), variables)
}

fn read_settings(
    global: &Global,
    carried: Carried,
    table: &[&'static Plugin],
    variables: &ProcessVariables,
    needs: Needs,
) -> Result<Settings> {
    let asked = Asked {
        plugins: Some(table),
        credentials: needs.credentials,
        preferred: needs.environment,
        source: global.source.as_deref(),
        ..Asked::new(global.environment.as_deref(), variables)
    };
    let of_file = Asked { environment: asked.environment.or_else(|| variables.get(ENVIRONMENT)), ..asked };
    match way_in(global, carried, variables)? {
        WayIn::File(path) => {
            let text = settings_text(&path)?;
            Settings::read(SettingsSource::File(path), text, of_file)
        }
        WayIn::BuiltIn(text) => {
            Settings::read(SettingsSource::BuiltIn, SourceText::new(BUILT_IN, text), of_file)
        }
        #[cfg(feature = "watch")]
        WayIn::Autodeployer => crate::autodeployer::settings(asked),
        WayIn::Variables | WayIn::Nothing => Settings::from_variables(asked),
    }
}

/// The text of a settings file.
fn settings_text(path: &Path) -> Result<SourceText> {
    let unreadable = || Error::new(Kind::Settings, format!("read the settings file {}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| unreadable().with_cause(error))?;
    SourceText::from_bytes(path.display().to_string(), bytes).map_err(|error| {
        let places = error.places().to_vec();
        error.hints().iter().fold(unreadable().with_cause(error.message()).at_all(places), |error, hint| {
            error.with_hint(hint.clone())
        })
    })
}

/// The folder that `--source` names; relative paths start at the current folder.
fn source_folder(folder: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(folder).map_err(|error| {
        Error::new(Kind::Settings, format!("--source {}", folder.display())).with_cause(error)
    })?;
    if path.is_dir() {
        return Ok(path);
    }
    let message = format!("--source: {} is not a folder", folder.display());
    Err(Error::new(Kind::Settings, message).with_hint("name the folder that contains node/"))
}

fn known_node(settings: &Settings, name: &str) -> Result<NodeName> {
    let names = || settings.nodes.iter().map(|node| node.name.as_str());
    if let Some(node) = settings.nodes.iter().find(|node| node.name.as_str() == name) {
        return Ok(node.name.clone());
    }
    let known: Vec<&str> = names().collect();
    let error = Error::new(
        Kind::Settings,
        format!("--node: unknown node {name:?}; expected one of {}", known.join(", ")),
    );
    Err(match nearest(name, names()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error,
    })
}
