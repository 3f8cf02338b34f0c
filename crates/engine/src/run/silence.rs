//! How long a server has answered nothing, over all concurrent calls of a part of a run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::call::{Runner, timed_out};
use deployer_core::{Error, Retry};

/// The silence of one server. Without it, calls that wait for their turn would each be silent for as long as the first ones.
pub(super) struct Silence {
    limit: Duration,
    /// The last answer.
    since: Mutex<Instant>,
    given_up: CancellationToken,
}

impl Silence {
    /// A silence that begins now.
    pub(super) fn new(runner: &Runner) -> Self {
        let (limit, since) = (runner.policy.silence, Mutex::new(Instant::now()));
        Self { limit, since, given_up: CancellationToken::new() }
    }

    /// Notes an answer.
    pub(super) fn broken(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether a call must not be repeated, after failed attempts that took `spent` together. If no other call was answered in that
    /// time, the server is given up.
    pub(super) fn is_over(&self, spent: Duration) -> bool {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if spent >= self.limit && since.elapsed() >= self.limit {
            self.given_up.cancel();
        }
        spent >= self.limit
    }

    /// Ends when the server is given up.
    pub(super) async fn given_up(&self) {
        self.given_up.cancelled().await;
    }

    /// The failure of a call that was under way when the server was given up.
    pub(super) fn error(&self, attempted: &str) -> Error {
        timed_out(attempted, self.limit).with_retry(Retry::Never)
    }
}
