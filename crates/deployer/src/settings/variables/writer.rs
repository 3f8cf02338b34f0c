//! Writes a settings file: its tables, which are read at once, and its text, which `init` writes.

use deployer_core::plugin::ProcessVariables;
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::settings::merge::{Table, kept};
use crate::settings::model::MadeOf;
use crate::settings::toml_text;

/// A settings file being written: its text, its tables, and the variable that each line was made of.
#[derive(Debug, Default)]
pub(in crate::settings) struct Writer {
    text: String,
    root: DeTable<'static>,
    path: Vec<String>,
    variables: ProcessVariables,
    made_of: MadeOf,
}

impl Writer {
    /// A file made of these variables.
    pub(in crate::settings) fn new(variables: &ProcessVariables) -> Self {
        Self { variables: variables.clone(), ..Self::default() }
    }

    /// Begins a table: `[nodes."a.b".target]`.
    pub(in crate::settings) fn table(&mut self, path: &[&str]) {
        self.text.push_str(&format!("\n[{}]\n", toml_text::path(path)));
        self.path = path.iter().map(|step| (*step).to_owned()).collect();
        put(&mut self.root, &self.path, spanned(self.text.len(), DeValue::Table(DeTable::new())));
    }

    /// Begins a table of a list: `[[notify]]`.
    pub(in crate::settings) fn item(&mut self, name: &str) {
        self.text.push_str(&format!("\n[[{name}]]\n"));
        let at = self.text.len();
        let item = spanned(at, DeValue::Table(DeTable::new()));
        match self.root.get_mut(name).map(Spanned::get_mut) {
            Some(DeValue::Array(items)) => items.push(item),
            _ => {
                let list = DeValue::Array(std::iter::once(item).collect());
                self.root.insert(spanned(at, name.to_owned().into()), spanned(at, list));
            }
        }
        self.path = vec![name.to_owned()];
    }

    /// A key with a text.
    pub(in crate::settings) fn text(&mut self, name: &str, value: &str) -> Key<'_> {
        self.value(name, &value.into())
    }

    /// A key with a list of texts.
    pub(in crate::settings) fn list(&mut self, name: &str, values: &[impl AsRef<str>]) -> Key<'_> {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        self.value(name, &values.into())
    }

    /// A key that is true or false.
    pub(in crate::settings) fn boolean(&mut self, name: &str, value: bool) -> Key<'_> {
        self.value(name, &value.into())
    }

    /// A key with a value that stays where it is, such as a credential.
    pub(in crate::settings) fn refer(&mut self, name: &str, variable: &str, field: &[&str]) {
        let steps: Vec<&str> = std::iter::once(variable).chain(field.iter().copied()).collect();
        self.value(name, &reference(variable, field)).made_of(&steps.join("."));
    }

    /// A key of the table that was begun last. Dots in its name lead to tables below.
    pub(in crate::settings) fn value(&mut self, name: &str, value: &Value) -> Key<'_> {
        let at = self.text.len();
        self.text.push_str(&format!("{name} = {}\n", toml_text::inline(value)));
        let mut path = self.path.clone();
        path.extend(name.split('.').map(str::to_owned));
        put(&mut self.root, &path, toml_value(value, at));
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

    /// The text, its tables, and the variables that its lines were made of.
    pub(in crate::settings) fn finish(self) -> (String, Table, MadeOf) {
        (self.text, Spanned::new(0..0, self.root), self.made_of)
    }
}

fn spanned<T>(at: usize, value: T) -> Spanned<T> {
    Spanned::new(at..at, value)
}

/// Puts a value at a path. Tables on the way are created; of a list the path goes through the last item.
fn put(table: &mut DeTable<'static>, path: &[String], value: Spanned<DeValue<'static>>) {
    let at = value.span().start;
    match path {
        [] => {}
        [key] => drop(table.insert(spanned(at, key.clone().into()), value)),
        [first, rest @ ..] => {
            if !table.contains_key(first.as_str()) {
                table.insert(spanned(at, first.clone().into()), spanned(at, DeValue::Table(DeTable::new())));
            }
            let inner = match table.get_mut(first.as_str()).map(Spanned::get_mut) {
                Some(DeValue::Array(items)) => items.last_mut().map(Spanned::get_mut),
                inner => inner,
            };
            if let Some(DeValue::Table(inner)) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// A value as the reader of settings files takes it.
fn toml_value(value: &Value, at: usize) -> Spanned<DeValue<'static>> {
    spanned(
        at,
        match value {
            Value::Bool(value) => DeValue::Boolean(*value),
            Value::String(text) => DeValue::String(text.clone().into()),
            Value::Array(items) => DeValue::Array(items.iter().map(|item| toml_value(item, at)).collect()),
            Value::Object(members) => {
                let members = members.iter();
                DeValue::Table(
                    members
                        .map(|(key, value)| (spanned(at, key.clone().into()), toml_value(value, at)))
                        .collect(),
                )
            }
            Value::Null | Value::Number(_) => DeValue::parse(kept(&value.to_string()))
                .map_or(DeValue::Integer(DeInteger::default()), Spanned::into_inner),
        },
    )
}

/// The key that was just written.
pub(in crate::settings) struct Key<'w>(&'w mut Writer);

impl Key<'_> {
    /// Says which variable, or member of one, its value was made of, here and in a comment behind it. If the variable is not set, the
    /// value is a default.
    pub(in crate::settings) fn from(mut self, variable: &str) {
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
    fn the_tables_are_those_of_the_text() {
        let mut writer = Writer::default();
        writer.text("top", "x");
        writer.table(&["stores", "a.b"]);
        writer.refer("login.github.token", "T", &["a.b", "c"]);
        writer.value("http", &json!({ "allow_http": true, "retries": 5 }));
        writer.item("notify");
        writer.list("to", &["one", "two"]);
        writer.item("notify");
        writer.boolean("thread", false);
        let (text, root, _) = writer.finish();
        let value = Spanned::new(0..0, DeValue::Table(root.into_inner()));
        let value: toml::Table =
            serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(value)).unwrap();
        assert_eq!(value, text.parse::<toml::Table>().unwrap());
    }

    #[test]
    fn a_line_knows_the_variable_that_it_was_made_of() {
        let mut writer = Writer::new(&[("A", "1"), ("B", "{}")].into_iter().collect());
        writer.comment("two\nlines");
        writer.text("a", "1").from("A");
        writer.boolean("absent", true).from("ABSENT");
        writer.refer("b", "B", &["c", "d"]);
        let (text, _, made_of) = writer.finish();
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
