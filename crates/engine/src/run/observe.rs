//! Reading what runs.

use std::sync::Arc;

use super::call::Runner;
use super::deployment::Deployment;
use super::progress::Part;
use deployer_core::error::Result;
use deployer_core::model::Observed;
use deployer_core::traits::NodeTarget;

/// Observes all targets at once, in the order of the nodes; none for a node without a target.
pub(super) async fn all(
    deployment: &Deployment,
    runner: &Runner,
) -> Vec<Option<(Arc<dyn NodeTarget>, Result<Observed>)>> {
    let part = Part::begin(&*runner.progress, "read what runs", Some(deployment.nodes.len()));
    let part = &part;
    let one = |target: Option<Arc<dyn NodeTarget>>| async move {
        let target = target?;
        let observed = runner.read("read what runs", || target.observe()).await;
        part.advance();
        Some((target, observed))
    };
    futures::future::join_all(deployment.nodes.iter().map(|node| one(node.target.clone()))).await
}
