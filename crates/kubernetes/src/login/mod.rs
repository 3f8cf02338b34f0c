//! Who we are to an API server, and where it is.

mod kubeconfig;
mod pod;

use deployer_core::plugin::{Context, Credential};
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Result};
use deployer_http::{Client, Endpoint, HttpSettings};
use serde::Deserialize;

use self::kubeconfig::KubeconfigSettings;
use self::pod::PodSettings;
use crate::access::{Access, Namespace, Token, checked};

/// The login: exactly one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginSettings {
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
pub struct TokenSettings {
    /// The address of the API server.
    address: String,
    /// The token.
    token: Credential,
}

impl LoginSettings {
    /// Finds credentials and certificates for a namespace: the given one, or that of the login. It opens no connection.
    ///
    /// # Errors
    /// All that are missing or cannot be used.
    pub fn namespace(
        self,
        given: Option<String>,
        context: &Context,
        http: &HttpSettings,
    ) -> std::result::Result<Namespace, Vec<Error>> {
        let access = match self {
            LoginSettings::Pod(settings) => settings.resolve(context, http),
            LoginSettings::Kubeconfig(settings) => settings.resolve(context, http),
            LoginSettings::Token(settings) => settings.resolve(context, http),
        };
        match access {
            Ok(access) => access.namespace(given, &context.redactor).map_err(|error| vec![error]),
            Err(error) => {
                let of_name = given.and_then(|name| checked(&name).err());
                Err([error].into_iter().chain(of_name).collect())
            }
        }
    }
}

impl TokenSettings {
    fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Access> {
        let endpoint = Endpoint::parse(&self.address, http.allow_http)
            .map_err(|error| error.context("`login.token.address`"))?;
        let token = Some(Token::resolve(self.token, context)?);
        Ok(Access { client: Client::new(context, http)?, endpoint, token, namespace: None })
    }
}
