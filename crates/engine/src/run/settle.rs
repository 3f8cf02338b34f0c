//! Waiting until a node has deployed what was written to it.

use std::time::Duration;

use tokio::time::Instant;

use super::call::Runner;
use super::progress::Event;
use deployer_core::error::{Kind, Note};
use deployer_core::model::{Aftermath, NodePlan, Settled};
use deployer_core::traits::NodeTarget;

/// The longest wait between two looks at a node.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Looks at a target until no pipe of a plan is deploying, for as long as `limit` allows. An interruption ends it at once.
pub(super) async fn settle(
    target: &dyn NodeTarget,
    plan: &NodePlan,
    limit: Duration,
    runner: &Runner,
) -> Aftermath {
    let began = Instant::now();
    let part = format!("{}: wait until its pipes are deployed", plan.node);
    let mut pause = runner.policy.first_wait;
    let mut left = None;
    let (state, invalid) = loop {
        let settling = match runner.read("read what the node deploys", || target.settling(plan)).await {
            Ok(settling) => settling,
            Err(error) if error.kind() == Kind::Interrupted => break (Settled::Interrupted, Vec::new()),
            Err(error) => break (Settled::Unknown(error), Vec::new()),
        };
        if settling.deploying.is_empty() {
            break (Settled::Deployed, settling.invalid);
        }
        show(&part, &mut left, settling.deploying.len(), runner);
        let remaining = limit.saturating_sub(began.elapsed());
        if remaining.is_zero() {
            break (Settled::StillDeploying { pipes: settling.deploying, limit }, settling.invalid);
        }
        let interrupted = tokio::select! {
            biased;
            () = runner.cancel.cancelled() => true,
            () = tokio::time::sleep(pause.min(remaining)) => false,
        };
        if interrupted {
            break (Settled::Interrupted, Vec::new());
        }
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    };
    if left.is_some() {
        runner.progress.event(Event::Ended { part: &part });
    }
    let invalid: Vec<Note> = invalid
        .into_iter()
        .map(|note| Note { message: format!("node {}: {}", plan.node, note.message), ..note })
        .collect();
    Aftermath { state, invalid }
}

/// Shows how many pipes are deployed of those that were deploying at the first look.
fn show(part: &str, left: &mut Option<usize>, now: usize, runner: &Runner) {
    match *left {
        None => runner.progress.event(Event::Began { part, total: Some(now) }),
        Some(before) => {
            for _ in now..before {
                runner.progress.event(Event::Advanced { part });
            }
        }
    }
    *left = Some(now);
}
