//! Key Vault's API through Microsoft's SDK, and the one place where values and credentials pass to and from it.

mod failure;
mod refusal;
mod vault;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::time::{OffsetDateTime, to_rfc3339};
use azure_security_keyvault_secrets::models::{
    SecretClientGetSecretOptions, SecretClientListSecretPropertiesOptions, SecretProperties,
};
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};
use deployer_azure::{Known, client_options};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint};
use futures::TryStreamExt;

pub(crate) use failure::Failure;
use failure::failure;
pub(crate) use refusal::Refusal;
use vault::Vault;

/// A secret that was read.
#[derive(Debug)]
pub(crate) struct KeyVaultSecret {
    pub(crate) value: SecretValue,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) not_before: Option<OffsetDateTime>,
}

/// The vault.
pub(crate) struct Wire {
    client: SecretClient,
}

impl Wire {
    /// A vault that is asked with a credential. `verify` checks that the vault asks for a login to a service of its own domain.
    ///
    /// # Errors
    /// `Settings` when the SDK does not take the address.
    pub(crate) fn new(
        client: Client,
        endpoint: &Endpoint,
        credential: Arc<dyn TokenCredential>,
        verify: bool,
        redactor: &Redactor,
    ) -> Result<Self> {
        let credential = Arc::new(Known { credential, redactor: redactor.clone() });
        let options = SecretClientOptions {
            verify_challenge_resource: Some(verify),
            client_options: client_options(client, Vault(endpoint.origin()), redactor),
            ..SecretClientOptions::default()
        };
        // The SDK's words may repeat what was given.
        let client = SecretClient::new(&endpoint.to_string(), credential, Some(options))
            .map_err(|_| Error::new(Kind::Settings, "`address` cannot be used"))?;
        Ok(Self { client })
    }

    /// The first request of a run: it brings the challenge and the login about. Whether the list is permitted does not matter.
    pub(crate) async fn greet(&self) -> Result<(), Failure> {
        let options = SecretClientListSecretPropertiesOptions { maxresults: Some(1), ..Default::default() };
        let mut pages = self.client.list_secret_properties(Some(options)).map_err(failure)?.into_pages();
        match pages.try_next().await.map_err(failure) {
            Err(Failure::Refused(refusal)) if refusal.is_about_permission() => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Reads a secret, in its newest version unless one is given.
    pub(crate) async fn secret(&self, name: &str, version: Option<&str>) -> Result<KeyVaultSecret, Failure> {
        let options = SecretClientGetSecretOptions {
            secret_version: version.map(str::to_owned),
            ..SecretClientGetSecretOptions::default()
        };
        let answer = self.client.get_secret(name, Some(options)).await.map_err(failure)?;
        let secret = answer.into_model().map_err(failure)?;
        let attributes = secret.attributes.unwrap_or_default();
        Ok(KeyVaultSecret {
            value: SecretValue::new(secret.value.ok_or(Failure::Unreadable)?),
            expires: attributes.expires,
            not_before: attributes.not_before,
        })
    }

    /// Until when a secret that was deleted can be recovered, and since when it is deleted; none when it cannot be found out.
    pub(crate) async fn deleted(&self, name: &str) -> Option<(Option<String>, Option<String>)> {
        let answer = self.client.get_deleted_secret(name, None).await.ok()?;
        let secret = answer.into_model().ok()?;
        Some((
            secret.scheduled_purge_date.as_ref().map(to_rfc3339),
            secret.deleted_date.as_ref().map(to_rfc3339),
        ))
    }

    /// The names of all secrets that are enabled.
    pub(crate) async fn names(&self) -> Result<Vec<String>, Failure> {
        let mut pages = self.client.list_secret_properties(None).map_err(failure)?.into_pages();
        let (mut listed, mut links) = (Vec::<SecretProperties>::new(), BTreeSet::new());
        while let Some(page) = pages.try_next().await.map_err(failure)? {
            let page = page.into_model().map_err(failure)?;
            listed.extend(page.value);
            // A list that goes on where it has been would never end.
            if page.next_link.is_some_and(|link| !link.is_empty() && !links.insert(link)) {
                return Err(Failure::Unreadable);
            }
        }
        let disabled = |secret: &SecretProperties| {
            secret.attributes.as_ref().and_then(|attributes| attributes.enabled) == Some(false)
        };
        let enabled = listed.iter().filter(|secret| !disabled(secret));
        enabled.map(|secret| Ok(secret.resource_id().map_err(failure)?.name)).collect()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("vault", &self.client.endpoint().as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use azure_core::credentials::{AccessToken, TokenRequestOptions};
    use deployer_core::plugin::Context;
    use deployer_http::HttpSettings;
    use deployer_testkit::azure::FakeKeyVault;
    use deployer_testkit::server::Server;

    use super::*;
    use crate::errors;

    /// A credential that nobody may ask.
    #[derive(Debug)]
    struct Untouched;

    #[async_trait::async_trait]
    impl TokenCredential for Untouched {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            panic!("a token is asked for on behalf of a stranger")
        }
    }

    #[tokio::test]
    async fn a_challenge_for_a_service_of_another_domain_gets_no_token() {
        let server = Server::https(FakeKeyVault::new().router());
        let http = HttpSettings { ca_file: server.ca_file().map(Into::into), ..HttpSettings::default() };
        let context = Context::new("test");
        let client = Client::new(&context, &http).expect("a client");
        let endpoint = Endpoint::parse(&server.url(""), false).expect("an address");
        let wire =
            Wire::new(client, &endpoint, Arc::new(Untouched), true, &context.redactor).expect("a vault");
        let error = errors::general("open", wire.greet().await.expect_err("a stranger"));
        assert_eq!(error.kind(), Kind::Settings, "{error:?}");
        assert!(format!("{error:?}").contains("`private_dns = true`"), "{error:?}");
    }
}
