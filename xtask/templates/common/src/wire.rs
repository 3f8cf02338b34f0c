//! The way to the service, and the one place where the token is used.

use std::fmt;

use deployer_core::plugin::Context;
use deployer_core::{Result, SecretValue};
use deployer_http::{Client, Endpoint, Request, Response, Url};

use crate::settings::Settings;

/// Where the service is, and the token that it asks for.
pub(crate) struct Wire {
    client: Client,
    endpoint: Endpoint,
    token: SecretValue,
}

impl Wire {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        let endpoint = Endpoint::parse(&settings.url, settings.http.allow_http)?;
        let token = settings.token.resolve(context)?;
        Ok(Self { client: Client::new(context, &settings.http)?, endpoint, token })
    }

    /// Where the service is, free of credentials.
    pub(crate) fn location(&self) -> String {
        format!("sample at {}", self.endpoint)
    }

    /// The address of something below that of the service.
    pub(crate) fn url(&self, segments: &[&str]) -> Url {
        self.endpoint.url(segments)
    }

    /// Sends a request with the token. Any status is an answer; what it means is decided in [`crate::errors`].
    pub(crate) async fn send(&self, attempted: &str, request: Request) -> Result<Response> {
        let request = request.bearer(&self.token)?;
        self.client.send(request).await.map_err(|error| error.context(attempted))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.endpoint)
    }
}
