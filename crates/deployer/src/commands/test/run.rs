//! Running the pipes of a node to their end.

use std::time::Duration;

use deployer_core::error::Note;
use deployer_core::traits::{NodeData, RunState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use tokio::time::Instant;

use super::trouble;
use crate::tested::Troubled;

/// How long the node may take to say that a run is over, beyond the time of the run.
const MORE: Duration = Duration::from_secs(60);
/// The waits between two looks at a run: each is longer than the one before.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a run is started whose start has no answer. A run resets everything, so that another one has the same result.
const STARTS: usize = 3;
/// How long ending a run may take after an interruption.
const STOP: Duration = Duration::from_millis(1500);

/// The most pipes that the error of a run names.
const MOST_NAMED: usize = 20;

/// A run that ended.
pub(super) struct Ran {
    /// `Rejected` if it failed, with the node's words.
    pub(super) verdict: Result<()>,
    /// The pipes that did not do all their work.
    pub(super) troubled: Vec<Troubled>,
    pub(super) notes: Vec<Note>,
}

/// Ends any run, starts one, and waits for its end.
///
/// # Errors
/// `Timeout`, `Interrupted`, and what a request gives. No run of ours is left under way.
pub(super) async fn run(
    data: &dyn NodeData,
    keeps_posted: bool,
    limit: Duration,
    runner: &Runner,
) -> Result<Ran> {
    runner.read("stop running the pipes", || data.stop()).await?;
    let ended = follow(data, keeps_posted, limit, runner).await;
    let ended = match ended {
        Ok(state) => Ok(state),
        Err(error) => {
            let stop =
                |runner: Runner| async move { runner.read("stop running the pipes", || data.stop()).await };
            Err(match runner.put_back(STOP, stop).await {
                Ok(()) => error,
                Err(going) => {
                    let seconds = limit.as_secs();
                    error.with_detail(format!(
                        "the run may still be going: {going}; the node ends it after {seconds} seconds"
                    ))
                }
            })
        }
    };
    let state = ended?;
    let (troubled, notes) = trouble::look(data, runner).await;
    if runner.is_interrupted() {
        return Err(Runner::interrupted());
    }
    let verdict = match state {
        RunState::Succeeded => Ok(()),
        RunState::Failed(words) => {
            let error = Error::new(Kind::Rejected, "the run of the pipes failed")
                .with_cause(format!("the node ends it with {words}"));
            let named = troubled.iter().take(MOST_NAMED);
            let error =
                named.fold(error, |error, it| error.with_detail(format!("{}: {}", it.pipe, it.words())));
            Err(error.with_hint("look at the execution logs of the pipes, then run again"))
        }
        _ => Err(Error::new(Kind::Unexpected, "the run of the pipes ended in an unknown way")),
    };
    Ok(Ran { verdict, troubled, notes })
}

/// Starts a run and waits for its end.
async fn follow(
    data: &dyn NodeData,
    keeps_posted: bool,
    limit: Duration,
    runner: &Runner,
) -> Result<RunState> {
    let token = start(data, keeps_posted, limit, runner).await?;
    let (began, mut wait) = (Instant::now(), FIRST_WAIT);
    let limit = limit.saturating_add(MORE);
    loop {
        match runner.read("read how far the run of the pipes has come", || data.run_state(&token)).await? {
            RunState::Running if began.elapsed() >= limit => {
                let seconds = limit.as_secs();
                let message = format!("the run of the pipes did not end within {seconds} seconds");
                return Err(Error::new(Kind::Timeout, message).with_hint("raise --max-run-time"));
            }
            RunState::Running => {}
            ended => return Ok(ended),
        }
        runner.pause(wait).await?;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn start(data: &dyn NodeData, keeps_posted: bool, limit: Duration, runner: &Runner) -> Result<String> {
    let mut attempt = 1;
    loop {
        match runner.call_once("run the pipes", data.start(keeps_posted, limit)).await {
            Err(error) if attempt < STARTS && error.kind() == Kind::UnknownOutcome => {
                runner.read("stop running the pipes", || data.stop()).await?;
            }
            started => return started,
        }
        attempt += 1;
    }
}
