//! The token of a run: got once, shared by all readers, given back at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deployer_core::{Error, Kind, Result, SecretValue};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::login::{Token, log_in, revoke};
use crate::settings::Identity;
use crate::wire::Wire;

/// Who we are to Vault.
#[derive(Debug)]
pub(crate) struct Session {
    wire: Arc<Wire>,
    identity: Identity,
    state: Mutex<State>,
    /// How many logins have failed. Readers that waited for a failed one share its failure and do not try on their own.
    failed: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    /// A login runs on its own, so that a token that Vault creates is known, and revoked, also when its reader was cancelled.
    under_way: Option<JoinHandle<Result<Token>>>,
    failure: Option<Error>,
}

impl Session {
    pub(crate) fn new(wire: Arc<Wire>, identity: Identity) -> Self {
        Self { wire, identity, state: Mutex::default(), failed: AtomicUsize::new(0) }
    }

    /// The token, after a login where there is none yet. However many ask at once, one login happens.
    pub(crate) async fn token(&self) -> Result<SecretValue> {
        let login = match &self.identity {
            Identity::Given(token) => return Ok(token.clone()),
            Identity::Login(login) => login,
        };
        let failed_before = self.failed.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token {
            return Ok(token.value.clone());
        }
        if let (Some(failure), true) = (&state.failure, self.failed.load(Ordering::SeqCst) != failed_before) {
            return Err(failure.clone());
        }
        if state.under_way.is_none() {
            let (wire, login) = (Arc::clone(&self.wire), login.clone());
            state.under_way = Some(tokio::spawn(async move { log_in(&wire, &login).await }));
        }
        match state.finish().await {
            Some(Err(failure)) => {
                self.failed.fetch_add(1, Ordering::SeqCst);
                state.failure = Some(failure.clone());
                Err(failure)
            }
            _ => state.token.as_ref().map(|token| token.value.clone()).ok_or_else(no_outcome),
        }
    }

    /// Revokes the token that a login created, also one that nobody has waited for. A given token is left alone.
    pub(crate) async fn close(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        // A login that failed has left nothing to give back.
        let _failure = state.finish().await;
        match state.token.take() {
            Some(token) if token.revocable => revoke(&self.wire, &token).await,
            _ => Ok(()),
        }
    }
}

impl State {
    /// Waits for a login that is under way. None when there is none.
    async fn finish(&mut self) -> Option<Result<()>> {
        // Awaited in its place: when this future is dropped, the next one goes on waiting.
        let outcome = self.under_way.as_mut()?.await;
        self.under_way = None;
        Some(match outcome {
            Ok(Ok(token)) => {
                self.token = Some(token);
                Ok(())
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(no_outcome()),
        })
    }
}

fn no_outcome() -> Error {
    Error::new(Kind::Bug, "log in to Vault").with_cause("the login ended without an outcome")
}
