//! The ways of naming, as people write them.

use deployer_core::naming::Template;
use deployer_core::{Error, Kind};
use serde::Deserialize;

use super::reference::{Reference, Version};

/// From the name of a secret to its place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamingSettings {
    /// One secret of the service for each.
    #[default]
    Field,
    /// One secret of the service whose JSON fields are the secrets.
    Bundle,
    /// A text with placeholders: `{prefix}/{node}/{name}#password`.
    Template(String),
}

/// Where one secret is, and what is taken of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretSettings {
    /// The name or the ARN.
    pub(crate) id: String,
    /// The field of the JSON object; none for the whole text.
    pub(crate) field: Option<String>,
    /// The stage of the version.
    pub(crate) stage: Option<String>,
    /// The id of the version.
    pub(crate) version: Option<String>,
    /// Takes a binary secret, as base64.
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

impl NamingSettings {
    /// The templates of id and field.
    pub(super) fn templates(
        &self,
        prefix: &str,
        path: Option<&str>,
        field: Option<&str>,
        environment: &str,
    ) -> Result<(Template, Option<Template>), Vec<Error>> {
        let mut problems = Vec::new();
        if path.is_some() && !matches!(self, Self::Bundle) {
            problems.push(refused("path", "it is for `naming = \"bundle\"`"));
        }
        if field.is_some() && !matches!(self, Self::Field) {
            problems.push(refused(
                "field",
                "it is for `naming = \"field\"`; a bundle and a template name the fields themselves",
            ));
        }
        if field == Some("") {
            problems.push(refused("field", "it is empty"));
        }
        // In a bundle the prefix is one of fields, in which anything may stand.
        if !matches!(self, Self::Bundle) {
            problems.extend(id_problem(&format!("{prefix}x")).map(|cause| refused("prefix", cause)));
        }
        let made = match (self, path) {
            (Self::Field, _) => Ok((Template::name_after(prefix), field.map(Template::text))),
            (Self::Bundle, None) => {
                Err(refused("path", "a bundle needs it: the name or the ARN of the one secret"))
            }
            (Self::Bundle, Some(id)) => match id_problem(id) {
                None => Ok((Template::text(id), Some(Template::name_after(prefix)))),
                Some(cause) => Err(refused("path", cause)),
            },
            (Self::Template(text), _) => {
                Template::parse(text, prefix, environment).map_err(|cause| refused("naming.template", &cause))
            }
        };
        match made {
            Ok(made) if problems.is_empty() => Ok(made),
            made => {
                problems.extend(made.err());
                Err(problems)
            }
        }
    }
}

/// Why a text can be no name or ARN of a secret.
fn id_problem(id: &str) -> Option<&'static str> {
    let reference = Reference { id: id.to_owned(), version: Version::Current, binary: false, field: None };
    reference.check().err()
}

pub(super) fn refused(setting: &str, cause: &str) -> Error {
    Error::new(Kind::Settings, format!("`{setting}` cannot be used")).with_cause(cause)
}
