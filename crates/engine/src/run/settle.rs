//! Waiting until a node has deployed what was written to it.

use std::time::Duration;

use tokio::time::Instant;

use super::call::Runner;
use super::progress::Part;
use deployer_core::error::{Kind, Note};
use deployer_core::model::{Aftermath, NodePlan, Settled};
use deployer_core::traits::{NodeTarget, Settling};

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
    let attempted = format!("{}: read what the node deploys", target.location());
    let mut pause = runner.policy.first_wait;
    let mut shown = Shown::default();
    let (state, found) = loop {
        let settling = match runner.read(&attempted, || target.settling(plan)).await {
            Ok(settling) => settling,
            Err(error) if error.kind() == Kind::Interrupted => {
                break (Settled::Interrupted, Settling::default());
            }
            Err(error) => break (Settled::Unknown(error), Settling::default()),
        };
        if settling.deploying.is_empty() {
            break (Settled::Deployed, settling);
        }
        shown.show(&part, settling.deploying.len(), runner);
        let remaining = limit.saturating_sub(began.elapsed());
        if remaining.is_zero() {
            break (Settled::StillDeploying { pipes: settling.deploying.clone(), limit }, settling);
        }
        let interrupted = tokio::select! {
            biased;
            () = runner.cancel.cancelled() => true,
            () = tokio::time::sleep(pause.min(remaining)) => false,
        };
        if interrupted {
            break (Settled::Interrupted, Settling::default());
        }
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    };
    let named = |note: Note| Note { message: format!("node {}: {}", plan.node, note.message), ..note };
    Aftermath {
        state,
        invalid: found.invalid.into_iter().map(named).collect(),
        failed: found.failed.into_iter().map(named).collect(),
    }
}

/// How many of the pipes that were deploying at the first look are deployed.
#[derive(Default)]
struct Shown<'a> {
    part: Option<Part<'a>>,
    left: usize,
}

impl<'a> Shown<'a> {
    fn show(&mut self, name: &'a str, left: usize, runner: &'a Runner) {
        let part = self.part.get_or_insert_with(|| Part::begin(&*runner.progress, name, Some(left)));
        (left..self.left).for_each(|_| part.advance());
        self.left = left;
    }
}
