//! Who we are to Azure.

mod assertion;
mod cli;
mod settings;

use std::sync::Arc;

use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId,
};
use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::{Error, Kind, Result};
use deployer_http::{Client, HttpSettings};

use self::assertion::Assertion;
use self::cli::Shell;
use self::settings::Identity;
pub use self::settings::LoginSettings;
use crate::credential::sdk_secret;
use crate::refusal::Service;
use crate::transport::{TokenService, client_options};

/// Seconds that the identity service of a machine may take to take a connection: where there is one it is near, and where there
/// is none nothing answers.
const NEARBY_SECONDS: u64 = 2;

/// What a credential is made with.
#[derive(Debug)]
pub struct Means<'a> {
    /// The variables and the redactor.
    pub context: &'a Context,
    /// Certificates and time limits.
    pub http: &'a HttpSettings,
    /// Sends the requests.
    pub client: &'a Client,
    /// Where to log in.
    pub cloud: &'a Arc<CloudConfiguration>,
}

impl Means<'_> {
    fn options(&self, service: Service) -> ClientOptions {
        let options = client_options(self.client.clone(), TokenService(service), &self.context.redactor);
        ClientOptions { cloud: Some(Arc::clone(self.cloud)), ..options }
    }

    /// As [`Self::options`], without a proxy: the service is on this machine or next to it, where no proxy reaches
    /// (<https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#proxies>).
    fn nearby_options(&self) -> Result<ClientOptions> {
        let context = self.context.clone().with_variables(ProcessVariables::default());
        let given = self.http.connect_timeout()?.as_secs();
        let http =
            HttpSettings { connect_timeout_seconds: Some(given.min(NEARBY_SECONDS)), ..self.http.clone() };
        let client = Client::new(&context, &http)?;
        Ok(client_options(client, TokenService(Service::ManagedIdentity), &self.context.redactor))
    }
}

impl LoginSettings {
    /// The credential of the SDK for this login.
    ///
    /// # Errors
    /// `Settings`, with all problems, when something is missing or cannot be used.
    pub fn credential(self, means: &Means<'_>) -> Result<Arc<dyn TokenCredential>> {
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
            Identity::Managed { assigned } => managed(assigned, means.nearby_options()?)?,
            Identity::Cli { tenant, subscription } => {
                let options = AzureCliCredentialOptions {
                    tenant_id: tenant,
                    subscription,
                    executor: Some(Arc::new(Shell::new(means.context))),
                };
                AzureCliCredential::new(Some(options)).map_err(refused("cli"))?
            }
            Identity::Pipelines { tenant, client_id, service_connection, token } => {
                let client_options = means.options(Service::Pipelines);
                let options = AzurePipelinesCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options },
                };
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

fn managed(
    assigned: Option<UserAssignedId>,
    client_options: ClientOptions,
) -> Result<Arc<dyn TokenCredential>> {
    let options = ManagedIdentityCredentialOptions { user_assigned_id: assigned, client_options };
    match ManagedIdentityCredential::new(Some(options)) {
        Ok(credential) => Ok(credential),
        Err(_) => Err(Error::new(Kind::Settings, "`login.managed_identity` cannot be used")
            .with_cause("identities of this kind of machine, or its resource id here, are not supported")
            .with_hint(
                "virtual machines, App Service and container apps are; name the identity by its client id",
            )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use azure_core::http::headers::Headers;
    use azure_core::http::{AsyncRawResponse, HttpClient, Request, RetryOptions, Transport};

    use super::*;
    use crate::transport::foreign;

    /// Stands for the service next to a virtual machine, whose address no test can listen at.
    #[derive(Debug, Default)]
    struct Recorder {
        asked: Mutex<Vec<String>>,
        fails: bool,
    }

    #[async_trait::async_trait]
    impl HttpClient for Recorder {
        async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
            let metadata = request
                .headers()
                .iter()
                .any(|(name, value)| name.as_str() == "metadata" && value.as_str() == "true");
            assert!(metadata, "the service answers no request without it");
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.url().to_string());
            if self.fails {
                return Err(foreign(Error::new(Kind::Unavailable, "busy")));
            }
            let token = r#"{"access_token": "t", "expires_on": "4102444800", "token_type": "Bearer", "resource": "r"}"#;
            Ok(AsyncRawResponse::from_bytes(200.into(), Headers::new(), token))
        }
    }

    async fn asked(assigned: Option<UserAssignedId>, fails: bool) -> (bool, Vec<String>) {
        let recorder = Arc::new(Recorder { fails, ..Recorder::default() });
        let options = ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::<Recorder>::clone(&recorder))),
            ..ClientOptions::default()
        };
        let credential = managed(assigned, options).expect("a credential");
        let token = credential.get_token(&["https://vault.azure.net/.default"], None).await;
        let asked = recorder.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (token.is_ok(), asked)
    }

    #[tokio::test]
    async fn the_identity_of_a_virtual_machine_is_asked_for_next_to_it() {
        let base = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
        assert_eq!(asked(None, false).await, (true, vec![base.to_owned()]));
        let assigned = Some(UserAssignedId::ClientId("assigned".to_owned()));
        assert_eq!(asked(assigned, false).await, (true, vec![format!("{base}&client_id=assigned")]));
    }

    #[tokio::test]
    async fn a_failure_of_that_service_is_not_tried_again_by_the_sdk() {
        let (found, asked) = asked(None, true).await;
        assert_eq!((found, asked.len()), (false, 1));
    }
}
