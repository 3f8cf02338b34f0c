//! The plugin's part of the settings.

use std::collections::BTreeMap;

use deployer_core::plugin::Credential;
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;

/// `[[notify]]` with `kind = "webhook"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where the reports are sent.
    pub(crate) url: Address,
    /// The key of the signature, which the receiver knows as well.
    pub(crate) secret: Credential,
    /// Further headers, such as a token that the receiver asks for.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Credential>,
    /// Certificates and time limits.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}
