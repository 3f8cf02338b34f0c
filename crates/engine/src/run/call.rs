//! Retry, time limit and interruption of every call to a plugin.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::progress::{Event, Progress};
use deployer_core::error::{Error, Kind, Result, Retry};
use deployer_core::plugin::WriteAccess;
use deployer_core::plugin::time_limit::within;

/// How patient a run is.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How often a call is made at most.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from attempt to attempt, with jitter.
    pub first_wait: Duration,
    /// The longest wait, also when the other side asks for more.
    pub longest_wait: Duration,
    /// How long the failed attempts of a read can take together before it is not repeated, without the waits between them.
    pub silence: Duration,
    /// How long a read can take, apart from requests with a limit of their own (`timeout_seconds`).
    pub read_timeout: Duration,
    /// How long a write can take, apart from requests with a limit of their own (`timeout_seconds`).
    pub write_timeout: Duration,
    /// After an interruption: how long the running write may still take before its outcome is read back.
    pub grace: Duration,
    /// After an interruption: how long reading back an outcome may take.
    pub read_back: Duration,
    /// How long giving back tokens may take at the end.
    pub close: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(30),
            silence: Duration::from_secs(120),
            read_timeout: Duration::from_secs(120),
            write_timeout: Duration::from_secs(600),
            grace: Duration::from_millis(1500),
            read_back: Duration::from_secs(1),
            close: Duration::from_secs(1),
        }
    }
}

/// How long a call can take before the wait for it is reported.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes calls on behalf of a run. Cheap to clone. How many requests are in flight at once is limited where they are sent: see
/// [`RequestLimits`](deployer_core::plugin::RequestLimits).
#[derive(Debug, Clone)]
pub struct Runner {
    pub(super) policy: Policy,
    pub(super) cancel: CancellationToken,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) writes: WriteAccess,
}

impl Runner {
    /// A runner that stops starting things when `cancel` is cancelled.
    pub fn new(policy: Policy, cancel: CancellationToken, progress: Arc<dyn Progress>) -> Self {
        Self { policy, cancel, progress, writes: WriteAccess::default() }
    }

    /// The same runner, which begins a write only while the access allows it.
    #[must_use]
    pub fn with_writes(mut self, writes: WriteAccess) -> Self {
        self.writes = writes;
        self
    }

    /// The error of a run that was asked to stop.
    pub fn interrupted() -> Error {
        Error::new(Kind::Interrupted, "the run was asked to stop")
    }

    /// Whether the run was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Makes a reading call until it passes, fails for good, or the attempts are used up. Interruption ends it at once.
    ///
    /// # Errors
    /// The last failure; `Timeout` when one attempt took too long; `Interrupted`.
    pub async fn read<T, F, Fut>(&self, attempted: &str, call: F) -> Result<T>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let mut attempt = 1;
        let mut silence = Duration::ZERO;
        loop {
            let started = Instant::now();
            let answer = self.watch(attempted, self.once(attempted, call())).await;
            silence += started.elapsed();
            match answer {
                Err(error) if self.may_retry(&error, attempt) && silence < self.policy.silence => {
                    self.wait(attempted, &error, attempt).await?
                }
                answer => return answer,
            }
            attempt += 1;
        }
    }

    /// Waits.
    ///
    /// # Errors
    /// `Interrupted`, at once.
    pub async fn pause(&self, wait: Duration) -> Result<()> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Self::interrupted()),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// Makes the calls that put back what the run changed for a time. The runner that they get is interrupted `limit` after this one is.
    ///
    /// # Errors
    /// What the calls give.
    pub async fn put_back<T, Fut>(&self, limit: Duration, calls: impl FnOnce(Self) -> Fut) -> Result<T>
    where
        Fut: Future<Output = Result<T>>,
    {
        let late = CancellationToken::new();
        let calls = calls(Self { cancel: late.clone(), ..self.clone() });
        let over = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(limit).await;
        };
        tokio::pin!(calls);
        tokio::select! {
            biased;
            done = &mut calls => return done,
            () = over => late.cancel(),
        }
        calls.await
    }

    /// Makes a call a single time that must not be repeated blindly.
    ///
    /// # Errors
    /// Its failure; `UnknownOutcome` if it took too long; `Interrupted`.
    pub async fn call_once<T>(&self, attempted: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
        let answer = self.watch(attempted, self.once(attempted, call)).await;
        answer.map_err(|error| {
            if error.kind() == Kind::Timeout { error.with_kind(Kind::UnknownOutcome) } else { error }
        })
    }

    /// Makes a reading call a single time.
    pub(super) async fn once<T>(&self, attempted: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.policy.read_timeout;
        let answer = async { within(limit, call).await.unwrap_or_else(|| Err(timed_out(attempted, limit))) };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Self::interrupted()),
            answer = answer => answer,
        }
    }

    /// Makes a call, and reports that its answer is late, at most once each time the wait has doubled.
    pub(super) async fn watch<T>(&self, attempted: &str, call: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let mut call = std::pin::pin!(call);
        let mut waited = PATIENCE;
        loop {
            tokio::select! {
                biased;
                answer = &mut call => return answer,
                () = tokio::time::sleep_until(started + waited) => {}
            }
            self.progress.event(Event::Waiting { attempted, waited });
            waited = waited.saturating_mul(2);
        }
    }

    pub(super) fn may_retry(&self, error: &Error, attempt: u32) -> bool {
        error.retry() != Retry::Never && attempt < self.policy.attempts
    }

    /// Waits before the next attempt, and says so.
    ///
    /// # Errors
    /// `Interrupted`, at once.
    pub(super) async fn wait(&self, attempted: &str, error: &Error, attempt: u32) -> Result<()> {
        let wait = self.wait_after(error.retry(), attempt);
        self.progress.event(Event::Retrying { attempted, error, wait });
        self.pause(wait).await
    }

    /// Exponential with full jitter in its upper half; what the other side asked for when that is more.
    fn wait_after(&self, retry: Retry, attempt: u32) -> Duration {
        let ceiling =
            self.policy.first_wait.saturating_mul(1 << (attempt - 1).min(16)).min(self.policy.longest_wait);
        let own = ceiling.mul_f64(0.5 + fastrand::f64() / 2.0);
        match retry {
            Retry::After(asked) => asked.max(own).min(self.policy.longest_wait),
            _ => own,
        }
    }
}

