//! Where single secrets are, as people write it.

use deployer_core::{Error, Kind};
use schemars::JsonSchema;
use serde::Deserialize;

use super::reference::{Reference, Version};

/// Where one secret is, and what is taken of it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretSettings {
    /// The name or the ARN.
    pub(crate) id: String,
    /// The field of the JSON object [default: the whole text].
    pub(crate) field: Option<String>,
    /// The stage of the version.
    pub(crate) stage: Option<String>,
    /// The id of the version.
    pub(crate) version: Option<String>,
    /// Whether to accept a binary secret, as base64.
    #[serde(default)]
    pub(crate) binary: bool,
}

impl SecretSettings {
    /// # Errors
    /// The setting that cannot be used, and why.
    pub(super) fn reference(&self, defaults: &Self) -> Result<Reference, (&'static str, &'static str)> {
        let stage =
            self.stage.as_deref().or(if self.version.is_some() { None } else { defaults.stage.as_deref() });
        if self.field.as_deref() == Some("") {
            return Err(("field", "it is empty"));
        }
        let reference = Reference {
            id: self.id.clone(),
            version: Version::new(stage, self.version.as_deref())?,
            binary: self.binary || defaults.binary,
            field: self.field.clone(),
        };
        reference.check().map_err(|cause| ("id", cause)).map(|()| reference)
    }
}

/// Why a text can be no name or ARN of a secret.
pub(super) fn check_id(id: &str) -> Result<(), &'static str> {
    let reference = Reference { id: id.to_owned(), version: Version::Current, binary: false, field: None };
    reference.check()
}

pub(super) fn refused(setting: &str, cause: &str) -> Error {
    Error::new(Kind::Settings, format!("`{setting}` cannot be used")).with_cause(cause)
}
