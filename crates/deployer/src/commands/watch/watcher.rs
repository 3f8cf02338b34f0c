//! The watch of one deployment: carries out what the state machine asks for.

use std::time::{Duration, SystemTime};

use deployer_core::error::Note;
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use deployer_watch::{Action, Compared, Ended, Notice, State, Told, Watch as Machine};
use tokio::time::Instant;

use super::common::Common;
use super::deploy::{Watched, watched};
use super::held::HeldPlan;
use super::notices::{full, report, sentence};
use super::revision::Looker;
use super::sharing::Post;
use crate::cli::{Approved, Deploy, Shown};
use crate::commands::status::{look, rows};
use crate::delivery::{Delivery, deliver};
use crate::output::watch::{short, word};
use crate::output::{Style, status};
use crate::session::{Scope, Session};
use crate::settings::Built;
use crate::state::{self, Observed};
use crate::watching::{Board, Elsewhere, Run};

/// How long a deploy waits for another run that has one of its nodes.
const WAIT: Duration = Duration::from_secs(600);

/// The watch of one deployment, whose nodes are one target: they are deployed together, as `deploy` does.
pub(super) struct Watcher<'s> {
    session: Session<'s>,
    looker: Looker,
    common: &'s Common<'s>,
    /// The deployment; empty if it is alone.
    name: String,
    board: Board,
    machine: Machine,
    held: HeldPlan,
    clock: Instant,
    /// Whether this replica serves the deployment.
    is_serving: bool,
    /// The leases of its nodes, once another replica deploys it.
    observed: Option<Observed>,
}

impl<'s> Watcher<'s> {
    /// A watch that has not begun. `told` comes from an earlier watch with other settings, which this replica served.
    pub(super) fn new(
        common: &'s Common<'s>,
        name: &str,
        session: Session<'s>,
        looker: Looker,
        board: &Board,
        told: Option<Told>,
    ) -> Self {
        let environment = &session.settings.environment;
        board.begin(environment, looker.location(), session.leases.clone());
        let is_serving = common.sharing.is_none() || told.is_some();
        let machine = machine(&session).resume(&told.unwrap_or_default());
        let (name, board) = (name.to_owned(), board.clone());
        let (held, clock) = (HeldPlan::default(), Instant::now());
        Self { session, looker, common, name, board, machine, held, clock, is_serving, observed: None }
    }

    /// What people were told, for a watch with other settings. It deploys.
    pub(super) fn told(self) -> Option<Told> {
        let mut told = self.machine.told();
        told.targets.values_mut().for_each(|target| target.settled = None);
        Some(told).filter(|_| self.is_serving)
    }

