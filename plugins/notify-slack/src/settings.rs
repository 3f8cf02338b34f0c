//! The plugin's part of the settings.

use deployer_core::plugin::Credential;
use deployer_http::HttpSettings;
use serde::Deserialize;

/// `[[notify]]` with `kind = "slack"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The bot token of the Slack app.
    pub(crate) token: Credential,
    /// The channel's id, or its name.
    pub(crate) channel: String,
    /// The address of Slack's Web API; other than the default for GovSlack, and in tests.
    #[serde(default = "default_api_url")]
    pub(crate) api_url: String,
    /// Certificates and time limits.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}

fn default_api_url() -> String {
    "https://slack.com/api".to_owned()
}
