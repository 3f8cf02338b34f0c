//! The leases of a run: renewed in the background, checked before each write, and released at the end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_core::model::{NodeName, Receipt, StepOutcome};
use deployer_core::plugin::WriteCheck;
use deployer_core::{Error, Kind, Result};
use deployer_state::{Clock, Lease, Record, Renewal, Terms};
use futures::future::join_all;
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::busy::span;

/// How long the next try after a failed renewal waits.
const RENEW_AGAIN: Duration = Duration::from_secs(3);

/// How long releasing can take. After that, the next run waits until the lease expires.
pub(super) const RELEASE: Duration = Duration::from_secs(5);

/// A renewal that is so late means that the process was paused.
const PAUSED: Duration = Duration::from_secs(5);

/// The lease of one target.
#[derive(Debug)]
pub(super) struct TargetLease {
    pub(super) node: NodeName,
    pub(super) target: String,
    pub(super) lease: Box<dyn Lease>,
}

/// The leases that a run has. They are renewed until they are released or dropped.
#[derive(Debug)]
pub(crate) struct Leases {
    held: Arc<AllHeld>,
    renewals: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct AllHeld {
    leases: Vec<Held>,
    clock: Arc<dyn Clock>,
    terms: Terms,
}

#[derive(Debug)]
struct Held {
    lease: TargetLease,
    epoch: u64,
    watch: Mutex<Watch>,
}

/// What happened to a lease.
#[derive(Debug, Default)]
struct Watch {
    /// When the renewals ran last.
    beat: Duration,
    /// How late they were at most since the last one that passed.
    late: Duration,
    /// Why the last one failed.
    failure: Option<Error>,
    /// Another run has the lease, or nobody.
    is_lost: bool,
    /// The record of the run that has it now.
    lost_to: Option<Record>,
    /// How late the renewals were when a write was refused.
    refused: Option<Duration>,
}

impl Leases {
    /// Renews leases that were just acquired, each with its epoch.
    pub(super) fn new(leases: Vec<(TargetLease, u64)>, clock: Arc<dyn Clock>, terms: Terms) -> Self {
        let held = leases.into_iter().map(|(lease, epoch)| {
            let watch = Watch { beat: clock.now(), ..Watch::default() };
            Held { lease, epoch, watch: Mutex::new(watch) }
        });
        let held = Arc::new(AllHeld { leases: held.collect(), clock, terms });
        let renewals = (0..held.leases.len()).map(|number| {
            let held = Arc::clone(&held);
            tokio::spawn(async move { held.renew(&held.leases[number]).await }.in_current_span())
        });
        Self { renewals: Mutex::new(renewals.collect()), held }
    }

    /// Decides about each write.
    pub(super) fn check(&self) -> Arc<dyn WriteCheck> {
        Arc::clone(&self.held) as Arc<dyn WriteCheck>
    }

    /// The epoch of the lease for a target.
    pub(super) fn epoch(&self, target: &str) -> Option<u64> {
        self.held.leases.iter().find(|held| held.lease.target == target).map(|held| held.epoch)
    }

    /// Why writes were refused, if any were: which lease was lost, to whom, and how far the run came.
    pub(super) async fn lost(&self, receipt: &Receipt) -> Option<Error> {
        let refused = |held: &&Held| held.watch().refused.is_some();
        let held = self.held.leases.iter().find(refused)?;
        let lost_to = held.watch().lost_to.clone();
        let now = match lost_to {
            Some(record) => Some(record),
            // What cannot be read is missing in the message.
            None => tokio::time::timeout(RELEASE, held.lease.lease.inspect()).await.ok()?.ok().flatten(),
        };
        Some(held.lost(now.as_ref(), receipt))
    }

