//! Running the pipes of a node to their end.

use std::time::Duration;

use deployer_core::traits::{NodeData, PipeState, RunState};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Runner;
use tokio::time::Instant;

/// How long the node may take to say that a run is over, beyond the time of the run.
const MORE: Duration = Duration::from_secs(60);
/// The waits between two looks at a run: each is longer than the one before.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a run is started whose start has no answer. A run resets everything, so that another one has the same result.
const STARTS: usize = 3;
/// How long ending a run may take after an interruption.
const STOP: Duration = Duration::from_millis(1500);

/// Ends any run, starts one, and waits for its end. Returns the pipes that did not run to their end, with their last messages.
///
/// # Errors
/// `Rejected` if the run failed, with the node's words; `Timeout`, `Interrupted`, and what a request gives. No run of ours is left under way.
pub(super) async fn run(
    data: &dyn NodeData,
    keeps_posted: bool,
    limit: Duration,
    runner: &Runner,
) -> Result<Vec<(String, String)>> {
    runner.read("stop running the pipes", || data.stop()).await?;
    let ended = follow(data, keeps_posted, limit, runner).await;
    if ended.is_err() {
        let stop =
            |runner: Runner| async move { runner.read("stop running the pipes", || data.stop()).await };
        // The failure above is what matters. The node ends the run by itself when its time is over.
        let _ = runner.put_back(STOP, stop).await;
    }
    let state = ended?;
    let pipes = runner.read("read the state of the pipes", || data.pipes()).await?;
    let failed: Vec<(String, String)> = pipes.iter().filter(|pipe| has_failed(pipe)).map(named).collect();
    match state {
        RunState::Succeeded => Ok(failed),
        RunState::Failed(words) => {
            let error = Error::new(Kind::Rejected, "the run of the pipes failed")
                .with_cause(format!("the node ends it with {words}"));
            let error = failed
                .iter()
                .take(20)
                .fold(error, |error, (pipe, message)| error.with_detail(format!("{pipe}: {message}")));
            Err(error.with_hint("look at the execution logs of the pipes, then run again"))
        }
        _ => Err(Error::new(Kind::Unexpected, "the run of the pipes ended in an unknown way")),
    }
}

/// Starts a run and waits for its end.
async fn follow(
    data: &dyn NodeData,
    keeps_posted: bool,
    limit: Duration,
    runner: &Runner,
) -> Result<RunState> {
    let token = start(data, keeps_posted, limit, runner).await?;
    let (deadline, mut wait) = (Instant::now() + limit + MORE, FIRST_WAIT);
    loop {
        match runner.read("read how far the run of the pipes has come", || data.run_state(&token)).await? {
            RunState::Running if Instant::now() >= deadline => {
                let seconds = (limit + MORE).as_secs();
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

fn has_failed(pipe: &PipeState) -> bool {
    pipe.success == Some(false)
}

fn named(pipe: &PipeState) -> (String, String) {
    (pipe.id.clone(), pipe.message.clone())
}
