//! The beginning and the end of a run that writes: its locks, what earlier runs left, and what it leaves itself.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use deployer_core::error::Note;
use deployer_core::model::{Plan, Receipt};
use deployer_core::traits::NodeData;
use deployer_core::{Error, Kind, Result};
use deployer_engine::fingerprint::Remembered;
use deployer_engine::run::{Deployment, Planned};
use deployer_engine::saved::{Purpose, Saved};
use tokio_util::sync::CancellationToken;

use crate::cli::Deploy;
use crate::session::Session;
use crate::state::{self, Locks, Options, SharedPlace, State, Targets};

/// How long saving the state at the end can take, also after an interruption.
const SAVE: Duration = Duration::from_secs(60);
const SAVE_INTERRUPTED: Duration = Duration::from_secs(2);

/// A run that has locked its targets.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) state: State,
    pub(super) locks: Locks,
    remembered: Option<Remembered>,
}

/// Where the desired state comes from.
pub(super) enum Wanted {
    /// The configuration.
    Configuration,
    /// A plan or a snapshot.
    Saved(Saved, Purpose),
}

/// How a deploy gets its locks.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// It locks the targets, for a command.
    Lock { purpose: &'a str, place: Option<&'a SharedPlace> },
    /// It is a part of a test, which has locked the node. The run of the node is ended right before the first write: it would go on with the
    /// new configuration.
    Within { begun: &'a Arc<Begun>, running: &'a dyn NodeData },
}

impl Begun {
    /// Opens the state, locks the targets, and reads what earlier runs remember. Waits for other runs until `stop`.
    ///
    /// # Errors
    /// As [`State::open`], [`State::lock`] and [`state::remembered`]. Nothing is locked then.
    pub(super) async fn new(
        session: &Session<'_>,
        arguments: &Deploy,
        place: Option<&SharedPlace>,
        targets: &Targets,
        purpose: &str,
        stop: &CancellationToken,
    ) -> Result<Arc<Self>> {
        let (state, warning) = State::open(session, arguments.state.as_deref(), place)?;
        let options = Options { purpose, wait: arguments.wait.unwrap_or_default() };
        let (locked, ()) = tokio::join!(state.lock(session, targets, options, stop), state.prepare(targets));
        let (locks, mut notes) = locked?;
        notes.extend(warning);
        session.output.notes(&notes);
        match state::remembered(session, state.storage(), targets, arguments.resend_secrets).await {
            Ok(remembered) => Ok(Arc::new(Self { state, locks, remembered })),
            Err(error) => {
                // The failure is what matters.
                let _ = locks.release(session).await;
                Err(error)
            }
        }
    }

    /// Gives the locks back. Returns a warning when that fails.
    pub(super) async fn release(&self, session: &Session<'_>) -> Option<Note> {
        self.locks.release(session).await
    }

    /// Saves what later runs need to know of this one. What fails is a warning.
    pub(super) async fn save(
        &self,
        session: &Session<'_>,
        arguments: &Deploy,
        deployment: &Deployment,
        planned: &Planned,
        carried_out: &Plan,
        receipt: &Receipt,
    ) {
        let Self { state, locks, .. } = self;
        let secrets = async {
            let Some(remembered) = &deployment.remembered else { return Ok(()) };
            state.remember_secrets(planned, &remembered.key, receipt, locks).await
        };
        let deployed = async {
            if arguments.no_snapshot {
                return Ok(());
            }
            state.remember_deployed(carried_out, receipt, locks, session.output).await
        };
        let limit = if session.runner.is_interrupted() { SAVE_INTERRUPTED } else { SAVE };
        let (secrets, deployed, ()) = tokio::join!(within(limit, secrets), within(limit, deployed), async {
            // Snapshots that are not removed now are removed by the next run.
            let _ = tokio::time::timeout(limit, state.trim(&planned.before)).await;
        });
        let warn = |consequence: &str, error: Error| Note::warning(format!("{consequence}: {error}"));
        let secrets = secrets.err().map(|error| warn("the next run re-sends the secrets", error));
        let deployed = deployed
            .err()
            .map(|error| warn("`status` cannot show which side changes after this deploy", error));
        session.output.notes(&secrets.into_iter().chain(deployed).collect::<Vec<_>>());
    }
}

