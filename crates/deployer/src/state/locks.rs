//! What keeps other runs from the targets of a run: locked files on one machine, leases in a place that machines share.

use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deployer_core::error::Note;
use deployer_core::model::Receipt;
use deployer_core::{Error, Kind, Result};
use deployer_engine::saved::Saved;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::acquire::Wanted;
use super::file_locks;
use super::holder::holder;
use super::leases::Leases;
use super::mechanism::Mechanism;
use super::names::Targets;
use crate::session::Session;

/// Between two looks at a target that another run has.
const LOOK: Duration = Duration::from_secs(1);

/// How often a run that waits reports what it waits for.
const REPORT: Duration = Duration::from_secs(60);

/// The locks of a run. They are released when they are dropped, or their process ends; leases then expire.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    #[expect(dead_code, reason = "locked until they are dropped")]
    files: Vec<File>,
    leases: Option<Leases>,
    /// Whether another run had a target first.
    pub(crate) has_waited: bool,
}

/// How a run locks its targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options<'a> {
    /// The command that runs.
    pub(crate) purpose: &'a str,
    /// How long it waits for another run.
    pub(crate) wait: Duration,
}

/// Why a target is not locked.
struct Waiting {
    /// The refusal if the run does not wait longer.
    refusal: Error,
    /// What a run that waits reports.
    report: String,
}

/// Tries to lock.
enum Locking<'a> {
    Nothing,
    Files(&'a std::path::Path),
    Leases(Wanted),
}

impl Locking<'_> {
    async fn attempt(
        &mut self,
        session: &Session<'_>,
        targets: &Targets,
        notes: &mut Vec<Note>,
    ) -> Result<std::result::Result<Locks, Waiting>> {
        match self {
            Self::Nothing => Ok(Ok(Locks::default())),
            Self::Files(folder) => match file_locks::take(folder, targets) {
                Ok((files, found)) => {
                    notes.extend(found);
                    Ok(Ok(Locks { files, ..Locks::default() }))
                }
                Err(refusal) if refusal.kind() == Kind::Refused => {
                    Ok(Err(Waiting { report: format!("{refusal}; waiting"), refusal }))
                }
                Err(error) => Err(error),
            },
            Self::Leases(wanted) => Ok(match wanted.attempt(&session.runner).await? {
                Ok(leases) => Ok(Locks { leases: Some(leases), ..Locks::default() }),
                Err(busy) => {
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                    Err(Waiting { refusal: busy.refusal(now), report: busy.wait(now) })
                }
            }),
        }
    }
}

/// Locks the targets against other runs, and allows writes to them. Waits for another run as long as the options say, until `stop`.
///
/// # Errors
/// `Refused` when another run has one of them; when a lease cannot be acquired. Nothing is locked then.
pub(super) async fn lock(
    mechanism: Option<&Mechanism>,
    session: &Session<'_>,
    targets: &Targets,
    options: Options<'_>,
    stop: &CancellationToken,
) -> Result<(Locks, Vec<Note>)> {
    let mut locking = match mechanism {
        None => Locking::Nothing,
        Some(Mechanism::Files(folder)) => Locking::Files(folder),
        Some(Mechanism::Leases(place)) => {
            let holder = holder(session, options.purpose);
            let terms = session.settings.keys.limits.lease();
            Locking::Leases(Wanted::new(place, targets, &holder, terms, &session.leases))
        }
    };
    let (started, mut notes, mut reported) = (Instant::now(), Vec::new(), None);
    loop {
        let waiting = match locking.attempt(session, targets, &mut notes).await? {
            Ok(locks) => {
                session.context.target_writes.allow(locks.leases.as_ref().map(Leases::check));
                return Ok((Locks { has_waited: reported.is_some(), ..locks }, notes));
            }
            Err(waiting) => waiting,
        };
        if started.elapsed() >= options.wait || stop.is_cancelled() {
            return Err(waiting.refusal);
        }
        if reported.is_none_or(|at: Instant| at.elapsed() >= REPORT) {
            session.finish(vec![Note::remark(waiting.report)]);
            reported = Some(Instant::now());
        }
        session.runner.pause(LOOK).await?;
    }
}

impl Locks {
    /// The epoch of the lease for a target.
    pub(super) fn epoch(&self, target: &str) -> Option<u64> {
        self.leases.as_ref()?.epoch(target)
    }

    /// The sum of the epochs of the targets of a snapshot, which grows with each run that has them all.
    pub(super) fn epochs(&self, saved: &Saved) -> Option<u64> {
        self.leases.as_ref()?;
        let epochs = saved.nodes.iter().filter_map(|node| self.epoch(&node.target));
        Some(epochs.fold(0, u64::saturating_add))
    }

    /// The failure of a run that lost a lease: to whom, and how far the run came. Other failures stay as they are.
    pub(crate) async fn explain(&self, error: Error, receipt: &Receipt) -> Error {
        let Some(leases) = &self.leases else { return error };
        match leases.lost(receipt).await {
            None => error,
            Some(lost) if error.kind() == Kind::Refused => lost,
            Some(lost) => lost.with_related(error),
        }
    }

    /// Allows no more writes, and gives the leases back. A failure is a warning.
    pub(crate) async fn release(&self, session: &Session<'_>) -> Option<Note> {
        session.context.target_writes.end();
        let error = self.leases.as_ref()?.release().await.err()?;
        Some(Note::warning(format!(
            "a lease was not released, so that other runs wait until it expires: {error}"
        )))
    }
}
