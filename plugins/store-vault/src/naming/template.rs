//! Texts with placeholders.

/// A text with the places of a secret's name and its node left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name,
    Node,
}

/// What a template is filled with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) name: &'a str,
    pub(super) node: &'a str,
}

impl Template {
    /// The same text for every secret.
    pub(super) fn text(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned())])
    }

    /// A text, and the name right behind it.
    pub(super) fn name_after(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned()), Piece::Name])
    }

    /// Reads `path#field` or `path`. `{prefix}` and `{environment}` are filled in here; a slash behind `{prefix}` does not double
    /// the one that the prefix ends in, and falls away behind an empty one.
    pub(super) fn parse(
        text: &str,
        prefix: &str,
        environment: &str,
    ) -> Result<(Template, Option<Template>), String> {
        let text = text.trim_start_matches('/');
        let (path, field) = match text.split_once('#') {
            Some((path, field)) => (path, Some(field)),
            None => (text, None),
        };
        let path = Self::pieces(path, prefix, environment)?;
        let field = field.map(|field| Self::pieces(field, prefix, environment)).transpose()?;
        if field.as_ref().is_some_and(|field| field.0.is_empty()) {
            return Err("there is no field behind `#`".to_owned());
        }
        let named = std::iter::once(&path).chain(&field).any(|template| template.0.contains(&Piece::Name));
        if !named {
            return Err("it has no `{name}`: all secrets would be the same".to_owned());
        }
        Ok((path, field))
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
            let placeholder = match name {
                "prefix" => {
                    if rest.starts_with('/') && (prefix.is_empty() || prefix.ends_with('/')) {
                        rest = &rest[1..];
                    }
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
            pieces.push(placeholder);
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self(pieces))
    }

    pub(super) fn fill(&self, given: Given<'_>) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Name => given.name,
            Piece::Node => given.node,
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

    /// The text before the name, when the name stands at the end and nothing else is open.
    pub(super) fn before_last_name(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Name] => Some(""),
            [Piece::Text(text), Piece::Name] => Some(text),
            _ => None,
        }
    }
}
