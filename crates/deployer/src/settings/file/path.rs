//! Paths of `[configuration]`, in which `{environment}` stands for the name of the environment.

use serde::de::{Deserialize, Deserializer, Error};

use crate::settings::model::tidy;

/// A path that may hold `{environment}`. `{{` and `}}` stand for a brace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Environment,
}

impl PathPattern {
    /// Reads a path; says what is wrong with it otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the path is empty".to_owned());
        }
        if text.starts_with('/') || text.contains('\\') {
            return Err("expected a relative path with `/` between its parts".to_owned());
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{environment}") {
                pieces.extend([Piece::Text(std::mem::take(&mut plain)), Piece::Environment]);
                rest = after;
            } else if rest.starts_with("{{") || rest.starts_with("}}") {
                plain.push_str(&rest[..1]);
                rest = &rest[2..];
            } else {
                let message =
                    "only `{environment}` may stand in braces; write `{{` or `}}` for a brace itself";
                return Err(message.to_owned());
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// The path for an environment.
    pub(super) fn fill(&self, environment: &str) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Environment => environment,
        });
        tidy(&pieces.collect::<String>())
    }
}

/// A path as the settings write it, so that [`PathPattern::parse`] takes it word for word.
pub(in crate::settings) fn escaped(path: &str) -> String {
    tidy(path).replace('{', "{{").replace('}', "}}")
}

/// A path of the settings for an environment, as the settings write it; any other text as it is.
pub(in crate::settings) fn filled_in(text: &str, environment: &str) -> String {
    match PathPattern::parse(text) {
        Ok(pattern) if text.contains(['{', '}']) => escaped(&pattern.fill(environment)),
        _ => text.to_owned(),
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
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
