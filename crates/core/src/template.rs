//! Texts with `{name}` placeholders, as settings use them.

/// A text with placeholders such as `{node}`. `{{` and `}}` stand for a brace; a single brace is an error.
///
/// ```
/// use deployer_core::template::Template;
///
/// let template = Template::parse("{{{node}}} in {environment}", &["node", "environment"])?;
/// let filled = template.fill(|name| if name == "node" { "master" } else { "prod" });
/// assert_eq!(filled, "{master} in prod");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text, without doubled braces. Never empty; two texts never follow each other.
    Text(String),
    /// A placeholder, by its name.
    Placeholder(&'static str),
}

impl Template {
    /// Parses a text with the placeholders `known`.
    ///
    /// # Errors
    /// The reason, to be reported under the name of the setting: an unknown placeholder or a single brace.
    pub fn parse(text: &str, known: &[&'static str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                plain.push_str(&rest[..1]);
                rest = &rest[2..];
                continue;
            }
            let inside = rest.strip_prefix('{').and_then(|open| open.split_once('}'));
            let Some((name, after)) = inside.filter(|(name, _)| !name.contains('{')) else {
                return Err(
                    "a brace must be part of a placeholder; write `{{` or `}}` for a brace".to_owned()
                );
            };
            let Some(name) = known.iter().find(|known| **known == name) else {
                return Err(format!("unknown placeholder `{{{name}}}`; expected {}", listed(known)));
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Placeholder(name));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The parts of the text, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The names of the placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Placeholder(name) => Some(*name),
        })
    }

    /// The text with the value of each placeholder.
    pub fn fill<'a>(&'a self, value: impl Fn(&'static str) -> &'a str) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Placeholder(name) => value(name),
        });
        pieces.collect()
    }
}

/// A text in which every brace is doubled, so that [`Template::parse`] reads it as it is.
pub fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn listed(known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| format!("`{{{name}}}`")).collect();
    match names.split_last() {
        None => "no placeholder".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["name", "node", "environment"];

    fn filled(text: &str) -> Result<String, String> {
        let template = Template::parse(text, &KNOWN)?;
        Ok(template.fill(|name| match name {
            "name" => "db",
            "node" => "n",
            _ => "prod",
        }))
    }

    #[test]
    fn placeholders_are_filled_in_and_doubled_braces_are_braces() {
        for (text, expected) in [
            ("", ""),
            ("plain ø", "plain ø"),
            ("{environment}/{node}#{name}", "prod/n#db"),
            ("{{name}}", "{name}"),
            ("{{{name}}}", "{db}"),
            ("a}}b{{c", "a}b{c"),
            ("{name}{name}", "dbdb"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
        let odd = "{a} }{ {{x}}";
        assert_eq!(filled(&escaped(odd)).as_deref(), Ok(odd));
    }

    #[test]
    fn unknown_placeholders_and_single_braces_are_rejected() {
        for text in ["{", "}", "{name", "name}", "a{b {name}", "{{name}", "{name}}"] {
            let cause = filled(text).expect_err(text);
            assert!(cause.contains("write `{{` or `}}`"), "{text}: {cause}");
        }
        for text in ["{nmae}", "{}", "{ name }", "{Name}"] {
            let cause = filled(text).expect_err(text);
            assert!(cause.contains("expected `{name}`, `{node}` or `{environment}`"), "{text}: {cause}");
        }
    }

    #[test]
    fn pieces_and_placeholders_are_in_order() {
        let template = Template::parse("a{{b{node}{name}c", &KNOWN).expect("a template");
        let text = |text: &str| Piece::Text(text.to_owned());
        let expected = [text("a{b"), Piece::Placeholder("node"), Piece::Placeholder("name"), text("c")];
        assert_eq!(template.pieces(), expected);
        assert_eq!(template.placeholders().collect::<Vec<_>>(), ["node", "name"]);
    }
}
