//! `watch`: keeps the nodes as the configuration says.

mod revision;
mod server;

use std::time::{Duration, SystemTime};

use deployer_core::error::Note;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use deployer_watch::{Action, Ended, Notice, State, Watch as Machine};
use tokio::time::Instant;

use self::revision::Looker;
use super::deploy;
use super::status::rows;
use crate::cli::{Approve, Approved, Deploy, Shown, Watch};
use crate::exit::Exit;
use crate::files;
use crate::output::watch::short;
use crate::output::{Style, status};
use crate::session::{Scope, Session};
use crate::state::{self, State as Folder};
use crate::watching::{Board, Run};

/// The file in the state folder that names the plan which a person on this machine approved.
const APPROVAL: &str = "watch-approved";

/// How often that file is looked for.
const APPROVAL_CHECK: Duration = Duration::from_secs(5);

/// Watches until the process is asked to end. `open` reads the settings.
pub(crate) async fn run<'s>(open: &dyn Fn() -> Result<Session<'s>>, arguments: &Watch) -> Result<Exit> {
    let session = open()?;
    session.settings.allow_writing()?;
    if session.settings.dry_run {
        return Err(Error::new(Kind::Refused, "`watch` writes to nodes, and DRY_RUN is set to true")
            .with_hint("unset DRY_RUN, or compare the nodes with `status`"));
    }
    let looker = open_source(&session, arguments).await?;
    let board = Board::default();
    let address = server::start(&session, &board).await?;
    session.output.message(&format!(
        "Watching {} for {}. Status at http://{address}/",
        looker.location(),
        session.settings.environment
    ));
    let mut watcher = Watcher::new(session, looker, arguments, &board);
    let mut hangup = Hangup::new()?;
    loop {
        let wait = watcher.round().await?;
        tokio::select! {
            biased;
            () = watcher.session.context.cancel.cancelled() => return Err(Runner::interrupted()),
            () = board.wake.notified() => {}
            () = hangup.received() => {
                let opened = match open() {
                    Ok(session) => open_source(&session, arguments).await.map(|looker| (session, looker)),
                    Err(error) => Err(error),
                };
                match opened {
                    Ok((session, looker)) => {
                        session.output.message("The settings were read again.");
                        watcher = Watcher::new(session, looker, arguments, &board);
                    }
                    Err(error) => {
                        watcher.session.output.failure(&error.with_hint("the previous settings stay in use"));
                    }
                }
            }
            () = tokio::time::sleep(wait.min(APPROVAL_CHECK)) => {}
        }
    }
}

async fn open_source(session: &Session<'_>, arguments: &Watch) -> Result<Looker> {
    let state = Folder::folder(session, arguments.state.as_deref());
    Looker::new(session, state.as_deref()).await
}

/// Approves the plan that a process with the same state folder holds.
pub(crate) fn approve(session: &Session<'_>, arguments: &Approve) -> Result<Exit> {
    let (state, note) = Folder::open(session, arguments.state.as_deref())?;
    session.finish(Vec::from_iter(note));
    let Some(folder) = state.path() else {
        return Err(Error::new(Kind::Settings, "there is no state folder to save the approval in")
            .with_hint("name the one of the watching process: --state DIR"));
    };
    files::write(&folder.join(APPROVAL), &arguments.plan)?;
    let message =
        format!("Approved plan {}. The watching process deploys it if it holds this plan.\n", arguments.plan);
    session.output.result(&message);
    Ok(Exit::Done)
}

/// The watch of one environment, whose nodes are one target: they are deployed together, as `deploy` does.
struct Watcher<'s, 'a> {
    session: Session<'s>,
    looker: Looker,
    arguments: &'a Watch,
    board: &'a Board,
    machine: Machine,
    clock: Instant,
}

impl<'s, 'a> Watcher<'s, 'a> {
    fn new(session: Session<'s>, looker: Looker, arguments: &'a Watch, board: &'a Board) -> Self {
        let environment = session.settings.environment.clone();
        board.begin(&environment, looker.location());
        let machine = Machine::new(session.settings.keys.watch.rules(), [environment], fastrand::u64(..));
        Self { session, looker, arguments, board, machine, clock: Instant::now() }
    }

