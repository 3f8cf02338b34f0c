//! The requests of logins, and the token in their answers.

use deployer_core::{Result, SecretValue};
use deployer_http::{Effect, Request, Response, Url};
use serde::Deserialize;
use serde_json::json;

use super::signature::SCOPE;

/// The answer with a token of an OAuth 2.0 service (RFC 6749, section 5.1). It has no `Debug`, because that would show the token.
#[derive(Deserialize)]
struct OAuthToken {
    access_token: String,
    expires_in: u64,
}

/// A token and its lifetime in seconds.
pub(crate) fn oauth_token(response: &Response) -> Result<(SecretValue, u64)> {
    let answer: OAuthToken = response.json("the access token")?;
    Ok((SecretValue::new(answer.access_token), answer.expires_in))
}

/// Exchanges an assertion for a token (RFC 7523, section 2.1).
#[expect(clippy::disallowed_methods, reason = "the assertion goes to Google here")]
pub(crate) fn grant(url: Url, assertion: &SecretValue) -> Result<Request> {
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.expose())];
    // It creates a token and changes nothing.
    Request::post(url).effect(Effect::Read).form(form)
}

/// Exchanges the identity token of another issuer for a token (RFC 8693, section 2.1).
#[expect(clippy::disallowed_methods, reason = "the identity token goes to Google here")]
pub(crate) fn exchange(url: Url, audience: &str, identity: &SecretValue) -> Result<Request> {
    Request::post(url).effect(Effect::Read).form([
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("audience", audience),
        ("scope", SCOPE),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", identity.expose()),
    ])
}

/// Asks for a token of a service account with a token of somebody who may become it.
pub(crate) fn impersonation(url: Url, token: &SecretValue) -> Result<Request> {
    Request::post(url)
        .effect(Effect::Read)
        .bearer(token)?
        .json(&json!({ "scope": [SCOPE], "lifetime": format!("{IMPERSONATION}s") }))
}

/// How long a token of [`impersonation`] lives, in seconds: the longest that Google permits without a policy.
pub(crate) const IMPERSONATION: u64 = 3600;

/// The answer to [`impersonation`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Impersonated {
    access_token: String,
}

/// The token of an [`impersonation`].
pub(crate) fn impersonated_token(response: &Response) -> Result<SecretValue> {
    let answer: Impersonated = response.json("the token of the service account")?;
    Ok(SecretValue::new(answer.access_token))
}

/// The answer of GitHub Actions with an identity token.
#[derive(Deserialize)]
struct Identity {
    value: String,
}

/// The identity token of a job of GitHub Actions.
pub(crate) fn identity_token(response: &Response) -> Result<SecretValue> {
    let answer: Identity = response.json("the identity token")?;
    Ok(SecretValue::new(answer.value))
}
