//! Writes the text of a settings file. The place of each line is the variable that it was made of.

use deployer_core::document::{Piece, SourceText};
use deployer_core::error::Place;
use deployer_core::plugin::ProcessVariables;
use serde_json::{Value, json};

use crate::settings::toml_text;

/// How messages name the text where no variable decides.
const LABEL: &str = "the settings of the environment variables";

/// A settings file being written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    variables: ProcessVariables,
    text: String,
    /// One for each line.
    pieces: Vec<Piece>,
    /// The line that begins the table.
    table: usize,
}

impl Writer {
    /// A file made of these variables.
    pub(crate) fn new(variables: &ProcessVariables) -> Self {
        Self { variables: variables.clone(), ..Self::default() }
    }

    /// Begins a table: `[nodes."a.b".target]`.
    pub(crate) fn table(&mut self, path: &[&str]) {
        self.heading(&format!("[{}]", toml_text::path(path)));
    }

    /// Begins a table by its heading: `[[notify]]`.
    pub(in crate::settings) fn heading(&mut self, heading: &str) {
        self.line("");
        self.table = self.pieces.len();
        self.line(heading);
    }

    /// A key with a value that stays where it is, such as a credential.
    pub(crate) fn refer(&mut self, name: &str, variable: &str, field: &[&str]) {
        let steps: Vec<&str> = std::iter::once(variable).chain(field.iter().copied()).collect();
        self.value(name, reference(variable, field));
        self.made_of(&steps.join("."));
    }

    /// A key of the table that was begun last, if it has a value. Dots in its name lead to tables below.
    pub(crate) fn value(&mut self, name: &str, value: impl Into<Value>) -> Key<'_> {
        match value.into() {
            Value::Null => Key(None),
            value => {
                self.line(&format!("{name} = {}", toml_text::inline(&value)));
                Key(Some(self))
            }
        }
    }

    /// A comment behind an empty line.
    pub(in crate::settings) fn about(&mut self, text: &str) {
        self.line("");
        self.comment(text);
    }

    /// A comment of one line or more.
    pub(in crate::settings) fn comment(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(format!("# {line}").trim_end()));
    }

    fn line(&mut self, line: &str) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.pieces.push(Piece { start, place: Place::file(LABEL), copied: false });
        self.text.push_str(&format!("{line}\n"));
    }

    /// Sets the place of the last line, and that of the table's heading if no variable decided it. Returns whether the variable is set.
    fn made_of(&mut self, variable: &str) -> bool {
        let is_set = self.variables.get(variable.split('.').next().unwrap_or(variable)).is_some();
        let line = self.pieces.len().saturating_sub(1);
        for at in [line, self.table].into_iter().filter(|_| is_set) {
            let piece = self.pieces.get_mut(at).filter(|piece| *piece.place.file == *LABEL);
            piece.into_iter().for_each(|piece| piece.place = Place::file(variable));
        }
        is_set
    }

    /// The text.
    pub(crate) fn finish(self) -> SourceText {
        SourceText::generated(LABEL, self.text, self.pieces)
    }
}

/// The key that was just written, if it has a value.
pub(crate) struct Key<'w>(Option<&'w mut Writer>);

impl Key<'_> {
    /// Says which variable, or member of one, its value was made of, here and in a comment behind it. If the variable is not set, the
    /// value is a default.
    pub(crate) fn from(self, variable: &str) {
        if let Some(writer) = self.0
            && writer.made_of(variable)
        {
            writer.text.pop();
            writer.text.push_str(&format!("  # {variable}\n"));
        }
    }
}

/// A reference to an environment variable, or to a member of the JSON object in it.
pub(in crate::settings) fn reference(variable: &str, field: &[&str]) -> Value {
    match field {
        [] => json!({ "env": variable }),
        _ if field.iter().any(|step| step.contains('.') || step.is_empty()) => {
            json!({ "env": variable, "field": field })
        }
        _ => json!({ "env": variable, "field": field.join(".") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives() {
        for text in [
            "",
            "plain",
            "a.b",
            "\"quoted\" \\ back",
            "line\nbreak\ttab\r",
            "ø €  \u{7f}\u{1}\u{0}",
            "'''",
            "[x]",
        ] {
            let mut writer = Writer::default();
            writer.value("value", text);
            writer.value("list", vec![text]);
            writer.table(&["nodes", text]);
            writer.value("found", true);
            let table: toml::Table = writer.finish().text().parse().unwrap();
            assert_eq!(table["value"].as_str(), Some(text));
            assert_eq!(table["list"][0].as_str(), Some(text));
            assert_eq!(table["nodes"][text]["found"].as_bool(), Some(true));
        }
    }

    #[test]
    fn the_place_of_a_line_is_the_variable_that_it_was_made_of() {
        let variables = [("A", "1"), ("B", "{}")].into_iter().collect();
        let mut writer = Writer::new(&variables);
        writer.comment("two\nlines");
        writer.table(&["t"]);
        writer.value("absent", true).from("ABSENT");
        writer.value("a", "1").from("A");
        writer.refer("b", "B", &["c", "d"]);
        let text = writer.finish();
        assert_eq!(
            text.text(),
            "# two\n# lines\n\n[t]\nabsent = true\na = \"1\"  # A\nb = { env = \"B\", field = \"c.d\" }\n"
        );
        let place = |part| text.place(u32::try_from(text.text().find(part).unwrap()).unwrap()).to_string();
        let found = ["two", "[t]", "absent", "a = ", "\"1\"", "B"].map(place);
        assert_eq!(found, [LABEL, "A", LABEL, "A", "A", "B.c.d"]);
    }

    #[test]
    fn a_reference_keeps_names_with_dots_apart() {
        assert_eq!(toml_text::inline(&reference("TOKEN", &[])), r#"{ env = "TOKEN" }"#);
        assert_eq!(
            toml_text::inline(&reference("NODES", &["a", "T"])),
            r#"{ env = "NODES", field = "a.T" }"#
        );
        assert_eq!(
            toml_text::inline(&reference("NODES", &["a.b", "T"])),
            r#"{ env = "NODES", field = ["a.b", "T"] }"#
        );
    }
}
