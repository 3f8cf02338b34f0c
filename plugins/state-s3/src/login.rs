//! Who we are to S3.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use deployer_aws::{Access, identity, load};
use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::SharedLogin;
use deployer_object_store::{StorageCredential, StorageLogin};
use schemars::JsonSchema;
use serde::Deserialize;

/// The login, if it is not the default chain of the AWS SDKs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum LoginSettings {
    /// An access key.
    AccessKey(AccessKeySettings),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessKeySettings {
    /// The ID of the access key.
    id: Credential,
    /// The secret access key.
    secret: Credential,
    /// The session token of temporary credentials.
    session_token: Option<Credential>,
}

impl LoginSettings {
    /// Finds the credentials.
    ///
    /// # Errors
    /// `Settings`, with all that are missing.
    pub(crate) fn resolve(self, context: &Context) -> Result<Arc<dyn StorageLogin>> {
        let Self::AccessKey(AccessKeySettings { id, secret, session_token }) = self;
        let session_token = session_token.map(|token| token.resolve(context)).transpose();
        match (id.resolve(context), secret.resolve(context), session_token) {
            (Ok(id), Ok(secret), Ok(session_token)) => {
                Ok(Arc::new(AccessKey { id: exposed(&id), secret, session_token }))
            }
            (id, secret, session_token) => {
                let problems = [id.err(), secret.err(), session_token.err()].into_iter().flatten().collect();
                Err(Error::together(Kind::Settings, "`login.access_key` cannot be used", problems))
            }
        }
    }
}

/// The ID of a key is not secret by itself: it is part of each signature.
#[expect(clippy::disallowed_methods, reason = "the ID of the key goes to S3 in the clear")]
fn exposed(id: &SecretValue) -> String {
    id.expose().to_owned()
}

/// An access key of the settings.
struct AccessKey {
    id: String,
    secret: SecretValue,
    session_token: Option<SecretValue>,
}

#[async_trait]
impl StorageLogin for AccessKey {
    async fn credential(&self) -> Result<StorageCredential> {
        let (secret, session_token) = (self.secret.clone(), self.session_token.clone());
        Ok(StorageCredential::AccessKey { id: self.id.clone(), secret, session_token })
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey")
    }
}

/// The default chain of the AWS SDKs.
#[derive(Debug)]
pub(crate) struct Chain {
    access: Arc<Access>,
    login: SharedLogin<SharedCredentialsProvider>,
}

impl Chain {
    pub(crate) fn new(access: Access) -> Self {
        Self { access: Arc::new(access), login: SharedLogin::default() }
    }
}

#[async_trait]
impl StorageLogin for Chain {
    async fn credential(&self) -> Result<StorageCredential> {
        let access = Arc::clone(&self.access);
        let log_in = || async move { identity(&load(&access).await, &access).await };
        let provider = self.login.get(|_| true, log_in).await?;
        let profile = self.access.named_profile();
        let failure = |error| deployer_aws::credentials(&error, profile, &self.access.redactor);
        let found = provider.provide_credentials().await.map_err(failure)?;
        Ok(StorageCredential::AccessKey {
            id: found.access_key_id().to_owned(),
            secret: SecretValue::new(found.secret_access_key()),
            session_token: found.session_token().map(SecretValue::new),
        })
    }
}
