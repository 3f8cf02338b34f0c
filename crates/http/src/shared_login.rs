//! One login for all readers of a run.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use deployer_core::{Error, Kind, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tracing::Instrument;

/// A login that concurrent callers share: not begun, under way, or done with an outcome such as a token.
#[derive(Debug)]
pub struct SharedLogin<T>(Mutex<Option<Shared<BoxFuture<'static, Result<T>>>>>);

impl<T> Default for SharedLogin<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLogin<T> {
    /// Waits for the outcome of the login. The first caller starts it, and all callers meanwhile share its outcome. After a failure,
    /// or if the outcome is not valid any more, the next caller starts another login.
    ///
    /// # Errors
    /// The error of the login.
    pub async fn get<F>(&self, is_valid: impl Fn(&T) -> bool, log_in: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let attempt = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*current {
                Some(attempt) if attempt.peek().is_none_or(|done| done.as_ref().is_ok_and(&is_valid)) => {
                    attempt.clone()
                }
                _ => {
                    // A task of its own: a reader that is dropped ends neither the login nor the wait of others.
                    let task = tokio::spawn(log_in().in_current_span());
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
    Error::new(Kind::Bug, "log in").with_cause("the login ended without an outcome")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn concurrent_callers_share_one_login_and_its_failure_and_a_dropped_one_does_not_end_it() {
        let (login, logins) = (SharedLogin::default(), Arc::new(AtomicUsize::new(0)));
        let get = |fails: bool| {
            let logins = Arc::clone(&logins);
            login.get(
                |_: &usize| true,
                move || async move {
                    let number = logins.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    if fails { Err(Error::new(Kind::Denied, "no")) } else { Ok(number) }
                },
            )
        };
        assert!(join_all((0..20).map(|_| get(true))).await.iter().all(Result::is_err));
        assert!(get(false).now_or_never().is_none(), "dropped while it is under way");
        assert_eq!(join_all((0..20).map(|_| get(true))).await, vec![Ok(1); 20]);
        assert_eq!(logins.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn an_outcome_that_is_not_valid_any_more_causes_another_login() {
        let login = SharedLogin::default();
        for number in [1, 2] {
            let outcome = login.get(|_| false, move || async move { Ok(number) }).await;
            assert_eq!(outcome, Ok(number));
        }
    }
}