    /// Ends the renewals and gives the leases back.
    ///
    /// # Errors
    /// When that fails. Other runs then wait until the leases expire.
    pub(super) async fn release(&self) -> Result<()> {
        let renewals = std::mem::take(&mut *self.renewals.lock().unwrap_or_else(PoisonError::into_inner));
        for renewal in renewals {
            renewal.abort();
            // It ends by being aborted.
            let _ = renewal.await;
        }
        let releases = join_all(self.held.leases.iter().map(|held| held.lease.lease.release()));
        match tokio::time::timeout(RELEASE, releases).await {
            Ok(released) => released.into_iter().collect(),
            Err(_) => {
                let message = format!("no answer within {} seconds", RELEASE.as_secs());
                Err(Error::new(Kind::Timeout, message))
            }
        }
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        let renewals = self.renewals.get_mut().unwrap_or_else(PoisonError::into_inner);
        renewals.iter().for_each(JoinHandle::abort);
    }
}

impl WriteCheck for AllHeld {
    fn check(&self) -> Result<()> {
        let Some(held) = self.leases.iter().find(|held| held.is_over()) else { return Ok(()) };
        let now = self.clock.now();
        let mut watch = held.watch();
        let late = now.saturating_sub(watch.beat).saturating_sub(self.terms.renewal()).max(watch.late);
        watch.refused.get_or_insert(late);
        Err(Error::new(Kind::Refused, format!("the lease for {} is lost", held.lease.target)))
    }
}

impl AllHeld {
    /// Renews a lease until another run has it. One that expired can be renewed while no other run has taken it over.
    async fn renew(&self, held: &Held) {
        let mut wait = self.terms.renewal();
        loop {
            let before = self.clock.now();
            tokio::time::sleep(wait).await;
            {
                let (now, mut watch) = (self.clock.now(), held.watch());
                watch.late = watch.late.max(now.saturating_sub(before).saturating_sub(wait));
                watch.beat = now;
            }
            let limit = self.terms.renewal();
            let renewed = tokio::time::timeout(limit, held.lease.lease.renew()).await.unwrap_or_else(|_| {
                Err(Error::new(Kind::Timeout, format!("no answer within {} seconds", limit.as_secs())))
            });
            let mut watch = held.watch();
            wait = match renewed {
                Ok(Renewal::Renewed) => {
                    (watch.failure, watch.late) = (None, Duration::ZERO);
                    self.terms.renewal()
                }
                Ok(Renewal::Lost(record)) => {
                    (watch.is_lost, watch.lost_to) = (true, record);
                    return;
                }
                Err(error) => {
                    tracing::warn!(target = %held.lease.target, %error, "the lease was not renewed");
                    watch.failure = Some(error);
                    RENEW_AGAIN.min(self.terms.renewal())
                }
            };
        }
    }
}

impl Held {
    fn watch(&self) -> MutexGuard<'_, Watch> {
        // Each member is valid by itself.
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing must be written now.
    fn is_over(&self) -> bool {
        self.watch().is_lost || self.lease.lease.remaining().is_none()
    }

