//! The plugin's part of the settings.

use deployer_core::plugin::Credential;
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[nodes.<name>]` with `kind = "node"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The node's address; without a scheme it is `https://`, and `/api` is added where it is not there already.
    pub(crate) url: String,
    /// The JWT; a leading `bearer` is dropped.
    pub(crate) token: Credential,
    /// The config group to deploy; the default group when absent.
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// What to do when the node objects to a configuration.
    #[serde(default)]
    pub(crate) force: Force,
    /// Certificates and time limits.
    #[serde(default)]
    pub(crate) http: HttpSettings,
}

/// What to do when the node objects to a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Force {
    /// Fail, and show the objections.
    #[default]
    Never,
    /// Show the objections, then upload again with `force=true`.
    AfterRefusal,
}
