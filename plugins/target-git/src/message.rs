//! The message of commits.

use deployer_core::template::Template;
use deployer_core::{Error, Kind, Result};

/// The default message.
const DEFAULT: &str = "Deploy {node} to {environment}\n\nDeployed from {revision}\nRun: {link}";

/// The placeholders.
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

/// A message with placeholders: `{node}`, `{environment}`, `{revision}`, `{link}`.
///
/// A line is left out if it has placeholders and the run has a value for none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message(Vec<Template>);

impl Message {
    /// Takes a message, or the default.
    ///
    /// # Errors
    /// `Settings` for an invalid template and for an empty message.
    pub(crate) fn new(text: Option<&str>) -> Result<Self> {
        let text = text.unwrap_or(DEFAULT);
        if text.trim().is_empty() || text.contains('\0') {
            return Err(Error::new(Kind::Settings, "`message` must be a text that is not empty"));
        }
        let lines = text.lines().map(|line| Template::parse(line, &NAMES));
        let lines: std::result::Result<Vec<Template>, String> = lines.collect();
        lines.map(Self).map_err(|cause| Error::new(Kind::Settings, "invalid `message`").with_cause(cause))
    }

    /// The message of a commit.
    pub(crate) fn render(&self, facts: &Facts<'_>) -> String {
        let lines: Vec<String> = self.0.iter().filter_map(|line| render_line(line, facts)).collect();
        format!("{}\n", lines.join("\n").trim())
    }
}

fn render_line(line: &Template, facts: &Facts<'_>) -> Option<String> {
    let mut named = line.placeholders().peekable();
    if named.peek().is_some() && named.all(|name| facts.get(name).is_none()) {
        return None;
    }
    Some(line.fill(|name| facts.get(name).unwrap_or_default()))
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
    fn doubled_braces_are_braces() {
        assert_eq!(rendered(Some("{{\"a\": 1}} {{{node}}} Ø"), &FACTS), "{\"a\": 1} {extra} Ø\n");
    }

    #[test]
    fn unknown_placeholders_and_empty_messages_are_refused() {
        for message in ["{nod}", "a {", "a\n} b"] {
            assert!(Message::new(Some(message)).is_err(), "{message}");
        }
        assert!(Message::new(Some(" \n")).is_err());
    }
}
