//! Who we are to Azure.

mod assertion;
mod cli;
mod refusals;
mod settings;

use std::sync::Arc;

use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
};
use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, HttpSettings};

use self::assertion::Assertion;
use self::cli::Shell;
pub(crate) use self::refusals::refused;
use self::settings::Identity;
pub(crate) use self::settings::LoginSettings;
use crate::wire::{Peer, Service, client_options, sdk_secret};

/// Seconds that the identity service of a machine may take to take a connection: where there is one it is near, and where there
/// is none nothing answers.
const NEARBY_SECONDS: u64 = 2;

/// What a credential is made with.
pub(crate) struct Means<'a> {
    pub(crate) context: &'a Context,
    pub(crate) http: &'a HttpSettings,
    pub(crate) client: &'a Client,
    pub(crate) cloud: &'a Arc<CloudConfiguration>,
}

impl Means<'_> {
    fn options(&self, service: Service) -> ClientOptions {
        let options = client_options(self.client.clone(), Peer::Login(service), &self.context.redactor);
        ClientOptions { cloud: Some(Arc::clone(self.cloud)), ..options }
    }

    /// As [`Self::options`], without a proxy: the service is on this machine or next to it, where no proxy reaches
    /// (<https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#proxies>).
    fn nearby_options(&self) -> Result<ClientOptions> {
        let context = Context { variables: ProcessVariables::default(), ..self.context.clone() };
        let given = self.http.connect_timeout()?.as_secs();
        let http =
            HttpSettings { connect_timeout_seconds: Some(given.min(NEARBY_SECONDS)), ..self.http.clone() };
        let client = Client::new(&context, &http)?;
        Ok(client_options(client, Peer::Login(Service::ManagedIdentity), &self.context.redactor))
    }
}

impl LoginSettings {
    /// The credential of the SDK for this login.
    ///
    /// # Errors
    /// `Settings`, with all problems, when something is missing or cannot be used.
    pub(crate) fn credential(self, means: &Means<'_>) -> Result<Arc<dyn TokenCredential>> {
        // The SDK's words may repeat what was given; ours have been said before it is asked.
        let refused = |what: &str| {
            let error = Error::new(Kind::Settings, format!("`login.{what}` cannot be used"));
            move |_: azure_core::Error| error
        };
        Ok(match self.resolve(means.context)? {
            Identity::ClientSecret { tenant, client_id, secret } => {
                let options = ClientSecretCredentialOptions { client_options: means.options(Service::Entra) };
                ClientSecretCredential::new(&tenant, client_id, sdk_secret(&secret), Some(options))
                    .map_err(refused("client_secret"))?
            }
            Identity::Federated { tenant, client_id, token } => {
                let options =
                    ClientAssertionCredentialOptions { client_options: means.options(Service::Entra) };
                let assertion = Assertion::new(token, means.context);
                ClientAssertionCredential::new(tenant, client_id, assertion, Some(options))
                    .map_err(refused("workload_identity"))?
            }
            Identity::Managed { assigned } => {
                let mut options = ManagedIdentityCredentialOptions::default();
                options.user_assigned_id = assigned;
                options.client_options = means.nearby_options()?;
                ManagedIdentityCredential::new(Some(options)).map_err(|_| {
                    Error::new(Kind::Settings, "`login.managed_identity` cannot be used")
                        .with_cause("identities of this kind of machine, or its resource id here, are not supported")
                        .with_hint("virtual machines, App Service and container apps are; name the identity by its client id")
                })?
            }
            Identity::Cli { tenant, subscription } => {
                let options = AzureCliCredentialOptions {
                    tenant_id: tenant,
                    subscription,
                    executor: Some(Arc::new(Shell::new(means.context))),
                };
                AzureCliCredential::new(Some(options)).map_err(refused("cli"))?
            }
            Identity::Pipelines { tenant, client_id, service_connection, token } => {
                let mut options = AzurePipelinesCredentialOptions::default();
                options.credential_options.client_options = means.options(Service::Pipelines);
                AzurePipelinesCredential::new(
                    tenant,
                    client_id,
                    &service_connection,
                    sdk_secret(&token),
                    Some(options),
                )
                .map_err(refused("pipelines"))?
            }
        })
    }
}
