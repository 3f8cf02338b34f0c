//! Writes the text of a settings file, and which variable each line was made of.

use deployer_core::plugin::ProcessVariables;
use serde_json::{Value, json};

use crate::settings::model::MadeOf;
use crate::settings::toml_text;

/// A settings file being written: its text, and the variable that each line was made of.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
    variables: ProcessVariables,
    made_of: MadeOf,
}

impl Writer {
    /// A file made of these variables.
    pub(crate) fn new(variables: &ProcessVariables) -> Self {
        Self { variables: variables.clone(), ..Self::default() }
    }

    /// Begins a table: `[nodes."a.b".target]`.
    pub(crate) fn table(&mut self, path: &[&str]) {
        self.text.push_str(&format!("\n[{}]\n", toml_text::path(path)));
    }

    /// Begins a table of a list: `[[notify]]`.
    pub(in crate::settings) fn item(&mut self, name: &str) {
        self.text.push_str(&format!("\n[[{name}]]\n"));
    }

    /// A key with a text.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> Key<'_> {
        self.value(name, value)
    }

    /// A key with a list of texts.
    pub(in crate::settings) fn list(&mut self, name: &str, values: &[impl AsRef<str>]) -> Key<'_> {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        self.value(name, values)
    }

    /// A key that is true or false.
    pub(in crate::settings) fn boolean(&mut self, name: &str, value: bool) -> Key<'_> {
        self.value(name, value)
    }

    /// A key with a value that stays where it is, such as a credential.
    pub(crate) fn refer(&mut self, name: &str, variable: &str, field: &[&str]) {
        let steps: Vec<&str> = std::iter::once(variable).chain(field.iter().copied()).collect();
        self.value(name, reference(variable, field)).made_of(&steps.join("."));
    }

    /// A key of the table that was begun last. Dots in its name lead to tables below.
    pub(crate) fn value(&mut self, name: &str, value: impl Into<Value>) -> Key<'_> {
        self.text.push_str(&format!("{name} = {}\n", toml_text::inline(&value.into())));
        Key(self)
    }

    /// An empty line.
    pub(in crate::settings) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A comment of one line or more.
    pub(in crate::settings) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.text.push_str(format!("# {line}").trim_end());
            self.text.push('\n');
        }
    }

    /// The text, and the variables that its lines were made of.
    pub(crate) fn finish(self) -> (String, MadeOf) {
        (self.text, self.made_of)
    }
}

/// The key that was just written.
pub(crate) struct Key<'w>(&'w mut Writer);

impl Key<'_> {
    /// Says which variable, or member of one, its value was made of, here and in a comment behind it. If the variable is not set, the
    /// value is a default.
    pub(crate) fn from(mut self, variable: &str) {
        if self.made_of(variable) {
            self.0.text.pop();
            self.0.text.push_str(&format!("  # {variable}\n"));
        }
    }

    fn made_of(&mut self, variable: &str) -> bool {
        let name = variable.split_once('.').map_or(variable, |(name, _)| name);
        let is_set = self.0.variables.get(name).is_some();
        if is_set {
            let line = u32::try_from(self.0.text.lines().count()).unwrap_or(u32::MAX);
            self.0.made_of.insert(line, variable.to_owned());
        }
        is_set
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
            writer.text("value", text);
            writer.list("list", &[text]);
            writer.table(&["nodes", text]);
            writer.boolean("found", true);
            let table: toml::Table = writer.finish().0.parse().unwrap();
            assert_eq!(table["value"].as_str(), Some(text));
            assert_eq!(table["list"][0].as_str(), Some(text));
            assert_eq!(table["nodes"][text]["found"].as_bool(), Some(true));
        }
    }

    #[test]
    fn a_line_knows_the_variable_that_it_was_made_of() {
        let mut writer = Writer::new(&[("A", "1"), ("B", "{}")].into_iter().collect());
        writer.comment("two\nlines");
        writer.text("a", "1").from("A");
        writer.boolean("absent", true).from("ABSENT");
        writer.refer("b", "B", &["c", "d"]);
        let (text, made_of) = writer.finish();
        assert_eq!(
            text,
            "# two\n# lines\na = \"1\"  # A\nabsent = true\nb = { env = \"B\", field = \"c.d\" }\n"
        );
        assert_eq!(made_of, MadeOf::from([(3, "A".to_owned()), (5, "B.c.d".to_owned())]));
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
