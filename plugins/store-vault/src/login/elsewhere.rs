//! Services other than Vault that a login asks: those that give out identity tokens.

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Request, Response, Url, status_error};
use serde::Deserialize;

/// A client for a service on the network, with Vault's time limits and not Vault's certificates.
pub(super) fn client(context: &Context, http: &HttpSettings) -> Result<Client> {
    let settings = HttpSettings {
        timeout_seconds: http.timeout_seconds,
        connect_timeout_seconds: http.connect_timeout_seconds,
        ..HttpSettings::default()
    };
    Client::new(context, &settings)
}

/// A client for a service of the machine itself, which no proxy stands before.
pub(super) fn local_client(http: &HttpSettings) -> Result<Client> {
    client(&Context::new(""), http)
}

/// The address that a variable names. Credentials go there, so it is `https://` or on this machine unless `allow_http`.
pub(super) fn address(context: &Context, variable: &str, hint: &str, allow_http: bool) -> Result<Url> {
    let refused = |cause: &str| {
        Error::new(Kind::Settings, format!("the variable {variable} is needed for this login"))
            .with_cause(cause)
            .with_hint(hint)
    };
    let text = context.variables.get(variable).ok_or_else(|| refused("it is not set"))?;
    let url = Url::parse(text).map_err(|_| refused("it is no address"))?;
    // The query is the service's own; everything before it is checked as any address is.
    let mut bare = url.clone();
    bare.set_query(None);
    Endpoint::parse(bare.as_str(), allow_http)
        .map_err(|error| refused(error.cause().unwrap_or(error.message())))?;
    Ok(url)
}

/// Asks for an identity token; `read` takes it out of the answer.
pub(super) async fn identity_token<T: for<'de> Deserialize<'de>>(
    client: &Client,
    attempted: &str,
    service: &str,
    request: Request,
    read: impl FnOnce(T) -> Option<String>,
) -> Result<SecretValue> {
    let attempted = format!("{attempted}: ask {service} for an identity token");
    let answer = send(client, &attempted, request).await?;
    let body: T = answer.json("the identity token").map_err(|error| error.context(&attempted))?;
    read(body)
        .filter(|token| !token.is_empty())
        .map(SecretValue::new)
        .ok_or_else(|| Error::new(Kind::Unexpected, attempted).with_cause("the answer holds no token"))
}

/// Sends a request that has to succeed.
pub(super) async fn send(client: &Client, attempted: &str, request: Request) -> Result<Response> {
    let answer = client.send(request).await.map_err(|error| error.context(attempted))?;
    if answer.is_success() { Ok(answer) } else { Err(status_error(attempted, &answer)) }
}
