//! Key Vault's API through Microsoft's SDK, and the one place where values and credentials pass to and from it.

mod refusal;
mod transport;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientOptions, RetryOptions};
use azure_core::time::{OffsetDateTime, to_rfc3339};
use azure_security_keyvault_secrets::models::{
    SecretClientGetSecretOptions, SecretClientListSecretPropertiesOptions, SecretProperties,
};
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};
use deployer_core::document::Value;
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint};
use futures::TryStreamExt;

pub(crate) use refusal::{Refusal, complaint, lines};
pub(crate) use transport::{Peer, Service, foreign, transport};

use crate::values::parsed;

/// A secret that was read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) value: SecretValue,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) not_before: Option<OffsetDateTime>,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The vault answered, and refused.
    Refused(Refusal),
    /// The vault was not reached, or the login failed: our own words.
    Told(Error),
    /// The challenge of the vault names another service than the vault.
    Stranger,
    /// An answer of another shape than expected.
    Unreadable,
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
            client_options: client_options(client, Peer::Vault(endpoint.origin()), redactor),
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
    pub(crate) async fn secret(&self, name: &str, version: Option<&str>) -> Result<Found, Failure> {
        let options = SecretClientGetSecretOptions {
            secret_version: version.map(str::to_owned),
            ..SecretClientGetSecretOptions::default()
        };
        let answer = self.client.get_secret(name, Some(options)).await.map_err(failure)?;
        let secret = answer.into_model().map_err(failure)?;
        let attributes = secret.attributes.unwrap_or_default();
        Ok(Found {
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

/// Options of the SDK that send through our own client and never try again: the runner does that.
pub(crate) fn client_options(client: Client, peer: Peer, redactor: &Redactor) -> ClientOptions {
    ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(transport(client, peer, redactor)),
        ..ClientOptions::default()
    }
}

/// A credential of ours as the SDK takes it.
#[expect(clippy::disallowed_methods, reason = "credentials pass to the SDK here and nowhere else")]
pub(crate) fn exposed(value: &SecretValue) -> String {
    value.expose().to_owned()
}

/// A credential whose tokens the redactor gets to know.
struct Known {
    credential: Arc<dyn TokenCredential>,
    redactor: Redactor,
}

#[async_trait::async_trait]
impl TokenCredential for Known {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.credential.get_token(scopes, options).await?;
        self.redactor.add("the token of a login to Azure", &SecretValue::new(token.token.secret()));
        Ok(token)
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

/// A secret of ours as the SDK keeps it.
pub(crate) fn sdk_secret(value: &SecretValue) -> Secret {
    Secret::new(exposed(value))
}

/// The members of a value that is a JSON object.
pub(crate) struct Members(Value);

impl Members {
    /// None when the value is no JSON object.
    #[expect(clippy::disallowed_methods, reason = "the members of a value are values too")]
    pub(crate) fn read(value: &SecretValue) -> Option<Self> {
        parsed(value.expose()).filter(|value| value.as_object().is_some()).map(Self)
    }

    /// A member.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_object()?.get(name).map(|node| &node.value)
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> Vec<String> {
        let members = self.0.as_object().map(|object| object.members()).unwrap_or_default();
        members.iter().map(|member| member.key.to_string()).collect()
    }
}

/// What an error of the SDK stands for. Its own words may hold parts of an answer and are never repeated.
fn failure(error: azure_core::Error) -> Failure {
    use azure_core::error::ErrorKind;
    if let Some(refusal) = find::<Refusal>(&error) {
        return Failure::Refused(refusal.clone());
    }
    if let Some(told) = find::<Error>(&error) {
        return Failure::Told(told.clone());
    }
    match error.kind() {
        ErrorKind::Credential => Failure::Told(
            Error::new(Kind::Unexpected, "log in to Azure").with_cause("the token cannot be read"),
        ),
        // The check of the challenge alone fails in this way: all addresses are https, and all else is ours.
        ErrorKind::Other => Failure::Stranger,
        _ => Failure::Unreadable,
    }
}

/// The first cause of a type, also inside I/O errors, whose `source` passes over what they wrap.
fn find<T: std::error::Error + 'static>(error: &azure_core::Error) -> Option<&T> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = next {
        if let Some(found) = inner.downcast_ref::<T>() {
            return Some(found);
        }
        next = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    None
}
