//! How much of the outside a run uses at once.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::time_limit::{SelfLimited, self_limited};

/// How many requests are in flight at once, and how large an answer can be. Clones share the count.
///
/// The `http` ring takes a permit per request. A plugin with another way to a network takes one per request as well:
///
/// ```
/// # async fn list(context: &deployer_core::plugin::Context) {
/// let _permit = context.requests.permit().await;
/// // Send one request and read its answer. Never wait for a second permit while you have one.
/// # }
/// ```
#[derive(Clone)]
pub struct RequestLimits {
    permits: Arc<Semaphore>,
    in_flight: usize,
    answer_bytes: usize,
}

impl RequestLimits {
    /// Requests in flight in a run, except those of stores [default: 16].
    pub const RUN: usize = 16;
    /// Requests in flight to stores: they are small, and a run can need hundreds of secrets [default: 32].
    pub const STORES: usize = 32;
    /// Requests in flight to the place for state: a lease must be renewed in time, however many uploads are under way [default: 16].
    pub const STATE: usize = 16;
    /// The largest answer that is read from any server, in bytes after decompression [default: 256 MiB].
    pub const ANSWER_BYTES: usize = 256 * 1024 * 1024;

    /// A limit of so many requests at once, at least one.
    pub fn new(in_flight: usize) -> Self {
        let in_flight = in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(in_flight)), in_flight, answer_bytes: Self::ANSWER_BYTES }
    }

    /// The same limit with another largest answer, in bytes after decompression.
    #[must_use]
    pub fn with_answer_bytes(mut self, bytes: usize) -> Self {
        self.answer_bytes = bytes;
        self
    }

    /// The largest answer that is read, in bytes after decompression.
    pub fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    /// Waits until another request may start. The request is over when the permit is dropped.
    ///
    /// The wait does not count as time of the runner's call.
    pub async fn permit(&self) -> RequestPermit {
        let _waiting: SelfLimited = self_limited();
        // The semaphore is never closed, so this always returns a permit.
        RequestPermit { _permit: Arc::clone(&self.permits).acquire_owned().await.ok() }
    }
}

impl fmt::Debug for RequestLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLimits")
            .field("in_flight", &self.in_flight)
            .field("answer_bytes", &self.answer_bytes)
            .finish()
    }
}

/// The right to have one request in flight.
#[derive(Debug)]
pub struct RequestPermit {
    _permit: Option<OwnedSemaphorePermit>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clones_share_the_count() {
        let limits = RequestLimits::new(3);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (limits, now, most) = (limits.clone(), Arc::clone(&now), Arc::clone(&most));
            requests.spawn(async move {
                let _permit = limits.permit().await;
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, Ordering::Relaxed);
            });
        }
        requests.join_all().await;
        assert_eq!(most.load(Ordering::Relaxed), 3);
    }
}
