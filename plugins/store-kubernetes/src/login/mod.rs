//! Who we are to an API server, and where it is.

mod access;
mod kubeconfig;
mod pod;

use deployer_core::Result;
use deployer_core::plugin::{Context, Credential};
use deployer_core::schemars::{self, JsonSchema};
use deployer_http::{Client, Endpoint, HttpSettings};
use serde::Deserialize;

pub(crate) use self::access::Access;
use self::kubeconfig::KubeconfigSettings;
use self::pod::PodSettings;

/// The login: exactly one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoginSettings {
    /// The service account of the pod that the program runs in.
    Pod(PodSettings),
    /// A kubeconfig with a token or a client certificate.
    Kubeconfig(KubeconfigSettings),
    /// An address and a token.
    Token(TokenSettings),
}

/// An address and a token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenSettings {
    /// The address of the API server.
    address: String,
    /// The token.
    token: Credential,
}

impl LoginSettings {
    /// Finds credentials and certificates. It opens no connection.
    pub(crate) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Access> {
        match self {
            LoginSettings::Pod(settings) => settings.resolve(context, http),
            LoginSettings::Kubeconfig(settings) => settings.resolve(context, http),
            LoginSettings::Token(settings) => settings.resolve(context, http),
        }
    }
}

impl TokenSettings {
    fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Access> {
        let endpoint = Endpoint::parse(&self.address, http.allow_http)
            .map_err(|error| error.context("`login.token.address`"))?;
        let token = Some(self.token.resolve(context)?);
        Ok(Access { client: Client::new(context, http)?, endpoint, token, namespace: None })
    }
}
