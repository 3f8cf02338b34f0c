//! One login per run, however many readers start together.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use deployer_core::{Error, Kind, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use crate::login::Token;

/// The login of a store: under way, done, or not begun.
#[derive(Debug, Default)]
pub(crate) struct Session(Mutex<Option<Shared<BoxFuture<'static, Result<Token>>>>>);

impl Session {
    /// Waits for the token. The first caller starts the login, and all callers meanwhile share its outcome. After a failed login,
    /// and when the token is about to expire, the next caller starts another.
    pub(crate) async fn token<F>(&self, log_in: impl FnOnce() -> F) -> Result<Token>
    where
        F: Future<Output = Result<Token>> + Send + 'static,
    {
        let attempt = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*current {
                Some(attempt)
                    if attempt.peek().is_none_or(|done| done.as_ref().is_ok_and(Token::is_fresh)) =>
                {
                    attempt.clone()
                }
                _ => {
                    // A task of its own: a reader that is dropped ends neither the login nor another's wait for it.
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
    Error::new(Kind::Bug, "log in to Google Cloud").with_cause("the login ended without an outcome")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use deployer_core::SecretValue;
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn callers_share_one_login_and_an_expired_token_causes_another() {
        let (session, logins) = (Session::default(), Arc::new(AtomicUsize::new(0)));
        let token = |seconds: Option<u64>| {
            let logins = Arc::clone(&logins);
            session.token(move || async move {
                logins.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                let seconds = seconds.ok_or_else(|| Error::new(Kind::Denied, "no"))?;
                Ok(Token::new(SecretValue::new("token"), seconds))
            })
        };
        assert!(join_all((0..20).map(|_| token(None))).await.iter().all(Result::is_err));
        assert_eq!(logins.load(Ordering::Relaxed), 1);
        assert!(token(Some(3600)).now_or_never().is_none(), "dropped while it is under way");
        assert!(join_all((0..20).map(|_| token(None))).await.iter().all(Result::is_ok));
        assert_eq!(logins.load(Ordering::Relaxed), 2);

        let session = Session::default();
        let short = || async { Ok(Token::new(SecretValue::new("token"), 1)) };
        session.token(short).await.expect("a login");
        let renewed = || async { Err(Error::new(Kind::Denied, "a second login")) };
        session.token(renewed).await.expect_err("it expires within a minute");
    }
}