    /// Carries out everything that is due. Returns how long nothing is.
    async fn round(&mut self) -> Result<Duration> {
        self.take_wishes();
        loop {
            let actions = self.machine.due(self.clock.elapsed());
            self.show();
            if actions.is_empty() {
                let next = self.machine.next().unwrap_or(Duration::MAX);
                return Ok(next.saturating_sub(self.clock.elapsed()));
            }
            for action in actions {
                self.carry_out(action).await?;
                if self.session.runner.is_interrupted() {
                    return Err(Runner::interrupted());
                }
                self.show();
            }
        }
    }

    async fn carry_out(&mut self, action: Action) -> Result<()> {
        let notice = match action {
            Action::CheckRevision => self.check().await,
            Action::Compare { target, revision } => {
                let differs = self.compare(&revision).await?;
                self.machine.compared(self.clock.elapsed(), &target, differs)
            }
            Action::Deploy { target, revision, approved } => {
                self.deploy(&target, &revision, approved).await?
            }
        };
        if let Some(notice) = notice {
            self.session.output.message(&sentence(&notice));
        }
        Ok(())
    }

    async fn check(&mut self) -> Option<Notice> {
        let revision = self.looker.revision(&self.session).await;
        let revision = revision.map_err(|error| self.session.output.mask(&error.to_string()).0);
        let mut content = self.board.lock();
        if let Ok(revision) = &revision {
            content.checks += 1;
            content.checked = Some(SystemTime::now());
            content.newest = Some(revision.clone());
        }
        content.source_failure = revision.as_ref().err().cloned();
        drop(content);
        self.machine.checked(self.clock.elapsed(), revision.as_deref().map_err(String::as_str))
    }

    /// Whether the nodes differ from the configuration. An error says that this is unknown: another revision, or a node that does not
    /// answer.
    async fn compare(&self, revision: &str) -> Result<std::result::Result<bool, ()>> {
        let session = &self.session;
        let (deployment, _) = match session.deployment(Scope::Nodes).await {
            Ok(deployment) => deployment,
            Err(error) => return self.unknown(&error),
        };
        let folder = Folder::folder(session, self.arguments.state.as_deref());
        let deployed = state::deployed(folder.as_deref(), &state::targets(&deployment));
        let read = deployment.status(&session.runner).await;
        session.finish(deployment.close(&session.runner).await);
        let states = match read {
            Ok(states) => states,
            Err(error) => return self.unknown(&error),
        };
        // A folder can have changed since its revision was read.
        let read = match &states.revision {
            Some(read) => Ok(read.to_string()),
            None => self.looker.revision(session).await,
        };
        let is_another = read.is_ok_and(|read| read != revision);
        if is_another || states.nodes.iter().any(|node| node.read.is_err()) {
            return Ok(Err(()));
        }
        let differs = !states.is_as_wanted();
        let rows = rows(&states, &deployed);
        let text = || status::text(&session.settings.environment, &states, &rows, Style::default());
        self.board.lock().why = differs.then(|| session.output.mask(&text()).0);
        Ok(Ok(differs))
    }

    fn unknown(&self, error: &Error) -> Result<std::result::Result<bool, ()>> {
        if error.kind() == Kind::Interrupted {
            return Err(error.clone());
        }
        self.session.output.notes(&[Note::warning(format!("the nodes cannot be compared: {error}"))]);
        Ok(Err(()))
    }

