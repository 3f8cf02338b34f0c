//! Blocking git work inside async code: each of its waits can be ended.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_core::plugin::{RequestLimits, WriteAccess, time_limit};
use deployer_core::{Error, Kind, Result, Retry};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::listed::ListedReferences;

/// How long work continues after the run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenStopped {
    /// It ends at once, because it only reads.
    EndAtOnce,
    /// It gets a short grace period, because it writes, or reads the result of a write.
    Finish,
}

impl WhenStopped {
    /// A run ends within five seconds of the request. A write and the reading of its result must both fit.
    fn grace(self) -> Duration {
        match self {
            Self::EndAtOnce => Duration::ZERO,
            Self::Finish => Duration::from_millis(1500),
        }
    }
}

/// Waits on behalf of blocking work, and keeps the first error: gix passes errors of a transport on without their details.
#[derive(Debug)]
pub(crate) struct Session {
    runtime: Handle,
    stop: CancellationToken,
    /// gix reads this between its steps.
    pub(crate) interrupted: Arc<AtomicBool>,
    idle: Duration,
    host: String,
    writes: WriteAccess,
    writing: AtomicBool,
    failure: Mutex<Option<Error>>,
    /// The references that a conversation about a push over HTTP begins with, or has begun with.
    listed: Mutex<Option<ListedReferences>>,
}

impl Session {
    /// Keeps the references that a host listed.
    pub(crate) fn keep_references(&self, listed: ListedReferences) {
        *self.listed() = Some(listed);
    }

    /// The references that were kept, once.
    pub(crate) fn take_references(&self) -> Option<ListedReferences> {
        self.listed().take()
    }

    fn listed(&self) -> MutexGuard<'_, Option<ListedReferences>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a future, until the run is asked to stop, or cannot write any more during a push.
    pub(crate) fn wait<T>(&self, something: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let something = async {
            if !self.writing.load(Ordering::Relaxed) {
                return something.await;
            }
            self.writes.limit(something).await.unwrap_or_else(|| Err(self.fail(self.access_ended())))
        };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => Err(self.fail(self.asked_to_stop())),
                waited = something => waited,
            }
        })
    }

    fn access_ended(&self) -> Error {
        Error::new(Kind::Timeout, format!("the run lost its lock before {} answered", self.host))
    }

    fn asked_to_stop(&self) -> Error {
        Error::new(
            Kind::Interrupted,
            format!("the run was asked to stop during the conversation with {}", self.host),
        )
    }

    /// As [`Self::wait`], with the time limit for the next bytes of a process.
    pub(crate) fn wait_for_bytes<T>(&self, something: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        self.wait(async {
            tokio::time::timeout(self.idle, something).await.unwrap_or_else(|_| {
                let text = format!("{} did not answer for {} seconds", self.host, self.idle.as_secs());
                Err(self.fail(Error::new(Kind::Timeout, text).with_retry(Retry::Soon)))
            })
        })
    }

    /// From now on a request might have reached the server: an error without its answer leaves the outcome unknown.
    ///
    /// # Errors
    /// When the run cannot write now.
    pub(crate) fn begin_writing(&self) -> Result<()> {
        self.writes.check()?;
        self.writing.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Notes an error after which it is unknown whether a write was applied.
    pub(crate) fn fail(&self, error: Error) -> io::Error {
        let error =
            if self.writing.load(Ordering::Relaxed) { outcome_unknown(&self.host, &error) } else { error };
        self.refuse(error)
    }

    /// Notes an error after which it is certain that nothing was written.
    pub(crate) fn refuse(&self, error: Error) -> io::Error {
        let foreign = io::Error::other(error.to_string());
        self.failure().get_or_insert(error);
        foreign
    }

    /// Whether an error was noted.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    /// The noted error, else one with gix's words.
    pub(crate) fn explain(&self, attempted: &str, foreign: &gix::Error) -> Error {
        if let Some(known) = self.failure().take() {
            let names_only_the_host = matches!(known.kind(), Kind::UnknownOutcome | Kind::Timeout);
            return if names_only_the_host { known.context(attempted) } else { known };
        }
        let chain: Vec<String> = foreign.iter_errors().map(ToString::to_string).collect();
        let text = format!("unexpected answer from {}", self.host);
        let error = Error::new(Kind::Unexpected, text).with_cause(chain.join(": "));
        let writing = self.writing.load(Ordering::Relaxed);
        let error = if writing { outcome_unknown(&self.host, &error) } else { error };
        error.context(attempted)
    }

    /// Runs a function in the runtime's context, which starting a process needs.
    pub(crate) fn entered<T>(&self, something: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.enter();
        something()
    }

    fn failure(&self) -> MutexGuard<'_, Option<Error>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome_unknown(host: &str, error: &Error) -> Error {
    Error::new(Kind::UnknownOutcome, format!("the commit was sent to {host}, and the result is unknown"))
        .with_cause(error)
}

/// Ends the waits of the work when its future is dropped, or on request.
struct Stop(CancellationToken, Arc<AtomicBool>);

impl Stop {
    fn stop(&self) {
        self.0.cancel();
        self.1.store(true, Ordering::Relaxed);
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The limits of blocking work.
#[derive(Debug, Clone)]
pub(crate) struct SessionLimits {
    /// The name of the host, for messages.
    pub(crate) host: String,
    /// The longest wait for the next bytes.
    pub(crate) idle: Duration,
    /// Cancelled when the run is asked to stop.
    pub(crate) cancel: CancellationToken,
    /// Whether a push can be sent now.
    pub(crate) writes: WriteAccess,
    /// A conversation over SSH counts as one request of the run. `None` for HTTP, whose client counts the requests.
    pub(crate) requests: Option<RequestLimits>,
}

/// Runs blocking git work on its own thread.
///
/// # Errors
/// Those of the work; `Interrupted` if the run is asked to stop meanwhile; `Bug` if the work panics.
pub(crate) async fn blocking<T: Send + 'static>(
    limits: &SessionLimits,
    when_stopped: WhenStopped,
    work: impl FnOnce(&Arc<Session>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let stop = Stop(CancellationToken::new(), Arc::new(AtomicBool::new(false)));
    let session = Arc::new(Session {
        runtime: Handle::current(),
        stop: stop.0.clone(),
        interrupted: Arc::clone(&stop.1),
        idle: limits.idle,
        host: limits.host.clone(),
        writes: limits.writes.clone(),
        writing: AtomicBool::new(false),
        failure: Mutex::default(),
        listed: Mutex::default(),
    });
    // Each wait of the work has the limit of `timeout_seconds`, which decides instead of the runner's limit of a call.
    let _limited = time_limit::self_limited();
    let _permit = match &limits.requests {
        Some(requests) => Some(requests.permit().await),
        None => None,
    };
    let span = tracing::Span::current();
    let mut job = tokio::task::spawn_blocking(move || span.in_scope(|| work(&session)));
    let asked_to_stop = async {
        limits.cancel.cancelled().await;
        tokio::time::sleep(when_stopped.grace()).await;
    };
    let ended = tokio::select! {
        biased;
        ended = &mut job => ended,
        () = asked_to_stop => {
            stop.stop();
            job.await
        }
    };
    ended.unwrap_or_else(|_| Err(Error::new(Kind::Bug, format!("the git work with {} failed", limits.host))))
}
