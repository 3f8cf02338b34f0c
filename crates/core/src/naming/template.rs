//! Texts with placeholders.

use crate::traits::Wanted;

/// A text with the places of a secret's name and its node left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name,
    Node,
}

impl Template {
    /// The same text for every secret.
    pub fn text(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned())])
    }

    /// A text, and the name right behind it.
    pub fn name_after(text: &str) -> Self {
        let mut pieces = Vec::new();
        push_text(&mut pieces, text);
        pieces.push(Piece::Name);
        Self(pieces)
    }

    /// Reads `secret#field` or `secret`, with the placeholders `{prefix}`, `{environment}`, `{node}` and `{name}`. The first two are
    /// filled in here; a slash behind `{prefix}` does not double the one that the prefix ends in, and falls away behind an empty one.
    ///
    /// # Errors
    /// Why the text is no template, to be told under the name of the setting: a brace that stands alone, a placeholder that is not
    /// known, no field behind `#`, or no `{name}`, without which all secrets would be the same.
    pub fn parse(text: &str, prefix: &str, environment: &str) -> Result<(Self, Option<Self>), String> {
        let (secret, field) = match text.split_once('#') {
            Some((secret, field)) => (secret, Some(field)),
            None => (text, None),
        };
        let secret = Self::pieces(secret, prefix, environment)?;
        let field = field.map(|field| Self::pieces(field, prefix, environment)).transpose()?;
        if field.as_ref().is_some_and(|field| field.0.is_empty()) {
            return Err("there is no field behind `#`".to_owned());
        }
        if std::iter::once(&secret).chain(&field).any(|template| template.0.contains(&Piece::Name)) {
            Ok((secret, field))
        } else {
            Err("it has no `{name}`: all secrets would be the same".to_owned())
        }
    }

    fn pieces(text: &str, prefix: &str, environment: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(['{', '}']) {
            push_text(&mut pieces, &rest[..start]);
            let open = rest[start..].strip_prefix('{').and_then(|open| open.split_once('}'));
            let (name, behind) = open.ok_or("a `{` or a `}` stands alone")?;
            rest = behind;
            match name {
                "prefix" => {
                    let doubled = prefix.is_empty() || prefix.ends_with('/');
                    rest = rest.strip_prefix('/').filter(|_| doubled).unwrap_or(rest);
                    push_text(&mut pieces, prefix);
                }
                "environment" => push_text(&mut pieces, environment),
                "name" => pieces.push(Piece::Name),
                "node" => pieces.push(Piece::Node),
                other => {
                    return Err(format!(
                        "`{{{other}}}` is not known; `{{prefix}}`, `{{environment}}`, `{{node}}` and `{{name}}` are"
                    ));
                }
            }
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// The text for a secret.
    pub fn fill(&self, wanted: &Wanted) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Name => wanted.name.as_str(),
            Piece::Node => wanted.node.as_str(),
        });
        pieces.collect()
    }

    /// The text when it is the same for every secret.
    pub fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text before the first open place.
    pub fn start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// The text before the name, when the name stands at the end and nothing else is open.
    pub fn before_last_name(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Name] => Some(""),
            [Piece::Text(text), Piece::Name] => Some(text),
            _ => None,
        }
    }

    /// The name that a text stands for; none when more than the name is open, or the text cannot come of this template.
    pub fn name_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let name = match self.0.as_slice() {
            [Piece::Name] => text,
            [Piece::Text(before), Piece::Name] => text.strip_prefix(before.as_str())?,
            [Piece::Name, Piece::Text(behind)] => text.strip_suffix(behind.as_str())?,
            [Piece::Text(before), Piece::Name, Piece::Text(behind)] => {
                text.strip_prefix(before.as_str())?.strip_suffix(behind.as_str())?
            }
            _ => return None,
        };
        Some(name).filter(|name| !name.is_empty())
    }
}

/// Adds a text to the one at the end, if there is one: no two texts stand side by side, and none is empty.
fn push_text(pieces: &mut Vec<Piece>, more: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push_str(more),
        _ if more.is_empty() => {}
        _ => pieces.push(Piece::Text(more.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NodeName, SecretName};

    fn wanted() -> Wanted {
        Wanted { name: SecretName::new("db"), node: NodeName::new("node-1") }
    }

    fn filled(text: &str, prefix: &str) -> (String, Option<String>) {
        let (secret, field) = Template::parse(text, prefix, "prod").expect("a template");
        (secret.fill(&wanted()), field.map(|field| field.fill(&wanted())))
    }

    fn secret(text: &str) -> Template {
        Template::parse(text, "sesam-", "prod").expect("a template").0
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(filled("{prefix}{name}", "sesam-"), ("sesam-db".to_owned(), None));
        assert_eq!(
            filled("{environment}-{node}#{name}.value", "sesam-"),
            ("prod-node-1".to_owned(), Some("db.value".to_owned()))
        );
        assert_eq!(Template::text("{name}").fill(&wanted()), "{name}");
        assert_eq!(Template::name_after("a/").fill(&wanted()), "a/db");
    }

    #[test]
    fn a_slash_behind_the_prefix_is_not_doubled() {
        for (prefix, expected) in [("", "db"), ("a", "a/db"), ("a/", "a/db")] {
            assert_eq!(filled("{prefix}/{name}", prefix).0, expected);
        }
        assert_eq!(filled("{prefix}//{name}", "").0, "/db");
        assert_eq!(filled("{node}/{name}", "").0, "node-1/db");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, expected) in [
            ("{prefix}", "no `{name}`"),
            ("{prefix}/x#value", "no `{name}`"),
            ("{name", "stands alone"),
            ("name}", "stands alone"),
            ("{nmae}", "`{nmae}` is not known"),
            ("{name}#", "no field"),
            ("{name}#{prefix}", "no field"),
        ] {
            let cause = Template::parse(text, "", "test").expect_err(text);
            assert!(cause.contains(expected), "{text}: {cause}");
        }
    }

    #[test]
    fn what_is_the_same_for_all_secrets_is_known() {
        for (template, constant, start, before_name) in [
            (Template::text("a"), Some("a"), "a", None),
            (Template::name_after(""), None, "", Some("")),
            (Template::name_after("a/"), None, "a/", Some("a/")),
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
    fn a_name_is_found_back_where_it_alone_is_open() {
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
