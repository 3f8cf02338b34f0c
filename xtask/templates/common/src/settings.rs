//! The plugin's part of the settings.

use deployer_core::plugin::Credential;
use deployer_core::schemars::{self, JsonSchema};
use deployer_http::HttpSettings;
use serde::Deserialize;

/// What stands beside `kind = "sample"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The address of the service; without a scheme it is `https://`.
    pub(crate) url: String,
    /// The token that the service asks for.
    pub(crate) token: Credential,
    /// Certificates and time limits.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}
