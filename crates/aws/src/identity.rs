//! The credentials of a run: found once, and known to the redactor.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use deployer_core::{Redactor, SecretValue};
use tokio::sync::Mutex;

/// Credentials that end sooner than this are fetched anew.
const MARGIN: Duration = Duration::from_secs(300);

/// Credentials from a source, kept until they end.
pub(crate) struct Identity {
    source: SharedCredentialsProvider,
    redactor: Redactor,
    kept: Mutex<Option<Credentials>>,
}

impl Identity {
    pub(crate) fn new(source: SharedCredentialsProvider, redactor: Redactor) -> Self {
        Self { source, redactor, kept: Mutex::default() }
    }

    /// The kept credentials, else those of the source. However many ask at once, the source is asked once.
    async fn credentials(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|credentials| is_fresh(credentials)) {
            return Ok(credentials.clone());
        }
        let found = self.source.provide_credentials().await?;
        self.redactor.add("the AWS secret access key", &SecretValue::new(found.secret_access_key()));
        if let Some(token) = found.session_token() {
            self.redactor.add("the AWS session token", &SecretValue::new(token));
        }
        *kept = Some(found.clone());
        Ok(found)
    }
}

fn is_fresh(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|end| end > SystemTime::now() + MARGIN)
}

impl ProvideCredentials for Identity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}
