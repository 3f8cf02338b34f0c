//! The end of every run: what was created for it is given back.

use futures::future::join_all;

use super::call::Runner;
use super::deployment::Deployment;
use deployer_core::error::Note;

impl Deployment {
    /// Gives back tokens and temporary keys, all at once and within the time that the policy allows, also after a failure or an
    /// interruption. What could not be given back becomes a warning.
    pub async fn close(&self, runner: &Runner) -> Vec<Note> {
        let limit = runner.policy.close;
        let stores = self
            .stores
            .values()
            .map(|store| async move { (store.location(), tokio::time::timeout(limit, store.close()).await) });
        let targets = self.nodes.iter().filter_map(|node| node.target.clone()).map(|target| async move {
            (target.location(), tokio::time::timeout(limit, target.close()).await)
        });
        let (stores, targets) = futures::future::join(join_all(stores), join_all(targets)).await;
        let closed = stores.into_iter().chain(targets);
        let failed = closed.filter_map(|(location, closed)| match closed {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Note::warning(format!("{location}: {error}"))),
            Err(_) => Some(Note::warning(format!("{location}: giving back what was created took too long"))),
        });
        failed.collect()
    }
}
