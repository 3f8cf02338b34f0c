//! Who we are to Azure Blob Storage.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use deployer_azure::Known;
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{SharedLogin, find_cause};
use deployer_object_store::{StorageCredential, StorageLogin};

/// What tokens are for, in all clouds.
const SCOPE: &str = "https://storage.azure.com/.default";

/// A token that ends sooner than this is replaced.
const MARGIN: Duration = Duration::from_secs(120);

/// The key of the storage account.
pub(crate) struct AccountKey(pub(crate) SecretValue);

#[async_trait]
impl StorageLogin for AccountKey {
    async fn credential(&self) -> Result<StorageCredential> {
        Ok(StorageCredential::AccountKey(self.0.clone()))
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey")
    }
}

/// A login to Entra ID, whose token is kept until it ends.
pub(crate) struct Entra {
    credential: Arc<Known>,
    token: SharedLogin<(SecretValue, SystemTime)>,
}

impl Entra {
    pub(crate) fn new(credential: Arc<dyn TokenCredential>, redactor: Redactor) -> Self {
        Self { credential: Arc::new(Known { credential, redactor }), token: SharedLogin::default() }
    }
}

#[async_trait]
impl StorageLogin for Entra {
    async fn credential(&self) -> Result<StorageCredential> {
        let is_fresh = |token: &(SecretValue, SystemTime)| token.1 > SystemTime::now() + MARGIN;
        let credential = Arc::clone(&self.credential);
        let log_in = || async move {
            let token = credential.get_token(&[SCOPE], None).await.map_err(|error| failure(&error))?;
            Ok((SecretValue::new(token.token.secret()), SystemTime::from(token.expires_on)))
        };
        let (token, _) = self.token.get(is_fresh, log_in).await?;
        Ok(StorageCredential::Token(token))
    }
}

/// The SDK's own words can include parts of an answer and are never repeated.
fn failure(error: &azure_core::Error) -> Error {
    find_cause::<Error>(error).cloned().unwrap_or_else(|| {
        Error::new(Kind::Unexpected, "log in to Azure").with_cause("the token cannot be read")
    })
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entra")
    }
}
