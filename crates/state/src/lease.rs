//! The contract of a lease on a target.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use deployer_core::Result;

use crate::record::Record;

/// The times of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long the holder may be silent.
    pub ttl: Duration,
    /// How much earlier than the ttl the holder itself stops writing.
    pub margin: Duration,
    /// How long others wait beyond the ttl: at least as long as a request to a node may be late.
    pub grace: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self::lasting(Duration::from_secs(60))
    }
}

impl Terms {
    /// The times of a lease whose holder may be silent for `ttl`.
    pub fn lasting(ttl: Duration) -> Self {
        Self { ttl, margin: ttl / 12, grace: ttl / 2 }
    }

    /// How often the holder renews: every quarter of the ttl.
    pub fn renewal(&self) -> Duration {
        self.ttl / 4
    }

    /// How long a record must be unchanged before another run takes over.
    pub fn takeover(&self) -> Duration {
        self.ttl.saturating_add(self.grace)
    }
}

/// The outcome of an attempt to acquire a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The lease is held, with this epoch.
    Held(u64),
    /// Another run holds it.
    Busy {
        /// The record of the other run.
        record: Record,
        /// How long the record has been unchanged since it was first read.
        unchanged: Duration,
        /// How long it must stay unchanged until a takeover.
        takeover_in: Duration,
    },
}

/// The outcome of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// The lease is valid for longer.
    Renewed,
    /// The lease is lost, to the holder of this record. `None` if the record is missing.
    Lost(Option<Record>),
}

/// A lease on one target. One task at a time calls the methods that write; any task calls [`remaining`](Self::remaining).
#[async_trait]
pub trait Lease: Debug + Send + Sync {
    /// Tries once to acquire the lease. Repeated calls detect a holder that has ended.
    ///
    /// # Errors
    /// When the outcome is unknown or the record is invalid. The lease is not held then.
    async fn acquire(&self) -> Result<Attempt>;

    /// Extends a lease that is held.
    ///
    /// # Errors
    /// When the outcome is unknown. The lease stays held for the time that remains. `Refused` when it is not held.
    async fn renew(&self) -> Result<Renewal>;

    /// How long the lease is still valid. `None` if it is not. Check it right before each write, and cap the time limit of the write.
    fn remaining(&self) -> Option<Duration>;

    /// Gives the lease back, so that the next run does not wait. Does nothing if it is not held.
    ///
    /// # Errors
    /// When the outcome is unknown. Other runs then wait until the lease expires.
    async fn release(&self) -> Result<()>;

    /// Reads the record. `None` if nobody ever held the lease. As for [`acquire`](Self::acquire), repeated calls detect a holder that has
    /// ended.
    ///
    /// # Errors
    /// When the place cannot be read or the record is invalid.
    async fn inspect(&self) -> Result<Option<Record>>;

    /// Takes the lease away from the holder with this epoch.
    ///
    /// # Errors
    /// `Refused` when the lease is not held with this epoch; otherwise as [`acquire`](Self::acquire).
    async fn break_epoch(&self, epoch: u64) -> Result<()>;
}
