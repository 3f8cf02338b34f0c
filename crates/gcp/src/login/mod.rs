//! Who we are to Google Cloud.

mod federation;
mod metadata;
mod token;

use std::time::SystemTime;

use deployer_core::plugin::{Context, Credential};
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings};
use serde::Deserialize;

use self::federation::{Federation, FederationSettings};
use self::metadata::{Metadata, MetadataSettings};
pub use self::token::Token;
use self::token::send;
use crate::wire::{KeyFile, bearer_assertion, grant, oauth_token};

/// The login: exactly one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginSettings {
    /// The JSON file of a service account's key.
    ServiceAccountKey(Credential),
    /// Workload identity federation: the identity token of another issuer, such as a pipeline.
    WorkloadIdentity(FederationSettings),
    /// The service account of the machine, from the metadata server of Google Cloud.
    Metadata(MetadataSettings),
    /// An access token that exists already, such as the one that `gcloud auth print-access-token` prints.
    AccessToken(Credential),
}

/// A login with its credentials found.
#[derive(Debug)]
pub struct Login {
    way: Way,
    redactor: Redactor,
}

#[derive(Debug)]
enum Way {
    Key(Box<KeyLogin>),
    Federation(Box<Federation>),
    Metadata(Box<Metadata>),
    Given(SecretValue),
}

#[derive(Debug)]
struct KeyLogin {
    client: Client,
    key: KeyFile,
    token_service: Endpoint,
}

impl LoginSettings {
    /// Finds credentials. `client` has the certificates of the settings; without it the login is checked and can't be used.
    ///
    /// # Errors
    /// `Settings` when something is missing or cannot be used.
    pub fn resolve(self, context: &Context, http: &HttpSettings, client: Option<&Client>) -> Result<Login> {
        let client = match client {
            Some(client) => client.clone(),
            None => Client::new(&Context::new(""), &HttpSettings::default())?,
        };
        let way = match self {
            LoginSettings::ServiceAccountKey(credential) => {
                let key = KeyFile::read(&credential.resolve(context)?)
                    .map_err(|error| error.context(&credential))?;
                let token_service = Endpoint::parse(&key.token_uri, http.allow_http)
                    .map_err(|error| error.context("`token_uri` of the key"))?;
                Way::Key(Box::new(KeyLogin { client, key, token_service }))
            }
            LoginSettings::WorkloadIdentity(settings) => {
                Way::Federation(Box::new(settings.resolve(context, http, client)?))
            }
            LoginSettings::Metadata(settings) => Way::Metadata(Box::new(settings.resolve(context, http)?)),
            LoginSettings::AccessToken(credential) => Way::Given(credential.resolve(context)?),
        };
        Ok(Login { way, redactor: context.redactor.clone() })
    }
}

impl Login {
    /// Gets a token.
    ///
    /// # Errors
    /// When the login is rejected, or a service does not answer.
    pub async fn log_in(&self) -> Result<Token> {
        let token = match &self.way {
            Way::Key(login) => login.token(&self.redactor).await?,
            Way::Federation(login) => login.token(&self.redactor).await?,
            Way::Metadata(login) => login.token(&self.redactor).await?,
            Way::Given(token) => return Ok(Token::given(token.clone())),
        };
        self.redactor.add("the access token of Google Cloud", &token.value());
        Ok(token)
    }
}

impl KeyLogin {
    async fn token(&self, redactor: &Redactor) -> Result<Token> {
        let attempted = format!("log in to Google Cloud as {}", self.key.email);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let assertion = bearer_assertion(&self.key, now.as_secs())?;
        let request = grant(self.token_service.url(&[]), &assertion)?;
        let response = send(&self.client, redactor, &attempted, request).await?;
        let (value, seconds) = oauth_token(&response).map_err(|error| error.context(&attempted))?;
        Ok(Token::new(value, seconds))
    }
}
