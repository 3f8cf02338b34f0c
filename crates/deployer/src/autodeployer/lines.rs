//! The text of a settings file, with the variable that each line was made of.

use std::collections::BTreeMap;

use deployer_core::plugin::ProcessVariables;
use serde_json::{Value, json};

use crate::settings::toml_text;

/// The text that is being written.
pub(super) struct Lines<'v> {
    text: String,
    made_of: BTreeMap<u32, String>,
    variables: &'v ProcessVariables,
}

impl<'v> Lines<'v> {
    pub(super) fn new(variables: &'v ProcessVariables) -> Self {
        Self { text: String::new(), made_of: BTreeMap::new(), variables }
    }

    /// Begins a table.
    pub(super) fn table(&mut self, path: &[&str]) {
        self.text.push_str(&format!("\n[{}]\n", toml_text::path(path)));
    }

    /// A key that no variable decides.
    pub(super) fn key(&mut self, key: &str, value: impl Into<Value>) {
        self.text.push_str(&format!("{key} = {}\n", toml_text::inline(&value.into())));
    }

    /// A key that a variable decides. If the variable is not set, the value is its default.
    pub(super) fn from(&mut self, variable: &str, key: &str, value: impl Into<Value>) {
        self.key(key, value);
        if self.has(variable) {
            let line = u32::try_from(self.text.lines().count()).unwrap_or(u32::MAX);
            self.made_of.insert(line, variable.to_owned());
        }
    }

    /// Whether a variable is set.
    pub(super) fn has(&self, variable: &str) -> bool {
        self.variables.get(variable).is_some()
    }

    /// A key whose credential stays in its variable.
    pub(super) fn credential(&mut self, key: &str, variable: &str) {
        self.from(variable, key, json!({ "env": variable }));
    }

    /// The text, and the variable of each line that has one.
    pub(super) fn finish(self) -> (String, BTreeMap<u32, String>) {
        (self.text, self.made_of)
    }
}
