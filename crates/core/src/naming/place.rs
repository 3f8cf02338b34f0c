//! Places of secrets, made from their names.

use crate::template::{Piece, Template};
use crate::traits::WantedSecret;

/// The placeholders of a setting that names places of secrets.
const PLACEHOLDERS: [&str; 4] = ["prefix", "environment", "node", "name"];

/// A text that differs by the secret's name and node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name,
    Node,
}

impl PlaceTemplate {
    /// The same text for every secret.
    pub fn text(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    /// A text, followed by the name.
    pub fn name_after(text: &str) -> Self {
        let mut parts = Vec::new();
        push_text(&mut parts, text);
        parts.push(Part::Name);
        Self(parts)
    }

    /// Parses `secret#field` or `secret`, with the placeholders `{prefix}`, `{environment}`, `{node}` and `{name}`. The first two
    /// are filled in here. After `{prefix}`, a slash is dropped if the prefix is empty or ends in one.
    ///
    /// # Errors
    /// The reason, to be reported under the name of the setting: an invalid [`Template`], no field after `#`, or no `{name}`,
    /// without which all secrets would be the same.
    pub fn parse(text: &str, prefix: &str, environment: &str) -> Result<(Self, Option<Self>), String> {
        let (secret, field) = match text.split_once('#') {
            Some((secret, field)) => (secret, Some(field)),
            None => (text, None),
        };
        let secret = Self::parts(secret, prefix, environment)?;
        let field = field.map(|field| Self::parts(field, prefix, environment)).transpose()?;
        if field.as_ref().is_some_and(|field| field.0.is_empty()) {
            return Err("there is no field after `#`".to_owned());
        }
        if std::iter::once(&secret).chain(&field).any(|template| template.0.contains(&Part::Name)) {
            Ok((secret, field))
        } else {
            Err("it has no `{name}`: all secrets would be the same".to_owned())
        }
    }

    fn parts(text: &str, prefix: &str, environment: &str) -> Result<Self, String> {
        let template = Template::parse(text, &PLACEHOLDERS)?;
        let mut parts = Vec::new();
        let mut is_after_slash = false;
        for piece in template.pieces() {
            let follows = std::mem::take(&mut is_after_slash);
            match piece {
                Piece::Text(text) => {
                    let text = text.strip_prefix('/').filter(|_| follows).unwrap_or(text);
                    push_text(&mut parts, text);
                }
                Piece::Placeholder("prefix") => {
                    is_after_slash = prefix.is_empty() || prefix.ends_with('/');
                    push_text(&mut parts, prefix);
                }
                Piece::Placeholder("environment") => push_text(&mut parts, environment),
                Piece::Placeholder("node") => parts.push(Part::Node),
                Piece::Placeholder(_) => parts.push(Part::Name),
            }
        }
        Ok(Self(parts))
    }

    /// The text for a secret.
    pub fn fill(&self, secret: &WantedSecret) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Name => secret.name.as_str(),
            Part::Node => secret.node.as_str(),
        });
        parts.collect()
    }

    /// The text, if it is the same for every secret.
    pub fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text before the first name or node.
    pub fn start(&self) -> &str {
        match self.0.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The text before the name, if the name is at the end and there is no node.
    pub fn before_last_name(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Name] => Some(""),
            [Part::Text(text), Part::Name] => Some(text),
            _ => None,
        }
    }

    /// The secret's name in a text that this template made; `None` for other texts, and for a template with a node.
    pub fn name_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let name = match self.0.as_slice() {
            [Part::Name] => text,
            [Part::Text(before), Part::Name] => text.strip_prefix(before.as_str())?,
            [Part::Name, Part::Text(behind)] => text.strip_suffix(behind.as_str())?,
            [Part::Text(before), Part::Name, Part::Text(behind)] => {
                text.strip_prefix(before.as_str())?.strip_suffix(behind.as_str())?
            }
            _ => return None,
        };
        Some(name).filter(|name| !name.is_empty())
    }
}

/// Appends a text, joined with a text at the end.
fn push_text(parts: &mut Vec<Part>, more: &str) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push_str(more),
        _ if more.is_empty() => {}
        _ => parts.push(Part::Text(more.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NodeName, SecretName};

    fn wanted() -> WantedSecret {
        WantedSecret::new(SecretName::new("db"), NodeName::new("node-1"))
    }

    fn filled(text: &str, prefix: &str) -> (String, Option<String>) {
        let (secret, field) = PlaceTemplate::parse(text, prefix, "prod").expect("a template");
        (secret.fill(&wanted()), field.map(|field| field.fill(&wanted())))
    }

    fn secret(text: &str) -> PlaceTemplate {
        PlaceTemplate::parse(text, "sesam-", "prod").expect("a template").0
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(filled("{prefix}{name}", "sesam-"), ("sesam-db".to_owned(), None));
        assert_eq!(
            filled("{environment}-{node}#{name}.value", "sesam-"),
            ("prod-node-1".to_owned(), Some("db.value".to_owned()))
        );
        assert_eq!(PlaceTemplate::text("{name}").fill(&wanted()), "{name}");
        assert_eq!(PlaceTemplate::name_after("a/").fill(&wanted()), "a/db");
    }

    #[test]
    fn a_slash_after_the_prefix_is_not_doubled() {
        for (prefix, expected) in [("", "db"), ("a", "a/db"), ("a/", "a/db")] {
            assert_eq!(filled("{prefix}/{name}", prefix).0, expected);
        }
        assert_eq!(filled("{prefix}//{name}", "").0, "/db");
        assert_eq!(filled("{node}/{name}", "").0, "node-1/db");
    }

    #[test]
    fn invalid_templates_are_rejected() {
        for (text, expected) in [
            ("{prefix}", "no `{name}`"),
            ("{prefix}/x#value", "no `{name}`"),
            ("{name", "a brace"),
            ("{nmae}", "unknown placeholder `{nmae}`"),
            ("{name}#", "no field"),
            ("{name}#{prefix}", "no field"),
        ] {
            let cause = PlaceTemplate::parse(text, "", "test").expect_err(text);
            assert!(cause.contains(expected), "{text}: {cause}");
        }
    }

    #[test]
    fn the_parts_that_are_the_same_for_all_secrets_are_returned() {
        for (template, constant, start, before_name) in [
            (PlaceTemplate::text("a"), Some("a"), "a", None),
            (PlaceTemplate::name_after(""), None, "", Some("")),
            (PlaceTemplate::name_after("a/"), None, "a/", Some("a/")),
            (secret("{prefix}{environment}#{name}"), Some("sesam-prod"), "sesam-prod", None),
            (secret("{prefix}{name}"), None, "sesam-", Some("sesam-")),
            (secret("{prefix}{node}-{name}"), None, "sesam-", None),
            (secret("{name}-v1"), None, "", None),
        ] {
            let found = (template.constant(), template.start(), template.before_last_name());
            assert_eq!(found, (constant, start, before_name), "{template:?}");
        }
    }

    #[test]
    fn a_name_is_found_in_a_text_of_a_template_without_a_node() {
        for (template, text, expected) in [
            ("{prefix}{name}-v1", "sesam-db-v1", Some("db")),
            ("{name}-v1", "db-v1", Some("db")),
            ("{name}", "db", Some("db")),
            ("{prefix}{name}", "other", None),
            ("{prefix}{name}", "sesam-", None),
            ("{node}-{name}", "a-b", None),
        ] {
            assert_eq!(secret(template).name_in(text), expected, "{template}");
        }
    }
}