    async fn deploy(
        &mut self,
        target: &str,
        revision: &str,
        approved: Option<String>,
    ) -> Result<Option<Notice>> {
        let Self { session, machine, clock, board, .. } = self;
        let options = Deploy {
            state: self.arguments.state.clone(),
            shown: Shown { summary: true, full: false },
            unattended: Some(approved.map_or(Approved::Nothing, Approved::Plan)),
            ..Deploy::default()
        };
        let (began, at) = (Instant::now(), SystemTime::now());
        session.output.message(&format!("\nDeploy {} to {target}", short(revision)));
        let mask = |text: &str| session.output.mask(text).0;
        let mut notice = None;
        let watched = deploy::watched(session, &options, |watched| {
            let ended = match (&watched.error, &watched.held) {
                (Some(_), Some(plan)) => Ended::Held { plan: plan.clone() },
                (Some(error), _) => Ended::Failed { reason: mask(&full(error)) },
                (None, _) if watched.is_changed => Ended::Deployed,
                (None, _) => Ended::Unchanged,
            };
            notice = machine.deployed(clock.elapsed(), target, ended);
            notice.is_some()
        });
        let watched = match watched.await {
            Ok(watched) => watched,
            Err(error) if error.kind() == Kind::Interrupted => return Err(error),
            Err(error) => {
                notice =
                    machine.deployed(clock.elapsed(), target, Ended::Failed { reason: mask(&full(&error)) });
                deploy::Watched::failed(error)
            }
        };
        if let Some(error) = &watched.error {
            if error.kind() == Kind::Interrupted {
                return Err(error.clone());
            }
            match &watched.held {
                // Its hint is for somebody who runs `deploy`.
                Some(_) => session.output.message(&full(error)),
                None => session.output.failure(error),
            }
        }
        let outcome = match (&watched.error, &watched.held) {
            (None, _) => "deployed",
            (Some(_), Some(_)) => "held",
            (Some(_), None) => "failed",
        };
        let error = watched.error.as_ref().map(|error| mask(&full(error)));
        let mut content = board.lock();
        content.why.clone_from(&error);
        if error.is_none() {
            content.deployed = Some(revision.to_owned());
        }
        let (summary, receipt) = (mask(&watched.summary), mask(&watched.receipt));
        content.add(
            Run { at, revision: revision.to_owned(), outcome, summary, receipt, error },
            began.elapsed(),
        );
        drop(content);
        Ok(notice)
    }

    /// Takes triggers and approvals.
    fn take_wishes(&mut self) {
        let (is_triggered, mut approved) = {
            let mut content = self.board.lock();
            (std::mem::take(&mut content.is_triggered), content.approved.take())
        };
        let is_held = self.machine.states().any(|(_, state)| matches!(state, State::Held { .. }));
        if is_held && let Some(folder) = Folder::folder(&self.session, self.arguments.state.as_deref()) {
            let file = folder.join(APPROVAL);
            if let Ok(plan) = std::fs::read_to_string(&file) {
                let _ = std::fs::remove_file(file);
                approved = Some(plan);
            }
        }
        let environment = &self.session.settings.environment;
        if let Some(plan) = approved {
            let plan = plan.trim();
            let message = if self.machine.approve(environment, plan) {
                format!("Plan {plan} was approved.")
            } else {
                format!("Plan {plan} was approved, but another plan is held.")
            };
            self.session.output.message(&message);
        }
        if is_triggered {
            self.machine.trigger(self.clock.elapsed());
        }
    }

    /// Shows the state on the board.
    fn show(&self) {
        let Some((_, state)) = self.machine.states().next() else { return };
        let mut content = self.board.lock();
        if content.state != *state {
            content.state = state.clone();
            content.since = SystemTime::now();
        }
    }
}

/// An error with those it is made of, a line each.
fn full(error: &Error) -> String {
    error.all().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A report, for the log.
fn sentence(notice: &Notice) -> String {
    match notice {
        Notice::SourceFailed { reason } => format!("The source cannot be read: {reason}"),
        Notice::SourceRecovered => "The source can be read again.".to_owned(),
        Notice::Deployed { target, revision } => format!("{target} has {}.", short(revision)),
        Notice::Held { plan, .. } => {
            format!(
                "Plan {plan} needs consent: `sesam-deployer approve {plan}` releases it, and a new revision replaces it."
            )
        }
        Notice::Failed { target, revision, .. } => {
            format!("{} is tried again on {target}.", short(revision))
        }
        Notice::GivenUp { target, revision } => {
            format!("{} is not tried again on {target} before a trigger or a new revision.", short(revision))
        }
        Notice::Drifted { target, .. } => format!("A node of {target} no longer has what was deployed."),
        Notice::Recovered { target, revision } => format!("{target} has {} again.", short(revision)),
    }
}

/// SIGHUP, which asks to read the settings again.
struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangup {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        signal.map(Self).map_err(|error| Error::new(Kind::Io, "watch for SIGHUP").with_cause(error))
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(Self())
    }

    async fn received(&mut self) {
        #[cfg(unix)]
        self.0.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
