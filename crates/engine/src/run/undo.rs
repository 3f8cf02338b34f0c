//! Undoing the steps of a node after a later one failed.

use tokio::time::{Instant, timeout_at};

use super::call::{Runner, timed_out};
use super::step::{Ended, Taken, attempt_all, is_doubtful, read_back};
use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::StepOutcome;
use deployer_core::traits::{Done, Landed, Step};

/// Undoes what was done, last first. After an interruption, all of it together gets the grace.
pub(super) async fn undo_all(taken: &mut [Taken], runner: &Runner) {
    let mut deadline = None;
    for Taken { step, receipt } in taken.iter_mut().rev() {
        if matches!(receipt.outcome, StepOutcome::Done(_))
            && let Some(undo) = step.undo()
        {
            receipt.outcome = undo_step(&**step, &*undo, &mut deadline, runner).await;
        }
    }
    repeated_steps(taken);
}

/// A step that was executed again after a lost race has nothing to undo itself: what it wrote goes with the first execution.
fn repeated_steps(taken: &mut [Taken]) {
    for at in 1..taken.len() {
        let (earlier, later) = taken.split_at_mut(at);
        let receipt = &mut later[0].receipt;
        let undone = earlier.iter().rev().find_map(|taken| match &taken.receipt.outcome {
            StepOutcome::PutBack(detail) if taken.receipt.name == receipt.name => Some(detail.clone()),
            _ => None,
        });
        if let (StepOutcome::Done(_), Some(detail)) = (&receipt.outcome, undone) {
            receipt.outcome = StepOutcome::PutBack(detail);
        }
    }
}

async fn undo_step(
    step: &dyn Step,
    undo: &dyn Step,
    deadline: &mut Option<Instant>,
    runner: &Runner,
) -> StepOutcome {
    if !runner.is_interrupted() {
        match read_back(step, runner).await {
            Ok(Landed::Conflict) => return StepOutcome::NotPutBack(overwritten(step)),
            Err(error) if error.kind() != Kind::Interrupted => return StepOutcome::NotPutBack(error),
            _ => {}
        }
        match attempt_all(undo, runner).await {
            Ended::Done(done) => return StepOutcome::PutBack(done.detail),
            Ended::Failed(error) => return StepOutcome::NotPutBack(error),
            Ended::Unknown(error) => return StepOutcome::Unknown(error),
            Ended::NotStarted => {}
        }
    }
    let grace = runner.policy.grace;
    let until = *deadline.get_or_insert_with(|| Instant::now() + grace);
    let undone = timeout_at(until, once(step, undo)).await;
    let error = match undone.unwrap_or_else(|_| Err(timed_out(&undo.name(), grace))) {
        Ok(done) => return StepOutcome::PutBack(done.detail),
        Err(error) => error,
    };
    if !is_doubtful(&error) {
        return StepOutcome::NotPutBack(error);
    }
    match timeout_at(until + runner.policy.read_back, undo.landed()).await {
        Ok(Ok(Landed::Yes)) => StepOutcome::PutBack("as reading back shows".to_owned()),
        Ok(Ok(Landed::No)) => StepOutcome::NotPutBack(error),
        _ => StepOutcome::Unknown(error),
    }
}

/// Undoes a step in a single attempt, unless somebody else has written over it.
async fn once(step: &dyn Step, undo: &dyn Step) -> Result<Done> {
    if step.landed().await? == Landed::Conflict {
        return Err(overwritten(step));
    }
    undo.execute().await
}

fn overwritten(step: &dyn Step) -> Error {
    let message = format!("{}: somebody else has changed it since, so it was not put back", step.name());
    Error::new(Kind::Conflict, message).with_hint("run `plan` to see what the node holds")
}
