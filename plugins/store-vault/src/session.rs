//! The token of a run: got once, shared by all readers, renewed when it runs out, given back at the end.

use std::sync::atomic::{AtomicUsize, Ordering};

use deployer_core::{Error, Kind, Result, SecretValue};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::login::{Identity, Token, log_in, look_up, renew, revoke};
use crate::wire::Wire;

/// Who we are to Vault.
#[derive(Debug)]
pub(crate) struct Session {
    /// In the namespace of the login.
    wire: Wire,
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
    pub(crate) fn new(wire: Wire, identity: Identity) -> Self {
        Self { wire, identity, state: Mutex::default(), failed: AtomicUsize::new(0) }
    }

    /// The token, after a login where there is none yet. However many ask at once, one login happens.
    pub(crate) async fn token(&self) -> Result<SecretValue> {
        let failed_before = self.failed.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        let is_login = matches!(self.identity, Identity::Login(_));
        if is_login && state.token.as_ref().is_some_and(Token::has_ended) {
            state.token = None;
        }
        if state.token.is_none() {
            if let (Some(failure), true) =
                (&state.failure, self.failed.load(Ordering::SeqCst) != failed_before)
            {
                return Err(failure.clone());
            }
            if let Err(failure) = self.begin(&mut state).await {
                self.failed.fetch_add(1, Ordering::SeqCst);
                state.failure = Some(failure.clone());
                return Err(failure);
            }
        }
        let token = state.token.as_mut().ok_or_else(no_outcome)?;
        if token.is_due() {
            self.renew(token).await?;
        }
        Ok(token.value.clone())
    }

    /// Gets the token: a login, or the check of a given one.
    async fn begin(&self, state: &mut State) -> Result<()> {
        match &self.identity {
            Identity::Given(token) => state.token = Some(look_up(&self.wire, token).await?),
            Identity::Login(login) => {
                if state.under_way.is_none() {
                    let (wire, login) = (self.wire.clone(), login.clone());
                    let login = async move { log_in(&wire, &login).await };
                    state.under_way = Some(tokio::spawn(login.in_current_span()));
                }
                state.finish().await.unwrap_or_else(|| Err(no_outcome()))?;
            }
        }
        // A token that ends before a run may is made to last at once: its role may permit more than it gives by itself.
        match &mut state.token {
            Some(token) if token.is_short() => self.renew(token).await,
            _ => Ok(()),
        }
    }

    /// Renews the token. One that may not be renewed is used as long as it lasts.
    async fn renew(&self, token: &mut Token) -> Result<()> {
        match renew(&self.wire, token).await {
            Err(error) if matches!(error.kind(), Kind::Denied | Kind::Rejected) => {
                tracing::debug!(error = %error, "the token is not renewed");
                token.keep();
                Ok(())
            }
            outcome => outcome,
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
