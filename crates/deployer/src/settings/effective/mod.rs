//! The effective settings, and where each is set. Credentials stay references.

mod reader;

use deployer_core::Result;
use deployer_core::plugin::{Family, Plugin};
use serde_json::{Value, json};

pub use reader::{Provenance, Setting};

use self::reader::Reader;
use super::model::Settings;
use crate::cli::LogFormat;

impl Settings {
    /// Every effective value, section by section, in an order that depends on the settings alone.
    ///
    /// # Errors
    /// As [`Settings::check`] in any environment: what cannot be read is not shown, as it may hold a credential.
    pub fn effective(&self, table: &[&Plugin]) -> Result<Vec<Setting>> {
        self.check(table)?;
        let keys = serde_json::to_value(&self.keys).unwrap_or_default();
        let mut reader = Reader::new(self, table);
        self.top(&mut reader, &keys);
        reader.plugins(|used| used.family == Family::Source);
        for (name, section) in keys.as_object().into_iter().flatten() {
            if !["secrets", "nodes", "link"].contains(&name.as_str()) && section.is_object() {
                reader.section(&[name], section, &[]);
            }
        }
        reader.plugins(|used| used.family == Family::Store);
        reader.section(&["secrets"], &Value::Null, &["rules", "aliases"]);
        reader.section(&["secrets", "rules"], &Value::Null, &[]);
        reader.section(&["secrets", "aliases"], &Value::Null, &[]);
        for node in &self.nodes {
            let name = node.name.as_str();
            let hidden: &[&str] = if node.name.is_master() { &["proxy"] } else { &[] };
            reader.section(&["nodes", name], &keys["nodes"][name], hidden);
            reader.plugins(|used| used.path == ["nodes", name, "target"]);
        }
        reader.plugins(|used| used.family == Family::State);
        reader.plugins(|used| used.family == Family::Notify);
        Ok(reader.settings)
    }

    /// The values outside of sections.
    fn top(&self, reader: &mut Reader<'_>, keys: &Value) {
        for (key, value) in keys.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("environment", value) if value.as_str() == Some(&self.environment) => {
                    reader.value(key, value)
                }
                // The run was asked for another one; whoever knows how says so.
                ("environment", _) => reader.add(&[key], json!(self.environment), Provenance::Default),
                ("log_format", Value::Null) => reader.value(key, &json!(LogFormat::Text)),
                ("link", Value::Object(_)) | (_, Value::String(_)) => reader.value(key, value),
                _ => {}
            }
        }
        if let (None, Some((link, variable))) = (&self.keys.link, &self.detected_link) {
            reader.add(&["link"], json!(link), Provenance::Variable((*variable).to_owned()));
        }
    }
}

#[cfg(test)]
mod tests;
