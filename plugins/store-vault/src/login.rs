//! One login, and the revocation of the token it created.

use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::Response;
use vaultrs::api::token::requests::RevokeTokenSelfRequest;

use crate::errors::{self, Said};
use crate::settings::{Login, Method};
use crate::wire::{LoginAnswer, Wire, login_with_approle, login_with_github};

/// A token that a login created.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) value: SecretValue,
    /// Batch tokens cannot be revoked; they end by themselves.
    pub(crate) revocable: bool,
    /// In seconds.
    lifetime: Option<u64>,
}

/// Logs in once.
pub(crate) async fn log_in(wire: &Wire, login: &Login) -> Result<Token> {
    let attempted = format!("log in to {} with {}", wire.location(), login.method.shown());
    let answer = send(wire, &attempted, login).await?;
    if !answer.is_success() {
        let said = Said::read(&answer, wire.redactor());
        return Err(errors::login(&attempted, login.method.key(), &login.mount, &answer, &said));
    }
    let auth = answer.json::<LoginAnswer>("the token").map_err(|error| error.context(&attempted))?.auth;
    let no_token = || Error::new(Kind::Unexpected, &attempted).with_cause("the answer holds no token");
    let auth = auth.ok_or_else(no_token)?;
    if auth.mfa_requirement.is_some() {
        return Err(Error::new(Kind::Denied, attempted)
            .with_cause("the login asks for a second factor, which is not supported")
            .with_hint(
                "exempt this login from multi-factor authentication in Vault, or use another login method",
            ));
    }
    let value = auth.client_token.ok_or_else(no_token)?;
    wire.redactor().add("the token of the Vault login", &value);
    let revocable = auth.token_type.as_deref() != Some("batch");
    Ok(Token { value, revocable, lifetime: auth.lease_duration })
}

async fn send(wire: &Wire, attempted: &str, login: &Login) -> Result<Response> {
    match &login.method {
        Method::Github { token } => wire.call(attempted, &login_with_github(&login.mount, token), None).await,
        Method::Approle { role_id, secret_id } => {
            let request = login_with_approle(&login.mount, role_id, secret_id.as_ref());
            wire.call(attempted, &request, None).await
        }
    }
}

/// Revokes the token of a login.
pub(crate) async fn revoke(wire: &Wire, token: &Token) -> Result<()> {
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
