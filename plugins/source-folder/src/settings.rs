//! The settings of the plugin.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// The settings of `kind = "folder"`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The root of the configuration; a relative path starts at the folder of the settings.
    pub(crate) path: PathBuf,
}
