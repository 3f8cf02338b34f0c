//! The token of a run: got once, shared by all readers, given back at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deployer_core::{Error, Kind, Result, SecretValue};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use vaultrs::api::token::requests::RevokeTokenSelfRequest;

use crate::errors::{self, Said};
use crate::settings::Login;
use crate::wire::{LoginAnswer, Wire, login_with_approle, login_with_github};

/// Who we are to Vault.
#[derive(Debug)]
pub(crate) struct Session {
    wire: Arc<Wire>,
    login: Login,
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

/// A token that a login created.
#[derive(Debug)]
struct Token {
    value: SecretValue,
    /// Batch tokens cannot be revoked; they end by themselves.
    revocable: bool,
    /// In seconds.
    lifetime: Option<u64>,
}

impl Session {
    pub(crate) fn new(wire: Arc<Wire>, login: Login) -> Self {
        Self { wire, login, state: Mutex::default(), failed: AtomicUsize::new(0) }
    }

    /// The token, after a login where there is none yet. However many ask at once, one login happens.
    pub(crate) async fn token(&self) -> Result<SecretValue> {
        if let Login::Given(token) = &self.login {
            return Ok(token.clone());
        }
        let failed_before = self.failed.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token {
            return Ok(token.value.clone());
        }
        if let (Some(failure), true) = (&state.failure, self.failed.load(Ordering::SeqCst) != failed_before) {
            return Err(failure.clone());
        }
        if state.under_way.is_none() {
            let (wire, login) = (Arc::clone(&self.wire), self.login.clone());
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

async fn log_in(wire: &Wire, login: &Login) -> Result<Token> {
    let (method, name, mount) = match login {
        Login::Given(token) => return Ok(Token { value: token.clone(), revocable: false, lifetime: None }),
        Login::Github { mount, .. } => ("github", "a GitHub token", mount),
        Login::Approle { mount, .. } => ("approle", "an AppRole", mount),
    };
    let attempted = format!("log in to {} with {name}", wire.location());
    let answer = match login {
        Login::Approle { role_id, secret_id, .. } => {
            let request = login_with_approle(mount, role_id, secret_id.as_ref());
            wire.call(&attempted, &request, None).await?
        }
        Login::Github { token, .. } | Login::Given(token) => {
            wire.call(&attempted, &login_with_github(mount, token), None).await?
        }
    };
    if !answer.is_success() {
        return Err(errors::login(&attempted, method, mount, &answer, &Said::read(&answer, wire.redactor())));
    }
    let auth = answer.json::<LoginAnswer>("the token").map_err(|error| error.context(&attempted))?.auth;
    let Some(auth) = auth else {
        return Err(Error::new(Kind::Unexpected, attempted).with_cause("the answer holds no token"));
    };
    if auth.mfa_requirement.is_some() {
        return Err(Error::new(Kind::Denied, attempted)
            .with_cause("the login asks for a second factor, which is not supported")
            .with_hint(
                "exempt this login from multi-factor authentication in Vault, or use another login method",
            ));
    }
    let Some(value) = auth.client_token else {
        return Err(Error::new(Kind::Unexpected, attempted).with_cause("the answer holds no token"));
    };
    wire.redactor().add("the token of the Vault login", &value);
    let revocable = auth.token_type.as_deref() != Some("batch");
    Ok(Token { value, revocable, lifetime: auth.lease_duration })
}

async fn revoke(wire: &Wire, token: &Token) -> Result<()> {
    let attempted = format!("revoke the token of this run at {}", wire.location());
    let answer = wire.call(&attempted, &RevokeTokenSelfRequest {}, Some(&token.value)).await?;
    let said = Said::read(&answer, wire.redactor());
    // A token that is no longer valid is as good as revoked.
    if answer.is_success() || (answer.status == 403 && said.any(&["invalid token", "bad token"])) {
        return Ok(());
    }
    let error = errors::access("update", &attempted, "auth/token/revoke-self", &answer, &said);
    Err(match token.lifetime {
        Some(seconds) => error.with_hint(format!("the token ends by itself after {seconds} seconds")),
        None => error,
    })
}