    /// Another replica serves the deployment. While it deploys, this one looks at the leases of the nodes.
    pub(super) async fn rest(&mut self) {
        if std::mem::take(&mut self.is_serving) {
            self.session.output.message("Another replica serves this deployment now.");
        }
        let is_deploying = self.board.lock().elsewhere.as_ref().is_some_and(Elsewhere::is_deploying);
        if !is_deploying {
            return;
        }
        let cancel = self.session.context.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.observe() => {}
        }
    }

    async fn observe(&mut self) {
        if self.observed.is_none() {
            match self.leases().await {
                Ok(observed) => self.observed = observed,
                // A deploy of this replica reports why.
                Err(error) => tracing::debug!(%error, "the leases of another replica cannot be looked at"),
            }
        }
        if let Some(observed) = &self.observed {
            observed.look().await;
        }
    }

    /// The leases of the nodes, if a place has them.
    async fn leases(&self) -> Result<Option<Observed>> {
        let Built { deployment, state, .. } = self.session.built(Scope::NodesAndState).await?;
        let targets = state::targets(&deployment);
        Ok(state.map(|place| Observed::new(&self.session, &place.leases(), &targets)))
    }

    /// Goes on where another replica ended.
    fn begin(&mut self) {
        if self.is_serving {
            return;
        }
        self.is_serving = true;
        let told = self.common.sharing.as_ref().map(|sharing| sharing.told(&self.name)).unwrap_or_default();
        (self.machine, self.clock) = (machine(&self.session).resume(&told), Instant::now());
        self.board.begin(
            &self.session.settings.environment,
            self.looker.location(),
            self.session.leases.clone(),
        );
        self.session.output.message("This replica serves this deployment now.");
    }

    /// Carries out everything that is due. Returns how long nothing is.
    pub(super) async fn round(&mut self) -> Result<Duration> {
        self.begin();
        self.take_wishes().await;
        loop {
            let actions = self.machine.due(self.clock.elapsed());
            if actions.is_empty() {
                self.show().await;
                let next = self.machine.next().unwrap_or(Duration::MAX);
                return Ok(next.saturating_sub(self.clock.elapsed()));
            }
            for action in actions {
                let limit = match action {
                    Action::CheckRevision => &self.common.checks,
                    Action::Compare { .. } | Action::Deploy { .. } => &self.common.work,
                };
                let permit = tokio::select! {
                    permit = limit.acquire() => permit,
                    () = self.session.context.cancel.cancelled() => return Err(Runner::interrupted()),
                };
                self.show().await;
                self.carry_out(action).await?;
                drop(permit);
                if self.session.runner.is_interrupted() {
                    return Err(Runner::interrupted());
                }
                self.show().await;
            }
        }
    }

    async fn carry_out(&mut self, action: Action) -> Result<()> {
        let notice = match action {
            Action::CheckRevision => self.check().await,
            Action::Compare { target, revision } => {
                let compared = self.compare(&revision).await?;
                self.machine.compared(self.clock.elapsed(), &target, compared)
            }
            Action::Deploy { target, revision, approved } => {
                self.deploy(&target, &revision, approved).await?
            }
        };
        match notice {
            Some(notice @ Notice::CompareFailed { .. }) => {
                self.session.output.notes(&[Note::warning(sentence(&notice, &self.name))]);
            }
            Some(notice) => {
                self.session.output.message(&sentence(&notice, &self.name));
                self.notify(&notice).await;
            }
            None => {}
        }
        Ok(())
    }

    /// Tells notifiers of a state that is not the end of a deploy.
    async fn notify(&self, notice: &Notice) {
        let session = &self.session;
        let why = self.board.lock().why.clone();
        let Some(report) = report(notice, &self.title(), why.as_deref()) else { return };
        let recipients = match session.deployment(Scope::Notifiers).await {
            Ok((_, recipients)) => recipients,
            Err(error) => {
                session.output.notes(&[Note::warning(format!("no notifier can be used: {error}"))]);
                return;
            }
        };
        let report = report.with_link(session.settings.link.clone());
        let notified = deliver(&session.runner, &recipients, &report, false).await;
        session.finish(notified.iter().filter_map(Delivery::warning).collect());
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
        content.is_settled = true;
        drop(content);
        self.machine.checked(self.clock.elapsed(), revision.as_deref().map_err(String::as_str))
    }

    /// Compares the nodes with the configuration. An error ends the process.
    async fn compare(&self, revision: &str) -> Result<Compared> {
        let session = &self.session;
        let Built { mut deployment, state, .. } = match session.built(Scope::NodesAndState).await {
            Ok(built) => built,
            Err(error) => return self.unknown(&error),
        };
        deployment.source = self.looker.at(revision);
        let flag = self.common.arguments.state.as_deref();
        let (deployed, read) = look(session, flag, state.as_ref(), &deployment).await?;
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
        if read.is_ok_and(|read| read != revision) {
            return Ok(Compared::Outdated);
        }
        let failures: Vec<Error> =
            states.nodes.iter().filter_map(|node| node.read.as_ref().err().cloned()).collect();
        if !failures.is_empty() {
            return self.unknown(&Error::many(Kind::Unavailable, "nodes do not answer", failures));
        }
        let rows = rows(&states, &deployed);
        let text = || status::text(&session.settings.environment, &states, &rows, Style::default());
        let differs = !states.is_as_wanted();
        let mut content = self.board.lock();
        // A held plan stays on the page with the reason why it needs consent.
        if !(differs && self.is_held()) {
            content.why = differs.then(|| session.output.mask(&text()).0);
        }
        if !differs {
            content.deployed = Some(revision.to_owned());
        }
        for read in states.answered() {
            content.node(&read.plan.node.to_string()).is_drifted = !read.plan.is_empty();
        }
        Ok(if differs { Compared::Differs } else { Compared::Same })
    }

    fn unknown(&self, error: &Error) -> Result<Compared> {
        if error.kind() == Kind::Interrupted {
            return Err(error.clone());
        }
        Ok(Compared::Failed { reason: self.session.output.mask(&full(error)).0 })
    }

    async fn deploy(
        &mut self,
        target: &str,
        revision: &str,
        approved: Option<String>,
    ) -> Result<Option<Notice>> {
        let title = self.title();
        let Self { session, machine, clock, board, name, .. } = self;
        let names = (name.as_str(), title);
        let options = Deploy {
            state: self.common.arguments.state.clone(),
            shown: Shown { summary: true, full: false },
            unattended: Some(approved.map_or(Approved::Nothing, Approved::Plan)),
            wait: Some(WAIT),
            ..Deploy::default()
        };
        let (began, at) = (Instant::now(), SystemTime::now());
        session.output.message(&format!("\nDeploy {} to {target}", short(revision)));
        let mask = |text: &str| session.output.mask(text).0;
        let mut notice = None;
        let watched = watched(session, &options, names, |watched| {
            let ended = match (&watched.error, &watched.held) {
                (Some(_), Some(plan)) => Ended::Held { plan: plan.clone() },
                (Some(error), _) => Ended::Failed { reason: mask(&full(error)) },
                (None, _) if watched.is_changed => Ended::Deployed,
                (None, _) => Ended::Unchanged,
            };
            notice = machine.deployed(clock.elapsed(), target, ended);
            // A state that ended without a change is reported as such.
            notice.as_ref().is_some_and(|notice| !matches!(notice, Notice::Recovered { .. }))
        });
        let watched = match watched.await {
            Ok(watched) => watched,
            Err(error) if error.kind() == Kind::Interrupted => return Err(error),
            Err(error) => {
                notice =
                    machine.deployed(clock.elapsed(), target, Ended::Failed { reason: mask(&full(&error)) });
                Watched::failed(error)
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
        let error = watched.error.as_ref().map(|error| mask(&full(error)));
        let mut content = board.lock();
        content.why.clone_from(&error);
        if error.is_none() {
            content.deployed = Some(revision.to_owned());
        }
        let (summary, receipt) = (mask(&watched.summary), mask(&watched.receipt));
        for (node, outcome) in &watched.nodes {
            content.node(node).add(outcome);
        }
        let outcome = watched.outcome();
        content.add(
            Run { at, revision: revision.to_owned(), outcome, summary, receipt, error },
            began.elapsed(),
        );
        drop(content);
        Ok(notice)
    }

    fn is_held(&self) -> bool {
        self.machine.states().any(|(_, state)| matches!(state, State::Held { .. }))
    }

    /// Takes triggers and approvals.
    async fn take_wishes(&mut self) {
        let (is_triggered, mut approved) = {
            let mut content = self.board.lock();
            (std::mem::take(&mut content.is_triggered), content.approved.take())
        };
        if approved.is_none() {
            approved = self.held.approval(&self.session).await;
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

    /// How reports name the deployment.
    fn title(&self) -> String {
        let environment = &self.session.settings.environment;
        if self.name.is_empty() { environment.clone() } else { format!("{} ({environment})", self.name) }
    }

    /// Shows the state on the board, to `approve`, and to the other replicas.
    async fn show(&mut self) {
        let Some((_, state)) = self.machine.states().next() else { return };
        let plan = match state {
            State::Held { plan } => Some(plan.as_str()),
            _ => None,
        };
        self.held.update(&self.session, self.common.arguments.state.as_deref(), plan).await;
        let mut content = self.board.lock();
        content.show(state.clone());
        let post = Post {
            state: word(state).to_owned(),
            plan: content.plan().map(str::to_owned),
            newest: content.newest.clone(),
            deployed: content.deployed.clone(),
            told: self.machine.told(),
        };
        drop(content);
        if let Some(sharing) = &self.common.sharing {
            sharing.post(&self.name, post);
        }
    }
}

/// The state machine for settings.
fn machine(session: &Session<'_>) -> Machine {
    Machine::new(
        session.settings.keys.watch.rules(),
        [session.settings.environment.clone()],
        fastrand::u64(..),
    )
}
