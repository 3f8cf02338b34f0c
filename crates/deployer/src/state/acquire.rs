//! Acquiring the leases of a run.

use std::sync::Arc;
use std::time::Duration;

use deployer_core::model::NodeName;
use deployer_core::traits::LeasePlace;
use deployer_core::{Kind, Result};
use deployer_engine::run::Runner;
use deployer_state::{Attempt, Clock, Holder, Lease, Ledger, StoredLease, SystemClock, Terms};
use futures::future::join_all;
use tokio::time::Instant;

use super::busy::Busy;
use super::leases::{Leases, RELEASE, TargetLease};
use super::names::{Targets, by_target, digest};

/// How long a run that has one lease waits for the next: of several runs with several targets, one goes on.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(200);

/// The lease of a run on one target, as a record in a place. The ledger is that of the deployment.
pub(super) fn lease(
    place: &Arc<dyn LeasePlace>,
    target: &str,
    holder: &Holder,
    terms: Terms,
    ledger: &Ledger,
) -> Box<dyn Lease> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let name = format!("lease-{}.json", digest(target));
    let lease = StoredLease::new(Arc::clone(place), clock, &name, target, holder.clone(), terms);
    Box::new(lease.with_ledger(ledger.clone()))
}

/// The leases that a run wants, in the order of the targets.
#[derive(Debug)]
pub(super) struct Wanted {
    leases: Vec<TargetLease>,
    terms: Terms,
}

impl Wanted {
    pub(super) fn new(
        place: &Arc<dyn LeasePlace>,
        targets: &Targets,
        holder: &Holder,
        terms: Terms,
        ledger: &Ledger,
    ) -> Self {
        let lease = |(target, node): (&String, &NodeName)| TargetLease {
            node: node.clone(),
            target: target.clone(),
            lease: lease(place, target, holder, terms, ledger),
        };
        Self { leases: by_target(targets).into_iter().map(lease).collect(), terms }
    }

    /// Tries once to get all leases. Keeps none if another run has one of them. Repeated calls detect a holder that has ended.
    ///
    /// # Errors
    /// When the outcome is unknown or a record is invalid. Then it keeps none.
    pub(super) async fn attempt(&mut self, runner: &Runner) -> Result<std::result::Result<Leases, Busy>> {
        let attempts = join_all(self.leases.iter().map(|lease| acquire(lease, runner))).await;
        let outcome: Result<std::result::Result<Vec<u64>, Busy>> = attempts.into_iter().collect();
        let outcome = match outcome {
            Ok(Err(_)) if self.leases.len() > 1 => {
                self.release().await;
                self.one_by_one(runner).await
            }
            outcome => outcome,
        };
        match outcome {
            Ok(Ok(epochs)) => {
                let held = std::mem::take(&mut self.leases).into_iter().zip(epochs).collect();
                Ok(Ok(Leases::new(held, Arc::new(SystemClock), self.terms)))
            }
            Ok(Err(busy)) => {
                self.release().await;
                Ok(Err(busy))
            }
            Err(error) => {
                self.release().await;
                Err(error)
            }
        }
    }

    /// Gets the leases in the order of the targets. The holder of a later one can be a run that gives up.
    async fn one_by_one(&self, runner: &Runner) -> Result<std::result::Result<Vec<u64>, Busy>> {
        let started = Instant::now();
        let mut epochs = Vec::new();
        for lease in &self.leases {
            loop {
                match acquire(lease, runner).await? {
                    Ok(epoch) => break epochs.push(epoch),
                    Err(_) if !epochs.is_empty() && started.elapsed() < PATIENCE => {
                        runner.pause(LOOK).await?
                    }
                    Err(busy) => return Ok(Err(busy)),
                }
            }
        }
        Ok(Ok(epochs))
    }

    async fn release(&self) {
        let releases = join_all(self.leases.iter().map(|it| it.lease.release()));
        // A lease whose release fails expires.
        let _ = tokio::time::timeout(RELEASE, releases).await;
    }
}

/// The epoch, or the run that has the lease.
async fn acquire(lease: &TargetLease, runner: &Runner) -> Result<std::result::Result<u64, Busy>> {
    let TargetLease { node, target, lease } = lease;
    let attempted = format!("node {node}: acquire the lease for {target}");
    match runner.read(&attempted, || lease.acquire()).await {
        Ok(Attempt::Held(epoch)) => Ok(Ok(epoch)),
        Ok(Attempt::Busy { record, takeover_in, .. }) => {
            Ok(Err(Busy { node: node.clone(), target: target.clone(), record, takeover_in }))
        }
        Err(error) if error.kind() == Kind::Interrupted => Err(error),
        Err(error) => Err(error
            .context(attempted)
            .with_hint("nothing was written, because a run writes only with a lease")),
    }
}
