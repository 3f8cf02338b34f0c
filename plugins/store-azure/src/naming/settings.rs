//! How secrets are named, as people write it.

use deployer_core::naming::Template;
use deployer_core::{Error, Kind};
use serde::Deserialize;

use super::place::{check_name, check_part};

/// From the name of a secret to its place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamingSettings {
    /// One secret of the vault for each.
    #[default]
    Field,
    /// One secret of the vault whose members are the secrets.
    Bundle,
    /// A text with placeholders: `{prefix}{node}-{name}#value`.
    Template(String),
}

/// What becomes of characters that a name in Key Vault cannot have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamesSettings {
    /// They are refused.
    #[default]
    Strict,
    /// `_`, `.` and blanks become `-`.
    Dash,
}

impl NamingSettings {
    /// The templates of the secret and of the member in its value.
    pub(super) fn templates(
        &self,
        prefix: &str,
        path: Option<&str>,
        field: Option<&str>,
        environment: &str,
    ) -> Result<(Template, Option<Template>), Vec<Error>> {
        let mut problems = Vec::new();
        let mut refuse = |name: &str, cause: &str| {
            problems.push(Error::new(Kind::Settings, format!("`{name}` cannot be used")).with_cause(cause));
        };
        if let (Err(cause), false) = (check_part(prefix), matches!(self, Self::Bundle)) {
            refuse("prefix", cause);
        }
        if path.is_some() && !matches!(self, Self::Bundle) {
            refuse("path", "it is for `naming = \"bundle\"`");
        }
        if field.is_some() && !matches!(self, Self::Field) {
            refuse(
                "field",
                "it is for `naming = \"field\"`; a bundle and a template name the members themselves",
            );
        }
        if field == Some("") {
            refuse("field", "it is empty");
        }
        let made = match (self, path) {
            (Self::Field, _) => Some((Template::name_after(prefix), field.map(Template::text))),
            (Self::Bundle, Some(path)) => {
                if let Err(cause) = check_name(path) {
                    refuse("path", cause);
                }
                Some((Template::text(path), Some(Template::name_after(prefix))))
            }
            (Self::Bundle, None) => {
                refuse("path", "a bundle needs it: the one secret whose members are the secrets");
                None
            }
            (Self::Template(text), _) => match Template::parse(text, prefix, environment) {
                Ok(templates) => Some(templates),
                Err(cause) => {
                    refuse("naming.template", &cause);
                    None
                }
            },
        };
        match made {
            Some(made) if problems.is_empty() => Ok(made),
            _ => Err(problems),
        }
    }
}
