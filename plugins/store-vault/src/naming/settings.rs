//! The three ways of naming, as people write them.

use deployer_core::naming::Template;
use deployer_core::{Error, Kind};
use serde::Deserialize;

/// From the name of a secret to its place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamingSettings {
    /// One path per secret, the value in a field of it.
    #[default]
    Field,
    /// One path whose fields are the secrets.
    Bundle,
    /// A text with placeholders: `{prefix}/{node}/{name}#value`.
    Template(String),
}

impl NamingSettings {
    /// The templates of path and field.
    pub(super) fn templates(
        &self,
        prefix: &str,
        path: Option<String>,
        field: Option<String>,
        environment: &str,
    ) -> Result<(Template, Option<Template>), Vec<Error>> {
        let mut problems = Vec::new();
        let mut refuse = |name: &str, cause: &str| {
            problems.push(Error::new(Kind::Settings, format!("`{name}` cannot be used")).with_cause(cause));
        };
        if path.is_some() && !matches!(self, Self::Bundle) {
            refuse("path", "it is for `naming = \"bundle\"`; other secrets lie below `prefix`");
        }
        if field.is_some() && !matches!(self, Self::Field) {
            refuse(
                "field",
                "it is for `naming = \"field\"`; a bundle and a template name the fields themselves",
            );
        }
        if field.as_deref() == Some("") {
            refuse("field", "it is empty");
        }
        let made = match self {
            Self::Field => Some((Template::name_after(prefix), field.as_deref().map(Template::text))),
            Self::Bundle => {
                let path = path.as_deref().map(|path| path.trim_matches('/'));
                match path.map(|path| (path, super::check_path(path))) {
                    Some((path, Ok(()))) => Some((Template::text(path), Some(Template::name_after(prefix)))),
                    Some((_, Err(cause))) => {
                        refuse("path", cause);
                        None
                    }
                    None => {
                        refuse("path", "a bundle needs it: the one path whose fields are the secrets");
                        None
                    }
                }
            }
            Self::Template(text) => {
                match Template::parse(text.trim_start_matches('/'), prefix, environment) {
                    Ok(templates) => Some(templates),
                    Err(cause) => {
                        refuse("naming.template", &cause);
                        None
                    }
                }
            }
        };
        match made {
            Some(made) if problems.is_empty() => Ok(made),
            _ => Err(problems),
        }
    }
}
