//! The effective settings, and where each is set. Credentials stay references.

mod reader;
mod setting;

use deployer_core::Result;
use deployer_core::plugin::{Family, Plugin};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

pub use setting::{Provenance, Setting};

use self::reader::Reader;
use super::check::Absent;
use super::model::Settings;
use super::parts::PluginUse;
use crate::cli::LogFormat;
use crate::plugins::find;

impl Settings {
    /// Every effective value, section by section, in an order that depends on the settings alone.
    ///
    /// # Errors
    /// As [`Settings::check`] in any environment: what cannot be read is not shown, as it may hold a credential.
    pub fn effective(&self, table: &[&Plugin]) -> Result<Vec<Setting>> {
        self.check(table, Absent::InAny)?;
        let mut reader = Reader::new(self);
        let keys = serde_json::to_value(&self.keys).unwrap_or_default();
        let sections: Vec<(&String, &Value)> = keys.as_object().into_iter().flatten().collect();
        self.top(&mut reader, &sections);
        self.family(Family::Source, &mut reader, table);
        for (name, section) in sections {
            if !["secrets", "nodes", "link"].contains(&name.as_str()) && section.is_object() {
                reader.section(&[name], &set(section), &[]);
            }
        }
        self.family(Family::Store, &mut reader, table);
        reader.section(&["secrets"], &[], &["rules", "aliases"]);
        reader.section(&["secrets", "rules"], &[], &[]);
        reader.section(&["secrets", "aliases"], &[], &[]);
        for node in &self.nodes {
            let name = node.name.as_str();
            let target = self.plugins.iter().find(|used| used.path == ["nodes", name, "target"]);
            let mut defaults = set(&keys["nodes"][name]);
            defaults.retain(|(key, _)| *key != "proxy" || !node.name.is_master());
            let of_plugin: &[&str] = if target.is_some() { &["target"] } else { &[] };
            reader.section(&["nodes", name], &defaults, of_plugin);
            target.into_iter().for_each(|used| plugin(used, &mut reader, table));
        }
        self.family(Family::State, &mut reader, table);
        self.family(Family::Notify, &mut reader, table);
        Ok(reader.settings)
    }

    /// The values outside of sections.
    fn top(&self, reader: &mut Reader<'_>, keys: &[(&String, &Value)]) {
        match reader.written("environment") {
            Some(own) if own.get_ref().as_str() == Some(&self.environment) => {
                reader.value("environment", None);
            }
            // The run was asked for another one; whoever knows how says so.
            _ => reader.add(vec!["environment".to_owned()], json!(self.environment), Provenance::Default),
        }
        for (key, default) in keys.iter().filter(|(key, _)| *key != "environment") {
            match default {
                _ if *key == "log_format" => reader.value(key, Some(json!(LogFormat::Text))),
                Value::Null => {}
                Value::Object(_) if *key != "link" => {}
                default => reader.value(key, Some((*default).clone())),
            }
        }
        if let (None, Some((link, variable))) = (reader.written("link"), &self.detected_link) {
            reader.add(vec!["link".to_owned()], json!(link), Provenance::Variable((*variable).to_owned()));
        }
    }

    fn family(&self, family: Family, reader: &mut Reader<'_>, table: &[&Plugin]) {
        let used = self.plugins.iter().filter(|used| used.family == family);
        used.for_each(|used| plugin(used, reader, table));
        if family == Family::Source && !self.root.get_ref().contains_key("source") {
            reader.section(&["source"], &[("kind", json!("folder")), ("path", json!("."))], &[]);
        }
    }
}

/// The section of a plugin: the values that are written, then the other defaults that its settings declare.
fn plugin(used: &PluginUse, reader: &mut Reader<'_>, table: &[&Plugin]) {
    let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
    let send = used.send.map(|send| ("send", json!(send.word())));
    let known: Vec<_> = [("kind", json!(used.kind))].into_iter().chain(send).collect();
    reader.section(&path, &known, &[]);
    if let Some(plugin) = find(table, used.family, &used.kind) {
        let schema = plugin.settings.schema(&mut SchemaSettings::draft07().into_generator());
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let defaults: Map<String, Value> =
            properties.map(|(key, property)| (key.clone(), property["default"].clone())).collect();
        reader.defaults(&used.path, &defaults.into());
    }
}

/// The keys of a section that have a value.
fn set(section: &Value) -> Vec<(&str, Value)> {
    let keys = section.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    keys.map(|(key, value)| (key.as_str(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
