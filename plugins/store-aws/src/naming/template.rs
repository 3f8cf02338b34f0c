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

    /// Reads `id#field` or `id`. `{prefix}` and `{environment}` are filled in here; a slash behind `{prefix}` does not double the
    /// one that the prefix ends in, and falls away behind an empty one.
    pub(super) fn parse(text: &str, prefix: &str, environment: &str) -> Result<(Self, Option<Self>), String> {
        let (id, field) = match text.split_once('#') {
            Some((id, field)) => (id, Some(field)),
            None => (text, None),
        };
        let id = Self::pieces(id, prefix, environment)?;
        let field = field.map(|field| Self::pieces(field, prefix, environment)).transpose()?;
        if field.as_ref().is_some_and(|field| field.0.is_empty()) {
            return Err("there is no field behind `#`".to_owned());
        }
        if std::iter::once(&id).chain(&field).any(|template| template.0.contains(&Piece::Name)) {
            Ok((id, field))
        } else {
            Err("it has no `{name}`: all secrets would be the same".to_owned())
        }
    }

    fn pieces(text: &str, prefix: &str, environment: &str) -> Result<Self, String> {
        let mut pieces = vec![Piece::Text(String::new())];
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
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
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

/// Adds a text to the one at the end, if there is one.
fn push_text(pieces: &mut Vec<Piece>, more: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push_str(more),
        _ => pieces.push(Piece::Text(more.to_owned())),
    }
}
