//! The plugin's part of the settings.

use deployer_core::error::Place;
use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::syncconfig::SyncConfig;

/// `[nodes.<name>]` with `kind = "node"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{ "required": ["url", "token"] }, { "required": ["syncconfig"] }]))]
pub(crate) struct Settings {
    /// The node's address; without a scheme it is `https://`, and `/api` is added where it is not there already.
    #[serde(default)]
    pub(crate) url: Option<String>,
    /// The JWT; a leading `bearer` is dropped.
    #[serde(default)]
    pub(crate) token: Option<Credential>,
    /// Whether address and token are those of a `.syncconfig`, where the settings do not say.
    #[serde(default)]
    pub(crate) syncconfig: SyncConfig,
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

/// The address of a node and its token.
pub(crate) struct Access {
    /// The address as written.
    pub(crate) url: String,
    /// The token as written.
    pub(crate) token: SecretValue,
}

impl Settings {
    /// The address and the token: the settings' own, else those of a `.syncconfig`. `name` and `place` are those of the section.
    ///
    /// # Errors
    /// `Settings` when one of them is missing, or its file or variable cannot be read.
    pub(crate) fn access(&self, name: &str, place: &Place, context: &Context) -> Result<Access> {
        let kept = self.syncconfig.read(context)?;
        let token = self.token.as_ref().map(|token| token.resolve(context)).transpose()?;
        let missing = |key: &str, kept: &str| {
            let hint = match self.syncconfig {
                SyncConfig::No => {
                    format!("set `{key}`; with `syncconfig = true` it is {kept} of the nearest .syncconfig")
                }
                _ => format!("set `{key}`, or {kept} in the .syncconfig"),
            };
            let error = Error::new(Kind::Settings, format!("[{name}]: `{key}` is missing"));
            error.at(place.clone()).with_hint(hint)
        };
        Ok(Access {
            url: self.url.clone().or(kept.url).ok_or_else(|| missing("url", "NODE"))?,
            token: token.or(kept.token).ok_or_else(|| missing("token", "JWT"))?,
        })
    }
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
