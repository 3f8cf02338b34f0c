//! The leases that other replicas have.

use std::sync::Arc;
use std::time::Duration;

use deployer_core::Result;
use deployer_core::traits::LeasePlace;
use deployer_state::{Lease, Record};
use futures::future::join_all;

use super::acquire::lease;
use super::holder::nobody;
use super::names::{Targets, by_target};
use crate::session::Session;

/// The leases on the targets of a deployment that another replica deploys. A look at them begins the count of a takeover, so that this
/// replica waits for no second one if the other is killed.
#[derive(Debug)]
pub(crate) struct Observed {
    leases: Vec<Box<dyn Lease>>,
    limit: Duration,
}

impl Observed {
    /// The leases on targets.
    pub(crate) fn new(session: &Session<'_>, place: &Arc<dyn LeasePlace>, targets: &Targets) -> Self {
        let terms = session.settings.keys.limits.lease();
        let of = |target: &String| lease(place, target, &nobody(), terms, &session.leases);
        Self { leases: by_target(targets).into_keys().map(of).collect(), limit: terms.renewal() }
    }

    /// Reads each record once. The next look reads again what cannot be read now.
    pub(crate) async fn look(&self) {
        let reads = join_all(self.leases.iter().map(|lease| lease.inspect()));
        let read: Vec<Result<Option<Record>>> =
            tokio::time::timeout(self.limit, reads).await.unwrap_or_default();
        for error in read.into_iter().filter_map(Result::err) {
            tracing::debug!(%error, "the lease of another replica cannot be read");
        }
    }
}