    fn lost(&self, now: Option<&Record>, receipt: &Receipt) -> Error {
        let target = &self.lease.target;
        let watch = self.watch();
        let theirs = now.filter(|record| record.epoch > self.epoch);
        let what = match theirs.map(|record| (record, &record.holder)) {
            Some((record, Some(holder))) => {
                format!("the lease for {target} went to {} (epoch {})", holder.name, record.epoch)
            }
            Some((record, None)) => {
                format!("the lease for {target} was taken away (epoch {})", record.epoch)
            }
            None => format!("the lease for {target} expired"),
        };
        let late = watch.refused.unwrap_or_default();
        let paused = match late >= PAUSED {
            true => format!(" while this run was paused for {}", span(late)),
            false => String::new(),
        };
        let steps = receipt.nodes.iter().flat_map(|node| &node.steps);
        let (done, all) =
            steps.fold((0, 0), |(done, all), step| (done + usize::from(is_written(&step.outcome)), all + 1));
        let message = format!("{what}{paused}; {done} of {all} steps were done, nothing more is written");
        let error = Error::new(Kind::Refused, message).with_hint("run `plan` to see what is left");
        match (&watch.failure, theirs) {
            (Some(failure), None) => error.with_detail(format!("the lease could not be renewed: {failure}")),
            _ => error,
        }
    }
}

fn is_written(outcome: &StepOutcome) -> bool {
    matches!(outcome, StepOutcome::Done(_) | StepOutcome::NotPutBack(_))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use async_trait::async_trait;
    use deployer_core::model::{NodeReceipt, StepReceipt};
    use deployer_state::Attempt;

    use super::*;

    /// A clock and a lease that is valid until a moment.
    #[derive(Debug, Default)]
    struct Fake {
        now: AtomicU64,
        until: AtomicU64,
        renewals: AtomicU64,
        is_down: AtomicBool,
        is_lost: AtomicBool,
    }

    #[derive(Debug)]
    struct Shared(Arc<Fake>);

    impl Clock for Shared {
        fn now(&self) -> Duration {
            Duration::from_secs(self.0.now.load(Ordering::SeqCst))
        }
    }

    #[async_trait]
    impl Lease for Shared {
        async fn acquire(&self) -> Result<Attempt> {
            Ok(Attempt::Held(17))
        }

        async fn renew(&self) -> Result<Renewal> {
            self.0.renewals.fetch_add(1, Ordering::SeqCst);
            if self.0.is_down.load(Ordering::SeqCst) {
                return Err(Error::new(Kind::Unavailable, "the bucket does not answer"));
            }
            if self.0.is_lost.load(Ordering::SeqCst) {
                return Ok(Renewal::Lost(None));
            }
            self.0.until.store(self.0.now.load(Ordering::SeqCst) + 55, Ordering::SeqCst);
            Ok(Renewal::Renewed)
        }

        fn remaining(&self) -> Option<Duration> {
            let left = self.0.until.load(Ordering::SeqCst).checked_sub(self.0.now.load(Ordering::SeqCst))?;
            (left > 0).then(|| Duration::from_secs(left))
        }

        async fn release(&self) -> Result<()> {
            Ok(())
        }

        async fn inspect(&self) -> Result<Option<Record>> {
            Ok(None)
        }

        async fn break_epoch(&self, _: u64) -> Result<()> {
            Ok(())
        }
    }

    fn leases() -> (Arc<Fake>, Leases) {
        let fake = Arc::new(Fake::default());
        fake.until.store(55, Ordering::SeqCst);
        let lease = TargetLease {
            node: "master".into(),
            target: "https://node".to_owned(),
            lease: Box::new(Shared(Arc::clone(&fake))),
        };
        let clock: Arc<dyn Clock> = Arc::new(Shared(Arc::clone(&fake)));
        (Arc::clone(&fake), Leases::new(vec![(lease, 17)], clock, Terms::default()))
    }

    /// Lets time pass for the process and its clock.
    async fn pass(fake: &Fake, seconds: u64) {
        for _ in 0..seconds {
            fake.now.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn receipt() -> Receipt {
        let step = |outcome| StepReceipt { name: "step".to_owned(), outcome, notes: Vec::new() };
        let steps = vec![step(StepOutcome::Done("written".to_owned())), step(StepOutcome::NotDone)];
        let node = NodeReceipt {
            node: "master".into(),
            target: "https://node".to_owned(),
            replanned: Vec::new(),
            steps,
            aftermath: None,
        };
        Receipt { nodes: vec![node] }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_renewed_every_quarter_of_its_time_and_no_longer_after_its_release() {
        let (fake, leases) = leases();
        pass(&fake, 121).await;
        assert_eq!(fake.renewals.load(Ordering::SeqCst), 8);
        assert!(leases.check().check().is_ok());
        assert!(leases.lost(&receipt()).await.is_none());
        leases.release().await.unwrap();
        pass(&fake, 60).await;
        assert_eq!(fake.renewals.load(Ordering::SeqCst), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_down_is_asked_again_soon_and_ends_the_writing_when_the_time_is_over() {
        let (fake, leases) = leases();
        fake.is_down.store(true, Ordering::SeqCst);
        pass(&fake, 30).await;
        assert!(leases.check().check().is_ok(), "the lease is still valid");
        pass(&fake, 30).await;
        assert_eq!(leases.check().check().unwrap_err().kind(), Kind::Refused);
        let lost = leases.lost(&receipt()).await.unwrap();
        assert_eq!(
            lost.message(),
            "the lease for https://node expired; 1 of 2 steps were done, nothing more is written"
        );
        assert_eq!(lost.details(), ["the lease could not be renewed: the bucket does not answer"]);
        assert!(fake.renewals.load(Ordering::SeqCst) > 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_was_paused_writes_nothing_before_it_has_renewed() {
        let (fake, leases) = leases();
        fake.now.fetch_add(110, Ordering::SeqCst);
        assert!(leases.check().check().is_err());
        fake.is_lost.store(true, Ordering::SeqCst);
        pass(&fake, 20).await;
        let lost = leases.lost(&receipt()).await.unwrap();
        assert_eq!(
            lost.message(),
            "the lease for https://node expired while this run was paused for 1 min 35 s; 1 of 2 steps were done, \
             nothing more is written"
        );
    }
}
