//! One write: executed, repeated where that is safe, read back where its outcome is unknown.

use std::time::Duration;

use super::call::{Runner, timed_out};
use crate::error::{Error, Kind, Note, Result};
use crate::model::{StepOutcome, StepReceipt};
use crate::traits::{Done, Landed, Step};

/// How an execution ended.
enum Ended {
    Done(Done),
    Failed(Error),
    Unknown(Error),
}

/// Executes a step. Returns what goes into the receipt, and the error when it was not done.
pub(super) async fn execute(step: &dyn Step, runner: &Runner) -> (StepReceipt, Option<Error>) {
    let (outcome, notes, error) = match attempt_all(step, runner).await {
        Ended::Done(done) => (StepOutcome::Done(done.detail), done.notes, None),
        Ended::Failed(error) => (StepOutcome::Failed(error.clone()), Vec::new(), Some(error)),
        Ended::Unknown(error) => (StepOutcome::Unknown(error.clone()), Vec::new(), Some(error)),
    };
    (StepReceipt { name: step.name(), outcome, notes }, error)
}

async fn attempt_all(step: &dyn Step, runner: &Runner) -> Ended {
    let name = step.name();
    let mut attempt = 1;
    loop {
        let error = match attempt_once(step, &name, runner).await {
            Ok(done) => return Ended::Done(done),
            Err(error) => error,
        };
        let again = match error.kind() {
            Kind::UnknownOutcome | Kind::Timeout | Kind::Interrupted => match read_back(step, runner).await {
                Ok(Landed::Yes) => return Ended::Done(applied_after_all(&error)),
                Ok(Landed::No) if runner.is_interrupted() => return Ended::Failed(Runner::interrupted()),
                Ok(Landed::No) if attempt < runner.policy.attempts => true,
                Ok(Landed::No) => return Ended::Failed(error),
                Ok(Landed::CannotTell) if attempt < runner.policy.attempts => !runner.is_interrupted(),
                Ok(Landed::CannotTell) => false,
                Err(cause) => return Ended::Unknown(unknown(error, Some(cause))),
            },
            _ if runner.is_interrupted() || !runner.may_retry(&error, attempt) => {
                return Ended::Failed(error);
            }
            _ => true,
        };
        if !again {
            return Ended::Unknown(unknown(error, None));
        }
        tokio::select! {
            () = runner.cancel.cancelled() => return Ended::Failed(Runner::interrupted()),
            () = runner.wait(&name, &error, attempt) => {}
        }
        attempt += 1;
    }
}

/// One attempt, to its end, its time-out, or the grace after an interruption.
async fn attempt_once(step: &dyn Step, name: &str, runner: &Runner) -> Result<Done> {
    let _permit = runner.permit().await?;
    let limit = runner.policy.write_timeout;
    let grace = async {
        runner.cancel.cancelled().await;
        tokio::time::sleep(runner.policy.grace).await;
    };
    tokio::select! {
        biased;
        ended = step.execute() => ended,
        () = grace => Err(Runner::interrupted()),
        () = tokio::time::sleep(limit) => Err(timed_out(name, limit)),
    }
}

/// Finds out whether a write was applied. After an interruption there is time for one try only.
async fn read_back(step: &dyn Step, runner: &Runner) -> Result<Landed> {
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
    Done { detail: "applied, as reading back shows".to_owned(), notes: vec![note] }
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
