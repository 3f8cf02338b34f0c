//! Reading what runs.

use std::sync::Arc;

use super::call::Runner;
use super::deployment::Deployment;
use super::progress::Event;
use deployer_core::error::Result;
use deployer_core::model::Observed;
use deployer_core::traits::NodeTarget;

const PART: &str = "read what runs";

/// Observes all targets at once, in the order of the nodes; none for a node without a target.
pub(super) async fn all(
    deployment: &Deployment,
    runner: &Runner,
) -> Vec<Option<(Arc<dyn NodeTarget>, Result<Observed>)>> {
    runner.progress.event(Event::Began { part: PART, total: Some(deployment.nodes.len()) });
    let one = |target: Option<Arc<dyn NodeTarget>>| async move {
        let target = target?;
        let observed = runner.read("read what runs", || target.observe()).await;
        runner.progress.event(Event::Advanced { part: PART });
        Some((target, observed))
    };
    let observed =
        futures::future::join_all(deployment.nodes.iter().map(|node| one(node.target.clone()))).await;
    runner.progress.event(Event::Ended { part: PART });
    observed
}
