//! Credentials on their way to `object_store`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::{Error, Kind, Result, SecretValue};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use object_store::azure::{AzureAccessKey, AzureCredential};
use object_store::gcp::{GcpCredential, GcpSigningCredential};

/// What proves who we are.
#[derive(Debug, Clone)]
pub enum StorageCredential {
    /// The access key of AWS.
    AccessKey {
        /// The id of the key.
        id: String,
        /// The secret access key.
        secret: SecretValue,
        /// The session token of temporary credentials.
        session_token: Option<SecretValue>,
    },
    /// The key of a storage account of Azure, in base64.
    AccountKey(SecretValue),
    /// An OAuth 2.0 access token.
    Token(SecretValue),
}

/// Gives the credential of each request. An implementation keeps it until it expires.
#[async_trait]
pub trait StorageLogin: fmt::Debug + Send + Sync {
    /// The credential.
    ///
    /// # Errors
    /// When there is none, or the login is rejected.
    async fn credential(&self) -> Result<StorageCredential>;
}

/// A login in the terms of `object_store`.
pub(crate) struct Provider<C> {
    pub(crate) login: Arc<dyn StorageLogin>,
    pub(crate) convert: fn(StorageCredential) -> Option<C>,
}

impl<C> fmt::Debug for Provider<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}

#[async_trait]
impl<C: fmt::Debug + Send + Sync + 'static> CredentialProvider for Provider<C> {
    type Credential = C;

    async fn get_credential(&self) -> object_store::Result<Arc<C>> {
        let failure = |error: Error| object_store::Error::Generic { store: "login", source: Box::new(error) };
        let credential = self.login.credential().await.map_err(failure)?;
        (self.convert)(credential).map(Arc::new).ok_or_else(|| {
            failure(
                Error::new(Kind::Settings, "log in to object storage").with_cause(
                    "the credential is not one of this service, or is not written as it should be",
                ),
            )
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "credentials pass to the library here and nowhere else")]
fn exposed(value: &SecretValue) -> String {
    value.expose().to_owned()
}

/// For S3.
pub(crate) fn aws(credential: StorageCredential) -> Option<AwsCredential> {
    let StorageCredential::AccessKey { id, secret, session_token } = credential else { return None };
    let token = session_token.as_ref().map(exposed);
    Some(AwsCredential { key_id: id, secret_key: exposed(&secret), token })
}

/// For Azure Blob Storage.
pub(crate) fn azure(credential: StorageCredential) -> Option<AzureCredential> {
    match credential {
        StorageCredential::AccountKey(key) => {
            AzureAccessKey::try_new(&exposed(&key)).ok().map(AzureCredential::AccessKey)
        }
        StorageCredential::Token(token) => Some(AzureCredential::BearerToken(exposed(&token))),
        StorageCredential::AccessKey { .. } => None,
    }
}

/// For Google Cloud Storage.
pub(crate) fn gcs(credential: StorageCredential) -> Option<GcpCredential> {
    let StorageCredential::Token(token) = credential else { return None };
    Some(GcpCredential { bearer: exposed(&token) })
}

/// Nothing is signed for others. Without it, `object_store` asks the metadata service.
pub(crate) fn no_signing(_: StorageCredential) -> Option<GcpSigningCredential> {
    None
}
