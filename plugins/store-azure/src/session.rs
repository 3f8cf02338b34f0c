//! One login a run, however many readers start together.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use deployer_core::{Error, Kind, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

/// The login of a store: under way, done, or not begun.
#[derive(Debug, Default)]
pub(crate) struct Session(Mutex<Option<Shared<BoxFuture<'static, Result<()>>>>>);

impl Session {
    /// Waits for the login. The first to ask begins it, all who ask meanwhile share its outcome, and after a failed one the next
    /// to ask begins another.
    pub(crate) async fn opened<F>(&self, log_in: impl FnOnce() -> F) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let attempt = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*current {
                Some(attempt) if !matches!(attempt.peek(), Some(Err(_))) => attempt.clone(),
                _ => {
                    // A task of its own: a reader that goes away ends neither the login nor another's wait for it.
                    let task = tokio::spawn(log_in());
                    let attempt =
                        async move { task.await.unwrap_or_else(|_| Err(no_outcome())) }.boxed().shared();
                    current.insert(attempt).clone()
                }
            }
        };
        attempt.await
    }
}

fn no_outcome() -> Error {
    Error::new(Kind::Bug, "log in to Azure").with_cause("the login ended without an outcome")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn all_who_ask_together_share_one_login_and_its_failure() {
        let (session, logins) = (Session::default(), Arc::new(AtomicUsize::new(0)));
        let ask = |fails: bool| {
            let logins = Arc::clone(&logins);
            session.opened(move || async move {
                logins.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                if fails { Err(Error::new(Kind::Denied, "no")) } else { Ok(()) }
            })
        };
        let failed = futures::future::join_all((0..20).map(|_| ask(true))).await;
        assert!(failed.iter().all(Result::is_err));
        assert_eq!(logins.load(Ordering::Relaxed), 1);
        let passed = futures::future::join_all((0..20).map(|_| ask(false))).await;
        assert!(passed.iter().all(Result::is_ok));
        assert!(ask(true).await.is_ok(), "it is open");
        assert_eq!(logins.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_reader_that_goes_away_does_not_end_the_login() {
        let (session, logins) = (Session::default(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let logins = Arc::clone(&logins);
            session.opened(move || async move {
                logins.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(())
            })
        };
        assert!(ask().now_or_never().is_none(), "it is under way");
        ask().await.expect("it goes on");
        assert_eq!(logins.load(Ordering::Relaxed), 1);
    }
}
