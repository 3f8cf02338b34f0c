//! One write: executed, repeated where that is safe, read back where its outcome is unknown.

use std::time::Duration;

use super::call::{Runner, timed_out};
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{StepOutcome, StepReceipt};
use deployer_core::plugin::time_limit::within;
use deployer_core::traits::{Done, Landed, Step};

/// A step and how it ended.
pub(super) struct Taken {
    pub(super) step: Box<dyn Step>,
    pub(super) receipt: StepReceipt,
}

impl Taken {
    /// A step that was not started.
    pub(super) fn not_done(step: Box<dyn Step>) -> Self {
        let receipt = not_done(&*step);
        Self { step, receipt }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.receipt.outcome, StepOutcome::Done(_))
    }

    /// Whether it may have been written.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.receipt.outcome, StepOutcome::Unknown(_))
    }
}

/// The receipt of a step that was not started.
pub(super) fn not_done(step: &dyn Step) -> StepReceipt {
    StepReceipt { name: step.name(), outcome: StepOutcome::NotDone, notes: Vec::new() }
}

/// How an execution ended.
pub(super) enum Ended {
    Done(Done),
    /// Nothing was written.
    Failed(Error),
    Unknown(Error),
    /// The run was asked to stop before the first attempt.
    NotStarted,
}

/// Executes a step. Returns what goes into the receipt, and the error when it was not done.
pub(super) async fn execute(step: &dyn Step, runner: &Runner) -> (StepReceipt, Option<Error>) {
    let (outcome, notes, error) = match attempt_all(step, runner).await {
        Ended::Done(done) => (StepOutcome::Done(done.detail), done.notes, None),
        Ended::Failed(error) => (StepOutcome::Failed(error.clone()), Vec::new(), Some(error)),
        Ended::Unknown(error) => (StepOutcome::Unknown(error.clone()), Vec::new(), Some(error)),
        Ended::NotStarted => (StepOutcome::NotDone, Vec::new(), Some(Runner::interrupted())),
    };
    (StepReceipt { name: step.name(), outcome, notes }, error)
}

/// Executes a step until it is done, fails for good, or its outcome stays unknown.
pub(super) async fn attempt_all(step: &dyn Step, runner: &Runner) -> Ended {
    let name = step.name();
    // An attempt that may have been applied although reading back does not tell: a later failure does not undo it.
    let mut uncertain = None;
    let mut attempt = 1;
    loop {
        let error = match attempt_once(step, &name, runner).await {
            Some(Ok(done)) => return Ended::Done(done),
            Some(Err(error)) => error,
            None if attempt == 1 => return Ended::NotStarted,
            None => return failed(uncertain, Runner::interrupted()),
        };
        let is_doubtful = is_doubtful(&error);
        let may_repeat = if is_doubtful {
            match read_back(step, runner).await {
                Ok(Landed::Yes) => return Ended::Done(applied_after_all(&error)),
                Ok(Landed::No) => uncertain = None,
                Ok(Landed::Conflict) => return Ended::Unknown(overtaken(&error)),
                Ok(_) => uncertain = Some(error.clone()),
                Err(cause) => return Ended::Unknown(unknown(error, Some(cause))),
            }
            attempt < runner.policy.attempts
        } else {
            runner.may_retry(&error, attempt)
        };
        if runner.is_interrupted() && is_doubtful {
            // Reading back has settled the doubts of the attempt, or `uncertain` keeps them: the run ends because it was asked to.
            return failed(uncertain, Runner::interrupted());
        }
        if runner.is_interrupted() || !may_repeat {
            return failed(uncertain, error);
        }
        if let Err(interrupted) = runner.wait(&name, &error, attempt).await {
            return failed(uncertain, interrupted);
        }
        attempt += 1;
    }
}

/// The end of a step whose last attempt failed.
fn failed(uncertain: Option<Error>, last: Error) -> Ended {
    match uncertain {
        None => Ended::Failed(last),
        Some(error) if error == last => Ended::Unknown(unknown(error, None)),
        Some(error) => Ended::Unknown(unknown(error, Some(last))),
    }
}

/// One attempt, to its end, its time-out, or the grace after an interruption; none when the run was asked to stop before it began.
async fn attempt_once(step: &dyn Step, name: &str, runner: &Runner) -> Option<Result<Done>> {
    if runner.is_interrupted() {
        return None;
    }
    // The rings check it again at the last moment. A target that writes without them has this check alone.
    if let Err(error) = runner.writes.check() {
        return Some(Err(error));
    }
    let limit = runner.policy.write_timeout;
    let grace = async {
        runner.cancel.cancelled().await;
        tokio::time::sleep(runner.policy.grace).await;
    };
    Some(tokio::select! {
        biased;
        ended = within(limit, step.execute()) => ended.unwrap_or_else(|| Err(timed_out(name, limit))),
        () = grace => Err(Runner::interrupted()),
    })
}

/// Finds out whether a write was applied. After an interruption there is time for one try only.
pub(super) async fn read_back(step: &dyn Step, runner: &Runner) -> Result<Landed> {
    let limited = |limit: Duration| async move {
        let answer = tokio::time::timeout(limit, step.landed()).await;
        answer.unwrap_or_else(|_| Err(timed_out("read back the outcome", limit)))
    };
    if runner.is_interrupted() {
        return limited(runner.policy.read_back).await;
    }
    match runner.read("read back the outcome", || step.landed()).await {
        Err(error) if error.kind() == Kind::Interrupted => limited(runner.policy.read_back).await,
        answer => answer,
    }
}

fn applied_after_all(error: &Error) -> Done {
    let note = Note::warning(format!("{error}; reading back shows that it was applied"));
    Done::new("applied, as reading back shows").with_notes([note])
}

/// A write of unknown outcome, after which the target holds something that is neither written nor replaced by it.
fn overtaken(error: &Error) -> Error {
    let message = format!("{error}; reading back shows that somebody else has written meanwhile");
    Error::new(Kind::Conflict, message).with_hint("run `plan` to see what the node holds")
}

/// Whether a failure leaves open whether the write was applied.
pub(super) fn is_doubtful(error: &Error) -> bool {
    matches!(error.kind(), Kind::UnknownOutcome | Kind::Timeout | Kind::Interrupted)
}

fn unknown(error: Error, cause: Option<Error>) -> Error {
    let message = format!("{error}; whether it was applied could not be found out");
    let unknown = Error::new(Kind::UnknownOutcome, message)
        .with_hint("run `plan` to see what the node holds; running `deploy` again is safe");
    match cause {
        Some(cause) => unknown.with_related(cause),
        None => unknown,
    }
}