pub(super) fn timed_out(attempted: &str, limit: Duration) -> Error {
    Error::new(Kind::Timeout, format!("{attempted}: no answer within {} seconds", limit.as_secs()))
        .with_retry(Retry::Soon)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use deployer_core::plugin::time_limit::self_limited;

    use super::*;
    use crate::run::Silent;

    fn runner(policy: Policy) -> Runner {
        Runner::new(policy, CancellationToken::new(), Arc::new(Silent))
    }

    fn unavailable() -> Error {
        Error::new(Kind::Unavailable, "down").with_retry(Retry::Soon)
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_pass_is_tried_again_and_what_cannot_is_not() {
        let runner = runner(Policy::default());
        let calls = AtomicU32::new(0);
        let answer = runner
            .read("x", || async {
                if calls.fetch_add(1, Ordering::Relaxed) < 2 { Err(unavailable()) } else { Ok(7) }
            })
            .await;
        assert_eq!((answer.unwrap(), calls.load(Ordering::Relaxed)), (7, 3));

        calls.store(0, Ordering::Relaxed);
        let answer: Result<()> = runner
            .read("x", || async {
                calls.fetch_add(1, Ordering::Relaxed);
                Err(Error::new(Kind::Denied, "no"))
            })
            .await;
        assert_eq!((answer.unwrap_err().kind(), calls.load(Ordering::Relaxed)), (Kind::Denied, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_other_sides_wait_counts_up_to_the_longest() {
        let runner = runner(Policy::default());
        let asked = Duration::from_secs(7);
        assert_eq!(runner.wait_after(Retry::After(asked), 1), asked);
        assert_eq!(runner.wait_after(Retry::After(Duration::from_secs(3600)), 1), Duration::from_secs(30));
        let own = runner.wait_after(Retry::Soon, 3);
        assert!((500..=1000).contains(&own.as_millis()), "{own:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_call_times_out_and_an_interrupted_one_ends_at_once() {
        let runner = runner(Policy { attempts: 1, ..Policy::default() });
        let silent = || std::future::pending::<Result<()>>();
        assert_eq!(runner.read("x", silent).await.unwrap_err().kind(), Kind::Timeout);
        runner.cancel.cancel();
        assert_eq!(runner.read("x", silent).await.unwrap_err().kind(), Kind::Interrupted);
    }

    #[tokio::test(start_paused = true)]
    async fn what_puts_back_goes_on_after_an_interruption_for_a_limited_time() {
        let runner = runner(Policy { attempts: 1, ..Policy::default() });
        runner.cancel.cancel();
        let (limit, started) = (Duration::from_secs(3), Instant::now());
        let quick = |runner: Runner| async move { runner.read("x", || async { Ok(7) }).await };
        assert_eq!(runner.put_back(limit, quick).await.unwrap(), 7);
        let silent =
            |runner: Runner| async move { runner.read("x", std::future::pending::<Result<()>>).await };
        assert_eq!(runner.put_back(limit, silent).await.unwrap_err().kind(), Kind::Interrupted);
        assert_eq!(started.elapsed(), limit);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_with_a_limit_of_its_own_can_take_longer_than_a_call() {
        let runner = runner(Policy::default());
        let request = || async {
            let _limited = self_limited();
            tokio::time::sleep(Duration::from_secs(900)).await;
            Ok(7)
        };
        assert_eq!(runner.read("x", request).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_given_up_after_two_minutes() {
        let runner = runner(Policy::default());
        let started = Instant::now();
        let mute = || async {
            let _limited = self_limited();
            tokio::time::sleep(Duration::from_secs(60)).await;
            Err::<(), _>(unavailable())
        };
        assert_eq!(runner.read("x", mute).await.unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(started.elapsed().as_secs(), 120);
    }
}
