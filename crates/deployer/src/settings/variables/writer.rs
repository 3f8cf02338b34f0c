//! Writes the text of a settings file.

/// A settings file being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
}

impl Writer {
    /// Begins a table: `[nodes."a.b".target]`.
    pub(super) fn table(&mut self, path: &[&str]) {
        let path: Vec<String> = path.iter().map(|step| key(step)).collect();
        self.text.push_str(&format!("\n[{}]\n", path.join(".")));
    }

    /// Begins a table of a list: `[[notify]]`.
    pub(super) fn item(&mut self, name: &str) {
        self.text.push_str(&format!("\n[[{name}]]\n"));
    }

    /// A key with a text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.raw(name, &quoted(value));
    }

    /// A key with a list of texts.
    pub(super) fn list(&mut self, name: &str, values: &[impl AsRef<str>]) {
        let values: Vec<String> = values.iter().map(|value| quoted(value.as_ref())).collect();
        self.raw(name, &format!("[{}]", values.join(", ")));
    }

    /// A key that is true or false.
    pub(super) fn boolean(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// A key with a value as TOML writes it.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.text.push_str(&format!("{name} = {value}\n"));
    }

    /// A comment of one line.
    pub(super) fn comment(&mut self, text: &str) {
        self.text.push_str(&format!("# {text}\n"));
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A reference to an environment variable, or to a member of the JSON object in it.
pub(super) fn reference(variable: &str, field: &[&str]) -> String {
    let field = match field {
        [] => return format!("{{ env = {} }}", quoted(variable)),
        _ if field.iter().any(|step| step.contains('.') || step.is_empty()) => {
            let steps: Vec<String> = field.iter().map(|step| quoted(step)).collect();
            format!("[{}]", steps.join(", "))
        }
        _ => quoted(&field.join(".")),
    };
    format!("{{ env = {}, field = {field} }}", quoted(variable))
}

/// A text in double quotes. JSON's escapes are among TOML's; TOML wants one more.
fn quoted(text: &str) -> String {
    deployer_core::format::quoted(text).replace('\u{7f}', "\\u007F")
}

/// A key, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
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
            let table: toml::Table = writer.finish().parse().unwrap();
            assert_eq!(table["value"].as_str(), Some(text));
            assert_eq!(table["list"][0].as_str(), Some(text));
            assert_eq!(table["nodes"][text]["found"].as_bool(), Some(true));
        }
    }

    #[test]
    fn a_reference_keeps_names_with_dots_apart() {
        assert_eq!(reference("TOKEN", &[]), r#"{ env = "TOKEN" }"#);
        assert_eq!(reference("NODES", &["a", "T"]), r#"{ env = "NODES", field = "a.T" }"#);
        assert_eq!(reference("NODES", &["a.b", "T"]), r#"{ env = "NODES", field = ["a.b", "T"] }"#);
    }
}
