//! The ways of naming, as people write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Template;
use crate::error::{Error, Kind};

/// The setting `naming` of a store: the way from the name of a secret to its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamingWay {
    /// One place for each secret, which is its whole value or one field of it.
    #[default]
    Field,
    /// One place whose fields are the secrets.
    Bundle,
    /// A text with the placeholders `{prefix}`, `{environment}`, `{node}` and `{name}`, such as `{environment}/{name}#value`.
    Template(String),
}

/// The settings beside `naming` that make the places of secrets.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// `prefix`: stands before the name, as it is.
    pub prefix: &'a str,
    /// `path`: the one place of a bundle.
    pub path: Option<&'a str>,
    /// `field`: the field that every secret is, where each has a place of its own.
    pub field: Option<&'a str>,
    /// The environment of the run, for templates.
    pub environment: &'a str,
}

impl NamingWay {
    /// The templates of the place and of the field in it; no template of a field where there is none. `check_path` says why a text
    /// can be no place.
    ///
    /// # Errors
    /// `Settings`, one for each setting that cannot be used or has no use.
    pub fn templates(
        &self,
        parts: Parts<'_>,
        check_path: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Result<(Template, Option<Template>), Vec<Error>> {
        let Parts { prefix, path, field, environment } = parts;
        let mut problems = Vec::new();
        if path.is_some() && *self != Self::Bundle {
            problems.push(refused("path", "it is for `naming = \"bundle\"`"));
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
            (Self::Field, _) => Ok((Template::name_after(prefix), field.map(Template::text))),
            (Self::Bundle, Some(path)) => check_path(path)
                .map(|()| (Template::text(path), Some(Template::name_after(prefix))))
                .map_err(|cause| refused("path", cause)),
            (Self::Bundle, None) => {
                Err(refused("path", "a bundle needs it: the one place whose fields are the secrets"))
            }
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
    ) -> Result<(Template, Option<Template>), String> {
        let check_path = |path: &str| if path.contains(' ') { Err("it holds a blank") } else { Ok(()) };
        way.templates(Parts { prefix: "p-", path, field, environment: "test" }, check_path)
            .map_err(|problems| format!("{problems:?}"))
    }

    #[test]
    fn each_way_has_its_templates() {
        let template = NamingWay::Template("{prefix}{name}#{environment}".to_owned());
        for (way, path, field, expected) in [
            (&NamingWay::Field, None, None, (Template::name_after("p-"), None)),
            (&NamingWay::Field, None, Some("f"), (Template::name_after("p-"), Some(Template::text("f")))),
            (&NamingWay::Bundle, Some("b"), None, (Template::text("b"), Some(Template::name_after("p-")))),
            (&template, None, None, (Template::name_after("p-"), Some(Template::text("test")))),
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
            (&template, Some("b"), None, ["`naming.template`", "`{nmae}` is not known"]),
        ] {
            let told = made(way, path, field).expect_err("it cannot be used");
            assert!(expected.iter().all(|expected| told.contains(expected)), "{told}");
        }
    }
}
