//! What a login comes to.

use deployer_core::SecretValue;
use deployer_http::{Client, Endpoint};

/// A way to an API server.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    /// None if the certificate of the client is the credential.
    pub(crate) token: Option<SecretValue>,
    pub(crate) namespace: Option<String>,
}
