//! The default chain of the AWS SDKs, over our own client.

use std::collections::HashMap;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::os_shim_internal::Env;
use deployer_core::{Error, Kind, Result};

use crate::access::Access;
use crate::connector::Connector;
use crate::errors;
use crate::identity::Identity;

/// The SDK's own search for its settings, in the variables of the context and in the AWS configuration files. Retries are off:
/// they are the runner's.
pub async fn load(access: &Access) -> SdkConfig {
    let kept = |name: &str| Some((name.to_owned(), access.variables.get(name)?.to_owned()));
    let variables: HashMap<String, String> = access.variables.names().filter_map(kept).collect();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .env(Env::from(variables))
        .http_client(Connector::new(access))
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(region) = &access.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &access.endpoint {
        loader = loader.endpoint_url(endpoint.to_string());
    }
    loader.load().await
}

/// Who we are, found once before the first call.
///
/// # Errors
/// When there are no credentials, or they cannot be got.
pub async fn identity(config: &SdkConfig, access: &Access) -> Result<SharedCredentialsProvider> {
    let source = config.credentials_provider().ok_or_else(|| {
        Error::new(Kind::Bug, "log in to AWS").with_cause("the SDK has no source of credentials")
    })?;
    let identity = SharedCredentialsProvider::new(Identity::new(source, access.redactor.clone()));
    match identity.provide_credentials().await {
        Ok(_) => Ok(identity),
        Err(error) => Err(errors::credentials(&error, access.named_profile(), &access.redactor)),
    }
}
