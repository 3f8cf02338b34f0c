//! What a plan reads from outside while its configuration is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::call::Runner;
use super::deployment::Deployment;
use super::progress::Part;
use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::Observed;
use deployer_core::traits::{NodeTarget, SecretStore};

/// A target, and its state.
pub(super) type Seen = (Arc<dyn NodeTarget>, Result<Observed>);

/// The reads of a plan that need no configuration, under way. Dropping it ends them.
///
/// They only read, also if the configuration turns out to be invalid, and a login that nobody uses is revoked with the others. A target
/// is observed earlier than it would be after the configuration. Whoever changes it in between is noticed anyway: it is compared with
/// the plan right before its first write, and a push is a compare-and-swap.
pub(super) struct Early {
    pub(super) logins: Logins,
    observing: AbortOnDropHandle<Vec<Option<Seen>>>,
}

impl Early {
    pub(super) fn begin(deployment: &Deployment, runner: &Runner) -> Self {
        let (targets, owned) = (targets(deployment), runner.clone());
        Self {
            logins: Logins::begin(deployment, runner),
            observing: AbortOnDropHandle::new(tokio::spawn(
                async move { observe(targets, &owned).await }.in_current_span(),
            )),
        }
    }

    /// The states of all targets in the order of the nodes; none for a node without a target.
    pub(super) async fn observed(&mut self) -> Result<Vec<Option<Seen>>> {
        (&mut self.observing).await.map_err(ended)
    }
}

/// The target of each node.
pub(super) fn targets(deployment: &Deployment) -> Vec<Option<Arc<dyn NodeTarget>>> {
    deployment.nodes.iter().map(|node| node.target.clone()).collect()
}

/// Observes all targets at once, each in a task of its own, because parsing a large configuration takes long. `None` for no target.
pub(super) async fn observe(targets: Vec<Option<Arc<dyn NodeTarget>>>, runner: &Runner) -> Vec<Option<Seen>> {
    const READ: &str = "read what runs";
    let part = Part::begin(&*runner.progress, READ, Some(targets.len()));
    let part = &part;
    let one = |target: Option<Arc<dyn NodeTarget>>| async move {
        let target = target?;
        let (observing, runner) = (Arc::clone(&target), runner.clone());
        let observing = async move {
            let attempted = format!("{}: {READ}", observing.location());
            runner.read(&attempted, || observing.observe()).await
        };
        let observing = tokio::spawn(observing.in_current_span());
        let observed = AbortOnDropHandle::new(observing).await.map_err(ended).and_then(|observed| observed);
        part.advance();
        Some((target, observed))
    };
    join_all(targets.into_iter().map(one)).await
}

/// Logins to stores that have begun.
#[derive(Default)]
pub(super) struct Logins(Mutex<BTreeMap<String, AbortOnDropHandle<Result<()>>>>);

impl Logins {
    /// Logs in to the stores that are asked first. The failure of a store that no secret is looked up in has no effect.
    fn begin(deployment: &Deployment, runner: &Runner) -> Self {
        let sends = deployment.nodes.iter().filter(|node| node.upload_secrets || deployment.verify.secrets);
        let first: BTreeSet<&String> = sends.filter_map(|node| node.stores.first()).collect();
        let stores = first.into_iter().filter_map(|name| deployment.stores.get_key_value(name));
        let begun = stores.map(|(name, store)| {
            let (store, runner) = (Arc::clone(store), runner.clone());
            let login = tokio::spawn(async move { log_in(&*store, &runner).await }.in_current_span());
            (name.clone(), AbortOnDropHandle::new(login))
        });
        Self(Mutex::new(begun.collect()))
    }

    /// Waits for the login to a store that has begun, or logs in now.
    pub(super) async fn finish(&self, name: &str, store: &dyn SecretStore, runner: &Runner) -> Result<()> {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        match begun {
            Some(login) => login.await.map_err(ended)?,
            None => log_in(store, runner).await,
        }
    }
}

async fn log_in(store: &dyn SecretStore, runner: &Runner) -> Result<()> {
    runner.read(&format!("log in to {}", store.location()), || store.open()).await
}

fn ended(_: JoinError) -> Error {
    Error::new(Kind::Bug, "a read ended without an answer")
}
