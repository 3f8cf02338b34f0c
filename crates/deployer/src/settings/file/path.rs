//! Paths of `[configuration]`, in which `{environment}` stands for the name of the environment.

use deployer_core::template::{self, Template};
use schemars::JsonSchema;
use serde::Serialize;

use crate::settings::parts::tidy;

/// A relative path that can contain `{environment}`. `{{` and `}}` stand for a brace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct PathPattern(#[schemars(regex(pattern = r"^[^/\\]"))] String);

impl PathPattern {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.trim().is_empty() {
            return Err("the path is empty");
        }
        if text.starts_with('/') || text.contains('\\') {
            return Err("expected a relative path with `/` between its parts");
        }
        fill(text, "")
            .map(|_| Self(text.to_owned()))
            .map_err(|_| "only `{environment}` can be in braces; write `{{` or `}}` for a brace itself")
    }

    /// The path for an environment.
    pub(super) fn fill(&self, environment: &str) -> String {
        tidy(&fill(&self.0, environment).unwrap_or_default())
    }
}

fn fill(text: &str, environment: &str) -> Result<String, String> {
    Template::parse(text, &["environment"]).map(|template| template.fill(|_| environment))
}

/// A path as the settings write it, so that [`PathPattern::parse`] reads it as it is.
pub(in crate::settings) fn escaped(path: &str) -> String {
    template::escaped(&tidy(path))
}

/// A path of the settings for an environment, as the settings write it; any other text as it is.
pub(in crate::settings) fn filled_in(text: &str, environment: &str) -> String {
    match PathPattern::parse(text) {
        Ok(pattern) if text.contains(['{', '}']) => escaped(&pattern.fill(environment)),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_filled_in() {
        let pattern = PathPattern::parse("variables/variables-{environment}.json").unwrap();
        assert_eq!(pattern.fill("prod"), "variables/variables-prod.json");
        assert_eq!(PathPattern::parse("{environment}/{environment}").unwrap().fill("ci"), "ci/ci");
    }

    #[test]
    fn braces_are_written_twice() {
        let path = "odd{name}/{environment}.json";
        assert_eq!(PathPattern::parse(&escaped(path)).unwrap().fill("prod"), path);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", " ", "/etc/passwd", "a\\b", "{enviroment}.json", "{", "a}b", "{environment"] {
            assert!(PathPattern::parse(text).is_err(), "{text:?}");
        }
    }
}
