//! The token of another issuer that Entra ID is shown in place of a secret.

use std::fmt;

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use deployer_core::plugin::{Context, Credential};

use crate::credential::exposed;
use crate::transport::foreign;

/// Where the token is found. The SDK's own reader of token files keeps a line end that Entra ID then refuses.
pub(super) struct Assertion {
    token: Credential,
    context: Context,
}

impl Assertion {
    pub(super) fn new(token: Credential, context: &Context) -> Self {
        Self { token, context: context.clone() }
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.token.resolve(&self.context).map(|token| exposed(&token)).map_err(foreign)
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assertion({})", self.token)
    }
}
