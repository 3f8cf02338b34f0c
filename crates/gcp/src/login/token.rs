//! An access token, and the requests on the way to it.

use std::time::{Duration, Instant};

use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Request, Response};

use crate::errors;

/// An access token.
#[derive(Debug, Clone)]
pub struct Token {
    value: SecretValue,
    expires: Option<Instant>,
}

impl Token {
    /// A token that lives for some seconds.
    pub(crate) fn new(value: SecretValue, seconds: u64) -> Self {
        Self { value, expires: Instant::now().checked_add(Duration::from_secs(seconds)) }
    }

    /// A token that a person gave: nobody knows when it expires.
    pub(super) fn given(value: SecretValue) -> Self {
        Self { value, expires: None }
    }

    /// Whether it lives for another minute.
    pub fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| expires > Instant::now() + Duration::from_secs(60))
    }

    /// The token itself.
    pub fn value(&self) -> SecretValue {
        self.value.clone()
    }
}

/// Sends a request that has to succeed.
pub(super) async fn send(
    client: &Client,
    redactor: &Redactor,
    attempted: &str,
    request: Request,
) -> Result<Response> {
    let response = client.send(request).await.map_err(|error| error.context(attempted))?;
    if response.is_success() { Ok(response) } else { Err(errors::login(attempted, &response, redactor)) }
}

/// `setting` can't be used.
pub(super) fn refused(setting: &str, cause: &str) -> Error {
    Error::new(Kind::Settings, format!("`{setting}` cannot be used")).with_cause(cause.to_owned())
}
