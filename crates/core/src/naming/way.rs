//! The setting `naming`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PlaceTemplate;
use crate::error::{Error, Kind};

/// The setting `naming` of a store: how the place of a secret follows from its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamingWay {
    /// One place per secret. The secret is the whole value or one field of it.
    #[default]
    Field,
    /// One place whose fields are the secrets.
    Bundle,
    /// A text with the placeholders `{prefix}`, `{environment}`, `{node}` and `{name}`, such as `{environment}/{name}#value`.
    Template(String),
}

/// The other settings that determine the places of secrets.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// `prefix`: prepended to the name as is.
    pub prefix: &'a str,
    /// `path`: the one place of a bundle.
    pub path: Option<&'a str>,
    /// `field`: the field to take, if each secret has its own place.
    pub field: Option<&'a str>,
    /// The environment of the run, for templates.
    pub environment: &'a str,
}

impl NamingWay {
    /// The template of the place, and of the field in it if there is one. `check_path` returns why a text is an invalid place.
    ///
    /// # Errors
    /// `Settings`, one per setting that is invalid or has no effect.
    pub fn templates(
        &self,
        parts: Parts<'_>,
        check_path: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Result<(PlaceTemplate, Option<PlaceTemplate>), Vec<Error>> {
        let Parts { prefix, path, field, environment } = parts;
        let mut problems = Vec::new();
        if path.is_some() && *self != Self::Bundle {
            problems.push(refused("path", "it needs `naming = \"bundle\"`"));
        }
        if field.is_some() && *self != Self::Field {
            problems.push(refused(
                "field",
                "it is for `naming = \"field\"`; a bundle and a template name the fields themselves",
            ));
        }
        if field == Some("") {
            problems.push(refused("field", "it is empty"));
        }
        let made = match (self, path) {
            (Self::Field, _) => Ok((PlaceTemplate::name_after(prefix), field.map(PlaceTemplate::text))),
            (Self::Bundle, Some(path)) => check_path(path)
                .map(|()| (PlaceTemplate::text(path), Some(PlaceTemplate::name_after(prefix))))
                .map_err(|cause| refused("path", cause)),
            (Self::Bundle, None) => {
                Err(refused("path", "a bundle needs it: the one place whose fields are the secrets"))
            }
            (Self::Template(text), _) => PlaceTemplate::parse(text, prefix, environment)
                .map_err(|cause| refused("naming.template", &cause)),
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

fn refused(setting: &str, cause: &str) -> Error {
    Error::new(Kind::Settings, format!("`{setting}` cannot be used")).with_cause(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(
        way: &NamingWay,
        path: Option<&str>,
        field: Option<&str>,
    ) -> Result<(PlaceTemplate, Option<PlaceTemplate>), String> {
        let check_path = |path: &str| if path.contains(' ') { Err("it holds a blank") } else { Ok(()) };
        way.templates(Parts { prefix: "p-", path, field, environment: "test" }, check_path)
            .map_err(|problems| format!("{problems:?}"))
    }

    #[test]
    fn each_way_has_its_templates() {
        let template = NamingWay::Template("{prefix}{name}#{environment}".to_owned());
        for (way, path, field, expected) in [
            (&NamingWay::Field, None, None, (PlaceTemplate::name_after("p-"), None)),
            (
                &NamingWay::Field,
                None,
                Some("f"),
                (PlaceTemplate::name_after("p-"), Some(PlaceTemplate::text("f"))),
            ),
            (
                &NamingWay::Bundle,
                Some("b"),
                None,
                (PlaceTemplate::text("b"), Some(PlaceTemplate::name_after("p-"))),
            ),
            (&template, None, None, (PlaceTemplate::name_after("p-"), Some(PlaceTemplate::text("test")))),
        ] {
            assert_eq!(made(way, path, field), Ok(expected), "{way:?}");
        }
    }

    #[test]
    fn what_has_no_use_or_cannot_be_used_is_all_told() {
        let template = NamingWay::Template("{nmae}".to_owned());
        for (way, path, field, expected) in [
            (&NamingWay::Field, Some("b"), Some(""), ["`path`", "`field`"]),
            (&NamingWay::Bundle, None, Some("f"), ["a bundle needs it", "`field`"]),
            (&NamingWay::Bundle, Some("a b"), Some(""), ["it holds a blank", "it is empty"]),
            (&template, Some("b"), None, ["`naming.template`", "unknown placeholder `{nmae}`"]),
        ] {
            let told = made(way, path, field).expect_err("it cannot be used");
            assert!(expected.iter().all(|expected| told.contains(expected)), "{told}");
        }
    }
}
