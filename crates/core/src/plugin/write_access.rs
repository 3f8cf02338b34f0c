//! Whether a run can write to its targets at a moment.

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;

use crate::error::{Error, Kind, Result};

/// How long a write without any event can go on before its access is checked again.
const RECHECK: Duration = Duration::from_secs(1);

/// Decides whether a run can write. It makes no request, because each write checks it at the last moment.
pub trait WriteCheck: Debug + Send + Sync {
    /// Whether the run can write now.
    ///
    /// # Errors
    /// `Refused`, saying why it cannot.
    fn check(&self) -> Result<()>;
}

/// The access of a run to its targets. Clones share it. By default, everything can be written.
///
/// The `http` ring checks it right before each request of a target that is not a `GET`, and the `git` ring right before each push. A
/// target with another way to a network does the same:
///
/// ```
/// # async fn send() -> deployer_core::Result<()> { Ok(()) }
/// # async fn write(context: &deployer_core::plugin::Context) -> deployer_core::Result<()> {
/// context.writes.check()?;
/// // `None`: the access ended before the answer came, so that the outcome is unknown.
/// let answer = context.writes.limit(send()).await;
/// # answer.unwrap_or(Ok(()))
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct WriteAccess(Arc<RwLock<Option<Arc<dyn WriteCheck>>>>);

/// No write is allowed before the run has locked its targets.
#[derive(Debug)]
struct NotLocked;

impl WriteCheck for NotLocked {
    fn check(&self) -> Result<()> {
        Err(Error::new(Kind::Bug, "a write before the run has locked its targets; nothing was written"))
    }
}

impl WriteAccess {
    /// An access that allows nothing yet.
    pub fn none() -> Self {
        Self(Arc::new(RwLock::new(Some(Arc::new(NotLocked)))))
    }

    /// Allows writes while a check passes; `None` for all writes.
    pub fn allow(&self, check: Option<Arc<dyn WriteCheck>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = check;
    }

    /// Allows nothing until the next [`Self::allow`].
    pub fn end(&self) {
        self.allow(Some(Arc::new(NotLocked)));
    }

    /// Whether the run can write now.
    ///
    /// # Errors
    /// As [`WriteCheck::check`].
    pub fn check(&self) -> Result<()> {
        let check = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        check.map_or(Ok(()), |check| check.check())
    }

    /// Carries on a write only while the run can write. Returns `None` when that ends first: the outcome of the write is unknown then.
    ///
    /// It checks each time before the write goes on, so that a process that was paused does not send the rest of a request.
    pub async fn limit<T>(&self, write: impl Future<Output = T>) -> Option<T> {
        let mut write = pin!(write);
        let mut recheck = tokio::time::interval(RECHECK);
        poll_fn(|context| {
            if self.check().is_err() {
                return Poll::Ready(None);
            }
            while recheck.poll_tick(context).is_ready() {}
            write.as_mut().poll(context).map(Some)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::time::Instant;

    use super::*;

    /// Allows writes up to a number of seconds after a start.
    #[derive(Debug)]
    struct Until(Instant, AtomicU64);

    impl WriteCheck for Until {
        fn check(&self) -> Result<()> {
            if self.0.elapsed() < Duration::from_secs(self.1.load(Ordering::Relaxed)) {
                return Ok(());
            }
            Err(Error::new(Kind::Refused, "over"))
        }
    }

    async fn takes(seconds: u64) -> u64 {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        seconds
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_goes_on_while_it_is_allowed_and_the_end_can_move() {
        let access = WriteAccess::none();
        assert_eq!(access.check().unwrap_err().kind(), Kind::Bug);
        let until = Arc::new(Until(Instant::now(), 30.into()));
        access.allow(Some(Arc::clone(&until) as _));
        assert_eq!(access.limit(takes(10)).await, Some(10));
        let extend = async {
            takes(15).await;
            until.1.store(90, Ordering::Relaxed);
        };
        let (answer, ()) = tokio::join!(access.limit(takes(60)), extend);
        assert_eq!(answer, Some(60));
        assert_eq!(access.clone().limit(takes(60)).await, None);
        assert_eq!(until.0.elapsed().as_secs(), 90);
        assert_eq!(access.check().unwrap_err().kind(), Kind::Refused);
        access.allow(None);
        assert!(access.check().is_ok());
        access.end();
        assert!(access.check().is_err());
    }
}
