//! The message of commits.

use deployer_core::{Error, Kind, Result};

/// The default message.
const DEFAULT: &str = "Deploy {node} to {environment}\n\nDeployed from {revision}\nRun: {link}";

/// The names of the placeholders.
const NAMES: [&str; 4] = ["node", "environment", "revision", "link"];

/// The values of the placeholders in a run; `None` if a value is unknown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) node: Option<&'a str>,
    pub(crate) environment: Option<&'a str>,
    pub(crate) revision: Option<&'a str>,
    pub(crate) link: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        match name {
            "node" => self.node,
            "environment" => self.environment,
            "revision" => self.revision,
            "link" => self.link,
            _ => None,
        }
    }
}

/// A message with placeholders: `{node}`, `{environment}`, `{revision}`, `{link}`. Any other brace is text.
///
/// A line is left out if it has placeholders and all their values are unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message(String);

impl Message {
    /// Takes a message, or the default.
    ///
    /// # Errors
    /// `Settings` for an unknown placeholder and for an empty message.
    pub(crate) fn new(template: Option<&str>) -> Result<Self> {
        let template = template.unwrap_or(DEFAULT);
        if template.trim().is_empty() || template.contains('\0') {
            return Err(Error::new(Kind::Settings, "`message` must be a text that is not empty"));
        }
        match placeholders(template).find(|name| !NAMES.contains(name)) {
            None => Ok(Self(template.to_owned())),
            Some(unknown) => {
                let error =
                    Error::new(Kind::Settings, format!("unknown placeholder {{{unknown}}} in `message`"));
                Err(error.with_hint("use {node}, {environment}, {revision} and {link}"))
            }
        }
    }

    /// The message of a commit.
    pub(crate) fn render(&self, facts: &Facts<'_>) -> String {
        let lines: Vec<String> = self.0.lines().filter_map(|line| render_line(line, facts)).collect();
        format!("{}\n", lines.join("\n").trim())
    }
}

fn render_line(line: &str, facts: &Facts<'_>) -> Option<String> {
    let mut named = placeholders(line).peekable();
    if named.peek().is_some() && named.all(|name| facts.get(name).is_none()) {
        return None;
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, name, after)) = next_placeholder(rest) {
        out.push_str(before);
        out.push_str(facts.get(name).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, name, after) = next_placeholder(rest)?;
        rest = after;
        Some(name)
    })
}

/// The text before the next `{word}`, the word, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find('{')?;
        let inside = &text[open + 1..];
        let length = inside.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(inside.len());
        if length > 0 && inside[length..].starts_with('}') {
            return Some((&text[..open], &inside[..length], &inside[length + 1..]));
        }
        from = open + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'_> =
        Facts { node: Some("extra"), environment: Some("prod"), revision: Some("abc"), link: None };

    fn rendered(template: Option<&str>, facts: &Facts<'_>) -> String {
        Message::new(template).expect("a good message").render(facts)
    }

    #[test]
    fn lines_without_anything_known_are_left_out() {
        assert_eq!(rendered(None, &FACTS), "Deploy extra to prod\n\nDeployed from abc\n");
        let nothing_else = Facts { revision: None, ..FACTS };
        assert_eq!(rendered(None, &nothing_else), "Deploy extra to prod\n");
        assert_eq!(rendered(Some("{link} {node}"), &FACTS), "extra\n");
    }

    #[test]
    fn braces_that_are_no_placeholder_are_text() {
        assert_eq!(rendered(Some("{ {\"a\": 1} {{node}} {Ø"), &FACTS), "{ {\"a\": 1} {extra} {Ø\n");
    }

    #[test]
    fn unknown_placeholders_and_empty_messages_are_refused() {
        assert!(Message::new(Some("{nod}")).is_err());
        assert!(Message::new(Some(" \n")).is_err());
    }
}
