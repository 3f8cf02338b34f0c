//! Credentials on their way to the SDK, and tokens on their way from it.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use deployer_core::{Redactor, SecretValue};

/// A credential of ours as the SDK takes it.
#[expect(clippy::disallowed_methods, reason = "credentials pass to the SDK here and nowhere else")]
pub(crate) fn exposed(value: &SecretValue) -> String {
    value.expose().to_owned()
}

/// A credential whose tokens the redactor gets to know.
pub struct Known {
    /// The credential.
    pub credential: Arc<dyn TokenCredential>,
    /// Gets each token.
    pub redactor: Redactor,
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
