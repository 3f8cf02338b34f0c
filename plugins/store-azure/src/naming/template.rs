//! Texts with placeholders.

use deployer_core::traits::Wanted;

/// A text with the places of a secret's name and its node left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name,
    Node,
}

impl Template {
    /// The same text for every secret.
    pub(super) fn text(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned())])
    }

    /// A text, and the name right behind it.
    pub(super) fn name_after(text: &str) -> Self {
        let text = Some(text).filter(|text| !text.is_empty()).map(|text| Piece::Text(text.to_owned()));
        Self(text.into_iter().chain([Piece::Name]).collect())
    }

    /// Reads `secret#field` or `secret`; `{prefix}` and `{environment}` are filled in here.
    pub(super) fn parse(
        text: &str,
        prefix: &str,
        environment: &str,
    ) -> Result<(Template, Option<Template>), String> {
        let (secret, field) = match text.split_once('#') {
            Some((secret, field)) => (secret, Some(field)),
            None => (text, None),
        };
        let secret = Self::pieces(secret, prefix, environment)?;
        let field = field.map(|field| Self::pieces(field, prefix, environment)).transpose()?;
        if field.as_ref().is_some_and(|field| field.0.is_empty()) {
            return Err("there is no field behind `#`".to_owned());
        }
        let named = std::iter::once(&secret).chain(&field).any(|template| template.0.contains(&Piece::Name));
        if !named {
            return Err("it has no `{name}`: all secrets would be the same".to_owned());
        }
        Ok((secret, field))
    }

    fn pieces(text: &str, prefix: &str, environment: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(['{', '}']) {
            literal.push_str(&rest[..start]);
            let open = rest[start..].strip_prefix('{').and_then(|open| open.split_once('}'));
            let (name, behind) = open.ok_or("a `{` or a `}` stands alone")?;
            rest = behind;
            let piece = match name {
                "prefix" => {
                    literal.push_str(prefix);
                    continue;
                }
                "environment" => {
                    literal.push_str(environment);
                    continue;
                }
                "name" => Piece::Name,
                "node" => Piece::Node,
                other => {
                    return Err(format!(
                        "`{{{other}}}` is not known; `{{prefix}}`, `{{environment}}`, `{{node}}` and `{{name}}` are"
                    ));
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(piece);
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self(pieces))
    }

    /// The text for a secret.
    pub(super) fn fill(&self, wanted: &Wanted) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Name => wanted.name.as_str(),
            Piece::Node => wanted.node.as_str(),
        });
        pieces.collect()
    }

    /// The text when it is the same for every secret.
    pub(super) fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text before the first placeholder.
    pub(super) fn start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// The name that a text stands for; none when more than the name is open, or the text is another one's.
    pub(super) fn name_in<'a>(&self, text: &'a str) -> Option<&'a str> {
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

#[cfg(test)]
mod tests {
    use deployer_core::model::{NodeName, SecretName};

    use super::*;

    fn filled(text: &str) -> (String, Option<String>) {
        let wanted = Wanted { name: SecretName::new("db"), node: NodeName::new("node-1") };
        let (secret, field) = Template::parse(text, "sesam-", "prod").expect("a template");
        (secret.fill(&wanted), field.map(|field| field.fill(&wanted)))
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(filled("{prefix}{name}"), ("sesam-db".to_owned(), None));
        assert_eq!(
            filled("{environment}-{node}#{name}.value"),
            ("prod-node-1".to_owned(), Some("db.value".to_owned()))
        );
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, expected) in [
            ("{prefix}", "`{name}`"),
            ("{name", "stands alone"),
            ("name}", "stands alone"),
            ("{nmae}", "`{nmae}` is not known"),
            ("{name}#", "no field"),
        ] {
            let cause = Template::parse(text, "", "test").expect_err(text);
            assert!(cause.contains(expected), "{text}: {cause}");
        }
    }

    #[test]
    fn a_name_is_found_back_where_it_alone_is_open() {
        let of = |template: &str, text: &'static str| {
            Template::parse(template, "sesam-", "prod")
                .expect("a template")
                .0
                .name_in(text)
                .map(str::to_owned)
        };
        assert_eq!(of("{prefix}{name}-v1", "sesam-db-v1").as_deref(), Some("db"));
        assert_eq!(of("{name}", "db").as_deref(), Some("db"));
        assert_eq!(of("{prefix}{name}", "other"), None);
        assert_eq!(of("{prefix}{name}", "sesam-"), None);
        assert_eq!(of("{node}-{name}", "a-b"), None);
    }
}