async fn within(limit: Duration, work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        Err(Error::new(Kind::Timeout, format!("no answer within {} seconds", limit.as_secs())))
    })
}

/// Locks the targets while the plan is made. After a wait for another run, the plan is made again. A dry run locks nothing.
///
/// Fingerprints are read when the targets are locked, and used when the plan is made.
pub(super) async fn begin(
    session: &Session<'_>,
    arguments: &Deploy,
    deployment: &mut Deployment,
    wanted: &Wanted,
    start: Start<'_>,
) -> (Option<Arc<Begun>>, Result<Planned>) {
    let (targets, stop) = (state::targets(deployment), CancellationToken::new());
    let beginning = async {
        match start {
            Start::Within { begun, .. } => Ok((Some(Arc::clone(begun)), begun.remembered.clone())),
            Start::Lock { place, .. } if arguments.dry_run || session.settings.dry_run => {
                let flag = arguments.state.as_deref();
                Ok((None, recalled(session, flag, place, &targets, arguments.resend_secrets).await?))
            }
            Start::Lock { place, purpose } => {
                let begun = Begun::new(session, arguments, place, &targets, purpose, &stop).await?;
                let remembered = begun.remembered.clone();
                Ok((Some(begun), remembered))
            }
        }
    };
    let overlapped = overlap(beginning, plan(session, deployment, wanted), &stop).await;
    let ((begun, remembered), planned) = match overlapped {
        Ok(overlapped) => overlapped,
        Err(error) => return (None, Err(error)),
    };
    let has_waited = begun.as_ref().is_some_and(|begun| begun.locks.has_waited);
    let planned = match planned {
        Ok(_) if has_waited => plan(session, deployment, wanted).await,
        planned => planned,
    };
    deployment.remembered = remembered;
    let planned = planned.map(|mut planned| {
        deployment.recall(&mut planned);
        planned
    });
    (begun, planned)
}

/// What earlier runs remember of the secrets, for a run that only reads.
///
/// # Errors
/// As [`state::storage`] and [`state::remembered`].
pub(super) async fn recalled(
    session: &Session<'_>,
    flag: Option<&Path>,
    place: Option<&SharedPlace>,
    targets: &Targets,
    send_all: bool,
) -> Result<Option<Remembered>> {
    let storage = state::storage(session, flag, place)?;
    state::remembered(session, storage.as_ref(), targets, send_all).await
}

async fn plan(session: &Session<'_>, deployment: &Deployment, wanted: &Wanted) -> Result<Planned> {
    match wanted {
        Wanted::Configuration => deployment.plan(&session.runner).await,
        Wanted::Saved(saved, purpose) => deployment.plan_saved(saved, *purpose, &session.runner).await,
    }
}

/// Does both at the same time. A failure of the beginning ends the planning, which only reads. A failure of the planning ends only the wait
/// for another run, because a request for a lease could be on its way.
async fn overlap<A, B>(
    beginning: impl Future<Output = Result<A>>,
    planning: impl Future<Output = Result<B>>,
    stop: &CancellationToken,
) -> Result<(A, Result<B>)> {
    let (mut beginning, mut planning) = (pin!(beginning), pin!(planning));
    tokio::select! {
        biased;
        begun = &mut beginning => Ok((begun?, planning.await)),
        planned = &mut planning => {
            if planned.is_err() {
                stop.cancel();
            }
            match (beginning.await, planned) {
                (Ok(begun), planned) => Ok((begun, planned)),
                (Err(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
            }
        }
    }
}
