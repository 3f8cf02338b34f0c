//! The metadata server of Google Cloud, which has tokens for the service account of the machine
//! (<https://cloud.google.com/compute/docs/metadata/overview>).

use deployer_core::plugin::Context;
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_http::{Client, Endpoint, HttpSettings, Request};
use serde::Deserialize;

use super::token::{Token, refused, send};
use crate::wire::oauth_token;

/// The service account of the machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetadataSettings {
    /// The email address of the service account, if the machine has several.
    #[serde(default = "default_account")]
    service_account: String,
}

fn default_account() -> String {
    "default".to_owned()
}

#[derive(Debug)]
pub(super) struct Metadata {
    client: Client,
    server: Endpoint,
    account: String,
}

impl MetadataSettings {
    pub(super) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Metadata> {
        if self.service_account.contains('/') || self.service_account.starts_with('.') {
            return Err(refused(
                "login.metadata.service_account",
                "it is not the email address of a service account",
            ));
        }
        // The variable of Google's own clients. The server is part of the machine, so that no proxy and no TLS is between.
        let host = context.variables.get("GCE_METADATA_HOST").unwrap_or("metadata.google.internal");
        let server = Endpoint::parse(&format!("http://{host}"), true)
            .map_err(|error| error.context("$GCE_METADATA_HOST"))?;
        let settings = HttpSettings {
            timeout_seconds: http.timeout_seconds,
            connect_timeout_seconds: http.connect_timeout_seconds,
            ..HttpSettings::default()
        };
        Ok(Metadata {
            client: Client::new(&Context::new(""), &settings)?,
            server,
            account: self.service_account,
        })
    }
}

impl Metadata {
    pub(super) async fn token(&self, redactor: &Redactor) -> Result<Token> {
        let attempted = format!("log in to Google Cloud by the metadata server {}", self.server);
        let path = ["computeMetadata", "v1", "instance", "service-accounts", &self.account, "token"];
        let request = Request::get(self.server.url(&path)).header("metadata-flavor", "Google")?;
        let response =
            send(&self.client, redactor, &attempted, request).await.map_err(|error| match error.kind() {
                Kind::Unavailable | Kind::Timeout => error.with_hint(
                    "only machines of Google Cloud have this server; elsewhere use another `login`",
                ),
                Kind::NotFound => error.with_hint("give the machine a service account"),
                _ => error,
            })?;
        let flavor = response.headers.get("metadata-flavor").and_then(|value| value.to_str().ok());
        if flavor != Some("Google") {
            return Err(Error::new(Kind::Unexpected, attempted).with_cause("another server answers there"));
        }
        let (value, seconds) = oauth_token(&response).map_err(|error| error.context(&attempted))?;
        Ok(Token::new(value, seconds))
    }
}
