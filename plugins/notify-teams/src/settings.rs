//! The plugin's part of the settings.

use deployer_core::plugin::Credential;
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[notify]]` with `kind = "teams"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The address of the flow's trigger. Whoever knows it can post, so it is a credential as a whole.
    pub(crate) url: Credential,
    /// Certificates and time limits.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}
