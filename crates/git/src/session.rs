//! Blocking git work inside an asynchronous program: every wait of it can be ended.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_core::{Error, Kind, Result, Retry};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// How long work goes on once the run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenStopped {
    /// It ends at once: it only reads.
    EndAtOnce,
    /// It gets a short while to come to its end: it writes, or finds out what a write came to.
    Finish,
}

impl WhenStopped {
    /// A run ends within five seconds of the request, and a write and the look at its outcome may follow each other.
    fn grace(self) -> Duration {
        match self {
            Self::EndAtOnce => Duration::ZERO,
            Self::Finish => Duration::from_millis(1500),
        }
    }
}

/// Waits for the outside world on behalf of blocking work, and keeps the first thing that went wrong: gix knows only that
/// something did.
#[derive(Debug)]
pub(crate) struct Session {
    runtime: Handle,
    stop: CancellationToken,
    /// Watched by gix between its steps.
    pub(crate) interrupted: Arc<AtomicBool>,
    idle: Duration,
    host: String,
    writing: AtomicBool,
    failure: Mutex<Option<Error>>,
}

impl Session {
    /// Waits for something, until the run is asked to stop.
    pub(crate) fn wait<T>(&self, something: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => Err(self.fail(self.asked_to_stop())),
                waited = something => waited,
            }
        })
    }

    fn asked_to_stop(&self) -> Error {
        Error::new(Kind::Interrupted, format!("the run was asked to stop while it talked to {}", self.host))
    }

    /// As [`Self::wait`], for something that sets itself no limit: the longest wait for the next bytes of a process.
    pub(crate) fn wait_for_bytes<T>(&self, something: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        self.wait(async {
            tokio::time::timeout(self.idle, something).await.unwrap_or_else(|_| {
                let text = format!("{} did not answer for {} seconds", self.host, self.idle.as_secs());
                Err(self.fail(Error::new(Kind::Timeout, text).with_retry(Retry::Soon)))
            })
        })
    }

    /// From now on a request may have reached the server: a failure without its answer leaves the outcome open.
    pub(crate) fn begin_writing(&self) {
        self.writing.store(true, Ordering::Relaxed);
    }

    /// Notes a failure after which nobody knows whether a write was applied.
    pub(crate) fn fail(&self, error: Error) -> io::Error {
        let error =
            if self.writing.load(Ordering::Relaxed) { outcome_unknown(&self.host, &error) } else { error };
        self.refuse(error)
    }

    /// Notes a failure after which it is certain that nothing was written.
    pub(crate) fn refuse(&self, error: Error) -> io::Error {
        let foreign = io::Error::other(error.to_string());
        self.failure().get_or_insert(error);
        foreign
    }

    /// Whether it is known what went wrong.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    /// What went wrong, in our words where we know them and in gix' words otherwise.
    pub(crate) fn explain(&self, attempted: &str, foreign: &gix::Error) -> Error {
        if let Some(known) = self.failure().take() {
            let names_only_the_host = matches!(known.kind(), Kind::UnknownOutcome | Kind::Timeout);
            return if names_only_the_host { known.context(attempted) } else { known };
        }
        let chain: Vec<String> = foreign.iter_errors().map(ToString::to_string).collect();
        let text = format!("the answer of {} makes no sense", self.host);
        let error = Error::new(Kind::Unexpected, text).with_cause(chain.join(": "));
        let writing = self.writing.load(Ordering::Relaxed);
        let error = if writing { outcome_unknown(&self.host, &error) } else { error };
        error.context(attempted)
    }

    /// Runs something in the runtime's context, as starting a process needs.
    pub(crate) fn entered<T>(&self, something: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.enter();
        something()
    }

    fn failure(&self) -> MutexGuard<'_, Option<Error>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome_unknown(host: &str, error: &Error) -> Error {
    Error::new(
        Kind::UnknownOutcome,
        format!("{host} was sent the commit, and whether it took it is not known"),
    )
    .with_cause(error)
}

/// Ends the work's waits when the future that waits for it is dropped, or asked to.
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

/// Where and how long blocking work may wait.
#[derive(Debug, Clone)]
pub(crate) struct SessionLimits {
    /// The machine that is talked to, for messages.
    pub(crate) host: String,
    /// The longest wait for the next bytes.
    pub(crate) idle: Duration,
    /// The run's wish to stop.
    pub(crate) cancel: CancellationToken,
}

/// Runs blocking git work on a thread of its own.
///
/// # Errors
/// Those of the work; `Interrupted` when the run is asked to stop meanwhile; `Bug` when the work panics.
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
        writing: AtomicBool::new(false),
        failure: Mutex::new(None),
    });
    let mut job = tokio::task::spawn_blocking(move || work(&session));
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
    ended.unwrap_or_else(|_| {
        Err(Error::new(Kind::Bug, format!("the git work with {} broke off", limits.host)))
    })
}
